//! The JSON Schema of the manifest, for authors' editors and for hosts in other languages.
//!
//! `wit/manifest.schema.json` holds it, and a test fails when the two differ. To write it again:
//! `JACKFIELD_BLESS=1 cargo test --workspace --lib schema`.

use serde_json::Value;

use crate::manifest::model::Manifest;

/// The schema (draft 2020-12), from the types of this crate. What a schema cannot say, such as that
/// names are unique, [`Manifest::parse`] checks.
pub fn schema() -> Value {
    schemars::schema_for!(Manifest).to_value()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::Path;

    #[test]
    fn the_schema_beside_the_contract_is_that_of_the_types() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/manifest.schema.json");
        let current = format!("{}\n", serde_json::to_string_pretty(&super::schema()).unwrap());
        if std::env::var_os("JACKFIELD_BLESS").is_some() {
            std::fs::write(&path, &current).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, current, "run it once with JACKFIELD_BLESS=1, and commit the schema");
    }
}
