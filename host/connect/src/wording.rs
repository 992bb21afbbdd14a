//! Names and sentences for people: what is known in place of what is not, and fragments that
//! become sentences.

use jackfield_host::input::{nearest, repeatable};

/// Longest id of a connection that is repeated; those of the store have ten characters.
const MAX_ID: usize = 16;

/// "no connector `githup`; did you mean `github`?" What may be a secret in the wrong place is not
/// repeated, here and below.
pub(crate) fn unknown(what: &str, name: &str, nearest: Option<&str>) -> String {
    let none = match repeatable(name) {
        Some(name) => format!("no {what} `{name}`"),
        None => format!("no {what} has that name"),
    };
    match nearest {
        Some(nearest) => format!("{none}; did you mean `{nearest}`?"),
        None => none,
    }
}

/// "no connection `abc`", for what looks like a connection's id.
pub(crate) fn unknown_connection(id: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    match id.len() <= MAX_ID && id.chars().all(plain) {
        true => format!("no connection `{id}`"),
        false => "no connection has that id".to_owned(),
    }
}

/// "The stream `isues` is unknown; did you mean `issues`?"
pub(crate) fn unknown_choice<'a>(
    what: &str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> String {
    let name_shown = repeatable(name).map(|name| format!(" `{name}`")).unwrap_or_default();
    format!("The {what}{name_shown} {}", is_unknown(name, known))
}

/// The end of a sentence about a name that nobody knows: "is unknown; did you mean `token`?"
fn is_unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match (nearest(name, known.iter().copied()), known.as_slice()) {
        (Some(nearest), _) => format!("is unknown; did you mean `{nearest}`?"),
        (None, []) => "is unknown; there are none".to_owned(),
        (None, known) => format!("is unknown; known are: {}", known.join(", ")),
    }
}

/// The fragment as a sentence: a capital first, a full stop last.
pub(crate) fn sentence(fragment: &str) -> String {
    let mut chars = fragment.chars();
    let mut sentence: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(chars.as_str());
    if !sentence.ends_with(['.', '?', '!', '…']) {
        sentence.push('.');
    }
    sentence
}

/// The message as a sentence of its own: a fragment ("is empty") gets what the pointer names for a
/// subject, a sentence ("Token is empty.") stays as it is.
pub(crate) fn about(pointer: &str, message: &str) -> String {
    if message.starts_with(char::is_lowercase) {
        sentence(&format!("{} {message}", place(pointer)))
    } else {
        sentence(message)
    }
}

/// What a pointer names, for people: "the setting `api_url`" for `/settings/api_url`.
pub(crate) fn place(pointer: &str) -> String {
    let mut parts = pointer.trim_start_matches('/').splitn(2, '/');
    let unescape = |text: &str| text.replace("~1", "/").replace("~0", "~");
    match (parts.next(), parts.next()) {
        (Some("settings"), Some(name)) => format!("the setting `{}`", unescape(name)),
        (Some("secrets"), Some(name)) => format!("the secret `{}`", unescape(name)),
        (Some("parameters"), Some(name)) => format!("the parameter `{}`", unescape(name)),
        (Some(first), None) if !first.is_empty() => format!("the {first}"),
        _ => format!("`{pointer}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_come_with_what_is_known() {
        assert_eq!(is_unknown("tokn", ["token"]), "is unknown; did you mean `token`?");
        assert_eq!(is_unknown("xyz", ["one", "two"]), "is unknown; known are: one, two");
        assert_eq!(is_unknown("xyz", []), "is unknown; there are none");
    }

    #[test]
    fn what_may_be_a_secret_is_not_repeated() {
        let token = "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";
        assert_eq!(unknown("connector", token, None), "no connector has that name");
        assert_eq!(
            unknown("connector", "githup", Some("github")),
            "no connector `githup`; did you mean `github`?"
        );
        assert_eq!(
            unknown_choice("stream", token, ["issues"]),
            "The stream is unknown; known are: issues"
        );
        assert_eq!(
            unknown_choice("stream", "isues", ["issues"]),
            "The stream `isues` is unknown; did you mean `issues`?"
        );
    }

    #[test]
    fn fragments_become_sentences() {
        for (fragment, expected) in [
            ("the store is full", "The store is full."),
            ("no connector `x`; did you mean `y`?", "No connector `x`; did you mean `y`?"),
            ("`x` is wrong", "`x` is wrong."),
            ("über", "Über."),
            ("", "."),
        ] {
            assert_eq!(sentence(fragment), expected);
        }
    }

    #[test]
    fn pointers_are_named_for_people() {
        for (pointer, expected) in [
            ("/settings/api_url", "the setting `api_url`"),
            ("/secrets/token", "the secret `token`"),
            ("/parameters/a~1b", "the parameter `a/b`"),
            ("/method", "the method"),
            ("/settings", "the settings"),
            ("", "``"),
        ] {
            assert_eq!(place(pointer), expected, "{pointer}");
        }
    }
}
