//! What a denial says: its sentence, and what a person can do about it.

use super::{Granter, Inner, Rule, Source};
use crate::contract::failure::{Advice, Remedy};
use crate::egress::endpoint::MAX_URL_BYTES;
use crate::egress::policy::redirect::MAX_REDIRECTS;

impl Inner {
    pub(super) fn sentence(&self) -> String {
        let (rule, what) = (self.rule, self.what());
        match self.source {
            Source::Settings => format!("{what}; blocked by policy rule `{rule}`."),
            Source::Provider | Source::Connector => format!("{what} (rule `{rule}`)."),
        }
    }

    fn what(&self) -> String {
        let Self { rule, source, subject, host, range, .. } = self;
        match (range, host) {
            (Some(range), Some(host)) => {
                return format!(
                    "`{host}` has the address {subject}, which is in {} ({})",
                    range.name, range.network
                );
            }
            (Some(range), None) => {
                return format!("The address {subject} is in {} ({})", range.name, range.network);
            }
            (None, _) => {}
        }
        match (rule, source) {
            (Rule::Scheme, _) => format!("`{subject}` is neither https nor http"),
            (Rule::Userinfo, Source::Provider) => {
                format!(
                    "The server redirected to `{subject}` with a user name or a password in the URL"
                )
            }
            (Rule::Userinfo, _) => {
                format!(
                    "The URL of `{subject}` has a user name or a password, which is not allowed here"
                )
            }
            (Rule::MalformedHost, _) => format!(
                "`{subject}` has no usable host name (it is absent, too long, ends in a dot or has an empty part)"
            ),
            (Rule::HttpsRequired, _) => format!("`{subject}` is not encrypted: https is required"),
            (Rule::AddressAsHost, _) => format!("`{subject}` has an address in place of a name"),
            (Rule::PrivateName, _) => {
                format!("`{subject}` has a name that only a private network knows")
            }
            (Rule::SpecialAddress, _) => {
                format!("`{subject}` is not an address of the public internet")
            }
            (Rule::MetadataAddress, _) => format!(
                "`{subject}` is an address of the local link or of a cloud's metadata service"
            ),
            (Rule::RedirectLimit, _) => format!(
                "The host stopped after {MAX_REDIRECTS} redirects in a row; the last one pointed to `{subject}`"
            ),
            (Rule::RedirectLocation, _) => {
                format!("The server `{subject}` redirected to something that is not a URL")
            }
            (Rule::RedirectDowngrade, _) => {
                format!("The server redirected from https to http, to `{subject}`")
            }
            (Rule::RedirectOrigin, _) => format!(
                "The server redirected to `{subject}`, another origin; the connector's manifest does not allow that"
            ),
            (Rule::RedirectBody, _) => format!(
                "The server redirected a change to `{subject}`, another origin; the host does not repeat a change there"
            ),
            (Rule::UnknownEndpoint, _) => format!(
                "The connector asked for the endpoint `{subject}`, which its manifest does not declare"
            ),
            (Rule::PathSegment, _) => format!(
                "The connector put `{subject}` into a path: a part of a path cannot be empty, `.` or `..`, or have control characters"
            ),
            (Rule::UrlLength, Source::Provider) => format!(
                "The service's link or page token is too long: a URL can have {MAX_URL_BYTES} bytes"
            ),
            (Rule::UrlLength, _) => format!(
                "The connector's request to `{subject}` is too long: a URL can have {MAX_URL_BYTES} bytes"
            ),
            (Rule::LinkOutsideEndpoints, _) => self.outside(),
            (Rule::HeaderSyntax, _) => format!(
                "The connector's header `{subject}` has characters that HTTP does not allow there"
            ),
            (Rule::HeaderReserved, _) => {
                format!(
                    "The connector tried to set the header `{subject}`, which only the host sets"
                )
            }
            (Rule::HeaderLimit, _) => {
                format!("The connector's headers are too many or too long: `{subject}`")
            }
            (Rule::Audience, _) => format!(
                "The connector tried to send the secret `{subject}` to an endpoint to which its manifest does not attach it"
            ),
            (Rule::Budget, _) => {
                format!("The connector has used up the {subject} that one call may use")
            }
        }
    }

    /// Of a link that no endpoint covers.
    fn outside(&self) -> String {
        let subject = &self.subject;
        if !subject.contains(':') {
            return "The service's link to the next page is not an absolute URL".to_owned();
        }
        match self.place.bases.join("`, `") {
            bases if bases.is_empty() => {
                format!(
                    "The service's link leads to `{subject}`, which is outside of the connection's endpoints"
                )
            }
            bases => format!(
                "The service's link leads to `{subject}`, but this connection reaches the service at `{bases}`"
            ),
        }
    }

    /// "the setting `a`", "one of the settings `a` and `b`".
    fn settings(&self) -> String {
        match self.place.settings.as_slice() {
            [] => "the connection's settings".to_owned(),
            [one] => format!("the setting `{one}`"),
            several => format!("the settings `{}`", several.join("` and `")),
        }
    }

    /// What a person can do about it, most useful first.
    pub(super) fn remedies(&self) -> Vec<Remedy> {
        match self.source {
            Source::Settings => vec![self.settings_remedy()],
            Source::Provider => self.provider_remedies().into_iter().map(Remedy::new).collect(),
            Source::Connector => vec![Remedy::new(self.connector_remedy())],
        }
    }

    fn settings_remedy(&self) -> Remedy {
        let allow = || Advice::AllowOrigin { origin: self.subject.clone() };
        match (self.granter(), self.rule) {
            (Granter::Administrator, Rule::HttpsRequired | Rule::PrivateName) => Remedy::new(
                "Use a public https address, or ask the administrator to allow this origin.",
            )
            .by(allow()),
            (Granter::Administrator, Rule::AddressAsHost) => {
                Remedy::new("Use the server's name, or ask the administrator to allow this origin.")
                    .by(allow())
            }
            (Granter::Administrator, _) => self.address_remedy(),
            (_, Rule::Userinfo) => Remedy::new(
                "Remove the user name and the password from the URL; secrets have fields of their own.",
            ),
            _ => Remedy::new(format!(
                "Correct the address in {}; nobody can allow this one.",
                self.settings()
            )),
        }
    }

    fn provider_remedies(&self) -> Vec<String> {
        let (subject, settings) = (&self.subject, self.settings());
        let has_settings = !self.place.settings.is_empty();
        match self.rule {
            Rule::RedirectOrigin => vec![
                format!("If the service has moved to {subject}, change {settings} to its new address."),
                "If that is a sign-in page, ask whoever runs the network or the server for programmatic access.".to_owned(),
                format!("Otherwise ask the connector's author to allow {subject} under `redirects` in the manifest."),
            ],
            Rule::LinkOutsideEndpoints if subject.contains(':') => {
                let change = format!("If both are the same service, change {settings} to the address that the service's links have.");
                let correct = "Otherwise ask who runs the service, or the proxy in front of it, to make its links name the address by which it is reached.".to_owned();
                if has_settings { vec![change, correct] } else { vec![correct] }
            }
            Rule::RedirectDowngrade => vec![
                format!("Check the address in {settings}; if it is right, ask who runs the server to redirect to https."),
            ],
            Rule::UrlLength => vec![
                "Read the stream from its beginning; if it stops again, ask who runs the service why its links or page tokens are so long.".to_owned(),
            ],
            _ => vec![
                format!("Check the address in {settings}."),
                "If it is right, ask who runs the server, or the proxy in front of it, why it answers so.".to_owned(),
            ],
        }
    }

    fn connector_remedy(&self) -> String {
        match self.rule {
            Rule::Audience => {
                "Ask the connector's author to name the endpoint under `attach` in the manifest."
                    .to_owned()
            }
            _ => "Report this to the connector's author: the connector asked for something that it may not do.".to_owned(),
        }
    }

    fn address_remedy(&self) -> Remedy {
        let subject = &self.subject;
        if self.rule == Rule::MetadataAddress {
            let advice = Advice::AllowAddress { network: subject.clone() };
            return Remedy::new(format!(
                "Check the server's name: only cloud infrastructure answers at {subject}. Only the administrator can allow it, and only by that exact address."
            ))
            .by(advice);
        }
        let network = self.range.map_or_else(|| subject.clone(), |range| range.network.to_string());
        Remedy::new(format!("If the server is meant to be there, ask the administrator to allow its origin, or its network within {network}."))
            .by(Advice::AllowAddress { network })
    }
}
