//! The operations on connections, each one transaction.

use jackfield_host::failure::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use sqlx::SqliteConnection;

use crate::rows::{self, SealedRow};
use crate::vault::Keys;
use crate::{
    CheckRecord, Connection, ConnectionState, Error, Filter, NewConnection, NewSecret,
    OtherSecrets, Replacement, Vault, id, integer,
};

impl Vault {
    /// The connection, stored with its secrets: on the disk when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateSecret`]; else what the store or its keys ran into. Nothing is stored then.
    pub async fn insert(
        &self,
        new: NewConnection,
        secrets: Vec<NewSecret>,
    ) -> Result<Connection, Error> {
        reject_duplicates(&secrets)?;
        let (mut transaction, keys) = self.begin_sealing().await?;
        let id = unused_id(&mut transaction).await?;
        insert_row(&mut transaction, &id, &new).await?;
        if let Some(check) = &new.check {
            write_check(&mut transaction, &id, check).await?;
        }
        put_secrets(&mut transaction, &keys, &id, secrets).await?;
        let connection = rows::existing(&mut transaction, &id).await?;
        transaction.commit().await?;
        Ok(connection)
    }

    /// The connection of that id; `None` when there is none.
    ///
    /// # Errors
    ///
    /// What the store ran into; [`Error::DamagedRow`].
    pub async fn connection(&self, id: &str) -> Result<Option<Connection>, Error> {
        let mut transaction = self.shared.pool.begin().await?;
        rows::connection(&mut transaction, id).await
    }

    /// The connections that the filter lets through, oldest first.
    ///
    /// # Errors
    ///
    /// What the store ran into; [`Error::DamagedRow`].
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Connection>, Error> {
        let mut transaction = self.shared.pool.begin().await?;
        rows::list(&mut transaction, filter).await
    }

    /// The connection with the outcome of a check: on the disk when this returns. The generation
    /// stays.
    ///
    /// # Errors
    ///
    /// [`Error::Superseded`] when the connection is not of the expected generation any more: the
    /// check was of an old credential, and says nothing of the new one. [`Error::NotFound`].
    pub async fn record_check(
        &self,
        id: &str,
        expected: u64,
        check: &CheckRecord,
    ) -> Result<Connection, Error> {
        let mut transaction = self.begin().await?;
        rows::expect_generation(&mut transaction, id, expected).await?;
        write_check(&mut transaction, id, check).await?;
        let connection = rows::existing(&mut transaction, id).await?;
        transaction.commit().await?;
        Ok(connection)
    }

    /// The connection with other settings or secrets, one generation on: on the disk when this
    /// returns. Every secret that it keeps is sealed again.
    ///
    /// # Errors
    ///
    /// [`Error::Superseded`], [`Error::NotFound`], [`Error::DuplicateSecret`];
    /// [`Error::Unsealable`] when a secret that should be kept does not open. The old state stays.
    pub async fn replace(
        &self,
        id: &str,
        expected: u64,
        replacement: Replacement,
    ) -> Result<Connection, Error> {
        reject_duplicates(&replacement.secrets)?;
        let (mut transaction, keys) = self.begin_sealing().await?;
        rows::expect_generation(&mut transaction, id, expected).await?;
        let kept = match replacement.others {
            OtherSecrets::Keep => {
                open_others(&mut transaction, self, &keys, id, &replacement.secrets).await?
            }
            OtherSecrets::Remove => Vec::new(),
        };
        delete_secrets(&mut transaction, id).await?;
        replace_row(&mut transaction, id, &replacement).await?;
        put_secrets(&mut transaction, &keys, id, replacement.secrets).await?;
        for (secret, stored_at) in kept {
            put_secret(&mut transaction, &keys, id, &secret, stored_at).await?;
        }
        let connection = rows::existing(&mut transaction, id).await?;
        transaction.commit().await?;
        self.truncate_log().await;
        Ok(connection)
    }

    /// Deletes the connection and overwrites its secrets: gone from the disk when this returns.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; else what the store ran into.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        let deleted = sqlx::query("DELETE FROM connection WHERE id = ?")
            .bind(id)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        if deleted == 0 {
            return Err(Error::NotFound { id: id.to_owned() });
        }
        transaction.commit().await?;
        self.truncate_log().await;
        Ok(())
    }

    /// Folds the log into the database, so that nothing that was overwritten there is left in it.
    /// A reader or writer of another process may prevent it; then a later checkpoint does it.
    pub(crate) async fn truncate_log(&self) {
        let _ = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.shared.pool).await;
    }
}

fn reject_duplicates(secrets: &[NewSecret]) -> Result<(), Error> {
    let repeated = secrets.iter().enumerate().find(|(index, secret)| {
        secrets.iter().take(*index).any(|earlier| earlier.name == secret.name)
    });
    match repeated {
        Some((_, secret)) => Err(Error::DuplicateSecret { name: secret.name.clone() }),
        None => Ok(()),
    }
}

async fn unused_id(connection: &mut SqliteConnection) -> Result<String, Error> {
    loop {
        let id = id::random(id::CONNECTION)?;
        let taken: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM connection WHERE id = ?)")
                .bind(&id)
                .fetch_one(&mut *connection)
                .await?;
        if !taken {
            return Ok(id);
        }
    }
}

async fn insert_row(
    connection: &mut SqliteConnection,
    id: &str,
    new: &NewConnection,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO connection (id, owner, runtime, connector, method, settings, discovered, \
         state, generation, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, '{}', ?7, 1, ?8, ?8)",
    )
    .bind(id)
    .bind(&new.owner)
    .bind(&new.runtime)
    .bind(&new.connector)
    .bind(&new.method)
    .bind(json(&new.settings))
    .bind(ConnectionState::Unchecked.as_str())
    .bind(integer(Timestamp::now().0))
    .execute(connection)
    .await?;
    Ok(())
}

async fn replace_row(
    connection: &mut SqliteConnection,
    id: &str,
    replacement: &Replacement,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE connection SET method = coalesce(?2, method), settings = coalesce(?3, settings), \
         state = ?4, report = NULL, failure = NULL, checked_at = NULL, \
         generation = generation + 1, updated_at = ?5 WHERE id = ?1",
    )
    .bind(id)
    .bind(&replacement.method)
    .bind(replacement.settings.as_ref().map(json::<Map<String, Value>>))
    .bind(ConnectionState::Unchecked.as_str())
    .bind(integer(Timestamp::now().0))
    .execute(&mut *connection)
    .await?;
    match &replacement.check {
        Some(check) => write_check(connection, id, check).await,
        None => Ok(()),
    }
}

async fn write_check(
    connection: &mut SqliteConnection,
    id: &str,
    check: &CheckRecord,
) -> Result<(), Error> {
    sqlx::query(
        "UPDATE connection SET state = ?2, report = coalesce(?3, report), failure = ?4, \
         discovered = coalesce(?5, discovered), checked_at = ?6 WHERE id = ?1",
    )
    .bind(id)
    .bind(check.state.as_str())
    .bind(check.result.as_ref().ok().map(json))
    .bind(check.result.as_ref().err().map(json))
    .bind(check.discovered.as_ref().map(json::<Map<String, Value>>))
    .bind(integer(check.at.0))
    .execute(connection)
    .await?;
    Ok(())
}

/// The secrets of the connection that are not named in `named`, and when each was stored.
async fn open_others(
    connection: &mut SqliteConnection,
    vault: &Vault,
    keys: &Keys,
    id: &str,
    named: &[NewSecret],
) -> Result<Vec<(NewSecret, Timestamp)>, Error> {
    let mut kept = Vec::new();
    for row in SealedRow::of_connection(connection, id).await? {
        if named.iter().any(|secret| secret.name == row.name()) {
            continue;
        }
        let (info, stored_at) = (row.info()?, row.stored_at());
        let (name, key) = (row.name().to_owned(), row.key().clone());
        let value = row.open(keys).ok_or_else(|| vault.missing(Some(key)))??;
        kept.push((NewSecret { name, value, info }, stored_at));
    }
    Ok(kept)
}

async fn delete_secrets(connection: &mut SqliteConnection, id: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM secret WHERE connection = ?").bind(id).execute(connection).await?;
    Ok(())
}

async fn put_secrets(
    connection: &mut SqliteConnection,
    keys: &Keys,
    id: &str,
    secrets: Vec<NewSecret>,
) -> Result<(), Error> {
    let now = Timestamp::now();
    for secret in &secrets {
        put_secret(connection, keys, id, secret, now).await?;
    }
    Ok(())
}

async fn put_secret(
    connection: &mut SqliteConnection,
    keys: &Keys,
    id: &str,
    secret: &NewSecret,
    stored_at: Timestamp,
) -> Result<(), Error> {
    let place = rows::SecretContext::of(connection, id).await?;
    let sealed = keys.seal(&place.binding(&secret.name), &secret.value)?;
    sqlx::query(
        "INSERT INTO secret (connection, name, info, stored_at, generation, key, nonce, \
         ciphertext) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(&secret.name)
    .bind(json(&secret.info))
    .bind(integer(stored_at.0))
    .bind(integer(place.generation))
    .bind(sealed.key.as_str())
    .bind(sealed.nonce)
    .bind(sealed.ciphertext)
    .execute(connection)
    .await?;
    Ok(())
}

/// The column's text.
#[expect(clippy::expect_used, reason = "the model's types hold nothing that JSON cannot")]
fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("maps have text for keys, and numbers are finite")
}
