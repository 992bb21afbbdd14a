use std::io::{Read as _, Write as _};

use jackfield_host::transport::{Transport as _, TransportError};

use super::*;
use crate::client::{attempt, attempt_briefly, fetch, get, header, trusting};
use crate::token;

#[tokio::test]
async fn elsewhere_notes_what_reaches_it() {
    let elsewhere = Elsewhere::start();
    let answer = fetch(&elsewhere, "/some%20where?a=1&b", "canary").await;
    assert_eq!((answer.status, &*answer.body), (200, &br#"{"elsewhere":true}"#[..]));
    let requests = elsewhere.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, "GET");
    assert_eq!(requests[0].target(), "/some%20where?a=1&b");
    assert_eq!(requests[0].header("authorization"), Some("Bearer canary"));
    elsewhere.forget();
    assert!(elsewhere.requests().is_empty());
    elsewhere.stop_journal();
    fetch(&elsewhere, "/", "").await;
    assert!(elsewhere.requests().is_empty());
}

#[test]
fn server_serves_those_that_block() {
    let elsewhere = Elsewhere::start();
    let mut stream = std::net::TcpStream::connect(elsewhere.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
}

#[tokio::test]
async fn server_is_gone_when_it_is_dropped() {
    let elsewhere = Elsewhere::start();
    let (client, url) = (trusting(&elsewhere), elsewhere.url("/"));
    drop(elsewhere);
    let error = client.send(get(&url, "")).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }), "{error:?}");
}

#[tokio::test]
async fn faults_do_what_they_say_with_and_without_tls() {
    for peer in [Elsewhere::start(), Elsewhere::start_tls(Certificate::Valid)] {
        for fault in [Fault::Endless, Fault::Oversized { bytes: (2 << 20) + 1 }] {
            peer.fault_once("/", fault.clone());
            let error = attempt(&peer, "/").await.unwrap_err();
            assert!(matches!(error, TransportError::TooLarge { .. }), "{fault:?}: {error:?}");
        }
        for fault in [Fault::Truncated, Fault::Close, Fault::Garbage] {
            peer.fault_once("/", fault.clone());
            let error = attempt(&peer, "/").await.unwrap_err();
            assert!(matches!(error, TransportError::Broken { .. }), "{fault:?}: {error:?}");
        }
        peer.fault_once("/", Fault::Hang);
        let error = attempt_briefly(&peer, "/").await.unwrap_err();
        assert!(matches!(error, TransportError::Timeout { sent: true, .. }), "{error:?}");
        peer.fault_once("/", Fault::Oversized { bytes: 100_001 });
        assert_eq!(fetch(&peer, "/", "").await.body.len(), 100_001);
    }
}

#[tokio::test]
async fn slow_answers_never_end() {
    let peer = Elsewhere::start();
    for fault in [Fault::SlowHeaders, Fault::SlowBody] {
        peer.fault_once("/", fault.clone());
        let error = attempt_briefly(&peer, "/").await.unwrap_err();
        assert!(matches!(error, TransportError::Timeout { .. }), "{fault:?}: {error:?}");
    }
}

#[tokio::test]
async fn faults_are_used_in_order_and_healed() {
    let peer = Elsewhere::start();
    peer.fault("*", Fault::html(503, "down"));
    peer.fault("/a", Fault::redirect(307, "http://127.0.0.1:9/there"));
    peer.fault_once("/a", Fault::json(200, &[("x-first", "1")], "{}"));
    peer.fault_once("/a", Fault::answer(204, &[], ""));
    let mut seen = Vec::new();
    for path in ["/a", "/a", "/a", "/a", "/b"] {
        seen.push(fetch(&peer, path, "").await.status);
    }
    assert_eq!(seen, [200, 204, 307, 307, 503]);
    peer.heal();
    assert_eq!(fetch(&peer, "/a", "").await.status, 200);
    peer.fault("/broken", Fault::Close);
    assert!(attempt(&peer, "/broken").await.is_err());
    let noted: Vec<_> = peer.requests().iter().map(|request| request.status).collect();
    assert_eq!(noted, [Some(200), Some(204), Some(307), Some(307), Some(503), Some(200), None]);
}

#[tokio::test]
async fn echo_gives_the_token_back_in_every_spelling() {
    let peer = Elsewhere::start();
    peer.fault("/", Fault::Echo);
    let token = token::fine_grained("canary");
    let answer = fetch(&peer, "/", &token).await;
    let value: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let sent = format!("Bearer {token}");
    assert_eq!(header(&answer, "x-echo"), Some(&*sent));
    let spellings = &value["headers"]["authorization"];
    assert_eq!(spellings["raw"], sent);
    assert_eq!(spellings["credential"]["raw"], token);
    assert_eq!(spellings["credential"]["percent"], token.replace('_', "%5F"));
    assert_eq!(value["escaped"], sent, "the escaped spelling is read as the same text");
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.contains(r"\u0042\u0065\u0061\u0072\u0065\u0072\u0020"));
    for name in ["base64", "base64url"] {
        assert!(spellings["credential"][name].as_str().unwrap().len() > token.len());
    }
}

#[tokio::test]
async fn certificates_are_as_good_as_they_say() {
    for (certificate, words) in
        [(Certificate::Expired, "has expired"), (Certificate::OtherName, "not valid for this name")]
    {
        let peer = Elsewhere::start_tls(certificate);
        let error = attempt(&peer, "/").await.unwrap_err();
        let TransportError::Tls { detail, .. } = error else { panic!("{error:?}") };
        assert!(detail.contains(words), "{detail}");
    }
}
