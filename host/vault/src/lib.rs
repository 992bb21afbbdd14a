//! Connections and their secrets, kept in one SQLite database, each secret sealed by itself.
//!
//! ```no_run
//! use jackfield_vault::{Filter, Vault, VaultOptions};
//!
//! # async fn example() -> Result<(), jackfield_vault::Error> {
//! let vault = Vault::open(VaultOptions::new("/var/lib/jackfield")).await?;
//! if vault.made_keys() {
//!     eprintln!("made a key: {}", vault.key_source());
//! }
//! for connection in vault.list(&Filter::default()).await? {
//!     println!("{} {}", connection.id, connection.state);
//! }
//! # Ok(()) }
//! ```
//!
//! # Files
//!
//! Everything is in the data directory, which only its owner may enter (0700). An empty directory is
//! closed to others; a filled one that is open to others is refused.
//!
//! | file | what it is |
//! |---|---|
//! | `jackfield.db` | the database, mode 0600; beside it `-wal` and `-shm` while it is in use |
//! | `keys.json` | the key ring, mode 0600, unless the keys are elsewhere ([`KeySource`]) |
//! | `jackfield.lock` | empty; locked while the store is made or its keys are rotated |
//! | `*.new` | a file being written; left by a process that died, swept away by the next |
//!
//! The database is in WAL mode with `synchronous=FULL`: what an operation of [`Vault`] wrote is on
//! the disk when it returns, whole; a process that is killed leaves the old state or the new one.
//! `secure_delete` overwrites what is deleted. The header's application id is `JACK`; the table
//! `migration` holds the schema's version. A later version than this release knows is refused.
//!
//! Any number of processes may use one directory. Writers wait in line
//! ([`VaultOptions::busy_timeout`]); readers wait for nobody.
//!
//! # Keys
//!
//! A key ring holds 256-bit master keys, each with an id, one of them primary. Its text:
//!
//! - in a file or in the system keyring, JSON:
//!   `{"format": "jackfield-keys/1", "store": STORE, "primary": ID, "keys": [{"id": ID, "key": BASE64}]}`;
//! - in an environment variable, `ID:BASE64[,ID:BASE64...]`, the first one primary.
//!
//! An id is 1 to 64 letters, digits, `.`, `_` or `-`. `STORE` is the id of the one store that the
//! ring serves. The first start makes a ring in a file or in the system keyring, and says so
//! ([`Vault::made_keys`]); a variable is never made. A key file that others may read is refused. A
//! store that holds secrets gets no new key in place of a missing one: the error names the ids.
//!
//! The database names the *current* key, the one that secrets are sealed with: the primary at first,
//! then whatever the last rotation chose. It also holds a check value for each key in use, derived
//! from the key, which detects a wrong key when the store is opened.
//!
//! # Rotation
//!
//! [`Vault::rotate_keys`] adds a key, makes it current, seals everything again, and removes the keys
//! that are not needed any more, while other processes read and write. It may be killed at any point
//! and run again. What makes this safe: a writer reads which key is current inside the transaction in
//! which it seals, and SQLite runs one write transaction at a time. So from the moment a new key is
//! current nobody seals with an old one, however old the ring in its memory is, and an old key that
//! no row names will never be named again. A process that meets an id that it does not know reads
//! the ring again.
//!
//! With a variable, each process has the ring that it was started with. So: start every process with
//! `OLD,NEW`, then with `NEW,OLD`, rotate, then with `NEW`. A process that lacks the current key
//! refuses to open and to write, and loses nothing.
//!
//! # What is bound
//!
//! From a master key, HKDF-SHA-256 derives one key for sealing and one check value (the salt is the
//! store's id), and [`Vault::derive_key`] any other. A secret is sealed with XChaCha20-Poly1305
//! under a random 192-bit nonce. Its associated data are, each preceded by its length: a label with
//! the format's version, the key's id, and the connection's owner, runtime, connector, method,
//! settings (the column's text), id, then the secret's name and the generation.
//!
//! So a row that is copied to another connection, owner, name or store, or back from an earlier
//! generation, does not open; nor does a secret whose connection was given other settings behind the
//! vault's back, to have it sent elsewhere. The error names the connection and the secret, and the
//! row stays as it is.
//!
//! # What is not protected
//!
//! - Someone who may read the key ring and the database has the secrets; so has someone who may read
//!   the memory of a running process. Memory that held a secret or a key is wiped as far as the
//!   libraries allow.
//! - Everything but the values is in clear: owners, settings, reports, the names, kinds and scopes
//!   of secrets, and, nearly, the length of each value.
//! - What is found out (`discovered`), reports, states, times, and the kinds and scopes of secrets
//!   are not bound: someone who may write the database can change them, delete rows, or put back the whole of an earlier database.
//! - Files that are replaced (an old key ring) and a log that is truncated are left to the file
//!   system and the drive to overwrite.
//! - A copy of the database opens only with a ring that still holds the keys of its day: copy both
//!   together. Two copies of one store that share a ring outside their directories are not told
//!   apart: a rotation in one drops keys that the other needs.

mod connections;
mod directory;
mod error;
mod id;
mod keys;
mod keystate;
mod model;
mod rotation;
mod rows;
mod schema;
mod secrets;
mod vault;

#[cfg(test)]
mod tests;

pub use error::{Error, InvalidRing};
pub use jackfield_host::failure::{Failure, Timestamp};
pub use jackfield_host::report::Report;
pub use jackfield_host::secret::{SecretInfo, SecretText};
pub use keys::{InvalidKeyId, KeyId, KeySource};
pub use model::{
    CheckRecord, Connection, ConnectionState, Filter, NewConnection, NewSecret, OtherSecrets,
    Replacement, StoredSecretInfo,
};
pub use rotation::{Rotation, RotationProgress, SecretName};
pub use secrets::StoredSecrets;
pub use vault::{Vault, VaultOptions};

/// A count or a time as SQLite holds it; past the year 292 million, that year.
fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
