//! Ends a run through a stream that brings nothing new.
//!
//! A provider, or a connector, can lead from page to page for ever: back to a page of this run, over
//! empty pages, or over the same records at ever new places. Each of the three ends the run with a
//! failure that says which it was.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use jackfield_host::failure::{Cause, Failure, Retry};
use jackfield_host::report::{Change, Page, Progress};

/// Pages in a row that bring nothing, at most: empty ones, and those of which every record came before,
/// and again since the last new one. A restart after a lost page token repeats some minutes of changes,
/// each once.
const MOST_STALE_PAGES: u64 = 100;

/// Records that are remembered. A circle of more records is not found.
const MOST_REMEMBERED: usize = 1 << 20;

/// What a run has asked for and seen so far.
#[derive(Default)]
pub(crate) struct ProgressGuard {
    cursors: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    records: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    /// Records that came again since the last new one.
    again: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    stale_pages: u64,
}

impl ProgressGuard {
    /// Takes the cursor of the next page.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`] where this run asked with that cursor before.
    pub(crate) fn ask(&mut self, cursor: Option<&str>) -> Result<(), Failure> {
        if self.cursors.insert(self.cursors.hasher().hash_one(cursor)) {
            return Ok(());
        }
        Err(endless("The pages go in a circle: one leads back to a page that was read before."))
    }

    /// Takes a page.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`] where more is said to follow, and too many pages brought nothing.
    pub(crate) fn take(&mut self, page: &Page) -> Result<(), Failure> {
        if self.records.len() > MOST_REMEMBERED {
            self.records.clear();
        }
        let (mut new, mut moves) = (false, false);
        for change in &page.changes {
            let seen = match change {
                Change::Upsert(item) => (item.key.as_str(), item.updated_at, false),
                Change::Delete(key) => (key.as_str(), None, true),
            };
            let seen = self.records.hasher().hash_one(seen);
            if self.records.insert(seen) {
                new = true;
            } else {
                moves |= self.again.insert(seen);
            }
        }
        if new {
            self.again.clear();
        }
        self.stale_pages = if new || moves { 0 } else { self.stale_pages + 1 };
        let more = matches!(page.progress, Progress::More(_));
        if !more || self.stale_pages < MOST_STALE_PAGES {
            return Ok(());
        }
        let brought = match self.again.is_empty() {
            true => "had no record",
            false => "brought only records that came before",
        };
        let message = format!(
            "{MOST_STALE_PAGES} pages in a row {brought}, and the provider still says that more follow."
        );
        Err(endless(&message))
    }
}

fn endless(message: &str) -> Failure {
    Failure::new(Cause::Protocol, message)
        .code("pages-without-end")
        .retry(Retry::Backoff)
        .remedy(
            "Continue later with the cursor of the last page, or start again without one.",
            None,
        )
        .remedy("If it happens again, report it to the connector's author.", None)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use jackfield_host::failure::Timestamp;
    use jackfield_host::report::Item;

    use super::*;

    fn page(keys: &[u64], at: u64) -> Page {
        let changes = keys.iter().map(|key| {
            Change::Upsert(Item {
                key: key.to_string(),
                updated_at: Some(Timestamp(at)),
                data: serde_json::value::RawValue::from_string("1".to_owned()).unwrap(),
            })
        });
        let progress = Progress::More("next".to_owned());
        Page { changes: changes.collect(), progress, warnings: Vec::new() }
    }

    /// Pages that are taken before the guard ends the run, of at most ten thousand.
    fn taken(pages: impl Iterator<Item = Page>) -> usize {
        let mut guard = ProgressGuard::default();
        pages.take(10_000).take_while(|page| guard.take(page).is_ok()).count()
    }

    #[test]
    fn a_cursor_that_comes_again_ends_the_run() {
        let mut guard = ProgressGuard::default();
        for cursor in [None, Some("a"), Some("b"), Some("")] {
            assert!(guard.ask(cursor).is_ok(), "{cursor:?}");
        }
        for cursor in [None, Some("a"), Some("")] {
            assert_eq!(guard.ask(cursor).unwrap_err().code, "pages-without-end", "{cursor:?}");
        }
    }

    #[test]
    fn pages_that_bring_nothing_new_end_the_run() {
        let same: Vec<u64> = (0..10).collect();
        assert_eq!(taken((0..).map(|_| page(&[], 0))), 99, "empty pages");
        assert_eq!(taken((0..).map(|_| page(&same, 0))), 101, "one page again and again");
        let last = (0..).map(|n: u64| page(&[n.min(500)], 0));
        assert_eq!(taken(last), 601, "the last page, of one record, again and again");
        let around = (0..).map(|n: u64| page(&[n % 50, (n * 7) % 50], 0));
        assert!(taken(around) < 300, "records that come round at other places");
        let pairs =
            (0..).map(|n: u64| if n.is_multiple_of(2) { page(&[], 0) } else { page(&[1], 0) });
        assert!(taken(pairs) < 300, "empty ones and old ones in turn");
    }

    #[test]
    fn a_run_that_goes_on_is_left_alone() {
        let all = 10_000;
        assert_eq!(taken((0..).map(|n| page(&[n], 0))), all, "new records");
        assert_eq!(taken((0..).map(|n| page(&[1], n))), all, "one record that keeps changing");
        let rare =
            (0..).map(|n: u64| if n.is_multiple_of(99) { page(&[n], 0) } else { page(&[], 0) });
        assert_eq!(taken(rare), all, "few records among empty pages");
        let replayed = (0..).map(|n: u64| page(&[n % 500 + n / 1_000 * 500], 0));
        assert_eq!(taken(replayed), all, "500 records twice, and then the next 500");
    }

    #[test]
    fn the_last_page_may_bring_nothing_new() {
        let mut guard = ProgressGuard::default();
        for _ in 0..1_000 {
            let last = Page { progress: Progress::CaughtUp(None), ..page(&[], 0) };
            assert!(guard.take(&last).is_ok());
        }
    }
}
