//! Connections: kept, shared and kept apart.

use jackfield_host::transport::Transport;

use crate::server::{Server, ok};
use crate::support::{get, granted, transport};

#[tokio::test]
async fn connection_is_used_again() {
    let server = Server::answering(ok(b"ok")).await;
    let transport = transport();
    for _ in 0..5 {
        transport.send(get(&server.url("/"))).await.unwrap();
    }
    assert_eq!((server.connections(), server.heads().len()), (1, 5));
}

#[tokio::test]
async fn reaches_share_no_connection() {
    let server = Server::answering(ok(b"ok")).await;
    let transport = transport();
    for _ in 0..2 {
        transport.send(granted(&server.url("/"))).await.unwrap();
        transport.send(get(&server.url("/"))).await.unwrap();
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn connection_that_the_server_closed_while_idle_is_replaced() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.send(&ok(b"ok")).await;
    })
    .await;
    let transport = transport();
    for _ in 0..3 {
        assert_eq!(transport.send(get(&server.url("/"))).await.unwrap().body, b"ok");
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn abandoned_exchange_closes_its_connection() {
    let (told, closed) = tokio::sync::oneshot::channel();
    let told = std::sync::Mutex::new(Some(told));
    let (arrived, reached) = tokio::sync::oneshot::channel();
    let arrived = std::sync::Mutex::new(Some(arrived));
    let server = Server::start(move |mut peer| {
        let (told, arrived) = (told.lock().unwrap().take(), arrived.lock().unwrap().take());
        async move {
            peer.request().await;
            arrived.unwrap().send(()).unwrap();
            peer.until_closed().await;
            told.unwrap().send(()).unwrap();
        }
    })
    .await;
    let transport = transport();
    tokio::select! {
        answer = transport.send(get(&server.url("/"))) => panic!("{answer:?}"),
        _ = reached => {}
    }
    closed.await.expect("the server sees the end of the connection");
}
