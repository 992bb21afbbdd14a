//! Every stream as the program reads it: whole, again after nothing happened, again after a change.
//!
//! What an unchanged list costs is asserted by the simulation's journal: an answer 304 has no body and
//! does not count against the limit.

use std::collections::HashSet;

use jackfield_tests::{Account, GitHub, Policy, Standing, commit_time};
use serde_json::Value;

use super::Home;

/// Later than all that the simulation begins with.
const LATER: i64 = 1_760_000_000;

/// A GitHub with `octo-org/many`, whose lists have several pages, and a home connected to it.
fn many() -> (GitHub, Home, String) {
    let github = GitHub::start();
    let home = Home::of(&github);
    let id = home.connect(&fill(&github), &[]);
    (github, home, id)
}

/// Adds what the streams are read of, and an account that may read all of it; returns its token.
fn fill(github: &GitHub) -> String {
    let token = github.add(Account::classic("ada", &["repo", "read:org"]));
    github.add_repository("octo-org", "many", true, 1500);
    for number in 4..=250 {
        github.add_commit("octo-org", "many", "main", commit_time(number));
    }
    for number in 0..110 {
        github.add_member("acme-org", &format!("acme-{number}"), true);
    }
    token
}

/// What one run of a stream came to.
#[derive(Debug)]
struct Read {
    keys: Vec<String>,
    /// The latest change of all records, in milliseconds.
    newest: Option<i64>,
    cursor: Option<String>,
    warnings: Vec<String>,
    /// Of the answers, in order.
    statuses: Vec<u16>,
}

/// Reads a stream to its end.
fn read(github: &GitHub, home: &Home, id: &str, arguments: &[&str], from: Option<&str>) -> Read {
    github.forget();
    let mut all = [&["read", id][..], arguments, &["--all", "--json"]].concat();
    all.extend(from.iter().flat_map(|cursor| ["--cursor", cursor]));
    let document = home.run(&all).done().json();
    let texts = |values: &Value, key: &str| -> Vec<String> {
        let values = values.as_array().unwrap_or_else(|| panic!("{document}"));
        values.iter().map(|one| one[key].as_str().unwrap().to_owned()).collect()
    };
    let records = document["records"].as_array().unwrap_or_else(|| panic!("{document}"));
    Read {
        keys: texts(&document["records"], "key"),
        newest: records.iter().filter_map(|record| record["updated_at"].as_i64()).max(),
        cursor: document["cursor"].as_str().map(str::to_owned),
        warnings: texts(&document["warnings"], "code"),
        statuses: github.requests().iter().map(|request| request.status.unwrap()).collect(),
    }
}

/// A stream, and what three runs of it bring.
struct Case {
    stream: &'static [&'static str],
    /// Records of the first run, and the requests that it takes.
    whole: (usize, usize),
    change: fn(&GitHub),
    /// Records of a run after nothing happened: those of the very second where the last one ended.
    unchanged: usize,
    /// Whether that run is answered by a 304.
    free: bool,
    /// Records of a run after the change.
    changed: usize,
    /// When the latest of them changed, in seconds, where the stream brings changes alone.
    changed_at: Option<i64>,
}

const MANY: &str = "repository=octo-org/many";

const CASES: &[Case] = &[
    Case {
        stream: &["repositories"],
        whole: (4, 1),
        change: |github| github.add_repository("ada", "new", true, 0),
        unchanged: 0,
        free: true,
        changed: 5,
        changed_at: None,
    },
    Case {
        stream: &["issues", "--param", MANY],
        whole: (1500, 15),
        change: |github| github.touch_issue("octo-org", "many", 3, LATER),
        unchanged: 1,
        free: false,
        changed: 2,
        changed_at: Some(LATER),
    },
    Case {
        stream: &["pull_requests", "--param", MANY],
        whole: (214, 3),
        change: |github| github.touch_issue("octo-org", "many", 7, LATER),
        unchanged: 0,
        free: true,
        changed: 2,
        changed_at: Some(LATER),
    },
    Case {
        stream: &["commits", "--param", MANY],
        whole: (250, 3),
        change: |github| drop(github.add_commit("octo-org", "many", "main", LATER)),
        unchanged: 1,
        free: false,
        changed: 2,
        changed_at: Some(LATER),
    },
    Case {
        stream: &["commits", "--param", MANY, "--param", "branch=side"],
        whole: (251, 3),
        change: |github| drop(github.add_commit("octo-org", "many", "side", LATER + 5)),
        unchanged: 1,
        free: false,
        changed: 2,
        changed_at: Some(LATER + 5),
    },
    Case {
        stream: &["organizations"],
        whole: (1, 1),
        change: |github| {
            let account = Account::classic("ada", &["repo", "read:org"]);
            drop(github.add(account.member_of(&["octo-org", "acme-org"])));
        },
        unchanged: 0,
        free: true,
        changed: 2,
        changed_at: None,
    },
    Case {
        stream: &["members", "--param", "organization=octo-org"],
        whole: (1, 1),
        change: |github| github.add_member("octo-org", "eve", true),
        unchanged: 0,
        free: true,
        changed: 2,
        changed_at: None,
    },
];

#[test]
fn a_later_run_brings_what_changed_and_nothing_else() {
    for shape in [GitHub::api_url, GitHub::enterprise_url] {
        let github = GitHub::start();
        let home = Home::strict().allowing(github.origin());
        let api_url = format!("api_url={}", shape(&github));
        let id = home.connect(&fill(&github), &["--set", &api_url]);
        github.add_commit("octo-org", "many", "side", LATER - 5);
        for case in CASES {
            runs_bring(case, &github, &home, &id);
        }
    }
}

fn runs_bring(case: &Case, github: &GitHub, home: &Home, id: &str) {
    let name = case.stream;
    let (records, requests) = case.whole;
    let whole = read(github, home, id, name, None);
    assert_eq!((whole.keys.len(), &*whole.statuses), (records, &*vec![200; requests]), "{name:?}");
    let unique: HashSet<_> = whole.keys.iter().collect();
    assert_eq!(unique.len(), records, "{name:?}: a record came twice");

    let again = |before: &Read| {
        let cursor = before.cursor.as_ref().unwrap_or_else(|| panic!("{name:?}: no cursor"));
        read(github, home, id, name, Some(cursor))
    };
    let nothing_happened = |before: &Read| {
        let unchanged = again(before);
        let status = if case.free { 304 } else { 200 };
        let found = (unchanged.keys.len(), &*unchanged.statuses);
        assert_eq!(found, (case.unchanged, &[status][..]), "{name:?}");
        let sent = github.requests()[0].header("if-none-match").is_some();
        assert_eq!(sent, case.free, "{name:?}");
        unchanged
    };
    let unchanged = nothing_happened(&whole);
    (case.change)(github);
    let changed = again(&unchanged);
    assert_eq!((changed.keys.len(), &*changed.statuses), (case.changed, &[200][..]), "{name:?}");
    if let Some(seconds) = case.changed_at {
        assert_eq!(changed.newest, Some(seconds * 1000), "{name:?}");
        assert_ne!(changed.newest, whole.newest, "{name:?}");
    }
    nothing_happened(&changed);
}

#[test]
fn an_unchanged_list_does_not_count_against_the_limit() {
    let (github, home, id) = many();
    let token = github.requests()[0].header("authorization").unwrap().replace("Bearer ", "");
    for stream in [&["organizations"][..], &["pull_requests", "--param", MANY]] {
        github.set_remaining(&token, 100);
        let cursor = read(&github, &home, &id, stream, None).cursor.unwrap();
        // One is enough to ask, and is given back.
        github.set_remaining(&token, 1);
        for _ in 0..3 {
            assert_eq!(
                read(&github, &home, &id, stream, Some(&cursor)).statuses,
                [304],
                "{stream:?}"
            );
        }
    }
}

#[test]
fn lists_of_many_pages_have_no_tag_and_are_read_again() {
    let (github, home, id) = many();
    let stream = ["members", "--param", "organization=acme-org"];
    let whole = read(&github, &home, &id, &stream, None);
    assert_eq!((whole.keys.len(), &*whole.statuses), (110, &[200, 200][..]));
    assert_eq!(whole.cursor, None, "nothing says that all pages are unchanged");
}

#[test]
fn members_are_of_the_connections_organization_unless_another_is_named() {
    let (github, home, _) = many();
    let token = github.add(Account::classic("bob", &["repo", "read:org"]));
    let id = home.connect(&token, &["--set", "organization=octo-org"]);
    let default = read(&github, &home, &id, &["members"], None);
    assert_eq!(default.keys.len(), 2, "{default:?}");
    let other = ["members", "--param", "organization=acme-org"];
    assert_eq!(read(&github, &home, &id, &other, None).keys.len(), 110);
    home.run(&["read", &home.connect(&token, &[]), "members"]).ended(2).says("organization");
}

#[test]
fn an_empty_repository_is_read_as_empty_until_somebody_pushes() {
    let (github, home, id) = many();
    github.add_empty_repository("octo-org", "blank", true);
    let repository = "repository=octo-org/blank";
    for stream in ["issues", "pull_requests", "commits"] {
        let empty = read(&github, &home, &id, &[stream, "--param", repository], None);
        assert_eq!(empty.keys, [""; 0], "{stream}");
        let status = if stream == "commits" { 409 } else { 200 };
        assert_eq!(empty.statuses, [status], "{stream}");
    }
    let human = home.run(&["read", &id, "commits", "--param", repository]).done();
    assert_eq!(human.stdout, "", "{human:#?}");
    let sha = github.add_commit("octo-org", "blank", "main", LATER);
    let pushed = read(&github, &home, &id, &["commits", "--param", repository], None);
    assert_eq!(pushed.keys, [sha]);
}

#[test]
fn a_branch_that_is_not_there_is_not_found() {
    let (_github, home, id) = many();
    let read = ["read", &id, "commits", "--param", MANY, "--param", "branch=nowhere"];
    home.run(&read).ended(3).says("Check the name of the branch");
    let error = home.run(&[&read[..], &["--json"]].concat()).ended(3).error();
    assert_eq!(error["cause"]["code"], "not-found", "{error}");
}

#[test]
fn what_single_sign_on_keeps_back_is_a_warning() {
    let (github, home, _) = many();
    let account = Account::classic("bob", &["repo", "read:org"]).expires("2030-01-02 03:04:05 UTC");
    let account = account.member_of(&["octo-org", "sso-org"]).standing(Standing::SsoBlocked);
    let id = home.connect(&github.add(account), &[]);
    for (stream, records) in [("repositories", 4), ("organizations", 1)] {
        let partial = read(&github, &home, &id, &[stream], None);
        assert_eq!(partial.warnings, ["partial-results"], "{stream}");
        assert_eq!(partial.keys.len(), records, "{stream}");
        home.run(&["read", &id, stream]).done().says("single sign-on");
    }
    let engine = ["read", &id, "issues", "--param", "repository=sso-org/engine", "--json"];
    let error = home.run(&engine).ended(3).error();
    assert_eq!(error["code"], "single-sign-on-required", "{error}");
}

#[test]
fn a_policy_that_a_check_could_not_see_refuses_a_read() {
    let (github, home, id) = many();
    github.set_policy("octo-org", Policy::NoClassicTokens);
    home.run(&["check", &id]).done();
    for stream in ["issues", "pull_requests", "commits"] {
        let arguments = ["read", &id, stream, "--param", MANY, "--json"];
        let error = home.run(&arguments).ended(3).error();
        assert_eq!(error["code"], "token-kind-forbidden", "{stream}: {error}");
        assert!(error["message"].as_str().unwrap().contains("octo-org"), "{stream}: {error}");
    }
    let members = ["read", &id, "members", "--param", "organization=octo-org"];
    home.run(&members).ended(3).says("octo-org");
    let kept = read(&github, &home, &id, &["organizations"], None);
    assert_eq!(kept.keys.len(), 1, "the account's own are still listed");
}

#[test]
fn a_repository_of_another_owner_is_hidden_from_a_fine_grained_token() {
    let (github, home, _) = many();
    let all = ["issues=read", "pull_requests=read", "contents=read"];
    let id = home.connect(&github.add(Account::fine_grained("bob", "acme-org", &all)), &[]);
    for stream in ["issues", "pull_requests", "commits"] {
        let arguments = ["read", &id, stream, "--param", MANY];
        home.run(&arguments).ended(3).says("resource owner");
        let error = home.run(&[&arguments[..], &["--json"]].concat()).ended(3).error();
        assert_eq!(error["cause"]["code"], "not-found", "{stream}: {error}");
    }
    let public = ["read", &id, "commits", "--param", "repository=octo-org/hello-world"];
    assert_eq!(home.run(&public).done().lines().len(), 3);
}

#[test]
fn organizations_are_not_shown_to_fine_grained_tokens() {
    let (github, home, _) = many();
    let token = github.add(Account::fine_grained("bob", "octo-org", &["issues=read"]));
    let id = home.connect(&token, &[]);
    let none = read(&github, &home, &id, &["organizations"], None);
    assert_eq!((none.keys.len(), &*none.warnings), (0, &["organizations-hidden".to_owned()][..]));
}

#[test]
fn a_missing_permission_is_named() {
    let streams: [(&[&str], &str); 4] = [
        (&["issues", "--param", MANY], "issues=read"),
        (&["pull_requests", "--param", MANY], "pull_requests=read"),
        (&["commits", "--param", MANY], "contents=read"),
        (&["members", "--param", "organization=octo-org"], "members=read"),
    ];
    let (github, home, _) = many();
    for account in [
        Account::fine_grained("bob", "octo-org", &[]),
        Account::app_user("bob", "octo-org", &[]),
        Account::installation("octo-org", &[]),
    ] {
        let id = home.connect(&github.add(account), &[]);
        for (stream, permission) in streams {
            let arguments = [&["read", &*id][..], stream].concat();
            home.run(&arguments).ended(3).says(permission);
            let error = home.run(&[&arguments[..], &["--json"]].concat()).ended(3).error();
            assert_eq!(error["cause"]["code"], "permission-missing", "{error}");
            assert_eq!(error["cause"]["permissions"], serde_json::json!([permission]), "{error}");
            assert!(error["remedies"][0]["text"].as_str().unwrap().contains(permission), "{error}");
        }
        let state = home.run(&["show", &id, "--json"]).done().json()["connection"]["state"].clone();
        assert_eq!(state, "active", "the credential itself is good");
    }
}

#[test]
fn a_missing_scope_is_named() {
    let (github, home, _) = many();
    let id = home.connect(&github.add(Account::classic("bob", &["repo"])), &[]);
    let error = home.run(&["read", &id, "organizations", "--json"]).ended(3).error();
    assert_eq!(error["cause"]["code"], "permission-missing", "{error}");
    home.run(&["read", &id, "organizations"]).ended(3).says("read:org");
}
