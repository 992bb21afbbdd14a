#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::testing::{Script, Trace, evidence};
use jackfield_guest::{Cause, Connector, Retry, Settings, Timestamp};

use super::*;
use crate::{Jira, diagnose};

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = 1_767_225_600_000;
const ID: &str = "c57406ca-1b2c-4d5e-8f90-123456789abc";
const OTHER_ID: &str = "00000000-1111-2222-3333-444444444444";
const MIA: &str = r#"{"accountId":"5b10a2844c20165700ede21g","accountType":"atlassian","emailAddress":"mia@acme.example","displayName":"Mia Krystof","active":true,"key":"","name":""}"#;
const JORDAN: &str = r#"{"self":"https://jira.acme.org/rest/api/2/user?username=jordan","key":"JIRAUSER10100","name":"jordan","emailAddress":"jordan@acme.example","displayName":"Jordan Duggan","active":true}"#;
const HELD: &str = r#"{"permissions":{"BROWSE_PROJECTS":{"havePermission":true},"USER_PICKER":{"havePermission":true},"CREATE_ISSUES":{"havePermission":true}}}"#;

const MYSELF: &str = "GET site/rest/api/3/myself with api_token";
const TENANT: &str = "GET site/_edge/tenant_info";
const ASKED: &str = "mypermissions?permissions=BROWSE_PROJECTS%2CUSER_PICKER%2CCREATE_ISSUES";

fn ok(body: &str) -> Response {
    Response::new(200).with_json(body)
}

fn refused() -> Response {
    let body =
        r#"{"message":"Client must be authenticated to access this resource.","status-code":401}"#;
    Response::new(401).with_json(body).with_header("atl-traceid", "10343bd6888cf756")
}

fn scope_mismatch() -> Response {
    Response::new(401).with_json(r#"{"code":401,"message":"Unauthorized; scope does not match"}"#)
}

fn anonymous() -> Response {
    ok("{}").with_header("x-seraph-loginreason", "AUTHENTICATED_FAILED")
}

fn tenant(id: &str) -> Response {
    ok(&format!(r#"{{"cloudId":"{id}"}}"#))
}

fn server_info(kind: &str, version: &str) -> Response {
    ok(&format!(r#"{{"deploymentType":"{kind}","version":"{version}"}}"#))
}

fn gateway(id: &str, path: &str) -> String {
    format!("GET gateway/{id}/rest/api/3/{path} with api_token")
}

fn run(settings: &str, secret: &str, answers: Vec<Response>) -> (Result<Report, Failure>, Trace) {
    let script = Script::new().at(NOW).secret(secret, None);
    let script = answers.into_iter().fold(script, Script::answer);
    let (report, trace) = script.run(|| Jira::check(Settings::from_json(settings)));
    for warning in report.iter().flat_map(|report| &report.warnings) {
        let row = diagnose::table().find(|row| row.code == warning.code);
        let advised = |text| warning.remedies.iter().any(|remedy| remedy.text == text);
        let row = row.unwrap_or_else(|| panic!("{} is not in the table", warning.code));
        assert!(row.advice.iter().all(|advice| advised(advice.text)), "{}", warning.code);
        assert!(warning.message.ends_with('.'), "{}", warning.message);
    }
    (report, trace)
}

fn cloud(answers: Vec<Response>) -> (Result<Report, Failure>, Trace) {
    run(CLOUD, "api_token", answers)
}

const CLOUD: &str =
    r#"{"protocol":"https","host":"acme.atlassian.net","email":"mia@acme.example"}"#;
const SERVER: &str = r#"{"protocol":"https","host":"jira.acme.org"}"#;

/// The settings of Cloud, with what a check found out.
fn stored(route: &str, id: &str) -> String {
    format!(
        r#"{{"protocol":"https","host":"acme.atlassian.net","email":"mia@acme.example","deployment":"cloud","route":"{route}","cloud_id":"{id}","found_at":"acme.atlassian.net"}}"#
    )
}

fn codes(report: &Report) -> Vec<&str> {
    report.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

fn grants(report: &Report) -> Vec<(&str, Grant)> {
    report.permissions.iter().map(|one| (one.name.as_str(), one.grant)).collect()
}

#[test]
fn a_token_without_scopes_works_at_the_site() {
    let (report, trace) = cloud(vec![ok(MIA), ok(HELD)]);
    let report = report.unwrap();
    let permissions = format!("GET site/rest/api/3/{ASKED} with api_token");
    assert_eq!(trace.lines(), [MYSELF, permissions.as_str()]);
    let account = Account {
        id: "5b10a2844c20165700ede21g".to_owned(),
        name: "mia@acme.example".to_owned(),
        url: Some("https://acme.atlassian.net/jira/people/5b10a2844c20165700ede21g".to_owned()),
    };
    assert_eq!(report.account, account);
    assert_eq!(report.edition.as_deref(), Some("cloud"));
    assert_eq!(report.organizations, ["acme.atlassian.net"]);
    assert_eq!(
        grants(&report),
        [
            ("BROWSE_PROJECTS", Grant::Granted),
            ("USER_PICKER", Grant::Granted),
            ("CREATE_ISSUES", Grant::Excess)
        ]
    );
    assert_eq!(report.permissions[0].needed_by, ["projects", "issues"]);
    assert_eq!(report.permissions[1].needed_by, ["users"]);
    assert_eq!(codes(&report), ["expiry-unknown", "token-without-scopes"]);
    let discovered = r#"{"deployment":"cloud","route":"site","found_at":"acme.atlassian.net"}"#;
    assert_eq!(report.discovered, discovered);
}

#[test]
fn a_token_with_scopes_works_at_the_gateway() {
    for first in [refused(), anonymous(), Response::new(403)] {
        let answers = vec![first, tenant(ID), ok(MIA), ok(HELD)];
        let (report, trace) = cloud(answers);
        let report = report.unwrap();
        let permissions = gateway(ID, ASKED);
        assert_eq!(
            trace.lines(),
            [MYSELF, TENANT, gateway(ID, "myself").as_str(), permissions.as_str()]
        );
        assert_eq!(codes(&report), ["expiry-unknown"]);
        let discovered = format!(
            r#"{{"deployment":"cloud","route":"gateway","cloud_id":"{ID}","found_at":"acme.atlassian.net"}}"#
        );
        assert_eq!(report.discovered, discovered);
    }
}

#[test]
fn what_was_found_is_used_from_then_on() {
    let (report, trace) = run(&stored("gateway", ID), "api_token", vec![ok(MIA), ok(HELD)]);
    assert!(report.is_ok());
    assert_eq!(trace.lines()[0], gateway(ID, "myself"));
    let (report, trace) = run(&stored("site", ID), "api_token", vec![ok(MIA), ok(HELD)]);
    assert!(report.is_ok());
    assert_eq!(trace.lines()[0], MYSELF);
}

#[test]
fn a_later_move_heals_at_the_next_check() {
    let myself = gateway(ID, "myself");
    let moved = gateway(OTHER_ID, "myself");
    let other_host = stored("gateway", ID).replace("\"host\":\"acme", "\"host\":\"other");
    let unknown = || Response::new(404).with_json(r#"{"code":404,"message":"Not Found"}"#);
    let cases = [
        (
            "a token without scopes in place of one with",
            stored("gateway", ID),
            vec![refused(), ok(MIA)],
            vec![&myself, MYSELF],
            r#""route":"site""#,
        ),
        (
            "the gateway says scope, and the token has none",
            stored("gateway", ID),
            vec![scope_mismatch(), ok(MIA)],
            vec![&myself, MYSELF],
            r#""route":"site""#,
        ),
        (
            "a token with scopes in place of one without",
            stored("site", ID),
            vec![refused(), tenant(OTHER_ID), ok(MIA)],
            vec![MYSELF, TENANT, &moved],
            r#""route":"gateway","cloud_id":"00000000"#,
        ),
        (
            "the cloud id changed",
            stored("gateway", ID),
            vec![unknown(), refused(), tenant(OTHER_ID), ok(MIA)],
            vec![&myself, MYSELF, TENANT, &moved],
            r#""cloud_id":"00000000"#,
        ),
        (
            "another site was entered: its own id is looked up, the stored one is not used",
            other_host,
            vec![refused(), tenant(OTHER_ID), ok(MIA)],
            vec![MYSELF, TENANT, &moved],
            r#""found_at":"other.atlassian.net""#,
        ),
    ];
    for (name, settings, mut answers, lines, discovered) in cases {
        answers.push(ok(HELD));
        let (report, trace) = run(&settings, "api_token", answers);
        assert_eq!(trace.lines()[..lines.len()], lines, "{name}");
        assert!(report.unwrap().discovered.contains(discovered), "{name}");
    }
}

#[test]
fn where_every_route_refuses_the_failure_says_most() {
    let limited = || Response::new(429).with_header("retry-after", "7");
    let page = || Response::new(200).with_header("content-type", "text/html").with_body("<html>");
    let cases: Vec<(&str, Vec<Response>, &str, &str, &str)> = vec![
        (
            "both reject",
            vec![refused(), tenant(ID), refused()],
            "api-token-rejected",
            "also_tried_gateway",
            "api-token-rejected",
        ),
        (
            "the gateway misses a scope",
            vec![refused(), tenant(ID), scope_mismatch()],
            "scope-missing",
            "also_tried_gateway",
            "scope-missing",
        ),
        (
            "the gateway is busy: the site's answer decides",
            vec![refused(), tenant(ID), limited()],
            "api-token-rejected",
            "also_tried_gateway",
            "rate-limited",
        ),
        (
            "the gateway is down",
            vec![refused(), tenant(ID), Response::new(503)],
            "api-token-rejected",
            "also_tried_gateway",
            "temporarily-unavailable",
        ),
        (
            "no cloud id",
            vec![refused(), Response::new(404)],
            "api-token-rejected",
            "also_tried_cloud_id",
            "no-jira-here",
        ),
        (
            "a cloud id that is none",
            vec![refused(), tenant("../../evil")],
            "api-token-rejected",
            "also_tried_cloud_id",
            "unexpected-answer",
        ),
        (
            "a page for the cloud id",
            vec![refused(), page()],
            "api-token-rejected",
            "also_tried_cloud_id",
            "web-page-instead",
        ),
        ("the site is busy", vec![limited()], "rate-limited", "status", "429"),
        ("the site is a page", vec![page()], "web-page-instead", "status", "200"),
        ("the site is down", vec![Response::new(502)], "bad-gateway", "status", "502"),
        (
            "captcha is not answered by trying again",
            vec![
                Response::new(403)
                    .with_header("x-authentication-denied-reason", "CAPTCHA_CHALLENGE"),
            ],
            "captcha-required",
            "status",
            "403",
        ),
    ];
    for (name, answers, code, known_by, value) in cases {
        let failure = cloud(answers).0.unwrap_err();
        assert_eq!(failure.code, code, "{name}");
        assert_eq!(evidence(&failure, known_by), value, "{name}");
    }
    let answers = vec![refused(), refused(), tenant(ID)];
    let (failure, trace) = run(&stored("gateway", ID), "api_token", answers);
    assert_eq!(trace.sent.len(), 3, "the same gateway is not asked twice");
    assert_eq!(failure.unwrap_err().code, "api-token-rejected");
}

#[test]
fn a_route_that_cannot_be_asked_is_told_beside_the_answer_of_the_other() {
    let host = |cause, message| Err(Failure::new(cause, message));
    let unreachable = || host(Cause::Unreachable, "There is no connection to api.atlassian.com.");
    let page = Response::new(200).with_header("content-type", "text/html").with_body("<html>");
    let busy = Response::new(429).with_header("retry-after", "7");
    let wait = Retry::After(7000);
    let person = Retry::AfterUserAction;
    type Answer = Result<Response, Failure>;
    let cases: Vec<(&str, &str, Vec<Answer>, &str, Retry)> = vec![
        (
            "the gateway is out of reach",
            CLOUD,
            vec![Ok(refused()), Ok(tenant(ID)), unreachable()],
            "no connection to api.atlassian.com",
            person,
        ),
        (
            "the gateway does not answer in time",
            CLOUD,
            vec![Ok(refused()), Ok(tenant(ID)), host(Cause::Timeout, "No answer came in time.")],
            "No answer came in time",
            person,
        ),
        (
            "the policy forbids the gateway",
            CLOUD,
            vec![Ok(refused()), Ok(tenant(ID)), host(Cause::Denied, "The policy forbids it.")],
            "The policy forbids it",
            person,
        ),
        (
            "a page in place of the gateway",
            CLOUD,
            vec![Ok(refused()), Ok(tenant(ID)), Ok(page)],
            "A web page",
            person,
        ),
        (
            "the gateway is busy",
            CLOUD,
            vec![Ok(anonymous()), Ok(tenant(ID)), Ok(busy)],
            "too many requests",
            wait,
        ),
        (
            "the gateway is down",
            CLOUD,
            vec![Ok(refused()), Ok(tenant(ID)), Ok(Response::new(503))],
            "status 503",
            Retry::Backoff,
        ),
        (
            "the cloud id is out of reach",
            CLOUD,
            vec![Ok(refused()), host(Cause::Unreachable, "The connection broke.")],
            "The connection broke",
            person,
        ),
        (
            "nobody tells the cloud id",
            CLOUD,
            vec![Ok(refused()), Ok(Response::new(404))],
            "there is no REST API",
            person,
        ),
        (
            "the site is out of reach, and the gateway refuses",
            "gateway",
            vec![Ok(refused()), host(Cause::Unreachable, "The name cannot be looked up.")],
            "The name cannot be looked up",
            person,
        ),
    ];
    for (name, settings, answers, says, retry) in cases {
        let stored = stored("gateway", ID);
        let settings = if settings == "gateway" { &stored } else { settings };
        let script = Script::new().at(NOW).secret("api_token", None);
        let script = answers.into_iter().fold(script, |script, answer| match answer {
            Ok(response) => script.answer(response),
            Err(failure) => script.fail(failure),
        });
        let failure = script.run(|| Jira::check(Settings::from_json(settings))).0.unwrap_err();
        assert_eq!(failure.cause, Cause::CredentialRejected, "{name}");
        let first = failure.message.split("; whether ").next().unwrap();
        assert!(first.contains("not accept the API token"), "{name}: {}", failure.message);
        assert!(failure.message.contains("could not be found out"), "{name}: {}", failure.message);
        assert!(failure.message.contains(says), "{name}: {}", failure.message);
        assert_eq!(failure.retry, retry, "{name}");
        assert!(failure.remedies[0].text.contains("can be reached from here"), "{name}");
        let tried = failure.evidence.iter().any(|one| one.name.starts_with("also_tried_"));
        assert!(tried && !evidence(&failure, "status").is_empty(), "{name}: {failure:?}");
    }
    let down = Failure::new(Cause::Unreachable, "The name cannot be looked up.");
    let script = Script::new().at(NOW).secret("api_token", None).fail(down.clone());
    let failure = script.run(|| Jira::check(Settings::from_json(CLOUD))).0.unwrap_err();
    assert_eq!(failure, down, "the first route decides, whatever it says");
}

#[test]
fn what_the_server_says_of_itself_is_a_side_question() {
    let host = |cause| Failure::new(cause, "The response could not be taken.");
    let info = "GET site/rest/api/2/serverInfo";
    let myself = "GET site/rest/api/2/myself with personal_access_token";
    for silent in [500, 502, 503, 504, 404, 401] {
        let answers = vec![Response::new(silent), ok(JORDAN), ok(HELD)];
        let (report, trace) = run(SERVER, "personal_access_token", answers);
        assert_eq!(report.unwrap().account.name, "jordan", "{silent}");
        assert_eq!(trace.lines()[..2], [info, myself], "{silent}");
        let answers = vec![Response::new(silent), refused()];
        let failure = run(SERVER, "personal_access_token", answers).0.unwrap_err();
        assert_eq!(failure.code, "personal-access-token-rejected", "{silent}");
    }
    let server = |first: Failure, then: Vec<Response>| {
        let script = Script::new().at(NOW).secret("personal_access_token", None).fail(first);
        let script = then.into_iter().fold(script, Script::answer);
        script.run(|| Jira::check(Settings::from_json(SERVER)))
    };
    for cause in [Cause::TooLarge, Cause::Protocol] {
        assert!(server(host(cause), vec![ok(JORDAN), ok(HELD)]).0.is_ok());
    }
    for cause in [Cause::Unreachable, Cause::Timeout, Cause::Denied] {
        let (report, trace) = server(host(cause.clone()), vec![]);
        assert_eq!((report.unwrap_err().cause, trace.sent.len()), (cause, 1));
    }
    // Cloud under a name of its own, of which an earlier check knows.
    let known = r#"{"host":"jira.acme.org","deployment":"cloud","route":"site","found_at":"jira.acme.org"}"#;
    let (report, _) = run(known, "api_token", vec![Response::new(503), ok(MIA), ok(HELD)]);
    assert_eq!(report.unwrap().account.name, "mia@acme.example");
}

/// A check where a Jira of that deployment is at that path, and a page or nothing at all others.
fn at_path(
    settings: &str,
    secret: &str,
    path: &str,
    elsewhere: u16,
) -> (Result<Report, Failure>, Trace) {
    let jira = format!("site{path}/rest/api/2/");
    let answer = move |sent: &jackfield_guest::testing::Sent| {
        let line = sent.line();
        let place = line.trim_start_matches("GET ");
        let answer = match place.strip_prefix(&jira) {
            Some(rest) if rest.starts_with("serverInfo") => server_info("Server", "10.3.1"),
            Some(rest) if rest.starts_with("myself") => ok(JORDAN),
            Some(_) => ok(HELD),
            None if elsewhere == 200 => Response::new(200).with_body("<html><title>Acme</title>"),
            None => Response::new(elsewhere),
        };
        Ok(answer)
    };
    let script = Script::new().at(NOW).secret(secret, None).answer_with(20, answer);
    script.run(|| Jira::check(Settings::from_json(settings)))
}

#[test]
fn each_reading_of_the_address_is_tried() {
    // What is entered, where Jira is below what the endpoint is bound to, and where it is for people.
    let cases = [
        ("h.example/projects", "/projects", "h.example/projects", "projects"),
        ("h.example/projects", "", "h.example", ""),
        ("h.example/issues", "/issues", "h.example/issues", "issues"),
        ("h.example/servicedesk", "/servicedesk", "h.example/servicedesk", "servicedesk"),
        ("h.example/software/jira", "/software/jira", "h.example/software/jira", "software/jira"),
        ("h.example/a/projects", "/projects", "h.example/a/projects", "projects"),
        ("h.example/jira/projects/EX/issues", "", "h.example/jira", ""),
        ("h.example/browse/secure", "/browse", "h.example/browse", "browse"),
        ("h.example/rest", "/rest", "h.example/rest", "rest"),
    ];
    for (host, path, address, context) in cases {
        for elsewhere in [200, 302, 401, 403, 404, 500] {
            let settings = format!(r#"{{"host":"{host}"}}"#);
            let (report, trace) = at_path(&settings, "personal_access_token", path, elsewhere);
            let report = report.unwrap_or_else(|failure| panic!("{host} {elsewhere}: {failure:?}"));
            let page = format!("https://{address}/secure/ViewProfile.jspa?name=jordan");
            assert_eq!(report.account.url, Some(page), "{host}");
            assert_eq!(report.organizations, [address], "{host}");
            let found = format!(r#""context":"{context}","found_at":"{host}""#);
            assert!(report.discovered.contains(&found), "{host}: {}", report.discovered);
            let strangers: Vec<_> = trace
                .lines()
                .into_iter()
                .filter(|line| {
                    line.contains(" with ") && !line.contains(&format!("site{path}/rest"))
                })
                .collect();
            assert_eq!(strangers, [""; 0], "{host}: the credential goes to Jira alone");
            // From then on it is asked there at once.
            let stored = settings.replace('}', &format!(",{found}}}"));
            let (_, trace) = at_path(&stored, "personal_access_token", path, elsewhere);
            assert_eq!(trace.lines()[0], format!("GET site{path}/rest/api/2/serverInfo"), "{host}");
        }
    }
}

#[test]
fn where_no_reading_is_a_jira_all_that_were_tried_are_named() {
    for elsewhere in [200, 302, 404] {
        for secret in ["personal_access_token", "password", "api_token"] {
            let settings = r#"{"host":"h.example/a/projects"}"#;
            let failure = at_path(settings, secret, "/nowhere", elsewhere).0.unwrap_err();
            assert_eq!(
                failure.message,
                "Neither at h.example/a/projects nor at h.example/a is there a REST API of a Jira.",
                "{elsewhere} {secret}"
            );
            assert_eq!(failure.fields[0].pointer, "/settings/host");
            assert_eq!(failure.evidence.iter().filter(|one| one.name == "tried").count(), 2);
        }
    }
    let settings = r#"{"host":"h.example/projects"}"#;
    let (failure, trace) = at_path(settings, "password", "/nowhere", 401);
    assert_eq!(failure.unwrap_err().code, "password-rejected");
    assert_eq!(
        trace.lines().iter().filter(|line| line.contains(" with ")).count(),
        1,
        "tried once"
    );
}

#[test]
fn a_data_center_is_asked_what_it_is_and_then_once_who() {
    let answers = vec![server_info("Server", "10.3.1"), ok(JORDAN), ok(HELD)];
    let (report, trace) = run(SERVER, "personal_access_token", answers);
    let report = report.unwrap();
    assert_eq!(
        trace.lines(),
        [
            "GET site/rest/api/2/serverInfo",
            "GET site/rest/api/2/myself with personal_access_token",
            &format!("GET site/rest/api/2/{ASKED} with personal_access_token"),
        ]
    );
    let account = Account {
        id: "JIRAUSER10100".to_owned(),
        name: "jordan".to_owned(),
        url: Some("https://jira.acme.org/secure/ViewProfile.jspa?name=jordan".to_owned()),
    };
    assert_eq!(report.account, account);
    assert_eq!(report.edition.as_deref(), Some("data-center 10.3.1"));
    assert_eq!(codes(&report), [""; 0]);
    let discovered = r#"{"deployment":"data-center","route":"site","server_version":"10.3.1","found_at":"jira.acme.org"}"#;
    assert_eq!(report.discovered, discovered);
}

#[test]
fn a_server_that_tells_nobody_anything_is_tried_all_the_same() {
    let page = Response::new(200).with_header("content-type", "text/html").with_body("<html>");
    let cases = [
        (Response::new(401), "api-token-on-data-center"),
        (Response::new(403), "api-token-on-data-center"),
        (Response::new(404), "no-jira-here"),
        (page, "web-page-instead"),
        (ok("{}"), "unexpected-answer"),
    ];
    for (silent, code) in cases {
        let answers = vec![silent.clone(), ok(JORDAN), ok(HELD)];
        let report = run(SERVER, "personal_access_token", answers).0.unwrap();
        assert_eq!(report.edition.as_deref(), Some("data-center"));
        let (report, trace) = run(SERVER, "api_token", vec![silent]);
        assert_eq!(report.unwrap_err().code, code);
        assert_eq!(trace.sent.len(), 1, "an API token is not sent to a stranger");
    }
    let (report, trace) = run(SERVER, "personal_access_token", vec![Response::new(429)]);
    assert_eq!((report.unwrap_err().code.as_str(), trace.sent.len()), ("rate-limited", 1));
    let (report, trace) = run(SERVER, "api_token", vec![Response::new(503)]);
    assert_eq!(
        (report.unwrap_err().code.as_str(), trace.sent.len()),
        ("temporarily-unavailable", 1)
    );
}

#[test]
fn a_refused_credential_of_a_data_center_is_tried_once() {
    let cases = [
        ("personal_access_token", refused(), "personal-access-token-rejected"),
        ("password", refused(), "password-rejected"),
        ("personal_access_token", anonymous(), "answered-anonymously"),
        (
            "personal_access_token",
            ok(JORDAN).with_header("x-ausername", "anonymous"),
            "answered-anonymously",
        ),
        (
            "password",
            Response::new(403).with_header("x-authentication-denied-reason", "CAPTCHA_CHALLENGE"),
            "captcha-required",
        ),
    ];
    for (secret, answer, code) in cases {
        let (report, trace) = run(SERVER, secret, vec![server_info("Server", "9.12.0"), answer]);
        assert_eq!(report.unwrap_err().code, code);
        let with_credential = trace.lines().iter().filter(|line| line.contains(" with ")).count();
        assert_eq!(with_credential, 1);
    }
    let old = vec![server_info("Server", "8.13.27"), refused()];
    let failure = run(SERVER, "personal_access_token", old).0.unwrap_err();
    assert_eq!(failure.code, "server-without-tokens");
}

#[test]
fn what_cannot_be_is_told_before_anything_is_sent() {
    let at = |protocol: &str, host: &str| {
        format!(r#"{{"protocol":"{protocol}","host":"{host}","email":"a@b.example"}}"#)
    };
    let cases = [
        (
            "https",
            "acme.atlassian.net",
            "personal_access_token",
            "personal-access-token-on-cloud",
            "/secrets/personal_access_token",
        ),
        ("https", "acme.jira.com", "password", "password-on-cloud", "/secrets/password"),
        ("http", "acme.atlassian.net", "api_token", "http-on-cloud", "/settings/protocol"),
        ("https", "api.atlassian.com", "api_token", "not-a-jira-address", "/settings/host"),
        ("https", "atlassian.net", "api_token", "not-a-jira-address", "/settings/host"),
        (
            "https",
            "id.atlassian.com",
            "personal_access_token",
            "not-a-jira-address",
            "/settings/host",
        ),
    ];
    for (protocol, host, secret, code, pointer) in cases {
        let (report, trace) = run(&at(protocol, host), secret, vec![]);
        let failure = report.unwrap_err();
        assert_eq!((failure.code.as_str(), failure.cause.clone()), (code, Cause::InvalidInput));
        assert_eq!(failure.fields[0].pointer, pointer);
        assert!(trace.sent.is_empty() && !failure.remedies.is_empty(), "{code}");
    }
}

#[test]
fn a_wrong_method_is_told_before_the_credential_is_sent() {
    let cases = [
        ("https", "api_token", "Server", "api-token-on-data-center"),
        ("https", "personal_access_token", "Cloud", "personal-access-token-on-cloud"),
        ("https", "password", "Cloud", "password-on-cloud"),
        ("http", "api_token", "Cloud", "http-on-cloud"),
    ];
    for (protocol, secret, kind, code) in cases {
        let settings = SERVER.replace("\"https\"", &format!("\"{protocol}\""));
        let (report, trace) = run(&settings, secret, vec![server_info(kind, "10.3.1")]);
        assert_eq!(report.unwrap_err().code, code);
        assert_eq!(trace.lines(), ["GET site/rest/api/2/serverInfo"]);
    }
}

#[test]
fn cloud_under_a_name_of_ones_own_is_found_out() {
    let answers =
        vec![server_info("Cloud", "1001.0.0-SNAPSHOT"), refused(), tenant(ID), ok(MIA), ok(HELD)];
    let (report, trace) = run(SERVER, "api_token", answers);
    assert_eq!(report.unwrap().edition.as_deref(), Some("cloud"));
    assert_eq!(trace.lines()[3], gateway(ID, "myself"));
    let government = SERVER.replace("jira.acme.org", "acme.atlassian-us-gov-mod.net");
    let answers = vec![server_info("Cloud", "1001.0.0-SNAPSHOT"), refused()];
    let (report, trace) = run(&government, "api_token", answers);
    assert!(report.is_err() && trace.sent.len() == 2, "its token does not go to another gateway");
}

#[test]
fn nothing_but_an_account_is_success() {
    let html = Response::new(200).with_header("content-type", "text/html").with_body("<html>");
    let cases = [
        ("empty object", ok("{}"), "no-account"),
        ("empty id", ok(r#"{"accountId":" "}"#), "no-account"),
        ("anonymous id", ok(r#"{"accountId":"anonymous"}"#), "no-account"),
        ("Data Center's account", ok(JORDAN), "no-account"),
        ("id as a number", ok(r#"{"accountId":7}"#), "unexpected-shape"),
        ("list", ok("[]"), "unexpected-shape"),
        ("list of its values", ok(r#"["5b10a2844c20165700ede21g"]"#), "unexpected-shape"),
        ("null", ok("null"), "unexpected-shape"),
        ("text", ok("OK"), "not-json"),
        ("nothing", Response::new(200), "empty-answer"),
        ("page", html, "web-page-instead"),
        ("created", Response::new(201).with_json(MIA), "unexpected-answer"),
        ("not authoritative", Response::new(203).with_json(MIA), "unexpected-answer"),
    ];
    for (name, answer, code) in cases {
        let answer = answer.with_header("atl-traceid", "t-1").with_header("x-arequestid", "r-1");
        let failure = cloud(vec![answer]).0.unwrap_err();
        assert_eq!(failure.code, code, "{name}");
        assert_eq!(evidence(&failure, "atl-traceid"), "t-1", "{name}");
        assert_eq!(evidence(&failure, "x-arequestid"), "r-1", "{name}");
    }
    for cut in 0..MIA.len() {
        assert!(cloud(vec![ok(&MIA[..cut])]).0.is_err(), "cut at {cut}");
    }
}

#[test]
fn a_connection_of_which_nothing_is_to_be_said_has_no_warning() {
    let dated = CLOUD.replace('}', r#","token_expires_on":"2026-06-01"}"#);
    let (report, _) = run(&dated, "api_token", vec![refused(), tenant(ID), ok(MIA), ok(HELD)]);
    assert_eq!(report.unwrap().warnings, []);
    let answers = vec![server_info("Server", "10.3.1"), ok(JORDAN), ok(HELD)];
    let (report, _) = run(SERVER, "personal_access_token", answers);
    assert_eq!(report.unwrap().warnings, []);
}

#[test]
fn permissions_are_what_jira_says_or_unknown() {
    use Grant::{Granted, Missing, Unknown};
    const SCOPE: &str = "scopes read:jira-user and read:jira-work";
    let held = |browse: &str, people: &str| {
        let one = |name: &str, held: &str| format!(r#""{name}":{{"havePermission":{held}}}"#);
        let all = [one("BROWSE_PROJECTS", browse), one("USER_PICKER", people)];
        ok(&format!(r#"{{"permissions":{{{}}}}}"#, all.join(",")))
    };
    let lists = r#"{"permissions":{"BROWSE_PROJECTS":[true],"USER_PICKER":[true]}}"#;
    let projects = r#"{"permissions":{"BROWSE_PROJECTS":{"havePermission":true}}}"#;
    let people = r#"{"permissions":{"USER_PICKER":{"havePermission":true}}}"#;
    let unknown = "permissions-unknown";
    let cases = [
        ("both", held("true", "true"), Granted, Granted, "", ""),
        ("no project", held("false", "true"), Missing, Granted, "no-project-visible", ""),
        ("no people", held("true", "false"), Granted, Missing, "no-user-visible", "users"),
        (
            "none",
            held("false", "false"),
            Missing,
            Missing,
            "no-project-visible no-user-visible",
            "Browse Projects",
        ),
        ("other keys", ok(r#"{"permissions":{}}"#), Unknown, Unknown, unknown, "later"),
        ("projects alone", ok(projects), Granted, Unknown, unknown, ""),
        ("people alone", ok(people), Unknown, Granted, unknown, ""),
        ("text", held("\"yes\"", "true"), Unknown, Unknown, unknown, "unexpected shape"),
        ("lists", ok(lists), Unknown, Unknown, unknown, "unexpected shape"),
        ("refused", Response::new(403), Unknown, Unknown, unknown, "lacks a permission"),
        ("scope", scope_mismatch(), Missing, Unknown, unknown, SCOPE),
        ("busy", Response::new(429), Unknown, Unknown, unknown, "too many requests"),
        (
            "given to anybody",
            ok(HELD).with_header("x-seraph-loginreason", "AUTHENTICATED_FAILED"),
            Unknown,
            Unknown,
            unknown,
            "anonymous visitor",
        ),
    ];
    for (name, answer, browse, people, expected, says) in cases {
        let report = cloud(vec![ok(MIA), answer]).0.unwrap();
        let grants = grants(&report);
        let named = [("BROWSE_PROJECTS", browse), ("USER_PICKER", people)];
        assert_eq!(grants, named, "{name}: what is not held and not needed is not named");
        let usual = ["expiry-unknown", "token-without-scopes"];
        let found = codes(&report).into_iter().filter(|code| !usual.contains(code));
        assert_eq!(found.collect::<Vec<_>>().join(" "), expected, "{name}");
        let told = format!("{:?}", report.warnings);
        assert!(told.contains(says), "{name}: {told}");
    }
}

#[test]
fn warnings_follow_from_what_is_known() {
    let with =
        |json: &str, extra: &str| json.replace('}', &format!(r#","token_expires_on":"{extra}"}}"#));
    let http = SERVER.replace("https", "http");
    let cases = [
        ("no date", "api_token", CLOUD.to_owned(), None, "expiry-unknown"),
        ("far", "api_token", with(CLOUD, "2026-06-01"), Some(1_780_272_000_000), ""),
        (
            "14 days",
            "api_token",
            with(CLOUD, "2026-01-15"),
            Some(1_768_435_200_000),
            "expires-soon",
        ),
        (
            "14 days and a second",
            "api_token",
            with(CLOUD, "2026-01-15T00:00:01Z"),
            Some(1_768_435_201_000),
            "",
        ),
        ("past", "api_token", with(CLOUD, "2025-12-31"), None, "expiry-date-passed"),
        ("now", "api_token", with(CLOUD, "2026-01-01"), None, "expiry-date-passed"),
        ("no date is read", "api_token", with(CLOUD, "soon"), None, "expiry-unknown"),
        ("a server's token without a date", "personal_access_token", SERVER.to_owned(), None, ""),
        (
            "a server's token, soon",
            "personal_access_token",
            with(SERVER, "2026-01-02"),
            Some(1_767_312_000_000),
            "expires-soon",
        ),
        ("password", "password", SERVER.to_owned(), None, "password-in-use"),
        ("by http", "personal_access_token", http, None, "unencrypted"),
    ];
    for (name, secret, settings, ends, code) in cases {
        let mut answers = vec![ok(if secret == "api_token" { MIA } else { JORDAN }), ok(HELD)];
        if secret != "api_token" {
            answers.insert(0, server_info("Server", "10.3.1"));
        }
        let report = run(&settings, secret, answers).0.unwrap();
        assert_eq!(report.credential_expires_at, ends, "{name}");
        let found: Vec<_> =
            codes(&report).into_iter().filter(|one| *one != "token-without-scopes").collect();
        assert_eq!(found.join(" "), code, "{name}");
    }
    let old = vec![server_info("Server", "7.13.0"), ok(JORDAN), ok(HELD)];
    let report = run(SERVER, "password", old).0.unwrap();
    assert_eq!(codes(&report), [""; 0], "it has nothing better");
}

#[test]
fn a_mistyped_token_beside_an_old_date_is_not_said_to_have_ended() {
    let dated = CLOUD.replace('}', r#","token_expires_on":"2025-11-30"}"#);
    let script = Script::new().at(NOW).secret_until("api_token", None, Some(NOW + 86_400_000));
    let script = script.answer(refused()).answer(tenant(ID)).answer(refused());
    let failure = script.run(|| Jira::check(Settings::from_json(&dated))).0.unwrap_err();
    assert_eq!(failure.code, "token-expired");
    assert_eq!(
        failure.message,
        "Jira does not accept the API token, and 2025-11-30, the date that was entered for its \
         expiration, has passed."
    );
    assert!(failure.remedies.iter().any(|remedy| remedy.text.contains("mistyped")));
}

#[test]
fn a_date_that_was_entered_corrects_the_one_that_is_known() {
    let dated = CLOUD.replace('}', r#","token_expires_on":"2026-06-01"}"#);
    let script = Script::new().at(NOW).secret_until("api_token", None, Some(NOW - 1));
    let script = script.answer(ok(MIA)).answer(ok(HELD));
    let report = script.run(|| Jira::check(Settings::from_json(&dated))).0.unwrap();
    assert_eq!(report.credential_expires_at, Some(1_780_272_000_000));
    assert_eq!(codes(&report), ["token-without-scopes"]);
}

#[test]
fn an_account_that_has_odd_names_has_no_page() {
    let odd = JORDAN.replace("\"name\":\"jordan\"", "\"name\":\"a b&c=d\"");
    let answers = vec![server_info("Server", "10.3.1"), ok(&odd), ok(HELD)];
    let report = run(SERVER, "personal_access_token", answers).0.unwrap();
    assert_eq!((report.account.name.as_str(), report.account.url), ("a b&c=d", None));
}

#[test]
fn every_request_says_what_it_speaks_and_who_it_is() {
    let (_, trace) = cloud(vec![refused(), tenant(ID), ok(MIA), ok(HELD)]);
    for sent in &trace.sent {
        assert_eq!(sent.header("accept"), Some("application/json"));
        assert_eq!(sent.header("accept-language"), Some("en"));
        assert!(sent.header("user-agent").unwrap().starts_with("jackfield-jira/"));
    }
}

#[test]
fn discovered_settings_are_those_of_the_manifest() {
    let manifest: serde_json::Value = serde_json::from_str(Jira::MANIFEST).unwrap();
    let declared: Vec<_> = manifest["settings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|setting| setting["discovered"] == true)
        .map(|setting| setting["name"].as_str().unwrap())
        .collect();
    let all = Found {
        deployment: Some(String::new()),
        route: Some(String::new()),
        cloud_id: Some(String::new()),
        server_version: Some(String::new()),
        context: Some(String::new()),
        found_at: Some(String::new()),
    };
    let written = serde_json::to_value(&all).unwrap();
    let written: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(written, declared);
}
