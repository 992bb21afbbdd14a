//! What a smaller page helps against: a response that was too large or too slow, and one record that
//! alone is larger than the host takes.

use crate::contract::failure::{Advice, Cause, Effect, Failure, Remedy, Retry, Warning};
use crate::contract::report::Page;
use crate::limits::MAX_RECORD_BYTES;

/// The code of a warning that names a record which was left out.
pub const RECORD_SKIPPED: &str = "record-skipped";

/// The code of the failure that a record causes which alone is too large.
pub const RECORD_TOO_LARGE: &str = "record-too-large";

/// Statuses by which a gateway or a server says that a response took too long to make.
const GAVE_UP: [u16; 3] = [408, 502, 504];

/// Whether a request for fewer records may succeed where this exchange did not.
pub(crate) fn is_heavy(exchange: Result<u16, &Failure>) -> bool {
    match exchange {
        Ok(status) => GAVE_UP.contains(&status),
        Err(failure) => match failure.cause {
            Cause::TooLarge => true,
            // A server that was never reached is not slow.
            Cause::Timeout => failure.evidence.iter().any(|one| one.value == "answer"),
            _ => false,
        },
    }
}

/// The records of one page that are larger than [`MAX_RECORD_BYTES`]: keys and bytes.
#[derive(Default)]
pub(crate) struct Oversized(Vec<(String, usize)>);

impl Oversized {
    /// Whether the record with this text is one of them.
    pub(crate) fn takes(record: &str) -> bool {
        record.len() > MAX_RECORD_BYTES
    }

    pub(crate) fn add(&mut self, key: String, bytes: usize) {
        self.0.push((key, bytes));
    }

    /// The page without these records, with a warning for each; where they may not be skipped, the
    /// failure that names the first of them.
    pub(crate) fn judge(&self, mut page: Page, skip: bool) -> Result<Page, Failure> {
        match self.0.first() {
            Some((key, bytes)) if !skip => Err(refused(key, *bytes)),
            _ => {
                page.warnings.extend(self.0.iter().map(|(key, bytes)| skipped(key, *bytes)));
                Ok(page)
            }
        }
    }
}

/// The failure of a page whose record of that key is too large.
pub(crate) fn refused(key: &str, bytes: usize) -> Failure {
    Failure::new(Cause::TooLarge, format!("{} and cannot be read.", sentence(key, bytes)))
        .code(RECORD_TOO_LARGE)
        .retry(Retry::AfterUserAction)
        .effect(Effect::None)
        .advise(SKIP_OVERSIZED, Advice::SkipOversized)
        .evidence("record", key)
        .evidence("bytes", bytes.to_string())
}

/// What a person can do about a record that alone is too large.
pub const SKIP_OVERSIZED: &str = "Leave such records out: a warning names each of them.";

fn skipped(key: &str, bytes: usize) -> Warning {
    Warning {
        code: RECORD_SKIPPED.to_owned(),
        message: format!("{} and was left out.", sentence(key, bytes)),
        remedies: vec![Remedy::new("Open the record at the provider.")],
    }
}

fn sentence(key: &str, bytes: usize) -> String {
    format!("The record {key} has {bytes} bytes, more than the limit of {MAX_RECORD_BYTES},")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::contract::report::Progress;

    fn page() -> Page {
        Page { changes: Vec::new(), progress: Progress::More("c".to_owned()), warnings: Vec::new() }
    }

    #[test]
    fn a_record_is_too_large_one_byte_past_the_limit() {
        assert!(!Oversized::takes(&"x".repeat(MAX_RECORD_BYTES)));
        assert!(Oversized::takes(&"x".repeat(MAX_RECORD_BYTES + 1)));
    }

    #[test]
    fn oversized_records_are_named_whether_they_fail_the_page_or_are_skipped() {
        let mut found = Oversized::default();
        assert!(found.judge(page(), false).unwrap().warnings.is_empty());
        found.add("A-1".to_owned(), MAX_RECORD_BYTES + 1);
        found.add("A-2".to_owned(), MAX_RECORD_BYTES + 2);
        let failure = found.judge(page(), false).unwrap_err();
        assert_eq!((&failure.cause, failure.code.as_str()), (&Cause::TooLarge, RECORD_TOO_LARGE));
        assert!(failure.message.contains("A-1") && !failure.remedies.is_empty());
        let warnings = found.judge(page(), true).unwrap().warnings;
        let named: Vec<bool> =
            warnings.iter().zip(["A-1", "A-2"]).map(|(w, key)| w.message.contains(key)).collect();
        assert_eq!(named, [true, true]);
        assert!(warnings.iter().all(|warning| warning.code == RECORD_SKIPPED));
    }

    #[test]
    fn a_smaller_page_helps_against_size_and_slowness_alone() {
        let timeout = |stage| Failure::new(Cause::Timeout, "Late.").evidence("stage", stage);
        let cases = [
            ("408", Ok(408), true),
            ("502", Ok(502), true),
            ("504", Ok(504), true),
            ("200", Ok(200), false),
            ("500", Ok(500), false),
            ("503", Ok(503), false),
            ("too large", Err(Failure::new(Cause::TooLarge, "Long.")), true),
            ("a slow response", Err(timeout("answer")), true),
            ("no connection in time", Err(timeout("connect")), false),
            ("unreachable", Err(Failure::new(Cause::Unreachable, "Gone.")), false),
            ("denied", Err(Failure::new(Cause::Denied, "No.")), false),
        ];
        for (name, exchange, expected) in cases {
            assert_eq!(is_heavy(exchange.as_ref().copied()), expected, "{name}");
        }
    }
}
