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
//!   counts an offset only among issues of the same second. Some issues are seen twice, none is
//!   missed, and no offset grows beyond the window that a search has. Where the changes of a page are not in
//!   the order that was asked for, only offsets count from then on.
//!
//! Neither place depends on the clock; see `cursor`.

use jackfield_guest::{
    Change, Failure, Page, Progress, ReadRequest, Response, Timestamp, Warning, record, text,
};
use serde::Deserialize;

use super::search::{FIELDS, PLACE, Search};
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
    let (cursor, asked) = asked(&search, cursor)?;
    match asked {
        Err(failure) if search.is_one_record(&failure) => search.without(&cursor, failure),
        asked => search.page(&cursor, &asked?),
    }
}

/// The response that has the page at the cursor, and that cursor: another one where Jira refuses the
/// page token, so that the search is started anew.
fn asked(
    search: &Search<'_>,
    cursor: Cursor,
) -> Result<(Cursor, Result<Response, Failure>), Failure> {
    let first = search.ask(&cursor, FIELDS);
    let Err(failure) = &first else { return Ok((cursor, first)) };
    if cursor.token.is_none() || !is_bad_request(failure) {
        return Ok((cursor, first));
    }
    let anew = cursor.restarted(Step::default());
    let cursor = anew.ok_or_else(|| local::page_tokens_refused(failure))?;
    let again = search.ask(&cursor, FIELDS);
    Ok((cursor, again))
}

/// Whether Jira takes the request for wrong. Of one that differs from an accepted one in its page token
/// alone, that is the token.
fn is_bad_request(failure: &Failure) -> bool {
    failure.evidence.iter().any(|field| field.name == "status" && field.value == "400")
}

impl Search<'_> {
    fn page(&self, cursor: &Cursor, response: &Response) -> Result<Page, Failure> {
        let page = response.json::<Found<'_>>().and_then(|found| match self.api.deployment {
            Deployment::Cloud => self.page_of_cloud(cursor.clone(), &found),
            Deployment::DataCenter => self.page_of_data_center(cursor.clone(), &found),
        });
        self.api.read(response, page)
    }

    fn page_of_cloud(&self, cursor: Cursor, found: &Found<'_>) -> Result<Page, Failure> {
        let (mut page, taken) = self.records(found, &cursor)?;
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
                let anew = cursor.restarted(step).ok_or_else(local::page_token_missing)?;
                Progress::More(anew.write()?)
            }
            (None, _) => end,
        };
        Ok(page)
    }

    fn page_of_data_center(&self, cursor: Cursor, found: &Found<'_>) -> Result<Page, Failure> {
        let (mut page, taken) = self.records(found, &cursor)?;
        let (step, now) = (taken.step, self.api.setup.now);
        let end = End { said: None, total: found.total, size: found.size(self.size(&cursor)) };
        page.progress = if !taken.more && end.reached(cursor.start, step.count) {
            Progress::CaughtUp(cursor.next_run(step, now))
        } else if step.count == 0 {
            Progress::More(cursor.past(end.size)?.write()?)
        } else {
            Progress::More(cursor.at_change(step)?.write()?)
        };
        Ok(page)
    }

    /// The page's records, and what was taken besides them.
    fn records(&self, found: &Found<'_>, cursor: &Cursor) -> Result<(Page, Taken), Failure> {
        let records = record::list::<Issue<'_>>(found.issues.get())?;
        let key = |issue: Issue<'_>| {
            let updated_at = issue.updated_at();
            Some((issue.id, updated_at))
        };
        let mut taken = take(records, cursor.skip, self.request.limit, key)?;
        let mut page = std::mem::replace(&mut taken.page, Page::empty());
        taken.step.unordered = is_unordered(&page, cursor.from);
        page.warnings.extend(warning(found));
        Ok((page, taken))
    }

    /// The page without the issue at the cursor, which alone is too large, where the request says so.
    /// Without its fields it tells its key and what comes behind it.
    fn without(&self, cursor: &Cursor, failure: Failure) -> Result<Page, Failure> {
        let place = self.ask(cursor, PLACE).and_then(|response| self.page(cursor, &response));
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
