//! The provider's state and the request itself: an empty repository, issues turned off, input that is
//! not accepted, a version that is not spoken.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::text::quote;
use jackfield_guest::{Cause, Failure, Retry};

use super::{Answer, Rule};
use crate::advice::{self, Advised};

const UPDATE: Advice = Advice { text: "Update the connector.", page: None };
const REPORT: Advice =
    Advice { text: "Report it to the connector's author, with the evidence.", page: None };

const VERSION: Diagnosis = Diagnosis {
    code: "api-version-refused",
    means: "This GitHub does not speak the API version of the connector.",
    advice: &[UPDATE],
};

const REQUEST: Diagnosis = Diagnosis {
    code: "request-refused",
    means: "GitHub takes the connector's request for malformed.",
    advice: &[REPORT],
};

/// Also what a stream of commits takes for no commits.
pub(crate) const EMPTY_REPOSITORY: Diagnosis = Diagnosis {
    code: "empty-repository",
    means: "There is nothing yet in the repository: it is empty.",
    advice: &[Advice { text: "Push a first commit.", page: None }],
};

const CONFLICT: Diagnosis = Diagnosis {
    code: "conflict",
    means: "GitHub's present state does not allow this.",
    advice: &[Advice { text: "Look at the page in a browser, and try again after.", page: None }],
};

const ISSUES_OFF: Advice =
    Advice { text: "Turn issues on in the repository's settings, or leave it out.", page: None };

const ISSUES_TURNED_OFF: Diagnosis = Diagnosis {
    code: "issues-turned-off",
    means: "Issues are turned off for the repository.",
    advice: &[ISSUES_OFF],
};

const DELETED: Diagnosis = Diagnosis {
    code: "deleted",
    means: "GitHub says that what was asked for was deleted.",
    advice: &[],
};

const REMOVED: Diagnosis = Diagnosis {
    code: "api-removed",
    means: "GitHub has removed this part of its API.",
    advice: &[UPDATE],
};

const VALIDATION: Diagnosis = Diagnosis {
    code: "validation-failed",
    means: "GitHub does not accept the input; the failure says which field, and why.",
    advice: &[Advice { text: "Correct the named fields, and try again.", page: None }],
};

const NOT_READY: Diagnosis = Diagnosis {
    code: "not-ready",
    means: "GitHub is still computing the answer.",
    advice: &[Advice { text: "Wait a few seconds, and try again.", page: None }],
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        diagnosis: &VERSION,
        applies: |answer| {
            answer.is(400) && answer.says(&["version"]) && answer.says(&["supported", "invalid"])
        },
        explain: |answer, it| {
            let message = format!(
                "This GitHub does not speak the API version of the connector: {}.",
                answer.quoted()
            );
            answer.saying(it, Cause::Unsupported, message)
        },
        telling: &["x-github-api-version-selected", "x-github-enterprise-version"],
    },
    Rule {
        diagnosis: &REQUEST,
        applies: |answer| answer.is_any(&[400, 405, 406, 411, 415]),
        explain: |answer, it| {
            let why = answer.quoted_or_silent();
            let message = format!("GitHub takes the connector's request for malformed: {why}.");
            answer.saying(it, Cause::Protocol, message)
        },
        telling: &["content-type"],
    },
    Rule {
        diagnosis: &EMPTY_REPOSITORY,
        applies: |answer| answer.is(409) && answer.says(&["repository is empty"]),
        explain: |answer, it| {
            let what = answer.subject();
            let message = format!("There is nothing yet in {what}: the repository is empty.");
            answer.saying(it, Cause::Conflict, message)
        },
        telling: &[],
    },
    Rule {
        diagnosis: &CONFLICT,
        applies: |answer| answer.is(409),
        explain: |answer, it| {
            let why = answer.quoted_or_silent();
            let message = format!("GitHub's present state does not allow this: {why}.");
            answer.saying(it, Cause::Conflict, message)
        },
        telling: &[],
    },
    Rule {
        diagnosis: &ISSUES_TURNED_OFF,
        applies: |answer| {
            answer.is(410) && answer.says(&["issues are disabled", "issues has been disabled"])
        },
        explain: |answer, it| {
            let message = format!("Issues are turned off for {}.", answer.subject());
            let page = answer
                .repository()
                .map(|name| answer.context.site.page(&format!("{name}/settings")));
            advice::bare(it, Cause::Conflict, message)
                .retry(Retry::AfterUserAction)
                .leads(ISSUES_OFF.text, page)
        },
        telling: &[],
    },
    Rule {
        diagnosis: &DELETED,
        applies: |answer| answer.is(410) && answer.says(&["deleted"]),
        explain: |answer, it| {
            let message = format!("GitHub says that it was deleted: {}.", answer.quoted());
            answer.saying(it, Cause::NotFound, message)
        },
        telling: &[],
    },
    Rule {
        diagnosis: &REMOVED,
        applies: |answer| answer.is(410),
        explain: |answer, it| {
            let why = answer.quoted_or_silent();
            let message = format!("GitHub has removed this part of its API: {why}.");
            answer.saying(it, Cause::Unsupported, message)
        },
        telling: &["sunset", "deprecation"],
    },
    Rule {
        diagnosis: &VALIDATION,
        applies: |answer| answer.is(422),
        explain: validation,
        telling: &[],
    },
    Rule {
        diagnosis: &NOT_READY,
        applies: |answer| answer.is(202),
        explain: |answer, it| {
            answer.plain(it, Cause::Other("not-ready".to_owned())).retry(Retry::After(5000))
        },
        telling: &[],
    },
];

fn validation(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let message = format!("GitHub does not accept the input: {}.", answer.quoted_or_silent());
    let failure = answer.saying(it, Cause::InvalidInput, message);
    answer.refusal.errors.iter().fold(failure, |failure, problem| {
        let field = quote(problem.field.as_deref().unwrap_or_default(), 80);
        let pointer = match field.as_str() {
            "" => "/parameters".to_owned(),
            field => format!("/parameters/{}", field.replace('~', "~0").replace('/', "~1")),
        };
        failure.field(&pointer, meaning(&problem.code, &problem.message))
    })
}

/// One sentence for an entry of `errors`, by its code ("Client errors", GitHub's REST documentation).
fn meaning(code: &str, message: &str) -> String {
    let message = quote(message, 200);
    match code {
        _ if !message.is_empty() => message,
        "missing" => "It names something that GitHub does not show to this token.".to_owned(),
        "missing_field" => "It is required.".to_owned(),
        "invalid" => "It is not formatted as GitHub expects.".to_owned(),
        "already_exists" => "Something with this value already exists.".to_owned(),
        "unprocessable" => "GitHub cannot process it.".to_owned(),
        _ => "GitHub does not accept it.".to_owned(),
    }
}
