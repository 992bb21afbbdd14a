//! Rust source with everything removed that names nothing: comments, texts, tests.

/// The code of a file, without comments, the content of literals, and items that only tests have.
pub(crate) fn code(text: &str) -> String {
    without_tests(&without_words(text))
}

/// Comments and literals become blanks.
fn without_words(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if first == '"' {
            string(rest)
        } else if let Some(length) = raw_string(rest, &code) {
            length
        } else if first == '\'' {
            character(rest)
        } else {
            0
        };
        if skipped == 0 {
            code.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            code.push(' ');
            rest = rest.get(skipped..).unwrap_or_default();
        }
    }
    code
}

fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string literal at the beginning.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The length of the raw string literal at the beginning, where one is.
fn raw_string(text: &str, before: &str) -> Option<usize> {
    if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let rest = text.strip_prefix('r').or_else(|| text.strip_prefix("br"))?;
    let marks = rest.len() - rest.trim_start_matches('#').len();
    let content = rest.get(marks..)?.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(marks));
    let length = content.find(&end).map_or(content.len(), |at| at + end.len());
    Some(text.len() - content.len() + length)
}

/// The length of the character literal at the beginning; 0 where it is a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), _) => {
            let end = text.get(3..).and_then(|rest| rest.find('\''));
            end.map_or(0, |at| at + 4)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// Leaves out each item below `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some((before, after)) = rest.split_once(MARK) {
        kept.push_str(before);
        rest = after.get(item(after)..).unwrap_or_default();
    }
    kept + rest
}

/// The length of the item at the beginning: to its `;`, or to the end of its block.
fn item(code: &str) -> usize {
    let (mut braces, mut others) = (0_usize, 0_usize);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => others += 1,
            ')' | ']' => others = others.saturating_sub(1),
            '{' => braces += 1,
            '}' if braces <= 1 => {
                let is_list = code.get(at + 1..).is_some_and(|rest| rest.starts_with(';'));
                return at + 1 + usize::from(is_list);
            }
            '}' => braces -= 1,
            ';' if braces == 0 && others == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_nothing_is_left_out() {
        for (name, text, expected) in [
            ("a line comment", "a // b::c\nd", "a  \nd"),
            ("a block comment in another", "a /* b /* c */ d */ e", "a   e"),
            ("a text", r#"a("b\"c", d)"#, "a( , d)"),
            ("a text that ends in a backslash", r#"a("b\\", c)"#, "a( , c)"),
            ("a raw text", r###"a(r#"b"c"#, d)"###, "a( , d)"),
            ("a name that ends in r", r#"for "a" in"#, "for   in"),
            ("a character", r"a('b', '\'', '\\', 'ä') c", "a( ,  ,  ,  ) c"),
            ("a lifetime", "a<'b>(c: &'b d)", "a<'b>(c: &'b d)"),
            ("a test module", "a; #[cfg(test)] mod t { b { c } d } e", "a;  e"),
            ("a test module elsewhere", "a; #[cfg(test)]\n#[x(y)]\nmod t; e", "a;  e"),
            ("a test's import", "#[cfg(test)] use a::{b, c}; d", " d"),
        ] {
            assert_eq!(code(text), expected, "{name}");
        }
    }
}
