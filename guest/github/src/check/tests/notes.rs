//! The warnings of a check that passed.

use super::*;

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
