//! What leaves the host and what comes back: where a request may go, with which secret, and what the guest
//! may see of the response.

pub(crate) mod attach;
pub(crate) mod budget;
pub(crate) mod call_inputs;
pub(crate) mod connection;
pub mod endpoint;
pub(crate) mod exchange;
pub(crate) mod guest_call;
pub mod header;
pub(crate) mod host_request;
pub(crate) mod http;
pub(crate) mod outbound;
pub mod policy;
pub mod probe;
pub(crate) mod quota;
pub mod redact;
pub(crate) mod relocation;
mod seen_secrets;
pub(crate) mod traffic;
pub mod transport;
pub(crate) mod transport_failure;
