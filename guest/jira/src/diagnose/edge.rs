//! What never came to Jira: no site of that name, a web page in its place, a proxy, a redirect.

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Cause, Failure, Response, Retry};

use super::{About, Answer, Refine, Rule, advice, plain};

pub(super) const NO_JIRA_HERE: Diagnosis = Diagnosis {
    code: "no-jira-here",
    means: "At this address there is no REST API of a Jira.",
    advice: &[
        advice(
            "Open your Jira in a browser and paste its address; a context path such as /jira belongs \
             to it.",
        ),
        advice("Ask the server's administrator for the address of the REST API."),
    ],
};

/// What servers write in a page that refuses a URL for its length.
const URL_TOO_LONG: [&str; 8] = [
    "request-uri too l",
    "request uri too l",
    "uri too long",
    "url too long",
    "uri is too long",
    "url is too long",
    "query string is too long",
    "header or cookie too large",
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        is: Diagnosis {
            code: "proxy-sign-in",
            means: "A proxy between here and Jira requires sign-in.",
            advice: &[advice("Ask the administrator to configure the proxy's credentials.")],
        },
        cause: Cause::Unreachable,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(407),
        refine: plain,
        telling: &["proxy-authenticate", "via"],
    },
    Rule {
        is: Diagnosis {
            code: "url-too-long",
            means: "Jira, or what stands in front of it, does not take a URL as long as this request \
                needs.",
            advice: &[
                advice("Use a shorter filter; one that is saved in Jira is short: filter = 12345."),
                advice(
                    "Ask the administrator of what stands in front of Jira to let longer URLs, or \
                     POST requests to the search, through.",
                ),
            ],
        },
        cause: Cause::Unsupported,
        retry: Retry::AfterUserAction,
        applies: |answer| refuses_the_url(answer.response),
        refine: |failure, answer| {
            let (site, status) = (answer.context.site.address(), answer.response.status);
            failure.saying(format!(
                "{site}, or what stands in front of it, does not take a URL as long as this request \
                 needs (status {status})."
            ))
        },
        telling: &["content-type", "server"],
    },
    Rule {
        is: Diagnosis {
            code: "site-not-found",
            means: "There is no Jira Cloud site of this name, or it was deleted or suspended.",
            advice: &[
                advice(
                    "Check the spelling of the host name; the browser shows it when your Jira is \
                     open.",
                ),
                advice("If the site was renamed, enter its new name."),
            ],
        },
        cause: Cause::InvalidInput,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            let site = answer.context.site.is_cloud_by_name();
            let not_jiras = asks_for_jira(answer) || !answer.is_jiras_own();
            site && answer.is_any(&[404, 410]) && answer.page && not_jiras
        },
        refine: |failure, answer| {
            let site = answer.context.site.address();
            failure
                .saying(format!(
                    "There is no Jira Cloud site {site}, or it was deleted or suspended."
                ))
                .wrong("/settings/host")
                .evidence("page_title", &answer.response.page_title().unwrap_or_default())
        },
        telling: &["content-type", "server"],
    },
    Rule {
        is: Diagnosis {
            code: "redirect-not-followed",
            means: "Jira, or a sign-in page in front of it, points to another place, which was \
                not followed.",
            advice: &[
                advice("Check the host name and the context path."),
                advice(
                    "If a sign-in of your organization stands in front, ask for a way past it for \
                     programs.",
                ),
            ],
        },
        cause: Cause::Protocol,
        retry: Retry::AfterUserAction,
        applies: redirects,
        refine: plain,
        telling: &["location", "server"],
    },
    Rule {
        is: Diagnosis {
            code: "web-page-instead",
            means: "A web page came where Jira should answer with data: something stands in \
                between.",
            advice: &[
                advice(
                    "Check whether this network, a proxy or your organization's sign-in asks for \
                     something.",
                ),
                advice(
                    "Check the host name and, for a server of your own, the context path such as \
                     /jira.",
                ),
            ],
        },
        cause: Cause::Protocol,
        retry: Retry::Backoff,
        applies: |answer| {
            let jiras_own = answer.response.status >= 400 && answer.is_jiras_own();
            let elsewhere = answer.response.status >= 500 || answer.is(429);
            let login_page = answer.is(200) && answer.unaccepted();
            answer.page && !jiras_own && !elsewhere && !login_page
        },
        refine: web_page,
        telling: &["content-type", "server", "via", "location"],
    },
    Rule {
        is: NO_JIRA_HERE,
        cause: Cause::InvalidInput,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            let gateway = matches!(answer.context.route, crate::settings::Route::Gateway(_));
            answer.is(404) && asks_for_jira(answer) && !gateway
        },
        refine: |failure, answer| {
            let site = answer.context.site;
            let hint = if site.is_at_root() { "; perhaps its context path is missing" } else { "" };
            let message = format!("At {} there is no REST API of a Jira{hint}.", site.address());
            failure.saying(message).wrong("/settings/host")
        },
        telling: &["content-type", "server"],
    },
    Rule {
        is: Diagnosis {
            code: "gateway-without-site",
            means: "Atlassian's gateway does not know the site's cloud id, or the account has no \
                access to it.",
            advice: &[
                advice("Check the connection again, so that the id is looked up again."),
                advice("Check whether the account may open the site in a browser."),
            ],
        },
        cause: Cause::NotFound,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(404) && asks_for_jira(answer),
        refine: plain,
        telling: &["content-type"],
    },
];

/// Whether the response refuses the URL for its length.
pub(crate) fn refuses_the_url(response: &Response) -> bool {
    let says = || {
        let start = response.body.get(..PAGE_START).unwrap_or(&response.body);
        let text = String::from_utf8_lossy(start).to_ascii_lowercase();
        URL_TOO_LONG.iter().any(|said| text.contains(said))
    };
    match response.status {
        414 | 431 => true,
        400 | 403 | 404 | 413 | 494 => response.is_web_page() && says(),
        _ => false,
    }
}

/// Bytes of a page in which its sentence is looked for.
const PAGE_START: usize = 4096;

/// Whether a failure says that something else than a Jira answered.
pub(crate) fn elsewhere(failure: &Failure) -> bool {
    const CODES: [&str; 8] = [
        "no-jira-here",
        "web-page-instead",
        "redirect-not-followed",
        "unexpected-answer",
        "not-json",
        "empty-answer",
        "unexpected-shape",
        "no-account",
    ];
    CODES.contains(&failure.code.as_str())
}

/// Whether what was asked is there in every Jira.
fn asks_for_jira(answer: &Answer<'_>) -> bool {
    matches!(answer.context.about, About::Server | About::Account | About::Permissions)
}

fn redirects(answer: &Answer<'_>) -> bool {
    answer.is_any(&[300, 301, 302, 303, 305, 307, 308])
}

fn web_page(failure: Failure, answer: &Answer<'_>) -> Failure {
    let title = answer.response.page_title();
    let named = title.as_ref().map(|title| format!(" (\"{title}\")")).unwrap_or_default();
    let site = answer.context.site.address();
    let message = format!(
        "A web page{named} came where {site} should answer with data: something stands in between."
    );
    failure.saying(message).evidence("page_title", &title.unwrap_or_default())
}
