//! The stream `issues`: oldest change first, and from then on what changed since.
//!
//! An issue that changes while the pages are read moves to the end, and everything behind it moves
//! up by one place. By offset, the first issue of the next page would then never be seen.
//!
//! - Cloud's page token holds the place behind the last issue of the page, not a number, so nothing
//!   is missed. It is good for one JQL only, and for seven days or so; one that Jira knows no more
//!   is dropped, and the run goes on from the latest change that it has seen.
//! - On Data Center the next page asks for what changed at or after the last issue of this one, and
//!   counts an offset only among issues of the same second. Some issues are seen twice, none is
//!   missed, and no offset grows beyond the window that a search has.
//!
//! Dates in the future, which imports bring, count as now: they would keep later runs from seeing
//! anything.

use jackfield_guest::{Failure, Page, Progress, ReadRequest, Response, Warning, record, text};
use serde::Deserialize;

use super::{PAGE, Taken, take};
use crate::api::Api;
use crate::cursor::Cursor;
use crate::diagnose::{About, PAGE_TOKEN_EXPIRED, local};
use crate::query::Query;
use crate::settings::Deployment;
use crate::wire::{Found, Issue};

/// All fields that an issue's list can show, and those that are not surely among them.
const FIELDS: &str = "*navigable,updated,description";

/// The parameters of the stream.
#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    project: Option<String>,
    #[serde(default)]
    jql: Option<String>,
}

/// One page of the issues that the account may see, oldest change first.
pub(crate) fn issues(api: &Api<'_>, request: &ReadRequest) -> Result<Page, Failure> {
    let parameters: Parameters = request.parse_parameters()?;
    let query = Query::new(parameters.project.as_deref(), parameters.jql.as_deref())?;
    let text = request.cursor.as_deref();
    let cursor = Cursor::read(text, "issues", api.deployment, query.conditions())?;
    match api.deployment {
        Deployment::Cloud => of_cloud(api, request, &query, cursor),
        Deployment::DataCenter => of_data_center(api, request, &query, cursor),
    }
}

fn of_cloud(
    api: &Api<'_>,
    request: &ReadRequest,
    query: &Query,
    mut cursor: Cursor,
) -> Result<Page, Failure> {
    let response = match ask_cloud(api, request, query, &cursor) {
        Err(failure) if failure.code == PAGE_TOKEN_EXPIRED && cursor.token.is_some() => {
            cursor = cursor.without_token();
            ask_cloud(api, request, query, &cursor)?
        }
        asked => asked?,
    };
    api.read(
        &response,
        (|| {
            let found: Found<'_> = response.json()?;
            let (mut page, taken) = page(api, &found, cursor.skip, request.limit)?;
            let token = found.next_page_token.as_deref().filter(|token| !token.is_empty());
            page.progress = match token.filter(|_| found.is_last != Some(true)) {
                _ if taken.more => Progress::More(cursor.within(taken.step)?.write()?),
                Some(token) => Progress::More(cursor.at_token(token, taken.step)?.write()?),
                None => Progress::CaughtUp(cursor.next_run(taken.step)),
            };
            Ok(page)
        })(),
    )
}

fn ask_cloud(
    api: &Api<'_>,
    request: &ReadRequest,
    query: &Query,
    cursor: &Cursor,
) -> Result<Response, Failure> {
    let asked = api
        .get(&["search", "jql"])
        .query("jql", query.since(cursor.from))
        .query("fields", FIELDS)
        .query("maxResults", request.limit.clamp(1, PAGE));
    let asked = match &cursor.token {
        Some(token) => asked.query("nextPageToken", token),
        None => asked,
    };
    api.ask(asked, About::Issues { conditions: query.conditions() })
}

fn of_data_center(
    api: &Api<'_>,
    request: &ReadRequest,
    query: &Query,
    cursor: Cursor,
) -> Result<Page, Failure> {
    let asked = api
        .get(&["search"])
        .query("jql", query.since(cursor.from))
        .query("fields", FIELDS)
        .query("startAt", cursor.start)
        .query("maxResults", request.limit.clamp(1, PAGE));
    let response = api.ask(asked, About::Issues { conditions: query.conditions() })?;
    api.read(
        &response,
        (|| {
            let found: Found<'_> = response.json()?;
            let (mut page, taken) = page(api, &found, 0, request.limit)?;
            let reached = cursor.start.saturating_add(taken.step.count);
            let all = found.total.is_some_and(|total| reached >= total);
            page.progress = if !taken.more && (taken.step.count == 0 || all) {
                Progress::CaughtUp(cursor.next_run(taken.step))
            } else {
                Progress::More(cursor.at_change(taken.last, taken.step)?.write()?)
            };
            Ok(page)
        })(),
    )
}

/// The page, and what was taken besides its records.
fn page(api: &Api<'_>, found: &Found<'_>, skip: u64, limit: u32) -> Result<(Page, Taken), Failure> {
    let records = record::list::<Issue<'_>>(found.issues.get())?;
    let key = |issue: Issue<'_>| {
        let updated_at = issue.updated_at();
        Some((issue.id, updated_at))
    };
    let mut taken = take(records, skip, limit, key)?;
    let now = api.setup.now;
    taken.step.newest = taken.step.newest.map(|newest| newest.min(now));
    taken.last = taken.last.map(|last| last.min(now));
    let mut page = std::mem::replace(&mut taken.page, Page::empty());
    page.warnings.extend(warning(found));
    Ok((page, taken))
}

/// What Jira warns of, in one sentence.
fn warning(found: &Found<'_>) -> Option<Warning> {
    let messages = found.warning_messages.as_ref().filter(|messages| !messages.is_empty())?;
    Some(local::search_warning(&text::quote(&messages.join(" "), 300)))
}
