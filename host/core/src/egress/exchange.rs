//! One exchange, from what the guest asks to what it may see: resolve the endpoint, judge, fetch
//! the secret, inject, send, follow redirects, scrub.
//!
//! The secret is asked for after everything else was judged, is attached to one header of the
//! outbound request, and is gone when the exchange ends; only what scrubs texts keeps it until the
//! instance is gone. A request that carries none is scrubbed too: a provider may remember what it was sent.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use futures_util::StreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use url::Url;

use crate::binding::BoundParts;
use crate::contract::failure::{
    Cause, Effect, Failure, Field, FieldError, Remedy, Retry, Timestamp,
};
use crate::contract::oversized::is_heavy;
use crate::contract::report::Quota;
use crate::egress::attach::Credential;
use crate::egress::endpoint;
use crate::egress::endpoint::BoundEndpoint;
use crate::egress::given::Given;
use crate::egress::header;
use crate::egress::lent::Lent;
use crate::egress::moved::Moved;
use crate::egress::policy::redirect::{self, RedirectInput};
use crate::egress::policy::{Denial, Reach, Rule};
use crate::egress::quota::{Lane, Told, Used};
use crate::egress::redact::Redactor;
use crate::egress::transport::{
    InboundResponse, Method, OutboundRequest, OutboundValue, TransportError,
};
use crate::egress::unreached;
use crate::limits::{MAX_CONCURRENT_REQUESTS, MAX_REQUEST_BYTES};
use crate::sandbox::state::Budget;

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

/// What the exchanges of one import call share.
pub(crate) struct Call<'a> {
    pub(crate) parts: &'a BoundParts,
    pub(crate) budget: &'a Budget,
    pub(crate) lent: &'a Lent,
    pub(crate) lanes: &'a Used,
    pub(crate) moved: &'a OnceLock<Moved>,
    /// Whether the last exchange failed in a way that a smaller page may help against.
    pub(crate) heavy: &'a AtomicBool,
    pub(crate) given: &'a Given,
    pub(crate) deadline: Instant,
}

/// A request that the policy has passed, before its secret.
struct Judged<'a> {
    endpoint: &'a BoundEndpoint,
    method: Method,
    url: Url,
    reach: Reach,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// A credential, and what it shares with all requests that carry it.
struct Pass {
    credential: Credential,
    lane: Arc<Lane>,
}

impl Call<'_> {
    /// The answers, in order.
    pub(crate) async fn run_all(
        &self,
        requests: Vec<GuestRequest>,
        secret: Option<&str>,
    ) -> Vec<Result<GuestResponse, Failure>> {
        let runs = requests.into_iter().map(|request| self.run(request, secret));
        futures_util::stream::iter(runs).buffered(MAX_CONCURRENT_REQUESTS).collect().await
    }

    async fn run(
        &self,
        request: GuestRequest,
        secret: Option<&str>,
    ) -> Result<GuestResponse, Failure> {
        let judged = self.judge(request)?;
        let credential = match secret {
            Some(name) => Some(Credential::open(self.parts, name, &judged.endpoint.name).await?),
            None => None,
        };
        // A provider may remember what it was sent before.
        let known = match &credential {
            Some(_) => Vec::new(),
            None => Credential::all(self.parts).await?,
        };
        let spellings = credential.iter().chain(&known).flat_map(Credential::spellings);
        let redactor = self.lent.redactor_with(spellings);
        let pass = credential.map(|credential| self.pass(credential));
        let endpoint = judged.endpoint;
        let followed = self.follow(judged, pass.as_ref()).await;
        let heavy = is_heavy(followed.as_ref().map(|(_, response)| response.status));
        self.heavy.store(heavy, Ordering::Relaxed);
        let (url, response) = followed.map_err(|failure| redacted(failure, &redactor))?;
        Ok(self.deliver(endpoint, &url, response, &redactor))
    }

    fn judge(&self, request: GuestRequest) -> Result<Judged<'_>, Failure> {
        let (url, endpoint) = self.resolve(&request.target)?;
        let mut headers = request.headers;
        if let Err(denial) = self.parts.judge_headers(&mut headers) {
            let refused = denial.subject();
            let named = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(refused));
            let parts =
                headers.iter().filter(|(name, _)| !named || name.eq_ignore_ascii_case(refused));
            let parts: Vec<&str> = parts.map(|(_, value)| value.as_str()).collect();
            return Err(self.given.explain(denial, &self.parts.settings_json, parts));
        }
        let body = encode_body(request.body, &mut headers)?;
        Ok(Judged { reach: endpoint.reach, endpoint, method: request.method, url, headers, body })
    }

    fn resolve(&self, target: &GuestTarget) -> Result<(Url, &BoundEndpoint), Failure> {
        let endpoints = &self.parts.endpoints;
        match target {
            GuestTarget::At { endpoint, segments, query } => {
                let bound = endpoints.iter().find(|bound| bound.name == *endpoint);
                let bound = bound.ok_or_else(|| self.unknown_endpoint(endpoint))?;
                let located = bound.locate(segments, query).map_err(|denial| {
                    let values = query.iter().map(|(_, value)| value);
                    let parts = segments.iter().chain(values).map(String::as_str);
                    self.given.explain(denial, &self.parts.settings_json, parts)
                })?;
                Ok((located, bound))
            }
            GuestTarget::Link(link) => Ok(endpoint::accept_link(link, endpoints)?),
        }
    }

    /// An endpoint over a setting without a value is the connection's matter, any other the connector's.
    fn unknown_endpoint(&self, name: &str) -> Failure {
        let rule = Rule::UnknownEndpoint;
        let Some(unbound) = self.parts.unbound.iter().find(|unbound| unbound.name == name) else {
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

    fn pass(&self, credential: Credential) -> Pass {
        let (parts, ledger) = (self.parts, &self.parts.host.ledger);
        let secret = credential.secret();
        let lane = self.lanes.lane(ledger, &parts.connector_id, secret, &parts.quota);
        Pass { credential, lane }
    }

    /// Sends, and follows redirects, each judged anew. The URL is where the answer came from.
    async fn follow(
        &self,
        mut judged: Judged<'_>,
        pass: Option<&Pass>,
    ) -> Result<(Url, InboundResponse), Failure> {
        let first = judged.method;
        let mut carry = pass;
        for hop in 0.. {
            let sent = self.send(&judged, carry).await;
            let response = sent.map_err(|failure| match hop {
                0 => failure,
                _ => after_an_answer(failure, first),
            })?;
            let Some(location) = redirect_target(&response) else {
                return Ok((judged.url, response));
            };
            let asked = RedirectInput {
                from: &judged.url,
                location,
                method: judged.method,
                status: response.status,
                hop,
                grants: &self.parts.redirects,
                policy: &self.parts.host.policy,
            };
            let step = redirect::judge_redirect(&asked).map_err(|denial| {
                let bound = judged.endpoint;
                let denial = denial.reached_at([(&bound.base, bound.settings.as_slice())]);
                let moved = self.note_move(&bound.name, &denial, &asked);
                after_an_answer(moved.unwrap_or_else(|| denial.into()), first)
            })?;
            if !step.same_origin {
                carry = None;
                judged.headers.clear();
            }
            if !step.keep_body {
                judged.body.clear();
                judged.headers.retain(|(name, _)| name != "content-type");
            }
            (judged.url, judged.reach, judged.method) = (step.url, step.reach, step.method);
        }
        let last = judged.url.origin().ascii_serialization();
        Err(Denial::new(Rule::RedirectLimit, last).into())
    }

    /// What a redirect to another origin says of the settings is kept for the platform.
    fn note_move(
        &self,
        endpoint: &str,
        denial: &Denial,
        asked: &RedirectInput<'_>,
    ) -> Option<Failure> {
        let elsewhere = denial.rule() == Rule::RedirectOrigin;
        let moved = self.parts.moved(endpoint, asked).filter(|_| elsewhere)?;
        Some(self.moved.get_or_init(|| moved).failure())
    }

    async fn send(
        &self,
        judged: &Judged<'_>,
        pass: Option<&Pass>,
    ) -> Result<InboundResponse, Failure> {
        if !self.budget.take_request() {
            return Err(Denial::new(Rule::Budget, "requests").into());
        }
        let limits = &self.parts.host.limits;
        let answer_by = self.deadline.checked_sub(limits.answer_time).unwrap_or(self.deadline);
        let mut headers: Vec<(String, OutboundValue)> = (judged.headers.iter())
            .map(|(name, value)| (name.clone(), OutboundValue::Plain(value.clone())))
            .collect();
        headers.extend(pass.map(|pass| pass.credential.header()));
        let deadline = answer_by.min(Instant::now() + limits.exchange_deadline);
        let turn = match pass {
            Some(pass) => Some(pass.lane.admit(judged.method, &judged.url, deadline).await?),
            None => None,
        };
        let max_body = limits.response_bytes.min(self.budget.bytes());
        let request = OutboundRequest {
            method: judged.method,
            url: judged.url.clone(),
            headers,
            body: judged.body.clone(),
            reach: judged.reach,
            deadline,
            max_body,
        };
        let sent = self.parts.host.transport.send(request).await;
        drop(turn);
        let response = sent.map_err(|error| match error {
            TransportError::TooLarge { limit }
                if limit == max_body && limit < limits.response_bytes =>
            {
                unreached::too_much(limits.total_response_bytes, judged.method, &judged.url)
            }
            error => unreached::failure(error, judged.method, &judged.url),
        })?;
        if let Some(pass) = pass {
            let told = Told::new(&self.parts.quota, &response.headers, Timestamp::now());
            pass.lane.observe(judged.method, &judged.url, response.status, &told);
        }
        if !self.budget.take_bytes(response.body.len() as u64) {
            let total = limits.total_response_bytes;
            return Err(unreached::too_much(total, judged.method, &judged.url));
        }
        Ok(response)
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
            quota: Told::new(&self.parts.quota, &headers, Timestamp::now()).quota(),
            body: redactor.redact(response.body),
            headers,
        }
    }

    /// The provider's link to the next page, at an origin to which the connection may go, as far as it
    /// can be read so. What is not stays as it is, and is refused where it is asked for.
    fn reachable(&self, endpoint: &BoundEndpoint, from: &Url, next: String) -> String {
        let Ok(link) = Url::parse(&next) else { return next };
        if self.parts.endpoints.iter().any(|bound| bound.covers(&link)) {
            return next;
        }
        endpoint.adopt(&link, from).map_or(next, String::from)
    }
}

/// What the host says of an exchange names hosts that the provider chose.
fn redacted(failure: Failure, redactor: &Redactor) -> Failure {
    let clean = |text| redactor.redact_string(text);
    let remedy = |remedy: Remedy| Remedy { text: clean(remedy.text), ..remedy };
    let field = |field: FieldError| FieldError { message: clean(field.message), ..field };
    let evidence = |one: Field| Field { value: clean(one.value), ..one };
    Failure {
        message: clean(failure.message),
        remedies: failure.remedies.into_iter().map(remedy).collect(),
        fields: failure.fields.into_iter().map(field).collect(),
        evidence: failure.evidence.into_iter().map(evidence).collect(),
        ..failure
    }
}

/// A change that the server answered, with a redirect or at length, may have been made.
fn after_an_answer(failure: Failure, method: Method) -> Failure {
    if method.is_safe() { failure } else { failure.effect(Effect::Unknown) }
}

/// Where a redirect leads; `None` for every other answer.
fn redirect_target(response: &InboundResponse) -> Option<&str> {
    let mut headers = response.headers.iter().filter(|_| redirect::is_redirect(response.status));
    headers.find(|(name, _)| name == "location").map(|(_, value)| value.as_str())
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
