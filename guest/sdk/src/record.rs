//! Records that pass through as the provider wrote them.
//!
//! Parsing a page into values and writing it again costs several times what scanning it does. So ask
//! for a `Vec<&RawValue>`, parse from each record the few fields that matter, and hand the text on.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Cause, Failure};

/// The few fields of a record that matter, as `T`. Fields that `T` does not name are skipped, not built.
///
/// # Errors
///
/// [`Cause::Protocol`]: the record lacks what `T` needs.
pub fn parse<'a, T: Deserialize<'a>>(record: &'a RawValue) -> Result<T, Failure> {
    serde_json::from_str(record.get()).map_err(|error| {
        Failure::new(Cause::Protocol, "A record of the service has an unexpected shape.")
            .evidence("parser", &error.to_string())
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Entry {
        id: u64,
    }

    #[test]
    fn a_record_gives_what_is_asked_for_and_keeps_its_text() {
        let page = r#"[{"title":"a \"b\"", "id": 7,  "deep":[{}]}]"#;
        let records: Vec<&RawValue> = serde_json::from_str(page).unwrap();
        let entry: Entry = parse(records.first().unwrap()).unwrap();
        assert_eq!(entry.id, 7);
        assert_eq!(records.first().unwrap().get(), page.trim_matches(['[', ']']));
    }

    #[test]
    fn a_record_without_its_key_is_a_failure() {
        let records: Vec<&RawValue> =
            serde_json::from_str(r#"[{}, {"id":-1}, "x", null]"#).unwrap();
        for record in records {
            assert_eq!(parse::<Entry>(record).err().unwrap().cause, Cause::Protocol);
        }
    }
}
