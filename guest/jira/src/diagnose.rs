//! What a refusal means: from (status, headers, body) to a cause, a sentence and the next step.
//!
//! Pure: nothing here calls an import. An answer is held against the rules from the first to the
//! last, and the first that applies explains it. Each rule has a [`Diagnosis`], of which the
//! failure is made and
//! `DIAGNOSES.md` is written; a rule may say it again with names and dates. The order matters where
//! signals overlap: Jira's login filter answers with web pages, and the gateway says 401 of a
//! missing scope, so headers and plain words come before the status.
//!
//! Jira's sentences are in the language of the account; every request asks for English.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::text::quote;
use jackfield_guest::{Cause, Failure, Remedy, Response, Retry, Timestamp, Warning};

use crate::identity;
use crate::settings::{End, Method, Route};
use crate::site::Site;
use crate::wire::Refusal;

mod credential;
mod edge;
mod limits;
pub(crate) mod local;
mod query;
mod server;

pub(crate) use edge::{elsewhere, refuses_the_url};

/// Characters of Jira's own message that are quoted, at most.
const MESSAGE_CHARS: usize = 300;

/// The ids by which Atlassian's support, or a server's administrator, finds a request.
const TRACES: [&str; 3] = ["atl-traceid", "x-arequestid", "x-aaccountid"];

/// Where API tokens of Jira Cloud are made.
pub(crate) const API_TOKENS: &str = "https://id.atlassian.com/manage-profile/security/api-tokens";

/// Where Atlassian tells of its own trouble.
const STATUS_PAGE: &str = "https://status.atlassian.com";

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About<'a> {
    /// Which Jira it is.
    Server,
    /// Whose the credential is.
    Account,
    /// What the account may do.
    Permissions,
    /// A stream.
    Projects,
    /// A stream; of one project, where it is narrowed, and with a person's filter or without.
    Issues {
        /// The conditions of the query.
        conditions: &'a str,
    },
    /// A stream.
    Users,
}

impl About<'_> {
    /// The scopes that a token with scopes needs for it, by Atlassian's REST API reference.
    fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Server => &[],
            Self::Account | Self::Users => &["read:jira-user"],
            Self::Permissions | Self::Projects | Self::Issues { .. } => &["read:jira-work"],
        }
    }

    /// What a sentence calls it.
    fn noun(self) -> &'static str {
        match self {
            Self::Server => "the server's description",
            Self::Account => "the account",
            Self::Permissions => "the permissions",
            Self::Projects => "the projects",
            Self::Issues { .. } => "the issues",
            Self::Users => "the users",
        }
    }
}

/// What is known besides the answer.
pub(crate) struct Context<'a> {
    /// Which Jira was asked.
    pub(crate) site: &'a Site,
    /// By which route.
    pub(crate) route: &'a Route,
    /// With what.
    pub(crate) method: Method,
    /// When that ends, where it is known.
    pub(crate) end: Option<End>,
    /// The version of a Data Center, where it is known.
    pub(crate) version: Option<(u32, u32)>,
    /// The time now.
    pub(crate) now: Timestamp,
    /// What was asked.
    pub(crate) about: About<'a>,
}

/// An answer, with what a rule needs to judge it.
struct Answer<'a> {
    response: &'a Response,
    context: &'a Context<'a>,
    refusal: Refusal,
    /// Jira's message in lower case.
    says: String,
    /// Whether the body is a web page.
    page: bool,
}

/// One cause that can be told apart.
struct Rule {
    is: Diagnosis,
    cause: Cause,
    retry: Retry,
    /// Whether the answer is of this kind.
    applies: fn(&Answer<'_>) -> bool,
    /// The failure, said with names and dates.
    refine: fn(Failure, &Answer<'_>) -> Failure,
    /// Headers that the conclusion rests on.
    telling: &'static [&'static str],
}

/// Every rule, in the order in which they are held against an answer.
fn rules() -> impl Iterator<Item = &'static Rule> {
    let tables = [
        credential::LOGIN,
        edge::RULES,
        limits::RULES,
        credential::RULES,
        query::RULES,
        server::RULES,
    ];
    tables.into_iter().flatten()
}

/// Every diagnosis that this connector makes: of what it sees without asking, of answers, and of what
/// a check warns of.
#[cfg(test)]
pub(crate) fn table() -> impl Iterator<Item = &'static Diagnosis> {
    let notes = crate::check::notes::TABLE;
    local::ALL.into_iter().chain(rules().map(|rule| &rule.is)).chain(notes)
}

/// The warning in the table's own words.
pub(crate) fn warning(it: &Diagnosis) -> Warning {
    it.advice.iter().fold(Warning::new(it.code, it.means), |warning, advice| match advice.page {
        Some(page) => warning.remedy_at(advice.text, page),
        None => warning.remedy(advice.text),
    })
}

/// What an answer means that is not a success, or that was given to anybody.
pub(crate) fn diagnose(response: &Response, context: &Context<'_>) -> Failure {
    let answer = Answer::new(response, context);
    match rules().find(|rule| (rule.applies)(&answer)) {
        Some(rule) => answer.conclude(rule),
        None => answer.evident(response.unexpected("Jira")),
    }
}

/// Whether Jira itself answered, and not something in front of it.
pub(crate) fn is_jiras_own(response: &Response) -> bool {
    let own = ["x-arequestid", "atl-traceid", "x-seraph-loginreason", "x-ausername"];
    own.iter().any(|name| response.header(name).is_some())
}

/// With the ids by which the answer can be found again at the provider.
pub(crate) fn traced(failure: Failure, response: &Response) -> Failure {
    TRACES.iter().fold(failure, |failure, name| match response.header(name) {
        Some(value) => failure.evidence(name, value),
        None => failure,
    })
}

impl<'a> Answer<'a> {
    fn new(response: &'a Response, context: &'a Context<'a>) -> Self {
        let refusal = Refusal::read(response);
        let says = refusal.message.to_ascii_lowercase();
        Self { response, context, refusal, says, page: response.is_web_page() }
    }

    fn is(&self, status: u16) -> bool {
        self.response.status == status
    }

    fn is_any(&self, statuses: &[u16]) -> bool {
        statuses.contains(&self.response.status)
    }

    /// Whether Jira's message contains any of these texts, given in lower case.
    fn says(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.says.contains(text))
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.response.header(name)
    }

    /// Whether a header has this text in it, in any case.
    fn header_says(&self, name: &str, text: &str) -> bool {
        self.header(name).is_some_and(|value| value.to_ascii_lowercase().contains(text))
    }

    /// Whether the credential was not accepted: by the status, or as the headers say.
    fn unaccepted(&self) -> bool {
        self.is(401) || (self.is(200) && identity::seen(self.response) == identity::Seen::Anybody)
    }

    fn uses(&self, method: Method) -> bool {
        self.context.method == method
    }

    fn is_jiras_own(&self) -> bool {
        is_jiras_own(self.response)
    }

    /// Jira's message, made fit to be shown inside a sentence, without its final full stop.
    fn quoted(&self) -> String {
        let quoted = quote(&self.refusal.message, MESSAGE_CHARS);
        match quoted.trim_end_matches('.') {
            "" => "it does not say why".to_owned(),
            said => said.to_owned(),
        }
    }

    fn conclude(&self, rule: &Rule) -> Failure {
        let failure = rule.is.failure(rule.cause.clone()).retry(rule.retry);
        let failure = (rule.refine)(failure, self).based_on(self.response, rule.telling);
        self.evident(failure)
    }

    /// With what every conclusion shows.
    fn evident(&self, failure: Failure) -> Failure {
        let route = match self.context.route {
            Route::Site => "site",
            Route::Gateway(_) => "gateway",
        };
        let failure = traced(failure, self.response).evidence("route", route);
        let message = quote(&self.refusal.message, MESSAGE_CHARS);
        if message.is_empty() { failure } else { failure.evidence("message", &message) }
    }
}

/// The failure as the table says it.
fn plain(failure: Failure, _: &Answer<'_>) -> Failure {
    failure
}

/// One thing to do, anywhere.
pub(crate) const fn advice(text: &'static str) -> Advice {
    Advice { text, page: None }
}

/// One thing to do, on that page.
pub(crate) const fn advice_at(text: &'static str, page: &'static str) -> Advice {
    Advice { text, page: Some(page) }
}

/// Saying a failure again, with names and dates.
trait Refine {
    fn saying(self, message: String) -> Self;
    fn wrong(self, pointer: &str) -> Self;
    fn leading(self, at: usize, page: String) -> Self;
    fn first(self, remedy: &str) -> Self;
}

impl Refine for Failure {
    /// With this sentence.
    fn saying(mut self, message: String) -> Self {
        self.message = message;
        self
    }

    /// With its own sentence at this input.
    fn wrong(self, pointer: &str) -> Self {
        let message = self.message.clone();
        self.field(pointer, message)
    }

    /// With the page where its remedy of this place is done.
    fn leading(mut self, at: usize, page: String) -> Self {
        if let Some(remedy) = self.remedies.get_mut(at) {
            remedy.url = Some(page);
        }
        self
    }

    /// With one more remedy, before the others.
    fn first(mut self, remedy: &str) -> Self {
        self.remedies.insert(0, Remedy { text: remedy.to_owned(), url: None });
        self
    }
}

#[cfg(test)]
mod tests;
