//! The same by the program: what is in the file after runs that failed or were killed at any page.
//!
//! Jira Cloud is not among the providers here: it speaks https only.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::thread;

use jackfield_tests::token;
use serde_json::Value;

use super::case::{Case, How, Trouble};
use super::plain;
use super::provider::{Provider, State};
use super::socket;
use super::world::Stream;
use crate::program::{Home, Run};

/// Runs that a case may take.
const MOST_RUNS: usize = 8;

/// What a run waits for.
enum Event {
    /// The provider leaves a request without a response.
    Silent,
    /// The process has ended.
    Ended,
}

/// The program, connected to GitHub and to Data Center at one port.
struct Stand {
    home: Home,
    provider: Provider,
    events: (mpsc::Sender<Event>, mpsc::Receiver<Event>),
    github: String,
    server: String,
}

impl Stand {
    fn new() -> Self {
        let provider = Provider::default();
        let (send, events) = mpsc::channel();
        let silent = send.clone();
        let origin = socket::serve(provider.clone(), move || drop(silent.send(Event::Silent)));
        let home = Home::strict().allowing(&origin);
        let host = format!("host={}", origin.trim_start_matches("http://"));
        let url = format!("api_url={origin}");
        let connect = |secret: &str, arguments: &[&str]| {
            let run = home.run_with(secret, &[arguments, &["--unchecked", "--json"]].concat());
            run.done().json()["connection"]["id"].as_str().unwrap().to_owned()
        };
        let secret = "personal_access_token=env:TEST_TOKEN";
        let own = ["connect", "github", "--set", &url, "--secret", "token=env:TEST_TOKEN"];
        let github = connect(&token::classic("1"), &own);
        let own = ["connect", "jira", "--set", &host, "--set", "protocol=http", "--secret", secret];
        let method = ["--method", "personal_access_token"];
        let server = connect(&token::legacy("1"), &[&own[..], &method].concat());
        Self { home, provider, events: (send, events), github, server }
    }

    /// Reads a stream into a file until it has caught up, each run from the cursor of the one before.
    fn read(&self, case: &Case, signals: &[&str]) {
        self.provider.begin(State::new(case, 1_000));
        let name = format!("{:?}.jsonl", case.stream);
        let path = self.home.path(&name);
        let mut signals = signals.iter().cycle();
        let mut cursor: Option<String> = None;
        for run in 0..MOST_RUNS {
            let limit = case.limits[run % case.limits.len()];
            let before = keys(&path);
            let run = self.run(case, &path, cursor.as_deref(), limit, &mut signals);
            let Some(code) = run.code else {
                assert_eq!(keys(&path), before, "a killed run changes nothing: {case:?}");
                continue;
            };
            let document = run.json();
            cursor = document["cursor"].as_str().map(str::to_owned);
            let count = usize::try_from(document["count"].as_u64().unwrap()).unwrap();
            assert_eq!(keys(&path).len(), before.len() + count, "{case:?}: {run:#?}");
            if code == 0 {
                assert_eq!(document["caught_up"], true, "{case:?}: {run:#?}");
                return self.judge(case, &keys(&path));
            }
            assert!([3, 5, 130].contains(&code), "{case:?}: {run:#?}");
            let remedies = run.error()["remedies"].as_array().unwrap().len();
            assert!(code == 130 || remedies > 0, "{case:?}: {run:#?}");
        }
        panic!("{case:?}: no run catches up");
    }

    /// One run, which the next signal ends where the provider falls silent.
    fn run<'a>(
        &self,
        case: &Case,
        path: &Path,
        cursor: Option<&str>,
        limit: u32,
        signals: &mut impl Iterator<Item = &'a &'a str>,
    ) -> Run {
        let id = if case.stream.is_of_github() { &self.github } else { &self.server };
        let (path, limit) = (path.to_str().unwrap(), limit.to_string());
        let mut arguments = vec!["read", id, case.stream.name(), "--all", "--json"];
        arguments.extend(["--out", path, "--append", "--page-size", &limit]);
        arguments.extend(cursor.iter().flat_map(|cursor| ["--cursor", cursor]));
        match case.stream {
            Stream::Issues | Stream::PullRequests | Stream::Commits => {
                arguments.extend(["--param", "repository=a/b"]);
            }
            Stream::Members => arguments.extend(["--param", "organization=a"]),
            _ => {}
        }
        let child = self.home.start("", &arguments);
        let pid = child.id().to_string();
        let ended = self.events.0.clone();
        let process = thread::spawn(move || {
            let output = child.wait_with_output().unwrap();
            drop(ended.send(Event::Ended));
            output
        });
        while let Event::Silent = self.events.1.recv().unwrap() {
            let signal = signals.next().unwrap();
            let status = Command::new("kill").args([signal, &&*pid]).status().unwrap();
            assert!(status.success(), "{signal}");
        }
        Run::of(&arguments, process.join().unwrap())
    }

    fn judge(&self, case: &Case, keys: &[String]) {
        let state = self.provider.state();
        let expected: BTreeSet<String> = state.world.permanent().collect();
        let found: BTreeSet<String> = keys.iter().cloned().collect();
        assert_eq!(found, expected, "{case:?}");
        if case.is_without_repeats() {
            assert_eq!(found.len(), keys.len(), "{case:?}: a record came twice");
        }
    }
}

/// The keys of the records in the file; none where there is no file.
fn keys(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let key = |line| {
        let record: Value = serde_json::from_str(line).unwrap();
        record["key"].as_str().unwrap().to_owned()
    };
    text.lines().map(key).collect()
}

#[cfg(unix)]
#[test]
fn runs_of_the_program_that_fail_or_are_killed_lose_nothing() {
    let fails = [How::Status(500), How::Broken, How::TooLarge, How::HalfABody];
    let signals = [["-INT", "-KILL"], ["-KILL", "-TERM"], ["-TERM", "-INT"]];
    let stand = Stand::new();
    for (number, stream) in
        (0..).zip(Stream::ALL.into_iter().filter(|stream| !stream.is_of_cloud()))
    {
        let page = 1 + number % 4;
        let how = fails[number as usize % fails.len()];
        let troubles = vec![
            Trouble::Killed { page },
            Trouble::Fails { page: page + 2, how },
            Trouble::Killed { page: page + 3 },
        ];
        let case = Case { troubles, ..plain(stream, [30, 20]) };
        stand.read(&case, &signals[number as usize % signals.len()]);
    }
}
