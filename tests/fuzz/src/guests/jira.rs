//! Jira: shapes of its answers, and what of them names an account.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jackfield_host::transport::InboundResponse;
use serde_json::value::RawValue;

use super::{Facts, Real, real};
use crate::answer::{header, without_mark};

/// What the targets know of Jira.
pub(super) static FACTS: Facts = Facts {
    base: "https://acme.atlassian.net/rest/api/3/myself",
    settings: &[
        r#"{"protocol":"https","host":"acme.atlassian.net","email":"ada@example.com"}"#,
        r#"{"protocol":"https","host":"acme.atlassian.net","email":"ada@example.com","deployment":"cloud","route":"gateway","cloud_id":"11111111-2222-3333-4444-555555555555","found_at":"acme.atlassian.net"}"#,
        r#"{"protocol":"https","host":"jira.example.com/jira","email":"ada@example.com","username":"ada"}"#,
    ],
    parameters: r#"{"project":"ABC"}"#,
    answers: ANSWERS,
    identifies,
    anonymous,
    excuses: |_, _| false,
};

/// An object with an account's id, of Cloud or of Data Center.
fn identifies(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(without_mark(body));
    let Ok(members) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(&text) else {
        return false;
    };
    ["accountId", "key", "name"].iter().any(|name| {
        let value = members.get(*name).map_or("", |value| value.get());
        serde_json::from_str::<String>(value).is_ok_and(|text| !text.trim().is_empty())
    })
}

/// Jira serves what is open to everybody to whoever comes with a wrong credential, and says so.
fn anonymous(_settings: &str, answer: &InboundResponse) -> bool {
    let refusals = [
        "AUTHENTICATED_FAILED",
        "AUTHENTICATION_DENIED",
        "AUTHORISATION_FAILED",
        "AUTHORIZATION_FAILED",
    ];
    let headers = answer.headers.iter().filter(|(name, _)| name == "x-seraph-loginreason");
    let mut reasons = headers.flat_map(|(_, value)| value.split(',')).map(str::trim);
    let refused = reasons.any(|reason| refusals.iter().any(|one| one.eq_ignore_ascii_case(reason)));
    let named = |name: &str| header(answer, name).filter(|value| !value.is_empty());
    let name = named("x-ausername").or_else(|| named("x-aaccountid"));
    refused || name.is_some_and(|name| name.eq_ignore_ascii_case("anonymous"))
}

const JSON: (&str, &str) = ("content-type", "application/json;charset=UTF-8");
const TRACE: (&str, &str) = ("atl-traceid", "6e1b2a3c4d5e6f70");
const SEEN: (&str, &str) = ("x-aaccountid", "5b10ac8d82e05b22cc7d4ef5");

const ANSWERS: &[Real] = &[
    real(
        200,
        &[JSON, TRACE, SEEN],
        r#"{"self":"https://acme.atlassian.net/rest/api/3/user","accountId":"5b10ac8d82e05b22cc7d4ef5","accountType":"atlassian","emailAddress":"ada@example.com","displayName":"Ada","active":true,"timeZone":"Europe/Paris","locale":"en_US"}"#,
    ),
    real(
        200,
        &[JSON, ("x-ausername", "ada"), ("x-arequestid", "605x9x1")],
        r#"{"key":"JIRAUSER10000","name":"ada","emailAddress":"ada@example.com","displayName":"Ada","active":true}"#,
    ),
    real(
        200,
        &[JSON, TRACE],
        r#"{"baseUrl":"https://acme.atlassian.net","version":"1001.0.0-SNAPSHOT","versionNumbers":[1001,0,0],"deploymentType":"Cloud"}"#,
    ),
    real(
        200,
        &[JSON],
        r#"{"baseUrl":"https://jira.example.com/jira","version":"9.12.2","deploymentType":"Server"}"#,
    ),
    real(200, &[JSON], r#"{"cloudId":"11111111-2222-3333-4444-555555555555"}"#),
    real(
        200,
        &[JSON, TRACE, SEEN],
        r#"{"permissions":{"BROWSE_PROJECTS":{"id":"10","key":"BROWSE_PROJECTS","havePermission":true},"CREATE_ISSUES":{"havePermission":false}}}"#,
    ),
    real(
        200,
        &[JSON, TRACE, SEEN],
        r#"{"self":"https://acme.atlassian.net/rest/api/3/project/search","maxResults":50,"startAt":0,"total":1,"isLast":true,"values":[{"id":"10000","key":"ABC","name":"Alpha","projectTypeKey":"software"}]}"#,
    ),
    real(
        200,
        &[JSON, TRACE, SEEN],
        r#"{"issues":[{"id":"10001","key":"ABC-1","fields":{"summary":"One \"two\"","updated":"2026-01-01T10:00:00.000+0100"}},{"id":"10002","key":"ABC-2","fields":{"updated":"2026-01-01T10:00:01.000+0000"}}],"nextPageToken":"CAEaAggB","isLast":false}"#,
    ),
    real(200, &[JSON, TRACE, SEEN], r#"{"issues":[],"isLast":true}"#),
    real(
        200,
        &[JSON, TRACE, SEEN],
        r#"[{"accountId":"5b10ac8d82e05b22cc7d4ef5","accountType":"atlassian","displayName":"Ada","active":true}]"#,
    ),
    real(
        200,
        &[JSON, TRACE, ("x-seraph-loginreason", "AUTHENTICATED_FAILED")],
        r#"{"issues":[],"isLast":true}"#,
    ),
    real(
        200,
        &[JSON, TRACE, ("x-seraph-loginreason", "OK, AUTHENTICATED_FAILED")],
        r#"{"accountId":"5b10ac8d82e05b22cc7d4ef5","key":"JIRAUSER10000","name":"ada","displayName":"Ada"}"#,
    ),
    real(
        200,
        &[JSON, TRACE, ("x-ausername", "anonymous")],
        r#"{"accountId":"5b10ac8d82e05b22cc7d4ef5","key":"JIRAUSER10000","name":"ada","displayName":"Ada"}"#,
    ),
    real(200, &[JSON, TRACE, ("x-ausername", "anonymous")], "[]"),
    real(
        200,
        &[JSON, TRACE, ("x-ausername", "anonymous")],
        r#"{"maxResults":50,"startAt":0,"total":0,"isLast":true,"values":[],"issues":[]}"#,
    ),
    real(
        200,
        &[("content-type", "text/html; charset=utf-8")],
        "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Guest network</body></html>",
    ),
    real(302, &[("location", "https://id.atlassian.com/login")], ""),
    real(
        400,
        &[JSON, TRACE, SEEN],
        r#"{"errorMessages":["Unbounded JQL queries are not allowed here."],"errors":{}}"#,
    ),
    real(
        401,
        &[("content-type", "text/plain"), TRACE],
        "Client must be authenticated to access this resource.",
    ),
    real(401, &[JSON], r#"{"code":401,"message":"Unauthorized; scope does not match"}"#),
    real(
        401,
        &[JSON, TRACE],
        r#"{"errorMessages":["Basic authentication with passwords is deprecated."],"errors":{}}"#,
    ),
    real(
        403,
        &[
            ("content-type", "text/html;charset=UTF-8"),
            (
                "x-authentication-denied-reason",
                "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/jira/login.jsp",
            ),
        ],
        "<html><head><title>Forbidden (403)</title></head></html>",
    ),
    real(
        404,
        &[JSON, TRACE, SEEN],
        r#"{"errorMessages":["No project could be found."],"errors":{}}"#,
    ),
    real(
        410,
        &[JSON, TRACE],
        r#"{"errorMessages":["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."],"errors":{}}"#,
    ),
    real(
        429,
        &[
            TRACE,
            ("retry-after", "5"),
            ("ratelimit-reason", "jira-burst-based"),
            ("x-ratelimit-reset", "2026-03-26T16:00Z"),
        ],
        "",
    ),
    real(503, &[("retry-after", "30"), ("content-type", "text/html")], "<html>Unavailable</html>"),
];
