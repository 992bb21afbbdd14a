//! Simulated providers over real sockets, and what else the suites share.
//!
//! [`GitHub`] is a REST API with accounts of every kind of token, organizations, repositories, issues,
//! pull requests and commits. It runs on a thread of its own, so that tests of any kind can use it,
//! those that block on a child process included, and it stops when it is dropped. [`Elsewhere`] is
//! another origin, which nothing should
//! reach unasked. Both can be told to misbehave ([`Fault`]) and keep a journal of what reached them
//! ([`Peer::requests`]).
//!
//! [`Recorded`] loads exchanges with the real providers; [`ScriptedNames`] is a resolver that says
//! what a test wants.
//!
//! Nothing here returns an error: a simulation that cannot be set up ends its test by a panic.
//!
//! ```
//! use jackfield_tests::{Account, Fault, GitHub};
//!
//! let github = GitHub::start();
//! let token = github.add(Account::classic("ada", &["repo"]));
//! github.fault_once("/user", Fault::secondary_limit());
//! // ... a connector checks the token against `github.api_url()` ...
//! let arrived = github.requests();
//! assert!(arrived.iter().all(|request| request.header("authorization").is_some()));
//! # let _ = token;
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a simulation that cannot be set up ends its test"
)]

#[cfg(test)]
mod client;
mod compiled;
mod github;
pub mod jira;
mod names;
mod peer;
mod recorded;
pub mod token;

pub use compiled::compiled;
pub use github::{Account, GitHub, Policy, Standing, commit_time, issue_times};
pub use jira::Jira;
pub use names::ScriptedNames;
pub use peer::{Certificate, Elsewhere, Fault, Peer, ReceivedRequest};
pub use recorded::Recorded;
