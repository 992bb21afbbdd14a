//! A data directory of its own, and the program run on it as a person or a script would.
//!
//! The program compiles the connectors once for all homes: each begins with a copy of the same
//! store, which is empty and has the compiled connectors, unless a test wants to see the first run.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use jackfield_tests::GitHub;
use serde_json::Value;
use tempfile::TempDir;

/// The variable in which tests hand a token over.
pub(crate) const TOKEN: &str = "TEST_TOKEN";

/// A data directory, a home, and a place for temporary files, all of its own.
pub(crate) struct Home {
    directory: TempDir,
    api_url: Option<String>,
    options: Vec<String>,
}

/// What one run of the program came to.
#[derive(Debug)]
pub(crate) struct Run {
    #[expect(dead_code, reason = "its Debug tells what was run")]
    arguments: Vec<String>,
    /// None where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    /// Where nothing beyond the strict policy is allowed.
    pub(crate) fn strict() -> Self {
        let home = Self::new();
        copy(prepared_store(), &home.data());
        home
    }

    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["home", "temporary"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        Self { directory, api_url: None, options: Vec::new() }
    }

    /// The same with the smallest connector, `noop`, installed.
    pub(crate) fn with_noop(self) -> Self {
        let directory = self.path("connectors");
        std::fs::create_dir(&directory).unwrap();
        let component = jackfield_bundle::hostile("noop").unwrap();
        std::fs::write(directory.join("noop.wasm"), component).unwrap();
        let directory = directory.into_os_string().into_string().unwrap();
        self.option("--connectors").option(&directory)
    }

    /// The same before the first run: there is no data directory.
    pub(crate) fn unused(self) -> Self {
        std::fs::remove_dir_all(self.data()).unwrap();
        self
    }

    /// Where that GitHub is allowed, and connected to unless the arguments say otherwise.
    pub(crate) fn of(github: &GitHub) -> Self {
        let api_url = Some(github.api_url());
        Self { api_url, ..Self::strict() }.allowing(github.origin())
    }

    /// The same with the API below `/api/v3`, and with its certificate's authority trusted.
    pub(crate) fn of_enterprise(github: &GitHub) -> Self {
        let api_url = Some(github.enterprise_url());
        let home = Self { api_url, ..Self::strict() }.allowing(github.origin());
        let authority = home.file("authority.pem", github.ca_pem());
        home.option("--ca").option(&authority)
    }

    /// Where this origin is allowed as well.
    pub(crate) fn allowing(self, origin: &str) -> Self {
        self.option("--allow-origin").option(origin)
    }

    /// With one more argument in every run.
    pub(crate) fn option(mut self, argument: &str) -> Self {
        self.options.push(argument.to_owned());
        self
    }

    /// A place in this home, outside of the data directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Everything that the runs may have written, the data directory among it.
    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file into this home, and returns its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// The program, in an environment of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jackfield"));
        self.prepare(&mut command);
        command.args(self.arguments(arguments));
        command
    }

    /// Gives a command the environment of this home.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command
            .env_clear()
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("temporary"))
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .current_dir(self.root())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    }

    /// These arguments behind those that every run has.
    pub(crate) fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let data = self.data().into_os_string().into_string().unwrap();
        let mut all = vec!["--data-dir".to_owned(), data];
        all.extend(self.options.iter().cloned());
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        let connects = arguments.first() == Some(&"connect");
        let sets = arguments.iter().any(|argument| argument.contains("api_url="));
        if let Some(api_url) = self.api_url.as_ref().filter(|_| connects && !sets) {
            all.extend(["--set".to_owned(), format!("api_url={api_url}")]);
        }
        all
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(arguments, self.command(arguments).output().unwrap())
    }

    /// The same, where this token is in the variable [`TOKEN`].
    pub(crate) fn run_with(&self, token: &str, arguments: &[&str]) -> Run {
        Run::of(arguments, self.command(arguments).env(TOKEN, token).output().unwrap())
    }

    /// The same, where this comes by standard input.
    pub(crate) fn run_fed(&self, input: &str, arguments: &[&str]) -> Run {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        // A program that refuses its arguments has ended before it reads.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        Run::of(arguments, child.wait_with_output().unwrap())
    }

    /// Starts the program.
    pub(crate) fn start(&self, token: &str, arguments: &[&str]) -> Child {
        self.command(arguments).env(TOKEN, token).spawn().unwrap()
    }

    /// Connects by this token, with further arguments, and returns the connection's id.
    pub(crate) fn connect(&self, token: &str, more: &[&str]) -> String {
        let arguments =
            [&["connect", "github", "--json", "--secret", "token=env:TEST_TOKEN"], more];
        let answer = self.run_with(token, &arguments.concat()).done().json();
        answer["connection"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    /// The connections that `list` tells of.
    pub(crate) fn connections(&self) -> Vec<Value> {
        let answer = self.run(&["list", "--json"]).done().json();
        answer["connections"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }
}

/// Makes a store, with a key, and then fails: the connector is installed, the secret is not there. For a
/// home [`with_noop`](Home::with_noop).
pub(crate) const MAKES_A_STORE: [&str; 4] =
    ["connect", "noop", "--secret", "token=env:TEST_NO_SUCH_VARIABLE"];

/// An empty store with the compiled connectors, made by the program under test. It stays in the
/// target directory for the next run of the tests, under a name that only the same program has.
fn prepared_store() -> &'static Path {
    static STORE: OnceLock<PathBuf> = OnceLock::new();
    STORE.get_or_init(|| {
        let program = std::fs::metadata(env!("CARGO_BIN_EXE_jackfield")).unwrap();
        let built = program.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stores");
        let store = all.join(format!("{}-{built}", program.len()));
        if !store.exists() {
            let home = Home::new().with_noop();
            home.run(&MAKES_A_STORE).ended(2);
            home.run(&["connectors"]).done();
            std::fs::create_dir_all(&all).unwrap();
            let beside = tempfile::tempdir_in(&all).unwrap();
            copy(&home.data(), &beside.path().join("data"));
            // Another run of the tests may have been first.
            drop(std::fs::rename(beside.path().join("data"), &store));
        }
        store
    })
}

/// Copies a directory with what is in it. A copied file has the permissions of the first.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
    std::fs::set_permissions(to, from.metadata().unwrap().permissions()).unwrap();
}

impl Run {
    pub(crate) fn of(arguments: &[&str], output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Self {
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Itself, if it ended with that code.
    #[track_caller]
    pub(crate) fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Itself, if it ended well.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        self.ended(0)
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The error of the one JSON document on standard output.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        let document = self.json();
        let error = document.get("error").unwrap_or_else(|| panic!("no error: {self:#?}"));
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()), "{self:#?}");
        error.clone()
    }

    /// Itself, if its human output has this text on standard error.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not said: {self:#?}");
        self
    }

    /// Each line of standard output as JSON.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<Value> {
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        self.stdout.lines().map(parse).collect()
    }
}
