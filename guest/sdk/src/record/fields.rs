//! The fields of a record that somebody asks for, read by serde; the others are passed over.

use std::fmt;
use std::ops::Range;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer as _, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::objects::Objects;

/// The members of an object, as texts: `"key": value` each.
pub(super) struct Members<'a, 'c> {
    /// What stands between the object's braces.
    text: &'a str,
    /// Where the text begins in that in which the commas were counted.
    origin: usize,
    /// Where the object's own commas stand.
    commas: &'c [usize],
    /// Bytes of the text behind; `None` when no member is left.
    at: Option<usize>,
    /// The only keys that are asked for; `None` where all are.
    asked: Option<&'static [&'static str]>,
    /// The value of the member whose key was asked for.
    value: &'a str,
}

impl<'a, 'c> Members<'a, 'c> {
    pub(super) fn of(text: &'a str, origin: usize, commas: &'c [usize]) -> Self {
        let at = if text.trim_ascii().is_empty() && commas.is_empty() { None } else { Some(0) };
        Self { text, origin, commas, at, asked: None, value: "" }
    }

    /// The next key that is asked for, with its quotes; its value is kept.
    fn key(&mut self) -> Result<Option<&'a str>, Error> {
        while let Some(place) = self.member() {
            let member = self.text.as_bytes().get(place.clone()).unwrap_or_default();
            let inside =
                member.trim_ascii_start().strip_prefix(b"\"").ok_or_else(Error::no_member)?;
            if self.asked.is_none_or(|keys| keys.iter().any(|key| may_be(inside, key.as_bytes()))) {
                let member = self.text.get(place).unwrap_or_default().trim_ascii();
                let (key, rest) = split_key(member).ok_or_else(Error::no_member)?;
                let value = rest.trim_ascii_start().strip_prefix(':');
                self.value = value.ok_or_else(Error::no_member)?;
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Where the next member stands.
    fn member(&mut self) -> Option<Range<usize>> {
        let start = self.at?;
        let (end, next) = match self.commas.split_first() {
            Some((comma, rest)) => {
                self.commas = rest;
                let end = comma - self.origin;
                (end, Some(end + 1))
            }
            None => (self.text.len(), None),
        };
        self.at = next;
        Some(start..end)
    }
}

/// Whether a key that goes on like this may be that one: it is, or an escape is where they part.
#[inline]
fn may_be(inside: &[u8], key: &[u8]) -> bool {
    let alike = inside.iter().zip(key).take_while(|(one, other)| one == other).count();
    match inside.get(alike) {
        Some(b'"') => alike == key.len(),
        next => next == Some(&b'\\'),
    }
}

/// The key with U+FFFD for each half of a surrogate pair, which serde_json refuses. No connector asks for
/// such a key, so one in a record is no reason to refuse the page: the host changes it, and tells.
fn whole_pairs(key: &str) -> String {
    let unit = |escape: &str| {
        let digits = escape.strip_prefix("\\u")?.get(..4)?;
        let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut whole = String::with_capacity(key.len());
    let mut rest = key;
    while let Some(at) = rest.find('\\') {
        let (plain, escape) = rest.split_at(at);
        whole.push_str(plain);
        let low = || escape.get(6..).and_then(unit);
        let (mended, length) = match unit(escape) {
            Some(0xd800..=0xdbff) if matches!(low(), Some(0xdc00..=0xdfff)) => (None, 12),
            Some(0xd800..=0xdfff) => (Some("\\ufffd"), 6),
            // What stands behind the backslash has two bytes with it, whatever it is.
            _ => (None, 2),
        };
        let (escape, behind) = escape.split_at_checked(length).unwrap_or((escape, ""));
        whole.push_str(mended.unwrap_or(escape));
        rest = behind;
    }
    whole.push_str(rest);
    whole
}

/// The string at the start, with its quotes, and what follows it.
fn split_key(member: &str) -> Option<(&str, &str)> {
    let inside = member.strip_prefix('"')?.as_bytes();
    let mut end = 0;
    loop {
        end += plain(inside.get(end..)?);
        match inside.get(end)? {
            b'"' => return member.split_at_checked(end + 2),
            _ => end += 2,
        }
    }
}

/// Bytes before the first quote or backslash.
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & (ONES << 7);
    let mut at = 0;
    for word in text.as_chunks::<8>().0 {
        let word = u64::from_le_bytes(*word);
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        // The lowest bit that is set is exact; those above it may be carried.
        let found = quote | backslash;
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len())
}

impl<'a> Deserializer<'a> for Members<'a, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'a>>(mut self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(&mut self)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        mut self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.asked = Some(fields);
        visitor.visit_map(&mut self)
    }

    forward_to_deserialize_any! {
        <V: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

impl<'a> MapAccess<'a> for &mut Members<'a, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some(key) = self.key()? else { return Ok(None) };
        if key.contains('\\') {
            let unescaped: String = serde_json::from_str(&whole_pairs(key))?;
            return seed.deserialize(unescaped.into_deserializer()).map(Some);
        }
        seed.deserialize(BorrowedStrDeserializer::new(key.trim_matches('"'))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let mut json = serde_json::Deserializer::from_str(self.value);
        let value = seed.deserialize(Objects(&mut json))?;
        json.end()?;
        Ok(value)
    }
}

/// Why a record is not what was asked for.
#[derive(Debug)]
pub(super) struct Error(String);

impl Error {
    fn no_member() -> Self {
        Self("a record has something else than a key and a value".to_owned())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self(message.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_be_that_one_unless_it_parts_from_it_in_plain_text() {
        let cases = [
            (r#"id":1"#, "id", true),
            (r#"id_":1"#, "id", false),
            (r#"i":1"#, "id", false),
            (r#"Id":1"#, "id", false),
            (r#"":1"#, "id", false),
            (r#"":1"#, "", true),
            (r#"i\u0064":1"#, "id", true),
            (r#"\u0069d":1"#, "id", true),
            (r#"id\n":1"#, "id", true),
            (r#"x\u0069d":1"#, "id", false),
            (r#"a\"b":1"#, "a\"b", true),
            ("id", "id", false),
            ("", "id", false),
        ];
        for (inside, key, expected) in cases {
            assert_eq!(may_be(inside.as_bytes(), key.as_bytes()), expected, "{inside} {key}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_in_a_key_is_replaced_and_nothing_else() {
        for (key, expected) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""a\uDE00b\uD83D""#, r#""a\ufffdb\ufffd""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""\ud83d\ude00\n\u0061""#, r#""\ud83d\ude00\n\u0061""#),
            (r#""\\ud83d\"""#, r#""\\ud83d\"""#),
            (r#""\ud8""#, r#""\ud8""#),
            (r#""\x""#, r#""\x""#),
            (r#""\ä\""#, r#""\ä\""#),
            (r#""plain""#, r#""plain""#),
        ] {
            assert_eq!(whole_pairs(key), expected);
        }
    }
}
