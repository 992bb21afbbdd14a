//! Bodies: whole, under the limit, decompressed, or an error.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use jackfield_host::transport::{Method, OutboundRequest, Transport, TransportError};

use crate::server::{Server, ok, with_headers};
use crate::support::{Answer, MAX_BODY, fetch, get, transport};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    with_headers("content-encoding: gzip\r\n", &gzip(bytes))
}

fn chunked(bytes: &[u8]) -> Vec<u8> {
    let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in bytes.chunks(300) {
        answer.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        answer.extend(chunk);
        answer.extend(b"\r\n");
    }
    answer.extend(b"0\r\n\r\n");
    answer
}

async fn body_of(answer: Vec<u8>) -> Answer {
    fetch(&Server::answering(answer).await.url("/")).await
}

fn is_too_large(result: &Answer) -> bool {
    matches!(result, Err(TransportError::TooLarge { limit: MAX_BODY }))
}

fn is_broken(result: &Answer) -> bool {
    matches!(result, Err(TransportError::Broken { .. }))
}

/// What is said of a body that is not what its headers say.
fn undecodable(result: Answer) -> String {
    let Err(TransportError::Undecodable { detail, .. }) = result else { panic!("{result:?}") };
    detail
}

#[tokio::test]
async fn body_at_the_limit_passes_and_one_byte_more_does_not() {
    let at = vec![b'a'; MAX_BODY as usize];
    let past = vec![b'a'; MAX_BODY as usize + 1];
    for (name, encode) in [
        ("with a length", ok as fn(&[u8]) -> Vec<u8>),
        ("in chunks", chunked),
        ("compressed", gzipped),
    ] {
        assert_eq!(body_of(encode(&at)).await.unwrap().body, at, "{name}");
        let result = body_of(encode(&past)).await;
        assert!(is_too_large(&result), "{name}: {result:?}");
    }
}

#[tokio::test]
async fn announced_length_past_the_limit_is_refused_before_any_body() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n").await;
        peer.until_closed().await;
    })
    .await;
    let result = fetch(&server.url("/")).await;
    assert!(is_too_large(&result), "{result:?}");
}

#[tokio::test]
async fn swelling_body_is_stopped_at_the_limit() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 100_000, "the bomb is small on the wire");
    let result = body_of(with_headers("content-encoding: gzip\r\n", &bomb)).await;
    assert!(is_too_large(&result), "{result:?}");
}

#[tokio::test]
async fn endless_body_is_stopped_at_the_limit() {
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let server = Server::start(move |mut peer| {
        let counter = Arc::clone(&counter);
        async move {
            peer.request().await;
            peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            let chunk = format!("64\r\n{}\r\n", "a".repeat(100));
            while peer.send(chunk.as_bytes()).await {
                counter.fetch_add(100, Ordering::SeqCst);
            }
        }
    })
    .await;
    let result = fetch(&server.url("/")).await;
    assert!(is_too_large(&result), "{result:?}");
    assert!(sent.load(Ordering::SeqCst) < 64 << 20, "reading went on past the limit");
}

#[tokio::test]
async fn truncated_body_is_an_error_and_not_a_short_body() {
    let whole = gzip(&[b'a'; 500]);
    let cut_gzip = &whole[..whole.len() - 9];
    let length = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort".as_bytes().to_vec();
    let chunk = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n".to_vec();
    let gzip = with_headers("content-encoding: gzip\r\n", cut_gzip);
    for (name, answer) in [("length", length), ("chunks", chunk), ("gzip", gzip)] {
        let answer: Arc<[u8]> = answer.into();
        let server = Server::start(move |mut peer| {
            let answer = Arc::clone(&answer);
            async move {
                peer.request().await;
                peer.send(&answer).await;
            }
        })
        .await;
        let result = fetch(&server.url("/")).await;
        assert!(is_broken(&result), "{name}: {result:?}");
    }
}

#[tokio::test]
async fn gzip_and_brotli_are_asked_for_and_undone() {
    let brotli = [
        0x8b, 0x05, 0x80, b'h', b'e', b'l', b'l', b'o', b' ', b'b', b'r', b'o', b't', b'l', b'i',
        0x03,
    ];
    for (name, body, expected) in [
        ("gzip", gzip(b"hello gzip"), &b"hello gzip"[..]),
        ("br", brotli.to_vec(), &b"hello brotli"[..]),
    ] {
        let server =
            Server::answering(with_headers(&format!("content-encoding: {name}\r\n"), &body)).await;
        let answer = fetch(&server.url("/")).await.unwrap();
        assert_eq!(answer.body, expected, "{name}");
        assert!(answer.headers.iter().all(|(field, _)| field != "content-encoding"));
        let head = server.heads().remove(0);
        assert!(head.contains("accept-encoding: gzip") && head.contains("br"), "{head}");
    }
}

#[tokio::test]
async fn content_coding_that_nobody_asked_for_is_an_error() {
    for (coding, says) in [
        ("deflate", "the content coding `deflate`, which was not asked for"),
        ("zstd", "the content coding `zstd`"),
        ("x-unknown", "the content coding `x-unknown`"),
        ("X{}Debug", "the content coding `xdebug`"),
        ("gzip, gzip", "more than once (`gzip`, `gzip`)"),
        ("br, identity, gzip", "more than once (`br`, `gzip`)"),
    ] {
        let lines = format!("content-encoding: {coding}\r\n");
        let said = undecodable(body_of(with_headers(&lines, &gzip(b"hidden"))).await);
        assert!(said.contains(says), "{coding}: {said}");
    }
}

#[tokio::test]
async fn garbage_in_place_of_gzip_is_an_error() {
    let mut wrong_sum = gzip(b"something that is longer than nothing");
    let end = wrong_sum.len() - 6;
    wrong_sum[end] ^= 1;
    for (coding, body) in [
        ("gzip", &b"not gzip at all"[..]),
        ("gzip", b"{\"plain\":\"JSON\"}"),
        ("gzip", &wrong_sum),
        ("br", b"\xff\xff\xff\xffnot brotli"),
    ] {
        let lines = format!("content-encoding: {coding}\r\n");
        let said = undecodable(body_of(with_headers(&lines, body)).await);
        assert!(said.contains("do not decompress"), "{coding}: {said}");
    }
}

#[tokio::test]
async fn answers_without_bodies_may_describe_one() {
    let described = "content-length: 5000\r\ncontent-encoding: gzip\r\netag: \"e\"\r\n\r\n";
    for (method, status) in [(Method::Head, "200 OK"), (Method::Get, "304 Not Modified")] {
        let server = Server::answering(format!("HTTP/1.1 {status}\r\n{described}")).await;
        let request = OutboundRequest { method, ..get(&server.url("/")) };
        let answer = transport().send(request).await.unwrap();
        assert_eq!(answer.body, b"", "{status}");
        assert!(answer.headers.contains(&("etag".to_owned(), "\"e\"".to_owned())));
    }
}

#[tokio::test]
async fn body_until_the_end_of_the_connection_is_read() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.send(b"HTTP/1.0 200 OK\r\n\r\nold and whole").await;
    })
    .await;
    assert_eq!(fetch(&server.url("/")).await.unwrap().body, b"old and whole");
}

#[tokio::test]
async fn request_body_arrives_with_its_length() {
    let server = Server::answering(ok(b"")).await;
    for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
        let body = b"{\"title\":\"x\"}".to_vec();
        let request = OutboundRequest { method, body, ..get(&server.url("/issues")) };
        transport().send(request).await.unwrap();
        let head = server.heads().pop().unwrap();
        assert!(head.starts_with(&format!("{} /issues ", method.as_str().to_lowercase())));
        assert!(head.contains("content-length: 13\r\n") && head.ends_with("{\"title\":\"x\"}"));
    }
}
