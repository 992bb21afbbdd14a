//! The README's table of what a person is told, held against what the program says.

use jackfield_tests::{Account, Fault, GitHub, token};

use super::jira::Setup;
use super::{Home, Run};

const README: &str = include_str!("../../../README.md");

/// The sentence of the error that a run ended with.
fn sentence(run: &Run) -> String {
    let human = run.stderr.lines().find_map(|line| line.strip_prefix("error: "));
    human.map_or_else(|| run.error()["message"].as_str().unwrap().to_owned(), str::to_owned)
}

fn of_github(told: &mut Vec<String>) {
    let faults = [
        Fault::bad_credentials(),
        Fault::sso_required("octo-org"),
        Fault::classic_forbidden("octo-org"),
        Fault::app_restricted("octo-org"),
        Fault::address_not_allowed("octo-org"),
        Fault::login_lockout(),
        Fault::captive_portal(),
        Fault::server_error(503),
    ];
    let github = GitHub::start();
    let home = Home::of(&github);
    let token = github.add(Account::classic("ada", &["repo"]));
    let connect = ["connect", "github", "--secret", "token=env:TEST_TOKEN"];
    for fault in faults {
        github.fault("/user", fault);
        let said = sentence(&home.run_with(&token, &connect));
        let address = github.origin().trim_start_matches("http://");
        told.push(said.replace(address, "api.github.com"));
        github.heal();
    }
    told.push(sentence(&home.run_with(&token::refresh("ada"), &connect)));
    let id = home.connect(&token, &[]);
    let read = |name: &str| home.run(&["read", &id, "issues", "--param", name]);
    told.push(sentence(&read("repository=ada/nothing")));
    let narrow = github.add(Account::fine_grained("bob", "bob", &["metadata=read"]));
    github.add_repository("bob", "own", true, 1);
    let id = home.connect(&narrow, &[]);
    let arguments = ["read", &id, "issues", "--param", "repository=bob/own"];
    told.push(sentence(&home.run(&arguments)));
}

fn of_jira(told: &mut Vec<String>) {
    let cases = [
        ("personal_access_token", "acme.atlassian.net", None),
        ("api_token", "acme.atlassian.net", Some(Fault::scope_mismatch())),
        ("api_token", "acme.atlassian.net", Some(Fault::captive_portal())),
        ("password", "jira.example.com/jira", Some(Fault::captcha())),
        ("password", "jira.example.com/jira", Some(Fault::basic_disabled())),
    ];
    for (method, host, fault) in cases {
        let setup = Setup::new();
        if let Some(fault) = fault {
            setup.jira.fault("/rest/api/3/myself", fault.clone());
            setup.jira.fault("/jira/rest/api/2/myself", fault);
        }
        told.push(sentence(&setup.connect(method, host, "ada", "no-token")));
    }
}

#[test]
fn every_sentence_of_the_table_is_what_the_program_says() {
    let mut told = Vec::new();
    of_github(&mut told);
    of_jira(&mut told);
    let table = table();
    assert_eq!(table.len(), told.len(), "{table:#?}");
    let missing: Vec<_> = told.iter().filter(|said| !table.contains(&said.as_str())).collect();
    assert!(missing.is_empty(), "the README does not say: {missing:#?}");
    let stale: Vec<_> = table.iter().filter(|said| !told.iter().any(|one| one == *said)).collect();
    assert!(stale.is_empty(), "only the README says: {stale:#?}");
}

/// The sentences of the README's table.
fn table() -> Vec<&'static str> {
    let (_, table) = README.split_once("| what happened | what it says |\n|---|---|\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split_once(" | ").unwrap().1.trim()).collect()
}
