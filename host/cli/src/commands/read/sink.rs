//! Where records go: standard output, a file, or memory.
//!
//! A file is written under another name beside its own, and takes its name once it is complete and
//! on the disk: whatever happens before, no half file looks whole, and one that was there stays.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal as _, StdoutLock, Write};
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use crate::error::Error;

/// Takes records, a line each.
pub(super) enum Sink {
    Output(BufWriter<StdoutLock<'static>>),
    File(Draft),
    Memory(Vec<Box<RawValue>>),
}

/// A file that does not have its name yet. Dropped, it is removed.
pub(super) struct Draft {
    path: PathBuf,
    beside: PathBuf,
    file: BufWriter<File>,
    complete: bool,
}

impl Sink {
    /// A file if one is named; else memory for the one JSON document, or standard output.
    pub(super) fn new(json: bool, out: Option<&Path>) -> Result<Self, Error> {
        Ok(match (out, json) {
            (Some(path), _) => Self::File(Draft::new(path)?),
            (None, true) => Self::Memory(Vec::new()),
            (None, false) => Self::Output(BufWriter::new(io::stdout().lock())),
        })
    }

    /// Whether progress would stand between the records.
    pub(super) fn shares_the_terminal(&self) -> bool {
        matches!(self, Self::Output(_)) && io::stdout().is_terminal()
    }

    pub(super) fn write(&mut self, record: &str) -> Result<(), Error> {
        match self {
            Self::Output(out) => writeln!(out, "{record}").map_err(Error::output),
            Self::File(draft) => draft.written(|file| writeln!(file, "{record}")),
            Self::Memory(held) => {
                let record = RawValue::from_string(record.to_owned());
                held.push(record.map_err(|error| Error::output(error.into()))?);
                Ok(())
            }
        }
    }

    pub(super) fn flush(&mut self) -> Result<(), Error> {
        match self {
            Self::Output(out) => out.flush().map_err(Error::output),
            Self::File(_) | Self::Memory(_) => Ok(()),
        }
    }

    /// Completes the file; the records that were held in memory.
    pub(super) fn finish(self) -> Result<Option<Vec<Box<RawValue>>>, Error> {
        match self {
            Self::Output(mut out) => out.flush().map(|()| None).map_err(Error::output),
            Self::File(draft) => draft.complete().map(|()| None),
            Self::Memory(held) => Ok(Some(held)),
        }
    }
}

impl Draft {
    fn new(path: &Path) -> Result<Self, Error> {
        // A link is followed: its target is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let is_other = path.metadata().is_ok_and(|place| !place.is_file());
        let (false, Some(name)) = (is_other, path.file_name()) else {
            return Err(no_place(&path, &"what is there is no file and cannot be replaced"));
        };
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.part", std::process::id()));
        let beside = path.with_file_name(beside);
        // One that is left there is of a process that is gone: its id is ours now.
        drop(fs::remove_file(&beside));
        let file = OpenOptions::new().write(true).create_new(true).open(&beside);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => no_place(&path, &error),
            _ => failed(&path, error),
        })?;
        Ok(Self { path, beside, file: BufWriter::new(file), complete: false })
    }

    fn written(
        &mut self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), Error> {
        write(&mut self.file).map_err(|source| failed(&self.path, source))
    }

    fn complete(mut self) -> Result<(), Error> {
        self.written(|file| {
            file.flush()?;
            file.get_ref().sync_all()
        })?;
        fs::rename(&self.beside, &self.path).map_err(|source| failed(&self.path, source))?;
        self.complete = true;
        sync_directory(&self.path).map_err(|source| failed(&self.path, source))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.complete {
            drop(fs::remove_file(&self.beside));
        }
    }
}

/// A name is on the disk once its directory is.
#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A place that the person has to correct.
fn no_place(path: &Path, reason: &dyn std::fmt::Display) -> Error {
    let message = format!("No file can be written to `{}`: {reason}.", path.display());
    Error::usage(message, Some("Name a file in a directory that is there: --out FILE."))
}

fn failed(path: &Path, source: io::Error) -> Error {
    Error::Output { what: format!("the file `{}`", path.display()), source }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_its_name_only_once_it_is_complete() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.jsonl");
        let mut sink = Sink::new(false, Some(&path)).unwrap();
        sink.write("{\"a\":1}").unwrap();
        sink.write("{\"a\":2}").unwrap();
        assert!(!path.exists());
        assert!(sink.finish().unwrap().is_none());
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"a\":2}\n");
        assert_eq!(names(directory.path()), ["out.jsonl"]);
    }

    #[test]
    fn a_run_that_fails_leaves_the_old_file_and_nothing_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.jsonl");
        fs::write(&path, "old").unwrap();
        let mut sink = Sink::new(true, Some(&path)).unwrap();
        sink.write("new").unwrap();
        assert_eq!(names(directory.path()).len(), 2);
        drop(sink);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(directory.path()), ["out.jsonl"]);
    }

    #[test]
    fn an_old_file_is_replaced_at_success() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out.jsonl");
        fs::write(&path, "old").unwrap();
        let mut sink = Sink::new(false, Some(&path)).unwrap();
        sink.write("new").unwrap();
        sink.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_pointing_at_its_target() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut sink = Sink::new(false, Some(&link)).unwrap();
        sink.write("new").unwrap();
        sink.finish().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "new\n");
    }

    #[test]
    fn places_where_no_file_can_be_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let absent = directory.path().join("absent/out");
        for path in [directory.path().to_owned(), "/".into(), "/dev/null".into(), absent] {
            let error = Sink::new(false, Some(&path)).err().unwrap();
            assert_eq!(error.exit_code(), crate::exit::USAGE, "{}", path.display());
        }
    }
}
