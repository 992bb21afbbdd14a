//! Where a read goes on: small versioned JSON, which the host keeps and hands back as it is.
//!
//! | stream | goes on by |
//! |---|---|
//! | `issues` of Cloud | `token`, which is good for one JQL only, so `from` stays while it lasts |
//! | `issues` of Data Center | `from`, which moves with the issues, and `start` among those of the same second, behind the issue `behind` |
//! | `projects`, `users` | `start` |
//!
//! A place within a run comes from the data alone, and does not depend on how many records are asked
//! for: the same cursor may be read again with another limit. The clock bounds only the place from which
//! the *next* run starts: a change that is dated ahead, as imports and a server's wrong clock have it,
//! would keep later runs from seeing anything.
//!
//! Whatever comes back is judged again. Guards against an end that never comes:
//!
//! | guard | field |
//! |---|---|
//! | a page token that came before, by Brent's way of finding a cycle | `mark`: digest of the token of the last page whose number is a power of two |
//! | the same records at other offsets, in the same way, several times: a list that grows while it is read shows a page twice | `seen`: digest of such a page's keys; `repeats` |
//! | a search that is started again because its token is refused, without coming further than before | `restarts`, and `restarted`: the change from which the last one started |
//! | going back because a list has moved | `rewinds` |
//! | empty pages in a row | `empty` |
//! | a number of pages that no site has | `pages` |
//!
//! The host keeps no cursor that is longer than 16 KiB. All in it is short but for the conditions,
//! which a person enters within the host's bounds, and the page token, which is Jira's.

use jackfield_guest::{Cause, Failure, Retry, Timestamp};
use serde::{Deserialize, Serialize};

use crate::diagnose::local;
use crate::settings::Deployment;

const VERSION: u32 = 1;

/// Pages of one run, at most.
const MOST_PAGES: u64 = 1_000_000;

/// Times that the same records may come at other offsets.
const MOST_REPEATS: u64 = 2;

/// Searches that are started again in one run, at most, even if each comes further.
const MOST_RESTARTS: u64 = 100;

/// Times that one run goes back because the list has moved, at most.
const MOST_REWINDS: u64 = 10;

/// Pages without a record one after the other, at most. Cloud leaves out what the account may not
/// see after it has cut the pages.
const MOST_EMPTY: u64 = 20;

/// Bytes of a cursor, at most. The host keeps no longer one.
const MOST_BYTES: usize = 16 << 10;

/// Asked for again by the next run: Cloud's index lags behind, and Data Center's knows no
/// milliseconds.
const OVERLAP: u64 = 5 * 60_000;

/// Where a read of one stream goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cursor {
    v: u32,
    stream: String,
    deployment: String,
    /// The conditions of the query, where the stream has one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    conditions: String,
    /// Only issues changed at or after this are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<Timestamp>,
    /// The latest change that this run has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) newest: Option<Timestamp>,
    /// The change of the last issue, where pages go by token: behind it the search goes on without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reached: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "is_zero")]
    restarts: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    restarted: Option<Timestamp>,
    /// Whether the server's order has shown not to be that of the changes, so that only offsets count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unordered: bool,
    /// The page to go on with; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token: Option<String>,
    /// A digest of an earlier page's token, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<String>,
    /// Records of the query before the page.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) start: u64,
    /// Records of the page that were handed over already.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) skip: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    seen: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    repeats: u64,
    /// A digest of the key of the issue at the place before `start`, where the order is that of the
    /// changes. Another one there means that the list has moved.
    #[serde(default, skip_serializing_if = "is_zero")]
    behind: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    rewinds: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pages: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    empty: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a page brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Step {
    /// Records handed over, or skipped on purpose.
    pub(crate) count: u64,
    /// Records of the page that an earlier one had handed over.
    pub(crate) passed: u64,
    /// A digest of the keys of those handed over.
    pub(crate) digest: u64,
    /// A digest of the key of the last one alone.
    pub(crate) end: u64,
    /// The latest change among them.
    pub(crate) newest: Option<Timestamp>,
    /// The change of the last one.
    pub(crate) last: Option<Timestamp>,
    /// Whether their changes are out of the order that was asked for.
    pub(crate) unordered: bool,
}

impl Cursor {
    /// The beginning of a stream.
    pub(crate) fn start(stream: &str, deployment: Deployment, conditions: &str) -> Self {
        Self {
            v: VERSION,
            stream: stream.to_owned(),
            deployment: deployment.name().to_owned(),
            conditions: conditions.to_owned(),
            ..Self::default()
        }
    }

    /// The cursor in `text`, or the beginning where there is none.
    ///
    /// # Errors
    ///
    /// An invalid input at `/cursor`: it is no cursor of this connector, or one of another stream,
    /// deployment, query or version.
    pub(crate) fn read(
        text: Option<&str>,
        stream: &str,
        deployment: Deployment,
        conditions: &str,
    ) -> Result<Self, Failure> {
        let Some(text) = text else { return Ok(Self::start(stream, deployment, conditions)) };
        let cursor: Self = serde_json::from_str(text).map_err(|_| {
            local::cursor_unusable("The cursor is not one that this connector returned.")
        })?;
        let same = [
            (cursor.v == VERSION, "The cursor is of another version of this connector."),
            (cursor.stream == stream, "The cursor is of another stream."),
            (
                cursor.deployment == deployment.name(),
                "The cursor is of another kind of Jira, whose ids are others.",
            ),
            (cursor.conditions == conditions, "The cursor is of another project or filter."),
        ];
        match same.iter().find(|(same, _)| !same) {
            Some((_, problem)) => Err(local::cursor_unusable(problem)),
            None => Ok(cursor),
        }
    }

    /// The same page, of which more records are left.
    pub(crate) fn within(mut self, step: Step) -> Result<Self, Failure> {
        self.skip = self.skip.saturating_add(step.count);
        self.counted(step)
    }

    /// The page of this token.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`] where the token came before, or the end never comes.
    pub(crate) fn at_token(mut self, token: &str, step: Step) -> Result<Self, Failure> {
        let mark = format!("{:016x}", digest(0, token));
        if self.token.as_deref() == Some(token) || self.mark.as_ref() == Some(&mark) {
            return Err(endless("page_token", "it came before"));
        }
        // A page that is shorter than what was handed over of it leaves the rest to the next one.
        self.skip = self.skip.saturating_sub(step.passed);
        self.token = Some(token.to_owned());
        let mut cursor = self.counted(step)?;
        if cursor.pages.is_power_of_two() {
            cursor.mark = Some(mark);
        }
        Ok(cursor)
    }

    /// The page after this one, by offset.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`] where the same records come again and again, or the end never comes.
    pub(crate) fn at_offset(mut self, step: Step) -> Result<Self, Failure> {
        if step.count > 0 && step.digest == self.seen {
            self.repeats = self.repeats.saturating_add(1);
            if self.repeats > MOST_REPEATS {
                return Err(endless("page", "the same records came at other offsets"));
            }
        }
        self.start = self.start.saturating_add(step.count);
        let mut cursor = self.counted(step)?;
        let due = cursor.seen == 0 || cursor.pages.is_power_of_two();
        if due && step.count > 0 && cursor.seen != step.digest {
            (cursor.seen, cursor.repeats) = (step.digest, 0);
        }
        Ok(cursor)
    }

    /// The page behind so many places at which nothing came, although the server counts more.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`] where too many pages come without a record.
    pub(crate) fn past(mut self, places: u64) -> Result<Self, Failure> {
        self.start = self.start.saturating_add(places.max(1));
        self.behind = 0;
        self.counted(Step::default())
    }

    /// The issues from the last one of this page on, where that is later than what was asked for;
    /// by offset where it is not, and always once the server's order has shown to be another one.
    pub(crate) fn at_change(mut self, step: Step) -> Result<Self, Failure> {
        self.unordered |= step.unordered;
        let second = step.last.map(|last| last - last % 1000);
        if second > self.from && !self.unordered {
            (self.from, self.start, self.seen, self.repeats) = (second, 0, 0, 0);
            self.behind = 0;
            return self.counted(step);
        }
        self.behind = if self.unordered { 0 } else { step.end };
        self.at_offset(step)
    }

    /// Whether the issue before the page is known, so that the page can begin with it to show whether the
    /// list has moved.
    pub(crate) fn knows_before(&self) -> bool {
        self.start > 0 && self.behind != 0
    }

    /// Whether the issue of that key is the one before the page.
    pub(crate) fn is_before(&self, key: &str) -> bool {
        self.behind == digest(0, key)
    }

    /// The same page, without the issue before it.
    pub(crate) fn alone(self) -> Self {
        Self { behind: 0, ..self }
    }

    /// The first of the issues among which the offset counts, as the list has moved: an issue before the
    /// page is gone, and those behind it have moved up. `None` where that happened too often.
    pub(crate) fn rewound(self) -> Option<Self> {
        let rewinds = self.rewinds + 1;
        (rewinds <= MOST_REWINDS).then_some(Self { start: 0, behind: 0, rewinds, ..self })
    }

    /// The same run without its token, from a little before the last issue of the page of `step`;
    /// `None` where an earlier restart has come as far, or there were too many.
    pub(crate) fn restarted(self, step: Step) -> Option<Self> {
        let reached = step.last.or(self.reached);
        let further = self.restarts == 0 || reached > self.restarted;
        (further && self.restarts < MOST_RESTARTS).then(|| Self {
            from: reached.map(before).max(self.from),
            newest: self.newest.max(step.newest),
            reached,
            restarts: self.restarts + 1,
            restarted: reached,
            token: None,
            mark: None,
            skip: 0,
            ..self
        })
    }

    /// The beginning of the next run, from a little before the latest change that was seen, or before
    /// now if that is earlier; none where nothing was ever seen.
    pub(crate) fn next_run(&self, step: Step, now: Timestamp) -> Option<String> {
        let from = self.newest.max(step.newest).map(before).or(self.from)?.min(before(now));
        let deployment = self.deployment.clone();
        let (stream, conditions) = (self.stream.clone(), self.conditions.clone());
        let next = Self { v: VERSION, stream, deployment, conditions, ..Self::default() };
        Some(Self { from: Some(from), ..next }.text())
    }

    /// The same place, one page later.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`] where the end never comes.
    pub(crate) fn counted(mut self, step: Step) -> Result<Self, Failure> {
        self.newest = self.newest.max(step.newest);
        if self.token.is_some() {
            self.reached = step.last.or(self.reached);
        }
        self.pages = self.pages.saturating_add(1);
        self.empty =
            if step.count == 0 && step.passed == 0 { self.empty.saturating_add(1) } else { 0 };
        if self.empty > MOST_EMPTY {
            return Err(endless("pages", "too many without a record"));
        }
        if self.pages > MOST_PAGES {
            return Err(endless("pages", "too many"));
        }
        Ok(self)
    }

    /// Its text, for the host to keep.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`] where the host would not: Jira's page token is too long.
    pub(crate) fn write(&self) -> Result<String, Failure> {
        let text = self.text();
        if text.len() <= MOST_BYTES {
            return Ok(text);
        }
        let bytes = self.token.as_ref().map_or(0, String::len);
        let failure = local::PAGE_TOKEN_TOO_LONG.failure(Cause::Protocol);
        Err(failure
            .retry(Retry::AfterUserAction)
            .evidence("page_token_bytes", &bytes.to_string())
            .evidence("cursor_bytes", &format!("{} of {MOST_BYTES}", text.len())))
    }

    fn text(&self) -> String {
        // A struct of numbers and strings has no value that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// FNV-1a over the texts, each with an end; `so_far` is that of those before, and 0 of none.
pub(crate) fn digest(so_far: u64, text: &str) -> u64 {
    let start = if so_far == 0 { 0xcbf2_9ce4_8422_2325 } else { so_far };
    text.bytes()
        .chain([0])
        .fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn before(moment: Timestamp) -> Timestamp {
    moment.saturating_sub(OVERLAP)
}

fn endless(what: &str, how: &str) -> Failure {
    local::PAGES_WITHOUT_END.failure(Cause::Protocol).retry(Retry::Backoff).evidence(what, how)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const CLOUD: Deployment = Deployment::Cloud;
    const MINUTE: u64 = 60_000;

    fn start() -> Cursor {
        Cursor::start("issues", CLOUD, "a = 1 AND ")
    }

    fn step(count: u64, digest: u64, newest: Option<Timestamp>) -> Step {
        Step { count, digest, newest, last: newest, ..Step::default() }
    }

    /// A step whose last change is not its latest.
    fn ending(count: u64, digest: u64, last: Option<Timestamp>) -> Step {
        Step { last, ..step(count, digest, last) }
    }

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let far = start().at_token("t", step(3, 1, Some(9))).unwrap();
        let far = far.within(step(2, 2, None)).unwrap();
        for cursor in [start(), far] {
            let text = cursor.write().unwrap();
            assert_eq!(Cursor::read(Some(&text), "issues", CLOUD, "a = 1 AND ").unwrap(), cursor);
        }
        let plain = Cursor::start("users", Deployment::DataCenter, "").write().unwrap();
        assert_eq!(plain, r#"{"v":1,"stream":"users","deployment":"data-center"}"#);
    }

    #[test]
    fn what_is_no_cursor_of_this_stream_is_refused() {
        let text = start().at_token("t", step(1, 1, Some(9))).unwrap().write().unwrap();
        let cases = [
            ("nothing", String::new()),
            ("text", "page 2".to_owned()),
            ("null", "null".to_owned()),
            ("another version", text.replace("\"v\":1", "\"v\":2")),
            ("another stream", text.replace("issues", "users")),
            ("another deployment", text.replace("cloud", "data-center")),
            ("another query", text.replace("a = 1", "a = 2")),
            ("negative", text.replace("\"pages\":1", "\"pages\":-1")),
            ("unknown field", text.replace("\"pages\"", "\"path\"")),
            ("more after it", format!("{text} {{}}")),
        ];
        let cut = (0..text.len()).map(|at| ("cut", text.get(..at).unwrap().to_owned()));
        for (name, text) in cases.into_iter().chain(cut) {
            let failure = Cursor::read(Some(&text), "issues", CLOUD, "a = 1 AND ").unwrap_err();
            assert_eq!(failure.fields.first().unwrap().pointer, "/cursor", "{name}: {text}");
            assert_eq!(failure.code, "cursor-unusable", "{name}: {text}");
        }
    }

    /// Pages that are read before tokens that come round are found out.
    fn pages_until_found(tokens: impl Iterator<Item = String>) -> usize {
        let mut cursor = start();
        for (page, token) in tokens.enumerate() {
            match cursor.at_token(&token, step(1, 0, None)) {
                Ok(next) => cursor = next,
                Err(failure) => {
                    assert_eq!(failure.cause, Cause::Protocol);
                    return page;
                }
            }
        }
        usize::MAX
    }

    #[test]
    fn tokens_that_come_round_are_found_out() {
        for length in [1, 2, 3, 7, 100] {
            for before in [0, 1, 5, 64] {
                let tokens = (0..).map(|page: usize| match page < before {
                    true => format!("before {page}"),
                    false => format!("round {}", (page - before) % length),
                });
                let found = pages_until_found(tokens.take(100_000));
                assert!(found <= 4 * (length + before), "{length} after {before}: {found}");
            }
        }
        assert_eq!(pages_until_found((0..1_000).map(|page| page.to_string())), usize::MAX);
    }

    #[test]
    fn what_the_host_would_not_keep_is_a_failure() {
        let written = |letter: &str, length: usize| {
            let first = start().at_token(&"f".repeat(length), step(1, 0, None)).unwrap();
            let last = Cursor { pages: MOST_PAGES - 2, ..first };
            last.at_token(&letter.repeat(length), step(1, 0, Some(u64::MAX))).unwrap().write()
        };
        let most = |letter: &str| {
            let lengths: Vec<_> = (1..MOST_BYTES).collect();
            lengths.partition_point(|length| written(letter, *length).is_ok())
        };
        let longest = most("t");
        assert!(longest > 16_000, "the token before counts no more: {longest}");
        assert_eq!(written("t", longest).unwrap().len(), 16_384);
        assert!(most("\"") > 8_000 && most("\u{1}") > 2_500, "as it is written in the cursor");
        for letter in ["t", "\"", "\u{1}"] {
            let failure = written(letter, most(letter) + 1).unwrap_err();
            assert_eq!(failure.code, "page-token-too-long", "{letter}");
            assert_eq!((failure.cause, failure.retry), (Cause::Protocol, Retry::AfterUserAction));
            assert!(!failure.remedies.is_empty());
        }
    }

    #[test]
    fn a_cursor_of_the_longest_query_has_room_for_a_token_that_holds_it() {
        // A letter of a filter is at most 6 bytes of JSON; Jira writes the query into its token.
        for letter in ["\u{1}", "\u{1f600}", "x"] {
            let filter = format!("({}) AND ", letter.repeat(1_000));
            let cursor = Cursor::start("issues", CLOUD, &filter);
            let token = "t".repeat(2 * filter.len());
            let next = cursor.at_token(&token, step(1, 0, Some(1))).unwrap();
            assert!(next.write().is_ok(), "{letter:?}");
            assert!(
                next.next_run(step(1, 0, Some(u64::MAX)), u64::MAX).unwrap().len() <= MOST_BYTES
            );
        }
    }

    #[test]
    fn a_cursor_with_an_earlier_token_as_its_mark_goes_on() {
        let text =
            r#"{"v":1,"stream":"issues","deployment":"cloud","token":"t3","mark":"t2","pages":3}"#;
        let cursor = Cursor::read(Some(text), "issues", CLOUD, "").unwrap();
        let next = cursor.at_token("t4", step(1, 0, None)).unwrap();
        assert_eq!(next.mark.as_deref().map(str::len), Some(16));
    }

    #[test]
    fn pages_without_records_come_to_an_end() {
        let mut cursor = start();
        for page in 0..MOST_EMPTY {
            cursor = cursor.at_token(&page.to_string(), step(0, 0, None)).unwrap();
        }
        assert!(cursor.clone().at_token("more", step(0, 0, None)).is_err());
        assert!(cursor.at_token("more", step(1, 0, None)).is_ok());
        let last = Cursor { pages: MOST_PAGES - 1, ..start() };
        let at_limit = last.at_token("x", step(1, 0, None)).unwrap();
        assert!(at_limit.at_token("y", step(1, 0, None)).is_err());
    }

    /// Pages that are read before records that come round at ever other offsets are found out.
    fn offsets_until_found(digests: impl Iterator<Item = u64>) -> usize {
        let mut cursor = start();
        for (page, digest) in digests.enumerate() {
            match cursor.at_offset(step(2, digest, None)) {
                Ok(next) => cursor = next,
                Err(failure) => {
                    assert_eq!(failure.code, "pages-without-end");
                    return page;
                }
            }
        }
        usize::MAX
    }

    #[test]
    fn the_same_records_at_ever_other_offsets_come_to_an_end() {
        for length in [1, 2, 3, 7, 100] {
            for before in [0, 1, 5, 64] {
                let digests = (1..).map(|page: u64| match page <= before {
                    true => 1_000 + page,
                    false => 1 + (page - before - 1) % length,
                });
                let found = offsets_until_found(digests.take(100_000));
                let most = usize::try_from(10 * (length + before)).unwrap();
                assert!(found <= most, "{length} after {before}: {found}");
            }
        }
        assert_eq!(offsets_until_found([7, 7, 7, 7].into_iter()), 3);
        let grown = [7, 7, 8, 9, 9, 10, 11, 11, 12].into_iter();
        assert_eq!(offsets_until_found(grown), usize::MAX, "a list that grows shows records twice");
        assert_eq!(offsets_until_found(1..1_000), usize::MAX);
    }

    #[test]
    fn issues_go_on_from_the_last_change_where_that_moved() {
        let first = start().at_change(ending(2, 7, Some(5_999))).unwrap();
        assert_eq!((first.from, first.start), (Some(5_000), 0));
        let same = first.at_change(ending(2, 7, Some(5_001))).unwrap();
        assert_eq!((same.from, same.start), (Some(5_000), 2));
        let unsaid = same.at_change(ending(2, 8, None)).unwrap();
        assert_eq!((unsaid.from, unsaid.start), (Some(5_000), 4));
        let earlier = unsaid.at_change(ending(1, 9, Some(1))).unwrap();
        assert_eq!((earlier.from, earlier.start, earlier.newest), (Some(5_000), 5, Some(5_999)));
        let later = earlier.clone().at_change(ending(1, 10, Some(8_000))).unwrap();
        assert_eq!((later.from, later.start), (Some(8_000), 0));
        let unordered = Step { unordered: true, ..ending(1, 10, Some(8_000)) };
        let offset = earlier.at_change(unordered).unwrap();
        assert_eq!((offset.from, offset.start), (Some(5_000), 6));
        let still = offset.at_change(ending(1, 11, Some(9_000))).unwrap();
        assert_eq!((still.from, still.start), (Some(5_000), 7), "from then on");
    }

    #[test]
    fn places_without_a_record_are_passed_and_come_to_an_end() {
        let mut cursor = start().past(100).unwrap();
        assert_eq!(cursor.start, 100);
        for _ in 1..MOST_EMPTY {
            cursor = cursor.past(0).unwrap();
        }
        assert_eq!(cursor.start, 100 + MOST_EMPTY - 1, "by one at least");
        assert!(cursor.clone().past(1).is_err());
        assert!(cursor.at_offset(step(1, 7, None)).unwrap().past(1).is_ok());
    }

    #[test]
    fn the_next_run_overlaps_with_this_one() {
        const LATER: Timestamp = 1_000 * MINUTE;
        let next_at = |cursor: &Cursor, newest, now| {
            let text = cursor.next_run(step(1, 0, newest), now)?;
            Cursor::read(Some(&text), "issues", CLOUD, "a = 1 AND ").unwrap().from
        };
        let next = |cursor: &Cursor, newest| next_at(cursor, newest, LATER);
        let asked = Cursor { from: Some(7 * MINUTE), ..start() };
        assert_eq!(next(&start(), None), None);
        assert_eq!(next(&start(), Some(60 * MINUTE)), Some(55 * MINUTE));
        assert_eq!(next(&start(), Some(1)), Some(0));
        assert_eq!(next(&asked, None), Some(7 * MINUTE));
        assert_eq!(next_at(&asked, Some(60 * MINUTE), 30 * MINUTE), Some(25 * MINUTE), "not ahead");
        assert_eq!(next_at(&asked, None, 6 * MINUTE), Some(MINUTE), "nor by an earlier clock");
        let seen = Cursor { newest: Some(90 * MINUTE), ..asked };
        assert_eq!(next(&seen, Some(60 * MINUTE)), Some(85 * MINUTE));
    }

    #[test]
    fn a_search_is_started_anew_only_where_it_came_further() {
        let page = |cursor: Cursor, token: &str, minute: u64| {
            cursor.at_token(token, ending(1, 0, Some(minute * MINUTE))).unwrap()
        };
        let first = page(start(), "t1", 60).restarted(Step::default()).unwrap();
        assert_eq!((first.from, first.token.as_deref()), (Some(55 * MINUTE), None));
        for minute in [50, 60] {
            let stuck = page(first.clone(), "t1", minute);
            assert_eq!(stuck.restarted(Step::default()), None, "{minute}");
        }
        let further = page(first, "t1", 61).restarted(Step::default()).unwrap();
        assert_eq!(further.from, Some(56 * MINUTE));
        let mut cursor = further;
        let restarts = (62..10_000).find(|minute| {
            match page(cursor.clone(), "t", *minute).restarted(Step::default()) {
                Some(next) => cursor = next,
                None => return true,
            }
            false
        });
        assert_eq!(restarts, Some(60 + MOST_RESTARTS), "even where each comes further");
        let undated = start().at_token("t1", step(1, 0, None)).unwrap();
        let again = undated.restarted(Step::default()).unwrap();
        assert_eq!(again.from, None, "from the beginning, where no change is known");
        assert_eq!(again.restarted(Step::default()), None);
    }

    #[test]
    fn what_was_handed_over_of_a_page_is_passed_over_on_the_next_one() {
        let half = start().at_token("t1", step(2, 0, None)).unwrap().within(step(70, 0, None));
        let half = half.unwrap();
        assert_eq!(half.skip, 70);
        let shorter = Step { passed: 50, ..step(0, 0, None) };
        assert_eq!(half.clone().at_token("t2", shorter).unwrap().skip, 20);
        let whole = Step { passed: 70, ..step(30, 0, None) };
        assert_eq!(half.at_token("t2", whole).unwrap().skip, 0);
    }
}
