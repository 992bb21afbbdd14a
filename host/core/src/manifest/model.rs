//! The manifest's types, which are its format: the JSON Schema in `wit/manifest.schema.json` is generated from
//! them. A field that this host does not know is passed over, so that a newer connector loads in
//! an older host; [`Manifest::unknown_fields`] names them for authors, to whom they are typing errors.
//!
//! Names are `snake_case`. Every `name` is unique in its list.

use serde::{Deserialize, Serialize};

/// The version of the manifest format that this host speaks.
pub const MANIFEST_VERSION: u32 = 1;

/// A connector's description of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Manifest {
    /// The version of this format: 1.
    pub manifest_version: u32,
    /// What people type: `^[a-z][a-z0-9-]{0,39}$`.
    pub id: String,
    /// What people read.
    pub name: String,
    /// The connector's own version, `MAJOR.MINOR.PATCH`.
    pub version: String,
    /// One sentence.
    pub description: String,
    /// Where people read more: an https link.
    #[serde(default)]
    pub documentation_url: Option<String>,
    /// What the person fills in besides secrets, in the order of the form.
    #[serde(default)]
    pub settings: Vec<Input>,
    /// The ways to authenticate, preferred first. At least one.
    pub auth: Vec<AuthMethod>,
    /// Where the connector may send requests. At least one.
    pub endpoints: Vec<Endpoint>,
    /// Other origins to which a provider's redirect may lead, always without the credential.
    #[serde(default)]
    pub redirects: Vec<RedirectGrant>,
    /// What can be read.
    #[serde(default)]
    pub streams: Vec<Stream>,
    /// What can be done.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// The provider's rate limit.
    #[serde(default)]
    pub quota: Option<QuotaRules>,
    /// Texts for platform owners and people, beyond the help of single fields.
    #[serde(default)]
    pub help: Vec<Help>,
}

/// One value that a person or a program supplies: a setting of a connection, a parameter of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Input {
    /// The key in the settings or parameters: `^[a-z][a-z0-9_]{0,39}$`.
    pub name: String,
    /// What the form says.
    pub label: String,
    /// What it is for and where to find it.
    #[serde(default)]
    pub help: Option<String>,
    /// An example, shown where the field is empty.
    #[serde(default)]
    pub placeholder: Option<String>,
    /// LanesInUse where nothing is given; must itself be valid.
    #[serde(default)]
    pub default: Option<serde_json::Value>,
    /// Whether it must have a value.
    #[serde(default)]
    pub required: bool,
    /// Settings only: found out by `check`, never asked for in the form.
    #[serde(default)]
    pub discovered: bool,
    /// What a value looks like.
    #[serde(flatten)]
    pub kind: InputKind,
}

/// What a value looks like. All but `boolean` and `integer` are JSON strings; surrounding blanks are removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputKind {
    /// One line of at most 1,000 characters.
    Text,
    /// An absolute http or https URL without userinfo, query or fragment; a trailing slash is removed.
    Url,
    /// A host name or address with an optional port, as in `jira.example.com:8443`.
    Host,
    /// What people copy from their browser, a URL or a host: kept as `host[:port][/path]`.
    Address(AddressShape),
    /// An e-mail address.
    Email,
    /// A whole number.
    Integer {
        /// The least value allowed.
        #[serde(default)]
        minimum: Option<i64>,
        /// The greatest value allowed.
        #[serde(default)]
        maximum: Option<i64>,
    },
    /// True or false.
    Boolean,
    /// One of a list.
    Choice {
        /// In the order shown; at least one.
        options: Vec<ChoiceOption>,
    },
    /// A moment: `2026-11-20` or `2026-11-20T10:00:00Z` (RFC 3339).
    Datetime,
}

/// Which part of an address is the service's own place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddressShape {
    /// Host names at and under which the service has no path: `example.net`.
    #[serde(default)]
    pub bare_hosts: Vec<String>,
    /// Path segments of the service's own pages, in any case: the path ends before the first of them.
    #[serde(default)]
    pub pages: Vec<String>,
}

/// One entry of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChoiceOption {
    /// What is stored.
    pub value: String,
    /// What is shown.
    pub label: String,
}

/// One way to authenticate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthMethod {
    /// What people type: `^[a-z][a-z0-9_]{0,39}$`.
    pub name: String,
    /// What the form says.
    pub label: String,
    /// When to choose it.
    #[serde(default)]
    pub help: Option<String>,
    /// Settings that must have a value with this method, beyond those required always.
    #[serde(default)]
    pub requires_settings: Vec<String>,
    /// What the person hands over. At least one.
    pub secrets: Vec<SecretField>,
    /// How requests carry them. At least one.
    pub attach: Vec<Attach>,
    /// How to obtain the secrets, a step each.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// One secret of an auth method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretField {
    /// What the connector asks for: `^[a-z][a-z0-9_]{0,39}$`.
    pub name: String,
    /// What the form says.
    pub label: String,
    /// What it is and where to find it.
    #[serde(default)]
    pub help: Option<String>,
    /// Shapes that the host recognizes, first match wins. A value of no known shape is accepted.
    #[serde(default)]
    pub kinds: Vec<SecretKind>,
}

/// A shape by which a secret is recognized. Never a reason to reject, except where `refuse` says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretKind {
    /// What `secret.kind` answers: `^[a-z][a-z0-9-]{0,39}$`.
    pub name: String,
    /// What people read.
    pub label: String,
    /// How the value begins; a kind without a prefix is recognized by length and alphabet.
    #[serde(default)]
    pub prefix: String,
    /// The least length in characters, prefix included; less is a warning: "looks truncated".
    #[serde(default)]
    pub min_length: Option<u32>,
    /// The greatest length in characters, prefix included; more is a warning.
    #[serde(default)]
    pub max_length: Option<u32>,
    /// What the rest consists of; other characters are a warning.
    #[serde(default)]
    pub alphabet: Option<Alphabet>,
    /// How the last characters prove the others; a value for which they do not is a warning.
    #[serde(default)]
    pub checksum: Option<Checksum>,
    /// Where set, a value of this kind is refused with this sentence.
    #[serde(default)]
    pub refuse: Option<String>,
}

/// What the characters of a secret are, after its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Alphabet {
    /// `0-9a-f`, either case.
    Hex,
    /// `0-9A-Za-z`.
    Alphanumeric,
    /// `0-9A-Za-z_`.
    Word,
    /// `0-9A-Za-z._-`, of which JSON Web Tokens are made.
    Token,
}

/// How the last characters of a secret prove the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Checksum {
    /// The last six characters are the CRC-32 (ISO 3309) of those between them and the prefix, in
    /// base 62 with the digits `0-9A-Za-z`, as in GitHub's tokens since April 2021.
    Crc32Base62,
}

/// How requests carry a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attach {
    /// Name of a secret of this method.
    pub secret: String,
    /// Endpoints that may receive it: the secret's audience. At least one.
    pub endpoints: Vec<String>,
    /// The scheme.
    #[serde(flatten)]
    pub scheme: Scheme,
}

/// The way in which a request carries a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "scheme", rename_all = "snake_case")]
pub enum Scheme {
    /// `Authorization: Bearer SECRET` (RFC 6750).
    Bearer,
    /// `Authorization: Basic base64(USERNAME:SECRET)` (RFC 7617).
    Basic {
        /// A template over settings, such as `{email}`.
        username: String,
    },
    /// A header of its own, such as `PRIVATE-TOKEN`.
    Header {
        /// The header's name.
        name: String,
        /// Text before the secret, with its blank if there is one.
        #[serde(default)]
        prefix: String,
    },
}

/// A place to which the connector may send requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Endpoint {
    /// What the connector names: `^[a-z][a-z0-9_]{0,39}$`.
    pub name: String,
    /// A URL template over settings: `https://api.example.com/v2`, `{api_url}`,
    /// `{protocol}://{host}/rest`, `https://{site}.example.com`.
    pub base: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// Domains of the provider, such as `example.net`, below which the server may say that it has
    /// another name now. Where the connection's host is below one of them and a permanent redirect
    /// leads to another host below it, the next check of the connection follows, with the credential,
    /// and keeps the new name once the same account answered there.
    #[serde(default)]
    pub renames_within: Vec<String>,
}

/// An origin to which a redirect may lead, without the credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedirectGrant {
    /// An https origin: `https://objects.example.com`. No wildcards.
    pub origin: String,
    /// What the provider keeps there.
    pub reason: String,
}

/// A set of records that can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stream {
    /// What people type: `^[a-z][a-z0-9_]{0,39}$`.
    pub name: String,
    /// What people read.
    pub label: String,
    /// One sentence.
    #[serde(default)]
    pub description: Option<String>,
    /// What narrows it.
    #[serde(default)]
    pub parameters: Vec<Input>,
    /// Whether a cursor of an earlier run brings only what changed since.
    #[serde(default)]
    pub incremental: bool,
    /// What the provider must allow, in its own words: one string is one alternative, all are shown.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// Something that can be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Action {
    /// What people type: `^[a-z][a-z0-9_]{0,39}$`.
    pub name: String,
    /// What people read.
    pub label: String,
    /// One sentence.
    #[serde(default)]
    pub description: Option<String>,
    /// What it takes.
    #[serde(default)]
    pub parameters: Vec<Input>,
    /// What the provider must allow, in its own words.
    #[serde(default)]
    pub permissions: Vec<String>,
}

/// The provider's rate limit: the response headers by which it is told, and what a connection keeps to.
///
/// `retry-after` (RFC 9110, section 10.2.3) need not be named: it is understood always.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuotaRules {
    /// Requests left.
    #[serde(default)]
    pub remaining: Option<String>,
    /// Requests per window.
    #[serde(default)]
    pub limit: Option<String>,
    /// When the window ends.
    #[serde(default)]
    pub reset: Option<QuotaReset>,
    /// Where requests come out of a bucket that is filled up at intervals: how many seconds one
    /// takes. Waited for where none are left and neither `reset` nor `retry-after` says more.
    #[serde(default)]
    pub interval: Option<String>,
    /// Where a provider counts several kinds of requests apart: which of them is the usual one.
    #[serde(default)]
    pub resource: Option<QuotaResource>,
    /// The header that says which of several limits refused, and which of those concern only requests
    /// like the one that was refused.
    #[serde(default)]
    pub reason: Option<QuotaReason>,
    /// Requests with one credential at the same time, at most.
    #[serde(default)]
    pub concurrency: Option<u32>,
    /// Milliseconds from one change with a credential to the next, at least.
    #[serde(default)]
    pub write_spacing_ms: Option<u32>,
}

/// The header that says for which kind of requests a limit is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuotaResource {
    /// The header's name.
    pub header: String,
    /// Its value for the usual requests; what is told of others holds nothing up.
    pub usual: String,
}

/// The header that says which limit refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuotaReason {
    /// The header's name.
    pub header: String,
    /// Its values for limits of one method and path alone.
    #[serde(default)]
    pub narrow: Vec<String>,
}

/// The header that says when a rate-limit window ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuotaReset {
    /// The header's name.
    pub header: String,
    /// What its number counts.
    pub unit: ResetUnit,
}

/// What the number in a reset header counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResetUnit {
    /// Seconds since the Unix epoch, UTC.
    EpochSeconds,
    /// Seconds from now.
    DeltaSeconds,
    /// It is a time of RFC 3339, perhaps without seconds: `2026-03-26T16:00Z`.
    Rfc3339,
}

/// A step of an instruction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// One imperative sentence.
    pub text: String,
    /// Where it is done: an https link, or a template over settings that becomes one.
    #[serde(default)]
    pub url: Option<String>,
}

/// A text with a title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Help {
    /// What it is about.
    pub title: String,
    /// Plain text; blank lines part paragraphs.
    pub text: String,
}

impl Manifest {
    /// The auth method of that name.
    pub fn auth_method(&self, name: &str) -> Option<&AuthMethod> {
        self.auth.iter().find(|method| method.name == name)
    }

    /// The stream of that name.
    pub fn stream(&self, name: &str) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.name == name)
    }

    /// The action of that name.
    pub fn action(&self, name: &str) -> Option<&Action> {
        self.actions.iter().find(|action| action.name == name)
    }

    /// The origins to which a redirect may lead.
    pub fn redirect_origins(&self) -> Vec<url::Origin> {
        let origins =
            self.redirects.iter().map(|grant| crate::egress::policy::parse_origin(&grant.origin));
        origins.filter_map(Result::ok).collect()
    }

    /// The names of the settings that a check finds out.
    pub fn discoverable_settings(&self) -> Vec<String> {
        let found = self.settings.iter().filter(|setting| setting.discovered);
        found.map(|setting| setting.name.clone()).collect()
    }

    /// The names of all headers that any auth method injects, in lower case.
    pub fn injected_headers(&self) -> impl Iterator<Item = String> {
        self.auth.iter().flat_map(|method| &method.attach).map(|attach| match &attach.scheme {
            Scheme::Bearer | Scheme::Basic { .. } => "authorization".to_owned(),
            Scheme::Header { name, .. } => name.to_ascii_lowercase(),
        })
    }
}
