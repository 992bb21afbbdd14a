//! Which GitHub an API address leads to, and where its pages for people are.
//!
//! | deployment | API | pages |
//! |---|---|---|
//! | github.com | `https://api.github.com` | `https://github.com` |
//! | data residency | `https://api.SUBDOMAIN.ghe.com` | `https://SUBDOMAIN.ghe.com` |
//! | Enterprise Server | `https://HOST/api/v3` | `https://HOST` |

use jackfield_guest::Response;
use jackfield_guest::text::quote;

/// Which GitHub it is, by its API address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    DotCom,
    DataResidency,
    Server,
}

/// One GitHub.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    family: Family,
    /// Host and port of the API, in lower case.
    api_host: String,
    /// Host and port of the pages.
    web_host: String,
    /// Of the API, and so of the pages.
    scheme: &'static str,
    /// What is wrong with the address, where that is plain to see, and what would be right.
    better: Option<String>,
}

impl Site {
    /// The GitHub whose API is at that address, which the host has validated as a URL.
    pub(crate) fn at(api_url: &str) -> Self {
        let (scheme, rest) = api_url.split_once("://").unwrap_or(("https", api_url));
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let host = host.to_ascii_lowercase();
        let scheme = if scheme.eq_ignore_ascii_case("http") { "http" } else { "https" };
        let path = path.trim_matches('/');
        let (family, web_host, better) = match host.as_str() {
            "api.github.com" => (Family::DotCom, "github.com".to_owned(), None),
            "github.com" | "www.github.com" => {
                (Family::DotCom, "github.com".to_owned(), Some("https://api.github.com".to_owned()))
            }
            _ => Self::elsewhere(&host, path, scheme),
        };
        Self { family, api_host: host, web_host, scheme, better }
    }

    fn elsewhere(host: &str, path: &str, scheme: &str) -> (Family, String, Option<String>) {
        if host.ends_with(".ghe.com") {
            return match host.strip_prefix("api.") {
                Some(web) => (Family::DataResidency, web.to_owned(), None),
                None => {
                    (Family::DataResidency, host.to_owned(), Some(format!("https://api.{host}")))
                }
            };
        }
        let better = (path != "api/v3").then(|| format!("{scheme}://{host}/api/v3"));
        (Family::Server, host.to_owned(), better)
    }

    /// Host and port of the API.
    pub(crate) fn api_host(&self) -> &str {
        &self.api_host
    }

    /// Host and port of the pages for people.
    pub(crate) fn web_host(&self) -> &str {
        &self.web_host
    }

    /// Whether it is github.com.
    pub(crate) fn is_dot_com(&self) -> bool {
        self.family == Family::DotCom
    }

    /// The API address that was surely meant: the one given leads to GitHub's pages.
    pub(crate) fn right_address(&self) -> Option<&str> {
        self.better.as_deref().filter(|_| self.family != Family::Server)
    }

    /// The API address that may have been meant, where a server's has not the usual path. Something in
    /// front of the server may give it another, so nothing follows from it alone.
    pub(crate) fn usual_address(&self) -> Option<&str> {
        self.better.as_deref().filter(|_| self.family == Family::Server)
    }

    /// The address of a page for people; by http only where the API itself is.
    pub(crate) fn page(&self, path: &str) -> String {
        format!("{}://{}/{path}", self.scheme, self.web_host)
    }

    /// `link`, where it leads to a page of this GitHub by https; it came from a response.
    pub(crate) fn own_page<'a>(&self, link: &'a str) -> Option<&'a str> {
        let rest = link.strip_prefix("https://")?.strip_prefix(self.web_host.as_str())?;
        let clean = link.bytes().all(|byte| byte.is_ascii_graphic()) && link.len() <= 2000;
        (rest.starts_with('/') && clean).then_some(link)
    }

    /// Such as `github.com`, `ghe.com`, `ghes 3.14.2`; `None` where nothing says which it is.
    pub(crate) fn edition(&self, response: &Response) -> Option<String> {
        if let Some(version) = response.header("x-github-enterprise-version") {
            return Some(Self::server_edition(version));
        }
        match self.family {
            Family::DotCom => Some("github.com".to_owned()),
            Family::DataResidency => Some("ghe.com".to_owned()),
            Family::Server => None,
        }
    }
}

impl Site {
    /// The edition of a server of this version: `3.14.2`, `enterprise-server@3.14.2`.
    pub(crate) fn server_edition(version: &str) -> String {
        let version = version.rsplit('@').next().unwrap_or_default();
        quote(&format!("ghes {version}"), 40)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn an_api_address_tells_where_the_pages_are() {
        let dot_com = "https://github.com/x";
        let cases = [
            ("https://api.github.com", dot_com, None, None),
            ("https://API.GitHub.com", dot_com, None, None),
            ("https://github.com", dot_com, Some("https://api.github.com"), None),
            ("https://www.github.com/", dot_com, Some("https://api.github.com"), None),
            ("https://api.acme.ghe.com", "https://acme.ghe.com/x", None, None),
            (
                "https://acme.ghe.com",
                "https://acme.ghe.com/x",
                Some("https://api.acme.ghe.com"),
                None,
            ),
            ("https://git.acme.org/api/v3", "https://git.acme.org/x", None, None),
            ("https://git.acme.org:8443/api/v3/", "https://git.acme.org:8443/x", None, None),
            (
                "https://git.acme.org",
                "https://git.acme.org/x",
                None,
                Some("https://git.acme.org/api/v3"),
            ),
            (
                "https://git.acme.org/api",
                "https://git.acme.org/x",
                None,
                Some("https://git.acme.org/api/v3"),
            ),
            ("http://git.acme.org/api/v3", "http://git.acme.org/x", None, None),
            (
                "http://127.0.0.1:9999",
                "http://127.0.0.1:9999/x",
                None,
                Some("http://127.0.0.1:9999/api/v3"),
            ),
        ];
        for (address, page, right, usual) in cases {
            let site = Site::at(address);
            assert_eq!(site.page("x"), page, "{address}");
            assert_eq!((site.right_address(), site.usual_address()), (right, usual), "{address}");
        }
    }

    #[test]
    fn only_pages_of_this_site_are_linked() {
        let site = Site::at("https://api.github.com");
        let cases = [
            ("https://github.com/orgs/a/sso?x=y", true),
            ("http://github.com/orgs/a/sso", false),
            ("https://github.com.evil.com/", false),
            ("https://github.com@evil.com/", false),
            ("https://evil.com/github.com/", false),
            ("https://github.com", false),
            ("https://github.com/a b", false),
            ("https://github.com/\u{202e}", false),
            ("javascript:alert(1)", false),
            ("", false),
        ];
        for (link, expected) in cases {
            assert_eq!(site.own_page(link).is_some(), expected, "{link}");
        }
    }

    #[test]
    fn the_edition_is_what_the_server_says_or_the_address() {
        let says =
            |version: &str| Response::new(200).with_header("x-github-enterprise-version", version);
        let cases = [
            ("https://api.github.com", Response::new(200), Some("github.com")),
            ("https://api.acme.ghe.com", Response::new(200), Some("ghe.com")),
            ("https://git.acme.org/api/v3", Response::new(200), None),
            ("https://git.acme.org/api/v3", says("3.6.0"), Some("ghes 3.6.0")),
            ("https://git.acme.org/api/v3", says("enterprise-server@3.14.2"), Some("ghes 3.14.2")),
            ("https://git.acme.org/api/v3", says("\u{1b}[2J"), Some("ghes [2J")),
        ];
        for (address, response, expected) in cases {
            assert_eq!(Site::at(address).edition(&response).as_deref(), expected, "{address}");
        }
    }
}
