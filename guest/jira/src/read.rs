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
//! allow less.

use jackfield_guest::record::Records;
use jackfield_guest::{Cause, Failure, Page, Progress, ReadRequest, Retry, Timestamp};
use serde::Deserialize;

use crate::api::Api;
use crate::cursor::{Cursor, Step, digest};
use crate::diagnose::{About, local};
use crate::settings::Deployment;
use crate::wire::{Project, User, Values};

mod issues;

pub(crate) use issues::issues;

/// Records that a page has, at most: Cloud's cap for projects, and for issues with all their
/// fields.
const PAGE: u32 = 100;

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
        .query("maxResults", request.limit.clamp(1, PAGE))
        .query("orderBy", "key");
    let response = api.ask(asked, About::Projects)?;
    api.read(
        &response,
        (|| {
            let values: Values<'_> = response.json()?;
            let records = jackfield_guest::record::list(values.values.get())?;
            let taken = take(records, 0, request.limit, project)?;
            let last = !taken.more && (taken.step.count == 0 || values.is_last == Some(true));
            by_offset(taken, cursor, last)
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
            let taken = take(response.records()?, cursor.start, request.limit, project)?;
            let last = !taken.more;
            by_offset(taken, cursor, last)
        })(),
    )
}

fn project(project: Project) -> Option<(String, Option<Timestamp>)> {
    Some((project.id, None))
}

/// One page of the accounts that the account may see.
pub(crate) fn users(api: &Api<'_>, request: &ReadRequest) -> Result<Page, Failure> {
    let cursor = Cursor::read(request.cursor.as_deref(), "users", api.deployment, "")?;
    let asked = match api.deployment {
        Deployment::Cloud => api.get(&["users", "search"]),
        // Data Center has no list of all; every name or address has a full stop or matches it.
        Deployment::DataCenter => {
            api.get(&["user", "search"]).query("username", ".").query("includeInactive", true)
        }
    };
    let asked =
        asked.query("startAt", cursor.start).query("maxResults", request.limit.clamp(1, PAGE));
    let response = api.ask(asked, About::Users)?;
    api.read(
        &response,
        (|| {
            let key = |user: User| user.id().map(|id| (id, None));
            let taken = take(response.records()?, 0, request.limit, key)?;
            let last = taken.step.count == 0;
            by_offset(taken, cursor, last)
        })(),
    )
}

/// What was taken of a list.
struct Taken {
    page: Page,
    step: Step,
    /// Whether the list has more after it.
    more: bool,
    /// The last record's change.
    last: Option<Timestamp>,
}

/// At most `limit` records after the first `skip`, and at least one where there is one. `key` gives
/// a record's key and its last change.
fn take<'a, T: Deserialize<'a>>(
    mut records: Records<'a, T>,
    skip: u64,
    limit: u32,
    key: impl Fn(T) -> Option<(String, Option<Timestamp>)>,
) -> Result<Taken, Failure> {
    for record in records.by_ref().take(usize::try_from(skip).unwrap_or(usize::MAX)) {
        record?;
    }
    let mut taken = Taken { page: Page::empty(), step: Step::default(), more: false, last: None };
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    for record in records.by_ref().take(limit) {
        let record = record?;
        let (id, changed) =
            key(record.fields).filter(|(id, _)| !id.trim().is_empty()).ok_or_else(without_id)?;
        taken.step.count += 1;
        taken.step.digest = digest(taken.step.digest, &id);
        taken.step.newest = taken.step.newest.max(changed);
        taken.last = changed;
        taken.page.upsert(id, changed, record.text);
    }
    taken.more = records.next().transpose()?.is_some();
    Ok(taken)
}

fn by_offset(taken: Taken, cursor: Cursor, last: bool) -> Result<Page, Failure> {
    let Taken { mut page, step, .. } = taken;
    page.progress = if last {
        Progress::CaughtUp(None)
    } else {
        Progress::More(cursor.at_offset(step)?.write()?)
    };
    Ok(page)
}

fn without_id() -> Failure {
    local::NO_RECORD_KEY.failure(Cause::Protocol).retry(Retry::Backoff)
}

#[cfg(test)]
mod tests;
