//! Header rules: which headers a guest may send, which it gets to see, and what some of them say.
//!
//! Refused from a guest, whatever their case: what any auth method of the manifest injects; the
//! usual names of credentials, for a guest has none of its own; hop-by-hop and framing headers
//! (RFC 9110, section 7.6.1); and what tells a server who asks, by which way, for which host or path.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use url::Url;

use crate::contract::failure::Timestamp;
use crate::egress::policy::{Denial, Rule};

mod link;

/// Headers of one request from a guest. Requests of today's connectors have three.
pub const MAX_HEADERS: usize = 32;

/// Bytes of a header's name.
pub const MAX_NAME_BYTES: usize = 100;

/// Bytes of a header's value. Many servers stop at 8 KiB for all headers together.
pub const MAX_VALUE_BYTES: usize = 4_096;

/// Bytes of all headers of one request from a guest, names and values.
pub const MAX_HEADERS_BYTES: usize = 6 << 10;

/// Reserved for the host beyond what the manifest's auth methods inject; in order, for the search.
/// Ranges are among them because a secret that comes back in pieces would not be recognized.
const RESERVED: &[&str] = &[
    "accept-encoding",
    "alt-used",
    "authorization",
    "cf-connecting-ip",
    "client-ip",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "cookie2",
    "deploy-token",
    "expect",
    "fastly-client-ip",
    "forwarded",
    "host",
    "http2-settings",
    "if-range",
    "job-token",
    "keep-alive",
    "private-token",
    "range",
    "set-cookie",
    "set-cookie2",
    "te",
    "trailer",
    "transfer-encoding",
    "true-client-ip",
    "upgrade",
    "via",
    "x-access-token",
    "x-api-key",
    "x-api-token",
    "x-auth-token",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-goog-api-key",
    "x-host",
    "x-http-host-override",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
    "x-original-url",
    "x-real-ip",
    "x-remote-user",
    "x-rewrite-url",
];

/// Beginnings that are reserved as a whole. `:` would be a pseudo-header of HTTP/2.
const RESERVED_PREFIXES: &[&str] = &["proxy-", "sec-", "x-forwarded-", "x-remote-", ":"];

/// Not for a guest's eyes: state of the host's own connection, and cookies, which it does not keep.
const UNDELIVERED: &[&str] = &[
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-connection",
    "set-cookie",
    "set-cookie2",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The guest's headers in lower case and in their order, if each may be sent.
/// `injected` are the lower-case names of what the manifest's auth methods inject.
///
/// # Errors
///
/// A [`Denial`] by `header-limit`, or as [`judge_header`].
pub fn judge_headers(
    mut headers: Vec<(String, String)>,
    injected: &BTreeSet<String>,
) -> Result<Vec<(String, String)>, Denial> {
    judge_in_place(&mut headers, injected)?;
    Ok(headers)
}

/// As [`judge_headers`], of headers that are still there where one of them is refused.
pub(crate) fn judge_in_place(
    headers: &mut [(String, String)],
    injected: &BTreeSet<String>,
) -> Result<(), Denial> {
    if headers.len() > MAX_HEADERS {
        return Err(Denial::new(Rule::HeaderLimit, format!("{} headers", headers.len())));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > MAX_HEADERS_BYTES {
        return Err(Denial::new(Rule::HeaderLimit, format!("{bytes} bytes of headers")));
    }
    for (name, value) in headers {
        *name = judge_header(name, value, injected)?;
    }
    Ok(())
}

/// The header's name in lower case, if a guest may send it with this value.
///
/// # Errors
///
/// A [`Denial`] by `header-syntax`, `header-limit` or `header-reserved`; it never holds the value.
pub fn judge_header(
    name: &str,
    value: &str,
    injected: &BTreeSet<String>,
) -> Result<String, Denial> {
    if name.len() > MAX_NAME_BYTES {
        return Err(Denial::new(Rule::HeaderLimit, name));
    }
    let lower = name.to_ascii_lowercase();
    if injected.contains(&lower) || is_reserved(&lower) {
        return Err(Denial::new(Rule::HeaderReserved, lower));
    }
    if !is_token(&lower) {
        return Err(Denial::new(Rule::HeaderSyntax, name));
    }
    judge_value(&lower, value)?;
    Ok(lower)
}

/// The value, if HTTP allows it: printable ASCII, blanks and tabs within (RFC 9110, section 5.5).
///
/// # Errors
///
/// A [`Denial`] by `header-syntax` or `header-limit` about the header of this name.
pub fn judge_value(name: &str, value: &str) -> Result<String, Denial> {
    if value.len() > MAX_VALUE_BYTES {
        return Err(Denial::new(Rule::HeaderLimit, name));
    }
    let allowed = value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    if !allowed || value.starts_with([' ', '\t']) || value.ends_with([' ', '\t']) {
        return Err(Denial::new(Rule::HeaderSyntax, name));
    }
    Ok(value.to_owned())
}

/// Whether only the host may set the header of this lower-case name, whatever the manifest says.
/// An auth method may inject `authorization` and the names of credentials all the same.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
        || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether an auth method may carry a secret in the header of this lower-case name.
pub(crate) fn can_carry_secret(name: &str) -> bool {
    /// The reserved names that are credentials, and not framing, routing or provenance.
    const CREDENTIALS: &[&str] = &[
        "authorization",
        "deploy-token",
        "job-token",
        "private-token",
        "x-access-token",
        "x-api-key",
        "x-api-token",
        "x-auth-token",
        "x-goog-api-key",
    ];
    is_token(name) && (CREDENTIALS.contains(&name) || !is_reserved(name))
}

/// Whether the text is a token (RFC 9110, section 5.6.2), of which header names are made.
pub(crate) fn is_token(text: &str) -> bool {
    let mark = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || mark(byte))
}

/// Whether a guest gets to see the response header of this name.
pub fn deliverable(name: &str) -> bool {
    !UNDELIVERED.iter().any(|kept| name.eq_ignore_ascii_case(kept))
}

/// The target of the first link with the relation `next` (RFC 8288), absolute; `None` without one.
/// `values` are those of all `Link` headers; `base` is the URL from which they came.
pub fn next_link<'a>(values: impl IntoIterator<Item = &'a str>, base: &Url) -> Option<String> {
    let target = values.into_iter().find_map(link::next_target)?;
    let url = base.join(target).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// Milliseconds from `now` that a `Retry-After` header asks for (RFC 9110, section 10.2.3): whole
/// seconds, or a date, of which one in the past is 0. `None` where it is neither.
pub fn retry_after(value: &str, now: Timestamp) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(u64::saturating_mul(seconds, 1_000));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now: SystemTime = UNIX_EPOCH.checked_add(Duration::from_millis(now.0))?;
    let wait = until.duration_since(now).unwrap_or_default();
    Some(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;
