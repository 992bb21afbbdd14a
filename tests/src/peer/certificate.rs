//! Certificates, each from an authority made for one server.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What a server with TLS shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// Valid for `localhost`, `127.0.0.1` and every name under `example.com`.
    Valid,
    /// The same, ended in 2021.
    Expired,
    /// Valid for `other.example` alone.
    OtherName,
    /// The names of `Valid`, signed by itself, as its own authority (`CA:TRUE`): what `openssl req -x509`
    /// makes. Clients must trust this very certificate.
    SelfSigned,
    /// The same, and no authority.
    SelfSignedServer,
    /// As `SelfSigned`, ended in 2021.
    SelfSignedExpired,
    /// As `SelfSigned`, valid for `other.example` alone.
    SelfSignedOtherName,
}

/// A server's TLS, and what its clients must trust.
pub(crate) struct Issued {
    pub(crate) acceptor: TlsAcceptor,
    pub(crate) ca_pem: String,
}

impl Certificate {
    fn is_self_signed(self) -> bool {
        !matches!(self, Self::Valid | Self::Expired | Self::OtherName)
    }

    pub(crate) fn issue(self) -> Issued {
        let key = KeyPair::generate().unwrap();
        if self.is_self_signed() {
            let certificate = self.params().self_signed(&key).unwrap();
            return Issued { acceptor: acceptor(&certificate, &key), ca_pem: certificate.pem() };
        }
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.distinguished_name.push(DnType::CommonName, "Jackfield test authority");
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let certificate = self.params().signed_by(&key, &authority).unwrap();
        Issued { acceptor: acceptor(&certificate, &key), ca_pem: authority.pem() }
    }

    fn params(self) -> CertificateParams {
        let names: &[&str] = match self {
            Self::OtherName | Self::SelfSignedOtherName => &["other.example"],
            _ => &["localhost", "127.0.0.1", "example.com", "*.example.com"],
        };
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        if self.is_self_signed() && self != Self::SelfSignedServer {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        if matches!(self, Self::Expired | Self::SelfSignedExpired) {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        params
    }
}

fn acceptor(certificate: &rcgen::Certificate, key: &KeyPair) -> TlsAcceptor {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}
