//! What is held up for each credential, and what goes in turn.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use url::Url;

use super::headers::{LONGEST_WAIT, QuotaHeaders, later};
use crate::contract::failure::{Cause, Failure, Retry, Timestamp};
use crate::contract::report::Quota;
use crate::egress::http::Method;
use crate::limits::MAX_CONCURRENT_PER_CREDENTIAL;
use crate::manifest::QuotaRules;
use crate::secret::SecretText;

/// Credentials that are remembered. Beyond them, those are forgotten that nobody uses and nothing
/// holds up.
const MOST_LANES: usize = 10_000;

/// Places of one credential that a narrow limit holds up, remembered at once.
const MOST_NARROW: usize = 100;

/// Added to a reset, which is told in whole seconds.
const MARGIN: Duration = Duration::from_secs(1);

/// All lanes of a host. A lane's name is a hash with a key of this process: no secret is kept here.
#[derive(Default)]
pub(crate) struct Ledger {
    names: RandomState,
    lanes: Mutex<HashMap<u64, Arc<Lane>>>,
    /// The same lanes, by revisions of secrets.
    revisions: Mutex<HashMap<u64, Weak<Lane>>>,
}

impl Ledger {
    /// The lane of that credential with that connector.
    pub(crate) fn lane(
        &self,
        connector: &str,
        secret: &SecretText,
        rules: &QuotaRules,
    ) -> Arc<Lane> {
        let name = self.names.hash_one((connector, secret.expose_secret()));
        let mut lanes = locked(&self.lanes);
        if lanes.len() >= MOST_LANES && !lanes.contains_key(&name) {
            let now = Timestamp::now();
            lanes.retain(|_, lane| Arc::strong_count(lane) > 1 || lane.is_held(now));
        }
        lanes.entry(name).or_insert_with(|| Arc::new(Lane::new(rules))).clone()
    }

    /// The lane of the secret with that revision, where a request has used the secret before.
    pub(crate) fn known(&self, connector: &str, revision: &str) -> Option<Arc<Lane>> {
        let name = self.names.hash_one((connector, revision));
        locked(&self.revisions).get(&name)?.upgrade()
    }

    /// Remembers that the secret with that revision has this lane.
    pub(crate) fn remember(&self, connector: &str, revision: &str, lane: &Arc<Lane>) {
        let name = self.names.hash_one((connector, revision));
        let mut revisions = locked(&self.revisions);
        if revisions.len() >= MOST_LANES && !revisions.contains_key(&name) {
            revisions.retain(|_, lane| lane.strong_count() > 0);
            if revisions.len() >= MOST_LANES {
                revisions.clear();
            }
        }
        revisions.insert(name, Arc::downgrade(lane));
    }
}

/// What goes with one credential.
pub(crate) struct Lane {
    in_flight: Semaphore,
    spacing: Duration,
    held: Mutex<Held>,
}

/// Why requests are held up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Why {
    /// A limit is reached.
    #[default]
    Limit,
    /// The service said that it is out of order, and until when.
    Unavailable,
}

/// A method, and a URL without its query.
type Target = (&'static str, String);

#[derive(Default)]
struct Held {
    /// Nothing goes before.
    until: Timestamp,
    /// Of `until`.
    why: Why,
    /// Nothing with this method and path goes before.
    narrow: HashMap<Target, Timestamp>,
    /// Where the last answer was a refusal by a narrow limit.
    refused_at: Option<Target>,
    /// No change goes before.
    next_change: Option<Instant>,
    /// What the last answer told.
    told: Option<Quota>,
}

impl Lane {
    fn new(rules: &QuotaRules) -> Self {
        let own = rules.concurrency.filter(|own| *own > 0);
        let most = own.unwrap_or(MAX_CONCURRENT_PER_CREDENTIAL).min(MAX_CONCURRENT_PER_CREDENTIAL);
        let spacing = rules.write_spacing_ms.unwrap_or(0);
        Self {
            in_flight: Semaphore::new(most as usize),
            spacing: Duration::from_millis(u64::from(spacing)),
            held: Mutex::new(Held::default()),
        }
    }

    /// Waits for the request's turn, if nothing holds it up.
    ///
    /// # Errors
    ///
    /// [`Cause::RateLimited`] with the wait, at once, where a limit of the provider holds it up;
    /// and where its turn does not come before the deadline.
    pub(crate) async fn admit(
        &self,
        method: Method,
        url: &Url,
        deadline: Instant,
    ) -> Result<SemaphorePermit<'_>, Failure> {
        self.judge(method, url)?;
        let turn = tokio::time::timeout_at(deadline, self.in_flight.acquire()).await;
        let Ok(Ok(permit)) = turn else { return Err(no_turn()) };
        if !method.is_safe() && !self.spacing.is_zero() {
            let at = self.take_turn_to_change();
            if at >= deadline {
                return Err(no_turn());
            }
            tokio::time::sleep_until(at).await;
        }
        // What was told while it waited counts too.
        self.judge(method, url)?;
        Ok(permit)
    }

    /// Whether no limit holds up such a request.
    ///
    /// # Errors
    ///
    /// [`Cause::RateLimited`], or [`Cause::Unreachable`] for a service that is out of order, with the wait.
    pub(crate) fn judge(&self, method: Method, url: &Url) -> Result<(), Failure> {
        let held = locked(&self.held);
        let narrow = held.narrow.get(&target(method, url)).copied().unwrap_or_default();
        let (until, why) = match narrow > held.until {
            true => (narrow, Why::Limit),
            false => (held.until, held.why),
        };
        let now = Timestamp::now();
        match until.0.checked_sub(now.0).filter(|wait| *wait > 0) {
            Some(milliseconds) => Err(held_up(milliseconds, why)),
            None => Ok(()),
        }
    }

    fn take_turn_to_change(&self) -> Instant {
        let mut held = locked(&self.held);
        let now = Instant::now();
        let at = held.next_change.map_or(now, |next| next.max(now));
        held.next_change = Some(at + self.spacing);
        at
    }

    /// Takes in what an answer tells.
    pub(crate) fn observe(&self, method: Method, url: &Url, status: u16, told: &QuotaHeaders<'_>) {
        if let Some(quota) = told.quota().filter(|_| told.is_usual()) {
            locked(&self.held).told = Some(quota);
        }
        let refused = matches!(status, 403 | 429 | 503);
        let narrow = (refused && told.is_narrow()).then(|| target(method, url));
        let why = if status == 503 { Why::Unavailable } else { Why::Limit };
        match (told.retry_after().filter(|_| refused), &narrow) {
            (Some(wait), Some(place)) => self.hold_target(place.clone(), wait),
            (Some(wait), None) => self.hold(wait, why),
            (None, _) => {}
        }
        locked(&self.held).refused_at = narrow;
        if let Some(wait) = told.used_up_for() {
            self.hold(wait + MARGIN, Why::Limit);
        }
    }

    /// Holds everything up, from now on for so long.
    pub(crate) fn hold(&self, wait: Duration, why: Why) {
        let until = later(Timestamp::now(), wait.min(LONGEST_WAIT));
        let mut held = locked(&self.held);
        if until > held.until {
            (held.until, held.why) = (until, why);
        }
    }

    fn hold_target(&self, place: Target, wait: Duration) {
        let now = Timestamp::now();
        let mut held = locked(&self.held);
        held.narrow.retain(|_, until| *until > now);
        if held.narrow.len() < MOST_NARROW {
            held.narrow.insert(place, later(now, wait.min(LONGEST_WAIT)));
        }
    }

    /// Takes in a connector's word that a limit was reached: the one that refused last.
    fn limited(&self, wait: Duration) {
        let place = locked(&self.held).refused_at.clone();
        match place {
            Some(place) => self.hold_target(place, wait),
            None => self.hold(wait, Why::Limit),
        }
    }

    fn is_held(&self, now: Timestamp) -> bool {
        let held = locked(&self.held);
        held.until > now || held.narrow.values().any(|until| *until > now)
    }
}

/// The lanes on which an instance's requests went.
#[derive(Default)]
pub(crate) struct LanesInUse(Mutex<Vec<Arc<Lane>>>);

impl LanesInUse {
    /// Takes the lane in.
    pub(crate) fn note(&self, lane: &Arc<Lane>) {
        let mut used = locked(&self.0);
        if !used.iter().any(|known| Arc::ptr_eq(known, lane)) {
            used.push(Arc::clone(lane));
        }
    }

    /// What the last answer told of the limit.
    pub(crate) fn told(&self) -> Option<Quota> {
        locked(&self.0).iter().rev().find_map(|lane| locked(&lane.held).told)
    }

    /// Takes in a failure of the connector that says how long to wait.
    pub(crate) fn note_limit(&self, failure: &Failure) {
        let Retry::After { milliseconds } = failure.retry else { return };
        if failure.cause == Cause::RateLimited && failure.code != KNOWN {
            for lane in locked(&self.0).iter() {
                lane.limited(Duration::from_millis(milliseconds));
            }
        }
    }
}

/// The codes of refusals that rest on an earlier answer.
const KNOWN: &str = "rate-limit-known";
const KNOWN_UNAVAILABLE: &str = "unavailable-known";

fn target(method: Method, url: &Url) -> Target {
    (method.as_str(), format!("{}{}", url.origin().ascii_serialization(), url.path()))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a request that is held up gets.
pub(crate) fn held_up(milliseconds: u64, why: Why) -> Failure {
    let failure = match why {
        Why::Limit => Failure::new(
            Cause::RateLimited,
            "The rate limit for this credential was reached, according to an earlier response. No request was sent.",
        )
        .code(KNOWN)
        .remedy("Wait until the limit resets; everything that uses this credential shares it.", None),
        Why::Unavailable => Failure::new(
            Cause::Unreachable,
            "The service is unavailable, according to an earlier response. No request was sent.",
        )
        .code(KNOWN_UNAVAILABLE)
        .remedy("Wait, or look at the service's status page.", None),
    };
    failure.retry(Retry::After { milliseconds })
}

/// What a request gets whose turn does not come.
pub(crate) fn no_turn() -> Failure {
    Failure::new(
        Cause::RateLimited,
        "Other requests with this credential were still running. No request was sent.",
    )
    .code("credential-busy")
    .retry(Retry::Backoff)
    .remedy("Run fewer jobs with this credential at once.", None)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::manifest::{QuotaReason, QuotaReset, ResetUnit};

    fn rules() -> QuotaRules {
        QuotaRules {
            remaining: Some("x-remaining".to_owned()),
            reset: Some(QuotaReset { header: "x-reset".to_owned(), unit: ResetUnit::DeltaSeconds }),
            reason: Some(QuotaReason {
                header: "x-reason".to_owned(),
                narrow: vec!["burst".to_owned()],
            }),
            concurrency: Some(2),
            write_spacing_ms: Some(40),
            ..QuotaRules::default()
        }
    }

    fn url(path: &str) -> Url {
        Url::parse("https://api.example.com").unwrap().join(path).unwrap()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(200)
    }

    fn lane() -> Lane {
        Lane::new(&rules())
    }

    fn answer(lane: &Lane, status: u16, headers: &[(&str, &str)]) {
        let headers: Vec<_> = (headers.iter())
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let told = QuotaHeaders::new(&RULES, &headers, Timestamp::now());
        lane.observe(Method::Get, &url("/a"), status, &told);
    }

    static RULES: std::sync::LazyLock<QuotaRules> = std::sync::LazyLock::new(rules);

    /// Whether requests to `/a` and to `/b` may go.
    async fn goes(lane: &Lane) -> (bool, bool) {
        let go = async |path| lane.admit(Method::Get, &url(path), soon()).await.is_ok();
        (go("/a").await, go("/b").await)
    }

    #[tokio::test(start_paused = true)]
    async fn what_answers_tell_holds_requests_up() {
        type Case = (&'static str, u16, &'static [(&'static str, &'static str)], (bool, bool));
        let cases: [Case; 12] = [
            ("success", 200, &[("x-remaining", "5"), ("x-reset", "60")], (true, true)),
            (
                "success that was the last",
                200,
                &[("x-remaining", "0"), ("x-reset", "60")],
                (false, false),
            ),
            ("none left, without a reset", 200, &[("x-remaining", "0")], (true, true)),
            ("limited", 429, &[("retry-after", "60")], (false, false)),
            ("limited, without a wait", 429, &[], (true, true)),
            (
                "limited for this place",
                429,
                &[("retry-after", "60"), ("x-reason", "burst")],
                (false, true),
            ),
            (
                "limited for another reason",
                429,
                &[("retry-after", "60"), ("x-reason", "quota")],
                (false, false),
            ),
            ("forbidden with a wait", 403, &[("retry-after", "60")], (false, false)),
            ("forbidden", 403, &[("x-remaining", "5")], (true, true)),
            ("unavailable with a wait", 503, &[("retry-after", "60")], (false, false)),
            ("success with a wait of zero", 200, &[("retry-after", "0")], (true, true)),
            ("success with a wait", 200, &[("retry-after", "60")], (true, true)),
        ];
        for (name, status, headers, expected) in cases {
            let lane = lane();
            answer(&lane, status, headers);
            assert_eq!(goes(&lane).await, expected, "{name}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_up_says_until_when_and_goes_then() {
        let lane = lane();
        lane.hold(Duration::from_mins(10), Why::Limit);
        let failure = lane.admit(Method::Get, &url("/a"), soon()).await.unwrap_err();
        assert_eq!((failure.code.as_str(), failure.cause), (KNOWN, Cause::RateLimited));
        assert!(matches!(failure.retry, Retry::After { milliseconds: 1..=600_000 }));
        lane.hold(Duration::from_millis(1), Why::Unavailable);
        assert!(lane.admit(Method::Get, &url("/a"), soon()).await.is_err(), "never shorter");

        let brief = self::lane();
        brief.hold(Duration::from_millis(20), Why::Limit);
        let held = std::time::Instant::now();
        while brief.admit(Method::Get, &url("/a"), soon()).await.is_err() {
            assert!(held.elapsed() < Duration::from_mins(1), "it is held for good");
            std::thread::yield_now();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn so_many_go_at_once_and_others_wait_for_their_turn() {
        let lane = lane();
        let first = lane.admit(Method::Get, &url("/a"), soon()).await.unwrap();
        let _second = lane.admit(Method::Get, &url("/a"), soon()).await.unwrap();
        let failure = lane.admit(Method::Get, &url("/a"), soon()).await.unwrap_err();
        assert_eq!(failure.code, "credential-busy");
        drop(first);
        assert!(lane.admit(Method::Get, &url("/a"), soon()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn changes_are_spaced_and_reads_are_not() {
        let lane = lane();
        let start = Instant::now();
        for _ in 0..3 {
            drop(lane.admit(Method::Post, &url("/a"), soon()).await.unwrap());
        }
        assert!(start.elapsed() >= Duration::from_millis(80), "{:?}", start.elapsed());
        let mut turns = Vec::new();
        for _ in 0..9 {
            turns.push(lane.admit(Method::Post, &url("/a"), soon()).await.is_ok());
        }
        assert!(turns.contains(&true));
        let held = lane.take_turn_to_change();
        assert!(held > start + Duration::from_millis(300));
    }

    #[test]
    fn a_lane_is_that_of_one_secret_and_one_connector() {
        let ledger = Ledger::default();
        let lane = |connector: &str, secret: &str| {
            ledger.lane(connector, &SecretText::new(secret.to_owned()), &RULES)
        };
        let first = lane("github", "one");
        assert!(Arc::ptr_eq(&first, &lane("github", "one")));
        assert!(!Arc::ptr_eq(&first, &lane("github", "two")));
        assert!(!Arc::ptr_eq(&first, &lane("jira", "one")));
    }

    #[test]
    fn what_nobody_uses_is_forgotten_but_not_what_is_held_up() {
        let ledger = Ledger::default();
        let lane = |name: usize| ledger.lane("x", &SecretText::new(name.to_string()), &RULES);
        lane(0).hold(Duration::from_secs(60), Why::Limit);
        let used = lane(1);
        for name in 2..=MOST_LANES {
            lane(name);
        }
        assert!(locked(&ledger.lanes).len() < 10);
        assert!(lane(0).is_held(Timestamp::now()));
        assert!(Arc::ptr_eq(&used, &lane(1)));
    }

    #[test]
    fn a_connectors_own_word_holds_what_it_used() {
        let (ledger, used) = (Ledger::default(), LanesInUse::default());
        let lane = ledger.lane("x", &SecretText::new("one".to_owned()), &RULES);
        used.note(&lane);
        let failure = |code: &str, cause| {
            Failure::new(cause, "").code(code).retry(Retry::After { milliseconds: 60_000 })
        };
        for passed_over in [failure("x", Cause::Unreachable), failure(KNOWN, Cause::RateLimited)] {
            used.note_limit(&passed_over);
            assert!(!lane.is_held(Timestamp::now()));
        }
        used.note_limit(&failure("x", Cause::RateLimited));
        assert!(lane.is_held(Timestamp::now()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_connectors_word_of_a_narrow_limit_holds_that_place_alone() {
        let (ledger, used) = (Ledger::default(), LanesInUse::default());
        let lane = ledger.lane("x", &SecretText::new("one".to_owned()), &RULES);
        used.note(&lane);
        let limited = Failure::new(Cause::RateLimited, "").code("burst");
        let limited = limited.retry(Retry::After { milliseconds: 60_000 });
        answer(&lane, 429, &[("x-reason", "burst")]);
        used.note_limit(&limited);
        assert_eq!(goes(&lane).await, (false, true));
        answer(&lane, 429, &[("x-reason", "quota")]);
        used.note_limit(&limited);
        assert_eq!(goes(&lane).await, (false, false));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_out_of_order_is_no_limit() {
        let lane = lane();
        answer(&lane, 503, &[("retry-after", "60")]);
        let failure = lane.admit(Method::Get, &url("/a"), soon()).await.unwrap_err();
        assert_eq!((failure.code.as_str(), failure.cause), (KNOWN_UNAVAILABLE, Cause::Unreachable));
    }
}
