//! Secrets: what holds one in memory, and the trait by which the platform lends one for a call.
//!
//! A value leaves its [`SecretText`] only through [`SecretText::expose_secret`], so that every
//! access can be searched for. The type has no `Debug`, no `Display` and no `Serialize`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::BoxFuture;
use crate::contract::failure::Timestamp;

/// A secret's text, wiped from memory when it is dropped.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The parts in a row, built without intermediate copies.
    pub(crate) fn joined(parts: &[&str]) -> Self {
        let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| text.push_str(part));
        Self::new(text)
    }

    /// The text itself. Name every use in a review.
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

/// What may be known of a secret without its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretInfo {
    /// Which of the manifest's kinds its shape was recognized as.
    pub kind: Option<String>,
    /// Scopes known to be granted (OAuth); empty when unknown.
    pub scopes: Vec<String>,
    /// When it ends, where known.
    pub expires_at: Option<Timestamp>,
    /// Names the secret's present value among all secrets of the platform, whoever's they are: another value
    /// has another revision. Two values with one revision would share what is known of their limits.
    /// By it, the host refuses a request that the provider's limit holds up without opening the secret.
    #[serde(skip)]
    pub revision: Option<String>,
}

/// Why the platform could not lend a secret. The embedder acts.
#[derive(Debug, thiserror::Error)]
#[error("failed to open the secret `{name}`: {reason}")]
pub struct SecretStoreError {
    /// The secret's name in the manifest.
    pub name: String,
    /// A lower-case fragment that names no secret.
    pub reason: String,
}

/// The secrets of one connection, as the platform keeps them.
///
/// The host asks for a value at the last moment, once per exchange that needs it, and drops it
/// when the exchange ends.
pub trait SecretStore: Send + Sync {
    /// What is known of the secret of that name; `None` when the connection has none.
    fn info<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretInfo>, SecretStoreError>>;

    /// The secret's value; `None` when the connection has none.
    fn reveal<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretText>, SecretStoreError>>;
}

/// Secrets held in memory: those of a connection that is not stored yet, and those of tests.
#[derive(Default)]
pub struct MemorySecrets(BTreeMap<String, (SecretText, SecretInfo)>);

impl MemorySecrets {
    /// None at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: SecretText, info: SecretInfo) -> Self {
        self.0.insert(name.into(), (value, info));
        self
    }
}

impl SecretStore for MemorySecrets {
    fn info<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretInfo>, SecretStoreError>> {
        let info = self.0.get(name).map(|(_, info)| info.clone());
        Box::pin(async move { Ok(info) })
    }

    fn reveal<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretText>, SecretStoreError>> {
        let value = self.0.get(name).map(|(value, _)| value.clone());
        Box::pin(async move { Ok(value) })
    }
}
