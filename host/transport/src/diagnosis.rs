//! What went wrong, from the chain of causes that the HTTP library reports.

use std::error::Error;
use std::io;

use jackfield_host::transport::TransportError;
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
            refusal => self.tls(tls::explain(refusal)),
        }
    }

    pub(crate) fn tls(&self, detail: impl Into<String>) -> TransportError {
        TransportError::Tls { authority: self.authority.to_owned(), detail: detail.into() }
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
        return target.broken(innermost(&error));
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

/// The first error of that type in the chain of causes.
fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    causes(error).find_map(|cause| cause.downcast_ref::<T>())
}

/// The text of the last cause: the one that no other explains.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
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
