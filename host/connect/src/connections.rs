//! Connecting, changing, showing and disconnecting.

use std::time::Duration;

use jackfield_host::failure::{Cause, Failure, Remedy, Timestamp, Warning};
use jackfield_host::report::Report;
use jackfield_host::secret::SecretText;
use jackfield_vault::{
    CheckRecord, Connection, Filter, NewConnection, OtherSecrets, Replacement, Vault,
};
use serde_json::{Map, Value};

use crate::Error;
use crate::checking::record_of;
use crate::input_check::{Accepted, ConnectRequest};
use crate::registry::Registry;
use crate::secrets_for_call::{Bound, CallSecrets};
use crate::state::{state_at, state_of_passed};
use crate::waiting::Waiting;

/// The connections of a platform: its connectors and its store.
pub struct Connections {
    registry: Registry,
    vault: Vault,
    patience: Duration,
}

/// A connection that was made or changed.
#[derive(Clone, Debug)]
pub struct Connected {
    /// As it is stored.
    pub connection: Connection,
    /// What a person should know of what was entered: blanks removed, a token that looks truncated.
    pub notes: Vec<Warning>,
}

/// What replaces parts of a connection. It has no `Debug`: it holds secrets.
#[derive(Clone, Default)]
pub struct Update {
    /// Settings that take the place of those of the same name.
    pub settings: Map<String, Value>,
    /// Secrets that take the place of those of the same name.
    pub secrets: Vec<(String, SecretText)>,
}

impl Connections {
    /// Over these connectors and this store.
    pub fn new(registry: Registry, vault: Vault) -> Self {
        Self { registry, vault, patience: Duration::ZERO }
    }

    /// The same, where a check, and a run through a stream, may wait so long in all for a provider that
    /// is down or limits us. What is repeated changes nothing.
    #[must_use]
    pub fn retry_for(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub(crate) fn waiting(&self) -> Waiting {
        Waiting::at_most(self.patience)
    }

    /// The connectors.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The store.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// A new connection, stored because its check passed, or unchecked where that was asked for.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConnector`]; [`Error::Invalid`] with every field that does not fit;
    /// [`Error::Denied`] where the settings lead to a place that the policy denies;
    /// [`Error::Refused`] with what the provider said; [`Error::Call`]; [`Error::Vault`]. Nothing
    /// is stored then.
    pub async fn connect(&self, request: ConnectRequest) -> Result<Connected, Error> {
        let connector = self.registry.connector(&request.connector).await?;
        let (owner, runtime) = (request.owner.clone(), request.runtime.clone());
        let (id, unchecked) = (request.connector.clone(), request.unchecked);
        let accepted = Accepted::new(connector.manifest(), request)?;
        let secrets = CallSecrets::entered(accepted.in_memory());
        let bound = Bound::new(&connector, &accepted.method, &accepted.settings, secrets)?;
        let check = match unchecked {
            true => None,
            false => Some(first_record(passed(&bound, &accepted, self.waiting()).await?)),
        };
        let new = NewConnection {
            owner,
            runtime,
            connector: id,
            method: accepted.method.clone(),
            settings: accepted.settings.clone(),
            check,
        };
        let connection = self.vault.insert(new, accepted.to_seal()).await?;
        Ok(Connected { connection, notes: accepted.notes() })
    }

    /// The connection with other settings or secrets, because the check with them passed.
    ///
    /// # Errors
    ///
    /// As [`Connections::connect`], and [`Error::UnknownConnection`]. The old state stays then.
    pub async fn update(&self, id: &str, update: Update) -> Result<Connected, Error> {
        let stored = self.stored(id).await?;
        let connector = self.registry.connector(&stored.connector).await?;
        let accepted =
            Accepted::update(connector.manifest(), &stored, update.settings, update.secrets)?;
        let stays = accepted.settings == stored.settings;
        // What was found out with other settings says nothing of these.
        let discovered = if stays { stored.discovered.clone() } else { Map::new() };
        let before = Connection { discovered, ..stored };
        let secrets = CallSecrets::entered_over(accepted.in_memory(), self.vault.secrets(&before));
        let settings = merged(&accepted.settings, &before.discovered);
        let bound = Bound::new(&connector, &accepted.method, &settings, secrets)?;
        let report = passed(&bound, &accepted, self.waiting()).await?;
        let replacement = Replacement {
            method: None,
            settings: (!stays).then(|| accepted.settings.clone()),
            secrets: accepted.to_seal(),
            others: OtherSecrets::Keep,
            check: Some(record_of(&before, Ok(report), Timestamp::now())),
        };
        let connection = self.vault.replace(id, before.generation, replacement).await?;
        Ok(Connected { connection, notes: accepted.notes() })
    }

    /// The connection of that id, in the state that it has now.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConnection`], [`Error::Vault`].
    pub async fn show(&self, id: &str) -> Result<Connection, Error> {
        Ok(aged(self.stored(id).await?, Timestamp::now()))
    }

    /// The connections that the filter lets through, oldest first, in the state that they have now.
    ///
    /// # Errors
    ///
    /// [`Error::Vault`].
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Connection>, Error> {
        let now = Timestamp::now();
        let connections = self.vault.list(filter).await?;
        Ok(connections.into_iter().map(|connection| aged(connection, now)).collect())
    }

    /// Deletes the connection and its secrets, and returns what it was. The provider is not told:
    /// the credential itself goes on working until a person revokes it there.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConnection`], [`Error::Vault`].
    pub async fn disconnect(&self, id: &str) -> Result<Connection, Error> {
        let connection = self.show(id).await?;
        self.vault.delete(id).await?;
        Ok(connection)
    }

    pub(crate) async fn stored(&self, id: &str) -> Result<Connection, Error> {
        let found = self.vault.connection(id).await?;
        found.ok_or_else(|| Error::UnknownConnection { id: id.to_owned() })
    }

    /// The connector, bound to the stored connection and its stored secrets.
    pub(crate) async fn bind_stored(&self, connection: &Connection) -> Result<Bound, Error> {
        let connector = self.registry.connector(&connection.connector).await?;
        let settings = merged(&connection.settings, &connection.discovered);
        let ends = connection.report.as_ref().and_then(|report| report.credential_expires_at);
        let secrets = CallSecrets::stored(self.vault.secrets(connection), ends);
        Bound::new(&connector, &connection.method, &settings, secrets)
    }
}

/// The report of a check that passed.
async fn passed(bound: &Bound, accepted: &Accepted, mut waiting: Waiting) -> Result<Report, Error> {
    let answer = bound.check(&mut waiting).await?;
    answer.map_err(|refusal| with_notes(refusal.failure, accepted).into())
}

/// A rejected credential that also looks truncated was most likely copied wrongly: said first.
pub(crate) fn with_notes(mut failure: Failure, accepted: &Accepted) -> Failure {
    if failure.cause == Cause::CredentialRejected {
        let note = |note: Warning| Remedy::new(note.message);
        let notes: Vec<Remedy> = accepted.notes().into_iter().map(note).collect();
        failure.remedies.splice(0..0, notes);
    }
    failure
}

fn first_record(report: Report) -> CheckRecord {
    let at = Timestamp::now();
    let discovered = Some(report.discovered.clone());
    CheckRecord { state: state_of_passed(&report, at), result: Ok(report), discovered, at }
}

fn merged(settings: &Map<String, Value>, discovered: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = settings.clone();
    merged.extend(discovered.clone());
    merged
}

fn aged(mut connection: Connection, now: Timestamp) -> Connection {
    connection.state = state_at(&connection, now);
    connection
}
