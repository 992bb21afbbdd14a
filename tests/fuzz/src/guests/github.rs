//! GitHub: shapes of its answers, and what of them names an account.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jackfield_host::transport::InboundResponse;
use serde_json::value::RawValue;

use super::{Facts, Real, real};
use crate::answer::{header, without_mark};

/// What the targets know of GitHub.
pub static FACTS: Facts = Facts {
    base: "https://api.github.com/user",
    settings: &[
        r#"{"api_url":"https://api.github.com"}"#,
        r#"{"api_url":"https://api.github.com","organization":"acme"}"#,
        r#"{"api_url":"https://git.acme.org/api/v3","organization":"acme"}"#,
        r#"{"api_url":"https://api.acme.ghe.com"}"#,
    ],
    parameters: r#"{"repository":"octo/hello","branch":"main","organization":"acme"}"#,
    answers: ANSWERS,
    identifies,
    anonymous,
    excuses,
};

/// An object with a number and a name, or the envelope of an installation, which may reach nothing.
fn identifies(body: &[u8]) -> bool {
    // What is passed over need not be UTF-8.
    let text = String::from_utf8_lossy(without_mark(body));
    let Ok(members) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(&text) else {
        return false;
    };
    let member = |name: &str| members.get(name).map_or("", |value| value.get());
    let id = member("id").parse::<u64>().is_ok_and(|id| id > 0);
    let login = serde_json::from_str::<String>(member("login"));
    let named = id && login.is_ok_and(|login| !login.trim().is_empty());
    named || member("repositories").starts_with('[')
}

/// Whoever comes to github.com without a token has 60 requests an hour, and no token has so few. A server of
/// one's own may have any limits, and other resources have others; what is told of a token needs one.
fn anonymous(settings: &str, answer: &InboundResponse) -> bool {
    let dot_com = settings.contains(r#""api_url":"https://api.github.com""#);
    let core = header(answer, "x-ratelimit-resource").is_none_or(|resource| resource == "core");
    let token = ["x-oauth-scopes", "github-authentication-token-expiration"];
    let known = token.iter().any(|name| header(answer, name).is_some());
    dot_com && core && !known && header(answer, "x-ratelimit-limit") == Some("60")
}

/// A repository without a commit has no commits, which GitHub calls a conflict.
fn excuses(stream: &str, answer: &InboundResponse) -> bool {
    stream == "commits" && answer.status == 409
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
const ID: (&str, &str) = ("x-github-request-id", "CA6A:617C:4252CD4");

const ANSWERS: &[Real] = &[
    real(
        200,
        &[
            JSON,
            ID,
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", "4999"),
            ("x-ratelimit-resource", "core"),
            ("x-oauth-scopes", "repo, read:org"),
            ("github-authentication-token-expiration", "2026-02-19 19:55:13 UTC"),
        ],
        r#"{"login":"ada","id":7,"node_id":"U_1","html_url":"https://github.com/ada","type":"User","name":null,"plan":{"name":"pro","space":976562499}}"#,
    ),
    real(
        200,
        &[JSON, ID, ("x-ratelimit-limit", "5000"), ("x-oauth-scopes", "")],
        r#"{"login":"acme","id":9,"html_url":"https://github.com/acme","type":"Organization"}"#,
    ),
    real(
        200,
        &[JSON, ID],
        r#"{"total_count":2,"repository_selection":"selected","repositories":[{"id":1,"name":"tools","private":true,"owner":{"login":"acme","id":9,"type":"Organization","html_url":"https://github.com/acme"}}]}"#,
    ),
    real(
        200,
        &[JSON, ID],
        r#"{"total_count":0,"repository_selection":"selected","repositories":[]}"#,
    ),
    real(
        200,
        &[JSON, ID],
        r#"[{"id":1,"name":"notes","full_name":"ada/notes","private":true,"updated_at":"2026-01-01T00:00:00Z","owner":{"login":"ada","id":7,"type":"User","html_url":null}}]"#,
    ),
    real(200, &[JSON, ID], r#"[{"login":"acme","id":9,"description":"Tools \"for\" all"}]"#),
    real(
        200,
        &[
            JSON,
            ID,
            ("etag", "W/\"5f3c\""),
            (
                "link",
                "<https://api.github.com/repositories/515435940/issues?per_page=2&page=2>; rel=\"next\", <https://api.github.com/repositories/515435940/issues?per_page=2&page=5>; rel=\"last\"",
            ),
        ],
        r#"[{"id": 11, "number": 1,  "title": "caf\u00e9 ]}", "updated_at": "2026-01-01T00:00:58Z", "labels":[{"id":1}], "body":null}, {"id":12,"title":"\\","updated_at":"2026-01-01T00:00:57Z","pull_request":{"merged_at":null}},{"id":13,"updated_at":"2026-01-01T00:00:56Z"}]"#,
    ),
    real(
        200,
        &[JSON, ID, ("etag", "\"9a8b\"")],
        r#"[{"sha":"6dcb09b5b57875f334f61aebed695e2e4193db5e","commit":{"message":"Fix","committer":{"name":"Ada","date":"2026-01-01T00:00:00Z"}},"parents":[]}]"#,
    ),
    real(
        200,
        &[
            JSON,
            ID,
            ("x-github-sso", "partial-results; organizations=21955855,20582480"),
            ("etag", "W/\"0\""),
        ],
        "[]",
    ),
    real(
        200,
        &[JSON, ID, ("x-github-enterprise-version", "enterprise-server@3.14.2")],
        r#"{"verifiable_password_authentication":false,"installed_version":"3.14.2"}"#,
    ),
    real(
        200,
        &[JSON, ("x-ratelimit-limit", "60"), ("x-ratelimit-resource", "core")],
        r#"{"login":"ada","id":7,"html_url":"https://github.com/ada"}"#,
    ),
    real(
        200,
        &[JSON, ("x-ratelimit-limit", "60"), ("x-ratelimit-resource", "core"), ("etag", "W/\"1\"")],
        r#"[{"id":11,"number":1,"name":"notes","sha":"6dcb09b5","updated_at":"2026-01-01T00:00:58Z"}]"#,
    ),
    real(
        200,
        &[("content-type", "text/html; charset=utf-8")],
        "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Guest network</body></html>",
    ),
    real(200, &[JSON], r#"{"status":"ok"}"#),
    real(204, &[ID], ""),
    real(
        301,
        &[JSON, ID, ("location", "https://api.github.com/repositories/1")],
        r#"{"message":"Relocation Permanently","url":"https://api.github.com/repositories/1"}"#,
    ),
    real(302, &[("location", "https://login.example.com/?back=1")], ""),
    real(304, &[ID, ("etag", "W/\"5f3c\"")], ""),
    real(
        400,
        &[JSON, ID],
        r#"{"message":"Problems parsing JSON","documentation_url":"https://docs.github.com/rest"}"#,
    ),
    real(
        401,
        &[JSON, ID],
        r#"{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}"#,
    ),
    real(
        401,
        &[JSON, ID, ("x-github-otp", "required; app")],
        r#"{"message":"Must specify two-factor authentication OTP code."}"#,
    ),
    real(
        403,
        &[
            JSON,
            ID,
            ("x-accepted-github-permissions", "pull_requests=read,contents=read; issues=read"),
        ],
        r#"{"message":"Resource not accessible by personal access token","status":"403"}"#,
    ),
    real(
        403,
        &[JSON, ID, ("x-accepted-oauth-scopes", "admin:org, read:org"), ("x-oauth-scopes", "repo")],
        r#"{"message":"You must be an org admin"}"#,
    ),
    real(
        403,
        &[
            JSON,
            ID,
            (
                "x-github-sso",
                "required; url=https://github.com/orgs/acme/sso?authorization_request=AZSC",
            ),
        ],
        r#"{"message":"Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization."}"#,
    ),
    real(
        403,
        &[
            JSON,
            ID,
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1767225660"),
            ("x-ratelimit-limit", "5000"),
        ],
        r#"{"message":"API rate limit exceeded for user ID 7."}"#,
    ),
    real(
        403,
        &[JSON, ID, ("retry-after", "60")],
        r#"{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}"#,
    ),
    real(
        403,
        &[JSON, ID],
        r#"{"message":"`acme` forbids access via a personal access token (classic)."}"#,
    ),
    real(
        403,
        &[JSON, ID],
        r#"{"message":"Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and 192.0.2.1 is not permitted to access this resource."}"#,
    ),
    real(
        404,
        &[JSON, ID],
        r#"{"message":"Not Found","documentation_url":"https://docs.github.com/rest","status":"404"}"#,
    ),
    real(409, &[JSON, ID], r#"{"message":"Git Repository is empty.","status":"409"}"#),
    real(410, &[JSON, ID], r#"{"message":"Issues has been disabled in this repository."}"#),
    real(
        422,
        &[JSON, ID],
        r#"{"message":"Validation Failed","errors":[{"resource":"Label","field":"name","code":"already_exists"},"plain text"],"status":"422"}"#,
    ),
    real(
        429,
        &[JSON, ID, ("retry-after", "Thu, 01 Jan 2026 00:01:30 GMT"), ("gh-limited-by", "cpu")],
        r#"{"message":"Too many requests"}"#,
    ),
    real(
        451,
        &[JSON, ID],
        r#"{"message":"Repository access blocked","block":{"reason":"dmca","created_at":"2026-01-01T00:00:00Z","html_url":null}}"#,
    ),
    real(500, &[JSON, ID], r#"{"message":"Server Error"}"#),
    real(
        502,
        &[("content-type", "text/html")],
        "<html><head><title>Unicorn! &middot; GitHub</title></head></html>",
    ),
    real(
        503,
        &[("content-type", "text/html"), ("retry-after", "120")],
        "<html><title>GitHub is down for maintenance</title></html>",
    ),
    real(
        504,
        &[JSON, ID],
        r#"{"message":"We couldn't respond to your request in time. Sorry about that."}"#,
    ),
];
