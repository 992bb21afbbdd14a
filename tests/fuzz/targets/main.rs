//! Every fuzz target, one file each.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod addresses;
mod component;
mod guest_answers;
mod guest_cursors;
mod headers;
mod json;
mod manifests;
mod records;
mod records_in_wasm;
mod redaction;
mod settings;
