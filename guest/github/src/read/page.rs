//! One page of any list: from GitHub's answer to records and the cursor to go on with.
//!
//! A page has at most as many records as were asked for, whatever GitHub sends: what is left over is
//! handed out from the same page of GitHub's later.
//!
//! Where the host asks for another page size in the middle of a run, the link to the next page is
//! rewritten for that size (see [`link`]): the page that holds the same place of the list. The place
//! is known for sure only if the records that this run has counted agree with the link's numbers; if
//! they do not, the link is followed as GitHub gave it.
//!
//! Conditional requests save quota: an answer 304 does not count against the limit. The entity tag of a
//! run's first page is kept with its size, and sent when the next run begins. It is kept only where
//! an unchanged first page means that nothing changed: in lists by latest change, and in those that fit
//! on one page and leave room on it.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{
    Cause, Failure, Page, Progress, ReadRequest, Request, Response, Timestamp, Warning, text,
};

use crate::advice::Advised;
use crate::api::{Answered, Api};
use crate::cursor::{Cursor, Seen};
use crate::diagnose::About;
use crate::read::link;
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
        text: "Check whether a proxy between here and GitHub changes its answers.",
        page: None,
    }],
};

pub(super) const SKIPPED: Diagnosis = Diagnosis {
    code: "record-skipped",
    means: "One record is larger than a response may be, and was left out.",
    advice: &[Advice { text: "Open the record at GitHub.", page: None }],
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
    /// No run reaches further than this: a date ahead, of a committer's or a server's wrong clock, would
    /// keep later runs from seeing anything.
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
        asked: &ReadRequest,
    ) -> Result<Page, Failure> {
        let limit = asked.limit.max(1);
        let size = limit.min(PAGE);
        let fits = |seen: &&Seen| cursor.begins() && seen.size == size && is_tag(&seen.etag);
        let known = cursor.seen.as_ref().filter(fits);
        let place = Place::of(&cursor, size);
        let request = match &place.link {
            Some(link) => Request::link(link),
            None => first.query("per_page", size),
        };
        let etag = known.map(|seen| seen.etag.as_str());
        match api.ask_unless(request.clone(), etag, self.about) {
            Ok(Answered::Anew(response)) => {
                let mut page = self.of(&response, cursor, &place, limit)?;
                page.warnings.extend(partial(&response, api));
                Ok(page)
            }
            Ok(Answered::Unchanged(response)) => {
                let progress = Progress::CaughtUp(Some(cursor.write()));
                let warnings = partial(&response, api).into_iter().collect();
                Ok(Page { progress, warnings, ..Page::empty() })
            }
            Err(failure) if failure.cause == Cause::TooLarge && place.is_of_one_record() => {
                let position = cursor.count.saturating_add(1);
                if !asked.skip_oversized {
                    return Err(Failure { message: oversized(position), ..failure }
                        .evidence("position", &position.to_string()));
                }
                let headers = api.ask(request.headers_only(), self.about)?;
                let mut page = Page::empty();
                page.progress = self.onward(&headers, cursor, &place, 1)?;
                page.warnings.push(Warning::new(SKIPPED.code, oversized(position)));
                Ok(page)
            }
            Err(failure) => Err(failure),
        }
    }

    /// The page in the response: at most `limit` records after those that were handed over.
    fn of(
        &self,
        response: &Response,
        cursor: Cursor,
        place: &Place,
        limit: u32,
    ) -> Result<Page, Failure> {
        let skip = usize::try_from(place.skip).unwrap_or(usize::MAX);
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
        let taken = u32::try_from(page.changes.len()).unwrap_or(u32::MAX);
        page.progress = match left.filter(|_| !ends) {
            Some(_) => {
                let skip = place.skip.saturating_add(taken);
                Progress::More(cursor.moved(place.link.clone(), skip, taken).write())
            }
            None if ends => Progress::CaughtUp(cursor.next_run().map(|next| next.write())),
            None => self.onward(response, cursor, place, taken)?,
        };
        Ok(page)
    }

    /// What follows a page of which `taken` records were handed over or skipped, and none is left.
    fn onward(
        &self,
        response: &Response,
        cursor: Cursor,
        place: &Place,
        taken: u32,
    ) -> Result<Progress, Failure> {
        Ok(match response.next.clone() {
            Some(link) if place.link.as_ref() == Some(&link) => {
                let telling = ["link", "x-github-request-id"];
                return Err(CIRCLE.failure(Cause::Protocol).based_on(response, &telling));
            }
            Some(link) if link.len() > MOST_LINK_BYTES => {
                return Err(LONG_LINK.failure(Cause::Protocol).based_on(response, &[]));
            }
            Some(link) => Progress::More(cursor.moved(Some(link), 0, taken).write()),
            None => Progress::CaughtUp(cursor.next_run().map(|next| next.write())),
        })
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

/// Where in a list a page is asked for.
struct Place {
    /// The link that is followed; none for the list's first page.
    link: Option<String>,
    /// Records that the response has.
    size: u64,
    /// Records of the response that were handed over already.
    skip: u32,
}

impl Place {
    /// The place at which the cursor stands, in a list of pages of that size.
    fn of(cursor: &Cursor, size: u32) -> Self {
        let (given, wanted) = (cursor.next.clone(), u64::from(size));
        let as_given = |size| Self { link: given.clone(), size, skip: cursor.skip };
        let Some(link) = &cursor.next else { return as_given(wanted) };
        let Some(numbers) = link::numbers(link) else { return as_given(u64::from(PAGE)) };
        let skip = u64::from(cursor.skip);
        if numbers.size == wanted {
            return as_given(wanted);
        }
        let Some(page) = numbers.page else {
            let size = wanted.saturating_add(skip).min(u64::from(PAGE));
            return Self { link: Some(link::resized(link, size, 0)), ..as_given(size) };
        };
        let before = (page - 1).saturating_mul(numbers.size).saturating_add(skip);
        if before != u64::from(cursor.count) || skip >= numbers.size {
            return as_given(numbers.size);
        }
        let link = link::resized(link, wanted, before / wanted + 1);
        let skip = u32::try_from(before % wanted).unwrap_or(u32::MAX);
        Self { link: Some(link), size: wanted, skip }
    }

    /// Whether the response has one record alone.
    fn is_of_one_record(&self) -> bool {
        self.size == 1
    }
}

fn oversized(position: u32) -> String {
    format!("The record at position {position} of this list is larger than a response may be.")
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::cursor::Scope;

    /// A list of that many records, read with these limits one after the other, as GitHub numbers
    /// pages: the records that are handed over.
    fn read(records: u64, limits: impl Iterator<Item = u32>) -> Vec<u64> {
        let mut cursor = Cursor::start("issues", Scope::repository("a/b"));
        let mut seen = Vec::new();
        for limit in limits {
            let place = Place::of(&cursor, limit.min(PAGE));
            let numbers = place.link.as_deref().map(|link| link::numbers(link).unwrap());
            let (size, page) = numbers.map_or((place.size, 1), |n| (n.size, n.page.unwrap()));
            assert_eq!(place.size, size);
            let shown = ((page - 1) * size).min(records)..(page * size).min(records);
            let mut left = shown.skip(usize::try_from(place.skip).unwrap());
            let taken: Vec<u64> = left.by_ref().take(usize::try_from(limit).unwrap()).collect();
            let count = u32::try_from(taken.len()).unwrap();
            seen.extend(taken);
            cursor = match left.next() {
                Some(_) => cursor.moved(place.link.clone(), place.skip + count, count),
                None if page * size < records => {
                    let next = format!("https://h/x?per_page={size}&page={}", page + 1);
                    cursor.moved(Some(next), 0, count)
                }
                None => return seen,
            };
        }
        seen
    }

    #[test]
    fn every_record_comes_once_whatever_sizes_are_asked_for() {
        let all: Vec<u64> = (0..230).collect();
        let tables: [&[u32]; 9] = [
            &[100],
            &[1],
            &[100, 25, 6, 1, 2, 4, 8, 16, 32, 64],
            &[7, 100],
            &[100, 7],
            &[3, 5, 7, 11],
            &[1_000, 1],
            &[99, 100, 98],
            &[50, 50, 20, 100, 100, 1],
        ];
        for limits in tables {
            let limits = limits.iter().copied().cycle().take(1_000);
            assert_eq!(read(230, limits.clone()), all, "{:?}", limits.take(10).collect::<Vec<_>>());
        }
        for records in [0, 1, 24, 25, 26, 100, 101] {
            let all: Vec<u64> = (0..records).collect();
            assert_eq!(read(records, [25, 100, 3].into_iter().cycle().take(500)), all, "{records}");
        }
    }

    #[test]
    fn a_link_whose_numbers_do_not_agree_with_the_count_is_followed_as_it_is() {
        let cursor = |link: &str, skip, count| {
            Cursor::start("issues", Scope::repository("a/b")).moved(
                Some(format!("https://h/x?{link}")),
                skip,
                count,
            )
        };
        for (name, cursor, size, link, skip) in [
            ("agrees", cursor("per_page=100&page=2", 0, 100), 25, "per_page=25&page=5", 0),
            ("within", cursor("per_page=100&page=2", 30, 130), 25, "per_page=25&page=6", 5),
            ("grows", cursor("per_page=25&page=6", 0, 125), 100, "per_page=100&page=2", 25),
            ("fewer came", cursor("per_page=100&page=2", 0, 70), 25, "per_page=100&page=2", 0),
            ("more came", cursor("per_page=100&page=2", 0, 200), 25, "per_page=100&page=2", 0),
            ("no numbers", cursor("since=7", 4, 4), 25, "since=7", 4),
            (
                "a place by itself",
                cursor("per_page=100&after=c", 0, 9),
                25,
                "per_page=25&after=c",
                0,
            ),
            ("within one", cursor("per_page=100&after=c", 4, 9), 25, "per_page=29&after=c", 4),
        ] {
            let place = Place::of(&cursor, size);
            assert_eq!(place.link.unwrap(), format!("https://h/x?{link}"), "{name}");
            assert_eq!(place.skip, skip, "{name}");
        }
    }
}
