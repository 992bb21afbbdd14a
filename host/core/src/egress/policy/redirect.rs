//! Redirects, which the host follows itself, each judged again (RFC 9110, section 15.4).
//!
//! | status | method | body |
//! |---|---|---|
//! | 303 | HEAD stays, all others become GET | dropped |
//! | 301, 302 | POST becomes GET, all others stay | dropped with POST |
//! | 307, 308 | stays | stays |
//!
//! To the same origin, the credential, the guest's headers and the body go along. The origin is the
//! border, and not the path of the endpoint's base: the server behind it received the credential
//! already and routes paths as it likes, and a renamed repository leads elsewhere on it. The guest
//! gains nothing, for the provider chose the place.
//!
//! To another origin a redirect leads only where the manifest grants that origin, and then without
//! the credential, without the guest's headers and without a body; what would repeat a change there
//! is refused. A credential once dropped stays dropped, which the caller sees to. From https to
//! http: never.

use url::{Origin, Url};

use super::{Denial, EgressPolicy, Reach, Rule, origin};
use crate::egress::http::Method;

/// Redirects followed in one exchange, at most; a provider needs one or two.
pub const MAX_REDIRECTS: u32 = 5;

/// A redirect that a server asks for.
#[derive(Clone, Copy, Debug)]
pub struct RedirectInput<'a> {
    /// The URL that was asked.
    pub from: &'a Url,
    /// The value of its `Location` header.
    pub location: &'a str,
    /// The method that was used.
    pub method: Method,
    /// One of those for which [`is_redirect`] holds.
    pub status: u16,
    /// Redirects followed in this exchange before this one.
    pub hop: u32,
    /// The origins of the manifest's `redirects`.
    pub grants: &'a [Origin],
    /// What the administrator allows.
    pub policy: &'a EgressPolicy,
}

/// How to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectStep {
    /// Where, without a fragment.
    pub url: Url,
    /// How far that request may reach.
    pub reach: Reach,
    /// With what method.
    pub method: Method,
    /// Whether the body goes along.
    pub keep_body: bool,
    /// Whether it is the same origin: only then do the credential and the guest's headers go along.
    pub same_origin: bool,
}

/// Whether the status, together with a `Location` header, asks to go elsewhere.
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// How to go on after a redirect.
///
/// # Errors
///
/// A [`Denial`] by one of the `redirect-*` rules, by `userinfo`, or by one that
/// [`EgressPolicy::judge_url`] names.
pub fn judge_redirect(input: &RedirectInput<'_>) -> Result<RedirectStep, Denial> {
    if input.hop >= MAX_REDIRECTS {
        let last = target(input);
        let last = origin::describe(last.as_ref().unwrap_or(input.from));
        return Err(Denial::new(Rule::RedirectLimit, last));
    }
    let url = target(input)?;
    if input.from.scheme() == "https" && url.scheme() == "http" {
        return Err(Denial::new(Rule::RedirectDowngrade, origin::describe(&url)));
    }
    let same_origin = url.origin() == input.from.origin();
    let (method, keep_body) = rewritten(input.method, input.status);
    if !same_origin && !input.grants.contains(&url.origin()) {
        return Err(Denial::new(Rule::RedirectOrigin, origin::describe(&url)));
    }
    if !same_origin && !method.is_safe() {
        return Err(Denial::new(Rule::RedirectBody, origin::describe(&url)));
    }
    let reach = input.policy.judge_url(&url)?;
    let keep_body = keep_body && same_origin;
    Ok(RedirectStep { url, reach, method, keep_body, same_origin })
}

/// Where the redirect leads, without a fragment.
pub(crate) fn target(input: &RedirectInput<'_>) -> Result<Url, Denial> {
    let unusable = || Denial::new(Rule::RedirectLocation, origin::describe(input.from));
    if input.location.trim().is_empty() || input.location.contains(char::is_control) {
        return Err(unusable());
    }
    let mut url = input.from.join(input.location).map_err(|_| unusable())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Denial::new(Rule::Userinfo, origin::describe(&url)).sent_by_provider());
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(unusable());
    }
    url.set_fragment(None);
    Ok(url)
}

/// The method after the redirect, and whether it still has the body.
fn rewritten(method: Method, status: u16) -> (Method, bool) {
    match (status, method) {
        (303, Method::Head) => (Method::Head, false),
        (303, _) | (301 | 302, Method::Post) => (Method::Get, false),
        _ => (method, true),
    }
}

#[cfg(test)]
mod tests;
