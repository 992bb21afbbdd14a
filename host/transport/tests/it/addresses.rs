//! Which addresses are connected to.

use jackfield_host::EgressPolicy;
use jackfield_host::transport::{Transport, TransportError};
use jackfield_transport::{HttpsTransport, TransportOptions};

use crate::server::{Server, ok};
use crate::support::{Names, fetch, get, granted, transport, with_names};

const CLOSING: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn name_that_resolves_to_denied_addresses_is_denied() {
    let denied: [(&str, &[&str]); 7] = [
        ("loopback", &["127.0.0.2"]),
        ("loopback in IPv6", &["::1"]),
        ("loopback mapped into IPv6", &["::ffff:127.0.0.2"]),
        ("private", &["10.1.2.3"]),
        ("metadata", &["169.254.169.254"]),
        ("unspecified", &["0.0.0.0"]),
        ("several", &["192.168.0.1", "fd00::1"]),
    ];
    for (name, answer) in denied {
        let names = Names::of(&[("host.example", &[answer])]);
        let result = with_names(&names).send(get("http://host.example/")).await;
        assert!(matches!(result, Err(TransportError::Denied(_))), "{name}: {result:?}");
    }
}

#[tokio::test]
async fn address_in_the_url_is_judged_without_a_lookup() {
    let server = Server::answering(ok(b"ok")).await;
    let port = server.address.port();
    let strict = HttpsTransport::new(TransportOptions::new(EgressPolicy::strict())).unwrap();
    for host in ["127.0.0.1", "2130706433", "0x7f.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"] {
        let result = strict.send(get(&format!("http://{host}:{port}/"))).await;
        assert!(matches!(result, Err(TransportError::Denied(_))), "{host}: {result:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn granted_reach_connects_to_a_denied_address() {
    let server = Server::answering(ok(b"ok")).await;
    let strict = HttpsTransport::new(TransportOptions::new(EgressPolicy::strict())).unwrap();
    assert_eq!(strict.send(granted(&server.url("/"))).await.unwrap().body, b"ok");
}

#[tokio::test]
async fn granted_name_connects_to_a_denied_address() {
    let server = Server::answering(ok(b"ok")).await;
    let names = Names::of(&[("intranet.example", &[&["127.0.0.1"]])]);
    let mut options = TransportOptions::new(EgressPolicy::strict());
    options.names = names;
    let strict = HttpsTransport::new(options).unwrap();
    let answer = strict.send(granted(&server.named("intranet.example"))).await;
    assert_eq!(answer.unwrap().body, b"ok");
}

#[tokio::test]
async fn rebinding_name_is_denied_at_its_second_connection() {
    let server = Server::start(|mut peer| async move {
        peer.request().await;
        peer.send(CLOSING).await;
    })
    .await;
    let rebinding: &[&[&str]] = &[&["127.0.0.1"], &["169.254.169.254"]];
    let names = Names::of(&[("rebinding.example", rebinding)]);
    let transport = with_names(&names);
    let url = server.named("rebinding.example");
    assert_eq!(transport.send(get(&url)).await.unwrap().body, b"ok");
    let second = transport.send(get(&url)).await;
    assert!(matches!(second, Err(TransportError::Denied(_))), "{second:?}");
    assert_eq!(names.asked().len(), 2, "one lookup for each connection");
}

#[tokio::test]
async fn name_is_not_looked_up_again_between_judging_and_connecting() {
    let server = Server::answering(ok(b"ok")).await;
    let rebinding: &[&[&str]] = &[&["127.0.0.1"], &["127.0.0.2"]];
    let names = Names::of(&[("rebinding.example", rebinding)]);
    let answer = with_names(&names).send(get(&server.named("rebinding.example"))).await;
    assert_eq!(answer.unwrap().status, 200);
    assert_eq!(names.asked(), ["rebinding.example"]);
}

#[tokio::test]
async fn mixed_answer_connects_to_the_allowed_address_alone() {
    let allowed = Server::answering(ok(b"allowed")).await;
    let place = format!("127.0.0.2:{}", allowed.address.port());
    let forbidden = Server::start_at(&place, None, |mut peer| async move {
        peer.request().await;
        peer.send(&ok(b"forbidden")).await;
    })
    .await;
    let mixed: &[&str] = &["127.0.0.2", "::1", "127.0.0.1", "10.0.0.1"];
    let names = Names::of(&[("mixed.example", &[mixed])]);
    let answer = with_names(&names).send(get(&allowed.named("mixed.example"))).await;
    assert_eq!(answer.unwrap().body, b"allowed");
    assert_eq!(forbidden.connections(), 0);
}

#[tokio::test]
async fn unknown_name_is_a_failed_lookup() {
    let names = Names::of(&[]);
    let result = with_names(&names).send(get("https://gone.example/secret?token=x")).await;
    let Err(TransportError::NameLookup { host, detail }) = result else { panic!("{result:?}") };
    assert_eq!((host.as_str(), detail.as_str()), ("gone.example", "Name or service not known"));
}

#[tokio::test]
async fn name_without_addresses_is_a_failed_lookup() {
    let names = Names::of(&[("empty.example", &[&[]])]);
    let result = with_names(&names).send(get("https://empty.example/")).await;
    assert!(matches!(result, Err(TransportError::NameLookup { .. })), "{result:?}");
}

#[tokio::test]
async fn system_resolver_finds_this_machine() {
    let server = Server::answering(ok(b"ok")).await;
    assert_eq!(transport().send(get(&server.named("localhost"))).await.unwrap().body, b"ok");
}

#[tokio::test]
async fn redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Server::answering(ok(b"elsewhere")).await;
    let location = elsewhere.url("/");
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::answering(redirect).await;
    let answer = fetch(&server.url("/")).await.unwrap();
    assert_eq!(answer.status, 302);
    assert!(answer.headers.contains(&("location".to_owned(), location)));
    assert_eq!(elsewhere.connections(), 0);
}
