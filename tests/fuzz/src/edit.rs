//! Small changes of bytes, of the kinds that break parsers.
//!
//! Places are fractions: `at` of 65,536 parts of the length, so that an edit fits any text.

use bolero::TypeGenerator;
use serde_json::value::RawValue;

/// Bytes beyond which nothing grows: a target must stay quick.
const MOST_BYTES: usize = 64 << 10;

/// One change.
#[derive(Clone, Debug, TypeGenerator)]
pub enum Edit {
    /// What stands there and after it is lost.
    Cut(u16),
    /// Bits of one byte are turned.
    Flip(u16, u8),
    /// Bytes are lost: 1 to 128, a power of two.
    Remove(u16, u8),
    /// Bytes come in.
    Insert(u16, [u8; 3]),
    /// So many bytes stand there so many times more, powers of two.
    Repeat(u16, u8, u8),
    /// One of [`TOKENS`] comes in.
    Token(u16, u8),
    /// The JSON value after the so-manieth colon becomes one of [`TOKENS`].
    Value(u8, u8),
    /// Opening brackets, so many.
    Nest(u16, u16),
    /// A long word comes in.
    Letters(u16, u16),
    /// The whole becomes an element of a list, a member of an object, or a web page.
    Wrap(u8),
}

/// What parsers stumble over.
pub const TOKENS: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e999",
    "-0",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "4294967296",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    "\"\"",
    "\" \"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"x\"",
    "\"1\"",
    "\"2026-01-01T00:00:00Z\"",
    "\"9999-99-99T99:99:99Z\"",
    "\"",
    "\\",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "<",
    ">",
    ";",
    "=",
    "%",
    "%2e%2e",
    "%2f",
    "..",
    "/",
    "//",
    "?",
    "#",
    "@",
    " ",
    "\t",
    "\r\n",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "ä",
    "💥",
    "<html>",
    "<!DOCTYPE html>",
    "text/html",
    "rel=\"next\"",
    "<https://api.github.com/x?page=2>; rel=\"next\"",
    "http://",
    "https://",
    "https://[::1]/",
    "Thu, 01 Jan 2026 00:01:30 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "60",
    "5000",
    "99999999999999999999",
    "\"errors\":[{\"code\":\"x\"}]",
    "\"id\":0",
    "\"login\":\"\"",
];

/// One of [`TOKENS`].
pub fn token(which: u8) -> &'static str {
    pick(TOKENS, which).copied().unwrap_or_default()
}

/// The so-manieth of a list, counted round; none where it is empty.
pub fn pick<T>(list: &[T], which: u8) -> Option<&T> {
    list.get(usize::from(which).checked_rem(list.len())?)
}

/// The bytes after these edits, in their order.
pub fn edited(bytes: &[u8], edits: &[Option<Edit>]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits.iter().flatten() {
        edit.apply(&mut bytes);
        bytes.truncate(MOST_BYTES);
    }
    bytes
}

/// The text after these edits; what is then no UTF-8 is replaced.
pub fn edited_text(text: &str, edits: &[Option<Edit>]) -> String {
    String::from_utf8_lossy(&edited(text.as_bytes(), edits)).into_owned()
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Cut(at) => bytes.truncate(place(*at, bytes)),
            Self::Flip(at, bits) => {
                let at = place(*at, bytes);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bits;
                }
            }
            Self::Remove(at, count) => {
                let range = range(*at, *count, bytes);
                bytes.drain(range);
            }
            Self::Insert(at, new) => put(bytes, *at, new),
            Self::Repeat(at, count, times) => {
                let part = bytes.get(range(*at, *count, bytes)).unwrap_or_default();
                let part = part.repeat(power(*times));
                put(bytes, *at, &part);
            }
            Self::Token(at, which) => put(bytes, *at, token(*which).as_bytes()),
            Self::Value(which, new) => replace_value(bytes, *which, token(*new)),
            Self::Nest(at, depth) => {
                let opening = if depth % 2 == 0 { "[" } else { "{\"a\":" };
                put(bytes, *at, opening.repeat(usize::from(depth % 2_000)).as_bytes());
            }
            Self::Letters(at, count) => put(bytes, *at, &vec![b'a'; usize::from(*count)]),
            Self::Wrap(how) => {
                let (before, after) = match how % 4 {
                    0 => ("[", "]"),
                    1 => ("{\"data\":", "}"),
                    2 => ("<!DOCTYPE html><html><title>Sign in</title><pre>", "</pre></html>"),
                    _ => ("\u{feff}", "\n"),
                };
                *bytes = [before.as_bytes(), bytes, after.as_bytes()].concat();
            }
        }
    }
}

fn place(at: u16, bytes: &[u8]) -> usize {
    (usize::from(at) * (bytes.len() + 1)) >> 16
}

fn range(at: u16, count: u8, bytes: &[u8]) -> std::ops::Range<usize> {
    let start = place(at, bytes);
    start..bytes.len().min(start + power(count))
}

/// 1 to 128, small ones as often as great ones.
fn power(which: u8) -> usize {
    1 << (which % 8)
}

fn put(bytes: &mut Vec<u8>, at: u16, new: &[u8]) {
    let at = place(at, bytes);
    bytes.splice(at..at, new.iter().copied());
}

fn replace_value(bytes: &mut Vec<u8>, which: u8, new: &str) {
    let colons: Vec<usize> =
        (0..bytes.len()).filter(|at| bytes.get(*at) == Some(&b':')).map(|at| at + 1).collect();
    let Some(start) = pick(&colons, which).copied() else { return };
    let mut rest =
        serde_json::Deserializer::from_slice(bytes.get(start..).unwrap_or_default()).into_iter();
    let found: Option<Result<&RawValue, _>> = rest.next();
    if found.is_some_and(|value| value.is_ok()) {
        let end = start + rest.byte_offset();
        bytes.splice(start..end, new.bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_fits_every_text() {
        let middle = 1 << 15;
        let cases = [
            ("cut", Edit::Cut(middle), r#"{"a":1,""#),
            ("flip", Edit::Flip(0, 0x20), r#"["a":1,"b":[2]}"#),
            ("remove", Edit::Remove(middle, 7), r#"{"a":1,""#),
            ("insert", Edit::Insert(0, *b"xyz"), r#"xyz{"a":1,"b":[2]}"#),
            ("repeat", Edit::Repeat(0, 0, 1), r#"{{{"a":1,"b":[2]}"#),
            ("value", Edit::Value(1, 0), r#"{"a":1,"b":null}"#),
            ("nest", Edit::Nest(0, 2), r#"[[{"a":1,"b":[2]}"#),
            ("letters", Edit::Letters(0, 2), r#"aa{"a":1,"b":[2]}"#),
            ("wrap", Edit::Wrap(0), r#"[{"a":1,"b":[2]}]"#),
        ];
        for (name, edit, expected) in cases {
            let text = edited_text(r#"{"a":1,"b":[2]}"#, &[Some(edit.clone())]);
            assert!(text.starts_with(expected.trim_end_matches('"')), "{name}: {text}");
            edited("".as_bytes(), &[Some(edit)]);
        }
    }
}
