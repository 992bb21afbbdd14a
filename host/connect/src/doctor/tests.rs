//! How what a probe and a check came to become one diagnosis.

use std::time::Duration;

use jackfield_host::failure::{Cause, Remedy, Timestamp};
use jackfield_host::probe::{Answer, Lookup, Skip, Stage, TcpConnection};

use super::StepOutcome::{Failed, Passed, Skipped, Warned};
use super::*;
use crate::state::tests::report;

const NOW: u64 = 1_800_000_000_000;

/// Gets through everywhere, on a server whose clock differs by so many milliseconds.
fn probe(ahead: u64) -> Probe {
    let mut probe = Probe::unknown(&"https://api.example/v3".parse().expect("a URL"));
    let address = "1.1.1.1:443".parse().expect("an address");
    probe.lookup = Stage::Passed(Lookup::default());
    probe.connection = Stage::Passed(TcpConnection { address, took: Duration::ZERO });
    probe.tls = Stage::Skipped(Skip::NotNeeded);
    probe.answer = Stage::Passed(Answer {
        status: 404,
        server: None,
        content_type: None,
        server_time: Some(Timestamp(NOW + ahead)),
        received_at: Timestamp(NOW),
        took: Duration::ZERO,
    });
    probe
}

fn failure(cause: Cause, code: &str) -> Failure {
    Failure::new(cause, format!("{code}.")).code(code).remedy("Ask.", None)
}

/// Ends at the connection.
fn unconnected() -> Probe {
    let refused = failure(Cause::Unreachable, "connection-failed").evidence("tried", "1.1.1.1:443");
    Probe {
        connection: Stage::Failed { found: None, failure: Box::new(refused) },
        tls: Stage::Skipped(Skip::Earlier),
        answer: Stage::Skipped(Skip::Earlier),
        ..probe(0)
    }
}

fn outcomes(probe: Probe, check: Result<&Report, &Failure>) -> [StepOutcome; 10] {
    let steps = assemble(&[probe], check, Vec::new());
    let names: Vec<StepName> = steps.iter().map(|step| step.name).collect();
    assert_eq!(names, StepName::ALL, "the order");
    for step in &steps {
        assert_eq!(step.failure.is_some(), step.outcome == Failed, "{step:?}");
        assert_eq!(step.warnings.is_empty(), step.outcome != Warned, "{step:?}");
        assert!(step.sentence.ends_with('.'), "{step:?}");
    }
    std::array::from_fn(|index| steps[index].outcome)
}

#[test]
fn the_check_has_the_last_word() {
    let (p, w, f, s) = (Passed, Warned, Failed, Skipped);
    let unknown = || Probe::unknown(&"https://api.example".parse().expect("a URL"));
    for (name, probe, check, expected) in [
        ("all passes", probe(0), None, [p, p, p, s, p, p, p, p, p, p]),
        ("only the probe failed", unconnected(), None, [p, p, w, s, p, s, p, p, p, p]),
        ("nothing is known", unknown(), None, [p, s, s, s, p, s, p, p, p, p]),
        (
            "both at one step",
            unconnected(),
            Some(failure(Cause::Unreachable, "connection-failed")),
            [p, p, f, s, s, s, s, s, s, s],
        ),
        (
            "the probe before the check",
            unconnected(),
            Some(failure(Cause::Timeout, "timeout")),
            [p, p, f, s, s, s, s, s, s, s],
        ),
        (
            "the check before the probe",
            unconnected(),
            Some(failure(Cause::Unreachable, "name-not-found")),
            [p, f, s, s, s, s, s, s, s, s],
        ),
        (
            "the check alone, on the way",
            probe(0),
            Some(failure(Cause::Unreachable, "server-error")),
            [p, p, p, s, f, p, s, s, s, s],
        ),
        (
            "the check alone, at the provider",
            probe(0),
            Some(failure(Cause::CredentialRejected, "rejected")),
            [p, p, p, s, p, p, p, f, s, s],
        ),
        (
            "rejected, though the probe failed",
            unconnected(),
            Some(failure(Cause::CredentialRejected, "rejected")),
            [p, p, w, s, p, s, p, f, s, s],
        ),
        (
            "the settings after all",
            probe(0),
            Some(failure(Cause::InvalidInput, "no-token")),
            [f, s, s, s, s, p, s, s, s, s],
        ),
        ("the clock a little", probe(61_000), None, [p, p, p, s, p, w, p, p, p, p]),
        ("the clock alone", probe(600_000), None, [p, p, p, s, p, f, p, p, p, p]),
        (
            "the clock before the credential",
            probe(600_000),
            Some(failure(Cause::CredentialExpired { ended_at: None }, "expired")),
            [p, p, p, s, p, f, p, f, s, s],
        ),
        (
            "the clock although nobody could work",
            probe(600_000),
            Some(failure(Cause::Unreachable, "server-error")),
            [p, p, p, s, f, f, s, s, s, s],
        ),
    ] {
        let good = report(None);
        let check = check.as_ref().map_or(Ok(&good), Err);
        assert_eq!(outcomes(probe, check), expected, "{name}");
    }
}

#[test]
fn a_failure_without_remedies_gets_one() {
    for name in StepName::ALL {
        let bare = Failure::new(Cause::Protocol, "No.");
        let step = Step::failed(name, bare.clone());
        assert_eq!(step.failure.expect("a failure").remedies.len(), 1, "{name:?}");
        let own = Step::failed(name, bare.remedy("Ask.", None)).failure.expect("a failure");
        assert_eq!(own.remedies[0].text, "Ask.", "{name:?}");
        assert_eq!(own.remedies.len(), 1, "{name:?}");
    }
}

#[test]
fn the_first_failure_explains_the_rest() {
    let subject = || Subject { connector: "github".to_owned(), connection: None };
    let expired = failure(Cause::CredentialExpired { ended_at: None }, "expired");
    let diagnosis = Diagnosis::of(subject(), assemble(&[probe(600_000)], Err(&expired), vec![]));
    assert_eq!(diagnosis.failure().map(|failure| failure.code.as_str()), Some("clock-skew"));
    assert_eq!(diagnosis.outcome, Failed);
    let diagnosis = Diagnosis::of(subject(), assemble(&[probe(0)], Ok(&report(None)), vec![]));
    assert_eq!((diagnosis.failure(), diagnosis.outcome), (None, Passed));
}

#[test]
fn the_probes_evidence_survives_the_checks_failure() {
    let refused = failure(Cause::Unreachable, "connection-failed");
    let steps = assemble(&[unconnected()], Err(&refused), vec![]);
    let step = steps.iter().find(|step| step.has_failed()).expect("a failure");
    let evidence = &step.failure.as_ref().expect("its failure").evidence;
    assert!(evidence.iter().any(|one| one.name == "tried"), "{step:?}");
}

#[test]
fn what_was_entered_is_noted_with_the_settings() {
    let remedies = vec![Remedy::new("Look.")];
    let note = Warning { code: "blanks".to_owned(), message: "Blanks.".to_owned(), remedies };
    let steps = assemble(&[probe(0)], Ok(&report(None)), vec![note]);
    assert_eq!((steps[0].outcome, steps[0].warnings.len()), (Warned, 1));
}

#[test]
fn in_json_names_are_kebab_case() {
    for name in StepName::ALL {
        let json = serde_json::to_value(name).expect("a name");
        assert_eq!(json, name.as_str());
    }
    let step = Step::failed(StepName::NameLookup, failure(Cause::Unreachable, "name-not-found"));
    let json = serde_json::to_value(&step).expect("a step");
    assert_eq!(json["name"], "name-lookup");
    assert_eq!(json["outcome"], "failed");
    assert_eq!(json["failure"]["code"], "name-not-found");
}
