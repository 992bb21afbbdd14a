//! Fed: lists of records to the guest SDK's `record::list`, as JSON that is valid, as such JSON edited,
//! and as arbitrary text.
//!
//! Must hold: on a valid JSON array of objects it gives the same records and the same texts as
//! serde_json, and fails where serde_json fails; on anything else it does not panic, it ends, and its
//! records are parts of the text with nothing but commas and blanks between them.

use bolero::{TypeGenerator, check};
use jackfield_fuzz::edit::{Edit, edited_text, pick};
use jackfield_guest::record;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Clone, Debug, TypeGenerator)]
pub(crate) enum Input {
    Valid(Vec<Vec<Member>>, u8),
    Edited(Vec<Vec<Member>>, u8, [Option<Edit>; 3]),
    Arbitrary(String),
}

#[derive(Clone, Debug, TypeGenerator)]
pub(crate) struct Member {
    key: u8,
    value: u8,
    inner: Option<[(u8, u8); 2]>,
}

impl Input {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Valid(records, blanks) => written(records, *blanks),
            Self::Edited(records, blanks, edits) => edited_text(&written(records, *blanks), edits),
            Self::Arbitrary(text) => text.clone(),
        }
    }
}

/// What a connector asks of a record.
#[derive(Debug, Deserialize)]
struct Entry<'a> {
    id: Option<u64>,
    name: Option<String>,
    #[serde(default)]
    flag: bool,
    #[serde(borrow)]
    raw: Option<&'a RawValue>,
}

impl Entry<'_> {
    fn shown(&self) -> String {
        format!("{:?} {:?} {} {:?}", self.id, self.name, self.flag, self.raw.map(RawValue::get))
    }
}

const KEYS: &[&str] = &[
    r#""id""#,
    r#""name""#,
    r#""flag""#,
    r#""raw""#,
    r#""other""#,
    r#""i\u0064""#,
    r#""""#,
    r#""a]}\"{[""#,
    r#""ä\\""#,
];

const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "7",
    "-1",
    "1.5",
    "1e400",
    "18446744073709551615",
    "18446744073709551616",
    r#""""#,
    r#""x""#,
    r#""]},{[\"""#,
    r#""\\""#,
    r#""\\\\\"""#,
    r#""caf\u00e9""#,
    r#""\ud83d\ude00""#,
    r#""ä💥""#,
    "[]",
    "{}",
    r#"[{"id":1},[2,"]"]]"#,
    r#"{"id":[{}],"a":{"b":"}"}}"#,
];

const BLANKS: &[&str] = &["", " ", "\n", "\t \r\n"];

fn text_of(list: &[&'static str], which: u8) -> &'static str {
    pick(list, which).unwrap()
}

/// Mostly one that suits the key, so that many records are taken.
fn value(member: &Member) -> &'static str {
    let suiting = match text_of(KEYS, member.key) {
        r#""id""# | r#""i\u0064""# => &VALUES[3..5],
        r#""name""# => &VALUES[10..15],
        r#""flag""# => &VALUES[1..3],
        _ => VALUES,
    };
    text_of(if member.value < 240 { suiting } else { VALUES }, member.value)
}

fn written(records: &[Vec<Member>], blanks: u8) -> String {
    let (outer, inner) = (BLANKS[usize::from(blanks % 4)], BLANKS[usize::from(blanks / 4 % 4)]);
    let member = |member: &Member| {
        let value = match &member.inner {
            None => value(member).to_owned(),
            Some(pairs) => {
                let pair = |(key, value): &(u8, u8)| {
                    format!("{}{inner}:{}", text_of(KEYS, *key), text_of(VALUES, *value))
                };
                format!("{{{}}}", pairs.iter().map(pair).collect::<Vec<_>>().join(","))
            }
        };
        format!("{inner}{}{inner}:{inner}{value}{inner}", text_of(KEYS, member.key))
    };
    let record = |members: &Vec<Member>| {
        let members: Vec<_> = members.iter().take(4).map(member).collect();
        format!("{outer}{{{}}}{outer}", members.join(","))
    };
    let records: Vec<_> = records.iter().take(8).map(record).collect();
    format!("{outer}[{}]{outer}", records.join(","))
}

/// Texts and fields up to the first failure, and whether there was one.
fn read(text: &str) -> (Vec<(&str, String)>, bool) {
    let Ok(records) = record::list::<Entry<'_>>(text) else { return (Vec::new(), true) };
    let mut seen = Vec::new();
    for record in records {
        match record {
            Ok(record) => seen.push((record.text, record.fields.shown())),
            Err(_) => return (seen, true),
        }
    }
    (seen, false)
}

/// The same by serde_json; none where the text is no JSON array of objects.
fn expected(text: &str) -> Option<(Vec<(&str, String)>, bool)> {
    let records: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    if !records.iter().all(|record| record.get().starts_with('{')) {
        return None;
    }
    let mut seen = Vec::new();
    for record in records {
        match serde_json::from_str::<Entry<'_>>(record.get()) {
            Ok(entry) => seen.push((record.get(), entry.shown())),
            Err(_) => return Some((seen, true)),
        }
    }
    Some((seen, false))
}

/// Arrays and objects that are open at once, at most; a bound from above.
fn depth(text: &str) -> usize {
    text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count()
}

#[test]
fn target() {
    check!().with_type::<Input>().for_each(|input| {
        let text = input.text();
        let found = read(&text);
        let mut rest = text.as_str();
        for (at, (record, _)) in found.0.iter().enumerate() {
            assert!(record.starts_with('{') && record.ends_with('}'), "{record}");
            let (before, behind) = rest.split_once(record).expect("a part of the text");
            assert_eq!(before.trim_ascii(), if at == 0 { "[" } else { "," }, "{text}");
            rest = behind;
        }
        if !found.1 {
            let end: String = rest.split_ascii_whitespace().collect();
            assert_eq!(end, if found.0.is_empty() { "[]" } else { "]" }, "{text}");
        }
        // The SDK takes fewer levels than serde_json passes over.
        if depth(&text) < 120
            && let Some(expected) = expected(&text)
        {
            assert_eq!(found, expected, "{text}");
        }
    });
}

/// Otherwise the target would prove nothing.
#[test]
fn what_is_written_is_valid() {
    check!().with_type::<(Vec<Vec<Member>>, u8)>().with_iterations(200).for_each(
        |(records, blanks)| {
            let text = written(records, *blanks);
            assert!(expected(&text).is_some(), "{text}");
        },
    );
}
