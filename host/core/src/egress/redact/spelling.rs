//! The spellings of one secret.

use std::collections::BTreeSet;
use std::mem::take;

use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Bytes of the shortest base64 piece that is searched for; shorter ones stand in ordinary text.
const MIN_PIECE_BYTES: usize = 8;

/// Punctuation that an encoder leaves as it is, beside letters and digits.
const PERCENT_SETS: &[&str] = &[
    "-._~",                         // RFC 3986, section 2.3
    "-._~!*'()",                    // encodeURIComponent
    "-._~!*'();:@&=+$,/?#",         // encodeURI
    "-._~!$&'()*+,;=:@",            // a path segment by RFC 3986
    "-._~!$&'()*+,;=:@/?[]\\^|`{}", // a query by the URL standard, which encodes little
    "-._*",                         // forms
    "-._",
    "-._~/", // Python's quote
    "",
];

/// What some JSON encoders write as `\uXXXX` although they need not: nothing, Go's, Gson's.
const JSON_SETS: &[&str] = &["", "<>&", "<>&='"];

/// All of them; some may be equal.
pub(super) fn spellings(secret: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let mut found = vec![Zeroizing::new(secret.to_owned())];
    if !is_plain(secret) {
        found.extend(escapes(secret));
    }
    for skip in 0..3 {
        found.extend(standard_base64(secret, skip));
        found.push(base64_piece(&URL_SAFE_NO_PAD, secret.as_bytes(), skip));
    }
    for upper in [false, true] {
        found.push(hexadecimal(secret, upper));
        found.push(every_byte_percent(secret, upper));
        found.push(every_unit_escaped(secret, upper));
    }
    found.retain(|text| text.len() >= MIN_PIECE_BYTES);
    found.into_iter().map(|mut text| Zeroizing::new(take(&mut *text).into_bytes())).collect()
}

/// A piece in the standard alphabet, of which `+` and `/` are escaped again in a URL or by PHP's JSON.
fn standard_base64(secret: &str, skip: usize) -> Vec<Zeroizing<String>> {
    let piece = base64_piece(&STANDARD_NO_PAD, secret.as_bytes(), skip);
    let mut found = percent_variants(&piece);
    if piece.contains('/') {
        found.push(json(&piece, "", true, None));
    }
    found.push(piece);
    found
}

/// Whether every encoder leaves the text as it is. Some write even `_` as `%5F`, and tokens have one.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn escapes(piece: &str) -> Vec<Zeroizing<String>> {
    let mut found = percent_variants(piece);
    found.extend(json_variants(piece));
    if piece.contains(['&', '<', '>', '"', '\'']) {
        found.push(html(piece, ["&quot;", "&#39;"]));
        found.push(html(piece, ["&#34;", "&#x27;"]));
    }
    found
}

/// One for each way in which the sets treat the punctuation that the piece has.
fn percent_variants(piece: &str) -> Vec<Zeroizing<String>> {
    let present = ascii_set(piece);
    let kept: BTreeSet<u128> = PERCENT_SETS.iter().map(|set| ascii_set(set) & present).collect();
    let mut found = Vec::new();
    for kept in kept.into_iter().filter(|kept| *kept != present || !piece.is_ascii()) {
        for upper in [false, true] {
            found.push(percent(piece, kept, upper, false));
            if piece.contains(' ') {
                found.push(percent(piece, kept, upper, true));
            }
        }
    }
    found
}

/// The ASCII characters of the text other than letters and digits, a bit each.
fn ascii_set(text: &str) -> u128 {
    let other = text.bytes().filter(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
    other.fold(0, |set, byte| set | 1 << byte)
}

fn json_variants(piece: &str) -> Vec<Zeroizing<String>> {
    let unicode: &[_] = if piece.is_ascii() { &[None] } else { &[None, Some(false), Some(true)] };
    let slashes: &[_] = if piece.contains('/') { &[false, true] } else { &[false] };
    let mut found = Vec::new();
    for set in JSON_SETS {
        let changes = set.is_empty() || piece.contains(|c| set.contains(c));
        for &slash in slashes.iter().filter(|_| changes) {
            found.extend(unicode.iter().map(|&unicode| json(piece, set, slash, unicode)));
        }
    }
    found
}

/// The base64 characters that the bytes alone decide, when `skip` bytes stand before them in the
/// group of three in which they begin.
fn base64_piece(engine: &impl base64::Engine, bytes: &[u8], skip: usize) -> Zeroizing<String> {
    let mut shifted = Zeroizing::new(vec![0; skip]);
    shifted.extend_from_slice(bytes);
    let encoded = Zeroizing::new(engine.encode(&*shifted));
    let first = (8 * skip).div_ceil(6);
    let end = 8 * shifted.len() / 6;
    Zeroizing::new(encoded.get(first..end).unwrap_or_default().to_owned())
}

fn hexadecimal(secret: &str, upper: bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(2 * secret.len()));
    for byte in secret.bytes() {
        push_hex(&mut text, byte, upper);
    }
    text
}

fn every_byte_percent(secret: &str, upper: bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(3 * secret.len()));
    for byte in secret.bytes() {
        text.push('%');
        push_hex(&mut text, byte, upper);
    }
    text
}

/// As JSON allows (RFC 8259, section 7) and writers that trust no character do.
fn every_unit_escaped(secret: &str, upper: bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(6 * secret.len()));
    for c in secret.chars() {
        push_unicode(&mut text, c, upper);
    }
    text
}

fn push_hex(text: &mut String, byte: u8, upper: bool) {
    for half in [byte >> 4, byte & 0xf] {
        let digit = char::from_digit(u32::from(half), 16).unwrap_or_default();
        text.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
}

fn percent(piece: &str, kept: u128, upper: bool, plus: bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(3 * piece.len()));
    for byte in piece.bytes() {
        match byte {
            b' ' if plus => text.push('+'),
            _ if byte.is_ascii_alphanumeric() || (byte.is_ascii() && kept >> byte & 1 == 1) => {
                text.push(char::from(byte))
            }
            _ => {
                text.push('%');
                push_hex(&mut text, byte, upper);
            }
        }
    }
    text
}

/// Within a JSON string (RFC 8259, section 7). `unicode`: whether characters beyond ASCII are
/// written as `\uXXXX`, and in which case.
fn json(piece: &str, set: &str, slash: bool, unicode: Option<bool>) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(6 * piece.len()));
    for c in piece.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '/' if slash => text.push_str("\\/"),
            _ if set.contains(c) || (unicode.is_some() && !c.is_ascii()) => {
                push_unicode(&mut text, c, unicode.unwrap_or(false));
            }
            _ => text.push(c),
        }
    }
    text
}

fn push_unicode(text: &mut String, c: char, upper: bool) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        text.push_str("\\u");
        for byte in unit.to_be_bytes() {
            push_hex(text, byte, upper);
        }
    }
}

fn html(piece: &str, [double, single]: [&str; 2]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(6 * piece.len()));
    for c in piece.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str(double),
            '\'' => text.push_str(single),
            _ => text.push(c),
        }
    }
    text
}
