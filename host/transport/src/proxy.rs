//! Proxies, by URL or from the environment.
//!
//! The environment is read here and not by the HTTP library, so that the proxies' names are known:
//! they alone may resolve to any address.

use std::sync::Arc;

use reqwest::{ClientBuilder, NoProxy, Proxy};
use url::Url;

use crate::options::{OptionsError, ProxyChoice};

/// The proxies to use, parsed.
#[derive(Default)]
pub(crate) struct ProxyRoute {
    http: Option<Url>,
    https: Option<Url>,
    except: Option<String>,
}

impl ProxyRoute {
    pub(crate) fn of(choice: &ProxyChoice) -> Result<Self, OptionsError> {
        match choice {
            ProxyChoice::Direct => Ok(Self::default()),
            ProxyChoice::Url(url) => {
                let url = usable("the configuration", url.clone())?;
                Ok(Self { http: Some(url.clone()), https: Some(url), except: None })
            }
            ProxyChoice::FromEnvironment => Self::from_environment(|name| std::env::var(name).ok()),
        }
    }

    /// As curl reads it: lower case first, and `HTTP_PROXY` not where a web server may have set it
    /// from a request's `Proxy` header (CGI).
    fn from_environment(read: impl Fn(&str) -> Option<String>) -> Result<Self, OptionsError> {
        let set = |name: &str| read(name).filter(|value| !value.trim().is_empty());
        let first = |names: &[&str]| -> Result<Option<Url>, OptionsError> {
            let found = names.iter().find_map(|name| set(name).map(|value| (*name, value)));
            found.map(|(name, value)| parse(name, &value)).transpose()
        };
        let below_web_server = set("REQUEST_METHOD").is_some();
        let http: &[&str] = if below_web_server {
            &["http_proxy", "all_proxy", "ALL_PROXY"]
        } else {
            &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
        };
        Ok(Self {
            http: first(http)?,
            https: first(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            except: set("no_proxy").or_else(|| set("NO_PROXY")),
        })
    }

    /// The proxies' own names, in lower case.
    pub(crate) fn hosts(&self) -> Arc<[String]> {
        let urls = self.http.iter().chain(&self.https);
        urls.filter_map(Url::host_str).map(str::to_ascii_lowercase).collect()
    }

    /// Whether URLs of that scheme go by a proxy, exceptions aside.
    pub(crate) fn serves(&self, scheme: &str) -> bool {
        match scheme {
            "https" => self.https.is_some(),
            _ => self.http.is_some(),
        }
    }

    /// The builder, told to use these proxies and no others.
    pub(crate) fn apply(&self, builder: ClientBuilder) -> Result<ClientBuilder, OptionsError> {
        let mut builder = builder.no_proxy();
        let except = || self.except.as_deref().and_then(NoProxy::from_string);
        if let Some(url) = &self.http {
            let proxy = Proxy::http(url.clone()).map_err(OptionsError::from_client)?;
            builder = builder.proxy(proxy.no_proxy(except()));
        }
        if let Some(url) = &self.https {
            let proxy = Proxy::https(url.clone()).map_err(OptionsError::from_client)?;
            builder = builder.proxy(proxy.no_proxy(except()));
        }
        Ok(builder)
    }
}

fn parse(name: &str, value: &str) -> Result<Url, OptionsError> {
    let value = value.trim();
    let text = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let place = format!("the environment variable {name}");
    match Url::parse(&text) {
        Ok(url) => usable(&place, url),
        Err(error) => Err(OptionsError::Proxy { place, detail: error.to_string() }),
    }
}

fn usable(place: &str, url: Url) -> Result<Url, OptionsError> {
    let refuse = |detail: &str| {
        Err(OptionsError::Proxy { place: place.to_owned(), detail: detail.to_owned() })
    };
    match url.scheme() {
        "http" | "https" | "socks5" | "socks5h" => {}
        _ => return refuse("its scheme is none of http, https, socks5 and socks5h"),
    }
    if url.host_str().is_none_or(str::is_empty) {
        return refuse("it names no host");
    }
    Ok(url)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn route(variables: &[(&str, &str)]) -> Result<ProxyRoute, OptionsError> {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name);
        ProxyRoute::from_environment(|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn environment_is_read_as_curl_reads_it() {
        let a = Some("http://a:1/");
        let b = Some("http://b:2/");
        for (name, variables, http, https) in [
            ("empty", &[][..], None, None),
            ("blank", &[("HTTPS_PROXY", " ")], None, None),
            ("each its own", &[("HTTP_PROXY", "http://a:1"), ("HTTPS_PROXY", "http://b:2")], a, b),
            ("without a scheme", &[("https_proxy", "b:2")], None, b),
            ("one for all", &[("ALL_PROXY", "http://a:1")], a, a),
            ("the special first", &[("ALL_PROXY", "http://a:1"), ("https_proxy", "b:2")], a, b),
            ("lower case first", &[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "b:2")], None, b),
            (
                "set by a web server",
                &[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", "a:1")],
                None,
                None,
            ),
        ] {
            let route = route(variables).unwrap();
            let text = |url: &Option<Url>| url.as_ref().map(Url::to_string);
            assert_eq!(text(&route.http).as_deref(), http, "{name}");
            assert_eq!(text(&route.https).as_deref(), https, "{name}");
        }
    }

    #[test]
    fn unusable_proxy_names_its_variable_and_not_its_password() {
        for value in ["http://", "ftp://user:canary@a/", "http://user:canary@a:port/"] {
            let error = route(&[("HTTPS_PROXY", value)]).err().unwrap().to_string();
            assert!(error.contains("HTTPS_PROXY") && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn hosts_are_those_of_both_proxies() {
        let route = route(&[("http_proxy", "A.example:1"), ("https_proxy", "b.example")]).unwrap();
        assert_eq!(&*route.hosts(), ["a.example", "b.example"]);
    }
}
