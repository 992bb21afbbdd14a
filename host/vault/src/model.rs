//! What is stored: connections, and what may be known of their secrets.

use std::fmt;

use jackfield_host::failure::{Failure, Timestamp};
use jackfield_host::report::Report;
use jackfield_host::secret::{SecretInfo, SecretText};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where a connection stands, by its last check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ConnectionState {
    /// The credential works.
    Active,
    /// It works, and ends soon.
    Expiring,
    /// It worked once, and has ended.
    Expired,
    /// The provider does not accept it.
    Rejected,
    /// Nobody knows: it was never checked, or no check came to a conclusion.
    Unchecked,
}

impl ConnectionState {
    const ALL: [Self; 5] =
        [Self::Active, Self::Expiring, Self::Expired, Self::Rejected, Self::Unchecked];

    /// The state's stable name: that of its JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
            Self::Rejected => "rejected",
            Self::Unchecked => "unchecked",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }
}

impl fmt::Display for ConnectionState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A connection as it is stored, its secrets by name only.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Connection {
    /// Ten characters, random, easy to type; unique in the store.
    pub id: String,
    /// Whose it is.
    pub owner: String,
    /// Which runtime of the owner it serves.
    pub runtime: String,
    /// The connector's id.
    pub connector: String,
    /// Which of the manifest's methods of authentication.
    pub method: String,
    /// What the person entered.
    pub settings: Map<String, Value>,
    /// What checks found out.
    pub discovered: Map<String, Value>,
    /// By the last check.
    pub state: ConnectionState,
    /// Of the last check that passed.
    pub report: Option<Report>,
    /// Of the last check, if it did not pass.
    pub failure: Option<Failure>,
    /// In the order of their names.
    pub secrets: Vec<StoredSecretInfo>,
    /// From 1; one more with each replacement of settings or secrets. Checks do not count.
    pub generation: u64,
    /// When it was inserted.
    pub created_at: Timestamp,
    /// When its settings or secrets were last replaced.
    pub updated_at: Timestamp,
    /// When the last check ended.
    pub checked_at: Option<Timestamp>,
}

/// What may be known of a stored secret: everything but its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredSecretInfo {
    /// The name in the manifest.
    pub name: String,
    /// As given when the secret was stored.
    #[serde(flatten)]
    pub info: SecretInfo,
    /// When the value was stored. Sealing it again does not count.
    pub stored_at: Timestamp,
}

/// A connection to insert.
pub struct NewConnection {
    /// Whose it is.
    pub owner: String,
    /// Which runtime of the owner it serves.
    pub runtime: String,
    /// The connector's id.
    pub connector: String,
    /// Which of the manifest's methods of authentication.
    pub method: String,
    /// What the person entered, no secret among it.
    pub settings: Map<String, Value>,
    /// The check that it passed. Without one it is [`ConnectionState::Unchecked`].
    pub check: Option<CheckRecord>,
}

/// A secret to seal. It has no `Debug`: it holds the value.
pub struct NewSecret {
    /// The name in the manifest.
    pub name: String,
    /// The value.
    pub value: SecretText,
    /// What is known of it.
    pub info: SecretInfo,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRecord {
    /// The state from now on.
    pub state: ConnectionState,
    /// What the connector answered. A failure leaves the last report in place.
    pub result: Result<Report, Failure>,
    /// All that is discovered from now on; `None` leaves it as it is.
    pub discovered: Option<Map<String, Value>>,
    /// When the check ended.
    pub at: Timestamp,
}

/// New settings or secrets for a connection.
pub struct Replacement {
    /// Another method; `None` leaves it as it is.
    pub method: Option<String>,
    /// All settings from now on; `None` leaves them as they are.
    pub settings: Option<Map<String, Value>>,
    /// Secrets that are new, or that take the place of those of the same name.
    pub secrets: Vec<NewSecret>,
    /// What happens to the secrets that are not named in `secrets`.
    pub others: OtherSecrets,
    /// The check that the new state passed. Without one the connection is
    /// [`ConnectionState::Unchecked`] and has neither report nor failure; what was discovered stays.
    pub check: Option<CheckRecord>,
}

/// What a replacement does to the secrets that it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherSecrets {
    /// They are sealed again, under the new generation.
    Keep,
    /// They are deleted.
    Remove,
}

/// Which connections to list; what is `None` does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this owner's.
    pub owner: Option<String>,
    /// Only this runtime's.
    pub runtime: Option<String>,
    /// Only those of this connector.
    pub connector: Option<String>,
}
