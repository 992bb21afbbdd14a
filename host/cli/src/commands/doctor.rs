//! `jackfield doctor` and `jackfield connect --dry-run`: every step on one line with a mark, what it
//! rests on under it, and what to do about it under the step that did not pass.

use std::io;

use anstyle::Style;
use jackfield_connect::{Diagnosis, Step, StepName, StepOutcome};
use jackfield_host::failure::Field;
use serde_json::{Value, json};

use crate::error::{Error, failure_code};
use crate::exit;
use crate::output::screen::{BAD, BOLD, DIM, GOOD, PLAIN, Screen, WARN};
use crate::output::{Answer, failure};
use crate::program::Program;

/// What was found out.
pub(super) struct Diagnosed(pub(super) Diagnosis);

pub(super) async fn run(program: &Program, id: &str) -> Result<Diagnosed, Error> {
    Ok(Diagnosed(program.connections_with(id).await?.doctor(id).await?))
}

impl Answer for Diagnosed {
    fn json(&self) -> Value {
        json!({ "diagnosis": self.0 })
    }

    fn human(&self, screen: &mut Screen<'_>) -> io::Result<()> {
        let Diagnosis { connector, connection, outcome, steps } = &self.0;
        let subject = match connection {
            Some(id) => format!("{id}: {connector}"),
            None => format!("{connector}, nothing is stored"),
        };
        screen.line(0, BOLD, &subject)?;
        steps.iter().try_for_each(|step| tell(screen, step))?;
        let (style, sum) = sum(*outcome);
        screen.line(0, style, sum)
    }

    fn exit_code(&self) -> u8 {
        self.0.failure().map_or(exit::DONE, failure_code)
    }
}

fn sum(outcome: StepOutcome) -> (Style, &'static str) {
    match outcome {
        StepOutcome::Failed => {
            (BAD, "It does not work; the first step marked ✗ explains the rest.")
        }
        StepOutcome::Warned => (WARN, "It works, with warnings (see the steps marked !)."),
        StepOutcome::Passed | StepOutcome::Skipped => (GOOD, "It works."),
    }
}

fn mark(outcome: StepOutcome) -> (&'static str, Style) {
    match outcome {
        StepOutcome::Passed => ("✓", GOOD),
        StepOutcome::Warned => ("!", WARN),
        StepOutcome::Failed => ("✗", BAD),
        StepOutcome::Skipped => ("-", DIM),
    }
}

fn tell(screen: &mut Screen<'_>, step: &Step) -> io::Result<()> {
    let (mark, style) = mark(step.outcome);
    let name = (step.name.as_str().to_owned(), style);
    let sentence = if step.outcome == StepOutcome::Skipped { DIM } else { PLAIN };
    let cells = [(mark.to_owned(), style), name, (step.sentence.clone(), sentence)];
    let widest = StepName::ALL.iter().map(|name| name.as_str().len()).max().unwrap_or_default();
    screen.cells(&cells, &[1, widest, 0])?;
    if let Some(why) = &step.failure {
        failure::details(screen, why)?;
    }
    for warning in &step.warnings {
        if warning.message != step.sentence {
            screen.line(1, WARN, &warning.message)?;
        }
        failure::remedies(screen, &warning.remedies)?;
    }
    evidence(step).iter().try_for_each(|line| screen.line(1, DIM, line))
}

/// The step's own, and what its failure rests on besides.
fn evidence(step: &Step) -> Vec<String> {
    let line = |field: &Field| format!("{}: {}", field.name, field.value);
    let mut lines: Vec<String> = step.evidence.iter().map(line).collect();
    let Some(failure) = &step.failure else { return lines };
    for told in failure.evidence.iter().map(line) {
        if !lines.contains(&told) {
            lines.push(told);
        }
    }
    lines.push(format!("code: {}", failure.code));
    lines
}
