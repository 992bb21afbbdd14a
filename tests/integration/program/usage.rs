//! What bad input gets: exit code 2, the place named, the nearest known name suggested; 4 where the
//! policy denies. Nothing is sent and nothing is stored.

use jackfield_tests::{Account, GitHub, token};

use super::{Home, TOKEN};

/// A run that is refused: its name, its arguments behind `connect` or whole, its exit code, and what
/// is said.
type Case<'a> = (&'a str, &'a [&'a str], i32, &'a str);

const SECRET: &str = "token=env:TEST_TOKEN";

/// Runs each case twice, for people and for programs.
fn refused(home: &Home, token: &str, cases: &[Case<'_>]) {
    for (name, arguments, code, text) in cases {
        let human = home.run_with(token, arguments);
        assert_eq!(human.code, Some(*code), "{name}: {human:#?}");
        assert!(human.stderr.contains(text), "{name}: {text:?} is not said: {human:#?}");
        assert_eq!(human.stdout, "", "{name}: an error is no output");
        let program = home.run_with(token, &[&["--json"], *arguments].concat());
        assert_eq!(program.code, Some(*code), "{name}: {program:#?}");
        let error = program.error().to_string();
        let text = serde_json::to_string(text).unwrap();
        assert!(error.contains(text.trim_matches('"')), "{name}: {text:?} is not in {error}");
        for run in [&human, &program] {
            assert!(!format!("{run:?}").contains(token), "{name}: the token is told: {run:#?}");
        }
    }
}

#[test]
fn what_does_not_fit_is_told_with_the_nearest_known_name() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let id = home.connect(&token, &[]);
    github.forget();
    let before = home.connections();
    let cases: &[Case<'_>] = &[
        ("connector", &["connect", "githup", "--secret", SECRET], 2, "did you mean `github`?"),
        ("inspected", &["inspect", "gihtub"], 2, "did you mean `github`?"),
        ("connector, far", &["connect", "mastodon", "--secret", SECRET], 2, "`mastodon`"),
        ("method", &["connect", "github", "--method", "tokn", "--secret", SECRET], 2, "`token`"),
        (
            "setting",
            &["connect", "github", "--set", "api_ur=x", "--secret", SECRET],
            2,
            "`api_url`",
        ),
        ("secret's name", &["connect", "github", "--secret", "tokem=env:TEST_TOKEN"], 2, "`token`"),
        ("stream", &["read", &id, "isues"], 2, "`issues`"),
        ("parameter", &["read", &id, "issues", "--param", "repositry=a/b"], 2, "`repository`"),
        ("parameter missing", &["read", &id, "issues"], 2, "Repository is missing"),
        (
            "parameter wrong",
            &["read", &id, "issues", "--param", "repository=x"],
            2,
            "owner and name",
        ),
        ("connection", &["show", "none"], 2, "`none`"),
        ("secret for an id", &["show", "ghp_CanaryCanary"], 2, "No connection has that id"),
        ("command", &["conect", "github"], 2, "connect"),
        ("option", &["connect", "github", "--secrets", SECRET], 2, "--secret"),
        ("no command", &[], 2, "Usage"),
        ("nothing to check", &["check"], 2, "--all"),
        ("setting without value", &["connect", "github", "--set", "api_url"], 2, "api_url"),
        (
            "setting twice",
            &["connect", "github", "--set", "api_url=a", "--set", "api_url=b"],
            2,
            "api_url",
        ),
        ("user", &["connect", "github", "--user", "a/b", "--secret", SECRET], 2, "user"),
        ("wait", &["check", "--all", "--wait", "ghp_Canary"], 2, "number of seconds"),
        ("wait, too long", &["check", "--all", "--wait", "86401"], 2, "86400"),
        ("user, empty", &["connect", "github", "--user", "", "--secret", SECRET], 2, "user"),
        ("runtime", &["connect", "github", "--runtime", "../x", "--secret", SECRET], 2, "runtime"),
        ("cursor", &["read", &id, "repositories", "--cursor", "x"], 2, "cursor"),
        ("origin", &["--allow-origin", "example.com", "list"], 2, "example.com"),
        ("origin with a path", &["--allow-origin", "https://example.com/x", "list"], 2, "origin"),
        ("authority", &["--ca", "/nowhere.pem", "list"], 2, "/nowhere.pem"),
        ("configuration", &["--config", "/nowhere.toml", "list"], 2, "/nowhere.toml"),
        ("connectors", &["--connectors", "/nowhere", "connectors"], 2, "/nowhere"),
    ];
    refused(&home, &token, cases);
    assert_eq!(github.requests(), []);
    assert_eq!(home.connections(), before);
}

#[test]
fn settings_that_lead_astray_are_refused_by_their_field() {
    let home = Home::strict();
    let token = token::classic("ada");
    let cases = [
        ("no URL", "github.com", 2, "https://"),
        ("another scheme", "ftp://github.com", 2, "https://"),
        ("a file", "file:///etc/passwd", 2, "https://"),
        ("user name", "https://ada@github.com", 2, "user name"),
        ("password", "https://ada:swordfish@github.com", 2, "password"),
        ("query", "https://github.com/?a=b", 2, "`?`"),
        ("blanks", "https://git hub.com", 2, "blanks"),
        ("loopback", "https://127.0.0.1:8443", 4, "allow"),
        ("loopback by name", "https://localhost", 4, "allow"),
        ("loopback, IPv6", "https://[::1]", 4, "allow"),
        ("loopback, octal", "https://0177.0.0.1", 4, "allow"),
        ("loopback, one number", "https://2130706433", 4, "allow"),
        ("private", "https://10.0.0.1/api/v3", 4, "allow"),
        ("metadata", "http://169.254.169.254", 4, "169.254.169.254"),
        ("single label", "https://github", 4, "allow"),
        ("plain http", "http://github.example.com", 4, "allow"),
    ];
    for (name, url, code, text) in cases {
        let set = format!("api_url={url}");
        let arguments = ["connect", "github", "--set", &set, "--secret", SECRET];
        refused(&home, &token, &[(name, &arguments, code, text)]);
        let run = home.run_with(&token, &[&arguments[..], &["--json"]].concat());
        let fields = run.error()["fields"].clone();
        assert_eq!(fields[0]["pointer"], "/settings/api_url", "{name}: {run:#?}");
        assert!(!format!("{run:?}").replace(&set, "").contains("swordfish"), "{name}: {run:#?}");
    }
    assert_eq!(home.connections().len(), 0);
}

#[test]
fn secrets_that_no_provider_would_take_are_refused_unsent() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let two_lines = format!("{}\n{}", token::classic("one"), token::classic("two"));
    let refresh = token::refresh("ada");
    let long = "x".repeat(1 << 20);
    let values = [
        ("empty", "", "empty"),
        ("blanks", " \t\n", "empty"),
        ("two tokens", two_lines.as_str(), "2 different ones"),
        ("a control character", "ghp_\u{7}bellbellbell", "control"),
        ("no width", "ghp_\u{200b}copied-from-a-page", "invisible"),
        ("a refresh token", &refresh, "refresh token"),
        ("a megabyte", &long, "longer than"),
    ];
    for (name, value, text) in values {
        let arguments = ["connect", "github", "--secret", "token=-", "--json"];
        let run = home.run_fed(value, &arguments);
        assert_eq!(run.code, Some(2), "{name}: {run:#?}");
        let error = run.error();
        assert!(error.to_string().contains(text), "{name}: {error}");
        assert_eq!(error["fields"][0]["pointer"], "/secrets/token", "{name}: {error}");
        let told = format!("{run:?}");
        assert!(value.trim().is_empty() || !told.contains(value.trim()), "{name}: {run:#?}");
    }
    assert_eq!(github.requests(), []);
    assert_eq!(home.connections().len(), 0);
}

#[test]
fn sources_that_hold_nothing_are_named() {
    let home = Home::strict();
    let cases: &[Case<'_>] = &[
        (
            "variable",
            &["connect", "github", "--secret", "token=env:NO_SUCH_VARIABLE"],
            2,
            "NO_SUCH_VARIABLE",
        ),
        (
            "file",
            &["connect", "github", "--secret", "token=file:/nowhere/token"],
            2,
            "/nowhere/token",
        ),
        ("directory", &["connect", "github", "--secret", "token=file:/tmp"], 2, "/tmp"),
        ("endless", &["connect", "github", "--secret", "token=file:/dev/zero"], 2, "/dev/zero"),
        ("no terminal", &["connect", "github"], 2, "--secret"),
        (
            "input twice",
            &["connect", "github", "--secret", "token=-", "--secret", "other=-"],
            2,
            "once",
        ),
        (
            "secret twice",
            &["connect", "github", "--secret", SECRET, "--secret", SECRET],
            2,
            "twice",
        ),
    ];
    refused(&home, &token::classic("ada"), cases);
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let id = home.connect(&token, &[]);
    github.forget();
    let with = |prefix: &str| format!("{prefix}{token}");
    let (value, option, variable) = (with("token="), with("--secret=token="), with("token=env:"));
    let cases: [(&str, Vec<&str>); 9] = [
        ("as a source", vec!["connect", "github", "--secret", &value]),
        ("with an equals sign", vec!["connect", "github", &option]),
        ("alone", vec!["connect", "github", "--secret", &token]),
        ("as an argument", vec!["connect", "github", &token]),
        ("as an option", vec!["connect", "github", "--token", &token]),
        ("as a variable's name", vec!["connect", "github", "--secret", &variable]),
        ("as a setting", vec!["connect", "github", "--set", &value, "--secret", "token=env:HOME"]),
        ("for an update", vec!["update", &id, "--secret", &value]),
        ("for an update, alone", vec!["update", &id, &token]),
    ];
    for (name, arguments) in cases {
        for json in [&[][..], &["--json"]] {
            let run = home.run(&[&arguments, json].concat());
            assert_eq!(run.code, Some(2), "{name}: {run:#?}");
            let told = format!("{}{}", run.stdout, run.stderr);
            assert!(!told.contains(&token[4..]), "{name}: {told}");
        }
    }
    let run = home.run(&["connect", "github", "--secret", &value]).ended(2);
    assert!(run.stderr.contains("env:") && run.stderr.contains("file:"), "{run:#?}");
    assert_eq!(github.requests(), []);
    assert_eq!(home.connections().len(), 1);
}

#[test]
fn json_is_one_document_whatever_happens() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let id = home.connect(&token, &[]);
    let cases: &[&[&str]] = &[
        &["connectors"],
        &["inspect", "github"],
        &["list"],
        &["show", &id],
        &["check", &id],
        &["check", "--all"],
        &["read", &id, "repositories"],
        &["read", &id, "repositories", "--all"],
        &["keys", "rotate"],
        &["update", &id, "--secret", SECRET],
        &["disconnect", &id],
        &["disconnect", &id],
        &["frobnicate"],
        &["connect"],
        &["connect", "github", "--no-such-option"],
        &[],
    ];
    for arguments in cases {
        for place in [[&["--json"], *arguments].concat(), [*arguments, &["--json"]].concat()] {
            let run = home.run_with(&token, &place);
            let document = run.json();
            let failed = document.get("error").is_some();
            assert_eq!(failed, run.code != Some(0), "{run:#?}");
            assert_eq!(run.stdout.trim_end().matches('\n').count(), run.stdout.lines().count() - 1);
        }
    }
}

#[test]
fn the_configuration_says_what_the_command_line_does_not() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::strict();
    let data = home.path("configured");
    let config = format!(
        "data_dir = {:?}\nallow_origin = [{:?}]\n",
        data.to_str().unwrap(),
        github.api_url()
    );
    let path = home.file("jackfield.toml", config);
    let set = format!("api_url={}", github.api_url());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_jackfield"));
    home.prepare(&mut command);
    command.args(["--config", &path, "connect", "github", "--set", &set, "--secret", SECRET]);
    let output = command.env(TOKEN, &token).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(data.join("jackfield.db").exists());

    for (wrong, said) in [
        ("data_dirr = 1", "wrong.toml"),
        ("data_dir = 7", "wrong.toml"),
        ("[", "wrong.toml"),
        ("allow_origin = [\"nonsense\"]", "`nonsense`"),
    ] {
        let path = home.file("wrong.toml", wrong);
        home.run(&["--config", &path, "list"]).ended(2).says(said);
    }
}
