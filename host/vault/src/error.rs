//! What can go wrong with the store, and whose it is to act.

use std::error::Error as StdError;
use std::io;
use std::path::{Path, PathBuf};

use crate::keys::{KeyId, KeySource};

/// Why the vault did not do what it was asked to do. Nothing was written, unless the variant says
/// otherwise. No variant holds a secret, a key, or a piece of either.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data directory cannot be made or read. The administrator's.
    #[error("the data directory `{}` cannot be used", path.display())]
    Directory {
        /// As given.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may enter the data directory. The administrator's.
    #[error(
        "the data directory `{path}` is open to others (mode {mode:04o}): run `chmod 700 {path}`",
        path = path.display()
    )]
    ExposedDirectory {
        /// The directory.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file of the vault other than the database cannot be read or written. The administrator's.
    #[error("the file `{}` cannot be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others may read the key file. The administrator's.
    #[error(
        "the key file `{path}` can be read by others (mode {mode:04o}): run `chmod 600 {path}`, \
         and if others had the time to read it, rotate the keys",
        path = path.display()
    )]
    ExposedKeyFile {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The place of the keys holds none and the vault cannot make one there. The administrator's.
    #[error(
        "{place} holds no key: set it to ID:KEY, for instance \
         `k1:$(head -c 32 /dev/urandom | base64)`"
    )]
    NoKeys {
        /// Where they were looked for.
        place: KeySource,
    },
    /// What is in the place of the keys is not a key ring. The administrator's.
    #[error("{place} does not hold a key ring: {reason}")]
    InvalidKeys {
        /// Where it is.
        place: KeySource,
        /// What is wrong with it.
        reason: InvalidRing,
    },
    /// The system keyring did not answer. The administrator's.
    #[error("{place} cannot be used")]
    SystemKeyring {
        /// Which entry.
        place: KeySource,
        /// What the keyring said.
        source: io::Error,
    },
    /// Sealed secrets are there and their keys are not. The administrator's: no key is made in
    /// their place.
    #[error(
        "{place} does not hold {}, which the secrets of this store are sealed with",
        listed(ids)
    )]
    MissingKeys {
        /// The keys that are needed, in order.
        ids: Vec<KeyId>,
        /// Where they were looked for.
        place: KeySource,
    },
    /// A key has the right id and the wrong bytes. The administrator's.
    #[error("the key `{id}` in {place} is not the key that this store was sealed with")]
    WrongKey {
        /// The key.
        id: KeyId,
        /// Where it was found.
        place: KeySource,
    },
    /// The key ring was made for another store: a rotation here would drop keys that are needed
    /// there. The administrator's.
    #[error(
        "the key ring in {place} belongs to another store: give each store a ring of its own, \
         or, if that store is gone, remove the ring"
    )]
    ForeignKeys {
        /// Where the ring is.
        place: KeySource,
    },
    /// A secret's row was altered, copied from elsewhere or damaged. The row is left as it is; the
    /// person enters the secret again.
    #[error(
        "the secret `{secret}` of connection `{connection}` does not open: its row, or the \
         connection's, was altered or copied from elsewhere"
    )]
    Unsealable {
        /// The connection's id.
        connection: String,
        /// The secret's name.
        secret: String,
    },
    /// A column of a connection holds what the vault never writes. The administrator's.
    #[error("the column `{column}` of connection `{connection}` is damaged")]
    DamagedRow {
        /// The connection's id.
        connection: String,
        /// The column's name.
        column: &'static str,
    },
    /// No connection has that id. The caller's.
    #[error("no connection `{id}`")]
    NotFound {
        /// As given.
        id: String,
    },
    /// The connection changed since the caller read it. The caller's: read it again.
    #[error("connection `{id}` was changed meanwhile (generation {found}, expected {expected})")]
    Superseded {
        /// The connection.
        id: String,
        /// The generation that the caller knew.
        expected: u64,
        /// The generation that is stored.
        found: u64,
    },
    /// A secret was given twice. The caller's.
    #[error("the secret `{name}` is given twice")]
    DuplicateSecret {
        /// The secret's name.
        name: String,
    },
    /// Another process holds the store for longer than the vault waits. Try again.
    #[error("the store is locked by another process")]
    Locked {
        /// What the system or the database said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The store cannot be written. The administrator's.
    #[error("the store is read-only")]
    ReadOnly {
        /// What the system or the database said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// There is no room for the write. The administrator's.
    #[error("the store is full: no room is left on its disk")]
    Full {
        /// What the system or the database said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The database file is truncated or damaged. The administrator's: restore it from a copy.
    #[error("the store's database is damaged")]
    Damaged {
        /// What the database said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The file in the database's place is something else. The administrator's.
    #[error("`{}` is not a database of this program", path.display())]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// A later release wrote the database. The administrator's: run that release.
    #[error("the store has schema version {found}, and this program knows {known} at most")]
    NewerSchema {
        /// In the database.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// The disk failed, or the database file cannot be opened. The administrator's.
    #[error("the store's database cannot be read or written")]
    InputOutput {
        /// What the database said.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    Randomness(#[source] getrandom::Error),
    /// The database refused for a reason that this crate does not foresee: a bug here.
    #[error("the store's database refused")]
    Database(#[source] sqlx::Error),
}

/// What is wrong with the text of a key ring. The text itself is never quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRing {
    /// Not the JSON that it should be.
    #[error("not a ring's JSON at line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// A format that this release does not know.
    #[error("its format is not `jackfield-keys/1`")]
    Format,
    /// An item of the list has no colon.
    #[error("item {position} is not ID:KEY")]
    Item {
        /// From 1.
        position: usize,
    },
    /// An id is empty, too long, or has other characters than letters, digits, `.`, `_` and `-`.
    #[error("the id of key {position} is not 1 to 64 letters, digits, `.`, `_` or `-`")]
    Id {
        /// From 1.
        position: usize,
    },
    /// A key is not 32 bytes in Base64.
    #[error("the key `{id}` is not 32 bytes in Base64")]
    Key {
        /// Whose bytes they should be.
        id: KeyId,
    },
    /// Two keys have one id.
    #[error("the key `{id}` is there twice")]
    Duplicate {
        /// The id.
        id: KeyId,
    },
    /// No key, or the primary is not among them.
    #[error("it has no primary key")]
    NoPrimary,
    /// More text than any ring has.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// In bytes.
        limit: u64,
    },
}

impl Error {
    /// What an operation on a file of the vault ran into; a full or read-only disk by its name.
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { source: source.into() }
            }
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { source: source.into() },
            _ => Self::File { path: path.to_owned(), source },
        }
    }

    pub(crate) fn damaged(what: &'static str) -> Self {
        Self::Damaged { source: what.into() }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => Self::Locked { source: error.into() },
            sqlx::Error::Io(_) => Self::InputOutput { source: error.into() },
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => {
                Self::Damaged { source: error.into() }
            }
            _ => match result_code(&error) {
                Some(code) => from_code(code, error),
                None => Self::Database(error),
            },
        }
    }
}

impl From<getrandom::Error> for Error {
    fn from(error: getrandom::Error) -> Self {
        Self::Randomness(error)
    }
}

/// SQLite's extended result code, <https://www.sqlite.org/rescode.html>.
fn result_code(error: &sqlx::Error) -> Option<u32> {
    error.as_database_error()?.code()?.parse().ok()
}

fn from_code(code: u32, error: sqlx::Error) -> Error {
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const READONLY: u32 = 8;
    const IOERR: u32 = 10;
    const CORRUPT: u32 = 11;
    const FULL: u32 = 13;
    const CANTOPEN: u32 = 14;
    const PROTOCOL: u32 = 15;
    const NOTADB: u32 = 26;
    const IOERR_SHORT_READ: u32 = IOERR | (2 << 8);
    /// The log's index cannot grow: "probably out of space", says SQLite.
    const IOERR_SHMSIZE: u32 = IOERR | (19 << 8);

    let primary = code & 0xff;
    let source: Box<dyn StdError + Send + Sync> = match primary {
        BUSY | LOCKED | READONLY | IOERR | CORRUPT | FULL | CANTOPEN | PROTOCOL | NOTADB => {
            error.into()
        }
        _ => return Error::Database(error),
    };
    match primary {
        BUSY | LOCKED | PROTOCOL => Error::Locked { source },
        READONLY => Error::ReadOnly { source },
        FULL => Error::Full { source },
        CORRUPT | NOTADB => Error::Damaged { source },
        _ if code == IOERR_SHORT_READ => Error::Damaged { source },
        _ if code == IOERR_SHMSIZE => Error::Full { source },
        _ => Error::InputOutput { source },
    }
}

fn listed(ids: &[KeyId]) -> String {
    let names: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    let noun = if ids.len() == 1 { "the key" } else { "the keys" };
    format!("{noun} {}", names.join(", "))
}
