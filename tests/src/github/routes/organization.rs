//! Organizations and their members.
//!
//! | asked by | members |
//! |---|---|
//! | anonymous visitors, tokens of those who do not belong to it | public |
//! | classic and OAuth tokens with `read:org` | all |
//! | those without | public |
//! | fine-grained and app tokens for it, with `members=read` | all |
//! | those without | 403 |
//! | fine-grained and app tokens for another owner | public |
//!
//! Source: "List organization members", GitHub's documentation, read in November 2026. That a token
//! without the permission is refused, rather than shown what is public, is assumed. So is it that single
//! sign-on lets everyone see an organization's profile, and its policies do not.

use axum::Extension;
use axum::extract::Path;

use super::repository::not_accessible;
use super::{Caller, From, Parameters, paging};
use crate::github::account::{Access, Account};
use crate::github::answer::Answer;
use crate::github::organizations::{Member, Organization};
use crate::github::shapes;

const PROFILE_PAGE: &str = "/orgs/orgs#get-an-organization";
const MEMBERS_PAGE: &str = "/orgs/members#list-organization-members";
const MEMBERSHIPS: [&str; 3] = ["read:org", "write:org", "admin:org"];

pub(super) async fn profile(
    Extension(caller): From,
    Path(name): Path<String>,
) -> Result<Answer, Answer> {
    let organization = find(&caller, &name, PROFILE_PAGE)?;
    let shape = shapes::organization_profile(&organization.login, &caller.site);
    Ok(Answer::json(&shape).needs("admin:org, read:org, repo, user, write:org", "metadata=read"))
}

pub(super) async fn members(
    Extension(caller): From,
    Path(name): Path<String>,
    query: Parameters,
) -> Result<Answer, Answer> {
    let organization = find(&caller, &name, MEMBERS_PAGE)?;
    let login = &organization.login;
    let all = match &caller.account {
        None => false,
        Some(account) if account.lacks_sign_on(login) => return Err(sso_required(&caller, login)),
        Some(account) => sees_all(account, login)?,
    };
    let shown: Vec<_> = organization.members.iter().filter(|member| all || member.public).collect();
    let place = format!("{}/organizations/{}/members", caller.site.base, shapes::id_of(login));
    let shape = |member: &&Member| shapes::user(&member.login, &caller.site);
    let answer = paging::answer(&shown, shape, &place, &query);
    Ok(answer.needs("admin:org, read:org, repo, user, write:org", "members=read"))
}

/// Whether the account sees concealed members too.
fn sees_all(account: &Account, organization: &str) -> Result<bool, Answer> {
    match &account.access {
        Access::Scopes(_) => {
            Ok(account.is_member_of(organization) && account.has_scope(&MEMBERSHIPS))
        }
        Access::Permissions { .. } if !account.reaches(organization) => Ok(false),
        Access::Permissions { .. } if account.permits("members=read") => Ok(true),
        Access::Permissions { .. } => {
            Err(not_accessible(account, MEMBERS_PAGE).needs("", "members=read"))
        }
    }
}

/// The organization of that login or number, where it exists and its policies let the caller in.
fn find(caller: &Caller, name: &str, page: &str) -> Result<Organization, Answer> {
    let found = caller.world.organization(name).ok_or_else(|| Answer::not_found(page))?;
    admit(caller, name)?;
    Ok(found)
}

/// Refuses a token that a policy of the owner forbids.
pub(super) fn admit(caller: &Caller, owner: &str) -> Result<(), Answer> {
    let organization = caller.world.organization(owner);
    let (Some(account), Some(organization)) = (&caller.account, organization) else {
        return Ok(());
    };
    let mut policies = organization.policies.iter();
    match policies.find_map(|policy| policy.refusal(account, &organization.login)) {
        Some(refused) => Err(refused),
        None => Ok(()),
    }
}

pub(super) fn sso_required(caller: &Caller, organization: &str) -> Answer {
    let message = "Resource protected by organization SAML enforcement. You must grant your \
                   Personal Access token access to this organization.";
    let place = format!(
        "{}/orgs/{organization}/sso?authorization_request=AZSCKtL4U8yX1H3sCQIVnVgmjmon5fWxks5Y",
        caller.site.web()
    );
    let page = "/authentication/authenticating-to-the-rest-api";
    Answer::refusal(403, message, page).header("x-github-sso", format!("required; url={place}"))
}
