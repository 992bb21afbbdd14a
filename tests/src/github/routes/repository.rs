//! Repositories and their issues, by name and by number.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{Method, Uri};
use serde_json::{Value, json};

use super::account::is_blocked;
use super::{Caller, From, Parameters, links};
use crate::github::answer::Answer;
use crate::github::issues::Listing;
use crate::github::shapes;
use crate::github::world::{Repository, SSO_ORGANIZATION};

const REPOSITORY_PAGE: &str = "/repos/repos#get-a-repository";
const ISSUES_PAGE: &str = "/issues/issues#list-repository-issues";
const CREATE_PAGE: &str = "/issues/issues#create-an-issue";

type Names = Path<(String, String)>;

pub(super) async fn named(
    Extension(caller): From,
    Path(names): Names,
    method: Method,
    uri: Uri,
) -> Result<Answer, Answer> {
    let repository = find_named(&caller, &names, &method, &uri, REPOSITORY_PAGE)?;
    show(&caller, &repository)
}

pub(super) async fn numbered(Extension(caller): From, id: Path<u64>) -> Result<Answer, Answer> {
    let repository = find_numbered(&caller, *id, REPOSITORY_PAGE)?;
    show(&caller, &repository)
}

pub(super) async fn named_issues(
    Extension(caller): From,
    Path(names): Names,
    method: Method,
    uri: Uri,
    query: Parameters,
) -> Result<Answer, Answer> {
    let repository = find_named(&caller, &names, &method, &uri, ISSUES_PAGE)?;
    list(&caller, &repository, &query)
}

pub(super) async fn numbered_issues(
    Extension(caller): From,
    id: Path<u64>,
    query: Parameters,
) -> Result<Answer, Answer> {
    let repository = find_numbered(&caller, *id, ISSUES_PAGE)?;
    list(&caller, &repository, &query)
}

pub(super) async fn create_named_issue(
    Extension(caller): From,
    Path(names): Names,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Result<Answer, Answer> {
    let repository = find_named(&caller, &names, &method, &uri, CREATE_PAGE)?;
    create(&caller, &repository, &body)
}

pub(super) async fn create_numbered_issue(
    Extension(caller): From,
    id: Path<u64>,
    body: Bytes,
) -> Result<Answer, Answer> {
    let repository = find_numbered(&caller, *id, CREATE_PAGE)?;
    create(&caller, &repository, &body)
}

/// The repository of that name. One that has another name now is answered by a redirect to its
/// number, which keeps the method where it is not a read.
fn find_named(
    caller: &Caller,
    (owner, name): &(String, String),
    method: &Method,
    uri: &Uri,
    page: &str,
) -> Result<Arc<Repository>, Answer> {
    if let Some(id) = caller.world.renamed(owner, name) {
        find_numbered(caller, id, page)?;
        let below = if uri.path().ends_with("/issues") { "/issues" } else { "" };
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let place = format!("{}/repositories/{id}{below}{query}", caller.site.base);
        return Err(moved(&place, *method == Method::GET || *method == Method::HEAD));
    }
    visible(caller, caller.world.named(owner, name), page)
}

fn moved(place: &str, is_read: bool) -> Answer {
    let (status, message) =
        if is_read { (301, "Moved Permanently") } else { (307, "Temporary Redirect") };
    let body = json!({
        "message": message,
        "url": place,
        "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
    });
    Answer::json(&body).status(status).header("location", place).needs("repo", "metadata=read")
}

fn find_numbered(caller: &Caller, id: u64, page: &str) -> Result<Arc<Repository>, Answer> {
    visible(caller, caller.world.numbered(id), page)
}

/// The repository, where it exists for the caller.
fn visible(
    caller: &Caller,
    found: Option<Arc<Repository>>,
    page: &str,
) -> Result<Arc<Repository>, Answer> {
    let hidden = || Answer::not_found(page).needs("repo", "metadata=read");
    let repository = found.ok_or_else(hidden)?;
    let Some(account) = &caller.account else {
        return if repository.private { Err(hidden()) } else { Ok(repository) };
    };
    if is_blocked(account, &repository.owner) {
        return Err(sso_required(caller));
    }
    if repository.private && !account.reaches(&repository.owner) {
        return Err(hidden());
    }
    Ok(repository)
}

fn sso_required(caller: &Caller) -> Answer {
    let message = "Resource protected by organization SAML enforcement. You must grant your \
                   Personal Access token access to this organization.";
    let place = format!(
        "{}/orgs/{SSO_ORGANIZATION}/sso?authorization_request=AZSCKtL4U8yX1H3sCQIVnVgmjmon5fWxks5Y",
        caller.site.web()
    );
    let page = "/authentication/authenticating-to-the-rest-api";
    Answer::refusal(403, message, page)
        .header("x-github-sso", format!("required; url={place}"))
        .needs("repo", "metadata=read")
}

/// Refuses a token that lacks a permission on a private repository, or for a change on any.
fn permit(
    caller: &Caller,
    repository: &Repository,
    wanted: &'static str,
    page: &str,
) -> Result<(), Answer> {
    let Some(account) = &caller.account else { return Ok(()) };
    let open = !repository.private && wanted.ends_with("=read");
    if open || account.permits(wanted) {
        return Ok(());
    }
    let message = if account.is_installation() {
        "Resource not accessible by integration"
    } else {
        "Resource not accessible by personal access token"
    };
    Err(Answer::refusal(403, message, page).needs("repo", wanted))
}

fn show(caller: &Caller, repository: &Repository) -> Result<Answer, Answer> {
    permit(caller, repository, "metadata=read", REPOSITORY_PAGE)?;
    let shape = shapes::repository(repository, &caller.site);
    Ok(Answer::json(&shape).needs("repo", "metadata=read"))
}

fn list(caller: &Caller, repository: &Repository, query: &Parameters) -> Result<Answer, Answer> {
    permit(caller, repository, "issues=read", ISSUES_PAGE)?;
    let listing = Listing::parse(query)
        .map_err(|field| invalid(&[("Issue", field, "invalid")], ISSUES_PAGE))?;
    let page = repository.issues.lock().unwrap().page(repository, &caller.site, listing);
    let place = format!("{}/repositories/{}/issues", caller.site.base, repository.id);
    let answer = Answer::ok(page.body).needs("repo", "issues=read; pull_requests=read");
    Ok(match links(&place, query, page.number, page.last) {
        Some(link) => answer.header("link", link),
        None => answer,
    })
}

fn create(caller: &Caller, repository: &Repository, body: &[u8]) -> Result<Answer, Answer> {
    if caller.account.is_none() {
        return Err(Answer::refusal(401, "Requires authentication", CREATE_PAGE));
    }
    permit(caller, repository, "issues=write", CREATE_PAGE)?;
    let problem = || Answer::refusal(400, "Problems parsing JSON", CREATE_PAGE);
    let input: Value = serde_json::from_slice(body).map_err(|_| problem())?;
    let title = input["title"].as_str().filter(|title| !title.is_empty());
    let missing = || invalid(&[("Issue", "title", "missing_field")], CREATE_PAGE);
    let title = title.ok_or_else(missing)?;
    let shape = repository.issues.lock().unwrap().create(repository, &caller.site, title);
    Ok(Answer::json(&shape).status(201).needs("repo", "issues=write"))
}

fn invalid(errors: &[(&str, &str, &str)], page: &str) -> Answer {
    let error = |(resource, field, code): &(&str, &str, &str)| json!({ "resource": resource, "field": field, "code": code });
    let body = json!({
        "message": "Validation Failed",
        "errors": errors.iter().map(error).collect::<Vec<_>>(),
        "documentation_url": format!("https://docs.github.com/rest{page}"),
        "status": "422",
    });
    Answer::json(&body).status(422).needs("repo", "issues=read")
}
