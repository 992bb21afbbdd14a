//! Jira's own trouble, and answers that are none.

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Cause, Failure, Retry};

use super::{Answer, Refine, Rule, STATUS_PAGE, advice, advice_at, limits};
use crate::settings::Route;

const TELLING: &[&str] = &["retry-after", "content-type", "server"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        is: Diagnosis {
            code: "temporarily-unavailable",
            means: "Jira is down for maintenance, starting up, or overloaded.",
            advice: &[
                advice_at("Wait; Jira Cloud's state is on Atlassian's status page.", STATUS_PAGE),
                advice("Ask the administrator of a server of your own, if it lasts."),
            ],
        },
        cause: Cause::Unreachable,
        retry: Retry::Backoff,
        applies: |answer| answer.is(503),
        refine: trouble,
        telling: TELLING,
    },
    Rule {
        is: Diagnosis {
            code: "bad-gateway",
            means: "What stands in front of Jira got no usable response from it.",
            advice: &[
                advice("Wait; where it comes with large pages only, smaller ones help."),
                advice("Ask the administrator of a server of your own, if it lasts."),
                advice_at("Jira Cloud's state is on Atlassian's status page.", STATUS_PAGE),
            ],
        },
        cause: Cause::Unreachable,
        retry: Retry::Backoff,
        applies: |answer| answer.is(502),
        refine: trouble,
        telling: TELLING,
    },
    Rule {
        is: Diagnosis {
            code: "server-timeout",
            means: "Jira, or what stands in front of it, did not finish the answer in time.",
            advice: &[
                advice("Wait; where it comes often, a narrower filter helps."),
                advice_at("Jira Cloud's state is on Atlassian's status page.", STATUS_PAGE),
            ],
        },
        cause: Cause::Unreachable,
        retry: Retry::Backoff,
        applies: |answer| answer.is_any(&[408, 504]),
        refine: trouble,
        telling: TELLING,
    },
    Rule {
        is: Diagnosis {
            code: "server-error",
            means: "Jira has trouble of its own.",
            advice: &[
                advice_at("Wait; Jira Cloud's state is on Atlassian's status page.", STATUS_PAGE),
                advice("Ask the administrator of a server of your own, if it lasts."),
            ],
        },
        cause: Cause::Unreachable,
        retry: Retry::Backoff,
        applies: |answer| answer.response.status >= 500,
        refine: trouble,
        telling: TELLING,
    },
    Rule {
        is: Diagnosis {
            code: "unexpected-answer",
            means: "Jira answered with a success or a nothing-new where data was expected.",
            advice: &[],
        },
        cause: Cause::Protocol,
        retry: Retry::Backoff,
        applies: |answer| answer.response.is_success() || answer.is(304),
        refine: |failure, answer| {
            let status = answer.response.status;
            failure.saying(format!("Jira answered with status {status} where data was expected."))
        },
        telling: &["content-type", "content-length"],
    },
    Rule {
        is: Diagnosis {
            code: "unexpected-status",
            means: "Jira answered with a status that means nothing here.",
            advice: &[advice("Tell the connector's author, with the evidence.")],
        },
        cause: Cause::Protocol,
        retry: Retry::Never,
        applies: |_| true,
        refine: |failure, answer| {
            let status = answer.response.status;
            failure.saying(format!("Jira answered with the unexpected status {status}."))
        },
        telling: &["content-type", "server"],
    },
];

/// With the server's name and status, and the wait where one is told.
fn trouble(failure: Failure, answer: &Answer<'_>) -> Failure {
    let status = answer.response.status;
    let who = match answer.context.route {
        Route::Site => answer.context.site.address(),
        Route::Gateway(_) => "api.atlassian.com".to_owned(),
    };
    let what = failure.message.trim_end_matches('.').to_owned();
    let failure = failure.saying(format!("{what} ({who}, status {status})."));
    match limits::told(answer) {
        Some(wait) => failure.retry(Retry::After(wait)),
        None => failure,
    }
}
