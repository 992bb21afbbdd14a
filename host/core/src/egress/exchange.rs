//! One exchange: a request that may leave is sent, and redirects are followed.
//!
//! Each request, the first and every redirected one, goes through these steps in this order:
//!
//! | step | rule | otherwise |
//! |---|---|---|
//! | 1 | the call has a request left | denied by `budget` |
//! | 2 | no limit of the provider holds up the credential, and its turn comes in time | fails at once, with the wait |
//! | 3 | the transport sends it, the credential's header last, and answers in time and within size | the transport's failure |
//! | 4 | what the response says of limits is noted for the credential | |
//! | 5 | the call has enough bytes left for the body | fails as too large |
//! | 6 | it is no redirect, or one that the policy lets follow | the caller's failure for the denial |
//!
//! A redirect to the same origin takes everything along; to a granted origin neither the credential, nor
//! headers, nor a body go along, and a credential that was dropped stays dropped.
//!
//! Nothing here knows an engine, a guest or an endpoint: guests' requests come this way through
//! [`guest_call`](super::guest_call), the platform's own through [`host_request`](super::host_request).

use std::sync::Arc;

use tokio::time::Instant;
use url::{Origin, Url};

use crate::contract::failure::{Effect, Failure, Timestamp};
use crate::egress::attach::Credential;
use crate::egress::budget::Budget;
use crate::egress::http::{InboundResponse, Method, OutboundRequest, OutboundValue};
use crate::egress::outbound::Outbound;
use crate::egress::policy::redirect::{self, RedirectInput};
use crate::egress::policy::{Denial, Reach, Rule};
use crate::egress::quota::{Lane, QuotaHeaders};
use crate::egress::transport::TransportError;
use crate::egress::transport_failure::too_much;
use crate::manifest::QuotaRules;

/// A request that may leave: its URL is judged, its headers too. It has no credential yet.
pub(crate) struct Ready {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) reach: Reach,
    pub(crate) headers: Vec<(String, OutboundValue)>,
    pub(crate) body: Vec<u8>,
}

/// A credential, and its place in the provider's limits.
pub(crate) struct Authorized {
    pub(crate) credential: Credential,
    pub(crate) lane: Arc<Lane>,
}

/// What an exchange may do.
pub(crate) struct Exchange<'a> {
    pub(crate) outbound: &'a Outbound,
    pub(crate) budget: &'a Budget,
    /// Other origins to which redirects may lead.
    pub(crate) redirects: &'a [Origin],
    /// Which headers tell the provider's limits.
    pub(crate) quota: &'a QuotaRules,
    /// When the last response must have come.
    pub(crate) deadline: Instant,
}

impl Exchange<'_> {
    /// The first response that is no redirect, and its URL. `refused` makes the failure of a redirect that
    /// is not followed.
    pub(crate) async fn run(
        &self,
        mut ready: Ready,
        authorized: Option<&Authorized>,
        refused: impl Fn(Denial, &RedirectInput<'_>) -> Failure,
    ) -> Result<(Url, InboundResponse), Failure> {
        let first = ready.method;
        let mut carried = authorized;
        for hop in 0.. {
            let response = self.send(&ready, carried).await.map_err(|failure| match hop {
                0 => failure,
                _ => after_a_response(failure, first),
            })?;
            let Some(location) = redirect_target(&response) else {
                return Ok((ready.url, response));
            };
            let asked = RedirectInput {
                from: &ready.url,
                location,
                method: ready.method,
                status: response.status,
                hop,
                grants: self.redirects,
                policy: &self.outbound.policy,
            };
            let step = redirect::judge_redirect(&asked)
                .map_err(|denial| after_a_response(refused(denial, &asked), first))?;
            if !step.same_origin {
                carried = None;
                ready.headers.clear();
            }
            if !step.keep_body {
                ready.body.clear();
                ready.headers.retain(|(name, _)| name != "content-type");
            }
            (ready.url, ready.reach, ready.method) = (step.url, step.reach, step.method);
        }
        let last = ready.url.origin().ascii_serialization();
        Err(Denial::new(Rule::RedirectLimit, last).into())
    }

    async fn send(
        &self,
        ready: &Ready,
        authorized: Option<&Authorized>,
    ) -> Result<InboundResponse, Failure> {
        if !self.budget.take_request() {
            return Err(Denial::new(Rule::Budget, "requests").into());
        }
        let limits = &self.outbound.limits;
        let deadline = self.deadline.min(Instant::now() + limits.exchange_deadline);
        let turn = match authorized {
            Some(own) => Some(own.lane.admit(ready.method, &ready.url, deadline).await?),
            None => None,
        };
        let max_body = limits.response_bytes.min(self.budget.bytes());
        let mut headers = ready.headers.clone();
        headers.extend(authorized.map(|own| own.credential.header()));
        let request = OutboundRequest {
            method: ready.method,
            url: ready.url.clone(),
            headers,
            body: ready.body.clone(),
            reach: ready.reach,
            deadline,
            max_body,
        };
        let sent = self.outbound.transport.send(request).await;
        drop(turn);
        let total = limits.total_response_bytes;
        let response = sent.map_err(|error| match error {
            TransportError::TooLarge { limit }
                if limit == max_body && limit < limits.response_bytes =>
            {
                too_much(total, ready.method, &ready.url)
            }
            error => error.into_failure(ready.method, &ready.url),
        })?;
        if let Some(own) = authorized {
            let quota = QuotaHeaders::new(self.quota, &response.headers, Timestamp::now());
            own.lane.observe(ready.method, &ready.url, response.status, &quota);
        }
        if !self.budget.take_bytes(response.body.len() as u64) {
            return Err(too_much(total, ready.method, &ready.url));
        }
        Ok(response)
    }
}

/// A change that the server answered, with a redirect or at length, may have been made.
fn after_a_response(failure: Failure, method: Method) -> Failure {
    if method.is_safe() { failure } else { failure.effect(Effect::Unknown) }
}

/// Where a redirect leads; `None` for every other response.
fn redirect_target(response: &InboundResponse) -> Option<&str> {
    let mut headers = response.headers.iter().filter(|_| redirect::is_redirect(response.status));
    headers.find(|(name, _)| name == "location").map(|(_, value)| value.as_str())
}
