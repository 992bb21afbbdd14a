//! Which servers are trusted, and in plain words why one was not.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};

use crate::options::{CaCertificates, OptionsError};

/// Names of a certificate that a message repeats, at most; a certificate may hold thousands.
const NAMES_SHOWN: usize = 3;

/// TLS 1.2 and 1.3, HTTP/2 or HTTP/1.1, trusting Mozilla's roots and these.
pub(crate) fn client_config(extra: &[CaCertificates]) -> Result<ClientConfig, OptionsError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for source in extra {
        add_roots(&mut roots, source)?;
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(OptionsError::Tls)?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
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
pub(crate) fn explain(error: &rustls::Error) -> String {
    use rustls::Error;
    match error {
        Error::InvalidCertificate(refusal) => explain_certificate(refusal),
        Error::InvalidMessage(_) => "the server does not speak TLS at this port".to_owned(),
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
