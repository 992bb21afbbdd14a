//! Records that pass through as the provider wrote them.
//!
//! Parsing a page into values and writing it again costs several times what reading it does. So a list
//! is read once: from each record the few fields that matter, and beside them the record's own text,
//! which is handed on as it is. Where a record ends is found here; what is passed over within it is
//! judged by the host, which takes no record that is not JSON.

mod fields;
mod marks;

use std::marker::PhantomData;

use serde::Deserialize;

use self::fields::Members;
use self::marks::Marks;
use crate::{Cause, Failure, Response, Retry, diagnosis};

/// One record of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a, T> {
    /// The few fields that matter.
    pub fields: T,
    /// The whole record, as the provider wrote it.
    pub text: &'a str,
}

/// The records of a JSON array of objects, one after the other. After a failure it ends.
///
/// Made by [`Response::records`] and [`list`].
#[derive(Clone, Debug)]
pub struct Records<'a, T> {
    text: &'a str,
    marks: Marks<'a>,
    /// Bytes of the text behind.
    at: usize,
    place: Place,
    /// Where the present record's own commas stand.
    commas: Vec<usize>,
    fields: PhantomData<T>,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A record or the end of the array.
    First,
    /// A comma and a record, or the end of the array.
    Between,
    /// Nothing.
    End,
}

/// Arrays and objects within a record. The host takes fewer.
const MOST_LEVELS: u32 = 127;

/// The records of the JSON array that `text` is. Fields that `T` does not name are passed over, and
/// are no error, whatever `T` says of unknown ones.
///
/// ```
/// use jackfield_guest::record;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Note {
///     id: u64,
/// }
///
/// let page = r#"[{"id": 7, "title": "one"}, {"id": 8}]"#;
/// for record in record::list::<Note>(page).unwrap() {
///     let record = record.unwrap();
///     println!("{}: {}", record.fields.id, record.text);
/// }
/// ```
///
/// # Errors
///
/// [`Cause::Protocol`] where the text is no array.
pub fn list<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Records<'a, T>, Failure> {
    let text = text.trim_ascii_start();
    let mut marks = Marks::of(text);
    if !text.starts_with('[') || marks.bracket(None).is_none() {
        return Err(broken("something else came where a list was expected"));
    }
    let (place, commas) = (Place::First, Vec::new());
    Ok(Records { text, marks, at: 1, place, commas, fields: PhantomData })
}

impl Response {
    /// The records of the body, which is a JSON array of objects.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`], which says what came instead, as [`Response::json`] does.
    pub fn records<'a, T: Deserialize<'a>>(&'a self) -> Result<Records<'a, T>, Failure> {
        // ASCII in UTF-16 is UTF-8 with zeros, which no list begins with.
        let has_zero = self.body.iter().take(4).any(|byte| *byte == 0);
        let text = simdutf8::basic::from_utf8(&self.body).ok().filter(|_| !has_zero);
        match text.and_then(|text| list(text).ok()) {
            Some(records) => Ok(records),
            // The ordinary way fails too, and says why.
            None => Err(self
                .json::<Vec<serde::de::IgnoredAny>>()
                .err()
                .filter(|_| text.is_some())
                .or_else(|| self.in_other_encoding())
                .unwrap_or_else(|| broken("the text is not UTF-8"))),
        }
    }
}

impl<'a, T: Deserialize<'a>> Records<'a, T> {
    fn step(&mut self) -> Result<Option<Record<'a, T>>, Failure> {
        let next = self.marks.bracket(None).ok_or_else(cut)?;
        let before = self.text.get(self.at..next.at).unwrap_or_default().trim_ascii();
        self.at = next.at + 1;
        match (self.place, before, next.byte) {
            (Place::First, "", b'{') | (Place::Between, ",", b'{') => {
                self.place = Place::Between;
                self.record(next.at).map(Some)
            }
            (Place::First | Place::Between, "", b']') => {
                self.place = Place::End;
                let after = self.text.get(self.at..).unwrap_or_default();
                match after.trim_ascii().is_empty() {
                    true => Ok(None),
                    false => Err(named(&diagnosis::TRAILING, "more follows after the list")),
                }
            }
            _ => Err(broken("the list has something else than objects with commas between them")),
        }
    }

    /// The record whose opening brace stands there.
    fn record(&mut self, start: usize) -> Result<Record<'a, T>, Failure> {
        self.commas.clear();
        // A bit for each level that is open, the innermost lowest: whether it is an object.
        let (mut objects, mut levels) = (1_u128, 1);
        while levels > 0 {
            let own = Some(&mut self.commas).filter(|_| levels == 1);
            let bracket = self.marks.bracket(own).ok_or_else(cut)?;
            self.at = bracket.at + 1;
            match bracket.byte {
                open @ (b'{' | b'[') => {
                    objects = objects << 1 | u128::from(open == b'{');
                    levels += 1;
                }
                close => {
                    if (close == b'}') != (objects & 1 == 1) {
                        return Err(broken("a record's brackets do not match"));
                    }
                    objects >>= 1;
                    levels -= 1;
                }
            }
            if levels > MOST_LEVELS {
                return Err(broken("a record is nested too deep"));
            }
        }
        let inner = self.text.get(start + 1..self.at - 1).unwrap_or_default();
        let fields = T::deserialize(Members::of(inner, start + 1, &self.commas));
        let fields = fields.map_err(|error| broken(&error.to_string()))?;
        Ok(Record { fields, text: self.text.get(start..self.at).unwrap_or_default() })
    }
}

impl<'a, T: Deserialize<'a>> Iterator for Records<'a, T> {
    type Item = Result<Record<'a, T>, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.place == Place::End {
            return None;
        }
        let step = self.step();
        if step.is_err() {
            self.place = Place::End;
        }
        step.transpose()
    }
}

fn cut() -> Failure {
    named(&diagnosis::CUT, "the list is not closed")
}

fn broken(detail: &str) -> Failure {
    named(&diagnosis::SHAPE, detail)
}

fn named(it: &diagnosis::Diagnosis, detail: &str) -> Failure {
    it.failure(Cause::Protocol).retry(Retry::Backoff).evidence("parser", detail)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Entry {
        id: u64,
    }

    /// Ids and texts before the first failure, and whether there was one.
    fn read(text: &str) -> (Vec<(u64, &str)>, bool) {
        let Ok(records) = list::<Entry>(text) else { return (Vec::new(), true) };
        let mut seen = Vec::new();
        for record in records {
            match record {
                Ok(record) => seen.push((record.fields.id, record.text)),
                Err(failure) => {
                    assert_eq!(failure.cause, Cause::Protocol);
                    return (seen, true);
                }
            }
        }
        (seen, false)
    }

    #[test]
    fn a_record_gives_what_is_asked_for_and_keeps_its_text() {
        let one = r#"{"idle":1,"title":"a \"b\" ]},[{\\", "id": 7,  "deep":[{},"]"]}"#;
        let two = r#"{"id":8 }"#;
        for page in [format!("[{one},{two}]"), format!(" \n[ {one}\t,\r\n {two} ]\n")] {
            assert_eq!(read(&page), (vec![(7, one), (8, two)], false), "{page}");
        }
        for empty in ["[]", " [ ] "] {
            assert_eq!(read(empty), (Vec::new(), false));
        }
    }

    #[test]
    fn what_strict_parsers_refuse_in_a_record_is_left_to_the_host() {
        for record in [
            r#"{"id":7,"title":"\ud83d","x":{"\udfff":1}}"#,
            r#"{"\ud83d":1,"id":7}"#,
            r#"{"id":7,"i\udfff":2,"\ude00\ud83d":3}"#,
            r#"{"id":7,"x":1e999,"y":"\u0000","\u0000":1}"#,
            r#"{"x":1,"id":7,"x":2}"#,
        ] {
            assert_eq!(read(&format!("[{record}]")), (vec![(7, record)], false));
        }
    }

    #[test]
    fn what_is_no_list_of_records_is_a_failure_after_those_that_came() {
        let cases = [
            ("no list", r#"{"id":1}"#, 0),
            ("nothing", "", 0),
            ("open", "[", 0),
            ("cut in a record", r#"[{"id":1},{"id""#, 1),
            ("cut after a record", r#"[{"id":1}"#, 1),
            ("cut after a comma", r#"[{"id":1},"#, 1),
            ("comma at the end", r#"[{"id":1},]"#, 1),
            ("comma at the start", r#"[,{"id":1}]"#, 0),
            ("two commas", r#"[{"id":1},,{"id":2}]"#, 1),
            ("no comma", r#"[{"id":1}{"id":2}]"#, 1),
            ("more after it", r#"[{"id":1}] x"#, 1),
            ("numbers", "[1, 2]", 0),
            ("null", "[null]", 0),
            ("without the key", r#"[{"id":1},{}]"#, 1),
            ("key of another type", r#"[{"id":"1"}]"#, 0),
            ("negative key", r#"[{"id":-1}]"#, 0),
            ("key twice, once escaped", r#"[{"id":1,"\u0069d":2}]"#, 0),
            ("key twice", r#"[{"id":1,"id":2}]"#, 0),
            ("bad escape in a key", r#"[{"\x":1,"id":1}]"#, 0),
            ("bad value that matters", r#"[{"id":1 2}]"#, 0),
            ("no colon", r#"[{"id" 1}]"#, 0),
            ("no member", r#"[{"id":1,}]"#, 0),
            ("no key", r#"[{1:2,"id":1}]"#, 0),
            ("brackets that do not match", r#"[{"id":1,"a":[}]}]"#, 0),
            ("a list within the list", r#"[[{"id":1}]]"#, 0),
            ("bare control character", "[{\"id\":1,\"a\":\"\n\"}]", 0),
        ];
        for (name, text, before) in cases {
            let (seen, failed) = read(text);
            assert_eq!((seen.len(), failed), (before, true), "{name}");
        }
    }

    #[test]
    fn every_cut_is_a_failure_and_nothing_panics() {
        let page = r#" [{"id":1,"a":"ä\u00e4"} , {"id":2,"b":[1,{}]}]"#;
        for at in (0..page.len()).filter(|at| page.is_char_boundary(*at)) {
            let (seen, failed) = read(page.get(..at).unwrap());
            assert!(failed && seen.len() <= 2, "{at}");
        }
        let deep = format!(r#"[{{"id":1,"a":{}"#, "[".repeat(100_000));
        assert_eq!(read(&deep), (Vec::new(), true));
    }

    #[test]
    fn a_body_that_is_no_list_is_named() {
        let cases = [
            ("page", Response::new(200).with_body("<html>"), "web page"),
            ("nothing", Response::new(200), "empty answer"),
            ("object", Response::new(200).with_json("{}"), "unexpected shape"),
            (
                "not UTF-8",
                Response::new(200).with_body(b"[\"\xff\"]".to_vec()),
                "not text in UTF-8",
            ),
            ("UTF-16", Response::new(200).with_body(b"[\0]\0".to_vec()), "UTF-16"),
            ("lines", Response::new(200).with_json("{\"id\":1}\n{\"id\":2}"), "several"),
        ];
        for (name, response, expected) in cases {
            let failure = response.records::<Entry>().err().unwrap();
            assert!(failure.message.contains(expected), "{name}: {}", failure.message);
        }
        let found = |text: &str| {
            let response = Response::new(200).with_json(text);
            let records = response.records::<Entry>().unwrap();
            records.filter_map(Result::err).map(|failure| failure.code).collect::<Vec<_>>()
        };
        assert_eq!(found(r#"[{"id":1},{"id":2"#), ["cut-off"]);
        assert_eq!(found(r#"[{"id":1}] garbage"#), ["trailing-text"]);
        assert_eq!(found(r#"[{"id":1},{}]"#), ["unexpected-shape"]);
        let ids: Vec<_> = Response::new(200)
            .with_json(r#"[{"id":3}]"#)
            .records::<Entry>()
            .unwrap()
            .map(|record| record.unwrap().fields.id)
            .collect();
        assert_eq!(ids, [3]);
    }
}
