//! What a server's certificate says of itself: subject, issuer, validity.
//!
//! It is read of certificates that nobody trusts, to tell a person why: nothing is decided by it. So
//! of DER (X.690) and of the certificate (RFC 5280, section 4.1) only as much is understood as stands
//! before and at those fields; what does not fit is left out.

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

/// Parts of a name that are told (RFC 5280, appendix A.1): the object identifier's bytes, the label.
const NAME_PARTS: [(&[u8], &str); 2] = [(&[0x55, 0x04, 0x03], "CN"), (&[0x55, 0x04, 0x0a], "O")];

/// Parts of one name that are looked at.
const MAX_NAME_PARTS: usize = 20;

/// The facts of a certificate in DER; empty where it is none.
pub(crate) fn read(der: &[u8]) -> Certificate {
    fields(der).unwrap_or_default()
}

fn fields(der: &[u8]) -> Option<Certificate> {
    let (certificate, _) = expect(SEQUENCE, der)?;
    let (rest, _) = expect(SEQUENCE, certificate)?;
    let rest = expect(VERSION, rest).map_or(rest, |(_, rest)| rest);
    let (_serial, rest) = expect(INTEGER, rest)?;
    let (_algorithm, rest) = expect(SEQUENCE, rest)?;
    let (issuer, rest) = expect(SEQUENCE, rest)?;
    let (validity, rest) = expect(SEQUENCE, rest)?;
    let (subject, _) = expect(SEQUENCE, rest)?;
    let (not_before, after) = value(validity)?;
    let (not_after, _) = value(after)?;
    Some(Certificate {
        subject: name(subject),
        issuer: name(issuer),
        not_before: time(not_before),
        not_after: time(not_after),
    })
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
    use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};

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
            let cut = read(&whole[..length]);
            assert_eq!(cut, Certificate::default(), "{length}");
        }
        for (position, change) in (0..whole.len()).flat_map(|at| [(at, 0xff), (at, 0x84)]) {
            let mut bent = whole.clone();
            bent[position] = change;
            read(&bent);
        }
        assert_eq!(read(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Certificate::default());
    }
}
