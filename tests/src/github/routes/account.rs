//! What is about the account itself.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::Query;
use serde_json::{Value, json};

use super::{Caller, From, Parameters, links};
use crate::github::account::{Access, Account, HOURLY_LIMIT, Standing};
use crate::github::answer::Answer;
use crate::github::issues::number;
use crate::github::shapes::{self, ENTERPRISE_VERSION};
use crate::github::world::{Repository, SSO_ORGANIZATION};

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

pub(super) async fn organizations(Extension(caller): From) -> Result<Answer, Answer> {
    const PAGE: &str = "/orgs/orgs#list-organizations-for-the-authenticated-user";
    let account = person(&caller, PAGE)?;
    let enough = ["user", "read:org", "write:org", "admin:org"];
    let lists = match &account.access {
        Access::Scopes(_) if !account.has_scope(&enough) => {
            let message =
                "You need at least read:org scope or user scope to list your organizations.";
            return Err(Answer::refusal(403, message, PAGE).needs("admin:org, read:org, user", ""));
        }
        Access::Scopes(_) => account.organizations.clone(),
        Access::FineGrained { .. } | Access::Installation { .. } => Vec::new(),
    };
    let listed = lists.iter().filter(|login| !is_blocked(account, login));
    let shapes = listed.map(|login| shapes::organization(login, &caller.site)).collect();
    let answer = Answer::json(&Value::Array(shapes)).needs("admin:org, read:org, user", "");
    Ok(with_partial_results(answer, account))
}

pub(super) async fn repositories(
    Extension(caller): From,
    Query(query): Parameters,
) -> Result<Answer, Answer> {
    let account = person(&caller, REPOSITORIES_PAGE)?;
    let visible = caller.world.repositories().into_iter().filter(|repository| {
        is_listed(account, repository) && !is_blocked(account, &repository.owner)
    });
    let (shapes, link) = page_of(visible.collect(), &caller, &query, "/user/repos");
    let mut answer = Answer::json(&Value::Array(shapes)).needs("", "metadata=read");
    if let Some(link) = link {
        answer = answer.header("link", link);
    }
    Ok(with_partial_results(answer, account))
}

pub(super) async fn installation_repositories(
    Extension(caller): From,
    Query(query): Parameters,
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
    let all = caller.world.repositories().into_iter();
    let visible: Vec<_> = all.filter(|repository| account.reaches(&repository.owner)).collect();
    let count = visible.len();
    let (shapes, link) = page_of(visible, &caller, &query, "/installation/repositories");
    let body = json!({
        "total_count": count,
        "repository_selection": "all",
        "repositories": shapes,
    });
    let answer = Answer::json(&body).needs("", "metadata=read");
    Ok(match link {
        Some(link) => answer.header("link", link),
        None => answer,
    })
}

/// The repositories that belong to the account, as far as the token says.
fn is_listed(account: &Account, repository: &Repository) -> bool {
    let belongs = account.login.eq_ignore_ascii_case(&repository.owner)
        || account.organizations.iter().any(|name| name.eq_ignore_ascii_case(&repository.owner));
    match account.access {
        Access::Scopes(_) => belongs && (!repository.private || account.has_scope(&["repo"])),
        Access::FineGrained { .. } | Access::Installation { .. } => {
            account.reaches(&repository.owner)
        }
    }
}

/// Whether single sign-on keeps the account from what that organization owns.
pub(super) fn is_blocked(account: &Account, owner: &str) -> bool {
    account.standing == Standing::SsoBlocked && owner.eq_ignore_ascii_case(SSO_ORGANIZATION)
}

fn with_partial_results(answer: Answer, account: &Account) -> Answer {
    let member = account.organizations.iter().any(|login| login == SSO_ORGANIZATION);
    if account.standing == Standing::SsoBlocked && member {
        let id = shapes::id_of(SSO_ORGANIZATION);
        return answer.header("x-github-sso", format!("partial-results; organizations={id}"));
    }
    answer
}

fn page_of(
    mut repositories: Vec<Arc<Repository>>,
    caller: &Caller,
    query: &HashMap<String, String>,
    path: &str,
) -> (Vec<Value>, Option<String>) {
    repositories.sort_by_key(|repository| repository.full_name());
    let size = number(query, "per_page", 30).clamp(1, 100);
    let page = number(query, "page", 1).max(1);
    let last = repositories.len().div_ceil(size).max(1);
    let shown = repositories.iter().skip((page - 1) * size).take(size);
    let shapes = shown.map(|repository| shapes::repository(repository, &caller.site)).collect();
    let place = format!("{}{path}", caller.site.base);
    (shapes, links(&place, query, page, last))
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
