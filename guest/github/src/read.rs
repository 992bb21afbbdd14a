//! Pages of a stream. Records pass through as GitHub wrote them.
//!
//! `issues` come latest change first. In ascending order, an issue that changes while the pages are
//! read moves to the end, every later one moves up by one place, and the first of the next page is
//! never seen. In descending order it moves to the front, and one issue is seen twice; the change
//! itself comes with the next run, because that asks for what changed since the *first* page was read.
//!
//! Issues that were deleted or moved to another repository are not reported: GitHub's list does not
//! name them.

use jackfield_guest::{
    Failure, Page, Progress, ReadRequest, Request, Response, Timestamp, Warning, text, time,
};
use serde::Deserialize;

use crate::api::Api;
use crate::cursor::Cursor;
use crate::repository::Repository;
use crate::token::Kind;
use crate::wire;

/// Records that GitHub puts on a page, at most.
const PAGE: u32 = 100;

/// The parameters of the stream `issues`.
#[derive(Deserialize)]
struct IssuesOf {
    repository: String,
}

/// One page of the repositories that the token reaches, by name.
pub(crate) fn repositories(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    let cursor = Cursor::read(request.cursor.as_deref(), "repositories", None)?;
    let first = || {
        let listed = if api.kind == Kind::Installation {
            Request::get("api").segments(["installation", "repositories"])
        } else {
            Request::get("api").segments(["user", "repos"]).query("sort", "full_name")
        };
        listed.query("per_page", request.limit.clamp(1, PAGE))
    };
    let response = api.ask(resume(&cursor, first), None)?;
    page(&response, cursor, request.limit, |_| None)
}

/// One page of the issues and pull requests of one repository, latest change first.
pub(crate) fn issues(api: &Api, request: &ReadRequest) -> Result<Page, Failure> {
    let parameters: IssuesOf = request.parse_parameters()?;
    let repository = Repository::parse(&parameters.repository, &api.site)?;
    let name = repository.full_name();
    let cursor = Cursor::read(request.cursor.as_deref(), "issues", Some(&name))?;
    let first = || {
        let listed = Request::get("api")
            .segments(["repos", &repository.owner, &repository.name, "issues"])
            .query("state", "all")
            .query("sort", "updated")
            .query("direction", "desc")
            .query("per_page", request.limit.clamp(1, PAGE));
        match cursor.since {
            Some(since) => listed.query("since", time::to_rfc3339(since)),
            None => listed,
        }
    };
    let response = api.ask(resume(&cursor, first), Some(&name))?;
    page(&response, cursor, request.limit, |cursor| cursor.next_run().map(|next| next.write()))
}

fn resume<'a>(cursor: &Cursor, first: impl FnOnce() -> Request<'a>) -> Request<'a> {
    cursor.next.as_ref().map_or_else(first, Request::link)
}

/// The page in the answer: at most `limit` records after those that the cursor says were handed over.
/// `done` makes the cursor to keep when nothing follows.
fn page(
    response: &Response,
    cursor: Cursor,
    limit: u32,
    done: impl FnOnce(&Cursor) -> Option<String>,
) -> Result<Page, Failure> {
    let skip = usize::try_from(cursor.skip).unwrap_or(usize::MAX);
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let mut records = wire::records(response)?;
    let mut page = Page::empty();
    let mut newest = cursor.newest;
    for record in records.by_ref().take(skip) {
        record?;
    }
    for record in records.by_ref().take(limit) {
        let record = record?;
        let updated_at = record.fields.updated_at();
        // Only the very first record of a run says how far the run reaches.
        newest = newest.or(updated_at);
        page.upsert(record.fields.id.to_string(), updated_at, record.text);
    }
    page.warnings.extend(partial(response));
    page.progress = if records.next().transpose()?.is_some() {
        let next = cursor.next.clone();
        let skip = u32::try_from(skip.saturating_add(limit)).unwrap_or(u32::MAX);
        Progress::More(cursor.moved(newest, next, skip).write())
    } else {
        after(response, cursor, newest, done)?
    };
    Ok(page)
}

fn after(
    response: &Response,
    cursor: Cursor,
    newest: Option<Timestamp>,
    done: impl FnOnce(&Cursor) -> Option<String>,
) -> Result<Progress, Failure> {
    match &response.next {
        Some(link) if cursor.next.as_ref() == Some(link) => Err(Failure::new(
            jackfield_guest::Cause::Protocol,
            "GitHub's link to the next page leads to the same page again.",
        )
        .based_on(response, &["link", "x-github-request-id"])),
        Some(link) => Ok(Progress::More(cursor.moved(newest, Some(link.clone()), 0).write())),
        None => Ok(Progress::CaughtUp(done(&cursor.moved(newest, None, 0)))),
    }
}

/// What `x-github-sso: partial-results; organizations=1,2` means on a success: records are missing.
pub(crate) fn partial(response: &Response) -> Option<Warning> {
    let value =
        response.header("x-github-sso").filter(|value| value.starts_with("partial-results"))?;
    let organizations = value.split_once("organizations=").map_or("", |(_, ids)| ids);
    let ids = text::quote(organizations, 200);
    Some(
        Warning::new(
            "partial-results",
            format!(
                "GitHub left out what belongs to organizations with single sign-on for \
             which the token is not authorized (their ids: {ids})."
            ),
        )
        .remedy(
            "Authorize the token for single sign-on of these organizations, in GitHub's \
         list of tokens.",
        ),
    )
}

#[cfg(test)]
mod tests;
