//! Two processes on one data directory at once: nothing is lost.

use std::collections::{BTreeMap, BTreeSet};

use jackfield_tests::{Account, GitHub, token};

use crate::program::Home;

/// Connections that each of the two makes.
const EACH: usize = 15;

/// Runs both at once, each in a thread of its own, and returns what both returned.
fn both<T: Send>(work: impl Fn(usize) -> T + Sync) -> [T; 2] {
    std::thread::scope(|scope| {
        let work = &work;
        let one = scope.spawn(move || work(0));
        let other = scope.spawn(move || work(1));
        [one.join().unwrap(), other.join().unwrap()]
    })
}

fn account(github: &GitHub, login: &str, seed: &str) -> String {
    github.add(Account::classic(login, &["repo"]).with_token(token::classic(seed)))
}

/// The tokens that a check of everything sends.
fn tokens_in_use(github: &GitHub, home: &Home) -> BTreeSet<String> {
    github.forget();
    home.run(&["check", "--all"]).done();
    let requests = github.requests();
    let values = requests.iter().map(|request| request.header("authorization").unwrap());
    values.map(|value| value.trim_start_matches("Bearer ").to_owned()).collect()
}

/// The first start of both makes the directory, the key, the database and the compiled connector.
#[test]
fn both_start_first_and_neither_loses_a_connection() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let connect = |process: usize, number: usize| {
        let login = format!("user-{process}-{number}");
        let token = account(&github, &login, &login);
        (home.connect(&token, &["--user", &login]), token)
    };
    let made = both(|process| (0..EACH).map(|number| connect(process, number)).collect::<Vec<_>>());
    let made: BTreeMap<String, String> = made.into_iter().flatten().collect();
    assert_eq!(made.len(), 2 * EACH, "each id once");

    let listed = home.connections();
    let ids: BTreeSet<&str> = listed.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, made.keys().map(String::as_str).collect());
    assert_eq!(tokens_in_use(&github, &home), made.into_values().collect());
    let ring = std::fs::read_to_string(home.data().join("keys.json")).unwrap();
    assert_eq!(ring.matches("\"id\"").count(), 1, "one key was made");
}

/// Every token of one is replaced again and again, every connection of the other is read and
/// checked, and the keys change under both.
#[test]
fn updates_checks_and_rotations_at_once_lose_nothing() {
    const CONNECTIONS: usize = 4;
    const ROUNDS: usize = 4;
    let github = GitHub::start();
    let home = Home::of(&github);
    let ids: Vec<String> = (0..CONNECTIONS)
        .map(|number| {
            home.connect(&account(&github, &format!("user-{number}"), &format!("{number}-0")), &[])
        })
        .collect();
    let update = |round: usize| {
        for (number, id) in ids.iter().enumerate() {
            let token = account(&github, &format!("user-{number}"), &format!("{number}-{round}"));
            home.run_with(&token, &["update", id, "--secret", "token=env:TEST_TOKEN"]).done();
        }
    };
    both(|process| {
        for round in 1..=ROUNDS {
            if process == 0 {
                update(round);
            } else {
                home.run(&["check", "--all"]).done();
                home.run(&["keys", "rotate"]).done();
                home.run(&["read", &ids[0], "repositories"]).done();
            }
        }
    });
    let expected = (0..CONNECTIONS).map(|number| token::classic(&format!("{number}-{ROUNDS}")));
    assert_eq!(tokens_in_use(&github, &home), expected.collect());
    assert!(home.connections().iter().all(|one| one["state"] == "active"));
}

#[test]
fn of_two_updates_of_one_connection_the_last_to_end_stays_whole() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let id = home.connect(&account(&github, "ada", "first"), &[]);
    for round in 0..5 {
        let tokens = both(|process| {
            let token = account(&github, "ada", &format!("{process}-{round}"));
            let run = home
                .run_with(&token, &["update", &id, "--secret", "token=env:TEST_TOKEN", "--json"]);
            match run.code {
                Some(0) => Some(token),
                // The other one was faster: said so, and nothing of this one is stored.
                Some(1) if run.error()["cause"]["name"] == "superseded" => None,
                _ => panic!("{run:#?}"),
            }
        });
        let allowed: BTreeSet<String> = tokens.into_iter().flatten().collect();
        let used = tokens_in_use(&github, &home);
        assert!(used.len() == 1 && used.is_subset(&allowed), "round {round}");
    }
}

#[test]
fn two_rotations_and_a_disconnect_at_once_leave_a_whole_store() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let ids: Vec<String> = (0..6)
        .map(|number| home.connect(&account(&github, "ada", &format!("{number}")), &[]))
        .collect();
    both(|process| {
        for id in &ids[process * 2..][..2] {
            home.run(&["keys", "rotate"]).done();
            home.run(&["disconnect", id]).done();
        }
    });
    let expected = [4, 5].map(|number| token::classic(&format!("{number}")));
    assert_eq!(tokens_in_use(&github, &home), expected.into());
}
