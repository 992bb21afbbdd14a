//! What a repository has in lists.

use axum::Extension;
use axum::http::{Method, Uri};

use super::repository::{Asked, Names, invalid, permit};
use super::{From, Parameters, paging};
use crate::github::answer::Answer;
use crate::github::commits::{self, Range};
use crate::github::issues::Listing;

const ISSUES_PAGE: &str = "/issues/issues#list-repository-issues";
const PULLS_PAGE: &str = "/pulls/pulls#list-pull-requests";
const COMMITS_PAGE: &str = "/commits/commits#list-commits";

pub(super) async fn issues(
    Extension(caller): From,
    names: Names,
    method: Method,
    uri: Uri,
    query: Parameters,
) -> Result<Answer, Answer> {
    let page = ISSUES_PAGE;
    let asked = Asked { caller: &caller, names: &names, method: &method, uri: &uri, page };
    let listing = Listing::parse(&query).map_err(|field| ("Issue", field));
    changing(&asked, listing, &query, "issues", "issues=read")
}

pub(super) async fn pulls(
    Extension(caller): From,
    names: Names,
    method: Method,
    uri: Uri,
    query: Parameters,
) -> Result<Answer, Answer> {
    let page = PULLS_PAGE;
    let asked = Asked { caller: &caller, names: &names, method: &method, uri: &uri, page };
    let listing = Listing::parse_pulls(&query).map_err(|field| ("PullRequest", field));
    changing(&asked, listing, &query, "pulls", "pull_requests=read")
}

/// A page of issues or of pull requests.
fn changing(
    asked: &Asked<'_>,
    listing: Result<Listing, (&str, &str)>,
    query: &Parameters,
    list: &str,
    permission: &'static str,
) -> Result<Answer, Answer> {
    let (caller, repository) = (asked.caller, asked.repository()?);
    permit(caller, &repository, permission, asked.page)?;
    let wrong = |(resource, field)| invalid(&[(resource, field, "invalid")], asked.page);
    let listing = listing.map_err(wrong)?;
    let page = repository.issues.lock().unwrap().page(&repository, &caller.site, listing);
    let place = format!("{}/repositories/{}/{list}", caller.site.base, repository.id);
    let link = paging::links(&place, query, page.number, page.last);
    Ok(paging::linked(Answer::ok(page.body), link).needs("repo", permission))
}

pub(super) async fn commits(
    Extension(caller): From,
    names: Names,
    method: Method,
    uri: Uri,
    query: Parameters,
) -> Result<Answer, Answer> {
    const PERMISSION: &str = "contents=read";
    let page = COMMITS_PAGE;
    let asked = Asked { caller: &caller, names: &names, method: &method, uri: &uri, page };
    let repository = asked.repository()?;
    permit(&caller, &repository, PERMISSION, page)?;
    let range = Range::parse(&query)
        .map_err(|field| invalid(&[("Commit", field, "invalid")], COMMITS_PAGE))?;
    let commits = repository.commits.lock().unwrap();
    if commits.is_empty() {
        let empty = Answer::refusal(409, "Git Repository is empty.", page);
        return Err(empty.needs("repo", PERMISSION));
    }
    let hidden = || Answer::not_found(page).needs("repo", PERMISSION);
    let found = commits.of(&range).ok_or_else(hidden)?;
    let place = format!("{}/repositories/{}/commits", caller.site.base, repository.id);
    let shape = |commit: &_| commits::shape(commit, &repository, &caller.site);
    Ok(paging::answer(&found, shape, &place, &query).needs("repo", PERMISSION))
}
