//! A host for tests: on every target but WebAssembly, the imports go to a [`Script`].
//!
//! A test says which secrets there are and what the provider answers, runs a call of the connector,
//! and looks at what it returned and what it sent. There is no sandbox and no network; secrets have no
//! value, because a connector never sees one.
//!
//! ```
//! use jackfield_guest::{Request, Response, testing::Script};
//!
//! let (answer, trace) = Script::new()
//!     .answer(Response::new(200).with_json("[]"))
//!     .run(|| Request::get("api").segments(["notes"]).send());
//! assert_eq!(answer.unwrap().status, 200);
//! assert_eq!(trace.lines(), ["GET api/notes"]);
//! ```

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::bindings::jackfield::connector::http;
use crate::host::{Budget, Level};
use crate::{Cause, Failure, Field, Method, Response, Target, Timestamp};

/// A cause's name in the contract, in kebab-case, with the permissions that it carries: for tables of what
/// answers mean.
pub fn cause_name(cause: &Cause) -> String {
    match cause {
        Cause::Other(name) => name.clone(),
        Cause::CredentialExpired(_) => "credential-expired".to_owned(),
        Cause::PermissionMissing(names) => {
            format!("permission-missing {}", names.join(" ")).trim().to_owned()
        }
        plain => {
            let mut name = String::new();
            for letter in format!("{plain:?}").rsplit("::").next().unwrap_or_default().chars() {
                if letter.is_uppercase() && !name.is_empty() {
                    name.push('-');
                }
                name.extend(letter.to_lowercase());
            }
            name
        }
    }
}

/// The value of that piece of a failure's evidence; empty where it has none.
pub fn evidence<'a>(failure: &'a Failure, name: &str) -> &'a str {
    failure.evidence.iter().find(|field| field.name == name).map_or("", |field| &field.value)
}

/// Holds a generated file against its text; with `JACKFIELD_BLESS` in the environment it is written.
///
/// # Panics
///
/// Where the file differs or cannot be read or written.
#[allow(clippy::panic, reason = "a test fails by it")]
pub fn assert_generated(file: &str, text: &str) {
    if std::env::var_os("JACKFIELD_BLESS").is_some() {
        let written = std::fs::write(file, text);
        assert!(written.is_ok(), "failed to write {file}: {written:?}");
    }
    let found = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        found == text,
        "{file} is not what the code makes: run the test with JACKFIELD_BLESS=1"
    );
}

thread_local! {
    static RUNNING: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// What the host answers during one run.
pub struct Script(State);

/// Makes an answer of a request.
type Answering = Box<dyn FnMut(&Sent) -> Result<Response, Failure>>;

#[derive(Default)]
struct State {
    secrets: Vec<imports::Handle>,
    answers: VecDeque<Result<Response, Failure>>,
    /// What answers when those are used up, and how often it still does.
    then: Option<(u32, Answering)>,
    now: Timestamp,
    trace: Trace,
}

/// What the connector did during one run.
#[derive(Default)]
pub struct Trace {
    /// What it sent, in order.
    pub sent: Vec<Sent>,
    /// What it logged, in order.
    pub log: Vec<(Level, String)>,
}

/// One request that the connector sent.
pub struct Sent {
    request: http::Request,
    secret: Option<String>,
}

impl Default for Script {
    fn default() -> Self {
        Self::new()
    }
}

impl Script {
    /// No secret, no answer, and the time 2026-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self(State { now: 1_767_225_600_000, ..State::default() })
    }

    /// With a secret of this name, which the host recognized as that kind.
    #[must_use]
    pub fn secret(self, name: &str, kind: Option<&str>) -> Self {
        self.secret_until(name, kind, None)
    }

    /// With a secret that ends at that time.
    #[must_use]
    pub fn secret_until(mut self, name: &str, kind: Option<&str>, ends: Option<Timestamp>) -> Self {
        self.0.secrets.push(imports::Handle {
            name: name.to_owned(),
            kind: kind.map(str::to_owned),
            expires_at: ends,
        });
        self
    }

    /// With one more answer of the provider, after those that are there.
    #[must_use]
    pub fn answer(mut self, response: Response) -> Self {
        self.0.answers.push_back(Ok(response));
        self
    }

    /// With one more exchange that fails, as the host says.
    #[must_use]
    pub fn fail(mut self, failure: Failure) -> Self {
        self.0.answers.push_back(Err(failure));
        self
    }

    /// With answers made of each request, once those that are there are used up; at most so many, so
    /// that a connector that asks on and on fails its test.
    ///
    /// ```
    /// use jackfield_guest::{Request, Response, testing::Script};
    ///
    /// let script = Script::new().answer_with(3, |sent| {
    ///     Ok(Response::new(if sent.line().ends_with("/notes") { 200 } else { 404 }))
    /// });
    /// let (answer, _) = script.run(|| Request::get("api").segments(["tags"]).send());
    /// assert_eq!(answer.unwrap().status, 404);
    /// ```
    #[must_use]
    pub fn answer_with(
        mut self,
        most: u32,
        answer: impl FnMut(&Sent) -> Result<Response, Failure> + 'static,
    ) -> Self {
        self.0.then = Some((most, Box::new(answer)));
        self
    }

    /// At this time.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.0.now = now;
        self
    }

    /// What `call` returns when the imports answer as the script says, and what it did.
    ///
    /// # Panics
    ///
    /// Where `call` asks for more answers than the script has or makes, or leaves some over that were
    /// given one by one.
    #[allow(clippy::panic, reason = "a test fails by it")]
    pub fn run<T>(self, call: impl FnOnce() -> T) -> (T, Trace) {
        RUNNING.with_borrow_mut(|running| *running = Some(self.0));
        let returned = call();
        let state = RUNNING.with_borrow_mut(Option::take).unwrap_or_default();
        let left = state.answers.len();
        assert!(left == 0, "{left} answers of the script were not asked for");
        (returned, state.trace)
    }
}

impl State {
    fn next(&mut self, sent: &Sent) -> Option<Result<Response, Failure>> {
        if let Some(answer) = self.answers.pop_front() {
            return Some(answer);
        }
        let (left, make) = self.then.as_mut()?;
        *left = left.checked_sub(1)?;
        Some(make(sent))
    }
}

impl Trace {
    /// A line for each request: `GET api/user with token`, `GET https://api.example/next`.
    pub fn lines(&self) -> Vec<String> {
        self.sent.iter().map(Sent::line).collect()
    }
}

impl Sent {
    /// The first value of that header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let field =
            self.request.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
        Some(&field.value)
    }

    /// The body as text: JSON as it is, form fields as `name=value` lines, bytes lossily.
    pub fn body_text(&self) -> String {
        match &self.request.body {
            http::Body::Empty => String::new(),
            http::Body::Json(text) => text.clone(),
            http::Body::Form(fields) => pairs(fields, "\n"),
            http::Body::Bytes((_, bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }

    /// Method, place and secret in one line; what is not unreserved in a URL is percent-encoded.
    pub fn line(&self) -> String {
        let method = match self.request.method {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        };
        let place = match &self.request.target {
            Target::Link(url) => url.clone(),
            Target::At(place) => {
                let path: String =
                    place.segments.iter().map(|segment| format!("/{}", encoded(segment))).collect();
                let query = if place.query.is_empty() { "" } else { "?" };
                format!("{}{path}{query}{}", place.endpoint, pairs(&place.query, "&"))
            }
        };
        let secret = self.secret.as_ref().map(|name| format!(" with {name}")).unwrap_or_default();
        format!("{method} {place}{secret}")
    }
}

fn pairs(fields: &[Field], between: &str) -> String {
    let pairs: Vec<_> = fields
        .iter()
        .map(|field| format!("{}={}", encoded(&field.name), encoded(&field.value)))
        .collect();
    pairs.join(between)
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' | b':' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The imports, answered by the script that runs on this thread.
pub(crate) mod imports {
    use super::*;

    #[derive(Clone)]
    pub(crate) struct Handle {
        pub(super) name: String,
        pub(super) kind: Option<String>,
        pub(super) expires_at: Option<Timestamp>,
    }

    impl Handle {
        pub(crate) fn name(&self) -> String {
            self.name.clone()
        }

        pub(crate) fn kind(&self) -> Option<String> {
            self.kind.clone()
        }

        pub(crate) fn scopes(&self) -> Vec<String> {
            Vec::new()
        }

        pub(crate) fn expires_at(&self) -> Option<Timestamp> {
            self.expires_at
        }
    }

    #[allow(clippy::panic, reason = "a test fails by it")]
    fn script<T>(ask: impl FnOnce(&mut State) -> T) -> T {
        RUNNING.with_borrow_mut(|running| match running {
            Some(state) => ask(state),
            None => panic!("outside a component, an import answers only within Script::run"),
        })
    }

    pub(crate) fn secret(name: &str) -> Option<Handle> {
        script(|state| state.secrets.iter().find(|secret| secret.name == name).cloned())
    }

    #[allow(clippy::panic, reason = "a test fails by it")]
    pub(crate) fn send(
        request: &http::Request,
        auth: Option<&Handle>,
    ) -> Result<Response, Failure> {
        script(|state| {
            let sent = Sent { request: request.clone(), secret: auth.map(Handle::name) };
            let answer = state
                .next(&sent)
                .unwrap_or_else(|| panic!("the script has no answer to {}", sent.line()));
            state.trace.sent.push(sent);
            answer
        })
    }

    pub(crate) fn send_all(
        requests: &[http::Request],
        auth: Option<&Handle>,
    ) -> Vec<Result<Response, Failure>> {
        requests.iter().map(|request| send(request, auth)).collect()
    }

    pub(crate) fn now() -> Timestamp {
        script(|state| state.now)
    }

    pub(crate) fn remaining() -> Budget {
        Budget { milliseconds: 30_000, requests: 100, bytes: 64 << 20 }
    }

    pub(crate) fn log(level: Level, message: &str) {
        script(|state| state.trace.log.push((level, message.to_owned())));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::Request;

    fn ask(times: u32) -> Vec<u16> {
        let ask = |_| Request::get("api").segments(["notes"]).send().unwrap().status;
        (0..times).map(ask).collect()
    }

    fn script() -> Script {
        let mut status = 200;
        Script::new().answer(Response::new(100)).answer_with(2, move |_| {
            status += 1;
            Ok(Response::new(status))
        })
    }

    #[test]
    fn made_answers_come_after_the_given_ones_and_need_not_be_used_up() {
        assert_eq!(script().run(|| ask(3)).0, [100, 201, 202]);
        assert_eq!(script().run(|| ask(1)).0, [100]);
    }

    #[test]
    #[should_panic(expected = "no answer to GET api/notes")]
    fn asking_on_and_on_is_seen() {
        script().run(|| ask(4));
    }
}
