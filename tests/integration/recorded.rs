//! Real exchanges, replayed through the component, where `JACKFIELD_RECORDED` names their folder.

mod jira;

use jackfield_host::failure::{Cause, Failure, Retry};
use jackfield_host::limits::Limits;
use jackfield_host::report::{Page, ReadRequest, Report};
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::transport::{InboundResponse, Method};
use jackfield_tests::Recorded;
use serde_json::{Map, json};

use crate::support::{bound, scripted_host};

/// What a recording must come out as.
enum Expected {
    /// `check` passes; the account's name.
    Account(&'static str),
    /// `read issues` passes with so many records; whether more follows.
    Issues(usize, bool),
    /// The call fails with this code; whether a retry helps.
    Failure(&'static str, fn(&Retry) -> bool),
}

use Expected::{Account, Failure as Fails, Issues};

const AFTER: fn(&Retry) -> bool = |retry| matches!(retry, Retry::After { .. });
const USER: fn(&Retry) -> bool = |retry| matches!(retry, Retry::AfterUserAction);
const ANY: fn(&Retry) -> bool = |_| true;

/// Every GitHub recording that answers what the connector asks, or a failure of it.
const TABLE: &[(&str, Expected)] = &[
    ("user-classic-pat-200", Account("")),
    ("user-401-bad-credentials", Fails("credential-rejected", USER)),
    ("user-403-bad-user-agent", Fails("protocol", ANY)),
    ("users-403-primary-rate-limit", Fails("rate-limited", AFTER)),
    ("repo-403-secondary-limit-no-retry-after", Fails("rate-limited", AFTER)),
    ("repo-429-secondary-limit-retry-after", Fails("rate-limited", AFTER)),
    ("repo-404", Fails("not-found", ANY)),
    ("org-403-sso-required", Fails("policy-refused", USER)),
    ("org-invite-403-not-admin", Fails("permission-missing", USER)),
    ("labels-422-validation", Fails("invalid-input", ANY)),
    ("app-401-jwt-expired", Fails("credential-rejected", ANY)),
    ("issues-page-1-of-5", Issues(3, true)),
    ("issues-page-2-of-5", Issues(3, true)),
    ("issues-page-3-of-5", Issues(3, true)),
    ("issues-page-5-of-5", Issues(1, false)),
    ("issues-since-200", Issues(6, false)),
];

fn reply(recorded: &Recorded) -> Reply {
    let hidden = |name: &str| ["content-encoding", "transfer-encoding"].contains(&name);
    let headers = recorded.headers.iter().map(|(name, value)| (name.to_lowercase(), value.clone()));
    Reply::Response(InboundResponse {
        status: recorded.status,
        headers: headers.filter(|(name, _)| !hidden(name)).collect(),
        body: recorded.body.clone(),
    })
}

/// The recording as the answer to both things that the connector asks first.
async fn replay(recorded: &Recorded) -> (Result<Report, Failure>, Result<Page, Failure>) {
    let user = "https://api.github.com/user";
    let issues = "https://api.github.com/repos/octocat/hello/issues";
    let transport = ScriptedTransport::new().on(Method::Get, user, [reply(recorded)]).on(
        Method::Get,
        issues,
        [reply(recorded)],
    );
    let (host, _) = scripted_host(&transport, Limits::default());
    let github = host.load(jackfield_bundle::connector("github").unwrap()).await.unwrap();
    let binding = bound(&github, &[]);
    let parameters = Map::from_iter([("repository".to_owned(), json!("octocat/hello"))]);
    let request = ReadRequest {
        stream: "issues".to_owned(),
        cursor: None,
        parameters,
        limit: 100,
        skip_oversized: false,
    };
    (binding.check().await.unwrap(), binding.read(&request).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_classified() {
    // A user's clone has no recordings; the classification's own tables stand in guest/github.
    let Some(recordings) = Recorded::from_environment() else { return };
    let github: Vec<_> = recordings.into_iter().filter(|r| r.provider == "github").collect();
    assert!(github.len() >= TABLE.len(), "{} recordings", github.len());
    for (id, expected) in TABLE {
        let recorded =
            github.iter().find(|r| r.id == *id).unwrap_or_else(|| panic!("{id}: missing"));
        let (check, read) = replay(recorded).await;
        match expected {
            Account(name) => {
                let report = check.unwrap_or_else(|failure| panic!("{id}: {failure:?}"));
                assert!(report.account.name.contains(name), "{id}: {report:?}");
            }
            Issues(count, more) => {
                let page = read.unwrap_or_else(|failure| panic!("{id}: {failure:?}"));
                let follows =
                    serde_json::to_value(&page.progress).unwrap()["state"] == json!("more");
                assert_eq!((page.changes.len(), follows), (*count, *more), "{id}");
            }
            Fails(code, retry) => {
                let failure = if *code == "invalid-input" { read.err() } else { check.err() };
                let failure = failure.unwrap_or_else(|| panic!("{id}: taken for success"));
                assert_eq!(failure.cause.code(), *code, "{id}: {failure:?}");
                assert!(retry(&failure.retry), "{id}: {failure:?}");
                assert!(!failure.message.is_empty(), "{id}");
                let status =
                    failure.evidence.iter().any(|e| e.value == recorded.status.to_string());
                assert!(status, "{id}: {failure:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_recording_of_anything_else_is_taken_for_success() {
    let Some(recordings) = Recorded::from_environment() else { return };
    for recorded in recordings.iter().filter(|r| r.provider == "github" && r.status >= 300) {
        let (check, read) = replay(recorded).await;
        assert!(check.is_err(), "{}", recorded.id);
        if recorded.status != 304 {
            assert!(read.is_err(), "{}", recorded.id);
        }
        if let Err(Failure { cause: Cause::Other { name }, .. }) = check {
            panic!("{}: {name}", recorded.id);
        }
    }
}
