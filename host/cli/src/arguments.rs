//! The command line, as clap reads it. Values that could be secrets, or misplaced ones, are taken as
//! they are and judged by the commands: clap repeats in its messages what it does not accept.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use jackfield_connect::DEFAULT_PAGE;

use crate::exit;

/// Connect accounts at third-party services through sandboxed connectors.
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
    /// Directory for connections and keys [env: JACKFIELD_DATA_DIR] [default: the user's data
    /// directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Configuration file, in TOML [env: JACKFIELD_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Directory with more connectors, as *.wasm files [env: JACKFIELD_CONNECTORS]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) connectors: Option<PathBuf>,
    /// Allow an exact origin that the policy denies, such as http://localhost:8080; repeatable
    /// [env: JACKFIELD_ALLOW_ORIGIN]
    #[arg(long, global = true, value_name = "ORIGIN")]
    pub(crate) allow_origin: Vec<String>,
    /// Allow the addresses of a network, such as 10.20.0.0/16; repeatable
    /// [env: JACKFIELD_ALLOW_NETWORK]
    #[arg(long, global = true, value_name = "NETWORK")]
    pub(crate) allow_network: Vec<String>,
    /// Also trust the certificates in a PEM file, of authorities or of single servers; repeatable [env: JACKFIELD_CA]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca: Vec<PathBuf>,
    /// Retry for up to SECONDS while the provider is down or rate-limiting [env: JACKFIELD_WAIT]
    /// [default: no retries]
    #[arg(long, global = true, value_name = "SECONDS")]
    pub(crate) wait: Option<String>,
    /// Write one JSON document to standard output, also for errors
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print more to standard error: evidence and connector logs; repeat for details
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// List the installed connectors
    Connectors,
    /// Show what a connector is and what it may do
    Inspect(Inspect),
    /// Connect an account: check the credential, and store it if it works
    Connect(Connect),
    /// List the connections
    List,
    /// Show a connection: its account, its permissions, its last failure
    Show(Id),
    /// Check whether a credential works, and what it may do
    Check(Check),
    /// Diagnose a connection step by step
    Doctor(Id),
    /// Replace a connection's secrets or settings, if it works with the new ones
    Update(Update),
    /// Delete a connection and its secrets
    Disconnect(Id),
    /// Read a stream: one JSON record per line
    Read(Read),
    /// Manage the keys that encrypt secrets
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
    /// Method of authentication [default: the connector's preferred one]
    #[arg(long, value_name = "METHOD")]
    pub(crate) method: Option<String>,
    /// A setting of the connector; repeatable
    #[arg(long = "set", value_name = "K=V")]
    pub(crate) settings: Vec<String>,
    #[command(flatten)]
    pub(crate) secrets: Secrets,
    /// User that the connection belongs to [default: default]
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Runtime of that user that may use the connection [default: default]
    #[arg(long, value_name = "RUNTIME")]
    pub(crate) runtime: Option<String>,
    /// Store the connection without checking it
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// Check step by step whether it would work, and store nothing
    #[arg(long, conflicts_with = "unchecked")]
    pub(crate) dry_run: bool,
}

/// `--secret K=SOURCE`
#[derive(Args)]
pub(crate) struct Secrets {
    /// Source of a secret: env:NAME, file:PATH, or - for standard input; repeatable [default: ask at
    /// the terminal]
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
    /// New value for a setting; repeatable
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
    /// Read all pages
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
    /// Encrypt every secret with a new key, and remove the old one
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
