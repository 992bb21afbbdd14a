//! Ways in which a server misbehaves, and the layer that makes it.

mod echo;
mod raw;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use axum::http::{Method, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use futures_util::stream;

use super::journal::Journal;
use super::wire::Wire;
use crate::recorded::Recorded;

/// Bytes that a request's body may have.
const MAX_REQUEST_BODY: usize = 16 << 20;

/// Bytes of one piece of a long body.
const PIECE: usize = 8 << 10;

/// What a server does instead of its work.
///
/// Those that break HTTP speak HTTP/1.1, whatever the connection speaks: on one of HTTP/2 the client
/// sees nonsense and then the end.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Answers this.
    Answer {
        /// 100 to 599.
        status: u16,
        /// Without framing headers.
        headers: Vec<(String, String)>,
        /// Sent with its length.
        body: Vec<u8>,
    },
    /// Status 200 and JSON that never ends, as fast as it is read.
    Endless,
    /// Status 200 and JSON of so many bytes, announced and sent.
    Oversized {
        /// The body's length.
        bytes: u64,
    },
    /// Status 200, half of the announced body, and the end of the connection.
    Truncated,
    /// A header line every 20 milliseconds, for ever.
    SlowHeaders,
    /// Whole headers, then a byte of the body every 20 milliseconds.
    SlowBody,
    /// Nothing, on a connection that stays open.
    Hang,
    /// Nothing, and the end of the connection.
    Close,
    /// Bytes that are not HTTP, and the end of the connection.
    Garbage,
    /// Status 200 and JSON that holds every header of the request in all spellings in which a
    /// server may give one back: raw, in base64, percent-encoded, JSON-escaped; `authorization` in
    /// a response header too.
    Echo,
}

impl Fault {
    /// An answer of these parts.
    pub fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self::Answer { status, headers: headers.iter().map(pair).collect(), body: body.into() }
    }

    /// An answer in JSON.
    pub fn json(status: u16, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Self {
        Self::answer(status, headers, body).with("content-type", "application/json; charset=utf-8")
    }

    /// An answer in HTML.
    pub fn html(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::answer(status, &[("content-type", "text/html; charset=utf-8")], body)
    }

    /// A redirect of that status, from 301 to 308, to that place.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::answer(status, &[("location", location)], "")
    }

    /// With one more header, where it is an answer.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Whether it is an answer in HTTP.
    fn answers(&self) -> bool {
        matches!(self, Self::Answer { .. } | Self::Endless | Self::Oversized { .. } | Self::Echo)
    }

    /// Whether a request by that method meets it: a response to HEAD has no body that is too long.
    fn concerns(&self, method: &Method) -> bool {
        *method != Method::HEAD || !matches!(self, Self::Endless | Self::Oversized { .. })
    }

    async fn happen(self, parts: &Parts) -> Response {
        match self {
            Self::Answer { status, headers, body } => answer(status, &headers, body),
            Self::Endless => endless(),
            Self::Oversized { bytes } => oversized(bytes),
            Self::Echo => echo::answer(&parts.headers),
            Self::Hang => std::future::pending().await,
            broken => {
                let ConnectInfo(wire) = parts.extensions.get::<ConnectInfo<Wire>>().unwrap();
                if let Some(io) = wire.take() {
                    tokio::spawn(raw::speak(io, broken));
                }
                Response::new(Body::empty())
            }
        }
    }
}

/// The answer of a recording, without the headers that belong to its connection.
impl From<&Recorded> for Fault {
    fn from(recorded: &Recorded) -> Self {
        const FRAMING: [&str; 5] =
            ["connection", "content-encoding", "content-length", "keep-alive", "transfer-encoding"];
        let framing = |name: &str| FRAMING.iter().any(|field| field.eq_ignore_ascii_case(name));
        let headers = recorded.headers.iter().filter(|(name, _)| !framing(name)).cloned();
        Self::Answer {
            status: recorded.status,
            headers: headers.collect(),
            body: recorded.body.clone(),
        }
    }
}

fn answer(status: u16, headers: &[(String, String)], body: Vec<u8>) -> Response {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(Body::from(body)).expect("headers that HTTP allows")
}

fn endless() -> Response {
    let pieces = stream::iter(std::iter::once(Bytes::from_static(b"[")).chain(zeros()));
    let body = Body::from_stream(stream::StreamExt::map(pieces, Ok::<_, Infallible>));
    Response::builder().header("content-type", "application/json").body(body).unwrap()
}

/// Pieces of `0,0,0,`, which are JSON after an opening bracket.
fn zeros() -> impl Iterator<Item = Bytes> {
    std::iter::repeat(Bytes::from("0,".repeat(PIECE / 2)))
}

fn oversized(bytes: u64) -> Response {
    let whole = usize::try_from(bytes).unwrap();
    let spaces = Bytes::from(vec![b' '; PIECE]);
    let pieces = (0..whole.div_ceil(PIECE))
        .map(move |index| Ok::<_, Infallible>(spaces.slice(..PIECE.min(whole - index * PIECE))));
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("content-length", bytes);
    response.body(Body::from_stream(stream::iter(pieces))).unwrap()
}

/// The faults of one server.
#[derive(Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<Vec<Rule>>>);

struct Rule {
    path: String,
    fault: Fault,
    once: bool,
    /// Of the query, without its question mark.
    when: Option<Condition>,
}

/// Which queries meet a fault.
pub(crate) type Condition = Box<dyn Fn(&str) -> bool + Send + Sync>;

impl Rule {
    fn applies(&self, uri: &Uri) -> bool {
        let query = uri.query().unwrap_or_default();
        (self.path == "*" || self.path == uri.path())
            && self.when.as_ref().is_none_or(|when| when(query))
    }
}

impl Faults {
    pub(crate) fn add(&self, path: &str, fault: Fault, once: bool, when: Option<Condition>) {
        self.0.lock().unwrap().push(Rule { path: path.to_owned(), fault, once, when });
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// The fault that the next request to that place meets: the oldest of those to be used once,
    /// or else the newest of the others.
    fn next(&self, uri: &Uri) -> Option<Fault> {
        let mut rules = self.0.lock().unwrap();
        if let Some(index) = rules.iter().position(|rule| rule.once && rule.applies(uri)) {
            return Some(rules.remove(index).fault);
        }
        rules.iter().rev().find(|rule| rule.applies(uri)).map(|rule| rule.fault.clone())
    }
}

/// The routes behind a layer that notes every request and lets faults happen.
pub(crate) fn intercept(routes: Router, journal: Journal, faults: Faults) -> Router {
    routes.layer(middleware::from_fn(move |request: Request, next: Next| {
        let (journal, faults) = (journal.clone(), faults.clone());
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, MAX_REQUEST_BODY).await.unwrap_or_default();
            let number = journal.note(&parts, &body);
            let fault = faults.next(&parts.uri).filter(|fault| fault.concerns(&parts.method));
            let answers = fault.as_ref().is_none_or(Fault::answers);
            let response = match fault {
                Some(fault) => fault.happen(&parts).await,
                None => next.run(Request::from_parts(parts, Body::from(body))).await,
            };
            if answers {
                journal.note_answer(number, response.status().as_u16());
            }
            response
        }
    }))
}
