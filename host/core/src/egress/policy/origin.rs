//! Origins as people write them: `https://api.example.com`, `http://10.1.2.3:8080` (RFC 6454).

use std::net::IpAddr;

use url::{Host, Origin, Url};

use super::{address, name};

/// A text that is no origin. Whoever wrote it acts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an origin such as `https://git.example.com:8443`: {reason}")]
pub struct OriginError {
    /// What was written, or a placeholder where it holds a password.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The origin in `SCHEME://HOST[:PORT]`, with an optional final slash and nothing more.
///
/// # Errors
///
/// [`OriginError`] for another scheme than http and https, userinfo, a path, a query, a fragment,
/// a wildcard, or a host that is no host.
pub fn parse_origin(text: &str) -> Result<Origin, OriginError> {
    parse_origin_url(text).map(|url| url.origin())
}

pub(super) fn parse_origin_url(text: &str) -> Result<Url, OriginError> {
    let wrong = |shown: &str, reason: &str| OriginError {
        text: shown.to_owned(),
        reason: reason.to_owned(),
    };
    if text.contains('@') {
        return Err(wrong("(text with a user name)", "a user name has no place in it"));
    }
    let parsed = Url::parse(text).map_err(|error| wrong(text, &error.to_string()))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(wrong(text, "it must begin with https:// or http://"));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(wrong(text, "it has blanks or backslashes"));
    }
    if text.contains('*') {
        return Err(wrong(text, "there are no wildcards; name each origin"));
    }
    if parsed.path() != "/" || parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(wrong(text, "only scheme, host and port belong in it"));
    }
    if name::malformed(&parsed) {
        return Err(wrong(text, "the host name has an empty part or is too long"));
    }
    Ok(parsed)
}

/// The URL's origin as people write it; scheme and host where it has no comparable origin.
pub(super) fn describe(url: &Url) -> String {
    match url.origin() {
        origin @ Origin::Tuple(..) => origin.ascii_serialization(),
        Origin::Opaque(_) => format!("{}:{}", url.scheme(), url.host_str().unwrap_or_default()),
    }
}

/// Whether the origin's host is this address.
pub(super) fn is_of_address(origin: &Origin, address: IpAddr) -> bool {
    let Origin::Tuple(_, host, _) = origin else { return false };
    match host {
        Host::Ipv4(own) => IpAddr::V4(*own) == address,
        Host::Ipv6(own) => address::unmapped(IpAddr::V6(*own)) == address,
        Host::Domain(_) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (text, expected) in [
            ("https://api.github.com", "https://api.github.com"),
            ("https://api.github.com/", "https://api.github.com"),
            ("https://API.GitHub.com:443", "https://api.github.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ] {
            assert_eq!(parse_origin(text).unwrap().ascii_serialization(), expected, "{text}");
        }
    }

    #[test]
    fn anything_more_or_less_is_no_origin() {
        for text in [
            "",
            "api.github.com",
            "//api.github.com",
            "ftp://api.github.com",
            "file:///etc/passwd",
            "https://",
            "https://user@api.github.com",
            "https://user:pass@api.github.com",
            "https://@api.github.com",
            "https://api.github.com/v3",
            "https://api.github.com?",
            "https://api.github.com#",
            "https://api.github.com?x=1",
            "https://*.github.com",
            "https://*",
            "https://api.github.com.",
            "https://api..github.com",
            " https://api.github.com",
            "https://api.github.com\n",
            "https://api.git\thub.com",
            "https:\\\\api.github.com",
            "https://api.github.com:99999",
            "https://1.2.3.4.5",
            "javascript:alert(1)",
        ] {
            assert!(parse_origin(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_password_in_an_origin_is_not_repeated() {
        let error = parse_origin("https://user:hunter2@api.github.com").unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
