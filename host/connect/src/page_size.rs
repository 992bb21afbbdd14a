//! How many records a run asks for at once.
//!
//! A page that is too large or too slow at the size that was asked for is asked for again with a
//! quarter of it, down to one record. After pages that succeeded the size doubles again, up to what
//! the caller wants. The provider fails at the same size again, most often: so each time that growing
//! fails, twice as many pages must succeed before the next try.

/// Pages that succeed at a size before the first try of a larger one.
const FIRST_HOLD: u32 = 2;

/// Pages between two tries of a larger size, at most.
const LONGEST_HOLD: u32 = 64;

/// The size of a run's next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageSize {
    wanted: u32,
    now: u32,
    /// The size at which the page now asked for failed first.
    failed: Option<u32>,
    /// Pages that must succeed at this size before a larger one is tried.
    hold: u32,
    succeeded: u32,
    /// Whether the size has grown since the last page.
    grown: bool,
}

impl PageSize {
    /// Pages of `wanted` records, as long as that works.
    pub(crate) fn new(wanted: u32) -> Self {
        Self { wanted, now: wanted, failed: None, hold: FIRST_HOLD, succeeded: 0, grown: false }
    }

    /// Records to ask for.
    pub(crate) fn now(&self) -> u32 {
        self.now
    }

    /// After a page that was too heavy: a smaller size; `false` where there is none.
    pub(crate) fn shrink(&mut self) -> bool {
        if self.now == 1 {
            return false;
        }
        self.failed.get_or_insert(self.now);
        self.succeeded = 0;
        self.now = match std::mem::take(&mut self.grown) {
            // Half of it has just succeeded.
            true => {
                self.hold = self.hold.saturating_mul(2).min(LONGEST_HOLD);
                self.now / 2
            }
            false => (self.now / 4).max(1),
        };
        true
    }

    /// The size did not matter: one record failed as many did.
    pub(crate) fn restore(&mut self) {
        self.now = self.failed.take().unwrap_or(self.now);
    }

    /// After a page that succeeded.
    pub(crate) fn succeeded(&mut self) {
        (self.failed, self.grown) = (None, false);
        self.succeeded = self.succeeded.saturating_add(1);
        if self.now < self.wanted && self.succeeded >= self.hold {
            self.now = self.now.saturating_mul(2).min(self.wanted);
            (self.succeeded, self.grown) = (0, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes that are asked for until `pages` have succeeded, where more than `most` fail.
    fn asked(wanted: u32, most: u32, pages: usize) -> Vec<u32> {
        let mut size = PageSize::new(wanted);
        let (mut asked, mut done) = (Vec::new(), 0);
        while done < pages {
            asked.push(size.now());
            if size.now() > most {
                assert!(size.shrink(), "{asked:?}");
            } else {
                size.succeeded();
                done += 1;
            }
        }
        asked
    }

    #[test]
    fn a_page_that_fails_is_asked_for_smaller_down_to_one() {
        assert_eq!(asked(100, 100, 3), [100, 100, 100]);
        assert_eq!(asked(100, 10, 1), [100, 25, 6]);
        assert_eq!(asked(100, 1, 1), [100, 25, 6, 1]);
        assert_eq!(asked(1, 1, 2), [1, 1]);
        let mut one = PageSize::new(1);
        assert!(!one.shrink());
    }

    #[test]
    fn it_grows_again_up_to_what_was_wanted() {
        let mut size = PageSize::new(100);
        assert!(size.shrink() && size.shrink());
        let mut sizes = Vec::new();
        for _ in 0..20 {
            sizes.push(size.now());
            size.succeeded();
        }
        assert_eq!(sizes.first(), Some(&6));
        assert_eq!(sizes.last(), Some(&100));
        assert!(sizes.is_sorted(), "{sizes:?}");
    }

    #[test]
    fn a_size_that_keeps_failing_is_tried_less_and_less_often() {
        let asked = asked(100, 30, 1_000);
        let failed = asked.iter().filter(|size| **size > 30).count();
        assert!(failed < 25, "{failed} of {}", asked.len());
    }

    #[test]
    fn a_failure_that_the_size_does_not_cause_leaves_the_size() {
        let mut size = PageSize::new(100);
        while size.shrink() {}
        size.restore();
        assert_eq!(size, PageSize::new(100));
    }
}
