use std::fs;
use std::time::Duration;

use super::*;

fn database(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join("jackfield.db")
}

/// A closed store of some pages with one connection.
async fn filled(directory: &TempDir) -> Connection {
    let vault = open(directory).await;
    let connection = stored(&vault, CANARY).await;
    vault.insert(of("bob"), vec![secret("large", &"x".repeat(50_000))]).await.unwrap();
    vault.close().await;
    connection
}

#[tokio::test]
async fn a_truncated_database_is_told_and_nothing_is_made_in_its_place() {
    let directory = directory();
    let connection = filled(&directory).await;
    let good = fs::read(database(&directory)).unwrap();
    let pages = good.len() / 4096;
    for kept in [0, 1, 99, 100, 511, 512, 4095, 4096, 8192, (pages - 1) * 4096, good.len() - 1] {
        fs::write(database(&directory), &good[..kept]).unwrap();
        let opened = Vault::open(options(&directory)).await;
        let Err(error) = opened else { panic!("opened with {kept} bytes of {}", good.len()) };
        let told = matches!(error, Error::Damaged { .. } | Error::NotAStore { .. });
        assert!(told, "{kept} bytes: {error:?}");
        assert_eq!(fs::read(database(&directory)).unwrap(), &good[..kept], "{kept} bytes");
    }
    fs::write(database(&directory), &good).unwrap();
    assert_eq!(revealed(&open(&directory).await, &connection, "token").await.unwrap(), CANARY);
}

#[tokio::test]
async fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let directory = directory();
    open(&directory).await.close().await;
    fs::write(database(&directory), "Dear diary, ".repeat(1000)).unwrap();
    let error = refusal(options(&directory)).await;
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");

    fs::remove_file(database(&directory)).unwrap();
    fs::write(database(&directory), "").unwrap();
    execute(directory.path(), "CREATE TABLE diary (entry)").await;
    let before = fs::read(database(&directory)).unwrap();
    let error = refusal(options(&directory)).await;
    assert!(matches!(error, Error::NotAStore { .. }), "{error:?}");
    assert_eq!(fs::read(database(&directory)).unwrap(), before);
}

#[tokio::test]
async fn a_log_without_its_database_is_not_played_into_a_new_one() {
    let directory = directory();
    let vault = open(&directory).await;
    stored(&vault, CANARY).await;
    let log = fs::read(directory.path().join("jackfield.db-wal")).unwrap();
    vault.close().await;
    fs::remove_file(database(&directory)).unwrap();
    fs::write(directory.path().join("jackfield.db-wal"), &log).unwrap();
    let error = refusal(options(&directory)).await;
    assert!(matches!(error, Error::Damaged { .. }), "{error:?}");
    assert!(!database(&directory).exists());
    assert_eq!(fs::read(directory.path().join("jackfield.db-wal")).unwrap(), log);
}

#[tokio::test]
async fn a_later_schema_is_refused() {
    let directory = directory();
    open(&directory).await.close().await;
    execute(directory.path(), "INSERT INTO migration VALUES (2, 0)").await;
    let error = refusal(options(&directory)).await;
    assert!(matches!(error, Error::NewerSchema { found: 2, known: 1 }), "{error:?}");
}

#[tokio::test]
async fn a_store_that_lost_its_own_row_is_told() {
    let directory = directory();
    open(&directory).await.close().await;
    execute(directory.path(), "DELETE FROM store").await;
    assert!(matches!(refusal(options(&directory)).await, Error::Damaged { .. }));
}

#[tokio::test]
async fn a_read_only_store_is_read_and_every_write_says_why_not() {
    let directory = directory();
    let connection = filled(&directory).await;
    let mut options = options(&directory);
    options.pragmas = vec![("query_only", "ON".to_owned())];
    let vault = Vault::open(options).await.unwrap();
    assert_eq!(vault.list(&Filter::default()).await.unwrap().len(), 2);
    assert_eq!(revealed(&vault, &connection, "token").await.unwrap(), CANARY);

    let errors = [
        vault.insert(of("eve"), vec![]).await.err(),
        vault.replace(&connection.id, 1, changing(vec![])).await.err(),
        vault.delete(&connection.id).await.err(),
        vault.rotate_keys(|_| ()).await.err(),
    ];
    for error in errors {
        assert!(matches!(error, Some(Error::ReadOnly { .. })), "{error:?}");
    }
    assert_eq!(vault.connection(&connection.id).await.unwrap().unwrap(), connection);
    assert_eq!(revealed(&vault, &connection, "token").await.unwrap(), CANARY);
    let vault = open(&directory).await;
    assert_eq!(revealed(&vault, &connection, "token").await.unwrap(), CANARY);
}

#[tokio::test]
async fn a_full_disk_is_told_and_leaves_nothing_half_written() {
    let directory = directory();
    let connection = filled(&directory).await;
    let pages = fs::metadata(database(&directory)).unwrap().len() / 4096;
    let mut options = options(&directory);
    options.pragmas = vec![("max_page_count", pages.to_string())];
    let vault = Vault::open(options).await.unwrap();
    let before = vault.list(&Filter::default()).await.unwrap();

    let large = || secret("huge", &"y".repeat(500_000));
    for attempt in 0..3 {
        let inserted = vault.insert(of("eve"), vec![secret("small", "s"), large()]).await;
        assert!(matches!(inserted, Err(Error::Full { .. })), "{attempt}: {:?}", inserted.err());
        let replaced = vault.replace(&connection.id, 1, changing(vec![large()])).await;
        assert!(matches!(replaced, Err(Error::Full { .. })), "{attempt}: {:?}", replaced.err());
        assert_eq!(vault.list(&Filter::default()).await.unwrap(), before);
        assert_eq!(revealed(&vault, &connection, "token").await.unwrap(), CANARY);
    }

    // The same store goes on where there is room: deleting makes some.
    let large = before.iter().find(|connection| connection.owner == "bob").unwrap();
    vault.delete(&large.id).await.unwrap();
    let after =
        vault.replace(&connection.id, 1, changing(vec![secret("more", "m")])).await.unwrap();
    assert_eq!(revealed(&vault, &after, "token").await.unwrap(), CANARY);
    vault.close().await;
    assert_eq!(open(&directory).await.list(&Filter::default()).await.unwrap(), [after]);
}

#[tokio::test]
async fn a_locked_store_is_read_and_a_write_says_that_it_is_locked() {
    let directory = directory();
    let connection = filled(&directory).await;
    let options = options(&directory).busy_timeout(Duration::from_millis(20));
    let vault = Vault::open(options).await.unwrap();
    let mut other = raw(directory.path()).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();

    let inserted = vault.insert(of("eve"), vec![]).await;
    assert!(matches!(inserted, Err(Error::Locked { .. })), "{:?}", inserted.err());
    assert!(matches!(vault.rotate_keys(|_| ()).await, Err(Error::Locked { .. })));
    assert_eq!(revealed(&vault, &connection, "token").await.unwrap(), CANARY);

    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    vault.insert(of("eve"), vec![]).await.unwrap();
    assert_eq!(vault.list(&Filter::default()).await.unwrap().len(), 3);
    assert!(vault.rotate_keys(|_| ()).await.unwrap().resumed);
}

#[tokio::test]
async fn an_operation_that_is_given_up_leaves_nothing_and_the_store_goes_on() {
    let directory = directory();
    let vault = open(&directory).await;
    for _ in 0..50 {
        let secrets = vec![secret("token", CANARY)];
        tokio::select! {
            biased;
            () = tokio::task::yield_now() => {}
            _ = vault.insert(of("given-up"), secrets) => {}
        }
    }
    let kept = stored(&vault, CANARY).await;
    for connection in vault.list(&Filter::default()).await.unwrap() {
        assert_eq!(connection.secrets.len(), 1);
        assert_eq!(revealed(&vault, &connection, "token").await.unwrap(), CANARY);
    }
    assert_eq!(vault.connection(&kept.id).await.unwrap(), Some(kept));
}
