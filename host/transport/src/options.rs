//! What whoever embeds the transport decides.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jackfield_host::EgressPolicy;
use url::Url;

use crate::names::{NameLookup, SystemNames};

/// Time for making a connection: name lookup, TCP and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What whoever embeds the transport decides. It has no `Debug`: a proxy's URL may hold a password.
#[derive(Clone)]
#[non_exhaustive]
pub struct TransportOptions {
    /// Judges every address before a connection is made to it.
    pub policy: EgressPolicy,
    /// What is trusted in addition to Mozilla's certificate authorities: other authorities, and the
    /// certificates of single servers, each for its own names and time.
    pub ca_certificates: Vec<CaCertificates>,
    /// How the outside is reached. [`ProxyChoice::Direct`] unless set.
    pub proxy: ProxyChoice,
    /// Sent where a request has no `user-agent` of its own. `jackfield/VERSION` unless set.
    pub user_agent: String,
    /// Time for making a connection, within the request's deadline: name lookup, TCP and TLS
    /// together. 10 seconds unless set.
    pub connect_timeout: Duration,
    /// What turns names into addresses. The system's resolver unless set.
    pub names: Arc<dyn NameLookup>,
}

impl TransportOptions {
    /// The defaults, under this policy.
    pub fn new(policy: EgressPolicy) -> Self {
        Self {
            policy,
            ca_certificates: Vec::new(),
            proxy: ProxyChoice::Direct,
            user_agent: concat!("jackfield/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: CONNECT_TIMEOUT,
            names: Arc::new(SystemNames),
        }
    }
}

/// Certificates in PEM (RFC 7468), one or more; other PEM sections are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaCertificates {
    /// In a file, read once, when the transport is made.
    File(PathBuf),
    /// In memory.
    Pem(Vec<u8>),
}

impl CaCertificates {
    pub(crate) fn place(&self) -> String {
        match self {
            Self::File(path) => format!("`{}`", path.display()),
            Self::Pem(_) => "the configured PEM text".to_owned(),
        }
    }

    pub(crate) fn read(&self) -> Result<Cow<'_, [u8]>, OptionsError> {
        match self {
            Self::File(path) => match std::fs::read(path) {
                Ok(bytes) => Ok(Cow::Owned(bytes)),
                Err(source) => {
                    Err(OptionsError::UnreadableCertificates { path: path.clone(), source })
                }
            },
            Self::Pem(bytes) => Ok(Cow::Borrowed(bytes)),
        }
    }
}

/// How the outside is reached. It has no `Debug`: the URL may hold a password.
#[derive(Clone, Default)]
pub enum ProxyChoice {
    /// By connections of our own; what the environment says is ignored.
    #[default]
    Direct,
    /// Everything by this proxy: `http`, `https`, `socks5` or `socks5h`, with a password if it needs one.
    Url(Url),
    /// As `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in either case of letters.
    FromEnvironment,
}

/// Why no transport can be made of the options. Whoever configures it acts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// A file of certificates cannot be read.
    #[error("failed to read certificates from `{}`", path.display())]
    UnreadableCertificates {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// There is no certificate in it: a key, perhaps, or DER instead of PEM.
    #[error("found no certificate in {place}: {found}")]
    NoCertificate {
        /// Which file.
        place: String,
        /// What it holds instead, as the end of a sentence.
        found: &'static str,
    },
    /// A certificate cannot be used as an authority.
    #[error("failed to use a certificate of {place}: {detail}")]
    UnusableCertificate {
        /// Which file.
        place: String,
        /// Why.
        detail: String,
    },
    /// The proxy's URL is not one that can be used.
    #[error("failed to use the proxy from {place}: {detail}")]
    Proxy {
        /// Where it was configured.
        place: String,
        /// Why, without the URL.
        detail: String,
    },
    /// The TLS library refused its own defaults: a bug.
    #[error("failed to set up TLS")]
    Tls(#[source] rustls::Error),
    /// The HTTP library refused the options, such as a user agent with line breaks.
    #[error("failed to set up the HTTP client: {detail}")]
    Client {
        /// Why.
        detail: String,
    },
}

impl OptionsError {
    pub(crate) fn from_client(error: reqwest::Error) -> Self {
        Self::Client { detail: crate::diagnosis::innermost(&error.without_url()) }
    }
}
