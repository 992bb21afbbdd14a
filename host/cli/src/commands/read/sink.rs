//! Where records go: standard output, a file, or memory. Each takes whole pages.
//!
//! A file is written under another name beside its own, and takes its name when the run ends and its
//! records are on the disk. A process that is killed leaves the file as it was.
//!
//! | the run | the file was not there | it was there | it was there, `--append` |
//! |---|---|---|---|
//! | succeeds | has the new records | has the new records alone | has the old and the new records |
//! | fails or is interrupted | has the pages that were read | is unchanged; `FILE.partial` has the pages that were read | has the old records and the pages that were read |
//!
//! What a run could not write in full (a full disk) is cut off at the last whole page.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Read as _, Seek as _, SeekFrom, StdoutLock, Write as _};
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use crate::error::Error;

/// Takes records, a line each, in whole pages.
pub(super) enum Sink {
    Output(StdoutLock<'static>),
    File(Draft),
    Memory(Vec<Box<RawValue>>),
}

/// What a sink made of the pages.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The records that were held in memory.
    pub(super) records: Option<Vec<Box<RawValue>>>,
    /// The file that has them.
    pub(super) file: Option<PathBuf>,
}

/// A file that does not have its name yet. Dropped, it is removed.
pub(super) struct Draft {
    path: PathBuf,
    beside: PathBuf,
    file: File,
    /// Bytes of whole pages.
    whole: u64,
    /// The file that is appended to. Open and locked, so that no other run appends to it.
    appends_to: Option<File>,
    complete: bool,
}

impl Sink {
    /// A file if one is named; else memory for the one JSON document, or standard output.
    pub(super) fn new(json: bool, out: Option<&Path>, append: bool) -> Result<Self, Error> {
        Ok(match (out, json) {
            (Some(path), _) => Self::File(Draft::new(path, append)?),
            (None, true) => Self::Memory(Vec::new()),
            (None, false) => Self::Output(io::stdout().lock()),
        })
    }

    /// Whether progress would stand between the records.
    pub(super) fn shares_the_terminal(&self) -> bool {
        matches!(self, Self::Output(_)) && io::stdout().is_terminal()
    }

    /// Takes one page: all of its records or, after an error, none that counts.
    pub(super) fn page(&mut self, lines: Vec<String>) -> Result<(), Error> {
        match self {
            Self::Output(out) => {
                let text = joined(&lines);
                out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::output)
            }
            Self::File(draft) => draft.page(joined(&lines).as_bytes()),
            Self::Memory(held) => {
                let records = lines.into_iter().map(RawValue::from_string);
                let records: Result<Vec<_>, _> = records.collect();
                held.extend(records.map_err(|error| Error::output(error.into()))?);
                Ok(())
            }
        }
    }

    /// Ends a run that succeeded.
    pub(super) fn finish(self) -> Result<Kept, Error> {
        self.end(Draft::complete)
    }

    /// Ends a run that failed or was interrupted after at least one page: keeps the whole pages.
    pub(super) fn keep(self) -> Result<Kept, Error> {
        self.end(Draft::keep)
    }

    fn end(self, end: impl FnOnce(Draft) -> Result<PathBuf, Error>) -> Result<Kept, Error> {
        Ok(match self {
            Self::Output(_) => Kept::default(),
            Self::File(draft) => Kept { file: Some(end(draft)?), ..Kept::default() },
            Self::Memory(held) => Kept { records: Some(held), ..Kept::default() },
        })
    }
}

fn joined(lines: &[String]) -> String {
    let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 1).sum());
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

impl Draft {
    fn new(path: &Path, append: bool) -> Result<Self, Error> {
        // A link is followed: its target is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let is_other = path.metadata().is_ok_and(|place| !place.is_file());
        let (false, Some(name)) = (is_other, path.file_name()) else {
            return Err(no_place(&path, &"it is not a regular file"));
        };
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.part", std::process::id()));
        let beside = path.with_file_name(beside);
        let locked = if append { lock(&path)? } else { None };
        // One that is left there is of a process that is gone: its id is ours now.
        drop(fs::remove_file(&beside));
        let file = OpenOptions::new().write(true).create_new(true).open(&beside);
        let file = file.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => no_place(&path, &error),
            _ => failed(&path, error),
        })?;
        let mut draft = Self { path, beside, file, whole: 0, appends_to: None, complete: false };
        if let Some(mut old) = locked {
            let copied = io::copy(&mut old, &mut draft.file);
            draft.whole = copied.map_err(|source| failed(&draft.path, source))?;
            draft.end_last_line(&mut old).map_err(|source| failed(&draft.path, source))?;
            draft.appends_to = Some(old);
        }
        Ok(draft)
    }

    /// A last line without a line end gets one: the next record has a line of its own.
    fn end_last_line(&mut self, old: &mut File) -> io::Result<()> {
        if self.whole > 0 {
            old.seek(SeekFrom::End(-1))?;
            let mut last = [0];
            old.read_exact(&mut last)?;
            if last != *b"\n" {
                self.file.write_all(b"\n")?;
                self.whole += 1;
            }
        }
        Ok(())
    }

    fn page(&mut self, text: &[u8]) -> Result<(), Error> {
        self.file.write_all(text).map_err(|source| failed(&self.path, source))?;
        self.whole += u64::try_from(text.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    fn complete(mut self) -> Result<PathBuf, Error> {
        let path = self.path.clone();
        let done = self.on_disk().and_then(|()| fs::rename(&self.beside, &path));
        self.ended(path, done)
    }

    /// Keeps the whole pages, without replacing a file that another run wrote.
    fn keep(mut self) -> Result<PathBuf, Error> {
        if self.appends_to.is_some() {
            return self.complete();
        }
        let whole = self.path.clone();
        let mut names = std::iter::once(whole.clone()).chain(partials(&whole));
        let mut path = self.path.clone();
        let named = self.on_disk().and_then(|()| {
            loop {
                path = names.next().unwrap_or_else(|| self.beside.clone());
                match fs::hard_link(&self.beside, &path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                    // A file system without hard links.
                    Err(_) if !path.exists() => break fs::rename(&self.beside, &path),
                    Err(_) => {}
                    Ok(()) => break fs::remove_file(&self.beside),
                }
            }
        });
        self.ended(path, named)
    }

    /// The whole pages, and nothing after them.
    fn on_disk(&self) -> io::Result<()> {
        self.file.set_len(self.whole)?;
        self.file.sync_all()
    }

    fn ended(&mut self, path: PathBuf, named: io::Result<()>) -> Result<PathBuf, Error> {
        named.map_err(|source| failed(&path, source))?;
        self.complete = true;
        sync_directory(&path).map_err(|source| failed(&path, source))?;
        Ok(path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.complete {
            drop(fs::remove_file(&self.beside));
        }
    }
}

/// `FILE.partial`, `FILE.2.partial`, `FILE.3.partial`, ...
fn partials(path: &Path) -> impl Iterator<Item = PathBuf> {
    let endings = (2_u64..).map(|number| format!(".{number}.partial"));
    std::iter::once(".partial".to_owned()).chain(endings).map(|ending| {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(ending);
        path.with_file_name(name)
    })
}

/// The file that is appended to, locked; `None` where there is none yet.
fn lock(path: &Path) -> Result<Option<File>, Error> {
    loop {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(path, error)),
        };
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(Some(file)),
            // Another run put a new file in its place before the lock was ours.
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(no_place(path, &"another run is appending to it"));
            }
            Err(fs::TryLockError::Error(error)) => return Err(failed(path, error)),
        }
    }
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let place = |meta: fs::Metadata| (meta.dev(), meta.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(held), Ok(there)) => place(held) == place(there),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
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
    let message = format!("Cannot write to `{}`: {reason}.", path.display());
    Error::usage(message, Some("Name another file, in a directory that exists: --out FILE."))
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

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn the_file_at_the_end_of_a_run() {
        for (name, old, append, fails, files) in [
            ("new", None, false, false, &[("out", "a\nb\n")][..]),
            ("new, fails", None, false, true, &[("out", "a\nb\n")]),
            ("replaced", Some("old\n"), false, false, &[("out", "a\nb\n")]),
            (
                "kept beside",
                Some("old\n"),
                false,
                true,
                &[("out", "old\n"), ("out.partial", "a\nb\n")],
            ),
            ("appended", Some("old\n"), true, false, &[("out", "old\na\nb\n")]),
            ("appended, fails", Some("old\n"), true, true, &[("out", "old\na\nb\n")]),
            ("appended to a torn line", Some("old"), true, false, &[("out", "old\na\nb\n")]),
            ("appended to an empty file", Some(""), true, false, &[("out", "a\nb\n")]),
            ("appended to no file", None, true, true, &[("out", "a\nb\n")]),
        ] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("out");
            if let Some(old) = old {
                fs::write(&path, old).unwrap();
            }
            let mut sink = Sink::new(false, Some(&path), append).unwrap();
            sink.page(lines(&["a"])).unwrap();
            sink.page(lines(&["b"])).unwrap();
            assert_eq!(fs::read_to_string(&path).ok().as_deref(), old, "{name}, before the end");
            let kept = if fails { sink.keep() } else { sink.finish() }.unwrap();
            let last = files.last().unwrap().0;
            assert_eq!(kept.file.unwrap().file_name().unwrap(), last, "{name}");
            let expected: Vec<&str> = files.iter().map(|(file, _)| *file).collect();
            assert_eq!(names(directory.path()), expected, "{name}");
            for (file, text) in files {
                assert_eq!(
                    fs::read_to_string(directory.path().join(file)).unwrap(),
                    *text,
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn what_failed_before_its_first_page_leaves_the_old_file_and_nothing_beside_it() {
        for append in [false, true] {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("out.jsonl");
            fs::write(&path, "old").unwrap();
            let sink = Sink::new(true, Some(&path), append).unwrap();
            assert_eq!(names(directory.path()).len(), 2);
            drop(sink);
            assert_eq!(fs::read_to_string(&path).unwrap(), "old");
            assert_eq!(names(directory.path()), ["out.jsonl"]);
        }
    }

    #[test]
    fn a_page_that_was_cut_short_is_not_kept() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        let mut draft = Draft::new(&path, false).unwrap();
        draft.page(b"a\n").unwrap();
        draft.file.write_all(b"half a li").unwrap();
        draft.keep().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\n");
    }

    #[test]
    fn partial_files_do_not_replace_each_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        fs::write(&path, "old").unwrap();
        for text in ["1", "2", "3"] {
            let mut sink = Sink::new(false, Some(&path), false).unwrap();
            sink.page(lines(&[text])).unwrap();
            sink.keep().unwrap();
        }
        let expected = ["out", "out.2.partial", "out.3.partial", "out.partial"];
        assert_eq!(names(directory.path()), expected);
    }

    #[test]
    fn two_runs_cannot_append_to_one_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("out");
        fs::write(&path, "old\n").unwrap();
        let mut first = Sink::new(false, Some(&path), true).unwrap();
        let error = Sink::new(false, Some(&path), true).err().unwrap();
        assert_eq!(error.exit_code(), crate::exit::USAGE);
        first.page(lines(&["a"])).unwrap();
        first.finish().unwrap();
        let mut second = Sink::new(false, Some(&path), true).unwrap();
        second.page(lines(&["b"])).unwrap();
        second.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\na\nb\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_pointing_at_its_target() {
        let directory = tempfile::tempdir().unwrap();
        let (target, link) = (directory.path().join("target"), directory.path().join("link"));
        fs::write(&target, "old").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let mut sink = Sink::new(false, Some(&link), false).unwrap();
        sink.page(lines(&["new"])).unwrap();
        sink.finish().unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&target).unwrap(), "new\n");
    }

    #[test]
    fn places_where_no_file_can_be_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        let absent = directory.path().join("absent/out");
        for path in [directory.path().to_owned(), "/".into(), "/dev/null".into(), absent] {
            for append in [false, true] {
                let error = Sink::new(false, Some(&path), append).err().unwrap();
                assert_eq!(error.exit_code(), crate::exit::USAGE, "{}", path.display());
            }
        }
    }
}
