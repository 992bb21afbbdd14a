//! The stored secrets of one connection, opened for its calls.

use jackfield_host::BoxFuture;
use jackfield_host::secret::{SecretInfo, SecretStore, SecretStoreError, SecretText};

use crate::rows::SealedRow;
use crate::vault::RELOADS;
use crate::{Connection, Error, Vault};

/// The stored secrets of one connection at one generation.
///
/// A connection whose settings or secrets were replaced meanwhile lends nothing more to it: a new
/// secret never goes where the old settings say.
pub struct StoredSecrets {
    vault: Vault,
    connection: String,
    generation: u64,
}

impl Vault {
    /// The secrets of the connection, as it was when it was read. Nothing is opened before
    /// [`SecretStore::reveal`] asks for it.
    pub fn secrets(&self, connection: &Connection) -> StoredSecrets {
        StoredSecrets {
            vault: self.clone(),
            connection: connection.id.clone(),
            generation: connection.generation,
        }
    }
}

impl StoredSecrets {
    /// What is known of the secret; `None` when the connection has none of that name.
    ///
    /// # Errors
    ///
    /// [`Error::Superseded`], [`Error::NotFound`]; else what the store ran into.
    pub async fn describe(&self, name: &str) -> Result<Option<SecretInfo>, Error> {
        self.sealed(name).await?.map(|row| row.info()).transpose()
    }

    /// The secret's value; `None` when the connection has none of that name.
    ///
    /// # Errors
    ///
    /// [`Error::Unsealable`], [`Error::MissingKeys`], [`Error::Superseded`], [`Error::NotFound`];
    /// else what the store ran into.
    pub async fn open(&self, name: &str) -> Result<Option<SecretText>, Error> {
        let (mut _lock, mut missing) = (None, None);
        for attempt in 1..=RELOADS + 1 {
            let Some(row) = self.sealed(name).await? else { return Ok(None) };
            missing = Some(row.key().clone());
            if let Some(opened) = row.open(&self.vault.keys()) {
                return opened.map(Some);
            }
            // Another process rotated the keys; the row may have moved on meanwhile, too.
            if attempt <= RELOADS {
                _lock = self.vault.look_again(attempt).await?;
            }
        }
        Err(self.vault.missing(missing))
    }

    /// The secret's row, if the connection is still what it was.
    async fn sealed(&self, name: &str) -> Result<Option<SealedRow>, Error> {
        let id = || self.connection.clone();
        let found = SealedRow::named(&self.vault.shared.pool, &self.connection, name).await?;
        let (found, secret) = found.ok_or_else(|| Error::NotFound { id: id() })?;
        if found != self.generation {
            return Err(Error::Superseded { id: id(), expected: self.generation, found });
        }
        Ok(secret)
    }
}

impl SecretStore for StoredSecrets {
    fn info<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretInfo>, SecretStoreError>> {
        Box::pin(async move { self.describe(name).await.map_err(|error| refusal(name, &error)) })
    }

    fn reveal<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretText>, SecretStoreError>> {
        Box::pin(async move { self.open(name).await.map_err(|error| refusal(name, &error)) })
    }
}

fn refusal(name: &str, error: &Error) -> SecretStoreError {
    SecretStoreError { name: name.to_owned(), reason: error.to_string() }
}
