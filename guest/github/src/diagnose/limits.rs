//! Too many requests: GitHub's primary limit, its secondary limits, and the lockout after failed logins.
//!
//! Source: "Rate limits for the REST API", read in November 2026. The wait is in `retry-after`, in
//! seconds or as an HTTP date, for secondary limits, where it may be missing or blank; and in
//! `x-ratelimit-reset`, in epoch seconds, for the primary one.

use jackfield_guest::{Cause, Failure, Response, Retry, Timestamp, time};

use super::{Answer, Leads, Rule};

/// GitHub's advice for a secondary limit that names no wait.
const SECONDARY_WAIT: u64 = 60_000;

/// For a primary limit that names no reset: a quarter of its window.
const PRIMARY_WAIT: u64 = 15 * 60_000;

/// For the lockout, of which GitHub says only that it is temporary.
const LOCKOUT_WAIT: u64 = 15 * 60_000;

/// No wait that GitHub means is longer; what is, comes from a wrong clock or a wrong header.
const LONGEST_WAIT: u64 = 24 * 3600 * 1000;

/// Added to a reset, which is told in whole seconds.
const MARGIN: u64 = 1000;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "login-lockout",
        applies: |answer| {
            answer.is_any(&[401, 403, 429])
                && answer.says(&["maximum number of login attempts", "too many failed login"])
        },
        explain: lockout,
        telling: &["retry-after"],
    },
    Rule {
        name: "secondary-rate-limit",
        applies: |answer| {
            answer.is_any(&[403, 429])
                && (answer.says(&["secondary rate", "abuse detection", "submitted too quickly"])
                    || answer.header("gh-limited-by").is_some())
        },
        explain: secondary,
        telling: &["retry-after", "gh-limited-by", "x-ratelimit-remaining", "x-ratelimit-resource"],
    },
    Rule {
        name: "primary-rate-limit",
        applies: |answer| answer.is_any(&[403, 429]) && answer.says(&["rate limit exceeded"]),
        explain: primary,
        telling: &PRIMARY,
    },
    Rule {
        name: "primary-rate-limit",
        applies: |answer| answer.is(429) && answer.header("x-ratelimit-remaining") == Some("0"),
        explain: primary,
        telling: &PRIMARY,
    },
    Rule {
        name: "secondary-rate-limit",
        applies: |answer| answer.is(429) && !answer.page,
        explain: secondary,
        telling: &["retry-after", "x-ratelimit-remaining", "x-ratelimit-resource"],
    },
];

const PRIMARY: [&str; 4] =
    ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-resource"];

/// A 403 that says nothing of limits, but whose headers do. Held last among the 403s.
pub(super) const SILENT: Rule = Rule {
    name: "primary-rate-limit",
    applies: |answer| answer.is(403) && answer.header("x-ratelimit-remaining") == Some("0"),
    explain: primary,
    telling: &PRIMARY,
};

/// A 403 with a wait and no other sign.
pub(super) const WAIT: Rule = Rule {
    name: "secondary-rate-limit",
    applies: |answer| answer.is(403) && retry_after(answer.response, answer.context.now).is_some(),
    explain: secondary,
    telling: &["retry-after"],
};

fn lockout(answer: &Answer<'_>) -> Failure {
    let wait = retry_after(answer.response, answer.context.now).unwrap_or(LOCKOUT_WAIT);
    Failure::new(
        Cause::RateLimited,
        "After too many failed logins GitHub refuses every attempt for a while, the right \
         token's too.",
    )
    .retry(Retry::After(wait))
    .remedy(
        "Stop whatever still tries an old token of this account, and wait before the next \
     attempt.",
    )
}

fn secondary(answer: &Answer<'_>) -> Failure {
    let wait = retry_after(answer.response, answer.context.now).unwrap_or(SECONDARY_WAIT);
    Failure::new(
        Cause::RateLimited,
        format!(
            "GitHub's secondary rate limit was hit, too many requests at once or in a short time; \
             the next may go in {}.",
            span(wait)
        ),
    )
    .retry(Retry::After(wait))
    .remedy("Wait, and let fewer programs use this account at the same time.")
}

fn primary(answer: &Answer<'_>) -> Failure {
    let reset = reset_at(answer.response);
    let wait = reset.map_or(PRIMARY_WAIT, |reset| until(reset, answer.context.now));
    let anonymous = answer.says(&["authenticated requests get a higher rate limit"]);
    let whose = if anonymous {
        "of anonymous visitors at this address is used up, for the token did not reach GitHub"
    } else {
        "is used up"
    };
    let when = match reset.filter(|_| wait < LONGEST_WAIT) {
        Some(reset) => {
            format!("it is filled again at {} (in {})", time::to_rfc3339(reset), span(wait))
        }
        None => format!("the next request may go in {}", span(wait)),
    };
    let message = format!("GitHub's rate limit was hit: the hourly quota {whose}; {when}.");
    Failure::new(Cause::RateLimited, message)
        .retry(Retry::After(wait))
        .remedy("Wait until then; all tokens of one person share the limit.")
        .leads(
            "Where it is needed often, use a GitHub App, which has a limit of its own.",
            answer.context.site.page("settings/apps/new"),
        )
}

/// The wait in `retry-after`, in milliseconds, from 1 second to a day. `None` where it is absent,
/// blank or something else.
pub(super) fn retry_after(response: &Response, now: Timestamp) -> Option<u64> {
    let value = response.header("retry-after")?;
    let wait = match value.parse::<u64>() {
        Ok(seconds) => seconds.saturating_mul(1000),
        Err(_) => time::http_date(value)?.saturating_sub(now),
    };
    Some(wait.clamp(1000, LONGEST_WAIT))
}

fn reset_at(response: &Response) -> Option<Timestamp> {
    let seconds: u64 = response.header("x-ratelimit-reset")?.parse().ok()?;
    seconds.checked_mul(1000)
}

fn until(reset: Timestamp, now: Timestamp) -> u64 {
    reset.saturating_sub(now).saturating_add(MARGIN).clamp(MARGIN, LONGEST_WAIT)
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
