//! What wit-bindgen generates from the contract. A test compares the file with `wit/`. To
//! regenerate it: `JACKFIELD_BLESS=1 cargo test -p jackfield-bindings`.
//!
//! Authors use the names that the crate's root re-exports, never these.
#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]

include!("bindings/generated.rs");
