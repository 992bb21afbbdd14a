//! What is wrong with what was asked: JQL, projects, page tokens, and parts of the API that are
//! gone.
//!
//! A 404 is never said to mean absence: Jira answers it as well for what the account may not see.

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Cause, Failure, Response, Retry};

use super::{About, Advice, Answer, Refine, Rule, advice};

/// A granted permission is held somewhere, and nobody tells where.
const BROWSABLE: Advice = advice(
    "Read the stream projects to see which ones the account may browse: the check tells only \
     whether it may browse any.",
);

pub(super) const RULES: &[Rule] = &[
    Rule {
        is: Diagnosis {
            code: "page-token-expired",
            means: "Jira no longer knows the page at which reading was to go on.",
            advice: &[advice("Restart the stream, without a cursor.")],
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
                advice("Check whether the account sees it in a browser."),
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
        applies: |answer| answer.is_any(&[400, 405, 406, 411, 413, 415, 422]),
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
            advice: &[
                advice("Read the notice of whoever blocks the access, where the server links one."),
                advice("Ask the administrator of the site, or Atlassian's support."),
            ],
        },
        cause: Cause::PolicyRefused,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(451),
        refine: |failure, answer| match blocked_by(answer.response) {
            Some(notice) => failure.leading(0, notice.to_owned()).evidence("blocked_by", notice),
            None => failure,
        },
        telling: &["content-type", "server"],
    },
];

/// The link to the notice: `Link: <...>; rel="blocked-by"` (RFC 7725, section 4).
fn blocked_by(response: &Response) -> Option<&str> {
    let links = response.headers.iter().filter(|field| field.name == "link");
    let mut links = links.flat_map(|field| field.value.split('<').skip(1));
    links.find_map(|link| {
        let (url, parameters) = link.split_once('>')?;
        let named = parameters.to_ascii_lowercase().contains("blocked-by");
        let usable = url.starts_with("https://") && !url.contains(char::is_whitespace);
        (named && usable).then_some(url)
    })
}

fn narrowed(answer: &Answer<'_>) -> bool {
    matches!(answer.context.about, About::Issues { conditions } if conditions.contains("project"))
}

fn malformed(failure: Failure, answer: &Answer<'_>) -> Failure {
    failure
        .saying(format!("Jira takes the connector's request for malformed: {}.", answer.quoted()))
}
