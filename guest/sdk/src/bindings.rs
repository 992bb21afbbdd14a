//! What wit-bindgen generates from the contract: the only `generate!` call.
//!
//! Authors use the names that the crate's root re-exports, never these.
#![allow(
    missing_docs,
    unsafe_code,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]

wit_bindgen::generate!({
    world: "plugin",
    path: "../../wit",
    additional_derives: [PartialEq, Eq],
    pub_export_macro: true,
    default_bindings_module: "jackfield_guest::bindings",
});
