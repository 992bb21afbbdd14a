//! The program: connect accounts at other people's services, check and read them.
//!
//! | module | what it is |
//! |---|---|
//! | [`arguments`], [`usage`] | the command line, and what is said of one that does not fit |
//! | [`configuration`] | flags, environment and file, in this order of precedence |
//! | [`secret_source`] | where secrets come from: never from the command line itself |
//! | [`program`] | what commands share: store, connectors, transport; each made when first needed |
//! | [`commands`] | a file per command: what it does, and its answer |
//! | [`output`] | answers and errors, for people or as one JSON document |
//! | [`exit`] | the exit codes |

use std::process::ExitCode;

mod arguments;
mod commands;
mod configuration;
mod error;
mod exit;
mod logging;
mod output;
mod program;
mod progress;
mod secret_source;
mod usage;

fn main() -> ExitCode {
    commands::main(std::env::args_os())
}
