//! Several users and runtimes on one store.

use jackfield_tests::{Account, GitHub};

use super::Home;

#[test]
fn one_token_serves_several_runtimes_each_with_a_connection_of_its_own() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let places = [("ada", "nightly"), ("ada", "editor"), ("bob", "nightly"), ("bob", "editor")];
    let ids: Vec<String> = places
        .iter()
        .map(|(user, runtime)| home.connect(&token, &["--user", user, "--runtime", runtime]))
        .collect();
    for (connection, (id, (user, runtime))) in home.connections().iter().zip(ids.iter().zip(places))
    {
        assert_eq!(connection["id"], **id);
        assert_eq!((&connection["owner"], &connection["runtime"]), (&user.into(), &runtime.into()));
    }
    home.run(&["disconnect", &ids[0]]).done();
    home.run(&["check", &ids[0]]).ended(2);
    home.run(&["check", "--all"]).done();
    let left: Vec<_> = home.connections().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(left, ids[1..]);
}

#[test]
fn an_update_of_one_connection_leaves_the_others_alone() {
    let github = GitHub::start();
    let shared = github.add(Account::classic("ada", &["repo"]));
    let own = github.add(Account::classic("bob", &["repo"]));
    let home = Home::of(&github);
    let first = home.connect(&shared, &["--runtime", "one"]);
    let second = home.connect(&shared, &["--runtime", "two"]);
    home.run_with(&own, &["update", &first, "--secret", "token=env:TEST_TOKEN"]).done();
    let account = |id: &str| {
        let checked = home.run(&["check", id, "--json"]).done().json();
        checked["report"]["account"]["name"].clone()
    };
    assert_eq!((account(&first), account(&second)), ("bob".into(), "ada".into()));
}
