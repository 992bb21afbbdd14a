//! From connecting to disconnecting.

use jackfield_tests::{Account, Fault, GitHub, Standing, token};

use super::{Home, MAKES_A_STORE, TOKEN};

/// The tokens that reached the provider since the journal was emptied, in order.
fn arrived(github: &GitHub) -> Vec<String> {
    let bearer = |value: &str| value.trim_start_matches("Bearer ").to_owned();
    let requests = github.requests();
    requests.iter().filter_map(|request| request.header("authorization").map(bearer)).collect()
}

#[test]
fn a_connection_lives_from_connect_to_disconnect() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    assert_eq!(home.connections().len(), 0);

    let source = format!("token=env:{TOKEN}");
    let connected = home.run_with(&token, &["connect", "github", "--secret", &source]).done();
    assert!(connected.stdout.contains("ada"), "{connected:#?}");
    let listed = home.connections();
    let [connection] = listed.as_slice() else { panic!("{listed:?}") };
    assert_eq!(connection["connector"], "github");
    assert_eq!(connection["state"], "active");
    assert_eq!(
        (&connection["owner"], &connection["runtime"]),
        (&"default".into(), &"default".into())
    );
    let id = connection["id"].as_str().unwrap();
    assert!(connected.stdout.contains(id), "{connected:#?}");
    for arguments in [&["list"][..], &["show", id], &["check", id]] {
        let run = home.run(arguments).done();
        assert!(run.stdout.contains(id) && run.stdout.contains("active"), "{run:#?}");
        assert!(!run.stdout.contains('\u{1b}'), "colored without a terminal: {run:#?}");
    }

    let read = home.run(&["read", id, "issues", "--param", "repository=octo-org/hello-world"]);
    assert_eq!(read.done().lines().len(), 3);
    home.run(&["disconnect", id]).done();
    assert_eq!(home.connections().len(), 0);
    for command in ["show", "check", "disconnect"] {
        home.run(&[command, id]).ended(2).says(&format!("`{id}`"));
    }
}

#[test]
fn a_token_comes_from_a_variable_a_file_or_standard_input() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let token = |login: &str| github.add(Account::classic(login, &["repo"]));

    let (variable, file, input) = (token("variable"), token("file"), token("input"));
    home.run_with(&variable, &["connect", "github", "--secret", "token=env:TEST_TOKEN"]).done();
    let path = home.file("token.txt", format!("{file}\n"));
    home.run(&["connect", "github", "--secret", &format!("token=file:{path}")]).done();
    home.run_fed(&format!("{input}\n"), &["connect", "github", "--secret", "token=-"]).done();

    let used = arrived(&github);
    for token in [variable, file, input] {
        assert!(used.contains(&token));
    }
    assert_eq!(home.connections().len(), 3);
}

#[test]
fn blanks_around_a_token_are_removed_with_a_note() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let connect = ["connect", "github", "--secret", "token=env:TEST_TOKEN"];
    let padded = format!("  {token}\t ");
    home.run_with(&padded, &connect).done().says("blanks");
    let notes = home.run_with(&padded, &[&connect[..], &["--json"]].concat()).done().json();
    assert_eq!(notes["notes"][0]["code"], "secret-blanks-removed", "{notes}");
    assert!(arrived(&github).iter().all(|used| *used == token));
}

#[test]
fn a_token_in_its_wrapping_is_taken_however_it_is_entered() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let token = github.add(Account::classic("ada", &["repo"]));
    let id = home.connect(&token, &[]);
    for (wrapping, told) in [
        ("\"{}\"", "Token stands in quotes; they were removed."),
        ("Authorization: Bearer {}", "in a header and behind the word `Bearer`"),
        ("export GITHUB_TOKEN='{}'", "in an assignment and in quotes"),
        ("{\"token\": \"{}\"}", "in JSON and in quotes"),
        ("# the token\r\n{}\r\n", "among other lines"),
        ("\u{feff}{}", "among invisible characters"),
    ] {
        let text = wrapping.replace("{}", &token);
        let path = home.file("token.txt", &text);
        let utf16: Vec<u8> =
            format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        let windows = home.file("windows.txt", utf16);
        let file = format!("token=file:{path}");
        let windows = format!("token=file:{windows}");
        let connect = ["connect", "github", "--secret"];
        github.forget();
        home.run_with(&text, &[&connect[..], &["token=env:TEST_TOKEN"]].concat()).done().says(told);
        home.run(&[&connect[..], &[&file]].concat()).done().says(told);
        home.run(&[&connect[..], &[&windows]].concat()).done().says(told);
        home.run_fed(&text, &[&connect[..], &["token=-"]].concat()).done().says(told);
        home.run(&["update", &id, "--secret", &file]).done().says(told);
        let json = home.run(&["update", &id, "--secret", &file, "--json"]).done().json();
        assert_eq!(json["notes"][0]["code"], "secret-unwrapped", "{json}");
        assert!(arrived(&github).iter().all(|used| *used == token), "{wrapping}");
    }
}

#[test]
fn a_wrapping_without_a_token_is_refused_before_anything_is_sent() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let connect = ["connect", "github", "--secret", "token=env:TEST_TOKEN"];
    for (text, told) in [
        ("\"hunter2hunter2\"", "stands in quotes;"),
        ("<your token>", "stands in angle brackets;"),
        ("GITHUB_TOKEN=hunter2", "stands in an assignment;"),
        ("$GITHUB_TOKEN", "is the name of a variable and not its value"),
        ("\"ghp_hunter2\"", "is cut short, too long or broken up"),
    ] {
        let run = home.run_with(text, &connect).ended(2).says(told);
        assert!(!run.stderr.contains("hunter2") && !run.stderr.contains("new token"), "{run:#?}");
        let error = home.run_with(text, &[&connect[..], &["--json"]].concat()).ended(2).error();
        assert_eq!(error["fields"][0]["pointer"], "/secrets/token", "{error}");
    }
    assert!(github.requests().is_empty());
}

#[test]
fn a_token_that_looks_truncated_is_tried_and_told() {
    let github = GitHub::start();
    let whole = token::classic("ada");
    let run = Home::of(&github)
        .run_with(&whole[..39], &["connect", "github", "--secret", "token=env:TEST_TOKEN"]);
    run.ended(3).says("looks truncated");
    assert_eq!(arrived(&github)[0], whole[..39]);
}

#[test]
fn a_good_secret_replaces_and_a_bad_one_leaves_the_old_one_working() {
    let github = GitHub::start();
    let old = github.add(Account::classic("ada", &["repo"]));
    let new = github.add(Account::classic("ada", &["repo"]).with_token(token::classic("new")));
    let bad = token::classic("nobody");
    let home = Home::of(&github);
    let id = home.connect(&old, &[]);
    let update = ["update", &id, "--secret", "token=env:TEST_TOKEN"];

    home.run_with(&bad, &update).ended(3);
    github.forget();
    home.run(&["check", &id]).done();
    assert!(!arrived(&github).is_empty() && arrived(&github).iter().all(|used| *used == old));

    home.run_with(&new, &update).done();
    github.forget();
    home.run(&["check", &id]).done();
    assert!(!arrived(&github).is_empty() && arrived(&github).iter().all(|used| *used == new));
}

#[test]
fn an_update_that_the_provider_does_not_answer_changes_nothing() {
    let github = GitHub::start();
    let old = github.add(Account::classic("ada", &["repo"]));
    let new = github.add(Account::classic("ada", &["repo"]).with_token(token::classic("new")));
    let home = Home::of(&github);
    let id = home.connect(&old, &[]);
    let before = home.connections();
    for (fault, code) in
        [(Fault::Close, 5), (Fault::server_error(502), 5), (Fault::sso_required("octo-org"), 3)]
    {
        github.fault("/user", fault);
        home.run_with(&new, &["update", &id, "--secret", "token=env:TEST_TOKEN"]).ended(code);
        assert_eq!(home.connections(), before);
        github.heal();
    }
    github.forget();
    home.run(&["check", &id]).done();
    assert!(arrived(&github).iter().all(|used| *used == old));
}

#[test]
fn a_connection_stored_unchecked_is_checked_later() {
    let github = GitHub::start();
    let good = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let id = home.connect(&good, &["--unchecked"]);
    assert_eq!(github.requests(), []);
    assert_eq!(home.connections()[0]["state"], "unchecked");
    home.run(&["check", &id]).done();
    assert_eq!(home.connections()[0]["state"], "active");

    let bad = home.connect(&token::classic("nobody"), &["--unchecked"]);
    home.run(&["check", &bad]).ended(3);
    let shown = home.run(&["show", &bad, "--json"]).done().json();
    assert_eq!(shown["connection"]["state"], "rejected", "{shown}");
}

#[test]
fn all_connections_are_checked_and_the_worst_makes_the_exit_code() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let everything = home.run(&["check", "--all", "--json"]).done().json();
    assert_eq!(everything["checks"], serde_json::json!([]));
    for login in ["ada", "bob", "eve"] {
        home.connect(&github.add(Account::classic(login, &["repo"])), &[]);
    }
    home.run(&["check", "--all"]).done();
    let gone = Account::classic("bob", &["repo"]).standing(Standing::Expired);
    github.add(gone);
    let human = home.run(&["check", "--all"]).ended(3);
    for part in ["works, as ada", "does not accept", "3 connections checked, 1 failed"] {
        assert!(human.stdout.contains(part), "{part}: {human:#?}");
    }
    let checks = home.run(&["check", "--all", "--json"]).ended(3).json();
    let checks = checks["checks"].as_array().unwrap().clone();
    let failed = checks.iter().filter(|check| check.get("error").is_some());
    assert_eq!((checks.len(), failed.count()), (3, 1), "{checks:?}");
    let states: Vec<_> = home.connections().iter().map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["active", "rejected", "active"]);
}

#[test]
fn keys_are_rotated_and_every_connection_still_works() {
    let github = GitHub::start();
    let home = Home::of(&github);
    for login in ["ada", "bob"] {
        home.connect(&github.add(Account::classic(login, &["repo"])), &[]);
    }
    let before = std::fs::read(home.data().join("keys.json")).unwrap();
    home.run(&["keys", "rotate"]).done();
    let after = std::fs::read(home.data().join("keys.json")).unwrap();
    assert_ne!(before, after);
    home.run(&["check", "--all"]).done();
    let rotated = home.run(&["keys", "rotate", "--json"]).done().json();
    assert_eq!(rotated["rotation"]["resealed"], 2, "{rotated}");
    home.run(&["check", "--all"]).done();

    // The ring of before the rotations opens nothing any more, and nothing is lost by trying.
    let newest = std::fs::read(home.data().join("keys.json")).unwrap();
    std::fs::write(home.data().join("keys.json"), before).unwrap();
    home.run(&["check", "--all"]).ended(1).says("key");
    std::fs::write(home.data().join("keys.json"), newest).unwrap();
    home.run(&["check", "--all"]).done();
}

#[cfg(unix)]
#[test]
fn what_is_stored_belongs_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let github = GitHub::start();
    let home = Home::of(&github).unused().with_noop();
    let first = home.run(&MAKES_A_STORE).ended(2);
    assert!(first.stderr.contains("keys.json"), "it is said where the key was made: {first:#?}");
    home.connect(&github.add(Account::classic("ada", &["repo"])), &[]);
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.data()), 0o700);
    for file in ["jackfield.db", "keys.json"] {
        assert_eq!(mode(&home.data().join(file)), 0o600, "{file}");
    }
}

#[test]
fn a_setting_is_replaced_and_a_new_address_wants_the_secret_again() {
    let (github, other) = (GitHub::start(), GitHub::start());
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github).allowing(other.origin());
    let id = home.connect(&token, &[]);
    let stored = |name: &str| home.connections()[0]["settings"][name].clone();

    home.run(&["update", &id, "--set", "organization=acme"]).done();
    assert_eq!(stored("organization"), "acme");
    let moved = format!("api_url={}", other.api_url());
    github.forget();
    home.run(&["update", &id, "--set", &moved]).ended(2).says("must be entered again");
    home.run(&["update", &id, "--set", "api_ur=x"]).ended(2).says("`api_url`");
    assert_eq!((github.requests().len(), other.requests().len()), (0, 0));
    let new = other.add(Account::classic("bob", &["repo"]));
    let update = ["update", &id, "--set", &moved, "--secret", "token=env:TEST_TOKEN"];
    home.run_with(&new, &update).done();
    assert_eq!(stored("api_url"), other.api_url());
    home.run(&["check", &id]).done();
    assert_eq!(github.requests().len(), 0);
}
