//! Why no usable answer was obtained, as a failure that a person can act on.

use url::Url;

use crate::failure::{Cause, Effect, Failure, Retry};
use crate::transport::{Method, TransportError};

/// The failure that the guest and, in the end, the person sees. It names the origin, never the path or query.
pub(crate) fn failure(error: TransportError, method: Method, url: &Url) -> Failure {
    let origin = url.origin().ascii_serialization();
    let message = error.to_string();
    let failure = match error {
        TransportError::Denied(denial) => return denial.into(),
        TransportError::NameLookup { host, .. } => {
            Failure::new(Cause::Unreachable, message)
                .retry(Retry::Backoff)
                .remedy(format!("Check the spelling of `{host}`, and that this machine can look it up."), None)
                .evidence("stage", "name-lookup")
        }
        TransportError::Connect { .. } => Failure::new(Cause::Unreachable, message)
            .retry(Retry::Backoff)
            .remedy("Check the address and the port, and whether a firewall or a VPN stands between.", None)
            .evidence("stage", "connect"),
        TransportError::Tls { .. } => Failure::new(Cause::Unreachable, message)
            .retry(Retry::AfterUserAction)
            .remedy("If the server uses a certificate authority of your own, name it with --ca FILE.", None)
            .remedy("Otherwise tell the server's operator: its certificate is not one that clients can trust.", None)
            .evidence("stage", "tls"),
        TransportError::Timeout { sent, .. } => Failure::new(Cause::Timeout, message)
            .retry(Retry::Backoff)
            .effect(effect(method, sent))
            .evidence("stage", if sent { "answer" } else { "connect" }),
        TransportError::TooLarge { .. } => Failure::new(Cause::TooLarge, message)
            .effect(effect(method, true))
            .evidence("stage", "answer"),
        TransportError::Unsendable { .. } => Failure::new(Cause::Denied, message),
        TransportError::Broken { .. } => Failure::new(Cause::Unreachable, message)
            .retry(Retry::Backoff)
            .effect(effect(method, true))
            .evidence("stage", "answer"),
    };
    failure.evidence("origin", origin)
}

fn effect(method: Method, sent: bool) -> Effect {
    if sent && !method.is_safe() { Effect::Unknown } else { Effect::None }
}
