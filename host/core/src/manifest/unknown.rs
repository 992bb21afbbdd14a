//! Fields that this host does not know: typing errors, or those of a newer format.

use serde_json::Value;

use crate::contract::failure::FieldError;
use crate::contract::json::parse_bounded;
use crate::manifest::model::Manifest;

use super::limits::MAX_MANIFEST_BYTES;

impl Manifest {
    /// JSON pointers to the fields that this host passes over, in the order of the document; none
    /// where the text is no manifest, of which [`Manifest::parse`] says why.
    pub fn unknown_fields(json: &str) -> Vec<String> {
        let Ok(written) = parse_bounded(json, MAX_MANIFEST_BYTES) else { return Vec::new() };
        let known = serde_json::from_value::<Self>(written.clone()).and_then(serde_json::to_value);
        let mut unknown = Vec::new();
        if let Ok(known) = known {
            compare(&written, &known, &mut Vec::new(), &mut unknown);
        }
        unknown
    }
}

/// Every known field is written, absent ones as null, so that what is not written is not known.
fn compare(written: &Value, known: &Value, path: &mut Vec<String>, unknown: &mut Vec<String>) {
    match (written, known) {
        (Value::Object(written), Value::Object(known)) => {
            for (name, value) in written {
                path.push(name.clone());
                match known.get(name) {
                    Some(known) => compare(value, known, path, unknown),
                    None => unknown.push(pointer(path)),
                }
                path.pop();
            }
        }
        (Value::Array(written), Value::Array(known)) => {
            for (index, (value, known)) in written.iter().zip(known).enumerate() {
                path.push(index.to_string());
                compare(value, known, path, unknown);
                path.pop();
            }
        }
        _ => {}
    }
}

fn pointer(path: &[String]) -> String {
    FieldError::at(path.iter().map(String::as_str), "").pointer
}
