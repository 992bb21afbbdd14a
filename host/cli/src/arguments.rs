//! The command line, as clap reads it. Values that could be secrets, or misplaced ones, are taken as
//! they are and judged by the commands: clap repeats in its messages what it does not accept.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use jackfield_connect::DEFAULT_PAGE;

use crate::exit;

/// Connects accounts at other people's services through sandboxed connectors.
#[derive(Parser)]
#[command(name = "jackfield", version, about, long_about = None, after_help = exit::HELP)]
#[command(propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Args, Default)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Options {
    /// Where connections and keys are kept [env: JACKFIELD_DATA_DIR] [default: the user's data
    /// directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A file of settings, in TOML [env: JACKFIELD_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A directory with more connectors: its *.wasm files [env: JACKFIELD_CONNECTORS]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) connectors: Option<PathBuf>,
    /// Allows an exact origin that the policy denies, such as http://localhost:8080; repeatable
    /// [env: JACKFIELD_ALLOW_ORIGIN]
    #[arg(long, global = true, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// Allows the addresses of a network, such as 10.20.0.0/16; repeatable
    /// [env: JACKFIELD_ALLOW_NETWORK]
    #[arg(long, global = true, value_name = "NETWORK")]
    pub(crate) allow_network: Vec<String>,
    /// Trusts the certificates in a PEM file too, of authorities or of single servers; repeatable [env: JACKFIELD_CA]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,
    /// Waits so long in all, and tries again, while a provider is down or limits us; not at all unless
    /// given [env: JACKFIELD_WAIT]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) wait: Option<String>,
    /// Writes one JSON document to standard output, also for errors
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tells more on standard error: evidence, what connectors log; twice for details
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Lists the installed connectors
    Connectors,
    /// Shows what a connector is and what it may do
    Inspect(Inspect),
    /// Connects an account: checks the credential, and keeps it if it works
    Connect(Connect),
    /// Lists the connections
    List,
    /// Shows a connection: whose it is, what it may do, what went wrong last
    Show(Id),
    /// Checks whether a credential works, and what it may do
    Check(Check),
    /// Looks step by step where and why a connection does not work
    Doctor(Id),
    /// Replaces a connection's secrets or settings, if it works with the new ones
    Update(Update),
    /// Deletes a connection and its secrets
    Disconnect(Id),
    /// Reads a stream: one JSON record a line
    Read(Read),
    /// Looks after the keys that secrets are sealed with
    #[command(subcommand)]
    Keys(Keys),
}

/// `inspect NAME|FILE.wasm`
#[derive(Args)]
pub(crate) struct Inspect {
    /// A connector's name, or a component's file
    #[arg(value_name = "NAME|FILE.wasm")]
    pub(crate) subject: String,
}

/// `connect NAME`
#[derive(Args)]
pub(crate) struct Connect {
    /// The connector's name, as `jackfield connectors` lists it
    pub(crate) name: String,
    /// How to authenticate; the connector's preferred method unless given
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// A setting of the connector; repeatable
    #[arg(long = "set", value_name = "K=V")]
    pub(crate) settings: Vec<String>,
    #[command(flatten)]
    pub(crate) secrets: Secrets,
    /// Whose the connection is [default: default]
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Which of the user's runtimes it serves [default: default]
    #[arg(long, value_name = "RUNTIME")]
    pub(crate) runtime: Option<String>,
    /// Keeps the connection without checking it
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// Looks step by step whether it would work, and stores nothing
    #[arg(long, conflicts_with = "unchecked")]
    pub(crate) dry_run: bool,
}

/// `--secret K=SOURCE`
#[derive(Args)]
pub(crate) struct Secrets {
    /// Where a secret comes from: env:NAME, file:PATH, or - for standard input; asked for at the
    /// terminal unless given; repeatable
    #[arg(long = "secret", value_name = "K=SOURCE")]
    pub(crate) secrets: Vec<String>,
}

/// A connection.
#[derive(Args)]
pub(crate) struct Id {
    /// The connection's id, as `jackfield list` shows it
    pub(crate) id: String,
}

/// `check ID|--all`
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct Check {
    /// The connection's id, as `jackfield list` shows it
    pub(crate) id: Option<String>,
    /// All connections, several at a time
    #[arg(long)]
    pub(crate) all: bool,
}

/// `update ID`
#[derive(Args)]
pub(crate) struct Update {
    /// The connection's id, as `jackfield list` shows it
    pub(crate) id: String,
    /// A setting that takes the place of the one that is stored; repeatable
    #[arg(long = "set", value_name = "K=V")]
    pub(crate) settings: Vec<String>,
    #[command(flatten)]
    pub(crate) secrets: Secrets,
}

/// `read ID STREAM`
#[derive(Args)]
pub(crate) struct Read {
    /// The connection's id, as `jackfield list` shows it
    pub(crate) id: String,
    /// The stream's name, as `jackfield inspect` shows it
    pub(crate) stream: String,
    /// A parameter of the stream; repeatable
    #[arg(long = "param", value_name = "K=V")]
    pub(crate) parameters: Vec<String>,
    /// Cursor printed by an earlier run; continues from there
    #[arg(long, value_name = "C", allow_hyphen_values = true)]
    pub(crate) cursor: Option<String>,
    /// Read on, page by page, until there is nothing further
    #[arg(long)]
    pub(crate) all: bool,
    /// Write the records to a file; it appears once the run has ended
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Add the records to the file of --out instead of replacing it
    #[arg(long, requires = "out")]
    pub(crate) append: bool,
    /// Records per page, 1 to 1000; smaller pages are tried when a page is too large or too slow
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PAGE)]
    pub(crate) page_size: u32,
    /// Leave out records that alone are too large, and name each of them in a warning
    #[arg(long)]
    pub(crate) skip_oversized: bool,
}

/// `keys ...`
#[derive(Subcommand)]
pub(crate) enum Keys {
    /// Seals every secret with a new key, and removes the old one
    Rotate,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_of_the_documentation_is_understood() {
        for line in [
            "jackfield connectors",
            "jackfield connectors --connectors dir",
            "jackfield inspect github",
            "jackfield inspect some/file.wasm --json",
            "jackfield connect github",
            "jackfield connect github --method token --set a=b --set c=d --secret token=env:T \
             --user u --runtime r --unchecked",
            "jackfield connect github --set a=b --secret token=env:T --dry-run",
            "jackfield list",
            "jackfield show abc",
            "jackfield doctor abc",
            "jackfield check abc",
            "jackfield check --all",
            "jackfield update abc",
            "jackfield update abc --secret token=-",
            "jackfield update abc --set a=b --set c=d",
            "jackfield disconnect abc",
            "jackfield read abc issues --param repository=a/b --cursor -x --all --out f",
            "jackfield keys rotate",
            "jackfield --data-dir d --config f --allow-origin http://a --allow-origin http://b \
             --ca c --json -v list",
            "jackfield read abc issues --wait 60",
            "jackfield list --data-dir d --config f --allow-origin http://a --ca c --json -vv",
        ] {
            let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(parse(&line).is_ok(), "{line}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for line in [
            "jackfield",
            "jackfield connect",
            "jackfield connect github extra",
            "jackfield check",
            "jackfield check abc --all",
            "jackfield show",
            "jackfield doctor",
            "jackfield connect github --dry-run --unchecked",
            "jackfield read abc",
            "jackfield keys",
            "jackfield keys turn",
            "jackfield conect github",
            "jackfield list --no-such",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn repeated_options_are_kept_in_order() {
        let arguments = parse("jackfield connect x --set a=1 --set a=2 --secret t=-").unwrap();
        let Command::Connect(connect) = arguments.command else { panic!("not connect") };
        assert_eq!(connect.settings, ["a=1", "a=2"]);
        assert_eq!(connect.secrets.secrets, ["t=-"]);
    }
}
