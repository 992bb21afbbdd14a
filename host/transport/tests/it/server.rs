//! Servers of a few lines: each connection is handed to a closure that speaks bytes.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A server that goes on until its test ends.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// On a free port of 127.0.0.1.
    pub(crate) async fn start<F, R>(speak: F) -> Self
    where
        F: Fn(Peer) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send,
    {
        Self::start_at("127.0.0.1:0", None, speak).await
    }

    pub(crate) async fn start_tls<F, R>(tls: TlsAcceptor, speak: F) -> Self
    where
        F: Fn(Peer) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send,
    {
        Self::start_at("127.0.0.1:0", Some(tls), speak).await
    }

    pub(crate) async fn start_at<F, R>(place: &str, tls: Option<TlsAcceptor>, speak: F) -> Self
    where
        F: Fn(Peer) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send,
    {
        let listener = TcpListener::bind(place).await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let speak = Arc::new(speak);
        let (counted, written) = (Arc::clone(&connections), Arc::clone(&heads));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let (speak, tls, heads) = (Arc::clone(&speak), tls.clone(), Arc::clone(&written));
                tokio::spawn(async move {
                    let io: Box<dyn Io> = match tls {
                        None => Box::new(stream),
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => Box::new(stream),
                            Err(_) => return,
                        },
                    };
                    speak(Peer { io, heads }).await;
                });
            }
        });
        Self { address, connections, heads }
    }

    /// Answers every request with these bytes, and keeps the connection.
    pub(crate) async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes: Arc<[u8]> = bytes.into().into();
        Self::start(move |peer| answer_all(peer, Arc::clone(&bytes))).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `http://NAME:PORT/`.
    pub(crate) fn named(&self, name: &str) -> String {
        format!("http://{name}:{}/", self.address.port())
    }

    pub(crate) fn secure(&self, name: &str) -> String {
        format!("https://{name}:{}/", self.address.port())
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The heads of the requests read so far, with bodies behind them.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

pub(crate) async fn answer_all(mut peer: Peer, bytes: Arc<[u8]>) {
    while peer.request().await.is_some() {
        if !peer.send(&bytes).await {
            return;
        }
    }
}

/// The server's end of a connection.
pub(crate) struct Peer {
    io: Box<dyn Io>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// The next request's head with its body behind it, or none when the client is gone.
    pub(crate) async fn request(&mut self) -> Option<String> {
        let mut read = Vec::new();
        while !read.ends_with(b"\r\n\r\n") {
            read.push(self.io.read_u8().await.ok()?);
        }
        let head = String::from_utf8(read).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.io.read_exact(&mut body).await.ok()?;
        let request = head + std::str::from_utf8(&body).unwrap();
        self.heads.lock().unwrap().push(request.clone());
        Some(request)
    }

    /// The next bytes, however many.
    pub(crate) async fn read_exact(&mut self, count: usize) -> Option<Vec<u8>> {
        let mut read = vec![0; count];
        self.io.read_exact(&mut read).await.ok()?;
        Some(read)
    }

    /// False when the client is gone.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        self.io.write_all(bytes).await.is_ok() && self.io.flush().await.is_ok()
    }

    /// Waits until the client closes.
    pub(crate) async fn until_closed(&mut self) {
        let mut sink = [0; 256];
        while matches!(self.io.read(&mut sink).await, Ok(count) if count > 0) {}
    }
}

/// `HTTP/1.1 200 OK` with this body and its length.
pub(crate) fn ok(body: &[u8]) -> Vec<u8> {
    with_headers("", body)
}

/// The same with more header lines, each ending in `\r\n`.
pub(crate) fn with_headers(lines: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\n{lines}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
