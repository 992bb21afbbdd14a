//! The way out: one transport, one policy, one set of limits, and one memory of the providers' limits, for the
//! requests of all guests and for those of the platform itself.

use crate::egress::policy::EgressPolicy;
use crate::egress::quota::Ledger;
use crate::egress::transport::Transport;
use crate::limits::Limits;

/// Sends requests under one policy. It runs no guest and needs no engine.
pub struct Outbound {
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) policy: EgressPolicy,
    pub(crate) limits: Limits,
    pub(crate) ledger: Ledger,
}

impl Outbound {
    /// Sends by this transport what the policy allows, within these limits.
    pub fn new(transport: impl Transport, policy: EgressPolicy, limits: Limits) -> Self {
        Self::boxed(Box::new(transport), policy, limits)
    }

    pub(crate) fn boxed(
        transport: Box<dyn Transport>,
        policy: EgressPolicy,
        limits: Limits,
    ) -> Self {
        Self { transport, policy, limits, ledger: Ledger::default() }
    }
}
