//! What leaves the host and what comes back: where a request may go, with which secret, and what the guest
//! may see of the response.

pub(crate) mod attach;
pub mod endpoint;
pub(crate) mod exchange;
pub(crate) mod given;
pub mod header;
pub(crate) mod lent;
pub(crate) mod moved;
pub mod policy;
pub mod probe;
pub(crate) mod quota;
pub mod redact;
pub mod transport;
pub(crate) mod unreached;
