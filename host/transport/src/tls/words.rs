//! In plain words why a TLS connection failed. No name of a library's type is among them.

use jackfield_host::transport::TlsFault;
use rustls::{AlertDescription, CertificateError, Error, OtherError, PeerIncompatible};

use super::UnknownIssuer;

/// Names of a certificate that a message repeats, at most; a certificate may hold thousands.
const NAMES_SHOWN: usize = 3;

/// What is said of a server that ends the connection before it is trusted.
pub(crate) const CLOSED: &str = "the server closed the connection during the handshake";

/// Why the TLS connection failed, as a lower-case fragment.
pub(crate) fn explain(error: &Error) -> String {
    let text = match error {
        Error::InvalidCertificate(refusal) => return explain_certificate(refusal),
        Error::NoCertificatesPresented => "the server shows no certificate",
        Error::AlertReceived(alert) => return explain_alert(*alert),
        Error::PeerIncompatible(reason) => incompatible(reason),
        Error::NoApplicationProtocol => "the server offers no HTTP",
        Error::FailedToGetCurrentTime => "this machine's clock cannot be read",
        Error::PeerMisbehaved(_)
        | Error::InvalidMessage(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerSentOversizedRecord
        | Error::DecryptError => "the server, or something in between, breaks the TLS protocol",
        _ => "this program could not make the handshake",
    };
    text.to_owned()
}

/// What a person can do about it depends on it.
pub(crate) fn fault(error: &Error) -> TlsFault {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
        NotValidYetContext, Other,
    };
    let Error::InvalidCertificate(refusal) = error else { return TlsFault::Handshake };
    match refusal {
        CertificateError::UnknownIssuer => TlsFault::Issuer,
        Expired | ExpiredContext { .. } => TlsFault::Expired,
        NotValidYet | NotValidYetContext { .. } => TlsFault::NotYetValid,
        NotValidForName | NotValidForNameContext { .. } => TlsFault::Name,
        Other(inner) if is_about_issuer(inner) => TlsFault::Issuer,
        _ => TlsFault::Certificate,
    }
}

fn is_about_issuer(inner: &OtherError) -> bool {
    inner.0.is::<UnknownIssuer>() || inner.0.to_string() == CA_AS_SERVER
}

fn incompatible(reason: &PeerIncompatible) -> &'static str {
    match reason {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
            "the server speaks neither TLS 1.2 nor TLS 1.3"
        }
        PeerIncompatible::NoCipherSuitesInCommon => {
            "the server and this program have no cipher in common"
        }
        PeerIncompatible::NoKxGroupsInCommon | PeerIncompatible::NamedGroupsExtensionRequired => {
            "the server and this program have no key exchange in common"
        }
        PeerIncompatible::NoSignatureSchemesInCommon => {
            "the server and this program have no kind of signature in common"
        }
        _ => "the server lacks a part of TLS that is needed",
    }
}

fn explain_alert(alert: AlertDescription) -> String {
    let text = match alert {
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "it accepts none of the ciphers, or wants a client's certificate"
        }
        AlertDescription::ProtocolVersion => "it speaks neither TLS 1.2 nor TLS 1.3",
        AlertDescription::UnrecognisedName => "it does not know this name",
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "it wants a client's certificate, which this program does not have"
        }
        AlertDescription::AccessDenied => "it denies the access",
        AlertDescription::InternalError => "it has an error of its own",
        AlertDescription::NoApplicationProtocol => "it offers no HTTP",
        AlertDescription::UserCanceled | AlertDescription::CloseNotify => {
            "it closed the connection"
        }
        other => {
            return format!(
                "the server refused the handshake with the TLS alert {} (RFC 8446, section 6)",
                u8::from(other)
            );
        }
    };
    format!("the server refused the handshake: {text}")
}

fn explain_certificate(refusal: &CertificateError) -> String {
    use CertificateError::{
        BadEncoding, BadSignature, Expired, ExpiredContext, InvalidPurpose, InvalidPurposeContext,
        NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext, Other, Revoked,
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
        Other(inner) => return explain_other(inner),
        _ => {
            "the certificate is signed in a way that is not accepted any more, or cannot be checked"
        }
    };
    text.to_owned()
}

/// The parser's own name for a server that shows an authority's certificate.
const CA_AS_SERVER: &str = "CaUsedAsEndEntity";

fn explain_other(inner: &OtherError) -> String {
    if let Some(own) = inner.0.downcast_ref::<UnknownIssuer>() {
        return own.to_string();
    }
    // Errors of the certificate's parser say nothing but their own name.
    let text = match inner.0.to_string().as_str() {
        CA_AS_SERVER => {
            "the server's certificate is its own authority (CA:TRUE), and is not among those that the administrator added"
        }
        "UnsupportedCertVersion" => {
            "the certificate is of an old version: X.509 version 3 is needed, which has subject alternative names"
        }
        "UnsupportedCriticalExtension" | "MalformedExtensions" | "ExtensionValueInvalid" => {
            "the certificate has an extension that is malformed or not known"
        }
        "EndEntityUsedAsCa" => {
            "one of the certificates that the server shows is signed by one that may sign no other"
        }
        "NameConstraintViolation" => "the certificate's authority may not sign for this name",
        "PathLenConstraintViolated" | "MaximumPathDepthExceeded" => {
            "the chain of certificates is longer than its authority allows"
        }
        "EmptyEkuExtension" => "the certificate is not one for servers",
        "InvalidSerialNumber" => "the certificate's serial number is malformed",
        _ => "the certificate is malformed, or has something that is not supported",
    };
    text.to_owned()
}

fn wrong_name(presented: &[String]) -> String {
    let shown: Vec<_> = presented.iter().take(NAMES_SHOWN).map(|name| plain_name(name)).collect();
    match shown.len() {
        0 => "the certificate has no subject alternative name, so it is valid for no server (the common name, CN, does not count)".to_owned(),
        _ => format!("the certificate is not valid for this name; its names: {}", shown.join(", ")),
    }
}

/// `example.com` from `DnsName("example.com")`; the characters that a name may have.
fn plain_name(presented: &str) -> String {
    let inner = presented.split_once('(').map_or(presented, |(_, inner)| inner);
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || "-_.*:".contains(*letter);
    inner.chars().filter(allowed).take(255).collect()
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests")]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// Words that name a library's type, or come of its `Debug`.
    fn is_inner(word: &str) -> bool {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let capitals = word.chars().filter(|c| c.is_uppercase()).count();
        let acronym = !word.chars().any(char::is_lowercase);
        word.contains("::") || (capitals > 1 && !acronym)
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Parser(&'static str);

    #[test]
    fn every_reason_is_said_in_words() {
        let other = |name| {
            Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(Parser(name)))))
        };
        let mut all: Vec<Error> = vec![
            Error::General("tls::Thing".to_owned()),
            Error::NoCertificatesPresented,
            Error::HandshakeNotComplete,
            Error::DecryptError,
            Error::EncryptError,
            Error::FailedToGetRandomBytes,
            Error::BadMaxFragmentSize,
            Error::PeerMisbehaved(rustls::PeerMisbehaved::TooManyEmptyFragments),
            Error::InvalidMessage(rustls::InvalidMessage::InvalidCcs),
            Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon),
            Error::PeerIncompatible(PeerIncompatible::NullCompressionRequired),
            Error::InvalidCertificate(CertificateError::UnhandledCriticalExtension),
            Error::InvalidCertificate(CertificateError::UnknownRevocationStatus),
            Error::InvalidCertificate(CertificateError::NotValidForNameContext {
                expected: rustls::pki_types::ServerName::try_from("a.example").expect("a name"),
                presented: Vec::new(),
            }),
            other("CaUsedAsEndEntity"),
            other("UnsupportedCertVersion"),
            other("EndEntityUsedAsCa"),
            other("TrailingData(Certificate)"),
            other("AnythingNew { inner: 7 }"),
        ];
        all.extend((0..=u8::MAX).map(|alert| Error::AlertReceived(alert.into())));
        for error in all {
            let said = explain(&error);
            assert!(!said.split(' ').any(is_inner), "{said}");
            assert!(said.contains(' ') && !said.contains(['{', '"', '[']), "{said}");
        }
    }
}
