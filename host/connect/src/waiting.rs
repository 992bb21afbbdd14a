//! Waiting for a provider, as long as the caller allows and no longer.
//!
//! A call is repeated only where that is safe, the outside world being as before, and where the failure
//! says that it helps: after the wait that the provider named and a little more, or after one that grows
//! from attempt to attempt. Both have some chance in them, so that many who failed together do not come
//! back together. The time of attempts that failed counts as well. A wait that would take longer than what is left is not
//! begun: the failure is told at once.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use jackfield_host::failure::{Effect, Failure, Retry};

/// Before the second attempt, about.
const FIRST: Duration = Duration::from_millis(500);

/// Between two attempts, at most.
const LONGEST: Duration = Duration::from_secs(30);

/// What is left of the caller's patience.
pub(crate) struct Waiting {
    left: Duration,
    attempt: Instant,
    delays: ExponentialBackoff,
}

impl Waiting {
    /// So long in all.
    pub(crate) fn at_most(bound: Duration) -> Self {
        let delays = ExponentialBuilder::default()
            .with_min_delay(FIRST)
            .with_max_delay(LONGEST)
            .with_jitter()
            .without_max_times();
        Self { left: bound, attempt: Instant::now(), delays: delays.build() }
    }

    /// An attempt begins.
    pub(crate) fn attempt(&mut self) {
        self.attempt = Instant::now();
    }

    /// Waits until the call may be repeated; `false`, at once, where it may not.
    pub(crate) async fn again(&mut self, failure: &Failure) -> bool {
        match self.take(failure, self.attempt.elapsed()) {
            Some(delay) => {
                tracing::debug!(code = failure.code, ?delay, "waiting for the provider");
                tokio::time::sleep(delay).await;
                true
            }
            None => false,
        }
    }

    fn take(&mut self, failure: &Failure, took: Duration) -> Option<Duration> {
        self.left = self.left.saturating_sub(took);
        if failure.effect != Effect::None || self.left.is_zero() {
            return None;
        }
        let delay = match failure.retry {
            Retry::After { milliseconds } => self.spread(Duration::from_millis(milliseconds)),
            Retry::Backoff => self.delays.next()?,
            Retry::Never | Retry::AfterUserAction => return None,
        };
        self.left = self.left.checked_sub(delay)?;
        Some(delay)
    }

    /// A wait that was named, with a tenth more at most, as far as that is left.
    fn spread(&mut self, wait: Duration) -> Duration {
        let more = self.delays.next().unwrap_or_default().min(wait / 10);
        (wait + more).min(self.left.max(wait))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use jackfield_host::failure::Cause;

    use super::*;

    const AT_ONCE: Duration = Duration::ZERO;

    fn failure(retry: Retry, effect: Effect) -> Failure {
        Failure::new(Cause::Unreachable, "Down.").retry(retry).effect(effect)
    }

    fn after(seconds: u64) -> Failure {
        failure(Retry::After { milliseconds: seconds * 1_000 }, Effect::None)
    }

    #[test]
    fn what_the_provider_names_is_waited_for_within_the_bound() {
        let mut waiting = Waiting::at_most(Duration::from_secs(10));
        let first = waiting.take(&after(6), AT_ONCE).unwrap();
        assert!((6_000..=6_600).contains(&first.as_millis()), "{first:?}");
        assert_eq!(waiting.take(&after(5), AT_ONCE), None, "4 seconds are left");
        let last = waiting.take(&after(3), AT_ONCE).unwrap();
        assert!((3_000..=3_300).contains(&last.as_millis()), "{last:?}");
        assert_eq!(waiting.take(&after(2), AT_ONCE), None);
        let mut exact = Waiting::at_most(Duration::from_secs(4));
        assert_eq!(exact.take(&after(4), AT_ONCE), Some(Duration::from_secs(4)));
        assert_eq!(Waiting::at_most(Duration::ZERO).take(&after(0), AT_ONCE), None);
    }

    #[test]
    fn attempts_that_take_long_use_the_bound_up() {
        let mut waiting = Waiting::at_most(Duration::from_secs(60));
        let hangs = failure(Retry::Backoff, Effect::None);
        let repeated = std::iter::from_fn(|| waiting.take(&hangs, Duration::from_secs(20))).count();
        assert_eq!(repeated, 2, "of three attempts, the last begun within the bound");
    }

    #[test]
    fn attempts_come_further_and_further_apart_and_end() {
        let mut waiting = Waiting::at_most(Duration::from_secs(60));
        let again = failure(Retry::Backoff, Effect::None);
        let delays: Vec<Duration> = std::iter::from_fn(|| waiting.take(&again, AT_ONCE)).collect();
        assert!((3..=10).contains(&delays.len()), "{delays:?}");
        assert!(delays.iter().sum::<Duration>() <= Duration::from_secs(60), "{delays:?}");
        assert!(delays.first() < delays.get(2), "{delays:?}");
    }

    #[test]
    fn what_is_not_safe_or_does_not_help_is_not_repeated() {
        for (retry, effect) in [
            (Retry::Never, Effect::None),
            (Retry::AfterUserAction, Effect::None),
            (Retry::Backoff, Effect::Unknown),
            (Retry::Backoff, Effect::Applied),
            (Retry::After { milliseconds: 1 }, Effect::Unknown),
        ] {
            let mut waiting = Waiting::at_most(Duration::from_secs(60));
            assert_eq!(
                waiting.take(&failure(retry, effect), AT_ONCE),
                None,
                "{retry:?} {effect:?}"
            );
        }
    }
}
