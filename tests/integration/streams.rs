//! Every stream of both connectors against providers that answer anything.
//!
//! The connectors run as components; the provider is in memory. A case is a stream, its records, the
//! page sizes of a person, and troubles: failures and kills at any page, page tokens refused, pages
//! that shrink and grow, records that change meanwhile, clocks that are off by days, ends that never
//! come. Cases follow from their number, so that a failure can be repeated.
//!
//! | what must hold | where |
//! |---|---|
//! | A run ends, after a few requests for each page | all cases |
//! | A run that cannot go on says why, and its cursor is that of its last page | all cases |
//! | Runs that go on from the cursor told have all records together when one has caught up | bearable ones |
//! | Each record comes once, where nothing is a reason to come twice | bearable ones |
//! | A later run brings what changed since | bearable ones |
//!
//! | variable | for |
//! |---|---|
//! | `JACKFIELD_STREAMS_MS` | further cases, for so many milliseconds |
//! | `JACKFIELD_STREAMS_CASE` | the case of that number alone |

mod case;
mod program;
mod provider;
mod run;
mod socket;
mod world;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use self::case::{Case, How, Times, Trouble};
use self::run::Stand;
use self::world::Stream;

/// Cases in which everything can be read, without further ones.
const BEARABLE: u64 = 240;

/// Cases in which a run leads nowhere, without further ones.
const UNBEARABLE: u64 = 72;

/// Simpler cases that are tried of one that fails.
const MOST_SIMPLER: usize = 300;

/// A provider that does nothing wrong, read in pages of those sizes.
fn plain(stream: Stream, limits: [u32; 2]) -> Case {
    Case {
        stream,
        records: 130,
        times: Times::Groups { size: 3 },
        percent_ahead: 0,
        percent_undated: 0,
        clock_days: 0,
        limits: limits.to_vec(),
        troubles: Vec::new(),
        seed: 1,
    }
}

/// Of these cases, those that fail are told, and the simplest one found that fails like the first.
async fn check(stand: &mut Stand, cases: impl Iterator<Item = (String, Case)>) {
    let mut failed = Vec::new();
    for (name, case) in cases {
        if let Err(violation) = stand.judge(&case).await {
            failed.push((name, violation, case));
        }
    }
    let Some((_, first, case)) = failed.first() else { return };
    let (mut simplest, mut told) = (case.clone(), first.to_string());
    let mut left = simplest.simpler();
    for _ in 0..MOST_SIMPLER {
        let Some(next) = left.pop() else { break };
        if let Err(violation) = stand.judge(&next).await {
            (told, left) = (violation.to_string(), next.simpler());
            simplest = next;
        }
    }
    let list =
        failed.iter().map(|(name, violation, case)| format!("{name}: {violation}\n{case:?}\n"));
    let list: String = list.collect();
    panic!("{list}{} failed; the first may be simpler:\n{told}\n{simplest:?}", failed.len());
}

async fn check_all(kind: &str, cases: u64, of_number: fn(u64) -> Case) {
    let variable = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let mut stand = Stand::new().await;
    let case = |number| (format!("{kind} case {number}"), of_number(number));
    if let Some(number) = variable("JACKFIELD_STREAMS_CASE") {
        return check(&mut stand, std::iter::once(case(number))).await;
    }
    let further = Duration::from_millis(variable("JACKFIELD_STREAMS_MS").unwrap_or(0));
    let start = Instant::now();
    let due = |number: &u64| *number < cases || start.elapsed() < further;
    check(&mut stand, (0..).take_while(due).map(case)).await;
}

#[tokio::test]
async fn whatever_can_be_read_is_read_whole() {
    check_all("bearable", BEARABLE, Case::bearable).await;
}

#[tokio::test]
async fn no_provider_keeps_a_run_from_ending() {
    check_all("unbearable", UNBEARABLE, Case::unbearable).await;
}

#[tokio::test]
async fn a_run_goes_on_after_any_page_with_exactly_the_rest() {
    let mut stand = Stand::new().await;
    for stream in Stream::ALL {
        for limits in [[40, 25], [25, 40], [9, 100]] {
            let case = plain(stream, limits);
            let pages = stand.pages(&case).await;
            for cut in 0..pages.len() {
                if let Err(violation) = stand.goes_on(&case, &pages[..cut]).await {
                    panic!("{stream:?} after {cut} pages of {limits:?}: {violation}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_failure_at_any_page_loses_nothing() {
    let failures = [
        How::Status(500),
        How::Status(502),
        How::RateLimit,
        How::TooLarge,
        How::WebPage,
        How::HalfABody,
    ];
    let mut cases = Vec::new();
    for stream in Stream::ALL {
        for page in [1, 2, 4] {
            let fails = failures.map(|how| Trouble::Fails { page, how });
            for trouble in fails.into_iter().chain([Trouble::Killed { page }]) {
                let case = Case { troubles: vec![trouble], ..plain(stream, [40, 30]) };
                cases.push((format!("{trouble:?}"), case));
            }
        }
    }
    check(&mut Stand::new().await, cases.into_iter()).await;
}

#[tokio::test]
async fn pages_that_are_too_much_are_asked_for_smaller() {
    let mut cases = Vec::new();
    for stream in Stream::ALL.into_iter().filter(|stream| *stream != Stream::ServerProjects) {
        for (records, how) in
            [(1, How::TooLarge), (9, How::Status(502)), (30, How::Status(504)), (40, How::Timeout)]
        {
            let plain = Case { records: 20 + 2 * records, ..plain(stream, [100, 100]) };
            let from = plain.records / 2;
            for trouble in [
                Trouble::Cap { records, how },
                Trouble::Heavy { from, count: records + 5, most: records, how },
            ] {
                let case = Case { troubles: vec![trouble], ..plain.clone() };
                cases.push((format!("{trouble:?}"), case));
            }
        }
    }
    check(&mut Stand::new().await, cases.into_iter()).await;
}

#[tokio::test]
async fn one_record_that_alone_is_too_large_is_left_out_where_asked() {
    let mut cases = Vec::new();
    for stream in Stream::ALL.into_iter().filter(|stream| *stream != Stream::ServerProjects) {
        for which in [0, 33, 59] {
            for skip in [true, false] {
                let trouble = Trouble::Giant { which, skip };
                let case = Case { records: 60, troubles: vec![trouble], ..plain(stream, [30, 30]) };
                cases.push((format!("{trouble:?}"), case));
            }
        }
    }
    check(&mut Stand::new().await, cases.into_iter()).await;
}

/// Cases of a kind that never come prove nothing.
#[test]
fn at_least_three_cases_have_each_trouble_and_each_stream() {
    let bearable = (0..BEARABLE).map(Case::bearable);
    let cases: Vec<Case> = bearable.chain((0..UNBEARABLE).map(Case::unbearable)).collect();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for case in &cases {
        for trouble in &case.troubles {
            let name = format!("{trouble:?}");
            let name = name.split(' ').next().unwrap();
            *kinds.entry(name.to_owned()).or_default() += 1;
        }
    }
    assert_eq!(kinds.len(), Trouble::KINDS, "{kinds:?}");
    assert!(kinds.values().all(|count| *count >= 3), "{kinds:?}");
    for stream in Stream::ALL {
        assert!(cases.iter().filter(|case| case.stream == stream).count() >= 20, "{stream:?}");
    }
    assert!((0..BEARABLE).map(Case::bearable).all(|case| case.is_bearable()));
}
