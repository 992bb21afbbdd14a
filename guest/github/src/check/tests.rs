#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::testing::{Script, Trace};
use jackfield_guest::{Connector, Grant, Settings, Timestamp};

use super::*;
use crate::GitHub;

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
fn warnings_follow_from_what_is_known() {
    let scopes = |held: &str| vec![user().with_header("x-oauth-scopes", held)];
    let listing = |held: &str| vec![user().with_header("x-oauth-scopes", held), orgs(&["acme"])];
    let ends = |date: &str| {
        let mut answers = fine_grained(granted(), granted(), granted());
        answers[0] = user().with_header("github-authentication-token-expiration", date);
        answers
    };
    let empty_header = || {
        let mut answers = fine_grained(granted(), granted(), granted());
        answers[0] = user().with_header("x-oauth-scopes", "");
        answers
    };
    let partial = "partial-results; organizations=21955855,20582480";
    let cases: Vec<(&str, &str, Vec<Response>, Vec<&str>)> = vec![
        ("classic for ever", "classic", listing("repo, read:org"), vec!["no-expiry"]),
        ("classic, no memberships", "classic", scopes("repo"), vec!["no-expiry", "scope-missing"]),
        ("legacy for ever", "legacy", scopes("repo"), vec!["no-expiry", "scope-missing"]),
        ("oauth has no end", "oauth", listing("repo, read:org"), vec![]),
        ("oauth, no memberships", "oauth", scopes("repo"), vec!["scope-missing"]),
        (
            "classic, wide",
            "classic",
            listing("repo, delete_repo, admin:org"),
            vec!["no-expiry", "wide-scopes"],
        ),
        (
            "classic, own memberships",
            "classic",
            listing("repo, user"),
            vec!["no-expiry", "scope-missing"],
        ),
        (
            "classic, nothing",
            "classic",
            scopes(""),
            vec!["no-expiry", "public-only", "scope-missing"],
        ),
        (
            "classic, public",
            "classic",
            scopes("public_repo"),
            vec!["no-expiry", "public-only", "scope-missing"],
        ),
        ("classic, no header", "classic", vec![user()], vec!["no-expiry", "permissions-unknown"]),
        ("oauth without repo", "oauth", scopes("gist"), vec!["public-only", "scope-missing"]),
        (
            "fine-grained, 14 days left",
            "fine-grained",
            ends("2026-01-15 00:00:00 UTC"),
            vec!["expires-soon"],
        ),
        (
            "fine-grained, 14 days and a second",
            "fine-grained",
            ends("2026-01-15 00:00:01 UTC"),
            vec![],
        ),
        (
            "fine-grained, other form",
            "fine-grained",
            ends("2026-01-14 23:00:00 -0100"),
            vec!["expires-soon"],
        ),
        ("fine-grained, date unreadable", "fine-grained", ends("soon"), vec![]),
        ("fine-grained, empty scopes header", "fine-grained", empty_header(), vec![]),
        ("unknown kind with scopes", "", listing("repo, read:org"), vec![]),
        ("unknown kind, no memberships", "", scopes("repo"), vec!["scope-missing"]),
        (
            "partial, told once",
            "classic",
            vec![
                user().with_header("x-oauth-scopes", "repo, read:org"),
                orgs(&[]).with_header("x-github-sso", partial),
            ],
            vec!["no-expiry", "partial-results"],
        ),
        (
            "partial, on the first answer",
            "oauth",
            vec![user().with_header("x-oauth-scopes", "repo").with_header("x-github-sso", partial)],
            vec!["scope-missing", "partial-results"],
        ),
    ];
    for (name, kind, answers, expected) in cases {
        let (report, _) = run(script(kind, answers));
        assert_eq!(codes(&report.unwrap()), expected, "{name}");
    }
}

#[test]
fn every_warning_is_well_formed_and_of_the_table() {
    let partial = "partial-results; organizations=1";
    let wide = "gist, admin:org, user";
    let runs = [
        run(script("classic", [user().with_header("x-oauth-scopes", wide), refusal(500, "")])),
        run(script(
            "installation",
            [Response::new(200).with_json(r#"{"total_count":0,"repositories":[]}"#)],
        )),
        run(script(
            "fine-grained",
            [
                user().with_header(
                    "github-authentication-token-expiration",
                    "2026-01-02 00:00:00 UTC",
                ),
                orgs(&[]).with_header("x-github-sso", partial),
                repos(&[]),
                repos(&[]),
            ],
        )),
        run(script(
            "fine-grained",
            fine_grained(wants("issues=read"), refusal(500, ""), granted()),
        )),
        check_of(
            "acme",
            "classic",
            [
                user().with_header("x-oauth-scopes", "repo, read:org"),
                orgs(&["other"]),
                refusal(500, ""),
                granted(),
            ],
        ),
        check_of(
            "acme",
            "classic",
            [
                user().with_header("x-oauth-scopes", "repo"),
                refusal(404, "Not Found"),
                refusal(404, "Not Found"),
            ],
        ),
        check_of(
            "acme",
            "fine-grained",
            [user(), orgs(&[]), granted(), repos(&[("ada", false, "notes", true)]), granted()],
        ),
    ];
    let mut seen = std::collections::BTreeSet::new();
    for (report, _) in runs {
        for warning in report.unwrap().warnings {
            let known = TABLE.iter().copied().chain(crate::read::TABLE.iter().copied());
            let mut known =
                known.map(|one| one.code).chain(["permission-missing", "scope-missing"]);
            assert!(known.any(|code| code == warning.code), "{}", warning.code);
            assert!(warning.message.ends_with('.'), "{}", warning.message);
            assert!(!warning.message.contains("  "), "{}", warning.message);
            assert!(!warning.remedies.is_empty(), "{}", warning.code);
            for remedy in &warning.remedies {
                let url = remedy.url.as_deref().unwrap_or("https://github.com/");
                assert!(remedy.text.ends_with('.'), "{}", remedy.text);
                assert!(url.starts_with("https://github.com/"), "{url}");
            }
            seen.insert(warning.code);
        }
    }
    for one in TABLE.iter().filter(|one| one.code != "no-account") {
        assert!(seen.contains(one.code), "{} was never told", one.code);
    }
}

#[test]
fn a_missing_scope_says_what_needs_it() {
    let needs = |kind: &str, held: &str, listed: bool| {
        let first = user().with_header("x-oauth-scopes", held);
        let answers = [first].into_iter().chain(listed.then(|| orgs(&[])));
        let report = run(script(kind, answers)).0.unwrap();
        let found = report.warnings.into_iter().filter(|one| one.code == "scope-missing");
        found.map(|one| (one.message, one.remedies[0].text.clone())).collect::<Vec<_>>()
    };
    let both = "without which organizations and members cannot be read in full.";
    let members = "without which members cannot be read in full.";
    let cases = [
        ("classic", "repo", false, "classic token", both, "Edit the token and give it"),
        ("classic", "gist", false, "classic token", both, "Edit the token and give it"),
        ("classic", "repo, user", true, "classic token", members, "Edit the token and give it"),
        ("oauth", "repo", false, "OAuth app token", both, "Authorize the app again with"),
    ];
    for (kind, held, listed, noun, end, way) in cases {
        let message = format!("The {noun} lacks the scope read:org, {end}");
        let remedy = format!("{way} read:org, if these streams are wanted.");
        assert_eq!(needs(kind, held, listed), [(message, remedy)], "{kind}, {held}");
    }
    assert_eq!(needs("classic", "repo, admin:org", true), [], "a wider one holds it");
}

#[test]
fn each_kind_of_token_is_mended_where_it_comes_from() {
    let scopes = |held: &str| vec![user().with_header("x-oauth-scopes", held)];
    let ends = || {
        let date = "2026-01-02 00:00:00 UTC";
        vec![
            user().with_header("github-authentication-token-expiration", date),
            orgs(&[]),
            repos(&[]),
            repos(&[]),
        ]
    };
    let partial = |kind_of: Response| {
        vec![kind_of.with_header("x-github-sso", "partial-results; organizations=1")]
    };
    let none = || vec![Response::new(200).with_json(r#"{"total_count":0,"repositories":[]}"#)];
    let scoped = || user().with_header("x-oauth-scopes", "repo");
    let cases: Vec<(&str, Vec<Response>, &str, &str, &str)> = vec![
        ("classic", scopes("gist"), "public-only", "Edit the token", "settings/tokens"),
        (
            "oauth",
            scopes("gist"),
            "public-only",
            "Authorize the app again",
            "settings/applications",
        ),
        ("", scopes("gist"), "public-only", "Edit the token", "settings/tokens"),
        ("classic", scopes("repo"), "scope-missing", "Edit the token", "settings/tokens"),
        ("legacy", scopes("repo"), "scope-missing", "Edit the token", "settings/tokens"),
        ("", scopes("repo"), "scope-missing", "Edit the token", "settings/tokens"),
        (
            "oauth",
            scopes("repo"),
            "scope-missing",
            "Authorize the app again",
            "settings/applications",
        ),
        ("fine-grained", ends(), "expires-soon", "Create", "settings/personal-access-tokens"),
        ("app-user", ends(), "expires-soon", "Authorize", "settings/apps/authorizations"),
        ("fine-grained", ends(), "no-repository", "Give", "settings/personal-access-tokens"),
        ("app-user", ends(), "no-repository", "For a GitHub App", "settings/installations"),
        ("installation", none(), "no-repository", "For a GitHub App", "settings/installations"),
        ("classic", partial(scoped()), "partial-results", "Authorize the token", "settings/tokens"),
        ("oauth", partial(scoped()), "partial-results", "Sign in", "settings/applications"),
    ];
    for (kind, answers, code, text, page) in cases {
        let report = run(script(kind, answers)).0.unwrap();
        let found = report.warnings.iter().find(|one| one.code == code).unwrap();
        assert_eq!(found.remedies.len(), 1, "{kind}, {code}: {:?}", found.remedies);
        assert!(found.remedies[0].text.starts_with(text), "{kind}: {}", found.remedies[0].text);
        let link = format!("https://github.com/{page}");
        assert_eq!(found.remedies[0].url, Some(link), "{kind}, {code}");
    }
}

#[test]
fn a_fine_grained_token_is_tried_on_a_private_repository() {
    let (report, trace) = run(script(
        "fine-grained",
        vec![
            user(),
            orgs(&[]),
            repos(&[("ada", false, "public", false)]),
            repos(&[("ada", false, "notes", true)]),
            granted(),
            granted(),
            granted(),
        ],
    ));
    assert_eq!(
        trace.lines(),
        [
            "GET api/user with token",
            "GET api/user/orgs?per_page=100 with token",
            "GET api/user/repos?per_page=1 with token",
            "GET api/user/repos?visibility=private&per_page=1 with token",
            "GET api/repos/ada/notes/issues?per_page=1 with token",
            "GET api/repos/ada/notes/pulls?per_page=1 with token",
            "GET api/repos/ada/notes/commits?per_page=1 with token",
        ]
    );
    let report = report.unwrap();
    assert_eq!(
        grants(&report),
        [
            ("metadata=read", Grant::Granted),
            ("issues=read", Grant::Granted),
            ("pull_requests=read", Grant::Granted),
            ("contents=read", Grant::Granted),
            ("members=read", Grant::Unknown),
        ]
    );
    assert_eq!(codes(&report), Vec::<&str>::new());
}

#[test]
fn each_answer_to_a_probe_says_what_is_known() {
    let names = "pull_requests=read,contents=read; issues=read";
    let secondary = refusal(403, "You have exceeded a secondary rate limit.")
        .with_header("x-accepted-github-permissions", "issues=read");
    let policy = refusal(403, "`acme` forbids access via a fine-grained personal access tokens.")
        .with_header("x-accepted-github-permissions", "issues=read");
    let cases = [
        ("200", granted(), "issues=read", Grant::Granted, None),
        (
            "200 with records",
            Response::new(200).with_json(r#"[{"id":1}]"#),
            "issues=read",
            Grant::Granted,
            None,
        ),
        (
            "403 named",
            wants("issues=read"),
            "issues=read",
            Grant::Missing,
            Some("permission-missing"),
        ),
        (
            "403 named otherwise",
            wants("repository_issues=read"),
            "repository_issues=read",
            Grant::Missing,
            Some("permission-missing"),
        ),
        (
            "403 alternatives",
            wants(names),
            "pull_requests=read and contents=read, or issues=read",
            Grant::Missing,
            Some("permission-missing"),
        ),
        ("403 unnamed", wants(""), "issues=read", Grant::Unknown, Some("permissions-unknown")),
        (
            "403 names garbage",
            wants(";,\u{1b}[2J"),
            "issues=read",
            Grant::Unknown,
            Some("permissions-unknown"),
        ),
        (
            "404 named",
            refusal(404, "Not Found").with_header("x-accepted-github-permissions", "issues=read"),
            "issues=read",
            Grant::Missing,
            Some("permission-missing"),
        ),
        (
            "404",
            refusal(404, "Not Found"),
            "issues=read",
            Grant::Unknown,
            Some("permissions-unknown"),
        ),
        (
            "409 empty",
            refusal(409, "Git Repository is empty."),
            "issues=read",
            Grant::Granted,
            None,
        ),
        (
            "409",
            refusal(409, "Conflict"),
            "issues=read",
            Grant::Unknown,
            Some("permissions-unknown"),
        ),
        (
            "410 issues off",
            refusal(410, "Issues are disabled for this repo"),
            "issues=read",
            Grant::Unknown,
            Some("permissions-unknown"),
        ),
        ("500", refusal(500, ""), "issues=read", Grant::Unknown, Some("permissions-unknown")),
        ("304", Response::new(304), "issues=read", Grant::Unknown, Some("permissions-unknown")),
        (
            "401",
            refusal(401, "Bad credentials"),
            "issues=read",
            Grant::Unknown,
            Some("permissions-unknown"),
        ),
        (
            "page",
            Response::new(200).with_body("<html>"),
            "issues=read",
            Grant::Unknown,
            Some("permissions-unknown"),
        ),
        (
            "anonymous",
            granted().with_header("x-ratelimit-limit", "60"),
            "issues=read",
            Grant::Unknown,
            Some("permissions-unknown"),
        ),
        ("limit", secondary, "issues=read", Grant::Unknown, Some("permissions-unknown")),
        ("policy", policy, "issues=read", Grant::Unknown, Some("permissions-unknown")),
    ];
    for (name, issues, expected, grant, code) in cases {
        let (report, _) = run(script("fine-grained", fine_grained(issues, granted(), granted())));
        let report = report.unwrap();
        let found: Vec<_> =
            report.permissions.iter().filter(|one| one.needed_by == ["issues"]).collect();
        assert_eq!((found[0].name.as_str(), found[0].grant), (expected, grant), "{name}");
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(codes(&report).first().copied(), code, "{name}");
    }
}

#[test]
fn a_policy_that_a_probe_meets_is_told() {
    let policy = || {
        refusal(
            403,
            "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 90 days. Please adjust your token's lifetime at the following URL: https://github.com/settings/personal-access-tokens/7",
        )
    };
    let (report, _) = run(script("fine-grained", fine_grained(policy(), policy(), policy())));
    let report = report.unwrap();
    assert_eq!(codes(&report), ["permissions-unknown", "token-lifetime-too-long"], "told once");
    let link = report.warnings[1].remedies[0].url.as_deref();
    assert_eq!(link, Some("https://github.com/settings/personal-access-tokens/7"));
}

#[test]
fn permissions_of_the_same_name_are_one() {
    let (report, _) = run(script(
        "fine-grained",
        fine_grained(wants("contents=read"), wants("contents=read"), granted()),
    ));
    let report = report.unwrap();
    let missing: Vec<_> =
        report.permissions.iter().filter(|one| one.grant == Grant::Missing).collect();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].needed_by, ["issues", "pull_requests"]);
    assert!(report.warnings[0].message.contains("issues, pull_requests"));
}

#[test]
fn a_failure_of_the_host_in_a_probe_is_unknown() {
    let unreachable = || Failure::new(Cause::Unreachable, "The line broke.");
    let one = repos(&[("ada", false, "notes", true)]);
    let begun = || script("fine-grained", [user(), orgs(&[]), one.clone(), one.clone()]);
    let (report, _) = run(begun().fail(unreachable()).answer(granted()).fail(unreachable()));
    let report = report.unwrap();
    let found: Vec<_> = grants(&report).into_iter().map(|(_, grant)| grant).collect();
    use Grant::{Granted, Unknown};
    assert_eq!(found, [Granted, Unknown, Granted, Unknown, Unknown]);

    let three =
        (0..3).fold(script("fine-grained", [user()]), |script, _| script.fail(unreachable()));
    let report = run(three).0.unwrap();
    assert!(grants(&report).iter().all(|(_, grant)| *grant == Unknown));
    assert_eq!(codes(&report), ["permissions-unknown", "organizations-unknown"]);
}

#[test]
fn a_token_that_may_not_list_repositories_lacks_the_named_permission() {
    let answers = [user(), orgs(&[]), wants("metadata=read"), wants("metadata=read")];
    let report = run(script("app-user", answers)).0.unwrap();
    assert_eq!(grants(&report)[0], ("metadata=read", Grant::Missing));
    assert_eq!(codes(&report), ["permission-missing", "permissions-unknown"]);
}

#[test]
fn what_could_not_be_asked_is_said_with_its_reason() {
    let held = user().with_header("x-oauth-scopes", "repo, read:org");
    let answers = [held, refusal(502, ""), refusal(502, ""), refusal(502, "")];
    let report = check_of("acme", "oauth", answers).0.unwrap();
    let messages: Vec<_> = report.warnings.iter().map(|one| one.message.as_str()).collect();
    let why = "GitHub did not finish the answer in time (status 502).";
    assert_eq!(
        messages,
        [
            format!("Which organizations the token reaches is not known: {why}"),
            format!("Whether the token reaches the organization acme is not known: {why}"),
        ]
    );
}

#[test]
fn without_a_repository_nothing_is_tried() {
    let (report, trace) =
        run(script("app-user", [user(), orgs(&["acme"]), repos(&[]), repos(&[])]));
    let report = report.unwrap();
    assert_eq!(trace.sent.len(), 4);
    assert_eq!(codes(&report), ["permissions-unknown", "no-repository"]);
    assert_eq!(report.organizations, ["acme"]);
    assert!(grants(&report).iter().all(|(_, grant)| *grant == Grant::Unknown));
}

#[test]
fn hostile_lists_never_fail_a_check() {
    let bodies = [
        "",
        "{",
        "null",
        "7",
        "{}",
        "[7]",
        "[{}]",
        r#"[{"name":7}]"#,
        "<html>",
        r#"[{"login":null}]"#,
        r#"[{"name":"../..","private":true,"owner":{"login":"a/b","id":1}}]"#,
        r#"[{"name":"x","private":"yes","owner":{"login":"a","id":1}}]"#,
        r#"[{"name":"x","owner":{"login":"a","id":-1}}]"#,
    ];
    for body in bodies {
        let any = || Response::new(200).with_json(body);
        let (report, trace) = run(script("fine-grained", [user(), any(), any(), any()]));
        let report = report.unwrap();
        assert_eq!(trace.sent.len(), 4, "{body}: nothing is asked for that was not named");
        assert_eq!(report.organizations, Vec::<String>::new(), "{body}");
        let issues = report.permissions.iter().find(|one| one.name == "issues=read").unwrap();
        assert_eq!(issues.grant, Grant::Unknown, "{body}");
    }
}

#[test]
fn organizations_are_listed_where_the_scopes_allow() {
    let scoped = |held: &str| user().with_header("x-oauth-scopes", held);
    let many: Vec<String> = (0..150).map(|at| format!("o{at}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let cases = [
        ("read:org", orgs(&["acme", "octo-org"]), vec!["acme", "octo-org"]),
        ("user", orgs(&["acme"]), vec!["acme"]),
        ("admin:org", orgs(&["a b", "", "\\u001b[2J", "../x", "acme"]), vec!["acme"]),
        ("read:org", orgs(&many), many[..100].to_vec()),
        ("read:org", refusal(403, "Forbidden"), vec![]),
        ("read:org", Response::new(200).with_json("{}"), vec![]),
    ];
    for (held, answer, expected) in cases {
        let (report, trace) = run(script("oauth", [scoped(held), answer]));
        assert_eq!(trace.lines()[1], "GET api/user/orgs?per_page=100 with token");
        assert_eq!(report.unwrap().organizations, expected, "{held}");
    }
    let (report, trace) = run(script("oauth", [scoped("repo, gist")]));
    assert_eq!((trace.sent.len(), report.is_ok()), (1, true), "not asked: it would be refused");
}

#[test]
fn a_named_organization_is_checked_with_scopes() {
    let held = || user().with_header("x-oauth-scopes", "repo, read:org");
    let acme = || Response::new(200).with_json(r#"{"login":"acme","id":9}"#);
    let hidden = || refusal(404, "Not Found");
    let partial = orgs(&[]).with_header("x-github-sso", "partial-results; organizations=1");
    let more = orgs(&["other"]).with_next("https://api.github.com/user/orgs?page=2");
    let cases: Vec<(&str, [Response; 3], Vec<&str>)> = vec![
        ("member", [orgs(&["ACME"]), acme(), granted()], vec!["no-expiry"]),
        ("no member", [orgs(&["other"]), acme(), granted()], vec!["no-expiry", "not-a-member"]),
        ("perhaps a member", [partial, acme(), granted()], vec!["no-expiry", "partial-results"]),
        ("perhaps on the next page", [more, acme(), granted()], vec!["no-expiry"]),
        ("absent", [orgs(&[]), hidden(), hidden()], vec!["no-expiry", "organization-not-found"]),
        (
            "in trouble",
            [orgs(&["acme"]), refusal(502, ""), refusal(502, "")],
            vec!["no-expiry", "organization-unchecked"],
        ),
        ("members hidden", [orgs(&["acme"]), acme(), refusal(403, "Forbidden")], vec!["no-expiry"]),
    ];
    for (name, answers, expected) in cases {
        let (report, trace) = check_of(
            "https://github.com/acme",
            "classic",
            [vec![held()], answers.to_vec()].concat(),
        );
        assert_eq!(
            trace.lines()[1..],
            [
                "GET api/user/orgs?per_page=100 with token",
                "GET api/orgs/acme with token",
                "GET api/orgs/acme/members?per_page=1 with token",
            ],
            "{name}"
        );
        assert_eq!(codes(&report.unwrap()), expected, "{name}");
    }
}

#[test]
fn a_policy_of_the_named_organization_fails_the_check() {
    let held = || user().with_header("x-oauth-scopes", "repo");
    let acme = || Response::new(200).with_json(r#"{"login":"acme","id":9}"#);
    let one = || repos(&[("acme", true, "tools", true)]);
    let sso = || {
        refusal(403, "Resource protected by organization SAML enforcement.").with_header(
            "x-github-sso",
            "required; url=https://github.com/orgs/acme/sso?authorization_request=x",
        )
    };
    let list = || {
        refusal(
            403,
            "the `acme` organization has an IP allow list enabled, and 1.2.3.4 is not permitted",
        )
    };
    let classic = || refusal(403, "`acme` forbids access via a personal access token (classic).");
    let long = || {
        refusal(
            403,
            "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is greater than 90 days.",
        )
    };
    let cases: Vec<(&str, &str, Vec<Response>, &str)> = vec![
        ("profile", "classic", vec![held(), sso(), acme()], "single-sign-on-required"),
        ("members", "classic", vec![held(), acme(), sso()], "single-sign-on-required"),
        ("no scopes told", "classic", vec![user(), acme(), sso()], "single-sign-on-required"),
        ("address list", "oauth", vec![held(), acme(), list()], "address-not-allowed"),
        ("kind", "classic", vec![held(), classic(), classic()], "token-kind-forbidden"),
        (
            "a probe",
            "fine-grained",
            vec![user(), orgs(&[]), acme(), one(), long(), granted(), granted(), granted()],
            "token-lifetime-too-long",
        ),
        (
            "the last probe",
            "fine-grained",
            vec![user(), orgs(&[]), acme(), one(), granted(), granted(), granted(), sso()],
            "single-sign-on-required",
        ),
    ];
    for (name, kind, answers, expected) in cases {
        let failure = check_of("acme", kind, answers).0.unwrap_err();
        assert_eq!(
            (failure.cause, failure.code.as_str()),
            (Cause::PolicyRefused, expected),
            "{name}"
        );
        assert!(failure.message.contains("acme"), "{name}: {}", failure.message);
        assert!(!failure.remedies.is_empty(), "{name}");
    }
}

#[test]
fn a_fine_grained_token_is_held_against_the_named_owner() {
    let acme = || Response::new(200).with_json(r#"{"login":"acme","id":9}"#);
    let foreign = || repos(&[("ada", false, "notes", true), ("ADA", false, "more", false)]);
    let next = "https://api.github.com/user/repos?page=2";
    let begin = |kind, list: Response| {
        check_of("acme", kind, [user(), orgs(&[]), acme(), list, wants("members=read")])
    };
    let told = |report: &Report| {
        let found = report.warnings.iter().find(|one| one.code == "resource-owner");
        found.map(|one| one.message.clone())
    };
    let cases = [
        (
            "another owner",
            "fine-grained",
            foreign(),
            Some("lists repositories of ada only, and none of acme"),
        ),
        (
            "another owner, many",
            "fine-grained",
            foreign().with_next(next),
            Some("None of the first 2 repositories of the fine-grained token is of acme"),
        ),
        (
            "several owners",
            "app-user",
            repos(&[("ada", false, "a", true), ("bob", false, "b", true)]),
            Some("lists no repository of acme"),
        ),
        ("several owners, many", "app-user", foreign().with_next(next), None),
        ("none", "fine-grained", repos(&[]), Some("lists no repository of acme")),
    ];
    for (name, kind, list, expected) in cases {
        let (report, trace) = begin(kind, list);
        assert_eq!(
            trace.lines()[1..],
            [
                "GET api/user/orgs?per_page=100 with token",
                "GET api/orgs/acme with token",
                "GET api/user/repos?per_page=100 with token",
                "GET api/orgs/acme/members?per_page=1 with token",
            ],
            "{name}"
        );
        let report = report.unwrap();
        match (told(&report), expected) {
            (Some(found), Some(expected)) => assert!(found.contains(expected), "{name}: {found}"),
            (found, expected) => assert_eq!(found.as_deref(), expected, "{name}"),
        }
        let members = report.permissions.iter().find(|one| one.name == "members=read").unwrap();
        assert_eq!(
            (members.grant, codes(&report).contains(&"no-repository")),
            (Grant::Missing, false)
        );
    }
}

#[test]
fn a_repository_of_the_named_owner_is_tried_and_names_the_organization() {
    let acme = Response::new(200).with_json(r#"{"login":"acme","id":9}"#);
    let list = repos(&[
        ("ada", false, "notes", true),
        ("acme", true, "public", false),
        ("Acme", true, "private", true),
    ]);
    let answers = vec![
        user(),
        orgs(&[]),
        acme,
        list,
        granted(),
        wants("pull_requests=read"),
        granted(),
        granted(),
    ];
    let (report, trace) = check_of("acme", "fine-grained", answers);
    let report = report.unwrap();
    assert_eq!(trace.lines()[4], "GET api/repos/Acme/private/issues?per_page=1 with token");
    assert_eq!(trace.lines()[7], "GET api/orgs/acme/members?per_page=1 with token");
    assert_eq!(report.organizations, ["Acme"]);
    assert_eq!(codes(&report), ["permission-missing"]);
    assert!(report.warnings[0].message.contains("pull_requests=read"));
    assert_eq!(grants(&report).last(), Some(&("members=read", Grant::Granted)));
}

#[test]
fn the_account_itself_is_no_organization_to_look_for() {
    let answers = vec![
        user(),
        orgs(&[]),
        repos(&[("ada", false, "notes", true)]),
        granted(),
        granted(),
        granted(),
    ];
    let (report, trace) = check_of("Ada", "fine-grained", answers);
    assert!(!trace.lines().iter().any(|line| line.contains("api/orgs/")), "{:?}", trace.lines());
    assert_eq!(codes(&report.unwrap()), Vec::<&str>::new());
}

#[test]
fn a_malformed_organization_is_refused_before_anything_is_sent() {
    for organization in ["a b", "a/b", "https://gitlab.com/acme", "https://github.com/"] {
        let (report, trace) = check_of(organization, "classic", []);
        let failure = report.unwrap_err();
        assert_eq!(failure.cause, Cause::InvalidInput, "{organization}");
        assert_eq!(failure.fields[0].pointer, "/settings/organization", "{organization}");
        assert!(trace.sent.is_empty());
    }
    let (report, trace) = check_of(" ", "oauth", [user().with_header("x-oauth-scopes", "repo")]);
    assert_eq!((report.is_ok(), trace.sent.len()), (true, 1), "blank is none");
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
fn an_installation_is_held_against_the_named_organization() {
    let first = || Response::new(200).with_json(REPOSITORIES);
    let reads = || vec![granted(), granted(), granted()];
    let own = [vec![first()], reads(), vec![granted()]].concat();
    let (report, trace) = check_of("ACME", "installation", own);
    assert_eq!(trace.lines()[4], "GET api/orgs/ACME/members?per_page=1 with token");
    assert_eq!(codes(&report.unwrap()), ["short-lived"]);

    let profile = Response::new(200).with_json(r#"{"login":"other","id":8}"#);
    let other = [vec![first(), profile], reads(), vec![refusal(404, "Not Found")]].concat();
    let (report, trace) = check_of("other", "installation", other);
    assert_eq!(trace.lines()[1], "GET api/orgs/other with token");
    let report = report.unwrap();
    assert_eq!(codes(&report), ["short-lived", "resource-owner"]);
    assert!(report.warnings[1].message.contains("belongs to acme, and not to other"));
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

#[test]
fn the_edition_of_a_server_is_what_it_says() {
    let held = || user().with_header("x-oauth-scopes", "repo");
    let version = held().with_header("x-github-enterprise-version", "enterprise-server@3.14.2");
    let meta = |body: &str| Response::new(200).with_json(body);
    let cases = [
        ("in a header", vec![version], Some("ghes 3.14.2")),
        ("by /meta", vec![held(), meta(r#"{"installed_version":"3.15.0"}"#)], Some("ghes 3.15.0")),
        ("nowhere", vec![held(), meta("{}")], None),
        ("as a number", vec![held(), meta(r#"{"installed_version":3}"#)], None),
        ("refused", vec![held(), refusal(404, "Not Found")], None),
    ];
    for (name, answers, expected) in cases {
        let settings = Settings::from_json(r#"{"api_url":"https://git.acme.org/api/v3"}"#);
        let (report, _) = script("oauth", answers).run(|| GitHub::check(settings));
        assert_eq!(report.unwrap().edition.as_deref(), expected, "{name}");
    }
    let settings = Settings::from_json(r#"{"api_url":"https://api.acme.ghe.com"}"#);
    let (report, _) = script("oauth", [held()]).run(|| GitHub::check(settings));
    assert_eq!(report.unwrap().edition.as_deref(), Some("ghe.com"));
}

#[test]
fn every_kind_of_the_manifest_is_known_and_only_the_refresh_token_is_refused() {
    let manifest: serde_json::Value = serde_json::from_str(GitHub::MANIFEST).unwrap();
    let kinds = manifest["auth"][0]["secrets"][0]["kinds"].as_array().unwrap();
    for kind in kinds {
        let name = kind["name"].as_str().unwrap();
        let refused = kind["refuse"].is_string();
        assert_eq!(refused, name == "refresh-token", "{name}");
        assert_eq!(Kind::named(Some(name)) == Kind::Unknown, refused, "{name}");
        let summed = ["classic", "oauth", "app-user", "refresh-token"].contains(&name);
        let checksum = summed.then_some("crc32_base62");
        assert_eq!(kind["checksum"].as_str(), checksum, "{name}");
    }
    assert_eq!(kinds.len(), 7);
}

#[test]
fn a_classic_token_is_created_with_every_scope_that_the_check_wants() {
    let site = crate::site::Site::at("https://api.github.com");
    let manifest: serde_json::Value = serde_json::from_str(GitHub::MANIFEST).unwrap();
    let steps = manifest["auth"][0]["steps"].as_array().unwrap();
    let mut urls = steps.iter().filter_map(|step| step["url"].as_str());
    let step = urls.find(|url| url.contains("scopes=")).unwrap().to_owned();
    for link in [step, Kind::Classic.new_page(&site), Kind::Legacy.new_page(&site)] {
        let (page, held) = link.split_once("?scopes=").unwrap();
        assert_eq!(page, "https://github.com/settings/tokens/new");
        let permissions = scopes::permissions(&scopes::listed(held));
        assert!(permissions.iter().all(|one| one.grant == Grant::Granted), "{link}");
    }
}

#[test]
fn every_stream_of_the_manifest_can_be_read_and_names_its_permissions() {
    let manifest: serde_json::Value = serde_json::from_str(GitHub::MANIFEST).unwrap();
    for stream in manifest["streams"].as_array().unwrap() {
        let name = stream["name"].as_str().unwrap();
        let request = jackfield_guest::ReadRequest {
            stream: name.to_owned(),
            cursor: None,
            parameters: r#"{"repository":"a/b","organization":"c"}"#.to_owned(),
            limit: 1,
        };
        let list = script("classic", [Response::new(200).with_json("[]")]);
        assert!(list.run(|| GitHub::read(settings(), request)).0.is_ok(), "{name}");
        let permissions = stream["permissions"].as_array().unwrap();
        assert!(permissions.iter().all(|text| text.as_str().unwrap().len() <= 80), "{name}");
        assert!(!permissions.is_empty(), "{name}");
    }
}
