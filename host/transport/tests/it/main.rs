//! The transport against real sockets on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod addresses;
mod bodies;
mod connections;
mod failures;
mod headers;
mod probing;
mod proxies;
mod server;
mod support;
mod tls;
