//! What the configured address is.
//!
//! The host of the connector turns whatever a person pastes into `host[:port][/context]`.
//!
//! | address | what it is |
//! |---|---|
//! | `SITE.atlassian.net`, `SITE.jira.com`, `SITE.jira-dev.com` | Jira Cloud, by its name alone |
//! | `atlassian.net`, `atlassian.com` and all below `atlassian.com` | Atlassian's, but no Jira |
//! | `SITE.atlassian-us-gov-mod.net` | Cloud for governments, which has another gateway |
//! | everything else | to be found out: Data Center, or Cloud under a name of one's own |

use jackfield_guest::text::quote;

/// Domains below which every host is a Jira Cloud site.
const CLOUD: [&str; 3] = ["atlassian.net", "jira.com", "jira-dev.com"];

/// Hosts of these domains have another gateway than `api.atlassian.com`, where a token of theirs
/// has no business.
const OTHER_GATEWAY: [&str; 2] = ["atlassian-us-gov-mod.net", "atlassian-us-gov-mod.com"];

/// Characters of a host name that a sentence repeats, at most.
const NAME_CHARS: usize = 100;

/// One configured address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    plain: bool,
    /// `host[:port][/context]`, in lower case up to the path.
    address: String,
    /// The host name alone, in lower case.
    name: String,
}

impl Site {
    /// The site of the settings `protocol` and `host`, which the connector's host has validated.
    pub(crate) fn at(protocol: &str, host: &str) -> Self {
        let host = host.trim().trim_end_matches('/');
        let (authority, path) = match host.split_once('/') {
            Some((authority, path)) => (authority, format!("/{path}")),
            None => (host, String::new()),
        };
        let authority = authority.to_ascii_lowercase();
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &authority,
        };
        let name = name.trim_end_matches('.').to_owned();
        let plain = protocol.eq_ignore_ascii_case("http");
        Self { plain, address: format!("{authority}{path}"), name }
    }

    /// Host, port and context path, for a sentence and for comparison.
    pub(crate) fn address(&self) -> String {
        quote(&self.address, NAME_CHARS)
    }

    /// Whether requests go unencrypted.
    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether the name alone says that it is Jira Cloud.
    pub(crate) fn is_cloud_by_name(&self) -> bool {
        CLOUD.iter().any(|domain| is_below(&self.name, domain))
    }

    /// Whether it is one of Atlassian's hosts that are no Jira.
    pub(crate) fn is_no_jira(&self) -> bool {
        let atlassian = self.name == "atlassian.com" || is_below(&self.name, "atlassian.com");
        atlassian || CLOUD.contains(&self.name.as_str())
    }

    /// Whether its gateway is `api.atlassian.com`.
    pub(crate) fn has_gateway(&self) -> bool {
        !OTHER_GATEWAY.iter().any(|domain| is_below(&self.name, domain))
    }

    /// Whether it has no context path.
    pub(crate) fn is_at_root(&self) -> bool {
        !self.address.contains('/')
    }

    /// The address of a page for people; by http only where the site itself is.
    pub(crate) fn page(&self, path: &str) -> String {
        let scheme = if self.plain { "http" } else { "https" };
        format!("{scheme}://{}/{path}", self.address)
    }
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_cloud_from_the_rest() {
        let cases = [
            ("acme.atlassian.net", true, false),
            ("ACME.Atlassian.NET", true, false),
            ("acme.atlassian.net.", true, false),
            ("acme.atlassian.net:443", true, false),
            ("acme.jira.com", true, false),
            ("acme.jira-dev.com", true, false),
            ("atlassian.net", false, true),
            ("jira.com", false, true),
            (".atlassian.net", false, false),
            ("api.atlassian.com", false, true),
            ("id.atlassian.com", false, true),
            ("atlassian.com", false, true),
            ("evilatlassian.net", false, false),
            ("acme.atlassian.net.evil.org", false, false),
            ("evilatlassian.com", false, false),
            ("jira.acme.org:8443/jira", false, false),
            ("example.com/acme.atlassian.net", false, false),
            ("[::1]:8080", false, false),
            ("", false, false),
        ];
        for (host, cloud, no_jira) in cases {
            let site = Site::at("https", host);
            assert_eq!((site.is_cloud_by_name(), site.is_no_jira()), (cloud, no_jira), "{host}");
        }
        assert!(!Site::at("https", "acme.atlassian-us-gov-mod.net").has_gateway());
        assert!(Site::at("https", "jira.acme.org").has_gateway());
    }

    #[test]
    fn pages_keep_port_and_context() {
        let cases = [
            ("https", "acme.atlassian.net", "https://acme.atlassian.net/login.jsp", true),
            (
                "https",
                "Jira.acme.org:8443/Jira/",
                "https://jira.acme.org:8443/Jira/login.jsp",
                false,
            ),
            ("http", "10.0.0.7:8080", "http://10.0.0.7:8080/login.jsp", true),
        ];
        for (protocol, host, page, root) in cases {
            let site = Site::at(protocol, host);
            assert_eq!(
                (site.page("login.jsp"), site.is_at_root()),
                (page.to_owned(), root),
                "{host}"
            );
        }
    }
}
