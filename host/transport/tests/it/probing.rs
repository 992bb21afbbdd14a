//! Probes: what is found at each stage of the way, and that they judge as requests are judged.

use std::time::Duration;

use jackfield_host::failure::Timestamp;
use jackfield_host::policy::Rule;
use jackfield_host::probe::{Probe, ProbeRequest, Skip, Stage};
use jackfield_host::transport::Transport;
use jackfield_host::{EgressPolicy, Reach};
use jackfield_transport::{CaCertificates, HttpsTransport, ProxyChoice, TransportOptions};
use rcgen::date_time_ymd;
use tokio::time::Instant;

use crate::server::{Server, ok};
use crate::support::{LONG, Names, SHORT, options, policy, with_names};
use crate::tls::{Authority, serve};

async fn probe(transport: &HttpsTransport, url: &str) -> Probe {
    let deadline = Instant::now() + LONG;
    let url = url.parse().unwrap();
    transport.probe(ProbeRequest { url, reach: Reach::Public, deadline }).await
}

/// The outcomes of the four stages: `+` passed, the failure's code, or why it was skipped.
fn told(probe: &Probe) -> [String; 4] {
    fn one<T>(stage: &Stage<T>) -> String {
        match stage {
            Stage::Passed(_) => "+".to_owned(),
            Stage::Failed { failure, .. } => failure.code.clone(),
            Stage::Skipped(skip) => format!("{skip:?}"),
        }
    }
    [one(&probe.lookup), one(&probe.connection), one(&probe.tls), one(&probe.answer)]
}

const DATED: &[u8] = b"HTTP/1.1 401 No\r\nserver: sim\r\ncontent-type: text/html\r\n\
    date: Thu, 01 Jan 1970 00:00:07 GMT\r\ncontent-length: 5\r\n\r\n";

#[tokio::test]
async fn an_answer_of_any_status_is_told_and_carries_no_credential() {
    let server = Server::answering(DATED).await;
    let names = Names::of(&[("api.example", &[&["10.0.0.1", "127.0.0.1"]])]);
    let found = probe(&with_names(&names), &server.named("api.example")).await;
    assert_eq!(told(&found), ["+", "+", "NotNeeded", "+"]);
    let lookup = found.lookup.found().unwrap();
    assert_eq!(lookup.denied, [("10.0.0.1".parse().unwrap(), Rule::SpecialAddress)]);
    assert_eq!(found.connection.found().unwrap().address, server.address);
    let answer = found.answer.found().unwrap();
    assert_eq!((answer.status, answer.server.as_deref()), (401, Some("sim")));
    assert_eq!(answer.content_type.as_deref(), Some("text/html"));
    assert_eq!(answer.server_time, Some(Timestamp(7_000)));
    let [head] = server.heads().try_into().unwrap();
    assert!(head.starts_with("head / http/1.1"), "{head}");
    for header in ["authorization", "cookie"] {
        assert!(!head.contains(header), "{head}");
    }
}

#[tokio::test]
async fn each_stage_at_which_it_ends_skips_the_rest() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing = format!("http://api.example:{}/", listener.local_addr().unwrap().port());
    drop(listener);
    let names = Names::of(&[
        ("api.example", &[&["127.0.0.1"]]),
        ("inside.example", &[&["10.0.0.1", "169.254.169.254"]]),
    ]);
    let plain = Server::start(|mut peer| async move {
        let _sent = peer.send(&ok(b"plain")).await;
    })
    .await;
    let closing = Server::start(|mut peer| async move { drop(peer.request().await) }).await;
    for (name, url, expected) in [
        ("unknown", "https://gone.example/", ["name-not-found", "Earlier", "Earlier", "Earlier"]),
        ("denied", "https://inside.example/", ["special-address", "Earlier", "Earlier", "Earlier"]),
        ("literal", "https://10.0.0.1/", ["special-address", "Earlier", "Earlier", "Earlier"]),
        ("refused", &refusing, ["+", "connection-failed", "Earlier", "Earlier"]),
        ("no TLS", &plain.secure("api.example"), ["+", "+", "tls-not-spoken", "Earlier"]),
        ("closes", &closing.named("api.example"), ["+", "+", "NotNeeded", "connection-broken"]),
    ] {
        assert_eq!(told(&probe(&with_names(&names), url).await), expected, "{name}");
    }
    let denied = probe(&with_names(&names), "https://inside.example/").await;
    let rules: Vec<Rule> =
        denied.lookup.found().unwrap().denied.iter().map(|(_, rule)| *rule).collect();
    assert_eq!(rules, [Rule::SpecialAddress, Rule::MetadataAddress]);
    let refused = probe(&with_names(&names), &refusing).await;
    let evidence = &refused.connection.failure().unwrap().evidence;
    assert!(evidence.iter().any(|one| one.name == "tried" && one.value.contains("127.0.0.1:")));
}

#[tokio::test]
async fn a_certificate_is_told_trusted_or_not() {
    for (name, trusted, year, expected) in [
        ("trusted", true, 2050, ["+", "+", "+", "+"]),
        ("unknown issuer", false, 2050, ["+", "+", "certificate-not-trusted", "Earlier"]),
        ("expired", true, 2021, ["+", "+", "certificate-not-trusted", "Earlier"]),
    ] {
        let authority = Authority::new();
        let change = |params: &mut rcgen::CertificateParams| {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(year, 1, 1);
        };
        let server = serve(authority.acceptor("api.example", change)).await;
        let mut options = options();
        options.names = Names::of(&[("api.example", &[&["127.0.0.1"]])]);
        if trusted {
            options.ca_certificates.push(CaCertificates::Pem(authority.pem().into_bytes()));
        }
        let transport = HttpsTransport::new(options).unwrap();
        let found = probe(&transport, &server.secure("api.example")).await;
        assert_eq!(told(&found), expected, "{name}");
        let tls = found.tls.found().unwrap();
        let certificate = tls.certificate.as_ref().unwrap();
        assert!(certificate.issuer.as_ref().unwrap().contains("Company CA"), "{name}");
        assert_eq!(certificate.not_before, Some(Timestamp(1_577_836_800_000)), "{name}");
        assert!(certificate.not_after > certificate.not_before, "{name}");
        assert_eq!(tls.protocol.as_deref(), Some("TLS 1.3"), "{name}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_ends_the_probe_in_time() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut options = TransportOptions::new(policy());
    options.names = Names::of(&[("api.example", &[&["127.0.0.1"]])]);
    options.connect_timeout = SHORT;
    let transport = HttpsTransport::new(options).unwrap();
    let start = Instant::now();
    let found = probe(&transport, &format!("https://api.example:{port}/")).await;
    assert_eq!(told(&found), ["+", "+", "timeout", "Earlier"]);
    assert!(start.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let elsewhere = Server::answering(ok(b"elsewhere")).await;
    let location = elsewhere.url("/");
    let redirect =
        format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
    let server = Server::answering(redirect).await;
    let transport = HttpsTransport::new(options()).unwrap();
    let found = probe(&transport, &server.url("/")).await;
    assert_eq!(told(&found), ["NotNeeded", "+", "NotNeeded", "+"]);
    assert_eq!(found.answer.found().unwrap().status, 302);
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn behind_a_proxy_only_the_answer_is_looked_at() {
    let proxy = Server::answering(ok(b"by proxy")).await;
    let names = Names::of(&[("proxy.example", &[&["127.0.0.1"]])]);
    let mut options = TransportOptions::new(EgressPolicy::strict());
    options.proxy = ProxyChoice::Url(proxy.named("proxy.example").parse().unwrap());
    options.names = names.clone();
    let transport = HttpsTransport::new(options).unwrap();
    let found = probe(&transport, "http://target.example/").await;
    assert_eq!(told(&found), ["Proxy", "Proxy", "Proxy", "+"]);
    assert_eq!(names.asked(), ["proxy.example"]);
    let skipped = Stage::<()>::Skipped(Skip::Proxy);
    assert!(skipped.found().is_none() && skipped.failure().is_none());
}
