//! What the configured address is.
//!
//! The host of the connector turns whatever a person pastes into `host[:port][/path]`, and binds the
//! endpoint `site` to that path up to the first segment that is called like a page of Jira. Such a
//! segment is a page more often than not, as in `jira.example.com/projects`, but a server can have it as
//! its context path as well, or as a part of it. So each reading of the address is a [`Site`] of its own
//! ([`Site::readings`]), and the check finds out at which of them a Jira answers.
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

/// Path segments of Jira's own pages: `pages` of the setting `host` in the manifest.
const PAGES: [&str; 44] = [
    "browse",
    "projects",
    "secure",
    "issues",
    "rest",
    "plugins",
    "servicedesk",
    "login.jsp",
    "login",
    "logout",
    "logoutconfirm.jsp",
    "software",
    "core",
    "dashboards",
    "people",
    "user-management",
    "charts",
    "download",
    "images",
    "includes",
    "styles",
    "static",
    "static-assets",
    "s",
    "si",
    "sr",
    "views",
    "activity",
    "helpcenter",
    "portal",
    "customer",
    "your-work",
    "for-you",
    "admin",
    "status",
    "_edge",
    "gateway",
    "ex",
    "oauth",
    "o",
    "wiki",
    "osd.jsp",
    "500page.jsp",
    "404.jsp",
];

/// Readings of one address that are tried, at most.
const MOST_READINGS: usize = 6;

/// One reading of the configured address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    plain: bool,
    /// `host[:port][/path]` as the setting has it, in lower case up to the path.
    entered: String,
    /// `host[:port]` with the path to which the endpoint is bound.
    bound: String,
    /// The rest of the path, which may be a page or belong to the context path.
    rest: Vec<String>,
    /// How many segments of the rest belong to the context path.
    taken: usize,
    /// The host name alone, in lower case.
    name: String,
}

impl Site {
    /// The site of the settings `protocol` and `host`, which the connector's host has validated: all of
    /// the path is taken for the context path.
    pub(crate) fn at(protocol: &str, host: &str) -> Self {
        let host = host.trim().trim_end_matches('/');
        let (authority, path) = host.split_once('/').unwrap_or((host, ""));
        let authority = authority.to_ascii_lowercase();
        let name = match authority.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &authority,
        };
        let name = name.trim_end_matches('.').to_owned();
        let plain = protocol.eq_ignore_ascii_case("http");
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let first = segments.iter().position(|segment| is_page(segment)).unwrap_or(segments.len());
        let (context, rest) = segments.split_at_checked(first).unwrap_or((&segments, &[]));
        let joined = |parts: &[&str]| {
            parts.iter().fold(authority.clone(), |joined, part| joined + "/" + part)
        };
        let (entered, bound) = (joined(&segments), joined(context));
        let rest: Vec<String> = rest.iter().map(|segment| (*segment).to_owned()).collect();
        Self { plain, entered, bound, taken: rest.len(), rest, name }
    }

    /// The reading of which an earlier check found out that it is right: `found` is what
    /// [`Site::found`] said then.
    pub(crate) fn reading_found(self, found: Option<&str>) -> Self {
        let found: Vec<String> = found
            .unwrap_or_default()
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(str::to_owned)
            .collect();
        let taken = if self.rest.starts_with(&found) { found.len() } else { self.taken };
        Self { taken, ..self }
    }

    /// Every reading, this one first, then from the longest context path to the shortest: one may end
    /// before each segment that is called like a page.
    pub(crate) fn readings(&self) -> Vec<Self> {
        let ends = self.rest.iter().enumerate().filter(|(_, segment)| is_page(segment));
        let ends = ends.map(|(at, _)| at).chain([self.rest.len()]);
        let mut ends: Vec<usize> = ends.filter(|end| *end != self.taken).collect();
        ends.reverse();
        let others = ends.into_iter().map(|taken| Self { taken, ..self.clone() });
        std::iter::once(self.clone()).chain(others).take(MOST_READINGS).collect()
    }

    /// The segments of the context path beyond those to which the endpoint is bound.
    pub(crate) fn context(&self) -> &[String] {
        self.rest.get(..self.taken).unwrap_or_default()
    }

    /// What the check found out of the address; `None` where the address leaves no choice.
    pub(crate) fn found(&self) -> Option<String> {
        (!self.rest.is_empty()).then(|| self.context().join("/"))
    }

    /// The address as it was entered, for comparison.
    pub(crate) fn entered(&self) -> String {
        quote(&self.entered, NAME_CHARS)
    }

    /// Host, port and context path, for a sentence.
    pub(crate) fn address(&self) -> String {
        quote(&self.full(), NAME_CHARS)
    }

    fn full(&self) -> String {
        self.context().iter().fold(self.bound.clone(), |full, segment| full + "/" + segment)
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
        !self.full().contains('/')
    }

    /// The address of a page for people; by http only where the site itself is.
    pub(crate) fn page(&self, path: &str) -> String {
        let scheme = if self.plain { "http" } else { "https" };
        format!("{scheme}://{}/{path}", self.full())
    }
}

fn is_page(segment: &str) -> bool {
    PAGES.iter().any(|page| page.eq_ignore_ascii_case(segment))
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

    #[test]
    fn an_address_has_a_reading_for_each_segment_that_may_be_a_page() {
        let cases: &[(&str, &[&str])] = &[
            ("h.example", &["h.example"]),
            ("h.example/jira", &["h.example/jira"]),
            ("h.example/projects", &["h.example/projects", "h.example"]),
            ("H.example:8080/Issues/", &["h.example:8080/Issues", "h.example:8080"]),
            ("h.example/a/projects", &["h.example/a/projects", "h.example/a"]),
            ("h.example/software/jira", &["h.example/software/jira", "h.example"]),
            (
                "h.example/jira/projects/ABC/issues",
                &[
                    "h.example/jira/projects/ABC/issues",
                    "h.example/jira/projects/ABC",
                    "h.example/jira",
                ],
            ),
            ("h.example/rest/secure", &["h.example/rest/secure", "h.example/rest", "h.example"]),
        ];
        for (host, expected) in cases {
            let site = Site::at("https", host);
            let readings = site.readings();
            let addresses: Vec<_> = readings.iter().map(Site::address).collect();
            assert_eq!(addresses, *expected, "{host}");
            for reading in readings {
                let again = site.clone().reading_found(reading.found().as_deref());
                assert_eq!(again, reading, "{host}: what is found is kept");
                assert_eq!(again.readings().first(), Some(&reading), "{host}: and tried first");
                assert_eq!(again.entered(), site.entered(), "{host}");
            }
        }
        let long = format!("h.example/{}", "projects/".repeat(50));
        assert_eq!(Site::at("https", &long).readings().len(), MOST_READINGS);
        let other = Site::at("https", "h.example/projects").reading_found(Some("elsewhere"));
        assert_eq!(other.address(), "h.example/projects", "what is not in the address is not used");
    }

    #[test]
    fn pages_are_those_of_the_manifest() {
        let manifest: serde_json::Value =
            serde_json::from_str(include_str!("manifest.json")).unwrap_or_default();
        let host = manifest.pointer("/settings/1/pages").cloned();
        assert_eq!(host, Some(serde_json::Value::from(PAGES.to_vec())));
    }
}
