//! Where the key ring is kept: a file, an environment variable, or the system keyring.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{KeyRing, MAX_TEXT, file, system};
use crate::Error;
use crate::error::InvalidRing;

/// Where the master keys are. The forms of the text are those of the crate's documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeySource {
    /// A file that only its owner may read. Made on first start.
    File(PathBuf),
    /// The environment variable of that name. Never made, never changed.
    Environment(String),
    /// An entry of the system's keyring (Secret Service, Keychain, Credential Manager). Made on
    /// first start. Needs the feature `system-keyring`.
    SystemKeyring {
        /// The entry's service, such as `jackfield`.
        service: String,
        /// The entry's account: another one for each store.
        account: String,
    },
}

impl fmt::Display for KeySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "the key file `{}`", path.display()),
            Self::Environment(name) => write!(formatter, "the environment variable `{name}`"),
            Self::SystemKeyring { service, account } => {
                write!(formatter, "the system keyring's entry `{service}` of `{account}`")
            }
        }
    }
}

/// Reads and writes the ring. Every function blocks.
impl KeySource {
    /// Whether the vault may make and change the ring.
    pub(crate) fn is_ours(&self) -> bool {
        !matches!(self, Self::Environment(_))
    }

    /// The ring; `None` when the place is empty.
    pub(crate) fn load(&self) -> Result<Option<KeyRing>, Error> {
        let ring = match self {
            Self::File(path) => self.read_file(path)?.map(|text| KeyRing::from_json(&text)),
            Self::Environment(name) => {
                self.read_variable(name)?.map(|text| KeyRing::from_list(&text))
            }
            Self::SystemKeyring { service, account } => {
                let entry = system::read(service, account).map_err(|error| self.refused(error))?;
                entry.map(|text| KeyRing::from_json(&text))
            }
        };
        ring.transpose().map_err(|reason| self.invalid(reason))
    }

    /// Puts the first ring into the place.
    pub(crate) fn create(&self, ring: &KeyRing) -> Result<(), Error> {
        match self {
            Self::File(path) => {
                file::create(path, &ring.to_json()).map_err(|error| Error::file(path, error))
            }
            _ => self.replace(ring),
        }
    }

    /// Removes what a process left that was killed while it wrote the file of the ring: half of one, or
    /// a second name of the whole. For whoever holds the store's lock.
    pub(crate) fn sweep(&self) -> Result<(), Error> {
        let Self::File(path) = self else { return Ok(()) };
        file::sweep(path).map_err(|error| Error::file(path, error))
    }

    /// Puts a ring in place of the one that is there.
    pub(crate) fn replace(&self, ring: &KeyRing) -> Result<(), Error> {
        match self {
            Self::File(path) => {
                file::replace(path, &ring.to_json()).map_err(|error| Error::file(path, error))
            }
            Self::Environment(_) => Err(Error::NoKeys { place: self.clone() }),
            Self::SystemKeyring { service, account } => {
                system::write(service, account, &ring.to_json())
                    .map_err(|error| self.refused(error))
            }
        }
    }

    fn read_file(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        let failed = |error| Error::file(path, error);
        let Some(mut opened) = file::open(path).map_err(failed)? else { return Ok(None) };
        if let Some(mode) = file::exposed(&opened.metadata().map_err(failed)?) {
            return Err(Error::ExposedKeyFile { path: path.to_owned(), mode });
        }
        match file::read(&mut opened, MAX_TEXT) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                Err(self.invalid(InvalidRing::TooLong { limit: MAX_TEXT }))
            }
            read => read.map(Some).map_err(failed),
        }
    }

    fn read_variable(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        match std::env::var(name).map(Zeroizing::new) {
            Ok(text) if text.trim().is_empty() => Ok(None),
            Ok(text) => Ok(Some(text)),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(self.invalid(InvalidRing::Item { position: 1 }))
            }
        }
    }

    fn invalid(&self, reason: InvalidRing) -> Error {
        Error::InvalidKeys { place: self.clone(), reason }
    }

    fn refused(&self, source: io::Error) -> Error {
        Error::SystemKeyring { place: self.clone(), source }
    }
}
