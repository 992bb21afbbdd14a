//! `jackfield read`: a stream, one JSON record a line.
//!
//! A line is `{"key":...,"updated_at":...,"data":{...}}`, with the provider's own record in `data`
//! and Unix milliseconds or null in `updated_at`; or `{"key":...,"deleted":true}` for a record that
//! is gone. Without `--all` one page is read.
//!
//! | | without `--json` | with `--json` |
//! |---|---|---|
//! | without `--out` | records on standard output, a line each | one document with `records` |
//! | with `--out FILE` | records in the file; a summary on standard output | records in the file; the summary as a document |
//!
//! With `--json` and without `--out` all records are held in memory until the end.
//!
//! A run that fails, or is interrupted, hands out the pages that it read like one that succeeds, and
//! prints the cursor behind the last of them: a later run with that cursor brings exactly the rest.
//! With `--json` the document has the records, the `cursor` and the `error`. The cursor is printed only
//! after the records are written: to a file, and that file to the disk.

use std::io;

use jackfield_connect::{ReadOptions, Reading};
use jackfield_host::failure::{Failure, Timestamp, Warning};
use jackfield_host::report::{Change, Item, Page, Progress as Stand};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use self::sink::{Kept, Sink};
use crate::arguments::Read;
use crate::error::Error;
use crate::exit;
use crate::output::screen::{PLAIN, Screen};
use crate::output::{Answer, Output, text};
use crate::program::Program;
use crate::progress::Progress;

mod sink;

/// What was read, and where it ended.
pub(super) struct Summary {
    output: Output,
    records: u64,
    deleted: u64,
    pages: u64,
    /// Behind the last page that the sink took.
    cursor: Option<String>,
    caught_up: bool,
    warnings: Vec<Warning>,
    kept: Kept,
    /// What ended the run before its end.
    stopped: Option<(Failure, u8)>,
}

pub(super) async fn run(program: &Program, arguments: Read) -> Result<Summary, Error> {
    let parameters = super::pairs(&arguments.parameters, "--param", "parameters")?;
    let options = ReadOptions {
        parameters,
        cursor: arguments.cursor.clone(),
        limit: arguments.page_size,
        skip_oversized: arguments.skip_oversized,
        ..ReadOptions::new(arguments.stream)
    };
    let connections = program.connections_with(&arguments.id).await?;
    let mut reading = connections.read(&arguments.id, options).await?;
    let mut sink = Sink::new(program.output.json, arguments.out.as_deref(), arguments.append)?;
    let mut summary = Summary::new(program.output, arguments.cursor);
    let run = summary.follow(&mut reading, &mut sink, arguments.all);
    let done = tokio::select! {
        done = run => done,
        () = interrupted() => Err(Error::Interrupted),
    };
    summary.end(sink, done)
}

/// Ends when the person presses Ctrl-C, or the system asks the program to end.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
}

impl Summary {
    /// Nothing was read yet; a run that fails at once has to begin again at `cursor`.
    fn new(output: Output, cursor: Option<String>) -> Self {
        Self {
            output,
            records: 0,
            deleted: 0,
            pages: 0,
            cursor,
            caught_up: false,
            warnings: Vec::new(),
            kept: Kept::default(),
            stopped: None,
        }
    }

    /// Reads one page, or all, into the sink.
    async fn follow(
        &mut self,
        reading: &mut Reading<'_>,
        sink: &mut Sink,
        all: bool,
    ) -> Result<(), Error> {
        let progress = match sink.shares_the_terminal() {
            true => Progress::none(),
            false => Progress::endless("records"),
        };
        while let Some(page) = reading.next_page().await? {
            self.take(page, sink)?;
            self.cursor = reading.cursor().map(str::to_owned);
            progress.reached(self.records);
            if !all {
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, page: Page, sink: &mut Sink) -> Result<(), Error> {
        let lines: Result<Vec<String>, Error> =
            page.changes.iter().map(|change| Line::of(change).text()).collect();
        // A reader at the other end of a pipe gets whole pages as they come.
        sink.page(lines?)?;
        self.pages += 1;
        self.caught_up = matches!(page.progress, Stand::CaughtUp(_));
        for change in &page.changes {
            match change {
                Change::Upsert(_) => self.records += 1,
                Change::Delete(_) => self.deleted += 1,
            }
        }
        // Every page may say the same.
        let new = page.warnings.into_iter().filter(|new| !self.warnings.contains(new));
        let new: Vec<Warning> = new.collect();
        self.warnings.extend(new);
        Ok(())
    }

    /// Completes the output. What was not written in the end was not read: nothing tells its cursor.
    fn end(mut self, sink: Sink, done: Result<(), Error>) -> Result<Self, Error> {
        match done {
            Ok(()) => self.kept = sink.finish()?,
            // Nobody reads the output any more.
            Err(error) if error.is_broken_pipe() => return Err(error),
            Err(error) => {
                if self.pages > 0 {
                    self.kept = sink.keep()?;
                }
                self.stopped = Some((self.with_next_step(&error), error.exit_code()));
            }
        }
        Ok(self)
    }

    /// The error, with how to read the rest.
    fn with_next_step(&self, error: &Error) -> Failure {
        let failure = error.to_failure();
        if self.pages == 0 {
            return failure;
        }
        let file = match &self.kept.file {
            Some(file) => format!(" --out {} --append", file.display()),
            None => String::new(),
        };
        let next = match &self.cursor {
            Some(_) => format!("Read the rest: repeat the command with{file} --cursor CURSOR."),
            None => "Read again from the start: this stream cannot be continued.".to_owned(),
        };
        failure.remedy(next, None)
    }

    fn tell_cursor(&self) {
        match &self.cursor {
            Some(cursor) => self.output.note("cursor", cursor),
            None => self.output.note("cursor", "none: a later run begins at the start"),
        }
    }

    fn counts(&self) -> String {
        let records = text::count(self.records, "record");
        let deleted = match self.deleted {
            0 => String::new(),
            deleted => format!(", {deleted} deleted"),
        };
        let pages = text::count(self.pages, "page");
        let stand = if self.caught_up { "nothing further now" } else { "more follows" };
        format!("{records}{deleted} in {pages}; {stand}.")
    }
}

impl Answer for Summary {
    fn json(&self) -> Value {
        let mut document = Map::new();
        let mut put = |name: &str, value: Value| document.insert(name.to_owned(), value);
        if let Some((failure, _)) = &self.stopped {
            put("error", json!(failure));
        }
        put("count", self.records.into());
        put("deleted", self.deleted.into());
        put("pages", self.pages.into());
        put("cursor", json!(self.cursor));
        put("caught_up", self.caught_up.into());
        put("warnings", json!(self.warnings));
        if let Some(file) = &self.kept.file {
            put("out", file.display().to_string().into());
        }
        document.into()
    }

    fn records(&self) -> Option<&[Box<RawValue>]> {
        self.kept.records.as_deref()
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.stopped.is_some() && self.pages == 0 {
            return Ok(());
        }
        match &self.kept.file {
            Some(file) => {
                let text = format!("Wrote {}: {}", file.display(), self.counts());
                screen.line(0, PLAIN, &text)?;
            }
            None => self.output.note("read", &self.counts()),
        }
        self.tell_cursor();
        Ok(())
    }

    fn notes(&self) -> Vec<&Warning> {
        self.warnings.iter().collect()
    }

    fn failure(&self) -> Option<&Failure> {
        self.stopped.as_ref().map(|(failure, _)| failure)
    }

    fn exit_code(&self) -> u8 {
        self.stopped.as_ref().map_or(exit::DONE, |(_, code)| *code)
    }
}

/// One line of the output.
#[derive(Serialize)]
#[serde(untagged)]
enum Line<'a> {
    There { key: &'a str, updated_at: Option<Timestamp>, data: &'a RawValue },
    Gone { key: &'a str, deleted: bool },
}

impl<'a> Line<'a> {
    fn of(change: &'a Change) -> Self {
        match change {
            Change::Upsert(Item { key, updated_at, data }) => {
                Self::There { key, updated_at: *updated_at, data }
            }
            Change::Delete(key) => Self::Gone { key, deleted: true },
        }
    }

    /// Valid JSON, in one line, and harmless to a terminal.
    fn text(&self) -> Result<String, Error> {
        let json = serde_json::to_string(self).map_err(|error| Error::output(error.into()))?;
        Ok(text::json_line(&json).into_owned())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn upsert(data: &str) -> Change {
        Change::Upsert(Item {
            key: "k\"1".to_owned(),
            updated_at: Some(Timestamp(5)),
            data: RawValue::from_string(data.to_owned()).unwrap(),
        })
    }

    #[test]
    fn a_record_is_one_line_whatever_its_shape() {
        for (name, data, expected) in [
            ("plain", r#"{"a":1}"#, r#"{"a":1}"#),
            ("pretty", "{\n\t\"a\": 1\n}", r#"{  "a": 1 }"#),
            ("control", "\"\u{9b}31m\"", r#""\u009b31m""#),
            ("digits", "[12345678901234567890123, 1.10]", "[12345678901234567890123, 1.10]"),
        ] {
            let expected = format!(r#"{{"key":"k\"1","updated_at":5,"data":{expected}}}"#);
            assert_eq!(Line::of(&upsert(data)).text().unwrap(), expected, "{name}");
        }
        let gone = Change::Delete("k".to_owned());
        assert_eq!(Line::of(&gone).text().unwrap(), r#"{"key":"k","deleted":true}"#);
    }

    #[test]
    fn a_warning_that_every_page_repeats_is_told_once() {
        let warning = |code: &str| Warning {
            code: code.to_owned(),
            message: "Partial.".to_owned(),
            remedies: Vec::new(),
        };
        let mut summary = Summary::new(Output::default(), None);
        let mut sink = Sink::new(true, None, false).unwrap();
        for code in ["one", "one", "two"] {
            let progress = Stand::CaughtUp(None);
            let page = Page { changes: vec![upsert("1")], progress, warnings: vec![warning(code)] };
            summary.take(page, &mut sink).unwrap();
        }
        assert_eq!(summary.warnings, [warning("one"), warning("two")]);
        assert_eq!((summary.records, summary.pages, summary.caught_up), (3, 3, true));
        assert_eq!(sink.finish().unwrap().records.unwrap().len(), 3);
    }
}
