//! `jackfield list`: the connections, a line each.

use std::io;

use jackfield_connect::{Connection, Filter};
use jackfield_host::failure::Timestamp;
use serde_json::{Value, json};

use crate::error::Error;
use crate::output::screen::{BOLD, Cell, DIM, PLAIN, Screen, of_state};
use crate::output::{Answer, times};
use crate::program::Program;

/// All connections.
pub(super) struct List(Vec<Connection>);

pub(super) async fn run(program: &Program) -> Result<List, Error> {
    if !program.has_store() {
        return Ok(List(Vec::new()));
    }
    Ok(List(program.stored_connections().await?.list(&Filter::default()).await?))
}

impl Answer for List {
    fn json(&self) -> Value {
        json!({ "connections": self.0 })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        if self.0.is_empty() {
            return screen.line(
                0,
                PLAIN,
                "No connections yet; make one with `jackfield connect NAME`.",
            );
        }
        let headings =
            ["ID", "CONNECTOR", "ACCOUNT", "STATE", "USER", "RUNTIME", "CHECKED", "EXPIRES"];
        let now = Timestamp::now();
        let rows: Vec<_> = self.0.iter().map(|connection| row(connection, now)).collect();
        screen.table(&headings, &rows)
    }
}

fn row(connection: &Connection, now: Timestamp) -> Vec<Cell> {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let report = connection.report.as_ref();
    let account = report.map(|report| report.account.name.clone());
    let expires = report.and_then(|report| report.credential_expires_at);
    let checked = connection.checked_at.map(|time| times::distance(time, now));
    vec![
        (connection.id.clone(), BOLD),
        (connection.connector.clone(), PLAIN),
        (or_none(account), PLAIN),
        (connection.state.to_string(), of_state(connection.state)),
        (connection.owner.clone(), PLAIN),
        (connection.runtime.clone(), PLAIN),
        (or_none(checked), DIM),
        (or_none(expires.map(|time| times::moment_and_distance(time, now))), PLAIN),
    ]
}
