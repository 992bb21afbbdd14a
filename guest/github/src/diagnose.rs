//! What a refusal means: from (status, headers, body) to a cause, a sentence and the next step.
//!
//! Pure: nothing here calls an import. An answer is held against [`rules`] from the first to the
//! last, and the first that applies explains it. The order matters where signals overlap: GitHub sends
//! its rate-limit headers with permission errors too, so what a body says plainly comes before what
//! headers suggest; and a web page is never taken for GitHub's word, whatever its status.
//!
//! Each rule holds a diagnosis: a stable code, a sentence and advice. The failure is made of it, refined
//! with the names, dates and links of the answer at hand, and so is the page `DIAGNOSES.md`.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::text::quote;
use jackfield_guest::{Cause, Failure, Response, Timestamp};

use crate::advice::{self, Advised};
use crate::site::Site;
use crate::token::Kind;
use crate::wire::Refusal;

mod blocked;
mod credential;
mod limits;
mod permission;
mod policy;
mod server;
mod state;

pub(crate) use permission::{
    MISSING as PERMISSION_MISSING, SCOPE_MISSING, accepted_permissions, alternatives,
};
pub(crate) use state::EMPTY_REPOSITORY;

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
    /// What was asked for.
    pub(crate) about: About<'a>,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About<'a> {
    /// The account itself.
    Account,
    /// The repository of that name, as `owner/name`.
    Repository(&'a str),
    /// The organization of that login.
    Organization(&'a str),
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
    /// The diagnosis this rule makes.
    diagnosis: &'static Diagnosis,
    /// Whether the answer is of this kind.
    applies: fn(&Answer<'_>) -> bool,
    /// What to tell.
    explain: fn(&Answer<'_>, &'static Diagnosis) -> Failure,
    /// Headers that the conclusion rests on.
    telling: &'static [&'static str],
}

/// Every rule, in the order in which they are held against an answer.
fn rules() -> impl Iterator<Item = &'static Rule> {
    [
        server::PAGES,
        limits::RULES,
        credential::RULES,
        policy::RULES,
        permission::RULES,
        server::BETWEEN,
        state::RULES,
        server::TROUBLE,
    ]
    .into_iter()
    .flatten()
}

const UNEXPECTED: Diagnosis = Diagnosis {
    code: "unexpected-status",
    means: "GitHub answered with a status that the connector has no name for.",
    advice: &[Advice {
        text: "Report it to the connector's author, with the evidence.",
        page: None,
    }],
};

const ANONYMOUS: Diagnosis = Diagnosis {
    code: "answered-anonymously",
    means: "GitHub answered as to an anonymous visitor: the token did not reach it.",
    advice: &[Advice {
        text: "Check whether a proxy between here and GitHub removes the Authorization header.",
        page: None,
    }],
};

/// What an answer means that is not a success.
pub(crate) fn diagnose(response: &Response, context: &Context<'_>) -> Failure {
    let answer = Answer::new(response, context);
    match rules().find(|rule| (rule.applies)(&answer)) {
        Some(rule) => {
            let failure = (rule.explain)(&answer, rule.diagnosis);
            answer.evident(failure.based_on(response, rule.telling))
        }
        None => {
            let failure = response.unexpected("GitHub").code(UNEXPECTED.code);
            let advised =
                UNEXPECTED.advice.iter().fold(failure, |one, it| one.advise(it, context.site));
            answer.evident(advised)
        }
    }
}

/// What a success means that GitHub gave to an anonymous visitor: the token did not reach it.
pub(crate) fn anonymous(response: &Response, context: &Context<'_>) -> Option<Failure> {
    if !is_limit_of_nobody(response, context.site) {
        return None;
    }
    let failure = advice::failure(&ANONYMOUS, context.site, Cause::CredentialRejected)
        .based_on(response, &["x-ratelimit-limit", "x-ratelimit-resource"]);
    Some(Answer::new(response, context).evident(failure))
}

/// Whether an answer's limit is the one of those who send no token.
///
/// Without a token github.com allows 60 requests an hour, and no token has so few. A server of one's
/// own may have any limits, so nothing follows from them there.
fn is_limit_of_nobody(response: &Response, site: &Site) -> bool {
    let sixty = response.header("x-ratelimit-limit") == Some("60");
    let core = response.header("x-ratelimit-resource").is_none_or(|resource| resource == "core");
    let known = ["x-oauth-scopes", "github-authentication-token-expiration"]
        .iter()
        .any(|name| response.header(name).is_some());
    site.is_dot_com() && sixty && core && !known
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

    /// The failure in the table's words.
    fn plain(&self, it: &Diagnosis, cause: Cause) -> Failure {
        advice::failure(it, self.context.site, cause)
    }

    /// The failure in other words, with the table's remedies.
    fn saying(&self, it: &Diagnosis, cause: Cause, message: impl Into<String>) -> Failure {
        Failure { message: message.into(), ..self.plain(it, cause) }
    }

    /// GitHub's message, made fit to be shown inside a sentence, without its final full stop.
    fn quoted(&self) -> String {
        quote(&self.refusal.message, MESSAGE_CHARS).trim_end_matches('.').to_owned()
    }

    /// As [`Answer::quoted`], or that there is none.
    fn quoted_or_silent(&self) -> String {
        let quoted = self.quoted();
        if quoted.is_empty() { "it does not say why".to_owned() } else { quoted }
    }

    /// Whose policy it is, as GitHub's message says: an organization or an enterprise, with its name
    /// where the message quotes one.
    fn holder(&self) -> String {
        match (self.is_of_enterprise(), self.enterprise_name(), self.organization_login()) {
            (true, Some(name), _) => format!("the enterprise {name}"),
            (true, None, _) => "the enterprise".to_owned(),
            (false, _, Some(login)) => format!("the organization {login}"),
            (false, _, None) => "the organization".to_owned(),
        }
    }

    /// Whether the policy is an enterprise's. Where the message speaks of both, the word after the quoted
    /// name says which.
    fn is_of_enterprise(&self) -> bool {
        let says = self.says.replace("github enterprise", "");
        let alone = says.contains("enterprise") && !says.contains("organization");
        alone || self.enterprise_name().is_some()
    }

    /// `NAME` of `'NAME' enterprise`: a name for people, with spaces, that stands in no address.
    fn enterprise_name(&self) -> Option<&str> {
        let message = self.refusal.message.as_str();
        let allowed = |letter: char| letter.is_alphanumeric() || " -_.,&'+()".contains(letter);
        ['`', '\''].into_iter().find_map(|mark| {
            let (before, _) = message.split_once(&format!("{mark} enterprise"))?;
            let (_, name) = before.split_once(mark)?;
            let fits = !name.trim().is_empty() && name.len() <= 100 && name.chars().all(allowed);
            fits.then_some(name)
        })
    }

    /// The organization that GitHub's message names in quotes, or else the one that was asked for.
    fn organization_login(&self) -> Option<&str> {
        if self.is_of_enterprise() {
            return None;
        }
        let message = self.refusal.message.as_str();
        let quoted = ['`', '\''].into_iter().find_map(|mark| {
            let inside = message.split(mark).nth(1)?;
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            let login = (1..=64).contains(&inside.len()) && inside.bytes().all(allowed);
            login.then_some(inside)
        });
        quoted.or(match self.context.about {
            About::Organization(login) => Some(login),
            _ => None,
        })
    }

    /// The repository that was asked for, as `owner/name`.
    fn repository(&self) -> Option<&'a str> {
        match self.context.about {
            About::Repository(name) => Some(name),
            _ => None,
        }
    }

    /// What was asked for, in a sentence.
    fn subject(&self) -> String {
        match self.context.about {
            About::Repository(name) => format!("the repository {name}"),
            About::Organization(login) => format!("the organization {login}"),
            About::Account => "what was asked for".to_owned(),
        }
    }

    /// With what every conclusion shows.
    fn evident(&self, failure: Failure) -> Failure {
        let failure = match self.header("x-github-request-id") {
            Some(id) => failure.evidence("x-github-request-id", id),
            None => failure,
        };
        let message = quote(&self.refusal.message, MESSAGE_CHARS);
        if message.is_empty() { failure } else { failure.evidence("message", &message) }
    }
}

#[cfg(test)]
mod tests;
