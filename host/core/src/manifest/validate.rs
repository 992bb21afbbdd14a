//! What a manifest must be beyond its JSON shape.

use super::Manifest;
use crate::failure::FieldError;

/// One thing that is wrong with a manifest.
pub type ManifestProblem = FieldError;

/// A manifest that this host does not accept. The connector's author acts.
#[derive(Debug, thiserror::Error)]
#[error("invalid manifest: {}", summary(.problems))]
pub struct ManifestError {
    /// All that is wrong, in the order of the document. At least one.
    pub problems: Vec<ManifestProblem>,
}

fn summary(problems: &[ManifestProblem]) -> String {
    problems.iter().map(|p| format!("{} {}", p.pointer, p.message)).collect::<Vec<_>>().join("; ")
}

impl Manifest {
    /// The manifest in this text.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] with everything that is wrong.
    pub fn parse(json: &str) -> Result<Self, ManifestError> {
        serde_json::from_str(json).map_err(|error| ManifestError {
            problems: vec![FieldError { pointer: String::new(), message: error.to_string() }],
        })
    }
}
