//! Loads connectors, proves what they may do, sandboxes and calls them.

use std::future::Future;
use std::pin::Pin;

pub mod failure;
pub mod manifest;
pub mod policy;
pub mod report;
pub mod secret;
pub mod transport;

pub use policy::{Denial, EgressPolicy, Reach};

/// A boxed future, as the traits return it so that they can be used as trait objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
