//! A refusal by the host's policy: which rule, about what, whose data it was, and who could change it.

use std::fmt;
use std::net::IpAddr;

use url::Url;

use super::address::{Guard, SpecialRange};
use crate::contract::failure::{Cause, Failure, Remedy, Retry};

mod words;

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

/// Whose data a rule refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// An address in the connection's settings or in the connector's manifest.
    Settings,
    /// The provider: a `Location` or `Link` header, a page token.
    Provider,
    /// The connector's own code.
    Connector,
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

    /// Whose data the rule refuses, unless the denial says otherwise; see [`Denial::source`].
    fn source(self) -> Source {
        match self {
            Self::Scheme
            | Self::Userinfo
            | Self::MalformedHost
            | Self::HttpsRequired
            | Self::AddressAsHost
            | Self::PrivateName
            | Self::SpecialAddress
            | Self::MetadataAddress => Source::Settings,
            Self::RedirectLimit
            | Self::RedirectLocation
            | Self::RedirectDowngrade
            | Self::RedirectOrigin
            | Self::RedirectBody
            | Self::LinkOutsideEndpoints => Source::Provider,
            Self::UnknownEndpoint
            | Self::PathSegment
            | Self::UrlLength
            | Self::HeaderSyntax
            | Self::HeaderReserved
            | Self::HeaderLimit
            | Self::Audience
            | Self::Budget => Source::Connector,
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
    source: Source,
    subject: String,
    host: Option<String>,
    range: Option<&'static SpecialRange>,
    place: Reached,
}

/// The endpoints of the connection, where the denial is about a request of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Reached {
    /// Base URLs without their query.
    bases: Vec<String>,
    /// Names of the settings that the bases are made of.
    settings: Vec<String>,
}

impl Inner {
    fn granter(&self) -> Granter {
        match self.range {
            Some(range) if range.guard == Guard::Always => Granter::Nobody,
            _ => self.rule.granter(),
        }
    }
}

impl Denial {
    /// A refusal. The subject is what the rule is about: an origin, a header's name, an endpoint.
    /// It must hold no secret, userinfo or query; control characters are replaced and long texts cut.
    pub fn new(rule: Rule, subject: impl AsRef<str>) -> Self {
        Self::of(rule, shown(subject.as_ref()), None)
    }

    pub(super) fn of_address(address: IpAddr, range: &'static SpecialRange) -> Self {
        let rule = if range.is_metadata() { Rule::MetadataAddress } else { Rule::SpecialAddress };
        Self::of(rule, address.to_string(), Some(range))
    }

    fn of(rule: Rule, subject: String, range: Option<&'static SpecialRange>) -> Self {
        let (source, place) = (rule.source(), Reached::default());
        Self(Box::new(Inner { rule, source, subject, host: None, range, place }))
    }

    /// The same refusal of an address, said of the name that resolved to it.
    #[must_use]
    pub fn resolved_from(mut self, host: &str) -> Self {
        self.0.host = Some(shown(host));
        self
    }

    /// The same refusal of what the provider sent.
    #[must_use]
    pub(crate) fn sent_by_provider(mut self) -> Self {
        self.0.source = Source::Provider;
        self
    }

    /// The same refusal for a connection with these endpoints: base URLs, and the settings that they
    /// are made of.
    #[must_use]
    pub(crate) fn reached_at<'a>(
        mut self,
        endpoints: impl IntoIterator<Item = (&'a Url, &'a [String])>,
    ) -> Self {
        for (base, settings) in endpoints {
            let base = shown(base.as_str().trim_end_matches('/'));
            let Reached { bases, settings: known } = &mut self.0.place;
            if bases.len() < MAX_BASES && !bases.contains(&base) {
                bases.push(base);
            }
            let new = settings.iter().filter(|name| !known.contains(name)).cloned();
            let new: Vec<String> = new.collect();
            known.extend(new);
        }
        self
    }

    /// Which rule.
    pub fn rule(&self) -> Rule {
        self.0.rule
    }

    /// Whose data was refused.
    pub fn source(&self) -> Source {
        self.0.source
    }

    /// What it is about: an origin, an address, a header's name, an endpoint.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// Who could allow it.
    pub fn granter(&self) -> Granter {
        self.0.granter()
    }

    /// What a person can do about it first.
    pub fn remedy(&self) -> Remedy {
        self.0.remedies().into_iter().next().unwrap_or_else(|| Remedy::new(""))
    }

    /// What a person can do about it, most useful first; at least one.
    pub fn remedies(&self) -> Vec<Remedy> {
        self.0.remedies()
    }
}

impl From<Denial> for Failure {
    /// A failure whose cause says whose data was refused: [`Cause::Protocol`] for the provider's,
    /// [`Cause::Denied`] for all else. The rule and its subject are the evidence.
    fn from(denial: Denial) -> Self {
        let (cause, retry) = match (denial.source(), denial.granter()) {
            (Source::Provider, _) => (Cause::Protocol, Retry::AfterUserAction),
            (_, Granter::Administrator) => (Cause::Denied, Retry::AfterUserAction),
            (_, Granter::Author | Granter::Nobody) => (Cause::Denied, Retry::Never),
        };
        let mut failure = Self::new(cause, denial.to_string())
            .code(denial.rule().code())
            .retry(retry)
            .evidence("rule", denial.rule().code())
            .evidence("subject", denial.subject());
        for base in &denial.0.place.bases {
            failure = failure.evidence("endpoint", base);
        }
        failure.remedies = denial.remedies();
        failure
    }
}

/// Base URLs that a sentence names, at most.
const MAX_BASES: usize = 3;

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
