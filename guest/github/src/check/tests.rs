#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::testing::{Script, Trace};
use jackfield_guest::{Connector, Settings};

use super::*;
use crate::GitHub;

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = 1_767_225_600_000;
const USER: &str = r#"{"login":"ada","id":7,"html_url":"https://github.com/ada","type":"User"}"#;
const REPOSITORIES: &str = r#"{"total_count":2,"repository_selection":"selected","repositories":[{"id":1,"owner":{"login":"acme","id":9,"html_url":"https://github.com/acme"}}]}"#;

fn settings() -> Settings {
    Settings::from_json(r#"{"api_url":"https://api.github.com"}"#)
}

fn user() -> Response {
    Response::new(200).with_json(USER).with_header("x-ratelimit-limit", "5000")
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
    assert_eq!(grants(&report), [("repo", Grant::Granted)]);
    assert_eq!(report.permissions[0].needed_by, ["repositories", "issues"]);
    assert_eq!(codes(&report), Vec::<&str>::new());
    assert_eq!(report.discovered, "{}");
}

#[test]
fn every_request_says_what_it_speaks_and_who_it_is() {
    let (_, trace) = run(Script::new().secret("token", None).answer(user()));
    let sent = &trace.sent[0];
    assert_eq!(sent.header("accept"), Some("application/vnd.github+json"));
    assert_eq!(sent.header("x-github-api-version"), Some("2022-11-28"));
    assert!(sent.header("user-agent").unwrap().starts_with("jackfield-github/"));
}

#[test]
fn warnings_follow_from_what_is_known() {
    let scopes = |held: &str| user().with_header("x-oauth-scopes", held);
    let ends = |date: &str| user().with_header("github-authentication-token-expiration", date);
    let cases: Vec<(&str, &str, Response, Vec<&str>)> = vec![
        ("classic for ever", "classic", scopes("repo"), vec!["no-expiry"]),
        ("legacy for ever", "legacy", scopes("repo"), vec!["no-expiry"]),
        ("oauth has no end", "oauth", scopes("repo"), vec![]),
        (
            "classic, wide",
            "classic",
            scopes("repo, delete_repo, admin:org"),
            vec!["no-expiry", "wide-scopes"],
        ),
        ("classic, nothing", "classic", scopes(""), vec!["no-expiry", "public-only"]),
        ("classic, public", "classic", scopes("public_repo"), vec!["no-expiry", "public-only"]),
        ("oauth without repo", "oauth", scopes("gist"), vec!["public-only"]),
        (
            "fine-grained, 14 days left",
            "fine-grained",
            ends("2026-01-15 00:00:00 UTC"),
            vec!["expires-soon", "permissions-unknown"],
        ),
        (
            "fine-grained, 14 days and a second",
            "fine-grained",
            ends("2026-01-15 00:00:01 UTC"),
            vec!["permissions-unknown"],
        ),
        (
            "fine-grained, other form",
            "fine-grained",
            ends("2026-01-14 23:00:00 -0100"),
            vec!["expires-soon", "permissions-unknown"],
        ),
        (
            "fine-grained, date unreadable",
            "fine-grained",
            ends("soon"),
            vec!["permissions-unknown"],
        ),
        (
            "fine-grained, empty scopes header",
            "fine-grained",
            scopes(""),
            vec!["permissions-unknown"],
        ),
        ("app user", "app-user", user(), vec!["permissions-unknown"]),
        ("unknown kind", "", user(), vec![]),
        (
            "partial",
            "",
            user().with_header("x-github-sso", "partial-results; organizations=21955855,20582480"),
            vec!["partial-results"],
        ),
    ];
    for (name, kind, answer, expected) in cases {
        let (report, _) = run(Script::new().secret("token", Some(kind)).answer(answer));
        assert_eq!(codes(&report.unwrap()), expected, "{name}");
    }
}

#[test]
fn permissions_that_cannot_be_listed_are_unknown() {
    for kind in [Some("fine-grained"), Some("app-user"), None] {
        let (report, _) = run(Script::new().secret("token", kind).answer(user()));
        assert_eq!(
            grants(&report.unwrap()),
            [("metadata=read", Grant::Unknown), ("issues=read", Grant::Unknown)]
        );
    }
}

#[test]
fn the_expiry_that_the_host_knows_fills_in() {
    let script =
        Script::new().secret_until("token", Some("app-user"), Some(NOW + 5)).answer(user());
    assert_eq!(run(script).0.unwrap().credential_expires_at, Some(NOW + 5));
}

#[test]
fn an_installation_token_is_asked_for_its_repositories() {
    let answer = Response::new(200).with_json(REPOSITORIES);
    let (report, trace) = run(Script::new().secret("token", Some("installation")).answer(answer));
    let report = report.unwrap();
    assert_eq!(trace.lines(), ["GET api/installation/repositories?per_page=1 with token"]);
    assert_eq!((report.account.id.as_str(), report.account.name.as_str()), ("9", "acme"));
    assert_eq!(codes(&report), ["short-lived"]);

    let empty = Response::new(200).with_json(r#"{"total_count":0,"repositories":[]}"#);
    let (report, _) = run(Script::new().secret("token", Some("installation")).answer(empty));
    assert_eq!(report.unwrap().account.id, "installation");
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

#[test]
fn the_edition_of_a_server_is_what_it_says() {
    let answer = user().with_header("x-github-enterprise-version", "enterprise-server@3.14.2");
    let settings = Settings::from_json(r#"{"api_url":"https://git.acme.org/api/v3"}"#);
    let script = Script::new().secret("token", None).answer(answer);
    let (report, _) = script.run(|| GitHub::check(settings));
    assert_eq!(report.unwrap().edition.as_deref(), Some("ghes 3.14.2"));
}
