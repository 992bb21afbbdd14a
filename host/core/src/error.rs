//! The host's own errors: what the embedder acts on. What the provider or the connector says is a
//! [`Failure`](crate::contract::failure::Failure), never one of these.

use std::time::Duration;

use crate::contract::failure::FieldError;
use crate::manifest::ManifestError;

/// A component that the host does not take. Each sentence names the thing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is not WebAssembly. The caller's fault.
    #[error("not a WebAssembly component: {detail}")]
    NotAComponent {
        /// What it is instead, where that can be told.
        detail: String,
    },
    /// The file is larger than the host takes.
    #[error("the component has {bytes} bytes, and the limit is {limit}")]
    TooLarge {
        /// The file's size.
        bytes: usize,
        /// [`MAX_COMPONENT_BYTES`](crate::limits::MAX_COMPONENT_BYTES).
        limit: usize,
    },
    /// It asks for something that no connector gets.
    #[error("the component imports `{import}`, which is not part of the connector contract")]
    ForbiddenImport {
        /// The import's full name.
        import: String,
    },
    /// It was built for a contract that this host does not speak.
    #[error("the component speaks version {found} of the contract, and this host speaks {spoken}")]
    ContractVersion {
        /// The version in the component.
        found: String,
        /// The version of this host.
        spoken: &'static str,
    },
    /// It does not export the `connector` interface.
    #[error("the component does not export the interface `{interface}`")]
    NotAConnector {
        /// The interface's name.
        interface: &'static str,
    },
    /// Its types do not match the contract's, or it does not compile.
    #[error("the component does not fit the contract: {detail}")]
    Incompatible {
        /// What the runtime said.
        detail: String,
    },
    /// `describe` did not answer.
    #[error("`describe` did not answer: {0}")]
    Describe(#[source] CallError),
    /// `describe` answered differently the second time.
    #[error("the manifest changes from one `describe` to the next")]
    ChangingManifest,
    /// The manifest is not valid. The connector's author acts.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The host's own fault.
    #[error("failed to load the component: {detail}")]
    Internal {
        /// What the runtime said.
        detail: String,
    },
}

/// A connection that cannot be bound to its connector. The settings, or the administrator's policy,
/// must change.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The connector has no such auth method.
    #[error("the connector has no auth method `{0}`")]
    UnknownMethod(String),
    /// Settings are missing or wrong.
    #[error("invalid settings: {}", join(.0))]
    Settings(Vec<FieldError>),
    /// An endpoint leads where the policy does not let it.
    #[error("endpoint `{endpoint}`: {denial}")]
    Denied {
        /// The endpoint's name in the manifest.
        endpoint: String,
        /// Settings of which the endpoint's base is made.
        settings: Vec<String>,
        /// Which rule, and who can grant it.
        denial: crate::egress::policy::Denial,
    },
}

fn join(errors: &[FieldError]) -> String {
    errors.iter().map(|e| format!("{} {}", e.pointer, e.message)).collect::<Vec<_>>().join("; ")
}

/// A call that ended without an answer of the connector. The instance is gone; the host goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// All instances are in use. Try again shortly.
    #[error("busy: {limit} calls are running already")]
    Busy {
        /// [`Limits::live_instances`](crate::limits::Limits::live_instances).
        limit: u32,
    },
    /// The deadline of the call passed.
    #[error("the call did not end within {} ms", .allowed.as_millis())]
    Deadline {
        /// The deadline that was set.
        allowed: Duration,
    },
    /// The guest used up something that is bounded. The connector's author acts.
    #[error("the connector was stopped: it exceeded the limit on {what}")]
    Exhausted {
        /// What is bounded.
        what: &'static str,
    },
    /// The guest panicked, or did what WebAssembly forbids. The connector's author acts.
    #[error("the connector crashed: {reason}")]
    Trapped {
        /// The trap's name, and the panic's message where the guest printed one.
        reason: String,
    },
    /// The guest's answer breaks the contract. The connector's author acts.
    #[error("the connector's answer is not valid: {what} {detail}")]
    InvalidAnswer {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// A capability was used where it is refused: in `describe`.
    #[error("the connector used `{capability}` where it is refused")]
    Refused {
        /// The import's name.
        capability: &'static str,
    },
    /// The session's instance is gone after an earlier error.
    #[error("the session has ended after an error")]
    Ended,
    /// The host's own fault.
    #[error("internal error: {detail}")]
    Internal {
        /// What the runtime said.
        detail: String,
    },
}
