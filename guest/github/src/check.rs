//! Whether the token works, whose it is, and what it may do, as far as GitHub tells without changing
//! anything.
//!
//! | token | asked first | told |
//! |---|---|---|
//! | classic, OAuth, legacy | `GET /user` | account, scopes, expiry |
//! | fine-grained, app user | `GET /user` | account, expiry |
//! | installation | `GET /installation/repositories` | the owner of its first repository |
//!
//! Where the first question is not the right one for the token after all, the other is asked. Its
//! answer alone decides whether the check passes.
//!
//! What more is asked ([`more`], [`probe`]) fills the report: the organizations, the version of a server
//! that does not name it by itself, the organization that the person named, and, where GitHub lists no
//! permissions, one read of each kind that the streams need. Where such a question fails, the report
//! says unknown or warns. There is one exception: a policy of the named organization that refuses the
//! token fails the check, since nothing of that organization can be read.

use jackfield_guest::{Account, Cause, Failure, Report, Request, Response, host};

use crate::api::Api;
use crate::diagnose::About;
use crate::read::partial;
use crate::scopes;
use crate::token::Kind;
use crate::wire::{self, Reached, User};

mod more;
mod notes;
mod probe;

#[cfg(test)]
pub(crate) use notes::TABLE;

/// What the first question found out.
struct Whose {
    account: Account,
    /// Whether the account is an organization.
    is_organization: bool,
    response: Response,
    /// Of an installation token: a repository that it reaches.
    reached: Option<Reached>,
    /// Whether the token turned out to be an installation's.
    is_installation: bool,
}

/// What the token is and may do.
pub(crate) fn check(api: &Api) -> Result<Report, Failure> {
    let whose = whose(api)?;
    let expires_at = whose
        .response
        .header("github-authentication-token-expiration")
        .and_then(wire::token_expiration)
        .or_else(|| api.token.expires_at());
    let held = scopes_of(&whose.response, api.kind);
    let found = more::ask(api, &whose, held.as_deref())?;
    let mut warnings = notes::all(&notes::Facts {
        site: &api.site,
        kind: api.kind,
        held: held.as_deref(),
        expires_at,
        now: host::now(),
        permissions: &found.permissions,
    });
    warnings.extend(found.warnings);
    warnings.extend(partial(&whose.response, api));
    let mut told = Vec::new();
    warnings.retain(|warning| {
        let first = !told.contains(&warning.message);
        told.push(warning.message.clone());
        first
    });
    Ok(Report {
        edition: found.edition,
        organizations: found.organizations,
        credential_expires_at: expires_at,
        permissions: found.permissions,
        warnings,
        ..Report::of(whose.account)
    })
}

fn whose(api: &Api) -> Result<Whose, Failure> {
    let (first, second): (Ask, Ask) = match api.kind {
        Kind::Installation => (ask_installation, ask_user),
        _ => (ask_user, ask_installation),
    };
    first(api).or_else(|failure| {
        let wrong_question = match api.kind {
            Kind::Installation => {
                matches!(failure.cause, Cause::PermissionMissing(_) | Cause::NotFound)
            }
            Kind::Unknown => matches!(failure.cause, Cause::PermissionMissing(_)),
            _ => false,
        };
        if wrong_question { second(api).map_err(|_| failure) } else { Err(failure) }
    })
}

type Ask = fn(&Api) -> Result<Whose, Failure>;

fn ask_user(api: &Api) -> Result<Whose, Failure> {
    let response = api.ask(Request::get("api").segments(["user"]), About::Account)?;
    must_be_object(&response)?;
    let user: User = response.json()?;
    let is_organization = user.is_organization();
    let account = account(&user)?;
    Ok(Whose { account, is_organization, response, reached: None, is_installation: false })
}

fn ask_installation(api: &Api) -> Result<Whose, Failure> {
    let asked =
        Request::get("api").segments(["installation", "repositories"]).query("per_page", 100);
    let response = api.ask(asked, About::Account)?;
    must_be_object(&response)?;
    let mut all = wire::reached(&response)?;
    all.sort_by_key(|one| !one.private);
    let reached = all.into_iter().next();
    let (account, is_organization) = match &reached {
        Some(repository) => (account(&repository.owner)?, repository.owner.is_organization()),
        None => {
            let name = "GitHub App installation without repositories".to_owned();
            (Account { id: "installation".to_owned(), name, url: None }, false)
        }
    };
    Ok(Whose { account, is_organization, response, reached, is_installation: true })
}

/// A bare list is what others answer, and proves nothing, though serde would read it into a struct.
fn must_be_object(response: &Response) -> Result<(), Failure> {
    if response.body.trim_ascii_start().starts_with(b"[") {
        return Err(notes::NO_ACCOUNT
            .failure(Cause::Protocol)
            .based_on(response, &["content-type"]));
    }
    Ok(())
}

/// The account, if it is one: an answer without an identity proves nothing.
fn account(user: &User) -> Result<Account, Failure> {
    if user.id == 0 || user.login.trim().is_empty() {
        return Err(notes::NO_ACCOUNT.failure(Cause::Protocol));
    }
    let (name, url) = (user.login.clone(), user.html_url.clone());
    Ok(Account { id: user.id.to_string(), name, url })
}

/// The token's scopes; `None` where it has none to list. Fine-grained and app tokens have no such
/// header, or an empty one.
fn scopes_of(response: &Response, kind: Kind) -> Option<Vec<&str>> {
    let header = response.header("x-oauth-scopes")?;
    let listed = scopes::listed(header);
    (kind.has_scopes() || !listed.is_empty()).then_some(listed)
}

#[cfg(test)]
mod tests;
