//! Opening a store, and what every operation on it shares.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::sqlite::{Sqlite, SqlitePool};
use sqlx::{SqliteConnection, Transaction};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::directory::{self, DATABASE, KEYS, Lock};
use crate::keys::file::beside;
use crate::keys::seal::{Binding, Sealed};
use crate::keys::{KeyId, KeyRing, KeySource, MasterKey, file};
use crate::keystate::{self, KeyState};
use crate::{Error, SecretText, id, schema};

/// How long a write waits for another process's write, unless the options say otherwise.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a key ring is read again for one operation, before it is said that a key is missing.
pub(crate) const RELOADS: usize = 3;

/// Where the store and its keys are.
#[derive(Clone, Debug)]
pub struct VaultOptions {
    directory: PathBuf,
    key_source: Option<KeySource>,
    busy_timeout: Duration,
    /// More settings for every database connection; how tests make a disk full or read-only.
    pub(crate) pragmas: Vec<(&'static str, String)>,
}

impl VaultOptions {
    /// A store in that directory, its keys in the file `keys.json` inside it.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            key_source: None,
            busy_timeout: BUSY_TIMEOUT,
            pragmas: Vec::new(),
        }
    }

    /// With the keys there.
    #[must_use]
    pub fn key_source(mut self, source: KeySource) -> Self {
        self.key_source = Some(source);
        self
    }

    /// With that wait for another process's write, before [`Error::Locked`]. Five seconds unless
    /// set.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }
}

/// A store of connections and their sealed secrets. Clones share it.
#[derive(Clone)]
pub struct Vault {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) directory: PathBuf,
    pub(crate) pool: SqlitePool,
    pub(crate) place: KeySource,
    store: String,
    keys: RwLock<Arc<Keys>>,
    reloading: Mutex<()>,
    made_keys: bool,
}

/// The key ring as this process last read it, and the key of it to seal with.
pub(crate) struct Keys {
    store: String,
    pub(crate) ring: KeyRing,
    pub(crate) current: MasterKey,
}

impl Vault {
    /// The store, made if it is not there: the directory with mode 0700, a key, an empty database.
    ///
    /// # Errors
    ///
    /// Any of [`Error`] that speaks of the directory, the keys or the store. A store that holds
    /// secrets gets no new key in place of a missing one: [`Error::MissingKeys`].
    pub async fn open(options: VaultOptions) -> Result<Self, Error> {
        let opening = Opening::new(options)?;
        match opening.complete().await {
            Ok((keys, made_keys)) => Ok(opening.vault(keys, made_keys)),
            Err(error) => Err(directory::explain(&opening.directory, error)),
        }
    }

    /// Whether there is a store in that directory, or something that [`Vault::open`] has to explain: a log
    /// without its database, a directory that cannot be looked into, a link that leads nowhere. Nothing is made or opened.
    pub fn exists(directory: &Path) -> bool {
        let database = directory.join(DATABASE);
        let log = beside(&database, "-wal");
        let leads_nowhere =
            |path: &Path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        let is_there = |path: &Path| match path.try_exists() {
            Ok(false) => leads_nowhere(path),
            Ok(true) | Err(_) => true,
        };
        let directory_is_gone = !directory.exists() && leads_nowhere(directory);
        directory_is_gone || [&database, &log].into_iter().any(|path| is_there(path))
    }

    /// Waits for running operations, folds the log into the database and closes it. A store that
    /// is merely dropped is as safe, and leaves the log for the next start.
    pub async fn close(self) {
        self.shared.pool.close().await;
    }

    /// The data directory, absolute.
    pub fn directory(&self) -> &Path {
        &self.shared.directory
    }

    /// Where the keys are.
    pub fn key_source(&self) -> &KeySource {
        &self.shared.place
    }

    /// Whether opening made the first key, at [`Vault::key_source`]: time to tell a person where
    /// it is, and that a copy of the store is worth nothing without it.
    pub fn made_keys(&self) -> bool {
        self.shared.made_keys
    }

    /// A key for a purpose outside the vault, derived from the present master key: the same for
    /// every process until the keys are rotated, and of no use to find any other key.
    pub fn derive_key(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        self.keys().current.purpose(&self.shared.store, purpose)
    }

    pub(crate) fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.shared.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_keys(&self, keys: Keys) -> Arc<Keys> {
        let keys = Arc::new(keys);
        let mut place = self.shared.keys.write().unwrap_or_else(PoisonError::into_inner);
        *place = Arc::clone(&keys);
        keys
    }

    /// Reads the key ring again.
    pub(crate) async fn reload_keys(&self) -> Result<Arc<Keys>, Error> {
        // One at a time: what was read later is kept.
        let _turn = self.shared.reloading.lock().await;
        let ring = self.shared.place.load_blocking().await?;
        let mut transaction = self.shared.pool.begin().await?;
        let state = KeyState::read(&mut transaction).await?;
        let ring = ring.ok_or_else(|| Error::MissingKeys {
            ids: state.needed(),
            place: self.shared.place.clone(),
        })?;
        state.accept(&ring, &self.shared.place)?;
        let current = state.usable(&ring).unwrap_or_else(|| self.keys().current.clone());
        Ok(self.set_keys(Keys { store: state.store, ring, current }))
    }

    /// Reads the key ring again for an operation that found a key missing: its `attempt`, counted from
    /// one. At the last, [`RELOADS`], no rotation runs until the lock is dropped: a key that is
    /// missing then is missing.
    pub(crate) async fn look_again(&self, attempt: usize) -> Result<Option<Lock>, Error> {
        if attempt == RELOADS {
            let lock = Lock::acquire(&self.shared.directory).await?;
            self.reload_keys().await?;
            return Ok(Some(lock));
        }
        match self.reload_keys().await {
            // A rotation may have gone on between the ring and the database.
            Ok(_) | Err(Error::MissingKeys { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A transaction that writes. It excludes every other one, of every process.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, Error> {
        Ok(self.shared.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A transaction that writes, and the keys to seal with while it runs: the current key cannot
    /// change before it ends.
    pub(crate) async fn begin_sealing(
        &self,
    ) -> Result<(Transaction<'static, Sqlite>, Arc<Keys>), Error> {
        let mut _lock = None;
        for attempt in 1..=RELOADS + 1 {
            let mut transaction = self.begin().await?;
            if let Some(keys) = self.sealing_keys(&mut transaction).await? {
                return Ok((transaction, keys));
            }
            transaction.rollback().await?;
            if attempt <= RELOADS {
                _lock = self.look_again(attempt).await?;
            }
        }
        let mut connection = self.shared.pool.acquire().await?;
        let current = keystate::current(&mut connection).await?;
        Err(self.missing(current.map(|(id, _)| id)))
    }

    async fn sealing_keys(
        &self,
        connection: &mut SqliteConnection,
    ) -> Result<Option<Arc<Keys>>, Error> {
        let keys = self.keys();
        let Some((id, check)) = keystate::current(connection).await? else { return Ok(None) };
        let Some(key) = keys.ring.key(&id) else { return Ok(None) };
        if key.check_value(&self.shared.store) != *check {
            return Err(Error::WrongKey { id, place: self.shared.place.clone() });
        }
        Ok((keys.current.id == id).then_some(keys))
    }

    pub(crate) fn missing(&self, id: Option<KeyId>) -> Error {
        Error::MissingKeys { ids: id.into_iter().collect(), place: self.shared.place.clone() }
    }
}

impl Keys {
    /// Seals with the current key.
    pub(crate) fn seal(&self, binding: &Binding<'_>, value: &SecretText) -> Result<Sealed, Error> {
        self.current.seal(&self.store, binding, value)
    }

    /// Opens with the key that the row names; `None` when the ring does not hold it.
    pub(crate) fn open(
        &self,
        binding: &Binding<'_>,
        sealed: Sealed,
    ) -> Option<Result<SecretText, Error>> {
        let key = self.ring.key(&sealed.key)?;
        Some(key.open(&self.store, binding, sealed))
    }
}

impl KeySource {
    /// The ring, read where blocking is allowed.
    pub(crate) async fn load_blocking(&self) -> Result<Option<KeyRing>, Error> {
        let place = self.clone();
        blocking(move || place.load()).await
    }

    pub(crate) async fn replace_blocking(&self, ring: KeyRing) -> Result<KeyRing, Error> {
        let place = self.clone();
        blocking(move || place.replace(&ring).map(|()| ring)).await
    }

    async fn create_blocking(&self, ring: KeyRing) -> Result<KeyRing, Error> {
        let place = self.clone();
        blocking(move || place.create(&ring).map(|()| ring)).await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(Error::InputOutput { source: error.into() }),
    }
}

/// A store on its way to being open.
struct Opening {
    directory: PathBuf,
    path: PathBuf,
    place: KeySource,
    pool: SqlitePool,
}

impl Opening {
    fn new(options: VaultOptions) -> Result<Self, Error> {
        let directory = directory::prepare(&options.directory)?;
        let path = directory.join(DATABASE);
        let place = options.key_source.unwrap_or_else(|| KeySource::File(directory.join(KEYS)));
        let connect = schema::options(&path, options.busy_timeout, &options.pragmas);
        let pool = schema::pool(connect, options.busy_timeout);
        Ok(Self { directory, path, place, pool })
    }

    fn vault(self, keys: Keys, made_keys: bool) -> Vault {
        let shared = Shared {
            directory: self.directory,
            pool: self.pool,
            place: self.place,
            store: keys.store.clone(),
            keys: RwLock::new(Arc::new(keys)),
            reloading: Mutex::new(()),
            made_keys,
        };
        Vault { shared: Arc::new(shared) }
    }

    /// The keys of the store, once it is complete, and whether the first one was made.
    async fn complete(&self) -> Result<(Keys, bool), Error> {
        match self.attach().await {
            Ok(Some(keys)) => return Ok((keys, false)),
            // A rotation may stand between what was read of the ring and of the database.
            Ok(None) | Err(Error::MissingKeys { .. }) => {}
            Err(error) => return Err(error),
        }
        let _lock = Lock::acquire(&self.directory).await?;
        let made_keys = self.set_up().await?;
        match self.attach().await? {
            Some(keys) => Ok((keys, made_keys)),
            None => Err(Error::damaged("the store's own row does not keep what is written")),
        }
    }

    /// The keys of a store that is complete; `None` when something of it has yet to be made.
    async fn attach(&self) -> Result<Option<Keys>, Error> {
        if !self.database_is_there()? {
            return Ok(None);
        }
        schema::expect_whole_pages(&self.path)?;
        let mut transaction = self.pool.begin().await?;
        if schema::version(&self.path, &mut transaction).await? < schema::NEWEST {
            return Ok(None);
        }
        let Some(ring) = self.place.load_blocking().await? else { return Ok(None) };
        let state = KeyState::read(&mut transaction).await?;
        state.accept(&ring, &self.place)?;
        let current = state.usable(&ring);
        Ok(current.map(|current| Keys { store: state.store, ring, current }))
    }

    fn database_is_there(&self) -> Result<bool, Error> {
        let failed = |error| Error::file(&self.path, error);
        if !self.path.try_exists().map_err(failed)? {
            return Ok(false);
        }
        let metadata = self.path.metadata().map_err(failed)?;
        if file::exposed(&metadata).is_some() {
            file::make_private(&self.path).map_err(failed)?;
        }
        Ok(true)
    }

    /// Makes what is missing, under the lock; whether it made the first key.
    async fn set_up(&self) -> Result<bool, Error> {
        self.place.sweep()?;
        let ring = self.place.load_blocking().await?;
        schema::create(&self.path, &self.store_id(ring.as_ref())?).await?;
        let mut connection = self.pool.acquire().await?;
        schema::version(&self.path, &mut connection).await?;
        schema::upgrade(&mut connection).await?;
        drop(connection);
        let state = KeyState::read(&mut *self.pool.acquire().await?).await?;
        let (ring, made) = match ring {
            Some(ring) => (ring, false),
            None => (self.first_ring(&state).await?, true),
        };
        self.register(&ring).await?;
        Ok(made)
    }

    /// The id for a new store: the ring's, where the ring lies in this very directory and so
    /// served a store here before.
    fn store_id(&self, ring: Option<&KeyRing>) -> Result<String, Error> {
        let inside = match &self.place {
            KeySource::File(path) => path.starts_with(&self.directory),
            _ => false,
        };
        match ring.and_then(|ring| ring.store.clone()) {
            Some(store) if inside => Ok(store),
            _ => id::random(id::STORE),
        }
    }

    async fn first_ring(&self, state: &KeyState) -> Result<KeyRing, Error> {
        let needed = state.needed();
        let place = self.place.clone();
        if !needed.is_empty() {
            return Err(Error::MissingKeys { ids: needed, place });
        }
        if !place.is_ours() {
            return Err(Error::NoKeys { place });
        }
        place.create_blocking(KeyRing::random(&state.store)?).await
    }

    /// Makes the ring's primary the key to seal with, where the store has none that it can use.
    async fn register(&self, ring: &KeyRing) -> Result<(), Error> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        let state = KeyState::read(&mut transaction).await?;
        state.accept(ring, &self.place)?;
        if let (None, Some(key)) = (state.usable(ring), ring.key(ring.primary())) {
            let check = key.check_value(&state.store);
            keystate::make_current(&mut transaction, &key.id, &check).await?;
            keystate::forget_unused(&mut transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}
