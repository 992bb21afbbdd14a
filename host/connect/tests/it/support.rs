//! A platform for tests: GitHub's component, a scripted provider, a store in a directory of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use jackfield_connect::{ConnectRequest, Connections, Error, Registry};
use jackfield_host::failure::{Failure, Timestamp};
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::secret::SecretText;
use jackfield_host::transport::{
    InboundResponse, Method, OutboundRequest, Transport, TransportError,
};
use jackfield_host::{Allocation, BoxFuture, Host};
use jackfield_vault::{Vault, VaultOptions};
use tempfile::TempDir;
use tokio::sync::{Barrier, Notify};

pub(crate) const DAY: u64 = 24 * 60 * 60 * 1000;

pub(crate) struct Platform {
    pub(crate) connections: Connections,
    pub(crate) transport: ScriptedTransport,
    pub(crate) directory: TempDir,
}

pub(crate) async fn platform(transport: ScriptedTransport) -> Platform {
    let directory = tempfile::tempdir().unwrap();
    let connections = connections(&directory, transport.clone()).await;
    Platform { connections, transport, directory }
}

/// Another process's view of the same store.
pub(crate) async fn connections(directory: &TempDir, transport: ScriptedTransport) -> Connections {
    over(directory, transport).await
}

pub(crate) async fn over(directory: &TempDir, transport: impl Transport) -> Connections {
    let vault = Vault::open(VaultOptions::new(directory.path().join("data"))).await.unwrap();
    Connections::new(bundled(transport), vault)
}

/// A provider that rejects the first credential, once it is told to answer, and follows a script then.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) arrived: Arc<Notify>,
    pub(crate) answer: Arc<Notify>,
    pub(crate) later: ScriptedTransport,
    asked: Arc<AtomicBool>,
}

impl Held {
    pub(crate) fn then(later: ScriptedTransport) -> Self {
        Self { arrived: Arc::default(), answer: Arc::default(), later, asked: Arc::default() }
    }
}

impl Transport for Held {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        if self.asked.swap(true, Ordering::SeqCst) {
            return self.later.send(request);
        }
        Box::pin(async {
            self.arrived.notify_one();
            self.answer.notified().await;
            let body = br#"{"message":"Bad credentials"}"#.to_vec();
            let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
            Ok(InboundResponse { status: 401, headers, body })
        })
    }
}

/// A provider that rejects every credential, answers only when so many ask at the same time, and
/// counts them.
#[derive(Clone)]
pub(crate) struct Crowd {
    complete: Arc<Barrier>,
    present: Arc<AtomicUsize>,
    pub(crate) most: Arc<AtomicUsize>,
}

impl Crowd {
    pub(crate) fn of(size: usize) -> Self {
        let complete = Arc::new(Barrier::new(size));
        Self { complete, present: Arc::default(), most: Arc::default() }
    }
}

impl Transport for Crowd {
    fn send(&self, _: OutboundRequest) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        Box::pin(async {
            self.most.fetch_max(self.present.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            self.complete.wait().await;
            self.present.fetch_sub(1, Ordering::SeqCst);
            Ok(InboundResponse { status: 401, ..InboundResponse::default() })
        })
    }
}

pub(crate) fn bundled(transport: impl Transport) -> Registry {
    Registry::new(host(transport)).with_bundled("github", github())
}

pub(crate) fn host(transport: impl Transport) -> Host {
    let compiled = jackfield_tests::compiled(env!("CARGO_TARGET_TMPDIR"));
    Host::builder(transport).allocation(Allocation::OnDemand).cache(compiled).build().unwrap()
}

pub(crate) fn github() -> &'static [u8] {
    jackfield_bundle::connector("github").unwrap()
}

/// A classic token of the right shape, ended by `mark`.
pub(crate) fn token(mark: char) -> SecretText {
    SecretText::new(format!("ghp_{}{mark}", "x".repeat(35)))
}

pub(crate) fn request(mark: char) -> ConnectRequest {
    ConnectRequest::new("github").secret("token", token(mark))
}

pub(crate) fn user() -> Reply {
    Reply::json(200, r#"{"login":"mona","id":7,"html_url":"https://github.com/mona"}"#)
        .header("x-oauth-scopes", "repo")
}

/// The user, with a token that ends after so many days.
pub(crate) fn user_until(days: u64) -> Reply {
    let end = Timestamp(Timestamp::now().0 + days * DAY);
    user().header("github-authentication-token-expiration", utc(end))
}

pub(crate) fn bad_credentials() -> Reply {
    Reply::json(401, r#"{"message":"Bad credentials"}"#)
}

/// A provider that knows the tokens of these marks, and no other.
pub(crate) fn knowing(marks: &'static str) -> ScriptedTransport {
    ScriptedTransport::new().always(Method::Get, "/user", move |request| {
        let sent = request.expose_sensitive_header("authorization").unwrap_or_default();
        if sent.ends_with(|mark| marks.contains(mark)) { user() } else { bad_credentials() }
    })
}

/// `2026-11-20 10:00:00 UTC`, as GitHub writes it.
fn utc(time: Timestamp) -> String {
    let days = time.0 / DAY;
    let seconds = time.0 % DAY / 1000;
    // Days to a date: Howard Hinnant's `civil_from_days`, for dates after 1970.
    let z = days + 719_468;
    let era = z / 146_097;
    let of_era = z % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The pointers of the fields that are wrong.
pub(crate) fn pointers(error: &Error) -> Vec<String> {
    error.to_failure().fields.into_iter().map(|field| field.pointer).collect()
}

pub(crate) fn code<T>(result: &Result<T, Error>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => error.to_failure().cause.code().to_owned(),
    }
}

pub(crate) fn cause<T>(result: &Result<T, Failure>) -> &str {
    match result {
        Ok(_) => "ok",
        Err(failure) => failure.cause.code(),
    }
}
