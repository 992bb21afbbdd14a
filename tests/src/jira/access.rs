//! What each Jira makes of a credential.

use std::sync::Arc;

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::account::{Access, Account, Standing};
use super::answer::{Answer, TEXT};
use super::world::State;

/// Whose request it is.
pub(super) enum Caller {
    /// Nobody's; whether a credential came that was not accepted.
    Anonymous { failed: bool },
    /// The account's.
    Known(Arc<Account>),
}

/// What came in the header `authorization`.
enum Credential {
    None,
    Basic(String, String),
    Bearer(String),
    Other,
}

impl Credential {
    fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get("authorization") else { return Self::None };
        let parsed = value.to_str().ok().and_then(|text| text.split_once(' '));
        match parsed.map(|(scheme, rest)| (scheme.to_ascii_lowercase(), rest.trim())) {
            Some((scheme, token)) if scheme == "bearer" => Self::Bearer(token.to_owned()),
            Some((scheme, pair)) if scheme == "basic" => Self::basic(pair).unwrap_or(Self::Other),
            _ => Self::Other,
        }
    }

    fn basic(pair: &str) -> Option<Self> {
        let pair = String::from_utf8(STANDARD.decode(pair).ok()?).ok()?;
        let (name, secret) = pair.split_once(':')?;
        Some(Self::Basic(name.to_owned(), secret.to_owned()))
    }
}

/// 401 of a request that must not be anonymous: JSON for those that ask for it, else a sentence.
pub(super) fn unauthenticated(headers: &HeaderMap) -> Answer {
    const MESSAGE: &str = "Client must be authenticated to access this resource.";
    let accept = headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let answer = if accept.contains("application/json") {
        Answer::message(401, MESSAGE)
    } else {
        Answer::of(401, TEXT, MESSAGE)
    };
    answer.header("www-authenticate", "OAuth realm=\"https%3A%2F%2Facme.atlassian.net\"")
}

/// On a site of Cloud: API tokens without scopes, as the password of Basic authentication.
///
/// An expired token is no token. A wrong one is refused as a password, for an email that is known;
/// for any other, and for a token with scopes, by the sentence of those who send none.
pub(super) fn on_site(headers: &HeaderMap, state: &State) -> Result<Caller, Answer> {
    let (email, secret) = match Credential::of(headers) {
        Credential::None => return Ok(Caller::Anonymous { failed: false }),
        Credential::Bearer(_) => {
            let body = serde_json::json!({ "error": "Failed to parse Connect Session Auth Token" });
            return Err(Answer::json(&body).status(403));
        }
        Credential::Other => return Err(unauthenticated(headers)),
        Credential::Basic(email, secret) => (email, secret),
    };
    let account = state.with_secret(&secret);
    let account = account.filter(|account| account.email().eq_ignore_ascii_case(&email));
    match account {
        Some(account) if account.access == Access::Classic => match account.standing {
            Standing::Good => Ok(Caller::Known(account)),
            Standing::Expired => Ok(Caller::Anonymous { failed: true }),
        },
        Some(_) => Err(unauthenticated(headers)),
        None if state.has_email(&email) => Err(password_deprecated()),
        None => Err(unauthenticated(headers)),
    }
}

fn password_deprecated() -> Answer {
    const MESSAGE: &str = "Basic authentication with passwords is deprecated.  For more \
        information, see: https://developer.atlassian.com/cloud/confluence/deprecation-notice-basic-auth/\n";
    Answer::of(401, TEXT, MESSAGE).header("x-seraph-loginreason", "AUTHENTICATED_FAILED")
}

/// By the gateway: API tokens with scopes, as the password of Basic authentication.
pub(super) fn by_gateway(headers: &HeaderMap, state: &State) -> Result<Caller, Answer> {
    let refused = || Answer::gateway(401, "Unauthorized");
    let Credential::Basic(email, secret) = Credential::of(headers) else { return Err(refused()) };
    let account = state.with_secret(&secret).ok_or_else(refused)?;
    let is_scoped = matches!(account.access, Access::Scoped(_));
    let is_good = account.standing == Standing::Good;
    if is_scoped && is_good && account.email().eq_ignore_ascii_case(&email) {
        return Ok(Caller::Known(account));
    }
    Err(refused())
}

/// On Data Center: personal access tokens by Bearer, user names and passwords by Basic.
///
/// A token that is unknown is no token. A password that is wrong is counted; after three, even the
/// right one is refused until somebody has logged in by a browser.
pub(super) fn on_data_center(headers: &HeaderMap, state: &mut State) -> Result<Caller, Answer> {
    let (user, password) = match Credential::of(headers) {
        Credential::None => return Ok(Caller::Anonymous { failed: false }),
        Credential::Bearer(token) => {
            let account = state.with_secret(&token).filter(|account| {
                account.access == Access::PersonalToken && account.standing == Standing::Good
            });
            return Ok(account.map_or(Caller::Anonymous { failed: true }, Caller::Known));
        }
        Credential::Other => return Err(wrong_password()),
        Credential::Basic(user, password) => (user, password),
    };
    if state.basic_disabled {
        let message = "Basic Authentication has been disabled on this instance.";
        return Err(Answer::json(&serde_json::json!({ "message": message })).status(403));
    }
    if state.is_locked_out(&user) {
        return Err(captcha());
    }
    let account = state.with_secret(&password).filter(|account| {
        account.access == Access::Password
            && account.name == user
            && account.standing == Standing::Good
    });
    let Some(account) = account else {
        state.count_failure(&user);
        return Err(wrong_password());
    };
    state.forgive(&user);
    Ok(Caller::Known(account))
}

fn wrong_password() -> Answer {
    const TEXT: &str = "Basic Authentication Failure - Reason : AUTHENTICATED_FAILED";
    Answer::page(401, "Unauthorized", TEXT)
        .header("x-seraph-loginreason", "AUTHENTICATED_FAILED")
        .header("www-authenticate", "OAuth realm=\"https%3A%2F%2Fjira.example.com%2Fjira\"")
}

fn captcha() -> Answer {
    const TEXT: &str = "Basic Authentication Failure - Reason : AUTHENTICATION_DENIED";
    let reason = "CAPTCHA_CHALLENGE; login-url=https://jira.example.com/jira/login.jsp";
    Answer::page(403, "Forbidden", TEXT)
        .header("x-seraph-loginreason", "AUTHENTICATION_DENIED")
        .header("www-authenticate", "OAuth realm=\"https%3A%2F%2Fjira.example.com%2Fjira\"")
        .header("x-authentication-denied-reason", reason)
}
