//! Counts of the values that were changed, and how a person is told of them.

use std::fmt;
use std::ops::Add;

use crate::contract::failure::Warning;

/// The code of the warning that values of a page were changed.
pub const RECORDS_CHANGED: &str = "records-changed";

/// The values of a text that were changed, so that every parser reads it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changes {
    /// Strings in which half characters or NULs became U+FFFD, keys among them.
    pub strings: u64,
    /// Numbers that became strings.
    pub numbers: u64,
    /// Members of objects that were removed, because their key came again.
    pub members: u64,
    /// Byte order marks that were removed.
    pub marks: u64,
}

impl Changes {
    /// All of them together; 0 for a text that stayed as it was.
    pub fn total(&self) -> u64 {
        self.strings + self.numbers + self.members + self.marks
    }
}

impl Add for Changes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            strings: self.strings + other.strings,
            numbers: self.numbers + other.numbers,
            members: self.members + other.members,
            marks: self.marks + other.marks,
        }
    }
}

impl fmt::Display for Changes {
    /// As a part of a sentence: `2 strings got U+FFFD for broken characters, 1 number became a string`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.strings, "string got", "strings got", "U+FFFD for broken characters"),
            (self.numbers, "number became", "numbers became", "text, being out of range"),
            (self.members, "repeated key kept", "repeated keys kept", "the last value only"),
            (self.marks, "byte order mark", "byte order marks", "went"),
        ];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let parts = parts.map(|(count, one, many, rest)| {
            format!("{count} {} {rest}", if count == 1 { one } else { many })
        });
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

/// The records of one page that were changed.
#[derive(Debug, Default)]
pub(crate) struct ChangedRecords {
    records: u64,
    values: Changes,
}

impl ChangedRecords {
    /// Counts one record.
    pub(crate) fn add(&mut self, values: Changes) {
        self.records += u64::from(values.total() > 0);
        self.values = self.values + values;
    }

    /// What a person is told; `None` where no record was changed.
    pub(crate) fn warning(&self) -> Option<Warning> {
        let count = |number: u64, one: &str, many: &str| match number {
            1 => format!("1 {one}"),
            _ => format!("{number} {many}"),
        };
        let values = count(self.values.total(), "value", "values");
        let records = count(self.records, "record", "records");
        let verb = if self.values.total() == 1 { "was" } else { "were" };
        (self.records > 0).then(|| Warning {
            code: RECORDS_CHANGED.to_owned(),
            message: format!(
                "{values} in {records} {verb} changed, since strict JSON parsers refuse such values: {}.",
                self.values
            ),
            remedies: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_a_part_of_a_sentence() {
        for (changes, expected) in [
            ([1, 0, 0, 0], "1 string got U+FFFD for broken characters"),
            ([0, 2, 0, 0], "2 numbers became text, being out of range"),
            (
                [2, 1, 3, 1],
                "2 strings got U+FFFD for broken characters, 1 number became text, being out of range, \
                 3 repeated keys kept the last value only, 1 byte order mark went",
            ),
        ] {
            let [strings, numbers, members, marks] = changes;
            let changes = Changes { strings, numbers, members, marks };
            assert_eq!(changes.to_string(), expected);
            assert_eq!(changes.total(), strings + numbers + members + marks);
        }
    }

    #[test]
    fn the_warning_counts_values_and_the_records_that_they_are_in() {
        let values = |strings, members| Changes { strings, members, ..Changes::default() };
        for (records, expected) in [
            (&[values(0, 0)][..], None),
            (&[values(0, 0), values(1, 0)], Some("1 value in 1 record was changed, ")),
            (&[values(1, 2)], Some("3 values in 1 record were changed, ")),
            (
                &[values(1, 0), values(0, 0), values(1, 1)],
                Some("3 values in 2 records were changed, "),
            ),
        ] {
            let mut changed = ChangedRecords::default();
            records.iter().for_each(|record| changed.add(*record));
            let message = changed.warning().map(|warning| warning.message);
            let fits = match (&message, expected) {
                (Some(message), Some(expected)) => message.starts_with(expected),
                (None, None) => true,
                _ => false,
            };
            assert!(fits, "{expected:?}: {message:?}");
        }
    }
}
