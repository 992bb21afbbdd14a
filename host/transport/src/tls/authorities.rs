//! The files of certificates that the administrator names, and in words what is wrong with one.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::{Error, RootCertStore};

use crate::certificate;
use crate::options::{CaCertificates, OptionsError};

/// Every certificate in the source. Those that may sign others become roots.
pub(super) fn read(
    source: &CaCertificates,
    roots: &mut RootCertStore,
) -> Result<Vec<CertificateDer<'static>>, OptionsError> {
    let place = source.place();
    let unusable = |detail: &str| OptionsError::UnusableCertificate {
        place: place.clone(),
        detail: detail.to_owned(),
    };
    let pem = source.read()?;
    let mut named = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| unusable(broken_pem(&error)))?;
        let uses = certificate::uses(&certificate);
        let uses = uses.ok_or_else(|| unusable("what is between its lines is no certificate"))?;
        if uses.authority {
            let added = roots.add(certificate.clone());
            added.map_err(|error| unusable(&unusable_root(&error)))?;
        }
        named.push(certificate);
    }
    match named.is_empty() {
        true => Err(OptionsError::NoCertificate { place, found: instead(&pem) }),
        false => Ok(named),
    }
}

fn unusable_root(error: &Error) -> String {
    super::explain(error)
}

fn broken_pem(error: &PemError) -> &'static str {
    match error {
        PemError::MissingSectionEnd { .. } => {
            "the file is cut off: the line `-----END ...` is missing"
        }
        PemError::IllegalSectionStart { .. } => "a line `-----BEGIN ...` is malformed",
        PemError::Base64Decode(_) => {
            "the text between `-----BEGIN ...` and `-----END ...` is not base64"
        }
        PemError::SectionTooLarge => "a section of it is far too long",
        _ => "it cannot be read as PEM",
    }
}

/// What a file without a certificate in PEM holds instead, as the end of a sentence.
fn instead(bytes: &[u8]) -> &'static str {
    /// Labels of PEM sections (RFC 7468, and OpenSSL's own).
    const LABELS: [(&str, &str); 8] = [
        (
            "PRIVATE KEY-----",
            "it holds a private key, which belongs to the server alone; its certificate is in another file",
        ),
        (
            "BEGIN CERTIFICATE REQUEST",
            "it holds a request for a certificate, which no authority has signed yet",
        ),
        (
            "BEGIN NEW CERTIFICATE REQUEST",
            "it holds a request for a certificate, which no authority has signed yet",
        ),
        (
            "BEGIN TRUSTED CERTIFICATE",
            "it holds a certificate in OpenSSL's own format; `openssl x509 -in FILE -out FILE.pem` converts it",
        ),
        ("BEGIN X509 CRL", "it holds a list of revoked certificates"),
        (
            "BEGIN PKCS7",
            "it holds a PKCS #7 bundle; `openssl pkcs7 -print_certs -in FILE -out FILE.pem` converts it",
        ),
        ("PUBLIC KEY-----", "it holds a public key without its certificate"),
        (
            "-----BEGIN ",
            "it holds other PEM sections, and none of them begins with `-----BEGIN CERTIFICATE-----`",
        ),
    ];
    if bytes.trim_ascii().is_empty() {
        return "it is empty";
    }
    if certificate::uses(bytes).is_some() {
        return "it is a certificate in DER, and PEM is needed; `openssl x509 -inform der -in FILE -out FILE.pem` converts it";
    }
    if bytes.starts_with(&[0x30]) {
        return "it is binary, perhaps PKCS #12 or a key, and certificates in PEM are needed; `openssl pkcs12 -nokeys -in FILE -out FILE.pem` takes them out of PKCS #12";
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return "it is text in UTF-16; save it as plain text (ASCII or UTF-8)";
    }
    let text = String::from_utf8_lossy(bytes);
    let label = LABELS.iter().find(|(label, _)| text.contains(label));
    label.map_or("a certificate in PEM begins with `-----BEGIN CERTIFICATE-----`", |(_, says)| says)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};

    use super::*;

    fn certificate(authority: bool) -> rcgen::Certificate {
        let mut params = CertificateParams::new(vec!["api.example".to_owned()]).unwrap();
        if authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    fn found(bytes: impl Into<Vec<u8>>) -> Result<(usize, usize), String> {
        let mut roots = RootCertStore::empty();
        let named = read(&CaCertificates::Pem(bytes.into()), &mut roots);
        named.map(|named| (named.len(), roots.len())).map_err(|error| error.to_string())
    }

    #[test]
    fn authorities_become_roots_and_others_do_not() {
        let (authority, server) = (certificate(true).pem(), certificate(false).pem());
        assert_eq!(found(authority.clone()), Ok((1, 1)));
        assert_eq!(found(server.clone()), Ok((1, 0)));
        assert_eq!(found(format!("{server}{authority}")), Ok((2, 1)), "a whole chain");
        let key = KeyPair::generate().unwrap().serialize_pem();
        assert_eq!(found(format!("{key}{server}")), Ok((1, 0)), "with its key");
    }

    #[test]
    fn what_a_file_holds_instead_of_a_certificate_is_said() {
        let pem = |label: &str| format!("-----BEGIN {label}-----\nMIIB\n-----END {label}-----\n");
        let der = certificate(false).der().to_vec();
        let whole = certificate(false).pem();
        let cut = whole.get(..whole.len() / 2).unwrap();
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain(whole.bytes().flat_map(|byte| [byte, 0])).collect();
        let cases: Vec<(&str, Vec<u8>, &str)> = vec![
            ("nothing", Vec::new(), "it is empty"),
            ("blanks", b" \n\n".to_vec(), "it is empty"),
            ("a key", KeyPair::generate().unwrap().serialize_pem().into(), "a private key"),
            ("an RSA key", pem("RSA PRIVATE KEY").into(), "a private key"),
            ("an encrypted key", pem("ENCRYPTED PRIVATE KEY").into(), "a private key"),
            ("a request", pem("CERTIFICATE REQUEST").into(), "a request for a certificate"),
            ("a public key", pem("PUBLIC KEY").into(), "a public key"),
            ("PKCS #7", pem("PKCS7").into(), "openssl pkcs7"),
            ("OpenSSL's own", pem("TRUSTED CERTIFICATE").into(), "openssl x509"),
            ("a list of revoked ones", pem("X509 CRL").into(), "revoked"),
            ("something else", pem("DH PARAMETERS").into(), "other PEM sections"),
            ("DER", der.clone(), "in DER"),
            ("other DER", vec![0x30, 0x03, 0x02, 0x01, 0x03], "binary"),
            ("UTF-16", utf16, "UTF-16"),
            ("a page", b"<html>".to_vec(), "begins with `-----BEGIN CERTIFICATE-----`"),
            (
                "no base64",
                b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n".to_vec(),
                "not base64",
            ),
            ("no certificate", pem("CERTIFICATE").into(), "is no certificate"),
            ("cut off", cut.into(), "cut off"),
        ];
        for (name, bytes, expected) in cases {
            let said = found(bytes).unwrap_err();
            assert!(said.contains(expected), "{name}: {said}");
            for inner in ["Error", "::", "[45", "Some("] {
                assert!(!said.contains(inner), "{name}: {said}");
            }
        }
    }
}
