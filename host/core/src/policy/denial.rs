//! A refusal by the host's policy: which rule, about what, and who could change it.

use std::fmt;
use std::net::IpAddr;

use super::address::{Guard, SpecialRange};
use crate::failure::{Cause, Failure, Remedy, Retry};

/// A rule of the host's policy. The codes are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Neither `http` nor `https`.
    Scheme,
    /// A user name or a password in a URL.
    Userinfo,
    /// No host, an empty label in its name, or a name that is too long.
    MalformedHost,
    /// `http` without the administrator's leave.
    HttpsRequired,
    /// An address where a name belongs.
    AddressAsHost,
    /// A name that only a private network knows.
    PrivateName,
    /// An address that is not the public internet.
    SpecialAddress,
    /// An address of the local link, or at which a cloud keeps credentials.
    MetadataAddress,
    /// More redirects than [`MAX_REDIRECTS`](super::redirect::MAX_REDIRECTS).
    RedirectLimit,
    /// A redirect to something that is no URL.
    RedirectLocation,
    /// A redirect from https to http.
    RedirectDowngrade,
    /// A redirect to an origin that the manifest does not grant.
    RedirectOrigin,
    /// A redirect that would repeat a change, or its body, at another origin.
    RedirectBody,
    /// An endpoint that the manifest does not have, or whose settings have no value yet.
    UnknownEndpoint,
    /// A path segment that is empty, `.`, `..`, or has control characters.
    PathSegment,
    /// A URL that is too long.
    UrlLength,
    /// A link that is not at or below the base of a bound endpoint.
    LinkOutsideEndpoints,
    /// A header name or value that HTTP does not allow.
    HeaderSyntax,
    /// A header that belongs to the host.
    HeaderReserved,
    /// Too many headers, or too long ones.
    HeaderLimit,
    /// A secret for an endpoint outside its audience.
    Audience,
    /// More requests, bytes or handles than the call may use.
    Budget,
}

/// Who could allow what a rule denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Granter {
    /// Who runs the platform.
    Administrator,
    /// Who wrote the connector: its manifest or its code must change.
    Author,
    /// Nobody.
    Nobody,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 22] = [
        Self::Scheme,
        Self::Userinfo,
        Self::MalformedHost,
        Self::HttpsRequired,
        Self::AddressAsHost,
        Self::PrivateName,
        Self::SpecialAddress,
        Self::MetadataAddress,
        Self::RedirectLimit,
        Self::RedirectLocation,
        Self::RedirectDowngrade,
        Self::RedirectOrigin,
        Self::RedirectBody,
        Self::UnknownEndpoint,
        Self::PathSegment,
        Self::UrlLength,
        Self::LinkOutsideEndpoints,
        Self::HeaderSyntax,
        Self::HeaderReserved,
        Self::HeaderLimit,
        Self::Audience,
        Self::Budget,
    ];

    /// The stable code, in kebab-case.
    pub fn code(self) -> &'static str {
        match self {
            Self::Scheme => "scheme",
            Self::Userinfo => "userinfo",
            Self::MalformedHost => "malformed-host",
            Self::HttpsRequired => "https-required",
            Self::AddressAsHost => "address-as-host",
            Self::PrivateName => "private-name",
            Self::SpecialAddress => "special-address",
            Self::MetadataAddress => "metadata-address",
            Self::RedirectLimit => "redirect-limit",
            Self::RedirectLocation => "redirect-location",
            Self::RedirectDowngrade => "redirect-downgrade",
            Self::RedirectOrigin => "redirect-origin",
            Self::RedirectBody => "redirect-body",
            Self::UnknownEndpoint => "unknown-endpoint",
            Self::PathSegment => "path-segment",
            Self::UrlLength => "url-length",
            Self::LinkOutsideEndpoints => "link-outside-endpoints",
            Self::HeaderSyntax => "header-syntax",
            Self::HeaderReserved => "header-reserved",
            Self::HeaderLimit => "header-limit",
            Self::Audience => "audience",
            Self::Budget => "budget",
        }
    }

    /// What is wrong, as the end of a sentence that begins with the subject.
    fn says(self) -> &'static str {
        match self {
            Self::Scheme => "is neither https nor http",
            Self::Userinfo => "carries a user name or a password, which no URL may here",
            Self::MalformedHost => {
                "has no usable host name (it is absent, too long, ends in a dot or has an empty part)"
            }
            Self::HttpsRequired => "is not encrypted: https is required",
            Self::AddressAsHost => "has an address in place of a name",
            Self::PrivateName => "has a name that only a private network knows",
            Self::SpecialAddress => "is not an address of the public internet",
            Self::MetadataAddress => {
                "is an address of the local link or of a cloud's metadata service"
            }
            Self::RedirectLimit => "is one redirect too many",
            Self::RedirectLocation => "is a redirect to something that is no URL",
            Self::RedirectDowngrade => "is a redirect from https to http",
            Self::RedirectOrigin => {
                "is a redirect to another server, which the connector's manifest does not grant"
            }
            Self::RedirectBody => "is a redirect that would repeat a change at another server",
            Self::UnknownEndpoint => {
                "is no endpoint of the connector's manifest, or one whose settings have no value yet"
            }
            Self::PathSegment => {
                "cannot be a part of a path (empty, `.`, `..` or with control characters)"
            }
            Self::UrlLength => "is longer than a URL may be",
            Self::LinkOutsideEndpoints => "is a link that leads outside the connection's endpoints",
            Self::HeaderSyntax => "is not valid as a header",
            Self::HeaderReserved => "is a header that only the host sets",
            Self::HeaderLimit => "is more than the headers of a request may be",
            Self::Audience => "is a secret that the manifest does not allow at that endpoint",
            Self::Budget => "is a budget that this call has used up",
        }
    }

    /// Who could allow it, as far as the rule alone says; see [`Denial::granter`].
    fn granter(self) -> Granter {
        match self {
            Self::HttpsRequired
            | Self::AddressAsHost
            | Self::PrivateName
            | Self::SpecialAddress
            | Self::MetadataAddress => Granter::Administrator,
            Self::RedirectOrigin
            | Self::UnknownEndpoint
            | Self::PathSegment
            | Self::UrlLength
            | Self::LinkOutsideEndpoints
            | Self::HeaderSyntax
            | Self::HeaderReserved
            | Self::HeaderLimit
            | Self::Audience
            | Self::Budget => Granter::Author,
            Self::Scheme
            | Self::Userinfo
            | Self::MalformedHost
            | Self::RedirectLimit
            | Self::RedirectLocation
            | Self::RedirectDowngrade
            | Self::RedirectBody => Granter::Nobody,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// A refusal by the host's policy. Its text is one sentence, and holds no secret, userinfo or query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.sentence())]
pub struct Denial(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    rule: Rule,
    subject: String,
    host: Option<String>,
    range: Option<&'static SpecialRange>,
}

impl Inner {
    fn sentence(&self) -> String {
        let Self { rule, subject, host, range } = self;
        let what = match (range, host) {
            (Some(range), Some(host)) => {
                format!(
                    "`{host}` has the address {subject}, which is in {} ({})",
                    range.name, range.network
                )
            }
            (Some(range), None) => {
                format!("The address {subject} is in {} ({})", range.name, range.network)
            }
            (None, _) => format!("`{subject}` {}", rule.says()),
        };
        format!("{what}; the policy denies it by the rule `{rule}`.")
    }
}

impl Denial {
    /// A refusal. The subject is what the rule is about: an origin, a header's name, an endpoint.
    /// It must hold no secret, userinfo or query; control characters are replaced and long texts cut.
    pub fn new(rule: Rule, subject: impl AsRef<str>) -> Self {
        let subject = shown(subject.as_ref());
        Self(Box::new(Inner { rule, subject, host: None, range: None }))
    }

    pub(super) fn of_address(address: IpAddr, range: &'static SpecialRange) -> Self {
        let rule = if range.is_metadata() { Rule::MetadataAddress } else { Rule::SpecialAddress };
        let subject = address.to_string();
        Self(Box::new(Inner { rule, subject, host: None, range: Some(range) }))
    }

    /// The same refusal of an address, said of the name that resolved to it.
    #[must_use]
    pub fn resolved_from(mut self, host: &str) -> Self {
        self.0.host = Some(shown(host));
        self
    }

    /// Which rule.
    pub fn rule(&self) -> Rule {
        self.0.rule
    }

    /// What it is about: an origin, an address, a header's name, an endpoint.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Who could allow it.
    pub fn granter(&self) -> Granter {
        match self.0.range {
            Some(range) if range.guard == Guard::Always => Granter::Nobody,
            _ => self.0.rule.granter(),
        }
    }

    /// What a person can do about it.
    pub fn remedy(&self) -> Remedy {
        Remedy { text: self.remedy_text(), url: None }
    }

    fn remedy_text(&self) -> String {
        let subject = &self.0.subject;
        match (self.granter(), self.0.rule) {
            (Granter::Administrator, Rule::HttpsRequired | Rule::PrivateName) => {
                format!("Use a public https address, or ask the administrator to allow this origin (--allow-origin {subject}).")
            }
            (Granter::Administrator, Rule::AddressAsHost) => {
                format!("Use the server's name, or ask the administrator to allow this origin (--allow-origin {subject}).")
            }
            (Granter::Administrator, _) => self.address_remedy(),
            (Granter::Author, Rule::RedirectOrigin) => format!(
                "If the service has moved to {subject}, change the connection's settings; if a sign-in page stands there, ask for a way past it for programs; otherwise ask the connector's author to grant that origin under `redirects` in the manifest."
            ),
            (Granter::Author, Rule::Audience) => {
                "Ask the connector's author to name the endpoint under `attach` in the manifest."
                    .to_owned()
            }
            (Granter::Author, _) => {
                "Report this to the connector's author: the connector asked for something that it may not do.".to_owned()
            }
            (Granter::Nobody, Rule::Userinfo) => {
                "Remove the user name and the password from the URL; secrets have fields of their own.".to_owned()
            }
            (Granter::Nobody, _) => {
                "Nobody can allow this; check the connection's settings and the service itself.".to_owned()
            }
        }
    }

    fn address_remedy(&self) -> String {
        let subject = &self.0.subject;
        let network =
            self.0.range.map_or_else(|| subject.clone(), |range| range.network.to_string());
        if self.0.rule == Rule::MetadataAddress {
            return format!(
                "Check the server's name: nothing but infrastructure lives at {subject}. Only the administrator can allow it, by that very address (--allow-network {subject})."
            );
        }
        format!(
            "If the server is meant to be there, ask the administrator to allow its origin (--allow-origin) or its network (--allow-network, within {network})."
        )
    }
}

impl From<Denial> for Failure {
    /// A failure with the cause [`Cause::Denied`]: the rule and its subject are the evidence.
    fn from(denial: Denial) -> Self {
        let retry = match denial.granter() {
            Granter::Administrator => Retry::AfterUserAction,
            Granter::Author | Granter::Nobody => Retry::Never,
        };
        let mut failure = Self::new(Cause::Denied, denial.to_string())
            .code(denial.rule().code())
            .retry(retry)
            .evidence("rule", denial.rule().code())
            .evidence("subject", denial.subject());
        failure.remedies.push(denial.remedy());
        failure
    }
}

/// Longest subject in characters: a sentence must stay readable.
const MAX_SUBJECT_CHARS: usize = 200;

/// The text without control characters, which could forge lines in a log, and not too long.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(MAX_SUBJECT_CHARS)
        .map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(MAX_SUBJECT_CHARS).is_some() {
        shown.push('…');
    }
    shown
}
