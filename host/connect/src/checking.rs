//! Checking: one connection, or all, and writing down what came of it.

use std::num::NonZeroUsize;

use futures_util::StreamExt as _;
use futures_util::stream;
use jackfield_host::failure::{Failure, Timestamp};
use jackfield_host::report::Report;
use jackfield_vault::{CheckRecord, Connection, Filter};
use serde_json::{Map, Value};

use crate::Error;
use crate::connections::Connections;
use crate::secrets_for_call::Refusal;
use crate::state::state_after;
use crate::waiting::Waiting;

/// Checks that run at once, unless the caller says otherwise. Providers ask for few.
pub const DEFAULT_PARALLELISM: NonZeroUsize = NonZeroUsize::new(8).unwrap();

/// How often a call begins again because the connection was changed meanwhile.
pub(crate) const CHANGES_FOLLOWED: usize = 3;

/// What a check came to.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The connection as it is now.
    pub connection: Connection,
    /// What the connector answered to the credential that the connection has now.
    pub result: Result<Report, Failure>,
}

impl Connections {
    /// What a check of that connection came to, written down.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConnection`]; [`Error::Call`] where the connector gave no answer, which is
    /// written down as the last failure; what prevented the check otherwise; [`Error::Vault`] where
    /// the connection is changed faster than it can be checked. What the provider refuses is no
    /// error here: see [`Checked::result`].
    pub async fn check(&self, id: &str) -> Result<Checked, Error> {
        let connection = self.stored(id).await?;
        self.check_stored(connection).await
    }

    /// What checks of all these connections came to, in the order of [`Connections::list`].
    ///
    /// `progress` hears of each check as it ends, with the number of those that have, and of all.
    ///
    /// # Errors
    ///
    /// What the store ran into while the connections were listed; each check has its own errors.
    pub async fn check_all(
        &self,
        filter: &Filter,
        parallelism: NonZeroUsize,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Vec<(Connection, Result<Checked, Error>)>, Error> {
        let connections = self.vault().list(filter).await?;
        let total = connections.len();
        progress(0, total);
        let check = |(position, connection): (usize, Connection)| async move {
            let checked = self.check_stored(connection.clone()).await;
            (position, connection, checked)
        };
        let mut ended = Vec::with_capacity(total);
        let mut checks = stream::iter(connections.into_iter().enumerate())
            .map(check)
            .buffer_unordered(parallelism.get());
        let mut count = 0;
        while let Some(checked) = checks.next().await {
            count += 1;
            progress(count, total);
            // One that was disconnected meanwhile is none of them any more.
            if !matches!(checked.2, Err(Error::UnknownConnection { .. })) {
                ended.push(checked);
            }
        }
        ended.sort_by_key(|(position, ..)| *position);
        Ok(ended.into_iter().map(|(_, connection, checked)| (connection, checked)).collect())
    }

    /// Checks the connection as it is stored; as it is now, where it changed meanwhile: the result of
    /// an old credential says nothing of the new one.
    pub(crate) async fn check_stored(&self, mut connection: Connection) -> Result<Checked, Error> {
        let mut waiting = self.waiting();
        for _ in 0..CHANGES_FOLLOWED {
            match self.check_once(&connection, &mut waiting).await {
                Err(error) if error.is_superseded() => {
                    connection = self.stored(&connection.id).await?;
                }
                done => return done,
            }
        }
        self.check_once(&connection, &mut waiting).await
    }

    async fn check_once(
        &self,
        connection: &Connection,
        waiting: &mut Waiting,
    ) -> Result<Checked, Error> {
        let checked = self.bind_stored(connection).await?.check(waiting).await;
        if let Err(error @ Error::Call { .. }) = &checked {
            self.note_failure(connection, &error.to_failure()).await;
        }
        let result = match checked? {
            Ok(report) => Ok(report),
            Err(Refusal { failure, relocation: None }) => Err(failure),
            Err(Refusal { failure, relocation: Some(relocation) }) => {
                match self.follow(connection, &relocation, failure, waiting).await? {
                    Ok(checked) => return Ok(checked),
                    Err(failure) => Err(failure),
                }
            }
        };
        let check = record_of(connection, result.clone(), Timestamp::now());
        let connection =
            self.vault().record_check(&connection.id, connection.generation, &check).await?;
        Ok(Checked { connection, result })
    }

    /// Writes a failure down as the connection's last. That it cannot be written is not worth
    /// hiding the failure itself.
    pub(crate) async fn note_failure(&self, connection: &Connection, failure: &Failure) {
        let check = record_of(connection, Err(failure.clone()), Timestamp::now());
        let noted = self.vault().record_check(&connection.id, connection.generation, &check).await;
        if let Err(error) = noted {
            tracing::debug!(connection = connection.id, %error, "the failure was not written down");
        }
    }
}

/// What is written down of a check of that connection.
pub(crate) fn record_of(
    connection: &Connection,
    result: Result<Report, Failure>,
    at: Timestamp,
) -> CheckRecord {
    let state = state_after(connection, result.as_ref(), at);
    let discovered = result.as_ref().ok().map(|report| with(&connection.discovered, report));
    CheckRecord { state, result, discovered, at }
}

/// What was known, and what the report adds or corrects: a connector need not repeat itself.
fn with(known: &Map<String, Value>, report: &Report) -> Map<String, Value> {
    let mut discovered = known.clone();
    discovered.extend(report.discovered.clone());
    discovered
}
