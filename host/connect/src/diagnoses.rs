//! An example of every failure that connections make by themselves, as `jackfield_host::diagnoses` has
//! of the host: for documentation, and for platforms that translate or explain codes.

use std::sync::Arc;
use std::time::Duration;

use jackfield_host::failure::{Failure, FieldError};
use jackfield_host::{CallError, LoadError};
use jackfield_vault::{Error as VaultError, KeySource};

use crate::Error;
use crate::doctor;

/// One failure for each code, in an order for reading: the input, the connector, the store, the clock.
pub fn examples() -> Vec<Failure> {
    let field = FieldError::at(["settings", "api_url"], "is not a URL");
    let detail = || "<system error>".to_owned();
    let source = || detail().into();
    let call = |source| Error::call("example", source);
    let load = |source| Error::Load { name: "`example`".to_owned(), source: Arc::new(source) };
    let import = "wasi:sockets/tcp@0.2.0".to_owned();
    let errors = [
        Error::invalid_field(field),
        load(LoadError::ForbiddenImport { import }),
        call(CallError::Trapped { reason: detail() }),
        call(CallError::InvalidAnswer { what: "record", detail: detail() }),
        call(CallError::Deadline { allowed: Duration::from_secs(30) }),
        call(CallError::Busy { limit: 1_000 }),
        call(CallError::Ended),
        VaultError::Locked { source: source() }.into(),
        VaultError::ReadOnly { source: source() }.into(),
        VaultError::Full { source: source() }.into(),
        VaultError::Damaged { source: source() }.into(),
        VaultError::SystemKeyring {
            place: KeySource::Environment("KEYS".to_owned()),
            source: std::io::Error::other(detail()),
        }
        .into(),
        VaultError::Superseded { id: "vu9gzigdv3".to_owned(), expected: 1, found: 2 }.into(),
    ];
    errors.iter().map(Error::to_failure).chain([doctor::clock_example()]).collect()
}

#[cfg(test)]
mod tests {
    use jackfield_host::diagnoses::page;

    use super::*;

    #[test]
    fn the_page_beside_this_crate_is_what_the_code_says() {
        let page = page("What connections diagnose", &examples());
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/DIAGNOSES.md");
        if std::env::var_os("JACKFIELD_BLESS").is_some() {
            assert!(std::fs::write(file, &page).is_ok());
        }
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        assert_eq!(kept, page, "run it once with JACKFIELD_BLESS=1, and commit the page");
    }

    #[test]
    fn every_code_stands_once_with_a_sentence() {
        let all = examples();
        for (at, failure) in all.iter().enumerate() {
            assert!(!all.iter().take(at).any(|other| other.code == failure.code), "{failure:?}");
            assert!(failure.message.ends_with('.'), "{failure:?}");
        }
    }
}
