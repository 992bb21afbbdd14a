//! One page of any list: from GitHub's answer to records and the cursor to go on with.
//!
//! A page has at most as many records as were asked for, whatever GitHub sends: what is left over is
//! handed out from the same page of GitHub's later.
//!
//! Conditional requests save quota: an answer 304 does not count against the limit. The entity tag of a
//! run's first page is kept with its size, and sent when the next run begins. It is kept only where
//! an unchanged first page means that nothing changed: in lists by latest change, and in those that fit
//! on one page and leave room on it.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{
    Cause, Failure, Page, Progress, Request, Response, Timestamp, Warning, text,
};

use crate::advice::Advised;
use crate::api::{Answered, Api};
use crate::cursor::{Cursor, Seen};
use crate::diagnose::About;
use crate::wire::{self, Entry, Key};

/// Records that GitHub puts on a page, at most.
const PAGE: u32 = 100;

/// Bytes of an entity tag that is kept. GitHub's have 68.
const MOST_TAG_BYTES: usize = 200;

const AUTHORIZE_TOKEN: Advice = Advice {
    text: "Authorize the token for single sign-on of these organizations, in GitHub's list of tokens.",
    page: Some("https://github.com/settings/tokens"),
};

pub(super) const PARTIAL: Diagnosis = Diagnosis {
    code: "partial-results",
    means: "GitHub left out what belongs to organizations with single sign-on for which the token is \
            not authorized.",
    advice: &[
        AUTHORIZE_TOKEN,
        Advice {
            text: "For an app's token, sign in to these organizations and authorize the app again.",
            page: Some("https://github.com/settings/applications"),
        },
    ],
};

pub(super) const CIRCLE: Diagnosis = Diagnosis {
    code: "page-repeats",
    means: "GitHub's link to the next page leads to the same page again.",
    advice: &[Advice {
        text: "Try again, and report it to GitHub's support if it lasts.",
        page: None,
    }],
};

pub(super) const LONG_LINK: Diagnosis = Diagnosis {
    code: "page-link-too-long",
    means: "GitHub's link to the next page is longer than a link can be.",
    advice: &[Advice {
        text: "Look whether a proxy between here and GitHub changes its answers.",
        page: None,
    }],
};

/// Bytes of a link that is followed. GitHub's have under 500.
const MOST_LINK_BYTES: usize = 4_000;

/// What a caught-up cursor keeps for the next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeps {
    /// The first page's entity tag, where that page was all.
    OnlyPage,
    /// The latest change that was seen.
    Reach,
    /// The latest change, and the first page's entity tag, which changes with every change.
    ReachAndFirstPage,
}

/// How one list is read.
pub(super) struct Listing<'a> {
    pub(super) about: About<'a>,
    pub(super) keeps: Keeps,
    pub(super) key: Key,
    /// The run ends at the first record that changed before this.
    pub(super) stops_before: Option<Timestamp>,
    /// No run reaches further than this.
    pub(super) latest: Timestamp,
}

impl<'a> Listing<'a> {
    /// A list of records that have a number, from its first page to its last.
    pub(super) fn new(about: About<'a>, keeps: Keeps) -> Self {
        Self { about, keeps, key: Key::Id, stops_before: None, latest: Timestamp::MAX }
    }

    /// The page at which the cursor stands; `first` asks for the first one, but for its size.
    pub(super) fn page(
        &self,
        api: &Api,
        cursor: Cursor,
        first: Request<'_>,
        limit: u32,
    ) -> Result<Page, Failure> {
        let limit = limit.max(1);
        let size = limit.min(PAGE);
        let fits = |seen: &&Seen| cursor.begins() && seen.size == size && is_tag(&seen.etag);
        let known = cursor.seen.as_ref().filter(fits);
        let asked = match &cursor.next {
            Some(link) => Request::link(link),
            None => first.query("per_page", size),
        };
        match api.ask_unless(asked, known.map(|seen| seen.etag.as_str()), self.about)? {
            Answered::Anew(response) => {
                let mut page = self.of(&response, cursor, limit)?;
                page.warnings.extend(partial(&response, api));
                Ok(page)
            }
            Answered::Unchanged(response) => {
                let progress = Progress::CaughtUp(Some(cursor.write()));
                let warnings = partial(&response, api).into_iter().collect();
                Ok(Page { progress, warnings, ..Page::empty() })
            }
        }
    }

    /// The page in the answer: at most `limit` records after those that the cursor says were handed
    /// over.
    fn of(&self, response: &Response, cursor: Cursor, limit: u32) -> Result<Page, Failure> {
        let skip = usize::try_from(cursor.skip).unwrap_or(usize::MAX);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut records = wire::records(response)?;
        let mut page = Page::empty();
        let mut newest = cursor.newest;
        let mut ends = false;
        for record in records.by_ref().take(skip) {
            record?;
        }
        for record in records.by_ref().take(most) {
            let record = record?;
            let updated_at = record.fields.updated_at(self.key);
            ends = self.is_before(&record.fields);
            if ends {
                break;
            }
            // Only the very first record of a run says how far the run reaches.
            newest = newest.or(updated_at.map(|at| at.min(self.latest)));
            page.upsert(record.fields.key(self.key)?, updated_at, record.text);
        }
        let left = if ends { None } else { records.next().transpose()? };
        let ends = ends || left.as_ref().is_some_and(|record| self.is_before(&record.fields));
        let seen = self.seen(response, &cursor, skip.saturating_add(page.changes.len()), limit);
        let newest = newest.filter(|_| self.keeps != Keeps::OnlyPage);
        let cursor = cursor.having(newest, seen);
        page.progress = match (left.filter(|_| !ends), response.next.clone().filter(|_| !ends)) {
            (Some(_), _) => {
                let skip = u32::try_from(skip.saturating_add(most)).unwrap_or(u32::MAX);
                let same = cursor.next.clone();
                Progress::More(cursor.moved(same, skip).write())
            }
            (None, Some(link)) if cursor.next.as_ref() == Some(&link) => {
                let telling = ["link", "x-github-request-id"];
                return Err(CIRCLE.failure(Cause::Protocol).based_on(response, &telling));
            }
            (None, Some(link)) if link.len() > MOST_LINK_BYTES => {
                return Err(LONG_LINK.failure(Cause::Protocol).based_on(response, &[]));
            }
            (None, Some(link)) => Progress::More(cursor.moved(Some(link), 0).write()),
            (None, None) => Progress::CaughtUp(cursor.next_run().map(|next| next.write())),
        };
        Ok(page)
    }

    fn is_before(&self, record: &Entry<'_>) -> bool {
        match (self.stops_before, record.updated_at(self.key)) {
            (Some(bound), Some(at)) => at < bound,
            _ => false,
        }
    }

    /// What the next run may compare the first page with; `count` records of the answer are behind.
    fn seen(&self, response: &Response, cursor: &Cursor, count: usize, limit: u32) -> Option<Seen> {
        let size = limit.min(PAGE);
        match self.keeps {
            Keeps::Reach => None,
            Keeps::ReachAndFirstPage if !cursor.begins() => cursor.seen.clone(),
            Keeps::ReachAndFirstPage => tag(response, size),
            Keeps::OnlyPage => {
                let room = usize::try_from(size).is_ok_and(|size| count < size);
                let only = cursor.begins() && response.next.is_none() && room;
                only.then(|| tag(response, size)).flatten()
            }
        }
    }
}

fn tag(response: &Response, size: u32) -> Option<Seen> {
    let etag = response.header("etag").filter(|etag| is_tag(etag))?;
    Some(Seen { etag: etag.to_owned(), size })
}

/// `"..."` or `W/"..."`, as far as it matters for sending it back (RFC 9110, section 8.8.3).
fn is_tag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    let quoted = opaque.len() >= 2 && opaque.starts_with('"') && opaque.ends_with('"');
    quoted && text.len() <= MOST_TAG_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What `x-github-sso: partial-results; organizations=1,2` means on a success: records are missing.
pub(crate) fn partial(response: &Response, api: &Api) -> Option<Warning> {
    let value =
        response.header("x-github-sso").filter(|value| value.starts_with("partial-results"))?;
    let organizations = value.split_once("organizations=").map_or("", |(_, ids)| ids);
    let ids = text::quote(organizations, 200);
    let message = format!(
        "GitHub left out what belongs to organizations with single sign-on for which the token is not \
         authorized (their ids: {ids})."
    );
    let note = Warning::new(PARTIAL.code, message);
    Some(match api.kind {
        kind if kind.is_authorized() => note.leads(
            "Sign in to these organizations and authorize the app again.",
            kind.page(&api.site),
        ),
        _ => note.advise(&AUTHORIZE_TOKEN, &api.site),
    })
}
