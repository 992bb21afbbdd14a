//! What crosses the boundary between host and guest: the generated types and their translation, and what a
//! guest says, cleaned before anyone sees it.

pub(crate) mod bindings;
pub mod failure;
pub mod json;
pub(crate) mod oversized;
pub mod report;
pub(crate) mod sanitize;
mod timestamp;
