//! Walking to an origin stage by stage: see [`jackfield_host::probe`].
//!
//! The first three stages are walked on a socket of their own, so that it can be told at which of
//! them it ends; the answer is asked for as every request is. No judgment is made a second time in
//! another way: addresses are judged by the resolver of requests ([`JudgedNames`]), certificates by
//! their verifier, and what went wrong is told in the same words.
//!
//! Behind a proxy the first three stages are the proxy's. Where a proxy is configured with exceptions
//! they are left to it as well: which hosts are excepted is the HTTP library's knowledge.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use jackfield_host::probe::{Answer, Lookup, Probe, ProbeRequest, Skip, Stage, TcpConnection, Tls};
use jackfield_host::transport::{
    Method, OutboundRequest, OutboundValue, Transport as _, TransportError,
};
use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use url::Host;

use crate::diagnosis::{self, Target};
use crate::names::LookupError;
use crate::tls::{self, Recorder};
use crate::{HttpsTransport, certificate, exchange};

/// Bytes that are read of a handshake at once: one TLS record (RFC 8446, section 5.1).
const RECORD: usize = 16 * 1024 + 256;

/// One walk.
struct Walk<'a> {
    transport: &'a HttpsTransport,
    request: &'a ProbeRequest,
    authority: String,
    /// When a connection must stand, TLS included.
    connect_by: Instant,
}

/// What was found, as far as the requests' deadline and the policy let it.
pub(crate) async fn run(transport: &HttpsTransport, request: ProbeRequest) -> Probe {
    let connect_by = request.deadline.min(Instant::now() + transport.connect_timeout);
    let authority = exchange::authority(&request.url);
    let walk = Walk { transport, request: &request, authority, connect_by };
    let mut probe = Probe::unknown(&request.url);
    let arrived = match transport.route.serves(request.url.scheme()) {
        true => {
            probe.lookup = Stage::Skipped(Skip::Proxy);
            probe.connection = Stage::Skipped(Skip::Proxy);
            probe.tls = Stage::Skipped(Skip::Proxy);
            true
        }
        false => walk.walk(&mut probe).await,
    };
    probe.answer = match arrived {
        true => walk.ask().await,
        false => Stage::Skipped(Skip::Earlier),
    };
    probe
}

impl Walk<'_> {
    /// Whether a connection stands at the end.
    async fn walk(&self, probe: &mut Probe) -> bool {
        probe.connection = Stage::Skipped(Skip::Earlier);
        probe.tls = Stage::Skipped(Skip::Earlier);
        let (lookup, addresses) = self.look_up().await;
        probe.lookup = lookup;
        if addresses.is_empty() {
            return false;
        }
        let (connection, stream) = self.connect(&addresses).await;
        probe.connection = connection;
        let Some(stream) = stream else { return false };
        if self.request.url.scheme() != "https" {
            probe.tls = Stage::Skipped(Skip::NotNeeded);
            return true;
        }
        probe.tls = self.greet(stream).await;
        probe.tls.failure().is_none()
    }

    /// The addresses to connect to; none where the stage failed.
    async fn look_up(&self) -> (Stage<Lookup>, Vec<IpAddr>) {
        let (url, reach) = (&self.request.url, self.request.reach);
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if let Some(address) = literal {
            return match self.transport.judge_host(url, reach).await {
                Ok(()) => (Stage::Skipped(Skip::NotNeeded), vec![address]),
                Err(error) => (self.failed(error, None), Vec::new()),
            };
        }
        let name = url.host_str().unwrap_or_default();
        let names = &self.transport.lane(reach).names;
        let (judged, denial) = match timeout_at(self.connect_by, names.judge_all(name)).await {
            Ok(Ok(judged)) => judged,
            Ok(Err(error)) => return (self.failed(error.into_transport_error(name), None), vec![]),
            Err(_elapsed) => return (self.failed(self.late(), None), Vec::new()),
        };
        let allowed = judged.allowed.clone();
        match denial.filter(|_| allowed.is_empty()) {
            None => (Stage::Passed(judged), allowed),
            Some(denial) => {
                let error = LookupError::from(denial).into_transport_error(name);
                (self.failed(error, Some(judged)), allowed)
            }
        }
    }

    /// A connection to the first address that takes one; each has an equal part of the time left.
    async fn connect(&self, addresses: &[IpAddr]) -> (Stage<TcpConnection>, Option<TcpStream>) {
        let start = Instant::now();
        let port = self.request.url.port_or_known_default().unwrap_or_default();
        let mut refusals: Vec<(SocketAddr, TransportError)> = Vec::new();
        for (index, address) in addresses.iter().enumerate() {
            let address = SocketAddr::new(*address, port);
            let left = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            let share = self.connect_by.saturating_duration_since(Instant::now()) / left;
            let error = match timeout_at(Instant::now() + share, TcpStream::connect(address)).await
            {
                Ok(Ok(stream)) => {
                    let found = TcpConnection { address, took: start.elapsed() };
                    return (Stage::Passed(found), Some(stream));
                }
                Ok(Err(error)) => self.target().connect(diagnosis::innermost(&error)),
                Err(_elapsed) => self.late(),
            };
            refusals.push((address, error));
        }
        (self.refused(refusals), None)
    }

    /// The last refusal, with all that were tried as evidence.
    fn refused(&self, refusals: Vec<(SocketAddr, TransportError)>) -> Stage<TcpConnection> {
        let tried: Vec<String> = refusals.iter().map(|(address, _)| address.to_string()).collect();
        let Some((_, last)) = refusals.into_iter().next_back() else {
            return Stage::Skipped(Skip::Unknown);
        };
        let failure = last.into_failure(Method::Head, &self.request.url);
        let failure = tried.iter().fold(failure, |failure, one| failure.evidence("tried", one));
        Stage::Failed { found: None, failure: Box::new(failure) }
    }

    /// The handshake alone.
    async fn greet(&self, stream: TcpStream) -> Stage<Tls> {
        let recorder = Recorder::over(Arc::clone(&self.transport.verifier));
        let mut session = None;
        let done = timeout_at(self.connect_by, self.shake_hands(stream, &recorder, &mut session));
        let error = match done.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(_elapsed) => Some(self.late()),
        };
        let protocol = session.as_ref().and_then(|session| session.protocol_version());
        let found = Tls {
            protocol: protocol.map(tls::protocol_name),
            certificate: recorder.certificate().map(|der| certificate::read(&der)),
        };
        match error {
            None => Stage::Passed(found),
            Some(error) => self.failed(error, Some(found)),
        }
    }

    async fn shake_hands(
        &self,
        mut stream: TcpStream,
        recorder: &Arc<Recorder>,
        session: &mut Option<ClientConnection>,
    ) -> Result<(), TransportError> {
        let refused = |error: rustls::Error| self.target().refused(&error);
        let broken = |error: std::io::Error| self.target().tls(diagnosis::innermost(&error));
        let config = tls::probing_config(recorder).map_err(refused)?;
        let session =
            session.insert(ClientConnection::new(config, self.server_name()?).map_err(refused)?);
        let mut received = vec![0; RECORD];
        while session.is_handshaking() || session.wants_write() {
            let mut out = Vec::new();
            while session.wants_write() {
                session.write_tls(&mut out).map_err(broken)?;
            }
            stream.write_all(&out).await.map_err(broken)?;
            if !session.is_handshaking() {
                break;
            }
            let count = stream.read(&mut received).await.map_err(broken)?;
            if count == 0 {
                return Err(self.target().tls(tls::CLOSED));
            }
            let mut rest = received.get(..count).unwrap_or_default();
            while !rest.is_empty() {
                session.read_tls(&mut rest).map_err(broken)?;
                session.process_new_packets().map_err(refused)?;
            }
        }
        Ok(())
    }

    fn server_name(&self) -> Result<ServerName<'static>, TransportError> {
        let name = match self.request.url.host() {
            Some(Host::Ipv4(address)) => Some(ServerName::from(IpAddr::V4(address))),
            Some(Host::Ipv6(address)) => Some(ServerName::from(IpAddr::V6(address))),
            Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).ok(),
            None => None,
        };
        name.ok_or_else(|| self.target().tls("the host's name cannot stand in a certificate"))
    }

    /// The answer to a request as every other one is sent, without a credential.
    async fn ask(&self) -> Stage<Answer> {
        let plain =
            |name: &str, value: &str| (name.to_owned(), OutboundValue::Plain(value.to_owned()));
        let request = OutboundRequest {
            method: Method::Head,
            url: self.request.url.clone(),
            headers: vec![plain("cache-control", "no-cache")],
            body: Vec::new(),
            reach: self.request.reach,
            deadline: self.request.deadline,
            max_body: 0,
        };
        let start = Instant::now();
        match self.transport.send(request).await {
            Ok(response) => Stage::Passed(Answer::of(&response, start.elapsed())),
            Err(error) => self.failed(error, None),
        }
    }

    fn target(&self) -> Target<'_> {
        Target::new(&self.request.url, &self.authority)
    }

    fn late(&self) -> TransportError {
        TransportError::Timeout { authority: self.authority.clone(), sent: false }
    }

    fn failed<T>(&self, error: TransportError, found: Option<T>) -> Stage<T> {
        let failure = Box::new(error.into_failure(Method::Head, &self.request.url));
        Stage::Failed { found, failure }
    }
}
