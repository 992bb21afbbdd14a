//! JSON from guests and providers, parsed under limits of size and depth.

use serde_json::Value;
use serde_json::value::RawValue;

/// Arrays and objects within each other. Providers' records have under ten; serde_json itself
/// stops at 127 where it builds values, and not at all where it passes over them.
pub const MAX_JSON_DEPTH: usize = 100;

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

/// The text, found to be one JSON value.
///
/// # Errors
///
/// [`JsonError`], each variant.
pub fn raw_bounded(text: String, max_bytes: usize) -> Result<Box<RawValue>, JsonError> {
    judge(&text, max_bytes)?;
    RawValue::from_string(text).map_err(syntax)
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
        assert!(raw_bounded(at, 10_000).is_ok());
        assert!(matches!(parse_bounded(&past, 10_000), Err(JsonError::TooDeep)));
        assert!(matches!(raw_bounded(past, 10_000), Err(JsonError::TooDeep)));
    }

    #[test]
    fn ten_thousand_levels_are_refused_however_they_are_made() {
        for text in [nested(10_000), "[".repeat(10_000), "{\"a\":".repeat(10_000)] {
            assert!(matches!(parse_bounded(&text, 1 << 20), Err(JsonError::TooDeep)));
            assert!(matches!(raw_bounded(text, 1 << 20), Err(JsonError::TooDeep)));
        }
    }

    #[test]
    fn size_is_allowed_up_to_the_limit_and_not_one_past() {
        assert!(parse_bounded("\"abc\"", 5).is_ok());
        assert!(matches!(
            parse_bounded("\"abc\"", 4),
            Err(JsonError::TooLong { bytes: 5, limit: 4 })
        ));
        assert!(matches!(raw_bounded("\"abc\"".into(), 4), Err(JsonError::TooLong { .. })));
    }

    #[test]
    fn brackets_in_strings_are_no_depth() {
        let quoted = format!("[{:?}, \"\\\"{}\", \"\\\\\"]", "[".repeat(500), "{".repeat(500));
        assert_eq!(depth(quoted.as_bytes()), 1);
        assert!(parse_bounded(&quoted, 10_000).is_ok());
    }

    #[test]
    fn what_is_not_json_is_refused_by_place() {
        for text in
            ["", " ", "{", "[1,]", "{'a':1}", "1 2", "nul", "\"a\nb\"", "NaN", "[1]x", "\u{feff}1"]
        {
            assert!(matches!(parse_bounded(text, 100), Err(JsonError::Syntax { .. })), "{text}");
            assert!(
                matches!(raw_bounded(text.into(), 100), Err(JsonError::Syntax { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn an_error_does_not_repeat_the_text() {
        let error = parse_bounded("{\"token\": ghp_secret}", 100).unwrap_err();
        assert_eq!(error.to_string(), "invalid JSON at line 1, column 11");
    }
}
