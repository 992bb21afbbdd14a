//! A server on loopback: its socket, its journal, its faults.

mod certificate;
mod fault;
mod journal;
mod serve;
#[cfg(test)]
mod tests;
mod wire;

use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;

pub use certificate::Certificate;
pub use fault::Fault;
pub use journal::ReceivedRequest;

use fault::Faults;
use journal::Journal;
use serve::Serving;

/// A simulated server. It stops, and breaks its connections, when it is dropped.
pub struct Peer {
    address: SocketAddr,
    origin: String,
    ca_pem: Option<String>,
    journal: Journal,
    faults: Faults,
    _serving: Serving,
}

impl Peer {
    /// A server on a free port of 127.0.0.1, whose routes may depend on its own origin.
    pub(crate) fn start(
        certificate: Option<Certificate>,
        routes: impl FnOnce(&str) -> Router,
    ) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().unwrap();
        let origin = match certificate {
            None => format!("http://{address}"),
            Some(_) => format!("https://localhost:{}", address.port()),
        };
        let (journal, faults) = (Journal::default(), Faults::default());
        let routes = fault::intercept(routes(&origin), journal.clone(), faults.clone());
        let tls = certificate.map(Certificate::issue);
        let ca_pem = tls.as_ref().map(|issued| issued.ca_pem.clone());
        let serving = Serving::start(listener, tls.map(|issued| issued.acceptor), routes);
        Self { address, origin, ca_pem, journal, faults, _serving: serving }
    }

    /// Scheme, host and port: `http://127.0.0.1:PORT`, or `https://localhost:PORT` with TLS.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL of that path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The certificate of the authority that clients must trust, in PEM.
    ///
    /// # Panics
    ///
    /// Where the server has no TLS.
    pub fn ca_pem(&self) -> &str {
        self.ca_pem.as_deref().expect("a server with TLS")
    }

    /// Answers every request for that path in this way, until told otherwise.
    ///
    /// The path is compared whole and without the query; `*` stands for every path. Of several
    /// faults for a path, those to be used once come first, in the order in which they were added.
    pub fn fault(&self, path: &str, fault: Fault) {
        self.faults.add(path, fault, false, None);
    }

    /// Answers the next request for that path in this way.
    pub fn fault_once(&self, path: &str, fault: Fault) {
        self.faults.add(path, fault, true, None);
    }

    /// Answers every request for that path in this way whose query, without its question mark, is of
    /// that kind.
    pub fn fault_when(
        &self,
        path: &str,
        when: impl Fn(&str) -> bool + Send + Sync + 'static,
        fault: Fault,
    ) {
        self.faults.add(path, fault, false, Some(Box::new(when)));
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.faults.clear();
    }

    /// The requests that arrived since the start or the last call of [`forget`](Self::forget), in
    /// order, those that met a fault included.
    pub fn requests(&self) -> Vec<ReceivedRequest> {
        self.journal.requests()
    }

    /// Waits until a request of that kind has arrived, since the start or the last call of
    /// [`forget`](Self::forget).
    pub fn wait_for(&self, kind: impl Fn(&ReceivedRequest) -> bool) {
        self.journal.wait_for(kind);
    }

    /// Empties the journal.
    pub fn forget(&self) {
        self.journal.clear();
    }

    /// Keeps no journal from now on: for measurements.
    pub fn stop_journal(&self) {
        self.journal.stop();
    }
}

/// Another origin: the target of redirects and links that should not be followed, or not with a
/// credential. It answers every request with status 200 and the body `{"elsewhere":true}`.
pub struct Elsewhere(Peer);

impl Elsewhere {
    /// On a free port of 127.0.0.1, plain HTTP.
    pub fn start() -> Self {
        Self(Peer::start(None, |_| Self::routes()))
    }

    /// With TLS.
    pub fn start_tls(certificate: Certificate) -> Self {
        Self(Peer::start(Some(certificate), |_| Self::routes()))
    }

    fn routes() -> Router {
        const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
        Router::new().fallback(async || (StatusCode::OK, JSON, r#"{"elsewhere":true}"#))
    }
}

impl std::ops::Deref for Elsewhere {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.0
    }
}
