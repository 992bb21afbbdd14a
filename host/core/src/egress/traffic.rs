//! What the requests of one instance share: the budget of its call, the secrets that it has used, the
//! provider's limits that it met, and what the servers said.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::contract::failure::{Failure, Remedy};
use crate::contract::report::Quota;
use crate::egress::budget::Budget;
use crate::egress::call_inputs::CallInputs;
use crate::egress::quota::LanesInUse;
use crate::egress::redact::Redactor;
use crate::egress::relocation::Relocation;
use crate::egress::seen_secrets::SeenSecrets;
use crate::limits::{Limits, MAX_LIST_ENTRIES};

/// Requests of one instance: `seen` and `lanes` last as long as the instance, the rest for one call.
pub(crate) struct Traffic {
    pub(crate) budget: Budget,
    pub(crate) seen: SeenSecrets,
    pub(crate) lanes: LanesInUse,
    /// What a server said of the connection's settings, the first of it.
    pub(crate) relocation: OnceLock<Relocation>,
    /// Whether the last exchange failed in a way that a smaller page may help against.
    pub(crate) heavy: AtomicBool,
    /// Remedies with advice that the guest was given during the call.
    advised: Mutex<Vec<Remedy>>,
    /// What the person gave for the call.
    pub(crate) inputs: CallInputs,
}

impl Traffic {
    /// That of a fresh instance.
    pub(crate) fn new() -> Self {
        Self {
            budget: Budget::default(),
            seen: SeenSecrets::new(),
            lanes: LanesInUse::default(),
            relocation: OnceLock::new(),
            heavy: AtomicBool::new(false),
            advised: Mutex::default(),
            inputs: CallInputs::default(),
        }
    }

    /// Fills the budget for one call, and forgets what belongs to the call before.
    pub(crate) fn begin(&mut self, limits: &Limits) {
        self.budget.reset(limits);
        self.relocation.take();
        self.heavy = AtomicBool::new(false);
        self.advised = Mutex::default();
        self.inputs = CallInputs::default();
    }

    /// Takes in what the connector says of the provider's limits.
    pub(crate) fn note_limit(&self, failure: &Failure) {
        self.lanes.note_limit(failure);
    }

    /// Remembers the failure's remedies that have advice.
    pub(crate) fn note_advice(&self, failure: &Failure) {
        let mut advised = self.advised.lock().unwrap_or_else(PoisonError::into_inner);
        for remedy in failure.remedies.iter().filter(|remedy| remedy.advice.is_some()) {
            if advised.len() < MAX_LIST_ENTRIES && !advised.contains(remedy) {
                advised.push(remedy.clone());
            }
        }
    }

    /// The remedies with advice that the guest was given during the call.
    pub(crate) fn advised(&self) -> Vec<Remedy> {
        self.advised.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a server said of the settings during the call. No setting holds a secret that was used.
    pub(crate) fn relocation(&self) -> Option<&Relocation> {
        self.relocation.get().filter(|moved| self.redactor().finds_nothing_in(&moved.value))
    }

    /// Whether the call's last exchange failed in a way that a smaller page may help against.
    pub(crate) fn was_heavy(&self) -> bool {
        self.heavy.load(Ordering::Relaxed)
    }

    /// What is left of the provider's limit, as the last response said.
    pub(crate) fn quota(&self) -> Option<Quota> {
        self.lanes.told()
    }

    /// Removes the secrets that were used so far from texts.
    pub(crate) fn redactor(&self) -> Arc<Redactor> {
        self.seen.redactor()
    }
}
