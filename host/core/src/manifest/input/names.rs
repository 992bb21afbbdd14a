//! Errors at names, and the known name that an unknown one comes near.

use crate::contract::failure::FieldError;

/// An error at a name below the prefix, which is that of its list: `/settings`.
pub(super) fn at(prefix: &str, name: &str, message: String) -> FieldError {
    let tail = FieldError::at([name], message);
    FieldError { pointer: format!("{prefix}{}", tail.pointer), message: tail.message }
}

/// Bytes of the longest unknown name that is repeated: a secret typed in its place is longer.
const MAX_NAME_SHOWN: usize = 20;

/// The unknown name, if a sentence may repeat it; `None` where it may be a secret in the wrong place:
/// it is longer than names are, or has other characters than lower-case letters, digits, `_` and `-`.
pub fn repeatable(name: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let fits = name.len() <= MAX_NAME_SHOWN && name.chars().all(plain);
    Some(name).filter(|name| fits && !name.is_empty())
}

/// The error of a name that nobody knows, at its own place where that may be repeated; the prefix is
/// that of its list: `/settings`.
pub fn unknown_name(prefix: &str, name: &str, known: &[&str]) -> FieldError {
    let shown = repeatable(name);
    let subject = shown.map_or("A name".to_owned(), |name| format!("`{name}`"));
    let message = match (nearest(name, known.iter().copied()), known) {
        (Some(near), _) => format!("{subject} is not known here; did you mean `{near}`?"),
        (None, []) => format!("{subject} is not known here, and nothing is asked for."),
        (None, known) => {
            format!("{subject} is not known here; known are `{}`.", known.join("`, `"))
        }
    };
    match shown {
        Some(name) => at(prefix, name, message),
        None => FieldError { pointer: prefix.to_owned(), message },
    }
}

/// Letters of the longest name that is compared with others.
const MAX_NAME_COMPARED: usize = 60;

/// The known name that differs least from the one given: by a third of its letters, rounded up, at most.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.chars().count() > MAX_NAME_COMPARED {
        return None;
    }
    let allowed = name.chars().count().div_ceil(3).max(1);
    let name = name.to_lowercase().replace('-', "_");
    let distance = |other: &&str| edit_distance(&name, &other.to_lowercase().replace('-', "_"));
    known.into_iter().min_by_key(distance).filter(|near| distance(near) <= allowed)
}

/// Letters inserted, removed or replaced on the way from one text to the other (Levenshtein).
fn edit_distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, a) in from.chars().enumerate() {
        let mut left = line + 1;
        let mut diagonal = line;
        for (cell, b) in row.iter_mut().skip(1).zip(to.chars()) {
            let best = (left + 1).min(*cell + 1).min(diagonal + usize::from(a != b));
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["api_url", "user_email", "site"];
        for (name, expected) in [
            ("api-url", Some("api_url")),
            ("API_URL", Some("api_url")),
            ("apiurl", Some("api_url")),
            ("url", None),
            ("sit", Some("site")),
            ("sight", None),
            ("usermail", Some("user_email")),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, known), expected, "{name}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), known), None);
        assert_eq!(nearest("x", []), None);
        for (from, to, distance) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("ä", "a", 1)]
        {
            assert_eq!(edit_distance(from, to), distance, "{from} {to}");
        }
    }
}
