//! A store that is locked, read-only, full, damaged or somebody else's: exit code 1, said so, nothing
//! half-written.

use std::fs;
use std::path::Path;
use std::process::Command;

use jackfield_tests::{Account, GitHub, token};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::{Home, Run, TOKEN};

const CONNECT: [&str; 4] = ["connect", "github", "--secret", "token=env:TEST_TOKEN"];

/// A store with one connection, of which the id.
fn filled() -> (GitHub, Home, String) {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let id = home.connect(&token, &[]);
    (github, home, id)
}

#[tokio::test]
async fn a_store_that_another_process_holds_is_read_and_not_written() {
    let (github, home, id) = filled();
    let new = github.add(Account::classic("bob", &["repo"]));
    let options = SqliteConnectOptions::new().filename(home.data().join("jackfield.db"));
    let mut holder = options.connect().await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();

    home.run(&["show", &id]).done();
    assert_eq!(home.connections().len(), 1);
    let error = home.run_with(&new, &[&CONNECT[..], &["--json"]].concat()).ended(1).error();
    assert_eq!(error["cause"]["name"], "store-locked", "{error}");
    home.run(&["disconnect", &id]).ended(1).says("locked");

    sqlx::query("ROLLBACK").execute(&mut holder).await.unwrap();
    holder.close().await.unwrap();
    assert_eq!(home.connections().len(), 1);
    home.run(&["check", "--all"]).done();
}

#[test]
fn every_command_leaves_its_last_writes_in_the_database_itself() {
    let (github, home, id) = filled();
    let new = github.add(Account::classic("bob", &["repo"]));
    let commands: [&[&str]; 6] = [
        &CONNECT,
        &["check", "--all"],
        &["update", &id, "--secret", "token=env:TEST_TOKEN"],
        &["keys", "rotate"],
        &["list"],
        &["disconnect", &id],
    ];
    for command in commands {
        home.run_with(&new, command).done();
        let log = home.data().join("jackfield.db-wal");
        assert!(!log.exists(), "{command:?} left its log");
    }
}

#[test]
fn no_store_is_made_for_a_connector_that_nobody_knows() {
    let home = Home::strict().unused();
    home.run_with("x", &["connect", "githup", "--secret", "token=env:TEST_TOKEN"]).ended(2);
    assert!(!home.data().exists());
}

#[test]
fn no_store_is_made_by_a_command_that_needs_none() {
    let home = Home::strict().unused();
    assert!(home.run(&["list"]).done().stdout.contains("No connections yet"));
    home.run(&["check", "--all"]).done();
    for command in [
        &["show", "nope"][..],
        &["check", "nope"],
        &["doctor", "nope"],
        &["disconnect", "nope"],
        &["read", "nope", "issues"],
        &["update", "nope", "--set", "a=b"],
    ] {
        home.run(command).ended(2).says("`nope`").says("jackfield list");
    }
    home.run(&["keys", "rotate"]).ended(2).says("no keys to rotate");
    assert!(!home.data().exists());
}

/// As on a disk that is full: no file can grow beyond so many blocks of 512 bytes.
fn run_in(home: &Home, blocks: u32, token: &str, arguments: &[&str]) -> Run {
    let mut shell = Command::new("sh");
    home.prepare(&mut shell);
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_jackfield")]).args(home.arguments(arguments));
    Run::of(arguments, shell.env(TOKEN, token).output().unwrap())
}

#[test]
fn a_store_that_cannot_grow_says_so_and_keeps_what_it_has() {
    let (github, home, id) = filled();
    let new = github.add(Account::classic("bob", &["repo"]));
    let update = ["update", &id, "--secret", "token=env:TEST_TOKEN"];
    let commands: [&[&str]; 4] = [&CONNECT, &update, &["keys", "rotate"], &["disconnect", &id]];
    for blocks in [0, 1, 8] {
        for command in commands {
            let before = home.connections();
            let run = run_in(&home, blocks, &new, command);
            assert_eq!(run.code, Some(1), "{blocks}: {run:#?}");
            assert!(run.stderr.contains("store"), "{blocks}: {run:#?}");
            assert_eq!(home.connections(), before, "{blocks} {command:?}");
            github.forget();
            home.run(&["check", &id]).done();
            let sent = github.requests();
            assert_ne!(sent[0].header("authorization"), Some(&*format!("Bearer {new}")));
        }
    }
    // With room, all of it goes on.
    for command in commands {
        home.run_with(&new, command).done();
    }
    assert_eq!(home.connections().len(), 1);
    home.run(&["check", "--all"]).done();
}

/// Runs a script in a mount namespace of its own, with a small disk at `disk` in the home; `$J` is the
/// program with its options, on a data directory of that disk. None where the system does not let us,
/// which in CI is a failure.
fn on_a_disk_of_its_own(home: &Home, token: &str, script: &str) -> Option<String> {
    let disk = home.path("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = "mount -t tmpfs -o size=1m,mode=700 none disk && echo mounted >&2 || exit 9\n";
    let mut shell = Command::new("unshare");
    home.prepare(&mut shell);
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-c", &format!("{mounted}{script}")]);
    shell.env("J", format!("{} --data-dir disk/data", env!("CARGO_BIN_EXE_jackfield")));
    let output = shell.env(TOKEN, token).output();
    let (out, said) = output.map_or_else(
        |error| (String::new(), error.to_string()),
        |output| (text(output.stdout), text(output.stderr)),
    );
    let mounted = said.contains("mounted");
    assert!(mounted || std::env::var_os("CI").is_none(), "no disk of its own: {said}");
    mounted.then(|| out + &said)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// SQLite needs room even to read: it keeps an index of its log beside it.
#[test]
fn a_disk_that_is_full_and_one_that_is_read_only_are_told_by_their_names() {
    let connect = "$J connect github --unchecked --secret token=env:TEST_TOKEN";
    let cases = [
        (
            "full",
            "dd if=/dev/zero of=disk/fill bs=1k 2>/dev/null",
            "rm disk/fill",
            "The store is full",
        ),
        (
            "read-only",
            "mount -o remount,ro disk",
            "mount -o remount,rw disk",
            "The store is read-only",
        ),
    ];
    for (name, breaks, heals, text) in cases {
        let home = Home::strict();
        let script = format!(
            "{connect}; $J list --json; {breaks}; {connect}; echo code $?; $J keys rotate; \
             echo code $?; {heals}; $J list; {connect}; echo code $?; $J keys rotate; echo code $?"
        );
        let Some(said) = on_a_disk_of_its_own(&home, &token::classic("ada"), &script) else {
            return;
        };
        let codes: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("code ")).collect();
        assert_eq!(codes, ["1", "1", "0", "0"], "{name}: {said}");
        assert_eq!(said.matches(text).count(), 2, "{name}: {said}");
        assert!(said.contains("Sealed 2 secrets"), "{name}: {said}");
    }
}

#[test]
fn the_first_start_on_a_full_disk_leaves_nothing_that_the_next_one_trips_over() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    for blocks in [0, 1, 2, 4, 8, 16, 32] {
        let home = Home::of(&github);
        let run = run_in(&home, blocks, &token, &CONNECT);
        assert!(matches!(run.code, Some(0 | 1)), "{blocks}: {run:#?}");
        assert!(run.code == Some(0) || run.stderr.contains("error: "), "{blocks}: {run:#?}");
        assert_eq!(
            home.connections().len(),
            usize::from(run.code == Some(0)),
            "{blocks}: {run:#?}"
        );
        home.connect(&token, &[]);
    }
}

#[test]
fn places_that_are_no_store_are_refused_and_left_alone() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let a_file = |data: &Path| fs::write(data, "Dear diary,").unwrap();
    let a_directory = |name: &'static str| {
        move |data: &Path| {
            fs::create_dir_all(data.join(name)).unwrap();
            private(data);
        }
    };
    let a_text = |name: &'static str, text: &'static str| {
        move |data: &Path| {
            fs::create_dir_all(data).unwrap();
            fs::write(data.join(name), text).unwrap();
            private(data);
            private(&data.join(name));
        }
    };
    type Make<'a> = &'a dyn Fn(&Path);
    let cases: [(&str, Make<'_>, &str); 6] = [
        ("a file for the directory", &a_file, "data"),
        ("a directory for the database", &a_directory("jackfield.db"), "database"),
        ("a directory for the keys", &a_directory("keys.json"), "keys.json"),
        ("a diary for the database", &a_text("jackfield.db", "Dear diary,"), "database"),
        ("a diary for the keys", &a_text("keys.json", "Dear diary,"), "keys.json"),
        ("an empty ring", &a_text("keys.json", "{}"), "keys.json"),
    ];
    for (name, make, text) in cases {
        let home = Home::of(&github).unused();
        make(&home.data());
        let before = snapshot(&home.data());
        let run = home.run_with(&token, &CONNECT);
        assert_eq!(run.code, Some(1), "{name}: {run:#?}");
        assert!(run.stderr.contains(text), "{name}: {run:#?}");
        let after = snapshot(&home.data());
        assert!(before.iter().all(|file| after.contains(file)), "{name}: {after:?}");
    }
}

#[test]
fn a_store_that_others_may_enter_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_github, home, id) = filled();
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    open(&home.data(), 0o755);
    home.run(&["check", &id]).ended(1).says("chmod 700");
    open(&home.data(), 0o700);
    open(&home.data().join("keys.json"), 0o644);
    home.run(&["check", &id]).ended(1).says("chmod 600");
    open(&home.data().join("keys.json"), 0o600);
    home.run(&["check", &id]).done();
}

#[test]
fn damage_is_told_and_no_key_is_made_in_place_of_a_lost_one() {
    let (_github, home, id) = filled();
    let keys = home.data().join("keys.json");
    let ring = fs::read(&keys).unwrap();
    fs::remove_file(&keys).unwrap();
    home.run(&["check", &id]).ended(1).says("key");
    assert!(!keys.exists(), "a new key would make the loss final");
    fs::write(&keys, &ring).unwrap();
    private(&keys);
    home.run(&["check", &id]).done();

    let database = home.data().join("jackfield.db");
    let whole = fs::read(&database).unwrap();
    for kept in [0, 100, 4096, whole.len() - 100] {
        fs::write(&database, &whole[..kept]).unwrap();
        home.run(&["check", &id]).ended(1);
        assert_eq!(fs::read(&database).unwrap(), &whole[..kept]);
    }
    fs::write(&database, &whole).unwrap();
    home.run(&["check", &id]).done();
}

#[tokio::test]
async fn a_secret_copied_to_another_connection_does_not_open() {
    let (github, home, ada) = filled();
    let bob = home.connect(&github.add(Account::classic("bob", &["repo"])), &[]);
    let options = SqliteConnectOptions::new().filename(home.data().join("jackfield.db"));
    let mut thief = options.connect().await.unwrap();
    let copied = sqlx::query(
        "UPDATE secret SET (key, nonce, ciphertext) = \
         (SELECT key, nonce, ciphertext FROM secret WHERE connection = ?) WHERE connection = ?",
    );
    let done = copied.bind(&ada).bind(&bob).execute(&mut thief).await.unwrap();
    assert_eq!(done.rows_affected(), 1);
    thief.close().await.unwrap();
    github.forget();
    home.run(&["check", &bob]).ended(1).says(&format!("jackfield update {bob}"));
    assert_eq!(github.requests(), []);
    home.run(&["check", &ada]).done();
    let new = github.add(Account::classic("bob", &["repo"]).with_token(token::classic("new")));
    home.run_with(&new, &["update", &bob, "--secret", "token=env:TEST_TOKEN"]).done();
    home.run(&["check", "--all"]).done();
}

fn private(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = if path.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Every file there with its content.
fn snapshot(path: &Path) -> Vec<(std::path::PathBuf, Option<Vec<u8>>)> {
    if !path.is_dir() {
        return vec![(path.to_owned(), fs::read(path).ok())];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|entry| {
            let mut inside = if entry.is_dir() { snapshot(&entry) } else { Vec::new() };
            inside.push((entry.clone(), fs::read(&entry).ok()));
            inside
        })
        .collect()
}
