//! Text of others, made fit to be shown.

/// At most `max` characters of `text`: line breaks, tabs and runs of blanks become one blank, control
/// and invisible direction characters vanish, and what was cut off ends with `…`.
///
/// For whatever a provider wrote and a person reads: it cannot forge a line of a log, move a
/// terminal's cursor or turn the direction of the words around it.
///
/// ```
/// use jackfield_guest::text::quote;
///
/// assert_eq!(quote("Bad\r\n  credentials\u{1b}[31m", 40), "Bad credentials[31m");
/// assert_eq!(quote("abcdef", 4), "abc…");
/// ```
pub fn quote(text: &str, max: usize) -> String {
    let mut quoted = String::new();
    let mut count = 0;
    let mut blank = false;
    for character in text.chars() {
        if character.is_whitespace() {
            blank = count > 0;
            continue;
        }
        if is_hidden(character) {
            continue;
        }
        let wanted = if blank { 2 } else { 1 };
        if count + wanted > max {
            return cut(quoted, max);
        }
        if std::mem::take(&mut blank) {
            quoted.push(' ');
        }
        quoted.push(character);
        count += wanted;
    }
    quoted
}

fn cut(text: String, max: usize) -> String {
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    kept.trim_end().chars().chain((max > 0).then_some('…')).collect()
}

/// Controls, zero-width characters, and the marks that turn the direction of text (UAX #9).
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_is_bounded_and_harmless() {
        let cases = [
            ("as it is", "Not Found", 20, "Not Found"),
            ("at the limit", "12345", 5, "12345"),
            ("one past it", "123456", 5, "1234…"),
            ("nothing allowed", "12", 0, ""),
            ("only the mark", "12", 1, "…"),
            ("blank at the cut", "ab cdef", 4, "ab…"),
            ("line breaks", "a\r\n\r\nb\tc", 20, "a b c"),
            ("ends in blanks", "  a  ", 20, "a"),
            ("escape sequence", "a\u{1b}]0;x\u{7}b", 20, "a]0;xb"),
            ("direction", "a\u{202e}b\u{2066}c", 20, "abc"),
            ("several bytes", "äöü", 3, "äöü"),
            ("several bytes cut", "äöüß", 3, "äö…"),
            ("nul", "\0", 9, ""),
        ];
        for (name, text, max, expected) in cases {
            assert_eq!(quote(text, max), expected, "{name}");
        }
    }
}
