//! Why a call did not do what it was asked to do, in terms that a person or a platform can act on.
//!
//! These are the contract's types (`wit/types.wit`) as an embedder sees and stores them.

use serde::{Deserialize, Serialize};

pub use crate::contract::timestamp::Timestamp;

/// Why a call failed. The codes are stable: they are the contract's names, in kebab-case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Cause {
    /// A setting or an input is wrong; [`Failure::fields`] says which.
    InvalidInput,
    /// The provider does not accept the credential.
    CredentialRejected,
    /// The credential was valid once.
    CredentialExpired {
        /// When it ended, where known.
        ended_at: Option<Timestamp>,
    },
    /// The credential is valid but may not do this.
    PermissionMissing {
        /// In the provider's own names; empty where the provider does not say.
        permissions: Vec<String>,
    },
    /// An organization's policy refuses: single sign-on, app approval, address list, token kind.
    PolicyRefused,
    /// Absent, or hidden from this account.
    NotFound,
    /// The provider's state does not allow it.
    Conflict,
    /// Too many requests; [`Failure::retry`] says when to come back.
    RateLimited,
    /// Name lookup, connection, TLS, or a provider's 5xx.
    Unreachable,
    /// No answer within the time allowed.
    Timeout,
    /// More data than a limit allows.
    TooLarge,
    /// The host's own policy refused.
    Denied,
    /// The connector, or this edition of the provider, cannot do this.
    Unsupported,
    /// The provider answered something that the connector does not understand.
    Protocol,
    /// Anything else.
    Other {
        /// A short stable code in kebab-case, from the connector.
        name: String,
    },
}

impl Cause {
    /// The stable code: the contract's name, or the connector's own for [`Cause::Other`].
    pub fn code(&self) -> &str {
        match self {
            Self::InvalidInput => "invalid-input",
            Self::CredentialRejected => "credential-rejected",
            Self::CredentialExpired { .. } => "credential-expired",
            Self::PermissionMissing { .. } => "permission-missing",
            Self::PolicyRefused => "policy-refused",
            Self::NotFound => "not-found",
            Self::Conflict => "conflict",
            Self::RateLimited => "rate-limited",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::TooLarge => "too-large",
            Self::Denied => "denied",
            Self::Unsupported => "unsupported",
            Self::Protocol => "protocol",
            Self::Other { name } => name,
        }
    }
}

/// What a retry would need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "when", rename_all = "kebab-case")]
pub enum Retry {
    /// The same call will fail again.
    Never,
    /// At once or later, under the caller's own backoff.
    Backoff,
    /// Not before a while from now.
    After {
        /// Counted from the moment of the failure.
        milliseconds: u64,
    },
    /// Pointless until a person has acted; see [`Failure::remedies`].
    AfterUserAction,
}

/// Did the outside world change?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing changed.
    None,
    /// It cannot be known: the answer was lost.
    Unknown,
    /// The change was made.
    Applied,
}

/// One thing that a person can do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// One imperative sentence.
    pub text: String,
    /// Where it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How it is done here, as data: whoever shows the remedy words it. Only the platform's own remedies
    /// have it; a connector cannot name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
}

impl Remedy {
    /// That sentence alone.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), url: None, advice: None }
    }

    /// With the page where it is done.
    #[must_use]
    pub fn at(self, url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..self }
    }

    /// With how it is done here.
    #[must_use]
    pub fn by(self, advice: Advice) -> Self {
        Self { advice: Some(advice), ..self }
    }
}

/// Something that a platform offers by its own means: a program as an option, a page as a button. The
/// remedy's sentence reads well without it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Advice {
    /// Allow requests to an origin. For the administrator.
    AllowOrigin {
        /// Scheme, host and, unless it is the scheme's own, port.
        origin: String,
    },
    /// Allow requests to an address. For the administrator.
    AllowAddress {
        /// The address, or the widest network around it that can be allowed: `10.0.0.0/8`.
        network: String,
    },
    /// Trust a certificate that no public authority signed. For the administrator.
    TrustCertificate,
    /// Read fewer records at a time.
    ReadSmallerPages,
    /// Leave out records that are too large, with a warning for each.
    SkipOversized,
    /// Look at the list of connections.
    ListConnections,
    /// Enter settings or secrets of a connection again.
    UpdateConnection {
        /// The connection's id.
        id: String,
    },
    /// Install connectors. For the administrator.
    AddConnectors,
    /// Keep the data elsewhere. For the administrator.
    ChooseDataDirectory,
    /// Look at the evidence of a failure.
    ShowEvidence,
    /// Look at the platform's log. For the administrator.
    ShowLog,
}

/// An error tied to one input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// RFC 6901 JSON pointer: `/settings/api_url`, `/secrets/token`, `/parameters/repository`.
    pub pointer: String,
    /// One sentence.
    pub message: String,
}

impl FieldError {
    /// An error at the place that `path` names; each part is escaped as RFC 6901 says.
    pub fn at<'a>(path: impl IntoIterator<Item = &'a str>, message: impl Into<String>) -> Self {
        let mut pointer = String::new();
        for part in path {
            pointer.push('/');
            pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
        }
        Self { pointer, message: message.into() }
    }
}

/// A name and a value: evidence, a header, a query parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Header names are in lower case.
    pub name: String,
    /// Scrubbed of secrets.
    pub value: String,
}

impl Field {
    /// The pair.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// A call that did not do what it was asked to do: the provider or the connector said no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// For machines: what a platform does about it.
    pub cause: Cause,
    /// Which diagnosis this is, finer than the cause: stable, in kebab-case. The connector's own or
    /// the host's; that of the cause where neither has a finer one.
    #[serde(default)]
    pub code: String,
    /// For people, one sentence, scrubbed of secrets.
    pub message: String,
    /// Most useful first; may be empty.
    pub remedies: Vec<Remedy>,
    /// Whether it helps to try again.
    pub retry: Retry,
    /// Whether the outside world changed.
    pub effect: Effect,
    /// Which inputs are wrong; empty unless the cause is [`Cause::InvalidInput`].
    pub fields: Vec<FieldError>,
    /// What the conclusion rests on.
    pub evidence: Vec<Field>,
}

impl Failure {
    /// A failure that changed nothing, that no retry helps, without remedies or evidence.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            code: cause.code().to_owned(),
            cause,
            message: message.into(),
            remedies: Vec::new(),
            retry: Retry::Never,
            effect: Effect::None,
            fields: Vec::new(),
            evidence: Vec::new(),
        }
    }

    /// As that diagnosis: stable, in kebab-case.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = code.into();
        self
    }

    /// With one more remedy, after those that it has.
    #[must_use]
    pub fn remedy(mut self, text: impl Into<String>, url: Option<&str>) -> Self {
        let remedy = Remedy::new(text);
        self.remedies.push(match url {
            Some(url) => remedy.at(url),
            None => remedy,
        });
        self
    }

    /// With one more remedy, and how it is done here.
    #[must_use]
    pub fn advise(mut self, text: impl Into<String>, advice: Advice) -> Self {
        self.remedies.push(Remedy::new(text).by(advice));
        self
    }

    /// With one more piece of evidence.
    #[must_use]
    pub fn evidence(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.evidence.push(Field::new(name, value));
        self
    }

    /// With this answer to whether a retry helps.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// With this answer to whether the outside world changed.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Self {
        self.effect = effect;
        self
    }
}

/// Something that works now, and that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable, in kebab-case.
    pub code: String,
    /// One sentence.
    pub message: String,
    /// Most useful first; may be empty.
    pub remedies: Vec<Remedy>,
}
