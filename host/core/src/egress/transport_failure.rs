//! Why no usable answer was obtained, as a failure that a person can act on.

use url::Url;

use crate::contract::failure::{Advice, Cause, Effect, Failure, Remedy, Retry};
use crate::egress::http::Method;
use crate::egress::transport::{TlsFault, TransportError};

impl TransportError {
    /// The same as a person and a connector are told it, of a request by that method to that URL. It
    /// names the URL's origin, never its path or query.
    pub fn into_failure(self, method: Method, url: &Url) -> Failure {
        failure(self, method, url)
    }
}

fn failure(error: TransportError, method: Method, url: &Url) -> Failure {
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
        TransportError::Tls { fault, .. } => tls(fault, message),
        TransportError::NoTls { authority } => Failure::new(Cause::Unreachable, message)
            .retry(Retry::AfterUserAction)
            .remedy("Check the port: https normally uses a different port from http.", None)
            .advise("If the server has no https at all, choose http in the settings, and ask the administrator to allow the origin.", Advice::AllowOrigin { origin: format!("http://{authority}") })
            .code("tls-not-spoken")
            .evidence("stage", "tls"),
        TransportError::Timeout { sent, .. } => Failure::new(Cause::Timeout, message)
            .retry(Retry::Backoff)
            .effect(effect(method, sent))
            .remedy("Try again; if this keeps happening, check whether the service is up, and what stands between.", None)
            .evidence("stage", if sent { "answer" } else { "connect" }),
        TransportError::TooLarge { .. } => too_large(message, method),
        TransportError::Unsendable { .. } => {
            Failure::new(Cause::Other { name: "internal".to_owned() }, message)
                .code("unsendable")
                .advise("Report this to the authors of this program, with the evidence.", Advice::ShowEvidence)
        }
        TransportError::Undecodable { .. } => Failure::new(Cause::Protocol, message)
            .code("body-not-decodable")
            .retry(Retry::Backoff)
            .effect(effect(method, true))
            .remedy("Check whether a proxy or a filter between here and the server changes responses.", None)
            .remedy("Otherwise ask who runs the server: it must send a body as its headers say, and compressed only as it was asked to.", None)
            .evidence("stage", "answer"),
        TransportError::Broken { .. } => Failure::new(Cause::Unreachable, message)
            .code("connection-broken")
            .retry(Retry::Backoff)
            .effect(effect(method, true))
            .remedy("Try again; if this keeps happening, check whether a proxy or a firewall cuts connections.", None)
            .evidence("stage", "answer"),
    };
    failure.evidence("origin", origin)
}

/// The failure of a call whose responses together are longer than allowed.
pub(crate) fn too_much(limit: u64, method: Method, url: &Url) -> Failure {
    let message = format!("The responses to one call have more than {limit} bytes together.");
    too_large(message, method)
        .code("responses-too-large")
        .evidence("origin", url.origin().ascii_serialization())
}

fn too_large(message: String, method: Method) -> Failure {
    Failure::new(Cause::TooLarge, message)
        .effect(effect(method, true))
        .advise(
            "If a page of records is that long, ask for fewer at a time.",
            Advice::ReadSmallerPages,
        )
        .remedy("Otherwise check that the address is the service you meant.", None)
        .evidence("stage", "answer")
}

fn tls(fault: TlsFault, message: String) -> Failure {
    let operator = "Tell who runs the server";
    let remedies = match fault {
        TlsFault::Issuer => vec![
            Remedy::new("Ask the administrator to trust the certificate of the authority that signed the server's, or the server's own certificate.").by(Advice::TrustCertificate),
            Remedy::new(format!("If that is done: the server does not show what the file says. {operator}, and compare the certificates' issuer and fingerprint.")),
        ],
        TlsFault::Expired => vec![
            Remedy::new(format!("{operator}: the certificate must be renewed.")),
            Remedy::new("Check the clock of this machine."),
        ],
        TlsFault::NotYetValid => vec![
            Remedy::new("Check the clock of this machine."),
            Remedy::new("If the clock is right, tell who runs the server that the certificate is not valid yet."),
        ],
        TlsFault::Name => vec![
            Remedy::new("Reach the server by a name that its certificate has, and put that name into the settings."),
            Remedy::new(format!("Otherwise {}: the certificate must have this name or address as a subject alternative name.", operator.to_lowercase())),
        ],
        TlsFault::Certificate => vec![Remedy::new(format!(
            "{operator}: it needs a new certificate, an X.509 version 3 one for servers, with a subject alternative name."
        ))],
        TlsFault::Handshake => vec![
            Remedy::new("Check the port, and whether a proxy or a firewall between here and the server ends TLS connections."),
            Remedy::new(format!("Otherwise {}: the server must speak TLS 1.2 or 1.3.", operator.to_lowercase())),
        ],
    };
    let code = match fault {
        TlsFault::Handshake => "tls-failed",
        _ => "certificate-not-trusted",
    };
    let failure =
        Failure::new(Cause::Unreachable, message).code(code).retry(Retry::AfterUserAction);
    Failure { remedies, ..failure }.evidence("stage", "tls")
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
        let tls = |fault| TransportError::Tls {
            authority: authority.clone(),
            detail: detail.clone(),
            fault,
        };
        for error in [
            TransportError::NameLookup { host: "h.example.com".to_owned(), detail: detail.clone() },
            TransportError::Connect { authority: authority.clone(), detail: detail.clone() },
            tls(TlsFault::Issuer),
            tls(TlsFault::Expired),
            tls(TlsFault::NotYetValid),
            tls(TlsFault::Name),
            tls(TlsFault::Certificate),
            tls(TlsFault::Handshake),
            TransportError::Undecodable { authority: authority.clone(), detail: detail.clone() },
            TransportError::Unsendable { detail: detail.clone() },
            TransportError::NoTls { authority: authority.clone() },
            TransportError::Timeout { authority: authority.clone(), sent: true },
            TransportError::TooLarge { limit: 5 },
            TransportError::Broken { authority: authority.clone(), detail: detail.clone() },
        ] {
            let failure = failure(error, Method::Get, &url);
            let told = format!("{failure:?}");
            assert!(failure.message.starts_with(char::is_uppercase), "{told}");
            assert!(failure.message.ends_with('.') && !failure.remedies.is_empty(), "{told}");
            assert!(failure.cause != Cause::Denied, "no policy denied it: {told}");
            assert!(!told.contains("secret") && told.contains("https://h.example.com"), "{told}");
        }
    }
}
