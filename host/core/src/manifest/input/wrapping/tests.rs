#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use crate::manifest::{Alphabet, Checksum};

fn kind(name: &str, prefix: &str, lengths: [Option<u32>; 2], set: Option<Alphabet>) -> SecretKind {
    let [min_length, max_length] = lengths;
    SecretKind {
        name: name.to_owned(),
        label: name.to_owned(),
        prefix: prefix.to_owned(),
        min_length,
        max_length,
        alphabet: set,
        checksum: None,
        refuse: None,
    }
}

/// As a connector of GitHub declares them.
fn github() -> Vec<SecretKind> {
    let exactly = |length| [Some(length), Some(length)];
    let refuse = Some("This is a refresh token.".to_owned());
    let alphanumeric = Some(Alphabet::Alphanumeric);
    vec![
        kind("fine-grained", "github_pat_", exactly(93), Some(Alphabet::Word)),
        SecretKind {
            checksum: Some(Checksum::Crc32Base62),
            ..kind("classic", "ghp_", exactly(40), alphanumeric)
        },
        kind("installation", "ghs_", [Some(40), None], Some(Alphabet::Token)),
        SecretKind { refuse, ..kind("refresh", "ghr_", exactly(80), alphanumeric) },
        kind("legacy", "", exactly(40), Some(Alphabet::Hex)),
    ]
}

/// As a connector of Jira declares them, for both of its methods.
fn jira() -> Vec<SecretKind> {
    let refuse = Some("This is an administrator's key.".to_owned());
    vec![
        kind("api-token", "ATATT", [None, None], None),
        SecretKind { refuse, ..kind("admin-key", "ATCTT", [None, None], None) },
        kind("personal", "", [Some(44), Some(44)], None),
    ]
}

fn letters(count: usize) -> String {
    "Kq3Zp0xYb7".chars().cycle().take(count).collect()
}

/// A secret of each kind, with its kinds.
fn secrets() -> Vec<(String, Vec<SecretKind>)> {
    vec![
        (format!("ghp_{}", letters(36)), github()),
        (format!("github_pat_{}_{}", letters(22), letters(59)), github()),
        (format!("ghs_{}", letters(36)), github()),
        (format!("ghs_1234567_eyJ{}.eyJ{}.{}", letters(36), letters(120), letters(342)), github()),
        ("0123456789abcdef0123456789abcdef01234567".to_owned(), github()),
        (format!("ATATT3xFfGF0{}-_x=1A2B3C4D", letters(168)), jira()),
        (format!("{}+/", letters(42)), jira()),
    ]
}

/// The text, with the secret in the place of `{}` and credentials in base 64 in that of `{64}`.
fn wrapped(wrapping: &str, secret: &str) -> String {
    let credentials = |user: &str| BASE64.encode(format!("{user}:{secret}"));
    let percent = secret.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let escaped = secret.replace('/', "\\/").replace('=', "\\u003d").replace('+', "\\u002B");
    let middle = secret.len() / 2;
    let split = |between: &str| format!("{}{between}{}", &secret[..middle], &secret[middle..]);
    wrapping
        .replace("{64}", &credentials("ada@example.com"))
        .replace("{bare64}", credentials("ada").trim_end_matches('='))
        .replace("{%}", &percent)
        .replace("{json}", &escaped)
        .replace("{zero}", &split("\u{200b}"))
        .replace("{nbsp}", &split("\u{a0}"))
        .replace("{}", secret)
}

const WRAPPED: &[(&str, &str)] = &[
    // Quotes and brackets.
    ("\"{}\"", "in quotes; they were removed"),
    ("'{}'", "in quotes; they were removed"),
    ("\u{201c}{}\u{201d}", "in quotes; they were removed"),
    ("\u{2018}{}\u{2019}", "in quotes; they were removed"),
    ("\u{201e}{}\u{201c}", "in quotes; they were removed"),
    ("\u{ab}{}\u{bb}", "in quotes; they were removed"),
    ("\"{}", "in quotes; they were removed"),
    ("{}'", "in quotes; they were removed"),
    ("`{}`", "in backticks; they were removed"),
    ("```\n{}\n```", "in backticks and among other lines"),
    ("<{}>", "in angle brackets; they were removed"),
    ("({})", "among other words"),
    // Schemes and headers.
    ("Bearer {}", "behind the word `Bearer`; everything else was removed"),
    ("bearer  {}", "behind the word `Bearer`"),
    ("\"Bearer {}\"", "behind the word `Bearer` and in quotes"),
    ("Bearer \"{}\"", "behind the word `Bearer` and in quotes"),
    ("token {}", "behind the word `token`"),
    ("Basic {64}", "in Basic credentials"),
    ("{64}", "in Basic credentials"),
    ("{bare64}", "in Basic credentials"),
    ("Authorization: Basic {64}", "in a header and in Basic credentials"),
    ("Authorization: Bearer {}", "in a header and behind the word `Bearer`"),
    ("authorization: token {}\r\n", "in a header and behind the word `token`"),
    ("PRIVATE-TOKEN: {}", "in a header"),
    ("-H 'Authorization: Bearer {}'", "in a header, behind the word `Bearer` and in quotes"),
    (
        "curl -H \"Authorization: Bearer {}\" https://api.github.com/user",
        "in a curl command, in a header",
    ),
    ("curl -u 'ada:{}' https://acme.atlassian.net/rest", "in a curl command"),
    // Assignments and fields.
    ("GITHUB_TOKEN={}", "in an assignment"),
    ("GITHUB_TOKEN=\"{}\"", "in an assignment and in quotes"),
    ("export GITHUB_TOKEN={}", "in an assignment"),
    ("export GITHUB_TOKEN='{}';", "in an assignment, in quotes and before a semicolon"),
    ("set GITHUB_TOKEN={}", "in an assignment"),
    ("set -x GITHUB_TOKEN {}", "among other words"),
    ("setx GITHUB_TOKEN \"{}\"", "in quotes"),
    ("$env:GITHUB_TOKEN = \"{}\"", "in an assignment and in quotes"),
    ("token = {}", "in an assignment"),
    ("--token={}", "in an assignment"),
    ("token: {}", "behind the name of a field"),
    ("token: \"{}\"", "behind the name of a field and in quotes"),
    ("  - token: {}  # until May", "behind the name of a field"),
    ("password={}, user=ada", "in an assignment and before a comma"),
    // Addresses and user names.
    ("https://x-access-token:{%}@github.com/o/r.git", "in a web address"),
    ("https://{%}@github.com/o/r.git", "in a web address"),
    ("https://{%}:x-oauth-basic@github.com/o/r", "in a web address"),
    ("git clone https://ada%40example.com:{%}@example.com/o/r", "in a web address"),
    ("ada:{}", "beside a user name"),
    ("ada@example.com:{}", "beside a user name"),
    ("{}:x-oauth-basic", "beside a user name"),
    // JSON.
    ("{\"token\":\"{}\"}", "in JSON"),
    ("{\"token\": \"{}\", \"kind\": \"a\"}", "in JSON"),
    ("{\"token\":\"{json}\"}", "in JSON"),
    ("[\"{}\"]", "in JSON"),
    ("{\n  \"auths\": { \"x\": { \"auth\": \"{64}\" } }\n}", "in JSON"),
    ("\"token\": \"{}\",", "behind the name of a field, in quotes and before a comma"),
    // Lines, files, ends.
    ("# my token\n{}", "among other lines"),
    ("# my token\r\n{}\r\n", "among other lines"),
    ("{}\n# until May", "among other lines"),
    ("; a comment\ntoken={}\nuser=ada\n", "in an assignment and among other lines"),
    ("machine github.com login ada password {}", "in a line of a .netrc file"),
    ("machine github.com\n  login ada\n  password {}\n", "in a line of a .netrc file"),
    ("{},", "before a comma"),
    ("{};", "before a semicolon"),
    ("{}.", "before a full stop"),
    ("{} \\", "before a backslash"),
    ("\"{}\",", "in quotes and before a comma"),
    ("{} \u{2190} the token", "among other words"),
    ("{}\n{}", "among other lines"),
    ("a={} b={}", "in an assignment"),
    // What cannot be seen.
    ("\u{feff}{}", "among invisible characters; they were removed"),
    ("{}\u{200b}", "among invisible characters; they were removed"),
    ("{zero}", "among invisible characters; they were removed"),
    ("{nbsp}", "among invisible characters; they were removed"),
    ("\u{feff}\"{}\"", "in quotes and among invisible characters"),
    ("Bearer\u{a0}{}", "behind the word `Bearer`"),
    ("Bearer\u{200b}{}", "among invisible characters"),
    ("token:\u{200b}\u{200b}{}", "among invisible characters"),
    ("\u{1b}[200~{}\u{1b}[201~", "among control characters"),
    ("\u{1b}[1;32m{}\u{1b}[0m", "among control characters"),
];

#[test]
fn a_secret_in_its_wrapping_is_found_and_the_wrapping_is_told() {
    let mut failures = Vec::new();
    for (secret, kinds) in secrets() {
        for (wrapping, told) in WRAPPED {
            let text = wrapped(wrapping, &secret);
            let (value, note) = match find(&kinds, "The token", text.trim()) {
                Ok(found @ Found::Within(..)) => {
                    let note = found.note("The token").unwrap();
                    let Found::Within(value, _) = found else { panic!("{wrapping}") };
                    (value.expose_secret().to_owned(), note)
                }
                Ok(Found::Whole) => (String::new(), "taken as it is".to_owned()),
                Err(sentence) => (String::new(), sentence),
            };
            if value != secret || !note.contains(told) {
                failures.push(format!("{wrapping:?} {secret}: {note}"));
            }
        }
    }
    assert_eq!(failures, [""; 0]);
}

#[test]
fn a_secret_alone_is_taken_as_it_is() {
    for (secret, kinds) in secrets() {
        assert!(matches!(find(&kinds, "It", &secret), Ok(Found::Whole)), "{secret}");
    }
    for (text, kinds) in [
        // Of a kind, and not quite.
        ("ghp_short", github()),
        ("ghp_Kq3Zp0xYb7Kq3Zp0xYb7Kq3Zp0xYb7Kq3Zp0x", github()),
        ("ATATTshort", jira()),
        // Of no kind: providers issue what no manifest knows.
        ("v1.f0e1d2c3b4a5f6e7d8c9b0a1f2e3d4c5b6a7f8e9", github()),
        ("NTAxMDc3NDk5MjM1OpIAFY0y2mVvRT9n0bmXyz", jira()),
        ("c2VjcmV0LXdpdGgtcGFkZGluZw==", jira()),
        ("p%40ss", github()),
        (r#"cA"n\A/r+Y=%41&<s>'i{n}g:s;,?#@!$^`|~_-.*()[]0123456789"#, github()),
        ("correct horse", github()),
        ("", github()),
        // Where no kind is declared, nothing is removed.
        ("\"ghp_Kq3Zp0xYb7Kq3Zp0xYb7Kq3Zp0xYb7Kq3Zp0\"", Vec::new()),
        ("Bearer Kq3Zp0xYb7", Vec::new()),
        ("a=b c=d e=f", Vec::new()),
    ] {
        assert!(matches!(find(&kinds, "It", text), Ok(Found::Whole)), "{text}");
    }
}

/// The sentence by which a text is refused.
fn refusal(kinds: &[SecretKind], text: &str) -> String {
    match find(kinds, "The token", text) {
        Err(sentence) => sentence,
        Ok(Found::Whole) => panic!("{text:?} was taken"),
        Ok(Found::Within(value, _)) => panic!("{text:?}: {} was taken", value.expose_secret()),
    }
}

#[test]
fn several_different_secrets_are_refused() {
    let [one, two] = [letters(36), letters(37).split_off(1)];
    for (text, kinds, told) in [
        (format!("ghp_{one}\nghp_{two}"), github(), "among other lines, and 2 different ones"),
        (
            format!("{{\"a\":\"ghp_{one}\",\"b\":\"ghp_{two}\"}}"),
            github(),
            "in JSON, and 2 different",
        ),
        (format!("A=ghp_{one} B=ghs_{two}"), github(), "in an assignment, and 2 different"),
        (format!("ghp_{one},ghp_{two},ghs_{one}"), github(), "3 different"),
        (format!("old: {0}x, new: {0}y", &letters(43)), jira(), "2 different"),
        (format!("ATATT{one}, ATATT{two}"), jira(), "2 different"),
    ] {
        let sentence = refusal(&kinds, &text);
        assert!(sentence.contains(told), "{text}: {sentence}");
    }
}

#[test]
fn one_that_fits_goes_before_what_fits_less() {
    let token = format!("ghp_{}", letters(36));
    for text in [
        // The bare prefix, a shorter one, one that is refused, one without a prefix.
        format!("# begins with ghp_\n{token}"),
        format!("ghp_xxx is the form\n{token}"),
        format!("{{\"access_token\":\"{token}\",\"refresh_token\":\"ghr_{}\"}}", letters(76)),
        format!("# commit 0123456789abcdef0123456789abcdef01234567\n{token}"),
    ] {
        let Ok(Found::Within(value, _)) = find(&github(), "It", &text) else { panic!("{text}") };
        assert_eq!(value.expose_secret(), token);
    }
}

#[test]
fn what_does_not_fit_or_is_not_there_is_refused_with_what_stands_around() {
    let long = letters(100);
    for (text, kinds, told) in [
        // Cut short, too long, broken up.
        ("\"ghp_short\"".to_owned(), github(), "stands in quotes, and is cut short"),
        (
            format!("Bearer ghp_{}", letters(35)),
            github(),
            "behind the word `Bearer`, and is cut short",
        ),
        (
            format!("T=ghp_{}", letters(37)),
            github(),
            "in an assignment, and is cut short, too long",
        ),
        (
            format!("ghp_{}\n{}", letters(20), letters(16)),
            github(),
            "among other lines, and is cut",
        ),
        (format!("ghp_{} {}", letters(20), letters(16)), github(), "broken up"),
        (format!("ATATT{long}\n{long}"), jira(), "among other lines, and is cut short"),
        (format!("\"ATATT{long} {long}=1A2B3C4D\""), jira(), "in quotes, and is cut short"),
        (format!("ATATT{long}\u{a0}{long}, x"), jira(), "is cut short, too long or broken up"),
        ("<ATATTshort>".to_owned(), jira(), "in angle brackets, and is cut short"),
        // Not there.
        ("\"hunter2hunter2\"".to_owned(), github(), "what was entered stands in quotes;"),
        ("<your token>".to_owned(), github(), "stands in angle brackets;"),
        ("Bearer hunter2".to_owned(), github(), "stands behind the word `Bearer`;"),
        ("Authorization: Basic aHVudGVyMg==".to_owned(), github(), "stands in a header"),
        ("GITHUB_TOKEN=".to_owned(), github(), "stands in an assignment;"),
        ("GITHUB_TOKEN=hunter2".to_owned(), github(), "stands in an assignment;"),
        ("export TOKEN=hunter2".to_owned(), github(), "stands in an assignment;"),
        ("token: hunter2".to_owned(), github(), "stands behind the name of a field;"),
        ("ada:hunter2".to_owned(), github(), "stands beside a user name;"),
        ("https://github.com/settings/tokens".to_owned(), github(), "stands in a web address;"),
        ("{\"token\":\"hunter2\"}".to_owned(), github(), "stands in JSON"),
        ("machine github.com login ada".to_owned(), github(), "in a line of a .netrc file"),
        ("hunter2,".to_owned(), github(), "stands before a comma;"),
        ("please read the manual".to_owned(), github(), "stands among other words;"),
        // The name in the place of the value.
        ("$GITHUB_TOKEN".to_owned(), github(), "is the name of a variable"),
        ("${GITHUB_TOKEN}".to_owned(), github(), "is the name of a variable"),
        ("$env:GITHUB_TOKEN".to_owned(), github(), "is the name of a variable"),
        ("%GITHUB_TOKEN%".to_owned(), jira(), "is the name of a variable"),
        ("${{ secrets.JIRA_TOKEN }}".to_owned(), jira(), "is the name of a variable"),
        // Of a kind that the connector refuses, whole or cut short.
        (format!("\"ghr_{}\"", letters(76)), github(), "This is a refresh token."),
        ("token=ghr_short".to_owned(), github(), "This is a refresh token."),
        (format!("Bearer ATCTT{long}"), jira(), "This is an administrator's key."),
    ] {
        let sentence = refusal(&kinds, &text);
        assert!(sentence.contains(told), "{text:?}: {sentence}");
        for told in ["hunter2", "Kq3Z", "ghp_", "ATATT", "ada", "GITHUB", "manual"] {
            assert!(!sentence.contains(told), "{text:?}: {sentence}");
        }
        assert!(!sentence.to_lowercase().contains("new"), "{sentence}");
    }
}

#[test]
fn no_sentence_holds_a_part_of_what_was_entered() {
    for (secret, kinds) in secrets() {
        for (wrapping, _) in WRAPPED {
            let cut = wrapped(wrapping, &secret[..secret.len() - 3]);
            for text in [wrapped(wrapping, &secret), cut] {
                let told = match find(&kinds, "It", text.trim()) {
                    Ok(found) => found.note("It").unwrap_or_default(),
                    Err(sentence) => sentence,
                };
                let pieces = secret.as_bytes().windows(6).map(|piece| std::str::from_utf8(piece));
                for piece in pieces.map(Result::unwrap) {
                    assert!(!told.contains(piece), "{wrapping:?}: {told}");
                }
                for word in ["ada", "GITHUB_TOKEN", "github.com", "until May"] {
                    assert!(!told.contains(word), "{wrapping:?}: {told}");
                }
            }
        }
    }
}

#[test]
fn what_looks_wrapped_is_known_without_any_kind() {
    for (text, expected) in [
        ("\"hunter2\"", Some("quotes around it")),
        ("'hunter2'", Some("quotes around it")),
        ("\u{201c}hunter2\u{201d}", Some("quotes around it")),
        ("`hunter2`", Some("backticks around it")),
        ("<hunter2>", Some("angle brackets around it")),
        ("Basic hunter2", Some("the name of a scheme before it")),
        ("bearer hunter2", Some("the name of a scheme before it")),
        ("\"hunter2", None),
        ("\"", None),
        ("hun\"ter\"2", None),
        ("a=b", None),
        ("bäsic x", None),
        ("", None),
    ] {
        assert_eq!(looks_wrapped(text), expected, "{text}");
    }
}

#[test]
fn long_texts_are_judged_like_short_ones() {
    for (text, [by_github, by_jira]) in [
        ("ghp_ \"ATATT \u{1b}[ %41 \\u0041 = ".repeat(2_000), [true; 2]),
        ("=".repeat(60_000), [true; 2]),
        ("ghp_".repeat(15_000), [true; 2]),
        ("a ".repeat(30_000), [false; 2]),
        ("\"ATATT\", ".repeat(6_000), [false; 2]),
        ("-ghs_".repeat(12_000), [false, true]),
    ] {
        for (kinds, taken) in [(github(), by_github), (jira(), by_jira)] {
            let found = find(&kinds, "It", &text);
            assert_eq!(matches!(found, Ok(Found::Whole)), taken, "{}", &text[..20]);
        }
    }
}
