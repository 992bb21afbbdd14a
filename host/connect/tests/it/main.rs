//! The life of connections to GitHub, with the real component, a scripted provider and a real store.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod checking;
mod connecting;
mod reading;
mod registry;
mod support;
