//! Which servers are trusted, and in plain words why one was not.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, ProtocolVersion,
    RootCertStore, SignatureScheme, WantsVerifier,
};

use crate::options::{CaCertificates, OptionsError};

/// Names of a certificate that a message repeats, at most; a certificate may hold thousands.
const NAMES_SHOWN: usize = 3;

/// What is said of a server that ends the connection before it is trusted.
pub(crate) const CLOSED: &str = "the server closed the connection during the handshake";

/// Trusts Mozilla's roots and these.
pub(crate) fn verifier(
    extra: &[CaCertificates],
) -> Result<Arc<WebPkiServerVerifier>, OptionsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for source in extra {
        add_roots(&mut roots, source)?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider()).build();
    verifier.map_err(|error| OptionsError::Tls(Error::General(error.to_string())))
}

/// TLS 1.2 and 1.3, HTTP/2 or HTTP/1.1.
pub(crate) fn client_config(verifier: Arc<WebPkiServerVerifier>) -> Result<ClientConfig, Error> {
    Ok(with_protocols(builder()?.with_webpki_verifier(verifier).with_no_client_auth()))
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
    verifier: Arc<WebPkiServerVerifier>,
    shown: Mutex<Option<Vec<u8>>>,
}

impl Recorder {
    pub(crate) fn over(verifier: Arc<WebPkiServerVerifier>) -> Arc<Self> {
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
        other => format!("{other:?}"),
    }
}

fn add_roots(roots: &mut RootCertStore, source: &CaCertificates) -> Result<(), OptionsError> {
    let place = source.place();
    let unusable =
        |detail: String| OptionsError::UnusableCertificate { place: place.clone(), detail };
    let pem = source.read()?;
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| unusable(explain(&error)))?;
        found = true;
    }
    if found { Ok(()) } else { Err(OptionsError::NoCertificate { place }) }
}

/// Why the TLS connection failed, as a lower-case fragment.
pub(crate) fn explain(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(refusal) => explain_certificate(refusal),
        Error::NoCertificatesPresented => "the server shows no certificate".to_owned(),
        Error::AlertReceived(alert) => format!("the server refused with the alert {alert:?}"),
        Error::PeerIncompatible(reason) => {
            format!("no version or cipher in common: {reason:?}")
        }
        Error::NoApplicationProtocol => "the server offers no HTTP".to_owned(),
        Error::General(text) => text.clone(),
        other => other.to_string(),
    }
}

fn explain_certificate(refusal: &CertificateError) -> String {
    use CertificateError::{
        BadEncoding, BadSignature, Expired, ExpiredContext, InvalidPurpose, InvalidPurposeContext,
        NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext, Revoked,
        UnknownIssuer,
    };
    let text = match refusal {
        Expired => "the certificate has expired",
        ExpiredContext { time, not_after } => {
            let days = time.as_secs().saturating_sub(not_after.as_secs()) / 86_400;
            return format!(
                "the certificate has expired ({days} days ago by this machine's clock)"
            );
        }
        NotValidYet | NotValidYetContext { .. } => {
            "the certificate is not valid yet by this machine's clock"
        }
        UnknownIssuer => "the certificate has an unknown issuer",
        NotValidForName => "the certificate is not valid for this name",
        NotValidForNameContext { presented, .. } => return wrong_name(presented),
        Revoked => "the certificate has been revoked",
        BadEncoding => "the certificate cannot be parsed",
        BadSignature => "the certificate's signature is wrong",
        InvalidPurpose | InvalidPurposeContext { .. } => "the certificate is not one for servers",
        other => return format!("the certificate was refused: {other}"),
    };
    text.to_owned()
}

fn wrong_name(presented: &[String]) -> String {
    let shown: Vec<_> = presented.iter().take(NAMES_SHOWN).map(|name| plain_name(name)).collect();
    let names = match shown.len() {
        0 => "none".to_owned(),
        _ => shown.join(", "),
    };
    format!("the certificate is not valid for this name; its names: {names}")
}

/// `example.com` from `DnsName("example.com")`; the characters that a name may have.
fn plain_name(presented: &str) -> String {
    let inner = presented.split_once('(').map_or(presented, |(_, inner)| inner);
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || "-_.*:".contains(*letter);
    inner.chars().filter(allowed).take(255).collect()
}
