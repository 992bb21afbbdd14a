//! What each stream asks GitHub for. Records pass through as GitHub wrote them.
//!
//! | stream | asked | key | a later run brings |
//! |---|---|---|---|
//! | `repositories` | `/user/repos`, `/installation/repositories` | `id` | all, or nothing if none changed |
//! | `organizations` | `/user/orgs` | `id` | all, or nothing if none changed |
//! | `members` | `/orgs/ORG/members` | `id` | all, or nothing if none changed |
//! | `issues` | `/repos/O/R/issues`, latest change first | `id` | what changed since |
//! | `pull_requests` | `/repos/O/R/pulls`, latest change first | `id` | what changed since |
//! | `commits` | `/repos/O/R/commits`, from the head back | `sha` | what was committed since |
//!
//! Issues and pull requests come latest change first. In ascending order, one that changes while the
//! pages are read moves to the end, every later one moves up by one place, and the first of the next
//! page is never seen. In descending order it moves to the front, and one record is seen twice; the
//! change itself comes with the next run, because that asks for what changed since the *first* page
//! was read. The list of pull requests takes no `since`: a later run stops at the first that is older.
//!
//! What is no longer in a list is not reported: GitHub's lists do not name it. Commits have the date of
//! the committer's clock: those that a merge brings in, and whose date lies before the latest commit
//! of the last run, do not come with a later run.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure, Page, Progress, ReadRequest, Request, host, time};
use serde::Deserialize;

use crate::advice;
use crate::api::Api;
use crate::cursor::{Cursor, Scope};
use crate::diagnose::{About, EMPTY_REPOSITORY};
use crate::organization;
use crate::repository::Repository;
use crate::token::Kind;
use crate::wire::Key;

pub(crate) use self::page::partial;
use self::page::{Keeps, Listing};

mod link;
mod page;

/// The parameters of `issues` and `pull_requests`.
#[derive(Deserialize)]
struct OfRepository {
    repository: String,
}

/// The parameters of `commits`.
#[derive(Deserialize)]
struct OfBranch {
    repository: String,
    #[serde(default)]
    branch: Option<String>,
}

/// The parameters of `members`.
#[derive(Deserialize)]
struct OfOrganization {
    #[serde(default)]
    organization: Option<String>,
}

const BRANCH: Diagnosis = Diagnosis {
    code: "branch-malformed",
    means: "The branch is not a name that Git allows.",
    advice: &[Advice {
        text: "Enter the branch as it stands on the repository's page, or leave it empty.",
        page: None,
    }],
};

const NO_ORGANIZATION: Diagnosis = Diagnosis {
    code: "organization-unnamed",
    means: "No organization is named, neither with the stream nor in the connection's settings.",
    advice: &[Advice { text: "Name the organization whose members are wanted.", page: None }],
};

const NONE_SHOWN: Diagnosis = Diagnosis {
    code: "organizations-hidden",
    means: "GitHub lists no organizations to fine-grained tokens.",
    advice: &[Advice {
        text: "To list organizations, use a classic token with the scope read:org.",
        page: Some("https://github.com/settings/tokens/new?scopes=read:org"),
    }],
};

/// Every diagnosis of a read that no refusal has.
#[cfg(test)]
pub(crate) const TABLE: &[&Diagnosis] = &[
    &crate::repository::MALFORMED,
    &organization::MALFORMED,
    &NO_ORGANIZATION,
    &BRANCH,
    &crate::address::ANOTHER_SITE,
    &crate::cursor::UNUSABLE,
    &page::PARTIAL,
    &NONE_SHOWN,
    &page::CIRCLE,
    &page::LONG_LINK,
    &page::SKIPPED,
    &crate::wire::WITHOUT_KEY,
];

/// One page of the stream that the request names.
pub(crate) fn read(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    match request.stream.as_str() {
        "repositories" => repositories(api, request),
        "organizations" => organizations(api, request),
        "members" => members(api, request),
        "issues" => issues(api, request),
        "pull_requests" => pull_requests(api, request),
        "commits" => commits(api, request),
        other => Err(Failure::unsupported(&format!("read the stream `{other}`"))),
    }
}

fn repositories(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    let cursor = Cursor::read(request, Scope::default())?;
    let first = if api.kind == Kind::Installation {
        Request::get("api").segments(["installation", "repositories"])
    } else {
        Request::get("api").segments(["user", "repos"]).query("sort", "full_name")
    };
    Listing::new(About::Account, Keeps::OnlyPage).page(api, cursor, first, request)
}

fn organizations(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    let cursor = Cursor::read(request, Scope::default())?;
    let begins = cursor.begins();
    let first = Request::get("api").segments(["user", "orgs"]);
    let listing = Listing::new(About::Account, Keeps::OnlyPage);
    let mut page = listing.page(api, cursor, first, request)?;
    let shows_none = begins && page.changes.is_empty() && request.cursor.is_none();
    if shows_none && api.kind == Kind::FineGrained {
        page.warnings.push(advice::warning(&NONE_SHOWN, &api.site));
    }
    Ok(page)
}

fn members(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    const POINTER: &str = "/parameters/organization";
    let parameters: OfOrganization = request.parse_parameters()?;
    let named = parameters.organization.filter(|text| !text.trim().is_empty());
    let login = match (named, &api.organization) {
        (Some(text), _) => organization::parse(&text, &api.site, POINTER)?,
        (None, Some(login)) => login.clone(),
        (None, None) => {
            let failure = advice::failure(&NO_ORGANIZATION, &api.site, Cause::InvalidInput);
            return Err(failure.field(POINTER, NO_ORGANIZATION.means));
        }
    };
    let scope = Scope { organization: Some(login.clone()), ..Scope::default() };
    let cursor = Cursor::read(request, scope)?;
    let first = Request::get("api").segments(["orgs", login.as_str(), "members"]);
    let listing = Listing::new(About::Organization(&login), Keeps::OnlyPage);
    listing.page(api, cursor, first, request)
}

fn issues(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    let (repository, name) = repository_of(api, request)?;
    let cursor = Cursor::read(request, Scope::repository(&name))?;
    let first = since(by_change(&repository, "issues"), &cursor);
    let listing =
        Listing { latest: host::now(), ..Listing::new(About::Repository(&name), Keeps::Reach) };
    listing.page(api, cursor, first, request)
}

fn pull_requests(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    let (repository, name) = repository_of(api, request)?;
    let cursor = Cursor::read(request, Scope::repository(&name))?;
    let first = by_change(&repository, "pulls");
    let listing = Listing {
        stops_before: cursor.since,
        latest: host::now(),
        ..Listing::new(About::Repository(&name), Keeps::ReachAndFirstPage)
    };
    listing.page(api, cursor, first, request)
}

/// A repository without a commit has none; GitHub calls that a conflict.
fn commits(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    let parameters: OfBranch = request.parse_parameters()?;
    let repository = Repository::parse(&parameters.repository, &api.site)?;
    let name = repository.full_name();
    let branch = parameters.branch.map(|text| text.trim().to_owned()).filter(|it| !it.is_empty());
    if branch.as_deref().is_some_and(|branch| !is_branch(branch)) {
        let failure = advice::failure(&BRANCH, &api.site, Cause::InvalidInput);
        return Err(failure.field("/parameters/branch", BRANCH.means));
    }
    let scope = Scope { branch: branch.clone(), ..Scope::repository(&name) };
    let cursor = Cursor::read(request, scope)?;
    let first =
        Request::get("api").segments(["repos", &repository.owner, &repository.name, "commits"]);
    let first = match &branch {
        Some(branch) => first.query("sha", branch),
        None => first,
    };
    let first = since(first, &cursor);
    let begun = cursor.clone();
    let listing = Listing {
        key: Key::Sha,
        latest: host::now(),
        ..Listing::new(About::Repository(&name), Keeps::Reach)
    };
    listing.page(api, cursor, first, request).or_else(|failure| match failure.cause {
        Cause::Conflict if failure.code == EMPTY_REPOSITORY.code => {
            let kept = begun.next_run().map(|next| next.write());
            Ok(Page { progress: Progress::CaughtUp(kept), ..Page::empty() })
        }
        Cause::NotFound if branch.is_some() => {
            Err(failure.remedy("Check the name of the branch, or leave it empty."))
        }
        _ => Err(failure),
    })
}

fn repository_of(api: &Api, request: &ReadRequest) -> Result<(Repository, String), Failure> {
    let parameters: OfRepository = request.parse_parameters()?;
    let repository = Repository::parse(&parameters.repository, &api.site)?;
    let name = repository.full_name();
    Ok((repository, name))
}

fn by_change(repository: &Repository, list: &str) -> Request<'static> {
    Request::get("api")
        .segments(["repos", &repository.owner, &repository.name, list])
        .query("state", "all")
        .query("sort", "updated")
        .query("direction", "desc")
}

fn since<'a>(request: Request<'a>, cursor: &Cursor) -> Request<'a> {
    match cursor.since {
        Some(since) => request.query("since", time::to_rfc3339(since)),
        None => request,
    }
}

/// Whether Git allows the name (git-check-ref-format), as far as it can be told from the characters.
fn is_branch(name: &str) -> bool {
    let forbidden =
        |letter: char| letter.is_control() || letter.is_whitespace() || "~^:?*[\\".contains(letter);
    name.len() <= 255 && !name.contains(forbidden) && !name.contains("..") && !name.starts_with('-')
}

#[cfg(test)]
mod tests;
