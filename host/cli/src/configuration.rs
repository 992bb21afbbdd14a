//! The configuration: flags, then environment variables, then the file of `--config`.
//!
//! | what | flag | variable | key in the file |
//! |---|---|---|---|
//! | data directory | `--data-dir DIR` | `JACKFIELD_DATA_DIR` | `data_dir` |
//! | the file itself | `--config FILE` | `JACKFIELD_CONFIG` | |
//! | connectors' directory | `--connectors DIR` | `JACKFIELD_CONNECTORS` | `connectors` |
//! | allowed origins | `--allow-origin ORIGIN`, repeated | `JACKFIELD_ALLOW_ORIGIN`, by commas | `allow_origin`, a list |
//! | allowed networks | `--allow-network NETWORK`, repeated | `JACKFIELD_ALLOW_NETWORK`, by commas | `allow_network`, a list |
//! | certificate authorities | `--ca FILE`, repeated | `JACKFIELD_CA`, one path | `ca`, a list |
//! | place of the keys | | `JACKFIELD_KEY_SOURCE` | `key_source` |
//! | proxy | | `JACKFIELD_PROXY` | `proxy` |
//! | seconds to wait for a provider | `--wait SECONDS` | `JACKFIELD_WAIT` | `wait` |
//!
//! The strongest place that names a thing decides it, for lists as well. A variable that is empty
//! names nothing. Paths in the file are relative to the file's directory.
//!
//! The place of the keys is `file:PATH`, `env:NAME` or `keyring`; a file in the data directory
//! unless set. The proxy is a URL, or `environment` to follow `HTTPS_PROXY` and its kin; none unless set.

use std::env::VarError;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jackfield_host::EgressPolicy;
use jackfield_host::failure::{Cause, Failure, FieldError, Retry};
use jackfield_transport::ProxyChoice;
use jackfield_vault::KeySource;
use serde::Deserialize;
use url::Url;

use crate::arguments::Options;
use crate::error::Error;

/// What the flags, the environment and the file come to.
pub(crate) struct Configuration {
    pub(crate) data_dir: PathBuf,
    pub(crate) connectors: Option<PathBuf>,
    pub(crate) policy: EgressPolicy,
    pub(crate) ca: Vec<PathBuf>,
    pub(crate) key_source: Option<KeySource>,
    pub(crate) proxy: ProxyChoice,
    /// How long a command may wait for a provider that is down or limits us.
    pub(crate) patience: Duration,
}

/// The file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    connectors: Option<PathBuf>,
    allow_origin: Option<Vec<String>>,
    allow_network: Option<Vec<String>>,
    ca: Option<Vec<PathBuf>>,
    key_source: Option<String>,
    proxy: Option<String>,
    wait: Option<u64>,
}

/// Seconds in a day: no wait that a provider means is longer.
const LONGEST_WAIT: u64 = 86_400;

/// What a proxy may speak.
const PROXY_SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

/// The environment, so that tests have one of their own.
pub(crate) type Variables<'a> = &'a dyn Fn(&str) -> Result<String, VarError>;

impl Configuration {
    /// The configuration of this process.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`], which names the file, the key or the value.
    pub(crate) fn of_process(options: Options) -> Result<Self, Error> {
        Self::new(options, &|name| std::env::var(name))
    }

    fn new(options: Options, variables: Variables<'_>) -> Result<Self, Error> {
        let variable = |name: &str| variable(variables, name);
        let path = options.config.or(variable("JACKFIELD_CONFIG")?.map(PathBuf::from));
        let place = path.as_ref().map(|path| format!("`{}`", path.display())).unwrap_or_default();
        let file = path.map(|path| File::read(&path)).transpose()?.unwrap_or_default();
        let paths = |name: &str| Ok::<_, Error>(variable(name)?.map(PathBuf::from));
        let list = |name: &str| Ok::<_, Error>(variable(name)?.map(|text| split(&text)));
        let data_dir = options.data_dir.or(paths("JACKFIELD_DATA_DIR")?).or(file.data_dir);
        let origins = Named::first([
            ("--allow-origin".to_owned(), given(options.allow_origin)),
            ("JACKFIELD_ALLOW_ORIGIN".to_owned(), list("JACKFIELD_ALLOW_ORIGIN")?),
            (format!("`allow_origin` in {place}"), file.allow_origin),
        ]);
        let networks = Named::first([
            ("--allow-network".to_owned(), given(options.allow_network)),
            ("JACKFIELD_ALLOW_NETWORK".to_owned(), list("JACKFIELD_ALLOW_NETWORK")?),
            (format!("`allow_network` in {place}"), file.allow_network),
        ]);
        let ca = Named::first([
            ("--ca".to_owned(), given(options.ca)),
            ("JACKFIELD_CA".to_owned(), paths("JACKFIELD_CA")?.map(|path| vec![path])),
            (format!("`ca` in {place}"), file.ca),
        ]);
        let key_source = variable("JACKFIELD_KEY_SOURCE")?.or(file.key_source);
        let data_dir = data_dir.map_or_else(|| default_data_dir(variables), Ok)?;
        Ok(Self {
            connectors: options.connectors.or(paths("JACKFIELD_CONNECTORS")?).or(file.connectors),
            policy: policy(&origins, &networks)?,
            ca: readable(ca)?,
            key_source: key_source.map(|text| key_source_of(&text, &data_dir)).transpose()?,
            proxy: proxy(variable("JACKFIELD_PROXY")?.or(file.proxy))?,
            patience: patience(options.wait.or(variable("JACKFIELD_WAIT")?), file.wait)?,
            data_dir,
        })
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, Error> {
        let failed = |what: &str, detail: String| {
            let message = format!("The configuration file `{}` {what}: {detail}.", path.display());
            Error::usage(message, Some("Correct the file, or name another with --config FILE."))
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| failed("cannot be read", error.to_string()))?;
        let file: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| line_of(&text, span.start));
            let line = line.map(|line| format!(" (line {line})")).unwrap_or_default();
            failed("is not valid", format!("{}{line}", one_line(error.message())))
        })?;
        Ok(file.beside(path.parent().unwrap_or(Path::new(""))))
    }

    /// With its paths relative to that directory.
    fn beside(mut self, directory: &Path) -> Self {
        let own = [self.data_dir.as_mut(), self.connectors.as_mut()].into_iter().flatten();
        for path in own.chain(self.ca.iter_mut().flatten()) {
            *path = directory.join(&*path);
        }
        if let Some(path) = self.key_source.as_deref().and_then(|text| text.strip_prefix("file:")) {
            self.key_source = Some(format!("file:{}", directory.join(path).display()));
        }
        self
    }
}

fn variable(variables: Variables<'_>, name: &str) -> Result<Option<String>, Error> {
    match variables(name) {
        Ok(text) if text.trim().is_empty() => Ok(None),
        Ok(text) => Ok(Some(text)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => {
            Err(Error::usage(format!("The environment variable `{name}` is not text."), None))
        }
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn given<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

/// A list, and the place that it is from.
struct Named<T> {
    place: String,
    list: Vec<T>,
}

impl<T> Named<T> {
    /// The list of the strongest place that has one.
    fn first<const PLACES: usize>(places: [(String, Option<Vec<T>>); PLACES]) -> Self {
        let mut there = places.into_iter().filter_map(|(place, list)| Some((place, list?)));
        let (place, list) = there.next().unwrap_or_default();
        Self { place, list }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(", ")
}

fn policy(origins: &Named<String>, networks: &Named<String>) -> Result<EgressPolicy, Error> {
    let mut policy = EgressPolicy::strict();
    for origin in &origins.list {
        policy.allow_origin(origin).map_err(|error| not_valid(&origins.place, &error))?;
    }
    for network in &networks.list {
        policy.allow_network(network).map_err(|error| not_valid(&networks.place, &error))?;
    }
    Ok(policy)
}

/// The files, if each can be read: a misspelt one is told by every command, not only by those that
/// connect somewhere.
fn readable(files: Named<PathBuf>) -> Result<Vec<PathBuf>, Error> {
    for path in &files.list {
        let opened = std::fs::File::open(path);
        opened.map_err(|error| {
            let failed = std::io::Error::other(format!("`{}`: {error}", path.display()));
            not_valid(&files.place, &failed)
        })?;
    }
    Ok(files.list)
}

fn not_valid(place: &str, error: &dyn std::error::Error) -> Error {
    let message = format!("The value of {place} cannot be used: {error}.");
    let failure = Failure::new(Cause::InvalidInput, message).retry(Retry::AfterUserAction);
    Error::Usage(Box::new(failure.remedy(format!("Correct {place}."), None)))
}

fn key_source_of(text: &str, data_dir: &Path) -> Result<KeySource, Error> {
    let named = |prefix: &str| text.strip_prefix(prefix).filter(|rest| !rest.is_empty());
    if let Some(path) = named("file:") {
        return Ok(KeySource::File(PathBuf::from(path)));
    }
    if let Some(name) = named("env:") {
        return Ok(KeySource::Environment(name.to_owned()));
    }
    if text == "keyring" {
        let account = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        let account = account.display().to_string();
        return Ok(KeySource::SystemKeyring { service: "jackfield".to_owned(), account });
    }
    // What stands there may be a key.
    let message = "The key source is not valid; it is not repeated here.";
    let field = FieldError::at(["key_source"], "is not file:PATH, env:NAME or keyring");
    Err(Error::field(field, message, "Set it to file:PATH, env:NAME or keyring."))
}

fn patience(text: Option<String>, in_file: Option<u64>) -> Result<Duration, Error> {
    let seconds = match text {
        Some(text) => text.trim().parse().ok(),
        None => Some(in_file.unwrap_or(0)),
    };
    match seconds.filter(|seconds| *seconds <= LONGEST_WAIT) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => {
            let field = FieldError::at(["wait"], "is not a number of seconds up to 86400");
            let message = "The value of `wait` is not a number of seconds up to 86400.";
            Err(Error::field(field, message, "Give a whole number of seconds: --wait 60."))
        }
    }
}

fn proxy(text: Option<String>) -> Result<ProxyChoice, Error> {
    match text.as_deref() {
        None => Ok(ProxyChoice::Direct),
        Some("environment") => Ok(ProxyChoice::FromEnvironment),
        Some(url) => match Url::parse(url) {
            Ok(url) if PROXY_SCHEMES.contains(&url.scheme()) => Ok(ProxyChoice::Url(url)),
            // The URL may hold a password, so it is not repeated.
            _ => {
                let remedy = "Set `proxy` to an http, https or socks5 URL, or to `environment`.";
                let field = FieldError::at(["proxy"], "is not the URL of a proxy");
                Err(Error::field(field, "The value of `proxy` is not the URL of a proxy.", remedy))
            }
        },
    }
}

/// `$XDG_DATA_HOME/jackfield`, or `~/.local/share/jackfield` (XDG Base Directory Specification 0.8).
fn default_data_dir(variables: Variables<'_>) -> Result<PathBuf, Error> {
    let path = |name: &str| variables(name).ok().map(PathBuf::from);
    let xdg = path("XDG_DATA_HOME").filter(|path| path.is_absolute());
    let home = || path("HOME").filter(|path| !path.as_os_str().is_empty());
    let data = xdg.or_else(|| Some(home()?.join(".local/share")));
    data.map(|data| data.join("jackfield")).ok_or_else(|| {
        let message = "No data directory: neither XDG_DATA_HOME nor HOME is set.";
        Error::usage(message, Some("Name a directory with --data-dir DIR."))
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;

    const HOME: (&str, &str) = ("HOME", "/home/ann");

    fn configured(options: Options, set: &[(&str, &str)]) -> Result<Configuration, Error> {
        Configuration::new(options, &|name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned()).ok_or(VarError::NotPresent)
        })
    }

    fn with_file(
        text: &str,
        set: &[(&str, &str)],
        options: Options,
    ) -> Result<Configuration, Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jackfield.toml");
        std::fs::write(&path, text).unwrap();
        configured(Options { config: Some(path), ..options }, set)
    }

    fn refusal(result: Result<Configuration, Error>) -> String {
        match result {
            Ok(_) => panic!("it was accepted"),
            Err(error) => {
                assert_eq!(error.exit_code(), crate::exit::USAGE);
                error.to_string()
            }
        }
    }

    fn allows(configuration: &Configuration, origin: &str) -> bool {
        configuration.policy.judge_url(&Url::parse(origin).unwrap()).is_ok()
    }

    #[test]
    fn flags_win_over_the_environment_and_that_over_the_file() {
        let file = r#"data_dir = "/file""#;
        let set = [("JACKFIELD_DATA_DIR", "/environment"), HOME];
        let flag = || Options { data_dir: Some("/flag".into()), ..Options::default() };
        for (name, configuration, expected) in [
            ("all", with_file(file, &set, flag()), "/flag"),
            ("two", with_file(file, &set, Options::default()), "/environment"),
            ("file", with_file(file, &[HOME], Options::default()), "/file"),
            ("none", configured(Options::default(), &[HOME]), "/home/ann/.local/share/jackfield"),
        ] {
            assert_eq!(configuration.unwrap().data_dir, Path::new(expected), "{name}");
        }
    }

    #[test]
    fn the_default_directory_is_the_users() {
        for (name, set, expected) in [
            ("xdg", vec![("XDG_DATA_HOME", "/xdg"), HOME], Some("/xdg/jackfield")),
            (
                "relative xdg",
                vec![("XDG_DATA_HOME", "xdg"), HOME],
                Some("/home/ann/.local/share/jackfield"),
            ),
            (
                "empty variable",
                vec![("JACKFIELD_DATA_DIR", " "), HOME],
                Some("/home/ann/.local/share/jackfield"),
            ),
            ("nothing", vec![], None),
        ] {
            let found = configured(Options::default(), &set).ok().map(|found| found.data_dir);
            assert_eq!(found.as_deref(), expected.map(Path::new), "{name}");
        }
    }

    #[test]
    fn a_list_is_decided_by_the_strongest_place() {
        let file = r#"allow_origin = ["http://file:1"]"#;
        let set = [("JACKFIELD_ALLOW_ORIGIN", "http://one:1, http://two:2"), HOME];
        let configuration = with_file(file, &set, Options::default()).unwrap();
        for (origin, expected) in
            [("http://one:1", true), ("http://two:2", true), ("http://file:1", false)]
        {
            assert_eq!(allows(&configuration, origin), expected, "{origin}");
        }
        let configuration = with_file(file, &[HOME], Options::default()).unwrap();
        assert!(allows(&configuration, "http://file:1"));
    }

    #[test]
    fn paths_in_the_file_are_relative_to_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("c.toml");
        std::fs::write(directory.path().join("ca.pem"), "").unwrap();
        std::fs::write(&path, "data_dir = \"data\"\nca = [\"ca.pem\"]\nkey_source = \"file:k\"")
            .unwrap();
        let set = [("JACKFIELD_CONFIG", path.to_str().unwrap()), HOME];
        let configuration = configured(Options::default(), &set).unwrap();
        assert_eq!(configuration.data_dir, directory.path().join("data"));
        assert_eq!(configuration.ca, [directory.path().join("ca.pem")]);
        assert_eq!(configuration.key_source, Some(KeySource::File(directory.path().join("k"))));
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named() {
        for (text, expected) in [
            ("datadir = \"x\"", "`datadir`"),
            ("\n\ndata_dir = 5", "line 3"),
            ("data_dir = ", "line 1"),
            ("[data_dir]\nx = 1", "is not valid"),
        ] {
            let told = refusal(with_file(text, &[HOME], Options::default()));
            assert!(told.contains(expected) && told.contains("jackfield.toml"), "{told}");
        }
        let absent = Options { config: Some("/no/such/file".into()), ..Options::default() };
        assert!(refusal(configured(absent, &[HOME])).contains("/no/such/file"));
    }

    #[test]
    fn values_that_cannot_be_used_are_refused() {
        for (variable, value) in [
            ("JACKFIELD_ALLOW_ORIGIN", "not an origin"),
            ("JACKFIELD_ALLOW_ORIGIN", "https://a/path"),
            ("JACKFIELD_ALLOW_NETWORK", "10.0.0.1/8"),
            ("JACKFIELD_KEY_SOURCE", "k1:c2VjcmV0"),
            ("JACKFIELD_KEY_SOURCE", "file:"),
            ("JACKFIELD_PROXY", "user:c2VjcmV0@proxy"),
        ] {
            let told = refusal(configured(Options::default(), &[(variable, value), HOME]));
            assert!(!told.contains("c2VjcmV0"), "{told}");
        }
    }

    #[test]
    fn the_place_of_a_value_that_cannot_be_used_is_named() {
        let flag = Options { allow_origin: vec!["nonsense".to_owned()], ..Options::default() };
        let file = Options { ca: vec!["/no/such.pem".into()], ..Options::default() };
        for (name, configuration, expected) in [
            ("flag", configured(flag, &[HOME]), "--allow-origin"),
            ("authority", configured(file, &[HOME]), "/no/such.pem"),
            (
                "variable",
                configured(Options::default(), &[("JACKFIELD_ALLOW_NETWORK", "x"), HOME]),
                "JACKFIELD_ALLOW_NETWORK",
            ),
            (
                "file",
                with_file("allow_origin = [\"nonsense\"]", &[HOME], Options::default()),
                "jackfield.toml",
            ),
        ] {
            let told = refusal(configuration);
            assert!(told.contains(expected), "{name}: {told}");
        }
    }

    #[test]
    fn every_place_of_keys_is_understood() {
        let environment = KeySource::Environment("KEYS".to_owned());
        for (text, expected) in [
            ("file:/k", KeySource::File("/k".into())),
            ("env:KEYS", environment),
            (
                "keyring",
                KeySource::SystemKeyring {
                    service: "jackfield".to_owned(),
                    account: "/home/ann/.local/share/jackfield".to_owned(),
                },
            ),
        ] {
            let set = [("JACKFIELD_KEY_SOURCE", text), HOME];
            let configuration = configured(Options::default(), &set).unwrap();
            assert_eq!(configuration.key_source, Some(expected), "{text}");
        }
    }
}
