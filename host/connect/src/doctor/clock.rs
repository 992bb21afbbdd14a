//! This machine's clock against the servers', by the `date` of their answers (RFC 9110, section
//! 6.6.1).
//!
//! The field has whole seconds, and was written at some moment between the request and the answer:
//! only what neither explains counts as a difference. Of several servers the one that differs least
//! counts, since one that agrees shows that the others are wrong.

use std::time::Duration;

use jackfield_host::failure::{Cause, Failure, Remedy, Retry, Timestamp, Warning};
use jackfield_host::probe::{Answer, Probe};

use super::span::span;
use super::{Step, StepName};

/// A difference of more than this is a warning: tokens that are valid for minutes begin to fail.
pub const CLOCK_WARNING: Duration = Duration::from_secs(60);

/// A difference of more than this is a failure: it is what signed tokens are commonly allowed.
pub const CLOCK_FAILURE: Duration = Duration::from_secs(5 * 60);

/// Stable, of the warning and of the failure.
const CODE: &str = "clock-skew";

/// How to let a machine keep its time.
const TIME_PAGE: &str = "https://www.ntppool.org/use.html";

/// How far two clocks differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Skew {
    by: Duration,
    /// Whether this machine's is the one ahead.
    ahead: bool,
}

/// The step, from whatever answers there are.
pub(super) fn step(probes: &[Probe]) -> Step {
    let answers = probes.iter().filter_map(|probe| probe.answer.found());
    let measured = answers.filter_map(|answer| Some((answer, answer.server_time?)));
    let least = measured
        .map(|(answer, server)| (skew(answer, server), answer.received_at, server))
        .min_by_key(|(skew, ..)| skew.by);
    match least {
        Some((skew, local, server)) => judged(skew, local, server),
        None => Step::skipped(StepName::Clock, "No server told its time."),
    }
}

fn skew(answer: &Answer, server: Timestamp) -> Skew {
    let latest = server.0.saturating_add(999);
    let took = u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX);
    let (sent, received) = (answer.received_at.0.saturating_sub(took), answer.received_at.0);
    let ahead = sent > latest;
    let by = if ahead { sent - latest } else { server.0.saturating_sub(received) };
    Skew { by: Duration::from_millis(by), ahead }
}

fn judged(skew: Skew, local: Timestamp, server: Timestamp) -> Step {
    let difference = span(skew.by);
    let side = if skew.ahead { "ahead of" } else { "behind" };
    let message = format!("This machine's clock is {difference} {side} the server's.");
    let step = if skew.by > CLOCK_FAILURE {
        Step::failed(StepName::Clock, failure(&message))
    } else if skew.by > CLOCK_WARNING {
        let warning =
            Warning { code: CODE.to_owned(), message: message.clone(), remedies: remedies() };
        Step::passed(StepName::Clock, message).warn(warning)
    } else {
        Step::passed(StepName::Clock, "This machine's clock agrees with the server's.")
    };
    step.evidence("local-time", local.to_string())
        .evidence("server-time", server.to_string())
        .evidence("difference-seconds", skew.by.as_secs().to_string())
}

/// The failure of a clock that is far from the server's.
pub(crate) fn example() -> Failure {
    failure("This machine's clock is 2 days ahead of the server's.")
}

fn failure(message: &str) -> Failure {
    let message = message.trim_end_matches('.');
    let message =
        format!("{message}, so that tokens and certificates look expired or not yet valid.");
    let mut failure = Failure::new(Cause::Other { name: CODE.to_owned() }, message);
    failure.remedies = remedies();
    failure.retry(Retry::AfterUserAction)
}

fn remedies() -> Vec<Remedy> {
    let set = "Set this machine's clock and enable NTP.";
    let tell =
        "If this machine's clock is right, tell the server's operator that the server's is not.";
    vec![Remedy::new(set).at(TIME_PAGE), Remedy::new(tell)]
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "tests")]
mod tests {
    use jackfield_host::probe::Stage;

    use super::super::StepOutcome::{self, Failed, Passed, Skipped, Warned};
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn probe(server: Option<u64>, took: u64) -> Probe {
        let mut probe = Probe::unknown(&"https://api.example/".parse().expect("a URL"));
        probe.answer = Stage::Passed(Answer {
            status: 200,
            server: None,
            content_type: None,
            server_time: server.map(Timestamp),
            received_at: Timestamp(NOW),
            took: Duration::from_millis(took),
        });
        probe
    }

    #[test]
    fn a_difference_counts_from_one_past_the_limit() {
        for (name, server, took, expected) in [
            ("equal", NOW, 0, Passed),
            ("behind, at the warning", NOW + 60_000, 0, Passed),
            ("behind, one past it", NOW + 60_001, 0, Warned),
            ("behind, at the failure", NOW + 300_000, 0, Warned),
            ("behind, one past it", NOW + 300_001, 0, Failed),
            ("ahead, at the warning", NOW - 60_999, 0, Passed),
            ("ahead, one past it", NOW - 61_000, 0, Warned),
            ("ahead, at the failure", NOW - 300_999, 0, Warned),
            ("ahead, one past it", NOW - 301_000, 0, Failed),
            ("ahead by what the exchange took", NOW - 301_000, 1, Warned),
            ("at the beginning of time", 0, 0, Failed),
            ("at its end", u64::MAX, u64::MAX, Failed),
        ] {
            let step = step(&[probe(Some(server), took)]);
            assert_eq!(step.outcome, expected, "{name}: {step:?}");
            let coded = step.failure.iter().map(|failure| &failure.code);
            let coded = coded.chain(step.warnings.iter().map(|warning| &warning.code));
            assert!(coded.clone().all(|code| code == CODE), "{name}");
            assert_eq!(coded.count(), usize::from(expected != Passed), "{name}");
        }
    }

    #[test]
    fn both_sides_are_told() {
        let told = |server| step(&[probe(Some(server), 0)]).sentence;
        assert!(told(NOW + 600_000).contains("10 minutes behind"));
        assert!(told(NOW - 7_200_999).contains("2 hours ahead of"));
    }

    #[test]
    fn the_server_that_differs_least_counts() {
        let outcome = |servers: &[Option<u64>]| -> StepOutcome {
            let probes: Vec<Probe> = servers.iter().map(|server| probe(*server, 0)).collect();
            step(&probes).outcome
        };
        assert_eq!(outcome(&[Some(0), Some(NOW), None]), Passed);
        assert_eq!(outcome(&[Some(0), None]), Failed);
        assert_eq!(outcome(&[None]), Skipped);
        assert_eq!(outcome(&[]), Skipped);
    }
}
