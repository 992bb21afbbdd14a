//! The steps on the way to the provider, from the probes of its origins.
//!
//! Of several origins the worst decides each step; its evidence has that of all, each behind its
//! origin.

use jackfield_host::failure::{Field, Remedy, Timestamp};
use jackfield_host::probe::{Answer, Certificate, Lookup, Probe, Skip, Stage, TcpConnection, Tls};

use super::span::milliseconds;
use super::{Step, StepName};

/// From `name-lookup` to `reachability`.
pub(super) fn steps(probes: &[Probe]) -> [Step; 4] {
    [
        merged(StepName::NameLookup, probes, |probe| lookup(&probe.lookup)),
        merged(StepName::Connection, probes, |probe| connection(&probe.connection)),
        merged(StepName::Tls, probes, |probe| tls(&probe.tls, Timestamp::now())),
        merged(StepName::Reachability, probes, |probe| reachability(&probe.answer)),
    ]
}

fn merged(name: StepName, probes: &[Probe], step: impl Fn(&Probe) -> Step) -> Step {
    let mut worst: Option<Step> = None;
    let mut evidence = Vec::new();
    for probe in probes {
        let mut step = step(probe);
        if probes.len() > 1 && !step.evidence.is_empty() {
            evidence.push(Field::new("origin", &probe.origin));
        }
        evidence.append(&mut step.evidence);
        if worst.as_ref().is_none_or(|worst| step.outcome > worst.outcome) {
            worst = Some(step);
        }
    }
    match worst {
        Some(worst) => Step { evidence, ..worst },
        None => Step::skipped(name, "The credential goes to no endpoint that is known yet."),
    }
}

/// A stage that passed or failed, or why it was skipped.
fn staged<T>(
    name: StepName,
    stage: &Stage<T>,
    not_needed: &str,
    told: impl FnOnce(Step, &T) -> Step,
    sentence: impl FnOnce(&T) -> String,
) -> Step {
    match stage {
        Stage::Passed(found) => told(Step::passed(name, sentence(found)), found),
        Stage::Failed { found, failure } => {
            let step = Step::failed(name, failure.as_ref().clone());
            match found {
                Some(found) => told(step, found),
                None => step,
            }
        }
        Stage::Skipped(Skip::NotNeeded) => Step::skipped(name, not_needed),
        Stage::Skipped(Skip::Proxy) => {
            Step::skipped(name, "Not visible from here: the configured proxy does this.")
        }
        Stage::Skipped(Skip::Earlier) => Step::skipped(name, "Not reached."),
        Stage::Skipped(Skip::Unknown) => {
            Step::skipped(name, "This platform's transport cannot tell.")
        }
    }
}

fn lookup(stage: &Stage<Lookup>) -> Step {
    let told = |step: Step, found: &Lookup| {
        let step =
            found.allowed.iter().fold(step, |step, one| step.evidence("address", one.to_string()));
        let denied = |(address, rule): &(_, _)| format!("{address} (rule {rule})");
        found.denied.iter().fold(step, |step, one| step.evidence("denied", denied(one)))
    };
    let not_needed = "There is nothing to look up: the host is an address.";
    staged(StepName::NameLookup, stage, not_needed, told, |found| {
        let (allowed, denied) = (found.allowed.len(), found.denied.len());
        let addresses = if allowed == 1 { "address" } else { "addresses" };
        match denied {
            0 => format!("The name has {allowed} {addresses}."),
            _ => {
                format!("The name has {allowed} {addresses}, and {denied} that the policy denies.")
            }
        }
    })
}

fn connection(stage: &Stage<TcpConnection>) -> Step {
    let told = |step: Step, found: &TcpConnection| {
        step.evidence("address", found.address.to_string())
            .evidence("took", milliseconds(found.took))
    };
    staged(StepName::Connection, stage, "None is needed.", told, |found| {
        format!("The server takes connections at {}.", found.address)
    })
}

fn tls(stage: &Stage<Tls>, now: Timestamp) -> Step {
    let told = |step: Step, found: &Tls| {
        let step = step.evidence_if("protocol", found.protocol.clone());
        match &found.certificate {
            Some(certificate) => certified(step, certificate, now),
            None => step,
        }
    };
    let not_needed = "There is none: the address begins with http.";
    staged(StepName::Tls, stage, not_needed, told, |found| {
        let protocol = found.protocol.as_deref().unwrap_or("TLS");
        format!("The certificate is trusted, over {protocol}.")
    })
}

/// With what the certificate says of itself; where it failed by its dates, with the clock as a remedy.
fn certified(step: Step, certificate: &Certificate, now: Timestamp) -> Step {
    let Certificate { subject, issuer, not_before, not_after } = certificate;
    let mut step = step
        .evidence_if("certificate-subject", subject.clone())
        .evidence_if("certificate-issuer", issuer.clone())
        .evidence_if("valid-from", not_before.map(|time| time.to_string()))
        .evidence_if("valid-until", not_after.map(|time| time.to_string()));
    let early = not_before.is_some_and(|start| now < start);
    let late = not_after.is_some_and(|end| now > end);
    if let Some(failure) = step.failure.as_mut().filter(|_| early || late) {
        let text = format!(
            "Check whether this machine's clock is right: by it, the certificate is {}.",
            if early { "not valid yet" } else { "valid no more" }
        );
        failure.remedies.insert(0, Remedy::new(text));
        return step.evidence("local-time", now.to_string());
    }
    step
}

fn reachability(stage: &Stage<Answer>) -> Step {
    let told = |step: Step, found: &Answer| {
        step.evidence("status", found.status.to_string())
            .evidence_if("server", found.server.clone())
            .evidence_if("content-type", found.content_type.clone())
            .evidence_if("date", found.server_time.map(|time| time.to_string()))
            .evidence("took", milliseconds(found.took))
    };
    staged(StepName::Reachability, stage, "None is needed.", told, |found| {
        format!("The server answers, with status {} to a request without credential.", found.status)
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use jackfield_host::failure::{Cause, Failure};
    use jackfield_host::policy::Rule;

    use super::super::StepOutcome;
    use super::*;

    const DAY: u64 = 86_400_000;
    const NOW: Timestamp = Timestamp(20_000 * DAY);

    fn failed<T>(found: Option<T>) -> Stage<T> {
        let failure = Failure::new(Cause::Unreachable, "No.").remedy("Ask.", None);
        Stage::Failed { found, failure: Box::new(failure) }
    }

    fn certificate(from: u64, until: u64) -> Tls {
        let certificate = Certificate {
            subject: Some("CN=a".to_owned()),
            issuer: None,
            not_before: Some(Timestamp(from * DAY)),
            not_after: Some(Timestamp(until * DAY)),
        };
        Tls { protocol: None, certificate: Some(certificate) }
    }

    #[test]
    fn a_certificate_outside_its_dates_asks_for_the_clock_first() {
        for (name, from, until, asks) in [
            ("within", 19_000, 21_000, false),
            ("begins now", 20_000, 21_000, false),
            ("ends now", 19_000, 20_000, false),
            ("begins tomorrow", 20_001, 21_000, true),
            ("ended yesterday", 19_000, 19_999, true),
        ] {
            let step = tls(&failed(Some(certificate(from, until))), NOW);
            let first = &step.failure.as_ref().unwrap().remedies[0].text;
            assert_eq!(first.contains("clock"), asks, "{name}");
            assert_eq!(step.evidence.iter().any(|one| one.name == "local-time"), asks, "{name}");
            let passed = tls(&Stage::Passed(certificate(from, until)), NOW);
            assert_eq!((passed.outcome, passed.failure), (StepOutcome::Passed, None), "{name}");
        }
    }

    #[test]
    fn denied_addresses_are_told_with_their_rule() {
        let addresses = Lookup {
            allowed: vec!["1.1.1.1".parse().unwrap()],
            denied: vec![("10.0.0.1".parse().unwrap(), Rule::SpecialAddress)],
        };
        for stage in [Stage::Passed(addresses.clone()), failed(Some(addresses))] {
            let step = lookup(&stage);
            let told: Vec<&str> = step.evidence.iter().map(|one| one.value.as_str()).collect();
            assert_eq!(told, ["1.1.1.1", "10.0.0.1 (rule special-address)"]);
        }
    }

    #[test]
    fn of_several_origins_the_worst_decides_and_all_are_evidence() {
        let probe = |origin: &str, answer| {
            let mut probe = Probe::unknown(&origin.parse().unwrap());
            probe.connection = answer;
            probe
        };
        let good = || {
            let address = "1.1.1.1:443".parse().unwrap();
            Stage::Passed(TcpConnection { address, took: std::time::Duration::from_millis(7) })
        };
        for order in [[good(), failed(None)], [failed(None), good()]] {
            let [first, second] = order;
            let probes = [probe("https://a.example", first), probe("https://b.example", second)];
            let [_, step, ..] = steps(&probes);
            assert_eq!(step.outcome, StepOutcome::Failed);
            assert_eq!(step.evidence.len(), 3, "{step:?}");
        }
        let [one, ..] = steps(&[]);
        assert_eq!(one.outcome, StepOutcome::Skipped);
    }
}
