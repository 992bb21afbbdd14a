//! The key ring: master keys with ids, one of them primary, and its two text forms.
//!
//! In a file or in the system keyring, JSON:
//!
//! ```json
//! {
//!   "format": "jackfield-keys/1",
//!   "store": "hq2mzn8...",
//!   "primary": "k-7f3mx2qa",
//!   "keys": [{ "id": "k-7f3mx2qa", "key": "<32 bytes in Base64>" }]
//! }
//! ```
//!
//! `store` is the id of the one store that the ring serves; a ring without it serves any.
//!
//! In an environment variable, a list: `ID:KEY[,ID:KEY...]`. The first is the primary. Blanks and
//! line breaks around the parts do not count. Base64 is the standard alphabet, padded or not.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::error::InvalidRing;
use crate::{Error, id};

pub(crate) mod file;
pub(crate) mod place;
pub(crate) mod seal;
mod system;

pub use place::KeySource;

const FORMAT: &str = "jackfield-keys/1";
/// A ring of hundreds of keys fits; nothing longer is a ring.
pub(crate) const MAX_TEXT: u64 = 64 * 1024;
const MAX_ID: usize = 64;
/// Bytes of a master key, and of every key derived from one.
pub(crate) const KEY_BYTES: usize = 32;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name of a master key: 1 to 64 letters, digits, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct KeyId(String);

impl KeyId {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn random() -> Result<Self, Error> {
        Ok(Self(format!("k-{}", id::random(id::KEY)?)))
    }

    /// An id as the database holds it; it was checked before it was written.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for KeyId {
    type Err = InvalidKeyId;

    fn from_str(text: &str) -> Result<Self, InvalidKeyId> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let valid = (1..=MAX_ID).contains(&text.len()) && text.bytes().all(allowed);
        valid.then(|| Self(text.to_owned())).ok_or(InvalidKeyId)
    }
}

/// A text that is not a [`KeyId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key's id is 1 to 64 letters, digits, `.`, `_` or `-`")]
pub struct InvalidKeyId;

/// A master key. Nothing is sealed with it: the keys of each purpose are derived from it.
#[derive(Clone)]
pub(crate) struct MasterKey {
    pub(crate) id: KeyId,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
}

impl MasterKey {
    pub(crate) fn random() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self { id: KeyId::random()?, bytes })
    }

    fn parse(id: &str, text: &str, position: usize) -> Result<Self, InvalidRing> {
        let id: KeyId = id.parse().map_err(|_| InvalidRing::Id { position })?;
        let decoded = BASE64.decode(text).map(Zeroizing::new);
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        match decoded {
            Ok(decoded) if decoded.len() == KEY_BYTES => bytes.copy_from_slice(&decoded),
            _ => return Err(InvalidRing::Key { id }),
        }
        Ok(Self { id, bytes })
    }
}

/// Master keys, at least one, their ids distinct.
pub(crate) struct KeyRing {
    /// The store that the ring serves; a ring made by hand may not say.
    pub(crate) store: Option<String>,
    primary: KeyId,
    keys: Vec<MasterKey>,
}

impl KeyRing {
    /// A ring of one new key for that store.
    pub(crate) fn random(store: &str) -> Result<Self, Error> {
        let key = MasterKey::random()?;
        Ok(Self { store: Some(store.to_owned()), primary: key.id.clone(), keys: vec![key] })
    }

    fn new(
        store: Option<String>,
        primary: Option<KeyId>,
        keys: Vec<MasterKey>,
    ) -> Result<Self, InvalidRing> {
        for (position, key) in keys.iter().enumerate() {
            if keys.iter().take(position).any(|earlier| earlier.id == key.id) {
                return Err(InvalidRing::Duplicate { id: key.id.clone() });
            }
        }
        match primary {
            Some(primary) if keys.iter().any(|key| key.id == primary) => {
                Ok(Self { store, primary, keys })
            }
            _ => Err(InvalidRing::NoPrimary),
        }
    }

    /// The ring in the form of an environment variable.
    pub(crate) fn from_list(text: &str) -> Result<Self, InvalidRing> {
        let items = text.split(',').map(str::trim).enumerate();
        let keys = items
            .map(|(index, item)| {
                let position = index + 1;
                let (id, key) = item.split_once(':').ok_or(InvalidRing::Item { position })?;
                MasterKey::parse(id.trim(), key.trim(), position)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let primary = keys.first().map(|key| key.id.clone());
        Self::new(None, primary, keys)
    }

    /// The ring in the form of a file.
    pub(crate) fn from_json(text: &[u8]) -> Result<Self, InvalidRing> {
        // The parser's own message may quote the text.
        let ring: RingText = serde_json::from_slice(text)
            .map_err(|error| InvalidRing::Json { line: error.line(), column: error.column() })?;
        if ring.format != FORMAT {
            return Err(InvalidRing::Format);
        }
        let keys = ring.keys.iter().enumerate();
        let keys = keys
            .map(|(index, entry)| MasterKey::parse(&entry.id, &entry.key, index + 1))
            .collect::<Result<Vec<_>, _>>()?;
        Self::new(ring.store, ring.primary.parse().ok(), keys)
    }

    /// The text of a file.
    #[expect(clippy::expect_used, reason = "plain strings and lists, written to memory")]
    pub(crate) fn to_json(&self) -> Zeroizing<Vec<u8>> {
        let entry = |key: &MasterKey| KeyText {
            id: key.id.0.clone(),
            key: BASE64.encode(key.bytes.as_slice()),
        };
        let ring = RingText {
            format: FORMAT.to_owned(),
            store: self.store.clone(),
            primary: self.primary.0.clone(),
            keys: self.keys.iter().map(entry).collect(),
        };
        // Room from the start: growing would leave copies of the keys behind.
        let mut text = Zeroizing::new(Vec::with_capacity(512 + 256 * self.keys.len()));
        serde_json::to_writer_pretty(&mut *text, &ring).expect("nothing here can be refused");
        text.push(b'\n');
        text
    }

    pub(crate) fn primary(&self) -> &KeyId {
        &self.primary
    }

    pub(crate) fn key(&self, id: &KeyId) -> Option<&MasterKey> {
        self.keys.iter().find(|key| key.id == *id)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys.iter().map(|key| &key.id)
    }

    /// The ring with that key as its primary, before the others.
    pub(crate) fn with_primary(mut self, key: MasterKey) -> Self {
        self.primary = key.id.clone();
        self.keys.insert(0, key);
        self
    }

    /// The ring of that primary and of those keys in `keep` that it holds.
    pub(crate) fn reduced(mut self, primary: &KeyId, keep: &[KeyId]) -> Result<Self, InvalidRing> {
        self.keys.retain(|key| key.id == *primary || keep.contains(&key.id));
        Self::new(self.store, Some(primary.clone()), self.keys)
    }
}

#[derive(Serialize, Deserialize)]
struct RingText {
    format: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    primary: String,
    keys: Vec<KeyText>,
}

#[derive(Serialize, Deserialize)]
struct KeyText {
    id: String,
    key: String,
}

impl Drop for KeyText {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    const ONE: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    const TWO: &str = "YWJjZGVmZ2hpamFiY2RlZmdoaWphYmNkZWZnaGlqYWI";

    fn ids(ring: &KeyRing) -> Vec<&str> {
        ring.ids().map(KeyId::as_str).collect()
    }

    #[test]
    fn a_list_has_its_first_key_as_primary() {
        let ring = KeyRing::from_list(&format!(" a:{ONE} ,\n b.c_d-1 : {TWO}\n")).unwrap();
        assert_eq!(ids(&ring), ["a", "b.c_d-1"]);
        assert_eq!(ring.primary().as_str(), "a");
        assert_eq!(*ring.key(ring.primary()).unwrap().bytes, *b"01234567890123456789012345678901");
    }

    #[test]
    fn a_ring_survives_its_text() {
        let ring = KeyRing::from_list(&format!("a:{ONE},b:{TWO}")).unwrap();
        let ring = KeyRing { store: Some("s".to_owned()), ..ring };
        let read = KeyRing::from_json(&ring.to_json()).unwrap();
        assert_eq!(ids(&read), ["a", "b"]);
        assert_eq!(read.store.as_deref(), Some("s"));
        assert_eq!(read.to_json(), ring.to_json());
    }

    #[test]
    fn lists_that_are_no_ring_are_refused() {
        let long = "x".repeat(MAX_ID + 1);
        let id = |text: &str| text.parse::<KeyId>().unwrap();
        let cases = [
            ("empty", String::new(), InvalidRing::Item { position: 1 }),
            ("only a key", ONE.to_owned(), InvalidRing::Item { position: 1 }),
            ("trailing comma", format!("a:{ONE},"), InvalidRing::Item { position: 2 }),
            ("empty id", format!(":{ONE}"), InvalidRing::Id { position: 1 }),
            ("blank in id", format!("a:{ONE},b c:{TWO}"), InvalidRing::Id { position: 2 }),
            ("long id", format!("{long}:{ONE}"), InvalidRing::Id { position: 1 }),
            (
                "31 bytes",
                "a:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MA".to_owned(),
                InvalidRing::Key { id: id("a") },
            ),
            ("33 bytes", format!("a:{}", BASE64.encode([7; 33])), InvalidRing::Key { id: id("a") }),
            ("no Base64", "a:not base64!".to_owned(), InvalidRing::Key { id: id("a") }),
            ("no key", "a:".to_owned(), InvalidRing::Key { id: id("a") }),
            ("twice", format!("a:{ONE},b:{TWO},a:{TWO}"), InvalidRing::Duplicate { id: id("a") }),
        ];
        for (name, text, expected) in cases {
            assert_eq!(KeyRing::from_list(&text).err(), Some(expected), "{name}");
        }
    }

    #[test]
    fn an_id_of_the_greatest_length_is_accepted() {
        let longest = "x".repeat(MAX_ID);
        assert_eq!(longest.parse::<KeyId>().unwrap().as_str(), longest);
    }

    #[test]
    fn files_that_are_no_ring_are_refused_without_quoting_them() {
        let cases = [
            ("empty", String::new()),
            (
                "truncated",
                format!(r#"{{"format":"{FORMAT}","primary":"a","keys":[{{"id":"a","key":"{ONE}"#),
            ),
            (
                "a string in place of keys",
                format!(r#"{{"format":"{FORMAT}","primary":"a","keys":"{ONE}"}}"#),
            ),
            (
                "another format",
                format!(
                    r#"{{"format":"jackfield-keys/2","primary":"a","keys":[{{"id":"a","key":"{ONE}"}}]}}"#
                ),
            ),
            (
                "absent primary",
                format!(
                    r#"{{"format":"{FORMAT}","primary":"b","keys":[{{"id":"a","key":"{ONE}"}}]}}"#
                ),
            ),
            ("no keys", format!(r#"{{"format":"{FORMAT}","primary":"a","keys":[]}}"#)),
        ];
        for (name, text) in cases {
            let Err(error) = KeyRing::from_json(text.as_bytes()) else {
                panic!("{name} was accepted")
            };
            assert!(!format!("{error} {error:?}").contains(ONE), "{name}");
        }
    }

    #[test]
    fn a_reduced_ring_keeps_what_is_asked_for_and_its_primary() {
        let ring = KeyRing::from_list(&format!("a:{ONE},b:{TWO}")).unwrap();
        let ring = ring.with_primary(MasterKey::random().unwrap());
        let primary = ring.primary().clone();
        let ring = ring.reduced(&primary, &["b".parse().unwrap()]).unwrap();
        assert_eq!(ids(&ring), [primary.as_str(), "b"]);
        assert!(ring.reduced(&"a".parse().unwrap(), &[]).is_err());
    }
}
