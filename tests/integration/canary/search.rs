//! Looks for a secret in bytes, in every spelling in which it may have been written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Characters of the secret that betray it: no message may hold a piece of that length.
const PIECE: usize = 12;

/// A secret's spellings.
pub(super) struct Search {
    names: Vec<String>,
    automaton: AhoCorasick,
}

impl Search {
    /// For that secret, of which the first characters may be public: those of `ghp_`.
    pub(super) fn new(secret: &str, public: usize) -> Self {
        let mut spellings = BTreeMap::new();
        let mut add = |name: String, bytes: Vec<u8>| drop(spellings.insert(name, bytes));
        let own = &secret[public..];
        for (at, piece) in own.as_bytes().windows(PIECE).enumerate() {
            add(format!("raw, from {at}"), piece.to_vec());
        }
        for shift in 0..3 {
            for (name, engine) in [("base64", &STANDARD_NO_PAD), ("base64url", &URL_SAFE_NO_PAD)] {
                // The characters that the secret alone decides, wherever it stands in a longer text.
                let text = engine.encode(&secret.as_bytes()[shift..]);
                let whole = (secret.len() - shift) / 3 * 4;
                add(format!("{name}, from {shift}"), text.as_bytes()[..whole].to_vec());
            }
        }
        let every = |format: fn(u8) -> String| secret.bytes().map(format).collect::<String>();
        add("hex".into(), every(|byte| format!("{byte:02x}")).into());
        add("HEX".into(), every(|byte| format!("{byte:02X}")).into());
        add("percent, every byte".into(), every(|byte| format!("%{byte:02x}")).into());
        add("PERCENT, every byte".into(), every(|byte| format!("%{byte:02X}")).into());
        add("JSON, every letter".into(), every(|byte| format!("\\u{byte:04x}")).into());
        add("JSON, EVERY LETTER".into(), every(|byte| format!("\\u{byte:04X}")).into());
        add("HTML, every letter".into(), every(|byte| format!("&#{byte};")).into());
        add("UTF-16LE".into(), secret.encode_utf16().flat_map(u16::to_le_bytes).collect());
        add("UTF-16BE".into(), secret.encode_utf16().flat_map(u16::to_be_bytes).collect());
        let unusual = |byte: u8| !(byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        if secret.bytes().any(unusual) {
            let some = |upper: bool| {
                let spell = |byte: u8| match (unusual(byte), upper) {
                    (false, _) => char::from(byte).to_string(),
                    (true, true) => format!("%{byte:02X}"),
                    (true, false) => format!("%{byte:02x}"),
                };
                secret.bytes().map(spell).collect::<String>().into_bytes()
            };
            add("percent".into(), some(false));
            add("PERCENT".into(), some(true));
            for (double, single) in [("&quot;", "&#39;"), ("&#34;", "&#x27;"), ("&#x22;", "&apos;")]
            {
                add(format!("HTML with {double}"), html(secret, double, single).into_bytes());
            }
            let json = serde_json::to_string(secret).unwrap();
            add("JSON".into(), json.trim_matches('"').as_bytes().to_vec());
            add("debug".into(), format!("{secret:?}")[1..].trim_end_matches('"').into());
        }
        let (names, spellings): (Vec<_>, Vec<_>) = spellings.into_iter().unzip();
        Self { names, automaton: AhoCorasick::new(spellings).unwrap() }
    }

    /// The spellings that are in these bytes.
    pub(super) fn found_in(&self, bytes: &[u8]) -> Vec<&str> {
        let found = self.automaton.find_overlapping_iter(bytes).map(|found| found.pattern());
        let found: BTreeSet<_> = found.collect();
        found.into_iter().map(|pattern| self.names[pattern.as_usize()].as_str()).collect()
    }

    /// The files at or below that path that hold a spelling, or have one in their path.
    pub(super) fn found_below(&self, path: &Path) -> Vec<String> {
        let mut found = Vec::new();
        let mut tell = |what: &str, spellings: Vec<&str>| {
            found.extend(
                spellings.iter().map(|spelling| format!("{} {what}: {spelling}", path.display())),
            );
        };
        tell("(its name)", self.found_in(path.file_name().unwrap_or_default().as_encoded_bytes()));
        if path.is_file() {
            tell("(its content)", self.found_in(&fs::read(path).unwrap()));
        }
        if path.is_dir() {
            let entries = fs::read_dir(path).unwrap();
            found.extend(entries.flat_map(|entry| self.found_below(&entry.unwrap().path())));
        }
        found
    }
}

/// As it stands in HTML.
pub(super) fn html(text: &str, double: &str, single: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', double).replace('\'', single)
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let secret = "ghp_0123456789abcdefghijABCDEFGHIJ\"/+";
    let search = Search::new(secret, 4);
    let basic = STANDARD_NO_PAD.encode(format!("ada:{secret}:x"));
    let escaped: String = secret.bytes().map(|byte| format!("\\u{byte:04x}")).collect();
    for text in [
        format!("Bearer {secret}"),
        basic,
        format!("Authorization: Basic {}", URL_SAFE_NO_PAD.encode(secret)),
        escaped,
        format!("{secret:?}"),
        secret[..20].to_owned(),
    ] {
        assert_ne!(search.found_in(text.as_bytes()), [""; 0], "{text}");
    }
    let wide: Vec<u8> = secret.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(search.found_in(&wide), ["UTF-16LE"]);
    assert_eq!(search.found_in(b"ghp_ and [redacted]"), [""; 0]);
}
