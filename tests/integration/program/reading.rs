//! Streams: pages, all of them, cursors, files.

use jackfield_tests::{Account, Fault, GitHub, ReceivedRequest, token};
use serde_json::{Value, json};

use super::{Home, Run};

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

const ISSUES: &str = "/repos/ada/many/issues";

/// The numbers of the issues in the file.
fn in_file(path: &str) -> Vec<u64> {
    let text = std::fs::read_to_string(path).unwrap();
    let records: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    numbers(&records)
}

/// A number in a query.
fn number_in(query: &str, name: &str) -> Option<u32> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).find_map(|(_, value)| value.parse().ok())
}

/// Whether a page of a list is asked for.
fn asks_for_a_page(request: &ReceivedRequest) -> bool {
    request.query.as_deref().is_some_and(|query| number_in(query, "per_page").is_some())
}

/// Whether the query asks for more records in a page.
fn asks_for_more_than(most: u32) -> impl Fn(&str) -> bool + Send + Sync + 'static {
    move |query| number_in(query, "per_page").is_some_and(|size| size > most)
}

#[test]
fn records_go_to_a_file() {
    let (github, home, id) = many();
    let out = home.path("issues.jsonl");
    let path = out.to_str().unwrap();
    let run = home.run(&read(&id, &["--all", "--out", path])).done();
    assert_eq!(run.stdout.lines().filter(|line| line.contains("\"number\"")).count(), 0);
    assert_eq!(in_file(path), (1..=250).collect::<Vec<_>>());

    let text = std::fs::read_to_string(path).unwrap();
    github.fault(ISSUES, Fault::server_error(500));
    home.run(&read(&id, &["--all", "--out", path])).ended(5);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), text, "the good file is still there");
    let nowhere = home.path("none/issues.jsonl");
    home.run(&read(&id, &["--out", nowhere.to_str().unwrap()])).ended(2).says("none/issues.jsonl");
}

/// The cursor that a run for people prints.
fn told_cursor(run: &Run) -> &str {
    let line = run.stderr.lines().find_map(|line| line.strip_prefix("cursor: "));
    line.unwrap_or_else(|| panic!("no cursor: {run:#?}"))
}

#[test]
fn a_run_that_fails_keeps_its_pages_and_the_next_one_brings_the_rest() {
    for failing in 1..=3 {
        for fault in [Fault::server_error(500), Fault::bad_credentials(), Fault::Close] {
            let (github, home, id) = many();
            let path = home.path("issues.jsonl").into_os_string().into_string().unwrap();
            github.fault_when("*", at_page(failing), fault.clone());
            let first = home.run(&read(&id, &["--all", "--out", &path]));
            assert_ne!(first.code, Some(0), "{fault:?}");
            github.heal();
            let more = match failing {
                1 => {
                    assert!(!std::path::Path::new(&path).exists(), "{fault:?}");
                    vec!["--all", "--out", &path]
                }
                _ => {
                    assert_eq!(in_file(&path).len(), 100 * (failing as usize - 1), "{fault:?}");
                    first.stderr.lines().find(|line| line.contains("--append")).unwrap();
                    vec!["--all", "--out", &path, "--append", "--cursor", told_cursor(&first)]
                }
            };
            home.run(&read(&id, &more)).done();
            assert_eq!(in_file(&path), (1..=250).collect::<Vec<_>>(), "{failing} {fault:?}");
        }
    }
}

/// Whether the query asks for the page of that number; the first one is asked for without a number.
fn at_page(number: u32) -> impl Fn(&str) -> bool + Send + Sync + 'static {
    move |query| {
        number_in(query, "per_page").is_some() && number_in(query, "page").unwrap_or(1) == number
    }
}

#[test]
fn a_failed_run_as_a_document_has_its_records_its_cursor_and_its_error() {
    let (github, home, id) = many();
    github.fault_when("*", at_page(3), Fault::server_error(500));
    let failed = home.run(&read(&id, &["--all", "--json"])).ended(5);
    assert!(!failed.stderr.contains("cursor"), "the cursor is in the document: {failed:#?}");
    assert_eq!(failed.error()["cause"]["code"], "unreachable");
    let document = failed.json();
    let mut records = document["records"].as_array().unwrap().clone();
    assert_eq!((records.len(), &document["count"]), (200, &json!(200)));
    github.heal();
    let cursor = document["cursor"].as_str().unwrap();
    let rest = home.run(&read(&id, &["--all", "--json", "--cursor", cursor])).done().json();
    records.extend(rest["records"].as_array().unwrap().iter().cloned());
    assert_eq!(numbers(&records), (1..=250).collect::<Vec<_>>());

    github.fault("*", Fault::server_error(500));
    let document = home.run(&read(&id, &["--all", "--json", "--cursor", cursor])).ended(5).json();
    assert_eq!(document["cursor"].as_str(), Some(cursor), "nothing was read: begin there again");
}

#[test]
fn records_on_standard_output_end_where_the_cursor_says() {
    let (github, home, id) = many();
    github.fault_when("*", at_page(2), Fault::server_error(500));
    let first = home.run(&read(&id, &["--all"])).ended(5);
    assert_eq!(first.lines().len(), 100);
    github.heal();
    let rest = home.run(&read(&id, &["--all", "--cursor", told_cursor(&first)])).done();
    assert_eq!(numbers(&[first.lines(), rest.lines()].concat()), (1..=250).collect::<Vec<_>>());
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_its_pages() {
    for (signal, json) in [("INT", false), ("TERM", false), ("INT", true)] {
        let (github, home, id) = many();
        let path = home.path("issues.jsonl").into_os_string().into_string().unwrap();
        github.fault_when("*", at_page(3), Fault::Hang);
        let output: &[&str] = if json { &["--json"] } else { &["--out", &path] };
        let child = home.start("", &read(&id, &[&["--all"], output].concat()));
        let third = at_page(3);
        github.wait_for(|request| third(request.query.as_deref().unwrap_or_default()));
        let kill = format!("-{signal}");
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args([&kill, &pid]).status().unwrap().success());
        let run = Run::of(&["read"], child.wait_with_output().unwrap()).ended(130);
        github.heal();
        let (first, cursor) = match json {
            true => {
                let document = run.json();
                let records = document["records"].as_array().unwrap().clone();
                (numbers(&records), document["cursor"].as_str().unwrap().to_owned())
            }
            false => (in_file(&path), told_cursor(&run).to_owned()),
        };
        assert_eq!(first.len(), 200, "{signal}");
        let rest = home.run(&read(&id, &["--all", "--cursor", &cursor])).done().lines();
        let mut all = [first, numbers(&rest)].concat();
        all.sort_unstable();
        assert_eq!(all, (1..=250).collect::<Vec<_>>(), "{signal}");
    }
}

#[test]
fn an_old_file_outlives_a_run_that_fails() {
    let (github, home, id) = many();
    let path = home.file("issues.jsonl", "old\n");
    github.fault_when("*", at_page(2), Fault::server_error(500));
    let failed = home.run(&read(&id, &["--all", "--out", &path])).ended(5);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old\n");
    let partial = format!("{path}.partial");
    assert_eq!(in_file(&partial).len(), 100);
    assert!(failed.stdout.contains(&partial), "{failed:#?}");
}

#[test]
fn smaller_pages_are_asked_for_where_large_ones_fail() {
    let too_large = || Fault::Oversized { bytes: 17 << 20 };
    for (name, most, fault) in [
        ("too large", 30, too_large()),
        ("a gateway gives up", 50, Fault::server_error(502)),
        ("a gateway is too slow", 3, Fault::server_error(504)),
        ("one at a time", 1, too_large()),
    ] {
        let (github, home, id) = many();
        github.fault_when("*", asks_for_more_than(most), fault);
        let size = if most == 1 { "10" } else { "100" };
        github.forget();
        let run = home.run(&read(&id, &["--all", "--page-size", size])).done();
        assert_eq!(numbers(&run.lines()), (1..=250).collect::<Vec<_>>(), "{name}");
        let asked = github.requests().iter().filter(|one| asks_for_a_page(one)).count();
        let needed = 250_usize.div_ceil(most as usize);
        assert!(asked <= 3 * needed + 20, "{name}: {asked} requests for {needed} pages");
    }
}

#[test]
fn one_record_that_alone_is_too_large_is_named_and_skipped_where_asked() {
    let (github, home, id) = many();
    // The 42nd record of the list, in a page of its own or with others.
    let holds = |query: &str| {
        let page = number_in(query, "page").unwrap_or(1);
        let size = number_in(query, "per_page").unwrap_or(0);
        ((page - 1) * size..page * size).contains(&41)
    };
    github.fault_when("*", holds, Fault::Oversized { bytes: 17 << 20 });
    let path = home.path("issues.jsonl").into_os_string().into_string().unwrap();
    let failed = home.run(&read(&id, &["--all", "--out", &path])).ended(3);
    let failed = failed.says("position 42").says("--skip-oversized");
    assert!(!failed.stderr.contains("connector's author"), "{failed:#?}");
    let more = ["--all", "--out", &path, "--append", "--cursor", told_cursor(&failed)];
    let run = home.run(&read(&id, &[&more[..], &["--skip-oversized"]].concat())).done();
    run.says("position 42");
    let found = in_file(&path);
    assert_eq!(found.len(), 249);
    assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "each once");
}

#[test]
fn a_provider_that_is_down_is_not_asked_again_and_again() {
    let (github, home, id) = many();
    for (status, most) in [(500, 1), (502, 4), (503, 1), (504, 4)] {
        github.heal();
        github.fault(ISSUES, Fault::server_error(status));
        github.forget();
        home.run(&read(&id, &["--all"])).ended(5);
        let asked = github.requests().iter().filter(|one| asks_for_a_page(one)).count();
        assert!(asked <= most, "{status}: {asked}");
    }
}

#[test]
fn a_page_size_that_no_page_has_is_refused() {
    let (_github, home, id) = many();
    for size in ["0", "1001"] {
        home.run(&read(&id, &["--page-size", size])).ended(2).says("from 1 to 1000");
    }
    for size in ["-1", "x", ""] {
        home.run(&read(&id, &["--page-size", size])).ended(2);
    }
    home.run(&read(&id, &["--append"])).ended(2).says("--out");
    assert_eq!(home.run(&read(&id, &["--page-size", "7"])).done().lines().len(), 7);
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

#[test]
fn what_is_printed_can_be_read_by_a_strict_parser_and_the_rest_is_untouched() {
    let (github, home, id) = many();
    let issue = |number: u64, more: &str| {
        let start = format!(r#"{{"id":{number},"number":{number},"updated_at":"#);
        format!(r#"{start}"2026-01-0{number}T00:00:00Z",{more}}}"#)
    };
    for (more, expected, told) in [
        (r#""title":"half \ud83d""#, r#""title":"half \ufffd""#, "1 string"),
        (
            r#""title":"\ude00\ud83d","body":"\u0000""#,
            r#""title":"\ufffd\ufffd","body":"\ufffd""#,
            "2 strings",
        ),
        (r#""\udfff":[1.50, 1e999,-1E+999]"#, r#""\ufffd":[1.50, "1e999","-1E+999"]"#, "2 numbers"),
        (
            r#""title":"a","x":{"y":1,"y":{}},"title":"b""#,
            r#""x":{"y":{}},"title":"b""#,
            "2 repeated keys",
        ),
    ] {
        let body = format!("[{},{}]", issue(1, more), issue(2, r#""title":"\u00e9 \ud83d\ude00""#));
        github.fault("/repos/ada/many/issues", Fault::json(200, &[], body));
        let run = home.run(&read(&id, &["--json"])).done();
        let strict: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(numbers(strict["records"].as_array().unwrap()), [1, 2], "{more}");
        assert!(run.stdout.contains(&issue(1, expected)), "{more}: {}", run.stdout);
        assert!(run.stdout.contains(r#""title":"\u00e9 \ud83d\ude00""#), "{}", run.stdout);
        let warning = &strict["warnings"][0];
        assert_eq!(warning["code"], "records-changed", "{more}: {warning}");
        assert!(warning["message"].as_str().unwrap().contains(told), "{more}: {warning}");

        let run = home.run(&read(&id, &[])).done().says(told);
        assert_eq!(run.lines().len(), 2, "{more}");
        github.heal();
    }
}
