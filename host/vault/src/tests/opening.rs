use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn the_first_start_makes_private_files_and_says_that_it_made_a_key() {
    let parent = directory();
    let path = parent.path().join("data");
    let vault = Vault::open(VaultOptions::new(&path)).await.unwrap();
    stored(&vault, "t").await;
    assert!(vault.made_keys());
    let keys = path.canonicalize().unwrap().join("keys.json");
    assert_eq!(*vault.key_source(), KeySource::File(keys.clone()));
    assert!(vault.key_source().to_string().contains("keys.json"));
    assert_eq!(mode(&path), 0o700);
    for entry in fs::read_dir(&path).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    assert!(!Vault::open(VaultOptions::new(&path)).await.unwrap().made_keys());
}

#[tokio::test]
async fn a_database_that_others_could_read_is_closed_to_them() {
    let directory = directory();
    open(&directory).await.close().await;
    let path = directory.path().join("jackfield.db");
    set_mode(&path, 0o644);
    open(&directory).await;
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_key_file_that_others_may_read_is_refused_with_a_sentence() {
    let directory = directory();
    open(&directory).await.close().await;
    let path = directory.path().join("keys.json");
    for exposed in [0o640, 0o604, 0o660, 0o610, 0o644] {
        set_mode(&path, exposed);
        let error = refusal(options(&directory)).await;
        assert!(matches!(error, Error::ExposedKeyFile { mode, .. } if mode == exposed));
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    set_mode(&path, 0o400);
    open(&directory).await;
}

#[tokio::test]
async fn a_missing_key_file_is_not_replaced_while_secrets_need_it() {
    let directory = directory();
    let vault = open(&directory).await;
    let connection = stored(&vault, CANARY).await;
    vault.close().await;
    let (path, aside) = (directory.path().join("keys.json"), directory.path().join("aside"));
    let id = ring_ids(&path).remove(0);
    fs::rename(&path, &aside).unwrap();

    let error = refusal(options(&directory)).await;
    assert!(matches!(&error, Error::MissingKeys { ids, .. } if ids[0].as_str() == id));
    assert!(error.to_string().contains(&id) && error.to_string().contains("keys.json"), "{error}");
    assert!(!path.exists());

    fs::rename(&aside, &path).unwrap();
    assert_eq!(revealed(&open(&directory).await, &connection, "token").await.unwrap(), CANARY);
}

#[tokio::test]
async fn a_store_without_secrets_gets_a_new_key() {
    let directory = directory();
    let vault = open(&directory).await;
    vault.insert(of("ann"), vec![]).await.unwrap();
    vault.close().await;
    fs::remove_file(directory.path().join("keys.json")).unwrap();
    let vault = open(&directory).await;
    assert!(vault.made_keys());
    let connection = stored(&vault, CANARY).await;
    assert_eq!(revealed(&open(&directory).await, &connection, "token").await.unwrap(), CANARY);
}

#[tokio::test]
async fn a_wrong_key_is_told_when_the_store_is_opened() {
    let directory = directory();
    let vault = open(&directory).await;
    let connection = stored(&vault, CANARY).await;
    vault.close().await;
    let path = directory.path().join("keys.json");
    let good = fs::read(&path).unwrap();
    let mut ring: Value = serde_json::from_slice(&good).unwrap();
    ring["keys"][0]["key"] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=".into();
    fs::write(&path, ring.to_string()).unwrap();

    let error = refusal(options(&directory)).await;
    assert!(matches!(error, Error::WrongKey { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("keys.json") && text.contains(ring["primary"].as_str().unwrap()));

    fs::write(&path, good).unwrap();
    assert_eq!(revealed(&open(&directory).await, &connection, "token").await.unwrap(), CANARY);
}

#[tokio::test]
async fn a_damaged_key_file_is_refused_without_quoting_it() {
    let directory = directory();
    stored(&open(&directory).await, CANARY).await;
    let path = directory.path().join("keys.json");
    let good = fs::read_to_string(&path).unwrap();
    let key = serde_json::from_str::<Value>(&good).unwrap()["keys"][0]["key"].to_string();
    let long = format!("{good}{}", " ".repeat(64 * 1024));
    let cases = ["", "{}", &good[..good.len() / 2], &good.replace("keys/1", "keys/9"), &key, &long];
    for text in cases {
        fs::write(&path, text).unwrap();
        let error = refusal(options(&directory)).await;
        assert!(matches!(error, Error::InvalidKeys { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains(key.trim_matches('"')));
    }
    fs::write(&path, good).unwrap();
    open(&directory).await;
}

#[tokio::test]
async fn a_ring_of_another_store_is_refused() {
    let (one, two, keys) = (directory(), directory(), directory());
    let place = KeySource::File(keys.path().join("shared.json"));
    let vault = Vault::open(options(&one).key_source(place.clone())).await.unwrap();
    assert!(vault.made_keys());
    let error = refusal(options(&two).key_source(place.clone())).await;
    assert!(matches!(error, Error::ForeignKeys { .. }), "{error}");
    Vault::open(options(&one).key_source(place)).await.unwrap();
}

#[tokio::test]
async fn a_ring_that_outlived_its_store_serves_the_next_one_in_its_directory() {
    let directory = directory();
    open(&directory).await.close().await;
    fs::remove_file(directory.path().join("jackfield.db")).unwrap();
    let vault = open(&directory).await;
    assert!(!vault.made_keys());
    let connection = stored(&vault, CANARY).await;
    assert_eq!(revealed(&open(&directory).await, &connection, "token").await.unwrap(), CANARY);
}

#[tokio::test]
async fn a_start_that_was_killed_half_way_is_completed() {
    type Breakage = fn(&Path);
    let cases: [(&str, Breakage); 3] = [
        ("before the database had its name", |path| {
            fs::rename(path.join("jackfield.db"), path.join("jackfield.db.new")).unwrap();
            fs::remove_file(path.join("keys.json")).unwrap();
        }),
        ("before the key had its name", |path| {
            fs::rename(path.join("keys.json"), path.join("keys.json.new")).unwrap();
        }),
        ("while the key was written", |path| {
            fs::remove_file(path.join("keys.json")).unwrap();
            fs::write(path.join("keys.json.new"), "{\"form").unwrap();
        }),
    ];
    for (name, breakage) in cases {
        let directory = directory();
        open(&directory).await.close().await;
        breakage(directory.path());
        let vault = open(&directory).await;
        assert!(vault.made_keys(), "{name}");
        stored(&vault, CANARY).await;
        vault.close().await;
        let mut names: Vec<_> = fs::read_dir(directory.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["jackfield.db", "jackfield.lock", "keys.json"], "{name}");
    }
}

#[tokio::test]
async fn a_start_that_was_killed_before_the_key_was_registered_is_completed() {
    let directory = directory();
    open(&directory).await.close().await;
    execute(directory.path(), "UPDATE store SET current_key = NULL; DELETE FROM key").await;
    let second_name = directory.path().join("keys.json.new");
    fs::hard_link(directory.path().join("keys.json"), &second_name).unwrap();
    let vault = open(&directory).await;
    assert!(!vault.made_keys());
    assert!(!second_name.exists());
    stored(&vault, CANARY).await;
}

#[tokio::test]
async fn derived_keys_are_stable_and_differ_by_purpose_and_store() {
    let (one, two) = (directory(), directory());
    let derive = async |directory, purpose| *open(directory).await.derive_key(purpose);
    let key = derive(&one, "cache").await;
    assert_eq!(key, derive(&one, "cache").await);
    assert_ne!(key, derive(&one, "cookies").await);
    assert_ne!(key, derive(&two, "cache").await);
    assert_ne!(key, [0; 32]);
}
