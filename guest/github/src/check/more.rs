//! What is asked besides whose the token is, in at most two rounds of requests that run at once.
//!
//! | question | asked where |
//! |---|---|
//! | `/meta` | a server does not name its version |
//! | `/user/orgs` | the token's scopes allow it, or it has none to list |
//! | `/orgs/ORG` | the settings name an organization that is not the account itself |
//! | `/orgs/ORG/members` | the same: what single sign-on protects answers here |
//! | `/user/repos` | the token has no scopes: for a repository on which permissions are tried |
//! | the reads of [`probe`] | such a repository was found |

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Cause, Failure, Permission, Request, Response, Warning};

use super::probe::{self, Finding, Need, Probe};
use super::{Whose, notes};
use crate::address::is_login;
use crate::advice::{self, warned};
use crate::api::Api;
use crate::diagnose::About;
use crate::read::partial;
use crate::repository::Repository;
use crate::scopes;
use crate::site::Site;
use crate::token::Kind;
use crate::wire::{self, Reached};

/// Organizations that a report names, at most.
const MOST_ORGANIZATIONS: usize = 100;

const NOT_LISTED: &str = "Which organizations the token reaches is not known";

/// What was found out.
#[derive(Default)]
pub(super) struct Found {
    pub(super) edition: Option<String>,
    pub(super) organizations: Vec<String>,
    pub(super) permissions: Vec<Permission>,
    pub(super) warnings: Vec<Warning>,
}

/// One question of the first round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Version,
    Organizations,
    Named,
    Members,
    PrivateRepositories,
    Repositories,
}

/// The answers to the first round, by their questions.
struct Answers(Vec<(Question, Result<Response, Failure>)>);

impl Answers {
    fn take(&mut self, question: Question) -> Option<Result<Response, Failure>> {
        let at = self.0.iter().position(|(asked, _)| *asked == question)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// What more there is to know of a working token.
///
/// # Errors
///
/// The policy of the named organization that refuses the token.
pub(super) fn ask(api: &Api, whose: &Whose, held: Option<&[&str]>) -> Result<Found, Failure> {
    let edition = api.site.edition(&whose.response);
    let asker = Asker { api, whose, held, named: named(api, whose) };
    let mut found = Found { edition, ..Found::default() };
    let mut answers = asker.first_round(&found);
    if let Some(Ok(response)) = answers.take(Question::Version) {
        found.edition = wire::installed_version(&response).as_deref().map(Site::server_edition);
    }
    let members = asker.organizations(&mut answers, &mut found);
    asker.named_exists(&mut answers, &mut found)?;
    match held {
        Some(held) => {
            found.permissions = scopes::permissions(held);
            asker.is_member(members.as_deref(), &mut found);
            asker.lets_in(answers.take(Question::Members))?;
        }
        None if api.kind.has_scopes() => {
            found.permissions = scopes::untold();
            asker.lets_in(answers.take(Question::Members))?;
        }
        None => asker.try_reads(&mut answers, &mut found)?,
    }
    Ok(found)
}

/// The organization of the settings, where that is not the person's own account.
fn named<'a>(api: &'a Api, whose: &Whose) -> Option<&'a str> {
    let own = |login: &str| login.eq_ignore_ascii_case(&whose.account.name);
    api.organization.as_deref().filter(|login| whose.is_organization || !own(login))
}

struct Asker<'a> {
    api: &'a Api,
    whose: &'a Whose,
    held: Option<&'a [&'a str]>,
    named: Option<&'a str>,
}

impl<'a> Asker<'a> {
    fn first_round(&self, found: &Found) -> Answers {
        let scoped = self.held.is_some() || self.api.kind.has_scopes();
        let lists = self.held.map_or(!scoped, scopes::lists_organizations);
        let person = !self.whose.is_installation;
        let mut questions = Vec::new();
        questions.extend(found.edition.is_none().then_some(Question::Version));
        questions.extend((person && lists).then_some(Question::Organizations));
        let foreign = self.named.filter(|login| !self.owns(login));
        questions.extend(foreign.map(|_| Question::Named));
        questions.extend((scoped && self.named.is_some()).then_some(Question::Members));
        if person && !scoped {
            questions.push(Question::Repositories);
            // Of a named owner a whole page is asked for, in which private ones are found.
            let any = self.api.organization.is_none();
            questions.extend(any.then_some(Question::PrivateRepositories));
        }
        if questions.is_empty() {
            return Answers(Vec::new());
        }
        let requests = questions.iter().map(|question| self.request(*question));
        let answers = self.api.ask_all(requests).into_iter();
        let judged = questions.iter().zip(answers).map(|(question, answer)| {
            (*question, answer.and_then(|response| self.api.judge(response, self.about(*question))))
        });
        Answers(judged.collect())
    }

    fn request(&self, question: Question) -> Request<'static> {
        let named = self.named.unwrap_or_default();
        let repositories = || Request::get("api").segments(["user", "repos"]);
        match question {
            Question::Version => Request::get("api").segments(["meta"]),
            Question::Organizations => {
                Request::get("api").segments(["user", "orgs"]).query("per_page", MOST_ORGANIZATIONS)
            }
            Question::Named => Request::get("api").segments(["orgs", named]),
            Question::Members => probe::of_organization(named).request,
            Question::PrivateRepositories => {
                repositories().query("visibility", "private").query("per_page", 1)
            }
            Question::Repositories => {
                let size = if self.api.organization.is_some() { 100 } else { 1 };
                repositories().query("per_page", size)
            }
        }
    }

    fn about(&self, question: Question) -> About<'a> {
        match (question, self.named) {
            (Question::Named | Question::Members, Some(login)) => About::Organization(login),
            _ => About::Account,
        }
    }

    /// The organizations that GitHub lists; `None` where it does not list them all.
    fn organizations(&self, answers: &mut Answers, found: &mut Found) -> Option<Vec<String>> {
        if self.whose.is_installation {
            let owner = &self.whose.account.name;
            found.organizations.extend(self.whose.is_organization.then(|| owner.clone()));
            return None;
        }
        let listed = answers.take(Question::Organizations)?.and_then(|response| {
            let missing = partial(&response, self.api);
            let all = missing.is_none() && response.next.is_none();
            found.warnings.extend(missing);
            Ok((wire::logins(&response, MOST_ORGANIZATIONS)?, all))
        });
        match listed {
            Ok((logins, all)) => {
                found.organizations = logins.into_iter().filter(|login| is_login(login)).collect();
                all.then(|| found.organizations.clone())
            }
            Err(failure) => {
                self.note(failure, &notes::ORGANIZATIONS_UNKNOWN, NOT_LISTED, found);
                None
            }
        }
    }

    /// A policy is told as what it is; of any other failure, what could not be found out for it.
    fn note(&self, failure: Failure, otherwise: &Diagnosis, what: &str, found: &mut Found) {
        found.warnings.push(match failure.cause {
            Cause::PolicyRefused => warned(failure),
            _ => {
                let message = format!("{what}: {}", failure.message);
                advice::noting(otherwise, &self.api.site, message)
            }
        });
    }

    fn named_exists(&self, answers: &mut Answers, found: &mut Found) -> Result<(), Failure> {
        let (Some(login), Some(Err(failure))) = (self.named, answers.take(Question::Named)) else {
            return Ok(());
        };
        match failure.cause {
            Cause::PolicyRefused => return Err(failure),
            Cause::NotFound => {
                let message = format!("GitHub shows this token no organization {login}.");
                let note = advice::noting(&notes::ORGANIZATION_NOT_FOUND, &self.api.site, message);
                found.warnings.push(note);
            }
            _ => {
                let what =
                    format!("Whether the token reaches the organization {login} is not known");
                self.note(failure, &notes::ORGANIZATION_UNCHECKED, &what, found);
            }
        }
        Ok(())
    }

    /// Whether the named organization refuses the token as a whole.
    fn lets_in(&self, answer: Option<Result<Response, Failure>>) -> Result<(), Failure> {
        match answer {
            Some(Err(failure)) if failure.cause == Cause::PolicyRefused => Err(failure),
            _ => Ok(()),
        }
    }

    fn is_member(&self, members: Option<&[String]>, found: &mut Found) {
        let (Some(login), Some(members)) = (self.named, members) else { return };
        let missing =
            found.warnings.iter().any(|one| one.code == notes::ORGANIZATION_NOT_FOUND.code);
        if missing || members.iter().any(|member| member.eq_ignore_ascii_case(login)) {
            return;
        }
        let account = &self.whose.account.name;
        let message =
            format!("GitHub does not list {account} as a member of the organization {login}.");
        found.warnings.push(advice::noting(&notes::NOT_A_MEMBER, &self.api.site, message));
    }

    fn owns(&self, login: &str) -> bool {
        login.eq_ignore_ascii_case(&self.whose.account.name)
    }

    /// Tries the reads of a token whose permissions GitHub does not list.
    fn try_reads(&self, answers: &mut Answers, found: &mut Found) -> Result<(), Failure> {
        let (reached, metadata) = match self.whose.is_installation {
            true => self.installed(found),
            false => self.listed(answers, found),
        };
        if let Some(one) = reached.as_ref().filter(|one| one.owner.is_organization()) {
            let owner = &one.owner.login;
            let known = found.organizations.iter().any(|login| login.eq_ignore_ascii_case(owner));
            found.organizations.extend((!known && is_login(owner)).then(|| owner.clone()));
        }
        let repository =
            reached.as_ref().and_then(|one| Repository::named(&one.owner.login, &one.name));
        let name = repository.as_ref().map(Repository::full_name).unwrap_or_default();
        let mut probes: Vec<Probe<'_>> =
            repository.iter().flat_map(|one| probe::of_repository(one, &name)).collect();
        probes.extend(self.named.map(probe::of_organization));
        let mut findings: Vec<(&'static Need, Finding)> = vec![(&probe::METADATA, metadata)];
        let (asked, requests): (Vec<_>, Vec<_>) =
            probes.into_iter().map(|one| ((one.need, one.about), one.request)).unzip();
        let tried = if requests.is_empty() { Vec::new() } else { self.api.ask_all(requests) };
        for ((need, about), answer) in asked.into_iter().zip(tried) {
            let (mut finding, why) = Finding::of(self.api, answer, about);
            // The public members of an organization that is not the token's own are shown to anybody.
            if let (About::Organization(login), Finding::Granted) = (about, &finding) {
                let own = |one: &Reached| one.owner.login.eq_ignore_ascii_case(login);
                if !reached.as_ref().is_some_and(own) {
                    finding = Finding::Unknown;
                }
            }
            if let Some(failure) = why.filter(|failure| failure.cause == Cause::PolicyRefused) {
                if self.is_of_named(about) {
                    return Err(failure);
                }
                found.warnings.push(warned(failure));
            }
            findings.push((need, finding));
        }
        for need in [&probe::ISSUES, &probe::PULL_REQUESTS, &probe::COMMITS, &probe::MEMBERS] {
            if !findings.iter().any(|(known, _)| known.permission == need.permission) {
                findings.push((need, Finding::Unknown));
            }
        }
        found.permissions = probe::permissions(&findings);
        Ok(())
    }

    /// The repository of an installation token, which the first question found.
    fn installed(&self, found: &mut Found) -> (Option<Reached>, Finding) {
        let Some(reached) = self.whose.reached.clone() else {
            found.warnings.push(notes::no_repository(self.api));
            return (None, Finding::Unknown);
        };
        if let Some(wanted) = self.named.filter(|login| !self.owns(login)) {
            let owner = &self.whose.account.name;
            let message =
                format!("The app's installation belongs to {owner}, and not to {wanted}.");
            found.warnings.push(notes::resource_owner(self.api, message));
        }
        (Some(reached), Finding::Granted)
    }

    /// A repository that the token lists: of the named owner, and a private one where there is one.
    fn listed(&self, answers: &mut Answers, found: &mut Found) -> (Option<Reached>, Finding) {
        let private = answers.take(Question::PrivateRepositories).and_then(Result::ok);
        let private =
            private.and_then(|response| wire::reached(&response).ok()).unwrap_or_default();
        let response = match answers.take(Question::Repositories) {
            Some(Ok(response)) => response,
            Some(Err(failure)) => return (None, self.unlisted(failure, found)),
            None => return (None, Finding::Unknown),
        };
        found.warnings.extend(partial(&response, self.api));
        let Ok(all) = wire::reached(&response) else { return (None, Finding::Unknown) };
        let metadata = if all.is_empty() { Finding::Unknown } else { Finding::Granted };
        let owner_is = |one: &Reached, login: &str| one.owner.login.eq_ignore_ascii_case(login);
        let wanted = self.api.organization.as_deref();
        let mut fitting: Vec<_> = private
            .iter()
            .chain(&all)
            .filter(|one| wanted.is_none_or(|login| owner_is(one, login)))
            .collect();
        fitting.sort_by_key(|one| !one.private);
        let whole = response.next.is_none();
        // A fine-grained token reaches one owner only, so that one page says much.
        let says_enough = whole || self.api.kind == Kind::FineGrained;
        match wanted {
            Some(login) if fitting.is_empty() && says_enough => {
                self.wrong_owner(login, &all, whole, found);
            }
            None if all.is_empty() && private.is_empty() => {
                found.warnings.push(notes::no_repository(self.api));
            }
            _ => {}
        }
        (fitting.first().map(|one| (*one).clone()), metadata)
    }

    fn unlisted(&self, failure: Failure, found: &mut Found) -> Finding {
        match failure.cause {
            Cause::PermissionMissing(names) if !names.is_empty() => {
                Finding::Missing(names.join(" and "))
            }
            Cause::PolicyRefused => {
                found.warnings.push(warned(failure));
                Finding::Unknown
            }
            _ => Finding::Unknown,
        }
    }

    fn wrong_owner(&self, wanted: &str, all: &[Reached], whole: bool, found: &mut Found) {
        let absent =
            found.warnings.iter().any(|one| one.code == notes::ORGANIZATION_NOT_FOUND.code);
        if absent {
            return;
        }
        let noun = self.api.kind.noun();
        let owner = all.first().map(|one| one.owner.login.as_str()).filter(|login| {
            is_login(login) && all.iter().all(|one| one.owner.login.eq_ignore_ascii_case(login))
        });
        let message = match owner {
            _ if !whole => {
                let count = all.len();
                format!("None of the first {count} repositories of the {noun} is of {wanted}.")
            }
            Some(owner) => {
                format!("The {noun} lists repositories of {owner} only, and none of {wanted}.")
            }
            None => format!("The {noun} lists no repository of {wanted}."),
        };
        found.warnings.push(notes::resource_owner(self.api, message));
    }

    fn is_of_named(&self, about: About<'_>) -> bool {
        let owner = match about {
            About::Account => return false,
            About::Organization(login) => login,
            About::Repository(name) => name.split('/').next().unwrap_or_default(),
        };
        self.named.is_some_and(|login| login.eq_ignore_ascii_case(owner))
    }
}
