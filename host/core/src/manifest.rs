//! What a connector declares of itself, as JSON, in `describe`, and what the host makes of it: the
//! form's inputs and secrets, the templates of its endpoints, the shapes of its credentials.

pub mod input;
mod limits;
mod model;
mod name;
#[cfg(feature = "schema")]
mod schema;
pub mod secret_kind;
pub mod template;
mod unknown;
mod validate;

pub use limits::*;
pub use model::*;
#[cfg(feature = "schema")]
pub use schema::schema;
pub use validate::{ManifestError, ManifestProblem};
