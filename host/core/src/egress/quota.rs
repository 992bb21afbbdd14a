//! The provider's rate limits, kept for each credential.
//!
//! What answers tell of a limit is remembered, in this process, for the credential that they were
//! given to. Connections that use the same credential share it.
//!
//! - **A request that cannot go now fails at once**, with the time, and nothing is sent: while a quota
//!   is used up (`remaining` is 0 and the reset lies ahead), after a refusal that names a wait (429, or
//!   403 and 503 with `retry-after`), and after a failure in which the connector itself says how long to
//!   wait. Going on while limited may get a provider's users banned.
//! - **Few requests at once.** A credential has a bounded number in flight; others wait for their turn
//!   within their call's deadline.
//! - **Changes are spaced**, where the manifest asks for it.
//!
//! Nothing here waits for a limit to end: that is for the caller, who knows how long it may.
//!
//! The provider's clock counts: a reset is taken as far from now as it is from the answer's `date`.

mod headers;
mod ledger;

pub(crate) use headers::QuotaHeaders;
pub(crate) use ledger::{Lane, LanesInUse, Ledger, Why, held_up, no_turn};
