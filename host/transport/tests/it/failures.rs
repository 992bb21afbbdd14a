//! Every way in which an exchange fails without an answer, outside TLS and lookups.

use std::sync::Arc;
use std::time::Duration;

use jackfield_host::transport::{Method, OutboundRequest, Transport, TransportError};
use jackfield_transport::HttpsTransport;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::server::{Server, ok};
use crate::support::{Answer, LONG, SHORT, Silence, fetch, get, options, transport};

fn soon(url: &str) -> OutboundRequest {
    OutboundRequest { deadline: Instant::now() + SHORT, ..get(url) }
}

fn timeout_sent(result: &Answer) -> Option<bool> {
    match result {
        Err(TransportError::Timeout { sent, .. }) => Some(*sent),
        _ => None,
    }
}

/// What a server that speaks these bytes and closes is answered with.
async fn after_bytes(bytes: &'static [u8]) -> TransportError {
    let server = Server::start(move |mut peer| async move {
        peer.request().await;
        peer.send(bytes).await;
    })
    .await;
    fetch(&server.url("/")).await.unwrap_err()
}

#[tokio::test]
async fn closed_port_is_a_failed_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = fetch(&format!("http://{address}/path?token=canary")).await.unwrap_err();
    let TransportError::Connect { authority, detail } = &error else { panic!("{error:?}") };
    assert_eq!(
        (authority.as_str(), detail.as_str()),
        (&*address.to_string(), "connection refused")
    );
    assert!(!error.to_string().contains("canary"));
}

#[tokio::test]
async fn answers_that_are_not_http_are_broken() {
    for (name, bytes) in [
        ("nothing", &b""[..]),
        ("garbage", b"SSH-2.0-OpenSSH_9.2p1\r\n"),
        ("binary", b"\0\x01\x02\xff\xfe"),
        ("half a head", b"HTTP/1.1 200 OK\r\ncontent-le"),
        ("status past HTTP's", b"HTTP/1.1 999 Request denied\r\ncontent-length: 0\r\n\r\n"),
        ("status of two digits", b"HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n"),
        ("two lengths", b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
        ("a length that is no number", b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nab"),
        (
            "a chunk size that is none",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        ),
    ] {
        let error = after_bytes(bytes).await;
        let TransportError::Broken { detail, .. } = &error else { panic!("{name}: {error:?}") };
        assert!(!detail.is_empty() && !detail.contains("http://"), "{name}: {detail}");
    }
}

#[tokio::test]
async fn silent_server_meets_the_deadline_after_the_request_was_sent() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.until_closed().await;
    })
    .await;
    let request = OutboundRequest { method: Method::Post, ..soon(&server.url("/")) };
    assert_eq!(timeout_sent(&transport().send(request).await), Some(true));
}

#[tokio::test]
async fn trickling_headers_meet_the_deadline() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\n").await;
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while peer.send(b"x-slow: 1\r\n").await {
            ticks.tick().await;
        }
    })
    .await;
    assert_eq!(timeout_sent(&transport().send(soon(&server.url("/"))).await), Some(true));
}

#[tokio::test]
async fn trickling_body_meets_the_deadline() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n").await;
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while peer.send(b"a").await {
            ticks.tick().await;
        }
    })
    .await;
    assert_eq!(timeout_sent(&transport().send(soon(&server.url("/"))).await), Some(true));
}

#[tokio::test]
async fn deadline_on_a_kept_connection_counts_as_sent() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.send(&ok(b"first")).await;
        peer.until_closed().await;
    })
    .await;
    let transport = transport();
    transport.send(get(&server.url("/"))).await.unwrap();
    assert_eq!(timeout_sent(&transport.send(soon(&server.url("/"))).await), Some(true));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn silent_resolver_meets_the_deadline_with_nothing_sent() {
    let mut options = options();
    options.names = Arc::new(Silence);
    let transport = HttpsTransport::new(options).unwrap();
    let result = transport.send(soon("https://silent.example/")).await;
    assert_eq!(timeout_sent(&result), Some(false));
}

#[tokio::test]
async fn unfinished_handshake_meets_the_deadline_with_nothing_sent() {
    let server = Server::start(|mut peer| async move { peer.until_closed().await }).await;
    let url = format!("https://{}/", server.address);
    assert_eq!(timeout_sent(&transport().send(soon(&url)).await), Some(false));
}

#[tokio::test]
async fn time_for_connecting_ends_before_the_deadline() {
    let server = Server::start(|mut peer| async move { peer.until_closed().await }).await;
    let mut options = options();
    options.connect_timeout = Duration::from_millis(50);
    let transport = HttpsTransport::new(options).unwrap();
    let started = Instant::now();
    let result = transport.send(get(&format!("https://{}/", server.address))).await;
    assert_eq!(timeout_sent(&result), Some(false));
    assert!(started.elapsed() < LONG / 2);
}

#[tokio::test]
async fn deadline_in_the_past_sends_nothing() {
    let server = Server::answering(ok(b"ok")).await;
    let request = OutboundRequest { deadline: Instant::now(), ..get(&server.url("/")) };
    let result = transport().send(request).await;
    assert_eq!(timeout_sent(&result), Some(false));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn requests_that_http_cannot_write_are_refused() {
    for url in ["ftp://127.0.0.1/", "http://user@127.0.0.1/", "http://:password@127.0.0.1/"] {
        let result = fetch(url).await;
        let Err(TransportError::Unsendable { detail }) = result else {
            panic!("{url}: {result:?}")
        };
        assert!(!detail.contains("password@"), "{detail}");
    }
}
