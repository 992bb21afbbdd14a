//! What a guest answers, before anyone sees it: texts bounded, cleaned of control characters and of
//! the secrets that were used during the call; JSON checked under limits; links that are not
//! `http` or `https` dropped.

use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::contract::failure::{Advice, Remedy};
use crate::contract::json::{Changes, parse_bounded, strict_bounded, strict_value};
use crate::egress::redact::Redactor;
use crate::error::CallError;
use crate::limits::{
    MAX_CURSOR_BYTES, MAX_DISCOVERED_BYTES, MAX_LIST_ENTRIES, MAX_MESSAGE_BYTES, MAX_RECORD_BYTES,
};

/// Bytes of a record's key.
const MAX_KEY_BYTES: usize = 1_000;

/// Bytes of a diagnosis's code.
const MAX_CODE_BYTES: usize = 60;

/// Cleans the answers of one call.
pub(crate) struct Sanitizer {
    redactor: Arc<Redactor>,
    own: Vec<Remedy>,
}

impl Sanitizer {
    pub(crate) fn new(redactor: Arc<Redactor>) -> Self {
        Self { redactor, own: Vec::new() }
    }

    /// Knows these remedies, which the host gave the guest during the call.
    pub(crate) fn knowing(self, own: Vec<Remedy>) -> Self {
        Self { own, ..self }
    }

    /// The advice of the host's own remedy with this sentence. The contract has no place for advice, so a
    /// guest that hands the host's failure on hands on the sentence alone. `None` where the host gave the
    /// sentence with different advice, so that nobody is led to another place than the failure's.
    pub(crate) fn advice(&self, sentence: &str) -> Option<Advice> {
        let own = self.own.iter().filter(|own| self.text(own.text.clone()) == sentence);
        let mut advice = own.map(|own| own.advice.clone());
        let first = advice.next()?;
        advice.all(|other| other == first).then_some(first).flatten()
    }

    /// A text that a person reads.
    pub(crate) fn text(&self, text: String) -> String {
        bounded(printable(self.redactor.redact_string(text)), MAX_MESSAGE_BYTES)
    }

    /// A code in kebab-case; `None` where it is none.
    pub(crate) fn code(&self, code: String) -> Option<String> {
        let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=MAX_CODE_BYTES).contains(&code.len()) && code.bytes().all(kebab);
        fits.then(|| self.text(code))
    }

    /// A link that a person may follow; `None` where it is not an absolute http or https URL.
    pub(crate) fn link(&self, link: String) -> Option<String> {
        if link.len() > MAX_MESSAGE_BYTES {
            return None;
        }
        let url = url::Url::parse(&self.text(link)).ok()?;
        let plain = url.username().is_empty() && url.password().is_none();
        (matches!(url.scheme(), "http" | "https") && plain).then(|| url.into())
    }

    /// A list for people.
    pub(crate) fn list<A, B>(&self, list: Vec<A>, each: impl Fn(A) -> B) -> Vec<B> {
        list.into_iter().take(MAX_LIST_ENTRIES).map(each).collect()
    }

    pub(crate) fn page_length(&self, found: usize, limit: u32) -> Result<(), CallError> {
        if found as u64 > u64::from(limit) {
            return Err(invalid(
                "page",
                format!("has {found} records where {limit} were asked for"),
            ));
        }
        Ok(())
    }

    pub(crate) fn cursor(&self, cursor: String) -> Result<String, CallError> {
        if cursor.len() > MAX_CURSOR_BYTES {
            return Err(invalid("cursor", format!("is longer than {MAX_CURSOR_BYTES} bytes")));
        }
        Ok(cursor)
    }

    /// A record's key without NULs, which PostgreSQL refuses in any text, and what was changed in it.
    pub(crate) fn key(&self, key: String) -> Result<(String, Changes), CallError> {
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(invalid("key", format!("is empty or longer than {MAX_KEY_BYTES} bytes")));
        }
        if key.contains('\0') {
            let key = key.replace('\0', "\u{fffd}");
            return Ok((key, Changes { strings: 1, ..Changes::default() }));
        }
        Ok((key, Changes::default()))
    }

    /// One record: any JSON value within the limits, which every parser reads (see [`crate::contract::json`]),
    /// and what was changed in it.
    pub(crate) fn record(&self, text: String) -> Result<(Box<RawValue>, Changes), CallError> {
        strict_bounded(text, MAX_RECORD_BYTES).map_err(|error| invalid("record", error.to_string()))
    }

    /// The output of an action, as [`Self::record`].
    pub(crate) fn output(&self, text: &str) -> Result<(Value, Changes), CallError> {
        strict_value(text, MAX_RECORD_BYTES).map_err(|error| invalid("output", error.to_string()))
    }

    /// The settings that a check found out: an object.
    pub(crate) fn discovered(&self, text: String) -> Result<Map<String, Value>, CallError> {
        if text.trim().is_empty() {
            return Ok(Map::new());
        }
        let text = self.redactor.redact_text(&text);
        match parse_bounded(&text, MAX_DISCOVERED_BYTES) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(_) => Err(invalid("discovered", "is not a JSON object".to_owned())),
            Err(error) => Err(invalid("discovered", error.to_string())),
        }
    }
}

fn invalid(what: &'static str, detail: String) -> CallError {
    CallError::InvalidAnswer { what, detail }
}

/// Control characters become blanks, and so do the marks that reorder text on a screen.
pub(crate) fn printable(text: String) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    if text.contains(hidden) { text.replace(hidden, " ") } else { text }
}

/// At most `limit` bytes of the text, cut at a character, with an ellipsis where it was cut.
pub(crate) fn bounded(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let cut = (0..=limit).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(cut);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn sanitizer() -> Sanitizer {
        Sanitizer::new(Arc::new(Redactor::new(["canary-0123456789"].into_iter())))
    }

    #[test]
    fn only_the_hosts_own_sentences_have_advice() {
        let own = |text: &str| Remedy::new(text).by(Advice::TrustCertificate);
        let other = Remedy::new("Two.").by(Advice::ShowLog);
        let own = vec![
            own("Trust it."),
            own("Not canary-0123456789."),
            own("Two."),
            other,
            own("Trust it."),
        ];
        let clean = sanitizer().knowing(own);
        for (sentence, expected) in [
            ("Trust it.", Some(Advice::TrustCertificate)),
            ("Trust it", None),
            ("Trust it. And more.", None),
            ("Two.", None),
            ("Not [redacted].", Some(Advice::TrustCertificate)),
            ("", None),
        ] {
            assert_eq!(clean.advice(sentence), expected, "{sentence}");
        }
        assert_eq!(sanitizer().advice("Trust it."), None);
    }

    #[test]
    fn texts_lose_secrets_controls_and_excess() {
        let clean = sanitizer();
        let cases = [
            ("a secret", "token canary-0123456789!".to_owned(), "token [redacted]!".to_owned()),
            ("an escape", "\u{1b}[2Jgone".to_owned(), " [2Jgone".to_owned()),
            ("a reversal", "a\u{202e}b".to_owned(), "a b".to_owned()),
            ("at the limit", "x".repeat(MAX_MESSAGE_BYTES), "x".repeat(MAX_MESSAGE_BYTES)),
            (
                "one past the limit",
                "x".repeat(MAX_MESSAGE_BYTES + 1),
                format!("{}…", "x".repeat(MAX_MESSAGE_BYTES)),
            ),
        ];
        for (name, input, expected) in cases {
            assert_eq!(clean.text(input), expected, "{name}");
        }
    }

    #[test]
    fn only_plain_web_links_reach_a_person() {
        let clean = sanitizer();
        let cases = [
            ("https://github.com/settings/tokens", true),
            ("http://jira.example/", true),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("https://user:word@github.com/", false),
            ("//github.com", false),
            ("settings", false),
        ];
        for (link, expected) in cases {
            assert_eq!(clean.link(link.to_owned()).is_some(), expected, "{link}");
        }
    }

    #[test]
    fn pages_keep_to_what_was_asked() {
        let clean = sanitizer();
        assert!(clean.page_length(100, 100).is_ok());
        assert!(clean.page_length(101, 100).is_err());
        assert!(clean.cursor("c".repeat(MAX_CURSOR_BYTES)).is_ok());
        assert!(clean.cursor("c".repeat(MAX_CURSOR_BYTES + 1)).is_err());
        assert!(clean.key(String::new()).is_err());
        assert!(clean.key("k".repeat(MAX_KEY_BYTES + 1)).is_err());
    }

    #[test]
    fn a_key_has_no_nul() {
        for (key, expected, changes) in
            [("a", "a", 0), ("\0", "\u{fffd}", 1), ("a\0b\0", "a\u{fffd}b\u{fffd}", 1)]
        {
            let (found, changed) = sanitizer().key(key.to_owned()).unwrap();
            assert_eq!((found.as_str(), changed.total()), (expected, changes), "{key:?}");
        }
    }

    #[test]
    fn discovered_settings_are_an_object_or_nothing() {
        let clean = sanitizer();
        assert!(clean.discovered(String::new()).unwrap().is_empty());
        assert_eq!(clean.discovered(r#"{"a":1}"#.to_owned()).unwrap().len(), 1);
        for bad in ["[]", "1", "{", "{\"a\":}"] {
            assert!(clean.discovered(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
