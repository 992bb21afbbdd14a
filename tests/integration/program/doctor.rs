//! `jackfield doctor` and `connect --dry-run`: for everything that can be wrong, the step at which it
//! is told, its code, what to do, and the exit code; for people and for programs alike.

use jackfield_tests::{Account, Certificate, Fault, GitHub, Standing, token};
use serde_json::Value;

use super::{Home, Run};

const DRY_RUN: [&str; 5] = ["connect", "github", "--dry-run", "--secret", "token=env:TEST_TOKEN"];

/// An account of which nothing is to be noted.
fn sound() -> Account {
    Account::classic("ada", &["repo", "read:org"]).expires("2030-01-02 03:04:05 UTC")
}

/// A diagnosis for people and for programs.
struct Told {
    human: Run,
    diagnosis: Value,
}

impl Told {
    /// The same command twice; neither run tells the token, and both end alike.
    #[track_caller]
    fn of(home: &Home, token: &str, arguments: &[&str]) -> Self {
        let human = home.run_with(token, arguments);
        let program = home.run_with(token, &[arguments, &["--json"]].concat());
        assert_eq!(human.code, program.code, "{human:#?} {program:#?}");
        for run in [&human, &program] {
            assert!(!format!("{}{}", run.stdout, run.stderr).contains(token), "{run:#?}");
            assert!(!run.stdout.contains('\u{1b}'), "colored without a terminal: {run:#?}");
        }
        let diagnosis = program.json()["diagnosis"].clone();
        assert!(diagnosis.is_object(), "{program:#?}");
        let told = Self { human, diagnosis };
        told.agrees();
        told
    }

    /// Each step of the document is a line for people, with its mark, its name and its sentence.
    #[track_caller]
    fn agrees(&self) {
        for step in self.steps() {
            let mark = match step["outcome"].as_str().unwrap() {
                "passed" => "✓",
                "warned" => "!",
                "failed" => "✗",
                "skipped" => "-",
                other => panic!("{other}"),
            };
            let (name, sentence) =
                (step["name"].as_str().unwrap(), step["sentence"].as_str().unwrap());
            // Times differ between two runs.
            let same = |line: &&str| line.starts_with(&format!("{mark}  {name} "));
            let line = self.human.stdout.lines().find(same);
            let line = line.unwrap_or_else(|| panic!("no {mark} {name}: {:#?}", self.human));
            let first = sentence.split(' ').next().unwrap();
            let column = line.strip_prefix(mark).unwrap().find(first);
            assert_eq!(column, Some(16), "aligned: {line}");
        }
    }

    fn steps(&self) -> &[Value] {
        self.diagnosis["steps"].as_array().unwrap()
    }

    #[track_caller]
    fn step(&self, name: &str) -> &Value {
        let mut steps = self.steps().iter();
        steps.find(|step| step["name"] == name).unwrap_or_else(|| panic!("{}", self.diagnosis))
    }

    /// The first letters of the outcomes, in order.
    fn outcomes(&self) -> String {
        let letter = |step: &Value| step["outcome"].as_str().unwrap().chars().next().unwrap();
        self.steps().iter().map(letter).collect()
    }

    /// The code of the step that failed first.
    fn code(&self) -> &str {
        let mut steps = self.steps().iter();
        let failed = steps.find(|step| step["outcome"] == "failed");
        failed.unwrap_or_else(|| panic!("{}", self.diagnosis))["failure"]["code"].as_str().unwrap()
    }

    /// Ended with that exit code, those outcomes, and, where it failed, that code and a remedy.
    #[track_caller]
    fn ended(&self, name: &str, exit: i32, outcomes: &str, code: &str) {
        assert_eq!(self.human.code, Some(exit), "{name}: {:#?}", self.human);
        assert_eq!(self.outcomes(), outcomes, "{name}: {:#?}", self.human);
        let Some(step) = self.steps().iter().find(|step| step["outcome"] == "failed") else {
            return;
        };
        assert_eq!(self.code(), code, "{name}: {step:#}");
        let remedies = step["failure"]["remedies"].as_array().unwrap();
        assert!(!remedies.is_empty(), "{name}: {step:#}");
        for remedy in remedies {
            // With advice, the option by which it is done here stands before the full stop.
            let (text, end) = match remedy["advice"].is_object() {
                true => (remedy["text"].as_str().unwrap().trim_end_matches('.'), " (-"),
                false => (remedy["text"].as_str().unwrap(), "\n"),
            };
            assert!(self.human.stdout.contains(&format!("    - {text}{end}")), "{name}: {text}");
        }
        assert!(self.human.stdout.contains(&format!("    code: {code}\n")), "{name}");
    }
}

#[test]
fn a_sound_connection_passes_every_step() {
    let github = GitHub::start_tls();
    let token = github.add(sound());
    let home = Home::of_enterprise(&github);
    let id = home.connect(&token, &[]);
    let told = Told::of(&home, &token, &["doctor", &id]);
    told.ended("sound", 0, "pppppppppp", "");
    assert_eq!(told.diagnosis["outcome"], "passed");
    assert_eq!(told.diagnosis["connection"], id);
    for (step, name, value) in [
        ("settings", "origin", github.origin()),
        ("name-lookup", "address", "127.0.0.1"),
        ("connection", "address", &github.address().to_string()),
        ("tls", "protocol", "TLS 1.3"),
        ("tls", "certificate-issuer", "CN=Jackfield test authority"),
        ("reachability", "server", "github.com"),
        ("clock", "difference-seconds", "0"),
        ("credential", "ends", "2030-01-02T03:04:05Z"),
        ("permissions", "permission", "repo: granted"),
    ] {
        let evidence = told.step(step)["evidence"].as_array().unwrap().clone();
        let there = evidence.iter().any(|one| {
            one["name"] == name && one["value"].as_str().is_some_and(|text| text.contains(value))
        });
        assert!(there, "{step}: no {name} {value}: {evidence:?}");
        assert!(told.human.stdout.contains(value), "{value}: {:#?}", told.human);
    }
}

#[test]
fn the_probe_carries_no_credential_and_the_outcome_is_written_down() {
    let github = GitHub::start();
    let token = github.add(sound());
    let home = Home::of(&github);
    let id = home.connect(&token, &["--unchecked"]);
    Told::of(&home, &token, &["doctor", &id]).ended("plain", 0, "pspspppppp", "");
    let (probes, checks): (Vec<_>, Vec<_>) =
        github.requests().into_iter().partition(|request| request.method == "HEAD");
    assert_eq!(probes.len(), 2, "one for each run");
    assert!(checks.len() >= 2, "{checks:#?}");
    assert!(probes.iter().all(|probe| probe.header("authorization").is_none()));
    assert!(checks.iter().all(|check| check.header("authorization").is_some()));
    assert_eq!(home.connections()[0]["state"], "active");
    github.add(Account::classic("ada", &["repo", "read:org"]).standing(Standing::Expired));
    Told::of(&home, &token, &["doctor", &id]).ended("gone", 3, "pspspppfss", "bad-credentials");
    assert_eq!(home.connections()[0]["state"], "rejected");
}

#[test]
fn each_cause_has_its_step_its_code_and_its_exit_code() {
    let base = "/api/v3";
    let dated = |date: &str| Fault::answer(200, &[("date", date)], "");
    let lacking = r#"{"message":"Resource not accessible by personal access token"}"#;
    let cases: [(&str, &str, Fault, i32, &str, &str); 12] = [
        ("captive portal", "*", Fault::captive_portal(), 3, "ppppppfsss", "web-page-instead"),
        ("5xx", "*", Fault::server_error(503), 5, "ppppfpssss", "maintenance"),
        ("closes", "*", Fault::Close, 5, "ppppfsssss", "connection-broken"),
        ("rejected", "/api/v3/user", Fault::bad_credentials(), 3, "pppppppfss", "bad-credentials"),
        (
            "single sign-on",
            "/api/v3/user",
            Fault::sso_required("octo-org"),
            3,
            "pppppppfss",
            "single-sign-on-required",
        ),
        (
            "limit",
            "/api/v3/user",
            Fault::primary_limit(600),
            3,
            "ppppppp ssf",
            "primary-rate-limit",
        ),
        (
            "redirect",
            "/api/v3/user",
            Fault::redirect(302, "https://169.254.169.254/latest"),
            3,
            "ppppfpssss",
            "redirect-origin",
        ),
        ("clock", base, dated("Thu, 19 Feb 2026 19:55:13 GMT"), 3, "pppppfpppp", "clock-skew"),
        (
            "permission",
            "/api/v3/user",
            Fault::json(403, &[("x-accepted-github-permissions", "profile=read")], lacking),
            3,
            "ppppppppfs",
            "permission-missing",
        ),
        ("echo", "/api/v3/user", Fault::Echo, 3, "ppppppfsss", "unexpected-shape"),
        ("probe refused", base, Fault::Close, 0, "ppppwspppp", ""),
        ("probe unwelcome", base, Fault::server_error(500), 0, "pppppppppp", ""),
    ];
    for (name, path, fault, exit, outcomes, code) in cases {
        let github = GitHub::start_tls();
        let token = github.add(sound());
        let home = Home::of_enterprise(&github);
        let id = home.connect(&token, &["--unchecked"]);
        github.fault(path, fault);
        let outcomes = outcomes.replace(' ', "");
        Told::of(&home, &token, &["doctor", &id]).ended(name, exit, &outcomes, code);
        Told::of(&home, &token, &DRY_RUN).ended(name, exit, &outcomes, code);
    }
}

#[test]
fn a_wrong_clock_is_told_before_the_credential() {
    let github = GitHub::start_tls();
    let token = github.add(sound().standing(Standing::Expired));
    let home = Home::of_enterprise(&github);
    github.fault("/api/v3", Fault::answer(200, &[("date", "Thu, 19 Feb 2026 19:55:13 GMT")], ""));
    let told = Told::of(&home, &token, &DRY_RUN);
    told.ended("clock", 3, "pppppfpfss", "clock-skew");
    let human = &told.human.stdout;
    assert!(human.find("clock is").unwrap() < human.find("does not accept").unwrap(), "{human}");
    assert!(human.contains("server-time: 2026-02-19T19:55:13Z"), "{human}");
}

#[test]
fn what_is_wrong_on_the_way_is_told_at_its_step() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    // A label of 64 characters is refused by the system's resolver without asking anyone.
    let unknown = format!("https://{}.example.com", "x".repeat(64));
    let token = token::classic("ada");
    for (name, url, exit, outcomes, code) in [
        ("unknown host", &*unknown, 5, "pfssssssss", "name-not-found"),
        ("refused port", &*refusing, 5, "psfsssssss", "connection-failed"),
        ("denied address", "https://169.254.169.254", 4, "fsssssssss", "metadata-address"),
        ("not encrypted", "http://github.example.com", 4, "fsssssssss", "https-required"),
        ("no URL", "nowhere", 2, "fsssssssss", "invalid-input"),
    ] {
        let home = Home::strict().allowing(&refusing);
        let set = format!("api_url={url}");
        let told = Told::of(&home, &token, &[&DRY_RUN[..], &["--set", &set]].concat());
        assert_eq!(told.human.code, Some(exit), "{name}: {:#?}", told.human);
        assert_eq!(told.outcomes(), outcomes, "{name}: {:#?}", told.human);
        assert_eq!(told.code(), code, "{name}");
    }
}

#[test]
fn a_certificate_that_is_not_trusted_is_shown() {
    for (name, certificate, trusted, clock) in [
        ("unknown issuer", Certificate::Valid, false, false),
        ("expired", Certificate::Expired, true, true),
        ("other name", Certificate::OtherName, true, false),
    ] {
        let github = GitHub::start_tls_with(certificate);
        let token = github.add(sound());
        let home = match trusted {
            true => Home::of_enterprise(&github),
            false => Home::of(&github),
        };
        let told = Told::of(&home, &token, &DRY_RUN);
        told.ended(name, 5, "pppfssssss", "certificate-not-trusted");
        let human = &told.human.stdout;
        assert!(human.contains("certificate-issuer: CN=Jackfield test authority"), "{human}");
        assert!(human.contains("valid-until: "), "{human}");
        assert_eq!(human.contains("clock is right"), clock, "{name}: {human}");
        assert!(github.requests().is_empty(), "{name}");
    }
}

#[test]
fn a_missing_permission_is_a_warning_and_says_what_needs_it() {
    let github = GitHub::start();
    let token = github.add(Account::classic("eve", &["gist"]).expires("2030-01-02 03:04:05 UTC"));
    let told = Told::of(&Home::of(&github), &token, &DRY_RUN);
    assert_eq!(told.human.code, Some(0), "{:#?}", told.human);
    let step = told.step("permissions");
    assert_eq!(step["outcome"], "warned", "{step:#}");
    let codes: Vec<_> =
        step["warnings"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["scope-missing", "permission-missing"], "{step:#}");
    for word in ["missing", "issues"] {
        assert!(told.human.stdout.contains(word), "{word}: {:#?}", told.human);
    }
}

#[test]
fn a_wrong_path_is_found_although_somebody_answers() {
    let github = GitHub::start_tls();
    let token = github.add(sound());
    let home = Home::of_enterprise(&github);
    let set = format!("api_url={}", github.url("/elsewhere"));
    let told = Told::of(&home, &token, &[&DRY_RUN[..], &["--set", &set]].concat());
    assert_eq!(told.human.code, Some(3), "{:#?}", told.human);
    assert_eq!(told.outcomes(), "ppppppfsss", "{:#?}", told.human);
}

#[test]
fn a_dry_run_leaves_nothing_behind() {
    let github = GitHub::start();
    let token = github.add(sound());
    let home = Home::of(&github).unused();
    let told = Told::of(&home, &format!(" {token} "), &DRY_RUN);
    assert_eq!(told.human.code, Some(0), "{:#?}", told.human);
    assert_eq!(told.diagnosis["connection"], Value::Null);
    assert_eq!(told.step("settings")["warnings"][0]["code"], "secret-blanks-removed");
    assert!(!home.data().exists());
    let id = home.connect(&token, &[]);
    Told::of(&home, &token, &DRY_RUN);
    assert_eq!(home.connections().len(), 1);
    assert_eq!(home.connections()[0]["id"], id);
}

#[test]
fn what_cannot_be_looked_at_is_an_error() {
    let home = Home::strict();
    for arguments in [&["doctor", "abc"][..], &["connect", "githup", "--dry-run"]] {
        home.run(arguments).ended(2);
        let error = home.run(&[arguments, &["--json"]].concat()).ended(2).error();
        assert_eq!(error["cause"]["code"], "invalid-input", "{error}");
    }
}
