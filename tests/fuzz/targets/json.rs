//! Fed: JSON that is valid and full of what some parsers refuse, such JSON edited, and arbitrary text, to
//! the host's check of records.
//!
//! Must hold: the host takes what serde_json's own pass takes, and refuses what that refuses. What it
//! gives is read by serde_json as a value; no string of it holds a NUL, and no object has a key twice. It
//! is taken again unchanged. A text without any of these faults is given byte for byte.

use std::collections::HashSet;
use std::fmt;

use bolero::{TypeGenerator, check};
use jackfield_fuzz::edit::{Edit, edited_text, pick};
use jackfield_host::json::{Changes, MAX_JSON_DEPTH, strict_bounded, strict_value};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

const LIMIT: usize = 1 << 20;

#[derive(Clone, Debug, TypeGenerator)]
enum Input {
    Valid(Vec<Node>, u8),
    Edited(Vec<Node>, u8, [Option<Edit>; 3]),
    Arbitrary(String),
}

/// A value by its depth, and how it is made.
#[derive(Clone, Copy, Debug, TypeGenerator)]
struct Node {
    deeper: i8,
    key: [u8; 2],
    value: u8,
    parts: [u8; 3],
}

const PARTS: &[&str] = &[
    "",
    "a",
    "b",
    "long enough for a word",
    r"\u0061",
    r"\u0000",
    r"\ud83d",
    r"\uDE00",
    r"\ud83d\ude00",
    r"\\",
    r#"\""#,
    r"\/",
    "/",
    r"\n",
    "ä💥",
    "\u{fffd}",
    r"\ufffd",
    "u0000",
    "}",
    "{",
    ",",
];

const SCALARS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-1.5",
    "1e308",
    "1e309",
    "-1e999",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "17976931348623157e292",
    "1e-999",
    "1e-16384",
    "0e99999",
    "18446744073709551616",
    "1E+0400",
];

const BLANKS: &[&str] = &["", " ", "\n", "\t \r\n"];

fn text_of(list: &[&'static str], which: u8) -> &'static str {
    pick(list, which).unwrap()
}

impl Input {
    fn text(&self) -> String {
        match self {
            Self::Valid(nodes, blanks) => written(nodes, *blanks),
            Self::Edited(nodes, blanks, edits) => edited_text(&written(nodes, *blanks), edits),
            Self::Arbitrary(text) => text.clone(),
        }
    }
}

/// The nodes as one object, of objects and arrays.
fn written(nodes: &[Node], blanks: u8) -> String {
    let blank = text_of(BLANKS, blanks);
    let mut text = format!("{blank}{{");
    let mut open = vec![b'}'];
    let mut first = true;
    for node in nodes.iter().take(60) {
        if node.deeper < -60 && open.len() > 1 {
            text.push(char::from(open.pop().unwrap()));
            first = false;
        }
        if !first {
            text += &format!("{blank},{blank}");
        }
        if open.last() == Some(&b'}') {
            let [one, two] = node.key.map(|part| text_of(PARTS, part));
            text += &format!("\"{one}{two}\"{blank}:{blank}");
        }
        first = node.deeper > 60;
        if first {
            let (opening, closing) =
                if node.value.is_multiple_of(2) { ('{', b'}') } else { ('[', b']') };
            text.push(opening);
            open.push(closing);
        } else if node.value < 128 {
            text += &format!("\"{}\"", node.parts.map(|part| text_of(PARTS, part)).concat());
        } else {
            text += text_of(SCALARS, node.value);
        }
    }
    text.extend(open.iter().rev().map(|closing| char::from(*closing)));
    text + blank
}

/// A value of which every part was looked at: no string with a NUL, no key twice.
struct Plain;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without NULs and without a key twice")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self, E> {
        if number.is_finite() { Ok(self) } else { Err(E::custom("out of range")) }
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self, E> {
        if text.contains('\0') { Err(E::custom("a NUL")) } else { Ok(self) }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            Plain.visit_str::<A::Error>(&key)?;
            map.next_value::<Self>()?;
            if !keys.insert(key) {
                return Err(A::Error::custom("a key twice"));
            }
        }
        Ok(self)
    }
}

/// Whether the text may have a number that a double holds and PostgreSQL does not: an exponent of more
/// than four digits, or thousands of digits.
fn may_have_odd_number(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let exponent = |rest: &str| digits(rest.trim_start_matches(['+', '-'])) > 4;
    text.split(['e', 'E']).skip(1).any(exponent)
        || text.split(|c: char| !c.is_ascii_digit()).any(|run| run.len() > 16_000)
}

/// Arrays and objects that are open at once, at most; a bound from above.
fn depth(text: &str) -> usize {
    text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count()
}

#[test]
fn target() {
    check!().with_type::<Input>().for_each(|input| {
        let text = input.text();
        let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let valid = serde_json::from_str::<&RawValue>(bare).is_ok();
        let Ok((raw, changes)) = strict_bounded(text.clone(), LIMIT) else {
            assert!(!valid || depth(bare) > MAX_JSON_DEPTH || text.len() > LIMIT, "{text}");
            return;
        };
        assert!(valid, "{text}");
        let found = raw.get();
        let value: Value = serde_json::from_str(found).unwrap();
        let plain = serde_json::from_str::<Plain>(found);
        assert!(plain.is_ok(), "{:?}: {found}", plain.err());
        let (again, none) = strict_bounded(found.to_owned(), 2 * LIMIT).unwrap();
        assert_eq!((again.get(), none), (found, Changes::default()), "{text}");
        assert_eq!(strict_value(&text, LIMIT).unwrap(), (value, changes), "{text}");
        let trimmed = bare.trim_matches([' ', '\n', '\r', '\t']);
        if serde_json::from_str::<Plain>(bare).is_ok() && !may_have_odd_number(bare) {
            assert_eq!(found, trimmed);
            assert_eq!(changes.total(), u64::from(bare.len() < text.len()), "{text}");
        } else if !may_have_odd_number(bare) {
            assert!(changes.total() > 0 && found != trimmed, "{text}");
        }
    });
}

/// Otherwise the target would prove nothing.
#[test]
fn what_is_written_is_valid_and_some_of_it_is_changed() {
    use std::sync::atomic::{AtomicU64, Ordering};
    let (texts, changed) = (AtomicU64::new(0), AtomicU64::new(0));
    check!().with_type::<(Vec<Node>, u8)>().with_iterations(300).for_each(|(nodes, blanks)| {
        let text = written(nodes, *blanks);
        assert!(serde_json::from_str::<&RawValue>(&text).is_ok(), "{text}");
        let (_, changes) = strict_bounded(text, LIMIT).unwrap();
        texts.fetch_add(1, Ordering::Relaxed);
        changed.fetch_add(u64::from(changes.total() > 0), Ordering::Relaxed);
    });
    let (texts, changed) = (texts.into_inner(), changed.into_inner());
    assert!(changed > texts / 10 && changed < texts, "{changed} of {texts}");
}
