//! What is neither the token's nor a policy's doing: web pages in place of the API, the provider's
//! state, wrong input, and the server's own trouble.

use jackfield_guest::text::quote;
use jackfield_guest::{Cause, Failure, Retry};

use super::{Answer, Leads, Rule, limits};

/// Rules for web pages, held first: GitHub's API never answers with one but in trouble of its own.
pub(super) const PAGES: &[Rule] = &[
    Rule {
        name: "wrong-api-address",
        applies: |answer| {
            let elsewhere = answer.response.status >= 500 || answer.is_any(&[407, 429]);
            !elsewhere && answer.context.site.right_address().is_some()
        },
        explain: wrong_address,
        telling: &["content-type", "server"],
    },
    Rule {
        name: "web-page-instead",
        applies: |answer| {
            answer.page && answer.response.status < 500 && !answer.is_any(&[407, 429])
        },
        explain: web_page,
        telling: &["content-type", "server", "via", "location"],
    },
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "proxy-sign-in",
        applies: |answer| answer.is(407),
        explain: |_| {
            Failure::new(Cause::Unreachable, "A proxy between here and GitHub asks for a sign-in.")
                .retry(Retry::AfterUserAction)
                .remedy("Ask the administrator to configure the proxy's credentials.")
        },
        telling: &["proxy-authenticate", "via"],
    },
    Rule {
        name: "page-limit",
        applies: |answer| answer.is(429),
        explain: |answer| {
            let wait = limits::retry_after(answer.response, answer.context.now).unwrap_or(60_000);
            Failure::new(
                Cause::RateLimited,
                "Too many requests, says something between here and GitHub.",
            )
            .retry(Retry::After(wait))
        },
        telling: &["retry-after", "content-type", "server"],
    },
    Rule {
        name: "redirect-not-followed",
        applies: |answer| answer.is_any(&[300, 301, 302, 303, 307, 308]),
        explain: |answer| {
            Failure::new(
                Cause::Protocol,
                "GitHub points to another place, which the host did not follow.",
            )
            .remedy(format!(
                "Check that the API address {} is the current one.",
                answer.context.site.api_host()
            ))
        },
        telling: &["location"],
    },
    Rule {
        name: "api-version-refused",
        applies: |answer| {
            answer.is(400) && answer.says(&["version"]) && answer.says(&["supported", "invalid"])
        },
        explain: |answer| {
            Failure::new(
                Cause::Unsupported,
                format!(
                    "This GitHub does not speak the API version of the connector: {}.",
                    answer.quoted()
                ),
            )
            .remedy("Update the connector.")
        },
        telling: &["x-github-api-version-selected", "x-github-enterprise-version"],
    },
    Rule {
        name: "request-refused",
        applies: |answer| answer.is_any(&[400, 405, 406, 411, 413, 414, 415, 431]),
        explain: |answer| {
            Failure::new(
                Cause::Protocol,
                format!(
                    "GitHub takes the connector's request for malformed: {}.",
                    or_silent(answer)
                ),
            )
            .remedy("Report it to the connector's author, with the evidence.")
        },
        telling: &["content-type"],
    },
    Rule {
        name: "empty-repository",
        applies: |answer| answer.is(409) && answer.says(&["repository is empty"]),
        explain: |answer| {
            Failure::new(
                Cause::Conflict,
                format!("There is nothing yet in {}: the repository is empty.", answer.subject()),
            )
            .remedy("Push a first commit.")
        },
        telling: &[],
    },
    Rule {
        name: "conflict",
        applies: |answer| answer.is(409),
        explain: |answer| {
            Failure::new(
                Cause::Conflict,
                format!("GitHub's present state does not allow this: {}.", or_silent(answer)),
            )
        },
        telling: &[],
    },
    Rule {
        name: "issues-turned-off",
        applies: |answer| {
            answer.is(410) && answer.says(&["issues are disabled", "issues has been disabled"])
        },
        explain: |answer| {
            let page = answer
                .context
                .repository
                .map(|name| answer.context.site.page(&format!("{name}/settings")));
            Failure::new(
                Cause::Conflict,
                format!("Issues are turned off for {}.", answer.subject()),
            )
            .retry(Retry::AfterUserAction)
            .leads("Turn issues on in the repository's settings, or leave it out.", page)
        },
        telling: &[],
    },
    Rule {
        name: "deleted",
        applies: |answer| answer.is(410) && answer.says(&["deleted"]),
        explain: |answer| {
            Failure::new(
                Cause::NotFound,
                format!("GitHub says that it was deleted: {}.", answer.quoted()),
            )
        },
        telling: &[],
    },
    Rule {
        name: "api-removed",
        applies: |answer| answer.is(410),
        explain: |answer| {
            Failure::new(
                Cause::Unsupported,
                format!("GitHub has removed this part of its API: {}.", or_silent(answer)),
            )
            .remedy("Update the connector.")
        },
        telling: &["sunset", "deprecation"],
    },
    Rule {
        name: "validation-failed",
        applies: |answer| answer.is(422),
        explain: validation,
        telling: &[],
    },
    Rule {
        name: "not-ready",
        applies: |answer| answer.is(202),
        explain: |_| {
            Failure::new(
                Cause::Other("not-ready".to_owned()),
                "GitHub is still computing the answer.",
            )
            .retry(Retry::After(5000))
        },
        telling: &[],
    },
    Rule {
        name: "maintenance",
        applies: |answer| answer.is(503),
        explain: |answer| trouble(answer, "is down for maintenance or overloaded"),
        telling: &["retry-after", "content-type"],
    },
    Rule {
        name: "server-timeout",
        applies: |answer| answer.is_any(&[408, 502, 504]),
        explain: |answer| trouble(answer, "did not finish the answer in time"),
        telling: &["retry-after", "content-type", "server"],
    },
    Rule {
        name: "server-error",
        applies: |answer| answer.response.status >= 500,
        explain: |answer| trouble(answer, "has trouble of its own"),
        telling: &["retry-after", "content-type"],
    },
    Rule {
        name: "unexpected-answer",
        applies: |answer| answer.response.is_success() || answer.is(304),
        explain: |answer| {
            let status = answer.response.status;
            Failure::new(
                Cause::Protocol,
                format!("GitHub answered with status {status} where data was expected."),
            )
            .retry(Retry::Backoff)
        },
        telling: &["content-type", "content-length"],
    },
];

fn wrong_address(answer: &Answer<'_>) -> Failure {
    let site = answer.context.site;
    let better = site.right_address().unwrap_or_default();
    Failure::invalid(
        "/settings/api_url",
        format!("At {} there is no GitHub API; it is at {better}.", site.api_host()),
    )
    .remedy(format!("Set the API address to {better}."))
    .retry(Retry::AfterUserAction)
    .evidence("page_title", &answer.response.page_title().unwrap_or_default())
}

fn web_page(answer: &Answer<'_>) -> Failure {
    let title = answer.response.page_title();
    let named = title.as_ref().map(|title| format!(" (\"{title}\")")).unwrap_or_default();
    let host = answer.context.site.api_host();
    Failure::new(
        Cause::Protocol,
        format!(
            "A web page{named} came where {host} should answer with data: something stands \
         in between."
        ),
    )
    .retry(Retry::Backoff)
    .remedy(
        "Look whether this network asks for a sign-in, or a proxy or firewall stands \
     between here and GitHub.",
    )
    .remedy(match answer.context.site.usual_address() {
        Some(usual) => format!(
            "Check the API address; for a server of your own it usually is \
         {usual}."
        ),
        None => format!("Check that the API address leads to {host}, and that the server is up."),
    })
    .evidence("page_title", &title.unwrap_or_default())
}

fn trouble(answer: &Answer<'_>, what: &str) -> Failure {
    let site = answer.context.site;
    let wait = limits::retry_after(answer.response, answer.context.now);
    let who = if site.is_dot_com() { "GitHub" } else { site.api_host() };
    let status = answer.response.status;
    let failure = Failure::new(Cause::Unreachable, format!("{who} {what} (status {status})."))
        .retry(wait.map_or(Retry::Backoff, Retry::After));
    if site.is_dot_com() {
        failure.remedy_at("Wait, and look at GitHub's status page.", "https://www.githubstatus.com")
    } else {
        failure.remedy("Wait, and ask the server's administrator if it lasts.")
    }
}

fn validation(answer: &Answer<'_>) -> Failure {
    let message = format!("GitHub does not accept the input: {}.", or_silent(answer));
    let failure = Failure::new(Cause::InvalidInput, message);
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

fn or_silent(answer: &Answer<'_>) -> String {
    let quoted = answer.quoted();
    if quoted.is_empty() { "it does not say why".to_owned() } else { quoted }
}
