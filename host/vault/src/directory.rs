//! The data directory: private to its owner, and the lock inside it.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Error;
use crate::keys::file;

/// The database's file name.
pub(crate) const DATABASE: &str = "jackfield.db";
/// The default key file's name.
pub(crate) const KEYS: &str = "keys.json";
const LOCK: &str = "jackfield.lock";
/// What is written to see whether something can be, and removed at once.
const PROBE: &str = "probe.new";
/// The size of the file that SQLite makes beside a log.
const PROBE_BYTES: usize = 32 << 10;

/// How long one process waits for another that sets up the store or rotates its keys.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it looks. The system offers no wait with an end.
const INTERVAL: Duration = Duration::from_millis(10);

/// The directory's absolute path, made if it is not there. An empty directory is closed to others;
/// one that holds something and is open to them is left as it is.
///
/// # Errors
///
/// [`Error::ExposedDirectory`], and [`Error::Directory`] with what the system said.
pub(crate) fn prepare(path: &Path) -> Result<PathBuf, Error> {
    let failed = |source: io::Error| match Error::file(path, source) {
        Error::File { path, source } => Error::Directory { path, source },
        other => other,
    };
    if !path.try_exists().map_err(failed)? {
        make(path).map_err(failed)?;
    }
    let path = path.canonicalize().map_err(failed)?;
    let exposed = || fs::metadata(&path).map(|metadata| file::exposed(&metadata)).map_err(failed);
    if exposed()?.is_some() {
        if fs::read_dir(&path).map_err(failed)?.next().is_none() {
            file::make_private(&path).map_err(failed)?;
        }
        // Asked again: another process may have closed it and begun to fill it meanwhile.
        if let Some(mode) = exposed()? {
            return Err(Error::ExposedDirectory { path: path.clone(), mode });
        }
    }
    Ok(path)
}

/// The error, or what lies under it: SQLite needs a file for its log even to read, and does not say
/// why it cannot have one.
pub(crate) fn explain(directory: &Path, error: Error) -> Error {
    match error {
        Error::InputOutput { source } => match probe(directory) {
            Err(error) => denied(error).unwrap_or(Error::InputOutput { source }),
            Ok(()) => Error::InputOutput { source },
        },
        other => other,
    }
}

/// Whether the directory takes a file.
fn probe(directory: &Path) -> io::Result<()> {
    let path = directory.join(PROBE);
    fs::remove_file(&path).or_else(file::absent_is_fine)?;
    let written = file::create_private(&path).and_then(|mut file| {
        file.write_all(&[0; PROBE_BYTES])?;
        file.sync_all()
    });
    fs::remove_file(&path).or_else(file::absent_is_fine)?;
    written
}

fn denied(error: io::Error) -> Option<Error> {
    use io::ErrorKind::{
        FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull,
    };
    match error.kind() {
        ReadOnlyFilesystem | PermissionDenied => Some(Error::ReadOnly { source: error.into() }),
        StorageFull | QuotaExceeded | FileTooLarge => Some(Error::Full { source: error.into() }),
        _ => None,
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)?;
    file::sync_parent(path)
}

/// Exclusive among all processes and tasks that use the directory; given back when it is dropped,
/// also by the system when the process dies.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits for the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] after half a minute; [`Error::File`] when the lock file cannot be opened.
    pub(crate) async fn acquire(directory: &Path) -> Result<Self, Error> {
        Self::acquire_within(directory, PATIENCE).await
    }

    async fn acquire_within(directory: &Path, patience: Duration) -> Result<Self, Error> {
        let path = directory.join(LOCK);
        let file = file::open_lock(&path).map_err(|error| Error::file(&path, error))?;
        let end = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < end => sleep(INTERVAL).await,
                Err(TryLockError::WouldBlock) => {
                    let source = "it is being set up, or its keys are being rotated".into();
                    return Err(Error::Locked { source });
                }
                Err(TryLockError::Error(error)) => return Err(Error::file(&path, error)),
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn open_to_others(path: &Path) {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_missing_directory_is_made_private() {
        let parent = tempfile::tempdir().unwrap();
        let path = prepare(&parent.path().join("a/b")).unwrap();
        assert_eq!(mode(&path), 0o700);
        assert!(path.is_absolute());
    }

    #[test]
    fn an_empty_directory_is_closed_to_others() {
        let directory = tempfile::tempdir().unwrap();
        open_to_others(directory.path());
        prepare(directory.path()).unwrap();
        assert_eq!(mode(directory.path()), 0o700);
    }

    #[test]
    fn a_filled_directory_that_is_open_to_others_is_refused_and_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("letter"), "").unwrap();
        for open in [0o701, 0o710, 0o720, 0o704, 0o777] {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(open)).unwrap();
            let error = prepare(directory.path()).unwrap_err();
            assert!(matches!(error, Error::ExposedDirectory { mode, .. } if mode == open));
            assert_eq!(mode(directory.path()), open);
        }
    }

    #[test]
    fn a_file_in_the_place_of_the_directory_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "").unwrap();
        assert!(prepare(&path.join("below")).is_err());
    }

    #[test]
    fn what_the_system_denies_is_told_by_its_name() {
        use io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem, StorageFull};
        let told = |kind: io::ErrorKind| denied(kind.into());
        for kind in [ReadOnlyFilesystem, PermissionDenied] {
            assert!(matches!(told(kind), Some(Error::ReadOnly { .. })), "{kind}");
        }
        assert!(matches!(told(StorageFull), Some(Error::Full { .. })));
        assert!(told(NotFound).is_none());
    }

    #[test]
    fn an_error_that_the_directory_does_not_explain_stays_and_the_probe_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let error = Error::InputOutput { source: "it said so".into() };
        assert!(matches!(explain(directory.path(), error), Error::InputOutput { .. }));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        let absent = directory.path().join("absent");
        let error = Error::InputOutput { source: "it said so".into() };
        assert!(matches!(explain(&absent, error), Error::InputOutput { .. }));
    }

    #[tokio::test]
    async fn the_lock_is_held_by_one_and_given_back_on_drop() {
        let directory = tempfile::tempdir().unwrap();
        let first = Lock::acquire(directory.path()).await.unwrap();
        let second = Lock::acquire_within(directory.path(), Duration::ZERO).await;
        assert!(matches!(second, Err(Error::Locked { .. })));
        drop(first);
        Lock::acquire_within(directory.path(), Duration::ZERO).await.unwrap();
    }
}
