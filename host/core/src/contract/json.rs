//! JSON from guests and providers, parsed under limits of size and depth.
//!
//! # Records that every parser reads
//!
//! The grammar of JSON allows values that many parsers refuse, and providers send some of them. A
//! record, and the output of an action, leaves the host so that serde_json, jq, Go's `encoding/json`,
//! Python's `json` and PostgreSQL's `jsonb` all read it. These values are changed, and nothing else:
//! the rest of the text stays byte for byte, and a text without them stays as it is.
//!
//! | what came | what leaves the host | why so |
//! |---|---|---|
//! | half of a surrogate pair: `\ud83d` alone, in a key or a value | `\ufffd` | it is no character; U+FFFD is the character for one that cannot be read |
//! | `\u0000` in a key or a value | `\ufffd` | `jsonb` refuses it |
//! | a number that no double holds: `1e999`, `-1e999`, 400 digits | the same as a string: `"1e999"` | no digit is lost, where `null` would lose them all |
//! | a number with more than 16,383 digits after the point, or an exponent beyond 16,383 either way | the same as a string | `jsonb` holds no more |
//! | a key twice in an object, however it is escaped, at any depth | the last of its members | parsers that accept it take the last |
//! | a byte order mark before the text | nothing | RFC 8259, section 8.1, forbids to send one |
//!
//! A number that a double only rounds (`1e-999`, 30 digits after the point) stays: every parser reads it.
//! A key of a stream's item is a text and no JSON; a NUL in it becomes U+FFFD as well.
//!
//! [`Changes`] counts the values that were changed, and a page says so by the warning
//! [`RECORDS_CHANGED`].

use std::sync::LazyLock;

use serde::Deserialize as _;
use serde::de::value::{Error as MarkError, MapDeserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

mod changes;
mod strict;

pub(crate) use changes::ChangedRecords;
pub use changes::{Changes, RECORDS_CHANGED};
pub use strict::MAX_JSON_DEPTH;

/// Why a text was not taken as JSON. Whoever wrote the text acts. No variant repeats it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JsonError {
    /// It has too many bytes.
    #[error("the JSON has {bytes} bytes, more than {limit}")]
    TooLong {
        /// How many.
        bytes: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Its arrays and objects are nested too deep.
    #[error("the JSON is nested deeper than {MAX_JSON_DEPTH} levels")]
    TooDeep,
    /// It is not JSON.
    #[error("invalid JSON at line {line}, column {column}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1, in bytes; 0 where a line ends too early.
        column: usize,
    },
}

/// The value in the text.
///
/// # Errors
///
/// [`JsonError`], each variant.
pub fn parse_bounded(text: &str, max_bytes: usize) -> Result<Value, JsonError> {
    judge(text, max_bytes)?;
    serde_json::from_str(text).map_err(syntax)
}

/// The text as one JSON value that every parser reads (see [the table](self)), and what was changed
/// for that.
///
/// # Errors
///
/// [`JsonError`], each variant.
pub fn strict_bounded(
    text: String,
    max_bytes: usize,
) -> Result<(Box<RawValue>, Changes), JsonError> {
    match changed(&text, max_bytes)? {
        None => Ok((unchecked(trimmed(text))?, Changes::default())),
        Some((text, changes)) => Ok((RawValue::from_string(text).map_err(syntax)?, changes)),
    }
}

/// The value in the text as [`strict_bounded`] takes it, and what was changed.
///
/// # Errors
///
/// [`JsonError`], each variant.
pub fn strict_value(text: &str, max_bytes: usize) -> Result<(Value, Changes), JsonError> {
    let changed = changed(text, max_bytes)?;
    let (text, changes) =
        changed.as_ref().map_or((text, Changes::default()), |(text, changes)| (text, *changes));
    Ok((serde_json::from_str(text).map_err(syntax)?, changes))
}

/// A JSON object as text.
pub(crate) fn object_text(map: &Map<String, Value>) -> String {
    serde_json::to_string(map).unwrap_or_else(|_| "{}".to_owned())
}

/// The text without blanks around it, which a raw value never has.
fn trimmed(text: String) -> String {
    let inner = text.trim_matches([' ', '\n', '\r', '\t']);
    if inner.len() < text.len() { inner.to_owned() } else { text }
}

/// The text after its changes; `None` where it needs none.
fn changed(text: &str, max_bytes: usize) -> Result<Option<(String, Changes)>, JsonError> {
    if text.len() > max_bytes {
        return Err(JsonError::TooLong { bytes: text.len(), limit: max_bytes });
    }
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let edits = strict::edits(bare).map_err(|refusal| match refusal {
        strict::Refusal::TooDeep => JsonError::TooDeep,
        strict::Refusal::Syntax => place_of_error(bare),
    })?;
    let marks = u64::from(bare.len() < text.len());
    if edits.is_empty() && marks == 0 {
        return Ok(None);
    }
    let (text, changes) = strict::apply(bare, edits);
    Ok(Some((text, Changes { marks, ..changes })))
}

fn place_of_error(text: &str) -> JsonError {
    let found = serde_json::from_str::<&RawValue>(text);
    found.map_or_else(syntax, |_| JsonError::Syntax { line: 0, column: 0 })
}

/// The text, which was found to be JSON, as a raw value. serde_json's own constructor would pass over
/// the text again, which takes as long as the whole of [`strict::edits`]. Its deserializer makes a raw
/// value of a string in a map of one entry with a certain key. The key is not documented, so it is tried
/// once, and the constructor is used where it does not work.
fn unchecked(text: String) -> Result<Box<RawValue>, JsonError> {
    const KEY: &str = "$serde_json::private::RawValue";
    fn wrapped(text: String) -> Result<Box<RawValue>, MarkError> {
        Box::deserialize(MapDeserializer::new(std::iter::once((KEY, text))))
    }
    static KEY_WORKS: LazyLock<bool> =
        LazyLock::new(|| wrapped("1".to_owned()).is_ok_and(|raw| raw.get() == "1"));
    debug_assert!(serde_json::from_str::<&RawValue>(&text).is_ok(), "the text is no JSON");
    match *KEY_WORKS {
        true => wrapped(text).map_err(|_| JsonError::Syntax { line: 0, column: 0 }),
        false => RawValue::from_string(text).map_err(syntax),
    }
}

fn syntax(error: serde_json::Error) -> JsonError {
    JsonError::Syntax { line: error.line(), column: error.column() }
}

fn judge(text: &str, max_bytes: usize) -> Result<(), JsonError> {
    if text.len() > max_bytes {
        return Err(JsonError::TooLong { bytes: text.len(), limit: max_bytes });
    }
    if openings(text.as_bytes()) > MAX_JSON_DEPTH && depth(text.as_bytes()) > MAX_JSON_DEPTH {
        return Err(JsonError::TooDeep);
    }
    Ok(())
}

/// Opening brackets, in strings too: no text is deeper than it has of them. Counting them takes a
/// twentieth of the time that following the nesting does, and few records have more than the limit.
fn openings(text: &[u8]) -> usize {
    // `[` and `{` differ in one bit. Sums of one byte, so that the compiler uses whole registers.
    let sum = |piece: &[u8]| piece.iter().map(|byte| u8::from(byte | 0x20 == b'{')).sum::<u8>();
    text.chunks(usize::from(u8::MAX)).map(|piece| usize::from(sum(piece))).sum()
}

/// How deep arrays and objects are nested, if the text is JSON.
fn depth(text: &[u8]) -> usize {
    let (mut now, mut deepest) = (0_usize, 0_usize);
    let mut quoted = false;
    let mut escaped = false;
    for &byte in text {
        if quoted {
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'[' | b'{' => {
                now += 1;
                deepest = deepest.max(now);
            }
            b']' | b'}' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn nested(levels: usize) -> String {
        format!("{}1{}", "[".repeat(levels), "]".repeat(levels))
    }

    #[test]
    fn depth_is_allowed_up_to_the_limit_and_not_one_past() {
        let (at, past) = (nested(MAX_JSON_DEPTH), nested(MAX_JSON_DEPTH + 1));
        assert!(parse_bounded(&at, 10_000).is_ok());
        assert!(strict_bounded(at, 10_000).is_ok());
        assert!(matches!(parse_bounded(&past, 10_000), Err(JsonError::TooDeep)));
        assert!(matches!(strict_bounded(past, 10_000), Err(JsonError::TooDeep)));
    }

    #[test]
    fn ten_thousand_levels_are_refused_however_they_are_made() {
        for text in [nested(10_000), "[".repeat(10_000), "{\"a\":".repeat(10_000)] {
            assert!(matches!(parse_bounded(&text, 1 << 20), Err(JsonError::TooDeep)));
            assert!(matches!(strict_bounded(text, 1 << 20), Err(JsonError::TooDeep)));
        }
    }

    #[test]
    fn size_is_allowed_up_to_the_limit_and_not_one_past() {
        assert!(parse_bounded("\"abc\"", 5).is_ok());
        assert!(matches!(
            parse_bounded("\"abc\"", 4),
            Err(JsonError::TooLong { bytes: 5, limit: 4 })
        ));
        assert!(matches!(strict_bounded("\"abc\"".into(), 4), Err(JsonError::TooLong { .. })));
    }

    #[test]
    fn brackets_in_strings_are_no_depth() {
        let quoted = format!("[{:?}, \"\\\"{}\", \"\\\\\"]", "[".repeat(500), "{".repeat(500));
        assert_eq!(depth(quoted.as_bytes()), 1);
        assert!(parse_bounded(&quoted, 10_000).is_ok());
    }

    #[test]
    fn what_is_not_json_is_refused_by_place() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{'a':1}",
            "1 2",
            "nul",
            "\"a\nb\"",
            "NaN",
            "[1]x",
            "{,}",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{1:1}",
            "[1}",
            "{\"a\":1]",
            "]",
            "}",
            "[",
            "[1",
            "01",
            "-",
            "-01",
            "1.",
            ".1",
            "1e",
            "1e+",
            "1.e1",
            "+1",
            "0x1",
            "\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12\"",
            "\"\\",
            "\"\t\"",
            "\"\u{0}\"",
            "truE",
            "True",
            "Infinity",
            "// x\n1",
            "1;",
            "\u{a0}1",
            "\u{c}1",
            "\u{feff}\u{feff}1",
        ] {
            assert!(matches!(parse_bounded(text, 100), Err(JsonError::Syntax { .. })), "{text}");
            let strict = strict_bounded(text.into(), 100);
            assert!(matches!(strict, Err(JsonError::Syntax { .. })), "{text}: {strict:?}");
        }
    }

    #[test]
    fn an_error_does_not_repeat_the_text() {
        let error = parse_bounded("{\"token\": ghp_secret}", 100).unwrap_err();
        assert_eq!(error.to_string(), "invalid JSON at line 1, column 11");
    }

    /// The texts, what they become, and the number of strings, numbers, members and marks changed.
    const CHANGED: [(&str, &str, [u64; 4]); 34] = [
        // Half of a pair: alone, before and behind other characters, in either order, in both cases.
        (r#""\ud83d""#, r#""\ufffd""#, [1, 0, 0, 0]),
        (r#""\ude00""#, r#""\ufffd""#, [1, 0, 0, 0]),
        (r#""a\uD83Db""#, r#""a\ufffdb""#, [1, 0, 0, 0]),
        (r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#, [1, 0, 0, 0]),
        (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#, [1, 0, 0, 0]),
        (r#""\ud83d\n\ude00""#, r#""\ufffd\n\ufffd""#, [1, 0, 0, 0]),
        (r#""\\\ud83d""#, r#""\\\ufffd""#, [1, 0, 0, 0]),
        (r#"{"\udbff":"\udc00"}"#, r#"{"\ufffd":"\ufffd"}"#, [2, 0, 0, 0]),
        (r#"["\ud800","\udfff"]"#, r#"["\ufffd","\ufffd"]"#, [2, 0, 0, 0]),
        // NULs.
        (r#""\u0000""#, r#""\ufffd""#, [1, 0, 0, 0]),
        (r#"{"a\u0000":["\u0000\u0000"]}"#, r#"{"a\ufffd":["\ufffd\ufffd"]}"#, [2, 0, 0, 0]),
        // Numbers that no double holds.
        ("1e999", r#""1e999""#, [0, 1, 0, 0]),
        ("-1e999", r#""-1e999""#, [0, 1, 0, 0]),
        (" [1E+309 , 2]\n", " [\"1E+309\" , 2]\n", [0, 1, 0, 0]),
        ("123e307", r#""123e307""#, [0, 1, 0, 0]),
        ("1.8e308", r#""1.8e308""#, [0, 1, 0, 0]),
        (r#"{"a":1e400}"#, r#"{"a":"1e400"}"#, [0, 1, 0, 0]),
        // Exponents that PostgreSQL does not take.
        ("1e-16384", r#""1e-16384""#, [0, 1, 0, 0]),
        ("1.5e-16383", r#""1.5e-16383""#, [0, 1, 0, 0]),
        ("0e16384", r#""0e16384""#, [0, 1, 0, 0]),
        ("0e99999999999999999999", r#""0e99999999999999999999""#, [0, 1, 0, 0]),
        ("1e-99999999999999999999", r#""1e-99999999999999999999""#, [0, 1, 0, 0]),
        // Keys that come again: the last stays, wherever it stands and however it is written.
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#, [0, 0, 1, 0]),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"b":2,"a":3}"#, [0, 0, 1, 0]),
        (r#"{ "a" : 1 , "a" : 2 }"#, r#"{ "a" : 2 }"#, [0, 0, 1, 0]),
        (r#"{"a":1,"a":2,"a":3}"#, r#"{"a":3}"#, [0, 0, 2, 0]),
        (r#"{"a":1,"\u0061":2}"#, r#"{"\u0061":2}"#, [0, 0, 1, 0]),
        (r#"{"\/":1,"/":2,"\u002F":3}"#, r#"{"\u002F":3}"#, [0, 0, 2, 0]),
        (r#"{"😀":1,"\ud83d\uDE00":2}"#, r#"{"\ud83d\uDE00":2}"#, [0, 0, 1, 0]),
        (r#"[{"x":{"a":1,"a":[]}}]"#, r#"[{"x":{"a":[]}}]"#, [0, 0, 1, 0]),
        (r#"{"":1,"":2}"#, r#"{"":2}"#, [0, 0, 1, 0]),
        // What becomes the same by another change; and changes within what is removed.
        (r#"{"\ud800":1,"\u0000":2,"\ufffd":3}"#, r#"{"\ufffd":3}"#, [0, 0, 2, 0]),
        (r#"{"a":{"b":1,"b":"\u0000"},"a":1e999}"#, r#"{"a":"1e999"}"#, [0, 1, 1, 0]),
        ("\u{feff}{\"a\":1}", "{\"a\":1}", [0, 0, 0, 1]),
    ];

    /// Texts that every parser reads.
    const KEPT: [&str; 20] = [
        r#""\ud83d\ude00""#,
        r#""\\ud83d""#,
        r#""\\u0000 \\\\u0000""#,
        r#""\ufffd\ufeff\uffff\u0001""#,
        "\"\u{feff}\u{7f}\"",
        "1e308",
        "-1.7976931348623157e308",
        "1e-999",
        "1e-16383",
        "0.1e-16382",
        "0e16383",
        "1e0000000000000000000000000000001",
        "123456789012345678901234567890",
        "-0.0",
        r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]}"#,
        r#"{"a":"a","A":"\"a\":1"}"#,
        r#"{"a":"}","b":"{\"a\":","a ":1}"#,
        "\r\n\t {\"a\" :\t[ ]\n, \"b\": { } }",
        "[]",
        "null",
    ];

    fn strict(text: &str) -> (String, Changes) {
        let (raw, changes) = strict_bounded(text.to_owned(), 10 << 20).unwrap();
        (raw.get().to_owned(), changes)
    }

    #[test]
    fn what_some_parser_refuses_is_changed_and_counted() {
        for (text, expected, [strings, numbers, members, marks]) in CHANGED {
            let (found, changes) = strict(text);
            assert_eq!(found, expected.trim(), "{text}");
            assert_eq!(changes, Changes { strings, numbers, members, marks }, "{text}");
            assert_eq!(strict(&found), (found.clone(), Changes::default()), "twice: {text}");
            let value: Value = serde_json::from_str(&found).unwrap();
            assert_eq!(strict_value(text, 1_000).unwrap(), (value, changes), "{text}");
        }
    }

    #[test]
    fn what_every_parser_reads_stays_byte_for_byte() {
        for text in KEPT {
            assert_eq!(strict(text), (text.trim().to_owned(), Changes::default()));
            assert!(serde_json::from_str::<Value>(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn long_numbers_stay_as_far_as_every_parser_reads_them() {
        let digits = |count: usize| "7".repeat(count);
        let fraction = |count: usize| format!("0.{}", digits(count));
        for (name, number, kept) in [
            ("308 digits", digits(308), true),
            ("309 digits of 1", "1".repeat(309), true),
            ("309 digits of 7", digits(309), false),
            ("400 digits", digits(400), false),
            ("5,000 digits", format!("-{}", digits(5_000)), false),
            ("250 digits and an exponent of two digits", format!("{}e99", digits(250)), false),
            ("400 digits, scaled down", format!("{}e-200", digits(400)), true),
            ("16,383 digits after the point", fraction(16_383), true),
            ("16,384 digits after the point", fraction(16_384), false),
            ("16,384 digits after the point, scaled up", format!("{}e1", fraction(16_384)), true),
        ] {
            let expected = if kept { number.clone() } else { format!("\"{number}\"") };
            assert_eq!(strict(&number).0, expected, "{name}");
            assert!(serde_json::from_str::<Value>(&expected).is_ok(), "{name}");
        }
    }

    #[test]
    fn objects_of_any_size_lose_repeated_keys() {
        for count in [2, 63, 64, 65, 66, 1_000, 50_000] {
            let member = |at: usize| format!("\"key {at}\":{at}");
            let members: Vec<String> = (0..count).map(member).collect();
            let text = format!("{{{}}}", members.join(","));
            assert_eq!(strict(&text), (text.clone(), Changes::default()), "{count}");
            for again in [0, count / 2, count - 1] {
                let repeated = format!("{{{},\"key {again}\":null}}", members.join(","));
                let (found, changes) = strict(&repeated);
                let expected = repeated.replacen(&format!("\"key {again}\":{again},"), "", 1);
                assert!(found == expected && changes.members == 1, "{count}: {again}");
            }
        }
    }

    #[test]
    fn serde_json_takes_a_text_without_a_second_look() {
        assert_eq!(unchecked("[1 ,2]".to_owned()).unwrap().get(), "[1 ,2]");
    }
}
