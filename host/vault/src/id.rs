//! Ids that a person can read out and type: lower case, no `0` beside `o`, no `1` beside `l`.

use crate::Error;

/// 32 characters, five bits each; letters first.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const LETTERS: usize = 24;

/// The length of a connection's id: 49 random bits. An id that is taken is drawn again.
pub(crate) const CONNECTION: usize = 10;
/// The length of a store's id: 129 random bits, drawn once and never compared with others'.
pub(crate) const STORE: usize = 26;
/// The length of a key's id after its prefix.
pub(crate) const KEY: usize = 8;

/// A random id of that many characters. The first is a letter, so that no tool takes it for a
/// number.
pub(crate) fn random(length: usize) -> Result<String, Error> {
    let mut id = String::with_capacity(length);
    while id.len() < length {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes)?;
        let drawn = bytes.iter().map(|byte| usize::from(byte % 32));
        for index in drawn.take(length - id.len()) {
            if !(id.is_empty() && index >= LETTERS) {
                id.extend(ALPHABET.get(index).map(|byte| char::from(*byte)));
            }
        }
    }
    Ok(id)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_have_their_length_and_begin_with_a_letter() {
        for length in [1, CONNECTION, STORE, 100] {
            for _ in 0..200 {
                let id = random(length).unwrap();
                assert_eq!(id.len(), length);
                assert!(id.starts_with(|first: char| first.is_ascii_lowercase()), "{id}");
            }
        }
    }

    #[test]
    fn ids_use_no_character_that_looks_like_another() {
        let seen: BTreeSet<char> =
            (0..200).flat_map(|_| random(100).unwrap().chars().collect::<Vec<_>>()).collect();
        assert_eq!(seen.len(), 32);
        assert!(seen.is_disjoint(&BTreeSet::from(['0', 'o', '1', 'l'])));
    }

    #[test]
    fn ids_do_not_repeat() {
        let ids: BTreeSet<String> = (0..1000).map(|_| random(CONNECTION).unwrap()).collect();
        assert_eq!(ids.len(), 1000);
    }
}
