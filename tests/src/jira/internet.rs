//! A proxy by which names of the real internet lead to a simulated server.
//!
//! It serves `CONNECT HOST:443` by answering for the host itself, with a certificate of its own
//! authority, and any other request as a plain proxy does. Either way the request reaches the
//! simulated server as it was sent, with the host's name in it. Names other than those in the
//! certificate are refused, with 502; the server's own address is not. Hosts that a test blocks are
//! refused with 403, as by an organization's rule.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Bytes that the head of a request may have.
const MAX_HEAD: usize = 64 << 10;

/// The proxy's thread, which ends with this value.
pub(super) struct Internet {
    address: SocketAddr,
    ca_pem: String,
    asked: Asked,
    blocked: Asked,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Asked = Arc<Mutex<Vec<String>>>;

/// What a connection needs.
#[derive(Clone)]
struct Route {
    names: Arc<[String]>,
    tls: TlsAcceptor,
    target: SocketAddr,
    asked: Asked,
    /// Hosts that nobody reaches.
    blocked: Asked,
}

impl Internet {
    /// A proxy on a free port of 127.0.0.1 by which those names, which may begin with `*.`, lead to
    /// the server at that address.
    pub(super) fn start(names: &[&str], target: SocketAddr) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (tls, ca_pem) = certificate(names);
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let (asked, blocked) = (Asked::default(), Asked::default());
        let (heard, closed) = (Arc::clone(&asked), Arc::clone(&blocked));
        let route = Route { names, tls, target, asked: heard, blocked: closed };
        let (stop, stopped) = oneshot::channel::<()>();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let thread = std::thread::Builder::new().name("simulated internet".to_owned());
        let serve = async move {
            let listener = TcpListener::from_std(listener).unwrap();
            tokio::select! {
                () = accept(listener, route) => {}
                _ = stopped => {}
            }
        };
        let thread = thread.spawn(move || runtime.block_on(serve)).expect("a thread");
        Self { address, ca_pem, asked, blocked, stop: Some(stop), thread: Some(thread) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The certificate of the authority that clients must trust, in PEM.
    pub(super) fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Lets nobody reach that host from now on.
    pub(super) fn block(&self, host: &str) {
        self.blocked.lock().unwrap().push(host.to_owned());
    }

    /// The hosts that were asked for, in order, once for each connection.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the proxy has been printed; the test that caused it fails by itself.
            let _ = thread.join();
        }
    }
}

fn certificate(names: &[&str]) -> (TlsAcceptor, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "Jackfield test internet");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}

async fn accept(listener: TcpListener, route: Route) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let route = route.clone();
        // How a connection ends concerns its two ends alone.
        tokio::spawn(async move { drop(serve(stream, route).await) });
    }
}

async fn serve(mut client: TcpStream, route: Route) -> io::Result<()> {
    client.set_nodelay(true)?;
    let head = head(&mut client).await?;
    let text = String::from_utf8_lossy(&head).into_owned();
    let mut line = text.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    let tunnel = method == "CONNECT";
    let host = target.strip_prefix("http://").unwrap_or(target);
    let host = host.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    route.asked.lock().unwrap().push(host.clone());
    let named = |name: &String| match name.strip_prefix('*') {
        Some(suffix) => host.ends_with(suffix),
        None => *name == host,
    };
    if route.blocked.lock().unwrap().contains(&host) {
        return client.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    }
    // What is configured to go by a proxy goes there for the server's own address too.
    let own = route.target.ip().to_string() == host;
    if !own && !route.names.iter().any(named) {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
    }
    let mut server = TcpStream::connect(route.target).await?;
    server.set_nodelay(true)?;
    if !tunnel {
        server.write_all(&head).await?;
        return copy_bidirectional(&mut client, &mut server).await.map(drop);
    }
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let mut client = route.tls.accept(client).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// Everything up to the empty line, and nothing behind it where the request has no body.
async fn head(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
        if client.read_buf(&mut head).await? == 0 || head.len() > MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    Ok(head)
}
