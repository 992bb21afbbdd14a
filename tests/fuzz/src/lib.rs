//! What the fuzz targets share: edits of bytes, mangled answers of providers, the guests, and what must
//! hold of their outcomes.
//!
//! A target is a function over a value that bolero makes of bytes. In `cargo test` on a stable compiler
//! each runs for a second with random bytes; `BOLERO_RANDOM_TEST_TIME_MS` says otherwise, and CI does.
//! The targets are in `targets`, one file each, which says what is fed and what must hold.
//!
//! ```console
//! $ BOLERO_RANDOM_TEST_TIME_MS=60000 cargo test -p jackfield-fuzz
//! $ BOLERO_RANDOM_SEED=... cargo test -p jackfield-fuzz addresses::redirect  # a failure again
//! $ cargo bolero test -p jackfield-fuzz addresses::redirect  # libFuzzer, with a nightly compiler
//! ```
//!
//! | module | what it knows |
//! |---|---|
//! | [`edit`] | small changes of a text, JSON's own among them |
//! | [`answer`] | answers, arbitrary or made of real ones |
//! | [`guests`] | the connectors, a line each; how to call them and what must hold |
//!
//! Real answers are shapes written down here, and recordings where `JACKFIELD_RECORDED` names a folder.

pub mod answer;
pub mod edit;
pub mod guests;
