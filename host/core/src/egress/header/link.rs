//! The `Link` header (RFC 8288, section 3), as far as paging needs it.

/// Links looked at in one header; providers send four or five.
const MAX_LINKS: usize = 64;

/// The target of the first link in a header's value that has the relation `next`, as it stands there.
///
/// A link with an `anchor` speaks of another page than the one that was asked for, and is passed over.
pub(super) fn next_target(value: &str) -> Option<&str> {
    let mut rest = value;
    for _ in 0..MAX_LINKS {
        let (target, after) = rest.split_once('<')?.1.split_once('>')?;
        let (is_next, after) = parameters(after);
        if is_next {
            return Some(target.trim());
        }
        rest = after;
    }
    None
}

/// Whether the parameters say `rel=next` without an anchor, and what follows the link's comma.
fn parameters(mut rest: &str) -> (bool, &str) {
    let mut relation = None;
    let mut anchored = false;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(after) = rest.strip_prefix(';') else { break };
        let (name, value, after) = parameter(after);
        match name.to_ascii_lowercase().as_str() {
            // Only the first counts (RFC 8288, section 3.3).
            "rel" if relation.is_none() => relation = Some(value),
            "anchor" => anchored = true,
            _ => {}
        }
        rest = after;
    }
    let is_next = relation.is_some_and(|relation| {
        relation.split_ascii_whitespace().any(|token| token.eq_ignore_ascii_case("next"))
    });
    (is_next && !anchored, rest.split_once(',').map_or("", |(_, after)| after))
}

/// A parameter's name, its value without quotes, and the rest. Escapes within quotes are left:
/// no relation has any.
fn parameter(text: &str) -> (&str, &str, &str) {
    let name_end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(name_end).unwrap_or((text, ""));
    let name = name.trim();
    let Some(value) = rest.strip_prefix('=') else { return (name, "", rest) };
    let value = value.trim_start_matches([' ', '\t']);
    if let Some(quoted) = value.strip_prefix('"') {
        let end = closing_quote(quoted);
        let (inner, after) = quoted.split_at_checked(end).unwrap_or((quoted, ""));
        return (name, inner, after.strip_prefix('"').unwrap_or(after));
    }
    let end = value.find([';', ',']).unwrap_or(value.len());
    let (bare, rest) = value.split_at_checked(end).unwrap_or((value, ""));
    (name, bare.trim(), rest)
}

/// Where the quoted text ends: its first quote without a backslash before it.
fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at,
            _ => {}
        }
    }
    text.len()
}
