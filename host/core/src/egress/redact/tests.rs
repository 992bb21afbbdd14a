#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::contract::failure::Cause;

const TOKEN: &str = "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";
const PASSWORD: &str = "pä ss/w+\"o\\rd&<x>=%'~";

fn redact(secret: &str, text: &str) -> String {
    Redactor::new([secret].into_iter()).redact_text(text).into_owned()
}

#[test]
fn a_replacement_completes_no_secret() {
    for (secret, text) in [
        ("1234567[", "12345671234567["),
        ("]1234567", "]12345671234567"),
        ("[redacted", "[redacted]"),
        ("abcdefg[", "abcdefgabcdefgabcdefgabcdefg[[[["),
    ] {
        let clean = redact(secret, text);
        assert!(!clean.contains(secret) || REPLACEMENT.contains(secret), "{secret}: {clean}");
    }
}

#[test]
fn a_token_is_found_as_it_is_encoded_and_echoed() {
    let hex: String = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
    for (text, expected) in [
        (format!("{{\"auth\":\"Bearer {TOKEN}\"}}"), "{\"auth\":\"Bearer [redacted]\"}"),
        (format!("?token={TOKEN}&x=1"), "?token=[redacted]&x=1"),
        (TOKEN.to_owned(), "[redacted]"),
        (format!("a{TOKEN}b{TOKEN}c"), "a[redacted]b[redacted]c"),
        (format!("{TOKEN}{TOKEN}"), "[redacted]"),
        (hex.clone(), "[redacted]"),
        (hex.to_uppercase(), "[redacted]"),
    ] {
        assert_eq!(redact(TOKEN, &text), expected, "{text}");
    }
}

#[test]
fn text_without_the_secret_is_left_as_it_is() {
    let redactor = Redactor::new([TOKEN].into_iter());
    for text in [
        "",
        "g",
        "ghp_",
        "ghp_ghp_ghp_ghp_",
        &TOKEN[1..],
        &TOKEN[..39],
        "ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18",
    ] {
        assert!(
            matches!(redactor.redact_text(text), Cow::Borrowed(same) if same == text),
            "{text}"
        );
        assert_eq!(redactor.redact(text.as_bytes().to_vec()), text.as_bytes(), "{text}");
    }
}

#[test]
fn base64_is_found_at_every_alignment_and_in_both_alphabets() {
    for secret in [TOKEN, PASSWORD, "~~~???>>>", "12345678"] {
        for before in ["", "u", "us", "use", "mona@example.com:", "mona@example.org:x"] {
            for after in ["", "x", "xy", "xyz", "\n"] {
                let whole = format!("{before}{secret}{after}");
                for encoded in [STANDARD.encode(&whole), URL_SAFE.encode(&whole)] {
                    let clean = redact(secret, &format!("Basic {encoded}"));
                    assert!(clean.contains(REPLACEMENT), "{whole} {encoded}");
                    let bare: String = encoded.chars().filter(|c| *c != '=').collect();
                    assert!(
                        longest_common(&clean, &bare)
                            < 10 + encoded_length(before.len() + after.len()),
                        "{clean} {encoded}"
                    );
                }
            }
        }
    }
}

fn encoded_length(bytes: usize) -> usize {
    4 * bytes.div_ceil(3)
}

/// Letters of the longest piece of `of` that is still in `text`.
fn longest_common(text: &str, of: &str) -> usize {
    (0..of.len())
        .flat_map(|from| (from..=of.len()).map(move |to| (from, to)))
        .filter(|&(from, to)| text.contains(&of[from..to]))
        .map(|(from, to)| to - from)
        .max()
        .unwrap_or(0)
}

#[test]
fn a_password_is_found_however_an_encoder_escapes_it() {
    let form: String = url::form_urlencoded::byte_serialize(PASSWORD.as_bytes()).collect();
    let mut path = Url::parse("https://h.example.com").unwrap();
    path.path_segments_mut().unwrap().push(PASSWORD);
    let mut query = Url::parse("https://h.example.com").unwrap();
    query.query_pairs_mut().append_pair("q", PASSWORD);
    for text in [
        PASSWORD.to_owned(),
        serde_json::to_string(PASSWORD).unwrap(),
        form.clone(),
        path.to_string(),
        query.to_string(),
        percent_encoding::utf8_percent_encode(PASSWORD, percent_encoding::NON_ALPHANUMERIC)
            .to_string(),
        "p%C3%A4%20ss%2Fw%2B%22o%5Crd%26%3Cx%3E%3D%25'~".to_owned(), // encodeURIComponent
        "p%C3%A4%20ss/w+%22o%5Crd&%3Cx%3E=%25'~".to_owned(),         // encodeURI
        "p%c3%a4%20ss%2fw%2b%22o%5crd%26%3cx%3e%3d%25%27~".to_owned(), // RFC 3986, lower case
        "p%C3%A4%20ss/w%2B%22o%5Crd%26%3Cx%3E%3D%25%27~".to_owned(), // Python's quote
        r#"p\u00e4 ss\/w+\"o\\rd&<x>=%'~"#.to_owned(),               // PHP's JSON
        r#"p\u00E4 ss/w+\"o\\rd&<x>=%'~"#.to_owned(),
        r#"pä ss/w+\"o\\rd\u0026\u003cx\u003e=%'~"#.to_owned(), // Go's JSON
        r#"pä ss/w+\"o\\rd\u0026\u003cx\u003e\u003d%\u0027~"#.to_owned(), // Gson
        r#"pä ss/w+&quot;o\rd&amp;&lt;x&gt;=%&#39;~"#.to_owned(), // HTML
        r#"pä ss/w+&#34;o\rd&amp;&lt;x&gt;=%&#x27;~"#.to_owned(),
    ] {
        let clean = redact(PASSWORD, &format!("<<{text}>>"));
        assert!(clean.contains(REPLACEMENT), "{text}");
        assert!(!clean.contains("ss") && !clean.contains("rd"), "{clean}");
    }
}

#[test]
fn a_token_is_found_where_more_is_escaped_than_need_be() {
    let token = "ghp_0123456789abcdef";
    let escaped: String = token.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    let upper: String = token.bytes().map(|byte| format!("\\u{byte:04X}")).collect();
    for text in ["ghp%5F0123456789abcdef", "ghp%5f0123456789abcdef", token, &escaped, &upper] {
        assert_eq!(redact(token, &format!("<{text}>")), format!("<{REPLACEMENT}>"), "{text}");
    }
}

#[test]
fn a_base64_echo_in_a_url_or_in_json_is_found() {
    let secret = "~~~???>>>~~~???>>>";
    let encoded = STANDARD.encode(secret);
    assert!(encoded.contains(['+', '/']), "{encoded}");
    for text in [
        encoded.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"),
        encoded.replace('+', "%2b").replace('/', "%2f"),
        encoded.replace('+', "%2B"),
        encoded.replace('/', "\\/"),
    ] {
        assert_eq!(redact(secret, &text), REPLACEMENT, "{text}");
    }
}

#[test]
fn several_secrets_are_found_together() {
    let redactor = Redactor::new([TOKEN, "second-secret", TOKEN].into_iter());
    let text = format!("{TOKEN} and second-secret");
    assert_eq!(redactor.redact_text(&text), "[redacted] and [redacted]");
}

#[test]
fn overlapping_secrets_leave_nothing_between_them() {
    let redactor = Redactor::new(["abcdefghij", "ghijklmnop", "abcdefgh"].into_iter());
    assert_eq!(redactor.redact_text("xabcdefghijklmnopx"), "x[redacted]x");
    assert_eq!(redactor.redact_text("xabcdefghx"), "x[redacted]x");
    assert_eq!(redactor.redact_text("xabcdefghijx"), "x[redacted]x");
}

#[test]
fn short_secrets_are_found_as_whole_words_only() {
    for (secret, text, expected) in [
        ("hunter2", "password=hunter2&x", "password=[redacted]&x"),
        ("hunter2", "hunter2", "[redacted]"),
        ("hunter2", "hunter22 xhunter2", "hunter22 xhunter2"),
        ("hunter2", "hunter2hunter2", "hunter2hunter2"),
        ("a/b+", "\"a/b+\"", "\"[redacted]\""),
        ("four", "\"four\" fourteen", "\"[redacted]\" fourteen"),
        ("abc", "abc", "abc"),
        ("", "x", "x"),
        ("12345678", "x12345678x", "x[redacted]x"),
        ("1234567", "x1234567x", "x1234567x"),
    ] {
        assert_eq!(redact(secret, text), expected, "{secret} {text}");
    }
}

#[test]
fn nothing_is_searched_for_without_secrets() {
    let redactor = Redactor::new(["", "abc"].into_iter());
    assert!(redactor.is_empty());
    assert_eq!(redactor.redact(b"abc".to_vec()), b"abc");
}

#[test]
fn many_spellings_fall_back_to_the_automaton() {
    let secrets: Vec<String> = (0..200).map(|at| format!("secret/\"ä\"/{at:04}")).collect();
    let redactor = Redactor::new(secrets.iter().map(String::as_str));
    assert!(matches!(redactor.search, Search::Automaton(_)));
    for secret in &secrets {
        assert_eq!(redactor.redact_text(secret), REPLACEMENT);
    }
}

#[test]
fn bytes_that_are_no_text_keep_their_place() {
    let mut bytes = vec![0xff, 0xfe, 0];
    bytes.extend_from_slice(TOKEN.as_bytes());
    bytes.extend_from_slice(&[0x80, 0xc3]);
    let clean = Redactor::new([TOKEN].into_iter()).redact(bytes);
    assert_eq!(clean, [&[0xff, 0xfe, 0][..], REPLACEMENT.as_bytes(), &[0x80, 0xc3]].concat());
}

/// The slow and obvious way: every byte that any spelling covers, each run replaced once.
fn naive(redactor: &Redactor, bytes: &[u8]) -> Vec<u8> {
    let mut covered = vec![false; bytes.len()];
    for spelling in &redactor.spellings {
        let length = spelling.bytes.len();
        for start in 0..bytes.len().saturating_sub(length - 1) {
            let word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
            let inside = (start > 0 && word(start - 1)) || word(start + length);
            if bytes[start..start + length] == spelling.bytes[..]
                && !(spelling.whole_word && inside)
            {
                covered[start..start + length].fill(true);
            }
        }
    }
    let mut clean = Vec::new();
    for (at, &byte) in bytes.iter().enumerate() {
        match (covered[at], at > 0 && covered[at - 1]) {
            (false, _) => clean.push(byte),
            (true, false) => clean.extend_from_slice(REPLACEMENT.as_bytes()),
            (true, true) => {}
        }
    }
    clean
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Few letters, so that secrets repeat, overlap and nearly match.
    #[test]
    fn the_fast_search_finds_what_the_naive_one_finds(
        secrets in prop::collection::vec("[ab/ä]{4,10}", 1..4),
        body in "[ab/äYWJh%0-9]{0,300}",
        at in 0_usize..300,
    ) {
        let redactor = Redactor::new(secrets.iter().map(String::as_str));
        let mut bytes = body.into_bytes();
        let spelling = &redactor.spellings[at % redactor.spellings.len()];
        let place = at.min(bytes.len());
        bytes.splice(place..place, spelling.bytes.iter().copied());
        prop_assert_eq!(redactor.redact(bytes.clone()), naive(&redactor, &bytes));
    }

    #[test]
    fn no_secret_of_eight_bytes_survives(secret in "[ -~]{8,40}", before in "[ -~]{0,20}", after in "[ -~]{0,20}") {
        let clean = redact(&secret, &format!("{before}{secret}{after}"));
        prop_assert!(!clean.contains(&secret) || REPLACEMENT.contains(&secret));
    }
}

#[test]
fn a_failure_keeps_no_secret_in_any_of_its_parts() {
    let secret = "canary-0123456789";
    let origin = format!("https://{secret}.example.com");
    let advised = |origin: &str| {
        Remedy::new(format!("Allow {origin}."))
            .by(Advice::AllowOrigin { origin: origin.to_owned() })
    };
    let mut failure = Failure::new(Cause::Denied, format!("{origin} is denied."))
        .evidence("subject", &origin)
        .code("denied");
    failure.remedies = vec![advised(&origin), advised("https://other.example.com")];
    failure.fields = vec![FieldError::at(["settings", "url"], format!("{origin} is denied."))];
    let clean = Redactor::new([secret].into_iter()).redact_failure(failure);
    assert!(!format!("{clean:?}").contains(secret), "{clean:?}");
    let advice: Vec<bool> = clean.remedies.iter().map(|one| one.advice.is_some()).collect();
    assert_eq!(advice, [false, true]);
}
