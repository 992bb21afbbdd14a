//! Fed: a secret in each of the spellings that `redact` documents, among arbitrary bytes, also such as
//! nearly spell it.
//!
//! Must hold: the spelling is not found in what is left. The spellings are made here by other means
//! than in the host: by the encoders of the libraries that servers use.

use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use bolero::{TypeGenerator, check};
use jackfield_fuzz::edit::pick;
use jackfield_host::redact::{REPLACEMENT, Redactor};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

#[derive(Clone, Debug, TypeGenerator)]
struct Input {
    letters: [u8; 24],
    longer: u8,
    alphabet: u8,
    spelling: u8,
    before: Around,
    after: Around,
}

#[derive(Clone, Debug, TypeGenerator)]
enum Around {
    Bytes([u8; 6]),
    /// From there on, or up to there, the spelling itself.
    Part(u8),
    Nothing,
}

/// Few letters make texts that overlap with themselves.
const ALPHABETS: &[&str] = &[
    "ab",
    "a",
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
    "ab/+=%&<>'\"\\ ",
    "aä💥é",
    "-._~!*'();:@&=+$,/?#[]",
];

/// As `encodeURIComponent` does.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// RFC 3986, section 2.3.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn spellings(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let every: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let units = |upper: bool| -> String {
        let unit = |unit| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
        secret.encode_utf16().map(unit).collect()
    };
    let json = serde_json::to_string(secret).unwrap();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut all = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, COMPONENT).to_string(),
        utf8_percent_encode(secret, UNRESERVED).to_string(),
        lower_escapes(&utf8_percent_encode(secret, UNRESERVED).to_string()),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        form,
        json[1..json.len() - 1].to_owned(),
        html.replace('"', "&quot;").replace('\'', "&#39;"),
        html.replace('"', "&#34;").replace('\'', "&#x27;"),
        hex.to_uppercase(),
        hex,
        lower_escapes(&every),
        every,
        units(true),
        units(false),
    ];
    for skip in 0..3 {
        all.push(decided(&STANDARD, secret, skip));
        all.push(decided(&URL_SAFE, secret, skip));
    }
    all
}

fn lower_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut escaped = 0;
    for c in text.chars() {
        out.push(if escaped > 0 { c.to_ascii_lowercase() } else { c });
        escaped = if c == '%' { 2 } else { i32::max(escaped - 1, 0) };
    }
    out
}

/// The characters of the base64 text that do not depend on the secret's neighbors.
fn decided(engine: &impl base64::Engine, secret: &str, skip: usize) -> String {
    let encode = |neighbor: u8| {
        let mut bytes = vec![neighbor; skip];
        bytes.extend(secret.bytes());
        bytes.extend([neighbor; 3]);
        engine.encode(bytes)
    };
    let (low, high) = (encode(0), encode(0xff));
    low.chars().zip(high.chars()).filter(|(a, b)| a == b).map(|(a, _)| a).collect()
}

fn around(spelling: &[u8], around: &Around, before: bool) -> Vec<u8> {
    match around {
        Around::Nothing => Vec::new(),
        Around::Bytes(bytes) => bytes.to_vec(),
        Around::Part(at) => {
            let at = usize::from(*at) % (spelling.len() + 1);
            if before { spelling[..at].to_vec() } else { spelling[at..].to_vec() }
        }
    }
}

/// Whether the replacement itself holds the secret: then nothing could take its place.
fn is_in_replacement(spelling: &[u8]) -> bool {
    contains(REPLACEMENT.as_bytes(), spelling)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn target() {
    check!().with_type::<Input>().for_each(|input| {
        let alphabet: Vec<char> = pick(ALPHABETS, input.alphabet).unwrap().chars().collect();
        let length = 8 + usize::from(input.longer % 17);
        let secret: String =
            input.letters[..length].iter().map(|which| *pick(&alphabet, *which).unwrap()).collect();
        // The host trims what people paste, and knows no secret of fewer bytes.
        if secret.trim() != secret {
            return;
        }
        let spelling = pick(&spellings(&secret), input.spelling).unwrap().clone();
        let spelling = spelling.as_bytes();
        if spelling.len() < 8 || is_in_replacement(spelling) {
            return;
        }
        let before = around(spelling, &input.before, true);
        let after = around(spelling, &input.after, false);
        let text = [&before, spelling, &after].concat();
        let clean = Redactor::new([secret.as_str()].into_iter()).redact(text.clone());
        let shown = || String::from_utf8_lossy(&text).into_owned();
        assert!(!contains(&clean, spelling), "{secret:?}: {}", shown());
        assert!(contains(&clean, REPLACEMENT.as_bytes()), "{secret:?}: {}", shown());
    });
}
