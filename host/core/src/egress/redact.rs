//! Removes secrets from what a guest or a person gets to see, in the spellings in which servers
//! echo them: as they are, percent-encoded, in base64, and escaped for JSON or HTML.
//!
//! What is searched for, for a secret of [`MIN_ENCODED_BYTES`] or more:
//!
//! - percent-encoded by the sets in use (RFC 3986, `encodeURIComponent`, forms with `+`, every
//!   byte), in either case of hexadecimal digits;
//! - base64 in both alphabets (RFC 4648), wherever the secret stands inside a longer encoded text:
//!   the characters that the secret alone decides. Up to six bits at either end depend on its
//!   neighbors and remain;
//! - hexadecimal, and JSON and HTML escapes, as common encoders write them, and JSON that escapes
//!   every character.
//!
//! A shorter secret is searched for as it is, and only where it is no part of a longer word: three
//! letters stand everywhere, and blanking them would both ruin the answer and tell, by the gaps in
//! a known text, what the secret is. Below [`MIN_BYTES`] nothing is searched for;
//! [`validate_secrets`](crate::manifest::input::validate_secrets) takes no such secret.
//!
//! Not found: a secret in pieces, compressed, encrypted, or encoded by a mixture of the above. A
//! provider that wants to give a secret away can: it was sent there.
//!
//! The search runs over the last four bytes of each spelling, with SIMD where the processor has it,
//! and compares the rest only where they are found: the beginnings of tokens are known, stand in
//! ordinary text, and could be repeated by a guest to slow the search down. So the searching library
//! keeps copies of four bytes alone, and the spellings are wiped when the redactor is dropped.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::packed;
use aho_corasick::{AhoCorasick, Span};
use zeroize::{Zeroize as _, Zeroizing};

use crate::contract::failure::{Advice, Failure, Field, FieldError, Remedy};

mod spelling;

/// What stands in place of a secret.
pub const REPLACEMENT: &str = "[redacted]";

/// Bytes that a secret has at least; a shorter one cannot be told from ordinary text.
pub const MIN_BYTES: usize = 4;

/// Bytes from which on a secret is also searched for inside words and in other spellings.
pub const MIN_ENCODED_BYTES: usize = 8;

/// Last bytes of each spelling that are searched for; a library keeps a copy of so many.
const FINGERPRINT_BYTES: usize = 4;

/// Times that a text is searched; one in which secrets are still found then is replaced as a whole.
const MAX_ROUNDS: usize = 8;

/// Finds the secrets of one exchange.
pub struct Redactor {
    spellings: Vec<Spelling>,
    search: Search,
}

struct Spelling {
    bytes: Zeroizing<Vec<u8>>,
    /// Counts only where no letter or digit stands beside it.
    whole_word: bool,
}

enum Search {
    Nothing,
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Redactor {
    /// Finds these secrets. Those shorter than [`MIN_BYTES`] are passed over.
    pub fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Self {
        let mut spellings = Vec::new();
        for secret in secrets.filter(|secret| secret.len() >= MIN_BYTES) {
            let whole_word = secret.len() < MIN_ENCODED_BYTES;
            let found = match whole_word {
                true => vec![Zeroizing::new(secret.as_bytes().to_vec())],
                false => spelling::spellings(secret),
            };
            spellings.extend(found.into_iter().map(|bytes| Spelling { bytes, whole_word }));
        }
        spellings.sort_by(|a, b| (&**a.bytes, a.whole_word).cmp(&(&**b.bytes, b.whole_word)));
        spellings.dedup_by(|b, a| a.bytes == b.bytes);
        let search = Search::new(&spellings);
        Self { spellings, search }
    }

    /// Whether there is nothing to find.
    pub fn is_empty(&self) -> bool {
        self.spellings.is_empty()
    }

    /// The bytes with every secret replaced by [`REPLACEMENT`]; neighboring and overlapping ones
    /// by one. Nothing is copied where nothing is found; where something is, the original is wiped.
    pub fn redact(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        // A replacement may complete a secret that ends or begins like it, so that it is looked at again.
        for _ in 0..MAX_ROUNDS {
            let found = self.find_all(&bytes);
            if found.is_empty() {
                return bytes;
            }
            let clean = replaced(&bytes, &found);
            bytes.zeroize();
            bytes = clean;
        }
        bytes.zeroize();
        REPLACEMENT.into()
    }

    /// The text with every secret replaced, as in [`Redactor::redact`].
    pub fn redact_text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.find_all(text.as_bytes());
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let clean = self.redact(text.as_bytes().to_vec());
        Cow::Owned(String::from_utf8_lossy(&clean).into_owned())
    }

    /// The failure without the secrets, in every text that may repeat what a provider said.
    pub(crate) fn redact_failure(&self, failure: Failure) -> Failure {
        let clean = |text| self.redact_string(text);
        let harmless = |advice: &Advice| self.finds_nothing_in(&format!("{advice:?}"));
        let remedy = |remedy: Remedy| Remedy {
            text: clean(remedy.text),
            advice: remedy.advice.filter(harmless),
            ..remedy
        };
        let field = |field: FieldError| FieldError { message: clean(field.message), ..field };
        let evidence = |one: Field| Field { value: clean(one.value), ..one };
        Failure {
            message: clean(failure.message),
            remedies: failure.remedies.into_iter().map(remedy).collect(),
            fields: failure.fields.into_iter().map(field).collect(),
            evidence: failure.evidence.into_iter().map(evidence).collect(),
            ..failure
        }
    }

    /// The same of a text that is given away: where nothing is found, it comes back as it is.
    pub(crate) fn redact_string(&self, text: String) -> String {
        match self.redact_text(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(clean) => clean,
        }
    }

    /// Whether the text holds no secret.
    pub(crate) fn finds_nothing_in(&self, text: &str) -> bool {
        self.search.next(text.as_bytes(), 0).is_none()
    }

    /// The places that secrets cover, in order, touching ones joined.
    fn find_all(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        let mut from = 0;
        while let Some(tail) = self.search.next(bytes, from) {
            from = tail + 1;
            let end = tail + FINGERPRINT_BYTES;
            let Some(length) = self.longest_before(bytes, end) else { continue };
            let mut start = end - length;
            while let Some(last) = found.pop_if(|last| last.end >= start) {
                start = start.min(last.start);
            }
            found.push(start..end);
        }
        found
    }

    /// Bytes of the longest spelling that ends there.
    fn longest_before(&self, bytes: &[u8], end: usize) -> Option<usize> {
        let before = bytes.get(..end)?;
        let fits = |spelling: &&Spelling| {
            before.ends_with(&spelling.bytes)
                && !(spelling.whole_word && within_word(bytes, end, spelling.bytes.len()))
        };
        self.spellings.iter().filter(fits).map(|spelling| spelling.bytes.len()).max()
    }
}

impl Search {
    fn new(spellings: &[Spelling]) -> Self {
        let tails: BTreeSet<&[u8; FINGERPRINT_BYTES]> =
            spellings.iter().filter_map(|spelling| spelling.bytes.last_chunk()).collect();
        if tails.is_empty() {
            return Self::Nothing;
        }
        match packed::Searcher::new(&tails) {
            Some(searcher) => Self::Packed(searcher),
            None => AhoCorasick::new(&tails).map_or(Self::Nothing, Self::Automaton),
        }
    }

    /// Where, from there on, the last bytes of a spelling stand.
    fn next(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let span = Span { start: from, end: bytes.len() };
        match self {
            _ if from >= bytes.len() => None,
            Self::Nothing => None,
            Self::Packed(searcher) => searcher.find_in(bytes, span).map(|found| found.start()),
            Self::Automaton(automaton) => automaton
                .find(aho_corasick::Input::new(bytes).span(span))
                .map(|found| found.start()),
        }
    }
}

fn within_word(bytes: &[u8], end: usize, length: usize) -> bool {
    let word = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric())
    };
    word(end.checked_sub(length + 1)) || word(Some(end))
}

fn replaced(bytes: &[u8], found: &[Range<usize>]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for range in found {
        clean.extend_from_slice(bytes.get(from..range.start).unwrap_or_default());
        clean.extend_from_slice(REPLACEMENT.as_bytes());
        from = range.end;
    }
    clean.extend_from_slice(bytes.get(from..).unwrap_or_default());
    clean
}

#[cfg(test)]
mod tests;
