//! What the database knows of the keys: which one to seal with, and which are still needed.

use sqlx::SqliteConnection;

use crate::Error;
use crate::keys::{KeyId, KeyRing, KeySource, MasterKey};

/// The keys as the database knows them, at one moment.
pub(crate) struct KeyState {
    /// The store's id.
    pub(crate) store: String,
    /// What secrets are sealed with.
    pub(crate) current: Option<KeyId>,
    /// Every registered key with its check value.
    registered: Vec<(KeyId, Vec<u8>)>,
    /// The keys that some secret is sealed with.
    pub(crate) sealing: Vec<KeyId>,
}

impl KeyState {
    /// Reads it. For a consistent view, within a transaction.
    pub(crate) async fn read(connection: &mut SqliteConnection) -> Result<Self, Error> {
        let (store, current): (String, Option<String>) =
            sqlx::query_as("SELECT id, current_key FROM store")
                .fetch_optional(&mut *connection)
                .await?
                .ok_or_else(|| Error::damaged("the store's own row is gone"))?;
        let registered: Vec<(String, Vec<u8>)> =
            sqlx::query_as("SELECT id, check_value FROM key ORDER BY id")
                .fetch_all(&mut *connection)
                .await?;
        let sealing: Vec<String> = sqlx::query_scalar(
            "SELECT id FROM key WHERE EXISTS (SELECT 1 FROM secret WHERE key = key.id) ORDER BY id",
        )
        .fetch_all(connection)
        .await?;
        Ok(Self {
            store,
            current: current.map(KeyId::stored),
            registered: registered
                .into_iter()
                .map(|(id, check)| (KeyId::stored(id), check))
                .collect(),
            sealing: sealing.into_iter().map(KeyId::stored).collect(),
        })
    }

    /// The keys without which this store cannot be used: none while it holds no secret.
    pub(crate) fn needed(&self) -> Vec<KeyId> {
        if self.sealing.is_empty() {
            return Vec::new();
        }
        let mut needed = self.sealing.clone();
        needed.extend(self.current.clone());
        needed.sort();
        needed.dedup();
        needed
    }

    /// Whether the ring can serve the store.
    ///
    /// # Errors
    ///
    /// [`Error::ForeignKeys`], [`Error::WrongKey`], [`Error::MissingKeys`].
    pub(crate) fn accept(&self, ring: &KeyRing, place: &KeySource) -> Result<(), Error> {
        if ring.store.as_ref().is_some_and(|store| *store != self.store) {
            return Err(Error::ForeignKeys { place: place.clone() });
        }
        let needed = self.needed();
        if !needed.is_empty() {
            for id in ring.ids() {
                self.accept_key(ring, id, place)?;
            }
        }
        self.complete(needed.into_iter().filter(|id| ring.key(id).is_none()).collect(), place)
    }

    fn complete(&self, ids: Vec<KeyId>, place: &KeySource) -> Result<(), Error> {
        if ids.is_empty() { Ok(()) } else { Err(Error::MissingKeys { ids, place: place.clone() }) }
    }

    fn accept_key(&self, ring: &KeyRing, id: &KeyId, place: &KeySource) -> Result<(), Error> {
        let registered = self.registered.iter().find(|(registered, _)| registered == id);
        match (registered, ring.key(id)) {
            (Some((_, check)), Some(key)) if *check != key.check_value(&self.store) => {
                Err(Error::WrongKey { id: id.clone(), place: place.clone() })
            }
            _ => Ok(()),
        }
    }

    /// The key to seal with, if the ring holds it.
    pub(crate) fn usable(&self, ring: &KeyRing) -> Option<MasterKey> {
        let current = self.current.as_ref()?;
        let key = ring.key(current)?;
        let known = self.registered.iter().find(|(id, _)| id == current);
        known.is_some_and(|(_, check)| *check == key.check_value(&self.store)).then(|| key.clone())
    }
}

/// The key to seal with and its check value.
pub(crate) async fn current(
    connection: &mut SqliteConnection,
) -> Result<Option<(KeyId, Vec<u8>)>, Error> {
    let row: Option<(String, Vec<u8>)> = sqlx::query_as(
        "SELECT key.id, key.check_value FROM store JOIN key ON key.id = store.current_key",
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(id, check)| (KeyId::stored(id), check)))
}

/// Registers a key of the ring, or the same key again, and makes it the one to seal with.
pub(crate) async fn make_current(
    connection: &mut SqliteConnection,
    id: &KeyId,
    check: &[u8],
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO key (id, check_value) VALUES (?, ?) \
         ON CONFLICT (id) DO UPDATE SET check_value = excluded.check_value",
    )
    .bind(id.as_str())
    .bind(check)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE store SET current_key = ?").bind(id.as_str()).execute(connection).await?;
    Ok(())
}

/// Forgets every key that no secret is sealed with and that is not the one to seal with.
pub(crate) async fn forget_unused(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query(
        "DELETE FROM key WHERE id IS NOT (SELECT current_key FROM store) \
         AND NOT EXISTS (SELECT 1 FROM secret WHERE secret.key = key.id)",
    )
    .execute(connection)
    .await?;
    Ok(())
}
