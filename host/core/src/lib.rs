//! Loads connectors, proves what they may do, sandboxes and calls them.
//!
//! A connector is a WebAssembly component that implements the interface `connector` of the package
//! in `wit/`. It is not trusted: it names endpoints, never origins, and holds handles to secrets,
//! never their bytes. This crate knows no provider, no database and no network; the platform
//! supplies those behind [`transport::Transport`] and [`secret::SecretStore`].
//!
//! # Calling a connector
//!
//! ```
//! use std::sync::Arc;
//!
//! use jackfield_host::Host;
//! use jackfield_host::scripted::ScriptedTransport;
//! use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
//! use serde_json::Map;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let transport = ScriptedTransport::new();
//! // A platform uses `jackfield_transport::HttpsTransport` here.
//! let host = Host::builder(transport).build()?;
//! let github = host.load(jackfield_bundle::connector("github").ok_or("not bundled")?).await?;
//!
//! let token = SecretText::new(std::env::var("GITHUB_TOKEN").unwrap_or("ghp_example".into()));
//! let secrets = MemorySecrets::new().with("token", token, SecretInfo::default());
//! let connection = github.bind("token", &Map::new(), Arc::new(secrets))?;
//!
//! match connection.check().await? {
//!     Ok(report) => println!("connected as {}", report.account.name),
//!     Err(failure) => println!("{failure}; try: {:?}", failure.remedies),
//! }
//! # Ok(()) }
//! ```
//!
//! # The way of a call
//!
//! [`Binding::check`] takes a pre-instantiated component and a fresh store with its [limits]. The
//! guest asks for a handle to a secret and sends a request with it: the endpoint is resolved, the
//! [policy] judges, the secret is opened at the last moment and added to the request, the transport
//! sends the request, redirects are judged and followed, the response is scrubbed of the secret, and
//! the guest classifies what it sees. Then the store is dropped.
//!
//! # Rooms
//!
//! `contract` is what crosses the boundary, `manifest` what a connector declares, `sandbox` where guest
//! code runs, `egress` what leaves the host and what comes back. `egress` needs no engine: the platform
//! sends requests of its own, to a token endpoint for instance, by [`Outbound::send`]. No files need
//! each other in a circle.
//!
//! # Three ways to fail
//!
//! A [`Failure`](failure::Failure) is what the provider or the connector said: the person acts. A
//! [`CallError`] is the host's: the embedder acts. A [`LoadError`] or [`BindError`] comes before any
//! call. Each call answers `Result<Result<answer, Failure>, CallError>`, so that they do not mix.

use std::future::Future;
use std::pin::Pin;

mod binding;
mod contract;
pub mod diagnoses;
mod egress;
mod error;
mod host;
pub mod limits;
pub mod manifest;
mod sandbox;
pub mod scripted;
pub mod secret;

pub use binding::Binding;
pub use contract::oversized::{RECORD_SKIPPED, RECORD_TOO_LARGE, SKIP_OVERSIZED};
pub use contract::{failure, json, report};
pub use egress::host_request::{HostRequest, HostResponse};
pub use egress::outbound::Outbound;
pub use egress::policy::{Denial, EgressPolicy, Reach};
pub use egress::relocation::Relocation;
pub use egress::{endpoint, header, policy, probe, redact, transport};
pub use error::{BindError, CallError, LoadError};
pub use host::{Connector, Host, HostBuilder};
pub use manifest::{input, secret_kind};
pub use sandbox::cache::{Compiled, CompiledCache};
pub use sandbox::component::{CONTRACT_VERSION, ComponentFacts};
pub use sandbox::engine::Allocation;
pub use sandbox::log::{LogLevel, LogSink};
pub use sandbox::session::Session;

/// A boxed future, as the traits return it so that they can be used as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
