//! Other processes on the same directory: this test program, started again in a role.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

use super::*;

const ROLE: &str = "JACKFIELD_VAULT_TEST_ROLE";
const DIRECTORY: &str = "JACKFIELD_VAULT_TEST_DIRECTORY";
const KEYS: &str = "JACKFIELD_VAULT_TEST_KEYS";
/// Before what a role prints; the test harness prints, too.
const MARK: &str = "@ ";

const OLD: &str = "old:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const NEW: &str = "new:YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI=";

/// What a started process does. Without a role it is no process of ours, and nothing is to be done.
#[tokio::test]
async fn role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let options = VaultOptions::new(std::env::var_os(DIRECTORY).unwrap());
    let variable = KeySource::Environment(KEYS.to_owned());
    match role.as_str() {
        "rotate" => rotate_for_ever(&Vault::open(options).await.unwrap()).await,
        "replace" => replace_for_ever(&Vault::open(options).await.unwrap()).await,
        "insert" => insert_some(&Vault::open(options).await.unwrap()).await,
        "variable-insert" => say(&with_variable(options.key_source(variable), false).await),
        "variable-rotate" => say(&with_variable(options.key_source(variable), true).await),
        "keyring" => {
            let (service, account) = ("jackfield-test".to_owned(), "none".to_owned());
            let options = options.key_source(KeySource::SystemKeyring { service, account });
            say(&refusal(options).await.to_string());
        }
        other => panic!("no role {other}"),
    }
}

fn say(line: &str) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{MARK}{line}").unwrap();
    output.flush().unwrap();
}

async fn rotate_for_ever(vault: &Vault) {
    use crate::rotation::Watch;
    loop {
        let mut at = |step| {
            say(&format!("{step:?}"));
            Ok(())
        };
        vault.rotate_watched(Watch { progress: &mut |_| (), at: &mut at }).await.unwrap();
    }
}

async fn replace_for_ever(vault: &Vault) {
    let mut connection = vault.list(&Filter::default()).await.unwrap().remove(0);
    loop {
        let value = format!("value {}", connection.generation + 1);
        let secrets = vec![secret("token", &value), secret("twin", &value)];
        let change = changing(secrets);
        say(&format!("{}", connection.generation));
        connection = vault.replace(&connection.id, connection.generation, change).await.unwrap();
    }
}

async fn insert_some(vault: &Vault) {
    for _ in 0..20 {
        say(&stored(vault, CANARY).await.id);
    }
}

async fn with_variable(options: VaultOptions, rotate: bool) -> String {
    let vault = match Vault::open(options).await {
        Ok(vault) => vault,
        Err(error) => return error.to_string(),
    };
    if rotate {
        return serde_json::to_string(&vault.rotate_keys(|_| ()).await.unwrap()).unwrap();
    }
    stored(&vault, CANARY).await;
    for connection in vault.list(&Filter::default()).await.unwrap() {
        assert_eq!(revealed(&vault, &connection, "token").await.unwrap(), CANARY);
    }
    "done".to_owned()
}

/// A process in its role; killed when it is dropped.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    fn start(role: &str, directory: &TempDir, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["tests::processes::role", "--exact", "--nocapture"])
            .env(ROLE, role)
            .env(DIRECTORY, directory.path())
            .env_remove(KEYS)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that the role prints; `None` at its end.
    fn next(&mut self) -> Option<String> {
        let mut lines = self.lines.by_ref().map(Result::unwrap);
        lines.find_map(|line| line.split_once(MARK).map(|(_, said)| said.to_owned()))
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn finish(mut self) -> Vec<String> {
        let said = std::iter::from_fn(|| self.next()).collect();
        assert!(self.child.wait().unwrap().success());
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn say_one(role: &str, directory: &TempDir, variables: &[(&str, &str)]) -> String {
    Running::start(role, directory, variables).finish().remove(0)
}

#[tokio::test]
async fn a_rotation_that_is_killed_at_any_point_loses_nothing() {
    let directory = directory();
    let vault = open(&directory).await;
    let mut connections = Vec::new();
    for _ in 0..70 {
        connections.push(stored(&vault, CANARY).await);
    }
    for lines in 1..=20 {
        let mut rotating = Running::start("rotate", &directory, &[]);
        for _ in 0..lines {
            rotating.next().unwrap();
        }
        rotating.kill();
        let fresh = open(&directory).await;
        connections.push(stored(&fresh, CANARY).await);
        for connection in &connections {
            assert_eq!(revealed(&fresh, connection, "token").await.unwrap(), CANARY, "{lines}");
        }
    }
    let rotation = vault.rotate_keys(|_| ()).await.unwrap();
    assert_eq!(ring_ids(&directory.path().join("keys.json")), [rotation.key.as_str()]);
    assert_eq!(keys_in_use(directory.path()).await, [rotation.key.as_str()]);
}

#[tokio::test]
async fn a_replacement_that_is_killed_leaves_the_old_state_or_the_new_one() {
    let directory = directory();
    let vault = open(&directory).await;
    let secrets = vec![secret("token", "value 1"), secret("twin", "value 1")];
    let id = vault.insert(of("ann"), secrets).await.unwrap().id;
    for lines in 1..=20 {
        let mut replacing = Running::start("replace", &directory, &[]);
        let mut last = 0;
        for _ in 0..lines {
            last = replacing.next().unwrap().parse().unwrap();
        }
        replacing.kill();
        let fresh = open(&directory).await;
        let connection = fresh.connection(&id).await.unwrap().unwrap();
        assert!(connection.generation >= last, "{} after {last}", connection.generation);
        for name in ["token", "twin"] {
            let value = revealed(&fresh, &connection, name).await.unwrap();
            assert_eq!(value, format!("value {}", connection.generation));
        }
    }
}

#[tokio::test]
async fn processes_that_start_together_on_a_fresh_directory_lose_nothing() {
    let directory = directory();
    let processes: Vec<_> = (0..4).map(|_| Running::start("insert", &directory, &[])).collect();
    let mut ids: Vec<String> = processes.into_iter().flat_map(Running::finish).collect();
    assert_eq!(ids.len(), 80);
    let vault = open(&directory).await;
    let listed = vault.list(&Filter::default()).await.unwrap();
    let mut stored: Vec<String> = listed.iter().map(|connection| connection.id.clone()).collect();
    ids.sort();
    stored.sort();
    assert_eq!(ids, stored);
    for connection in &listed {
        assert_eq!(revealed(&vault, connection, "token").await.unwrap(), CANARY);
    }
}

#[tokio::test]
async fn a_ring_in_a_variable_is_rotated_in_three_starts() {
    let directory = directory();
    let both = |first: &str, second: &str| format!("{first},{second}");
    let insert = |keys: &str| say_one("variable-insert", &directory, &[(KEYS, keys)]);
    let rotate = |keys: &str| -> Value {
        serde_json::from_str(&say_one("variable-rotate", &directory, &[(KEYS, keys)])).unwrap()
    };
    assert_eq!(insert(OLD), "done");
    assert_eq!(insert(&both(OLD, NEW)), "done");
    // First in the list, and not yet current: processes that know only the old key still read.
    assert_eq!(insert(&both(NEW, OLD)), "done");
    assert_eq!(insert(OLD), "done");
    assert_eq!(keys_in_use(directory.path()).await, ["old"]);

    let rotation = rotate(&both(NEW, OLD));
    assert_eq!((&rotation["key"], &rotation["resealed"]), (&json!("new"), &json!(4)));
    assert_eq!((&rotation["removable"], &rotation["removed"]), (&json!(["old"]), &json!([])));
    assert_eq!(keys_in_use(directory.path()).await, ["new"]);
    assert_eq!(insert(NEW), "done");
    assert_eq!(insert(&both(OLD, NEW)), "done");
    assert_eq!(keys_in_use(directory.path()).await, ["new"]);
    let refused = insert(OLD);
    assert!(refused.contains("`new`") && refused.contains(KEYS), "{refused}");
    assert_eq!(rotate(NEW)["resealed"], 0);
}

#[tokio::test]
async fn a_variable_that_is_no_ring_is_refused_without_quoting_it() {
    let key = OLD.split_once(':').unwrap().1;
    let swapped = OLD.replace("old", "new");
    let cases = [
        ("unset", None, "holds no key"),
        ("blank", Some(" \n"), "holds no key"),
        ("only a key", Some(key), "item 1 is not ID:KEY"),
        ("short", Some("old:MDEyMw=="), "the key `old` is not 32 bytes"),
        ("a wrong key", Some(&*swapped), "is not the key that this store was sealed with"),
    ];
    let filled = directory();
    assert_eq!(say_one("variable-insert", &filled, &[(KEYS, NEW)]), "done");
    for (name, text, expected) in cases {
        let fresh = directory();
        let directory = if name == "a wrong key" { &filled } else { &fresh };
        let variables: Vec<_> = text.map(|text| (KEYS, text)).into_iter().collect();
        let said = say_one("variable-insert", directory, &variables);
        assert!(said.contains(expected) && said.contains(KEYS), "{name}: {said}");
        assert!(!said.contains(key), "{name}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_system_keyring_that_does_not_answer_is_an_error_that_names_its_entry() {
    let directory = directory();
    let bus = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")];
    let said = say_one("keyring", &directory, &bus);
    assert!(said.contains("jackfield-test") && said.contains("cannot be used"), "{said}");
    assert!(!directory.path().join("keys.json").exists());
}
