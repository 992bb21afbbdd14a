//! One pass over a text that checks whether it is JSON, how deep it is nested, and which of its values
//! some parser refuses although the grammar allows them. The module above says how they are changed.
//!
//! The pass replaces serde_json's, which checks the first of the three only; the fuzz target `json`
//! compares the two. Every record of every page goes through the pass, so it is written for speed: it
//! skips strings eight bytes at a time, and compares the keys of an object by their hashes.

use std::collections::HashMap;

use super::changes::Changes;

/// Arrays and objects within each other. Providers' records have under ten; serde_json itself
/// stops at 127 where it builds values, and not at all where it passes over them.
pub const MAX_JSON_DEPTH: usize = 100;

/// Digits after the point that PostgreSQL's `numeric` has at most, and so `jsonb`.
const MAX_FRACTION_DIGITS: i64 = 16_383;

/// Bytes of the longest number that fits for certain, if its exponent has two digits at most.
const MAX_PLAIN_NUMBER: usize = 200;

/// Keys of an object up to which each is compared with all before it. Beyond, they are sorted.
const FEW_KEYS: usize = 64;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    TooDeep,
    Syntax,
}

/// A part of the text, and what takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// An escape becomes that of U+FFFD, in the string whose text begins there.
    Replace { string: usize },
    /// A number becomes a string.
    Quote,
    /// A member of an object is removed, up to the next one.
    Remove,
}

/// The edits after which every parser reads the text, in no order. Edits may lie within a member that
/// another edit removes.
pub(super) fn edits(text: &str) -> Result<Vec<Edit>, Refusal> {
    let mut pass = Pass::of(text.as_bytes());
    pass.document()?;
    Ok(pass.edits)
}

/// The text after the edits, and the number of values that they changed. Edits within removed members
/// are skipped.
pub(super) fn apply(text: &str, mut edits: Vec<Edit>) -> (String, Changes) {
    edits.sort_unstable_by_key(|edit| (edit.from, std::cmp::Reverse(edit.to)));
    let mut changed = String::with_capacity(text.len() + 2 * edits.len());
    let mut changes = Changes::default();
    let (mut at, mut last_string) = (0, None);
    for edit in edits {
        let (Some(kept), Some(old)) = (text.get(at..edit.from), text.get(edit.from..edit.to))
        else {
            continue;
        };
        changed.push_str(kept);
        match edit.change {
            Change::Replace { string } => {
                changed.push_str("\\ufffd");
                changes.strings += u64::from(last_string.replace(string) != Some(string));
            }
            Change::Quote => {
                changed.push('"');
                changed.push_str(old);
                changed.push('"');
                changes.numbers += 1;
            }
            Change::Remove => changes.members += 1,
        }
        at = edit.to;
    }
    changed.push_str(text.get(at..).unwrap_or_default());
    (changed, changes)
}

struct Pass<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<Open>,
    /// Of the keys of all open objects.
    hashes: Vec<u32>,
    /// Where these keys start, by their quotes.
    starts: Vec<usize>,
    edits: Vec<Edit>,
}

#[derive(Clone, Copy)]
enum Open {
    Array,
    /// With the place of its first key among all keys.
    Object(usize),
}

/// What follows in the text.
#[derive(Clone, Copy)]
enum Next {
    Value,
    Key,
    /// A comma or the end of what is open.
    Behind,
}

impl<'a> Pass<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            open: Vec::with_capacity(16),
            hashes: Vec::with_capacity(128),
            starts: Vec::with_capacity(128),
            edits: Vec::new(),
        }
    }

    fn document(&mut self) -> Result<(), Refusal> {
        let mut next = Next::Value;
        loop {
            next = match next {
                Next::Value => self.value()?,
                Next::Key => {
                    self.key()?;
                    Next::Value
                }
                Next::Behind => match (self.open.last().copied(), self.token()) {
                    (None, None) => return Ok(()),
                    (Some(Open::Array), Some(b',')) => self.past(Next::Value),
                    (Some(Open::Object(_)), Some(b',')) => self.past(Next::Key),
                    (Some(Open::Array), Some(b']')) | (Some(Open::Object(_)), Some(b'}')) => {
                        self.close()
                    }
                    _ => return Err(Refusal::Syntax),
                },
            };
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// The next byte that is no blank.
    fn token(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    fn past(&mut self, next: Next) -> Next {
        self.at += 1;
        next
    }

    fn value(&mut self) -> Result<Next, Refusal> {
        match self.token() {
            Some(b'"') => {
                self.at += 1;
                self.string()?;
            }
            Some(b'{') => {
                self.open(Open::Object(self.hashes.len()))?;
                return Ok(if self.token() == Some(b'}') { self.close() } else { Next::Key });
            }
            Some(b'[') => {
                self.open(Open::Array)?;
                return Ok(if self.token() == Some(b']') { self.close() } else { Next::Value });
            }
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'n') => self.word(b"null")?,
            _ => return Err(Refusal::Syntax),
        }
        Ok(Next::Behind)
    }

    fn open(&mut self, open: Open) -> Result<(), Refusal> {
        if self.open.len() == MAX_JSON_DEPTH {
            return Err(Refusal::TooDeep);
        }
        self.open.push(open);
        self.at += 1;
        Ok(())
    }

    fn close(&mut self) -> Next {
        if let Some(Open::Object(first)) = self.open.pop() {
            if self.hashes.get(first..).is_some_and(may_repeat) {
                self.remove_repeated(first);
            }
            self.hashes.truncate(first);
            self.starts.truncate(first);
        }
        self.past(Next::Behind)
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Refusal> {
        let there = self.text.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += word.len();
        if there { Ok(()) } else { Err(Refusal::Syntax) }
    }

    /// A key and its colon.
    fn key(&mut self) -> Result<(), Refusal> {
        if self.token() != Some(b'"') {
            return Err(Refusal::Syntax);
        }
        let start = self.at;
        self.at += 1;
        let hash = if self.string()? {
            hash(self.decoded(start).as_bytes())
        } else {
            hash(self.text.get(start + 1..self.at - 1).unwrap_or_default())
        };
        self.hashes.push(hash);
        self.starts.push(start);
        if self.token() != Some(b':') {
            return Err(Refusal::Syntax);
        }
        self.at += 1;
        Ok(())
    }

    /// The rest of a string and its last quote; whether it has escapes.
    #[inline]
    fn string(&mut self) -> Result<bool, Refusal> {
        let string = self.at;
        let mut escaped = false;
        loop {
            self.at += plain(self.text.get(self.at..).unwrap_or_default());
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => self.escape(string)?,
                // The end, or a control character.
                _ => return Err(Refusal::Syntax),
            }
            escaped = true;
        }
    }

    fn escape(&mut self, string: usize) -> Result<(), Refusal> {
        match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => return self.unit(string),
            _ => return Err(Refusal::Syntax),
        }
        Ok(())
    }

    /// A `\u` escape; both of a surrogate pair.
    fn unit(&mut self, string: usize) -> Result<(), Refusal> {
        let from = self.at;
        let unit = self.unit_at(from).ok_or(Refusal::Syntax)?;
        self.at += 6;
        match unit {
            0xd800..=0xdbff if matches!(self.unit_at(self.at), Some(0xdc00..=0xdfff)) => {
                self.at += 6;
            }
            0 | 0xd800..=0xdfff => {
                let change = Change::Replace { string };
                self.edits.push(Edit { from, to: self.at, change });
            }
            _ => {}
        }
        Ok(())
    }

    fn unit_at(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        digits.iter().try_fold(0, |unit, byte| Some(unit << 4 | digit(byte)?))
    }

    fn number(&mut self) -> Result<(), Refusal> {
        let from = self.at;
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match (self.byte(), self.digits()) {
            (_, 0) => return Err(Refusal::Syntax),
            (Some(b'0'), 2..) => return Err(Refusal::Syntax),
            _ => {}
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(Refusal::Syntax);
            }
        }
        let mut exponent = 0;
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            exponent = self.digits();
            if exponent == 0 {
                return Err(Refusal::Syntax);
            }
        }
        if (exponent > 2 || self.at - from > MAX_PLAIN_NUMBER) && !self.fits(from, self.at) {
            self.edits.push(Edit { from, to: self.at, change: Change::Quote });
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        self.at - from
    }

    /// Whether a double and PostgreSQL's `numeric` hold the number.
    #[cold]
    fn fits(&self, from: usize, to: usize) -> bool {
        let number = self.part(from, to);
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        // One that is no `i64` is out of any bounds.
        let exponent = exponent.parse().unwrap_or(i64::MAX);
        let fraction = i64::try_from(fraction).unwrap_or(i64::MAX);
        exponent.saturating_abs() <= MAX_FRACTION_DIGITS
            && fraction.saturating_sub(exponent) <= MAX_FRACTION_DIGITS
            && number.parse().is_ok_and(f64::is_finite)
            // It rounds otherwise than the standard library.
            && serde_json::from_str::<f64>(number).is_ok_and(f64::is_finite)
    }

    fn part(&self, from: usize, to: usize) -> &'a str {
        // It begins and ends beside quotes or digits, and the whole is a text.
        let part = self.text.get(from..to).unwrap_or_default();
        std::str::from_utf8(part).unwrap_or_default()
    }

    /// The text of the key that starts there, as a parser reads it after the edits.
    #[cold]
    fn decoded(&self, start: usize) -> String {
        let mut key = Pass { at: start + 1, ..Pass::of(self.text) };
        let end = key.string().map_or(start + 1, |_| key.at - 1);
        let mut rest = self.part(start + 1, end);
        let mut decoded = String::with_capacity(rest.len());
        while let Some((plain, escape)) = rest.split_once('\\') {
            decoded.push_str(plain);
            let mut escape = escape.chars();
            match escape.next() {
                Some('b') => decoded.push('\u{8}'),
                Some('f') => decoded.push('\u{c}'),
                Some('n') => decoded.push('\n'),
                Some('r') => decoded.push('\r'),
                Some('t') => decoded.push('\t'),
                Some('u') => decoded.push(unit_of(&mut escape)),
                other => decoded.extend(other),
            }
            rest = escape.as_str();
        }
        decoded.push_str(rest);
        decoded
    }

    /// Removes every member of the object that is about to close, except the last of each key.
    #[cold]
    fn remove_repeated(&mut self, first: usize) {
        let starts = self.starts.get(first..).unwrap_or_default();
        let keys: Vec<String> = starts.iter().map(|start| self.decoded(*start)).collect();
        let last: HashMap<&str, usize> =
            keys.iter().enumerate().map(|(at, key)| (key.as_str(), at)).collect();
        let followed = starts.iter().zip(starts.iter().skip(1));
        let repeated =
            keys.iter().zip(followed).enumerate().filter_map(|(at, (key, (from, to)))| {
                let again = last.get(key.as_str()).is_some_and(|last| *last > at);
                again.then_some(Edit { from: *from, to: *to, change: Change::Remove })
            });
        self.edits.extend(repeated);
    }
}

/// The character of the hexadecimal digits, and of the low half behind a high one.
fn unit_of(digits: &mut std::str::Chars<'_>) -> char {
    let unit = |digits: &mut std::str::Chars<'_>| {
        let four = digits.take(4).filter_map(|digit| digit.to_digit(16));
        four.fold(0, |unit, digit| unit << 4 | digit)
    };
    let first = unit(digits);
    let mut ahead = digits.clone();
    let low = match (first, ahead.next(), ahead.next()) {
        (0xd800..=0xdbff, Some('\\'), Some('u')) => Some(unit(&mut ahead)),
        _ => None,
    };
    if let Some(low @ 0xdc00..=0xdfff) = low {
        *digits = ahead;
        let pair = 0x1_0000 + ((first - 0xd800) << 10) + (low - 0xdc00);
        return char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    char::from_u32(first).filter(|c| *c != '\0').unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Bytes before the first quote, backslash or control character; all, where there is none.
#[inline]
fn plain(text: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let mut at = 0;
    let mut rest = text;
    while let Some((word, more)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        // The highest bit of each byte that is zero; a borrow may reach bytes behind the first one.
        let zero = |word: u64| word.wrapping_sub(ONES) & !word;
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let found = (control | zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c))) & HIGHS;
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        (at, rest) = (at + 8, more);
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    at + rest.iter().position(ends).unwrap_or(rest.len())
}

/// A number that equal keys have in common, and different ones hardly ever.
#[inline]
fn hash(key: &[u8]) -> u32 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let start = key.len() as u64;
    let hash = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        // The two cover it, and may overlap.
        (Some(first), Some(last)) if key.len() <= 16 => {
            mix(mix(start, u64::from_le_bytes(*first)), u64::from_le_bytes(*last))
        }
        (Some(_), Some(last)) => {
            let words = key.chunks_exact(8).filter_map(|word| word.first_chunk::<8>());
            let hash = words.fold(start, |hash, word| mix(hash, u64::from_le_bytes(*word)));
            mix(hash, u64::from_le_bytes(*last))
        }
        _ => match (key.first_chunk::<4>(), key.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
                mix(start, first << 32 | last)
            }
            _ => mix(start, key.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))),
        },
    };
    (hash.wrapping_mul(FACTOR) >> 32) as u32
}

/// Whether two of the hashes are the same.
fn may_repeat(hashes: &[u32]) -> bool {
    if hashes.len() > FEW_KEYS {
        let mut sorted = hashes.to_vec();
        sorted.sort_unstable();
        return !sorted.is_sorted_by(|one, next| one < next);
    }
    hashes.iter().enumerate().any(|(at, hash)| {
        let before = hashes.get(..at).unwrap_or_default();
        // Without an early end, so that the compiler uses whole registers.
        before.iter().fold(false, |found, other| found | (other == hash))
    })
}
