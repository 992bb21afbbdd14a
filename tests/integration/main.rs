//! The suites that need several rooms, or the program: one binary.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod canary;
mod chance;
mod hostile;
mod keyring;
mod kill;
mod limits;
mod processes;
mod program;
mod recorded;
mod sockets;
mod streams;
mod structure;
mod support;
