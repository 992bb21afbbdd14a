//! What went wrong, from the chain of causes that the HTTP library reports.

use std::error::Error;
use std::io;

use jackfield_host::transport::{TlsFault, TransportError};
use url::Url;

use crate::names::LookupError;
use crate::tls;

/// Where a request went, as messages name it.
pub(crate) struct Target<'a> {
    pub(crate) authority: &'a str,
    host: String,
    encrypted: bool,
}

impl<'a> Target<'a> {
    pub(crate) fn new(url: &Url, authority: &'a str) -> Self {
        let host = url.host_str().unwrap_or_default().to_owned();
        Self { authority, host, encrypted: url.scheme() == "https" }
    }

    pub(crate) fn broken(&self, detail: impl Into<String>) -> TransportError {
        TransportError::Broken { authority: self.authority.to_owned(), detail: detail.into() }
    }

    /// A handshake that failed.
    pub(crate) fn refused(&self, refusal: &rustls::Error) -> TransportError {
        match refusal {
            rustls::Error::InvalidMessage(_) => {
                TransportError::NoTls { authority: self.authority.to_owned() }
            }
            refusal => self.failed_tls(tls::explain(refusal), tls::fault(refusal)),
        }
    }

    /// A handshake that ended for another reason than the certificate.
    pub(crate) fn tls(&self, detail: impl Into<String>) -> TransportError {
        self.failed_tls(detail.into(), TlsFault::Handshake)
    }

    fn failed_tls(&self, detail: String, fault: TlsFault) -> TransportError {
        TransportError::Tls { authority: self.authority.to_owned(), detail, fault }
    }

    /// A body that is not what its headers say.
    pub(crate) fn undecodable(&self, detail: impl Into<String>) -> TransportError {
        TransportError::Undecodable { authority: self.authority.to_owned(), detail: detail.into() }
    }

    pub(crate) fn connect(&self, detail: impl Into<String>) -> TransportError {
        TransportError::Connect { authority: self.authority.to_owned(), detail: detail.into() }
    }
}

/// The error in the contract's terms.
pub(crate) fn explain(error: reqwest::Error, target: &Target<'_>) -> TransportError {
    let error = error.without_url();
    if let Some(lookup) = find::<LookupError>(&error) {
        return lookup.clone().into_transport_error(&target.host);
    }
    if let Some(refusal) = find::<rustls::Error>(&error) {
        return target.refused(refusal);
    }
    if error.is_builder() {
        return TransportError::Unsendable { detail: innermost(&error) };
    }
    if !error.is_connect() {
        return match causes(&error).any(is_undecodable) {
            true => target.undecodable(
                "its headers say that the body is compressed, but the bytes do not decompress",
            ),
            false => target.broken(innermost(&error)),
        };
    }
    if error.is_timeout() {
        let authority = target.authority.to_owned();
        return TransportError::Timeout { authority, sent: false };
    }
    // Refused connections have a kind of their own: this is the handshake's end.
    if target.encrypted && causes(&error).any(is_closed) {
        return target.tls(tls::CLOSED);
    }
    target.connect(innermost(&error))
}

fn is_closed(cause: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let closed = [BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof];
    cause.downcast_ref::<io::Error>().is_some_and(|error| closed.contains(&error.kind()))
}

/// Whether a decoder refused the bytes: those of gzip and brotli say so with these kinds, and
/// HTTP's own parser does where it speaks of chunks.
fn is_undecodable(cause: &(dyn Error + 'static)) -> bool {
    let Some(error) = cause.downcast_ref::<io::Error>() else { return false };
    let text = error.to_string().to_lowercase();
    let kind = matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::Other);
    let decoder = ["gzip", "deflate", "brotli", "crc computed", "amount of bytes", "decompress"];
    kind && !text.contains("chunk") && decoder.iter().any(|word| text.contains(word))
}

/// The first error of that type in the chain of causes.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// The last cause in words: the one that no other explains. The system's own words are kept, those
/// of libraries are put into plain ones.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
    plain(text.split(" (os error").next().unwrap_or_default())
}

/// What the libraries say, and what it means.
const MEANINGS: [(&[&str], &str); 8] = [
    (
        &["before message completed", "connection closed"],
        "the server closed the connection before it had answered",
    ),
    (
        &[
            "end of file before message length",
            "unexpected eof",
            "unexpected end of file",
            "incomplete",
        ],
        "the connection ended in the middle of the response",
    ),
    (&["chunk"], "the response's body is cut into malformed chunks"),
    (&["head is too large", "too many headers"], "the response's header section is too long"),
    (&["content-length", "transfer-encoding"], "the response does not say how long it is"),
    (&["invalid http", "parsed"], "what came is not HTTP"),
    (
        &["http2", "stream error", "connection error", "frame", "protocol error", "go away"],
        "the server broke off the exchange (HTTP/2)",
    ),
    (&["canceled", "cancelled", "dispatch"], "the connection was given up"),
];

fn plain(text: &str) -> String {
    let lower = text.to_lowercase();
    let known = MEANINGS.iter().find(|(signs, _)| signs.iter().any(|sign| lower.contains(sign)));
    if let Some((_, meaning)) = known {
        return (*meaning).to_owned();
    }
    // A type's name, or what `Debug` makes of a value.
    let is_inner = |word: &str| {
        let capitals = word.chars().filter(|c| c.is_uppercase()).count();
        word.contains("::") || (capitals > 1 && word.chars().any(char::is_lowercase))
    };
    match text.is_empty() || text.contains(['{', '"']) || text.split_whitespace().any(is_inner) {
        true => "the connection failed for a reason that has no name here".to_owned(),
        false => lower,
    }
}

/// The error and its causes, those included that an `io::Error` wraps instead of naming as source.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let next = |error: &&'a (dyn Error + 'static)| -> Option<&'a (dyn Error + 'static)> {
        match (*error).downcast_ref::<io::Error>() {
            Some(wrapper) => wrapper.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => (*error).source(),
        }
    };
    std::iter::successors(Some(error), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_put_into_words_and_the_system_is_quoted() {
        for (text, expected) in [
            ("Connection refused", "connection refused"),
            ("Network is unreachable", "network is unreachable"),
            (
                "connection closed before message completed",
                "the server closed the connection before it had answered",
            ),
            (
                "end of file before message length reached",
                "the connection ended in the middle of the response",
            ),
            ("invalid HTTP version parsed", "what came is not HTTP"),
            (
                "Invalid chunk size line: Invalid Size",
                "the response's body is cut into malformed chunks",
            ),
            (
                "stream error received: unspecific protocol error detected",
                "the server broke off the exchange (HTTP/2)",
            ),
            (
                "hyper::Error(Parse(Method))",
                "the connection failed for a reason that has no name here",
            ),
            ("OtherError", "the connection failed for a reason that has no name here"),
            ("Custom { kind: Other }", "the connection failed for a reason that has no name here"),
            ("", "the connection failed for a reason that has no name here"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
