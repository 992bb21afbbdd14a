//! TLS: who is trusted, and what is said of who is not.

use std::sync::Arc;

use jackfield_host::transport::{TlsFault, Transport, TransportError};
use jackfield_transport::{CaCertificates, HttpsTransport, OptionsError, TransportOptions};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::server::{Peer, Server, ok};
use crate::support::{Names, get, options, policy};

/// A certificate authority of its own for each test.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Company CA");
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server's TLS for that name, with one change to the certificate.
    pub(crate) fn acceptor(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> TlsAcceptor {
        self.issue(name, change).0
    }

    /// The same, and the certificate in PEM.
    fn issue(
        &self,
        name: &str,
        change: impl FnOnce(&mut CertificateParams),
    ) -> (TlsAcceptor, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (acceptor_of(&certificate, &key), certificate.pem())
    }
}

fn acceptor_of(certificate: &rcgen::Certificate, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

pub(crate) async fn serve(acceptor: TlsAcceptor) -> Server {
    Server::start_tls(acceptor, |mut peer| async move {
        while peer.request().await.is_some() {
            peer.send(&ok(b"sealed")).await;
        }
    })
    .await
}

fn named_options() -> TransportOptions {
    let mut options = options();
    options.names = Names::of(&[("api.example", &[&["127.0.0.1"]])]);
    options
}

fn trusting(authority: &Authority) -> HttpsTransport {
    let mut options = named_options();
    options.ca_certificates.push(CaCertificates::Pem(authority.pem().into_bytes()));
    HttpsTransport::new(options).unwrap()
}

/// What is said of a server whose certificate had this change.
async fn refusal(name: &str, change: impl FnOnce(&mut CertificateParams)) -> String {
    let authority = Authority::new();
    let server = serve(authority.acceptor(name, change)).await;
    tls_detail(&trusting(&authority), &server).await
}

async fn tls_detail(transport: &HttpsTransport, server: &Server) -> String {
    let result = transport.send(get(&server.secure("api.example"))).await;
    let Err(TransportError::Tls { authority, detail, .. }) = result else { panic!("{result:?}") };
    assert_eq!(authority, format!("api.example:{}", server.address.port()));
    detail
}

#[tokio::test]
async fn configured_authority_is_trusted() {
    let authority = Authority::new();
    let server = serve(authority.acceptor("api.example", |_| ())).await;
    let answer = trusting(&authority).send(get(&server.secure("api.example"))).await.unwrap();
    assert_eq!(answer.body, b"sealed");
}

#[tokio::test]
async fn authority_is_read_from_a_file_with_other_sections() {
    let authority = Authority::new();
    let server = serve(authority.acceptor("api.example", |_| ())).await;
    let text = format!(
        "# the company's\n{}\n{}",
        KeyPair::generate().unwrap().serialize_pem(),
        authority.pem()
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, text).unwrap();
    let mut options = named_options();
    options.ca_certificates.push(CaCertificates::File(path));
    let transport = HttpsTransport::new(options).unwrap();
    assert_eq!(transport.send(get(&server.secure("api.example"))).await.unwrap().status, 200);
}

#[tokio::test]
async fn unknown_issuer_is_named() {
    let server = serve(Authority::new().acceptor("api.example", |_| ())).await;
    let stranger = HttpsTransport::new(named_options()).unwrap();
    assert_eq!(tls_detail(&stranger, &server).await, "the certificate has an unknown issuer");
}

#[tokio::test]
async fn certificate_for_another_name_is_named() {
    let detail = refusal("other.example", |_| ()).await;
    assert_eq!(detail, "the certificate is not valid for this name; its names: other.example");
}

#[tokio::test]
async fn expired_certificate_is_named() {
    let detail = refusal("api.example", |params| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    })
    .await;
    assert!(detail.starts_with("the certificate has expired ("), "{detail}");
}

#[tokio::test]
async fn certificate_of_the_future_is_named() {
    let detail = refusal("api.example", |params| {
        params.not_before = date_time_ymd(4000, 1, 1);
    })
    .await;
    assert_eq!(detail, "the certificate is not valid yet by this machine's clock");
}

/// A server's certificate that signed itself, with one change, and the server.
async fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> (String, Server) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["api.example".to_owned()]).unwrap();
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), serve(acceptor_of(&certificate, &key)).await)
}

fn is_authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

fn trusting_pem(pem: String) -> HttpsTransport {
    let mut options = named_options();
    options.ca_certificates.push(CaCertificates::Pem(pem.into_bytes()));
    HttpsTransport::new(options).unwrap()
}

#[tokio::test]
async fn a_named_certificate_of_a_server_is_trusted_itself() {
    let (own_authority, server) = self_signed(is_authority).await;
    let answer = trusting_pem(own_authority).send(get(&server.secure("api.example"))).await;
    assert_eq!(answer.unwrap().body, b"sealed", "its own authority");

    let (plain, server) = self_signed(|_| ()).await;
    let answer = trusting_pem(plain).send(get(&server.secure("api.example"))).await;
    assert_eq!(answer.unwrap().body, b"sealed", "signed by itself");

    let authority = Authority::new();
    let (acceptor, leaf) = authority.issue("api.example", |_| ());
    let server = serve(acceptor).await;
    let url = server.secure("api.example");
    let answer = trusting_pem(leaf.clone()).send(get(&url)).await;
    assert_eq!(answer.unwrap().body, b"sealed", "without its authority");
    let chain = format!("{leaf}{}", authority.pem());
    assert_eq!(trusting_pem(chain).send(get(&url)).await.unwrap().body, b"sealed", "a chain");
}

type Change = fn(&mut CertificateParams);

#[tokio::test]
async fn a_named_certificate_is_trusted_for_nothing_but_what_it_says() {
    let past: Change = |params| {
        is_authority(params);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    };
    let future: Change = |params| {
        is_authority(params);
        params.not_before = date_time_ymd(4000, 1, 1);
    };
    let other: Change = |params| {
        is_authority(params);
        params.subject_alt_names = vec![SanType::DnsName("other.example".try_into().unwrap())];
    };
    let nameless: Change = |params| {
        is_authority(params);
        params.subject_alt_names = Vec::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "api.example");
    };
    let client: Change = |params| {
        is_authority(params);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    };
    for (name, change, expected, fault) in [
        ("expired", past, "the certificate has expired (", TlsFault::Expired),
        ("not yet", future, "the certificate is not valid yet", TlsFault::NotYetValid),
        ("another name", other, "its names: other.example", TlsFault::Name),
        ("a common name alone", nameless, "no subject alternative name", TlsFault::Name),
        ("for clients", client, "not one for servers", TlsFault::Certificate),
    ] {
        let (pem, server) = self_signed(change).await;
        let result = trusting_pem(pem).send(get(&server.secure("api.example"))).await;
        let Err(TransportError::Tls { detail, fault: found, .. }) = result else {
            panic!("{name}: {result:?}")
        };
        assert!(detail.contains(expected), "{name}: {detail}");
        assert_eq!(found, fault, "{name}");
    }
}

/// The key of a server that is no authority signs for nobody else.
#[tokio::test]
async fn a_named_certificate_of_a_server_signs_no_other() {
    let mut params = CertificateParams::new(vec!["small.example".to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Company CA");
    let server = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let named = server.pem();
    let forger = Authority(server);
    let other = serve(forger.acceptor("api.example", |_| ())).await;
    let said = tls_detail(&trusting_pem(named), &other).await;
    assert!(said.contains("CA:TRUE is missing"), "{said}");
}

#[tokio::test]
async fn a_certificate_that_does_not_help_is_said_not_to_help() {
    let (_, server) = self_signed(is_authority).await;
    let stranger = HttpsTransport::new(named_options()).unwrap();
    let said = tls_detail(&stranger, &server).await;
    assert!(said.contains("is not among those that the administrator added"), "{said}");
    let authority = Authority::new();
    let server = serve(Authority::new().acceptor("api.example", |_| ())).await;
    // Another authority of the same name.
    let said = tls_detail(&trusting(&authority), &server).await;
    assert!(said.contains("its key is another") || said.contains("signature"), "{said}");
    let (unrelated, _) = self_signed(|_| ()).await;
    let said = tls_detail(&trusting_pem(unrelated), &server).await;
    assert_eq!(
        said,
        "none of the certificates that the administrator added is the server's or signed it"
    );
}

#[tokio::test]
async fn plain_http_behind_https_is_named() {
    let server = Server::start(|mut peer| async move {
        peer.read_exact(5).await;
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        peer.until_closed().await;
    })
    .await;
    let transport = HttpsTransport::new(named_options()).unwrap();
    let result = transport.send(get(&server.secure("api.example"))).await;
    let Err(TransportError::NoTls { authority }) = result else { panic!("{result:?}") };
    assert_eq!(authority, format!("api.example:{}", server.address.port()));
}

#[tokio::test]
async fn handshake_that_the_server_ends_is_named() {
    let server = Server::start(|mut peer| async move {
        peer.read_exact(5).await;
    })
    .await;
    let transport = HttpsTransport::new(named_options()).unwrap();
    assert_eq!(
        tls_detail(&transport, &server).await,
        "the server closed the connection during the handshake"
    );
}

#[tokio::test]
async fn file_without_a_certificate_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key.pem");
    std::fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let error_of = |source: CaCertificates| {
        let mut options = TransportOptions::new(policy());
        options.ca_certificates.push(source);
        HttpsTransport::new(options).err().expect("the options are refused")
    };
    for source in [CaCertificates::File(key), CaCertificates::Pem(Vec::new())] {
        let error = error_of(source);
        assert!(matches!(error, OptionsError::NoCertificate { .. }), "{error:?}");
    }
    let error = error_of(CaCertificates::File(folder.path().join("missing.pem")));
    assert!(matches!(error, OptionsError::UnreadableCertificates { .. }), "{error:?}");
    let error = error_of(CaCertificates::Pem(broken.into()));
    assert!(matches!(error, OptionsError::UnusableCertificate { .. }), "{error:?}");
}

/// Enough of HTTP/2 (RFC 9113) to answer one request.
async fn speak_http2(mut peer: Peer) {
    const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const HEADERS: u8 = 1;
    assert_eq!(peer.read_exact(PREFACE.len()).await.unwrap(), PREFACE);
    peer.send(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).await; // SETTINGS, none
    while let Some(head) = peer.read_exact(9).await {
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        peer.read_exact(length).await;
        if head[3] == HEADERS {
            // HEADERS: `:status: 200` is entry 8 of the static table. DATA: the body and the end.
            peer.send(&[0, 0, 1, HEADERS, 4, head[5], head[6], head[7], head[8], 0x88]).await;
            peer.send(&[0, 0, 3, 0, 1, head[5], head[6], head[7], head[8]]).await;
            peer.send(b"two").await;
        }
    }
}

#[tokio::test]
async fn http_2_is_spoken_where_the_server_offers_it() {
    let authority = Authority::new();
    let acceptor = authority.acceptor("api.example", |_| ());
    let mut config = ServerConfig::clone(acceptor.config());
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = Server::start_tls(TlsAcceptor::from(Arc::new(config)), speak_http2).await;
    let transport = trusting(&authority);
    for _ in 0..2 {
        let answer = transport.send(get(&server.secure("api.example"))).await.unwrap();
        assert_eq!((answer.status, &*answer.body), (200, &b"two"[..]));
    }
    assert_eq!(server.connections(), 1);
}
