//! What can go wrong with a connection, with the channels kept apart, and what a program tells
//! of it: a class for its exit code, a failure for its screen.
//!
//! | class | whose "no" it is |
//! |---|---|
//! | [`ErrorClass::Usage`] | the input: an unknown name, a setting that is wrong, a file that is no connector |
//! | [`ErrorClass::Refused`] | the provider or the credential; a rate limit is one, since the provider answered |
//! | [`ErrorClass::Denied`] | the host's own policy |
//! | [`ErrorClass::Unreachable`] | nobody: no answer, a provider's 5xx, a deadline |
//! | [`ErrorClass::Internal`] | ours: the store, the machine, a connector that breaks its contract |

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use jackfield_host::failure::{Advice, Cause, Effect, Failure, FieldError, Retry};
use jackfield_host::policy::Granter;
use jackfield_host::{BindError, CallError, Denial, LoadError};
use jackfield_vault::Error as VaultError;

use crate::wording;

/// Why something was not done with a connection. No variant holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input does not fit the connector's manifest; every field that does not is there. The
    /// caller acts.
    #[error("{message}")]
    Invalid {
        /// One sentence.
        message: String,
        /// By RFC 6901 pointer: `/settings/api_url`, `/secrets/token`, `/method`. At least one.
        fields: Vec<FieldError>,
    },
    /// No connector has that id. The caller acts.
    #[error("{}", wording::unknown("connector", .id, .nearest.as_deref()))]
    UnknownConnector {
        /// As given.
        id: String,
        /// The connector's id that comes nearest, if one comes near.
        nearest: Option<String>,
        /// The ids of all connectors.
        known: Vec<String>,
    },
    /// No connection has that id. The caller acts.
    #[error("{}", wording::unknown_connection(.id))]
    UnknownConnection {
        /// As given.
        id: String,
    },
    /// Several installed connectors claim one id. The administrator acts.
    #[error("the id `{id}` is claimed more than once: by {}", .places.join(" and "))]
    Conflict {
        /// The id.
        id: String,
        /// Who claims it: files in the order of their names, the bundled connector first.
        places: Vec<String>,
    },
    /// The connectors' directory, or a file in it, cannot be read. The administrator acts.
    #[error("`{}` cannot be read: {source}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The host does not take the connector. Its author acts.
    #[error("the connector {name} is refused: {source}")]
    Load {
        /// Its id or its file, in backquotes.
        name: String,
        /// Why.
        source: Arc<LoadError>,
    },
    /// The settings lead where the policy does not let them. The administrator can grant it.
    #[error("{denial}")]
    Denied {
        /// The setting or settings that lead there, by pointer.
        fields: Vec<FieldError>,
        /// Which rule, and who can grant it.
        denial: Denial,
    },
    /// The provider or the connector said no. The person acts.
    #[error("{0}")]
    Refused(Box<Failure>),
    /// The connector did not answer as the contract says. Its author acts, or nobody (a deadline).
    #[error("the connector `{connector}` gave no answer: {source}")]
    Call {
        /// The connector's id.
        connector: String,
        /// Why.
        source: CallError,
    },
    /// The store. The administrator acts, mostly.
    #[error("{}", with_sources(.0))]
    Vault(VaultError),
}

/// Limits of the host that a smaller page keeps clear of.
const SIZES: [&str; 2] = ["memory", "bytes handed to the host"];

/// Whose "no" an error is. A program makes its exit code of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The host, the store, or a connector that breaks its contract.
    Internal,
    /// The input.
    Usage,
    /// The provider, or the credential.
    Refused,
    /// The host's own policy.
    Denied,
    /// No answer was obtained, or none in time.
    Unreachable,
}

impl Error {
    /// Whose "no" it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Invalid { .. }
            | Self::UnknownConnector { .. }
            | Self::UnknownConnection { .. }
            | Self::Conflict { .. }
            | Self::Unreadable { .. } => ErrorClass::Usage,
            Self::Load { source, .. } => class_of_load(source),
            Self::Denied { .. } => ErrorClass::Denied,
            Self::Refused(failure) => class_of(&failure.cause),
            Self::Call { source: CallError::Deadline { .. }, .. } => ErrorClass::Unreachable,
            Self::Call { source: CallError::InvalidAnswer { what: "record", .. }, .. } => {
                ErrorClass::Refused
            }
            Self::Call { .. } | Self::Vault(_) => ErrorClass::Internal,
        }
    }

    /// The same, in the shape in which providers' failures are told: what people and programs read.
    ///
    /// The cause of what is neither the provider's nor the input's is [`Cause::Other`] with a stable
    /// name: `internal`, `busy`, `connector-refused`, `connector-broken`, `store-locked`,
    /// `store-read-only`, `store-full`, `store-keys`, `store-damaged`, `store`, `superseded`.
    pub fn to_failure(&self) -> Failure {
        let message = wording::sentence(&self.to_string());
        match self {
            Self::Invalid { fields, .. } => invalid(message, fields.clone()),
            Self::UnknownConnector { known, .. } => unknown_connector(message, known),
            Self::UnknownConnection { .. } => invalid(message, Vec::new())
                .advise("Look up the connection's id.", Advice::ListConnections),
            Self::Conflict { .. } => invalid(message, Vec::new()).remedy(
                "Remove all but one of them; a bundled connector's id is taken for good.",
                None,
            ),
            Self::Unreadable { .. } => invalid(message, Vec::new()),
            Self::Load { source, .. } => load_failure(message, source),
            Self::Denied { fields, denial } => {
                Failure { fields: fields.clone(), ..Failure::from(denial.clone()) }
            }
            Self::Refused(failure) => failure.as_ref().clone(),
            Self::Call { source, .. } => call_failure(message, source),
            Self::Vault(error) => vault_failure(message, error),
        }
    }

    /// Whether the connection was changed by someone else meanwhile.
    pub(crate) fn is_superseded(&self) -> bool {
        matches!(self, Self::Vault(VaultError::Superseded { .. }))
    }

    /// Whether a call may have ended because it had too much to do or to hold.
    pub(crate) fn is_of_size(&self) -> bool {
        match self {
            Self::Call { source: CallError::Deadline { .. }, .. } => true,
            Self::Call { source: CallError::Exhausted { what }, .. } => SIZES.contains(what),
            _ => false,
        }
    }

    /// An error of the input at one place.
    pub(crate) fn invalid_field(field: FieldError) -> Self {
        Self::invalid("The input is not valid.", vec![field])
    }

    /// An error of the input at those places; with one place, the sentence names it.
    pub(crate) fn invalid(message: &str, fields: Vec<FieldError>) -> Self {
        let message = match fields.as_slice() {
            [only] => wording::about(&only.pointer, &only.message),
            _ => message.to_owned(),
        };
        Self::Invalid { message, fields }
    }

    pub(crate) fn refused(failure: Failure) -> Self {
        Self::Refused(Box::new(failure))
    }

    pub(crate) fn call(connector: &str, source: CallError) -> Self {
        Self::Call { connector: connector.to_owned(), source }
    }

    /// A connection's settings that cannot be bound.
    pub(crate) fn bind(error: BindError) -> Self {
        match error {
            BindError::Settings(fields) => Self::invalid("Some settings are not valid.", fields),
            // What nobody can allow is wrong, not forbidden.
            BindError::Denied { settings, denial, .. }
                if denial.granter() == Granter::Nobody && !settings.is_empty() =>
            {
                let field = |name: &String| FieldError::at(["settings", name], denial.to_string());
                Self::invalid("Some settings are not valid.", settings.iter().map(field).collect())
            }
            BindError::Denied { settings, denial, .. } => {
                let field = |name: &String| FieldError::at(["settings", name], denial.to_string());
                Self::Denied { fields: settings.iter().map(field).collect(), denial }
            }
            error => Self::invalid_field(FieldError::at(["method"], error.to_string())),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::refused(failure)
    }
}

impl From<VaultError> for Error {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NotFound { id } => Self::UnknownConnection { id },
            error => Self::Vault(error),
        }
    }
}

/// Whose "no" a failure of that cause is. Causes of the connector's own are the provider's.
pub fn class_of(cause: &Cause) -> ErrorClass {
    match cause {
        Cause::InvalidInput => ErrorClass::Usage,
        Cause::Denied => ErrorClass::Denied,
        Cause::Unreachable | Cause::Timeout => ErrorClass::Unreachable,
        Cause::Other { name } if name == "internal" => ErrorClass::Internal,
        _ => ErrorClass::Refused,
    }
}

fn class_of_load(error: &LoadError) -> ErrorClass {
    match error {
        LoadError::ForbiddenImport { .. } => ErrorClass::Denied,
        LoadError::Describe(CallError::Refused { .. }) => ErrorClass::Denied,
        LoadError::Internal { .. } | LoadError::Describe(CallError::Internal { .. }) => {
            ErrorClass::Internal
        }
        LoadError::Describe(CallError::Busy { .. }) => ErrorClass::Internal,
        _ => ErrorClass::Usage,
    }
}

fn invalid(message: String, fields: Vec<FieldError>) -> Failure {
    let mut failure = Failure::new(Cause::InvalidInput, message).retry(Retry::AfterUserAction);
    failure.fields = fields;
    failure
}

fn unknown_connector(message: String, known: &[String]) -> Failure {
    let failure = invalid(message, Vec::new());
    match known {
        [] => failure.advise("Install connectors.", Advice::AddConnectors),
        known => failure.remedy(format!("Installed are: {}.", known.join(", ")), None),
    }
}

fn other(name: &str, message: String) -> Failure {
    Failure::new(Cause::Other { name: name.to_owned() }, message)
}

fn load_failure(message: String, error: &LoadError) -> Failure {
    let code = match class_of_load(error) {
        ErrorClass::Internal => "internal",
        _ => "connector-refused",
    };
    let failure = other(code, message);
    match error {
        LoadError::Internal { .. } => failure,
        LoadError::ForbiddenImport { import } => failure.evidence("import", import).remedy(
            "Do not use this file unless you know who built it and why it asks for that.",
            None,
        ),
        _ => failure.remedy("Report this to the connector's author.", None),
    }
}

fn call_failure(message: String, error: &CallError) -> Failure {
    match error {
        CallError::Busy { .. } => {
            other("busy", message).retry(Retry::Backoff).remedy("Try again in a moment.", None)
        }
        CallError::Deadline { allowed } => Failure::new(Cause::Timeout, message)
            .code("call-timeout")
            .retry(Retry::Backoff)
            .effect(Effect::Unknown)
            .remedy("Try again; if this keeps happening, look at the provider's status page.", None)
            .evidence("deadline-ms", allowed.as_millis().to_string()),
        CallError::Internal { .. } | CallError::Ended => other("internal", message)
            .advise("Try again; if this keeps happening, report it with the log.", Advice::ShowLog),
        // A connector hands records on as they came; which of the two broke it, nobody can tell.
        CallError::InvalidAnswer { what: "record", detail } => {
            let message =
                format!("The service returned a record that is not valid JSON: {detail}.");
            Failure::new(Cause::Protocol, message)
                .code("record-invalid")
                .retry(Retry::Backoff)
                .remedy(
                    "Try again; if this keeps happening, report it to the connector's author.",
                    None,
                )
        }
        _ => other("connector-broken", message)
            .remedy("Report this to the connector's author.", None),
    }
}

fn vault_failure(message: String, error: &VaultError) -> Failure {
    match error {
        VaultError::Locked { .. } => other("store-locked", message)
            .retry(Retry::Backoff)
            .remedy("Wait until the other process has ended, then try again.", None),
        VaultError::ReadOnly { .. } => other("store-read-only", message).advise(
            "Make the data directory writable, or choose another.",
            Advice::ChooseDataDirectory,
        ),
        VaultError::Full { .. } => other("store-full", message)
            .remedy("Make room on the disk that holds the data directory.", None),
        VaultError::Superseded { .. } => other("superseded", message).retry(Retry::Backoff),
        VaultError::NoKeys { .. }
        | VaultError::InvalidKeys { .. }
        | VaultError::MissingKeys { .. }
        | VaultError::WrongKey { .. }
        | VaultError::ForeignKeys { .. }
        | VaultError::ExposedKeyFile { .. } => other("store-keys", message)
            .remedy("Put the right keys back in their place; nothing was changed.", None),
        VaultError::SystemKeyring { .. } => other("store-keyring", message)
            .remedy("Unlock the keyring or start its service, or keep the keys in a file.", None),
        VaultError::Damaged { .. }
        | VaultError::DamagedRow { .. }
        | VaultError::NotAStore { .. } => other("store-damaged", message)
            .remedy("Restore the data directory from a copy; nothing was changed.", None),
        VaultError::Unsealable { connection, .. } => other("store-damaged", message)
            .advise("Enter the secret again.", Advice::UpdateConnection { id: connection.clone() }),
        _ => other("store", message),
    }
}

/// The error and what lies under it, in one line: the store's causes are the system's words.
fn with_sources(error: &VaultError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::time::Duration;

    use super::*;

    fn refused(cause: Cause) -> Error {
        Failure::new(cause, "No.").into()
    }

    fn call(source: CallError) -> Error {
        Error::call("github", source)
    }

    fn load(source: LoadError) -> Error {
        Error::Load { name: "`x`".to_owned(), source: Arc::new(source) }
    }

    fn vault(source: VaultError) -> Error {
        source.into()
    }

    fn cases() -> Vec<(&'static str, Error, ErrorClass, &'static str)> {
        use ErrorClass::{Denied, Internal, Refused, Unreachable, Usage};
        let deadline = || CallError::Deadline { allowed: Duration::from_secs(30) };
        let forbidden = LoadError::ForbiddenImport { import: "wasi:sockets/tcp@0.2.0".to_owned() };
        let field = FieldError::at(["settings", "api_url"], "is not a URL");
        let busy = || CallError::Busy { limit: 1 };
        let record = || CallError::InvalidAnswer { what: "record", detail: "x".to_owned() };
        let source = || "said so".into();
        vec![
            ("field", Error::invalid_field(field), Usage, "invalid-input"),
            (
                "connection",
                vault(VaultError::NotFound { id: "x".to_owned() }),
                Usage,
                "invalid-input",
            ),
            ("provider said input", refused(Cause::InvalidInput), Usage, "invalid-input"),
            ("rejected", refused(Cause::CredentialRejected), Refused, "credential-rejected"),
            (
                "expired",
                refused(Cause::CredentialExpired { ended_at: None }),
                Refused,
                "credential-expired",
            ),
            ("rate limit", refused(Cause::RateLimited), Refused, "rate-limited"),
            ("protocol", refused(Cause::Protocol), Refused, "protocol"),
            (
                "the host's own",
                refused(Cause::Other { name: "internal".to_owned() }),
                Internal,
                "internal",
            ),
            ("own cause", refused(Cause::Other { name: "odd".to_owned() }), Refused, "odd"),
            ("egress", refused(Cause::Denied), Denied, "denied"),
            ("unreachable", refused(Cause::Unreachable), Unreachable, "unreachable"),
            ("timeout", refused(Cause::Timeout), Unreachable, "timeout"),
            ("deadline", call(deadline()), Unreachable, "timeout"),
            ("record", call(record()), Refused, "protocol"),
            ("busy", call(busy()), Internal, "busy"),
            (
                "trap",
                call(CallError::Trapped { reason: "x".to_owned() }),
                Internal,
                "connector-broken",
            ),
            ("extra import", load(forbidden), Denied, "connector-refused"),
            ("changing manifest", load(LoadError::ChangingManifest), Usage, "connector-refused"),
            ("describe spins", load(LoadError::Describe(deadline())), Usage, "connector-refused"),
            ("describe busy", load(LoadError::Describe(busy())), Internal, "internal"),
            (
                "no engine",
                load(LoadError::Internal { detail: "x".to_owned() }),
                Internal,
                "internal",
            ),
            ("locked", vault(VaultError::Locked { source: source() }), Internal, "store-locked"),
            (
                "read-only",
                vault(VaultError::ReadOnly { source: source() }),
                Internal,
                "store-read-only",
            ),
            ("full", vault(VaultError::Full { source: source() }), Internal, "store-full"),
            ("damaged", vault(VaultError::Damaged { source: source() }), Internal, "store-damaged"),
        ]
    }

    #[test]
    fn every_error_has_a_class_and_a_failure_with_a_stable_code() {
        for (name, error, class, code) in cases() {
            assert_eq!(error.class(), class, "{name}");
            assert_eq!(error.to_failure().cause.code(), code, "{name}");
        }
    }

    #[test]
    fn every_failure_is_one_sentence_and_survives_json() {
        for (name, error, ..) in cases() {
            let failure = error.to_failure();
            let first = failure.message.chars().next().unwrap();
            assert!(!first.is_lowercase(), "{name}: {}", failure.message);
            assert!(failure.message.ends_with('.'), "{name}: {}", failure.message);
            let json = serde_json::to_string(&failure).unwrap();
            assert_eq!(serde_json::from_str::<Failure>(&json).unwrap(), failure, "{name}");
        }
    }

    #[test]
    fn an_error_of_the_store_says_what_the_system_said() {
        let error = vault(VaultError::Full { source: "disk quota exceeded".into() });
        assert!(error.to_string().ends_with(": disk quota exceeded"), "{error}");
    }

    #[test]
    fn a_denied_setting_is_named_by_its_field() {
        let rule = jackfield_host::policy::Rule::HttpsRequired;
        let denial = Denial::new(rule, "http://jira.corp");
        let settings = vec!["api_url".to_owned()];
        let endpoint = "api".to_owned();
        let failure = Error::bind(BindError::Denied { endpoint, settings, denial }).to_failure();
        assert_eq!(failure.cause, Cause::Denied);
        assert_eq!(failure.fields.first().unwrap().pointer, "/settings/api_url");
        let advice = failure.remedies.first().and_then(|remedy| remedy.advice.clone());
        assert_eq!(advice, Some(Advice::AllowOrigin { origin: "http://jira.corp".to_owned() }));
    }
}
