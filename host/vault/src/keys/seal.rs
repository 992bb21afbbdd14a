//! Sealing and opening one secret; the keys of each purpose.
//!
//! HKDF-SHA-256 (RFC 5869) derives every working key from a master key: the store's id is the
//! salt, the purpose is the info. A secret is sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha)
//! under a random nonce of 192 bits. The associated data is the list of [`Binding`]'s parts, each
//! preceded by its length as eight bytes, little endian: no two lists have the same bytes.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use jackfield_host::secret::SecretText;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::{KEY_BYTES, KeyId, MasterKey};
use crate::Error;

const LABEL: &str = "jackfield-vault/secret/1";
const SECRETS: &str = "jackfield-vault/seal-secrets/1";
const CHECK: &str = "jackfield-vault/check-value/1";
const OTHER: &str = "jackfield-vault/derived/1/";

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// What a sealed secret belongs to. It opens with exactly these and no others.
pub(crate) struct Binding<'a> {
    pub(crate) owner: &'a str,
    pub(crate) runtime: &'a str,
    pub(crate) connector: &'a str,
    pub(crate) method: &'a str,
    /// The text of the column, byte for byte: where the secret may be sent depends on it.
    pub(crate) settings: &'a str,
    pub(crate) connection: &'a str,
    pub(crate) secret: &'a str,
    pub(crate) generation: u64,
}

impl Binding<'_> {
    fn associated_data(&self, key: &KeyId) -> Vec<u8> {
        let generation = self.generation.to_le_bytes();
        let texts = [
            LABEL,
            key.as_str(),
            self.owner,
            self.runtime,
            self.connector,
            self.method,
            self.settings,
            self.connection,
            self.secret,
        ];
        let mut data = Vec::new();
        for part in texts.map(str::as_bytes).into_iter().chain([generation.as_slice()]) {
            data.extend((part.len() as u64).to_le_bytes());
            data.extend(part);
        }
        data
    }

    /// The error of a secret that does not open.
    pub(crate) fn unsealable(&self) -> Error {
        Error::Unsealable { connection: self.connection.to_owned(), secret: self.secret.to_owned() }
    }
}

/// A secret as its row holds it.
pub(crate) struct Sealed {
    pub(crate) key: KeyId,
    pub(crate) nonce: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

impl MasterKey {
    #[expect(clippy::expect_used, reason = "the length is a constant within the limit")]
    fn derived(&self, store: &str, info: &[&str]) -> Zeroizing<[u8; KEY_BYTES]> {
        let mut derived = Zeroizing::new([0; KEY_BYTES]);
        let info: Vec<&[u8]> = info.iter().map(|part| part.as_bytes()).collect();
        Hkdf::<Sha256>::new(Some(store.as_bytes()), self.bytes.as_slice())
            .expand_multi_info(&info, derived.as_mut_slice())
            .expect("one block of the 255 that HKDF gives (RFC 5869, section 2.3)");
        derived
    }

    /// A value that tells this key from another one of the same id, and tells nothing else of it.
    pub(crate) fn check_value(&self, store: &str) -> [u8; KEY_BYTES] {
        *self.derived(store, &[CHECK])
    }

    /// The key of a purpose outside the vault.
    pub(crate) fn purpose(&self, store: &str, purpose: &str) -> Zeroizing<[u8; KEY_BYTES]> {
        self.derived(store, &[OTHER, purpose])
    }

    fn cipher(&self, store: &str) -> XChaCha20Poly1305 {
        let key = self.derived(store, &[SECRETS]);
        XChaCha20Poly1305::new((&*key).into())
    }

    /// The secret, sealed for that place under a new nonce.
    pub(crate) fn seal(
        &self,
        store: &str,
        binding: &Binding<'_>,
        secret: &SecretText,
    ) -> Result<Sealed, Error> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)?;
        let plain = secret.expose_secret().as_bytes();
        // Room for the tag from the start: growing would leave a copy of the secret behind.
        let mut buffer = Zeroizing::new(Vec::with_capacity(plain.len() + TAG_BYTES));
        buffer.extend_from_slice(plain);
        self.cipher(store)
            .encrypt_in_place(
                &XNonce::from(nonce),
                &binding.associated_data(&self.id),
                &mut *buffer,
            )
            .map_err(|_| binding.unsealable())?;
        Ok(Sealed {
            key: self.id.clone(),
            nonce: nonce.to_vec(),
            ciphertext: std::mem::take(&mut *buffer),
        })
    }

    /// The secret that was sealed for that place.
    ///
    /// # Errors
    ///
    /// [`Error::Unsealable`] when it was sealed for another place, with other bytes, or altered.
    pub(crate) fn open(
        &self,
        store: &str,
        binding: &Binding<'_>,
        sealed: Sealed,
    ) -> Result<SecretText, Error> {
        let nonce: [u8; NONCE_BYTES] =
            sealed.nonce.as_slice().try_into().map_err(|_| binding.unsealable())?;
        let mut buffer = Zeroizing::new(sealed.ciphertext);
        self.cipher(store)
            .decrypt_in_place(
                &XNonce::from(nonce),
                &binding.associated_data(&self.id),
                &mut *buffer,
            )
            .map_err(|_| binding.unsealable())?;
        match String::from_utf8(std::mem::take(&mut *buffer)) {
            Ok(text) => Ok(SecretText::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(binding.unsealable())
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    const STORE: &str = "store";

    fn binding() -> Binding<'static> {
        Binding {
            owner: "ann",
            runtime: "main",
            connector: "github",
            method: "token",
            settings: "{}",
            connection: "abc",
            secret: "token",
            generation: 3,
        }
    }

    fn sealed(key: &MasterKey) -> Sealed {
        key.seal(STORE, &binding(), &SecretText::new("hunter2".to_owned())).unwrap()
    }

    #[test]
    fn a_secret_opens_where_it_was_sealed() {
        let key = MasterKey::random().unwrap();
        for text in ["", "hunter2", "päss\nword", &"x".repeat(100_000)] {
            let sealed = key.seal(STORE, &binding(), &SecretText::new(text.to_owned())).unwrap();
            assert_eq!(sealed.ciphertext.len(), text.len() + TAG_BYTES);
            let opened = key.open(STORE, &binding(), sealed).unwrap();
            assert_eq!(opened.expose_secret(), text);
        }
    }

    #[test]
    fn a_secret_opens_nowhere_else() {
        let key = MasterKey::random().unwrap();
        let cases: [(&str, Binding<'_>); 10] = [
            ("owner", Binding { owner: "bob", ..binding() }),
            ("runtime", Binding { runtime: "test", ..binding() }),
            ("connector", Binding { connector: "jira", ..binding() }),
            ("method", Binding { method: "app", ..binding() }),
            ("settings", Binding { settings: "{ }", ..binding() }),
            ("connection", Binding { connection: "abd", ..binding() }),
            ("secret", Binding { secret: "refresh", ..binding() }),
            ("older generation", Binding { generation: 2, ..binding() }),
            ("newer generation", Binding { generation: 4, ..binding() }),
            ("moved boundary", Binding { connection: "ab", secret: "ctoken", ..binding() }),
        ];
        for (name, other) in cases {
            assert!(key.open(STORE, &other, sealed(&key)).is_err(), "{name}");
        }
        assert!(key.open("another store", &binding(), sealed(&key)).is_err());
    }

    #[test]
    fn another_key_opens_nothing_even_under_the_same_id() {
        let key = MasterKey::random().unwrap();
        let other = MasterKey { id: key.id.clone(), ..MasterKey::random().unwrap() };
        let renamed = MasterKey { id: "k".parse().unwrap(), bytes: key.bytes.clone() };
        assert!(other.open(STORE, &binding(), sealed(&key)).is_err());
        assert!(renamed.open(STORE, &binding(), sealed(&key)).is_err());
        assert_ne!(key.check_value(STORE), other.check_value(STORE));
    }

    #[test]
    fn every_altered_bit_is_noticed() {
        let key = MasterKey::random().unwrap();
        let length = sealed(&key).ciphertext.len();
        for bit in 0..8 * length {
            let mut altered = sealed(&key);
            altered.ciphertext[bit / 8] ^= 1 << (bit % 8);
            assert!(key.open(STORE, &binding(), altered).is_err(), "bit {bit}");
        }
        for kept in 0..length {
            let mut altered = sealed(&key);
            altered.ciphertext.truncate(kept);
            assert!(key.open(STORE, &binding(), altered).is_err(), "{kept} bytes");
        }
        for nonce in [vec![], vec![0; NONCE_BYTES - 1], vec![0; NONCE_BYTES], vec![0; 25]] {
            let altered = Sealed { nonce, ..sealed(&key) };
            assert!(key.open(STORE, &binding(), altered).is_err());
        }
    }

    #[test]
    fn one_secret_is_never_sealed_alike_twice() {
        let key = MasterKey::random().unwrap();
        assert_ne!(sealed(&key).ciphertext, sealed(&key).ciphertext);
    }

    #[test]
    fn every_purpose_has_a_key_of_its_own() {
        let key = MasterKey::random().unwrap();
        let keys = [
            *key.purpose(STORE, "a"),
            *key.purpose(STORE, "b"),
            *key.purpose("another store", "a"),
            *key.purpose(STORE, ""),
            key.check_value(STORE),
            *key.derived(STORE, &[SECRETS]),
            *key.bytes,
        ];
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[..index].contains(one), "{index}");
        }
        assert_eq!(*key.purpose(STORE, "a"), keys[0]);
    }
}
