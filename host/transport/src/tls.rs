//! Which servers are trusted, and in plain words why one was not.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jackfield_host::failure::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, OtherError,
    ProtocolVersion, RootCertStore, SignatureScheme, WantsVerifier,
};

use crate::certificate;
use crate::options::{CaCertificates, OptionsError};

mod authorities;
mod words;

pub(crate) use words::{CLOSED, explain, fault};

/// Which certificates of servers are trusted.
///
/// Those that a chain connects to one of Mozilla's roots or to an authority that the administrator
/// named. And those that the administrator named themselves, byte by byte: a server of one's own
/// often has a certificate that is its own authority, or one without its authority at hand. Such a
/// one is trusted for nothing but what it says: its own names, in its own time, and to sign no other.
#[derive(Debug)]
pub(crate) struct Trust {
    authorities: Arc<WebPkiServerVerifier>,
    /// Every certificate that the administrator named.
    named: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Mozilla's roots and these.
    pub(crate) fn new(extra: &[CaCertificates]) -> Result<Arc<Self>, OptionsError> {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let mut named = Vec::new();
        for source in extra {
            named.extend(authorities::read(source, &mut roots)?);
        }
        let built = WebPkiServerVerifier::builder_with_provider(roots.into(), provider()).build();
        match built {
            Ok(authorities) => Ok(Arc::new(Self { authorities, named })),
            Err(error) => Err(OptionsError::Tls(Error::General(error.to_string()))),
        }
    }

    /// A certificate that the administrator named: its names, its validity and its purpose decide.
    fn verify_named(
        &self,
        certificate: &CertificateDer<'_>,
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let facts = certificate::read(certificate);
        let (Some(from), Some(until)) = (facts.not_before, facts.not_after) else {
            return Err(CertificateError::BadEncoding.into());
        };
        let second = |time: Timestamp| UnixTime::since_unix_epoch(Duration::from_millis(time.0));
        let (time, not_before, not_after) = (now, second(from), second(until));
        if time < not_before {
            return Err(CertificateError::NotValidYetContext { time, not_before }.into());
        }
        if time > not_after {
            return Err(CertificateError::ExpiredContext { time, not_after }.into());
        }
        if !certificate::uses(certificate).is_some_and(|uses| uses.server) {
            return Err(CertificateError::InvalidPurpose.into());
        }
        verify_server_name(&parsed, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    /// The refusal, with what is known of the certificates that the administrator named.
    fn explained(&self, refusal: Error, certificate: &CertificateDer<'_>) -> Error {
        if refusal != Error::InvalidCertificate(CertificateError::UnknownIssuer) {
            return refusal;
        }
        let facts = certificate::read(certificate);
        let issued = |named: &CertificateDer<'_>| {
            let subject = certificate::read(named).subject;
            subject.is_some() && subject == facts.issuer
        };
        let unknown = match self.named.iter().any(issued) {
            _ if self.named.is_empty() => return refusal,
            true => UnknownIssuer::NoAuthority,
            false => UnknownIssuer::OtherNamed,
        };
        CertificateError::Other(OtherError(Arc::new(unknown))).into()
    }
}

/// Why the certificates that the administrator named do not help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum UnknownIssuer {
    #[error("none of the certificates that the administrator added is the server's or signed it")]
    OtherNamed,
    #[error(
        "the certificate that the administrator added has the name of the issuer, but is not the authority that signed the server's: its key is another, or it may not sign (CA:TRUE is missing)"
    )]
    NoAuthority,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (verifier, chain) = (&self.authorities, intermediates);
        let verified =
            verifier.verify_server_cert(end_entity, chain, server_name, ocsp_response, now);
        match verified {
            Err(_) if self.named.iter().any(|named| named == end_entity) => {
                self.verify_named(end_entity, server_name, now)
            }
            verified => verified.map_err(|refusal| self.explained(refusal, end_entity)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// TLS 1.2 and 1.3, HTTP/2 or HTTP/1.1.
pub(crate) fn client_config(verifier: Arc<Trust>) -> Result<ClientConfig, Error> {
    let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier);
    Ok(with_protocols(builder.with_no_client_auth()))
}

/// The same, with a note of the certificate that a server shows, and without memory of sessions: a
/// server that resumes one shows none.
pub(crate) fn probing_config(recorder: &Arc<Recorder>) -> Result<Arc<ClientConfig>, Error> {
    let verifier: Arc<dyn ServerCertVerifier> = recorder.clone();
    let builder = builder()?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = with_protocols(builder.with_no_client_auth());
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, Error> {
    ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()
}

fn with_protocols(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

/// The verifier of all requests, which decides alone, and a note of what it was shown.
#[derive(Debug)]
pub(crate) struct Recorder {
    verifier: Arc<Trust>,
    shown: Mutex<Option<Vec<u8>>>,
}

impl Recorder {
    pub(crate) fn over(verifier: Arc<Trust>) -> Arc<Self> {
        Arc::new(Self { verifier, shown: Mutex::default() })
    }

    /// The server's own certificate, in DER, believed or not.
    pub(crate) fn certificate(&self) -> Option<Vec<u8>> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Some(end_entity.to_vec());
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = shown;
        let (verifier, chain) = (&self.verifier, intermediates);
        verifier.verify_server_cert(end_entity, chain, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.verifier.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

/// `TLS 1.3`.
pub(crate) fn protocol_name(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        _ => "another version of TLS".to_owned(),
    }
}
