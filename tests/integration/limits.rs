//! Rate limits: kept for a credential over all its connections, waited for only as long as asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jackfield_host::failure::{Failure, Retry};
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::{Binding, Connector, EgressPolicy, Host};
use jackfield_tests::{Account, Fault, GitHub, compiled};
use jackfield_transport::{HttpsTransport, TransportOptions};
use serde_json::{Map, Value};

use crate::program::Home;

async fn connector(github: &GitHub) -> Connector {
    let mut policy = EgressPolicy::strict();
    policy.allow_origin(github.origin()).unwrap();
    let transport = HttpsTransport::new(TransportOptions::new(policy.clone())).unwrap();
    let builder = Host::builder(transport).cache(compiled(env!("CARGO_TARGET_TMPDIR")));
    let host = builder.policy(policy).build().unwrap();
    host.load(jackfield_bundle::connector("github").unwrap()).await.unwrap()
}

fn bind(connector: &Connector, github: &GitHub, token: &str) -> Binding {
    let token = SecretText::new(token.to_owned());
    let secrets = MemorySecrets::new().with("token", token, SecretInfo::default());
    let settings = Map::from_iter([("api_url".to_owned(), Value::from(github.api_url()))]);
    connector.bind("token", &settings, Arc::new(secrets)).unwrap()
}

async fn code(binding: &Binding) -> Result<(), String> {
    binding.check().await.unwrap().map(drop).map_err(|failure| failure.code)
}

fn wait(failure: &Failure) -> u64 {
    match failure.retry {
        Retry::After { milliseconds } => milliseconds,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_connection_learns_of_a_limit_holds_for_all_of_its_credential() {
    let limits = [
        ("primary", Fault::primary_limit(600), "primary-rate-limit", 590_000..=602_000),
        (
            "secondary, which names no wait",
            Fault::secondary_limit(),
            "secondary-rate-limit",
            50_000..=60_000,
        ),
        (
            "secondary",
            Fault::secondary_limit_until("120"),
            "secondary-rate-limit",
            110_000..=120_000,
        ),
    ];
    for (name, fault, expected, about) in limits {
        let github = GitHub::start();
        let connector = connector(&github).await;
        let ada = github.add(Account::classic("ada", &["repo"]));
        let bob = github.add(Account::classic("bob", &["repo"]));
        let (first, second) = (bind(&connector, &github, &ada), bind(&connector, &github, &ada));
        let other = bind(&connector, &github, &bob);
        github.fault("/user", fault);
        assert_eq!(code(&first).await, Err(expected.to_owned()), "{name}");
        github.heal();
        github.forget();
        for same in [&first, &second] {
            let failure = same.check().await.unwrap().unwrap_err();
            assert_eq!(failure.code, "rate-limit-known", "{name}");
            assert!(about.contains(&wait(&failure)), "{name}: {failure:?}");
        }
        assert_eq!(github.requests(), [], "{name}: something was sent all the same");
        assert_eq!(code(&other).await, Ok(()), "{name}: another credential");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_limit_ends() {
    let github = GitHub::start();
    let connector = connector(&github).await;
    let token = github.add(Account::classic("ada", &["repo"]));
    let binding = bind(&connector, &github, &token);
    github.fault_once("/user", Fault::secondary_limit_until("1"));
    assert_eq!(code(&binding).await, Err("secondary-rate-limit".to_owned()));
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        match binding.check().await.unwrap() {
            Ok(_) => break,
            Err(failure) => {
                assert_eq!(failure.code, "rate-limit-known");
                let Retry::After { milliseconds } = failure.retry else { panic!("{failure:?}") };
                assert!(milliseconds <= 1_000 && Instant::now() < end, "{failure:?}");
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            }
        }
    }
}

/// What the log has where the program waits.
const WAITS: &str = "waiting for the provider";

#[test]
fn the_program_waits_as_long_as_it_is_told_and_no_longer() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let id = home.connect(&token, &[]);

    github.fault_once("/user", Fault::secondary_limit_until("2"));
    home.run(&["check", &id]).ended(3).says("rate limit");
    github.fault_once("/user", Fault::secondary_limit_until("2"));
    let start = Instant::now();
    home.run(&["check", &id, "--wait", "60", "-vv"]).done().says(WAITS);
    assert!(start.elapsed().as_millis() >= 2_000, "{:?}", start.elapsed());

    github.fault_once("/user", Fault::secondary_limit_until("60"));
    let told = home.run(&["check", &id, "--wait", "10", "-vv"]).ended(3).says("again from");
    assert!(!told.stderr.contains(WAITS), "a wait that could not do was begun: {told:#?}");

    github.fault_once("/user", Fault::html(503, "<html>Unicorn!"));
    home.run(&["check", &id]).ended(5);
    github.fault_once("/user", Fault::html(503, "<html>Unicorn!"));
    home.run(&["check", &id, "--wait", "60"]).done();

    github.forget();
    github.fault_once("/user", Fault::bad_credentials());
    home.run(&["check", &id, "--wait", "60"]).ended(3);
    assert_eq!(github.requests().len(), 1, "a rejected token is not tried again");
}
