//! The secrets that were lent to the exchanges of one instance, and what finds them in everything
//! that the guest gets to see or says afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use crate::egress::redact::Redactor;
use crate::secret::SecretText;

/// Kept until the instance is gone, because what a guest has seen may come back in any later text.
pub(crate) struct Lent(Mutex<Known>);

struct Known {
    spellings: Vec<SecretText>,
    redactor: Arc<Redactor>,
}

impl Lent {
    /// None so far.
    pub(crate) fn new() -> Self {
        let redactor = Arc::new(Redactor::new(std::iter::empty()));
        Self(Mutex::new(Known { spellings: Vec::new(), redactor }))
    }

    /// What finds all that was lent so far.
    pub(crate) fn redactor(&self) -> Arc<Redactor> {
        self.redactor_with(std::iter::empty())
    }

    /// What finds these texts too. It is made anew only where one of them is new.
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
