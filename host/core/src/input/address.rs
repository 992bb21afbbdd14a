//! An address as people copy it from their browser: a URL, or a host. It is kept as
//! `host[:port][/path]`, the path being where the service begins on that host.

use url::{Host, Url};

use super::kinds::normal_host;
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

/// The path up to the first segment that is a page of the service, with its slashes; often empty.
fn path(url: &Url, shape: &AddressShape) -> String {
    let bare = |suffix: &String| is_at_or_under(url, suffix);
    if shape.bare_hosts.iter().any(bare) {
        return String::new();
    }
    let is_page = |segment: &str| shape.pages.iter().any(|page| page.eq_ignore_ascii_case(segment));
    let segments = url.path().split('/').filter(|segment| !segment.is_empty());
    segments
        .take_while(|segment| !is_page(segment))
        .fold(String::new(), |path, segment| path + "/" + segment)
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
            ("https://issues.example.com//jira//browse", "issues.example.com/jira"),
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
