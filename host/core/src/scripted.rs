//! A transport that answers from a script: for the tests of connector authors and of embedders.
//!
//! ```
//! use jackfield_host::scripted::{Reply, ScriptedTransport};
//! use jackfield_host::transport::Method;
//!
//! let transport = ScriptedTransport::new()
//!     .on(Method::Get, "https://api.example.com/user", [Reply::json(200, r#"{"login":"mona"}"#)])
//!     .on(Method::Get, "/issues?page=2", [Reply::new(503), Reply::json(200, "[]")]);
//! assert_eq!(transport.left_over(), ["GET https://api.example.com/user", "GET /issues?page=2", "GET /issues?page=2"]);
//! ```
//!
//! A target is an absolute URL, or a path on any origin. Where it has no query, any query fits; where
//! it has one, it must be the same, letter by letter. The first rule that fits and has an answer left
//! gives it. A request that no rule answers gets an error that names it, query included, and the rules.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use crate::BoxFuture;
use crate::egress::policy::Reach;
use crate::egress::transport::{
    InboundResponse, Method, OutboundRequest, OutboundValue, Transport, TransportError,
};

/// What the script answers.
pub enum Reply {
    /// This response.
    Response(InboundResponse),
    /// This error.
    Error(TransportError),
    /// Nothing, until the request's deadline has passed: a server that hangs.
    Silence,
}

impl Reply {
    /// A response without headers and body.
    pub fn new(status: u16) -> Self {
        Self::Response(InboundResponse { status, ..InboundResponse::default() })
    }

    /// A response with a JSON body, as text so that it may be wrong.
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::new(status).header("content-type", "application/json").body(body.into())
    }

    /// With one more header, after those that it has. An error or a silence has none and stays as it is.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        if let Self::Response(response) = &mut self {
            response.headers.push((name.to_ascii_lowercase(), value.into()));
        }
        self
    }

    /// With this body. An error or a silence has none and stays as it is.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        if let Self::Response(response) = &mut self {
            response.body = body.into();
        }
        self
    }
}

impl From<InboundResponse> for Reply {
    fn from(response: InboundResponse) -> Self {
        Self::Response(response)
    }
}

impl From<TransportError> for Reply {
    fn from(error: TransportError) -> Self {
        Self::Error(error)
    }
}

/// A request that the transport received. Its `Debug` shows no sensitive value.
#[derive(Clone)]
pub struct ReceivedRequest {
    /// What to do.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Which addresses the URL's name may resolve to.
    pub reach: Reach,
    /// Empty for none.
    pub body: Vec<u8>,
    headers: Vec<(String, OutboundValue)>,
}

impl ReceivedRequest {
    /// The value of a header that is not sensitive, the first of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(own, value)| match value {
            OutboundValue::Plain(value) if own == name => Some(value.as_str()),
            _ => None,
        })
    }

    /// The value of a header that carries a secret, the first of that lower-case name.
    pub fn expose_sensitive_header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|(own, value)| match value {
            OutboundValue::Sensitive(value) if own == name => Some(value.expose_secret()),
            _ => None,
        })
    }

    /// The names of all headers, in their order.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(|(name, _)| name.as_str())
    }
}

impl fmt::Debug for ReceivedRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| match value {
                OutboundValue::Plain(value) => (name.as_str(), value.as_str()),
                OutboundValue::Sensitive(_) => (name.as_str(), "[sensitive]"),
            })
            .collect();
        formatter
            .debug_struct("ReceivedRequest")
            .field("method", &self.method)
            .field("url", &self.url.as_str())
            .field("reach", &self.reach)
            .field("headers", &headers)
            .field("body", &String::from_utf8_lossy(&self.body))
            .finish()
    }
}

/// Answers from a script. A clone shares script and record with its original.
#[derive(Clone, Default)]
pub struct ScriptedTransport(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rules: Vec<ScriptRule>,
    received: Vec<ReceivedRequest>,
}

struct ScriptRule {
    method: Method,
    target: String,
    answers: Answers,
}

enum Answers {
    InTurn(VecDeque<Reply>),
    Always(Arc<dyn Fn(&ReceivedRequest) -> Reply + Send + Sync>),
}

impl ScriptedTransport {
    /// Answers nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With answers for such requests, each given once, in this order.
    #[must_use]
    pub fn on<R: Into<Reply>>(
        self,
        method: Method,
        target: impl Into<String>,
        replies: impl IntoIterator<Item = R>,
    ) -> Self {
        let replies = replies.into_iter().map(Into::into).collect();
        self.rule(method, target.into(), Answers::InTurn(replies))
    }

    /// With an answer for all such requests, made from each.
    #[must_use]
    pub fn always(
        self,
        method: Method,
        target: impl Into<String>,
        reply: impl Fn(&ReceivedRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.rule(method, target.into(), Answers::Always(Arc::new(reply)))
    }

    /// The requests so far, in the order in which they came.
    pub fn received(&self) -> Vec<ReceivedRequest> {
        self.state().received.clone()
    }

    /// The rules whose answers nobody asked for, once for each answer: `GET /user`. A test that
    /// expects all of them compares this with nothing.
    pub fn left_over(&self) -> Vec<String> {
        let left = |rule: &ScriptRule| match &rule.answers {
            Answers::InTurn(replies) => vec![rule.describe(); replies.len()],
            Answers::Always(_) => Vec::new(),
        };
        self.state().rules.iter().flat_map(left).collect()
    }

    fn rule(self, method: Method, target: String, answers: Answers) -> Self {
        self.state().rules.push(ScriptRule { method, target, answers });
        self
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: ReceivedRequest) -> Reply {
        let mut state = self.state();
        state.received.push(request.clone());
        let fitting = state.rules.iter_mut().filter(|rule| rule.fits(&request));
        let chosen = fitting.filter_map(ScriptRule::next).next();
        let known: Vec<String> = state.rules.iter().map(ScriptRule::describe).collect();
        drop(state);
        match chosen {
            Some(Chosen::Reply(reply)) => reply,
            Some(Chosen::Made(make)) => make(&request),
            None => Reply::Error(unmatched(&request, &known)),
        }
    }
}

enum Chosen {
    Reply(Reply),
    Made(Arc<dyn Fn(&ReceivedRequest) -> Reply + Send + Sync>),
}

impl ScriptRule {
    fn fits(&self, request: &ReceivedRequest) -> bool {
        let (target, query) = match self.target.split_once('?') {
            Some((target, query)) => (target, Some(query)),
            None => (self.target.as_str(), None),
        };
        let url = &request.url;
        let place = match target.starts_with('/') {
            true => url.path() == target,
            false => format!("{}{}", url.origin().ascii_serialization(), url.path()) == target,
        };
        self.method == request.method
            && place
            && query.is_none_or(|query| url.query() == Some(query))
    }

    fn next(&mut self) -> Option<Chosen> {
        match &mut self.answers {
            Answers::InTurn(replies) => replies.pop_front().map(Chosen::Reply),
            Answers::Always(make) => Some(Chosen::Made(make.clone())),
        }
    }

    fn describe(&self) -> String {
        format!("{} {}", self.method.as_str(), self.target)
    }
}

fn unmatched(request: &ReceivedRequest, known: &[String]) -> TransportError {
    let asked = format!("{} {}", request.method.as_str(), request.url);
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let detail = format!("the script has no answer left for {asked}; its rules are: {known}");
    TransportError::Broken { authority: authority(&request.url), detail }
}

fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

impl Transport for ScriptedTransport {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        let OutboundRequest { method, url, headers, body, reach, deadline, max_body } = request;
        let authority = authority(&url);
        Box::pin(async move {
            match self.answer(ReceivedRequest { method, url, reach, body, headers }) {
                Reply::Response(response) if response.body.len() as u64 > max_body => {
                    Err(TransportError::TooLarge { limit: max_body })
                }
                Reply::Response(response) => Ok(response),
                Reply::Error(error) => Err(error),
                Reply::Silence => {
                    tokio::time::sleep_until(deadline).await;
                    Err(TransportError::Timeout { authority, sent: true })
                }
            }
        })
    }
}

#[cfg(test)]
mod tests;
