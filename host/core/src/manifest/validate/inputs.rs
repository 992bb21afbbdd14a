//! Settings and parameters.

use super::problems::Problems;
use crate::manifest::input::kinds::normalize;
use crate::manifest::limits::{MAX_ENTRIES, MAX_OPTIONS};
use crate::manifest::{ChoiceOption, Input, InputKind};

pub(super) fn judge(inputs: &[Input], settings: bool, problems: &mut Problems) {
    problems.count(inputs, 0, MAX_ENTRIES);
    problems.unique(inputs.iter().map(|input| input.name.as_str()));
    for (at, input) in inputs.iter().enumerate() {
        let problems = &mut problems.within(at);
        judge_input(input, problems);
        if input.discovered && !settings {
            problems.add("discovered", "is for settings only");
        }
    }
}

fn judge_input(input: &Input, problems: &mut Problems) {
    problems.input_name("name", &input.name);
    problems.label("label", &input.label);
    if let Some(help) = &input.help {
        problems.help("help", help);
    }
    if let Some(placeholder) = &input.placeholder {
        problems.label("placeholder", placeholder);
    }
    if input.discovered && input.required {
        problems.add("required", "cannot be asked of a setting that is discovered");
    }
    match &input.kind {
        InputKind::Choice { options } => judge_options(options, &mut problems.within("options")),
        InputKind::Address(shape) => {
            problems.count(&shape.bare_hosts, 0, MAX_OPTIONS);
            problems.count(&shape.pages, 0, MAX_OPTIONS);
        }
        InputKind::Integer { minimum: Some(least), maximum: Some(most) } if least > most => {
            problems.add("minimum", "is greater than the maximum");
        }
        _ => {}
    }
    judge_default(input, problems);
}

/// A default must be what its own input would keep, so that what is shown is what is used.
fn judge_default(input: &Input, problems: &mut Problems) {
    let Some(default) = &input.default else { return };
    match normalize(&input.kind, default) {
        Ok(normal) if normal == *default => {}
        Ok(normal) => problems.add("default", format!("should be written {normal}")),
        Err(reason) => problems.add("default", reason.trim_end_matches('.')),
    }
}

fn judge_options(options: &[ChoiceOption], problems: &mut Problems) {
    problems.count(options, 1, MAX_OPTIONS);
    for (at, option) in options.iter().enumerate() {
        let twice = options.iter().take(at).any(|other| other.value == option.value);
        let problems = &mut problems.within(at);
        problems.label("value", &option.value);
        problems.label("label", &option.label);
        if option.value.trim() != option.value {
            problems.add("value", "has blanks around it");
        }
        if twice {
            problems.add("value", "stands here twice");
        }
    }
}
