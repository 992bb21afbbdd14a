//! The program as a person or a script runs it, against a simulated GitHub over a real socket.
//!
//! Every run is a process of its own, with a data directory and an environment of its own, without a
//! terminal. What is asserted is what a user has: the exit code, the two streams, and what reached
//! the provider.

mod components;
mod doctor;
mod flow;
pub(crate) mod home;
mod jira;
mod provider;
mod reading;
mod readme;
mod sharing;
mod store;
mod streams;
mod tokens;
mod usage;

pub(crate) use home::{Home, MAKES_A_STORE, Run, TOKEN};
