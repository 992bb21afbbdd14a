//! What the headers of an answer tell of a limit.

use std::time::Duration;

use crate::contract::failure::Timestamp;
use crate::contract::report::Quota;
use crate::egress::header::retry_after;
use crate::manifest::{QuotaRules, ResetUnit};

/// No wait that a provider means is longer; what is, comes from a wrong clock or a wrong header.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// An interval says how long a bucket stays empty at most, and not how much of that is over: a request
/// after a minute is told more exactly, or goes through.
const LONGEST_GUESS: Duration = Duration::from_secs(60);

/// The headers of one answer, read by the manifest's rules.
pub(crate) struct QuotaHeaders<'a> {
    rules: &'a QuotaRules,
    headers: &'a [(String, String)],
    now: Timestamp,
}

impl<'a> QuotaHeaders<'a> {
    pub(crate) fn new(
        rules: &'a QuotaRules,
        headers: &'a [(String, String)],
        now: Timestamp,
    ) -> Self {
        Self { rules, headers, now }
    }

    /// What the named headers say; `None` where they say nothing.
    pub(crate) fn quota(&self) -> Option<Quota> {
        let quota = Quota {
            remaining: self.number(self.rules.remaining.as_deref()),
            limit: self.number(self.rules.limit.as_deref()),
            resets_at: self.reset_in().or(self.filled_in()).map(|wait| later(self.now, wait)),
        };
        let known = quota.remaining.is_some() || quota.limit.is_some() || quota.resets_at.is_some();
        known.then_some(quota)
    }

    /// How long a quota that is used up stays so.
    pub(super) fn used_up_for(&self) -> Option<Duration> {
        let concerns_all = self.is_usual() && !self.is_narrow() && self.none_left();
        let told = self.reset_in().or_else(|| self.filled_in());
        let guessed = self.reset_in().is_none() && self.retry_after().is_none();
        let bound = if guessed { LONGEST_GUESS } else { LONGEST_WAIT };
        told.filter(|_| concerns_all).map(|wait| wait.min(bound))
    }

    /// How long an empty bucket stays so, at most.
    fn filled_in(&self) -> Option<Duration> {
        let interval = Duration::from_secs(self.number(self.rules.interval.as_deref())?);
        let wait = self.retry_after().unwrap_or(interval);
        self.none_left().then_some(wait.min(LONGEST_WAIT)).filter(|wait| !wait.is_zero())
    }

    fn none_left(&self) -> bool {
        self.number(self.rules.remaining.as_deref()) == Some(0)
    }

    /// Whether it is the usual requests of which something is told.
    pub(super) fn is_usual(&self) -> bool {
        self.rules.resource.as_ref().is_none_or(|resource| {
            self.header(&resource.header).is_none_or(|told| told == resource.usual)
        })
    }

    /// The wait in `retry-after`: seconds, or an HTTP date. Absent, blank and 0 are none.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let wait = retry_after(self.header("retry-after")?, self.server_time())?;
        let wait = Duration::from_millis(wait);
        Some(wait.min(LONGEST_WAIT)).filter(|wait| !wait.is_zero())
    }

    /// Whether the limit that refused concerns only requests like the one that it refused.
    pub(super) fn is_narrow(&self) -> bool {
        self.rules.reason.as_ref().is_some_and(|reason| {
            self.header(&reason.header)
                .is_some_and(|told| reason.narrow.iter().any(|narrow| narrow == told))
        })
    }

    fn reset_in(&self) -> Option<Duration> {
        let reset = self.rules.reset.as_ref()?;
        let value = self.header(&reset.header)?;
        let wait = match reset.unit {
            ResetUnit::DeltaSeconds => Duration::from_secs(value.parse().ok()?),
            ResetUnit::EpochSeconds => {
                let seconds: u64 = value.parse().ok()?;
                self.until_server_time(Timestamp(seconds.saturating_mul(1_000)))
            }
            ResetUnit::Rfc3339 => self.until_server_time(Timestamp::from_rfc3339(value)?),
        };
        Some(wait.min(LONGEST_WAIT))
    }

    /// How far that moment of the server's clock lies ahead.
    fn until_server_time(&self, moment: Timestamp) -> Duration {
        Duration::from_millis(moment.0.saturating_sub(self.server_time().0))
    }

    fn server_time(&self) -> Timestamp {
        let date = self.header("date").and_then(|date| httpdate::parse_http_date(date).ok());
        date.and_then(Timestamp::of).unwrap_or(self.now)
    }

    fn number(&self, name: Option<&str>) -> Option<u64> {
        self.header(name?)?.parse().ok()
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

pub(super) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    Timestamp(now.0.saturating_add(wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{QuotaReason, QuotaReset, QuotaResource};

    /// 2026-01-01T00:00:00Z.
    const NOW: Timestamp = Timestamp(1_767_225_600_000);

    fn rules(unit: ResetUnit) -> QuotaRules {
        QuotaRules {
            remaining: Some("X-Remaining".to_owned()),
            limit: Some("x-limit".to_owned()),
            reset: Some(QuotaReset { header: "x-reset".to_owned(), unit }),
            resource: Some(QuotaResource {
                header: "x-resource".to_owned(),
                usual: "core".to_owned(),
            }),
            reason: Some(QuotaReason {
                header: "x-reason".to_owned(),
                narrow: vec!["burst".to_owned()],
            }),
            ..QuotaRules::default()
        }
    }

    fn headers(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn times_are_read_in_every_unit() {
        let cases = [
            (ResetUnit::EpochSeconds, "1767225660", Some(60)),
            (ResetUnit::EpochSeconds, "1767225600", Some(0)),
            (ResetUnit::EpochSeconds, "5", Some(0)),
            (ResetUnit::EpochSeconds, "99999999999999999", Some(86_400)),
            (ResetUnit::EpochSeconds, "soon", None),
            (ResetUnit::EpochSeconds, "-5", None),
            (ResetUnit::EpochSeconds, "", None),
            (ResetUnit::DeltaSeconds, " 60 ", Some(60)),
            (ResetUnit::DeltaSeconds, "999999999", Some(86_400)),
            (ResetUnit::Rfc3339, "2026-01-01T00:01Z", Some(60)),
            (ResetUnit::Rfc3339, "2026-01-01T00:01:30Z", Some(90)),
            (ResetUnit::Rfc3339, "2026-01-01T01:01:00.5+01:00", Some(60)),
            (ResetUnit::Rfc3339, "2025-12-31T23:01:00-01:00", Some(60)),
            (ResetUnit::Rfc3339, "2025-12-31T23:59:00Z", Some(0)),
            (ResetUnit::Rfc3339, "1969-12-31T23:59:00Z", None),
            (ResetUnit::Rfc3339, "2026-13-01T00:01Z", None),
            (ResetUnit::Rfc3339, "2026-01-01", None),
            (ResetUnit::Rfc3339, "2026-01-01T00:01", None),
            (ResetUnit::Rfc3339, "2026-01-01T00:01Zulu", None),
            (ResetUnit::Rfc3339, "T+:", None),
        ];
        for (unit, value, expected) in cases {
            let (rules, headers) = (rules(unit), headers(&[("x-reset", value)]));
            let told = QuotaHeaders::new(&rules, &headers, NOW);
            assert_eq!(told.reset_in().map(|wait| wait.as_secs()), expected, "{unit:?} {value}");
        }
    }

    #[test]
    fn the_servers_own_clock_counts() {
        let rules = rules(ResetUnit::EpochSeconds);
        let headers = headers(&[
            ("date", "Thu, 01 Jan 2026 01:00:00 GMT"),
            ("x-reset", "1767229260"),
            ("x-remaining", "0"),
            ("retry-after", "Thu, 01 Jan 2026 01:02:00 GMT"),
        ]);
        let told = QuotaHeaders::new(&rules, &headers, NOW);
        assert_eq!(told.used_up_for(), Some(Duration::from_secs(60)));
        assert_eq!(told.retry_after(), Some(Duration::from_secs(120)));
        let resets_at = told.quota().and_then(|quota| quota.resets_at);
        assert_eq!(resets_at, Some(Timestamp(NOW.0 + 60_000)));
    }

    #[test]
    fn a_wait_is_read_or_absent() {
        let rules = rules(ResetUnit::EpochSeconds);
        for (value, expected) in [
            ("60", Some(60)),
            ("0", None),
            ("", None),
            ("soon", None),
            ("-1", None),
            ("Thu, 01 Jan 2026 00:01:00 GMT", Some(60)),
            ("Wed, 31 Dec 2025 00:01:00 GMT", None),
            ("99999999999", Some(86_400)),
        ] {
            let headers = headers(&[("retry-after", value)]);
            let told = QuotaHeaders::new(&rules, &headers, NOW);
            assert_eq!(told.retry_after().map(|wait| wait.as_secs()), expected, "{value}");
        }
    }

    #[test]
    fn an_empty_bucket_is_filled_after_the_interval_or_when_the_answer_says() {
        let rules = QuotaRules {
            interval: Some("x-interval".to_owned()),
            remaining: Some("x-remaining".to_owned()),
            ..QuotaRules::default()
        };
        for (remaining, interval, retry_after, holds, told_as) in [
            ("0", "10", None, Some(10), Some(10)),
            ("0", "10", Some("0"), Some(10), Some(10)),
            ("0", "10", Some("4"), Some(4), Some(4)),
            ("0", "3600", None, Some(60), Some(3_600)),
            ("0", "99999999", None, Some(60), Some(86_400)),
            ("0", "0", None, None, None),
            ("0", "", None, None, None),
            ("1", "10", Some("4"), None, None),
            ("", "10", None, None, None),
        ] {
            let mut list = vec![("x-remaining", remaining), ("x-interval", interval)];
            list.extend(retry_after.map(|wait| ("retry-after", wait)));
            let headers = headers(&list);
            let told = QuotaHeaders::new(&rules, &headers, NOW);
            assert_eq!(told.used_up_for().map(|wait| wait.as_secs()), holds, "{list:?}");
            let resets_at = told.quota().and_then(|quota| quota.resets_at);
            assert_eq!(resets_at.map(|at| (at.0 - NOW.0) / 1_000), told_as, "{list:?}");
        }
    }

    #[test]
    fn a_narrow_limit_uses_up_nothing_else() {
        let rules = rules(ResetUnit::DeltaSeconds);
        for (reason, expected) in [("burst", false), ("quota", true), ("", true)] {
            let headers = headers(&[("x-reset", "60"), ("x-remaining", "0"), ("x-reason", reason)]);
            let told = QuotaHeaders::new(&rules, &headers, NOW);
            assert_eq!(told.used_up_for().is_some(), expected, "{reason}");
        }
    }

    #[test]
    fn only_the_usual_quota_is_used_up_and_only_at_zero() {
        let rules = rules(ResetUnit::DeltaSeconds);
        for (resource, remaining, expected) in [
            (Some("core"), "0", true),
            (None, "0", true),
            (Some("search"), "0", false),
            (Some("core"), "1", false),
            (Some("core"), "", false),
        ] {
            let mut list = vec![("x-reset", "60"), ("x-remaining", remaining)];
            list.extend(resource.map(|resource| ("x-resource", resource)));
            let headers = headers(&list);
            let told = QuotaHeaders::new(&rules, &headers, NOW);
            assert_eq!(told.used_up_for().is_some(), expected, "{resource:?} {remaining}");
        }
    }
}
