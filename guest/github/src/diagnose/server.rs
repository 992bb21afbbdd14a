//! What is neither the token's nor a policy's doing: web pages in place of the API, what stands
//! between here and GitHub, and the server's own trouble.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure, Retry};

use super::{Answer, Rule, limits};
use crate::advice::{self, Advised};

const RIGHT_ADDRESS: Advice = Advice {
    text: "Set the API address: https://api.github.com for github.com, https://HOST/api/v3 for a \
           server of your own, https://api.SUBDOMAIN.ghe.com with data residency.",
    page: None,
};

const WRONG_ADDRESS: Diagnosis = Diagnosis {
    code: "wrong-api-address",
    means: "The API address leads to GitHub's pages for people, where there is no API.",
    advice: &[RIGHT_ADDRESS],
};

const IN_BETWEEN: Advice = Advice {
    text: "Look whether this network asks for a sign-in, or a proxy or firewall stands between here \
           and GitHub.",
    page: None,
};

const WEB_PAGE: Diagnosis = Diagnosis {
    code: "web-page-instead",
    means: "A web page came where GitHub's API should answer with data: something stands in between.",
    advice: &[IN_BETWEEN, RIGHT_ADDRESS],
};

const PROXY: Diagnosis = Diagnosis {
    code: "proxy-sign-in",
    means: "A proxy between here and GitHub asks for a sign-in.",
    advice: &[Advice {
        text: "Ask the administrator to configure the proxy's credentials.",
        page: None,
    }],
};

const PAGE_LIMIT: Diagnosis = Diagnosis {
    code: "page-limit",
    means: "Too many requests, says something between here and GitHub.",
    advice: &[Advice {
        text: "Wait, and ask who runs the proxy or firewall, if it comes often.",
        page: None,
    }],
};

const REDIRECT: Diagnosis = Diagnosis {
    code: "redirect-not-followed",
    means: "GitHub points to another place, which the host did not follow.",
    advice: &[Advice { text: "Check that the API address is the current one.", page: None }],
};

const STATUS_PAGE: Advice = Advice {
    text: "Wait, and look at GitHub's status page.",
    page: Some("https://www.githubstatus.com"),
};
const ADMINISTRATOR: Advice = Advice {
    text: "On a server of your own, wait, and ask the server's administrator if it lasts.",
    page: None,
};

const MAINTENANCE: Diagnosis = Diagnosis {
    code: "maintenance",
    means: "GitHub is down for maintenance or overloaded.",
    advice: &[STATUS_PAGE, ADMINISTRATOR],
};

const TIMEOUT: Diagnosis = Diagnosis {
    code: "server-timeout",
    means: "GitHub did not finish the answer in time.",
    advice: &[STATUS_PAGE, ADMINISTRATOR],
};

const SERVER_ERROR: Diagnosis = Diagnosis {
    code: "server-error",
    means: "GitHub has trouble of its own.",
    advice: &[STATUS_PAGE, ADMINISTRATOR],
};

const UNEXPECTED: Diagnosis = Diagnosis {
    code: "unexpected-answer",
    means: "GitHub answered with a success that has no data where data was expected.",
    advice: &[Advice {
        text: "Try again, and report it to the connector's author if it lasts.",
        page: None,
    }],
};

/// Rules for web pages, held first: GitHub's API never answers with one but in trouble of its own.
pub(super) const PAGES: &[Rule] = &[
    Rule {
        diagnosis: &WRONG_ADDRESS,
        applies: |answer| {
            let elsewhere = answer.response.status >= 500 || answer.is_any(&[407, 429]);
            !elsewhere && answer.context.site.right_address().is_some()
        },
        explain: wrong_address,
        telling: &["content-type", "server"],
    },
    Rule {
        diagnosis: &WEB_PAGE,
        applies: |answer| {
            answer.page && answer.response.status < 500 && !answer.is_any(&[407, 429])
        },
        explain: web_page,
        telling: &["content-type", "server", "via", "location"],
    },
];

/// What something between here and GitHub answers.
pub(super) const BETWEEN: &[Rule] = &[
    Rule {
        diagnosis: &PROXY,
        applies: |answer| answer.is(407),
        explain: |answer, it| answer.plain(it, Cause::Unreachable).retry(Retry::AfterUserAction),
        telling: &["proxy-authenticate", "via"],
    },
    Rule {
        diagnosis: &PAGE_LIMIT,
        applies: |answer| answer.is(429),
        explain: |answer, it| {
            let wait = limits::retry_after(answer.response, answer.context.now).unwrap_or(60_000);
            answer.plain(it, Cause::RateLimited).retry(Retry::After(wait))
        },
        telling: &["retry-after", "content-type", "server"],
    },
    Rule {
        diagnosis: &REDIRECT,
        applies: |answer| answer.is_any(&[300, 301, 302, 303, 307, 308]),
        explain: |answer, it| {
            let host = answer.context.site.api_host();
            advice::bare(it, Cause::Protocol, it.means)
                .remedy(format!("Check that the API address {host} is the current one."))
        },
        telling: &["location"],
    },
];

/// The server's own trouble.
pub(super) const TROUBLE: &[Rule] = &[
    Rule {
        diagnosis: &MAINTENANCE,
        applies: |answer| answer.is(503),
        explain: |answer, it| trouble(answer, it, "is down for maintenance or overloaded"),
        telling: &["retry-after", "content-type"],
    },
    Rule {
        diagnosis: &TIMEOUT,
        applies: |answer| answer.is_any(&[408, 502, 504]),
        explain: |answer, it| trouble(answer, it, "did not finish the answer in time"),
        telling: &["retry-after", "content-type", "server"],
    },
    Rule {
        diagnosis: &SERVER_ERROR,
        applies: |answer| answer.response.status >= 500,
        explain: |answer, it| trouble(answer, it, "has trouble of its own"),
        telling: &["retry-after", "content-type"],
    },
    Rule {
        diagnosis: &UNEXPECTED,
        applies: |answer| answer.response.is_success() || answer.is(304),
        explain: |answer, it| {
            let status = answer.response.status;
            let message = format!("GitHub answered with status {status} where data was expected.");
            answer.saying(it, Cause::Protocol, message).retry(Retry::Backoff)
        },
        telling: &["content-type", "content-length"],
    },
];

fn wrong_address(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let site = answer.context.site;
    let better = site.right_address().unwrap_or_default();
    let message = format!("At {} there is no GitHub API; it is at {better}.", site.api_host());
    advice::bare(it, Cause::InvalidInput, message.clone())
        .field("/settings/api_url", message)
        .remedy(format!("Set the API address to {better}."))
        .retry(Retry::AfterUserAction)
        .evidence("page_title", &answer.response.page_title().unwrap_or_default())
}

fn web_page(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let title = answer.response.page_title();
    let named = title.as_ref().map(|title| format!(" (\"{title}\")")).unwrap_or_default();
    let site = answer.context.site;
    let host = site.api_host();
    let message = format!(
        "A web page{named} came where {host} should answer with data: something stands in between."
    );
    advice::bare(it, Cause::Protocol, message)
        .retry(Retry::Backoff)
        .advise(&IN_BETWEEN, site)
        .remedy(match site.usual_address() {
            Some(usual) => {
                format!("Check the API address; for a server of your own it usually is {usual}.")
            }
            None => {
                format!("Check that the API address leads to {host}, and that the server is up.")
            }
        })
        .evidence("page_title", &title.unwrap_or_default())
}

fn trouble(answer: &Answer<'_>, it: &'static Diagnosis, what: &str) -> Failure {
    let site = answer.context.site;
    let wait = limits::retry_after(answer.response, answer.context.now);
    let who = if site.is_dot_com() { "GitHub" } else { site.api_host() };
    let status = answer.response.status;
    let message = format!("{who} {what} (status {status}).");
    let advice = if site.is_dot_com() { &STATUS_PAGE } else { &ADMINISTRATOR };
    advice::bare(it, Cause::Unreachable, message)
        .retry(wait.map_or(Retry::Backoff, Retry::After))
        .advise(advice, site)
}
