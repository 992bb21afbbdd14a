//! Servers that say that they have moved.
//!
//! A site gets another name, a server goes from http to https: whoever asks at the old place is sent
//! on for good. The credential never follows a redirect to another origin, and the guest chooses none.
//! But the host takes note of what the redirect says of the connection's settings. A platform may then
//! bind the connector again with the changed setting, and keep it once the same account answered there.
//!
//! Note is taken only where all of this holds:
//!
//! | of the redirect | because |
//! |---|---|
//! | it is permanent (301, 308) and comes from the endpoint's own origin | only the server itself knows |
//! | path and query are those that were asked | a sign-in page, or an open redirect, leads elsewhere |
//! | the policy lets the new place be asked | it is asked next |
//! | *another name:* the host is all of one setting's value, both names are below one domain of the endpoint's `renames_within`, both by https at its own port | the manifest says that one party answers for all names there |
//! | *or https for http:* the scheme is a setting, and the host stays | the credential goes nowhere new |

use serde_json::{Map, Value};
use url::{Host, Url};

use crate::contract::failure::{Cause, Failure, FieldError, Retry};
use crate::egress::policy::redirect::{self, RedirectInput};
use crate::manifest::Endpoint;
use crate::manifest::template::{EndpointTemplate, Place};

/// A setting that is another now, as the server itself says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// The setting's name.
    pub setting: String,
    /// Its value from now on.
    pub value: String,
    /// The origin that was asked.
    pub from: String,
    /// The origin to which it pointed.
    pub to: String,
}

impl Relocation {
    /// What the request gets that was redirected.
    pub(crate) fn failure(&self) -> Failure {
        let Self { setting, value, from, to } = self;
        let message = format!("The server {from} says that it has moved to {to}.");
        let failure = Failure::new(Cause::InvalidInput, message)
            .code("server-moved")
            .retry(Retry::AfterUserAction)
            .remedy(
                format!("Change the setting `{setting}` to `{value}`; a check of a stored connection does so itself if the same account answers there."),
                None,
            );
        let field = FieldError::at(["settings", setting], format!("`{setting}` is `{value}` now."));
        Failure { fields: vec![field], ..failure }
    }
}

/// What of an endpoint's origin comes of settings, so that it can change.
pub(crate) struct Relocatable {
    base: Url,
    /// The setting that is the host.
    host: Option<String>,
    /// The setting that is the scheme.
    scheme: Option<String>,
    within: Vec<String>,
}

impl Relocatable {
    pub(crate) fn new(
        endpoint: &Endpoint,
        template: &EndpointTemplate,
        settings: &Map<String, Value>,
        base: &Url,
    ) -> Self {
        let setting = |wanted| {
            let mut places = template.places();
            places.find(|(_, place)| *place == wanted).map(|(name, _)| name.to_owned())
        };
        let is_whole = |name: &String| {
            let value = settings.get(name).and_then(Value::as_str).unwrap_or_default();
            base.host_str().is_some_and(|host| host.eq_ignore_ascii_case(value))
        };
        Self {
            base: base.clone(),
            host: setting(Place::Host).filter(is_whole),
            scheme: setting(Place::Scheme),
            within: endpoint.renames_within.clone(),
        }
    }

    /// What a redirect that is not followed says of the settings.
    pub(crate) fn judge(&self, redirect: &RedirectInput<'_>) -> Option<Relocation> {
        let from = redirect.from;
        let to = redirect::target(redirect).ok()?;
        let permanent = matches!(redirect.status, 301 | 308);
        let own = from.origin() == self.base.origin();
        let as_asked = to.path() == from.path() && to.query() == from.query();
        let usual_ports = from.port().is_none() && to.port().is_none();
        if !(permanent && own && as_asked && usual_ports) {
            return None;
        }
        redirect.policy.judge_url(&to).ok()?;
        let (setting, value) = match (from.scheme(), to.scheme()) {
            ("https", "https") => (self.host.clone()?, self.other_name(from, &to)?),
            ("http", "https") if from.host() == to.host() => {
                (self.scheme.clone()?, "https".to_owned())
            }
            _ => return None,
        };
        let [from, to] = [from, &to].map(|url| url.origin().ascii_serialization());
        Some(Relocation { setting, value, from, to })
    }

    /// The new host, where one party answers for both.
    fn other_name(&self, from: &Url, to: &Url) -> Option<String> {
        let (Host::Domain(from), Host::Domain(to)) = (from.host()?, to.host()?) else {
            return None;
        };
        let both = |domain: &String| is_below(from, domain) && is_below(to, domain);
        (from != to && self.within.iter().any(both)).then(|| to.to_owned())
    }
}

/// By whole labels.
fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::egress::policy::EgressPolicy;
    use crate::egress::transport::Method;

    fn relocatable(base: &str, protocol: &str, host: &str) -> Relocatable {
        let endpoint = Endpoint {
            name: "site".to_owned(),
            base: base.to_owned(),
            description: None,
            renames_within: vec!["sites.example.net".to_owned(), "example.org".to_owned()],
        };
        let template = EndpointTemplate::parse(base).unwrap();
        let settings = json!({ "protocol": protocol, "host": host });
        let settings = settings.as_object().unwrap();
        let base = template.bind(settings).unwrap();
        Relocatable::new(&endpoint, &template, settings, &base)
    }

    fn judged(
        relocatable: &Relocatable,
        from: &str,
        status: u16,
        location: &str,
    ) -> Option<String> {
        let mut policy = EgressPolicy::strict();
        policy.allow_origin("http://a.sites.example.net").unwrap();
        let moved = relocatable.judge(&RedirectInput {
            from: &Url::parse(from).unwrap(),
            location,
            method: Method::Get,
            status,
            hop: 0,
            grants: &[],
            policy: &policy,
        });
        moved.map(|moved| format!("{}={}", moved.setting, moved.value))
    }

    #[test]
    fn another_name_counts_only_below_a_domain_of_the_manifest() {
        let from = "https://a.sites.example.net/rest/me?x=1";
        let relocatable = relocatable("{protocol}://{host}", "https", "A.sites.example.net");
        let to = |host: &str| format!("https://{host}/rest/me?x=1");
        for (status, location, expected) in [
            (301, to("b.sites.example.net"), Some("host=b.sites.example.net")),
            (308, to("B.SITES.example.net"), Some("host=b.sites.example.net")),
            (301, to("b.c.sites.example.net"), Some("host=b.c.sites.example.net")),
            (301, to("b.sites.example.net:443"), Some("host=b.sites.example.net")),
            (302, to("b.sites.example.net"), None),
            (303, to("b.sites.example.net"), None),
            (307, to("b.sites.example.net"), None),
            (301, to("a.sites.example.net"), None),
            (301, to("sites.example.net"), None),
            (301, to(".sites.example.net"), None),
            (301, to("evilsites.example.net"), None),
            (301, to("b.sites.example.net.evil.org"), None),
            (301, to("b.sites.example.net."), None),
            (301, to("b.example.org"), None),
            (301, to("b.sites.example.net:8443"), None),
            (301, to("me@b.sites.example.net"), None),
            (301, to("evil.org/b.sites.example.net"), None),
            (301, to("127.0.0.1"), None),
            (301, "https://b.sites.example.net/".to_owned(), None),
            (301, "https://b.sites.example.net/login?x=1".to_owned(), None),
            (301, "https://b.sites.example.net/rest/me".to_owned(), None),
            (301, "https://b.sites.example.net/rest/me?x=1&y=2".to_owned(), None),
            (301, "http://b.sites.example.net/rest/me?x=1".to_owned(), None),
            (301, "//b.sites.example.net/rest/me?x=1".to_owned(), Some("host=b.sites.example.net")),
            (301, String::new(), None),
            (301, "https://".to_owned(), None),
        ] {
            let found = judged(&relocatable, from, status, &location);
            assert_eq!(found.as_deref(), expected, "{status} {location}");
        }
        let elsewhere = "https://c.sites.example.net/rest/me?x=1";
        assert_eq!(judged(&relocatable, elsewhere, 301, &to("b.sites.example.net")), None);
    }

    #[test]
    fn a_host_that_is_no_whole_setting_does_not_move() {
        let to = "https://b.sites.example.net/rest";
        for (base, host) in [
            ("https://a.sites.example.net", "a.sites.example.net"),
            ("https://{host}.sites.example.net", "a"),
            ("https://{host}/rest", "a.sites.example.net:443"),
            ("https://{host}", "a.sites.example.net/rest"),
        ] {
            let relocatable = relocatable(base, "https", host);
            assert_eq!(
                judged(&relocatable, "https://a.sites.example.net/rest", 301, to),
                None,
                "{base}"
            );
        }
    }

    #[test]
    fn http_may_become_https_at_the_same_host() {
        let from = "http://a.sites.example.net/rest";
        let plain = relocatable("{protocol}://{host}", "http", "a.sites.example.net");
        for (status, location, expected) in [
            (301, "https://a.sites.example.net/rest", Some("protocol=https")),
            (308, "https://a.sites.example.net/rest", Some("protocol=https")),
            (302, "https://a.sites.example.net/rest", None),
            (301, "https://a.sites.example.net/", None),
            (301, "https://a.sites.example.net:8443/rest", None),
            (301, "https://b.sites.example.net/rest", None),
            (301, "http://b.sites.example.net/rest", None),
        ] {
            assert_eq!(judged(&plain, from, status, location).as_deref(), expected, "{location}");
        }
        let fixed = relocatable("http://{host}", "http", "a.sites.example.net");
        assert_eq!(judged(&fixed, from, 301, "https://a.sites.example.net/rest"), None);
        let secure = relocatable("{protocol}://{host}", "https", "a.sites.example.net");
        let down = "http://a.sites.example.net/rest";
        assert_eq!(judged(&secure, "https://a.sites.example.net/rest", 301, down), None);
    }
}
