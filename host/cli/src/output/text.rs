//! Text of others, made fit for a terminal and a line.
//!
//! What providers and connectors wrote may hold what a terminal obeys (ECMA-48 control sequences)
//! or what reorders a line on the screen (Unicode Bidirectional Algorithm, UAX #9). Neither reaches it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

/// The text as one line: no control characters, no marks that reorder text.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let shown = |c| match c {
        '\n' | '\r' | '\t' => ' ',
        c if is_dangerous(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    Cow::Owned(text.chars().map(shown).collect())
}

fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

/// The same JSON, with what a terminal could obey as escapes. Valid JSON has such characters only
/// within strings, where an escape means the same; its line breaks stay.
pub(crate) fn escaped_json(json: &str) -> Cow<'_, str> {
    let dangerous = |c: char| c != '\n' && is_dangerous(c);
    if !json.contains(dangerous) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            // Between the tokens of JSON that a connector made; within strings they cannot be raw.
            '\r' | '\t' => escaped.push(' '),
            // All of them are in the basic plane: one unit of UTF-16 is enough.
            c if dangerous(c) => drop(write!(escaped, "\\u{:04x}", u32::from(c))),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// The same JSON in one line: a line break between its tokens is as good as a blank.
pub(crate) fn json_line(json: &str) -> Cow<'_, str> {
    match escaped_json(json) {
        escaped if escaped.contains('\n') => Cow::Owned(escaped.replace('\n', " ")),
        escaped => escaped,
    }
}

/// The columns that a text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// The fragment as a sentence: a capital first, a full stop last.
pub(crate) fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let mut sentence: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(chars.as_str());
    if !sentence.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

/// The error and what lies under it, as a sentence.
pub(crate) fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    sentence(&text)
}

/// A number of things: "1 record", "2 records".
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left_in_a_line() {
        for (text, expected) in [
            ("plain", "plain"),
            ("größe 漢字 👍", "größe 漢字 👍"),
            ("two\nlines\tand\rmore", "two lines and more"),
            ("\u{1b}[31mred", "\u{fffd}[31mred"),
            ("\u{9b}31m", "\u{fffd}31m"),
            ("bell\u{7}del\u{7f}", "bell\u{fffd}del\u{fffd}"),
            ("\u{202e}evil\u{2066}", "\u{fffd}evil\u{fffd}"),
            ("line\u{2028}separator", "line\u{fffd}separator"),
        ] {
            assert_eq!(line(text), expected);
        }
    }

    #[test]
    fn escaped_json_means_the_same_and_is_harmless() {
        for json in [
            "{\"a\":\"plain\"}",
            "{\"a\":\"c1 \u{9b}31m del \u{7f} bidi \u{202e}\"}",
            "{\r\n\t\"a\" : \"\u{2028}\"\n}",
        ] {
            let line = json_line(json);
            assert!(!line.contains(is_dangerous), "{line:?}");
            let (before, after): (Value, Value) =
                (serde_json::from_str(json).unwrap(), serde_json::from_str(&line).unwrap());
            assert_eq!(before, after);
        }
    }

    #[test]
    fn columns_are_counted_as_a_terminal_does() {
        for (text, expected) in [("abc", 3), ("漢字", 4), ("ä", 1), ("", 0)] {
            assert_eq!(width(text), expected, "{text}");
        }
    }

    #[test]
    fn counts_agree_with_their_nouns() {
        for (number, expected) in [(0, "0 records"), (1, "1 record"), (2, "2 records")] {
            assert_eq!(count(number, "record"), expected);
        }
    }
}
