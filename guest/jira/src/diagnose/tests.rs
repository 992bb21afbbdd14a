#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use jackfield_guest::{Connector, diagnosis, testing};

use jackfield_guest::testing::{cause_name, evidence};

use super::*;

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = 1_767_225_600_000;
const DAY: u64 = 86_400_000;
const CLOUD: &str = "acme.atlassian.net";
const SERVER: &str = "jira.acme.org:8443/jira";
const PAGE: &str = "<!DOCTYPE html><html><head><title>Sign in</title></head>";
const TRACE: &str = "13d28234934c4319902f54f1c38e5fff";
const ISSUES: About<'_> = About::Issues { conditions: "" };

use Method::{ApiToken, Password, PersonalAccessToken as Pat};

/// One row: an answer, and what it must mean.
struct Row {
    name: &'static str,
    response: Response,
    method: Method,
    protocol: &'static str,
    host: &'static str,
    route: Route,
    end: Option<End>,
    version: Option<(u32, u32)>,
    about: About<'static>,
    code: &'static str,
    cause: &'static str,
    /// Each must be in the message, a remedy, a link, a field, the retry or the evidence.
    says: Vec<&'static str>,
}

/// An answer of a Cloud site to an API token. A body that is neither a page nor JSON is Jira's message.
fn row(name: &'static str, status: u16, body: &'static str) -> Row {
    let response = match body {
        "" => Response::new(status),
        body if body.starts_with('<') => {
            Response::new(status).with_header("content-type", "text/html").with_body(body)
        }
        body if body.starts_with('{') => Response::new(status).with_json(body),
        message => {
            let text = serde_json::json!({ "errorMessages": [message], "errors": {} });
            Response::new(status).with_json(&text.to_string())
        }
    };
    Row {
        name,
        response: response.with_header("atl-traceid", TRACE),
        method: ApiToken,
        protocol: "https",
        host: CLOUD,
        route: Route::Site,
        end: None,
        version: None,
        about: About::Account,
        code: "",
        cause: "",
        says: Vec::new(),
    }
}

impl Row {
    fn header(mut self, name: &str, value: &str) -> Self {
        self.response = self.response.with_header(name, value);
        self
    }

    /// Without what only Jira sends.
    fn foreign(mut self) -> Self {
        self.response.headers.retain(|field| field.name != "atl-traceid");
        self
    }

    /// Of a Data Center, to this kind of credential.
    fn server(mut self, method: Method) -> Self {
        self.response.headers.retain(|field| field.name != "atl-traceid");
        self.response = self.response.with_header("x-arequestid", "828x8685051x7");
        (self.host, self.method) = (SERVER, method);
        self
    }

    fn host(mut self, protocol: &'static str, host: &'static str) -> Self {
        (self.protocol, self.host) = (protocol, host);
        self
    }

    fn gateway(mut self) -> Self {
        self.route = Route::Gateway("c57406ca-1b2c-4d5e-8f90-123456789abc".to_owned());
        self
    }

    fn version(mut self, major: u32, minor: u32) -> Self {
        self.version = Some((major, minor));
        self
    }

    /// As the host knows.
    fn ended(mut self, at: Timestamp) -> Self {
        self.end = Some(End::Known(at));
        self
    }

    /// As a person entered.
    fn entered(mut self, at: Timestamp) -> Self {
        self.end = Some(End::Entered(at));
        self
    }

    fn about(mut self, about: About<'static>) -> Self {
        self.about = about;
        self
    }

    fn means<const N: usize>(
        mut self,
        code: &'static str,
        cause: &'static str,
        says: [&'static str; N],
    ) -> Self {
        (self.code, self.cause, self.says) = (code, cause, says.to_vec());
        self
    }

    fn diagnose(&self) -> Failure {
        let context = Context {
            site: &Site::at(self.protocol, self.host),
            route: &self.route,
            method: self.method,
            end: self.end,
            version: self.version,
            now: NOW,
            about: self.about,
        };
        diagnose(&self.response, &context)
    }
}

/// All that a person or a program sees, in one text.
fn told(failure: &Failure) -> String {
    let remedies = failure.remedies.iter().map(|one| format!("{} {:?}", one.text, one.url));
    let fields = failure.fields.iter().map(|one| format!("{}: {}", one.pointer, one.message));
    let evidence = failure.evidence.iter().map(|one| format!("{}={}", one.name, one.value));
    let parts: Vec<_> = remedies.chain(fields).chain(evidence).collect();
    format!("{} {} {:?}", failure.message, parts.join(" "), failure.retry)
}

fn judge(rows: Vec<Row>) {
    for row in rows {
        let failure = row.diagnose();
        let (name, told) = (row.name, told(&failure));
        assert_eq!(failure.code, row.code, "{name}: {told}");
        assert_eq!(cause_name(&failure.cause), row.cause, "{name}");
        for text in &row.says {
            assert!(told.contains(text), "{name}: `{text}` is not in: {told}");
        }
        well_formed(name, &row, &failure);
    }
}

/// What holds of every failure, whatever came.
fn well_formed(name: &str, row: &Row, failure: &Failure) {
    assert_eq!(evidence(failure, "status"), row.response.status.to_string(), "{name}");
    for trace in TRACES {
        let sent = row.response.header(trace).unwrap_or_default();
        assert_eq!(evidence(failure, trace), sent, "{name}: {trace}");
    }
    assert!(
        failure.message.ends_with('.') && failure.message.len() < 700,
        "{name}: {}",
        failure.message
    );
    assert!(!failure.message.contains("does not exist."), "{name}");
    assert_eq!(failure.fields.is_empty(), failure.cause != Cause::InvalidInput, "{name}");
    let wants_person = failure.retry == Retry::AfterUserAction;
    assert!(!wants_person || !failure.remedies.is_empty(), "{name} has no remedy");
    for remedy in &failure.remedies {
        assert!(remedy.text.ends_with('.'), "{name}: {}", remedy.text);
        let url = remedy.url.as_deref().unwrap_or("https://");
        let own = row.protocol == "http" && url.starts_with("http://");
        assert!(own || url.starts_with("https://"), "{name}: {url}");
        assert!(!url.contains(char::is_whitespace), "{name}: {url}");
    }
    let shown = failure.evidence.iter().map(|one| &one.value).chain([&failure.message]);
    for text in shown {
        let hidden = |letter: char| letter.is_control() || letter == '\u{202e}';
        assert!(!text.contains(hidden), "{name}: {text:?}");
    }
}

#[rustfmt::skip]
fn credential_rows() -> Vec<Row> {
    const DENIED: &str = "x-authentication-denied-reason";
    const SERAPH: &str = "x-seraph-loginreason";
    let captcha = "CAPTCHA_CHALLENGE; login-url=http://localhost:8080/login.jsp";
    let captcha_page = "<html>\n<head>\n    <title>Forbidden (403)</title></head><body id=\"jira\"><p>Basic Authentication Failure - Reason : AUTHENTICATION_DENIED</p></body></html>";
    vec![
        row("recorded in 2022", 401, r#"{"message":"Client must be authenticated to access this resource.","status-code":401}"#).header("www-authenticate", "OAuth realm=\"https%3A%2F%2Facme.atlassian.net\"").means("api-token-rejected", "credential-rejected", ["e-mail address", API_TOKENS, "AfterUserAction", "OAuth realm", "route=site"]),
        row("plain text", 401, "").body("Client must be authenticated to access this resource.").means("api-token-rejected", "credential-rejected", ["message=Client must"]),
        row("empty 401", 401, "").means("api-token-rejected", "credential-rejected", []),
        row("cut 401", 401, "{").means("api-token-rejected", "credential-rejected", []),
        row("at the gateway", 401, r#"{"code":401,"message":"Unauthorized"}"#).gateway().means("api-token-rejected", "credential-rejected", ["route=gateway"]),
        row("wrong token text", 401, "").body("Basic authentication with passwords is deprecated.  For more information, see: https://developer.atlassian.com/cloud/confluence/deprecation-notice-basic-auth/").means("not-an-api-token", "credential-rejected", ["takes what was entered for a password", API_TOKENS]),
        row("expired yesterday", 401, "").ended(NOW - DAY).means("token-expired", "credential-expired", ["API token ended on 2025-12-31", API_TOKENS]),
        row("expired yesterday, as was entered", 401, "").entered(NOW - DAY).means("token-expired", "credential-expired", ["does not accept the API token, and 2025-12-31, the date that was entered", "mistyped or cut short", "Correct the date", "e-mail address", API_TOKENS]),
        row("a date entered, of a server", 401, "").server(Pat).entered(NOW).means("token-expired", "credential-expired", ["does not accept the personal access token, and 2026-01-01", "ViewProfile.jspa"]),
        row("a date entered, served anonymously", 200, "{}").header(SERAPH, "AUTHENTICATED_FAILED").entered(NOW - 1).means("token-expired", "credential-expired", ["was entered"]),
        row("a date entered, yet to come", 401, "").entered(NOW + 1).means("api-token-rejected", "credential-rejected", []),
        row("expires now", 401, "").ended(NOW).means("token-expired", "credential-expired", ["2026-01-01"]),
        row("expires in a moment", 401, "").ended(NOW + 1).means("api-token-rejected", "credential-rejected", []),
        row("expired, served anonymously", 200, "{}").header(SERAPH, "AUTHENTICATED_FAILED").ended(NOW - 1).means("token-expired", "credential-expired", []),
        row("expired on a server", 401, "").server(Pat).ended(NOW - DAY).means("token-expired", "credential-expired", ["personal access token ended", "https://jira.acme.org:8443/jira/secure/ViewProfile.jspa"]),
        row("anonymous 200", 200, r#"{"issues":[],"isLast":true}"#).header(SERAPH, "AUTHENTICATED_FAILED").about(ISSUES).means("answered-anonymously", "credential-rejected", ["did not accept the API token", "anonymous visitor", API_TOKENS]),
        row("anonymous 200 of a server", 200, r#"{"total":0,"issues":[]}"#).server(Pat).header("x-ausername", "anonymous").about(ISSUES).means("answered-anonymously", "credential-rejected", ["personal access token", "ViewProfile.jspa", "x-ausername=anonymous"]),
        row("anonymous 200 to a password", 200, "[]").server(Password).header(SERAPH, "OUT, AUTHENTICATED_FAILED").means("answered-anonymously", "credential-rejected", ["login.jsp"]),
        row("anonymous page", 200, PAGE).server(Pat).header(SERAPH, "AUTHENTICATED_FAILED").means("answered-anonymously", "credential-rejected", []),
        row("scope mismatch", 401, r#"{"code":401,"message":"Unauthorized; scope does not match"}"#).gateway().means("scope-missing", "permission-missing read:jira-user", ["token is valid", "for the account it needs read:jira-user", API_TOKENS]),
        row("scope mismatch of issues", 401, r#"{"code":401,"message":"Unauthorized; scope does not match"}"#).gateway().about(ISSUES).means("scope-missing", "permission-missing read:jira-work", ["for the issues"]),
        row("scope mismatch of an expired date", 401, r#"{"code":401,"message":"Unauthorized; scope does not match"}"#).gateway().ended(NOW - 1).means("scope-missing", "permission-missing read:jira-user", []),
        row("insufficient scope", 403, "").header("www-authenticate", "Bearer error=\"insufficient_scope\"").gateway().about(About::Users).means("scope-missing", "permission-missing read:jira-user", ["for the users"]),
        row("scope of nothing", 401, r#"{"code":401,"message":"Unauthorized; scope does not match"}"#).about(About::Server).means("scope-missing", "permission-missing", ["one that Jira does not name"]),
        row("bearer to Cloud", 403, r#"{"error":"Failed to parse Connect Session Auth Token"}"#).means("bearer-on-cloud", "credential-rejected", ["API token", API_TOKENS]),
        row("captcha, recorded of 8.0.2", 403, captcha_page).server(Password).header(SERAPH, "AUTHENTICATION_DENIED").header(DENIED, captcha).means("captcha-required", "policy-refused", ["https://jira.acme.org:8443/jira/login.jsp", "CAPTCHA_CHALLENGE"]),
        row("captcha by http", 403, "").server(Pat).host("http", "10.0.0.7:8080").header(DENIED, captcha).means("captcha-required", "policy-refused", ["http://10.0.0.7:8080/login.jsp"]),
        row("captcha as 401", 401, "").header(DENIED, "captcha_challenge").means("captcha-required", "policy-refused", []),
        row("denied for another reason", 403, PAGE).server(Pat).header(SERAPH, "AUTHENTICATION_DENIED").means("login-denied", "policy-refused", ["login.jsp"]),
        row("denied, unnamed", 401, "").server(Pat).header(DENIED, "LOCKED").means("login-denied", "policy-refused", ["LOCKED"]),
        row("basic off, Jira 11", 403, r#"{"message":"Basic Authentication has been disabled on this instance."}"#).server(Password).means("basic-authentication-off", "policy-refused", ["personal access token", "Jira 11"]),
        row("basic off as 401", 401, r#"{"message":"Basic auth is not allowed"}"#).server(Password).means("basic-authentication-off", "policy-refused", []),
        row("no product access", 403, "").header(SERAPH, "AUTHORISATION_FAILED").means("no-access-to-jira", "permission-missing", ["no access to the product"]),
        row("no product access, said", 403, "User does not have product access.").means("no-access-to-jira", "permission-missing", []),
        row("no product access at 200", 200, "{}").server(Pat).header(SERAPH, "AUTHORIZATION_FAILED").means("no-access-to-jira", "permission-missing", []),
        row("address list", 403, "Your IP address is not allowlisted for this organization.").means("address-not-allowed", "policy-refused", ["IP allowlist"]),
        row("token on a server", 401, "").server(Pat).version(10, 3).means("personal-access-token-rejected", "credential-rejected", ["https://jira.acme.org:8443/jira/secure/ViewProfile.jspa"]),
        row("token, Jira's page", 401, PAGE).server(Pat).means("personal-access-token-rejected", "credential-rejected", []),
        row("token, server of 8.14", 401, "").server(Pat).version(8, 14).means("personal-access-token-rejected", "credential-rejected", []),
        row("token, server of 8.13", 401, "").server(Pat).version(8, 13).means("server-without-tokens", "unsupported", ["version 8.13", "8.14"]),
        row("token, server of 7.13, 403", 403, "").server(Pat).version(7, 13).means("server-without-tokens", "unsupported", []),
        row("token, old server, anonymous", 200, "{}").server(Pat).version(8, 0).header("x-ausername", "anonymous").means("server-without-tokens", "unsupported", []),
        row("password, old server", 401, "").server(Password).version(7, 13).means("password-rejected", "credential-rejected", ["CAPTCHA", "https://jira.acme.org:8443/jira/login.jsp"]),
        row("403", 403, "You do not have permission to view this.").means("permission-missing", "permission-missing", ["You do not have permission", "for the account"]),
        row("403 for users", 403, "").about(About::Users).means("permission-missing", "permission-missing USER_PICKER", ["the users: it does not say why"]),
        row("403 for projects", 403, "").about(About::Projects).means("permission-missing", "permission-missing BROWSE_PROJECTS", []),
        row("403 for issues, Jira's page", 403, PAGE).server(Pat).about(ISSUES).means("permission-missing", "permission-missing BROWSE_PROJECTS", []),
    ]
}

#[rustfmt::skip]
fn limit_rows() -> Vec<Row> {
    let reason = "ratelimit-reason";
    vec![
        row("burst, documented", 429, "").header("retry-after", "1").header(reason, "jira-burst-based").header("x-ratelimit-limit", "350").header("x-ratelimit-remaining", "0").means("burst-limit", "rate-limited", ["one second", "After(1000)", "in 1 second.", "x-ratelimit-limit=350"]),
        row("burst without a wait", 429, "").header(reason, "jira-burst-based").means("burst-limit", "rate-limited", ["After(1000)"]),
        row("writes to one issue", 429, "").header(reason, "jira-per-issue-on-write").means("issue-write-limit", "rate-limited", ["After(2000)", "One issue"]),
        row("quota, reset without seconds", 429, "").header(reason, "jira-quota-tenant-based").header("x-ratelimit-reset", "2026-01-01T00:30Z").means("hourly-quota-used-up", "rate-limited", ["After(1801000)", "in 31 minutes"]),
        row("quota, wait wins over reset", 429, "").header(reason, "jira-quota-tenant-based").header("retry-after", "120").header("x-ratelimit-reset", "2026-01-01T01:00Z").means("hourly-quota-used-up", "rate-limited", ["After(120000)", "2 minutes"]),
        row("quota, wait as a date", 429, "").header(reason, "jira-quota-global-based").header("retry-after", "Thu, 01 Jan 2026 00:01:30 GMT").means("hourly-quota-used-up", "rate-limited", ["After(90000)"]),
        row("global quota, nothing told", 429, "").header("x-ratelimit-reason", "global-app-quota").means("hourly-quota-used-up", "rate-limited", ["After(900000)"]),
        row("beta headers", 429, "").header("x-beta-ratelimit-reason", "jira-quota-tenant-based").header("beta-retry-after", "1853").means("hourly-quota-used-up", "rate-limited", ["After(1853000)"]),
        row("reset long past", 429, "").header(reason, "jira-quota-tenant-based").header("x-ratelimit-reset", "2020-01-01T00:00Z").means("hourly-quota-used-up", "rate-limited", ["After(1000)"]),
        row("wait of a year", 429, "").header("retry-after", "31536000").means("rate-limited", "rate-limited", ["After(86400000)", "24 hours"]),
        row("wait beyond numbers", 429, "").header("retry-after", "99999999999999999999999").means("rate-limited", "rate-limited", ["After(60000)"]),
        row("wait of nothing", 429, "").header("retry-after", "0").means("rate-limited", "rate-limited", ["After(1000)"]),
        row("unknown reason", 429, "").header(reason, "moon-phase").means("rate-limited", "rate-limited", ["After(60000)"]),
        row("token bucket of a server", 429, PAGE).server(Pat).header("x-ratelimit-interval-seconds", "10").header("x-ratelimit-fillrate", "30").means("rate-limited", "rate-limited", ["After(10000)", "administrator"]),
        row("something in between", 429, PAGE).foreign().means("rate-limited", "rate-limited", ["After(60000)"]),
    ]
}

#[rustfmt::skip]
fn edge_rows() -> Vec<Row> {
    let gone = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Atlassian Cloud Notifications - Page Unavailable</title></head>";
    vec![
        row("no such site", 404, gone).foreign().means("site-not-found", "invalid-input", ["no Jira Cloud site acme.atlassian.net", "/settings/host", "page_title=Atlassian Cloud Notifications"]),
        row("no such site, of a stream", 404, gone).foreign().about(ISSUES).means("site-not-found", "invalid-input", []),
        row("sign-in elsewhere", 302, "").server(Pat).header("location", "https://sso.acme.org/?to=jira").means("redirect-not-followed", "protocol", ["sign-in of your organization", "location=https://sso.acme.org"]),
        row("redirect to nowhere", 308, "").means("redirect-not-followed", "protocol", []),
        row("captive portal", 200, PAGE).foreign().means("web-page-instead", "protocol", ["(\"Sign in\")", "acme.atlassian.net"]),
        row("proxy's 401", 401, PAGE).foreign().means("web-page-instead", "protocol", []),
        row("firewall's 403", 403, PAGE).foreign().means("web-page-instead", "protocol", ["Backoff"]),
        row("login page of Jira", 200, PAGE).server(Pat).means("web-page-instead", "protocol", ["context path"]),
        row("page by its start alone", 200, "").body("  <HTML><title>x</title>").means("web-page-instead", "protocol", []),
        row("long URL", 414, "<html><head><title>414 Request-URI Too Large</title></head>").foreign().about(ISSUES).means("url-too-long", "unsupported", ["URL as long as this request needs (status 414)", "POST requests"]),
        row("long URL, of Jira's server", 414, "").server(Pat).means("url-too-long", "unsupported", []),
        row("long head", 431, "").foreign().means("url-too-long", "unsupported", []),
        row("long URL as 400", 400, "<html><head><title>400 Request Header Or Cookie Too Large</title></head>").foreign().means("url-too-long", "unsupported", []),
        row("long query as 404", 404, "<!DOCTYPE html><html><title>404.15</title><h3>The request filtering module is configured to deny a request where the query string is too long.</h3>").host("https", "jira.acme.org").foreign().about(ISSUES).means("url-too-long", "unsupported", []),
        row("proxy sign-in", 407, PAGE).foreign().means("proxy-sign-in", "unreachable", ["proxy"]),
        row("another server", 404, "").host("https", "www.acme.org").foreign().means("no-jira-here", "invalid-input", ["At www.acme.org", "context path is missing", "/settings/host"]),
        row("another context", 404, "").server(Pat).about(About::Permissions).means("no-jira-here", "invalid-input", ["At jira.acme.org:8443/jira there is no REST API of a Jira."]),
        row("page of another server", 404, PAGE).host("https", "www.acme.org").foreign().means("web-page-instead", "protocol", ["context path"]),
        row("gateway, unknown site", 404, r#"{"code":404,"message":"Not Found"}"#).gateway().means("gateway-without-site", "not-found", ["cloud id"]),
    ]
}

#[rustfmt::skip]
fn query_rows() -> Vec<Row> {
    let filtered = About::Issues { conditions: "(x = 1) AND " };
    let narrowed = About::Issues { conditions: "project = \"ACME\" AND " };
    vec![
        row("page token", 400, "The provided next page token is invalid or expired.").about(ISSUES).means("page-token-expired", "invalid-input", ["/cursor"]),
        row("unbounded", 400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.").about(ISSUES).means("unbounded-query", "invalid-input", ["/parameters/jql"]),
        row("project", 400, "The value 'ACME' does not exist for the field 'project'.").about(narrowed).means("project-not-found-or-hidden", "not-found", ["absent, or hidden", "Browse Projects", "field 'project'", "whether it may browse any"]),
        row("project of a filter", 400, "The value 'ACME' does not exist for the field 'project'.").about(filtered).means("filter-refused", "invalid-input", ["/parameters/jql"]),
        row("filter", 400, "Error in the JQL Query: Expecting ')' before the end of the query.").about(filtered).means("filter-refused", "invalid-input", ["Expecting ')'", "/parameters/jql"]),
        row("not the filter", 400, "").about(filtered).means("request-refused", "protocol", []),
        row("no filter", 400, "The value must be between 1 and 5000.").about(ISSUES).means("request-refused", "protocol", ["between 1 and 5000"]),
        row("fields", 400, r#"{"errorMessages":[],"errors":{"maxResults":"too many"}}"#).about(About::Users).means("request-refused", "protocol", ["maxResults: too many"]),
        row("hidden", 404, "Issue Does Not Exist").about(ISSUES).means("not-found-or-hidden", "not-found", ["absent, or hides", "whether it may browse any"]),
        row("hidden, Jira's page", 404, PAGE).server(Pat).about(About::Users).means("not-found-or-hidden", "not-found", []),
        row("removed", 410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046").server(Pat).about(ISSUES).means("api-removed", "unsupported", ["Please migrate", "become Jira Cloud"]),
        row("method", 405, "").means("request-refused", "protocol", ["it does not say why"]),
        row("conflict", 409, "Busy").means("conflict", "conflict", ["Busy"]),
        row("legal", 451, "").means("blocked-for-legal-reasons", "policy-refused", []),
        row("legal, with a notice", 451, "").header("link", "<https://a.example/x>; rel=\"next\", <https://blocker.example/notice/7>; rel=\"blocked-by\"").means("blocked-for-legal-reasons", "policy-refused", ["Some(\"https://blocker.example/notice/7\")", "blocked_by=https://blocker"]),
        row("legal, with a link that is none", 451, "").header("link", "<javascript:alert(1)>; rel=blocked-by").means("blocked-for-legal-reasons", "policy-refused", ["whoever blocks the access"]),
    ]
}

#[rustfmt::skip]
fn server_rows() -> Vec<Row> {
    vec![
        row("maintenance", 503, PAGE).foreign().header("retry-after", "120").means("temporarily-unavailable", "unreachable", ["After(120000)", "(acme.atlassian.net, status 503)", STATUS_PAGE]),
        row("maintenance, no wait", 503, "").server(Pat).means("temporarily-unavailable", "unreachable", ["Backoff", "administrator"]),
        row("gateway down", 503, "").gateway().means("temporarily-unavailable", "unreachable", ["api.atlassian.com"]),
        row("gateway timeout", 504, PAGE).foreign().means("server-timeout", "unreachable", []),
        row("bad gateway", 502, "").means("bad-gateway", "unreachable", ["no usable response", "status 502"]),
        row("request timeout", 408, "").means("server-timeout", "unreachable", []),
        row("crash", 500, PAGE).server(Pat).means("server-error", "unreachable", ["jira.acme.org:8443/jira"]),
        row("599", 599, "").means("server-error", "unreachable", []),
        row("created", 201, "{}").means("unexpected-answer", "protocol", ["201"]),
        row("no content", 204, "").means("unexpected-answer", "protocol", []),
        row("not modified", 304, "").means("unexpected-answer", "protocol", []),
        row("teapot", 418, "").means("unexpected-status", "protocol", ["418"]),
        row("100", 100, "").means("unexpected-status", "protocol", []),
        row("every trace", 418, "").header("x-arequestid", "7bc7c45d-5342-4379-a63c-37116bc4f8d0").header("x-aaccountid", "712020%3A809fc2ed").means("unexpected-status", "protocol", ["x-arequestid=7bc7c45d", "x-aaccountid=712020%3A809fc2ed", "atl-traceid=13d28234934c4319902f54f1c38e5fff"]),
    ]
}

fn all_rows() -> Vec<Row> {
    [credential_rows(), limit_rows(), edge_rows(), query_rows(), server_rows()]
        .into_iter()
        .flatten()
        .collect()
}

impl Row {
    /// With this body, and no type said.
    fn body(mut self, body: &str) -> Self {
        self.response.headers.retain(|field| field.name != "content-type");
        self.response.body = body.as_bytes().to_vec();
        self
    }
}

#[test]
fn a_refused_credential_is_told_apart() {
    judge(credential_rows());
}

#[test]
fn limits_say_when_to_come_back() {
    judge(limit_rows());
}

#[test]
fn what_never_came_to_jira_is_said_so() {
    judge(edge_rows());
}

#[test]
fn wrong_questions_are_told_apart() {
    judge(query_rows());
}

#[test]
fn trouble_of_jiras_own_is_nobodys_credential() {
    judge(server_rows());
}

#[test]
fn every_rule_has_a_row() {
    let rows: BTreeSet<_> = all_rows().iter().map(|row| row.code).collect();
    for rule in rules() {
        assert!(rows.contains(rule.is.code), "{} has no row", rule.is.code);
    }
    assert!(all_rows().len() >= 70);
}

#[test]
fn a_rule_says_what_the_table_says_where_it_is_not_refined() {
    for row in all_rows() {
        let failure = row.diagnose();
        let rule = rules().find(|rule| rule.is.code == failure.code).unwrap();
        let texts: Vec<_> = failure.remedies.iter().map(|remedy| remedy.text.as_str()).collect();
        let table: Vec<_> = rule.is.advice.iter().map(|advice| advice.text).collect();
        assert_eq!(texts, table, "{}: the page and the failure advise the same", row.name);
        let class = std::mem::discriminant(&rule.cause);
        assert_eq!(std::mem::discriminant(&failure.cause), class, "{}", row.name);
    }
}

/// The page that the table makes.
fn page() -> String {
    let introduction = "What the Jira connector can tell apart: the code of a failure or a warning, what \
                        it means, and what to do. It may say the same with names and dates.";
    diagnosis::page("Diagnoses of Jira", introduction, table())
}

#[test]
fn codes_are_unique_and_the_page_is_what_the_table_says() {
    let mut seen = BTreeSet::new();
    for diagnosis in table() {
        let code = diagnosis.code;
        assert!(seen.insert(code), "{code} twice");
        assert!(code.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'), "{code}");
        assert!(diagnosis.means.ends_with('.'), "{code}");
        for advice in diagnosis.advice {
            assert!(advice.text.ends_with('.'), "{code}");
            assert!(advice.page.is_none_or(|page| page.starts_with("https://")), "{code}");
        }
    }
    testing::assert_generated(concat!(env!("CARGO_MANIFEST_DIR"), "/DIAGNOSES.md"), &page());
}

#[test]
fn the_page_has_the_codes_of_warnings_of_inputs_and_of_answers_that_cannot_be_read() {
    const CODES: [&str; 14] = [
        "cursor-unusable",
        "project-malformed",
        "filter-malformed",
        "page-token-too-long",
        "search-warning",
        "unencrypted",
        "expires-soon",
        "expiry-date-passed",
        "expiry-unknown",
        "password-in-use",
        "token-without-scopes",
        "no-project-visible",
        "no-user-visible",
        "permissions-unknown",
    ];
    let page = page();
    for code in CODES {
        let row = table().find(|row| row.code == code).unwrap();
        assert!(!row.advice.is_empty(), "{code}");
        assert!(page.contains(&format!("\n## {code}\n\n{}\n", row.means)), "{code}");
    }
    let names = |code: &str| page.contains(&format!("\n## {code}\n"));
    for code in ["not-json", "empty-answer", "unexpected-shape"] {
        assert!(names(code), "{code}");
    }
    for code in ["web-page-instead", "unexpected-status"] {
        assert!(table().any(|row| row.code == code), "{code}");
    }
}

/// An update cannot change the method of a connection.
#[test]
fn another_method_is_another_connection() {
    let manifest: serde_json::Value = serde_json::from_str(crate::Jira::MANIFEST).unwrap();
    let labels = manifest["auth"].as_array().unwrap().iter().map(|method| {
        let label = method["label"].as_str().unwrap().split(" (").next().unwrap();
        label.to_lowercase()
    });
    let labels: Vec<_> = labels.collect();
    let mut codes = BTreeSet::new();
    for row in table() {
        for text in row.advice.iter().map(|advice| advice.text) {
            assert!(!text.to_lowercase().contains("choose"), "{}: {text}", row.code);
            let Some((before, method)) = text.split_once("the method ") else { continue };
            assert!(before.ends_with("onnect again with "), "{}: {text}", row.code);
            let method = method.trim_end_matches('.').to_lowercase();
            assert!(labels.contains(&method), "{}: {method} of {labels:?}", row.code);
            codes.insert(row.code);
        }
    }
    let expected = [
        "api-token-on-data-center",
        "basic-authentication-off",
        "bearer-on-cloud",
        "password-in-use",
        "password-on-cloud",
        "password-rejected",
        "personal-access-token-on-cloud",
        "server-without-tokens",
    ];
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_date_that_was_entered_is_no_certainty() {
    let said = |row: Row| row.diagnose().message;
    let entered = said(row("entered", 401, "").entered(NOW - DAY));
    assert!(!entered.contains("ended on"), "{entered}");
    let known = said(row("known", 401, "").ended(NOW - DAY));
    assert_eq!(known, "The API token ended on 2025-12-31.");
}

#[test]
fn a_provider_cannot_forge_what_is_shown() {
    let long = format!("Bad \u{1b}[2J\r\nERROR forged \u{202e}{}", "x".repeat(5_000));
    let body = serde_json::json!({ "errorMessages": [long] }).to_string();
    for status in [400, 401, 403, 404, 409, 410, 429, 500, 503] {
        for about in [About::Account, About::Issues { conditions: "x" }] {
            let mut row = row("hostile", status, "").about(about);
            row.response = row.response.with_json(&body).with_header("retry-after", "\u{1b}[2J");
            row.response = row.response.with_header("x-seraph-loginreason", "\u{202e}\u{1b}");
            let failure = row.diagnose();
            well_formed("hostile", &row, &failure);
            assert!(evidence(&failure, "message").chars().count() <= MESSAGE_CHARS);
        }
    }
}

#[test]
fn every_status_with_any_body_and_headers_is_explained() {
    const NAMES: [&str; 12] = [
        "retry-after",
        "ratelimit-reason",
        "x-ratelimit-reset",
        "x-ratelimit-interval-seconds",
        "x-seraph-loginreason",
        "x-authentication-denied-reason",
        "x-ausername",
        "x-aaccountid",
        "www-authenticate",
        "location",
        "atl-traceid",
        "x-arequestid",
    ];
    let bodies: [&[u8]; 8] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"\xff\xfe",
        b"<html",
        b"{\"message\":null}",
        b"{\"errors\":[]}",
    ];
    let values =
        ["", ";", ",", "=", "OK", "https://", "://x", "\u{0}", "ä", "0", "9999999999999999999999"];
    for status in 100..=599 {
        for body in bodies {
            for value in values {
                let mut row = row("any", status, "");
                row.response.headers.clear();
                row.response.body = body.to_vec();
                for name in NAMES {
                    row.response = row.response.with_header(name, value);
                }
                let failure = row.diagnose();
                assert!(!failure.message.is_empty() && !failure.code.is_empty());
            }
        }
    }
}
