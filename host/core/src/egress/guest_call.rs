//! A guest's requests, from what the guest asks for to what it may see.
//!
//! | step | rule |
//! |---|---|
//! | 1 | the endpoint is resolved, or the link is at or below one; the headers are harmless; the body is within size |
//! | 2 | the secret may be sent to that endpoint |
//! | 3 | no limit of the provider is known to hold the secret up, as far as that is known by its revision |
//! | 4 | only then is the secret opened |
//! | 5 | the [exchange](super::exchange) runs |
//! | 6 | the response, or the failure, is scrubbed of every secret that the instance has used |
//!
//! The secret is in one header of the outbound request and is gone when the exchange ends; only what scrubs
//! texts keeps it until the instance is gone. The response to a request without a secret is scrubbed too: a
//! provider may remember what it was sent.

use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use url::Url;

use crate::contract::failure::{Cause, Failure, FieldError, Retry, Timestamp};
use crate::contract::oversized::is_heavy;
use crate::contract::report::Quota;
use crate::egress::attach::{BoundAttach, Credential};
use crate::egress::connection::BoundConnection;
use crate::egress::endpoint::{self, BoundEndpoint};
use crate::egress::exchange::{Authorized, Exchange, Ready};
use crate::egress::header;
use crate::egress::http::{InboundResponse, Method, OutboundValue};
use crate::egress::policy::redirect::RedirectInput;
use crate::egress::policy::{Denial, Rule};
use crate::egress::quota::QuotaHeaders;
use crate::egress::redact::Redactor;
use crate::egress::traffic::Traffic;
use crate::limits::{MAX_CONCURRENT_REQUESTS, MAX_REQUEST_BYTES};
use crate::secret::SecretInfo;

/// A request as the guest makes it.
pub(crate) struct GuestRequest {
    pub(crate) method: Method,
    pub(crate) target: GuestTarget,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: GuestBody,
}

/// Where the guest wants it to go.
pub(crate) enum GuestTarget {
    At { endpoint: String, segments: Vec<String>, query: Vec<(String, String)> },
    Link(String),
}

/// What the guest wants to send.
pub(crate) enum GuestBody {
    Empty,
    Json(String),
    Form(Vec<(String, String)>),
    Bytes(String, Vec<u8>),
}

/// What the guest gets to see.
pub(crate) struct GuestResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) next: Option<String>,
    pub(crate) quota: Option<Quota>,
}

/// The requests of one import call.
pub(crate) struct GuestCall<'a> {
    pub(crate) connection: &'a BoundConnection,
    pub(crate) traffic: &'a Traffic,
    pub(crate) deadline: Instant,
}

impl GuestCall<'_> {
    /// The responses, in order. `secret` is the name of the secret that they carry, and what is known of it.
    pub(crate) async fn run_all(
        &self,
        requests: Vec<GuestRequest>,
        secret: Option<(&str, &SecretInfo)>,
    ) -> Vec<Result<GuestResponse, Failure>> {
        let run = async |request| {
            let response = self.run(request, secret).await;
            response.inspect_err(|failure| self.traffic.note_advice(failure))
        };
        let runs = requests.into_iter().map(run);
        futures_util::stream::iter(runs).buffered(MAX_CONCURRENT_REQUESTS).collect().await
    }

    async fn run(
        &self,
        request: GuestRequest,
        secret: Option<(&str, &SecretInfo)>,
    ) -> Result<GuestResponse, Failure> {
        let (connection, traffic) = (self.connection, self.traffic);
        let (ready, endpoint) = self.judge(request)?;
        traffic.heavy.store(false, Ordering::Relaxed);
        let authorized = match secret {
            Some((name, info)) => Some(self.authorize(name, info, &ready, endpoint).await?),
            None => None,
        };
        // A provider may remember what it was sent before.
        let known = match &authorized {
            Some(_) => Vec::new(),
            None => Credential::all(&connection.attach, &*connection.secrets).await?,
        };
        let own = authorized.iter().map(|own| &own.credential);
        let redactor =
            traffic.seen.redactor_with(own.chain(&known).flat_map(Credential::spellings));
        let outbound = &connection.outbound;
        let answer_time = outbound.limits.answer_time;
        let exchange = Exchange {
            outbound,
            budget: &traffic.budget,
            redirects: &connection.redirects,
            quota: &connection.quota,
            deadline: self.deadline.checked_sub(answer_time).unwrap_or(self.deadline),
        };
        let refused =
            |denial, asked: &RedirectInput<'_>| self.not_followed(endpoint, denial, asked);
        let done = exchange.run(ready, authorized.as_ref(), refused).await;
        let heavy = is_heavy(done.as_ref().map(|(_, response)| response.status));
        traffic.heavy.store(heavy, Ordering::Relaxed);
        let (url, response) = done.map_err(|failure| redactor.redact_failure(failure))?;
        Ok(self.deliver(endpoint, &url, response, &redactor))
    }

    /// Opens the secret for a request to the endpoint, unless a limit of the provider is known to hold up the
    /// request.
    async fn authorize(
        &self,
        name: &str,
        info: &SecretInfo,
        ready: &Ready,
        endpoint: &BoundEndpoint,
    ) -> Result<Authorized, Failure> {
        let connection = self.connection;
        let ledger = &connection.outbound.ledger;
        let owner = &*connection.connector_id;
        let attach = BoundAttach::find(&connection.attach, name, &endpoint.name)?;
        let revision = info.revision.as_deref();
        if let Some(lane) = revision.and_then(|revision| ledger.known(owner, revision)) {
            self.traffic.lanes.note(&lane);
            if let Err(failure) = lane.judge(ready.method, &ready.url) {
                // It counts as a request, so that a guest cannot ask for ever.
                return match self.traffic.budget.take_request() {
                    true => Err(failure),
                    false => Err(Denial::new(Rule::Budget, "requests").into()),
                };
            }
        }
        let credential = Credential::open(attach, &*connection.secrets).await?;
        let lane = ledger.lane(owner, credential.secret(), &connection.quota);
        if let Some(revision) = revision {
            ledger.remember(owner, revision, &lane);
        }
        self.traffic.lanes.note(&lane);
        Ok(Authorized { credential, lane })
    }

    fn judge(&self, request: GuestRequest) -> Result<(Ready, &BoundEndpoint), Failure> {
        let (url, endpoint) = self.resolve(&request.target)?;
        let mut headers = request.headers;
        if let Err(denial) = self.connection.judge_headers(&mut headers) {
            let refused = denial.subject().to_owned();
            let named = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(&refused));
            let parts =
                headers.iter().filter(|(name, _)| !named || name.eq_ignore_ascii_case(&refused));
            return Err(self.explain(denial, parts.map(|(_, value)| value.as_str()).collect()));
        }
        let body = encode_body(request.body, &mut headers)?;
        let plain = |(name, value)| (name, OutboundValue::Plain(value));
        let headers = headers.into_iter().map(plain).collect();
        Ok((Ready { method: request.method, url, reach: endpoint.reach, headers, body }, endpoint))
    }

    /// The failure of a request that was refused for what these parts of it are.
    fn explain(&self, denial: Denial, parts: Vec<&str>) -> Failure {
        self.traffic.inputs.explain(denial, &self.connection.settings_json, parts)
    }

    fn resolve(&self, target: &GuestTarget) -> Result<(Url, &BoundEndpoint), Failure> {
        let endpoints = &self.connection.endpoints;
        match target {
            GuestTarget::At { endpoint, segments, query } => {
                let bound = endpoints.iter().find(|bound| bound.name == *endpoint);
                let bound = bound.ok_or_else(|| self.unknown_endpoint(endpoint))?;
                let located = bound.locate(segments, query).map_err(|denial| {
                    let values = query.iter().map(|(_, value)| value);
                    let parts = segments.iter().chain(values).map(String::as_str);
                    self.explain(denial, parts.collect())
                })?;
                Ok((located, bound))
            }
            GuestTarget::Link(link) => Ok(endpoint::accept_link(link, endpoints)?),
        }
    }

    /// An endpoint over a setting without a value is the connection's matter, any other the connector's.
    fn unknown_endpoint(&self, name: &str) -> Failure {
        let rule = Rule::UnknownEndpoint;
        let Some(unbound) = self.connection.unbound.iter().find(|unbound| unbound.name == name)
        else {
            return Denial::new(rule, name).into();
        };
        let setting = &unbound.missing;
        let message =
            format!("The endpoint `{name}` needs the setting `{setting}`, which has no value yet.");
        let failure = Failure::new(Cause::InvalidInput, &*message)
            .code(rule.code())
            .retry(Retry::AfterUserAction)
            .remedy("Check the connection: a check finds out such values by itself.", None)
            .remedy(format!("Otherwise set `{setting}`."), None)
            .evidence("rule", rule.code());
        Failure { fields: vec![FieldError::at(["settings", setting], message)], ..failure }
    }

    /// The failure of a redirect that is not followed. What it says of the settings is kept for the platform.
    fn not_followed(
        &self,
        endpoint: &BoundEndpoint,
        denial: Denial,
        asked: &RedirectInput<'_>,
    ) -> Failure {
        let denial = denial.reached_at([(&endpoint.base, endpoint.settings.as_slice())]);
        let elsewhere = denial.rule() == Rule::RedirectOrigin;
        let moved = self.connection.relocation(&endpoint.name, asked).filter(|_| elsewhere);
        match moved {
            Some(moved) => self.traffic.relocation.get_or_init(|| moved).failure(),
            None => denial.into(),
        }
    }

    fn deliver(
        &self,
        endpoint: &BoundEndpoint,
        url: &Url,
        response: InboundResponse,
        redactor: &Redactor,
    ) -> GuestResponse {
        let headers: Vec<(String, String)> = (response.headers.into_iter())
            .filter(|(name, _)| header::deliverable(name))
            .map(|(name, value)| (redactor.redact_string(name), redactor.redact_string(value)))
            .collect();
        let links =
            headers.iter().filter(|(name, _)| name == "link").map(|(_, value)| value.as_str());
        GuestResponse {
            status: response.status,
            // Joined to the place of the answer, which a redirect may have given any spelling.
            next: header::next_link(links, url)
                .map(|next| self.reachable(endpoint, url, next))
                .map(|next| redactor.redact_string(next)),
            quota: QuotaHeaders::new(&self.connection.quota, &headers, Timestamp::now()).quota(),
            body: redactor.redact(response.body),
            headers,
        }
    }

    /// The provider's link to the next page, at an origin to which the connection may go, as far as it
    /// can be read so. What is not stays as it is, and is refused where it is asked for.
    fn reachable(&self, endpoint: &BoundEndpoint, from: &Url, next: String) -> String {
        let Ok(link) = Url::parse(&next) else { return next };
        if self.connection.endpoints.iter().any(|bound| bound.covers(&link)) {
            return next;
        }
        endpoint.adopt(&link, from).map_or(next, String::from)
    }
}

/// What the URL standard's form encoding leaves as it is, besides letters and digits.
const FORM: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_').remove(b' ');

/// The body's bytes; its content type is added to the headers.
fn encode_body(body: GuestBody, headers: &mut Vec<(String, String)>) -> Result<Vec<u8>, Failure> {
    let (content_type, bytes) = match body {
        GuestBody::Empty => return Ok(Vec::new()),
        GuestBody::Json(text) => ("application/json".to_owned(), text.into_bytes()),
        GuestBody::Form(fields) => {
            ("application/x-www-form-urlencoded".to_owned(), encode_form(&fields).into_bytes())
        }
        GuestBody::Bytes(content_type, bytes) => {
            (header::judge_value("content-type", &content_type)?, bytes)
        }
    };
    if bytes.len() > MAX_REQUEST_BYTES {
        let message =
            format!("The connector's request has a body of more than {MAX_REQUEST_BYTES} bytes.");
        let failure = Failure::new(Cause::TooLarge, message).code("request-too-large");
        return Err(failure.remedy(
            "Send less at once; if that cannot be chosen, report this to the connector's author.",
            None,
        ));
    }
    headers.push(("content-type".to_owned(), content_type));
    Ok(bytes)
}

fn encode_form(fields: &[(String, String)]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, FORM).to_string().replace(' ', "+");
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests;
