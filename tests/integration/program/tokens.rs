//! What a person is told of a token: of each kind, at github.com's shape of the API and at Enterprise
//! Server's.
//!
//! Permissions are written here as the report has them: `NAME GRANT: STREAMS`.

use jackfield_tests::{Account, Fault, GitHub, Policy, Standing, token};
use serde_json::Value;

use super::{Home, Run};

const CONNECT: [&str; 4] = ["connect", "github", "--secret", "token=env:TEST_TOKEN"];
const END: &str = "2030-01-02 03:04:05 UTC";

/// The permissions of fine-grained and app tokens that the streams need.
const ALL: [&str; 4] = ["issues=read", "pull_requests=read", "contents=read", "members=read"];

const METADATA: &str = "metadata=read granted: repositories, issues, pull_requests, commits";
const ISSUES: &str = "issues=read granted: issues";
const PULLS: &str = "pull_requests=read granted: pull_requests";
const COMMITS: &str = "contents=read granted: commits";
const MEMBERS: &str = "members=read granted: members";
const MEMBERS_UNTRIED: &str = "members=read unknown: members";
const REPO: &str = "repo granted: repositories, issues, pull_requests, commits";
const READ_ORG: &str = "read:org granted: organizations, members";
const NO_READ_ORG: &str = "read:org missing: organizations, members";

/// A token, and what is told of it.
#[derive(Debug)]
struct Case {
    name: &'static str,
    account: fn() -> Account,
    /// The setting `organization`; none where it is empty.
    organization: &'static str,
    kind: &'static str,
    permissions: &'static [&'static str],
    organizations: &'static [&'static str],
    expires: bool,
    warnings: &'static [&'static str],
    notes: &'static [&'static str],
}

/// A fine-grained token that may all, for an organization that is named.
const CASE: Case = Case {
    name: "",
    account: || Account::fine_grained("ada", "octo-org", &ALL),
    organization: "octo-org",
    kind: "fine-grained",
    permissions: &[METADATA, ISSUES, PULLS, COMMITS, MEMBERS],
    organizations: &["octo-org"],
    expires: false,
    warnings: &[],
    notes: &[],
};

const CASES: &[Case] = &[
    Case { name: "fine-grained", ..CASE },
    Case {
        name: "fine-grained that ends, without an organization",
        account: || Account::fine_grained("ada", "octo-org", &ALL).expires(END),
        organization: "",
        permissions: &[METADATA, ISSUES, PULLS, COMMITS, MEMBERS_UNTRIED],
        expires: true,
        ..CASE
    },
    Case {
        name: "fine-grained without contents",
        account: || {
            let permissions = ["issues=read", "pull_requests=read", "members=read"];
            Account::fine_grained("ada", "octo-org", &permissions)
        },
        permissions: &[METADATA, ISSUES, PULLS, "contents=read missing: commits", MEMBERS],
        warnings: &["permission-missing"],
        ..CASE
    },
    Case {
        name: "fine-grained without members",
        account: || Account::fine_grained("ada", "octo-org", &ALL[..3]),
        permissions: &[METADATA, ISSUES, PULLS, COMMITS, "members=read missing: members"],
        warnings: &["permission-missing"],
        ..CASE
    },
    Case {
        name: "classic",
        account: || Account::classic("ada", &["repo", "read:org"]).expires(END),
        organization: "",
        kind: "classic",
        permissions: &[REPO, READ_ORG],
        expires: true,
        ..CASE
    },
    Case {
        name: "classic without scopes and end",
        account: || Account::classic("ada", &[]),
        organization: "",
        kind: "classic",
        permissions: &["repo missing: repositories, issues, pull_requests, commits", NO_READ_ORG],
        organizations: &[],
        warnings: &["no-expiry", "public-only", "scope-missing"],
        ..CASE
    },
    Case {
        name: "classic with more than is needed",
        account: || Account::classic("ada", &["repo", "user", "delete_repo"]).expires(END),
        organization: "",
        kind: "classic",
        permissions: &[
            REPO,
            "read:org missing: members",
            "user granted: organizations",
            "delete_repo excess: ",
        ],
        expires: true,
        warnings: &["scope-missing", "wide-scopes"],
        ..CASE
    },
    Case {
        name: "classic of somebody who does not belong to the named organization",
        account: || Account::classic("ada", &["repo", "read:org"]).expires(END),
        organization: "sso-org",
        kind: "classic",
        permissions: &[REPO, READ_ORG],
        expires: true,
        warnings: &["not-a-member"],
        ..CASE
    },
    Case {
        name: "classic, and an organization that is not there",
        account: || Account::classic("ada", &["repo", "read:org"]).expires(END),
        organization: "none-org",
        kind: "classic",
        permissions: &[REPO, READ_ORG],
        expires: true,
        warnings: &["organization-not-found"],
        ..CASE
    },
    Case {
        name: "classic without single sign-on",
        account: || {
            let account = Account::classic("ada", &["repo", "read:org"]).expires(END);
            account.member_of(&["octo-org", "sso-org"]).standing(Standing::SsoBlocked)
        },
        organization: "",
        kind: "classic",
        permissions: &[REPO, READ_ORG],
        expires: true,
        warnings: &["partial-results"],
        ..CASE
    },
    Case {
        name: "legacy",
        account: || {
            let account = Account::classic("ada", &["repo", "read:org"]).expires(END);
            account.with_token(token::legacy("ada"))
        },
        kind: "legacy",
        permissions: &[REPO, READ_ORG],
        expires: true,
        ..CASE
    },
    Case {
        name: "truncated classic",
        account: || {
            let account = Account::classic("ada", &["repo", "read:org"]).expires(END);
            account.with_token(&token::classic("ada")[..39])
        },
        kind: "classic",
        permissions: &[REPO, READ_ORG],
        expires: true,
        notes: &["secret-truncated"],
        ..CASE
    },
    Case {
        name: "mistyped classic",
        account: || {
            let account = Account::classic("ada", &["repo", "read:org"]).expires(END);
            account.with_token(token::mistyped(&token::classic("ada")))
        },
        kind: "classic",
        permissions: &[REPO, READ_ORG],
        expires: true,
        notes: &["secret-checksum"],
        ..CASE
    },
    Case {
        name: "OAuth",
        account: || Account::oauth("ada", &["repo"]),
        organization: "",
        kind: "oauth",
        permissions: &[REPO, NO_READ_ORG],
        organizations: &[],
        warnings: &["scope-missing"],
        ..CASE
    },
    Case {
        name: "app user",
        account: || Account::app_user("ada", "octo-org", &ALL),
        kind: "app-user",
        ..CASE
    },
    Case {
        name: "app user without issues",
        account: || Account::app_user("ada", "octo-org", &ALL[1..]),
        kind: "app-user",
        permissions: &[METADATA, "issues=read missing: issues", PULLS, COMMITS, MEMBERS],
        warnings: &["permission-missing"],
        ..CASE
    },
    Case {
        name: "installation",
        account: || Account::installation("octo-org", &ALL),
        kind: "installation",
        warnings: &["short-lived"],
        ..CASE
    },
    Case {
        name: "installation in the form of 2026",
        account: || {
            let token = token::stateless_installation("octo-org");
            Account::installation("octo-org", &ALL).with_token(token)
        },
        organization: "",
        kind: "installation",
        permissions: &[METADATA, ISSUES, PULLS, COMMITS, MEMBERS_UNTRIED],
        warnings: &["short-lived"],
        ..CASE
    },
    Case {
        name: "a fine-grained token of another owner",
        account: || Account::fine_grained("ada", "ada", &ALL),
        permissions: &[
            METADATA,
            MEMBERS_UNTRIED,
            "issues=read unknown: issues",
            "pull_requests=read unknown: pull_requests",
            "contents=read unknown: commits",
        ],
        organizations: &[],
        warnings: &["permissions-unknown", "resource-owner"],
        ..CASE
    },
    Case {
        name: "an installation without contents",
        account: || Account::installation("octo-org", &ALL[..2]),
        kind: "installation",
        permissions: &[
            METADATA,
            ISSUES,
            PULLS,
            "contents=read missing: commits",
            "members=read missing: members",
        ],
        warnings: &["permission-missing", "short-lived"],
        ..CASE
    },
    Case {
        name: "installation elsewhere",
        account: || Account::installation("octo-org", &ALL),
        organization: "sso-org",
        kind: "installation",
        permissions: &[METADATA, ISSUES, PULLS, COMMITS, MEMBERS_UNTRIED],
        warnings: &["resource-owner", "short-lived"],
        ..CASE
    },
];

/// A GitHub where `ada` has a private repository, and `octo-org` a private one besides public ones.
fn github() -> GitHub {
    let github = GitHub::start();
    github.add_repository("ada", "own", true, 1);
    github
}

/// The addresses of both shapes of the API, and the edition that a check finds there.
fn shapes(github: &GitHub) -> [(String, Value); 2] {
    [(github.api_url(), Value::Null), (github.enterprise_url(), "ghes 3.14.2".into())]
}

/// `connect`, with these settings.
fn connecting(home: &Home, token: &str, api_url: &str, organization: &str, more: &[&str]) -> Run {
    let api_url = format!("api_url={api_url}");
    let organization = format!("organization={organization}");
    let mut arguments = [&CONNECT[..], &["--set", &api_url], more].concat();
    if !organization.ends_with('=') {
        arguments.extend(["--set", &organization]);
    }
    home.run_with(token, &arguments)
}

fn texts<'a>(values: &'a Value, key: &str) -> Vec<&'a str> {
    let values = values.as_array().unwrap_or_else(|| panic!("{values}"));
    let mut texts: Vec<_> = values.iter().map(|one| one[key].as_str().unwrap()).collect();
    texts.sort_unstable();
    texts
}

fn permissions(report: &Value) -> Vec<String> {
    let one = |permission: &Value| {
        let needed = permission["needed_by"].as_array().unwrap();
        let needed: Vec<_> = needed.iter().map(|stream| stream.as_str().unwrap()).collect();
        let text = |key: &str| permission[key].as_str().unwrap().to_owned();
        format!("{} {}: {}", text("name"), text("grant"), needed.join(", "))
    };
    report["permissions"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn each_kind_of_token_is_told_as_what_it_is() {
    let github = github();
    let home = Home::strict().allowing(github.origin());
    for case in CASES {
        let token = github.add((case.account)());
        for (api_url, edition) in shapes(&github) {
            let name = format!("{} at {api_url}", case.name);
            let run = connecting(&home, &token, &api_url, case.organization, &["--json"]);
            assert_eq!(run.code, Some(0), "{name}: {run:#?}");
            let connected = run.json();
            assert_eq!(texts(&connected["notes"], "code"), case.notes, "{name}: {connected}");
            let id = connected["connection"]["id"].as_str().unwrap();
            let shown = home.run(&["show", id, "--json"]).done().json();
            let connection = &shown["connection"];
            let report = &connection["report"];
            assert_eq!(connection["state"], "active", "{name}: {connection}");
            assert_eq!(connection["secrets"][0]["kind"], case.kind, "{name}: {connection}");
            assert_eq!(permissions(report), case.permissions, "{name}: {connection}");
            assert_eq!(report["edition"], edition, "{name}: {connection}");
            assert_eq!(report["organizations"], serde_json::json!(case.organizations), "{name}");
            assert_eq!(report["credential_expires_at"].is_null(), !case.expires, "{name}");
            assert_eq!(texts(&report["warnings"], "code"), case.warnings, "{name}: {report}");
            if let Some(note) = connected["notes"][0]["message"].as_str() {
                connecting(&home, &token, &api_url, case.organization, &[]).done().says(note);
            }
            let checked = home.run(&["check", id]).done();
            for told in [&checked, &home.run(&["show", id]).done()] {
                person_is_told_the_same(told, report, &name);
            }
            for told in [shown.to_string(), connected.to_string()] {
                assert!(!told.contains(&token), "{name}: the token is told");
            }
        }
    }
}

fn person_is_told_the_same(run: &Run, report: &Value, name: &str) {
    let told = format!("{}{}", run.stdout, run.stderr);
    let mut parts = vec![report["account"]["name"].as_str().unwrap().to_owned()];
    let organizations = report["organizations"].as_array().unwrap().iter();
    parts.extend(organizations.map(|login| login.as_str().unwrap().to_owned()));
    parts.extend(report["edition"].as_str().map(str::to_owned));
    for permission in report["permissions"].as_array().unwrap() {
        let grant = match permission["grant"].as_str().unwrap() {
            "excess" => "granted, not needed",
            "unknown" => "cannot be known",
            other => other,
        };
        parts.push(format!("{}: {grant}", permission["name"].as_str().unwrap()));
    }
    let warnings = report["warnings"].as_array().unwrap().iter();
    parts.extend(warnings.map(|one| one["message"].as_str().unwrap().to_owned()));
    if !report["credential_expires_at"].is_null() {
        parts.push(END[..10].to_owned());
    }
    for part in parts {
        assert!(told.contains(&part), "{name}: {part:?} is not told: {run:#?}");
    }
}

#[test]
fn a_wrong_resource_owner_is_told() {
    let github = github();
    let home = Home::strict().allowing(github.origin());
    let token = github.add(Account::fine_grained("ada", "ada", &ALL));
    for (api_url, _) in shapes(&github) {
        let connect = |more: &[&str]| connecting(&home, &token, &api_url, "octo-org", more).done();
        let report = connect(&["--json"]).json()["connection"]["report"].clone();
        let warnings = texts(&report["warnings"], "code");
        assert_eq!(warnings, ["permissions-unknown", "resource-owner"], "{report}");
        assert_eq!(report["organizations"], serde_json::json!([]), "{report}");
        for stream in ["issues", "pull_requests", "commits"] {
            let unknown = |line: &String| line.ends_with(&format!("unknown: {stream}"));
            assert!(permissions(&report).iter().any(unknown), "{stream}: {report}");
        }
        let human = connect(&[]);
        let told = format!("{}{}", human.stdout, human.stderr);
        assert!(told.contains("lists repositories of ada only, and none of octo-org"), "{told}");
    }
}

#[test]
fn a_copied_or_typed_token_is_said_to_look_wrong() {
    let github = github();
    let home = Home::strict().allowing(github.origin());
    let whole = token::classic("ada");
    for (bad, words) in
        [(whole[..39].to_owned(), "looks truncated"), (token::mistyped(&whole), "mistyped")]
    {
        for (api_url, _) in shapes(&github) {
            let human = connecting(&home, &bad, &api_url, "", &[]).ended(3).says(words);
            let error = connecting(&home, &bad, &api_url, "", &["--json"]).ended(3).error();
            assert_eq!(error["cause"]["code"], "credential-rejected", "{error}");
            let message = error["message"].as_str().unwrap();
            assert!(human.stderr.contains(message) && !human.stderr.contains(&bad), "{human:#?}");
        }
    }
}

#[test]
fn a_refresh_token_is_refused_before_it_is_sent() {
    let github = github();
    let home = Home::strict().allowing(github.origin());
    for (api_url, _) in shapes(&github) {
        let refresh = token::refresh("ada");
        let run = connecting(&home, &refresh, &api_url, "", &[]).ended(2).says("refresh token");
        assert!(run.stderr.contains("access token"), "{run:#?}");
        assert_eq!(home.connections().len(), 0);
    }
    assert_eq!(github.requests(), []);
}

#[test]
fn an_ended_token_of_each_kind_is_refused_with_a_way_to_a_new_one() {
    let accounts: [fn() -> Account; 5] = [
        || Account::classic("ada", &["repo"]),
        || Account::oauth("ada", &["repo"]),
        || Account::fine_grained("ada", "octo-org", &ALL),
        || Account::app_user("ada", "octo-org", &ALL),
        || Account::installation("octo-org", &ALL),
    ];
    let github = github();
    let home = Home::strict().allowing(github.origin());
    for account in accounts {
        let token = github.add(account().standing(Standing::Expired));
        for (api_url, _) in shapes(&github) {
            let error = connecting(&home, &token, &api_url, "", &["--json"]).ended(3).error();
            assert_eq!(error["cause"]["code"], "credential-rejected", "{error}");
            assert!(!error["remedies"].as_array().unwrap().is_empty(), "{error}");
        }
    }
}

/// GitHub tells the end of a token while it works, and afterwards no more than of any wrong one.
#[test]
fn a_token_that_ended_is_told_with_its_date() {
    let github = github();
    let home = Home::of(&github);
    let account = Account::classic("ada", &["repo", "read:org"]);
    let token = github.add(account.expires("2026-02-19 19:55:13 UTC"));
    let id = home.connect(&token, &[]);
    github.fault("/user", Fault::bad_credentials());
    let error = home.run(&["check", &id, "--json"]).ended(3).error();
    assert_eq!(error["cause"]["code"], "credential-expired", "{error}");
    assert_eq!(error["cause"]["ended_at"], 1_771_530_913_000_u64, "{error}");
    assert!(error["message"].as_str().unwrap().contains("2026-02-19"), "{error}");
    assert_eq!(home.run(&["show", &id, "--json"]).done().json()["connection"]["state"], "expired");
}

#[test]
fn a_policy_of_the_named_organization_refuses_the_token() {
    let classic = || Account::classic("ada", &["repo", "read:org"]);
    let oauth = || Account::oauth("ada", &["repo", "read:org"]);
    let fine = || Account::fine_grained("ada", "octo-org", &ALL);
    let app = || Account::installation("octo-org", &ALL);
    for (name, policy, account, code) in [
        ("classic", Policy::NoClassicTokens, classic(), "token-kind-forbidden"),
        ("fine-grained", Policy::NoFineGrainedTokens, fine(), "token-kind-forbidden"),
        ("lifetime", Policy::MostDays(90), fine(), "token-lifetime-too-long"),
        ("app", Policy::NoApps, oauth(), "oauth-app-not-approved"),
        ("address", Policy::Addresses, classic(), "address-not-allowed"),
        ("address of an app", Policy::Addresses, app(), "address-not-allowed"),
        ("address of a fine-grained token", Policy::Addresses, fine(), "address-not-allowed"),
    ] {
        let github = github();
        let home = Home::strict().allowing(github.origin());
        github.set_policy("octo-org", policy);
        let token = github.add(account);
        for (api_url, _) in shapes(&github) {
            let connect = |more: &[&str]| connecting(&home, &token, &api_url, "octo-org", more);
            let error = connect(&["--json"]).ended(3).error();
            assert_eq!(error["cause"]["code"], "policy-refused", "{name}: {error}");
            assert_eq!(error["code"], code, "{name}: {error}");
            let message = error["message"].as_str().unwrap();
            assert!(message.contains("octo-org"), "{name}: {message}");
            connect(&[]).ended(3).says(message);
            assert_eq!(home.connections().len(), 0, "{name}");
        }
    }
}

#[test]
fn single_sign_on_of_the_named_organization_refuses_with_a_link() {
    let github = github();
    let account = Account::classic("ada", &["repo", "read:org"]);
    let home = Home::strict().allowing(github.origin());
    let token = github.add(account.member_of(&["sso-org"]).standing(Standing::SsoBlocked));
    for (api_url, _) in shapes(&github) {
        let error = connecting(&home, &token, &api_url, "sso-org", &["--json"]).ended(3).error();
        assert_eq!(error["code"], "single-sign-on-required", "{error}");
        assert!(error["message"].as_str().unwrap().contains("sso-org"), "{error}");
        assert!(error["remedies"][0]["url"].is_string(), "{error}");
    }
}

#[test]
fn a_token_that_reaches_nothing_is_told_so() {
    let github = GitHub::start();
    for account in
        [Account::fine_grained("ada", "ada", &ALL), Account::installation("empty-org", &ALL)]
    {
        let token = github.add(account);
        let home = Home::of(&github);
        let id = home.connect(&token, &[]);
        let shown = home.run(&["show", &id, "--json"]).done().json();
        let warnings = texts(&shown["connection"]["report"]["warnings"], "code");
        assert!(warnings.contains(&"no-repository"), "{shown}");
    }
}

#[test]
fn a_server_that_hides_its_version_is_asked_for_it() {
    let github = github();
    github.hide_version();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::strict().allowing(github.origin());
    connecting(&home, &token, &github.enterprise_url(), "", &[]).done();
    let id = home.connections()[0]["id"].as_str().unwrap().to_owned();
    let shown = home.run(&["show", &id, "--json"]).done().json();
    assert_eq!(shown["connection"]["report"]["edition"], "ghes 3.14.2", "{shown}");
    assert!(github.requests().iter().any(|request| request.path == "/api/v3/meta"));
}
