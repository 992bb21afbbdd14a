//! The database file: how it is made, connected to, and brought to the newest schema.
//!
//! A new database is built under another name, completely, and then takes its place. So an empty
//! file in that place is damage and never a beginning, and no process sees half a schema.

use std::fs;
use std::path::Path;
use std::time::Duration;

use jackfield_host::failure::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _};

use crate::keys::file::{self, absent_is_fine, beside};
use crate::{Error, integer};

/// `JACK`, in the database's header: whose file it is.
const APPLICATION: i64 = 0x4a41_434b;
/// Bytes of a database page.
const PAGE: u32 = 4096;
/// Connections of the pool: writers wait in line anyway, readers are quick.
const CONNECTIONS: u32 = 4;

/// Each brings the schema from the version before it to its own, which is its place from 1.
const MIGRATIONS: [&str; 1] = [include_str!("schema/1.sql")];

/// The newest schema version.
pub(crate) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// Connects to that database, which must be there.
pub(crate) fn options(
    path: &Path,
    busy_timeout: Duration,
    more: &[(&'static str, String)],
) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(busy_timeout)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        // Deleted rows are overwritten, and nothing spills into other files.
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        // macOS: flush the drive's own cache too.
        .pragma("fullfsync", "ON")
        .pragma("checkpoint_fullfsync", "ON")
        // A damaged or doctored file is noticed rather than followed.
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging();
    let more = more.iter().cloned();
    more.fold(options, |options, (name, value)| options.pragma(name, value))
}

/// A pool that opens its first connection when it is first needed.
pub(crate) fn pool(options: SqliteConnectOptions, busy_timeout: Duration) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(busy_timeout.max(Duration::from_secs(1)))
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        // SQLite ends some failed transactions by itself; the connection's own count is then off.
        .after_release(|connection, _| {
            Box::pin(async move {
                if connection.is_in_transaction() {
                    // A rollback may still be on its way.
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
        .connect_lazy_with(options)
}

/// Makes the database, with that store id, if it is not there. The caller holds the lock.
///
/// # Errors
///
/// [`Error::Damaged`] when a log is there without its database.
pub(crate) async fn create(path: &Path, store: &str) -> Result<(), Error> {
    let failed = |error| Error::file(path, error);
    if path.try_exists().map_err(failed)? {
        return Ok(());
    }
    // SQLite would play a log that was left behind into the new database.
    if beside(path, "-wal").try_exists().map_err(failed)? {
        return Err(Error::damaged("the database file is gone, and its log is still there"));
    }
    let new = beside(path, ".new");
    for suffix in ["", "-journal", "-wal", "-shm"] {
        fs::remove_file(beside(&new, suffix)).or_else(absent_is_fine).map_err(failed)?;
    }
    file::create_private(&new).map_err(failed)?;
    build(&new, store).await?;
    fs::rename(&new, path).map_err(failed)?;
    file::sync_parent(path).map_err(failed)
}

async fn build(path: &Path, store: &str) -> Result<(), Error> {
    let mut connection = options(path, Duration::ZERO, &[]).page_size(PAGE).connect().await?;
    let header = format!("PRAGMA application_id = {APPLICATION}");
    sqlx::query(AssertSqlSafe(header)).execute(&mut connection).await?;
    migrate(&mut connection, &MIGRATIONS).await?;
    sqlx::query("INSERT INTO store (one, id) VALUES (1, ?)")
        .bind(store)
        .execute(&mut connection)
        .await?;
    connection.close().await?;
    // The log's mode stays with the file. Set last: until here there was one file to flush.
    let options = options(path, Duration::ZERO, &[]).journal_mode(SqliteJournalMode::Wal);
    options.connect().await?.close().await?;
    Ok(())
}

/// That the file does not end within a page. SQLite tells missing pages by itself, and takes the
/// missing part of one for zeros.
///
/// # Errors
///
/// [`Error::Damaged`].
pub(crate) fn expect_whole_pages(path: &Path) -> Result<(), Error> {
    let failed = |error| Error::file(path, error);
    let length = || fs::metadata(path).map(|metadata| metadata.len()).map_err(failed);
    let log = || match fs::metadata(beside(path, "-wal")) {
        Ok(metadata) => Ok(metadata.len()),
        Err(error) => absent_is_fine(error).map(|()| 0).map_err(failed),
    };
    // While the log holds something, the file may be just being written from it, or will be.
    let partial = |length: u64| !length.is_multiple_of(u64::from(PAGE));
    if partial(length()?) && log()? == 0 && partial(length()?) {
        return Err(Error::damaged("the file ends within a page"));
    }
    Ok(())
}

/// The schema's version.
///
/// # Errors
///
/// [`Error::NotAStore`], [`Error::NewerSchema`], and [`Error::Damaged`] for a file without content.
pub(crate) async fn version(path: &Path, connection: &mut SqliteConnection) -> Result<i64, Error> {
    let application: i64 =
        sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    if application != APPLICATION {
        let empty = fs::metadata(path).map_err(|error| Error::file(path, error))?.len() == 0;
        return Err(if empty {
            Error::damaged("the file is empty")
        } else {
            Error::NotAStore { path: path.to_owned() }
        });
    }
    let found = applied(connection).await?;
    if found > NEWEST {
        return Err(Error::NewerSchema { found, known: NEWEST });
    }
    Ok(found)
}

async fn applied(connection: &mut SqliteConnection) -> Result<i64, Error> {
    let newest = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM migration");
    Ok(newest.fetch_one(connection).await?)
}

/// Applies what is missing, each migration in a transaction of its own.
pub(crate) async fn upgrade(connection: &mut SqliteConnection) -> Result<(), Error> {
    migrate(connection, &MIGRATIONS).await
}

async fn migrate(
    connection: &mut SqliteConnection,
    migrations: &[&'static str],
) -> Result<(), Error> {
    sqlx::query(
        "CREATE TABLE IF NOT EXISTS migration \
         (version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT",
    )
    .execute(&mut *connection)
    .await?;
    for (version, migration) in (1..).zip(migrations) {
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        if applied(&mut transaction).await? < version {
            sqlx::raw_sql(*migration).execute(&mut *transaction).await?;
            sqlx::query("INSERT INTO migration (version, applied_at) VALUES (?, ?)")
                .bind(version)
                .bind(integer(Timestamp::now().0))
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    async fn memory() -> SqliteConnection {
        SqliteConnection::connect("sqlite::memory:").await.unwrap()
    }

    #[tokio::test]
    async fn a_migration_is_applied_once_and_in_its_turn() {
        const STEPS: [&str; 2] =
            ["CREATE TABLE a (x)", "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)"];
        let mut connection = memory().await;
        for known in [1, 1, 2, 2] {
            migrate(&mut connection, &STEPS[..known]).await.unwrap();
            assert_eq!(applied(&mut connection).await.unwrap(), known as i64);
        }
        let rows: i64 =
            sqlx::query_scalar("SELECT count(y) FROM a").fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 1);
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_nothing() {
        let mut connection = memory().await;
        let steps = ["CREATE TABLE a (x)", "CREATE TABLE b (x); CREATE TABLE a (x)"];
        assert!(migrate(&mut connection, &steps).await.is_err());
        assert_eq!(applied(&mut connection).await.unwrap(), 1);
        let b = sqlx::query("SELECT * FROM b").fetch_all(&mut connection).await;
        assert!(b.is_err());
    }
}
