//! A secret that sings when it gets out: it goes through every command, every error that can be
//! provoked, every log level and a provider that echoes it, and is then found nowhere but on the wire:
//! not on the two streams, not in the data directory, not in temporary files, not in what was read.

mod search;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jackfield_tests::{Account, Fault, GitHub, token};

use crate::program::{Home, Run};
use search::{Search, html};

/// Of a shape that no provider issues: every character of it that some writer escapes.
const ODD: &str = r#"cA"n\A/r+Y=%41&<s>'i{n}g:s;,?#@!$^`|~_-.*()[]0123456789"#;

/// The canary's cage: a home, the provider, the search, and what was told so far.
struct Cage {
    github: GitHub,
    home: Home,
    secret: String,
    search: Search,
    runs: usize,
}

impl Cage {
    fn new(secret: &str, public: usize) -> Self {
        let github = GitHub::start();
        github.add(Account::classic("ada", &["repo"]).with_token(secret));
        github.add_repository("ada", "many", false, 150);
        let home = Home::of(&github);
        let search = Search::new(secret, public);
        Self { github, home, secret: secret.to_owned(), search, runs: 0 }
    }

    /// Runs the program with the secret in a variable, and searches what it told.
    fn run(&mut self, arguments: &[&str]) -> Run {
        let run = self.home.run_with(&self.secret, arguments);
        self.listen(&run);
        run
    }

    /// The same for people, for programs and for developers.
    fn run_thrice(&mut self, arguments: &[&str]) {
        for more in [&[][..], &["--json"], &["-vvv"]] {
            self.run(&[arguments, more].concat());
        }
    }

    fn listen(&mut self, run: &Run) {
        self.runs += 1;
        for (stream, text) in [("stdout", &run.stdout), ("stderr", &run.stderr)] {
            let found = self.search.found_in(text.as_bytes());
            assert!(found.is_empty(), "{stream} of run {}: {found:?} in {run:#?}", self.runs);
        }
    }

    fn connect(&mut self, more: &[&str]) -> String {
        let connect = ["connect", "github", "--json", "--secret", "token=env:TEST_TOKEN"];
        let run = self.run(&[&connect[..], more].concat()).done();
        run.json()["connection"]["id"].as_str().unwrap().to_owned()
    }

    /// Every command as it is meant.
    fn commands(&mut self) {
        let id = self.connect(&[]);
        let out = self.home.path("issues.jsonl");
        let out = out.to_str().unwrap();
        let many = ["--param", "repository=ada/many"];
        let commands: [&[&str]; 13] = [
            &["connectors"],
            &["inspect", "github"],
            &["list"],
            &["show", &id],
            &["check", &id],
            &["check", "--all"],
            &["doctor", &id],
            &["connect", "github", "--dry-run", "--secret", "token=env:TEST_TOKEN"],
            &["read", &id, "repositories", "--all"],
            &["read", &id, "issues", many[0], many[1]],
            &["read", &id, "issues", many[0], many[1], "--all", "--out", out],
            &["update", &id, "--secret", "token=env:TEST_TOKEN"],
            &["keys", "rotate"],
        ];
        for command in commands {
            self.run_thrice(command);
        }
        for source in ["token=-", &format!("token=file:{}", self.cage_file())] {
            let connect = ["connect", "github", "-vvv", "--secret", source];
            let input = format!("{}\n", self.secret);
            let run = self.home.run_fed(&input, &connect).done();
            self.listen(&run);
        }
        let unchecked = self.connect(&["--unchecked"]);
        self.run_thrice(&["disconnect", &unchecked]);
    }

    /// The secret's own file, outside of what is searched.
    fn cage_file(&self) -> String {
        self.home.file("cage", &self.secret)
    }

    /// Every error that a provider can provoke, with the secret in whatever of it is shown.
    fn refusals(&mut self) {
        let id = self.connect(&[]);
        for fault in self.echoes() {
            self.github.fault("*", fault);
            self.run_thrice(&["check", &id]);
            self.run_thrice(&["doctor", &id]);
            self.run_thrice(&["connect", "github", "--secret", "token=env:TEST_TOKEN"]);
            self.run(&["update", &id, "-vvv", "--secret", "token=env:TEST_TOKEN"]);
            self.run(&["read", &id, "issues", "-vvv", "--param", "repository=ada/many"]);
            self.run(&["read", &id, "repositories", "--json"]);
            self.github.heal();
            self.run(&["show", &id, "--json"]).done();
        }
    }

    fn echoes(&self) -> Vec<Fault> {
        let secret = self.secret.as_str();
        let says = |text: &str| serde_json::json!({ "message": text }).to_string();
        let link =
            percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
        let inside = format!("{}/user?access_token={link}", self.github.origin());
        let account = serde_json::json!({
            "login": secret, "id": 1, "name": secret, "type": secret, "html_url": inside,
            "node_id": secret, "email": format!("{secret}@example.com"),
        });
        let record = serde_json::json!([{
            "id": 1, "number": 1, "title": secret, "body": format!("x{secret}x"),
            "updated_at": "2026-01-01T00:00:00Z", "full_name": format!("ada/{secret}"), secret: secret,
        }]);
        let mut faults = vec![
            Fault::Echo,
            Fault::Close,
            Fault::Truncated,
            Fault::Garbage,
            Fault::captive_portal(),
            Fault::bad_credentials(),
            Fault::primary_limit(60),
            Fault::secondary_limit(),
            Fault::sso_required(secret.split(char::is_whitespace).next().unwrap()),
            Fault::html(200, format!("<html><title>{secret}</title>{secret}</html>")),
            Fault::json(200, &[("x-oauth-scopes", secret)], account.to_string()),
            Fault::json(200, &[("link", &format!("<{inside}>; rel=\"next\""))], record.to_string()),
            Fault::redirect(302, &inside),
            Fault::redirect(302, &format!("https://elsewhere.example.com/?token={link}")),
            Fault::redirect(302, &format!("https://ada:{link}@elsewhere.example.com/{link}")),
        ];
        // Every letter escaped, as no JSON writer does and any may.
        let escaped: String = secret.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
        let title = r#"[{"id":1,"number":1,"updated_at":"2026-01-01T00:00:00Z","title":""#;
        for (status, body) in [
            (200, format!(r#"{{"login":"{escaped}","id":1}}"#)),
            (200, format!(r#"{title}{escaped}"}}]"#)),
            (200, format!(r#"{title}{}"}}]"#, escaped.to_uppercase().replace("\\U", "\\u"))),
            (401, format!(r#"{{"message":"{escaped}"}}"#)),
            (200, record_with(&link.to_string())),
            (200, record_with(&STANDARD.encode(format!("ada:{secret}")))),
            (200, record_with(&URL_SAFE_NO_PAD.encode(format!("x{secret}y")))),
        ] {
            faults.push(Fault::json(status, &[], body));
        }
        for (double, single) in [("&quot;", "&#39;"), ("&#34;", "&#x27;")] {
            let title = html(secret, double, single);
            faults.push(Fault::html(200, format!("<html><title>{title}</title></html>")));
        }
        for status in [400, 401, 403, 404, 409, 418, 422, 429, 500, 503] {
            let header = [("x-github-request-id", secret), ("x-github-sso", secret)];
            faults.push(Fault::json(status, &header, says(&format!("No: Bearer {secret}"))));
            faults.push(Fault::html(status, format!("<html>{secret}</html>")));
        }
        faults
    }

    /// A secret in the wrong place, and settings that hold one.
    fn mistakes(&mut self) {
        let id = self.connect(&[]);
        let secret = self.secret.clone();
        let link =
            percent_encoding::utf8_percent_encode(&secret, percent_encoding::NON_ALPHANUMERIC);
        let with = |prefix: &str| format!("{prefix}{secret}");
        let with_value = format!("{secret}=x");
        let mistakes: Vec<Vec<String>> = [
            vec!["connect", "github", "--secret", &with("token=")],
            vec!["connect", "github", "--secret", &secret],
            vec!["connect", "github", "--secret", &with("token=env:")],
            vec!["connect", "github", "--secret", &with("--secret=")],
            vec!["connect", "github", &with("--secret=token=")],
            vec!["connect", "github", &secret],
            vec!["connect", "github", "--token", &secret],
            vec!["connect", "github", &with("--token=")],
            vec!["connect", "github", "--set", &with("token=")],
            vec![
                "connect",
                "github",
                "--set",
                &format!("api_url=https://ada:{link}@api.github.com"),
            ],
            vec![
                "connect",
                "github",
                "--set",
                &format!("api_url=https://api.github.com/?t={link}"),
            ],
            vec!["connect", &secret],
            vec!["connect", &secret, "--secret", &with("token=")],
            vec!["inspect", &secret],
            vec!["connect", "github", "--method", &secret, "--secret", "token=env:TEST_TOKEN"],
            vec!["connect", "github", "--set", &with_value, "--secret", "token=env:TEST_TOKEN"],
            vec!["connect", "github", "--secret", &with("token=file:")],
            vec!["connect", "github", "--secret", &format!("{secret}=env:TEST_TOKEN")],
            vec!["--allow-origin", &format!("https://ada:{secret}@git.example:99999"), "list"],
            vec!["read", &id, &secret],
            vec!["read", &id, "issues", "--param", &with_value],
            vec!["update", &id, "--set", &with_value],
            vec!["update", &id, &secret],
            vec!["update", &id, "--secret", &with("token=")],
        ]
        .iter()
        .map(|arguments| arguments.iter().map(|&argument| argument.to_owned()).collect())
        .collect();
        for arguments in mistakes {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            for more in [&[][..], &["--json"], &["-vvv"]] {
                let run = self.home.run(&[&arguments, more].concat()).ended(2);
                self.listen(&run);
            }
        }
        let config = self.home.file("cage", format!("token = {secret:?}\n"));
        let run = self.home.run(&["--config", &config, "list"]).ended(2);
        self.listen(&run);
    }

    /// The secret in what people copy with it: some of these are taken, the others refused.
    fn wrappings(&mut self) {
        let id = self.connect(&[]);
        let secret = self.secret.clone();
        let half = &secret[..secret.len() / 2];
        let basic = STANDARD.encode(format!("ada:{secret}"));
        let texts = [
            format!("\"{secret}\""),
            format!("`{secret}"),
            format!("Bearer {secret}"),
            format!("Authorization: Basic {basic}"),
            format!("curl -H 'PRIVATE-TOKEN: {secret}' https://git.example"),
            format!("export GITHUB_TOKEN=\"{secret}\""),
            format!("token: {secret} # mine"),
            format!("https://x-access-token:{secret}@github.com/o/r.git"),
            format!("machine github.com login ada password {secret}"),
            serde_json::json!({ "token": secret, "half": half }).to_string(),
            format!("# {secret}\n{secret}x\n{half}"),
            format!("\u{feff}{half}\u{200b}{}", &secret[half.len()..]),
            format!("'{half}'"),
            format!("Bearer {half}"),
            format!("TOKEN={half}"),
            format!("{secret} {secret}1, {secret}2"),
        ];
        let home = &self.home;
        let connect = ["connect", "github", "--secret", "token=env:TEST_TOKEN"];
        let update = ["update", &id, "--secret", "token=env:TEST_TOKEN"];
        let mut runs = Vec::new();
        for text in &texts {
            let commands: [&[&str]; 4] = [
                &[&connect[..], &["--json"]].concat(),
                &[&connect[..], &["-vvv"]].concat(),
                &[&connect[..], &["--dry-run"]].concat(),
                &[&update[..], &["-vvv"]].concat(),
            ];
            runs.extend(commands.iter().map(|command| home.run_with(text, command)));
            runs.push(home.run_fed(text, &["connect", "github", "-vvv", "--secret", "token=-"]));
        }
        for run in &runs {
            self.listen(run);
        }
        let refused = runs.iter().filter(|run| run.code == Some(2)).count();
        assert!(refused >= 9, "{refused} wrappings were refused, which proves too little");
    }

    /// That it was sent, and is nowhere else. Outside of the cage, every file of the runs counts.
    fn open(self) {
        let sent = self.github.requests();
        let value = format!("Bearer {}", self.secret);
        let sent = sent.iter().filter(|request| request.header("authorization") == Some(&value));
        assert!(sent.count() > 20, "the canary was not on the wire: nothing is proved");
        std::fs::remove_file(self.home.path("cage")).unwrap();
        assert!(
            contains(&self.home.data(), "jackfield.db")
                && contains(self.home.root(), "issues.jsonl")
        );
        assert_eq!(self.search.found_below(self.home.root()), [""; 0]);
        assert!(self.runs > 100, "{}", self.runs);
    }
}

/// A page of one issue with that title.
fn record_with(title: &str) -> String {
    let issue = serde_json::json!({
        "id": 1, "number": 1, "updated_at": "2026-01-01T00:00:00Z", "title": title,
    });
    serde_json::json!([issue]).to_string()
}

fn contains(directory: &Path, name: &str) -> bool {
    directory.join(name).metadata().is_ok_and(|file| file.len() > 0)
}

fn sing(secret: &str, public: usize) {
    let mut cage = Cage::new(secret, public);
    cage.commands();
    cage.refusals();
    cage.mistakes();
    cage.wrappings();
    cage.open();
}

#[test]
fn a_token_of_githubs_shape_is_nowhere_but_on_the_wire() {
    sing(&token::classic("canary"), 4);
}

#[test]
fn a_secret_that_every_writer_escapes_is_nowhere_but_on_the_wire() {
    sing(ODD, 0);
}
