//! The thread on which a simulated server runs.

use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use axum::Router;
use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;

use super::wire::Wire;

/// Connections that wait to be served, at most; more wait in the kernel.
const WAITING: usize = 64;

/// A server's thread, which ends with this value.
pub(crate) struct Serving {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Serving {
    pub(crate) fn start(
        listener: std::net::TcpListener,
        tls: Option<TlsAcceptor>,
        routes: Router,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let serve = async move {
            let service = routes.into_make_service_with_connect_info::<Wire>();
            let accepting = Accepting::on(listener, tls);
            tokio::select! {
                _ = axum::serve(accepting, service) => {}
                _ = stopped => {}
            }
        };
        let thread = std::thread::Builder::new().name("simulated provider".to_owned());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let thread = thread.spawn(move || runtime.block_on(serve)).expect("a thread");
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server has been printed; the test that caused it fails by itself.
            let _ = thread.join();
        }
    }
}

/// Accepts connections and shakes hands with each in a task of its own, so that a client that
/// stalls its handshake holds up nobody.
pub(crate) struct Accepting {
    ready: mpsc::Receiver<Wire>,
    address: SocketAddr,
}

impl Accepting {
    fn on(listener: std::net::TcpListener, tls: Option<TlsAcceptor>) -> Self {
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let (accepted, ready) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                tokio::spawn(greet(stream, tls.clone(), accepted.clone()));
            }
        });
        Self { ready, address }
    }
}

async fn greet(stream: TcpStream, tls: Option<TlsAcceptor>, accepted: mpsc::Sender<Wire>) {
    stream.set_nodelay(true).unwrap();
    let wire = match tls {
        None => Wire::new(Box::new(stream)),
        Some(tls) => match tls.accept(stream).await {
            Ok(stream) => Wire::new(Box::new(stream)),
            // The client does not trust the certificate.
            Err(_) => return,
        },
    };
    // Refused when the server is stopping.
    let _ = accepted.send(wire).await;
}

impl Listener for Accepting {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        match self.ready.recv().await {
            Some(wire) => (wire, self.address),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
