//! An address as people copy it from their browser: a URL, or a host. It is kept as
//! `host[:port][/path]`.
//!
//! Where on that host the service begins, a path does not always tell: `/projects` is a page of the
//! service at the root of the host, or the path below which the whole service stands. So the path is kept
//! but for what is certainly a page ([`normalize`]); an endpoint is bound to what certainly is not
//! ([`base`]); and the connector finds out how much of the rest belongs to the service's place. It can ask
//! at each, because all of them are below the base.

use url::{Host, Url};

use super::hosts::normal_host;
use crate::manifest::AddressShape;

/// The address in its normal form, or the end of a sentence about what is wrong.
pub(super) fn normalize(text: &str, shape: &AddressShape) -> Result<String, String> {
    let wrong = || "must be an address such as `https://example.com`.".to_owned();
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("must have no blanks and no backslashes.".to_owned());
    }
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => ("https".to_owned(), text),
    };
    if !matches!(scheme.as_str(), "http" | "https") {
        return Err("must begin with https:// or http://, or with the host's name.".to_owned());
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, _) = rest.split_at_checked(end).ok_or_else(wrong)?;
    if authority.contains('@') {
        return Err("must have no user name and no password.".to_owned());
    }
    let host = normal_host(authority).ok_or_else(wrong)?;
    let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| wrong())?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let name = url.host_str().ok_or_else(wrong)?;
    // Without a scheme, a port that is written is meant, whatever it is the default of.
    let place = if text.contains("://") { format!("{name}{port}") } else { host };
    Ok(format!("{place}{}", path(&url, shape)))
}

/// The path up to what is certainly a page of the service, with its slashes; often empty.
fn path(url: &Url, shape: &AddressShape) -> String {
    let bare = |suffix: &String| is_at_or_under(url, suffix);
    if shape.bare_hosts.iter().any(bare) {
        return String::new();
    }
    let segments: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let certain = |at: usize| is_certain(&segments, at, shape);
    let end = (0..segments.len()).find(|at| certain(*at)).unwrap_or(segments.len());
    segments.iter().take(end).fold(String::new(), |path, segment| path + "/" + segment)
}

/// Whether the segment is a page for sure: it is called like one, and it is a file, or a file or the
/// number or key of an entry follows, as in `secure/Dashboard.jspa` and `browse/ABC-12`.
fn is_certain(segments: &[&str], at: usize, shape: &AddressShape) -> bool {
    let Some(segment) = segments.get(at).filter(|segment| is_page(segment, shape)) else {
        return false;
    };
    let of_a_page = |next: &&str| is_file(next) || is_entry(next);
    is_file(segment) || segments.get(at + 1).is_some_and(of_a_page)
}

fn is_page(segment: &str, shape: &AddressShape) -> bool {
    shape.pages.iter().any(|page| page.eq_ignore_ascii_case(segment))
}

/// A name with an ending: `Dashboard.jspa`.
fn is_file(segment: &str) -> bool {
    let ending = segment.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| (2..=5).contains(&ending.len()) && is_word(ending))
}

/// A number, or a key that ends in one: `10001`, `ABC-12`.
fn is_entry(segment: &str) -> bool {
    let number = segment.rsplit_once('-').map_or(segment, |(_, number)| number);
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The part of a kept address that certainly is the service's place: up to the first segment that is
/// called like a page.
pub(crate) fn base<'a>(address: &'a str, shape: &AddressShape) -> &'a str {
    let mut end = 0;
    for segment in address.split_inclusive('/') {
        if end > 0 && is_page(segment.trim_end_matches('/'), shape) {
            break;
        }
        end += segment.len();
    }
    address.get(..end).unwrap_or(address).trim_end_matches('/')
}

fn is_at_or_under(url: &Url, suffix: &str) -> bool {
    let Some(Host::Domain(name)) = url.host() else { return false };
    let above = name.len().checked_sub(suffix.len() + 1).and_then(|at| name.get(at..));
    name == suffix || above.and_then(|rest| rest.strip_prefix('.')) == Some(suffix)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn shape() -> AddressShape {
        let list = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        AddressShape {
            bare_hosts: list(&["atlassian.net"]),
            pages: list(&["browse", "projects", "secure", "login.jsp"]),
        }
    }

    #[test]
    fn what_people_paste_is_understood() {
        for (text, expected) in [
            ("acme.atlassian.net", "acme.atlassian.net"),
            ("https://Acme.atlassian.net/", "acme.atlassian.net"),
            ("https://acme.atlassian.net/jira/software/projects/X/boards/1", "acme.atlassian.net"),
            ("acme.atlassian.net/browse/X-1?filter=1#comment", "acme.atlassian.net"),
            ("https://atlassian.net/jira", "atlassian.net"),
            ("https://notatlassian.net/jira", "notatlassian.net/jira"),
            ("https://atlassian.net.example.com/jira", "atlassian.net.example.com/jira"),
            ("https://issues.example.com/jira/browse/X-1", "issues.example.com/jira"),
            ("https://issues.example.com/browse/X-1", "issues.example.com"),
            ("https://issues.example.com/a/b/secure/Dashboard.jspa", "issues.example.com/a/b"),
            ("https://issues.example.com/jira/LOGIN.JSP", "issues.example.com/jira"),
            ("issues.example.com:8443/jira/", "issues.example.com:8443/jira"),
            ("issues.example.com:443", "issues.example.com:443"),
            ("https://issues.example.com:443/jira", "issues.example.com/jira"),
            ("http://issues.example.com:8080", "issues.example.com:8080"),
            ("https://issues.example.com//jira//browse/X-1", "issues.example.com/jira"),
            ("https://issues.example.com/a/../jira", "issues.example.com/jira"),
            (
                "https://issues.example.com/a b".replace(' ', "%20").as_str(),
                "issues.example.com/a%20b",
            ),
            ("https://münchen.example/ä", "xn--mnchen-3ya.example/%C3%A4"),
            ("https://10.0.0.7/jira", "10.0.0.7/jira"),
            ("[::1]:8080/jira", "[::1]:8080/jira"),
        ] {
            assert_eq!(normalize(text, &shape()).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_path_that_may_be_the_services_place_is_kept() {
        for (text, kept, bound) in [
            ("h.example/jira", "h.example/jira", "h.example/jira"),
            ("h.example/projects", "h.example/projects", "h.example"),
            ("h.example/PROJECTS/", "h.example/PROJECTS", "h.example"),
            (
                "https://h.example:8443/projects/secure/A.jspa",
                "h.example:8443/projects",
                "h.example:8443",
            ),
            ("h.example/browse/browse/X-1", "h.example/browse", "h.example"),
            ("h.example/a/projects", "h.example/a/projects", "h.example/a"),
            ("h.example/a/projects/b", "h.example/a/projects/b", "h.example/a"),
            ("h.example/secure/jira", "h.example/secure/jira", "h.example"),
            ("h.example/browse/10001", "h.example", "h.example"),
            ("h.example/jira/secure", "h.example/jira/secure", "h.example/jira"),
            ("h.example/jira/browse/A-B-1", "h.example/jira", "h.example/jira"),
            ("h.example/login.jsp", "h.example", "h.example"),
            ("projects", "projects", "projects"),
            ("acme.atlassian.net/projects", "acme.atlassian.net", "acme.atlassian.net"),
        ] {
            let normal = normalize(text, &shape()).unwrap();
            assert_eq!(normal, kept, "{text}");
            assert_eq!(base(&normal, &shape()), bound, "{text}");
            assert_eq!(normalize(&normal, &shape()).as_deref(), Ok(kept), "{text}: once for all");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "https://",
            "/jira",
            "ftp://acme.atlassian.net",
            "file:///etc/passwd",
            "javascript://acme.atlassian.net",
            "mona@acme.atlassian.net",
            "https://mona:hunter2@acme.atlassian.net",
            "https://acme.atlassian.net@evil.example.com",
            "acme atlassian.net",
            "acme.atlassian.net\\@evil.example.com",
            "acme..net",
            "acme.atlassian.net:99999",
            "acme.atlassian.net:https",
            "*.atlassian.net",
            "https://acme.atlassian.net\n/x",
        ] {
            let refused = normalize(text, &shape()).unwrap_err();
            assert!(refused.starts_with("must "), "{text:?}: {refused}");
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }
}
