//! Every rule of a guest's request, in its order, without an engine: secrets and transport write into one
//! journal, so that each case shows what was opened and sent before the rule spoke.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, json};

use super::*;
use crate::BoxFuture;
use crate::egress::outbound::Outbound;
use crate::egress::policy::EgressPolicy;
use crate::egress::policy::redirect::MAX_REDIRECTS;
use crate::egress::transport::{OutboundRequest, Transport, TransportError};
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::scripted::{Reply, ScriptedTransport};
use crate::secret::{MemorySecrets, SecretStore, SecretStoreError, SecretText};

const SECRET: &str = "canary-0123456789-canary";

#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn write(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

struct Secrets(MemorySecrets, Journal);

impl SecretStore for Secrets {
    fn info<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretInfo>, SecretStoreError>> {
        self.0.info(name)
    }

    fn reveal<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<SecretText>, SecretStoreError>> {
        self.1.write(format!("open {name}"));
        self.0.reveal(name)
    }
}

struct Wire(ScriptedTransport, Journal);

impl Transport for Wire {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        let headers = request.headers.iter().map(|(name, value)| match value {
            OutboundValue::Plain(_) => name.clone(),
            OutboundValue::Sensitive(value) => {
                format!("{name}={}", value.expose_secret().replace(SECRET, "SECRET"))
            }
        });
        let headers: Vec<String> = headers.collect();
        let (method, url) = (request.method.as_str(), &request.url);
        let body = String::from_utf8_lossy(&request.body);
        let line = format!("{method} {url} [{}] {body}", headers.join(", "));
        self.1.write(line.trim_end().to_owned());
        self.0.send(request)
    }
}

/// A connection to a provider that is scripted, and what its instance has sent so far.
struct Setup {
    connection: BoundConnection,
    traffic: Traffic,
    journal: Journal,
}

impl Setup {
    fn new(script: ScriptedTransport) -> Self {
        Self::with(script, Limits::default(), SecretInfo::default())
    }

    fn with(script: ScriptedTransport, limits: Limits, info: SecretInfo) -> Self {
        let manifest = json!({
            "manifest_version": 1, "id": "acme", "name": "Acme", "version": "0.1.0",
            "description": "Acme.",
            "endpoints": [
                {"name": "api", "base": "https://api.example.com/v1"},
                {"name": "files", "base": "https://files.example.com"}
            ],
            "auth": [{
                "name": "token", "label": "Token",
                "secrets": [{"name": "token", "label": "Token"}],
                "attach": [{"secret": "token", "endpoints": ["api"], "scheme": "bearer"}]
            }],
            "redirects": [
                {"origin": "https://objects.example.com", "reason": "Archives."},
                {"origin": "https://api.example.com", "reason": "The way back."}
            ],
            "quota": {"remaining": "x-left", "reset": {"header": "x-reset", "unit": "delta_seconds"}}
        });
        let manifest = Manifest::parse(&manifest.to_string()).unwrap();
        let journal = Journal::default();
        let transport = Wire(script, journal.clone());
        let mut traffic = Traffic::new();
        traffic.begin(&limits);
        let outbound = Arc::new(Outbound::new(transport, EgressPolicy::strict(), limits));
        let token = SecretText::new(SECRET.to_owned());
        let secrets = Secrets(MemorySecrets::new().with("token", token, info), journal.clone());
        let secrets: Arc<dyn SecretStore> = Arc::new(secrets);
        let connection =
            BoundConnection::new(&outbound, &manifest, "token", &Map::new(), secrets).unwrap();
        Self { connection, traffic, journal }
    }

    async fn run(&self, request: GuestRequest, secret: Option<&str>) -> Outcome {
        let info = match secret {
            Some(name) => self.connection.secrets.info(name).await.unwrap().unwrap(),
            None => SecretInfo::default(),
        };
        let call = GuestCall {
            connection: &self.connection,
            traffic: &self.traffic,
            deadline: Instant::now() + Duration::from_secs(60),
        };
        let secret = secret.map(|name| (name, &info));
        let answers = call.run_all(vec![request], secret).await;
        Outcome(answers.into_iter().next().unwrap())
    }
}

struct Outcome(Result<GuestResponse, Failure>);

impl Outcome {
    /// The status, or the failure's code.
    fn brief(&self) -> String {
        match &self.0 {
            Ok(response) => response.status.to_string(),
            Err(failure) => failure.code.clone(),
        }
    }
}

fn request(method: Method, endpoint: &str, segment: &str) -> GuestRequest {
    GuestRequest {
        method,
        target: GuestTarget::At {
            endpoint: endpoint.to_owned(),
            segments: vec![segment.to_owned()],
            query: Vec::new(),
        },
        headers: vec![("Accept".to_owned(), "text/plain".to_owned())],
        body: match method {
            Method::Post => GuestBody::Json("{}".to_owned()),
            _ => GuestBody::Empty,
        },
    }
}

fn get(segment: &str) -> GuestRequest {
    request(Method::Get, "api", segment)
}

fn to(location: &str, status: u16) -> [Reply; 1] {
    [Reply::new(status).header("location", location)]
}

fn ok() -> [Reply; 1] {
    [Reply::new(200)]
}

const OPEN: &str = "open token";
const SENT: &str = "GET https://api.example.com/v1/a [accept, authorization=Bearer SECRET]";

#[tokio::test]
async fn a_request_that_is_refused_for_itself_opens_nothing_and_sends_nothing() {
    let header = |name: &str| {
        let headers = vec![(name.to_owned(), "x".to_owned())];
        GuestRequest { headers, ..get("a") }
    };
    let link = |link: &str| GuestRequest { target: GuestTarget::Link(link.to_owned()), ..get("a") };
    let body = |bytes| GuestRequest {
        body: GuestBody::Bytes("text/plain".to_owned(), vec![b'x'; bytes]),
        ..request(Method::Post, "api", "a")
    };
    for (name, request, expected) in [
        ("no such endpoint", request(Method::Get, "none", ".."), "unknown-endpoint"),
        ("a segment that climbs", GuestRequest { ..get("..") }, "path-segment"),
        ("a long URL", get(&"x".repeat(8_000)), "url-length"),
        ("a link to another host", link("https://evil.example.com/v1/a"), "link-outside-endpoints"),
        ("a link above the base", link("https://api.example.com/v2"), "link-outside-endpoints"),
        ("a credential of the guest's own", header("authorization"), "header-reserved"),
        ("a host", header("Host"), "header-reserved"),
        ("no header's name", header("a b"), "header-syntax"),
        ("a body past the limit", body(MAX_REQUEST_BYTES + 1), "request-too-large"),
        ("another endpoint than the secret's", request(Method::Get, "files", "a"), "audience"),
    ] {
        let setup = Setup::new(ScriptedTransport::new());
        assert_eq!(setup.run(request, Some("token")).await.brief(), expected, "{name}");
        assert_eq!(setup.journal.take(), [""; 0], "{name}");
    }
}

#[tokio::test]
async fn a_secret_is_opened_before_its_request_and_sent_in_one_header() {
    let setup = Setup::new(ScriptedTransport::new().on(Method::Get, "/v1/a", ok()));
    assert_eq!(setup.run(get("a"), Some("token")).await.brief(), "200");
    assert_eq!(setup.journal.take(), [OPEN, SENT]);
}

#[tokio::test]
async fn a_request_without_a_secret_carries_none_and_its_response_is_scrubbed() {
    let echo = [Reply::new(200).header("x-echo", SECRET).body(format!("it was {SECRET}"))];
    let setup = Setup::new(ScriptedTransport::new().on(Method::Get, "/a", echo));
    let answered = setup.run(request(Method::Get, "files", "a"), None).await.0.ok().unwrap();
    assert_eq!(answered.headers, [("x-echo".to_owned(), "[redacted]".to_owned())]);
    assert_eq!(answered.body, b"it was [redacted]");
    assert_eq!(setup.journal.take(), [OPEN, "GET https://files.example.com/a [accept]"]);
}

#[tokio::test]
async fn a_limit_that_is_known_by_the_secrets_revision_opens_nothing() {
    let used_up = || [Reply::new(200).header("x-left", "0").header("x-reset", "60")];
    let known = SecretInfo { revision: Some("r1".to_owned()), ..SecretInfo::default() };
    for (name, info, opened) in
        [("known", known, &[][..]), ("unknown", SecretInfo::default(), &[OPEN][..])]
    {
        let script = ScriptedTransport::new().on(Method::Get, "/v1/a", used_up());
        let setup = Setup::with(script, Limits::default(), info);
        assert_eq!(setup.run(get("a"), Some("token")).await.brief(), "200", "{name}");
        assert_eq!(setup.journal.take(), [OPEN, SENT], "{name}");
        assert_eq!(setup.run(get("a"), Some("token")).await.brief(), "rate-limit-known", "{name}");
        assert_eq!(setup.journal.take(), opened, "{name}");
    }
}

#[tokio::test]
async fn another_value_has_another_limit() {
    let used_up = [Reply::new(200).header("x-left", "0").header("x-reset", "60")];
    let script = ScriptedTransport::new().on(Method::Get, "/v1/a", used_up);
    let first = SecretInfo { revision: Some("r1".to_owned()), ..SecretInfo::default() };
    let mut setup = Setup::with(script, Limits::default(), first);
    assert_eq!(setup.run(get("a"), Some("token")).await.brief(), "200");
    let other = SecretText::new("another-secret-of-the-person".to_owned());
    let second = SecretInfo { revision: Some("r2".to_owned()), ..SecretInfo::default() };
    let secrets = MemorySecrets::new().with("token", other, second);
    setup.connection.secrets = Arc::new(Secrets(secrets, setup.journal.clone()));
    setup.journal.take();
    assert_eq!(setup.run(get("a"), Some("token")).await.brief(), "connection-broken");
    assert_eq!(setup.journal.take().len(), 2, "it was opened and sent");
}

#[tokio::test]
async fn a_call_without_requests_left_sends_nothing() {
    let limits = Limits { requests: 1, ..Limits::default() };
    let script = ScriptedTransport::new().on(Method::Get, "/v1/a", ok());
    let setup = Setup::with(script, limits, SecretInfo::default());
    assert_eq!(setup.run(get("a"), Some("token")).await.brief(), "200");
    setup.journal.take();
    assert_eq!(setup.run(get("a"), Some("token")).await.brief(), "budget");
    assert_eq!(setup.journal.take(), [OPEN]);
    assert_eq!(setup.traffic.budget.refused(), 1);
}

#[tokio::test]
async fn bodies_count_against_the_call() {
    let ten = || [Reply::new(200).body("0123456789")];
    for (name, response_bytes, total_response_bytes, expected) in [
        ("one at its limit", 10, 100, "200"),
        ("one past its limit", 9, 100, "too-large"),
        ("all at their limit", 10, 20, "200"),
        ("all past their limit", 10, 19, "responses-too-large"),
    ] {
        let script = ScriptedTransport::new().on(Method::Get, "/v1/a", ten()).on(
            Method::Get,
            "/v1/a",
            ten(),
        );
        let limits = Limits { response_bytes, total_response_bytes, ..Limits::default() };
        let setup = Setup::with(script, limits, SecretInfo::default());
        let first = setup.run(get("a"), Some("token")).await.brief();
        let second = setup.run(get("a"), Some("token")).await.brief();
        assert_eq!(if first == "200" { second } else { first }, expected, "{name}");
    }
}

#[tokio::test]
async fn redirects_take_along_what_they_may() {
    use Method::{Get, Post};
    const API: &str = "https://api.example.com";
    const OBJECTS: &str = "https://objects.example.com";
    let hop = |method, from: &str, location: &str, status| {
        (method, from.to_owned(), to(location, status))
    };
    let last = |method, from: &str| (method, from.to_owned(), ok());
    let post = || request(Post, "api", "a");
    let posted =
        "POST https://api.example.com/v1/a [accept, content-type, authorization=Bearer SECRET] {}";
    for (name, request, script, expected, sent) in [
        (
            "to the same origin, also above the base",
            get("a"),
            vec![hop(Get, "/v1/a", "/b", 301), last(Get, "/b")],
            "200",
            vec![SENT, "GET https://api.example.com/b [accept, authorization=Bearer SECRET]"],
        ),
        (
            "a change to the same origin",
            post(),
            vec![hop(Post, "/v1/a", "/b", 308), last(Post, "/b")],
            "200",
            vec![
                posted,
                "POST https://api.example.com/b [accept, content-type, authorization=Bearer SECRET] {}",
            ],
        ),
        (
            "a change that becomes a read",
            post(),
            vec![hop(Post, "/v1/a", "/b", 303), last(Get, "/b")],
            "200",
            vec![posted, "GET https://api.example.com/b [accept, authorization=Bearer SECRET]"],
        ),
        (
            "to a granted origin",
            get("a"),
            vec![hop(Get, "/v1/a", "https://objects.example.com/o", 302), last(Get, "/o")],
            "200",
            vec![SENT, "GET https://objects.example.com/o []"],
        ),
        (
            "to a granted origin and back",
            get("a"),
            vec![
                hop(Get, "/v1/a", "https://objects.example.com/o", 302),
                hop(Get, &format!("{OBJECTS}/o"), "https://api.example.com/c", 302),
                last(Get, &format!("{API}/c")),
            ],
            "200",
            vec![SENT, "GET https://objects.example.com/o []", "GET https://api.example.com/c []"],
        ),
        (
            "elsewhere",
            get("a"),
            vec![hop(Get, "/v1/a", "https://evil.example.com/", 302)],
            "redirect-origin",
            vec![SENT],
        ),
        (
            "to http",
            get("a"),
            vec![hop(Get, "/v1/a", "http://api.example.com/", 302)],
            "redirect-downgrade",
            vec![SENT],
        ),
        (
            "a change to a granted origin",
            post(),
            vec![hop(Post, "/v1/a", "https://objects.example.com/o", 307)],
            "redirect-body",
            vec![posted],
        ),
        (
            "to nowhere",
            get("a"),
            vec![hop(Get, "/v1/a", "mailto:a@example.com", 302)],
            "redirect-location",
            vec![SENT],
        ),
    ] {
        let script = script.into_iter().fold(ScriptedTransport::new(), |all, one| {
            let (method, target, replies) = one;
            all.on(method, target, replies)
        });
        let setup = Setup::new(script);
        let outcome = setup.run(request, Some("token")).await;
        assert_eq!(outcome.brief(), expected, "{name}");
        let journal = setup.journal.take();
        assert_eq!(journal.split_first(), Some((&OPEN.to_owned(), &to_owned(&sent)[..])), "{name}");
        if let Err(failure) = outcome.0 {
            let unknown = failure.effect == crate::contract::failure::Effect::Unknown;
            assert_eq!(unknown, name == "a change to a granted origin", "{name}");
        }
    }
}

fn to_owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|&line| line.to_owned()).collect()
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let round = |_: &crate::scripted::ReceivedRequest| {
        Reply::new(302).header("location", "https://api.example.com/v1/a")
    };
    let setup = Setup::new(ScriptedTransport::new().always(Method::Get, "/v1/a", round));
    assert_eq!(setup.run(get("a"), Some("token")).await.brief(), "redirect-limit");
    assert_eq!(setup.journal.take().len(), 2 + MAX_REDIRECTS as usize);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_leaves_the_guest_time_to_say_so() {
    for (name, exchange_deadline, expected) in
        [("its own time", 10, 10), ("what the call has left", 1_000, 60)]
    {
        let script = ScriptedTransport::new().on(Method::Get, "/v1/a", [Reply::Silence]);
        let exchange_deadline = Duration::from_secs(exchange_deadline);
        let answer_time = Duration::from_secs(5);
        let limits = Limits { exchange_deadline, answer_time, ..Limits::default() };
        let setup = Setup::with(script, limits, SecretInfo::default());
        let start = Instant::now();
        let outcome = setup.run(get("a"), Some("token")).await;
        assert_eq!(outcome.0.err().unwrap().cause, Cause::Timeout, "{name}");
        let expected = Duration::from_secs(expected);
        let expected =
            if expected == exchange_deadline { expected } else { expected - answer_time };
        assert!(start.elapsed() >= expected, "{name}: {:?}", start.elapsed());
        assert!(start.elapsed() < expected + Duration::from_secs(1), "{name}");
    }
}

#[tokio::test]
async fn nothing_that_the_guest_sees_holds_the_secret() {
    let body = format!(r#"{{"echo":"Bearer {SECRET}"}}"#);
    let reply = Reply::json(200, body)
        .header("x-echo", format!("a{SECRET}b"))
        .header("link", format!("</v1/a?t={SECRET}>; rel=\"next\""))
        .header("set-cookie", "session=1");
    let elsewhere = to(&format!("https://{SECRET}.example.com/"), 302);
    let script = ScriptedTransport::new().on(Method::Get, "/v1/a", [reply]).on(
        Method::Get,
        "/v1/b",
        elsewhere,
    );
    let setup = Setup::new(script);
    let seen = setup.run(get("a"), Some("token")).await.0.ok().unwrap();
    assert!(!String::from_utf8_lossy(&seen.body).contains(SECRET));
    assert!(
        seen.headers.iter().all(|(name, value)| name != "set-cookie" && !value.contains(SECRET))
    );
    assert_eq!(seen.next.as_deref(), Some("https://api.example.com/v1/a?t=[redacted]"));
    let failure = setup.run(get("b"), Some("token")).await.0.err().unwrap();
    assert_eq!(failure.code, "redirect-origin");
    assert!(!format!("{failure:?}").contains(SECRET), "{failure:?}");
}

#[tokio::test]
async fn responses_come_in_the_order_of_their_requests() {
    let reply = |request: &crate::scripted::ReceivedRequest| {
        Reply::new(200).body(request.url.path().to_owned())
    };
    let numbers: Vec<String> = (0..20).map(|number: u32| number.to_string()).collect();
    let script = numbers.iter().fold(ScriptedTransport::new(), |all, number| {
        all.always(Method::Get, format!("/v1/{number}"), reply)
    });
    let setup = Setup::new(script);
    let call = GuestCall {
        connection: &setup.connection,
        traffic: &setup.traffic,
        deadline: Instant::now() + Duration::from_secs(60),
    };
    let requests = numbers.iter().map(|number| get(number)).collect();
    let answers = call.run_all(requests, Some(("token", &SecretInfo::default()))).await;
    let bodies: Vec<String> = (answers.into_iter())
        .map(|answer| String::from_utf8(answer.ok().unwrap().body).unwrap())
        .collect();
    let expected: Vec<String> = numbers.iter().map(|number| format!("/v1/{number}")).collect();
    assert_eq!(bodies, expected);
}
