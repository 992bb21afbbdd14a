//! The same work by a native client, in the same run, in interleaved rounds: CPU time of this
//! process, the simulated provider being another one. Ratios count, not absolutes.
//!
//! `cargo bench -p jackfield --bench against_native`, and after it `-- read` for one part alone:
//! `check`, `read`, `waiting`, `start`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "benches"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use jackfield_host::limits::Limits;
use jackfield_host::report::{Progress, ReadRequest};
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::{Binding, EgressPolicy, Host};
use jackfield_tests::{Account, Fault, GitHub};
use jackfield_transport::{HttpsTransport, TransportOptions};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime};

const IN_FLIGHT: usize = 16;
const ISSUES: usize = 10_000;
const WAITING: usize = 1_000;
const PEER: &str = "JACKFIELD_BENCH_PEER";

fn main() {
    if std::env::var_os(PEER).is_some() {
        return serve();
    }
    let testing = std::env::args().any(|argument| argument == "--test");
    let peer = Peer::start();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let binding = bind(&runtime, &peer);
    let native = Native::new(&peer);
    if wanted("check") {
        checks(&runtime, &binding, &native, testing);
    }
    if wanted("read") {
        reads(&runtime, &binding, &native, testing);
    }
    if wanted("waiting") {
        waiting(&runtime, &peer, if testing { 10 } else { WAITING });
    }
    if wanted("start") {
        start(&peer, testing);
    }
}

/// Whether the arguments ask for that part: they name it, or none.
fn wanted(part: &str) -> bool {
    let mut named =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|argument| argument == part)
}

/// The simulated provider, in a process of its own.
struct Peer {
    child: Child,
    origin: String,
    token: String,
}

impl Peer {
    fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .env(PEER, "1")
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (origin, token) = line.trim().split_once(' ').unwrap();
        Self { origin: origin.to_owned(), token: token.to_owned(), child }
    }
}

impl Peer {
    /// Enterprise Server's shape of the API, which has no rate limit.
    fn api_url(&self) -> String {
        format!("{}/api/v3", self.origin)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What the other process does until its standard input closes.
fn serve() {
    let github = GitHub::start();
    github.stop_journal();
    let token = github.add(Account::classic("bench", &["repo"]));
    github.add_repository("bench", "issues", false, ISSUES);
    github.fault("/hang/user", Fault::Hang);
    println!("{} {token}", github.origin());
    drop(std::io::stdin().lock().lines().next());
}

fn bind_to(runtime: &Runtime, peer: &Peer, url: &str, limits: Limits) -> Binding {
    let mut policy = EgressPolicy::strict();
    policy.allow_origin(&peer.origin).unwrap();
    let transport = HttpsTransport::new(TransportOptions::new(policy.clone())).unwrap();
    let host = Host::builder(transport).policy(policy).limits(limits).build().unwrap();
    let github = jackfield_bundle::connector("github").unwrap();
    let connector = runtime.block_on(host.load(github)).unwrap();
    let info = SecretInfo { kind: Some("classic".to_owned()), ..SecretInfo::default() };
    let secrets = MemorySecrets::new().with("token", SecretText::new(peer.token.clone()), info);
    let settings = Map::from_iter([("api_url".to_owned(), Value::from(url))]);
    connector.bind("token", &settings, Arc::new(secrets)).unwrap()
}

fn bind(runtime: &Runtime, peer: &Peer) -> Binding {
    bind_to(runtime, peer, &peer.api_url(), Limits::default())
}

/// A client as one writes it without Jackfield: the same HTTP library, typed JSON.
struct Native {
    client: reqwest::Client,
    url: String,
    token: String,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    login: String,
    html_url: String,
    name: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "a typed client reads what it may need")]
struct Label {
    name: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "a typed client reads what it may need")]
struct Issue {
    id: u64,
    number: u64,
    title: String,
    state: String,
    body: Option<String>,
    html_url: String,
    user: Option<Person>,
    labels: Vec<Label>,
    assignees: Vec<Person>,
    comments: u64,
    created_at: String,
    updated_at: String,
    closed_at: Option<String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "a typed client reads what it may need")]
struct Person {
    id: u64,
    login: String,
    html_url: String,
}

impl Native {
    fn new(peer: &Peer) -> Self {
        let builder = reqwest::Client::builder().user_agent("native/1").no_proxy();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let roots = rustls::RootCertStore::empty();
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = builder.tls_backend_preconfigured(tls).build().unwrap();
        Self { client, url: peer.api_url(), token: peer.token.clone() }
    }

    fn get(&self, url: String) -> reqwest::RequestBuilder {
        self.client
            .get(url)
            .bearer_auth(&self.token)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
    }

    async fn check(&self) -> u64 {
        let response = self.get(format!("{}/user", self.url)).send().await.unwrap();
        assert_eq!(response.status(), 200);
        let user: User = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        drop((user.login, user.html_url, user.name, user.email));
        user.id
    }

    async fn read(&self) -> usize {
        let query = "state=all&sort=updated&direction=desc&per_page=100";
        let mut next = Some(format!("{}/repos/bench/issues/issues?{query}", self.url));
        let mut count = 0;
        while let Some(url) = next {
            let response = self.get(url).send().await.unwrap();
            let links = response.headers().get("link").map(|v| v.to_str().unwrap().to_owned());
            let page: Vec<Issue> =
                serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
            count += page.len();
            next = links.and_then(|links| {
                let link = links.split(", ").find(|link| link.ends_with("rel=\"next\""))?;
                Some(link.split(['<', '>']).nth(1)?.to_owned())
            });
        }
        count
    }
}

fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap(), u32::try_from(time.tv_nsec).unwrap())
}

fn measure(runtime: &Runtime, work: impl Future<Output = usize>) -> f64 {
    let before = cpu_time();
    let count = runtime.block_on(work);
    (cpu_time() - before).as_secs_f64() * 1e6 / count as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Microseconds of CPU for each of both, and the ratio, as medians over interleaved rounds.
fn report(name: &str, unit: &str, rounds: Vec<(f64, f64)>) {
    let ratio = median(rounds.iter().map(|(ours, native)| ours / native).collect());
    let ours = median(rounds.iter().map(|(ours, _)| *ours).collect());
    let native = median(rounds.iter().map(|(_, native)| *native).collect());
    println!("{name}: {ours:.1} us CPU {unit}, native {native:.1}: x{ratio:.2}");
}

fn checks(runtime: &Runtime, binding: &Binding, native: &Native, testing: bool) {
    let (rounds, count) = if testing { (1, 50) } else { (15, 4_000) };
    let ours = || {
        measure(runtime, async {
            let calls =
                (0..count).map(|_| async { assert!(binding.check().await.unwrap().is_ok()) });
            futures_util::stream::iter(calls).buffer_unordered(IN_FLIGHT).count().await
        })
    };
    let theirs = || {
        measure(runtime, async {
            let calls = (0..count).map(|_| native.check());
            futures_util::stream::iter(calls).buffer_unordered(IN_FLIGHT).count().await
        })
    };
    let rounds = (0..rounds).map(|_| (ours(), theirs())).collect();
    report("check, 16 in flight", "each", rounds);
}

async fn read_all(binding: &Binding) -> usize {
    let mut session = binding.session().await.unwrap();
    let parameters = Map::from_iter([("repository".to_owned(), Value::from("bench/issues"))]);
    let mut request = ReadRequest {
        stream: "issues".to_owned(),
        cursor: None,
        parameters,
        limit: 100,
        skip_oversized: false,
    };
    let mut count = 0;
    loop {
        let page = session.read(&request).await.unwrap().unwrap();
        count += page.changes.len();
        match page.progress {
            Progress::More(cursor) => request.cursor = Some(cursor),
            Progress::CaughtUp(_) => return count,
        }
    }
}

fn reads(runtime: &Runtime, binding: &Binding, native: &Native, testing: bool) {
    let rounds = (0..if testing { 1 } else { 9 })
        .map(|_| (measure(runtime, read_all(binding)), measure(runtime, native.read())));
    report("read of 10,000 issues", "a record", rounds.collect());
}

/// Resident memory of calls that wait for a provider.
fn waiting(runtime: &Runtime, peer: &Peer, count: usize) {
    let limits = Limits { live_instances: 1_000, ..Limits::default() };
    let binding = bind_to(runtime, peer, &format!("{}/hang", peer.origin), limits);
    let before = resident();
    let tasks: Vec<_> = (0..count)
        .map(|_| {
            let binding = binding.clone();
            runtime.spawn(async move { drop(binding.check().await) })
        })
        .collect();
    let start = Instant::now();
    runtime.block_on(async {
        while start.elapsed() < Duration::from_secs(2) {
            tokio::task::yield_now().await;
        }
    });
    let each = (resident() - before) as f64 / 1024.0 / count as f64;
    println!("{count} calls waiting: {each:.0} KB resident each, connection included");
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}

fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// From the start of the program to the end of its first check, compiled components cached.
fn start(peer: &Peer, testing: bool) {
    let directory = tempfile::tempdir().unwrap();
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jackfield"));
        command.args(["--data-dir", directory.path().to_str().unwrap()]);
        command.args(["--allow-origin", &peer.origin, "--json"]).env("BENCH_TOKEN", &peer.token);
        command
    };
    let set = format!("api_url={}", peer.api_url());
    let connected = program()
        .args(["connect", "github", "--set", &set, "--secret", "token=env:BENCH_TOKEN"])
        .output()
        .unwrap();
    assert!(connected.status.success(), "{}", String::from_utf8_lossy(&connected.stdout));
    let mut times = Vec::new();
    for _ in 0..if testing { 1 } else { 30 } {
        let start = Instant::now();
        let checked = program().args(["check", "--all"]).output().unwrap();
        times.push(start.elapsed().as_secs_f64() * 1e3);
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    }
    println!("program start to first check done: {:.1} ms", median(times));
}
