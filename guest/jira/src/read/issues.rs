//! The stream `issues`: oldest change first, and from then on what changed since.
//!
//! An issue that changes while the pages are read moves to the end, and everything behind it moves
//! up by one place. By offset, the first issue of the next page would then never be seen.
//!
//! - Cloud's page token holds the place behind the last issue of the page, not a number, so nothing
//!   is missed. It is good for one JQL only, and for seven days or so; one that Jira refuses is dropped,
//!   and the run goes on from a little before the last issue that it has seen. It does so again only
//!   where it has come further meanwhile.
//! - On Data Center the next page asks for what changed at or after the last issue of this one, and
//!   counts an offset only among issues of the same second. Such a page begins with the last issue of the
//!   one before it; if another one stands there, the list has moved, and that second is read again. Some
//!   issues are seen twice, none is missed, and no offset grows beyond the window that a search has. Where the changes of a page are not in
//!   the order that was asked for, only offsets count from then on.
//!
//! Neither place depends on the clock; see `cursor`.

use jackfield_guest::{
    Change, Failure, Page, Progress, ReadRequest, Timestamp, Warning, record, text,
};
use serde::Deserialize;

use super::search::{Asked, Search};
use super::{End, Taken, take};
use crate::api::Api;
use crate::cursor::{Cursor, Step};
use crate::diagnose::local;
use crate::query::Query;
use crate::settings::Deployment;
use crate::wire::{self, Found, Issue};

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
    let search = Search { api, request, query: &query };
    let (cursor, asked) = search.ask_again(cursor)?;
    match asked {
        Err(failure) if search.is_one_record(&failure) => search.without(&cursor, failure),
        asked => search.page(&cursor, &asked?),
    }
}

/// Whether Jira takes the request for wrong. Of one that differs from an accepted one in its page token
/// alone, that is the token.
fn is_bad_request(failure: &Failure) -> bool {
    failure.evidence.iter().any(|field| field.name == "status" && field.value == "400")
}

impl Search<'_> {
    /// The response that has the page at the cursor, and that cursor: another one where Jira refuses the
    /// page token, so that the search is started again.
    ///
    /// # Errors
    ///
    /// The failure that Jira refuses page tokens again and again.
    fn ask_again(&self, cursor: Cursor) -> Result<(Cursor, Result<Asked, Failure>), Failure> {
        match self.ask(&cursor) {
            Err(failure) if cursor.token.is_some() && is_bad_request(&failure) => {
                let again = cursor.restarted(Step::default());
                let cursor = again.ok_or_else(|| local::page_tokens_refused(&failure))?;
                let asked = self.ask(&cursor);
                Ok((cursor, asked))
            }
            asked => Ok((cursor, asked)),
        }
    }

    fn page(&self, cursor: &Cursor, asked: &Asked) -> Result<Page, Failure> {
        let found = asked.response.json::<Found<'_>>();
        let page = found.and_then(|found| match self.api.deployment {
            Deployment::Cloud => self.page_of_cloud(cursor.clone(), &found),
            Deployment::DataCenter => self.page_of_data_center(cursor.clone(), asked, &found),
        });
        self.api.read(&asked.response, page)
    }

    fn page_of_cloud(&self, cursor: Cursor, found: &Found<'_>) -> Result<Page, Failure> {
        let (mut page, taken) = self.records(found, &cursor, cursor.skip)?;
        let (step, now) = (taken.step, self.api.setup.now);
        let end = Progress::CaughtUp(cursor.next_run(step, now));
        let token = found.next_page_token.as_deref().filter(|token| !token.is_empty());
        let nothing = step.count == 0 && step.passed == 0;
        page.progress = match (token, found.is_last) {
            _ if taken.more => Progress::More(cursor.within(step)?.write()?),
            // Jira says both that this page is the last and where the next one is.
            (Some(_), Some(true)) if nothing => end,
            (Some(token), Some(true)) => match cursor.at_token(token, step) {
                Ok(next) => Progress::More(next.write()?),
                Err(_) => end,
            },
            (Some(token), _) => Progress::More(cursor.at_token(token, step)?.write()?),
            (None, Some(false)) if !nothing => {
                let again = cursor.restarted(step).ok_or_else(local::page_token_missing)?;
                Progress::More(again.write()?)
            }
            (None, _) => end,
        };
        Ok(page)
    }

    fn page_of_data_center(
        &self,
        mut cursor: Cursor,
        asked: &Asked,
        found: &Found<'_>,
    ) -> Result<Page, Failure> {
        let before = asked.before && starts_behind(found, &cursor)?;
        if asked.before && !before {
            if let Some(first) = cursor.clone().rewound() {
                return Ok(Page::empty().then(Some(first.write()?)));
            }
            cursor.start = cursor.start.saturating_sub(1);
        }
        let skip = u64::from(before);
        let (mut page, taken) = self.records(found, &cursor, skip)?;
        let (step, now) = (taken.step, self.api.setup.now);
        let size = found.size(asked.size).saturating_sub(skip);
        let end = End { said: None, total: found.total, size };
        if before && step.count == 0 && found.total.is_none_or(|total| total > cursor.start) {
            // The server gives one at a time, or the end of the list is not told.
            return Ok(page.then(Some(cursor.alone().counted(step)?.write()?)));
        }
        page.progress = if !taken.more && end.reached(cursor.start, step.count) {
            Progress::CaughtUp(cursor.next_run(step, now))
        } else if step.count == 0 {
            Progress::More(cursor.past(end.size)?.write()?)
        } else {
            Progress::More(cursor.at_change(step)?.write()?)
        };
        Ok(page)
    }

    /// The records behind the first `skip`, and what was taken besides them.
    fn records(
        &self,
        found: &Found<'_>,
        cursor: &Cursor,
        skip: u64,
    ) -> Result<(Page, Taken), Failure> {
        let records = record::list::<Issue<'_>>(found.issues.get())?;
        let key = |issue: Issue<'_>| {
            let updated_at = issue.updated_at();
            Some((issue.id, updated_at))
        };
        let mut taken = take(records, skip, self.request.limit, key)?;
        let mut page = std::mem::replace(&mut taken.page, Page::empty());
        taken.step.unordered = is_unordered(&page, cursor.from);
        page.warnings.extend(warning(found));
        Ok((page, taken))
    }

    /// The page without the issue at the cursor, which alone is too large, where the request says so.
    /// Without its fields it tells its key and what comes behind it.
    fn without(&self, cursor: &Cursor, failure: Failure) -> Result<Page, Failure> {
        let place = self.ask_place(cursor).and_then(|asked| self.page(cursor, &asked));
        let Ok(mut page) = place else { return Err(failure) };
        let Some(Change::Upsert(issue)) = page.changes.pop() else { return Err(failure) };
        let key = wire::issue_key(&issue.data).unwrap_or(issue.key);
        let record = format!("The issue {}", text::quote(&key, 100));
        if !self.request.skip_oversized {
            return Err(local::record_too_large(failure, &record));
        }
        page.changes.clear();
        page.warnings.push(local::record_skipped(&record));
        Ok(page)
    }
}

/// Whether the first record is the issue before the page. Where it is not, the list has moved: an issue
/// that changes goes to the end, and those behind it go up by one place.
fn starts_behind(found: &Found<'_>, cursor: &Cursor) -> Result<bool, Failure> {
    let first = record::list::<Issue<'_>>(found.issues.get())?.next().transpose()?;
    Ok(first.is_some_and(|first| cursor.is_before(&first.fields.id)))
}

/// Whether the changes of the page are in another order than the one that was asked for, or before what
/// was asked for. Some may be: an issue that was changed meanwhile shows its new time at its old place.
fn is_unordered(page: &Page, from: Option<Timestamp>) -> bool {
    let second = |change: &Change| match change {
        Change::Upsert(item) => item.updated_at.map(|moment| moment / 1000),
        Change::Delete(_) => None,
    };
    let seconds: Vec<u64> = page.changes.iter().filter_map(second).collect();
    let back = seconds.windows(2).filter(|pair| pair.first() > pair.last()).count();
    let earliest = from.map_or(0, |from| from / 1000);
    4 * back > seconds.len() || seconds.iter().any(|second| *second < earliest)
}

/// What Jira warns of, in one sentence.
fn warning(found: &Found<'_>) -> Option<Warning> {
    let messages = found.warning_messages.as_ref().filter(|messages| !messages.is_empty())?;
    Some(local::search_warning(&text::quote(&messages.join(" "), 300)))
}
