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
    text: "Check whether this network requires sign-in, or a proxy or firewall stands between here \
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
    means: "A proxy between here and GitHub requires sign-in.",
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

const BAD_GATEWAY: Diagnosis = Diagnosis {
    code: "bad-gateway",
    means: "A gateway in front of GitHub got no valid answer from it.",
    advice: &[STATUS_PAGE, ADMINISTRATOR],
};

const TIMEOUT: Diagnosis = Diagnosis {
    code: "server-timeout",
    means: "GitHub did not finish the answer in time.",
    advice: &[STATUS_PAGE, ADMINISTRATOR],
};

const SLOW_REQUEST: Diagnosis = Diagnosis {
    code: "request-timeout",
    means: "The request did not arrive whole at GitHub in time.",
    advice: &[SLOW_LINE, STATUS_PAGE],
};

const SLOW_LINE: Advice = Advice {
    text: "Try again; if it lasts, check whether the network or a proxy is slow.",
    page: None,
};

const NETWORK_SIGN_IN: Diagnosis = Diagnosis {
    code: "network-sign-in",
    means: "The network requires sign-in before it lets requests through.",
    advice: &[IN_BETWEEN],
};

const LONG_URL: Diagnosis = Diagnosis {
    code: "url-too-long",
    means: "GitHub, or a proxy in front of it, refuses the request because its URL is too long.",
    advice: &[
        Advice { text: "Shorten the longest of the inputs.", page: None },
        Advice {
            text: "If none of them is long, ask who runs the proxy how long a URL can be there.",
            page: None,
        },
    ],
};

const LONG_HEADERS: Diagnosis = Diagnosis {
    code: "headers-too-long",
    means: "GitHub, or a proxy in front of it, refuses the request because its headers are too long.",
    advice: &[Advice {
        text: "Check whether a proxy adds headers or cookies; the connector sends few and short ones.",
        page: None,
    }],
};

const LARGE_REQUEST: Diagnosis = Diagnosis {
    code: "request-too-large",
    means: "GitHub, or a proxy in front of it, refuses the request because its body is too long.",
    advice: &[Advice { text: "Send less at once.", page: None }],
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
            // Servers and proxies say these with a page of their own.
            let said = answer.is_any(&[407, 413, 414, 429, 431, 451]);
            answer.page && answer.response.status < 500 && !said
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
        diagnosis: &NETWORK_SIGN_IN,
        applies: |answer| answer.is(511),
        explain: |answer, it| answer.plain(it, Cause::Unreachable).retry(Retry::AfterUserAction),
        telling: &["content-type", "server", "via"],
    },
    Rule {
        diagnosis: &LONG_URL,
        applies: |answer| answer.is(414),
        explain: |answer, it| answer.plain(it, Cause::Protocol).retry(Retry::AfterUserAction),
        telling: &["content-type", "server", "via"],
    },
    Rule {
        diagnosis: &LONG_HEADERS,
        applies: |answer| answer.is(431),
        explain: |answer, it| answer.plain(it, Cause::Protocol).retry(Retry::AfterUserAction),
        telling: &["content-type", "server", "via"],
    },
    Rule {
        diagnosis: &LARGE_REQUEST,
        applies: |answer| answer.is(413),
        explain: |answer, it| answer.plain(it, Cause::Protocol).retry(Retry::AfterUserAction),
        telling: &["content-type", "server", "via"],
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
        diagnosis: &BAD_GATEWAY,
        applies: |answer| answer.is(502),
        explain: |answer, it| {
            let failure = trouble(answer, it, "");
            let message = format!(
                "A gateway in front of {} got no valid answer from it (status 502).",
                who(answer)
            );
            Failure { message, ..failure }
        },
        telling: &["retry-after", "content-type", "server", "via"],
    },
    Rule {
        diagnosis: &TIMEOUT,
        applies: |answer| answer.is(504),
        explain: |answer, it| trouble(answer, it, "did not finish the answer in time"),
        telling: &["retry-after", "content-type", "server"],
    },
    Rule {
        diagnosis: &SLOW_REQUEST,
        applies: |answer| answer.is(408),
        explain: |answer, it| {
            let message = format!(
                "The request did not arrive whole at {} in time (status 408).",
                who(answer)
            );
            answer.saying(it, Cause::Unreachable, message).retry(Retry::Backoff)
        },
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

/// What a sentence calls the server.
fn who<'a>(answer: &Answer<'a>) -> &'a str {
    let site = answer.context.site;
    if site.is_dot_com() { "GitHub" } else { site.api_host() }
}

fn trouble(answer: &Answer<'_>, it: &'static Diagnosis, what: &str) -> Failure {
    let site = answer.context.site;
    let wait = limits::retry_after(answer.response, answer.context.now);
    let status = answer.response.status;
    let message = format!("{} {what} (status {status}).", who(answer));
    let advice = if site.is_dot_com() { &STATUS_PAGE } else { &ADMINISTRATOR };
    advice::bare(it, Cause::Unreachable, message)
        .retry(wait.map_or(Retry::Backoff, Retry::After))
        .advise(advice, site)
}
