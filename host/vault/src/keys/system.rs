//! An entry of the system's keyring: Secret Service, Keychain, Credential Manager.
//!
//! The feature `system-keyring` brings the client for it. Without the feature every function
//! returns an error that says so: the client's D-Bus stack is a tenth of the whole build, and the
//! key file is the default.

use std::io;

use zeroize::Zeroizing;

/// The entry's bytes; `None` where the entry does not exist.
#[cfg(feature = "system-keyring")]
pub(super) fn read(service: &str, account: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    match entry(service, account)?.get_secret().map(Zeroizing::new) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(keyring::v1::Error::NoEntry) => Ok(None),
        Err(error) => Err(refused(&error)),
    }
}

/// Makes the entry, or replaces its bytes.
#[cfg(feature = "system-keyring")]
pub(super) fn write(service: &str, account: &str, bytes: &[u8]) -> io::Result<()> {
    entry(service, account)?.set_secret(bytes).map_err(|error| refused(&error))
}

#[cfg(feature = "system-keyring")]
fn entry(service: &str, account: &str) -> io::Result<keyring::v1::Entry> {
    if let Err(error) = keyring::v1::Entry::store_status() {
        return Err(refused(error));
    }
    keyring::v1::Entry::new(service, account).map_err(|error| refused(&error))
}

/// The keyring's error without the entry's bytes, which two of its variants hold.
#[cfg(feature = "system-keyring")]
fn refused(error: &keyring::v1::Error) -> io::Error {
    match error {
        keyring::v1::Error::BadEncoding(_) | keyring::v1::Error::BadDataFormat(..) => {
            io::Error::other("the entry is malformed")
        }
        error => io::Error::other(error.to_string()),
    }
}

#[cfg(not(feature = "system-keyring"))]
pub(super) fn read(_: &str, _: &str) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
    Err(not_built_in())
}

#[cfg(not(feature = "system-keyring"))]
pub(super) fn write(_: &str, _: &str, _: &[u8]) -> io::Result<()> {
    Err(not_built_in())
}

#[cfg(not(feature = "system-keyring"))]
fn not_built_in() -> io::Error {
    let message = "this program was built without support for the system keyring: \
                   build it with `--features system-keyring`, or keep the key in a file";
    io::Error::new(io::ErrorKind::Unsupported, message)
}
