//! What is asked besides whose the token is.

use super::*;

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
    let why = "A gateway in front of GitHub got no valid answer from it (status 502).";
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
