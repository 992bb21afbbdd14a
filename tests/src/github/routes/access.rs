//! Everything that GitHub checks before it looks at the path.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Caller;
use crate::github::account::{Account, Standing};
use crate::github::answer::{Answer, Clock};
use crate::github::shapes::Site;
use crate::github::world::World;

/// The versions of the API that exist.
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// What the checks need.
#[derive(Clone)]
pub(super) struct Gate {
    origin: Arc<str>,
    world: Arc<World>,
    clock: Arc<Clock>,
}

impl Gate {
    pub(super) fn new(origin: &str, world: Arc<World>) -> Self {
        Self { origin: origin.into(), world, clock: Arc::new(Clock::new()) }
    }
}

/// Lets a request pass to its route, or answers it.
pub(super) async fn pass(gate: Gate, mut request: Request, next: Next) -> Response {
    let enterprise = request.uri().path().starts_with("/api/v3");
    let public = gate.world.public_origin();
    let mut site = Site::new(public.as_deref().unwrap_or(&gate.origin), enterprise);
    site.names_version &= !gate.world.hides_version();
    if !request.headers().contains_key("user-agent") {
        return missing_user_agent();
    }
    let account = match authenticate(request.headers(), &gate.world) {
        Ok(account) => account,
        Err(refused) => {
            let anonymous = gate.world.anonymous();
            return gate.clock.finish(refused.into_response(), anonymous, true, &site);
        }
    };
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get("if-none-match").filter(|_| is_read).cloned();
    let free = enterprise || request.uri().path() == "/rate_limit";
    let anonymous = account.is_none();
    let caller = Caller { account, world: gate.world, site, clock: Arc::clone(&gate.clock) };
    let asking = caller.account.clone();
    let (world, site) = (Arc::clone(&caller.world), caller.site.clone());
    let who = asking.as_deref().unwrap_or_else(|| world.anonymous());
    if !free && who.count().is_none() {
        let refused = limit_exceeded(who, anonymous).into_response();
        return gate.clock.finish(refused, who, anonymous, &site);
    }
    request.extensions_mut().insert(caller);
    let response = next.run(request).await;
    let response = match known {
        Some(tags) if is_unchanged(&response, &tags) => {
            // Only what was asked with a token is free of charge.
            if !free && !anonymous {
                who.discount();
            }
            unchanged(response)
        }
        _ => response,
    };
    gate.clock.finish(response, who, anonymous, &site)
}

/// Whether one of the entity tags is the answer's, compared weakly (RFC 9110, section 13.1.2).
fn is_unchanged(response: &Response, tags: &HeaderValue) -> bool {
    let opaque = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let etag = response.headers().get("etag").and_then(|value| value.to_str().ok()).map(opaque);
    let tags = tags.to_str().unwrap_or_default();
    etag.is_some_and(|etag| tags.trim() == "*" || tags.split(',').any(|tag| opaque(tag) == etag))
}

/// The account of the request's token, or none without a token.
fn authenticate(headers: &HeaderMap, world: &World) -> Result<Option<Arc<Account>>, Answer> {
    if let Some(version) = headers.get("x-github-api-version")
        && !VERSIONS.iter().any(|known| version == known)
    {
        let message = "The specified API version is not supported";
        return Err(Answer::refusal(400, message, "/about-the-rest-api/api-versions"));
    }
    let Some(value) = headers.get("authorization") else { return Ok(None) };
    let token = value.to_str().ok().and_then(token_of).unwrap_or_default();
    match world.account(&token) {
        Some(account) if account.standing != Standing::Expired => Ok(Some(account)),
        _ => Err(Answer::refusal(401, "Bad credentials", "")),
    }
}

/// The token of `Bearer TOKEN`, `token TOKEN`, or the password of Basic authentication.
fn token_of(authorization: &str) -> Option<String> {
    let (scheme, credential) = authorization.split_once(' ')?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => Some(credential.trim().to_owned()),
        "basic" => {
            let pair = String::from_utf8(STANDARD.decode(credential.trim()).ok()?).ok()?;
            pair.split_once(':').map(|(_, password)| password.to_owned())
        }
        _ => None,
    }
}

fn missing_user_agent() -> Response {
    const MESSAGE: &str = "\r\nRequest forbidden by administrative rules. Please make sure your \
        request has a User-Agent header (https://docs.github.com/en/rest/overview/\
        resources-in-the-rest-api#user-agent-required). Check https://developer.github.com for \
        other possible causes.\r\n";
    (StatusCode::FORBIDDEN, [("content-type", "text/html")], MESSAGE).into_response()
}

fn limit_exceeded(account: &Account, anonymous: bool) -> Answer {
    let message = if anonymous {
        "API rate limit exceeded for 127.0.0.1. (But here's the good news: Authenticated requests \
         get a higher rate limit. Check out the documentation for more details.)"
            .to_owned()
    } else {
        format!("API rate limit exceeded for user ID {}.", account.id)
    };
    Answer::refusal(403, &message, "/using-the-rest-api/rate-limits-for-the-rest-api")
}

fn unchanged(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove("content-type");
    parts.headers.remove("content-length");
    Response::from_parts(parts, axum::body::Body::empty())
}
