//! The names that a manifest gives.

/// Letters of a name.
const MAX_NAME_CHARS: usize = 40;

/// `^[a-z][a-z0-9_]{0,39}$`: settings, secrets, methods, endpoints, streams, actions, parameters.
pub(crate) fn is_input_name(name: &str) -> bool {
    is_name(name, b'_')
}

/// `^[a-z][a-z0-9-]{0,39}$`: connectors and kinds of secrets.
pub(super) fn is_kebab_name(name: &str) -> bool {
    is_name(name, b'-')
}

fn is_name(name: &str, mark: u8) -> bool {
    name.len() <= MAX_NAME_CHARS
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == mark)
}

/// `MAJOR.MINOR.PATCH`, perhaps with a pre-release after `-` and a build after `+` (semver.org, 2.0.0).
pub(super) fn is_version(text: &str) -> bool {
    let (text, build) = cut(text, '+');
    let (core, pre) = cut(text, '-');
    let identifiers = |text: &str| {
        text.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
    };
    let numbers: Vec<&str> = core.split('.').collect();
    numbers.len() == 3
        && numbers.iter().all(|number| is_number(number))
        && pre.is_none_or(identifiers)
        && build.is_none_or(identifiers)
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(text, rest)| (text, Some(rest)))
}

/// Without leading zeros, and not longer than a machine's number.
fn is_number(text: &str) -> bool {
    text.parse::<u64>().is_ok_and(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_in_lower_case() {
        let longest = format!("a{}", "b".repeat(39));
        for name in ["a", "api_url", "token2", longest.as_str()] {
            assert!(is_input_name(name), "{name}");
        }
        let too_long = format!("{longest}b");
        for name in ["", "_a", "2a", "A", "aB", "a-b", "a b", "a.b", "ä", "a\n", too_long.as_str()]
        {
            assert!(!is_input_name(name), "{name:?}");
        }
        assert!(is_kebab_name("fine-grained") && !is_kebab_name("fine_grained"));
    }

    #[test]
    fn versions_are_semantic() {
        for version in ["0.1.0", "1.22.333", "1.0.0-rc.1", "1.0.0+build-5", "1.0.0-a.b+c.d"] {
            assert!(is_version(version), "{version}");
        }
        for version in [
            "",
            "1",
            "1.0",
            "1.0.0.0",
            "v1.0.0",
            "1.0.x",
            "01.0.0",
            "1.0.0-",
            "1.0.0+",
            "1.0.0-a..b",
            "1. 0.0",
            "1.0.0 ",
            "-1.0.0",
            "+1.0.0",
            "1.0.+0",
        ] {
            assert!(!is_version(version), "{version:?}");
        }
    }
}
