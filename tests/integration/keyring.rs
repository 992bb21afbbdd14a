//! The master key in a real Secret Service: one that a session bus of its own starts.
//!
//! Needs `dbus-run-session` and `gnome-keyring-daemon`. Where `JACKFIELD_KEYRING` is set, as CI sets it
//! after it has installed them, a missing part is a failure; elsewhere the suite is left out.

use std::process::Command;

use jackfield_tests::{Account, GitHub};

/// Unlocks an empty keyring, then runs the program on it, once for each step.
const SCRIPT: &str = r#"
set -e
printf test | gnome-keyring-daemon --unlock --components=secrets > /dev/null
run() { "$PROGRAM" --data-dir "$DATA" --allow-origin "$ORIGIN" "$@"; }
run connect github --set "api_url=$ORIGIN" --secret token=env:TOKEN
run keys rotate
run check --all
"#;

#[test]
fn the_key_lives_in_the_system_keyring_and_rotates_there() {
    if std::env::var_os("JACKFIELD_KEYRING").is_none() {
        return;
    }
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let run = Command::new("dbus-run-session")
        .args(["--", "bash", "-c", SCRIPT])
        .env("HOME", home.path())
        .env("XDG_DATA_HOME", home.path().join("share"))
        .env("JACKFIELD_KEY_SOURCE", "keyring")
        .env("PROGRAM", env!("CARGO_BIN_EXE_jackfield"))
        .env("DATA", &data)
        .env("ORIGIN", github.origin())
        .env("TOKEN", &token)
        .output()
        .expect("dbus-run-session is installed");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}");
    assert!(!data.join("keys.json").exists(), "the key is not in a file");
    assert!(github.requests().iter().filter(|request| request.path == "/user").count() >= 2);
}
