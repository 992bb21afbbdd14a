//! What a token may read of which GitHub lists no permissions.

use super::*;

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
