//! The words, texts and signs of a query.

use std::fmt;

/// Signs, longest first.
const SIGNS: [&str; 15] =
    ["!=", "!~", ">=", "<=", "&&", "||", "=", ">", "<", "~", "(", ")", ",", "!", "&"];

/// Characters that stand for themselves nowhere but in quotes.
const RESERVED: &str = "{}*/%@;#[]`$?|";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Without quotes.
    Word(String),
    /// In quotes, which are gone.
    Quoted(String),
    Sign(&'static str),
}

impl Token {
    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word))
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(found) if *found == sign)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) | Self::Quoted(text) => f.write_str(text),
            Self::Sign(sign) => f.write_str(sign),
        }
    }
}

/// The tokens of a query; what Jira says about it where it has none.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            let (quoted, after) = quoted(rest, first)?;
            found.push(Token::Quoted(quoted));
            rest = after;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if RESERVED.contains(first) {
            return Err(format!(
                "Error in the JQL Query: The character '{first}' is a reserved JQL character. You \
                 must enclose it in a string or use the escape '\\u{:04x}' instead.",
                u32::from(first)
            ));
        } else {
            let ends =
                |c: char| c.is_whitespace() || "=!<>~(),&\"'".contains(c) || RESERVED.contains(c);
            let end = rest.find(ends).unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(found)
}

/// The text in quotes at the beginning, and what follows it.
fn quoted(text: &str, quote: char) -> Result<(String, &str), String> {
    let mut inner = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((index, character)) = characters.next() {
        match character {
            '\\' => inner.extend(characters.next().map(|(_, escaped)| escaped)),
            _ if character == quote => return Ok((inner, &text[index + 1..])),
            _ => inner.push(character),
        }
    }
    Err(format!("Error in the JQL Query: The quoted string '{inner}' has not been completed."))
}
