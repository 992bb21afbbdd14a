//! Requests that the platform makes by itself: to a token endpoint, to register a webhook, to discover a
//! server's metadata. They leave by the same [exchange](super::exchange) as those of guests.
//!
//! - The policy judges the URL, and the transport judges each address. A redirect is followed to the same
//!   origin only, so that a secret in a header or in the body goes to no other.
//! - The request has a budget and a deadline of its own, and no quota: it counts for no connection.
//! - A failure never repeats a secret of the request. The response is the platform's, as it came: a token
//!   endpoint's holds tokens.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::time::Instant;
use url::Url;

use crate::contract::failure::Failure;
use crate::egress::budget::Budget;
use crate::egress::exchange::{Exchange, Ready};
use crate::egress::header;
use crate::egress::http::{InboundResponse, Method, OutboundValue};
use crate::egress::outbound::Outbound;
use crate::egress::policy::redirect::MAX_REDIRECTS;
use crate::egress::policy::{Denial, Rule};
use crate::egress::redact::Redactor;
#[cfg(doc)]
use crate::limits::Limits;
use crate::manifest::QuotaRules;
use crate::secret::SecretText;

/// A request of the platform. It has no `Debug`: it may hold secrets.
#[must_use]
pub struct HostRequest {
    method: Method,
    url: Url,
    headers: Vec<(String, OutboundValue)>,
    body: Vec<u8>,
    secrets: Vec<SecretText>,
    timeout: Option<Duration>,
}

impl HostRequest {
    /// A request without headers and body.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: Vec::new(),
            body: Vec::new(),
            secrets: Vec::new(),
            timeout: None,
        }
    }

    /// With this header, which may be logged.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), OutboundValue::Plain(value.into())));
        self
    }

    /// With this header, whose value is a secret, or a scheme such as `Bearer` or `Basic` and a secret.
    pub fn sensitive_header(mut self, name: &str, value: SecretText) -> Self {
        self.secrets.extend(parts(value.expose_secret()));
        self.secrets.push(value.clone());
        self.headers.push((name.to_ascii_lowercase(), OutboundValue::Sensitive(value)));
        self
    }

    /// With this body. Name each secret that it holds by [`secret`](Self::secret).
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }.header("content-type", content_type)
    }

    /// With a secret that some part of the request holds: no failure repeats it.
    pub fn secret(mut self, secret: SecretText) -> Self {
        self.secrets.push(secret);
        self
    }

    /// The time for the whole exchange, redirects included: [`Limits::exchange_deadline`] unless this is called,
    /// which no single request of it exceeds anyhow.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout: Some(timeout), ..self }
    }
}

/// The response to a request of the platform. Its `Debug` shows no header and no body, which may hold secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct HostResponse {
    /// Where it came from, after redirects.
    pub url: Url,
    /// 100 to 599, as it came: a status of 400 is a response, not a failure.
    pub status: u16,
    /// In the order received, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Decompressed, whole.
    pub body: Vec<u8>,
}

impl fmt::Debug for HostResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = self.url.origin().ascii_serialization();
        let response = &mut f.debug_struct("HostResponse");
        response.field("origin", &origin).field("status", &self.status).finish_non_exhaustive()
    }
}

impl Outbound {
    /// The response to a request of the platform, whatever its status.
    ///
    /// # Errors
    ///
    /// A [`Failure`] as a guest's request gets it: `denied` where the policy or a header's syntax refuses the
    /// request, or a redirect leads to another origin; `unreachable`, `timeout`, `too-large` and `protocol`
    /// from the transport.
    pub async fn send(&self, request: HostRequest) -> Result<HostResponse, Failure> {
        let redactor = Redactor::new(request.secrets.iter().map(SecretText::expose_secret));
        let sent = self.send_judged(request).await;
        let (url, response) = sent.map_err(|failure| redactor.redact_failure(failure))?;
        let InboundResponse { status, headers, body } = response;
        Ok(HostResponse { url, status, headers, body })
    }

    async fn send_judged(&self, request: HostRequest) -> Result<(Url, InboundResponse), Failure> {
        let HostRequest { method, mut url, headers, body, timeout, .. } = request;
        url.set_fragment(None);
        let reach = self.policy.judge_url(&url)?;
        headers.iter().try_for_each(|(name, value)| judge_header(name, value))?;
        let each = self.limits.exchange_deadline;
        let timeout = timeout.unwrap_or(each).min(each.saturating_mul(MAX_REDIRECTS + 1));
        let exchange = Exchange {
            outbound: self,
            budget: &Budget::of(MAX_REDIRECTS + 1, self.limits.total_response_bytes),
            redirects: &[],
            quota: &QuotaRules::default(),
            deadline: Instant::now() + timeout,
        };
        let ready = Ready { method, url, reach, headers, body };
        exchange.run(ready, None, |denial, _| denial.into()).await
    }
}

/// What a header's value with a scheme is made of: the secret behind the scheme, and a Basic password
/// (RFC 7617, section 2).
fn parts(value: &str) -> Vec<SecretText> {
    let Some((scheme, credentials)) = value.split_once(' ') else { return Vec::new() };
    let decoded =
        STANDARD.decode(credentials).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"));
    let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).map(SecretText::new);
    let password = pair.and_then(|pair| {
        let (_, password) = pair.expose_secret().split_once(':')?;
        Some(SecretText::new(password.to_owned()))
    });
    password.into_iter().chain([SecretText::new(credentials.to_owned())]).collect()
}

/// Whether HTTP allows the header, and it is one that the host leaves to the platform: a credential only where
/// its value is kept out of logs.
fn judge_header(name: &str, value: &OutboundValue) -> Result<(), Denial> {
    if !header::is_token(name) {
        return Err(Denial::new(Rule::HeaderSyntax, "a header's name"));
    }
    let (text, may) = match value {
        OutboundValue::Plain(text) => {
            (text.as_str(), name == "content-type" || !header::is_reserved(name))
        }
        OutboundValue::Sensitive(secret) => {
            (secret.expose_secret(), header::can_carry_secret(name))
        }
    };
    if !may {
        return Err(Denial::new(Rule::HeaderReserved, name));
    }
    header::judge_value(name, text).map(drop)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::contract::failure::Cause;
    use crate::egress::policy::EgressPolicy;
    use crate::limits::Limits;
    use crate::scripted::{Reply, ScriptedTransport};

    const SECRET: &str = "canary-0123456789-canary";
    const TOKEN_URL: &str = "https://id.example.com/token";

    fn outbound(script: &ScriptedTransport) -> Outbound {
        Outbound::new(script.clone(), EgressPolicy::strict(), Limits::default())
    }

    fn secret() -> SecretText {
        SecretText::new(SECRET.to_owned())
    }

    /// A request to a token endpoint (RFC 6749, section 4.1.3).
    fn exchange_of_a_code(url: &str) -> HostRequest {
        HostRequest::new(Method::Post, Url::parse(url).unwrap())
            .sensitive_header("Authorization", SecretText::new(format!("Basic {SECRET}")))
            .body("application/x-www-form-urlencoded", format!("code={SECRET}"))
            .secret(secret())
    }

    fn to(location: &str) -> Reply {
        Reply::new(307).header("location", location)
    }

    #[tokio::test]
    async fn a_response_comes_as_it_is_whatever_its_status() {
        let script = ScriptedTransport::new().on(
            Method::Post,
            TOKEN_URL,
            [Reply::json(400, format!(r#"{{"error":"{SECRET}"}}"#)).header("set-cookie", "a=b")],
        );
        let response = outbound(&script).send(exchange_of_a_code(TOKEN_URL)).await.unwrap();
        assert_eq!((response.status, response.url.as_str()), (400, TOKEN_URL));
        assert!(String::from_utf8_lossy(&response.body).contains(SECRET));
        assert_eq!(response.headers.len(), 2);
        assert!(!format!("{response:?}").contains(SECRET));
        let sent = script.received();
        let sent = sent.first().unwrap();
        assert_eq!(
            sent.expose_sensitive_header("authorization"),
            Some(&*format!("Basic {SECRET}"))
        );
        assert_eq!(sent.body, format!("code={SECRET}").into_bytes());
    }

    #[tokio::test]
    async fn what_the_policy_denies_is_not_sent() {
        let header = |name: &str, value: &str| {
            HostRequest::new(Method::Get, TOKEN_URL.parse().unwrap()).header(name, value)
        };
        for (name, request, expected) in [
            ("http", exchange_of_a_code("http://id.example.com/token"), "https-required"),
            ("an address", exchange_of_a_code("https://10.0.0.1/token"), "special-address"),
            ("a private name", exchange_of_a_code("https://localhost/"), "private-name"),
            ("a password", exchange_of_a_code("https://a:b@id.example.com/"), "userinfo"),
            ("the host's own header", header("Host", "evil.example.com"), "header-reserved"),
            ("a credential for the log", header("Authorization", "Bearer x"), "header-reserved"),
            ("no header's name", header("a b", "c"), "header-syntax"),
            ("a line break", header("x-a", "b\r\nc: d"), "header-syntax"),
        ] {
            let script = ScriptedTransport::new();
            let failure = outbound(&script).send(request).await.unwrap_err();
            assert_eq!(failure.code, expected, "{name}");
            assert!(script.received().is_empty(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_redirect_is_followed_to_the_same_origin_only() {
        for (name, location, expected, sent) in [
            ("the same", "/v2/token", Ok(200), 2),
            ("another", "https://evil.example.com/token", Err("redirect-origin"), 1),
            ("another port", "https://id.example.com:8443/token", Err("redirect-origin"), 1),
            ("http", "http://id.example.com/token", Err("redirect-downgrade"), 1),
            (
                "a name that is the secret",
                "https://canary-0123456789-canary/",
                Err("redirect-origin"),
                1,
            ),
        ] {
            let script = ScriptedTransport::new().on(Method::Post, TOKEN_URL, [to(location)]).on(
                Method::Post,
                "/v2/token",
                [Reply::new(200)],
            );
            let outcome = outbound(&script).send(exchange_of_a_code(TOKEN_URL)).await;
            if let Err(failure) = &outcome {
                assert!(!format!("{failure:?}").contains(SECRET), "{name}: {failure:?}");
            }
            let brief = outcome.map(|response| response.status).map_err(|failure| failure.code);
            assert_eq!(brief, expected.map_err(str::to_owned), "{name}");
            assert_eq!(script.received().len(), sent, "{name}");
        }
    }

    #[tokio::test]
    async fn a_failure_repeats_no_part_of_a_credential() {
        const PASSWORD: &str = "abcd1234efgh";
        let basic = STANDARD.encode(format!("client:{PASSWORD}"));
        for (name, header, value) in [
            ("bearer", "Authorization", format!("Bearer {PASSWORD}")),
            ("basic", "Authorization", format!("Basic {basic}")),
            ("alone", "Private-Token", PASSWORD.to_owned()),
        ] {
            let elsewhere = format!("https://{PASSWORD}.example.com/");
            let script = ScriptedTransport::new().on(Method::Get, TOKEN_URL, [to(&elsewhere)]);
            let request = HostRequest::new(Method::Get, TOKEN_URL.parse().unwrap())
                .sensitive_header(header, SecretText::new(value))
                .timeout(Duration::MAX);
            let failure = outbound(&script).send(request).await.unwrap_err();
            assert_eq!(failure.code, "redirect-origin", "{name}");
            assert!(!format!("{failure:?}").contains(PASSWORD), "{name}: {failure:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_hangs_is_given_up_in_the_time_that_is_allowed() {
        let script = ScriptedTransport::new().on(Method::Post, TOKEN_URL, [Reply::Silence]);
        let request = exchange_of_a_code(TOKEN_URL).timeout(Duration::from_secs(3));
        let start = Instant::now();
        let failure = outbound(&script).send(request).await.unwrap_err();
        assert_eq!(failure.cause, Cause::Timeout);
        assert!((3..4).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    }
}
