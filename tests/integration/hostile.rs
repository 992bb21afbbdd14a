//! Guests that misbehave: each is refused or stopped, the host goes on, other connections are untouched.

mod bounds;
mod redirects;

use std::time::{Duration, Instant};

use jackfield_host::limits::{Limits, MAX_LOG_LINE_BYTES, MAX_LOG_LINES, MAX_REQUESTS};
use jackfield_host::report::{ActionRequest, Change, ReadRequest, Report};
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::transport::Method;
use jackfield_host::{CallError, Connector, Host, LoadError};
use serde_json::{Map, Value, json};

use crate::support::{CANARY, Log, bound, scripted_host};

/// Deadlines that no busy machine passes by chance, but for the exchange with a server that hangs.
fn limits() -> Limits {
    let long = Duration::from_mins(2);
    Limits {
        describe_deadline: long,
        check_deadline: long,
        read_deadline: long,
        exchange_deadline: Duration::from_millis(500),
        ..Limits::default()
    }
}

/// Deadlines that a test can wait for, of guests that never end.
fn short_limits() -> Limits {
    Limits {
        describe_deadline: Duration::from_millis(500),
        check_deadline: Duration::from_millis(1_500),
        ..limits()
    }
}

/// A provider that answers everything with what it was sent, as far as a script can.
fn provider() -> ScriptedTransport {
    let mut transport =
        ScriptedTransport::new()
            .always(Method::Get, "https://api.example.com/hang", |_| Reply::Silence);
    for method in [Method::Get, Method::Post] {
        for path in ["https://api.example.com/", "https://api.example.com/echo"] {
            transport = transport.always(method, path, |_| {
                Reply::json(200, json!({ "authorization": format!("Bearer {CANARY}") }).to_string())
                    .header("x-echo", CANARY)
            });
        }
    }
    transport
}

async fn load(host: &Host, name: &str) -> Result<Connector, LoadError> {
    host.load(jackfield_bundle::hostile(name).expect(name)).await
}

/// The guest's `check`, and the proof that another guest of the same host still answers.
async fn check(name: &str, settings: &[(&str, Value)]) -> (Result<Report, CallError>, Log) {
    let limits = if name == "spin" { short_limits() } else { limits() };
    let (host, log) = scripted_host(&provider(), limits);
    let neighbor = bound(&load(&host, "noop").await.unwrap(), &[]);
    let connector = load(&host, name).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let answer = bound(&connector, settings).check().await;
    neighbor.check().await.unwrap().unwrap();
    (answer.map(|answer| answer.unwrap_or_else(|failure| panic!("{name}: {failure:?}"))), log)
}

fn read_request() -> ReadRequest {
    ReadRequest {
        stream: "things".to_owned(),
        cursor: None,
        parameters: Map::new(),
        limit: 10,
        skip_oversized: false,
    }
}

/// Whether it is the right way to be stopped.
type Stopped = fn(&CallError) -> bool;

#[tokio::test(flavor = "multi_thread")]
async fn guests_that_use_too_much_are_stopped() {
    let cases: [(&str, &str, Value, Stopped); 9] = [
        ("spin", "how", json!(""), |e| matches!(e, CallError::Deadline { .. })),
        ("allocate", "how", json!(""), |e| matches!(e, CallError::Exhausted { what: "memory" })),
        ("recurse", "how", json!(""), |e| matches!(e, CallError::Exhausted { what: "stack" })),
        ("trap", "how", json!(""), |e| matches!(e, CallError::Trapped { .. })),
        ("exit", "how", json!(""), |e| matches!(e, CallError::Trapped { .. })),
        ("many_requests", "count", json!(10_000), |e| {
            matches!(e, CallError::Exhausted { what: "requests" })
        }),
        ("hoard_handles", "how", json!(""), |e| {
            matches!(e, CallError::Exhausted { what: "secret handles" })
        }),
        ("huge_string", "how", json!("lie"), |e| matches!(e, CallError::Trapped { .. })),
        ("huge_string", "how", json!("honest"), |e| {
            matches!(e, CallError::Exhausted { what: "memory" })
        }),
    ];
    for (name, setting, value, expected) in cases {
        let start = Instant::now();
        let (answer, _) = check(name, &[(setting, value.clone())]).await;
        let error = answer.err().unwrap_or_else(|| panic!("{name} {value}: it got through"));
        assert!(expected(&error), "{name} {value}: {error:?}");
        assert!(start.elapsed() < Duration::from_secs(60), "{name} {value}");
    }
}

/// Each exchange ends at its own deadline, and all of them while there is still time to answer: here
/// more of it than the busiest machine takes.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_does_not_hold_the_call() {
    let answer_time = Duration::from_secs(30);
    let exchanges = Duration::from_millis(1_500);
    let patient = Limits { check_deadline: answer_time + exchanges, answer_time, ..limits() };
    let (host, _) = scripted_host(&provider(), patient);
    let connector = load(&host, "slow_drip").await.unwrap();
    let start = Instant::now();
    let lines = bound(&connector, &[]).check().await.unwrap().unwrap().warnings;
    assert!(start.elapsed() < answer_time);
    assert!(lines.iter().all(|line| !line.message.starts_with("sent")), "{lines:?}");
    assert!(lines.iter().any(|line| line.message.starts_with("refused timeout")), "{lines:?}");
}

/// With memory enough, the bytes that one call may hand over are what stops it.
#[tokio::test(flavor = "multi_thread")]
async fn strings_of_forty_megabytes_do_not_cross() {
    let roomy = Limits { memory_bytes: 512 << 20, ..limits() };
    let (host, _) = scripted_host(&provider(), roomy);
    let connector = load(&host, "huge_string").await.unwrap();
    let answer = bound(&connector, &[("how", json!("fits"))]).check().await;
    let expected = "bytes handed to the host";
    assert!(matches!(answer, Err(CallError::Exhausted { what }) if what == expected), "{answer:?}");
    let error = load(&host, "huge_describe").await.err().unwrap();
    assert!(error.to_string().contains(expected), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_break_the_contract_are_refused() {
    for name in ["bad_json_report", "deep_json"] {
        let (answer, _) = check(name, &[]).await;
        let error = answer.err().unwrap_or_else(|| panic!("{name}: it got through"));
        assert!(matches!(error, CallError::InvalidAnswer { .. }), "{name}: {error:?}");
    }
    let (host, _) = scripted_host(&provider(), limits());
    for name in ["bad_json_report", "deep_json", "too_many_records"] {
        let connector = load(&host, name).await.unwrap();
        let error = bound(&connector, &[]).read(&read_request()).await.err();
        let error = error.unwrap_or_else(|| panic!("{name}: it got through"));
        assert!(matches!(error, CallError::InvalidAnswer { .. }), "{name}: {error:?}");
    }
}

/// What a guest returns as records between `;;`, the records that leave the host, and the warning.
const RECORDS: [(&str, &[&str], &str); 7] = [
    (r#"{"a":1};;{"a":"\ud83d\ude00"}"#, &[r#"{"a":1}"#, r#"{"a":"\ud83d\ude00"}"#], ""),
    (
        r#"{"title":"cut \ud83d"};;{"a":1}"#,
        &[r#"{"title":"cut \ufffd"}"#, r#"{"a":1}"#],
        "1 value in 1 record was changed, since strict JSON parsers refuse such values: 1 string got U+FFFD for broken characters.",
    ),
    (
        r#"{"\udc00":[1e999,"\u0000"]}"#,
        &[r#"{"\ufffd":["1e999","\ufffd"]}"#],
        "3 values in 1 record were changed, since strict JSON parsers refuse such values: 2 strings got U+FFFD for broken characters, 1 number became text, being out of range.",
    ),
    (
        r#"{"a":1,"a":2};;{"b":-1e999}"#,
        &[r#"{"a":2}"#, r#"{"b":"-1e999"}"#],
        "2 values in 2 records were changed, since strict JSON parsers refuse such values: 1 number became text, being out of range, 1 repeated key kept the last value only.",
    ),
    (
        r#"{"a":{"b":[{"c":1,"c":2,"\u0063":3}]}}"#,
        &[r#"{"a":{"b":[{"\u0063":3}]}}"#],
        "2 values in 1 record were changed, since strict JSON parsers refuse such values: 2 repeated keys kept the last value only.",
    ),
    (r#"{"tiny":1e-999}"#, &[r#"{"tiny":1e-999}"#], ""),
    (
        "\u{feff}{}",
        &["{}"],
        "1 value in 1 record was changed, since strict JSON parsers refuse such values: 1 byte order mark went.",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn records_leave_the_host_so_that_every_parser_reads_them() {
    let (host, log) = scripted_host(&provider(), limits());
    let connector = load(&host, "bad_json_report").await.unwrap();
    for (records, expected, warning) in RECORDS {
        let binding = bound(&connector, &[("path", json!(records))]);
        let page = binding.read(&read_request()).await.unwrap().unwrap();
        let found = page.changes.iter().map(|change| match change {
            Change::Upsert(item) => item.data.get(),
            Change::Delete(key) => panic!("{key} was deleted"),
        });
        assert_eq!(found.collect::<Vec<_>>(), expected, "{records}");
        let warnings = page.warnings.iter().map(|one| (one.code.as_str(), one.message.as_str()));
        let expected_warnings = (!warning.is_empty()).then_some(("records-changed", warning));
        assert!(warnings.eq(expected_warnings), "{records}: {:?}", page.warnings);

        let [output] = expected else { continue };
        let request =
            ActionRequest { action: "do".to_owned(), input: Map::new(), idempotency_key: None };
        let before = log.lines().len();
        let outcome = binding.invoke(&request).await.unwrap().unwrap();
        assert_eq!(outcome.output, serde_json::from_str::<Value>(output).unwrap(), "{records}");
        let told = log.lines().split_off(before).concat();
        assert_eq!(told.contains("The action's output was changed"), !warning.is_empty(), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_leave_the_host_without_nuls_and_stay_the_same_as_each_other() {
    let (host, _) = scripted_host(&provider(), limits());
    let connector = load(&host, "bad_json_report").await.unwrap();
    for (key, expected, changed) in [
        ("plain", "plain", 0),
        ("a\\u0000b", "a\u{fffd}b", 2),
        ("\\u0000\\u0000", "\u{fffd}\u{fffd}", 2),
        ("\\ud83d\\ude00", "😀", 0),
    ] {
        let settings = [("path", json!("{}")), ("how", json!(format!("\"{key}\"")))];
        let page = bound(&connector, &settings).read(&read_request()).await.unwrap().unwrap();
        let keys = page.changes.iter().map(|change| match change {
            Change::Upsert(item) => item.key.as_str(),
            Change::Delete(key) => key,
        });
        assert_eq!(keys.collect::<Vec<_>>(), [expected; 2], "{key}");
        let warning = page.warnings.first().map(|one| one.message.clone()).unwrap_or_default();
        let count = format!("{changed} values in {changed} records were changed");
        assert_eq!(warning.starts_with(&count), changed > 0, "{key}: {warning}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn components_are_refused_before_they_run() {
    let cases: [(&str, &str); 6] = [
        ("extra_import", "which is not part of the connector contract"),
        ("sockets", "imports `wasi:sockets/"),
        ("spin_describe", "did not end within 500 ms"),
        ("huge_describe", "exceeded the limit on memory"),
        ("bad_manifest", "invalid manifest"),
        ("changing_manifest", "the manifest changes from one `describe` to the next"),
    ];
    for (name, expected) in cases {
        let limits = if name == "spin_describe" { short_limits() } else { limits() };
        let (host, _) = scripted_host(&provider(), limits);
        let error = load(&host, name).await.err();
        let error = error.unwrap_or_else(|| panic!("{name}: it got through"));
        assert!(error.to_string().contains(expected), "{name}: {error}");
        let changing = matches!(error, LoadError::ChangingManifest);
        assert_eq!(changing, name == "changing_manifest", "{name}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_versions_of_the_contract_are_told_apart() {
    let noop = jackfield_bundle::hostile("noop").unwrap();
    let patched = |version: &[u8]| {
        let mut bytes = noop.to_vec();
        let places: Vec<usize> = bytes
            .windows(22 + 9)
            .enumerate()
            .filter(|(_, window)| window.starts_with(b"jackfield:connector/"))
            .map(|(at, _)| at)
            .collect();
        for at in places {
            let tail = &mut bytes[at..];
            let end = tail.len().min(50);
            if let Some(mark) = tail[..end].windows(6).position(|window| window == b"@0.1.0") {
                tail[mark + 1..mark + 6].copy_from_slice(version);
            }
        }
        bytes
    };
    let (host, _) = scripted_host(&provider(), limits());
    let later = host.load(patched(b"0.1.7")).await.expect("a later patch version is spoken");
    bound(&later, &[]).check().await.unwrap().unwrap();
    for version in [b"0.2.0", b"1.1.0"] {
        let error = host.load(patched(version)).await.err().expect("another version is not spoken");
        assert!(matches!(error, LoadError::ContractVersion { .. }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_past_the_budget_are_refused_one_by_one() {
    let (answer, _) = check("many_requests", &[("count", json!(MAX_REQUESTS + 5))]).await;
    let report = answer.unwrap();
    let refused = report.warnings.iter().find(|line| line.code == "denied").unwrap();
    assert_eq!(refused.message, "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_stays_bounded_and_a_line_stays_one_line() {
    let (_, log) = check("flood_log", &[]).await;
    let lines = log.lines();
    assert_eq!(lines.len(), MAX_LOG_LINES as usize);
    for line in &lines {
        assert!(line.len() <= MAX_LOG_LINE_BYTES + 100, "{} bytes", line.len());
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

/// What the report says of each attempt: its name, and whether the request was sent.
async fn attempts(name: &str) -> (Vec<(String, bool)>, ScriptedTransport) {
    let transport = provider();
    let (host, _) = scripted_host(&transport, limits());
    let connector = load(&host, name).await.unwrap();
    let report = bound(&connector, &[]).check().await.unwrap().unwrap();
    // A link counts as the provider's: where the host does not follow it, the policy denies nothing.
    let refused = ["refused denied: ", "refused protocol: The service's link "];
    let fates = report.warnings.into_iter().map(|line| {
        let denied = refused.iter().any(|refused| line.message.starts_with(refused));
        (line.code, !denied)
    });
    (fates.collect(), transport)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_harmless_headers_are_sent() {
    let (fates, transport) = attempts("forge_headers").await;
    assert!(fates.len() > 20);
    let sent: Vec<&str> = fates.iter().filter(|(_, sent)| *sent).map(|(n, _)| n.as_str()).collect();
    assert!(sent.iter().all(|name| name.contains("accept")), "{sent:?}");
    for request in transport.received() {
        for name in request.header_names() {
            assert!(["accept", "authorization"].contains(&name), "{name}");
        }
        assert!(request.header("authorization").is_none(), "forged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_segment_leaves_the_base() {
    let (fates, transport) = attempts("traverse").await;
    assert!(fates.len() > 20);
    for request in transport.received() {
        assert_eq!(request.url.origin().ascii_serialization(), "https://api.example.com");
        let segments: Vec<&str> = request.url.path_segments().unwrap().collect();
        assert!(matches!(segments.len(), 1 | 3), "{}", request.url);
        assert!(
            segments.len() == 1 || (segments[0] == "a" && segments[2] == "b"),
            "{}",
            request.url
        );
    }
    let refused = |name: &str| fates.iter().any(|(n, sent)| n.contains(name) && !sent);
    for name in ["\"..\"", "\".\"", "\"\"", "endpoint \"other\""] {
        assert!(refused(name), "{name}: {fates:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_leaves_the_base() {
    let (fates, transport) = attempts("foreign_link").await;
    assert!(fates.len() > 20);
    let sent: Vec<&(String, bool)> = fates.iter().filter(|(_, sent)| *sent).collect();
    for request in transport.received() {
        assert_eq!(request.url.origin().ascii_serialization(), "https://api.example.com");
        assert!(request.url.username().is_empty());
    }
    assert!(fates[0].1, "the link inside is followed");
    assert!(sent.len() <= 3, "{sent:?}");
}

/// The connector is not to blame for what a person gave it.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_an_input_spoils_names_the_input() {
    let transport = provider();
    let (host, _) = scripted_host(&transport, limits());
    let connector = load(&host, "echo").await.unwrap();
    for (path, rule) in [
        ("中".repeat(900), "url-length"),
        (format!("search/{}", "😀".repeat(700)), "url-length"),
        ("a/../b".to_owned(), "path-segment"),
        ("..".to_owned(), "path-segment"),
    ] {
        let answer = bound(&connector, &[("path", json!(path))]).check().await.unwrap();
        let failure = answer.unwrap_err();
        assert_eq!(failure.cause.code(), "invalid-input", "{rule}: {failure:?}");
        assert_eq!(failure.code, rule, "{failure:?}");
        assert_eq!(failure.fields[0].pointer, "/settings/path", "{failure:?}");
        let told = format!("{} {:?}", failure.message, failure.remedies);
        assert!(!told.contains("author") && told.contains("`path`"), "{told}");
    }
    assert!(transport.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_goes_only_to_its_audience() {
    let transport = ScriptedTransport::new()
        .always(Method::Get, "https://api.example.com/", |_| Reply::json(200, "{}"))
        .always(Method::Get, "https://other.example.com/", |_| Reply::json(200, "{}"));
    let (host, _) = scripted_host(&transport, limits());
    let connector = load(&host, "two_endpoints").await.unwrap();
    bound(&connector, &[]).check().await.unwrap().unwrap();
    for request in transport.received() {
        let host = request.url.host_str().unwrap();
        let carried = request.expose_sensitive_header("authorization").is_some();
        assert!(!carried || host == "api.example.com", "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_guest_sees_holds_the_secret() {
    for (name, how) in
        [("steal", ""), ("echo", "report"), ("echo", "failure"), ("echo", "discovered")]
    {
        let (host, log) = scripted_host(&provider(), limits());
        let connector = load(&host, name).await.unwrap();
        let settings = [("path", json!("echo")), ("how", json!(how))];
        let answer = bound(&connector, &settings).check().await;
        let seen = format!("{answer:?} {:?}", log.lines());
        assert!(!seen.contains(CANARY), "{name} {how}: {seen}");
        assert!(seen.contains("[redacted]"), "{name} {how}: {seen}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undeclared_discoveries_are_dropped() {
    let (answer, _) = check("undeclared_settings", &[]).await;
    assert_eq!(answer.unwrap().discovered, Map::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_send_all_shares_the_budget() {
    let transport = provider();
    let (host, _) = scripted_host(&transport, limits());
    let connector = load(&host, "many_at_once").await.unwrap();
    let answer = bound(&connector, &[]).check().await;
    assert!(transport.received().len() <= MAX_REQUESTS as usize);
    let stopped = matches!(answer, Err(CallError::Exhausted { what: "requests" }));
    assert!(stopped, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_calls_than_instances_are_answered_busy() {
    let few = Limits { live_instances: 2, ..limits() };
    let transport =
        ScriptedTransport::new()
            .always(Method::Get, "https://api.example.com/hang", |_| Reply::Silence);
    let (host, _) = scripted_host(&transport, few);
    let waiting = bound(&load(&host, "slow_drip").await.unwrap(), &[]);
    let first = waiting.session().await.unwrap();
    let second = waiting.session().await.unwrap();
    let error = waiting.session().await.err().unwrap();
    assert!(matches!(error, CallError::Busy { limit: 2 }), "{error}");
    drop((first, second));
    assert!(waiting.session().await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_first_crash() {
    let (host, _) = scripted_host(&provider(), limits());
    let mut session = bound(&load(&host, "trap").await.unwrap(), &[]).session().await.unwrap();
    assert!(matches!(session.check().await, Err(CallError::Trapped { .. })));
    assert!(matches!(session.check().await, Err(CallError::Ended)));
}
