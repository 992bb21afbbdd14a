//! Who sees what: permissions, organizations, policies.

use super::*;

const LISTS: [&str; 5] = [
    "/repos/octo-org/secret-plans/issues",
    "/repos/octo-org/secret-plans/pulls",
    "/repos/octo-org/secret-plans/commits",
    "/orgs/octo-org/members",
    "/user/orgs",
];

#[tokio::test]
async fn each_list_needs_its_permission() {
    let github = GitHub::start();
    let all = ["issues=read", "pull_requests=read", "contents=read", "members=read"];
    let person: fn(&str, &str, &[&str]) -> Account = Account::fine_grained;
    let app: fn(&str, &str, &[&str]) -> Account = Account::app_user;
    for (name, account, expected) in [
        ("fine", person("a", "octo-org", &all), [200; 5]),
        ("no permission", person("b", "octo-org", &[]), [403, 403, 403, 403, 200]),
        ("one", person("c", "octo-org", &["contents=write"]), [403, 403, 200, 403, 200]),
        ("other owner", person("d", "d", &all), [404, 404, 404, 200, 200]),
        ("app user", app("e", "octo-org", &all), [200; 5]),
        ("app user without", app("f", "octo-org", &[]), [403, 403, 403, 403, 200]),
        ("app", Account::installation("octo-org", &all), [200, 200, 200, 200, 403]),
        ("app without", Account::installation("octo-org", &[]), [403; 5]),
        ("classic", Account::classic("g", &["repo", "user"]), [200; 5]),
        ("no scope", Account::classic("h", &[]), [404, 404, 404, 200, 403]),
    ] {
        let token = github.add(account);
        assert_eq!(statuses(&github, &token, &LISTS).await, expected, "{name}");
    }
    assert_eq!(statuses(&github, "", &LISTS).await, [404, 404, 404, 200, 401]);
}

#[tokio::test]
async fn a_refusal_names_the_permission_and_who_lacks_it() {
    let github = GitHub::start();
    let accounts = [
        (Account::fine_grained("a", "octo-org", &[]), "personal access token"),
        (Account::app_user("b", "octo-org", &[]), "integration"),
        (Account::installation("octo-org", &[]), "integration"),
    ];
    let permissions = ["issues=read", "pull_requests=read", "contents=read", "members=read"];
    for (account, noun) in accounts {
        let token = github.add(account);
        for (path, permission) in LISTS.into_iter().zip(permissions) {
            let refused = fetch(&github, path, &token).await;
            assert_eq!(refused.status, 403);
            assert_eq!(header(&refused, "x-accepted-github-permissions"), Some(permission));
            assert_eq!(json(&refused)["message"], format!("Resource not accessible by {noun}"));
        }
    }
    let app = github.add(Account::installation("octo-org", &[]));
    let user = fetch(&github, "/user", &app).await;
    assert_eq!(json(&user)["message"], "Resource not accessible by integration");
    let user = github.add(Account::app_user("b", "octo-org", &[]));
    let answer = fetch(&github, "/user", &user).await;
    assert_eq!((answer.status, header(&answer, "x-oauth-scopes")), (200, Some("")));
}

/// The texts under that key.
async fn listed(github: &GitHub, path: &str, token: &str, key: &str) -> Vec<String> {
    let answer = fetch(github, path, token).await;
    let body = json(&answer);
    let all = body.as_array().unwrap_or_else(|| panic!("{path}: {body}"));
    all.iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn concealed_members_are_seen_by_members_who_may() {
    let github = GitHub::start();
    github.add_member("octo-org", "open", true);
    github.add_member("octo-org", "hidden", false);
    let (all, public) = (["open", "hidden"].as_slice(), ["open"].as_slice());
    for (name, account, expected) in [
        ("read:org", Account::classic("a", &["read:org"]).member_of(&["octo-org"]), all),
        ("app with it", Account::installation("octo-org", &["members=read"]), all),
        ("no scope", Account::classic("b", &["repo"]).member_of(&["octo-org"]), public),
        ("stranger", Account::classic("c", &["read:org"]).member_of(&[]), public),
        ("of another", Account::fine_grained("d", "d", &["members=read"]), public),
    ] {
        let token = github.add(account);
        let mut seen = listed(&github, "/orgs/octo-org/members", &token, "login").await;
        seen.retain(|login| login.len() > 1);
        assert_eq!(seen, expected, "{name}");
    }
    assert_eq!(listed(&github, "/orgs/octo-org/members", "", "login").await, public);
}

#[tokio::test]
async fn organizations_have_a_profile_and_a_list_for_their_members() {
    let github = GitHub::start();
    let orgs = ["octo-org", "acme-org"];
    let classic = github.add(Account::classic("a", &["read:org"]).member_of(&orgs));
    let fine = github.add(Account::fine_grained("b", "acme-org", &[]).member_of(&orgs));
    let app = github.add(Account::app_user("c", "acme-org", &[]).member_of(&orgs));
    assert_eq!(listed(&github, "/user/orgs", &classic, "login").await, orgs);
    assert_eq!(listed(&github, "/user/orgs", &fine, "login").await, [""; 0]);
    assert_eq!(listed(&github, "/user/orgs", &app, "login").await, ["acme-org"]);
    for token in [&*classic, &fine, ""] {
        let paths = ["/orgs/acme-org", "/orgs/ACME-ORG", "/orgs/none-org", "/orgs/a"];
        assert_eq!(statuses(&github, token, &paths).await, [200, 200, 404, 404]);
    }
    let profile = json(&fetch(&github, "/orgs/acme-org", &classic).await);
    assert_eq!((&profile["login"], &profile["type"]), (&json!("acme-org"), &json!("Organization")));
}

#[tokio::test]
async fn only_private_repositories_are_listed_where_they_are_asked_for() {
    let github = GitHub::start();
    let token = github.add(Account::fine_grained("a", "octo-org", &[]));
    for (query, expected) in [
        ("?visibility=private", &["octo-org/secret-plans"][..]),
        ("?visibility=public", &["octo-org/hello-world", "octo-org/new-name"]),
    ] {
        let path = format!("/user/repos{query}");
        assert_eq!(listed(&github, &path, &token, "full_name").await, expected);
    }
}

const OF_ORGANIZATION: [&str; 5] = [
    "/orgs/octo-org",
    "/orgs/octo-org/members",
    "/repos/octo-org/hello-world",
    "/repos/octo-org/secret-plans/issues",
    "/user",
];

#[tokio::test]
async fn a_policy_refuses_its_kind_of_token_and_no_other() {
    let in_days = |days: i64| {
        let at = jiff::Timestamp::now().as_second() + days * 24 * 3600;
        jiff::Timestamp::from_second(at).unwrap().strftime("%F %T UTC").to_string()
    };
    let all = ["issues=read", "members=read"];
    let classic = || Account::classic("classic", &["repo", "read:org"]);
    let oauth = || Account::oauth("oauth", &["repo", "read:org"]);
    let endless = || Account::fine_grained("endless", "octo-org", &all);
    let short = || Account::fine_grained("short", "octo-org", &all).expires(&in_days(80));
    let long = || Account::fine_grained("long", "octo-org", &all).expires(&in_days(100));
    let app = || Account::installation("octo-org", &all);
    let cases: [(Policy, &str, Vec<Account>, Vec<Account>); 5] = [
        (
            Policy::NoClassicTokens,
            "`octo-org` forbids access via a personal access token (classic).",
            vec![classic()],
            vec![oauth(), endless(), app()],
        ),
        (
            Policy::NoFineGrainedTokens,
            "`octo-org` forbids access via a personal access token with fine-grained permissions.",
            vec![endless(), short()],
            vec![classic(), app()],
        ),
        (
            Policy::MostDays(90),
            "if the token's lifetime is greater than 90 days.",
            vec![endless(), long()],
            vec![short(), classic(), app()],
        ),
        (
            Policy::NoApps,
            "the `octo-org` organization has enabled OAuth App access restrictions,",
            vec![oauth()],
            vec![classic(), endless()],
        ),
        (
            Policy::Addresses,
            "has an IP allow list enabled, and 203.0.113.7 is not permitted",
            vec![classic(), oauth(), endless(), app()],
            vec![],
        ),
    ];
    for (policy, words, refused, admitted) in cases {
        let github = GitHub::start();
        github.set_policy("octo-org", policy);
        for account in refused {
            let name = account.login.clone();
            let token = github.add(account);
            for path in &OF_ORGANIZATION[..4] {
                let answer = fetch(&github, path, &token).await;
                assert_eq!(answer.status, 403, "{policy:?} {name} {path}");
                let message = json(&answer)["message"].as_str().unwrap().to_owned();
                assert!(message.contains(words), "{message}");
            }
            let rest = ["/repos/octo-org/none", "/orgs/sso-org"];
            assert_eq!(statuses(&github, &token, &rest).await, [404, 200], "{policy:?} {name}");
        }
        for account in admitted {
            let name = account.login.clone();
            let token = github.add(account);
            let seen = statuses(&github, &token, &OF_ORGANIZATION[..4]).await;
            assert_eq!(seen, [200; 4], "{policy:?} {name}");
        }
    }
}

#[tokio::test]
async fn what_a_policy_forbids_is_missing_from_lists_and_the_account_still_works() {
    let github = GitHub::start();
    github.set_policy("octo-org", Policy::NoClassicTokens);
    let token = github.add(Account::classic("ada", &["repo"]));
    github.add_repository("ada", "own", true, 0);
    assert_eq!(fetch(&github, "/user", &token).await.status, 200);
    assert_eq!(listed(&github, "/user/repos", &token, "full_name").await, ["ada/own"]);
}

#[tokio::test]
async fn several_organizations_may_lack_single_sign_on() {
    let github = GitHub::start();
    let orgs = ["octo-org", "acme-org"];
    let account = Account::classic("ada", &["repo", "read:org"]).member_of(&orgs);
    let token = github.add(account.unauthorized_for(&orgs));
    github.add_repository("ada", "own", false, 0);
    let ids = orgs.map(|login| shapes::id_of(login).to_string()).join(",");
    for path in ["/user/repos", "/user/orgs"] {
        let partial = fetch(&github, path, &token).await;
        let expected = format!("partial-results; organizations={ids}");
        assert_eq!(header(&partial, "x-github-sso"), Some(&*expected), "{path}");
    }
    assert_eq!(listed(&github, "/user/repos", &token, "full_name").await, ["ada/own"]);
    for path in ["/orgs/acme-org/members", "/repos/octo-org/hello-world"] {
        let refused = fetch(&github, path, &token).await;
        let told = header(&refused, "x-github-sso").unwrap_or_default();
        assert_eq!(refused.status, 403, "{path}");
        assert!(told.contains("/orgs/") && told.starts_with("required; url=https://"), "{told}");
    }
    let others = github.add(Account::classic("bob", &["repo"]).unauthorized_for(&["acme-org"]));
    assert_eq!(header(&fetch(&github, "/user/repos", &others).await, "x-github-sso"), None);
}

#[tokio::test]
async fn a_server_may_tell_its_version_on_its_page_alone() {
    let github = GitHub::start();
    github.hide_version();
    let token = github.add(Account::classic("ada", &["repo"]));
    let meta = fetch(&github, "/api/v3/meta", &token).await;
    assert_eq!(header(&meta, "x-github-enterprise-version"), None);
    assert_eq!(json(&meta)["installed_version"], "3.14.2");
    assert_eq!(header(&meta, "x-ratelimit-limit"), None);
    assert_eq!(json(&fetch(&github, "/meta", &token).await)["installed_version"], json!(null));
}
