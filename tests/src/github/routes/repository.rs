//! Repositories, by name and by number, and what is created in them.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{Method, Uri};
use serde_json::{Value, json};

use super::{Caller, From, organization};
use crate::github::account::{Account, Kind};
use crate::github::answer::Answer;
use crate::github::shapes;
use crate::github::world::Repository;

const REPOSITORY_PAGE: &str = "/repos/repos#get-a-repository";
const CREATE_PAGE: &str = "/issues/issues#create-an-issue";

/// What a path names: `owner` and `name`, or `id`.
pub(super) type Names = Path<HashMap<String, String>>;

/// Who asks for what.
pub(super) struct Asked<'a> {
    pub(super) caller: &'a Caller,
    pub(super) names: &'a Names,
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    /// The page of GitHub's documentation that a refusal names.
    pub(super) page: &'static str,
}

impl Asked<'_> {
    /// The repository that the path names, where the caller may see it. One that has another name now
    /// is answered by a redirect to its number, which keeps the method where it is not a read.
    pub(super) fn repository(&self) -> Result<Arc<Repository>, Answer> {
        let world = &self.caller.world;
        if let Some(id) = self.names.get("id") {
            let found = id.parse().ok().and_then(|id| world.numbered(id));
            return visible(self.caller, found, self.page);
        }
        let [owner, name] = ["owner", "name"].map(|part| self.names[part].as_str());
        match world.renamed(owner, name) {
            Some(id) => {
                visible(self.caller, world.numbered(id), self.page)?;
                Err(self.moved_to(id))
            }
            None => visible(self.caller, world.named(owner, name), self.page),
        }
    }

    fn moved_to(&self, id: u64) -> Answer {
        // `/repos/OWNER/NAME/below`
        let below = self.uri.path().splitn(5, '/').nth(4);
        let below = below.map(|below| format!("/{below}")).unwrap_or_default();
        let query = self.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let place = format!("{}/repositories/{id}{below}{query}", self.caller.site.base);
        moved(&place, matches!(*self.method, Method::GET | Method::HEAD))
    }
}

pub(super) async fn show(
    Extension(caller): From,
    names: Names,
    method: Method,
    uri: Uri,
) -> Result<Answer, Answer> {
    let page = REPOSITORY_PAGE;
    let asked = Asked { caller: &caller, names: &names, method: &method, uri: &uri, page };
    let repository = asked.repository()?;
    permit(&caller, &repository, "metadata=read", page)?;
    let shape = shapes::repository(&repository, &caller.site);
    Ok(Answer::json(&shape).needs("repo", "metadata=read"))
}

pub(super) async fn create_issue(
    Extension(caller): From,
    names: Names,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Result<Answer, Answer> {
    let page = CREATE_PAGE;
    let asked = Asked { caller: &caller, names: &names, method: &method, uri: &uri, page };
    create(&caller, &*asked.repository()?, &body)
}

fn moved(place: &str, is_read: bool) -> Answer {
    let (status, message) =
        if is_read { (301, "Relocation Permanently") } else { (307, "Temporary Redirect") };
    let body = json!({
        "message": message,
        "url": place,
        "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
    });
    Answer::json(&body).status(status).header("location", place).needs("repo", "metadata=read")
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
    let reached = account.reaches(&repository.owner);
    if !repository.private || reached {
        organization::admit(caller, &repository.owner)?;
    }
    if account.lacks_sign_on(&repository.owner) {
        return Err(
            organization::sso_required(caller, &repository.owner).needs("repo", "metadata=read")
        );
    }
    if repository.private && !reached { Err(hidden()) } else { Ok(repository) }
}

/// Refuses a token that lacks a permission on a private repository, or for a change on any.
pub(super) fn permit(
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
    Err(not_accessible(account, page).needs("repo", wanted))
}

/// What a token is answered that lacks a permission.
pub(super) fn not_accessible(account: &Account, page: &str) -> Answer {
    let what = match account.kind {
        Kind::AppUser | Kind::Installation => "integration",
        Kind::Classic | Kind::OAuth | Kind::FineGrained => "personal access token",
    };
    Answer::refusal(403, &format!("Resource not accessible by {what}"), page)
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

pub(super) fn invalid(errors: &[(&str, &str, &str)], page: &str) -> Answer {
    let error = |(resource, field, code): &(&str, &str, &str)| json!({ "resource": resource, "field": field, "code": code });
    let body = json!({
        "message": "Validation Failed",
        "errors": errors.iter().map(error).collect::<Vec<_>>(),
        "documentation_url": format!("https://docs.github.com/rest{page}"),
        "status": "422",
    });
    Answer::json(&body).status(422).needs("repo", "issues=read")
}
