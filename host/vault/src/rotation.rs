//! Changing the master key while the store is in use.
//!
//! The steps, under the store's lock, so that one rotation runs at a time:
//!
//! 1. A new primary key goes into the ring's place. Nothing uses it yet.
//! 2. One transaction registers it in the database and makes it the current key. From here on every
//!    writer seals with it: a writer reads the current key inside the transaction in which it seals,
//!    and SQLite lets one write transaction run at a time. A process whose ring does not hold the
//!    current key rolls back, reads the ring again and begins again.
//! 3. The secrets that are sealed with other keys are sealed again, a batch to a transaction. The
//!    plaintext is the same, so the generation stays; readers see the one row or the other.
//! 4. One transaction forgets the keys that no secret is sealed with. No writer can bring them back:
//!    since step 2 none has sealed with them.
//! 5. Those keys leave the ring's place.
//!
//! Killed between any two steps, the store is whole: every key that some secret is sealed with is in
//! the ring. The next rotation finds what is left to do and does it, before it makes a new key.
//!
//! A reader that read a row before step 3 and looks for its key after step 5 does not find it; it
//! reads the ring and the row again, at last under the lock, where no rotation can come in between.

use serde::Serialize;
use sqlx::SqliteConnection;

use crate::directory::Lock;
use crate::keys::{KeyId, MasterKey};
use crate::keystate::{self, KeyState};
use crate::rows::SealedRow;
use crate::vault::Keys;
use crate::{Error, Vault};

/// Secrets that are sealed again in one transaction: a few milliseconds during which others wait.
const BATCH: i64 = 64;

/// How far a rotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationProgress {
    /// Secrets sealed again so far.
    pub done: u64,
    /// Secrets that there were to seal when it began.
    pub total: u64,
}

/// What a rotation did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rotation {
    /// The key that everything is sealed with now.
    pub key: KeyId,
    /// Whether it finished an earlier rotation, which had been interrupted, and made no key.
    pub resumed: bool,
    /// Secrets sealed again.
    pub resealed: u64,
    /// Keys that are gone from the key file or the system keyring.
    pub removed: Vec<KeyId>,
    /// Keys that can be taken out of the environment variable, once every process has the new one.
    pub removable: Vec<KeyId>,
    /// Secrets that do not open, and were left as they are; their keys were kept.
    pub unreadable: Vec<SecretName>,
}

/// The name of one secret in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretName {
    /// The connection's id.
    pub connection: String,
    /// The secret's name in the manifest.
    pub secret: String,
}

/// The points between which a rotation may be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Locked,
    KeyAdded,
    Switched,
    BatchSealed,
    KeysForgotten,
    KeysRemoved,
}

/// Who is told of a rotation's steps. Tests stop it there.
pub(crate) struct Watch<'a> {
    pub(crate) progress: &'a mut (dyn FnMut(RotationProgress) + Send),
    pub(crate) at: &'a mut (dyn FnMut(Step) -> Result<(), Error> + Send),
}

impl Vault {
    /// Seals every secret with a new key, while this and other processes go on using the store, and
    /// removes the old keys. `progress` is told after each batch.
    ///
    /// With the keys in an environment variable, the new key is the first one there, and the keys
    /// that may be removed are in [`Rotation::removable`].
    ///
    /// It may be stopped or killed at any point and started again: then it finishes what it began
    /// ([`Rotation::resumed`]).
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] when another rotation runs and does not end; else what the store or the
    /// keys ran into.
    pub async fn rotate_keys(
        &self,
        mut progress: impl FnMut(RotationProgress) + Send,
    ) -> Result<Rotation, Error> {
        let watch = Watch { progress: &mut progress, at: &mut |_| Ok(()) };
        self.rotate_watched(watch).await
    }

    pub(crate) async fn rotate_watched(&self, mut watch: Watch<'_>) -> Result<Rotation, Error> {
        let _lock = Lock::acquire(&self.shared.directory).await?;
        (watch.at)(Step::Locked)?;
        let keys = self.reload_keys().await?;
        if !self.shared.place.is_ours() || keys.ring.ids().count() > 1 {
            let target = keys.ring.primary().clone();
            let earlier = self.seal_all_with(target, &mut watch).await?;
            if !self.shared.place.is_ours() || earlier.did_something(&keys) {
                return Ok(Rotation { resumed: self.shared.place.is_ours(), ..earlier });
            }
        }
        let target = self.add_key().await?;
        (watch.at)(Step::KeyAdded)?;
        self.seal_all_with(target, &mut watch).await
    }

    /// Step 1.
    async fn add_key(&self) -> Result<KeyId, Error> {
        let place = &self.shared.place;
        let ring = place.load_blocking().await?.ok_or_else(|| self.missing(None))?;
        let ring = place.replace_blocking(ring.with_primary(MasterKey::random()?)).await?;
        Ok(ring.primary().clone())
    }

    /// Steps 2 to 5.
    async fn seal_all_with(&self, key: KeyId, watch: &mut Watch<'_>) -> Result<Rotation, Error> {
        self.switch(&key).await?;
        (watch.at)(Step::Switched)?;
        let mut rotation = Rotation {
            key,
            resumed: false,
            resealed: 0,
            removed: Vec::new(),
            removable: Vec::new(),
            unreadable: Vec::new(),
        };
        self.reseal(&mut rotation, watch).await?;
        self.drop_unused(&mut rotation, watch).await?;
        self.truncate_log().await;
        Ok(rotation)
    }

    /// Step 2.
    async fn switch(&self, target: &KeyId) -> Result<(), Error> {
        let keys = self.reload_keys().await?;
        let key = keys.ring.key(target).ok_or_else(|| self.missing(Some(target.clone())))?;
        let mut transaction = self.begin().await?;
        let state = KeyState::read(&mut transaction).await?;
        state.accept(&keys.ring, &self.shared.place)?;
        keystate::make_current(&mut transaction, target, &key.check_value(&state.store)).await?;
        transaction.commit().await?;
        self.reload_keys().await?;
        Ok(())
    }

    /// Step 3.
    async fn reseal(&self, rotation: &mut Rotation, watch: &mut Watch<'_>) -> Result<(), Error> {
        let total = self.count_others(&rotation.key).await?;
        (watch.progress)(RotationProgress { done: 0, total });
        let mut after = (String::new(), String::new());
        while let Some(last) = self.reseal_batch(&after, rotation).await? {
            after = last;
            (watch.progress)(RotationProgress { done: rotation.resealed, total });
            (watch.at)(Step::BatchSealed)?;
        }
        Ok(())
    }

    async fn count_others(&self, key: &KeyId) -> Result<u64, Error> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM secret WHERE key <> ?")
            .bind(key.as_str())
            .fetch_one(&self.shared.pool)
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Seals the next secrets after that one; the name of the last, `None` when there were none.
    async fn reseal_batch(
        &self,
        after: &(String, String),
        rotation: &mut Rotation,
    ) -> Result<Option<(String, String)>, Error> {
        let (mut transaction, keys) = self.begin_sealing().await?;
        let rows =
            SealedRow::not_sealed_with(&mut transaction, &rotation.key, after, BATCH).await?;
        let (mut last, mut resealed, mut unreadable) = (None, 0, Vec::new());
        for row in rows {
            let (connection, secret) = (row.place.connection.clone(), row.name().to_owned());
            last = Some((connection.clone(), secret.clone()));
            if reseal_row(&mut transaction, &keys, row).await? {
                resealed += 1;
            } else {
                unreadable.push(SecretName { connection, secret });
            }
        }
        transaction.commit().await?;
        rotation.resealed += resealed;
        rotation.unreadable.append(&mut unreadable);
        Ok(last)
    }

    /// Steps 4 and 5.
    async fn drop_unused(
        &self,
        rotation: &mut Rotation,
        watch: &mut Watch<'_>,
    ) -> Result<(), Error> {
        let mut transaction = self.begin().await?;
        keystate::forget_unused(&mut transaction).await?;
        let state = KeyState::read(&mut transaction).await?;
        transaction.commit().await?;
        (watch.at)(Step::KeysForgotten)?;

        let place = &self.shared.place;
        let ring = place.load_blocking().await?.ok_or_else(|| self.missing(None))?;
        let needed = |id: &KeyId| *id == rotation.key || state.sealing.contains(id);
        let unused: Vec<KeyId> = ring.ids().filter(|id| !needed(id)).cloned().collect();
        if !place.is_ours() {
            rotation.removable = unused;
        } else if !unused.is_empty() {
            let reduced = ring.reduced(&rotation.key, &state.sealing);
            let reduced =
                reduced.map_err(|reason| Error::InvalidKeys { place: place.clone(), reason })?;
            place.replace_blocking(reduced).await?;
            rotation.removed = unused;
            (watch.at)(Step::KeysRemoved)?;
        }
        self.reload_keys().await?;
        Ok(())
    }
}

impl Rotation {
    /// Whether there was anything left of an earlier rotation, given the keys from before this one.
    fn did_something(&self, before: &Keys) -> bool {
        before.current.id != self.key || self.resealed > 0 || !self.removed.is_empty()
    }
}

/// Seals the row again; whether it could be opened.
async fn reseal_row(
    database: &mut SqliteConnection,
    keys: &Keys,
    row: SealedRow,
) -> Result<bool, Error> {
    let old_nonce = row.nonce().to_vec();
    let (place, name, opened) = row.take(keys);
    let value = match opened {
        Some(Ok(value)) => value,
        Some(Err(Error::Unsealable { .. })) | None => return Ok(false),
        Some(Err(error)) => return Err(error),
    };
    let sealed = keys.seal(&place.binding(&name), &value)?;
    sqlx::query(
        "UPDATE secret SET key = ?, nonce = ?, ciphertext = ? \
         WHERE connection = ? AND name = ? AND nonce = ?",
    )
    .bind(sealed.key.as_str())
    .bind(sealed.nonce)
    .bind(sealed.ciphertext)
    .bind(&place.connection)
    .bind(&name)
    .bind(old_nonce)
    .execute(database)
    .await?;
    Ok(true)
}
