//! The life of a connection: connect, check, read, update, disconnect; and what is wrong with it.
//!
//! A connection is an account at a provider, reached by a connector with a credential. It belongs
//! to an owner (a user) and to one of the owner's runtimes. [`Connections`] moves it between
//! states, over a [`Registry`] of connectors and a [`Vault`](jackfield_vault::Vault):
//!
//! | what happened | state |
//! |---|---|
//! | the check passed | `active`, or `expiring` when the credential ends within [`EXPIRING_WITHIN`] |
//! | the provider no longer accepts the credential | `rejected` |
//! | its date is past, or the provider says that it has ended | `expired` |
//! | stored without a check | `unchecked` |
//! | no answer, a rate limit, a missing permission, a crashed connector | unchanged; recorded as the last failure |
//!
//! # What holds
//!
//! - **A connection is stored only if its check passed**, or, on request, as `unchecked`. A new
//!   secret replaces the old one only if it passes; else the old one stays.
//! - **A check of an old credential never overwrites what is known of a newer one**: what a check
//!   found is written only where the connection's generation is still the one that was checked;
//!   else the new credential is checked.
//! - **A stored secret does not follow a changed address**: whoever changes a setting of which an
//!   endpoint is made enters the secrets again.
//! - **All errors of an input are told at once**, each by its field.
//! - **Nothing waits that was not asked to**: a provider that is down or limits us is told at once,
//!   unless [`Connections::retry_for`] says how long a call may wait and try again.
//! - **Three channels stay apart** in [`Error`]: what the input, the provider, and the host say.
//!
//! # Example
//!
//! ```no_run
//! use jackfield_connect::{ConnectRequest, Connections, Registry};
//! use jackfield_host::secret::SecretText;
//! use jackfield_host::Host;
//! use jackfield_vault::{Vault, VaultOptions};
//! # use jackfield_host::transport::{InboundResponse, OutboundRequest, Transport, TransportError};
//! # struct MyTransport;
//! # impl Transport for MyTransport {
//! #     fn send(&self, _: OutboundRequest)
//! #         -> jackfield_host::BoxFuture<'_, Result<InboundResponse, TransportError>> {
//! #         Box::pin(async { Ok(InboundResponse::default()) })
//! #     }
//! # }
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let registry = Registry::new(Host::builder(MyTransport).build()?).with_directory("connectors");
//! let vault = Vault::open(VaultOptions::new("data")).await?;
//! let connections = Connections::new(registry, vault);
//!
//! let token = SecretText::new(std::env::var("GITHUB_TOKEN")?);
//! let request = ConnectRequest::new("github").secret("token", token);
//! let connected = connections.connect(request).await?;
//! println!("{} is {}", connected.connection.id, connected.connection.state);
//! # Ok(())
//! # }
//! ```

mod checking;
mod connections;
pub mod diagnoses;
mod doctor;
mod error;
mod input_check;
mod page_size;
mod progress;
mod reading;
mod registry;
mod relocate;
mod secrets_for_call;
mod state;
mod waiting;
mod wording;

pub use checking::{Checked, DEFAULT_PARALLELISM};
pub use connections::{Connected, Connections, Update};
pub use doctor::{CLOCK_FAILURE, CLOCK_WARNING, Diagnosis, Step, StepName, StepOutcome};
pub use error::{Error, ErrorClass, class_of};
pub use input_check::{ConnectRequest, DEFAULT_NAME, MAX_NAME_CHARS};
pub use reading::{DEFAULT_PAGE, MAX_PAGE, ReadOptions, Reading};
pub use registry::{ConnectorSource, Installed, Registry};
pub use state::{EXPIRING_WITHIN, state_at};

pub use jackfield_vault::{Connection, ConnectionState, Filter, StoredSecretInfo};
