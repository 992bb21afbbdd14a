//! `jackfield connectors`: what is installed, and what of it cannot be used.

use std::io;

use jackfield_connect::{ConnectorSource, Installed};
use jackfield_host::Connector;
use jackfield_host::failure::Failure;
use serde_json::{Value, json};

use crate::error::Error;
use crate::output::Answer;
use crate::output::screen::{BAD, BOLD, Cell, DIM, PLAIN, Screen};
use crate::program::Program;

/// What is installed: a connector each, or why it cannot be used.
pub(super) struct Connectors(Vec<(ConnectorSource, Result<Connector, Failure>)>);

pub(super) async fn run(program: &Program) -> Result<Connectors, Error> {
    let installed = program.connectors().await?.installed().await?;
    let one =
        |Installed { source, connector }| (source, connector.map_err(|error| error.to_failure()));
    Ok(Connectors(installed.into_iter().map(one).collect()))
}

/// `bundled`, or the file.
pub(super) fn named(source: &ConnectorSource) -> String {
    match source {
        ConnectorSource::Bundled => "bundled".to_owned(),
        ConnectorSource::File(path) => path.display().to_string(),
    }
}

impl Connectors {
    fn usable(&self) -> impl Iterator<Item = (&ConnectorSource, &Connector)> {
        self.0.iter().filter_map(|(source, one)| Some((source, one.as_ref().ok()?)))
    }

    fn refused(&self) -> impl Iterator<Item = (&ConnectorSource, &Failure)> {
        self.0.iter().filter_map(|(source, one)| Some((source, one.as_ref().err()?)))
    }
}

fn json_of(source: &ConnectorSource, connector: &Connector) -> Value {
    let manifest = connector.manifest();
    json!({
        "id": manifest.id,
        "name": manifest.name,
        "version": manifest.version,
        "description": manifest.description,
        "place": named(source),
        "digest": connector.facts().digest,
    })
}

fn row(source: &ConnectorSource, connector: &Connector) -> Vec<Cell> {
    let manifest = connector.manifest();
    vec![
        (manifest.id.clone(), BOLD),
        (manifest.version.clone(), PLAIN),
        (named(source), DIM),
        (manifest.description.clone(), PLAIN),
    ]
}

impl Answer for Connectors {
    fn json(&self) -> Value {
        let usable: Vec<_> = self.usable().map(|(source, one)| json_of(source, one)).collect();
        let refused = self.refused();
        let refused =
            refused.map(|(source, error)| json!({ "place": named(source), "error": error }));
        json!({ "connectors": usable, "refused": refused.collect::<Vec<_>>() })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let rows: Vec<_> = self.usable().map(|(source, one)| row(source, one)).collect();
        if rows.is_empty() {
            screen.line(0, PLAIN, "No connector is installed.")?;
        }
        screen.table(&["NAME", "VERSION", "FROM", "WHAT IT IS"], &rows)?;
        for (source, failure) in self.refused() {
            screen.labeled(BAD, &named(source), &failure.message)?;
        }
        Ok(())
    }
}
