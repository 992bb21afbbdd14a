//! The commands: from the arguments to the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;
use jackfield_host::failure::FieldError;
use serde_json::{Map, Value};
use tokio::runtime::{Builder, Runtime};

use crate::arguments::{Arguments, Command, Keys};
use crate::configuration::Configuration;
use crate::error::Error;
use crate::output::{Answer, Output};
use crate::program::Program;
use crate::{exit, logging, usage};

mod check;
mod connect;
mod connection;
mod connectors;
mod doctor;
mod inspect;
mod list;
mod read;
mod rotate;

/// Threads that run the program: connectors run on one while the other keeps time.
const THREADS: usize = 2;

/// Runs the command line.
pub(crate) fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    ExitCode::from(match Arguments::try_parse_from(&arguments) {
        Ok(arguments) => run(arguments),
        Err(error) => help_or_error(&error, &arguments),
    })
}

fn run(arguments: Arguments) -> u8 {
    let Arguments { options, command } = arguments;
    let output = Output { json: options.json, verbose: options.verbose };
    logging::start(output.verbose);
    let done = Configuration::of_process(options).and_then(|configuration| {
        let runtime = runtime()?;
        let program = Program::new(configuration, output);
        let done = runtime.block_on(async {
            let done = execute(&program, command).await;
            program.close().await;
            done
        });
        // Whatever still runs is of no use to anybody any more.
        runtime.shutdown_background();
        done
    });
    match done.and_then(|answer| output.answer(answer.as_ref())) {
        Ok(code) => code,
        Err(error) => output.error(&error),
    }
}

fn runtime() -> Result<Runtime, Error> {
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    runtime.map_err(|error| Error::Start(error.to_string()))
}

async fn execute(program: &Program, command: Command) -> Result<Box<dyn Answer>, Error> {
    Ok(match command {
        Command::Connectors => Box::new(connectors::run(program).await?),
        Command::Inspect(arguments) => Box::new(inspect::run(program, &arguments).await?),
        Command::Connect(arguments) if arguments.dry_run => {
            Box::new(connect::dry_run(program, arguments).await?)
        }
        Command::Connect(arguments) => Box::new(connect::connect(program, arguments).await?),
        Command::List => Box::new(list::run(program).await?),
        Command::Show(arguments) => Box::new(connection::show(program, &arguments.id).await?),
        Command::Check(arguments) => check::run(program, arguments).await?,
        Command::Doctor(arguments) => Box::new(doctor::run(program, &arguments.id).await?),
        Command::Update(arguments) => Box::new(connect::update(program, arguments).await?),
        Command::Disconnect(arguments) => {
            Box::new(connection::disconnect(program, &arguments.id).await?)
        }
        Command::Read(arguments) => Box::new(read::run(program, arguments).await?),
        Command::Keys(Keys::Rotate) => Box::new(rotate::run(program).await?),
    })
}

/// What clap has to say: help and version are answers, everything else is an error of the usage.
fn help_or_error(error: &clap::Error, arguments: &[OsString]) -> u8 {
    if !error.use_stderr() {
        // Where standard output is gone, so is who asked.
        drop(error.print());
        return exit::DONE;
    }
    let output = Output { json: usage::wants_json(arguments), verbose: 0 };
    output.error(&Error::Usage(Box::new(usage::failure(error))))
}

/// `K=V` options as a map; `place` is what an error calls it.
///
/// # Errors
///
/// [`Error::Usage`] for one without `=`, which is not repeated: it may be a misplaced secret; and
/// for a name given twice.
fn pairs(options: &[String], flag: &str, place: &str) -> Result<Map<String, Value>, Error> {
    let mut values = Map::new();
    for option in options {
        let Some((name, value)) = option.split_once('=').filter(|(name, _)| !name.is_empty())
        else {
            let what = usage::quotable(option).filter(|word| !word.is_empty());
            let what = what.map(|word| format!(", and `{word}` has no value")).unwrap_or_default();
            return Err(Error::usage(format!("{flag} takes NAME=VALUE{what}."), None));
        };
        if values.insert(name.to_owned(), value.into()).is_some() {
            let field = FieldError::at([place, name], "is given twice");
            let message = format!("{flag} gives `{name}` twice.");
            return Err(Error::field(field, message, "Give each name once."));
        }
    }
    Ok(values)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn parsed(options: &[&str]) -> Result<Map<String, Value>, Error> {
        let options: Vec<String> = options.iter().map(|option| (*option).to_owned()).collect();
        pairs(&options, "--set", "settings")
    }

    #[test]
    fn pairs_are_parted_at_the_first_equals_sign() {
        let values = parsed(&["a=1", "b=", "c=x=y", "d = e"]).unwrap();
        let expected = serde_json::json!({ "a": "1", "b": "", "c": "x=y", "d ": " e" });
        assert_eq!(Value::Object(values), expected);
    }

    #[test]
    fn what_is_no_pair_is_refused_and_not_repeated() {
        for options in [&["Canary"][..], &["=Canary"], &["a=1", "a=Canary"]] {
            let error = parsed(options).unwrap_err();
            assert_eq!(error.exit_code(), exit::USAGE);
            assert!(!format!("{error:?}").contains("Canary"), "{error:?}");
        }
    }
}
