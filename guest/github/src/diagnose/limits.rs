//! Too many requests: GitHub's primary limit, its secondary limits, and the lockout after failed logins.
//!
//! Source: "Rate limits for the REST API", read in November 2026. The wait is in `retry-after`, in
//! seconds or as an HTTP date, for secondary limits, where it may be missing or blank; and in
//! `x-ratelimit-reset`, in epoch seconds, for the primary one. The sentences do not repeat it: whoever
//! shows a failure says from its `retry` when the next attempt makes sense.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure, Response, Retry, Timestamp, time};

use super::{ANONYMOUS, Answer, Rule, is_limit_of_nobody};
use crate::advice::{self, Advised};

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

const LOCKOUT: Diagnosis = Diagnosis {
    code: "login-lockout",
    means: "After too many failed logins GitHub refuses every attempt for a while, the right token's \
            too.",
    advice: &[Advice {
        text: "Stop whatever still tries an old token of this account, and wait before the next attempt.",
        page: Some("https://github.com/settings/security-log"),
    }],
};

const SECONDARY: Diagnosis = Diagnosis {
    code: "secondary-rate-limit",
    means: "GitHub's secondary rate limit was hit: too many requests at once or in a short time.",
    advice: &[Advice {
        text: "Wait, and let fewer programs use this account at the same time.",
        page: None,
    }],
};

const SHARED: Advice =
    Advice { text: "Wait; all tokens of one person share the limit.", page: None };
const OWN_LIMIT: Advice = Advice {
    text: "Where it is needed often, use a GitHub App, which has a limit of its own.",
    page: Some("https://github.com/settings/apps/new"),
};

const PRIMARY: Diagnosis = Diagnosis {
    code: "primary-rate-limit",
    means: "GitHub's rate limit was hit: the hourly quota is used up and not yet filled again.",
    advice: &[
        SHARED,
        OWN_LIMIT,
        Advice {
            text: "If the token did not reach GitHub, check whether a proxy between here and GitHub \
                   removes the Authorization header.",
            page: None,
        },
    ],
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        diagnosis: &LOCKOUT,
        applies: |answer| {
            answer.is_any(&[401, 403, 429])
                && answer.says(&["maximum number of login attempts", "too many failed login"])
        },
        explain: |answer, it| {
            limited(answer, it, retry_after(answer.response, answer.context.now), LOCKOUT_WAIT)
        },
        telling: &["retry-after"],
    },
    Rule {
        diagnosis: &SECONDARY,
        applies: |answer| {
            answer.is_any(&[403, 429])
                && (answer.says(&["secondary rate", "abuse detection", "submitted too quickly"])
                    || answer.header("gh-limited-by").is_some())
        },
        explain: secondary,
        telling: &["retry-after", "gh-limited-by", "x-ratelimit-remaining", "x-ratelimit-resource"],
    },
    Rule {
        diagnosis: &PRIMARY,
        applies: |answer| answer.is_any(&[403, 429]) && answer.says(&["rate limit exceeded"]),
        explain: primary,
        telling: &PRIMARY_HEADERS,
    },
    Rule {
        diagnosis: &PRIMARY,
        applies: |answer| answer.is(429) && answer.header("x-ratelimit-remaining") == Some("0"),
        explain: primary,
        telling: &PRIMARY_HEADERS,
    },
    Rule {
        diagnosis: &SECONDARY,
        applies: |answer| answer.is(429) && !answer.page,
        explain: secondary,
        telling: &["retry-after", "x-ratelimit-remaining", "x-ratelimit-resource"],
    },
];

const PRIMARY_HEADERS: [&str; 4] =
    ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-resource"];

/// A 403 that says nothing of limits, but whose headers do. Held last among the 403s.
pub(super) const SILENT: Rule = Rule {
    diagnosis: &PRIMARY,
    applies: |answer| answer.is(403) && answer.header("x-ratelimit-remaining") == Some("0"),
    explain: primary,
    telling: &PRIMARY_HEADERS,
};

/// A 403 with a wait and no other sign.
pub(super) const WAIT: Rule = Rule {
    diagnosis: &SECONDARY,
    applies: |answer| answer.is(403) && retry_after(answer.response, answer.context.now).is_some(),
    explain: secondary,
    telling: &["retry-after"],
};

fn limited(answer: &Answer<'_>, it: &Diagnosis, wait: Option<u64>, otherwise: u64) -> Failure {
    answer.plain(it, Cause::RateLimited).retry(Retry::After(wait.unwrap_or(otherwise)))
}

fn secondary(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    limited(answer, it, retry_after(answer.response, answer.context.now), SECONDARY_WAIT)
}

fn primary(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let site = answer.context.site;
    let wait = reset_at(answer.response).map(|reset| until(reset, answer.context.now));
    let nobody = answer.says(&["authenticated requests get a higher rate limit"])
        || is_limit_of_nobody(answer.response, site);
    let failure = if nobody {
        let message = "GitHub's rate limit was hit: the hourly quota of anonymous visitors at this \
                       address is used up, for the token did not reach GitHub.";
        let failure = advice::bare(it, Cause::RateLimited, message);
        ANONYMOUS.advice.iter().fold(failure, |one, advice| one.advise(advice, site))
    } else {
        advice::bare(it, Cause::RateLimited, it.means)
            .advise(&SHARED, site)
            .advise(&OWN_LIMIT, site)
    };
    failure.retry(Retry::After(wait.unwrap_or(PRIMARY_WAIT)))
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
