//! Too many requests: three systems of Cloud, and Data Center's own.
//!
//! | `ratelimit-reason` | system | wait where none is told |
//! |---|---|---|
//! | `jira-burst-based` | requests a second, by site, endpoint and method | 1 second |
//! | `jira-per-issue-on-write` | writes to one issue | 2 seconds |
//! | `jira-quota-tenant-based` and others with `quota` or `global` | points an hour, by app | 15 minutes |
//! | none | Data Center's token bucket, or something in between | the bucket's interval, or 1 minute |
//!
//! The wait is in `retry-after`, in seconds or as an HTTP date, which wins; then in
//! `x-ratelimit-reset`, an ISO 8601 moment, sometimes without seconds. Data Center sends
//! `retry-after: 0` with successes, so the header alone says nothing.
//!
//! Source: "Rate limiting", developer.atlassian.com, read in November 2026.

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Cause, Failure, Retry, time};

use super::{Answer, Refine, Rule, advice};
use crate::wire;

/// No wait that Jira means is longer; what is, comes from a wrong clock or a wrong header.
const LONGEST_WAIT: u64 = 24 * 3600 * 1000;

const MINUTE: u64 = 60_000;

const REASONS: [&str; 3] = ["ratelimit-reason", "x-ratelimit-reason", "x-beta-ratelimit-reason"];

const TELLING: &[&str] = &[
    "retry-after",
    "ratelimit-reason",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "x-ratelimit-interval-seconds",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        is: Diagnosis {
            code: "burst-limit",
            means: "Too many requests in one second went to this part of the site.",
            advice: &[advice(
                "Wait a moment; fewer programs at the same time help where it comes often.",
            )],
        },
        cause: Cause::RateLimited,
        retry: Retry::After(1000),
        applies: |answer| answer.is(429) && reason(answer).contains("burst"),
        refine: |failure, answer| waiting(failure, answer, 1000),
        telling: TELLING,
    },
    Rule {
        is: Diagnosis {
            code: "issue-write-limit",
            means: "One issue was changed too often in a short time.",
            advice: &[advice("Slow down edits to the same issue.")],
        },
        cause: Cause::RateLimited,
        retry: Retry::After(2000),
        applies: |answer| answer.is(429) && reason(answer).contains("per-issue"),
        refine: |failure, answer| waiting(failure, answer, 2000),
        telling: TELLING,
    },
    Rule {
        is: Diagnosis {
            code: "hourly-quota-used-up",
            means: "The app's hourly points for this site, or for all sites, are used up.",
            advice: &[advice(
                "Wait until the quota is filled again, and read larger pages less often.",
            )],
        },
        cause: Cause::RateLimited,
        retry: Retry::After(15 * MINUTE),
        applies: |answer| {
            let reason = reason(answer);
            answer.is(429) && (reason.contains("quota") || reason.contains("global"))
        },
        refine: |failure, answer| waiting(failure, answer, 15 * MINUTE),
        telling: TELLING,
    },
    Rule {
        is: Diagnosis {
            code: "rate-limited",
            means: "Jira, or a proxy in front of it, reports too many requests.",
            advice: &[advice(
                "Wait; on a Data Center the administrator sets the limits, and can exempt an \
                 account.",
            )],
        },
        cause: Cause::RateLimited,
        retry: Retry::After(MINUTE),
        applies: |answer| answer.is(429),
        refine: |failure, answer| {
            let interval = answer.header("x-ratelimit-interval-seconds");
            let interval = interval.and_then(|text| text.parse::<u64>().ok());
            waiting(
                failure,
                answer,
                interval.map_or(MINUTE, |seconds| seconds.saturating_mul(1000)),
            )
        },
        telling: TELLING,
    },
];

fn reason(answer: &Answer<'_>) -> String {
    let found = REASONS.iter().find_map(|name| answer.header(name));
    found.unwrap_or_default().to_ascii_lowercase()
}

/// With the wait that the answer tells, or this one.
fn waiting(failure: Failure, answer: &Answer<'_>, otherwise: u64) -> Failure {
    let wait = told(answer).unwrap_or(otherwise).clamp(1000, LONGEST_WAIT);
    let means = failure.message.trim_end_matches('.').to_owned();
    failure
        .saying(format!("{means}; the next request may go in {}.", span(wait)))
        .retry(Retry::After(wait))
}

/// The wait that the answer tells, in milliseconds, from 1 second to a day.
pub(super) fn told(answer: &Answer<'_>) -> Option<u64> {
    let now = answer.context.now;
    let after = ["retry-after", "beta-retry-after"].iter().find_map(|name| {
        let value = answer.header(name)?;
        let seconds = value.parse::<u64>().ok().map(|seconds| seconds.saturating_mul(1000));
        seconds.or_else(|| Some(time::http_date(value)?.saturating_sub(now)))
    });
    let reset = || {
        let names = ["x-ratelimit-reset", "x-beta-ratelimit-reset"];
        let moment = names.iter().find_map(|name| wire::reset(answer.header(name)?))?;
        Some(moment.saturating_sub(now).saturating_add(1000))
    };
    Some(after.or_else(reset)?.clamp(1000, LONGEST_WAIT))
}

/// A wait for people, rounded up.
fn span(milliseconds: u64) -> String {
    let seconds = milliseconds.div_ceil(1000);
    let (count, unit) = match seconds {
        0..=90 => (seconds, "second"),
        91..=5400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3600), "hour"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}
