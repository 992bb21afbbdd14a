//! Supplies secrets to calls, and keeps the store's own error when supplying fails.
//!
//! The guest learns of a store's error only as a refusal, and what the guest makes of that is not to be
//! trusted. So the error is kept here, and replaces the result of the call.

use std::sync::{Arc, Mutex, PoisonError};

use jackfield_host::failure::{Failure, Timestamp};
use jackfield_host::probe::Probe;
use jackfield_host::report::{Page, ReadRequest, Report};
use jackfield_host::secret::{
    MemorySecrets, SecretInfo, SecretStore, SecretStoreError, SecretText,
};
use jackfield_host::{Binding, BoxFuture, CallError, Connector, Relocation, Session};
use jackfield_vault::{Error as VaultError, StoredSecrets};
use serde_json::{Map, Value};

use crate::Error;
use crate::waiting::Waiting;

/// Secrets that were just entered, over those that are stored.
pub(crate) struct CallSecrets {
    entered: MemorySecrets,
    stored: Option<StoredSecrets>,
    /// When the stored credential ends, as the last check found.
    ends: Option<Timestamp>,
    broke: Mutex<Option<VaultError>>,
}

/// A connector bound to a connection, and the secrets that its calls may use.
pub(crate) struct Bound {
    connector: String,
    binding: Binding,
    secrets: Arc<CallSecrets>,
}

/// What a check that did not pass came to.
pub(crate) struct Refusal {
    pub(crate) failure: Failure,
    pub(crate) relocation: Option<Relocation>,
}

/// A running instance of one.
pub(crate) struct BoundSession {
    connector: String,
    session: Session,
    secrets: Arc<CallSecrets>,
}

impl CallSecrets {
    pub(crate) fn entered(secrets: MemorySecrets) -> Self {
        Self { entered: secrets, stored: None, ends: None, broke: Mutex::default() }
    }

    pub(crate) fn stored(secrets: StoredSecrets, ends: Option<Timestamp>) -> Self {
        Self { ends, ..Self::entered_over(MemorySecrets::new(), secrets) }
    }

    pub(crate) fn entered_over(entered: MemorySecrets, stored: StoredSecrets) -> Self {
        Self { entered, stored: Some(stored), ends: None, broke: Mutex::default() }
    }

    fn broke(&self, name: &str, error: VaultError) -> SecretStoreError {
        let reason = error.to_string();
        *self.broke.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        SecretStoreError { name: name.to_owned(), reason }
    }

    fn judge<T>(
        &self,
        connector: &str,
        answer: Result<Result<T, Failure>, CallError>,
    ) -> Result<Result<T, Failure>, Error> {
        let broke = self.broke.lock().unwrap_or_else(PoisonError::into_inner).take();
        match broke {
            Some(error) => Err(error.into()),
            None => answer.map_err(|source| Error::call(connector, source)),
        }
    }
}

impl SecretStore for CallSecrets {
    fn info<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretInfo>, SecretStoreError>> {
        Box::pin(async move {
            match (self.entered.info(name).await?, &self.stored) {
                (None, Some(stored)) => {
                    let info = stored.describe(name).await;
                    let info = info.map_err(|error| self.broke(name, error))?;
                    let ends = |info: SecretInfo| SecretInfo {
                        expires_at: info.expires_at.or(self.ends),
                        ..info
                    };
                    Ok(info.map(ends))
                }
                (entered, _) => Ok(entered),
            }
        })
    }

    fn reveal<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretText>, SecretStoreError>> {
        Box::pin(async move {
            match (self.entered.reveal(name).await?, &self.stored) {
                (None, Some(stored)) => {
                    stored.open(name).await.map_err(|error| self.broke(name, error))
                }
                (entered, _) => Ok(entered),
            }
        })
    }
}

impl Bound {
    /// The connector for these settings and secrets.
    pub(crate) fn new(
        connector: &Connector,
        method: &str,
        settings: &Map<String, Value>,
        secrets: CallSecrets,
    ) -> Result<Self, Error> {
        let secrets = Arc::new(secrets);
        let binding = connector.bind(method, settings, secrets.clone()).map_err(Error::bind)?;
        Ok(Self { connector: connector.manifest().id.clone(), binding, secrets })
    }

    pub(crate) async fn check(
        &self,
        waiting: &mut Waiting,
    ) -> Result<Result<Report, Refusal>, Error> {
        loop {
            waiting.attempt();
            let session = self.binding.session().await;
            let mut session = session.map_err(|source| Error::call(&self.connector, source))?;
            let answer = self.secrets.judge(&self.connector, session.check().await)?;
            let moved = session.relocation().cloned();
            drop(session);
            match answer {
                Err(failure) if waiting.again(&failure).await => {}
                answer => {
                    return Ok(answer.map_err(|failure| Refusal { failure, relocation: moved }));
                }
            }
        }
    }

    /// What is found on the way to the provider, without the secrets.
    pub(crate) async fn probe(&self) -> Vec<Probe> {
        self.binding.probe().await
    }

    pub(crate) async fn session(self) -> Result<BoundSession, Error> {
        let Self { connector, binding, secrets } = self;
        match binding.session().await {
            Ok(session) => Ok(BoundSession { connector, session, secrets }),
            Err(source) => Err(Error::call(&connector, source)),
        }
    }
}

impl BoundSession {
    pub(crate) async fn read(
        &mut self,
        request: &ReadRequest,
    ) -> Result<Result<Page, Failure>, Error> {
        let answer = self.session.read(request).await;
        self.secrets.judge(&self.connector, answer)
    }

    /// See [`Session::may_succeed_smaller`].
    pub(crate) fn may_succeed_smaller(&self, failure: &Failure) -> bool {
        self.session.may_succeed_smaller(failure)
    }
}
