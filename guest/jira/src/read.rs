//! Pages of a stream. Records pass through as Jira wrote them.
//!
//! | stream | Cloud | Data Center | key |
//! |---|---|---|---|
//! | `projects` | `project/search`, by offset | `project`, all in one answer | `id` |
//! | `users` | `users/search`, by offset until a page is empty | `user/search`, by offset until a page is empty | `accountId`, or `key` |
//! | `issues` | `search/jql`, by page token | `search`, by the last change | `id` |
//!
//! A page hands over at most what was asked for; what an answer has more is handed over by the next
//! one. The offset moves by the records that came, never by those that were asked for: a server may
//! allow less. What a server says of the end counts only where the records bear it out.
//!
//! A response that is too large for the host is the host's failure, so that the host asks for fewer. Where
//! one record was asked for, it is named, and left out if the request says so.

use jackfield_guest::record::Records;
use jackfield_guest::{Cause, Failure, Page, Progress, ReadRequest, Response, Retry, Timestamp};
use serde::Deserialize;

use crate::api::Api;
use crate::cursor::{Cursor, Step, digest};
use crate::diagnose::{About, local};
use crate::settings::Deployment;
use crate::wire::{Project, User, Values};

mod issues;
mod search;

pub(crate) use issues::issues;

/// Records that a page has, at most: Cloud's cap for projects, and for issues with all their
/// fields.
const PAGE: u32 = 100;

/// Records that are asked for where so many are wanted.
fn size(limit: u32) -> u32 {
    limit.clamp(1, PAGE)
}

/// One page of the projects that the account may browse, by key.
pub(crate) fn projects(api: &Api<'_>, request: &ReadRequest) -> Result<Page, Failure> {
    let cursor = Cursor::read(request.cursor.as_deref(), "projects", api.deployment, "")?;
    match api.deployment {
        Deployment::Cloud => projects_of_cloud(api, request, cursor),
        Deployment::DataCenter => projects_of_data_center(api, request, cursor),
    }
}

fn projects_of_cloud(
    api: &Api<'_>,
    request: &ReadRequest,
    cursor: Cursor,
) -> Result<Page, Failure> {
    let asked = api
        .get(&["project", "search"])
        .query("startAt", cursor.start)
        .query("maxResults", size(request.limit))
        .query("orderBy", "key");
    let response = match api.ask(asked, About::Projects) {
        Err(failure) if is_one_record(&failure, request) => {
            return without(request, cursor, failure, "project");
        }
        asked => asked?,
    };
    api.read(
        &response,
        (|| {
            let values: Values<'_> = response.json()?;
            let records = jackfield_guest::record::list(values.values.get())?;
            let taken = take(records, 0, request.limit, project)?;
            let end = End {
                said: values.is_last,
                total: values.total,
                size: values.size(size(request.limit)),
            };
            by_offset(taken, cursor, &end)
        })(),
    )
}

fn projects_of_data_center(
    api: &Api<'_>,
    request: &ReadRequest,
    cursor: Cursor,
) -> Result<Page, Failure> {
    let response = api.ask(api.get(&["project"]), About::Projects)?;
    api.read(
        &response,
        (|| {
            let mut taken = take(response.records()?, cursor.start, request.limit, project)?;
            let page = std::mem::replace(&mut taken.page, Page::empty());
            let progress = match taken.more {
                true => Progress::More(cursor.at_offset(taken.step)?.write()?),
                false => Progress::CaughtUp(None),
            };
            Ok(Page { progress, ..page })
        })(),
    )
}

fn project(project: Project) -> Option<(String, Option<Timestamp>)> {
    Some((project.id, None))
}

/// One page of the accounts that the account may see.
pub(crate) fn users(api: &Api<'_>, request: &ReadRequest) -> Result<Page, Failure> {
    let cursor = Cursor::read(request.cursor.as_deref(), "users", api.deployment, "")?;
    let response = match users_from(api, cursor.start, size(request.limit)) {
        Err(failure) if is_one_record(&failure, request) => {
            return without(request, cursor, failure, "user");
        }
        asked => asked?,
    };
    api.read(
        &response,
        (|| {
            let key = |user: User| user.id().map(|id| (id, None));
            let taken = take(response.records()?, 0, request.limit, key)?;
            by_offset(taken, cursor, &End { said: None, total: None, size: u64::MAX })
        })(),
    )
}

fn users_from(api: &Api<'_>, start: u64, size: u32) -> Result<Response, Failure> {
    let asked = match api.deployment {
        Deployment::Cloud => api.get(&["users", "search"]),
        // Data Center has no list of all; every name or address has a full stop or matches it.
        Deployment::DataCenter => {
            api.get(&["user", "search"]).query("username", ".").query("includeInactive", true)
        }
    };
    api.ask(asked.query("startAt", start).query("maxResults", size), About::Users)
}

/// What was taken of a list.
struct Taken {
    page: Page,
    step: Step,
    /// Whether the list has more after it.
    more: bool,
}

/// At most `limit` records after the first `skip`, and at least one where there is one. `key` gives
/// a record's key and its last change.
fn take<'a, T: Deserialize<'a>>(
    mut records: Records<'a, T>,
    skip: u64,
    limit: u32,
    key: impl Fn(T) -> Option<(String, Option<Timestamp>)>,
) -> Result<Taken, Failure> {
    let mut taken = Taken { page: Page::empty(), step: Step::default(), more: false };
    for record in records.by_ref().take(usize::try_from(skip).unwrap_or(usize::MAX)) {
        record?;
        taken.step.passed += 1;
    }
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    for record in records.by_ref().take(limit) {
        let record = record?;
        let (id, changed) =
            key(record.fields).filter(|(id, _)| !id.trim().is_empty()).ok_or_else(without_id)?;
        taken.step.count += 1;
        taken.step.digest = digest(taken.step.digest, &id);
        taken.step.end = digest(0, &id);
        taken.step.newest = taken.step.newest.max(changed);
        taken.step.last = changed;
        taken.page.upsert(id, changed, record.text);
    }
    taken.more = records.next().transpose()?.is_some();
    Ok(taken)
}

/// What a server says of the end of a list.
struct End {
    /// Whether this page is the last.
    said: Option<bool>,
    /// Records in all.
    total: Option<u64>,
    /// Records that a page has at most.
    size: u64,
}

impl End {
    /// Whether nothing follows a page of so many records from `start` on. A page that is shorter than
    /// it may be bears out that it is the last; a full one does not.
    fn reached(&self, start: u64, count: u64) -> bool {
        let whole = self.total.is_some_and(|total| start.saturating_add(count) >= total);
        let last = whole || (self.said == Some(true) && self.total.is_none());
        match count {
            0 => last || self.total.is_none(),
            _ => last && count < self.size,
        }
    }
}

fn by_offset(taken: Taken, cursor: Cursor, end: &End) -> Result<Page, Failure> {
    let Taken { mut page, step, more } = taken;
    page.progress = if !more && end.reached(cursor.start, step.count) {
        Progress::CaughtUp(None)
    } else if step.count == 0 {
        Progress::More(cursor.past(end.size)?.write()?)
    } else {
        Progress::More(cursor.at_offset(step)?.write()?)
    };
    Ok(page)
}

/// Whether the response to a request for one record is too large for the host.
fn is_one_record(failure: &Failure, request: &ReadRequest) -> bool {
    failure.cause == Cause::TooLarge && request.limit <= 1
}

/// The page without the record at the cursor, which is too large, where the request says so. Its place
/// is all that is known of it.
fn without(
    request: &ReadRequest,
    cursor: Cursor,
    failure: Failure,
    noun: &str,
) -> Result<Page, Failure> {
    let record = format!("The {noun} at place {} of the list", cursor.start.saturating_add(1));
    if !request.skip_oversized {
        return Err(local::record_too_large(failure, &record));
    }
    let mut page = Page::empty();
    page.warnings.push(local::record_skipped(&record));
    page.progress = Progress::More(cursor.past(1)?.write()?);
    Ok(page)
}

fn without_id() -> Failure {
    local::NO_RECORD_KEY.failure(Cause::Protocol).retry(Retry::Backoff)
}

#[cfg(test)]
mod tests;
