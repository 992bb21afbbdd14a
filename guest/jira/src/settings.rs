//! The manifest's settings, what earlier checks found out, and which secret the connection uses.
//!
//! What was found out holds for the address at which it was found: where the setting `host` has
//! changed since, a stored cloud id would lead to the site of before, and so nothing stored is
//! used.

use jackfield_guest::{Failure, Secret, Settings, Timestamp, host, secrets, time};
use serde::{Deserialize, Serialize};

use crate::site::Site;

/// The manifest's settings, as the host passes them.
#[derive(Deserialize)]
struct Values {
    #[serde(default = "https")]
    protocol: String,
    host: String,
    #[serde(default)]
    token_expires_on: Option<String>,
    #[serde(default)]
    deployment: Option<String>,
    #[serde(default)]
    route: Option<String>,
    #[serde(default)]
    cloud_id: Option<String>,
    #[serde(default)]
    server_version: Option<String>,
    #[serde(default)]
    context: Option<String>,
    #[serde(default)]
    found_at: Option<String>,
}

fn https() -> String {
    "https".to_owned()
}

/// What a check found out: the settings that the manifest calls discovered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Found {
    /// `cloud` or `data-center`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deployment: Option<String>,
    /// `site` or `gateway`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) route: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cloud_id: Option<String>,
    /// Of a Data Center.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_version: Option<String>,
    /// Segments of the address that belong to the context path although the first of them is called
    /// like a page; only where the address has such segments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<String>,
    /// The address for which the others hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) found_at: Option<String>,
}

/// Which Jira it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deployment {
    /// Atlassian's.
    Cloud,
    /// A server of one's own: Data Center, and Server before it.
    DataCenter,
}

impl Deployment {
    /// As the discovered setting and cursors write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::DataCenter => "data-center",
        }
    }

    /// The version of its REST API.
    pub(crate) fn api(self) -> &'static str {
        match self {
            Self::Cloud => "3",
            Self::DataCenter => "2",
        }
    }
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// To the Jira itself.
    Site,
    /// Through Atlassian's gateway, to the site of this cloud id.
    Gateway(String),
}

/// How the connection authenticates, by the secret that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// Of Jira Cloud, with the account's e-mail address.
    ApiToken,
    /// Of Data Center from 8.14 on.
    PersonalAccessToken,
    /// With a user name, of old servers.
    Password,
}

impl Method {
    /// All of them, with their secrets, in the order of the manifest.
    pub(crate) const ALL: [(&'static str, Self); 3] = [
        ("api_token", Self::ApiToken),
        ("personal_access_token", Self::PersonalAccessToken),
        ("password", Self::Password),
    ];

    /// What a sentence calls it: "the ...".
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::ApiToken => "API token",
            Self::PersonalAccessToken => "personal access token",
            Self::Password => "user name and password",
        }
    }
}

/// When the credential ends, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A person, in the settings: it may be the date of the credential before this one.
    Entered(Timestamp),
    /// The host, of this credential.
    Known(Timestamp),
}

impl End {
    pub(crate) fn at(self) -> Timestamp {
        match self {
            Self::Entered(at) | Self::Known(at) => at,
        }
    }
}

/// A connection: address, credential, and what is known of them.
pub(crate) struct Setup {
    pub(crate) site: Site,
    pub(crate) method: Method,
    pub(crate) secret: Secret,
    /// When the credential ends. What a person enters wins over what the host knows, so that it can
    /// be corrected.
    pub(crate) end: Option<End>,
    /// What was found out for this address; empty where nothing was.
    pub(crate) found: Found,
    pub(crate) now: Timestamp,
}

impl Setup {
    /// The connection that the settings describe, with its secret.
    ///
    /// # Errors
    ///
    /// An invalid input where the connection has no secret: asked anonymously, Jira would answer,
    /// and nobody could tell.
    pub(crate) fn read(settings: &Settings) -> Result<Self, Failure> {
        let values: Values = settings.parse()?;
        let site = Site::at(&values.protocol, &values.host);
        let (method, secret) = credential()?;
        let entered = values.token_expires_on.as_deref().and_then(moment);
        let end = entered.map(End::Entered).or(secret.expires_at().map(End::Known));
        let found = Found {
            deployment: values.deployment,
            route: values.route,
            cloud_id: values.cloud_id,
            server_version: values.server_version,
            context: values.context,
            found_at: values.found_at,
        };
        let current = found.found_at.as_deref() == Some(site.entered().as_str());
        let (site, found) = if current {
            (site.reading_found(found.context.as_deref()), found)
        } else {
            (site, Found::default())
        };
        Ok(Self { site, method, secret, end, found, now: host::now() })
    }

    /// Which Jira it is, as far as it was found out or the host name says.
    pub(crate) fn deployment(&self) -> Option<Deployment> {
        if self.site.is_cloud_by_name() {
            return Some(Deployment::Cloud);
        }
        match self.found.deployment.as_deref() {
            Some("cloud") => Some(Deployment::Cloud),
            Some("data-center") => Some(Deployment::DataCenter),
            _ => None,
        }
    }

    /// The route that was found out.
    pub(crate) fn route(&self) -> Option<Route> {
        match (self.found.route.as_deref(), self.found.cloud_id.as_deref()) {
            (Some("gateway"), Some(id)) if is_cloud_id(id) && self.may_use_gateway() => {
                Some(Route::Gateway(id.to_owned()))
            }
            (Some("site"), _) => Some(Route::Site),
            _ => None,
        }
    }

    /// Whether the credential may go to the gateway at all.
    pub(crate) fn may_use_gateway(&self) -> bool {
        self.method == Method::ApiToken && self.site.has_gateway()
    }
}

fn credential() -> Result<(Method, Secret), Failure> {
    let mut held = Method::ALL
        .iter()
        .filter_map(|(name, method)| secrets::get(name).map(|secret| (*method, secret)));
    match held.next() {
        Some(found) => Ok(found),
        None => secrets::require("api_token").map(|secret| (Method::ApiToken, secret)),
    }
}

/// A date or a moment, as the manifest's type `datetime` has it; a date means its beginning, in
/// UTC.
fn moment(text: &str) -> Option<Timestamp> {
    time::rfc3339(text).or_else(|| time::rfc3339(&format!("{text}T00:00:00Z")))
}

/// Atlassian's ids are UUIDs; anything that is a plain path segment is let through.
pub(crate) fn is_cloud_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (8..=64).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use jackfield_guest::testing::Script;

    use super::*;

    const ID: &str = "c57406ca-1b2c-4d5e-8f90-123456789abc";

    fn setup(settings: &str, secret: &str) -> Setup {
        let script = Script::new().secret(secret, None);
        script.run(|| Setup::read(&Settings::from_json(settings))).0.unwrap()
    }

    #[test]
    fn what_was_found_holds_for_its_address_only() {
        let stored = |host: &str, at: &str| {
            let json = format!(
                r#"{{"protocol":"https","host":"{host}","deployment":"cloud","route":"gateway","cloud_id":"{ID}","found_at":"{at}"}}"#
            );
            setup(&json, "api_token").route()
        };
        let gateway = Some(Route::Gateway(ID.to_owned()));
        assert_eq!(stored("acme.atlassian.net", "acme.atlassian.net"), gateway);
        assert_eq!(stored("ACME.atlassian.net", "acme.atlassian.net"), gateway);
        assert_eq!(stored("other.atlassian.net", "acme.atlassian.net"), None);
        assert_eq!(stored("acme.atlassian.net", ""), None);
    }

    #[test]
    fn a_token_of_another_kind_never_goes_to_the_gateway() {
        let json = format!(
            r#"{{"host":"jira.acme.org","route":"gateway","cloud_id":"{ID}","found_at":"jira.acme.org"}}"#
        );
        assert!(setup(&json, "api_token").route().is_some());
        assert_eq!(setup(&json, "personal_access_token").route(), None);
        assert_eq!(setup(&json, "password").route(), None);
        let gov = json.replace("jira.acme.org", "acme.atlassian-us-gov-mod.net");
        assert_eq!(setup(&gov, "api_token").route(), None);
    }

    #[test]
    fn stored_values_that_nobody_wrote_are_passed_over() {
        let ids = ["", "short", "../../../x", "a/b/c/d/e/f", "c57406ca 1b2c", &"a".repeat(65)];
        for id in ids {
            let json = format!(
                r#"{{"host":"a.example","route":"gateway","cloud_id":"{id}","found_at":"a.example"}}"#
            );
            assert_eq!(setup(&json, "api_token").route(), None, "{id}");
        }
        let odd = r#"{"host":"a.example","deployment":"Moon","route":"","found_at":"a.example"}"#;
        let odd = setup(odd, "api_token");
        assert_eq!((odd.deployment(), odd.route()), (None, None));
    }

    #[test]
    fn dates_are_read_in_both_forms() {
        let cases = [
            ("2026-01-01", Some(1_767_225_600_000)),
            ("2026-01-01T00:00:01Z", Some(1_767_225_601_000)),
            ("soon", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let json = format!(r#"{{"host":"a.example","token_expires_on":"{text}"}}"#);
            assert_eq!(setup(&json, "api_token").end, expected.map(End::Entered), "{text}");
        }
    }

    #[test]
    fn the_date_that_a_person_enters_wins() {
        let entered = r#","token_expires_on":"2026-01-01""#;
        let cases = [
            ("none", "", None, None),
            ("entered", entered, None, Some(End::Entered(1_767_225_600_000))),
            ("known", "", Some(7), Some(End::Known(7))),
            ("entered, known as earlier", entered, Some(7), Some(End::Entered(1_767_225_600_000))),
            (
                "entered, known as later",
                entered,
                Some(1_900_000_000_000),
                Some(End::Entered(1_767_225_600_000)),
            ),
            ("no date", r#","token_expires_on":"soon""#, Some(7), Some(End::Known(7))),
        ];
        for (name, entered, known, expected) in cases {
            let settings = Settings::from_json(format!(r#"{{"host":"a.example"{entered}}}"#));
            let script = Script::new().secret_until("api_token", None, known);
            let setup = script.run(|| Setup::read(&settings)).0.unwrap();
            assert_eq!(setup.end, expected, "{name}");
        }
    }

    #[test]
    fn without_a_secret_nothing_is_opened() {
        let settings = Settings::from_json(r#"{"host":"acme.atlassian.net"}"#);
        let (setup, _) = Script::new().run(|| Setup::read(&settings));
        let failure = setup.err().unwrap();
        assert_eq!(failure.fields.first().unwrap().pointer, "/secrets/api_token");
    }
}
