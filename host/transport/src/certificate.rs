//! What a certificate says of itself: subject, issuer, validity, and what it may be used for.
//!
//! It is read of certificates that nobody trusts, to tell a person why, and of those that the
//! administrator named, to see as what they are trusted: see [`tls`](crate::tls). Of DER (X.690) and
//! of the certificate (RFC 5280, section 4.1) only as much is understood as that needs; what does not
//! fit is left out.

use jackfield_host::failure::Timestamp;
use jackfield_host::probe::{Certificate, shown};

/// Tags of X.690, section 8.
const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
const EXTENSIONS: u8 = 0xa3;
const BOOLEAN: u8 = 0x01;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;

/// Extensions that are read (RFC 5280, sections 4.2.1.3, 4.2.1.9 and 4.2.1.12).
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x25];

/// `id-kp-serverAuth` and `anyExtendedKeyUsage`.
const FOR_SERVERS: [&[u8]; 2] =
    [&[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01], &[0x55, 0x1d, 0x25, 0x00]];

/// The bit `keyCertSign` in the first byte of a key usage.
const KEY_CERT_SIGN: u8 = 0x04;

/// Extensions of a certificate that are looked at.
const MAX_EXTENSIONS: usize = 50;

/// Parts of a name that are told (RFC 5280, appendix A.1): the object identifier's bytes, the label.
const NAME_PARTS: [(&[u8], &str); 2] = [(&[0x55, 0x04, 0x03], "CN"), (&[0x55, 0x04, 0x0a], "O")];

/// Parts of one name that are looked at.
const MAX_NAME_PARTS: usize = 20;

/// What a certificate may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Uses {
    /// Signing other certificates. One of version 1 cannot say so, and may.
    pub(crate) authority: bool,
    /// Showing as a server.
    pub(crate) server: bool,
}

/// The facts of a certificate in DER; empty where it is none.
pub(crate) fn read(der: &[u8]) -> Certificate {
    fields(der).map(|(certificate, _)| certificate).unwrap_or_default()
}

/// What the certificate in DER may be used for; `None` where it is none.
pub(crate) fn uses(der: &[u8]) -> Option<Uses> {
    let (_, rest) = fields(der)?;
    let (_key, mut rest) = expect(SEQUENCE, rest)?;
    while !rest.is_empty() {
        let (found, after) = value(rest)?;
        if found.tag == EXTENSIONS {
            return of_extensions(found.content);
        }
        rest = after;
    }
    Some(Uses { authority: is_version_1(der), server: true })
}

fn of_extensions(der: &[u8]) -> Option<Uses> {
    let (mut list, _) = expect(SEQUENCE, der)?;
    let (mut constraints, mut signs, mut server) = (None, false, true);
    for _ in 0..MAX_EXTENSIONS {
        let Some((extension, rest)) = expect(SEQUENCE, list) else { break };
        list = rest;
        let (name, rest) = expect(OBJECT_IDENTIFIER, extension)?;
        let rest = expect(BOOLEAN, rest).map_or(rest, |(_, rest)| rest);
        let (content, _) = expect(OCTET_STRING, rest)?;
        match name {
            BASIC_CONSTRAINTS => {
                let (inner, _) = expect(SEQUENCE, content)?;
                let flag = expect(BOOLEAN, inner).map(|(flag, _)| flag);
                constraints = Some(flag.is_some_and(|flag| flag != [0]));
            }
            KEY_USAGE => {
                // The first byte counts the unused bits.
                let (bits, _) = expect(BIT_STRING, content)?;
                signs = bits.get(1).is_some_and(|byte| byte & KEY_CERT_SIGN != 0);
            }
            EXTENDED_KEY_USAGE => server = names_server(content)?,
            _ => {}
        }
    }
    Some(Uses { authority: constraints.unwrap_or(signs), server })
}

fn names_server(content: &[u8]) -> Option<bool> {
    let (mut list, _) = expect(SEQUENCE, content)?;
    while let Some((purpose, rest)) = expect(OBJECT_IDENTIFIER, list) {
        if FOR_SERVERS.contains(&purpose) {
            return Some(true);
        }
        list = rest;
    }
    Some(false)
}

/// Whether the certificate in DER is of the first version, which has no extensions.
pub(crate) fn is_version_1(der: &[u8]) -> bool {
    let version = || {
        let (certificate, _) = expect(SEQUENCE, der)?;
        let (rest, _) = expect(SEQUENCE, certificate)?;
        let Some((version, _)) = expect(VERSION, rest) else { return Some(true) };
        Some(expect(INTEGER, version)?.0 == [0])
    };
    version().unwrap_or(false)
}

/// The facts, and what stands behind the subject.
fn fields(der: &[u8]) -> Option<(Certificate, &[u8])> {
    let (certificate, _) = expect(SEQUENCE, der)?;
    let (rest, _) = expect(SEQUENCE, certificate)?;
    let rest = expect(VERSION, rest).map_or(rest, |(_, rest)| rest);
    let (_serial, rest) = expect(INTEGER, rest)?;
    let (_algorithm, rest) = expect(SEQUENCE, rest)?;
    let (issuer, rest) = expect(SEQUENCE, rest)?;
    let (validity, rest) = expect(SEQUENCE, rest)?;
    let (subject, rest) = expect(SEQUENCE, rest)?;
    let (not_before, after) = value(validity)?;
    let (not_after, _) = value(after)?;
    let certificate = Certificate {
        subject: name(subject),
        issuer: name(issuer),
        not_before: time(not_before),
        not_after: time(not_after),
    };
    Some((certificate, rest))
}

/// A tag and what it holds.
#[derive(Clone, Copy)]
struct Tagged<'a> {
    tag: u8,
    content: &'a [u8],
}

/// The first value, and what follows it.
fn value(der: &[u8]) -> Option<(Tagged<'_>, &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x83 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((Tagged { tag, content }, rest))
}

/// The content of the first value, if it has that tag, and what follows it.
fn expect(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, rest) = value(der)?;
    (found.tag == tag).then_some((found.content, rest))
}

/// `CN=api.example.com, O=Example`.
fn name(mut der: &[u8]) -> Option<String> {
    let mut parts = Vec::new();
    while let Some((set, rest)) = expect(SET, der).filter(|_| parts.len() < MAX_NAME_PARTS) {
        parts.push(name_part(set));
        der = rest;
    }
    let told: Vec<String> = parts.into_iter().flatten().collect();
    shown(&told.join(", "))
}

fn name_part(set: &[u8]) -> Option<String> {
    let (pair, _) = expect(SEQUENCE, set)?;
    let (identifier, rest) = expect(OBJECT_IDENTIFIER, pair)?;
    let (_, label) = NAME_PARTS.iter().find(|(known, _)| *known == identifier)?;
    let (text, _) = value(rest)?;
    Some(format!("{label}={}", String::from_utf8_lossy(text.content)))
}

/// RFC 5280, section 4.1.2.5: in UTC, to the second, the year in two or in four digits.
fn time(time: Tagged<'_>) -> Option<Timestamp> {
    let digits = std::str::from_utf8(time.content).ok()?.strip_suffix('Z')?;
    let century = match (time.tag, digits.len()) {
        (UTC_TIME, 12) if digits < "5" => "20",
        (UTC_TIME, 12) => "19",
        (GENERALIZED_TIME, 14) => "",
        _ => return None,
    };
    let digits = format!("{century}{digits}");
    let part = |at: std::ops::Range<usize>| {
        digits.get(at).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(8..10)?, part(10..12)?, part(12..14)?);
    Timestamp::from_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
        KeyUsagePurpose, date_time_ymd,
    };

    use super::*;

    fn der(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["api.example".to_owned()]).unwrap();
        change(&mut params);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn subject_issuer_and_validity_are_read() {
        let read = read(&der(|params| {
            params.distinguished_name.push(DnType::CommonName, "Größe\n");
            params.distinguished_name.push(DnType::OrganizationName, "Example");
            params.distinguished_name.push(DnType::CountryName, "NL");
            params.not_before = date_time_ymd(2020, 2, 29);
            params.not_after = date_time_ymd(2051, 1, 1);
        }));
        let subject = read.subject.unwrap();
        assert!(subject.contains("CN=Größe") && subject.contains("O=Example"), "{subject}");
        assert!(!subject.contains("NL") && !subject.contains('\n'), "{subject}");
        assert_eq!(read.issuer, Some(subject));
        assert_eq!(read.not_before, Some(Timestamp(1_582_934_400_000)));
        assert_eq!(read.not_after, Some(Timestamp(2_556_144_000_000)));
    }

    #[test]
    fn uses_are_read() {
        type Change = fn(&mut CertificateParams);
        let cases: [(&str, Change, bool, bool); 7] = [
            ("plain", |_| (), false, true),
            ("an authority", |it| it.is_ca = IsCa::Ca(BasicConstraints::Unconstrained), true, true),
            (
                "a short chain",
                |it| it.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)),
                true,
                true,
            ),
            ("explicitly none", |it| it.is_ca = IsCa::ExplicitNoCa, false, true),
            (
                "signs by its key usage",
                |it| it.key_usages = vec![KeyUsagePurpose::KeyCertSign],
                true,
                true,
            ),
            (
                "for servers",
                |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
                false,
                true,
            ),
            (
                "for clients alone",
                |it| it.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth],
                false,
                false,
            ),
        ];
        for (name, change, authority, server) in cases {
            let der = der(change);
            assert_eq!(uses(&der), Some(Uses { authority, server }), "{name}");
            assert!(!is_version_1(&der), "{name}");
        }
        assert_eq!(uses(b""), None);
    }

    #[test]
    fn times_are_read_as_written_or_not_at_all() {
        for (tag, text, expected) in [
            (UTC_TIME, "700101000001Z", Some(1_000)),
            (UTC_TIME, "491231235959Z", Some(2_524_607_999_000)),
            (UTC_TIME, "500101000000Z", None),
            (GENERALIZED_TIME, "20261120100000Z", Some(1_795_168_800_000)),
            (GENERALIZED_TIME, "99991231235959Z", Some(253_402_300_799_000)),
            (GENERALIZED_TIME, "19691231235959Z", None),
            (GENERALIZED_TIME, "20261320100000Z", None),
            (GENERALIZED_TIME, "20261100100000Z", None),
            (GENERALIZED_TIME, "20261120100000", None),
            (GENERALIZED_TIME, "20261120100000.5Z", None),
            (GENERALIZED_TIME, "2026112010000Z", None),
            (GENERALIZED_TIME, "+0261120100000Z", None),
            (UTC_TIME, "Z", None),
            (INTEGER, "20261120100000Z", None),
        ] {
            let found = time(Tagged { tag, content: text.as_bytes() });
            assert_eq!(found, expected.map(Timestamp), "{text}");
        }
    }

    #[test]
    fn what_is_no_certificate_tells_nothing_and_breaks_nothing() {
        let whole = der(|_| ());
        for length in 0..whole.len() {
            uses(&whole[..length]);
            let cut = read(&whole[..length]);
            assert_eq!(cut, Certificate::default(), "{length}");
        }
        for (position, change) in (0..whole.len()).flat_map(|at| [(at, 0xff), (at, 0x84)]) {
            let mut bent = whole.clone();
            bent[position] = change;
            read(&bent);
            uses(&bent);
            is_version_1(&bent);
        }
        assert_eq!(read(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Certificate::default());
    }
}
