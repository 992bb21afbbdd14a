//! `jackfield check`: one connection, or all.
//!
//! The exit code of `--all` is that of the first connection, in the order of the list, that did not
//! pass.

use std::io;

use jackfield_connect::{Checked, Connection, DEFAULT_PARALLELISM, Filter};
use jackfield_host::failure::{Failure, Timestamp};
use jackfield_host::report::Report;
use serde_json::{Value, json};

use super::connection::{headline, tell_report, tell_secrets};
use crate::arguments::Check;
use crate::error::{Error, failure_code};
use crate::exit;
use crate::output::screen::{BAD, BOLD, Cell, GOOD, PLAIN, Screen, of_state};
use crate::output::{Answer, text};
use crate::program::Program;
use crate::progress::Progress;

/// What one check came to.
struct One {
    connection: Connection,
    result: Result<Report, Failure>,
    code: u8,
}

/// What all checks came to.
struct All(Vec<One>);

pub(super) async fn run(program: &Program, arguments: Check) -> Result<Box<dyn Answer>, Error> {
    if let Some(id) = arguments.id {
        return Ok(Box::new(One::of(program.connections_with(&id).await?.check(&id).await?)));
    }
    if !program.has_store() {
        return Ok(Box::new(All(Vec::new())));
    }
    let connections = program.connections().await?;
    let progress = Progress::of("checked");
    let tell = |done: usize, total: usize| progress.set(done as u64, total as u64);
    let checked = connections.check_all(&Filter::default(), DEFAULT_PARALLELISM, tell).await?;
    let one = |(connection, checked)| match checked {
        Ok(checked) => One::of(checked),
        Err(error) => One::failed(connection, &Error::Connection(error)),
    };
    Ok(Box::new(All(checked.into_iter().map(one).collect())))
}

impl One {
    fn of(checked: Checked) -> Self {
        let Checked { connection, result } = checked;
        let code = result.as_ref().err().map_or(exit::DONE, failure_code);
        Self { connection, result, code }
    }

    fn failed(connection: Connection, error: &Error) -> Self {
        Self { connection, result: Err(error.to_failure()), code: error.exit_code() }
    }

    fn row(&self) -> Vec<Cell> {
        let (outcome, style) = match &self.result {
            Ok(report) => (format!("works, as {}", report.account.name), GOOD),
            Err(failure) => (failure.message.clone(), BAD),
        };
        vec![
            (self.connection.id.clone(), BOLD),
            (self.connection.connector.clone(), PLAIN),
            (self.connection.state.to_string(), of_state(self.connection.state)),
            (outcome, style),
        ]
    }
}

impl Answer for One {
    fn json(&self) -> Value {
        match &self.result {
            Ok(report) => json!({ "connection": self.connection, "report": report }),
            Err(failure) => json!({ "error": failure, "connection": self.connection }),
        }
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let now = Timestamp::now();
        headline(screen, &self.connection)?;
        tell_secrets(screen, &self.connection, now)?;
        match &self.result {
            Ok(report) => tell_report(screen, report, now),
            Err(_) => Ok(()),
        }
    }

    fn failure(&self) -> Option<&Failure> {
        self.result.as_ref().err()
    }

    fn exit_code(&self) -> u8 {
        self.code
    }
}

impl Answer for All {
    fn json(&self) -> Value {
        let failed = self.0.iter().filter(|one| one.result.is_err()).count();
        json!({
            "checked": self.0.len(),
            "failed": failed,
            "checks": self.0.iter().map(Answer::json).collect::<Vec<_>>(),
        })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let rows: Vec<_> = self.0.iter().map(One::row).collect();
        screen.table(&["ID", "CONNECTOR", "STATE", "OUTCOME"], &rows)?;
        let failed = self.0.iter().filter(|one| one.result.is_err()).count();
        let checked = text::count(self.0.len() as u64, "connection");
        let style = if failed == 0 { PLAIN } else { BOLD };
        screen.line(0, style, &format!("{checked} checked, {failed} failed."))
    }

    fn exit_code(&self) -> u8 {
        self.0.iter().map(|one| one.code).find(|code| *code != exit::DONE).unwrap_or(exit::DONE)
    }
}
