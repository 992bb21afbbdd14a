//! Streams: pages, all of them, cursors, files.

use jackfield_tests::{Account, GitHub, token};
use serde_json::Value;

use super::Home;

const MANY: [&str; 2] = ["--param", "repository=ada/many"];

/// A connected home, and a repository `ada/many` with 250 issues.
fn many() -> (GitHub, Home, String) {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    github.add_repository("ada", "many", false, 250);
    let home = Home::of(&github);
    let id = home.connect(&token, &[]);
    (github, home, id)
}

fn numbers(records: &[Value]) -> Vec<u64> {
    let mut numbers: Vec<u64> =
        records.iter().map(|record| record["data"]["number"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

fn read<'a>(id: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["read", id, "issues"][..], &MANY, more].concat()
}

#[test]
fn one_page_is_read_unless_all_are_asked_for() {
    let (_github, home, id) = many();
    let page = home.run(&read(&id, &[])).done();
    assert_eq!(page.lines().len(), 100);
    let all = home.run(&read(&id, &["--all"])).done();
    assert_eq!(numbers(&all.lines()), (1..=250).collect::<Vec<_>>());
}

#[test]
fn the_next_page_begins_where_the_cursor_says() {
    let (_github, home, id) = many();
    let mut records = Vec::new();
    let mut cursor: Option<String> = None;
    for size in [100, 100, 50] {
        let more: Vec<&str> = cursor.iter().flat_map(|cursor| ["--cursor", cursor]).collect();
        let page = home.run(&read(&id, &[&more[..], &["--json"]].concat())).done().json();
        let found = page["records"].as_array().unwrap().clone();
        assert_eq!(found.len(), size);
        records.extend(found);
        cursor = page["cursor"].as_str().map(str::to_owned);
    }
    assert_eq!(numbers(&records), (1..=250).collect::<Vec<_>>());
}

#[test]
fn a_later_run_brings_only_what_changed() {
    let (github, home, id) = many();
    let whole = home.run(&read(&id, &["--all", "--json"])).done().json();
    let cursor = whole["cursor"].as_str().unwrap();
    let nothing = home.run(&read(&id, &["--all", "--cursor", cursor])).done();
    assert!(nothing.lines().len() < 3, "{nothing:#?}");
    let now = jackfield_host::failure::Timestamp::now().0 / 1_000;
    github.touch_issue("ada", "many", 7, i64::try_from(now).unwrap());
    let changed = home.run(&read(&id, &["--all", "--cursor", cursor])).done().lines();
    assert!(numbers(&changed).contains(&7) && changed.len() < 4, "{}", changed.len());
}

#[test]
fn records_go_to_a_file_that_is_there_whole_or_not_at_all() {
    let (github, home, id) = many();
    let out = home.path("issues.jsonl");
    let path = out.to_str().unwrap();
    let run = home.run(&read(&id, &["--all", "--out", path])).done();
    assert_eq!(run.stdout.lines().filter(|line| line.contains("\"number\"")).count(), 0);
    let text = std::fs::read_to_string(&out).unwrap();
    let records: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(numbers(&records), (1..=250).collect::<Vec<_>>());

    github.fault("/repos/ada/many/issues", jackfield_tests::Fault::server_error(500));
    home.run(&read(&id, &["--all", "--out", path])).ended(5);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), text, "the good file is still there");
    let nowhere = home.path("none/issues.jsonl");
    home.run(&read(&id, &["--out", nowhere.to_str().unwrap()])).ended(2).says("none/issues.jsonl");
}

#[test]
fn a_disk_that_is_full_is_told() {
    let (_github, home, id) = many();
    home.run(&read(&id, &["--all", "--out", "/dev/full"])).ended(2).says("/dev/full");
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = home.command(&read(&id, &["--all"]));
    let output = command.stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_run_quietly() {
    let (_github, home, id) = many();
    let mut child = home.command(&read(&id, &["--all"])).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!said.contains("panic"), "{said}");
}

#[test]
fn repositories_are_listed_by_their_own_stream() {
    let (_github, home, id) = many();
    let names = home.run(&["read", &id, "repositories", "--all"]).done().lines();
    let names: Vec<&str> =
        names.iter().map(|record| record["data"]["full_name"].as_str().unwrap()).collect();
    assert!(names.contains(&"ada/many") && names.contains(&"octo-org/secret-plans"), "{names:?}");
}

#[test]
fn a_repository_that_is_hidden_and_a_token_without_permission_are_refusals() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let narrow = Account::fine_grained("bob", "octo-org", &["metadata=read"]);
    let unscoped = home.connect(&github.add(Account::classic("ada", &["gist"])), &[]);
    let narrow = home.connect(&github.add(narrow), &[]);
    for (id, repository, code) in [
        (&unscoped, "octo-org/secret-plans", "not-found"),
        (&unscoped, "octo-org/nothing-here", "not-found"),
        (&narrow, "octo-org/secret-plans", "permission-missing"),
    ] {
        let parameter = format!("repository={repository}");
        let arguments = ["read", id, "issues", "--param", &parameter, "--json"];
        let error = home.run(&arguments).ended(3).error();
        assert_eq!(error["cause"]["code"], code, "{repository}: {error}");
        assert!(!error["remedies"].as_array().unwrap().is_empty(), "{repository}: {error}");
    }
}

#[test]
fn a_token_that_ended_is_found_out_by_a_read() {
    let (github, home, id) = many();
    let ended = Account::classic("ada", &["repo"]).standing(jackfield_tests::Standing::Expired);
    github.add(ended);
    home.run(&read(&id, &[])).ended(3);
    assert_eq!(home.connections()[0]["state"], "rejected");
    let new = github.add(Account::classic("ada", &["repo"]).with_token(token::classic("new")));
    home.run_with(&new, &["update", &id, "--secret", "token=env:TEST_TOKEN"]).done();
    assert_eq!(home.run(&read(&id, &["--all"])).done().lines().len(), 250);
}
