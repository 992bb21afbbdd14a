//! What is said of a command line that does not fit, without repeating what might be a secret.
//!
//! clap's own messages quote what they do not accept. A secret that was typed in the wrong place
//! would then stand in a terminal, a log, or a CI system's output; so what is not plainly a word of
//! this program is not quoted.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use jackfield_host::failure::{Cause, Failure, Retry};

/// The longest word that is quoted, in characters: no option or command is longer, secrets are.
const MAX_QUOTED: usize = 20;

/// Whether the text leads somewhere on this machine: to what is there, or into a folder that is. What
/// does not may be a secret in the wrong place.
pub(crate) fn is_place(text: &str) -> bool {
    let place = Path::new(text);
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
    place.exists() || folder.is_some_and(Path::is_dir)
}

/// Whether the person asked for JSON, as far as can be told from arguments that do not fit.
pub(crate) fn wants_json(arguments: &[OsString]) -> bool {
    arguments.iter().take_while(|argument| *argument != "--").any(|argument| argument == "--json")
}

/// The failure for arguments that do not fit.
pub(crate) fn failure(error: &clap::Error) -> Failure {
    let failure = Failure::new(Cause::InvalidInput, message(error)).retry(Retry::AfterUserAction);
    let failure =
        suggestions(error).into_iter().fold(failure, |failure, text| failure.remedy(text, None));
    failure
        .remedy("Usage: `jackfield [OPTIONS] COMMAND`.", None)
        .remedy("See `jackfield --help`, or `jackfield COMMAND --help`.", None)
}

fn message(error: &clap::Error) -> String {
    let argument = context(error, ContextKind::InvalidArg);
    let command = context(error, ContextKind::InvalidSubcommand);
    match error.kind() {
        ErrorKind::UnknownArgument => match argument.as_deref().and_then(quotable) {
            Some(option) if option.starts_with('-') => {
                format!("There is no option `{option}` here.")
            }
            Some(word) => format!("`{word}` is one word too many."),
            None => "There is one word too many; it is not repeated here.".to_owned(),
        },
        ErrorKind::InvalidSubcommand => match command.as_deref().and_then(quotable) {
            Some(word) => format!("There is no command `{word}`."),
            None => "There is no such command.".to_owned(),
        },
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            "A command is missing.".to_owned()
        }
        ErrorKind::MissingRequiredArgument => {
            format!("Missing: {}.", argument.unwrap_or_else(|| "an argument".to_owned()))
        }
        ErrorKind::ArgumentConflict => format!(
            "{} does not go together with what else was given.",
            argument.unwrap_or_else(|| "One of the options".to_owned())
        ),
        // The value that was not accepted is not repeated; the argument's own name is clap's.
        _ => format!(
            "The value of {} is not valid.",
            argument.unwrap_or_else(|| "an argument".to_owned())
        ),
    }
}

fn suggestions(error: &clap::Error) -> Vec<String> {
    [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .into_iter()
        .filter_map(|kind| nearest(error, kind))
        .map(|near| format!("Did you mean `{near}`?"))
        .collect()
}

/// Of several suggestions clap puts the best last.
fn nearest(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        ContextValue::Strings(texts) => texts.last().map(String::as_str),
        _ => None,
    }
}

fn context(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    }
}

/// The word, if it looks like one of this program's or of a manifest: an option's name without its
/// value, or lower-case letters, hyphens and underscores.
pub(crate) fn quotable(word: &str) -> Option<&str> {
    let name = word.split('=').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_');
    (name.chars().count() <= MAX_QUOTED && name.chars().all(plain)).then_some(name)
}

#[cfg(test)]
#[expect(clippy::panic, reason = "tests")]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::arguments::Arguments;

    const SECRET: &str = "ghp_CanaryCanaryCanary0123456789";

    fn refusal(line: &str) -> Failure {
        match Arguments::try_parse_from(line.split_whitespace()) {
            Ok(_) => panic!("{line} was accepted"),
            Err(error) => failure(&error),
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (line, expected) in [
            ("jackfield list --no-such", "There is no option `--no-such` here."),
            ("jackfield list extra", "`extra` is one word too many."),
            ("jackfield conect github", "There is no command `conect`."),
            ("jackfield keys", "A command is missing."),
            ("jackfield show", "Missing: <ID>."),
        ] {
            assert_eq!(refusal(line).message, expected, "{line}");
        }
    }

    #[test]
    fn the_nearest_command_and_option_are_suggested() {
        for (line, expected) in [
            ("jackfield conect github", "Did you mean `connect`"),
            ("jackfield list --jsn", "Did you mean `--json`"),
        ] {
            let remedies = refusal(line).remedies;
            let text = remedies.first().map(|remedy| remedy.text.clone()).unwrap_or_default();
            assert!(text.starts_with(expected), "{line}: {remedies:?}");
        }
    }

    #[test]
    fn a_misplaced_secret_is_never_repeated() {
        for line in [
            format!("jackfield {SECRET}"),
            format!("jackfield connect github {SECRET}"),
            format!("jackfield connect github --token={SECRET}"),
            format!("jackfield connect github --token {SECRET}"),
            format!("jackfield connect github --{SECRET}"),
            format!("jackfield list --json={SECRET}"),
            format!("jackfield keys {SECRET}"),
            format!("jackfield check {SECRET} --all"),
        ] {
            let told = format!("{:?}", refusal(&line));
            assert!(!told.contains("Canary"), "{told}");
        }
    }

    #[test]
    fn json_is_recognized_although_the_rest_does_not_fit() {
        for (line, expected) in [
            ("list --json --bad", true),
            ("--json", true),
            ("list -- --json", false),
            ("list --jsonx", false),
            ("", false),
        ] {
            let arguments: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            assert_eq!(wants_json(&arguments), expected, "{line}");
        }
    }
}
