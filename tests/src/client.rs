//! A client for the simulation's own tests: the real transport.

use std::time::Duration;

use jackfield_host::transport::{
    InboundResponse, Method, OutboundRequest, OutboundValue, Transport, TransportError,
};
use jackfield_host::{EgressPolicy, Reach};
use jackfield_transport::{CaCertificates, HttpsTransport, TransportOptions};
use serde_json::Value;
use tokio::time::Instant;

use crate::Peer;

/// Time for an exchange that is expected to end.
const LONG: Duration = Duration::from_secs(60);

/// Time for one that is expected to hang.
const SHORT: Duration = Duration::from_millis(300);

/// A client that trusts the server, if it has TLS.
pub(crate) fn trusting(peer: &Peer) -> HttpsTransport {
    let mut options = TransportOptions::new(EgressPolicy::strict());
    if peer.origin().starts_with("https") {
        options.ca_certificates.push(CaCertificates::Pem(peer.ca_pem().into()));
    }
    HttpsTransport::new(options).unwrap()
}

/// A GET of that URL, with a token unless it is empty.
pub(crate) fn get(url: &str, token: &str) -> OutboundRequest {
    let header = |(name, value): (&str, String)| (name.to_owned(), OutboundValue::Plain(value));
    let authorization = (!token.is_empty()).then(|| ("authorization", format!("Bearer {token}")));
    OutboundRequest {
        method: Method::Get,
        url: url.parse().unwrap(),
        headers: authorization.into_iter().map(header).collect(),
        body: Vec::new(),
        reach: Reach::Granted,
        deadline: Instant::now() + LONG,
        max_body: 2 << 20,
    }
}

pub(crate) async fn fetch(peer: &Peer, path: &str, token: &str) -> InboundResponse {
    trusting(peer).send(get(&peer.url(path), token)).await.unwrap()
}

pub(crate) async fn attempt(peer: &Peer, path: &str) -> Result<InboundResponse, TransportError> {
    trusting(peer).send(get(&peer.url(path), "")).await
}

pub(crate) async fn attempt_briefly(
    peer: &Peer,
    path: &str,
) -> Result<InboundResponse, TransportError> {
    let deadline = Instant::now() + SHORT;
    trusting(peer).send(OutboundRequest { deadline, ..get(&peer.url(path), "") }).await
}

pub(crate) fn header<'a>(answer: &'a InboundResponse, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
}

pub(crate) fn json(answer: &InboundResponse) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}
