//! Why no usable answer was obtained, as a failure that a person can act on.

use url::Url;

use crate::failure::{Cause, Effect, Failure, Retry};
use crate::transport::{Method, TransportError};

/// The failure that the guest and, in the end, the person sees. It names the origin, never the path or query.
pub(crate) fn failure(error: TransportError, method: Method, url: &Url) -> Failure {
    let origin = url.origin().ascii_serialization();
    let message = sentence(&error.to_string());
    let failure = match error {
        TransportError::Denied(denial) => return denial.into(),
        TransportError::NameLookup { host, .. } => {
            Failure::new(Cause::Unreachable, message)
                .retry(Retry::Backoff)
                .remedy(format!("Check the spelling of `{host}`, and that this machine can look it up."), None)
                .code("name-not-found")
            .evidence("stage", "name-lookup")
        }
        TransportError::Connect { .. } => Failure::new(Cause::Unreachable, message)
            .retry(Retry::Backoff)
            .remedy("Check the address and the port, and whether a firewall or a VPN stands between.", None)
            .code("connection-failed")
            .evidence("stage", "connect"),
        TransportError::Tls { .. } => Failure::new(Cause::Unreachable, message)
            .retry(Retry::AfterUserAction)
            .remedy("If the server uses a certificate authority of your own, name it with --ca FILE.", None)
            .remedy("Otherwise tell the server's operator: its certificate is not one that clients can trust.", None)
            .code("certificate-not-trusted")
            .evidence("stage", "tls"),
        TransportError::NoTls { .. } => Failure::new(Cause::Unreachable, message)
            .retry(Retry::AfterUserAction)
            .remedy("Check the port: https usually has another one than http.", None)
            .remedy("If the server has no https at all, http must be chosen in the settings, and allowed by the administrator (--allow-origin).", None)
            .code("tls-not-spoken")
            .evidence("stage", "tls"),
        TransportError::Timeout { sent, .. } => Failure::new(Cause::Timeout, message)
            .retry(Retry::Backoff)
            .effect(effect(method, sent))
            .remedy("Try again; if it stays so, look whether the service is up, and what stands between.", None)
            .evidence("stage", if sent { "answer" } else { "connect" }),
        TransportError::TooLarge { .. } => Failure::new(Cause::TooLarge, message)
            .effect(effect(method, true))
            .remedy("Check that the address leads to the service that is meant.", None)
            .remedy("If it does, report this to the connector's author: it must ask for less at once.", None)
            .evidence("stage", "answer"),
        TransportError::Unsendable { .. } => Failure::new(Cause::Denied, message),
        TransportError::Broken { .. } => Failure::new(Cause::Unreachable, message)
            .code("connection-broken")
            .retry(Retry::Backoff)
            .effect(effect(method, true))
            .remedy("Try again; if it stays so, look whether a proxy or a firewall cuts connections.", None)
            .evidence("stage", "answer"),
    };
    failure.evidence("origin", origin)
}

/// The fragment as a sentence for people.
fn sentence(fragment: &str) -> String {
    let mut rest = fragment.trim_end_matches('.').chars();
    let first: String = rest.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", rest.as_str())
}

fn effect(method: Method, sent: bool) -> Effect {
    if sent && !method.is_safe() { Effect::Unknown } else { Effect::None }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_a_sentence_with_a_remedy_and_names_no_path() {
        let (authority, detail) = ("h.example.com:443".to_owned(), "it broke".to_owned());
        let url = Url::parse("https://h.example.com/secret?also=secret").unwrap();
        for error in [
            TransportError::NameLookup { host: "h.example.com".to_owned(), detail: detail.clone() },
            TransportError::Connect { authority: authority.clone(), detail: detail.clone() },
            TransportError::Tls { authority: authority.clone(), detail: detail.clone() },
            TransportError::NoTls { authority: authority.clone() },
            TransportError::Timeout { authority: authority.clone(), sent: true },
            TransportError::TooLarge { limit: 5 },
            TransportError::Broken { authority: authority.clone(), detail: detail.clone() },
        ] {
            let failure = failure(error, Method::Get, &url);
            let told = format!("{failure:?}");
            assert!(failure.message.starts_with(char::is_uppercase), "{told}");
            assert!(failure.message.ends_with('.') && !failure.remedies.is_empty(), "{told}");
            assert!(!told.contains("secret") && told.contains("https://h.example.com"), "{told}");
        }
    }
}
