//! What is about the account itself.

use std::sync::Arc;

use axum::Extension;
use serde_json::json;

use super::{Caller, From, Parameters, organization, paging};
use crate::github::account::{Access, Account, HOURLY_LIMIT, Kind};
use crate::github::answer::Answer;
use crate::github::shapes::{self, ENTERPRISE_VERSION};
use crate::github::world::Repository;

const USER_PAGE: &str = "/users/users#get-the-authenticated-user";
const REPOSITORIES_PAGE: &str = "/repos/repos#list-repositories-for-the-authenticated-user";
const INSTALLATION_PAGE: &str =
    "/apps/installations#list-repositories-accessible-to-the-app-installation";

/// The account of the request, where it is a person's.
fn person<'a>(caller: &'a Caller, page: &str) -> Result<&'a Arc<Account>, Answer> {
    match &caller.account {
        None => Err(Answer::refusal(401, "Requires authentication", page)),
        Some(account) if account.is_installation() => {
            Err(Answer::refusal(403, "Resource not accessible by integration", page))
        }
        Some(account) => Ok(account),
    }
}

pub(super) async fn root(Extension(caller): From) -> Answer {
    let base = &caller.site.base;
    Answer::json(&json!({
        "current_user_url": format!("{base}/user"),
        "rate_limit_url": format!("{base}/rate_limit"),
        "repository_url": format!("{base}/repos/{{owner}}/{{repo}}"),
    }))
}

pub(super) async fn user(Extension(caller): From) -> Result<Answer, Answer> {
    let account = person(&caller, USER_PAGE)?;
    let answer = Answer::json(&shapes::account(account, &caller.site));
    Ok(answer.needs("", "allows_permissionless_access=true"))
}

/// A fine-grained token sees none.
pub(super) async fn organizations(
    Extension(caller): From,
    query: Parameters,
) -> Result<Answer, Answer> {
    const PAGE: &str = "/orgs/orgs#list-organizations-for-the-authenticated-user";
    let account = person(&caller, PAGE)?;
    let enough = ["user", "read:org", "write:org", "admin:org"];
    if matches!(account.access, Access::Scopes(_)) && !account.has_scope(&enough) {
        let message = "You need at least read:org scope or user scope to list your organizations.";
        return Err(Answer::refusal(403, message, PAGE).needs("admin:org, read:org, user", ""));
    }
    let mut listed = account.organizations.clone();
    listed.retain(|login| !account.lacks_sign_on(login));
    match account.kind {
        Kind::Classic | Kind::OAuth => {}
        Kind::AppUser => listed.retain(|login| account.reaches(login)),
        Kind::FineGrained | Kind::Installation => listed.clear(),
    }
    let place = format!("{}/user/orgs", caller.site.base);
    let shape = |login: &String| shapes::organization(login, &caller.site);
    let answer = paging::answer(&listed, shape, &place, &query);
    Ok(with_partial_results(answer.needs("admin:org, read:org, user", ""), account))
}

pub(super) async fn repositories(
    Extension(caller): From,
    query: Parameters,
) -> Result<Answer, Answer> {
    let account = person(&caller, REPOSITORIES_PAGE)?;
    let only_private = match query.get("visibility").map(String::as_str) {
        Some("private") => Some(true),
        Some("public") => Some(false),
        _ => None,
    };
    let mut listed = caller.world.repositories();
    listed.retain(|repository| {
        only_private.is_none_or(|private| private == repository.private)
            && is_listed(account, repository)
            && !account.lacks_sign_on(&repository.owner)
            && organization::admit(&caller, &repository.owner).is_ok()
    });
    listed.sort_by_key(|repository| repository.full_name());
    let place = format!("{}/user/repos", caller.site.base);
    let shape = |repository: &Arc<Repository>| shapes::repository(repository, &caller.site);
    let answer = paging::answer(&listed, shape, &place, &query);
    Ok(with_partial_results(answer.needs("", "metadata=read"), account))
}

pub(super) async fn installation_repositories(
    Extension(caller): From,
    query: Parameters,
) -> Result<Answer, Answer> {
    let account = match &caller.account {
        None => return Err(Answer::refusal(401, "Requires authentication", INSTALLATION_PAGE)),
        Some(account) if account.is_installation() => account,
        Some(_) => {
            let message = "You must authenticate with an installation access token in order to \
                           list repositories for an installation.";
            return Err(Answer::refusal(403, message, INSTALLATION_PAGE));
        }
    };
    let mut listed = caller.world.repositories();
    listed.retain(|repository| account.reaches(&repository.owner));
    listed.sort_by_key(|repository| repository.full_name());
    let place = format!("{}/installation/repositories", caller.site.base);
    let shape = |repository: &Arc<Repository>| shapes::repository(repository, &caller.site);
    let (shown, link) = paging::page(&listed, shape, &place, &query);
    let body = json!({
        "total_count": listed.len(),
        "repository_selection": "all",
        "repositories": shown,
    });
    Ok(paging::linked(Answer::json(&body), link).needs("", "metadata=read"))
}

/// Whether the repository belongs to the account, as far as the token says.
fn is_listed(account: &Account, repository: &Repository) -> bool {
    let owner = &repository.owner;
    let belongs = account.login.eq_ignore_ascii_case(owner) || account.is_member_of(owner);
    match account.access {
        Access::Scopes(_) => belongs && (!repository.private || account.has_scope(&["repo"])),
        Access::Permissions { .. } => account.reaches(owner),
    }
}

/// Tells of the organizations of which single sign-on keeps something from the list.
fn with_partial_results(answer: Answer, account: &Account) -> Answer {
    let blocked = account.organizations.iter().filter(|login| account.lacks_sign_on(login));
    let ids: Vec<_> = blocked.map(|login| shapes::id_of(login).to_string()).collect();
    if ids.is_empty() {
        return answer;
    }
    answer.header("x-github-sso", format!("partial-results; organizations={}", ids.join(",")))
}

pub(super) async fn meta(Extension(caller): From) -> Answer {
    let mut body = json!({
        "verifiable_password_authentication": caller.site.enterprise,
        "hooks": ["192.30.252.0/22"],
        "api": ["192.30.252.0/22"],
    });
    if caller.site.enterprise {
        body["installed_version"] = json!(ENTERPRISE_VERSION);
    }
    Answer::json(&body)
}

pub(super) async fn rate_limit(Extension(caller): From) -> Answer {
    if caller.site.enterprise {
        return Answer::refusal(404, "Rate limiting is not enabled.", "/rate-limit/rate-limit");
    }
    let (limit, used) = match &caller.account {
        None => (60, 60 - (HOURLY_LIMIT - caller.world.anonymous().used())),
        Some(account) => (HOURLY_LIMIT, account.used()),
    };
    let bucket = |limit: u64, used: u64| {
        json!({
            "limit": limit,
            "used": used,
            "remaining": limit - used,
            "reset": caller.clock.resets_at(),
        })
    };
    Answer::json(&json!({
        "resources": {
            "core": bucket(limit, used),
            "search": bucket(30, 0),
            "graphql": bucket(limit, 0),
        },
        "rate": bucket(limit, used),
    }))
}
