//! Answers and errors on their way out: for people, or as one JSON document.
//!
//! Standard output has the answer and nothing else; progress, notes, logs and, for people, errors
//! are on standard error. With `--json` standard output has exactly one document, the error's
//! included: `{"error": {...}}` with the fields of the failure.

use std::io::{self, Write as _};

use jackfield_host::failure::{Failure, Warning};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::error::Error;
use crate::exit;

mod advice;
pub(crate) mod failure;
pub(crate) mod screen;
pub(crate) mod text;
pub(crate) mod times;

use screen::Screen;

/// How things are told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Output {
    /// One JSON document on standard output.
    pub(crate) json: bool,
    /// How often `-v` was given.
    pub(crate) verbose: u8,
}

/// What a command came to.
pub(crate) trait Answer {
    /// The document for programs.
    fn json(&self) -> Value;

    /// The records of the document, in their own spelling; they are its `records`.
    fn records(&self) -> Option<&[Box<RawValue>]> {
        None
    }

    /// The text for people.
    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()>;

    /// What a person should be told besides, on standard error, with `--json` as well.
    fn notes(&self) -> Vec<&Warning> {
        Vec::new()
    }

    /// The failure that the answer is about, told as errors are; a check that did not pass.
    fn failure(&self) -> Option<&Failure> {
        None
    }

    /// The exit code.
    fn exit_code(&self) -> u8 {
        exit::DONE
    }
}

impl Output {
    /// Tells the answer.
    ///
    /// # Errors
    ///
    /// [`Error::Output`] where standard output does not take it.
    pub(crate) fn answer(self, answer: &dyn Answer) -> Result<u8, Error> {
        if self.json {
            document(&answer.json(), answer.records()).map_err(Error::output)?;
        } else {
            let mut out = anstream::stdout().lock();
            let told = answer.human(&mut Screen::new(&mut out));
            told.and_then(|()| out.flush()).map_err(Error::output)?;
        }
        self.notes(answer.notes());
        if let Some(failure) = answer.failure().filter(|_| !self.json) {
            self.failure(failure);
        }
        Ok(answer.exit_code())
    }

    /// Tells the error, and returns its exit code. A reader that has gone is told nothing.
    pub(crate) fn error(self, error: &Error) -> u8 {
        if error.is_broken_pipe() {
            return exit::DONE;
        }
        let failure = error.to_failure();
        if !self.json {
            self.failure(&failure);
            return error.exit_code();
        }
        match document(&json!({ "error": failure }), None) {
            Ok(()) => error.exit_code(),
            Err(_) => exit::INTERNAL,
        }
    }

    /// A line for people on standard error.
    pub(crate) fn note(self, label: &str, message: &str) {
        on_standard_error(|screen| screen.note(label, message));
    }

    /// Warnings for people on standard error.
    pub(crate) fn notes<'a>(self, warnings: impl IntoIterator<Item = &'a Warning>) {
        for warning in warnings {
            on_standard_error(|screen| failure::warning(screen, warning));
        }
    }

    fn failure(self, failure: &Failure) {
        on_standard_error(|screen| failure::tell(screen, failure, self.verbose > 0));
    }
}

/// Where standard error is gone there is nobody left to tell.
fn on_standard_error(tell: impl FnOnce(&mut Screen<'_>) -> io::Result<()>) {
    let mut out = anstream::stderr().lock();
    drop(tell(&mut Screen::new(&mut out)).and_then(|()| out.flush()));
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    value: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<&'a [Box<RawValue>]>,
}

/// Writes the one document.
fn document(value: &Value, records: Option<&[Box<RawValue>]>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let text =
        serde_json::to_string_pretty(&Document { value, records }).map_err(io::Error::from)?;
    out.write_all(text::escaped_json(&text).as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}
