//! Recognizing a secret by its shape: prefix, length, alphabet. A shape is a hint for people and
//! never proof; a value is refused only where the manifest's kind says so.

use crate::manifest::{Alphabet, Checksum, SecretKind};

/// What a value looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognized<'a> {
    /// The first kind that fits.
    pub kind: &'a SecretKind,
    /// What does not fit, although the prefix does.
    pub doubt: Option<Doubt>,
}

/// Why a value of a known kind may have been copied wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// Fewer characters than the kind has.
    TooShort,
    /// More characters than the kind has.
    TooLong,
    /// Characters that the kind does not have.
    Characters,
    /// The last characters do not prove the others.
    Checksum,
}

impl Doubt {
    /// The stable code of the warning.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "secret-truncated",
            Self::TooLong => "secret-too-long",
            Self::Characters => "secret-characters",
            Self::Checksum => "secret-checksum",
        }
    }
}

/// What the value looks like; `None` where no kind fits.
///
/// A kind with a prefix fits by its prefix alone, and then length and alphabet are doubts. One
/// without fits only if length and alphabet both do, and only if it names one of them.
pub fn recognize<'a>(kinds: &'a [SecretKind], value: &str) -> Option<Recognized<'a>> {
    kinds.iter().find_map(|kind| {
        let rest = value.strip_prefix(kind.prefix.as_str())?;
        let doubt = doubt(kind, value, rest);
        let shapeless =
            kind.min_length.is_none() && kind.max_length.is_none() && kind.alphabet.is_none();
        let fits = !kind.prefix.is_empty() || (doubt.is_none() && !shapeless);
        fits.then_some(Recognized { kind, doubt })
    })
}

fn doubt(kind: &SecretKind, value: &str, rest: &str) -> Option<Doubt> {
    let length = u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
    if kind.min_length.is_some_and(|least| length < least) {
        return Some(Doubt::TooShort);
    }
    if kind.max_length.is_some_and(|greatest| length > greatest) {
        return Some(Doubt::TooLong);
    }
    let fits = kind.alphabet.is_none_or(|alphabet| rest.bytes().all(|byte| has(alphabet, byte)));
    if !fits {
        return Some(Doubt::Characters);
    }
    match kind.checksum {
        // Longer ones may be of a form to come, of which nothing is known.
        Some(Checksum::Crc32Base62) if kind.min_length == Some(length) && !proves(rest) => {
            Some(Doubt::Checksum)
        }
        _ => None,
    }
}

/// Whether the last six characters are the CRC-32 of those before them, in base 62.
///
/// Source: "Behind GitHub's new authentication token formats", April 2021, and tokens that were made
/// public; read in November 2026.
fn proves(rest: &str) -> bool {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const LENGTH: usize = 6;
    let Some((body, proof)) =
        rest.len().checked_sub(LENGTH).and_then(|at| rest.split_at_checked(at))
    else {
        return false;
    };
    let mut left = crc32(body.as_bytes());
    // From the last digit to the first.
    proof.bytes().rev().all(|digit| {
        let expected = DIGITS.get(usize::try_from(left % 62).unwrap_or(0));
        left /= 62;
        expected == Some(&digit)
    })
}

/// CRC-32 of ISO 3309, bit by bit: tokens are short.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// Whether the byte is in the alphabet.
pub(crate) fn has(alphabet: Alphabet, byte: u8) -> bool {
    match alphabet {
        Alphabet::Hex => byte.is_ascii_hexdigit(),
        Alphabet::Alphanumeric => byte.is_ascii_alphanumeric(),
        Alphabet::Word => byte.is_ascii_alphanumeric() || byte == b'_',
        Alphabet::Token => byte.is_ascii_alphanumeric() || b"._-".contains(&byte),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    fn kind(
        name: &str,
        prefix: &str,
        lengths: [Option<u32>; 2],
        alphabet: Option<Alphabet>,
    ) -> SecretKind {
        let [min_length, max_length] = lengths;
        SecretKind {
            name: name.into(),
            label: name.into(),
            prefix: prefix.into(),
            min_length,
            max_length,
            alphabet,
            checksum: None,
            refuse: None,
        }
    }

    #[test]
    fn the_last_characters_prove_the_others() {
        // A token that GitHub published and revoked.
        let token = concat!("ghp", "_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17");
        let classic = SecretKind {
            checksum: Some(Checksum::Crc32Base62),
            ..kind("classic", "ghp_", [Some(40), Some(40)], Some(Alphabet::Alphanumeric))
        };
        let kinds = [classic];
        let doubt = |value: &str| recognize(&kinds, value).unwrap().doubt;
        assert_eq!(doubt(token), None);
        for at in 4..token.len() {
            let mut mistyped = token.as_bytes().to_vec();
            mistyped[at] = if mistyped[at] == b'x' { b'y' } else { b'x' };
            let mistyped = String::from_utf8(mistyped).unwrap();
            assert_eq!(doubt(&mistyped), Some(Doubt::Checksum), "{at}");
        }
        assert_eq!(doubt(&token[..39]), Some(Doubt::TooShort));
        assert!(!proves("12345") && !proves("") && !proves("ü1234ü"));
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    fn kinds() -> Vec<SecretKind> {
        vec![
            kind("classic", "ghp_", [Some(40), Some(40)], Some(Alphabet::Alphanumeric)),
            kind("fine-grained", "github_pat_", [Some(93), Some(93)], Some(Alphabet::Word)),
            kind("installation", "ghs_", [Some(40), None], Some(Alphabet::Token)),
            kind("any-gh", "gh", [None, None], None),
            kind("legacy", "", [Some(40), Some(40)], Some(Alphabet::Hex)),
            kind("nothing", "", [None, None], None),
        ]
    }

    #[test]
    fn values_are_recognized_by_their_shape() {
        for (value, expected) in [
            (format!("ghp_{}", "a".repeat(36)), Some(("classic", None))),
            (format!("ghp_{}", "a".repeat(35)), Some(("classic", Some(Doubt::TooShort)))),
            (format!("ghp_{}", "a".repeat(37)), Some(("classic", Some(Doubt::TooLong)))),
            (format!("ghp_{}-", "a".repeat(35)), Some(("classic", Some(Doubt::Characters)))),
            (format!("github_pat_{}", "a_".repeat(41)), Some(("fine-grained", None))),
            (format!("ghs_123_{}.b-c.d", "a".repeat(500)), Some(("installation", None))),
            ("gho_x".to_owned(), Some(("any-gh", None))),
            ("0123456789abcdefABCDEF".repeat(2)[..40].to_owned(), Some(("legacy", None))),
            ("0".repeat(39), None),
            ("0".repeat(41), None),
            ("g".repeat(40), None),
            ("hunter2".to_owned(), None),
            (String::new(), None),
            ("Ghp_x".to_owned(), None),
        ] {
            let kinds = kinds();
            let found =
                recognize(&kinds, &value).map(|found| (found.kind.name.as_str(), found.doubt));
            assert_eq!(found, expected, "{value}");
        }
    }

    #[test]
    fn length_counts_characters_and_not_bytes() {
        let kinds = [kind("umlauts", "ü", [Some(3), Some(3)], None)];
        assert_eq!(recognize(&kinds, "üüü").and_then(|found| found.doubt), None);
        assert_eq!(recognize(&kinds, "üü").and_then(|found| found.doubt), Some(Doubt::TooShort));
    }
}
