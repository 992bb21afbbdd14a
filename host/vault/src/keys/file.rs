//! Files that are there whole or not at all, and that only their owner reads.
//!
//! A new text goes to `NAME.new` (made exclusively, mode 0600), is flushed to the disk, takes its
//! name in one step (a link where the name must be free, a rename where it is replaced), and then
//! the directory is flushed. Whoever writes holds the store's lock, so a `NAME.new` that is already
//! there was left by a process that died.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// The permission bits of group and others.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// The file's text; `None` when there is no file.
///
/// # Errors
///
/// What the system said; [`io::ErrorKind::FileTooLarge`] past `limit` bytes.
pub(crate) fn read(file: &mut File, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let size = file.metadata()?.len();
    if size > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut text = Zeroizing::new(Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1));
    file.take(limit).read_to_end(&mut text)?;
    Ok(text)
}

/// The file, open for reading; `None` when there is none.
pub(crate) fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The permission bits of a file that others than its owner may use; `None` when only the owner may.
#[cfg(unix)]
pub(crate) fn exposed(metadata: &fs::Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = metadata.permissions().mode() & 0o7777;
    (mode & OTHERS != 0).then_some(mode)
}

#[cfg(not(unix))]
pub(crate) fn exposed(_: &fs::Metadata) -> Option<u32> {
    None
}

/// Takes every permission from group and others.
#[cfg(unix)]
pub(crate) fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_mode(permissions.mode() & !OTHERS);
    fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
pub(crate) fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A new, empty file that only its owner may use.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when the name is taken; else what the system said.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// The file to lock, made if it is not there.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(path)
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Writes a file whose name is free.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when the name is taken; else what the system said. The name is
/// then as it was.
pub(crate) fn create(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = written(path, text)?;
    let linked = claim(&new, path);
    sweep(path)?;
    linked?;
    sync_parent(path)
}

/// Writes a file over the one of that name.
///
/// # Errors
///
/// What the system said. The name then has the old text or the new one, whole.
pub(crate) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let new = written(path, text)?;
    fs::rename(&new, path)?;
    sync_parent(path)
}

/// Gives a file its name, if the name is free.
fn claim(new: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(new, path) {
        // Some file systems have no links; under the store's lock nobody else takes the name.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists && !path.try_exists()? => {
            fs::rename(new, path)
        }
        linked => linked,
    }
}

/// Removes what a process left that was killed while it wrote that file.
pub(crate) fn sweep(path: &Path) -> io::Result<()> {
    fs::remove_file(beside(path, ".new")).or_else(absent_is_fine)
}

fn written(path: &Path, text: &[u8]) -> io::Result<PathBuf> {
    let new = beside(path, ".new");
    sweep(path)?;
    let written = create_private(&new).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    if let Err(error) = written {
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    Ok(new)
}

/// The path with `suffix` after its name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Success, when what should go is not there.
pub(crate) fn absent_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

/// Flushes the directory that holds the path, so that its name is on the disk.
#[cfg(unix)]
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(not(unix))]
pub(crate) fn sync_parent(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_created_once_and_replaced_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ring");
        create(&path, b"one").unwrap();
        assert_eq!(create(&path, b"two").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        assert_eq!(names(directory.path()), ["ring"]);
        assert_eq!(exposed(&fs::metadata(&path).unwrap()), None);
    }

    #[test]
    fn what_a_dead_process_left_is_swept_away() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ring");
        for write in [create, replace] {
            fs::write(beside(&path, ".new"), "half a r").unwrap();
            write(&path, b"whole").unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"whole");
            assert_eq!(names(directory.path()), ["ring"]);
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ring");
        assert!(open(&path).unwrap().is_none());
        create(&path, b"12345678").unwrap();
        let read = |limit| read(&mut open(&path).unwrap().unwrap(), limit);
        assert_eq!(*read(8).unwrap(), b"12345678");
        assert_eq!(read(7).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
