//! Answers, and the headers that every one of GitHub's has.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::{Access, Account, HOURLY_LIMIT, Kind};
use super::shapes::{ENTERPRISE_VERSION, Site};

/// What a route asks of a token, as GitHub tells it in headers.
#[derive(Clone, Copy, Default)]
pub(super) struct Needs {
    pub(super) scopes: &'static str,
    pub(super) permissions: &'static str,
}

/// An answer before the headers that depend on who asks.
pub(super) struct Answer {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
    needs: Needs,
}

impl Answer {
    pub(super) fn ok(body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { status: StatusCode::OK, headers: Vec::new(), body, needs: Needs::default() }
    }

    pub(super) fn json(body: &Value) -> Self {
        Self::ok(body.to_string())
    }

    /// A refusal in GitHub's shape; the page is one below `https://docs.github.com/rest`.
    pub(super) fn refusal(status: u16, message: &str, page: &str) -> Self {
        let body = json!({
            "message": message,
            "documentation_url": format!("https://docs.github.com/rest{page}"),
            "status": status.to_string(),
        });
        Self::json(&body).status(status)
    }

    pub(super) fn not_found(page: &str) -> Self {
        Self::refusal(404, "Not Found", page)
    }

    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap();
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn needs(mut self, scopes: &'static str, permissions: &'static str) -> Self {
        self.needs = Needs { scopes, permissions };
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        set(headers, "content-type", "application/json; charset=utf-8");
        for (name, value) in &self.headers {
            set(headers, name, value);
        }
        if self.status == StatusCode::OK {
            let mut crc = flate2::Crc::new();
            crc.update(&self.body);
            set(headers, "etag", &format!("W/\"{:08x}{:08x}\"", crc.sum(), self.body.len()));
            set(headers, "cache-control", "private, max-age=60, s-maxage=60");
        }
        response.extensions_mut().insert(self.needs);
        response
    }
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).expect("a header that HTTP allows");
    headers.insert(HeaderName::from_static(name), value);
}

/// Headers that never change.
const CONSTANT: [(&str, &str); 9] = [
    ("access-control-allow-origin", "*"),
    (
        "access-control-expose-headers",
        "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining, \
         X-RateLimit-Used, X-RateLimit-Resource, X-RateLimit-Reset, X-OAuth-Scopes, \
         X-Accepted-OAuth-Scopes, X-Poll-Interval, X-GitHub-Media-Type, X-GitHub-SSO, \
         X-GitHub-Request-Id, Deprecation, Sunset",
    ),
    ("content-security-policy", "default-src 'none'"),
    ("referrer-policy", "origin-when-cross-origin, strict-origin-when-cross-origin"),
    ("server", "github.com"),
    ("strict-transport-security", "max-age=31536000; includeSubdomains; preload"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "deny"),
    ("x-github-media-type", "github.v3; format=json"),
];

/// What answers have in common: request ids, and when the present hour ends.
pub(super) struct Clock {
    requests: AtomicU64,
    resets_at: i64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { requests: AtomicU64::new(0), resets_at: Timestamp::now().as_second() + 3600 }
    }

    pub(super) fn resets_at(&self) -> i64 {
        self.resets_at
    }

    /// Adds the headers that every answer has, and those that depend on who asks.
    pub(super) fn finish(
        &self,
        mut response: Response,
        account: &Account,
        anonymous: bool,
        site: &Site,
    ) -> Response {
        let needs = response.extensions().get::<Needs>().copied().unwrap_or_default();
        let headers = response.headers_mut();
        for (name, value) in CONSTANT {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let id = self.requests.fetch_add(1, Ordering::Relaxed);
        set(headers, "x-github-request-id", &format!("C0DE:{id:X}:A0F14CA:959A082:698B91B9"));
        set(headers, "x-github-api-version-selected", "2022-11-28");
        if site.names_version {
            set(headers, "x-github-enterprise-version", ENTERPRISE_VERSION);
        }
        if !site.enterprise {
            self.tell_limit(headers, account, anonymous);
        }
        if !anonymous {
            tell_access(headers, account, needs);
        }
        response
    }

    fn tell_limit(&self, headers: &mut HeaderMap, account: &Account, anonymous: bool) {
        let limit = if anonymous { 60 } else { HOURLY_LIMIT };
        let remaining = HOURLY_LIMIT - account.used();
        set(headers, "x-ratelimit-limit", &limit.to_string());
        set(headers, "x-ratelimit-remaining", &remaining.to_string());
        set(headers, "x-ratelimit-used", &limit.saturating_sub(remaining).to_string());
        set(headers, "x-ratelimit-reset", &self.resets_at.to_string());
        set(headers, "x-ratelimit-resource", "core");
    }
}

fn tell_access(headers: &mut HeaderMap, account: &Account, needs: Needs) {
    match &account.access {
        Access::Scopes(scopes) => {
            set(headers, "x-oauth-scopes", &scopes.join(", "));
            set(headers, "x-accepted-oauth-scopes", needs.scopes);
        }
        Access::Permissions { .. } => {
            if account.kind == Kind::AppUser {
                set(headers, "x-oauth-scopes", "");
            }
            if !needs.permissions.is_empty() {
                set(headers, "x-accepted-github-permissions", needs.permissions);
            }
        }
    }
    if let Some(text) = &account.expires {
        set(headers, "github-authentication-token-expiration", text);
    }
}
