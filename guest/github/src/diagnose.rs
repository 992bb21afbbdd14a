//! What a refusal means: from (status, headers, body) to a cause, a sentence and the next step.
//!
//! Pure: nothing here calls an import. An answer is held against [`RULES`] from the first to the
//! last, and the first that applies explains it. The order matters where signals overlap: GitHub sends
//! its rate-limit headers with permission errors too, so what a body says plainly comes before what
//! headers suggest; and a web page is never taken for GitHub's word, whatever its status.
//!
//! The name of the rule is a stable code, and is the failure's `code`.

use jackfield_guest::text::quote;
use jackfield_guest::{Cause, Failure, Response, Retry, Timestamp};

use crate::site::Site;
use crate::token::Kind;
use crate::wire::Refusal;

mod access;
mod limits;
mod policy;
mod server;

/// Characters of GitHub's own message that are quoted, at most.
const MESSAGE_CHARS: usize = 300;

/// What is known besides the answer.
pub(crate) struct Context<'a> {
    /// Which GitHub was asked.
    pub(crate) site: &'a Site,
    /// What kind of token it was asked with.
    pub(crate) kind: Kind,
    /// When that token ends, where the host knows.
    pub(crate) expires_at: Option<Timestamp>,
    /// The time now.
    pub(crate) now: Timestamp,
    /// The repository that was asked for, as `owner/name`.
    pub(crate) repository: Option<&'a str>,
}

/// An answer, with what a rule needs to judge it.
struct Answer<'a> {
    response: &'a Response,
    context: &'a Context<'a>,
    refusal: Refusal,
    /// GitHub's message in lower case.
    says: String,
    /// Whether the body is a web page.
    page: bool,
}

/// One cause that can be told apart.
struct Rule {
    /// Stable, in kebab-case.
    name: &'static str,
    /// Whether the answer is of this kind.
    applies: fn(&Answer<'_>) -> bool,
    /// What to tell.
    explain: fn(&Answer<'_>) -> Failure,
    /// Headers that the conclusion rests on.
    telling: &'static [&'static str],
}

/// Every rule, in the order in which they are held against an answer.
fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        server::PAGES,
        limits::RULES,
        access::CREDENTIAL,
        policy::RULES,
        access::PERMISSION,
        server::RULES,
    ]
    .into_iter()
    .flatten()
}

/// What an answer means that is not a success.
pub(crate) fn diagnose(response: &Response, context: &Context<'_>) -> Failure {
    let answer = Answer::new(response, context);
    match rules().find(|rule| (rule.applies)(&answer)) {
        Some(rule) => answer.conclude(rule),
        None => answer.evident(response.unexpected("GitHub"), "unexpected-status"),
    }
}

/// What a success means that GitHub gave to an anonymous visitor: the token did not reach it.
///
/// Without a token github.com allows 60 requests an hour, and no token has so few. A server of one's
/// own may have any limits, so nothing follows from them there.
pub(crate) fn anonymous(response: &Response, context: &Context<'_>) -> Option<Failure> {
    let sixty = response.header("x-ratelimit-limit") == Some("60");
    let core = response.header("x-ratelimit-resource").is_none_or(|resource| resource == "core");
    let known = ["x-oauth-scopes", "github-authentication-token-expiration"]
        .iter()
        .any(|name| response.header(name).is_some());
    if !context.site.is_dot_com() || !sixty || !core || known {
        return None;
    }
    let answer = Answer::new(response, context);
    let failure = Failure::new(
        Cause::CredentialRejected,
        "GitHub answered as to an anonymous visitor: the token did not reach it.",
    )
    .retry(Retry::AfterUserAction)
    .remedy("Look whether a proxy between here and GitHub removes the Authorization header.")
    .based_on(response, &["x-ratelimit-limit", "x-ratelimit-resource"]);
    Some(answer.evident(failure, "answered-anonymously"))
}

impl<'a> Answer<'a> {
    fn new(response: &'a Response, context: &'a Context<'a>) -> Self {
        let page = response.is_web_page();
        let refusal = if page { Refusal::default() } else { Refusal::read(&response.body) };
        let says = refusal.message.to_ascii_lowercase();
        Self { response, context, refusal, says, page }
    }

    fn is(&self, status: u16) -> bool {
        self.response.status == status
    }

    fn is_any(&self, statuses: &[u16]) -> bool {
        statuses.contains(&self.response.status)
    }

    /// Whether GitHub's message contains any of these texts, given in lower case.
    fn says(&self, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.says.contains(text))
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.response.header(name)
    }

    /// GitHub's message, made fit to be shown inside a sentence, without its final full stop.
    fn quoted(&self) -> String {
        quote(&self.refusal.message, MESSAGE_CHARS).trim_end_matches('.').to_owned()
    }

    /// The organization or enterprise that GitHub's message names in quotes; "the organization" where
    /// it names none.
    fn organization(&self) -> String {
        match self.organization_login() {
            Some(login) => format!("the organization {login}"),
            None => "the organization".to_owned(),
        }
    }

    fn organization_login(&self) -> Option<&str> {
        let message = self.refusal.message.as_str();
        ['`', '\''].into_iter().find_map(|mark| {
            let inside = message.split(mark).nth(1)?;
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            let login = (1..=64).contains(&inside.len()) && inside.bytes().all(allowed);
            login.then_some(inside)
        })
    }

    /// The repository that was asked for, for a sentence.
    fn subject(&self) -> String {
        match self.context.repository {
            Some(name) => format!("the repository {name}"),
            None => "what was asked for".to_owned(),
        }
    }

    fn conclude(&self, rule: &Rule) -> Failure {
        let failure = (rule.explain)(self).based_on(self.response, rule.telling);
        self.evident(failure, rule.name)
    }

    /// With what every conclusion shows.
    fn evident(&self, failure: Failure, rule: &str) -> Failure {
        let failure = failure.code(rule);
        let failure = match self.header("x-github-request-id") {
            Some(id) => failure.evidence("x-github-request-id", id),
            None => failure,
        };
        let message = quote(&self.refusal.message, MESSAGE_CHARS);
        if message.is_empty() { failure } else { failure.evidence("message", &message) }
    }
}

/// Adds a remedy that links to a page where there is one.
trait Leads {
    fn leads(self, text: impl Into<String>, page: impl Into<Option<String>>) -> Self;
}

impl Leads for Failure {
    fn leads(self, text: impl Into<String>, page: impl Into<Option<String>>) -> Self {
        match page.into() {
            Some(page) => self.remedy_at(text, page),
            None => self.remedy(text),
        }
    }
}

#[cfg(test)]
mod tests;
