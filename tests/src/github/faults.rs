//! GitHub's own refusals, in its words. Sources: recorded answers, GitHub's documentation and
//! reports of users.

use jiff::Timestamp;
use serde_json::json;

use super::policy::Policy;
use crate::peer::Fault;

const LIMITS_PAGE: &str =
    "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api";
const SECONDARY: &str = "You have exceeded a secondary rate limit. Please wait a few minutes before \
    you try again. If you reach out to GitHub Support for help, please include the request ID \
    C0DE:1:2:3:4.";

/// A refusal with GitHub's usual headers; the quota is not used up.
fn refusal(status: u16, message: &str, documentation: &str) -> Fault {
    let body = json!({
        "message": message,
        "documentation_url": documentation,
        "status": status.to_string(),
    });
    let headers = [("server", "github.com"), ("x-github-request-id", "C0DE:1:2:3:4")];
    Fault::json(status, &headers, body.to_string())
}

fn policy(policy: Policy, organization: &str) -> Fault {
    refusal(403, &policy.sentence(organization), "https://docs.github.com/rest")
}

impl Fault {
    /// 403, the primary rate limit is used up; it resets in so many seconds.
    pub fn primary_limit(resets_in: i64) -> Self {
        let resets_at = (Timestamp::now().as_second() + resets_in).to_string();
        refusal(403, "API rate limit exceeded for user ID 583231.", LIMITS_PAGE)
            .with("x-ratelimit-limit", "5000")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-used", "5000")
            .with("x-ratelimit-reset", &resets_at)
            .with("x-ratelimit-resource", "core")
    }

    /// 403, a secondary rate limit, without a header that says so.
    pub fn secondary_limit() -> Self {
        refusal(403, SECONDARY, LIMITS_PAGE)
    }

    /// The same as 429, with `retry-after`: seconds, an HTTP date, or blank.
    pub fn secondary_limit_until(retry_after: &str) -> Self {
        refusal(429, SECONDARY, LIMITS_PAGE).with("retry-after", retry_after)
    }

    /// 401, the token is mistyped, revoked or expired.
    pub fn bad_credentials() -> Self {
        refusal(401, "Bad credentials", "https://docs.github.com/rest")
    }

    /// 403, too many bad tokens before: even a good one is refused for a while.
    pub fn login_lockout() -> Self {
        let message = "Maximum number of login attempts exceeded. Please try again later.";
        refusal(403, message, "https://docs.github.com/rest")
    }

    /// 403, the token is not authorized for the organization's single sign-on.
    pub fn sso_required(organization: &str) -> Self {
        let message = "Resource protected by organization SAML enforcement. You must grant your \
                       Personal Access token access to this organization.";
        let place = format!(
            "required; url=https://github.com/orgs/{organization}/sso?authorization_request=AZSCKtL4"
        );
        refusal(403, message, "https://docs.github.com").with("x-github-sso", &place)
    }

    /// 403, the organization must approve the OAuth app.
    pub fn app_restricted(organization: &str) -> Self {
        policy(Policy::NoApps, organization)
    }

    /// 403, the organization lists the addresses that may call.
    pub fn address_not_allowed(organization: &str) -> Self {
        policy(Policy::Addresses, organization)
    }

    /// 403, the organization takes no classic tokens.
    pub fn classic_forbidden(organization: &str) -> Self {
        policy(Policy::NoClassicTokens, organization)
    }

    /// 403, the organization takes no fine-grained tokens that live longer than so many days.
    pub fn lifetime_forbidden(organization: &str, days: u32) -> Self {
        policy(Policy::MostDays(days), organization)
    }

    /// 409, the repository has no commits.
    pub fn empty_repository() -> Self {
        refusal(409, "Git Repository is empty.", "https://docs.github.com/rest/commits/commits")
    }

    /// 500 to 599, with the page that GitHub shows to people, of about 57 KB.
    pub fn server_error(status: u16) -> Self {
        let style = "<!-- padding of the page -->\n".repeat(1950);
        Self::html(
            status,
            format!(
                "<!DOCTYPE html>\n<html>\n<head><title>Unicorn! &middot; GitHub</title></head>\n\
                 <body>\n<p><strong>No server is currently available to service your request.\
                 </strong></p>\n{style}</body>\n</html>\n"
            ),
        )
    }

    /// 200 with the page of a network that wants a person to log in.
    pub fn captive_portal() -> Self {
        Self::html(
            200,
            "<!DOCTYPE html><html><head><title>Welcome to Hotel WiFi</title></head>\
             <body><form action=\"/login\">Please accept the terms.</form></body></html>",
        )
    }
}
