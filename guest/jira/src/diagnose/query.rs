//! What is wrong with what was asked: JQL, projects, page tokens, and parts of the API that are
//! gone.
//!
//! A 404 is never said to mean absence: Jira answers it as well for what the account may not see.

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Cause, Failure, Retry};

use super::{About, Advice, Answer, Refine, Rule, advice, plain};

/// The code of a page token that is good no more; the read of issues goes on without it.
pub(crate) const PAGE_TOKEN_EXPIRED: &str = "page-token-expired";

/// A granted permission is held somewhere, and nobody tells where.
const BROWSABLE: Advice = advice(
    "Read the stream projects to see which ones the account may browse: the check tells only \
     whether it may browse any.",
);

pub(super) const RULES: &[Rule] = &[
    Rule {
        is: Diagnosis {
            code: PAGE_TOKEN_EXPIRED,
            means: "Jira no longer knows the page at which reading was to go on.",
            advice: &[advice("Start the stream anew, without a cursor.")],
        },
        cause: Cause::InvalidInput,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(400) && answer.says(&["page token", "nextpagetoken"]),
        refine: |failure, _| failure.wrong("/cursor"),
        telling: &[],
    },
    Rule {
        is: Diagnosis {
            code: "unbounded-query",
            means: "Jira Cloud refuses a search without a restriction.",
            advice: &[advice("Name a project, or enter a filter that narrows the search.")],
        },
        cause: Cause::InvalidInput,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(400) && answer.says(&["unbounded"]),
        refine: |failure, _| failure.wrong("/parameters/jql"),
        telling: &[],
    },
    Rule {
        is: Diagnosis {
            code: "project-not-found-or-hidden",
            means: "The project is absent, or hidden from this account; Jira does not tell which.",
            advice: &[
                advice("Check the spelling of the project's key."),
                advice("Ask an administrator of the project for the permission Browse Projects."),
                BROWSABLE,
            ],
        },
        cause: Cause::NotFound,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            narrowed(answer)
                && answer.is(400)
                && answer.says(&[
                    "field 'project'",
                    "no project could be found",
                    "project is invalid",
                ])
        },
        refine: |failure, answer| {
            let message = "The project is absent, or hidden from this account; Jira says";
            failure.saying(format!("{message}: {}.", answer.quoted()))
        },
        telling: &[],
    },
    Rule {
        is: Diagnosis {
            code: "filter-refused",
            means: "Jira does not accept the filter.",
            advice: &[advice(
                "Try the filter in Jira's own advanced search; fields and values that the account \
                 may not see count as absent.",
            )],
        },
        cause: Cause::InvalidInput,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            let searched = matches!(answer.context.about, About::Issues { conditions } if !conditions.is_empty());
            searched && answer.is(400) && !answer.refusal.message.is_empty()
        },
        refine: |failure, answer| {
            failure
                .saying(format!("Jira does not accept the filter: {}.", answer.quoted()))
                .wrong("/parameters/jql")
        },
        telling: &[],
    },
    Rule {
        is: Diagnosis {
            code: "not-found-or-hidden",
            means: "What was asked for is absent, or hidden from this account; Jira does not tell \
                which.",
            advice: &[
                advice("Look whether the account sees it in a browser."),
                advice("Check the connection again: the site may have moved."),
                BROWSABLE,
            ],
        },
        cause: Cause::NotFound,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(404),
        refine: |failure, answer| {
            let what = answer.context.about.noun();
            let message = format!("Jira finds {what} absent, or hides them from this account");
            failure.saying(format!("{message}: {}.", answer.quoted()))
        },
        telling: &["content-type"],
    },
    Rule {
        is: Diagnosis {
            code: "api-removed",
            means: "Jira has removed this part of its API.",
            advice: &[
                advice("Update the connector."),
                advice("Check the connection again: the server may have become Jira Cloud."),
            ],
        },
        cause: Cause::Unsupported,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(410),
        refine: |failure, answer| {
            failure.saying(format!("Jira has removed this part of its API: {}.", answer.quoted()))
        },
        telling: &["sunset", "deprecation"],
    },
    Rule {
        is: Diagnosis {
            code: "request-refused",
            means: "Jira takes the connector's request for malformed.",
            advice: &[advice("Tell the connector's author, with the evidence.")],
        },
        cause: Cause::Protocol,
        retry: Retry::Never,
        applies: |answer| answer.is_any(&[400, 405, 406, 411, 413, 414, 415, 422, 431]),
        refine: malformed,
        telling: &["content-type", "allow"],
    },
    Rule {
        is: Diagnosis {
            code: "conflict",
            means: "Jira's present state does not allow this.",
            advice: &[],
        },
        cause: Cause::Conflict,
        retry: Retry::Backoff,
        applies: |answer| answer.is_any(&[409, 412, 423]),
        refine: |failure, answer| {
            failure
                .saying(format!("Jira's present state does not allow this: {}.", answer.quoted()))
        },
        telling: &[],
    },
    Rule {
        is: Diagnosis {
            code: "blocked-for-legal-reasons",
            means: "Access is blocked for legal reasons.",
            advice: &[advice("Ask the administrator of the site, or Atlassian's support.")],
        },
        cause: Cause::PolicyRefused,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(451),
        refine: plain,
        telling: &["content-type", "server"],
    },
];

fn narrowed(answer: &Answer<'_>) -> bool {
    matches!(answer.context.about, About::Issues { conditions } if conditions.contains("project"))
}

fn malformed(failure: Failure, answer: &Answer<'_>) -> Failure {
    failure
        .saying(format!("Jira takes the connector's request for malformed: {}.", answer.quoted()))
}
