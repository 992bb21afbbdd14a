use jackfield_host::failure::Cause;
use jackfield_host::report::Account;
use jackfield_host::secret::SecretStore;

use super::*;

fn report(name: &str) -> Report {
    Report {
        account: Account { id: "1".to_owned(), name: name.to_owned(), url: None },
        edition: Some("github.com".to_owned()),
        organizations: vec!["acme".to_owned()],
        credential_expires_at: Some(Timestamp(1_800_000_000_000)),
        permissions: Vec::new(),
        warnings: Vec::new(),
        discovered: Map::new(),
        quota: None,
    }
}

fn passed(at: u64) -> CheckRecord {
    CheckRecord {
        state: ConnectionState::Active,
        result: Ok(report("octocat")),
        discovered: Some(object(json!({"cloud_id": "c1"}))),
        at: Timestamp(at),
    }
}

fn failed(at: u64) -> CheckRecord {
    CheckRecord {
        state: ConnectionState::Rejected,
        result: Err(Failure::new(Cause::CredentialRejected, "the token was refused")),
        discovered: None,
        at: Timestamp(at),
    }
}

#[tokio::test]
async fn a_connection_comes_back_as_it_was_stored() {
    let directory = directory();
    let new = NewConnection { check: Some(passed(7)), ..of("ann") };
    let secrets = vec![secret("token", CANARY), secret("extra", "")];
    let inserted = open(&directory).await.insert(new, secrets).await.unwrap();

    let vault = open(&directory).await;
    let read = vault.connection(&inserted.id).await.unwrap().unwrap();
    assert_eq!(read, inserted);
    assert_eq!((read.owner.as_str(), read.runtime.as_str()), ("ann", "main"));
    assert_eq!((read.connector.as_str(), read.method.as_str()), ("github", "token"));
    assert_eq!(read.settings, of("ann").settings);
    assert_eq!(read.discovered, object(json!({"cloud_id": "c1"})));
    assert_eq!((read.state, read.generation), (ConnectionState::Active, 1));
    assert_eq!(read.report, Some(report("octocat")));
    assert_eq!((read.failure, read.checked_at), (None, Some(Timestamp(7))));
    assert_eq!(read.created_at, read.updated_at);
    let names: Vec<_> = read.secrets.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(names, ["extra", "token"]);
    assert_eq!(read.secrets[1].info.kind.as_deref(), Some("classic"));
    assert_eq!(revealed(&vault, &inserted, "token").await.unwrap(), CANARY);
    assert_eq!(revealed(&vault, &inserted, "extra").await.unwrap(), "");
}

#[tokio::test]
async fn a_connection_in_json_names_its_secrets_and_holds_none() {
    let directory = directory();
    let connection = stored(&open(&directory).await, CANARY).await;
    let text = serde_json::to_string(&connection).unwrap();
    assert!(!text.contains(CANARY));
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["state"], "unchecked");
    assert_eq!(value["secrets"][0]["name"], "token");
    assert_eq!(value["secrets"][0]["kind"], "classic");
    assert_eq!(value["report"], Value::Null);
}

#[tokio::test]
async fn the_secret_store_lends_what_is_stored_and_nothing_else() {
    let directory = directory();
    let vault = open(&directory).await;
    let connection = stored(&vault, CANARY).await;
    let secrets: Box<dyn SecretStore> = Box::new(vault.secrets(&connection));
    assert_eq!(secrets.info("token").await.unwrap().unwrap().kind.as_deref(), Some("classic"));
    assert_eq!(secrets.reveal("token").await.unwrap().unwrap().expose_secret(), CANARY);
    assert!(secrets.info("absent").await.unwrap().is_none());
    assert!(secrets.reveal("absent").await.unwrap().is_none());
}

#[tokio::test]
async fn a_list_is_filtered_and_has_each_secret_with_its_connection() {
    let directory = directory();
    let vault = open(&directory).await;
    let jira = |owner| NewConnection { connector: "jira".to_owned(), ..of(owner) };
    let test = |owner| NewConnection { runtime: "test".to_owned(), ..of(owner) };
    vault.insert(of("ann"), vec![]).await.unwrap();
    vault.insert(jira("ann"), vec![secret("b", "1"), secret("a", "2")]).await.unwrap();
    vault.insert(test("ann"), vec![]).await.unwrap();
    vault.insert(of("bob"), vec![secret("token", "3")]).await.unwrap();

    let some = |text: &str| Some(text.to_owned());
    let cases = [
        ("all", Filter::default(), 4),
        ("owner", Filter { owner: some("ann"), ..Filter::default() }, 3),
        ("runtime", Filter { runtime: some("test"), ..Filter::default() }, 1),
        ("connector", Filter { connector: some("github"), ..Filter::default() }, 3),
        ("two", Filter { owner: some("ann"), connector: some("github"), runtime: None }, 2),
        ("nobody", Filter { owner: some("an"), ..Filter::default() }, 0),
        ("a pattern", Filter { owner: some("%"), ..Filter::default() }, 0),
    ];
    for (name, filter, expected) in cases {
        let listed = vault.list(&filter).await.unwrap();
        assert_eq!(listed.len(), expected, "{name}");
        for connection in listed {
            let alone = vault.connection(&connection.id).await.unwrap().unwrap();
            assert_eq!(connection, alone, "{name}");
        }
    }
    let all = vault.list(&Filter::default()).await.unwrap();
    assert!(all.is_sorted_by_key(|connection| (connection.created_at, connection.id.clone())));
}

#[tokio::test]
async fn a_check_is_recorded_and_a_failed_one_keeps_the_last_report() {
    let directory = directory();
    let vault = open(&directory).await;
    let connection = stored(&vault, "t").await;
    let good = vault.record_check(&connection.id, 1, &passed(10)).await.unwrap();
    assert_eq!((good.state, good.failure.is_none()), (ConnectionState::Active, true));
    let bad = vault.record_check(&connection.id, 1, &failed(20)).await.unwrap();
    assert_eq!(bad.state, ConnectionState::Rejected);
    assert_eq!(bad.report, good.report);
    assert_eq!(bad.discovered, good.discovered);
    assert_eq!(bad.checked_at, Some(Timestamp(20)));
    assert_eq!((bad.generation, bad.updated_at), (1, connection.updated_at));
    let again = vault.record_check(&connection.id, 1, &passed(30)).await.unwrap();
    assert_eq!(again.failure, None);
}

#[tokio::test]
async fn a_check_of_an_old_credential_does_not_touch_the_new_one() {
    let directory = directory();
    let vault = open(&directory).await;
    let old = stored(&vault, "old").await;
    let new = vault.replace(&old.id, 1, changing(vec![secret("token", "new")])).await.unwrap();
    let error = vault.record_check(&old.id, 1, &failed(20)).await.unwrap_err();
    assert!(matches!(error, Error::Superseded { expected: 1, found: 2, .. }), "{error}");
    assert_eq!(vault.connection(&old.id).await.unwrap(), Some(new));
}

#[tokio::test]
async fn of_two_replacements_of_one_generation_one_is_refused() {
    let directory = directory();
    let vault = open(&directory).await;
    let connection = stored(&vault, "old").await;
    let replace = |value| vault.replace(&connection.id, 1, changing(vec![secret("token", value)]));
    let outcomes: [Result<Connection, Error>; 2] =
        tokio::join!(replace("one"), replace("two")).into();
    let won: Vec<_> = outcomes.iter().flatten().collect();
    assert_eq!(won.len(), 1);
    let value = revealed(&vault, won[0], "token").await.unwrap();
    assert_eq!(value, if outcomes[0].is_ok() { "one" } else { "two" });
}

#[tokio::test]
async fn a_replacement_keeps_or_removes_the_other_secrets() {
    let directory = directory();
    let vault = open(&directory).await;
    for (others, expected) in [
        (OtherSecrets::Keep, vec!["added", "kept", "token"]),
        (OtherSecrets::Remove, vec!["added", "token"]),
    ] {
        let secrets = vec![secret("kept", "k"), secret("token", "old")];
        let new = NewConnection { check: Some(passed(5)), ..of("ann") };
        let before = vault.insert(new, secrets).await.unwrap();
        let secrets = vec![secret("token", "new"), secret("added", "a")];
        let settings = Some(object(json!({"api_url": "https://ghe.example/api/v3"})));
        let method = Some("pat".to_owned());
        let change = Replacement { method, settings, secrets, others, check: None };
        let after = vault.replace(&before.id, 1, change).await.unwrap();

        let names: Vec<_> = after.secrets.iter().map(|secret| secret.name.as_str()).collect();
        assert_eq!(names, expected);
        assert_eq!((after.generation, after.method.as_str()), (2, "pat"));
        assert_eq!(after.settings["api_url"], "https://ghe.example/api/v3");
        assert_eq!((after.state, &after.report), (ConnectionState::Unchecked, &None));
        assert_eq!(after.discovered, before.discovered);
        assert_eq!(revealed(&vault, &after, "token").await.unwrap(), "new");
        assert_eq!(revealed(&vault, &after, "added").await.unwrap(), "a");
        if others == OtherSecrets::Keep {
            assert_eq!(revealed(&vault, &after, "kept").await.unwrap(), "k");
            assert_eq!(after.secrets[1].stored_at, before.secrets[0].stored_at);
        }
    }
}

#[tokio::test]
async fn a_new_secret_is_not_lent_to_a_call_that_knows_the_old_settings() {
    let directory = directory();
    let vault = open(&directory).await;
    let old = stored(&vault, "old").await;
    let new = vault.replace(&old.id, 1, changing(vec![])).await.unwrap();
    assert!(matches!(revealed(&vault, &old, "token").await, Err(Error::Superseded { .. })));
    assert!(matches!(vault.secrets(&old).describe("token").await, Err(Error::Superseded { .. })));
    assert_eq!(revealed(&vault, &new, "token").await.unwrap(), "old");
}

#[tokio::test]
async fn a_deleted_connection_is_gone_from_the_file_too() {
    let directory = directory();
    let vault = open(&directory).await;
    let connection = vault.insert(of("marker-of-the-owner"), vec![secret("t", "v")]).await.unwrap();
    let mut database = raw(directory.path()).await;
    let sealed: Vec<u8> =
        sqlx::query_scalar("SELECT ciphertext FROM secret").fetch_one(&mut database).await.unwrap();
    database.close().await.unwrap();
    assert!(on_disk(&directory, &sealed) && on_disk(&directory, b"marker-of-the-owner"));

    vault.delete(&connection.id).await.unwrap();
    assert!(!on_disk(&directory, &sealed));
    assert!(!on_disk(&directory, b"marker-of-the-owner"));
    assert_eq!(vault.connection(&connection.id).await.unwrap(), None);
    assert!(matches!(vault.delete(&connection.id).await, Err(Error::NotFound { .. })));
    assert!(matches!(revealed(&vault, &connection, "t").await, Err(Error::NotFound { .. })));
}

#[tokio::test]
async fn operations_on_an_unknown_id_say_so() {
    let directory = directory();
    let vault = open(&directory).await;
    let not_found = |error: Error| assert!(matches!(error, Error::NotFound { id } if id == "nope"));
    assert_eq!(vault.connection("nope").await.unwrap(), None);
    not_found(vault.record_check("nope", 1, &passed(1)).await.unwrap_err());
    not_found(vault.replace("nope", 1, changing(vec![])).await.unwrap_err());
    not_found(vault.delete("nope").await.unwrap_err());
}

#[tokio::test]
async fn a_secret_given_twice_is_refused_before_anything_is_written() {
    let directory = directory();
    let vault = open(&directory).await;
    let twice = || vec![secret("a", "1"), secret("b", "2"), secret("a", "3")];
    let error = vault.insert(of("ann"), twice()).await.unwrap_err();
    assert!(matches!(error, Error::DuplicateSecret { name } if name == "a"));
    assert_eq!(vault.list(&Filter::default()).await.unwrap(), []);
    let connection = stored(&vault, "t").await;
    assert!(vault.replace(&connection.id, 1, changing(twice())).await.is_err());
    assert_eq!(vault.connection(&connection.id).await.unwrap(), Some(connection));
}

#[tokio::test]
async fn no_file_ever_holds_a_secret() {
    let directory = directory();
    let vault = open(&directory).await;
    let other = CANARY.replace("ghp", "gho");
    let connection = stored(&vault, CANARY).await;
    let _gone = stored(&vault, CANARY).await;
    vault.delete(&_gone.id).await.unwrap();
    let change = changing(vec![secret("token", &other), secret("more", CANARY)]);
    let connection = vault.replace(&connection.id, 1, change).await.unwrap();
    vault.rotate_keys(|_| ()).await.unwrap();
    assert_eq!(revealed(&vault, &connection, "token").await.unwrap(), other);
    for part in ["canary0123456789", "ghp_", "gho_"] {
        assert!(!on_disk(&directory, part.as_bytes()), "{part}");
    }
    vault.close().await;
    assert!(!on_disk(&directory, b"canary0123456789"));
}

/// Whether any file of the data directory holds the bytes.
fn on_disk(directory: &TempDir, bytes: &[u8]) -> bool {
    let files = std::fs::read_dir(directory.path()).unwrap();
    let texts: Vec<_> = files.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(texts.len() >= 3, "the database, the keys and the lock");
    texts.iter().any(|text| text.windows(bytes.len()).any(|window| window == bytes))
}
