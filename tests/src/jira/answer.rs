//! Answers, and the headers that every one of Jira's has.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde_json::{Value, json};

use super::account::Account;
use super::shapes::{Deployment, account_id};
use super::world::Bucket;

pub(super) const JSON: &str = "application/json;charset=UTF-8";
pub(super) const HTML: &str = "text/html;charset=UTF-8";
pub(super) const TEXT: &str = "text/plain;charset=UTF-8";

/// Seconds in which Data Center's bucket is filled again.
pub(super) const INTERVAL_SECONDS: u64 = 10;

/// An answer before the headers that depend on who asks where.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn of(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", kind.to_owned())], body: body.into() }
    }

    pub(super) fn json(body: &Value) -> Self {
        Self::of(200, JSON, body.to_string())
    }

    /// A refusal in the shape that most of the API has.
    pub(super) fn refusal(status: u16, message: &str) -> Self {
        let body = json!({ "errorMessages": [message], "errors": {} });
        Self::json(&body).status(status)
    }

    /// A refusal in the shape of what stands before the API.
    pub(super) fn message(status: u16, message: &str) -> Self {
        Self::json(&json!({ "message": message, "status-code": status })).status(status)
    }

    /// A refusal in the shape of the gateway.
    pub(super) fn gateway(status: u16, message: &str) -> Self {
        Self::json(&json!({ "code": status, "message": message })).status(status)
    }

    /// A page that Jira shows to people when something is wrong.
    pub(super) fn page(status: u16, title: &str, text: &str) -> Self {
        let body = format!(
            "<html>\n<head>\n    <title>{title} ({status})</title>\n    <meta \
             name=\"application-name\" content=\"JIRA\" data-name=\"jira\" data-version=\"9.12.5\">\n\
             </head>\n<body id=\"jira\" class=\"aui-layout aui-style-default page-type-message\" \
             data-version=\"9.12.5\">\n    <h1>{title} ({status})</h1>\n    <p>Encountered a \
             <code>&quot;{status} - {title}&quot;</code> error while loading this page.</p>\n    \
             <p>{text}</p>\n</body>\n</html>\n"
        );
        Self::of(status, HTML, body)
    }

    /// The page of an address at which nothing is.
    pub(super) fn dead_link() -> Self {
        const BODY: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
            <title>Oops, you&#39;ve found a dead link. - JIRA</title></head><body class=\" error-page \
            error404\"><div id=\"error-state\"><h1>Oops, you&#39;ve found a dead link.</h1><ul><li>Go \
            back to the <a href=\"javascript:window.history.back()\">previous page</a></li></ul></div>\
            </body></html>";
        Self::of(404, HTML, BODY)
    }

    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status.try_into().unwrap();
        for (name, value) in self.headers {
            let value = HeaderValue::from_str(&value).expect("a header that HTTP allows");
            response.headers_mut().append(HeaderName::from_static(name), value);
        }
        response
    }
}

/// Whose request it was taken for.
#[derive(Clone, Copy)]
pub(super) struct Taken<'a> {
    pub(super) account: Option<&'a Account>,
    /// Whether a credential came that was not accepted, and the request was served nevertheless.
    pub(super) failed: bool,
}

const CLOUD: [(&str, &str); 9] = [
    ("server", "AtlassianEdge"),
    ("timing-allow-origin", "*"),
    ("set-cookie", "atlassian.xsrf.token=simulated; Path=/; SameSite=None; Secure"),
    ("cache-control", "no-cache, no-store, no-transform"),
    ("vary", "Accept"),
    ("x-content-type-options", "nosniff"),
    ("x-xss-protection", "1; mode=block"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains; preload"),
    (
        "nel",
        "{\"failure_fraction\": 0.01, \"include_subdomains\": true, \"max_age\": 600, \"report_to\": \
         \"endpoint-1\"}",
    ),
];

const DATA_CENTER: [(&str, &str); 8] = [
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-xss-protection", "1; mode=block"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "SAMEORIGIN"),
    ("content-security-policy", "sandbox"),
    ("set-cookie", "JSESSIONID=simulated; Path=/jira; HttpOnly"),
    ("x-asessionid", "c8g4t8"),
    ("cache-control", "no-cache, no-store, no-transform"),
];

/// Counts requests, so that each has an id.
#[derive(Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    /// The answer with the headers that all have there.
    pub(super) fn finish(
        &self,
        mut answer: Answer,
        deployment: Deployment,
        taken: Taken<'_>,
        bucket: Option<Bucket>,
    ) -> Answer {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let constant = match deployment {
            Deployment::Site | Deployment::Gateway => &CLOUD[..],
            Deployment::DataCenter => &DATA_CENTER[..],
        };
        for (name, value) in constant {
            if !answer.headers.iter().any(|(set, _)| set == name) {
                answer = answer.header(name, *value);
            }
        }
        if deployment == Deployment::DataCenter {
            return tell_data_center(answer, number, taken, bucket);
        }
        if taken.failed {
            answer = answer.header("x-seraph-loginreason", "AUTHENTICATED_FAILED");
        }
        if let Some(account) = taken.account {
            let id = account_id(&account.name).replace(':', "%3A");
            answer = answer.header("x-aaccountid", id);
        }
        let id = format!("{number:08x}8228934c4319902f54f1c3");
        answer
            .header("x-arequestid", format!("3755c266a371a3de6f4ac4e2{number:08x}"))
            .header(
                "atl-request-id",
                format!(
                    "{}-{}-{}-{}-{}",
                    &id[..8],
                    &id[8..12],
                    &id[12..16],
                    &id[16..20],
                    &id[18..30]
                ),
            )
            .header("atl-traceid", id)
    }
}

fn tell_data_center(
    mut answer: Answer,
    number: u64,
    taken: Taken<'_>,
    bucket: Option<Bucket>,
) -> Answer {
    answer = answer.header("x-arequestid", format!("828x{}x7", 8_685_051 + number));
    let name = taken.account.map_or("anonymous", |account| &account.name);
    answer = answer.header("x-ausername", name);
    if !answer.headers.iter().any(|(set, _)| *set == "x-seraph-loginreason") {
        let reason = if taken.failed { "AUTHENTICATED_FAILED" } else { "OK" };
        answer = answer.header("x-seraph-loginreason", reason);
    }
    let Some(bucket) = bucket.filter(|_| taken.account.is_some()) else { return answer };
    let wait = if answer.status == 429 { INTERVAL_SECONDS } else { 0 };
    answer
        .header("x-ratelimit-limit", bucket.limit.to_string())
        .header("x-ratelimit-remaining", bucket.remaining.to_string())
        .header("x-ratelimit-fillrate", bucket.limit.to_string())
        .header("x-ratelimit-interval-seconds", INTERVAL_SECONDS.to_string())
        .header("retry-after", wait.to_string())
}
