//! Whether the token works, whose it is, and what it may do, as far as GitHub tells without changing
//! anything.
//!
//! | token | asked | told |
//! |---|---|---|
//! | classic, OAuth | `GET /user` | account, scopes, expiry |
//! | fine-grained, app user | `GET /user` | account, expiry; permissions cannot be listed |
//! | installation | `GET /installation/repositories` | the owner of its first repository |
//!
//! Where the first question is not the right one for the token after all, the other is asked.

use jackfield_guest::{
    Account, Cause, Failure, Grant, Report, Request, Response, Timestamp, Warning, host, time,
};

use crate::api::Api;
use crate::read::partial;
use crate::token::Kind;
use crate::wire::{self, Installation, User};
use crate::{scopes, site::Site};

/// A token that ends within this time is warned of.
const SOON: u64 = 14 * 24 * 3600 * 1000;

/// What the token is and may do.
pub(crate) fn check(api: &Api) -> Result<Report, Failure> {
    let (account, response) = whose(api)?;
    let expires_at = response
        .header("github-authentication-token-expiration")
        .and_then(wire::token_expiration)
        .or_else(|| api.token.expires_at());
    let held = scopes_of(&response, api.kind);
    Ok(Report {
        edition: api.site.edition(&response),
        credential_expires_at: expires_at,
        permissions: held.as_deref().map_or_else(scopes::unknown_permissions, scopes::permissions),
        warnings: warnings(&Facts {
            site: &api.site,
            kind: api.kind,
            held: held.as_deref(),
            expires_at,
            now: host::now(),
            partial: partial(&response),
        }),
        ..Report::of(account)
    })
}

fn whose(api: &Api) -> Result<(Account, Response), Failure> {
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

type Ask = fn(&Api) -> Result<(Account, Response), Failure>;

fn ask_user(api: &Api) -> Result<(Account, Response), Failure> {
    let response = api.ask(Request::get("api").segments(["user"]), None)?;
    let user: User = response.json()?;
    Ok((account(user)?, response))
}

fn ask_installation(api: &Api) -> Result<(Account, Response), Failure> {
    let asked = Request::get("api").segments(["installation", "repositories"]).query("per_page", 1);
    let response = api.ask(asked, None)?;
    let installation: Installation = response.json()?;
    let account = match installation.repositories.into_iter().next() {
        Some(repository) => account(repository.owner)?,
        None => Account {
            id: "installation".to_owned(),
            name: "GitHub App installation without repositories".to_owned(),
            url: None,
        },
    };
    Ok((account, response))
}

/// The account, if it is one: an answer without an identity proves nothing.
fn account(user: User) -> Result<Account, Failure> {
    if user.id == 0 || user.login.trim().is_empty() {
        return Err(Failure::new(Cause::Protocol, "GitHub's answer names no account."));
    }
    Ok(Account { id: user.id.to_string(), name: user.login, url: user.html_url })
}

/// The token's scopes; `None` where it has none to list. Fine-grained and app tokens have no such
/// header, or an empty one.
fn scopes_of(response: &Response, kind: Kind) -> Option<Vec<&str>> {
    let header = response.header("x-oauth-scopes")?;
    let listed = scopes::listed(header);
    let scoped = matches!(kind, Kind::Classic | Kind::OAuth | Kind::Legacy);
    (scoped || !listed.is_empty()).then_some(listed)
}

/// What warnings follow from.
struct Facts<'a> {
    site: &'a Site,
    kind: Kind,
    held: Option<&'a [&'a str]>,
    expires_at: Option<Timestamp>,
    now: Timestamp,
    partial: Option<Warning>,
}

fn warnings(facts: &Facts<'_>) -> Vec<Warning> {
    let found = [
        soon(facts),
        no_end(facts),
        hour(facts),
        classic(facts),
        public_only(facts),
        unlisted(facts),
    ];
    found.into_iter().flatten().chain(facts.partial.clone()).collect()
}

fn soon(facts: &Facts<'_>) -> Option<Warning> {
    let ends = facts.expires_at.filter(|ends| *ends <= facts.now.saturating_add(SOON))?;
    let date = time::to_date(ends);
    let message =
        format!("The {} ends on {date}; the connection stops working then.", facts.kind.noun());
    Some(Warning::new("expires-soon", message).remedy_at(
        "Create or regenerate the token before that day, and update the connection.",
        facts.kind.page(facts.site),
    ))
}

fn no_end(facts: &Facts<'_>) -> Option<Warning> {
    let endless = matches!(facts.kind, Kind::Classic | Kind::Legacy) && facts.expires_at.is_none();
    endless.then(|| {
        Warning::new(
            "no-expiry",
            "The token never expires, so a leaked copy works until someone notices.",
        )
        .remedy_at(
            "Give the token an expiration date, or replace it by a fine-grained one.",
            facts.kind.page(facts.site),
        )
    })
}

fn hour(facts: &Facts<'_>) -> Option<Warning> {
    (facts.kind == Kind::Installation).then(|| {
        Warning::new(
            "short-lived",
            "This is an installation token of a GitHub App, which ends after one hour.",
        )
        .remedy("For a lasting connection use a personal access token.")
    })
}

fn classic(facts: &Facts<'_>) -> Option<Warning> {
    let held = facts.held.filter(|_| facts.kind.is_personal())?;
    let excess: Vec<_> = scopes::permissions(held)
        .into_iter()
        .filter(|permission| permission.grant == Grant::Excess)
        .map(|permission| permission.name)
        .collect();
    (!excess.is_empty()).then(|| {
        let message = format!(
            "This {} may do more than reading needs: {}.",
            facts.kind.noun(),
            excess.join(", ")
        );
        Warning::new("wide-scopes", message).remedy_at(
            "Create a fine-grained token that may only read the repositories that you want.",
            Kind::FineGrained.new_page(facts.site),
        )
    })
}

fn public_only(facts: &Facts<'_>) -> Option<Warning> {
    let held = facts.held.filter(|held| !scopes::holds(held, scopes::PRIVATE))?;
    let has =
        if held.is_empty() { "no scope".to_owned() } else { format!("only {}", held.join(", ")) };
    Some(
        Warning::new(
            "public-only",
            format!(
                "The {} has {has}: private repositories and their issues stay hidden.",
                facts.kind.noun()
            ),
        )
        .remedy_at(
            "Give the token the scope repo, if private repositories are wanted.",
            facts.site.page("settings/tokens"),
        ),
    )
}

fn unlisted(facts: &Facts<'_>) -> Option<Warning> {
    let unlisted = matches!(facts.kind, Kind::FineGrained | Kind::AppUser) && facts.held.is_none();
    unlisted.then(|| {
        let message = format!(
            "GitHub does not tell what a {} may do; a missing permission shows when a stream is \
             read.",
            facts.kind.noun()
        );
        Warning::new("permissions-unknown", message).remedy_at(
            "Look which repositories and permissions the token has.",
            facts.kind.page(facts.site),
        )
    })
}

#[cfg(test)]
mod tests;
