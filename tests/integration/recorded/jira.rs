//! Jira's exchanges, those that Atlassian documents among them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jackfield_host::failure::{Failure, Retry};
use jackfield_host::report::{Page, ReadRequest, Report};
use jackfield_host::scripted::Reply;
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::transport::{InboundResponse, OutboundRequest, Transport, TransportError};
use jackfield_host::{Allocation, Binding, BoxFuture, Connector, Host};
use jackfield_tests::{Recorded, compiled};
use serde_json::{Map, json};

use super::{AFTER, ANY, USER, reply};
use crate::support::CANARY;

/// Which Jira a recording is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Cloud,
    /// Cloud too, by the gateway that an earlier check found to be the way.
    Gateway,
    DataCenter,
    /// By a name that says nothing, with a password.
    Password,
}

use Kind::{Cloud, DataCenter, Gateway, Password};

/// What a recording must come out as.
enum Expected {
    /// `check` passes; the account's id and name.
    Account(&'static str, &'static str),
    /// The stream is read, with so many records; whether more follows.
    Records(&'static str, usize, bool),
    /// `check` fails with this cause and this diagnosis; whether a retry helps.
    Fails(&'static str, &'static str, fn(&Retry) -> bool),
}

use Expected::{Account, Fails, Records};

const BY_EITHER_ROUTE: &[Kind] = &[Cloud, Gateway];

/// Every Jira recording that answers what the connector asks, or a failure of it.
const TABLE: &[(&str, &[Kind], Expected)] = &[
    (
        "user-200-cloud-2025",
        BY_EITHER_ROUTE,
        Account("5d07f57ceec00a0bcb5eca63", "redacted@example.invalid"),
    ),
    (
        "myself-200-documented",
        BY_EITHER_ROUTE,
        Account("5b10a2844c20165700ede21g", "redacted@example.invalid"),
    ),
    ("401-cloud-2022", BY_EITHER_ROUTE, Fails("credential-rejected", "api-token-rejected", USER)),
    ("429-burst-documented", BY_EITHER_ROUTE, Fails("rate-limited", "burst-limit", AFTER)),
    ("issue-404", &[Cloud], Fails("invalid-input", "no-jira-here", ANY)),
    ("issue-404", &[Gateway], Fails("not-found", "gateway-without-site", USER)),
    (
        "serverinfo-403-captcha-server-8.0",
        &[Password],
        Fails("policy-refused", "captcha-required", USER),
    ),
    ("project-search-200-documented", BY_EITHER_ROUTE, Records("projects", 2, true)),
    ("project-search-body-cloud-v3", BY_EITHER_ROUTE, Records("projects", 2, true)),
    ("projects-200-dc-ratelimit-headers", &[DataCenter], Records("projects", 0, false)),
    ("search-jql-200-documented", BY_EITHER_ROUTE, Records("issues", 1, false)),
];

const TENANT: &str = r#"{"cloudId":"11223344-a1b2-4b33-8c44-def123456789"}"#;
const SERVER: &str = r#"{"deploymentType":"Server"}"#;
const ACCOUNT: &str = r#"{"accountId":"5b10a2844c20165700ede21g","key":"mia","name":"mia"}"#;
const PERMISSIONS: &str = r#"{"permissions":{"BROWSE_PROJECTS":{"havePermission":true}}}"#;

/// A Jira that says of itself what it is, and answers everything else by a recording.
#[derive(Clone)]
struct Replay(Arc<Mutex<Answers>>);

struct Answers {
    recorded: Recorded,
    /// Whether the account is told too, so that a stream can be read.
    knows_account: bool,
    /// The host that was asked first.
    asked_first: Option<String>,
}

impl Answers {
    fn of(recorded: &Recorded, knows_account: bool) -> Self {
        Self { recorded: recorded.clone(), knows_account, asked_first: None }
    }
}

impl Transport for Replay {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        let mut answers = self.0.lock().unwrap();
        let host = request.url.host_str().map(str::to_owned);
        answers.asked_first = answers.asked_first.take().or(host);
        let good = match request.url.path().rsplit('/').next().unwrap_or_default() {
            "tenant_info" => Some(TENANT),
            "serverInfo" => Some(SERVER),
            "mypermissions" => Some(PERMISSIONS),
            "myself" if answers.knows_account => Some(ACCOUNT),
            _ => None,
        };
        let reply = good.map_or_else(|| reply(&answers.recorded), |text| Reply::json(200, text));
        let Reply::Response(response) = reply else { unreachable!("a recording is an answer") };
        Box::pin(async move { Ok(response) })
    }
}

/// The connector, compiled once, and what answers it.
struct Stand {
    jira: Connector,
    replay: Replay,
    bound: AtomicUsize,
}

impl Stand {
    async fn new(recorded: &Recorded) -> Self {
        let replay = Replay(Arc::new(Mutex::new(Answers::of(recorded, false))));
        let host = Host::builder(replay.clone())
            .allocation(Allocation::OnDemand)
            .cache(compiled(env!("CARGO_TARGET_TMPDIR")))
            .build()
            .unwrap();
        let jira = host.load(jackfield_bundle::connector("jira").unwrap()).await.unwrap();
        Self { jira, replay, bound: AtomicUsize::new(0) }
    }

    /// A connection with a credential of its own: what is told of a limit is kept for each.
    fn bind(&self, kind: Kind, recorded: &Recorded, knows_account: bool) -> Binding {
        *self.replay.0.lock().unwrap() = Answers::of(recorded, knows_account);
        let (method, settings) = match kind {
            Cloud => (
                "api_token",
                json!({
                    "host": "acme.atlassian.net", "email": "mia@example.com", "deployment": "cloud",
                    "route": "site", "found_at": "acme.atlassian.net",
                }),
            ),
            Gateway => (
                "api_token",
                json!({
                    "host": "acme.atlassian.net", "email": "mia@example.com", "deployment": "cloud",
                    "route": "gateway", "cloud_id": "11223344-a1b2-4b33-8c44-def123456789",
                    "found_at": "acme.atlassian.net",
                }),
            ),
            DataCenter => (
                "personal_access_token",
                json!({
                    "host": "jira.example.com", "deployment": "data-center", "route": "site",
                    "found_at": "jira.example.com",
                }),
            ),
            Password => ("password", json!({ "host": "jira.example.com", "username": "mia" })),
        };
        let number = self.bound.fetch_add(1, Ordering::Relaxed);
        let value = SecretText::new(format!("{CANARY}{number}"));
        let secrets = MemorySecrets::new().with(method, value, SecretInfo::default());
        self.jira.bind(method, settings.as_object().unwrap(), Arc::new(secrets)).unwrap()
    }

    async fn check(&self, kind: Kind, recorded: &Recorded) -> Result<Report, Failure> {
        self.bind(kind, recorded, false).check().await.unwrap()
    }

    async fn read(&self, kind: Kind, recorded: &Recorded, stream: &str) -> Result<Page, Failure> {
        let (stream, cursor, parameters) = (stream.to_owned(), None, Map::new());
        let request = ReadRequest { stream, cursor, parameters, limit: 100, skip_oversized: false };
        self.bind(kind, recorded, true).read(&request).await.unwrap()
    }
}

fn recordings() -> Option<Vec<Recorded>> {
    // A user's clone has no recordings; the classification's own tables stand in guest/jira.
    let all = Recorded::from_environment()?;
    Some(all.into_iter().filter(|recorded| recorded.provider == "jira").collect())
}

impl Stand {
    /// Holds what comes out of the recording against what is expected.
    async fn judge(&self, kind: Kind, recorded: &Recorded, expected: &Expected) {
        let id = format!("{} {kind:?}", recorded.id);
        match expected {
            Account(account, name) => {
                let report = self.check(kind, recorded).await;
                let report = report.unwrap_or_else(|failure| panic!("{id}: {failure:?}"));
                assert_eq!((&*report.account.id, &*report.account.name), (*account, *name), "{id}");
            }
            Records(stream, count, more) => {
                let page = self.read(kind, recorded, stream).await;
                let page = page.unwrap_or_else(|failure| panic!("{id}: {failure:?}"));
                let state = serde_json::to_value(&page.progress).unwrap()["state"].clone();
                assert_eq!((page.changes.len(), state == "more"), (*count, *more), "{id}");
            }
            Fails(cause, code, retry) => {
                let failure = self.check(kind, recorded).await.expect_err(&id);
                assert_eq!(
                    (failure.cause.code(), &*failure.code),
                    (*cause, *code),
                    "{id}: {failure:?}"
                );
                assert!(retry(&failure.retry), "{id}: {failure:?}");
                let status = recorded.status.to_string();
                let told = failure.evidence.iter().any(|evidence| evidence.value == status);
                assert!(told && !failure.message.is_empty(), "{id}: {failure:?}");
            }
        }
    }

    /// The host that was asked first since the last connection was bound.
    fn asked_first(&self) -> Option<String> {
        self.replay.0.lock().unwrap().asked_first.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_classified() {
    let Some(recordings) = recordings() else { return };
    let stand = Stand::new(&recordings[0]).await;
    for (id, kinds, expected) in TABLE {
        let recorded = recordings.iter().find(|one| one.id == *id);
        let recorded = recorded.unwrap_or_else(|| panic!("{id}: missing"));
        for kind in *kinds {
            stand.judge(*kind, recorded, expected).await;
            let asked = match kind {
                Cloud => "acme.atlassian.net",
                Gateway => "api.atlassian.com",
                DataCenter | Password => "jira.example.com",
            };
            assert_eq!(stand.asked_first().as_deref(), Some(asked), "{id} {kind:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_recording_of_anything_else_is_taken_for_success() {
    let Some(recordings) = recordings() else { return };
    let stand = Stand::new(&recordings[0]).await;
    for recorded in &recordings {
        let accounts =
            |row: &(&str, &[Kind], Expected)| row.0 == recorded.id && matches!(row.2, Account(..));
        if !TABLE.iter().any(accounts) {
            for kind in [Cloud, Gateway, DataCenter, Password] {
                let checked = stand.check(kind, recorded).await;
                assert!(checked.is_err(), "{} {kind:?}: {checked:?}", recorded.id);
            }
        }
        for stream in ["projects", "issues", "users"] {
            for kind in [Cloud, Gateway] {
                let page = stand.read(kind, recorded, stream).await;
                let fits = page.is_err() || recorded.status == 200;
                assert!(fits, "{} {kind:?} {stream}", recorded.id);
            }
        }
    }
}
