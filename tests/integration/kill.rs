//! Kill -9 at random points of connect, update, rotation and disconnect: the store opens, each
//! connection is in its old or its new state, complete, and nothing is left that breaks the next
//! command.
//!
//! A seeded generator chooses the commands and the points, within the time that each command takes as
//! far as is known; what the machine makes of it is chance, so that only those kills count that met a
//! command while it ran. The suite has a budget of time, and goes on beyond it only until each command
//! has met a kill. After each kill, the check of everything is the
//! judge: which connections are there, and by the journal of the provider, with which tokens. Two
//! stores are worked on at once.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::Child;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use jackfield_tests::{Account, GitHub, token};

use crate::chance::Chance;
use crate::program::{Home, MAKES_A_STORE};

/// Kills of a connect, an update or a rotation that are enough.
const KILLS: usize = 200;

/// Seconds after which fewer kills are enough; `JACKFIELD_KILL_SECONDS` in the environment says otherwise.
const SECONDS: u64 = 40;

/// Stores that are worked on at once.
const STORES: usize = 2;

/// First starts of a new store that are killed beside them.
const FIRST_STARTS: usize = 20;

/// Attempts in one store after which it is no chance any more that a command has met no kill.
const TOO_MANY: usize = 2 * KILLS / STORES;

/// How much longer than thought a command is taken to be after each kill that met it running. One that
/// ended before its kill says how long it takes now.
const LONGER: f64 = 1.03;

/// Connections from which on a store gets no more.
const MANY: usize = 5;

/// What is done when the kill comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Connect,
    Update,
    Rotate,
    Disconnect,
}

/// What was tried.
struct Attempt {
    deed: Deed,
    target: Option<String>,
    token: String,
    /// Whether it was still running when it was killed.
    killed: bool,
    /// Until it ended by itself or was killed.
    took: Duration,
}

/// A store, and what must be in it.
struct Victim {
    github: GitHub,
    home: Home,
    chance: Chance,
    tokens: usize,
    /// Each connection's token.
    model: BTreeMap<String, String>,
}

impl Victim {
    fn new(seed: u64) -> Self {
        let github = GitHub::start();
        let home = Home::of(&github);
        Self { github, home, chance: Chance::new(seed), tokens: 0, model: BTreeMap::new() }
    }

    /// What each command takes once everything is compiled.
    fn measure(&mut self) -> BTreeMap<Deed, Duration> {
        let deeds = [Deed::Connect, Deed::Update, Deed::Rotate, Deed::Disconnect];
        let mut durations = BTreeMap::new();
        self.attempt(Deed::Connect, None);
        self.judge_last();
        for deed in deeds {
            let attempt = self.attempt(deed, None);
            durations.insert(deed, attempt.took);
            self.judge(&attempt);
        }
        durations
    }

    fn judge_last(&mut self) {
        self.model = self.found().into_iter().map(|id| (id, token::classic("1"))).collect();
    }

    fn choose(&mut self) -> Deed {
        let grows = self.model.len() < 2;
        let full = self.model.len() >= MANY;
        match self.chance.fraction() {
            _ if grows => Deed::Connect,
            part if part < 0.3 => Deed::Update,
            part if part < 0.6 => Deed::Rotate,
            part if full || part < 0.75 => Deed::Disconnect,
            _ => Deed::Connect,
        }
    }

    /// Does it, and kills it at that point of time if it is still running.
    fn attempt(&mut self, deed: Deed, point: Option<Duration>) -> Attempt {
        self.tokens += 1;
        let token = token::classic(&self.tokens.to_string());
        self.github.add(Account::classic("ada", &["repo"]).with_token(&token));
        let aims = matches!(deed, Deed::Update | Deed::Disconnect);
        let target = self.chance.one_of(self.model.keys()).filter(|_| aims).cloned();
        let id = target.as_deref().unwrap_or_default();
        let arguments = match deed {
            Deed::Connect => vec!["connect", "github", "--secret", "token=env:TEST_TOKEN"],
            Deed::Update => vec!["update", id, "--secret", "token=env:TEST_TOKEN"],
            Deed::Rotate => vec!["keys", "rotate"],
            Deed::Disconnect => vec!["disconnect", id],
        };
        let start = Instant::now();
        let killed = end(self.home.start(&token, &arguments), point);
        Attempt { deed, target, token, killed, took: start.elapsed() }
    }

    /// The ids of the connections that are there, and that all of them work.
    fn found(&self) -> BTreeSet<String> {
        self.github.forget();
        self.home.run(&["check", "--all"]).done();
        let id = |one: &serde_json::Value| one["id"].as_str().unwrap().to_owned();
        let connections = self.home.connections();
        assert!(connections.iter().all(|one| one["state"] == "active"), "{connections:?}");
        connections.iter().map(id).collect()
    }

    /// Holds what is there against what may be there after that attempt.
    fn judge(&mut self, attempt: &Attempt) {
        let found = self.found();
        let used: BTreeSet<String> = self.github.requests().iter().map(bearer).collect();
        let told =
            format!("{:?} of {:?}, killed: {}", attempt.deed, attempt.target, attempt.killed);
        let done = self.applied(attempt, &found);
        // What a killed process had sent may arrive after it: its token may be seen beside the
        // stored ones, of which each connection uses one, but in place of none.
        let late = |token: &String| attempt.killed && *token == attempt.token;
        let expected = |model: &BTreeMap<String, String>| {
            let ids: BTreeSet<String> = model.keys().cloned().collect();
            let tokens: BTreeSet<String> = model.values().cloned().collect();
            ids == found && tokens.is_subset(&used) && used.difference(&tokens).all(late)
        };
        if expected(&done) {
            self.model = done;
        } else {
            assert!(attempt.killed, "{told}: it ended well, and was not done");
            let state = format!("{:?} instead of {found:?} using {used:?}", self.model);
            assert!(expected(&self.model), "{told}: neither the old state nor the new: {state}");
        }
    }

    /// The model after the attempt was carried out.
    fn applied(&self, attempt: &Attempt, found: &BTreeSet<String>) -> BTreeMap<String, String> {
        let mut model = self.model.clone();
        match (attempt.deed, &attempt.target) {
            (Deed::Connect, _) => {
                let new = found.iter().filter(|id| !self.model.contains_key(*id));
                model.extend(new.map(|id| (id.clone(), attempt.token.clone())));
            }
            (Deed::Update, Some(id)) => drop(model.insert(id.clone(), attempt.token.clone())),
            (Deed::Disconnect, Some(id)) => drop(model.remove(id)),
            _ => {}
        }
        model
    }
}

fn bearer(request: &jackfield_tests::ReceivedRequest) -> String {
    request.header("authorization").unwrap().trim_start_matches("Bearer ").to_owned()
}

/// Lets the process end, or kills it at that point; whether the kill met it running.
fn end(child: Child, point: Option<Duration>) -> bool {
    end_with(0, child, point)
}

/// The same for a process that ends with this code where it is not killed.
fn end_with(code: i32, mut child: Child, point: Option<Duration>) -> bool {
    let mut outputs = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (ended, wait) = mpsc::channel::<()>();
    let reader = thread::spawn(move || {
        let mut said = String::new();
        drop(outputs.0.read_to_string(&mut said));
        drop(outputs.1.read_to_string(&mut said));
        drop(ended);
        said
    });
    // The other side sends nothing: it hangs up when the program closes its streams.
    match point {
        Some(point) => drop(wait.recv_timeout(point)),
        None => drop(wait.recv()),
    }
    if point.is_some() {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    let said = reader.join().unwrap();
    assert!(status.code().is_none_or(|ended| ended == code), "{status}: {said}");
    status.code().is_none()
}

/// What was killed how often, and how often it was running.
type Tally = BTreeMap<&'static str, (usize, usize)>;

fn count(tally: &mut Tally, name: &'static str, killed: bool) {
    let entry = tally.entry(name).or_default();
    *entry = (entry.0 + 1, entry.1 + usize::from(killed));
}

/// The commands whose kills are counted.
const COUNTED: [&str; 3] = ["connect", "update", "keys rotate"];

/// The commands that are killed in a filled store.
const IN_A_STORE: [&str; 4] = ["connect", "update", "keys rotate", "disconnect"];

/// When fewer kills are enough.
fn end_of_budget() -> Instant {
    let seconds = std::env::var("JACKFIELD_KILL_SECONDS").ok();
    let seconds = seconds.map_or(SECONDS, |text| text.parse().expect("seconds"));
    Instant::now() + Duration::from_secs(seconds)
}

/// How many kills met this running.
fn hits(tally: &Tally, name: &str) -> usize {
    tally.get(name).map_or(0, |(_, hits)| *hits)
}

fn counted(tally: &Tally) -> usize {
    COUNTED.iter().map(|name| hits(tally, name)).sum()
}

fn name(deed: Deed) -> &'static str {
    match deed {
        Deed::Connect => "connect",
        Deed::Update => "update",
        Deed::Rotate => "keys rotate",
        Deed::Disconnect => "disconnect",
    }
}

fn kill_in_one_store(seed: u64) -> Tally {
    let mut victim = Victim::new(seed);
    let mut durations = victim.measure();
    let mut tally = Tally::new();
    let end = end_of_budget();
    let is_enough = |tally: &Tally| {
        let counted = counted(tally) >= KILLS / STORES || Instant::now() >= end;
        counted && IN_A_STORE.iter().all(|name| hits(tally, name) > 0)
    };
    while !is_enough(&tally) {
        let tried: usize = tally.values().map(|(kills, _)| kills).sum();
        assert!(tried < TOO_MANY, "too few kills met the program running: {tally:?}");
        let deed = victim.choose();
        let duration = durations[&deed];
        let point = duration.mul_f64(victim.chance.fraction());
        let attempt = victim.attempt(deed, Some(point));
        let known = if attempt.killed { duration.mul_f64(LONGER) } else { attempt.took };
        durations.insert(deed, known);
        count(&mut tally, name(deed), attempt.killed);
        victim.judge(&attempt);
    }
    tally
}

/// The directory, the key, the database and its schema are made by whoever comes first.
fn kill_first_starts(seed: u64) -> Tally {
    let mut chance = Chance::new(seed);
    let mut tally = Tally::new();
    let home = Home::strict().unused().with_noop();
    let start = Instant::now();
    home.run(&MAKES_A_STORE).ended(2);
    let duration = start.elapsed();
    for tried in 0.. {
        if tried >= FIRST_STARTS / STORES && hits(&tally, "first start") > 0 {
            break;
        }
        assert!(tried < TOO_MANY, "no kill met the first start running");
        let home = Home::strict().unused().with_noop();
        let point = Some(duration.mul_f64(chance.fraction()));
        let killed = end_with(2, home.start("", &MAKES_A_STORE), point);
        count(&mut tally, "first start", killed);
        home.run(&MAKES_A_STORE).ended(2);
        assert_eq!(home.connections().len(), 0);
        let left = std::fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().path());
        let left: Vec<_> = left.filter(|path| path.to_string_lossy().ends_with(".new")).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    tally
}

#[test]
#[expect(clippy::print_stdout, reason = "how many kills hit is chance, and of interest")]
fn kills_lose_nothing() {
    thread::scope(|scope| {
        let work = |seed| {
            let mut tally = kill_in_one_store(seed);
            tally.extend(kill_first_starts(seed));
            tally
        };
        let threads: Vec<_> =
            (0..STORES).map(|store| scope.spawn(move || work(20_26 + store as u64))).collect();
        for thread in threads {
            println!("kills, and those that met the command running: {:?}", thread.join().unwrap());
        }
    });
}
