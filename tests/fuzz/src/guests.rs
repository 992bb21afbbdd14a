//! The connectors, how they are called without a sandbox, and what must hold of every outcome.
//!
//! | outcome | what must hold |
//! |---|---|
//! | any | it came without a panic, and after [`MOST_REQUESTS`] at most |
//! | `check` passes | at least one answer was a success, no web page, not given to an anonymous visitor, and named an identity |
//! | `read` gives a page | at least one answer was a success, no web page and not given to an anonymous visitor; or "not modified", where the guest asked so; or what the connector documents |
//! | a failure | it has a sentence, and a code in kebab-case |
//! | a cursor | the host keeps it, and it is taken again |

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::LazyLock;

use bolero::TypeGenerator;
use jackfield_guest::testing::Script;
use jackfield_guest::{Cause, Connector, Failure, Page, Progress, ReadRequest, Report, Settings};
use jackfield_host::limits::MAX_CURSOR_BYTES;
use jackfield_host::manifest::Manifest;
use jackfield_host::transport::InboundResponse;
use jackfield_tests::Recorded;
use url::Url;

use crate::answer::{Shown, delivered, is_page};
use crate::edit::pick;

pub mod github;
mod jira;

/// Every connector.
pub static GUESTS: LazyLock<Vec<Guest>> = LazyLock::new(|| {
    vec![
        Guest::of::<jackfield_github::GitHub>(&github::FACTS),
        Guest::of::<jackfield_jira::Jira>(&jira::FACTS),
    ]
});

/// Requests of one call, at most: half of what the host allows.
pub const MOST_REQUESTS: u32 = 50;

/// What a target must know of a provider.
pub struct Facts {
    /// The endpoint that the answers come from.
    pub base: &'static str,
    /// Settings of connections, each a JSON object with all that is required.
    pub settings: &'static [&'static str],
    /// A JSON object with the parameters of all streams.
    pub parameters: &'static str,
    /// Shapes of real answers.
    pub answers: &'static [Real],
    /// Whether a body names an account.
    pub identifies: fn(body: &[u8]) -> bool,
    /// Whether the headers say that the answer was given to an anonymous visitor, where the connection
    /// has these settings.
    pub anonymous: fn(settings: &str, answer: &InboundResponse) -> bool,
    /// Whether this stream takes an answer that is no success for an empty page, as documented.
    pub excuses: fn(stream: &str, answer: &InboundResponse) -> bool,
}

/// The shape of a real answer.
pub struct Real {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
}

/// The shape with this status, these headers, names in lower case, and this body.
pub const fn real(
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
) -> Real {
    Real { status, headers, body }
}

/// One connector.
pub struct Guest {
    manifest_json: &'static str,
    /// What it says of itself.
    pub manifest: Manifest,
    check: fn(Settings) -> Result<Report, Failure>,
    read: fn(Settings, ReadRequest) -> Result<Page, Failure>,
    /// What is known of its provider.
    pub facts: &'static Facts,
}

/// What is called, and with what.
#[derive(Clone, Debug, TypeGenerator)]
pub struct Call {
    /// Which settings.
    pub settings: u8,
    /// Which kind of credential, if the host recognizes one.
    pub kind: Option<u8>,
    /// Which stream is read; `check` where none is.
    pub stream: Option<u8>,
    /// Records wanted.
    pub limit: u8,
}

/// One answer that a guest got.
pub struct Exchange {
    answer: InboundResponse,
    conditional: bool,
}

/// What a call came to.
pub struct Run<T> {
    /// What the guest returned.
    pub outcome: Result<T, Failure>,
    /// What it asked for, a line each.
    pub asked: Vec<String>,
    exchanges: Vec<Exchange>,
}

impl Guest {
    /// The connector of this type, and what is known of its provider.
    ///
    /// # Panics
    ///
    /// Where its manifest is not valid.
    #[expect(clippy::panic, reason = "a target fails by it")]
    pub fn of<C: Connector>(facts: &'static Facts) -> Self {
        let manifest = Manifest::parse(C::MANIFEST).unwrap_or_else(|error| panic!("{error}"));
        Self { manifest_json: C::MANIFEST, manifest, check: C::check, read: C::read, facts }
    }

    /// The text of its manifest.
    pub fn manifest_json(&self) -> &'static str {
        self.manifest_json
    }

    /// The answers that were written down, and the recorded ones.
    pub fn real_answers(&self) -> Vec<InboundResponse> {
        let written = self.facts.answers.iter().map(|one| InboundResponse {
            status: one.status,
            headers: one.headers.iter().map(|(name, value)| owned(name, value)).collect(),
            body: one.body.as_bytes().to_vec(),
        });
        let recorded = Recorded::from_environment().unwrap_or_default().into_iter();
        let own =
            recorded.filter(|one| one.provider == self.manifest.id).map(|one| InboundResponse {
                status: one.status,
                headers: one.headers.iter().map(|(name, value)| owned(name, value)).collect(),
                body: one.body,
            });
        written.chain(own).collect()
    }

    /// The names of its streams.
    pub fn streams(&self) -> Vec<&str> {
        self.manifest.streams.iter().map(|stream| stream.name.as_str()).collect()
    }

    /// Whether the credential works, asked with these answers.
    pub fn check(&self, call: &Call, answers: Vec<InboundResponse>) -> Run<Report> {
        let settings = self.settings(call);
        self.run(call, answers, || (self.check)(settings))
    }

    /// A page of a stream, asked with these answers.
    pub fn read(
        &self,
        call: &Call,
        stream: &str,
        cursor: Option<String>,
        answers: Vec<InboundResponse>,
    ) -> Run<Page> {
        let settings = self.settings(call);
        let request = ReadRequest {
            stream: stream.to_owned(),
            cursor,
            parameters: self.facts.parameters.to_owned(),
            limit: u32::from(call.limit),
            skip_oversized: false,
        };
        self.run(call, answers, || (self.read)(settings, request))
    }

    /// The call with these answers, and everything that must hold of it.
    pub fn judge(&self, call: &Call, answers: Vec<InboundResponse>) {
        match call.stream.and_then(|which| pick(&self.streams(), which).copied()) {
            None => self.judge_check(call, &self.check(call, answers)),
            Some(stream) => {
                let run = self.read(call, stream, None, answers);
                self.judge_read(call, stream, &run);
                if let Some(cursor) = run.outcome.as_ref().ok().and_then(cursor) {
                    self.judge_cursor(call, stream, cursor, &run);
                }
            }
        }
    }

    fn judge_check(&self, call: &Call, run: &Run<Report>) {
        match &run.outcome {
            Ok(report) => {
                let account = &report.account;
                assert!(!account.id.is_empty() && !account.name.is_empty(), "{account:?}");
                let answers = run.answers();
                assert!(proves(self, call, &answers), "passed by\n{}", Shown(&answers));
            }
            Err(failure) => judge_failure(&failure.message, &failure.code, &run.answers()),
        }
    }

    fn judge_read(&self, call: &Call, stream: &str, run: &Run<Page>) {
        match &run.outcome {
            Ok(_) => {
                let fits = |exchange: &Exchange| {
                    let anonymous = is_anonymous(self, call, &exchange.answer);
                    let unchanged = exchange.conditional && exchange.answer.status == 304;
                    (unchanged && !anonymous) || can_be_page(self, call, stream, &exchange.answer)
                };
                let fit = run.exchanges.iter().any(fits);
                assert!(fit, "{stream}: a page of\n{}", Shown(&run.answers()));
            }
            Err(failure) => judge_failure(&failure.message, &failure.code, &run.answers()),
        }
    }

    /// A cursor that came out goes in again, whatever is then answered.
    fn judge_cursor(&self, call: &Call, stream: &str, cursor: &str, run: &Run<Page>) {
        let shown = || format!("{stream}: {cursor} of\n{}", Shown(&run.answers()));
        assert!(cursor.len() <= MAX_CURSOR_BYTES, "too long: {}", shown());
        let empty = InboundResponse { status: 200, body: b"[]".to_vec(), ..Default::default() };
        let again = self.read(call, stream, Some(cursor.to_owned()), vec![empty]);
        let refused = again.outcome.err().is_some_and(|it| it.cause == Cause::InvalidInput);
        assert!(!refused, "not taken again: {}", shown());
    }

    fn settings(&self, call: &Call) -> Settings {
        Settings::from_json(self.settings_json(call))
    }

    fn settings_json(&self, call: &Call) -> &'static str {
        pick(self.facts.settings, call.settings).unwrap_or(&"{}")
    }

    fn run<T>(
        &self,
        call: &Call,
        answers: Vec<InboundResponse>,
        guest: impl FnOnce() -> Result<T, Failure>,
    ) -> Run<T> {
        let exchanges = Rc::new(RefCell::new(Vec::new()));
        let kept = exchanges.clone();
        let base = Url::parse(self.facts.base).ok();
        let script = self.secrets(call).answer_with(MOST_REQUESTS, move |sent| {
            let mut kept = kept.borrow_mut();
            let answer = answers.get(kept.len()).or(answers.last()).cloned().unwrap_or_default();
            let response = base.as_ref().map(|base| delivered(&answer, base));
            kept.push(Exchange { answer, conditional: sent.header("if-none-match").is_some() });
            response.ok_or_else(|| Failure::new(Cause::Denied, "The base is no URL."))
        });
        let (outcome, trace) = script.run(guest);
        Run { outcome, asked: trace.lines(), exchanges: exchanges.take() }
    }

    /// The secrets of every auth method, recognized as that kind.
    fn secrets(&self, call: &Call) -> Script {
        let methods = self.manifest.auth.iter();
        methods.flat_map(|method| &method.secrets).fold(Script::new(), |script, secret| {
            let kind = call.kind.and_then(|which| pick(&secret.kinds, which));
            script.secret(&secret.name, kind.map(|kind| kind.name.as_str()))
        })
    }
}

impl<T> Run<T> {
    /// The answers that the guest got.
    pub fn answers(&self) -> Vec<InboundResponse> {
        self.exchanges.iter().map(|exchange| exchange.answer.clone()).collect()
    }
}

/// Whether one of the answers can prove a credential.
pub fn proves(guest: &Guest, call: &Call, answers: &[InboundResponse]) -> bool {
    let own = |answer: &InboundResponse| !is_anonymous(guest, call, answer);
    let named = |answer: &InboundResponse| (guest.facts.identifies)(&answer.body);
    answers.iter().any(|answer| is_success(answer) && own(answer) && named(answer))
}

/// Whether the answer can be a page of the stream.
pub fn can_be_page(guest: &Guest, call: &Call, stream: &str, answer: &InboundResponse) -> bool {
    let own = is_success(answer) && !is_anonymous(guest, call, answer);
    own || (guest.facts.excuses)(stream, answer)
}

fn is_anonymous(guest: &Guest, call: &Call, answer: &InboundResponse) -> bool {
    (guest.facts.anonymous)(guest.settings_json(call), answer)
}

fn is_success(answer: &InboundResponse) -> bool {
    (200..300).contains(&answer.status) && !is_page(answer)
}

/// A failure has a sentence, and a code.
pub fn judge_failure(message: &str, code: &str, answers: &[InboundResponse]) {
    let shown = || format!("{code}: {message:?} of\n{}", Shown(answers));
    let sentence = message.trim() == message && message.ends_with(['.', '!', '?', '…']);
    assert!(sentence && !message.contains(char::is_control), "{}", shown());
    let kebab = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    assert!(!code.is_empty() && code.bytes().all(kebab), "{}", shown());
}

/// The cursor that a page leads to.
pub fn cursor(page: &Page) -> Option<&str> {
    match &page.progress {
        Progress::More(cursor) => Some(cursor),
        Progress::CaughtUp(cursor) => cursor.as_deref(),
    }
}

fn owned(name: &str, value: &str) -> (String, String) {
    (name.to_lowercase(), value.to_owned())
}
