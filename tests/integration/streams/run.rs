//! Reads a stream as a person would: in runs, each from the cursor that the one before told.

use std::collections::BTreeMap;
use std::fmt;

use jackfield_connect::{ConnectRequest, Connections, Error, ReadOptions, Registry};
use jackfield_host::failure::{Cause, Failure};
use jackfield_host::report::{Change, Page, Progress};
use jackfield_host::secret::SecretText;
use jackfield_host::{Allocation, Host, RECORD_SKIPPED};
use jackfield_tests::{compiled, token};
use jackfield_vault::{Vault, VaultOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::case::{Case, Edit, Trouble};
use super::provider::{Provider, State};
use super::world::Stream;

/// Connectors, a store, and a provider in memory.
pub(super) struct Stand {
    connections: Connections,
    provider: Provider,
    _directory: TempDir,
    /// A connection to each kind of provider.
    ids: BTreeMap<&'static str, String>,
    tokens: usize,
}

/// What a case came to that it must not come to.
pub(super) struct Violation(String);

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn violation<T>(text: impl Into<String>) -> Result<T, Violation> {
    Err(Violation(text.into()))
}

/// How one run ended, with the cursor that it told.
#[derive(Debug)]
enum End {
    CaughtUp(Option<String>),
    Failed(Option<String>, Box<Failure>),
    Killed(Option<String>),
}

/// Everything that was handed out, in order: keys and versions.
#[derive(Default)]
pub(super) struct HandedOut {
    records: Vec<(String, u64)>,
    /// The codes of all warnings.
    warnings: Vec<String>,
}

impl HandedOut {
    fn take(&mut self, page: &Page) {
        self.warnings.extend(page.warnings.iter().map(|warning| warning.code.clone()));
        for change in &page.changes {
            let Change::Upsert(item) = change else {
                panic!("nothing is ever deleted: {change:?}")
            };
            let record: Value = serde_json::from_str(item.data.get()).unwrap();
            self.records.push((item.key.clone(), record["version"].as_u64().unwrap()));
        }
    }

    /// The latest version of each key.
    fn latest(&self) -> BTreeMap<&str, u64> {
        let mut latest = BTreeMap::new();
        for (key, version) in &self.records {
            let known = latest.entry(key.as_str()).or_default();
            *known = (*version).max(*known);
        }
        latest
    }
}

impl Stand {
    pub(super) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let provider = Provider::default();
        let host = Host::builder(provider.clone())
            .allocation(Allocation::OnDemand)
            .cache(compiled(env!("CARGO_TARGET_TMPDIR")))
            .build()
            .unwrap();
        let vault = Vault::open(VaultOptions::new(directory.path().join("data"))).await.unwrap();
        let bundled = |name| jackfield_bundle::connector(name).unwrap();
        let registry = Registry::new(host)
            .with_bundled("github", bundled("github"))
            .with_bundled("jira", bundled("jira"));
        let connections = Connections::new(registry, vault);
        Self { connections, provider, _directory: directory, ids: BTreeMap::new(), tokens: 0 }
    }

    /// The connection by which that stream is read.
    async fn connection(&mut self, stream: Stream) -> String {
        let provider = provider_of(stream);
        if let Some(id) = self.ids.get(provider) {
            return id.clone();
        }
        self.tokens += 1;
        let seed = self.tokens.to_string();
        let request = match provider {
            "github" => {
                let secret = SecretText::new(token::classic(&seed));
                ConnectRequest::new("github").secret("token", secret)
            }
            "cloud" => {
                let secret = SecretText::new(format!("ATATT3xFfGF0{}", token::classic(&seed)));
                let request = ConnectRequest::new("jira").secret("api_token", secret);
                request.setting("host", "acme.atlassian.net").setting("email", "ada@example.com")
            }
            _ => {
                let secret = SecretText::new(token::legacy(&seed));
                let request = ConnectRequest::new("jira").secret("personal_access_token", secret);
                let method = Some("personal_access_token".to_owned());
                ConnectRequest { method, ..request }.setting("host", "jira.example.com")
            }
        };
        let request = ConnectRequest { unchecked: true, ..request };
        let id = self.connections.connect(request).await.unwrap().connection.id;
        self.ids.insert(provider, id.clone());
        id
    }

    /// One run, to its end or until it is killed.
    async fn run(
        &mut self,
        case: &Case,
        from: Option<&str>,
        limit: u32,
        out: &mut HandedOut,
    ) -> Result<End, Violation> {
        let id = self.connection(case.stream).await;
        let mut reading = match self.connections.read(&id, options(case, from, limit)).await {
            Ok(reading) => reading,
            Err(error) => return violation(format!("the run does not begin: {error:?}")),
        };
        let mut told = from.map(str::to_owned);
        loop {
            let page = tokio::select! {
                biased;
                page = reading.next_page() => page,
                () = self.provider.stopped() => {
                    return match self.provider.state().endless {
                        true => violation("too many requests: the run does not end"),
                        false => Ok(End::Killed(told)),
                    };
                }
            };
            let page = match page {
                Ok(Some(page)) => page,
                Ok(None) => return violation("the run ended without having caught up"),
                Err(error) => {
                    if reading.cursor() != told.as_deref() {
                        return violation("a failed run tells another cursor than its last page");
                    }
                    return Ok(End::Failed(told, Box::new(refusal(error)?)));
                }
            };
            if page.changes.len() > limit as usize {
                return violation("a page has more records than were asked for");
            }
            out.take(&page);
            told = reading.cursor().map(str::to_owned);
            if matches!(page.progress, Progress::CaughtUp(_)) {
                return Ok(End::CaughtUp(told));
            }
        }
    }

    /// Pages of one run, each with the cursor that it told.
    pub(super) async fn pages(&mut self, case: &Case) -> Vec<(HandedOut, Option<String>)> {
        self.begin(case);
        let id = self.connection(case.stream).await;
        let options = options(case, None, case.limits[0]);
        let mut reading = self.connections.read(&id, options).await.unwrap();
        let mut pages = Vec::new();
        while let Some(page) = reading.next_page().await.unwrap() {
            let mut out = HandedOut::default();
            out.take(&page);
            pages.push((out, reading.cursor().map(str::to_owned)));
        }
        pages
    }

    /// Reads on from a cursor at which `before` was handed out, and judges both together.
    pub(super) async fn goes_on(
        &mut self,
        case: &Case,
        before: &[(HandedOut, Option<String>)],
    ) -> Result<(), Violation> {
        let mut out = HandedOut {
            records: before.iter().flat_map(|(out, _)| out.records.clone()).collect(),
            warnings: Vec::new(),
        };
        let cursor = before.last().and_then(|(_, cursor)| cursor.as_deref());
        // The same records, by the same clock: a cursor names a moment of it.
        self.provider.state().requests = 0;
        match self.run(case, cursor, case.limits[1], &mut out).await? {
            End::CaughtUp(_) => self.has_all(case, &out),
            end => violation(format!("the run did not catch up: {end:?}")),
        }
    }

    fn begin(&self, case: &Case) {
        self.provider.begin(State::new(case, bound(case)));
    }

    /// Runs the case to its end, and judges what came of it.
    pub(super) async fn judge(&mut self, case: &Case) -> Result<(), Violation> {
        self.begin(case);
        let bearable = case.is_bearable();
        let mut out = HandedOut::default();
        let mut cursor = None;
        let mut last = None;
        for run in 0..most_runs(case) {
            let limit = case.limits[run % case.limits.len()];
            match self.run(case, cursor.as_deref(), limit, &mut out).await? {
                End::CaughtUp(told) => {
                    let fails = |one: &Trouble| matches!(one, Trouble::Giant { skip: false, .. });
                    let giant = self.provider.state().world.holds_giant();
                    return match bearable {
                        true => self.judge_caught_up(case, told, out).await,
                        false if giant && case.troubles.iter().all(fails) => violation(
                            "a record that is too large is left out, and nobody asked for it",
                        ),
                        false => Ok(()),
                    };
                }
                End::Killed(told) => cursor = told,
                End::Failed(told, failure) => {
                    self.judge_failure(case, &failure)?;
                    (cursor, last) = (told, Some(failure));
                }
            }
        }
        let fails_at_giant = case.troubles.iter().any(|one| matches!(one, Trouble::Giant { .. }))
            && case.troubles.len() == 1;
        match last {
            _ if bearable => violation(format!("no run catches up; the last failure is {last:?}")),
            Some(failure) if fails_at_giant && failure.cause != Cause::TooLarge => {
                violation(format!("a record that is too large is not told as one: {failure:?}"))
            }
            _ => Ok(()),
        }
    }

    fn judge_failure(&mut self, case: &Case, failure: &Failure) -> Result<(), Violation> {
        if failure.cause == Cause::RateLimited {
            // The limit holds the credential up for a while: another one goes on.
            self.ids.remove(provider_of(case.stream));
        }
        let typed = [
            Cause::Protocol,
            Cause::RateLimited,
            Cause::Timeout,
            Cause::TooLarge,
            Cause::Unreachable,
        ];
        if !typed.contains(&failure.cause) {
            return violation(format!("the cause of this failure is another: {failure:?}"));
        }
        if !failure.message.ends_with('.') || failure.remedies.is_empty() {
            return violation(format!("this failure does not say what to do: {failure:?}"));
        }
        Ok(())
    }

    /// Holds everything against the provider's records, and then lets a run bring what changes.
    async fn judge_caught_up(
        &mut self,
        case: &Case,
        cursor: Option<String>,
        mut out: HandedOut,
    ) -> Result<(), Violation> {
        self.has_all(case, &out)?;
        let Some(cursor) = cursor else { return Ok(()) };
        {
            let mut state = self.provider.state();
            state.calm = true;
            state.bound += bound(case);
            for _ in 0..10 {
                state.world.tick();
            }
            let touches = [Edit::Touch { which: 0 }, Edit::Touch { which: 7 }];
            for touch in touches.into_iter().filter(|_| case.stream != Stream::Commits) {
                state.world.apply(touch);
            }
            state.world.apply(Edit::Insert { first: false });
        }
        match self.run(case, Some(&cursor), case.limits[0], &mut out).await? {
            End::CaughtUp(_) => {}
            end => return violation(format!("the later run did not catch up: {end:?}")),
        }
        if !case.tells_changes() {
            return Ok(());
        }
        let latest = out.latest();
        let state = self.provider.state();
        let current = state.world.visible();
        let stale = current.filter(|(key, version)| latest.get(key.as_str()) != Some(version));
        let stale: Vec<_> = stale.collect();
        match stale.is_empty() {
            true => Ok(()),
            false => violation(format!("a later run does not bring these changes: {stale:?}")),
        }
    }

    fn has_all(&self, case: &Case, out: &HandedOut) -> Result<(), Violation> {
        let latest = out.latest();
        let state = self.provider.state();
        let missing: Vec<String> =
            state.world.permanent().filter(|key| !latest.contains_key(key.as_str())).collect();
        if !missing.is_empty() {
            return violation(format!("caught up without {} records: {missing:?}", missing.len()));
        }
        let told = out.warnings.iter().any(|code| code == RECORD_SKIPPED);
        if case.skips_oversized() && state.world.holds_giant() && !told {
            return violation("a record was left out, and no warning says so");
        }
        if case.is_without_repeats() && out.records.len() != latest.len() {
            let twice = out.records.len() - latest.len();
            return violation(format!("{twice} records of {} came twice", out.records.len()));
        }
        Ok(())
    }
}

fn provider_of(stream: Stream) -> &'static str {
    match stream {
        stream if stream.is_of_github() => "github",
        stream if stream.is_of_cloud() => "cloud",
        _ => "server",
    }
}

fn options(case: &Case, from: Option<&str>, limit: u32) -> ReadOptions {
    let mut options = ReadOptions::new(case.stream.name());
    options.limit = limit;
    options.skip_oversized = case.skips_oversized();
    options.cursor = from.map(str::to_owned);
    let parameters = match case.stream {
        Stream::Issues | Stream::PullRequests | Stream::Commits => json!({ "repository": "a/b" }),
        Stream::Members => json!({ "organization": "a" }),
        _ => json!({}),
    };
    options.parameters = parameters.as_object().unwrap().clone();
    options
}

/// The provider's or the host's refusal. What the host says of a broken connector is a fault of ours.
fn refusal(error: Error) -> Result<Failure, Violation> {
    match error {
        Error::Refused(failure) => Ok(*failure),
        error => violation(format!("the connector gave no page and no failure: {error:?}")),
    }
}

/// Requests of a case, at most: a few for each page, and some for each trouble.
fn bound(case: &Case) -> usize {
    let identity = if case.has(Trouble::SilentIdentity) { 2 } else { 1 };
    let each = if refuses_tokens(case) { 16 } else { 6 };
    let ends = if case.is_bearable() { 0 } else { 500 };
    identity * (each * pages(case) + 12 * case.troubles.len() + 20 + ends)
}

/// Runs of a case, at most: each trouble may end one, and each page token that is refused after a new
/// start that did not come further.
fn most_runs(case: &Case) -> usize {
    let refused = if refuses_tokens(case) { 4 * pages(case) } else { 0 };
    2 + case.troubles.len() + refused
}

/// Pages of a case, at most, with some records that come meanwhile.
fn pages(case: &Case) -> usize {
    (case.records + 20).div_ceil(case.page()) as usize + 1
}

fn refuses_tokens(case: &Case) -> bool {
    case.troubles.iter().any(|one| matches!(one, Trouble::TokensRefused { .. }))
}
