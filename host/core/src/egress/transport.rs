//! The network interface: implement [`Transport`] to send requests. The core decides where a request may go, and with which
//! credential; a transport carries it there, and judges each address that a name resolves to by
//! [`EgressPolicy::judge_address`](crate::EgressPolicy::judge_address) before it connects.

use crate::BoxFuture;
pub use crate::egress::http::{InboundResponse, Method, OutboundRequest, OutboundValue};
use crate::egress::policy::Denial;
use crate::egress::probe::{Probe, ProbeRequest};

/// What is wrong with a server's TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsFault {
    /// Nobody who is trusted signed the certificate.
    Issuer,
    /// The certificate has expired.
    Expired,
    /// The certificate begins to be valid later, by this machine's clock.
    NotYetValid,
    /// The certificate is for other names.
    Name,
    /// The certificate is malformed, revoked, or not one for servers.
    Certificate,
    /// The handshake failed for another reason: no version in common, a refusal, a closed connection.
    Handshake,
}

/// Why no usable answer was obtained. Each says what broke; none names a secret or a URL's query.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The name does not exist, or no resolver answered. The user's or the network's fault.
    #[error("the name `{host}` cannot be looked up: {detail}")]
    NameLookup {
        /// The name.
        host: String,
        /// What the resolver said.
        detail: String,
    },
    /// The policy denies every address that the name resolves to. The administrator can grant it.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// Nobody answers at that address.
    #[error("no connection to `{authority}`: {detail}")]
    Connect {
        /// Host and port.
        authority: String,
        /// What the system said.
        detail: String,
    },
    /// The server's certificate or its TLS was refused.
    #[error("no trusted TLS connection to `{authority}`: {detail}")]
    Tls {
        /// Host and port.
        authority: String,
        /// Such as "the certificate has expired".
        detail: String,
        /// What a person can do depends on it.
        fault: TlsFault,
    },
    /// What answers there does not speak TLS: plain HTTP, most often.
    #[error("what answers at `{authority}` does not speak TLS, so https does not work there")]
    NoTls {
        /// Host and port.
        authority: String,
    },
    /// The deadline passed, or the time that the transport allows for making a connection.
    #[error("no answer from `{authority}` in time")]
    Timeout {
        /// Host and port.
        authority: String,
        /// Whether the request may have reached the server.
        sent: bool,
    },
    /// The body, or the header section, is longer than allowed.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit that was passed: in bytes, decompressed.
        limit: u64,
    },
    /// The whole response came, and its body is not what its headers say: another content coding than
    /// those that were asked for, or bytes that do not decompress.
    #[error("the response of `{authority}` cannot be decoded: {detail}")]
    Undecodable {
        /// Host and port.
        authority: String,
        /// What is wrong with the body.
        detail: String,
    },
    /// The connection broke, or what came is not HTTP.
    #[error("the exchange with `{authority}` broke: {detail}")]
    Broken {
        /// Host and port.
        authority: String,
        /// What the library said, without URLs.
        detail: String,
    },
    /// HTTP has no way to write the request; nothing was sent. The host's fault: it let it pass.
    #[error("the request cannot be sent: {detail}")]
    Unsendable {
        /// Which part, without its value.
        detail: String,
    },
}

/// Carries requests. One value serves every instance and pools its connections.
pub trait Transport: Send + Sync + 'static {
    /// The answer to one request, whatever its status. Dropping the future gives the exchange up.
    ///
    /// # Errors
    ///
    /// [`TransportError`] where no usable answer was obtained.
    fn send(
        &self,
        request: OutboundRequest,
    ) -> BoxFuture<'_, Result<InboundResponse, TransportError>>;

    /// What is found on the way to an origin: see [`crate::egress::probe`]. By default nothing is known.
    ///
    /// An implementation sends no credential, follows no redirect, and judges addresses as
    /// [`send`](Self::send) does.
    fn probe(&self, request: ProbeRequest) -> BoxFuture<'_, Probe> {
        Box::pin(async move { Probe::unknown(&request.url) })
    }
}
