//! What a guest may use and answer with: as much as each limit says, and not one more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jackfield_host::failure::Cause;
use jackfield_host::limits::{
    Limits, MAX_CONCURRENT_REQUESTS, MAX_DISCOVERED_BYTES, MAX_LIST_ENTRIES, MAX_LOG_LINE_BYTES,
    MAX_LOG_LINES, MAX_RECORD_BYTES, MAX_REQUEST_BYTES,
};
use jackfield_host::report::{ActionRequest, ReadRequest, Report};
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::transport::{
    InboundResponse, Method, OutboundRequest, Transport, TransportError,
};
use jackfield_host::{Allocation, Binding, BoxFuture, CallError, Host};
use jackfield_tests::compiled;
use serde_json::{Map, Value, json};

use super::{load, read_request};
use crate::support::{Log, bound, scripted_host};

/// Bytes of each answer of [`provider`] and of [`Slow`].
const ANSWER_BYTES: u64 = 100;

fn provider() -> ScriptedTransport {
    let answer = || Reply::new(200).body(vec![b'x'; ANSWER_BYTES as usize]);
    let count = |at: u64| format!("https://api.example.com/n/{at}");
    let provider =
        ScriptedTransport::new()
            .always(Method::Post, "https://api.example.com/", move |_| answer());
    (0..10)
        .fold(provider, |provider, at| provider.always(Method::Get, count(at), move |_| answer()))
}

/// A connection that uses `count` of what `how` names.
async fn using(how: &str, count: usize) -> (Binding, ScriptedTransport, Log) {
    let transport = provider();
    let (host, log) = scripted_host(&transport, Limits::default());
    let connector = load(&host, "at_the_limit").await.unwrap();
    (bound(&connector, &[("how", json!(how)), ("count", json!(count))]), transport, log)
}

fn refused<T>(answer: Result<T, CallError>, expected: &str) {
    match answer {
        Err(CallError::InvalidAnswer { what, .. }) => assert_eq!(what, expected),
        Err(error) => panic!("{expected}: {error}"),
        Ok(_) => panic!("{expected}: it got through"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_as_many_bytes_as_the_limit_at_most() {
    let cases =
        [(MAX_REQUEST_BYTES, "sent 200", 1), (MAX_REQUEST_BYTES + 1, "refused too-large", 0)];
    for (bytes, expected, sent) in cases {
        let (binding, transport, _) = using("request bytes", bytes).await;
        let report = binding.check().await.unwrap().unwrap();
        assert!(report.warnings[0].message.starts_with(expected), "{bytes}: {report:?}");
        let received: Vec<_> = transport.received().iter().map(|one| one.body.len()).collect();
        assert_eq!(received, vec![bytes; sent]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_has_as_many_bytes_as_its_limit_at_most() {
    let check = async |bytes| {
        using("discovered bytes", bytes).await.0.check().await.map(|answer| drop(answer.unwrap()))
    };
    check(MAX_DISCOVERED_BYTES).await.unwrap();
    refused(check(MAX_DISCOVERED_BYTES + 1).await, "discovered");

    let read = async |bytes, skip_oversized| {
        let request = ReadRequest { skip_oversized, ..read_request() };
        using("record bytes", bytes).await.0.read(&request).await.unwrap()
    };
    assert_eq!(read(MAX_RECORD_BYTES, false).await.unwrap().changes.len(), 1);
    let failure = read(MAX_RECORD_BYTES + 1, false).await.unwrap_err();
    assert_eq!(failure.code, jackfield_host::RECORD_TOO_LARGE);
    let page = read(MAX_RECORD_BYTES + 1, true).await.unwrap();
    let codes: Vec<_> = page.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!((page.changes.len(), codes), (0, vec![jackfield_host::RECORD_SKIPPED]));

    let request =
        ActionRequest { action: "do".to_owned(), input: Map::new(), idempotency_key: None };
    let invoke = async |bytes| {
        let answer = using("output bytes", bytes).await.0.invoke(&request).await;
        answer.map(|outcome| assert!(outcome.unwrap().output.is_object()))
    };
    invoke(MAX_RECORD_BYTES).await.unwrap();
    refused(invoke(MAX_RECORD_BYTES + 1).await, "output");
}

/// The lengths of all lists of the report.
fn lengths(report: &Report) -> [usize; 5] {
    [
        report.organizations.len(),
        report.permissions.len(),
        report.permissions[0].needed_by.len(),
        report.warnings.len(),
        report.warnings[0].remedies.len(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_for_people_has_as_many_entries_as_the_limit_at_most() {
    for (given, kept) in [
        (MAX_LIST_ENTRIES, MAX_LIST_ENTRIES),
        (MAX_LIST_ENTRIES + 1, MAX_LIST_ENTRIES),
        (MAX_LIST_ENTRIES - 1, MAX_LIST_ENTRIES - 1),
    ] {
        let report = using("entries of a report", given).await.0.check().await.unwrap().unwrap();
        assert_eq!(lengths(&report), [kept; 5], "{given}");

        let failure = using("entries of a failure", given).await.0.check().await.unwrap();
        let failure = failure.unwrap_err();
        let Cause::PermissionMissing { permissions } = &failure.cause else {
            panic!("{failure:?}")
        };
        let lists = [&failure.remedies.len(), &failure.fields.len(), &failure.evidence.len()];
        assert_eq!(lists, [&kept; 3], "{given}");
        assert_eq!(permissions.len(), kept, "{given}");

        let page = using("entries of a page", given).await.0.read(&read_request()).await;
        assert_eq!(page.unwrap().unwrap().warnings.len(), kept, "{given}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_as_many_lines_as_the_limit_at_most() {
    let most = MAX_LOG_LINES as usize;
    for (given, kept) in [(most - 1, most - 1), (most, most), (most + 1, most)] {
        let (binding, _, log) = using("log lines", given).await;
        binding.check().await.unwrap().unwrap();
        let expected: Vec<_> = (0..kept).map(|at| format!("at-the-limit Info {at}")).collect();
        assert_eq!(log.lines(), expected, "{given}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_the_log_has_as_many_bytes_as_the_limit_at_most() {
    let whole = "x".repeat(MAX_LOG_LINE_BYTES);
    let cut = format!("{whole}…");
    for (given, expected) in [(MAX_LOG_LINE_BYTES, whole), (MAX_LOG_LINE_BYTES + 1, cut)] {
        let (binding, _, log) = using("bytes of a log line", given).await;
        binding.check().await.unwrap().unwrap();
        assert_eq!(log.lines(), [format!("at-the-limit Info {expected}")], "{given}");
    }
}

/// Answers after a moment, so that what may run at once does, and counts how many do.
#[derive(Clone, Default)]
struct Slow {
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Transport for Slow {
    fn send(&self, _: OutboundRequest) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        Box::pin(async move {
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(running, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            self.running.fetch_sub(1, Ordering::SeqCst);
            let body = vec![b'x'; ANSWER_BYTES as usize];
            Ok(InboundResponse { status: 200, headers: Vec::new(), body })
        })
    }
}

/// What became of so many requests that the guest handed over at once: how many were sent, how many
/// denied, and of how many the response was too much.
async fn at_once(transport: Slow, limits: Limits, count: usize) -> [String; 3] {
    let builder = Host::builder(transport).cache(compiled(env!("CARGO_TARGET_TMPDIR")));
    let host = builder.allocation(Allocation::OnDemand).limits(limits).build().unwrap();
    let connector = load(&host, "many_at_once").await.unwrap();
    let report = bound(&connector, &[("count", json!(count))]).check().await.unwrap().unwrap();
    let told =
        |name: &str| report.warnings.iter().find(|line| line.code == name).unwrap().message.clone();
    assert_eq!(told("answers"), count.to_string());
    ["sent", "denied", "too-large"].map(told)
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_requests_as_the_limit_run_at_once() {
    let transport = Slow::default();
    let count = 3 * MAX_CONCURRENT_REQUESTS;
    let told = at_once(transport.clone(), Limits::default(), count).await;
    assert_eq!(told, [&*count.to_string(), "0", "0"]);
    assert_eq!(transport.most.load(Ordering::SeqCst), MAX_CONCURRENT_REQUESTS);
}

/// Those that run at once are told the same number of bytes left, so each is held against it again when
/// its answer has come.
#[tokio::test(flavor = "multi_thread")]
async fn answers_that_come_at_once_share_the_bytes_of_a_call() {
    for (left_over, sent, too_much) in [(0, "3", "5"), (ANSWER_BYTES - 1, "3", "5")] {
        let limits =
            Limits { total_response_bytes: 3 * ANSWER_BYTES + left_over, ..Limits::default() };
        let told = at_once(Slow::default(), limits, 8).await;
        assert_eq!(told, [sent, "0", too_much], "{left_over}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answers_of_a_call_have_as_many_bytes_as_the_limit_at_most() {
    let cases = [
        (3 * ANSWER_BYTES, vec![("sent-200", "3"), ("too-large", "1")]),
        (3 * ANSWER_BYTES - 1, vec![("sent-200", "2"), ("too-large", "2")]),
        (4 * ANSWER_BYTES, vec![("sent-200", "4")]),
    ];
    for (total_response_bytes, expected) in cases {
        let limits = Limits { total_response_bytes, ..Limits::default() };
        let (host, _) = scripted_host(&provider(), limits);
        let connector = load(&host, "many_requests").await.unwrap();
        let binding = bound(&connector, &[("count", Value::from(4))]);
        // Each call has as many again.
        let mut session = binding.session().await.unwrap();
        for _ in 0..2 {
            let report = session.check().await.unwrap().unwrap();
            let fates = report.warnings.iter().map(|line| (&*line.code, &*line.message));
            assert_eq!(fates.collect::<Vec<_>>(), expected, "{total_response_bytes}");
        }
    }
}
