//! Where and why a connection does not work: every step from the settings to the limits, in order.
//!
//! | step | passed means | evidence |
//! |---|---|---|
//! | `settings` | they fit the connector, and lead where the policy allows | the origins |
//! | `name-lookup` | the name has addresses that the policy allows | addresses, those denied with the rule |
//! | `connection` | an address takes connections | the address, the time |
//! | `tls` | the certificate is trusted | protocol, subject, issuer, validity |
//! | `reachability` | somebody answers | status, server, content type, date |
//! | `clock` | this machine's clock agrees with the server's | both, and the difference |
//! | `edition` | what answers is the API that the connector speaks | the edition |
//! | `credential` | the provider accepts it | the account, its end |
//! | `permissions` | it has those that the connector needs | which, and which not |
//! | `limits` | no rate limit was hit | what the provider told of them |
//!
//! # How it is found out
//!
//! First the connector's own check runs, then a probe of each origin to which the credential may go,
//! without the credential (see [`jackfield_host::probe`]). In this order the probe cannot disturb the
//! check, with which it may share a connection. The steps from `name-lookup` to `clock` are the
//! probe's, the others the check's.
//!
//! **The check has the last word.** What the probe could not do and the check could is a warning.
//! Where the check failed, its cause says at which step; of two steps that failed on the way to the
//! provider the earlier one counts. The steps after the one that explains the rest are skipped.
//!
//! **The clock** is known as soon as somebody answered, so it stands before what it explains: a
//! difference of more than [`CLOCK_FAILURE`] is told as a failure before that of the credential, and
//! also where something later failed. A certificate outside its dates ends the way before any server
//! tells its time; the step `tls` then has the local time among its evidence and the clock among its
//! remedies.
//!
//! Nothing here repeats a secret: a probe has none, and a check's answers come scrubbed.

mod clock;
mod network;
mod span;
mod step;
mod verdict;

use std::time::Duration;

use jackfield_host::CallError;
use jackfield_host::failure::{Failure, Warning};
use jackfield_host::probe::Probe;
use jackfield_host::report::Report;

use crate::Error;
use crate::connections::{Connections, with_notes};
use crate::input_check::{Accepted, ConnectRequest};
use crate::registry::Registry;
use crate::secrets_for_call::{Bound, CallSecrets};
use crate::waiting::Waiting;

use step::Subject;

pub(crate) use clock::example as clock_example;
pub use clock::{CLOCK_FAILURE, CLOCK_WARNING};
pub use step::{Diagnosis, Step, StepName, StepOutcome};

impl Connections {
    /// Where the stored connection works and where it does not. What the check comes to is written
    /// down, as by [`Connections::check`].
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConnection`], [`Error::UnknownConnector`]; [`Error::Call`] where the connector
    /// breaks its contract; [`Error::Vault`]. What a person can act on is no error here but a step that
    /// failed.
    pub async fn doctor(&self, id: &str) -> Result<Diagnosis, Error> {
        let stored = self.stored(id).await?;
        let subject =
            Subject { connector: stored.connector.clone(), connection: Some(stored.id.clone()) };
        let bound = match self.bind_stored(&stored).await {
            Ok(bound) => bound,
            Err(error) => return unfit(subject, error),
        };
        let before = stored.generation;
        let checked = self.check_stored(stored).await;
        let bound = match &checked {
            Ok(checked) if checked.connection.generation != before => {
                self.bind_stored(&checked.connection).await?
            }
            _ => bound,
        };
        let check = settled(checked.map(|checked| checked.result))?;
        let probes = bound.probe().await;
        Ok(Diagnosis::of(subject, assemble(&probes, check.as_ref(), Vec::new())))
    }
}

impl Registry {
    /// Where a connection would work and where it would not. Nothing is stored, and
    /// [`ConnectRequest::unchecked`] means nothing here.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownConnector`] and whatever else keeps the connector from being loaded;
    /// [`Error::Call`] where it breaks its contract. What a person can act on is no error here but a
    /// step that failed.
    pub async fn doctor(&self, request: ConnectRequest) -> Result<Diagnosis, Error> {
        let connector = self.connector(&request.connector).await?;
        let subject = Subject { connector: request.connector.clone(), connection: None };
        let accepted = match Accepted::new(connector.manifest(), request) {
            Ok(accepted) => accepted,
            Err(error) => return unfit(subject, error),
        };
        let secrets = CallSecrets::entered(accepted.in_memory());
        let bound = match Bound::new(&connector, &accepted.method, &accepted.settings, secrets) {
            Ok(bound) => bound,
            Err(error) => return unfit(subject, error),
        };
        let checked = bound.check(&mut Waiting::at_most(Duration::ZERO)).await;
        let checked = checked.map(|checked| checked.map_err(|refusal| refusal.failure));
        let check = settled(checked)?.map_err(|failure| with_notes(failure, &accepted));
        let probes = bound.probe().await;
        Ok(Diagnosis::of(subject, assemble(&probes, check.as_ref(), accepted.notes())))
    }
}

/// What cannot be bound never left this machine: the settings explain the rest.
fn unfit(subject: Subject, error: Error) -> Result<Diagnosis, Error> {
    if !matches!(error, Error::Invalid { .. } | Error::Denied { .. }) {
        return Err(error);
    }
    let step = Step::failed(StepName::Settings, error.to_failure());
    let rest = StepName::ALL.into_iter().filter(|name| *name != StepName::Settings);
    let rest = rest.map(|name| behind(name, StepName::Settings));
    Ok(Diagnosis::of(subject, std::iter::once(step).chain(rest).collect()))
}

/// A deadline that passed says something of the way; what else a call may run into does not.
fn settled(
    checked: Result<Result<Report, Failure>, Error>,
) -> Result<Result<Report, Failure>, Error> {
    match checked {
        Err(error @ Error::Call { source: CallError::Deadline { .. }, .. }) => {
            Ok(Err(error.to_failure()))
        }
        other => other,
    }
}

/// The steps, from what the probes and the check came to.
fn assemble(probes: &[Probe], check: Result<&Report, &Failure>, notes: Vec<Warning>) -> Vec<Step> {
    let mut steps = vec![settings(probes, notes)];
    steps.extend(network::steps(probes));
    steps.push(clock::step(probes));
    steps.extend(verdict::steps(check));
    match check.map_err(|failure| (failure, verdict::step_of(failure))) {
        Err((failure, name)) if name <= StepName::Reachability => {
            fail_at(&mut steps, name, failure)
        }
        _ => got_through(&mut steps),
    }
    skip_explained(&mut steps);
    steps
}

fn settings(probes: &[Probe], notes: Vec<Warning>) -> Step {
    let step = Step::passed(StepName::Settings, "The settings fit the connector.");
    let step = probes.iter().fold(step, |step, probe| step.evidence("origin", &probe.origin));
    notes.into_iter().fold(step, Step::warn)
}

/// The check ended on the way to the provider, at that step or at one before it that failed too.
fn fail_at(steps: &mut [Step], name: StepName, failure: &Failure) {
    let earlier = steps.iter().any(|step| step.name < name && step.has_failed());
    let place = steps.iter_mut().find(|step| step.name == name);
    if let Some(step) = place.filter(|_| !earlier) {
        // The probe's own failure at this step knows more than the check's, if it is the same.
        let same = step.failure.as_ref().is_some_and(|own| own.code == failure.code);
        if !same {
            let evidence = std::mem::take(&mut step.evidence);
            *step = Step { evidence, ..Step::failed(name, failure.clone()) };
        }
    }
}

/// The check got an answer from the provider, so that whatever the probe could not do can be done.
fn got_through(steps: &mut [Step]) {
    for step in steps.iter_mut().filter(|step| step.name <= StepName::Reachability) {
        *step = step.clone().forgiven();
        if step.name == StepName::Reachability && step.outcome == StepOutcome::Skipped {
            *step = Step::passed(step.name, "The provider answered.");
        }
    }
}

/// Skips what stands behind the first step that failed, except the clock, which was read all the same.
fn skip_explained(steps: &mut [Step]) {
    let failed = |step: &&Step| step.has_failed() && step.name != StepName::Clock;
    let Some(first) = steps.iter().find(failed).map(|step| step.name) else { return };
    let behind_it = steps.iter_mut().filter(|step| step.name > first);
    for step in behind_it.filter(|step| step.name != StepName::Clock) {
        *step = behind(step.name, first);
    }
}

fn behind(name: StepName, first: StepName) -> Step {
    Step::skipped(name, format!("Not looked at: `{}` explains the rest.", first.as_str()))
}

#[cfg(test)]
#[expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
mod tests;
