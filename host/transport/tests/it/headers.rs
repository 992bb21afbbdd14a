//! Headers, there and back.

use jackfield_host::secret::SecretText;
use jackfield_host::transport::{OutboundRequest, OutboundValue, Transport, TransportError};
use jackfield_transport::{HttpsTransport, MAX_RESPONSE_HEADER_BYTES};

use crate::server::{Server, ok, with_headers};
use crate::support::{fetch, get, options, plain, transport};

#[tokio::test]
async fn given_headers_arrive_and_little_else() {
    let server = Server::answering(ok(b"")).await;
    let secret = OutboundValue::Sensitive(SecretText::new("Bearer ghp_canary".to_owned()));
    let headers = vec![
        plain("accept", "application/vnd.github+json"),
        plain("x-twice", "1"),
        plain("x-twice", "2"),
        ("authorization".to_owned(), secret),
    ];
    let request = OutboundRequest { headers, ..get(&server.url("/user?page=2")) };
    transport().send(request).await.unwrap();
    let head = server.heads().remove(0);
    let mut lines: Vec<_> = head.trim_end().lines().collect();
    lines[1..].sort_unstable();
    let host = format!("host: {}", server.address);
    let agent = format!("user-agent: jackfield/{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        lines,
        [
            "get /user?page=2 http/1.1",
            "accept-encoding: gzip,br",
            "accept: application/vnd.github+json",
            "authorization: bearer ghp_canary",
            &host,
            &agent,
            "x-twice: 1",
            "x-twice: 2",
        ]
    );
}

#[tokio::test]
async fn user_agent_of_the_request_goes_before_that_of_the_options() {
    let server = Server::answering(ok(b"")).await;
    let mut options = options();
    options.user_agent = "platform/7".to_owned();
    let transport = HttpsTransport::new(options).unwrap();
    transport.send(get(&server.url("/"))).await.unwrap();
    let headers = vec![plain("user-agent", "connector/1")];
    transport.send(OutboundRequest { headers, ..get(&server.url("/")) }).await.unwrap();
    let heads = server.heads();
    assert!(heads[0].contains("user-agent: platform/7\r\n"));
    assert!(heads[1].contains("user-agent: connector/1\r\n"));
    assert_eq!(heads[1].matches("user-agent").count(), 1);
}

#[tokio::test]
async fn header_that_http_does_not_allow_is_refused_without_its_value() {
    let server = Server::answering(ok(b"")).await;
    for (name, value) in [
        ("x-line", "canary\r\nx-injected: 1"),
        ("x-line", "canary\n"),
        ("x-nul", "canary\0"),
        ("x-delete", "canary\u{7f}"),
        ("x name", "canary"),
        ("x:name", "canary"),
        ("", "canary"),
        ("x-ü", "canary"),
    ] {
        for value in [
            OutboundValue::Plain(value.to_owned()),
            OutboundValue::Sensitive(SecretText::new(value.to_owned())),
        ] {
            let headers = vec![(name.to_owned(), value)];
            let result =
                transport().send(OutboundRequest { headers, ..get(&server.url("/")) }).await;
            let Err(error @ TransportError::Unsendable { .. }) = result else {
                panic!("{name:?}: {result:?}")
            };
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn header_in_utf_8_is_sent_as_it_is() {
    let server = Server::answering(ok(b"")).await;
    let headers = vec![plain("x-name", "grüße")];
    transport().send(OutboundRequest { headers, ..get(&server.url("/")) }).await.unwrap();
    assert!(server.heads()[0].contains("x-name: grüße\r\n"));
}

#[tokio::test]
async fn received_headers_keep_their_order_and_repetitions() {
    let lines = "X-One: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Latin: gr\u{fc}n\r\n";
    let latin: Vec<u8> = lines.chars().map(|letter| letter as u8).collect();
    let mut answer = b"HTTP/1.1 200 OK\r\n".to_vec();
    answer.extend(latin);
    answer.extend(b"content-length: 0\r\n\r\n");
    let server = Server::answering(answer).await;
    let transport = transport();
    let received = transport.send(get(&server.url("/"))).await.unwrap().headers;
    let received: Vec<_> = received.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(
        received,
        [
            ("x-one", "1"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("x-latin", "gr\u{fffd}n"),
            ("content-length", "0"),
        ]
    );
    transport.send(get(&server.url("/"))).await.unwrap();
    assert!(server.heads().iter().all(|head| !head.contains("cookie")), "no cookie is kept");
}

#[tokio::test]
async fn header_section_at_the_limit_passes_and_one_byte_more_does_not() {
    let rest = "content-length".len() + 1 + 4 + "x-long".len() + 4;
    for (size, passes) in
        [(MAX_RESPONSE_HEADER_BYTES, true), (MAX_RESPONSE_HEADER_BYTES + 1, false)]
    {
        let value = "v".repeat(size - rest);
        let server = Server::answering(with_headers(&format!("x-long: {value}\r\n"), b"")).await;
        let result = fetch(&server.url("/")).await;
        match result {
            Ok(_) => assert!(passes, "{size}"),
            Err(TransportError::TooLarge { limit }) => {
                assert!(!passes && limit == MAX_RESPONSE_HEADER_BYTES as u64, "{size}");
            }
            Err(error) => panic!("{size}: {error:?}"),
        }
    }
}

#[tokio::test]
async fn number_of_header_fields_is_bounded() {
    for (count, passes) in [(255, true), (256, false)] {
        let server = Server::answering(with_headers(&"x: 1\r\n".repeat(count), b"")).await;
        let result = fetch(&server.url("/")).await;
        assert_eq!(result.is_ok(), passes, "{count} and content-length: {result:?}");
        assert!(passes || matches!(result, Err(TransportError::Broken { .. })));
    }
}
