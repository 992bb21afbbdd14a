//! Ends a run through a stream that brings nothing new.
//!
//! A provider, or a connector, can lead from page to page for ever: back to a page of this run, over
//! empty pages, or over the same records at ever new places. Each of the three ends the run with a
//! failure that says which it was.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use jackfield_host::failure::{Cause, Failure, Retry};
use jackfield_host::report::{Change, Page, Progress};

/// Pages in a row without a new record, at most: so many empty ones, or so many whole pages of
/// records that came before. A restart after a lost page token repeats some minutes of changes.
const MOST_STALE_PAGES: u64 = 100;

/// Records that are remembered. A circle of more records is not found.
const MOST_REMEMBERED: usize = 1 << 20;

/// What a run has asked for and seen so far.
#[derive(Default)]
pub(crate) struct ProgressGuard {
    cursors: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    records: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    empty_pages: u64,
    stale_records: u64,
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

    /// Takes a page; `wanted` is the size of a whole one.
    ///
    /// # Errors
    ///
    /// [`Cause::Protocol`] where more is said to follow, and too many pages had no new record.
    pub(crate) fn take(&mut self, page: &Page, wanted: u32) -> Result<(), Failure> {
        if self.records.len() > MOST_REMEMBERED {
            self.records.clear();
        }
        let mut new = false;
        for change in &page.changes {
            let seen = match change {
                Change::Upsert(item) => (item.key.as_str(), item.updated_at, false),
                Change::Delete(key) => (key.as_str(), None, true),
            };
            new |= self.records.insert(self.records.hasher().hash_one(seen));
        }
        let count = u64::try_from(page.changes.len()).unwrap_or(u64::MAX);
        if new {
            (self.empty_pages, self.stale_records) = (0, 0);
        } else if count == 0 {
            self.empty_pages += 1;
        } else {
            self.stale_records = self.stale_records.saturating_add(count);
        }
        let more = matches!(page.progress, Progress::More(_));
        if more && self.empty_pages >= MOST_STALE_PAGES {
            let message = format!(
                "{MOST_STALE_PAGES} pages in a row had no record, and the provider still says that more follow."
            );
            return Err(endless(&message));
        }
        if more && self.stale_records >= MOST_STALE_PAGES.saturating_mul(u64::from(wanted)) {
            let message = format!(
                "The last {} records all came before in this run, and the provider still says that more follow.",
                self.stale_records
            );
            return Err(endless(&message));
        }
        Ok(())
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
        pages.take(10_000).take_while(|page| guard.take(page, 10).is_ok()).count()
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
        assert_eq!(taken((0..).map(|_| page(&same, 0))), 100, "one page again and again");
        let around = (0..).map(|n: u64| page(&[n % 50, (n * 7) % 50], 0));
        assert!(taken(around) < 600, "records that come round at other places");
        let pairs = (0..).map(|n: u64| if n % 2 == 0 { page(&[], 0) } else { page(&[1], 0) });
        assert!(taken(pairs) < 300, "empty ones and old ones in turn");
    }

    #[test]
    fn a_run_that_goes_on_is_left_alone() {
        let all = 10_000;
        assert_eq!(taken((0..).map(|n| page(&[n], 0))), all, "new records");
        assert_eq!(taken((0..).map(|n| page(&[1], n))), all, "one record that keeps changing");
        let rare = (0..).map(|n: u64| if n % 99 == 0 { page(&[n], 0) } else { page(&[], 0) });
        assert_eq!(taken(rare), all, "few records among empty pages");
    }

    #[test]
    fn the_last_page_may_bring_nothing_new() {
        let mut guard = ProgressGuard::default();
        for _ in 0..1_000 {
            let last = Page { progress: Progress::CaughtUp(None), ..page(&[], 0) };
            assert!(guard.take(&last, 1).is_ok());
        }
    }
}
