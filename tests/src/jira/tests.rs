use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jackfield_host::transport::{
    InboundResponse, Method, OutboundRequest, OutboundValue, Transport as _,
};
use jackfield_host::{EgressPolicy, Reach};
use jackfield_transport::{CaCertificates, HttpsTransport, ProxyChoice, TransportOptions};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::Fault;
use crate::client::{header, json};

mod recordings;
mod searches;

/// A client that reaches the simulated hosts by the proxy.
fn client(jira: &Jira) -> HttpsTransport {
    let mut policy = EgressPolicy::strict();
    for origin in [jira.origin(), "http://jira.example.com"] {
        policy.allow_origin(origin).unwrap();
    }
    let mut options = TransportOptions::new(policy);
    options.ca_certificates.push(CaCertificates::Pem(jira.ca_pem().into()));
    options.proxy = ProxyChoice::Url(jira.proxy_url().parse().unwrap());
    HttpsTransport::new(options).unwrap()
}

fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

/// A request as connectors send it; no credential where the authorization is empty.
fn request(method: Method, url: &str, authorization: &str, body: &str) -> OutboundRequest {
    let mut headers = vec![("accept", "application/json")];
    if !authorization.is_empty() {
        headers.push(("authorization", authorization));
    }
    if method == Method::Post {
        headers.push(("content-type", "application/json"));
    }
    let plain =
        |(name, value): (&str, &str)| (name.to_owned(), OutboundValue::Plain(value.to_owned()));
    OutboundRequest {
        method,
        url: url.parse().unwrap(),
        headers: headers.into_iter().map(plain).collect(),
        body: body.as_bytes().to_vec(),
        reach: Reach::Granted,
        deadline: Instant::now() + Duration::from_secs(60),
        max_body: 16 << 20,
    }
}

async fn fetch(jira: &Jira, url: &str, authorization: &str) -> InboundResponse {
    client(jira).send(request(Method::Get, url, authorization, "")).await.unwrap()
}

async fn status(jira: &Jira, url: &str, authorization: &str) -> u16 {
    fetch(jira, url, authorization).await.status
}

fn text(answer: &InboundResponse) -> String {
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The site's API, the gateway's, Data Center's.
fn places(jira: &Jira) -> [String; 3] {
    [
        format!("https://{}/rest/api/3", jira.site_host()),
        format!("https://api.atlassian.com{}", jira.gateway_path()),
        format!("https://{}/rest/api/2", jira.data_center_host()),
    ]
}

const ALL_SCOPES: [&str; 2] = ["read:jira-work", "read:jira-user"];

#[tokio::test]
async fn each_credential_works_in_its_own_place_alone() {
    let jira = Jira::start();
    let classic = jira.add(Account::classic("ada"));
    let scoped = jira.add(Account::scoped("ada", &ALL_SCOPES));
    let personal = jira.add(Account::personal("ada"));
    let password = jira.add(Account::password("ada"));
    let bearer = |token: &str| format!("Bearer {token}");
    let email = "ada@example.com";
    for (name, authorization, expected) in [
        ("classic", basic(email, &classic), [200, 401, 401]),
        ("another case", basic("Ada@Example.COM", &classic), [200, 401, 401]),
        ("another's email", basic("bob@example.com", &classic), [401, 401, 401]),
        ("scoped", basic(email, &scoped), [401, 200, 401]),
        ("wrong", basic(email, "ATATT3xFfGF0wrong"), [401, 401, 401]),
        ("as Bearer", bearer(&classic), [403, 401, 401]),
        ("personal", bearer(&personal), [403, 401, 200]),
        ("nothing", String::new(), [401, 401, 401]),
        ("neither", "Digest x".to_owned(), [401, 401, 401]),
    ] {
        let mut seen = Vec::new();
        for place in places(&jira) {
            seen.push(status(&jira, &format!("{place}/myself"), &authorization).await);
        }
        assert_eq!(seen, expected, "{name}");
    }
    let [.., server] = places(&jira);
    assert_eq!(status(&jira, &format!("{server}/myself"), &basic("ada", &password)).await, 200);
    assert_eq!(status(&jira, &format!("{server}/myself"), &basic("ada", &personal)).await, 401);
}

#[tokio::test]
async fn refusals_have_jiras_words() {
    let jira = Jira::start();
    jira.add(Account::classic("ada"));
    let narrow = jira.add(Account::scoped("eve", &["read:jira-user"]));
    let [site, gateway, server] = places(&jira);
    let wrong = basic("ada@example.com", "wrong");
    let stranger = basic("nobody@example.com", "wrong");
    let scoped = basic("eve@example.com", &narrow);
    let other_site = "https://api.atlassian.com/ex/jira/no-such-site/rest/api/3/myself";
    for (url, authorization, status, words) in [
        (format!("{site}/myself"), "", 401, "{\"message\":\"Client must be authenticated"),
        (format!("{site}/myself"), &*wrong, 401, "Basic authentication with passwords is deprec"),
        (format!("{site}/myself"), &*stranger, 401, "Client must be authenticated"),
        (format!("{site}/search?jql=x"), "", 410, "migrate to the /rest/api/3/search/jql API"),
        (
            format!("{site}/mypermissions"),
            "",
            400,
            "The 'permissions' query parameter is required.",
        ),
        (format!("{site}/mypermissions?permissions=FLY"), "", 400, "Unrecognized permission: FLY"),
        (format!("{site}/search/jql?jql=order%20by%20updated"), "", 400, "Unbounded JQL queries"),
        (format!("{site}/users/search"), "", 401, "Client must be authenticated"),
        (format!("{site}/no/such/thing"), "", 404, "null for uri: https://acme.atlassian.net/rest"),
        (format!("{gateway}/myself"), "", 401, "{\"code\":401,\"message\":\"Unauthorized\"}"),
        (
            format!("{gateway}/project/search"),
            &*scoped,
            401,
            "{\"code\":401,\"message\":\"Unauthorized; scope does not match\"}",
        ),
        (other_site.to_owned(), &*scoped, 404, "{\"code\":404"),
        (format!("{server}/myself"), "", 401, "You are not authenticated."),
        (format!("{server}/user/search"), "Bearer x", 401, "You are not authenticated."),
        (server.replace("api/2", "api/3"), "", 404, "null for uri"),
        ("https://jira.example.com/jira/nothing".to_owned(), "", 404, "dead link"),
        ("https://jira.example.com/".to_owned(), "", 404, "nginx"),
        ("https://nobody.atlassian.net/_edge/tenant_info".to_owned(), "", 404, "unavailable"),
    ] {
        let answer = fetch(&jira, &url, authorization).await;
        assert_eq!(answer.status, status, "{url}: {}", text(&answer));
        assert!(text(&answer).contains(words), "{url}: {}", text(&answer));
    }
    let sentence = OutboundRequest {
        headers: Vec::new(),
        ..request(Method::Get, &format!("{site}/myself"), "", "")
    };
    let sentence = client(&jira).send(sentence).await.unwrap();
    assert_eq!(text(&sentence), "Client must be authenticated to access this resource.");
    let body = request(Method::Get, &format!("{site}/serverInfo"), "", "{}");
    assert_eq!(client(&jira).send(body).await.unwrap().status, 400);
}

#[tokio::test]
async fn expired_token_is_served_as_nobody() {
    let jira = Jira::start();
    jira.publish("ABC");
    let token = jira.add(Account::classic("ada").standing(Standing::Expired));
    let authorization = basic("ada@example.com", &token);
    let [site, _, server] = places(&jira);
    for (place, authorization, search) in [
        (&site, &*authorization, "/search/jql?jql=updated%3E%3D0"),
        (&server, "Bearer no-such-token", "/search?jql="),
    ] {
        assert_eq!(status(&jira, &format!("{place}/myself"), authorization).await, 401);
        let found = fetch(&jira, &format!("{place}{search}"), authorization).await;
        assert_eq!(found.status, 200);
        assert_eq!(header(&found, "x-seraph-loginreason"), Some("AUTHENTICATED_FAILED"));
        assert_eq!(header(&found, "x-aaccountid"), None);
        assert_eq!(json(&found)["issues"].as_array().unwrap().len(), 3, "the public project's");
        let keys = "mypermissions?permissions=BROWSE_PROJECTS";
        let permissions = json(&fetch(&jira, &format!("{place}/{keys}"), authorization).await);
        let browse = &permissions["permissions"]["BROWSE_PROJECTS"]["havePermission"];
        assert_eq!(browse, &json!(false));
        let server = fetch(&jira, &format!("{place}/serverInfo"), authorization).await;
        assert_eq!(server.status, 200);
    }
    let query = "project%20%3D%20EX";
    let hidden = fetch(&jira, &format!("{server}/search?jql={query}"), "Bearer x").await;
    assert!(text(&hidden).contains("The value 'EX' does not exist for the field 'project'."));
}

#[tokio::test]
async fn deployment_and_site_id_are_told_to_anybody() {
    let jira = Jira::start();
    let [site, _, server] = places(&jira);
    for (place, deployment, base) in [
        (site.as_str(), "Cloud", "https://acme.atlassian.net"),
        (&site.replace("api/3", "api/2"), "Cloud", "https://acme.atlassian.net"),
        (&server, "Server", "https://jira.example.com/jira"),
        (&format!("{}/rest/api/2", jira.data_center_url()), "Server", &jira.data_center_url()),
    ] {
        let info = json(&fetch(&jira, &format!("{place}/serverInfo"), "").await);
        assert_eq!(info["deploymentType"], deployment, "{place}");
        assert_eq!(info["baseUrl"], base, "{place}");
    }
    let wrong = basic("ada@example.com", "wrong");
    assert_eq!(status(&jira, &format!("{site}/serverInfo"), &wrong).await, 200);
    assert_eq!(status(&jira, &format!("{server}/serverInfo"), &wrong).await, 401);
    let tenant = fetch(&jira, "https://acme.atlassian.net/_edge/tenant_info", &wrong).await;
    assert_eq!(json(&tenant), json!({ "cloudId": jira.cloud_id() }));
}

#[tokio::test]
async fn scopes_are_enough_alone_or_all_together() {
    let jira = Jira::start();
    let [_, gateway, _] = places(&jira);
    let finer = ["read:issue-details:jira", "read:field:jira", "read:avatar:jira"];
    for (scopes, expected) in [
        (&ALL_SCOPES[..], [200, 200, 200]),
        (&["read:jira-work"][..], [401, 200, 200]),
        (&["read:jira-user"][..], [200, 401, 401]),
        (&finer[..], [401, 200, 401]),
        (&finer[..2], [401, 401, 401]),
        (&[][..], [401, 401, 401]),
    ] {
        let token = jira.add(Account::scoped("ada", scopes));
        let authorization = basic("ada@example.com", &token);
        let mut seen = Vec::new();
        for path in ["/myself", "/search/jql?jql=updated%3E%3D0", "/project/search"] {
            seen.push(status(&jira, &format!("{gateway}{path}"), &authorization).await);
        }
        assert_eq!(seen, expected, "{scopes:?}");
    }
}

#[tokio::test]
async fn token_changes_its_kind() {
    let jira = Jira::start();
    let token = jira.add(Account::classic("ada"));
    let authorization = basic("ada@example.com", &token);
    let [site, gateway, _] = places(&jira).map(|place| format!("{place}/myself"));
    assert_eq!(status(&jira, &site, &authorization).await, 200);
    jira.add(Account::scoped("ada", &ALL_SCOPES).with_secret(token));
    assert_eq!(status(&jira, &site, &authorization).await, 401);
    assert_eq!(status(&jira, &gateway, &authorization).await, 200);
}

#[tokio::test]
async fn renamed_site_moves_with_its_id() {
    let jira = Jira::start();
    jira.rename_site("acme-labs", OldName::Redirects);
    let old = "https://acme.atlassian.net/_edge/tenant_info";
    let moved = fetch(&jira, &format!("{old}?a=1"), "").await;
    let place = "https://acme-labs.atlassian.net/_edge/tenant_info?a=1";
    assert_eq!((moved.status, header(&moved, "location")), (301, Some(place)));
    assert_eq!(json(&fetch(&jira, place, "").await)["cloudId"], jira.cloud_id());
    jira.rename_site("acme-works", OldName::IsGone);
    assert_eq!(status(&jira, place, "").await, 404);
    assert_eq!(jira.site_host(), "acme-works.atlassian.net");
    let moved = fetch(&jira, old, "").await;
    let newest = "https://acme-works.atlassian.net/_edge/tenant_info";
    assert_eq!(header(&moved, "location"), Some(newest));
}

#[tokio::test]
async fn three_wrong_passwords_lock_the_right_one_out() {
    let jira = Jira::start();
    let right = basic("ada", &jira.add(Account::password("ada")));
    let wrong = basic("ada", "wrong");
    let url = format!("{}/rest/api/2/serverInfo", jira.data_center_url());
    for expected in [200, 401, 401] {
        let authorization = if expected == 200 { &right } else { &wrong };
        assert_eq!(status(&jira, &url, authorization).await, expected);
    }
    assert_eq!(status(&jira, &url, &right).await, 200, "a right password ends the count");
    for _ in 0..3 {
        let refused = fetch(&jira, &url, &wrong).await;
        assert_eq!(refused.status, 401);
        assert!(text(&refused).contains("AUTHENTICATED_FAILED"), "a page for people");
    }
    let refused = fetch(&jira, &url, &right).await;
    assert_eq!(refused.status, 403);
    let reason = header(&refused, "x-authentication-denied-reason").unwrap();
    assert!(reason.starts_with("CAPTCHA_CHALLENGE; login-url="), "{reason}");
    assert_eq!(header(&refused, "x-seraph-loginreason"), Some("AUTHENTICATION_DENIED"));
    jira.solve_captcha("ada");
    assert_eq!(status(&jira, &url, &right).await, 200);
    jira.disable_basic();
    let refused = fetch(&jira, &url, &right).await;
    assert_eq!(refused.status, 403);
    assert!(text(&refused).contains("Basic Authentication has been disabled on this instance."));
}

#[tokio::test]
async fn bucket_is_told_on_every_answer_and_runs_out() {
    let jira = Jira::start();
    let bearer = format!("Bearer {}", jira.add(Account::personal("ada")));
    let url = format!("{}/rest/api/2/myself", jira.data_center_url());
    assert_eq!(header(&fetch(&jira, &url, &bearer).await, "retry-after"), None);
    jira.limit_rate(1);
    let last = fetch(&jira, &url, &bearer).await;
    assert_eq!((last.status, header(&last, "retry-after")), (200, Some("0")));
    assert_eq!(header(&last, "x-ratelimit-remaining"), Some("0"));
    let refused = fetch(&jira, &url, &bearer).await;
    assert_eq!((refused.status, header(&refused, "retry-after")), (429, Some("10")));
    assert!(text(&refused).contains("Rate limit exceeded."), "Tomcat's page");
    assert_eq!(header(&fetch(&jira, &url, "").await, "x-ratelimit-limit"), None);
}

#[tokio::test]
async fn accounts_are_described_as_each_jira_does() {
    let jira = Jira::start();
    let token = jira.add(Account::classic("ada").time_zone("Asia/Kolkata", 330));
    let bearer = format!("Bearer {}", jira.add(Account::personal("ada")));
    let [site, _, server] = places(&jira);
    let answer = fetch(&jira, &format!("{site}/myself"), &basic("ada@example.com", &token)).await;
    let cloud = json(&answer);
    assert_eq!(cloud["accountId"], shapes::account_id("ada"));
    assert_eq!(
        (&cloud["emailAddress"], &cloud["timeZone"]),
        (&json!("ada@example.com"), &json!("Asia/Kolkata"))
    );
    assert!(cloud.get("name").is_none() && cloud.get("key").is_none());
    let told = header(&answer, "x-aaccountid").unwrap().replace("%3A", ":");
    assert_eq!(told, shapes::account_id("ada"));
    assert!(header(&answer, "atl-traceid").is_some() && header(&answer, "x-arequestid").is_some());

    let answer = fetch(&jira, &format!("{server}/myself"), &bearer).await;
    let own = json(&answer);
    assert_eq!((&own["name"], &own["key"]), (&json!("ada"), &json!(shapes::user_key("ada"))));
    assert!(own.get("accountId").is_none());
    assert_eq!(header(&answer, "x-ausername"), Some("ada"));
}

#[tokio::test]
async fn permissions_projects_and_users_are_listed() {
    let jira = Jira::start();
    for number in 0..58 {
        jira.add_project(&format!("P{number}"), "Another", 0);
    }
    jira.add_users(150);
    let token = jira.add(Account::classic("ada").without("CREATE_ISSUES"));
    let authorization = basic("ada@example.com", &token);
    let [site, _, server] = places(&jira);
    let url = format!("{site}/mypermissions?permissions=BROWSE_PROJECTS,CREATE_ISSUES");
    let held = json(&fetch(&jira, &url, &authorization).await);
    let has = |key: &str| held["permissions"][key]["havePermission"].clone();
    assert_eq!([has("BROWSE_PROJECTS"), has("CREATE_ISSUES")], [json!(true), json!(false)]);

    let mut next = format!("{site}/project/search?maxResults=50");
    let mut keys = Vec::new();
    loop {
        let page = json(&fetch(&jira, &next, &authorization).await);
        let values = page["values"].as_array().unwrap();
        keys.extend(values.iter().map(|one| one["key"].as_str().unwrap().to_owned()));
        assert_eq!(page["total"], 60);
        match page["nextPage"].as_str() {
            Some(url) => url.clone_into(&mut next),
            None => break assert_eq!(page["isLast"], true),
        }
    }
    keys.dedup();
    assert_eq!(keys.len(), 60);

    let people = |page: Value| page.as_array().unwrap().len();
    for (query, expected) in [
        ("", 50),
        ("?maxResults=1000", 154),
        ("?startAt=150&maxResults=50", 4),
        ("?startAt=900", 0),
    ] {
        let url = format!("{site}/users/search{query}");
        assert_eq!(people(json(&fetch(&jira, &url, &authorization).await)), expected, "{query}");
    }
    let bearer = format!("Bearer {}", jira.add(Account::personal("ada")));
    let url = format!("{server}/user/search?username=.&maxResults=1000");
    assert_eq!(people(json(&fetch(&jira, &url, &bearer).await)), 153);
    let all = fetch(&jira, &format!("{server}/project"), &bearer).await;
    assert_eq!(people(json(&all)), 60);
    let blind = jira.add(Account::classic("eve").without("USER_PICKER"));
    let url = format!("{site}/users/search");
    assert_eq!(status(&jira, &url, &basic("eve@example.com", &blind)).await, 403);
}

#[tokio::test]
async fn proxy_leads_simulated_names_here_and_no_others() {
    let jira = Jira::start();
    let plain = fetch(&jira, "http://jira.example.com/jira/rest/api/2/serverInfo", "").await;
    assert_eq!(json(&plain)["deploymentType"], "Server");
    fetch(&jira, "https://acme.atlassian.net/_edge/tenant_info", "").await;
    let elsewhere = request(Method::Get, "https://atlassian.net.evil.example/", "", "");
    client(&jira).send(elsewhere).await.unwrap_err();
    let names = ["jira.example.com", "acme.atlassian.net", "atlassian.net.evil.example"];
    assert_eq!(jira.hosts_asked(), names);
    let arrived = jira.requests();
    let hosts: Vec<_> = arrived.iter().map(|request| request.header("host").unwrap()).collect();
    assert_eq!(hosts, names[..2]);
}

#[tokio::test]
async fn faults_of_jira_are_answers() {
    let jira = Jira::start();
    let url = format!("https://{}/rest/api/3/myself", jira.site_host());
    for (fault, status, field, value) in [
        (Fault::burst_limit(), 429, "ratelimit-reason", "jira-burst-based"),
        (Fault::issue_write_limit(), 429, "ratelimit-reason", "jira-per-issue-on-write"),
        (
            Fault::hourly_quota(90, "2026-03-26T16:00Z"),
            429,
            "x-ratelimit-reset",
            "2026-03-26T16:00Z",
        ),
        (Fault::limit_page(), 429, "content-type", "text/html; charset=utf-8"),
        (Fault::unavailable(7), 503, "retry-after", "7"),
        (
            Fault::unauthenticated(),
            401,
            "www-authenticate",
            "OAuth realm=\"https%3A%2F%2Facme.atlassian.net\"",
        ),
        (Fault::password_deprecated(), 401, "content-type", "text/plain;charset=UTF-8"),
        (Fault::scope_mismatch(), 401, "content-type", "application/json;charset=UTF-8"),
        (Fault::captcha(), 403, "x-seraph-loginreason", "AUTHENTICATION_DENIED"),
        (Fault::basic_disabled(), 403, "content-type", "application/json;charset=UTF-8"),
        (Fault::forbidden(), 403, "content-type", "application/json;charset=UTF-8"),
        (Fault::removed_api(), 410, "content-type", "application/json;charset=UTF-8"),
        (Fault::tomcat(500), 500, "content-type", "text/html; charset=utf-8"),
        (Fault::login_page(), 200, "content-type", "text/html; charset=utf-8"),
        (Fault::captive_portal(), 200, "content-type", "text/html; charset=utf-8"),
    ] {
        jira.fault_once("/rest/api/3/myself", fault.clone());
        let answer = fetch(&jira, &url, "").await;
        assert_eq!((answer.status, header(&answer, field)), (status, Some(value)), "{fault:?}");
    }
    for fault in [Fault::Truncated, Fault::Close, Fault::Garbage] {
        jira.fault_once("/rest/api/3/myself", fault.clone());
        let broken = client(&jira).send(request(Method::Get, &url, "", "")).await;
        assert!(broken.is_err(), "{fault:?}");
    }
}
