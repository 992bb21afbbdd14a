//! What the sandbox itself costs: an instance, a call, a load, a second thread.
//!
//! `cargo bench -p jackfield --bench boundary`

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "benches"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::transport::{InboundResponse, OutboundRequest, Transport, TransportError};
use jackfield_host::{Allocation, Binding, BoxFuture, CompiledCache, Host};
use serde_json::Map;
use tokio::runtime::{Builder, Runtime};

/// Answers every request at once with a user of 1.3 KB, as GitHub does.
struct Instantly;

impl Transport for Instantly {
    fn send(&self, _: OutboundRequest) -> BoxFuture<'_, Result<InboundResponse, TransportError>> {
        let padding = "x".repeat(1_150);
        let body = format!(
            r#"{{"login":"ada","id":7,"html_url":"https://github.com/ada","bio":"{padding}"}}"#
        );
        let headers = vec![
            ("content-type".to_owned(), "application/json; charset=utf-8".to_owned()),
            ("x-oauth-scopes".to_owned(), "repo".to_owned()),
        ];
        let response = InboundResponse { status: 200, headers, body: body.into_bytes() };
        Box::pin(async move { Ok(response) })
    }
}

fn runtime(threads: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(threads).enable_all().build().unwrap()
}

fn bound(runtime: &Runtime, allocation: Allocation, component: &'static [u8]) -> Binding {
    let host = Host::builder(Instantly).allocation(allocation).build().unwrap();
    let connector = runtime.block_on(host.load(component)).unwrap();
    let token = SecretText::new(jackfield_tests::token::classic("bench"));
    let info = SecretInfo { kind: Some("classic".to_owned()), ..SecretInfo::default() };
    let secrets = Arc::new(MemorySecrets::new().with("token", token, info));
    let method = connector.manifest().auth.first().unwrap().name.clone();
    connector.bind(&method, &Map::new(), secrets).unwrap()
}

fn noop() -> &'static [u8] {
    jackfield_bundle::hostile("noop").unwrap()
}

fn github() -> &'static [u8] {
    jackfield_bundle::connector("github").unwrap()
}

/// A fresh instance and one call without imports.
fn instantiate(criterion: &mut Criterion) {
    let runtime = runtime(1);
    let mut group = criterion.benchmark_group("instantiate and no-op call");
    for (name, allocation) in [("pooled", Allocation::Pooled), ("on demand", Allocation::OnDemand)]
    {
        let binding = bound(&runtime, allocation, noop());
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(binding.check()).unwrap().unwrap());
        });
    }
    group.finish();
}

/// A check whose request is answered at once: instance, imports, policy, redaction, JSON.
fn check(criterion: &mut Criterion) {
    let runtime = runtime(1);
    let binding = bound(&runtime, Allocation::Pooled, github());
    criterion.bench_function("GitHub check, answered at once", |bencher| {
        bencher.iter(|| runtime.block_on(binding.check()).unwrap().unwrap());
    });
}

/// Loading with and without what was compiled before.
fn load(criterion: &mut Criterion) {
    let runtime = runtime(2);
    let directory = tempfile::tempdir().unwrap();
    let cache = CompiledCache::new(directory.path(), [1; 32]);
    let mut group = criterion.benchmark_group("load GitHub");
    group.sample_size(10);
    for (name, cache) in [("compiled cache", Some(cache)), ("compiling", None)] {
        let fresh = || {
            let builder = Host::builder(Instantly).allocation(Allocation::OnDemand);
            match &cache {
                Some(cache) => builder.cache(cache.clone()).build().unwrap(),
                None => builder.build().unwrap(),
            }
        };
        runtime.block_on(fresh().load(github())).unwrap();
        group.bench_function(name, |bencher| {
            let load = |host: Host| runtime.block_on(host.load(github())).unwrap();
            bencher.iter_batched(fresh, load, BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// Checks per second by one thread and by two, in interleaved rounds.
fn threads(_: &mut Criterion) {
    let testing = std::env::args().any(|argument| argument == "--test");
    let (rounds, span) = if testing { (1, 20) } else { (9, 400) };
    let binding = bound(&runtime(1), Allocation::Pooled, github());
    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for threads in [1, 2] {
            rates[threads - 1].push(rate(&binding, threads, Duration::from_millis(span)));
        }
    }
    let [one, two] = rates.map(median);
    println!("fresh checks a second: {one:.0} by one thread, {two:.0} by two: x{:.2}", two / one);
}

fn rate(binding: &Binding, threads: usize, span: Duration) -> f64 {
    let start = Instant::now();
    let work = || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let mut done = 0_u32;
        while start.elapsed() < span {
            runtime.block_on(binding.check()).unwrap().unwrap();
            done += 1;
        }
        done
    };
    let done: u32 = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    f64::from(done) / start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    *values.get(values.len() / 2).unwrap()
}

criterion_group!(benches, instantiate, check, load, threads);
criterion_main!(benches);
