//! `jackfield connect`, with `--dry-run` or without, and `jackfield update`.

use std::io;

use jackfield_connect::{ConnectRequest, Connected, DEFAULT_NAME, Registry, Update as Replacement};
use jackfield_host::failure::{Timestamp, Warning};
use jackfield_host::manifest::Manifest;
use jackfield_host::secret::SecretText;
use serde_json::{Map, Value, json};

use super::connection::{headline, tell_report};
use super::doctor::Diagnosed;
use crate::arguments::{Connect, Secrets, Update};
use crate::error::Error;
use crate::output::Answer;
use crate::output::screen::{BOLD, Screen};
use crate::program::Program;
use crate::secret_source::{self, NamedSource};

/// A connection that was made or changed.
pub(super) struct Stored {
    verb: &'static str,
    connected: Connected,
}

pub(super) async fn connect(program: &Program, arguments: Connect) -> Result<Stored, Error> {
    let settings = super::pairs(&arguments.settings, "--set", "settings")?;
    let sources = secret_source::parse(&arguments.secrets.secrets)?;
    program.recognize(&arguments.name).await?;
    let connections = program.connections().await?;
    let request = request(connections.registry(), arguments, settings, &sources).await?;
    Ok(Stored { verb: "Connected", connected: connections.connect(request).await? })
}

/// What connecting would come to. Without a store none is made; one that is there lends the key of the
/// compiled connectors.
pub(super) async fn dry_run(program: &Program, arguments: Connect) -> Result<Diagnosed, Error> {
    let settings = super::pairs(&arguments.settings, "--set", "settings")?;
    let sources = secret_source::parse(&arguments.secrets.secrets)?;
    let registry = program.connectors().await?;
    let request = request(&registry, arguments, settings, &sources).await?;
    Ok(Diagnosed(registry.doctor(request).await?))
}

/// What is asked for, secrets from their sources and from the terminal included.
async fn request(
    registry: &Registry,
    arguments: Connect,
    settings: Map<String, Value>,
    sources: &[NamedSource],
) -> Result<ConnectRequest, Error> {
    let connector = registry.connector(&arguments.name).await?;
    let given = secret_source::read(sources)?;
    let method = arguments.method.as_deref();
    Ok(ConnectRequest {
        secrets: with_asked(connector.manifest(), method, given)?,
        method: arguments.method,
        settings,
        owner: arguments.user.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        runtime: arguments.runtime.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        unchecked: arguments.unchecked,
        ..ConnectRequest::new(arguments.name)
    })
}

pub(super) async fn update(program: &Program, arguments: Update) -> Result<Stored, Error> {
    let settings = super::pairs(&arguments.settings, "--set", "settings")?;
    let sources = secret_source::parse(&arguments.secrets.secrets)?;
    let connections = program.connections_with(&arguments.id).await?;
    let connection = connections.show(&arguments.id).await?;
    let mut secrets = secret_source::read(&sources)?;
    if arguments.secrets.is_empty() && settings.is_empty() {
        let connector = connections.registry().connector(&connection.connector).await?;
        secrets = with_asked(connector.manifest(), Some(&connection.method), secrets)?;
    }
    let replacement = Replacement { settings, secrets };
    let connected = connections.update(&arguments.id, replacement).await?;
    Ok(Stored { verb: "Updated", connected })
}

impl Secrets {
    fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }
}

/// The secrets that were given, and those that are asked for at the terminal. An unknown method has
/// nothing to ask for; it is refused later, with everything else that is wrong.
fn with_asked(
    manifest: &Manifest,
    method: Option<&str>,
    mut given: Vec<(String, SecretText)>,
) -> Result<Vec<(String, SecretText)>, Error> {
    let method = match method {
        Some(name) => manifest.auth_method(name),
        None => manifest.auth.first(),
    };
    // With some given, what is missing is told by its field, as everything else is.
    if let Some(method) = method.filter(|_| given.is_empty()) {
        given.extend(secret_source::ask(&method.secrets, &given)?);
    }
    Ok(given)
}

impl Answer for Stored {
    fn json(&self) -> Value {
        json!({ "connection": self.connected.connection, "notes": self.connected.notes })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let connection = &self.connected.connection;
        screen.line(0, BOLD, &format!("{}.", self.verb))?;
        headline(screen, connection)?;
        match &connection.report {
            Some(report) => tell_report(screen, report, Timestamp::now()),
            None => Ok(()),
        }
    }

    fn notes(&self) -> Vec<&Warning> {
        self.connected.notes.iter().collect()
    }
}
