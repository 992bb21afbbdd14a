//! Where guest code runs: what a component must be, one instance a call, and the bounds of its time, memory
//! and imports.

pub(crate) mod cache;
pub(crate) mod component;
pub(crate) mod engine;
pub(crate) mod log;
pub(crate) mod runtime;
pub(crate) mod session;
pub(crate) mod state;
mod wasi;
