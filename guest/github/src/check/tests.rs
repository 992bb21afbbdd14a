#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::testing::{Script, Trace};
use jackfield_guest::{Connector, Grant, Settings, Timestamp};

use super::*;
use crate::GitHub;

mod manifest;
mod more;
mod notes;
mod probe;

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = 1_767_225_600_000;
const USER: &str = r#"{"login":"ada","id":7,"html_url":"https://github.com/ada","type":"User"}"#;
const REPOSITORIES: &str = r#"{"total_count":2,"repository_selection":"selected","repositories":[{"id":1,"name":"tools","private":true,"owner":{"login":"acme","id":9,"type":"Organization","html_url":"https://github.com/acme"}}]}"#;

fn settings() -> Settings {
    Settings::from_json(r#"{"api_url":"https://api.github.com"}"#)
}

fn user() -> Response {
    Response::new(200).with_json(USER).with_header("x-ratelimit-limit", "5000")
}

/// `GET /user/orgs`.
fn orgs(logins: &[&str]) -> Response {
    let list: Vec<_> =
        logins.iter().map(|login| format!(r#"{{"login":"{login}","id":1}}"#)).collect();
    Response::new(200).with_json(&format!("[{}]", list.join(",")))
}

/// `GET /user/repos`: owner, whether the owner is an organization, name, whether it is private.
fn repos(list: &[(&str, bool, &str, bool)]) -> Response {
    let list: Vec<_> = list
        .iter()
        .map(|(owner, organization, name, private)| {
            let kind = if *organization { "Organization" } else { "User" };
            format!(
                r#"{{"id":1,"name":"{name}","private":{private},"owner":{{"login":"{owner}","id":9,"type":"{kind}","html_url":null}}}}"#
            )
        })
        .collect();
    Response::new(200).with_json(&format!("[{}]", list.join(",")))
}

fn refusal(status: u16, message: &str) -> Response {
    Response::new(status).with_json(&serde_json::json!({ "message": message }).to_string())
}

fn granted() -> Response {
    Response::new(200).with_json("[]")
}

/// Refused for want of this permission, as fine-grained tokens are.
fn wants(permission: &str) -> Response {
    refusal(403, "Resource not accessible by personal access token")
        .with_header("x-accepted-github-permissions", permission)
}

fn script(kind: &str, answers: impl IntoIterator<Item = Response>) -> Script {
    let script = Script::new().secret("token", Some(kind));
    answers.into_iter().fold(script, Script::answer)
}

/// What GitHub answers to a fine-grained token after `/user`: no organizations, one private repository,
/// and then the three reads of it.
fn fine_grained(issues: Response, pulls: Response, commits: Response) -> Vec<Response> {
    let one = repos(&[("ada", false, "notes", true)]);
    vec![user(), orgs(&[]), one.clone(), one, issues, pulls, commits]
}

fn with_organization(organization: &str) -> Settings {
    let text = format!(r#"{{"api_url":"https://api.github.com","organization":"{organization}"}}"#);
    Settings::from_json(text)
}

/// A check with this organization in the settings.
fn check_of(
    organization: &str,
    kind: &str,
    answers: impl IntoIterator<Item = Response>,
) -> (Result<Report, Failure>, Trace) {
    script(kind, answers).at(NOW).run(|| GitHub::check(with_organization(organization)))
}

fn run(script: Script) -> (Result<Report, Failure>, Trace) {
    script.at(NOW).run(|| GitHub::check(settings()))
}

fn codes(report: &Report) -> Vec<&str> {
    report.warnings.iter().map(|warning| warning.code.as_str()).collect()
}

fn grants(report: &Report) -> Vec<(&str, Grant)> {
    report.permissions.iter().map(|one| (one.name.as_str(), one.grant)).collect()
}

#[test]
fn a_classic_token_is_reported_with_scopes_and_expiry() {
    let answer = user()
        .with_header("x-oauth-scopes", "repo")
        .with_header("github-authentication-token-expiration", "2026-02-19 19:55:13 UTC");
    let (report, trace) = run(Script::new().secret("token", Some("classic")).answer(answer));
    let report = report.unwrap();
    assert_eq!(trace.lines(), ["GET api/user with token"]);
    let account = Account {
        id: "7".to_owned(),
        name: "ada".to_owned(),
        url: Some("https://github.com/ada".to_owned()),
    };
    assert_eq!(report.account, account);
    assert_eq!(report.edition.as_deref(), Some("github.com"));
    assert_eq!(report.credential_expires_at, Some(1_771_530_913_000));
    assert_eq!(grants(&report), [("repo", Grant::Granted), ("read:org", Grant::Missing)]);
    let content = ["repositories", "issues", "pull_requests", "commits"];
    assert_eq!(report.permissions[0].needed_by, content);
    assert_eq!(report.permissions[1].needed_by, ["organizations", "members"]);
    assert_eq!(report.organizations, Vec::<String>::new());
    assert_eq!(codes(&report), ["scope-missing"]);
    assert_eq!(report.discovered, "{}");
}

#[test]
fn every_request_says_what_it_speaks_and_who_it_is() {
    let (_, trace) = run(script("fine-grained", fine_grained(granted(), granted(), granted())));
    assert_eq!(trace.sent.len(), 7);
    for sent in &trace.sent {
        assert_eq!(sent.header("accept"), Some("application/vnd.github+json"));
        assert_eq!(sent.header("x-github-api-version"), Some("2022-11-28"));
        assert!(sent.header("user-agent").unwrap().starts_with("jackfield-github/"));
        assert!(sent.line().ends_with(" with token"), "{}", sent.line());
    }
}

#[test]
fn the_expiry_that_the_host_knows_fills_in() {
    let script = Script::new().secret_until("token", Some("classic"), Some(NOW + 5)).answer(user());
    assert_eq!(run(script).0.unwrap().credential_expires_at, Some(NOW + 5));
}

#[test]
fn an_installation_token_is_asked_for_its_repositories() {
    let first = || Response::new(200).with_json(REPOSITORIES);
    let wants_issues = refusal(403, "Resource not accessible by integration")
        .with_header("x-accepted-github-permissions", "issues=read");
    let answers = [first(), granted(), wants_issues, granted()];
    let (report, trace) = run(script("installation", answers));
    let report = report.unwrap();
    assert_eq!(
        trace.lines(),
        [
            "GET api/installation/repositories?per_page=100 with token",
            "GET api/repos/acme/tools/issues?per_page=1 with token",
            "GET api/repos/acme/tools/pulls?per_page=1 with token",
            "GET api/repos/acme/tools/commits?per_page=1 with token",
        ]
    );
    assert_eq!((report.account.id.as_str(), report.account.name.as_str()), ("9", "acme"));
    assert_eq!(report.organizations, ["acme"]);
    assert_eq!(codes(&report), ["short-lived", "permission-missing"]);
    assert!(report.warnings[1].remedies[0].text.starts_with("Give the app issues=read"));

    let empty = Response::new(200).with_json(r#"{"total_count":0,"repositories":[]}"#);
    let (report, _) = run(script("installation", [empty]));
    let report = report.unwrap();
    assert_eq!(report.account.id, "installation");
    assert_eq!(codes(&report), ["short-lived", "permissions-unknown", "no-repository"]);

    for bare in ["[]", r#"[{"name":"tools","owner":{"id":9,"login":"acme"}}]"#] {
        let bare = Response::new(200).with_json(bare);
        assert_eq!(run(script("installation", [bare])).0.unwrap_err().cause, Cause::Protocol);
    }
}

#[test]
fn the_other_question_is_asked_where_the_first_was_wrong() {
    let by_integration =
        Response::new(403).with_json(r#"{"message":"Resource not accessible by integration"}"#);
    let not_found = Response::new(404).with_json(r#"{"message":"Not Found"}"#);
    let rejected = Response::new(401).with_json(r#"{"message":"Bad credentials"}"#);
    let repositories = Response::new(200).with_json(REPOSITORIES);
    let cases = [
        (
            "unknown kind is an installation's",
            None,
            by_integration.clone(),
            Some(repositories),
            true,
        ),
        (
            "unknown kind is refused twice",
            None,
            by_integration.clone(),
            Some(not_found.clone()),
            false,
        ),
        ("unknown kind is rejected", None, rejected.clone(), None, false),
        (
            "installation has a user after all",
            Some("installation"),
            not_found.clone(),
            Some(user()),
            true,
        ),
        (
            "installation is forbidden, and so",
            Some("installation"),
            by_integration.clone(),
            Some(rejected.clone()),
            false,
        ),
        ("installation is rejected", Some("installation"), rejected, None, false),
        ("classic is not found", Some("classic"), not_found, None, false),
        ("fine-grained lacks a permission", Some("fine-grained"), by_integration, None, false),
    ];
    for (name, kind, first, second, passes) in cases {
        let mut script = Script::new().secret("token", kind).answer(first.clone());
        if let Some(second) = second {
            script = script.answer(second);
        }
        // What more is asked is refused, and changes nothing.
        for _ in 0..if passes { 3 } else { 0 } {
            script = script.answer(refusal(404, "Not Found"));
        }
        let (report, _) = run(script);
        assert_eq!(report.is_ok(), passes, "{name}");
        if let Err(failure) = report {
            let status = &failure.evidence.iter().find(|one| one.name == "status").unwrap().value;
            assert_eq!(*status, first.status.to_string(), "{name}: the first failure is told");
        }
    }
}

#[test]
fn nothing_but_an_account_is_success() {
    let cases = [
        ("empty object", Response::new(200).with_json("{}")),
        ("no login", Response::new(200).with_json(r#"{"id":7,"login":" "}"#)),
        ("no id", Response::new(200).with_json(r#"{"id":0,"login":"ada"}"#)),
        ("id as text", Response::new(200).with_json(r#"{"id":"7","login":"ada"}"#)),
        ("empty body", Response::new(200)),
        ("list", Response::new(200).with_json("[]")),
        ("page", Response::new(200).with_header("content-type", "text/html").with_body("<html>")),
        ("created", Response::new(201).with_json(USER)),
        ("not authoritative", Response::new(203).with_json(USER)),
        ("anonymous", Response::new(200).with_json(USER).with_header("x-ratelimit-limit", "60")),
    ];
    for (name, answer) in cases {
        let (report, _) = run(Script::new().secret("token", Some("classic")).answer(answer));
        assert!(report.is_err(), "{name}");
    }
}

#[test]
fn without_a_token_nothing_is_asked() {
    let (report, trace) = run(Script::new());
    let failure = report.unwrap_err();
    assert_eq!(failure.cause, Cause::InvalidInput);
    assert_eq!(failure.fields[0].pointer, "/secrets/token");
    assert!(trace.sent.is_empty());
}

#[test]
fn the_hosts_own_failure_passes_through() {
    let unreachable = Failure::new(Cause::Unreachable, "The name cannot be looked up.");
    let (report, _) = run(Script::new().secret("token", None).fail(unreachable.clone()));
    assert_eq!(report.unwrap_err(), unreachable);
}
