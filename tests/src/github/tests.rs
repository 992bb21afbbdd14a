mod access;
mod lists;

use jackfield_host::transport::{
    InboundResponse, Method, OutboundRequest, OutboundValue, Transport as _,
};
use serde_json::json;

use super::*;
use crate::client::{attempt, fetch, get, header, json, trusting};
use crate::{Fault, Recorded};

/// The statuses of these paths for that token, in order.
async fn statuses(github: &GitHub, token: &str, paths: &[&str]) -> Vec<u16> {
    let mut seen = Vec::new();
    for path in paths {
        seen.push(fetch(github, path, token).await.status);
    }
    seen
}

const PATHS: [&str; 7] = [
    "/user",
    "/user/repos",
    "/installation/repositories",
    "/repos/octo-org/hello-world",
    "/repos/octo-org/secret-plans",
    "/repos/octo-org/secret-plans/issues",
    "/repos/octo-org/none",
];

#[tokio::test]
async fn tokens_see_what_they_may() {
    let github = GitHub::start();
    let fine = |owner, permissions| Account::fine_grained("fine", owner, permissions);
    let app = |permissions| Account::installation("octo-org", permissions);
    for (name, account, expected) in [
        ("repo", Account::classic("ada", &["repo"]), [200, 200, 403, 200, 200, 200, 404]),
        ("OAuth", Account::oauth("ada", &["repo"]), [200, 200, 403, 200, 200, 200, 404]),
        ("no scope", Account::classic("bob", &[]), [200, 200, 403, 200, 404, 404, 404]),
        (
            "stranger",
            Account::classic("eve", &["repo"]).member_of(&[]),
            [200, 200, 403, 200, 404, 404, 404],
        ),
        ("fine", fine("octo-org", &["issues=read"]), [200, 200, 403, 200, 200, 200, 404]),
        ("writing", fine("octo-org", &["issues=write"]), [200, 200, 403, 200, 200, 200, 404]),
        ("no permission", fine("octo-org", &[]), [200, 200, 403, 200, 200, 403, 404]),
        ("other owner", fine("fine", &["issues=read"]), [200, 200, 403, 200, 404, 404, 404]),
        ("app", app(&["issues=read"]), [403, 403, 200, 200, 200, 200, 404]),
        ("app without", app(&[]), [403, 403, 200, 200, 200, 403, 404]),
        ("expired", Account::classic("old", &["repo"]).standing(Standing::Expired), [401; 7]),
    ] {
        let token = github.add(account);
        assert_eq!(statuses(&github, &token, &PATHS).await, expected, "{name}");
    }
    let anonymous = statuses(&github, "", &PATHS).await;
    assert_eq!(anonymous, [401, 401, 401, 200, 404, 404, 404]);
    assert_eq!(statuses(&github, "ghp_unknown", &PATHS).await, [401; 7]);
}

#[tokio::test]
async fn answers_tell_what_the_token_is() {
    let github = GitHub::start();
    let expiry = "2030-02-19 19:55:13 UTC";
    let classic = github.add(Account::classic("ada", &["repo", "read:org"]).expires(expiry));
    let answer = fetch(&github, "/user", &classic).await;
    assert_eq!(json(&answer)["login"], "ada");
    assert_eq!(header(&answer, "x-oauth-scopes"), Some("repo, read:org"));
    assert_eq!(header(&answer, "github-authentication-token-expiration"), Some(expiry));
    assert_eq!(header(&answer, "x-ratelimit-remaining"), Some("4999"));
    assert!(header(&answer, "x-github-request-id").is_some());
    assert_eq!(header(&answer, "x-accepted-github-permissions"), None);

    let fine = github.add(Account::fine_grained("fine", "octo-org", &[]));
    let answer = fetch(&github, "/repos/octo-org/secret-plans/issues", &fine).await;
    assert_eq!(header(&answer, "x-oauth-scopes"), None);
    assert_eq!(header(&answer, "x-accepted-github-permissions"), Some("issues=read"));
    assert_eq!(json(&answer)["message"], "Resource not accessible by personal access token");
    assert_eq!(json(&answer)["status"], "403");

    let refused = fetch(&github, "/user", "ghp_unknown").await;
    assert_eq!(json(&refused)["message"], "Bad credentials");
    assert_eq!(header(&refused, "x-oauth-scopes"), None);
    assert_eq!(header(&refused, "x-ratelimit-limit"), Some("60"));
}

#[tokio::test]
async fn pages_are_linked_by_the_repositorys_number() {
    let github = GitHub::start();
    github.add_repository("octo-org", "many", false, 250);
    let token = github.add(Account::classic("ada", &[]));
    let mut next = github.url("/repos/octo-org/many/issues?state=all&per_page=100&sort=created");
    let (mut numbers, mut places) = (Vec::new(), Vec::new());
    let client = trusting(&github);
    loop {
        let answer = client.send(get(&next, &token)).await.unwrap();
        let page = json(&answer);
        numbers.extend(page.as_array().unwrap().iter().map(|one| one["number"].as_u64().unwrap()));
        let links = header(&answer, "link").unwrap();
        let found = links.split(", ").find(|link| link.ends_with("rel=\"next\""));
        let Some(link) = found else { break };
        next = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
        places.push(next.strip_prefix(&github.api_url()).unwrap().to_owned());
    }
    assert_eq!(numbers, (1..=250).rev().collect::<Vec<_>>());
    let id = shapes::id_of("octo-org/many");
    let query = "per_page=100&sort=created&state=all";
    assert_eq!(places, [2, 3].map(|page| format!("/repositories/{id}/issues?{query}&page={page}")));
}

async fn send(github: &GitHub, method: Method, path: &str, token: &str) -> InboundResponse {
    let body = br#"{"title":"new"}"#.to_vec();
    let request = OutboundRequest { method, body, ..get(&github.url(path), token) };
    trusting(github).send(request).await.unwrap()
}

#[tokio::test]
async fn renamed_repository_redirects_to_its_number() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let id = shapes::id_of("octo-org/new-name");
    for (method, below, status) in [
        (Method::Get, "", 301),
        (Method::Get, "/issues", 301),
        (Method::Patch, "", 307),
        (Method::Post, "/issues", 307),
    ] {
        let answer =
            send(&github, method, &format!("/repos/Octo-Org/old-name{below}?a=1"), &token).await;
        assert_eq!(answer.status, status, "{method:?} {below}");
        let place = github.url(&format!("/repositories/{id}{below}?a=1"));
        assert_eq!(header(&answer, "location"), Some(&*place));
    }
    let place = format!("/repositories/{id}");
    assert_eq!(json(&fetch(&github, &place, &token).await)["full_name"], "octo-org/new-name");
}

#[tokio::test]
async fn issue_is_created_with_a_title() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let path = "/repos/octo-org/hello-world/issues";
    let created = send(&github, Method::Post, path, &token).await;
    assert_eq!((created.status, &json(&created)["title"]), (201, &json!("new")));
    let request = OutboundRequest { method: Method::Post, ..get(&github.url(path), &token) };
    let body = br#"{"title":""}"#.to_vec();
    let refused = trusting(&github).send(OutboundRequest { body, ..request }).await.unwrap();
    assert_eq!((refused.status, &json(&refused)["errors"][0]["field"]), (422, &json!("title")));
    let newest = fetch(&github, path, &token).await;
    assert_eq!(json(&newest)[0]["title"], "new");
}

#[tokio::test]
async fn single_sign_on_is_told_in_both_ways() {
    let github = GitHub::start();
    let account = Account::classic("ada", &["repo", "read:org"])
        .member_of(&["octo-org", "sso-org"])
        .standing(Standing::SsoBlocked);
    let token = github.add(account);
    let refused = fetch(&github, "/repos/sso-org/engine", &token).await;
    assert_eq!(refused.status, 403);
    assert!(header(&refused, "x-github-sso").unwrap().starts_with("required; url=https://"));
    let id = shapes::id_of("sso-org");
    for path in ["/user/repos", "/user/orgs"] {
        let partial = fetch(&github, path, &token).await;
        assert_eq!(partial.status, 200);
        let expected = format!("partial-results; organizations={id}");
        assert_eq!(header(&partial, "x-github-sso"), Some(&*expected), "{path}");
        assert!(!String::from_utf8(partial.body).unwrap().contains("sso-org/engine"));
    }
}

#[tokio::test]
async fn used_up_limit_is_a_403_and_unchanged_answers_are_304() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let first = fetch(&github, "/user", &token).await;
    let mut request = get(&github.url("/user"), &token);
    let tag = header(&first, "etag").unwrap().to_owned();
    request.headers.push(("if-none-match".to_owned(), OutboundValue::Plain(tag)));
    assert_eq!(trusting(&github).send(request).await.unwrap().status, 304);
    github.set_remaining(&token, 1);
    assert_eq!(
        statuses(&github, &token, &["/user", "/user", "/rate_limit"]).await,
        [200, 403, 200]
    );
    let refused = fetch(&github, "/user", &token).await;
    assert_eq!(header(&refused, "x-ratelimit-remaining"), Some("0"));
    assert!(json(&refused)["message"].as_str().unwrap().starts_with("API rate limit exceeded for"));
}

#[tokio::test]
async fn enterprise_server_has_a_version_and_no_limits() {
    let github = GitHub::start_tls();
    let token = github.add(Account::classic("ada", &["repo"]));
    let answer = fetch(&github, "/api/v3/user", &token).await;
    assert_eq!(header(&answer, "x-github-enterprise-version"), Some("3.14.2"));
    assert_eq!(header(&answer, "x-ratelimit-limit"), None);
    let url = json(&answer)["url"].as_str().unwrap().to_owned();
    assert_eq!(url, format!("{}/users/ada", github.enterprise_url()));
    let meta = fetch(&github, "/api/v3/meta", &token).await;
    assert_eq!(json(&meta)["installed_version"], "3.14.2");
    assert_eq!(fetch(&github, "/api/v3/rate_limit", &token).await.status, 404);
    assert_eq!(header(&fetch(&github, "/user", &token).await, "x-github-enterprise-version"), None);
}

#[tokio::test]
async fn unknown_paths_and_slashes_at_the_end_are_not_found() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let paths = ["/user/", "/repos/octo-org/hello-world/", "/nothing", "/repositories/x"];
    for path in paths {
        let status = fetch(&github, path, &token).await.status;
        assert!(matches!(status, 400 | 404), "{path}: {status}");
    }
}

#[tokio::test]
async fn refusals_of_github_are_answers() {
    let github = GitHub::start();
    for (fault, status, words) in [
        (Fault::primary_limit(60), 403, "API rate limit exceeded"),
        (Fault::secondary_limit(), 403, "secondary rate limit"),
        (Fault::secondary_limit_until("60"), 429, "secondary rate limit"),
        (Fault::bad_credentials(), 401, "Bad credentials"),
        (Fault::login_lockout(), 403, "Maximum number of login attempts"),
        (Fault::sso_required("acme"), 403, "SAML enforcement"),
        (Fault::app_restricted("acme"), 403, "OAuth App access restrictions"),
        (Fault::address_not_allowed("acme"), 403, "IP allow list"),
        (Fault::classic_forbidden("acme"), 403, "(classic)"),
        (Fault::lifetime_forbidden("acme", 90), 403, "greater than 90 days"),
        (Fault::empty_repository(), 409, "Git Repository is empty."),
        (Fault::server_error(503), 503, "Unicorn!"),
        (Fault::captive_portal(), 200, "Hotel WiFi"),
    ] {
        github.fault_once("/user", fault);
        let answer = attempt(&github, "/user").await.unwrap();
        let text = String::from_utf8(answer.body).unwrap();
        assert_eq!(answer.status, status, "{words}");
        assert!(text.contains(words), "{text}");
    }
}

#[tokio::test]
async fn recording_is_loaded_and_served() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("github");
    std::fs::create_dir(&below).unwrap();
    let recording = json!({
        "id": "user-401", "provider": "github", "tags": ["401"],
        "request": { "method": "GET", "path": "/user" },
        "response": {
            "status": 401,
            "headers": [["Content-Type", "application/json"], ["Content-Length", "9999"], ["X-Two", "a"], ["X-Two", "b"]],
            "body": { "message": "Bad credentials" },
        },
    });
    std::fs::write(below.join("user-401.json"), recording.to_string()).unwrap();
    std::fs::write(below.join("notes.txt"), "not a recording").unwrap();
    let recorded = Recorded::load(folder.path());
    assert_eq!(recorded.len(), 1);
    assert_eq!(recorded[0].header("x-two"), Some("a"));
    let github = GitHub::start();
    github.fault("/user", Fault::from(&recorded[0]));
    let answer = attempt(&github, "/user").await.unwrap();
    assert_eq!((answer.status, json(&answer)), (401, json!({ "message": "Bad credentials" })));
    assert_eq!(answer.headers.iter().filter(|(name, _)| name == "x-two").count(), 2);
}
