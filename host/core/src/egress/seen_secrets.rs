//! The secrets that the requests of one instance carried so far, with the redactor that removes them from
//! everything that the guest sees or says afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use crate::egress::redact::Redactor;
use crate::secret::SecretText;

/// Kept until the instance is gone, because what a guest has seen may come back in any later text.
pub(crate) struct SeenSecrets(Mutex<Known>);

struct Known {
    spellings: Vec<SecretText>,
    redactor: Arc<Redactor>,
}

impl SeenSecrets {
    /// No secret so far.
    pub(crate) fn new() -> Self {
        let redactor = Arc::new(Redactor::new(std::iter::empty()));
        Self(Mutex::new(Known { spellings: Vec::new(), redactor }))
    }

    /// The redactor for all secrets so far.
    pub(crate) fn redactor(&self) -> Arc<Redactor> {
        self.redactor_with(std::iter::empty())
    }

    /// The redactor for these texts too. It is built again only if one of them is new.
    pub(crate) fn redactor_with<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Arc<Redactor> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.spellings.len();
        for text in texts {
            if !known.spellings.iter().any(|spelling| spelling.expose_secret() == text) {
                known.spellings.push(SecretText::new(text.to_owned()));
            }
        }
        if known.spellings.len() > before {
            let all = known.spellings.iter().map(SecretText::expose_secret);
            known.redactor = Arc::new(Redactor::new(all));
        }
        known.redactor.clone()
    }
}
