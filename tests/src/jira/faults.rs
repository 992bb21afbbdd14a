//! Jira's own refusals, in its words. Sources: recorded answers, Atlassian's documentation and
//! reports of users.

use serde_json::json;

use crate::peer::Fault;

const JSON: (&str, &str) = ("content-type", "application/json;charset=UTF-8");
const TRACE: (&str, &str) = ("atl-traceid", "13d28234934c4319902f54f1c38e5fff");
const REQUEST: (&str, &str) = ("x-arequestid", "3755c266a371a3de6f4ac4e217c9c2cf");

/// 429 with what Cloud says in a body, whatever the system that refuses.
fn limited(reason: &str, retry_after: &str) -> Fault {
    let body = json!({
        "errorMessages": ["The request has been rate-limited. Please try again later."],
        "errors": {},
        "status": 429,
    });
    Fault::answer(429, &[JSON, TRACE, REQUEST], body.to_string())
        .with("retry-after", retry_after)
        .with("ratelimit-reason", reason)
}

impl Fault {
    /// 429 of Cloud: too many requests of one kind in a second.
    pub fn burst_limit() -> Self {
        limited("jira-burst-based", "1")
            .with("x-ratelimit-limit", "350")
            .with("x-ratelimit-remaining", "0")
    }

    /// 429 of Cloud: too many changes of one issue.
    pub fn issue_write_limit() -> Self {
        limited("jira-per-issue-on-write", "2")
            .with("x-ratelimit-limit", "20")
            .with("x-ratelimit-remaining", "0")
    }

    /// 429 of Cloud: the quota of an hour is used up for so many seconds. It ends at `reset`, in
    /// ISO 8601, perhaps without seconds: `2026-03-26T16:00Z`.
    pub fn hourly_quota(retry_after: u64, reset: &str) -> Self {
        limited("jira-quota-tenant-based", &retry_after.to_string())
            .with("x-ratelimit-limit", "100100")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", reset)
            .with("x-ratelimit-nearlimit", "true")
            .with("beta-ratelimit-policy", "\"tenant-app-quota\";q=100100;w=3600")
            .with("beta-ratelimit", "\"tenant-app-quota\";r=0;t=1")
    }

    /// 429 of Cloud in the page that people see, without a header that says more.
    pub fn limit_page() -> Self {
        const BODY: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Oops \
            - an error has occurred</title></head><body class=\" error-page error429\"><h1>Oops, it's \
            not you, it's us.</h1></body></html>";
        Self::html(429, BODY)
    }

    /// 503, to be tried again after so many seconds.
    pub fn unavailable(retry_after: u64) -> Self {
        let body = json!({ "message": "Service Unavailable", "status-code": 503 });
        Self::answer(503, &[JSON, TRACE, REQUEST], body.to_string())
            .with("retry-after", &retry_after.to_string())
    }

    /// 401 of those who send no credential, or none that Cloud knows.
    pub fn unauthenticated() -> Self {
        let body = json!({
            "message": "Client must be authenticated to access this resource.",
            "status-code": 401,
        });
        Self::answer(401, &[JSON, TRACE, REQUEST], body.to_string())
            .with("www-authenticate", "OAuth realm=\"https%3A%2F%2Facme.atlassian.net\"")
    }

    /// 401 of a wrong API token, which Cloud takes for a password.
    pub fn password_deprecated() -> Self {
        const BODY: &str = "Basic authentication with passwords is deprecated.  For more information, \
            see: https://developer.atlassian.com/cloud/confluence/deprecation-notice-basic-auth/\n";
        let plain = ("content-type", "text/plain;charset=UTF-8");
        Self::answer(401, &[plain, TRACE, REQUEST], BODY)
            .with("x-seraph-loginreason", "AUTHENTICATED_FAILED")
    }

    /// 401 of the gateway: the token is good, but a scope is missing.
    pub fn scope_mismatch() -> Self {
        let body = json!({ "code": 401, "message": "Unauthorized; scope does not match" });
        Self::answer(401, &[JSON, TRACE], body.to_string())
    }

    /// 403, too many wrong passwords before: even the right one is refused until somebody has
    /// logged in by a browser.
    pub fn captcha() -> Self {
        const BODY: &str = "<html>\n<head>\n    <title>Forbidden (403)</title>\n    <meta \
            name=\"application-name\" content=\"JIRA\" data-name=\"jira\" data-version=\"8.0.2\">\n\
            </head>\n<body id=\"jira\">\n    <h1>Forbidden (403)</h1>\n    <p>Basic Authentication \
            Failure - Reason : AUTHENTICATION_DENIED</p>\n</body>\n</html>\n";
        let reason = "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/jira/login.jsp";
        Self::html(403, BODY)
            .with("x-seraph-loginreason", "AUTHENTICATION_DENIED")
            .with("x-authentication-denied-reason", reason)
    }

    /// 403 of Data Center: the administrator has switched Basic authentication off.
    pub fn basic_disabled() -> Self {
        let message = "Basic Authentication has been disabled on this instance.";
        Self::answer(403, &[JSON], json!({ "message": message }).to_string())
    }

    /// 403, the account lacks a permission.
    pub fn forbidden() -> Self {
        let message = "You do not have permission to perform this operation.";
        let body = json!({ "errorMessages": [message], "errors": {} });
        Self::answer(403, &[JSON, TRACE, REQUEST], body.to_string())
    }

    /// 410, Cloud has that address no more.
    pub fn removed_api() -> Self {
        let message = "The requested API has been removed. Please migrate to the \
                       /rest/api/3/search/jql API. A full migration guideline is available at \
                       https://developer.atlassian.com/changelog/#CHANGE-2046";
        let body = json!({ "errorMessages": [message], "errors": {} });
        Self::answer(410, &[JSON, TRACE, REQUEST], body.to_string())
    }

    /// An error of that status in the page of the server below Data Center.
    pub fn tomcat(status: u16) -> Self {
        let body = format!(
            "<!doctype html><html lang=\"en\"><head><title>HTTP Status {status}</title></head><body>\
             <h1>HTTP Status {status}</h1><hr class=\"line\" /><p><b>Type</b> Status Report</p><hr \
             class=\"line\" /><h3>Apache Tomcat/9.0.95</h3></body></html>"
        );
        Self::html(status, body)
    }

    /// 200 with the page on which people log in, as a proxy before Data Center answers strangers.
    pub fn login_page() -> Self {
        const BODY: &str = "<!DOCTYPE html><html><head><title>Log in - Jira of the \
            simulation</title></head><body id=\"jira\"><form action=\"/jira/login.jsp\" \
            method=\"post\"><input name=\"os_username\"><input name=\"os_password\" \
            type=\"password\"></form></body></html>";
        Self::html(200, BODY)
    }
}
