//! Building and sending one request.

use serde::Serialize;

use crate::bindings::jackfield::connector::http;
use crate::secrets::Secret;
use crate::{Cause, Failure, Field, Location, Method, Response, Target, platform};

/// One request, built step by step and sent at the end.
///
/// It names an endpoint of the manifest, never an origin; path segments are encoded by the host, so
/// that a `/` or `..` inside a value cannot change the route.
///
/// ```no_run
/// # fn main() -> Result<(), jackfield_guest::Failure> {
/// use jackfield_guest::{Request, secrets};
///
/// let token = secrets::require("token")?;
/// let answer = Request::get("api")
///     .segments(["repos", "rust-lang", "rust"])
///     .query("per_page", 100)
///     .header("accept", "application/json")
///     .auth(&token)
///     .send()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a request does nothing until it is sent"]
#[derive(Clone)]
pub struct Request<'a> {
    inner: http::Request,
    auth: Option<&'a Secret>,
    problem: Option<Failure>,
}

impl<'a> Request<'a> {
    /// A request of this method to the base of an endpoint.
    pub fn new(method: Method, endpoint: &str) -> Self {
        let place =
            Location { endpoint: endpoint.to_owned(), segments: Vec::new(), query: Vec::new() };
        Self::to(method, Target::At(place))
    }

    /// Retrieves.
    pub fn get(endpoint: &str) -> Self {
        Self::new(Method::Get, endpoint)
    }

    /// Processes the body that it carries.
    pub fn post(endpoint: &str) -> Self {
        Self::new(Method::Post, endpoint)
    }

    /// Replaces or creates.
    pub fn put(endpoint: &str) -> Self {
        Self::new(Method::Put, endpoint)
    }

    /// Changes in part.
    pub fn patch(endpoint: &str) -> Self {
        Self::new(Method::Patch, endpoint)
    }

    /// Removes.
    pub fn delete(endpoint: &str) -> Self {
        Self::new(Method::Delete, endpoint)
    }

    /// Retrieves an absolute link that the provider issued, such as [`Response::next`]. The host accepts
    /// it only at or below the base of a bound endpoint.
    pub fn link(url: impl Into<String>) -> Self {
        Self::to(Method::Get, Target::Link(url.into()))
    }

    fn to(method: Method, target: Target) -> Self {
        let inner = http::Request { method, target, headers: Vec::new(), body: http::Body::Empty };
        Self { inner, auth: None, problem: None }
    }

    /// Adds path segments, each of them one segment whatever is in it. `.`, `..` and the empty one are refused.
    pub fn segments<S: Into<String>>(mut self, segments: impl IntoIterator<Item = S>) -> Self {
        match &mut self.inner.target {
            Target::At(place) => place.segments.extend(segments.into_iter().map(Into::into)),
            Target::Link(_) => self.problem = Some(link_is_whole("path segments")),
        }
        self
    }

    /// Adds a query parameter, after those that are there.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        match &mut self.inner.target {
            Target::At(place) => place.query.push(field(name, value.to_string())),
            Target::Link(_) => self.problem = Some(link_is_whole("a query")),
        }
        self
    }

    /// Adds a header. Those that carry credentials, and those of the connection, are the host's alone.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.inner.headers.push(field(name, value));
        self
    }

    /// Retrieves the response's headers alone (RFC 9110, section 9.3.2). Those of a response that is too
    /// large can be had this way, [`Response::next`] among them.
    pub fn headers_only(mut self) -> Self {
        self.inner.method = Method::Head;
        self
    }

    /// Carries `value` as `application/json`.
    pub fn json(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_string(value) {
            Ok(text) => self.inner.body = http::Body::Json(text),
            Err(error) => self.problem = Some(bug(format!("its value is not JSON: {error}"))),
        }
        self
    }

    /// Carries the pairs as `application/x-www-form-urlencoded`.
    pub fn form<'f>(mut self, pairs: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let fields = pairs.into_iter().map(|(name, value)| field(name, value)).collect();
        self.inner.body = http::Body::Form(fields);
        self
    }

    /// Carries bytes of this content type.
    pub fn bytes(mut self, content_type: &str, bytes: Vec<u8>) -> Self {
        self.inner.body = http::Body::Bytes((content_type.to_owned(), bytes));
        self
    }

    /// Carries the secret, in the way that the manifest's auth method says.
    pub fn auth(mut self, secret: &'a Secret) -> Self {
        self.auth = Some(secret);
        self
    }

    /// The answer, whatever its status.
    ///
    /// # Errors
    ///
    /// The host's [`Failure`] where no usable answer was obtained: [`Cause::Unreachable`],
    /// [`Cause::Timeout`], [`Cause::TooLarge`], [`Cause::Denied`]. Return it as it is.
    pub fn send(self) -> Result<Response, Failure> {
        match self.problem {
            Some(problem) => Err(problem),
            None => {
                let sent = platform::send(&self.inner, self.auth.map(|secret| &secret.0));
                sent.map(Response::without_mark)
            }
        }
    }
}

/// The answers to independent requests, run concurrently up to the host's limit, in the order of the
/// requests. They carry `auth`, and not what a request of its own says.
pub fn send_all<'a>(
    requests: impl IntoIterator<Item = Request<'a>>,
    auth: Option<&Secret>,
) -> Vec<Result<Response, Failure>> {
    let mut ready = Vec::new();
    let problems: Vec<_> = requests
        .into_iter()
        .map(|request| match request.problem {
            None => {
                ready.push(request.inner);
                None
            }
            problem => problem,
        })
        .collect();
    let answers = platform::send_all(&ready, auth.map(|secret| &secret.0)).into_iter();
    let mut answers = answers.map(|answer| answer.map(Response::without_mark));
    problems
        .into_iter()
        .map(|problem| match problem {
            Some(problem) => Err(problem),
            None => answers.next().unwrap_or_else(|| Err(bug("the host gave no answer".into()))),
        })
        .collect()
}

fn field(name: &str, value: impl Into<String>) -> Field {
    Field { name: name.to_owned(), value: value.into() }
}

fn link_is_whole(what: &str) -> Failure {
    bug(format!("a link is whole and takes no {what}", what = what.trim_start_matches("a ")))
}

fn bug(what: String) -> Failure {
    let message = format!("The connector built a request that cannot be sent: {what}.");
    Failure::new(Cause::Other("connector-bug".to_owned()), message).code("connector-bug")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::testing::Script;

    #[test]
    fn a_request_is_what_was_built() {
        let (answer, trace) =
            Script::new().secret("token", None).answer(Response::new(204)).run(|| {
                let token = crate::secrets::require("token")?;
                Request::post("api")
                    .segments(["repos", "a/b"])
                    .query("page", 2)
                    .query("q", "x y")
                    .header("accept", "text/plain")
                    .json(&["one"])
                    .auth(&token)
                    .send()
            });
        assert_eq!(answer.unwrap().status, 204);
        assert_eq!(trace.lines(), ["POST api/repos/a%2Fb?page=2&q=x%20y with token"]);
        let sent = trace.sent.first().unwrap();
        assert_eq!(sent.header("Accept"), Some("text/plain"));
        assert_eq!(sent.body_text(), "[\"one\"]");
    }

    #[test]
    fn a_link_with_more_is_not_sent() {
        for request in [
            Request::link("https://api.example/x").query("a", "b"),
            Request::link("https://api.example/x").segments(["a"]),
        ] {
            let (answer, trace) = Script::new().run(|| request.send());
            assert_eq!(answer.unwrap_err().cause, Cause::Other("connector-bug".into()));
            assert!(trace.sent.is_empty());
        }
    }

    #[test]
    fn answers_of_send_all_stand_in_the_order_of_the_requests() {
        let script = Script::new().answer(Response::new(200)).answer(Response::new(404));
        let (answers, _) = script.run(|| {
            send_all(
                [
                    Request::get("api"),
                    Request::link("https://api.example/x").query("a", "b"),
                    Request::get("api"),
                ],
                None,
            )
        });
        let seen: Vec<_> =
            answers.iter().map(|answer| answer.as_ref().map(|one| one.status).ok()).collect();
        assert_eq!(seen, [Some(200), None, Some(404)]);
    }
}
