//! What the provider, the network and the credential may answer, and what is made of it: 3 where
//! somebody said no, 4 where the policy did, 5 where nobody answered.

use std::time::Instant;

use jackfield_tests::{Account, Certificate, Elsewhere, Fault, GitHub, Standing, token};
use serde_json::Value;

use super::{Home, Run};

const CONNECT: [&str; 4] = ["connect", "github", "--secret", "token=env:TEST_TOKEN"];

/// Connecting under this fault, for people and for programs.
fn connecting(fault: &Fault) -> (Run, Value) {
    let github = GitHub::start_tls();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of_enterprise(&github);
    github.fault("/api/v3/user", fault.clone());
    let human = home.run_with(&token, &CONNECT);
    let program = home.run_with(&token, &[&CONNECT[..], &["--json"]].concat());
    assert_eq!(human.code, program.code);
    assert_eq!(home.connections().len(), 0, "{fault:?}: stored although it was refused");
    let error = program.error();
    assert!(human.stderr.contains(error["message"].as_str().unwrap()), "{human:#?} {error}");
    (human, error)
}

#[test]
fn each_answer_has_its_exit_code_its_cause_and_its_sentence() {
    let redirect = |place: &str| Fault::redirect(302, place);
    let coded = |coding: &str, body: &[u8]| {
        Fault::answer(200, &[("content-type", "application/json")], body)
            .with("content-encoding", coding)
    };
    let utf_16: Vec<u8> = "{\"id\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(&str, Fault, i32, &str, &str); 30] = [
        ("rejected", Fault::bad_credentials(), 3, "credential-rejected", "token"),
        ("locked out", Fault::login_lockout(), 3, "rate-limited", "login"),
        ("primary limit", Fault::primary_limit(600), 3, "rate-limited", "filled again"),
        ("secondary limit", Fault::secondary_limit(), 3, "rate-limited", "limit"),
        ("with seconds", Fault::secondary_limit_until("90"), 3, "rate-limited", "limit"),
        ("single sign-on", Fault::sso_required("octo-org"), 3, "policy-refused", "single sign-on"),
        ("app restricted", Fault::app_restricted("octo-org"), 3, "policy-refused", "octo-org"),
        ("address list", Fault::address_not_allowed("octo-org"), 3, "policy-refused", "octo-org"),
        (
            "classic forbidden",
            Fault::classic_forbidden("octo-org"),
            3,
            "policy-refused",
            "octo-org",
        ),
        ("lifetime", Fault::lifetime_forbidden("octo-org", 90), 3, "policy-refused", "90"),
        ("captive portal", Fault::captive_portal(), 3, "protocol", "web page"),
        ("endless", Fault::Endless, 3, "too-large", ""),
        ("5xx", Fault::server_error(503), 5, "unreachable", "503"),
        (
            "5xx in JSON",
            Fault::json(500, &[], "{\"message\":\"Server Error\"}"),
            5,
            "unreachable",
            "500",
        ),
        ("truncated", Fault::Truncated, 5, "unreachable", ""),
        ("close", Fault::Close, 5, "unreachable", ""),
        ("garbage", Fault::Garbage, 5, "unreachable", ""),
        ("metadata", redirect("https://169.254.169.254/latest"), 3, "protocol", "169.254.169.254"),
        ("downgrade", redirect("http://api.github.com/user"), 3, "protocol", "from https to http"),
        ("a loop", redirect("/api/v3/user"), 3, "protocol", "redirects in a row"),
        ("no gzip", coded("gzip", b"{}"), 3, "protocol", "do not decompress"),
        ("zstd", coded("zstd", b"{}"), 3, "protocol", "coding `zstd`"),
        ("twice", coded("gzip, br", b"{}"), 3, "protocol", "more than once"),
        ("UTF-16", Fault::json(200, &[], utf_16), 3, "protocol", "UTF-16"),
        ("Latin-1", Fault::json(200, &[], &b"{\"a\":\"\xfc\"}"[..]), 3, "protocol", "UTF-8"),
        ("cut off", Fault::json(200, &[], "{\"id\":1,"), 3, "protocol", "ends in the middle"),
        ("more behind it", Fault::json(200, &[], "{} x"), 3, "protocol", "more follows"),
        ("lines", Fault::json(200, &[], "{\"id\":1}\n{\"id\":2}"), 3, "protocol", "several"),
        ("long URL", Fault::html(414, "<html>414 URI Too Long"), 3, "protocol", "URL is too long"),
        ("bad gateway", Fault::server_error(502), 5, "unreachable", "got no valid answer"),
    ];
    for (name, fault, code, cause, text) in cases {
        let (human, error) = connecting(&fault);
        assert_eq!(human.code, Some(code), "{name}: {human:#?}");
        assert_eq!(error["cause"]["code"], cause, "{name}: {error}");
        assert!(human.stderr.contains(text), "{name}: {text:?} is not said: {human:#?}");
        let message = error["message"].as_str().unwrap();
        // A sentence, which may begin with a host's name.
        let begins = message.split(' ').next().unwrap();
        let host = begins.contains(['.', ':', '`']);
        assert!(host || begins.starts_with(char::is_uppercase), "{name}: {error}");
        assert!(message.ends_with('.'), "{name}: {error}");
        assert!(!error["remedies"].as_array().unwrap().is_empty(), "{name}: {error}");
        assert!(!error["evidence"].as_array().unwrap().is_empty(), "{name}: {error}");
    }
}

#[test]
fn a_rejected_token_is_one_sentence_and_a_link() {
    let (human, error) = connecting(&Fault::bad_credentials());
    let message = error["message"].as_str().unwrap();
    assert_eq!(message.matches(". ").count(), 0, "{message}");
    let links = error["remedies"].as_array().unwrap().iter().filter_map(|one| one["url"].as_str());
    let link =
        links.clone().find(|link| link.contains("/settings/")).expect("a link to the tokens");
    assert!(human.stderr.contains(link), "{human:#?}");
}

#[test]
fn a_rate_limit_says_until_when() {
    for fault in [Fault::primary_limit(600), Fault::secondary_limit_until("600")] {
        let (human, error) = connecting(&fault);
        let wait = error["retry"]["milliseconds"].as_u64().unwrap_or_else(|| panic!("{error}"));
        assert!((540_000..=660_000).contains(&wait), "{error}");
        assert!(human.stderr.contains("minutes") || human.stderr.contains(':'), "{human:#?}");
    }
}

#[test]
fn a_check_tells_kind_scopes_expiry_and_what_is_missing() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let good = Account::classic("ada", &["repo", "read:org"]).expires("2030-01-02 03:04:05 UTC");
    let id = home.connect(&github.add(good), &[]);
    let human = home.run(&["check", &id]).done().stdout;
    for part in ["ada", "lassic", "repo", "2030-01-02"] {
        assert!(human.contains(part), "{part}: {human}");
    }
    let id = home.connect(&github.add(Account::classic("eve", &["gist"])), &[]);
    let human = home.run(&["check", &id]).done();
    let told = format!("{}{}", human.stdout, human.stderr);
    assert!(told.contains("missing") && told.contains("issues"), "{human:#?}");
}

#[test]
fn a_token_that_ends_soon_and_one_that_has_ended_are_told() {
    let github = GitHub::start();
    let home = Home::of(&github);
    let now = jackfield_host::failure::Timestamp::now().0 / 1_000;
    let soon = i64::try_from(now).unwrap() + 3 * 24 * 60 * 60;
    let soon = jiff::Timestamp::from_second(soon).unwrap().strftime("%F %T UTC").to_string();
    let token = github.add(Account::classic("ada", &["repo"]).expires(&soon));
    let id = home.connect(&token, &[]);
    assert_eq!(home.connections()[0]["state"], "expiring");
    let shown = home.run(&["show", &id]).done();
    assert!(shown.stdout.contains(&soon[..10]), "{shown:#?}");
    github.add(Account::classic("ada", &["repo"]).standing(Standing::Expired));
    home.run(&["check", &id]).ended(3);
    let state = home.connections()[0]["state"].clone();
    assert!(state == "rejected" || state == "expired", "{state}");
}

#[test]
fn certificates_and_names_that_fail_are_told_apart() {
    let valid = GitHub::start_tls();
    let token = valid.add(Account::classic("ada", &["repo"]));
    Home::of(&valid).run_with(&token, &CONNECT).ended(5).says("certificate");
    Home::of_enterprise(&valid).connect(&token, &[]);

    let expired = GitHub::start_tls_with(Certificate::Expired);
    let token = expired.add(Account::classic("ada", &["repo"]));
    let home = Home::of_enterprise(&expired);
    home.run_with(&token, &CONNECT).ended(5).says("expired");

    // A label of 64 characters is refused by the system's resolver without asking anyone.
    let name = format!("api_url=https://{}.example.com", "x".repeat(64));
    let run = home.run_with(&token, &[&CONNECT[..], &["--set", &name]].concat());
    run.ended(5).says("example.com");
}

#[test]
fn a_certificate_of_ones_own_is_trusted_for_what_it_says() {
    for certificate in [Certificate::SelfSigned, Certificate::SelfSignedServer] {
        let github = GitHub::start_tls_with(certificate);
        let token = github.add(Account::classic("ada", &["repo"]));
        Home::of_enterprise(&github).connect(&token, &[]);
    }
    for (certificate, says) in [
        (Certificate::SelfSignedExpired, "has expired"),
        (Certificate::SelfSignedOtherName, "not valid for this name"),
    ] {
        let github = GitHub::start_tls_with(certificate);
        let token = github.add(Account::classic("ada", &["repo"]));
        let run = Home::of_enterprise(&github).run_with(&token, &CONNECT).ended(5).says(says);
        for text in ["--ca FILE", "Error", "::"] {
            assert!(!run.stderr.contains(text), "{text}: {run:#?}");
        }
        assert!(github.requests().is_empty());
    }
    // Another server of the same name, whose certificate was not named.
    let (named, other) = (Certificate::SelfSigned, Certificate::SelfSigned);
    let (named, other) = (GitHub::start_tls_with(named), GitHub::start_tls_with(other));
    let token = other.add(Account::classic("ada", &["repo"]));
    let home = Home::of_enterprise(&named).allowing(other.origin());
    let set = format!("api_url={}", other.enterprise_url());
    let run = home.run_with(&token, &[&CONNECT[..], &["--set", &set]].concat()).ended(5);
    assert!(run.stderr.contains("not among those that the administrator added"), "{run:#?}");
    assert!(other.requests().is_empty());
}

#[test]
fn a_file_that_is_no_certificate_is_said_to_be_what_it_is() {
    let github = GitHub::start_tls_with(Certificate::SelfSigned);
    let home = Home::strict();
    for (name, content, says) in [
        ("empty.pem", "", "it is empty"),
        (
            "key.pem",
            "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
            "private key",
        ),
        ("page.html", "<html>", "-----BEGIN CERTIFICATE-----"),
        ("cut.pem", github.ca_pem().get(..100).unwrap(), "cut off"),
    ] {
        let file = home.file(name, content);
        let run = home
            .run_with(&token::classic("ada"), &[&["--ca", &file], &CONNECT[..]].concat())
            .ended(2);
        assert!(run.stderr.contains(says) && run.stderr.contains(name), "{run:#?}");
    }
}

#[test]
fn nobody_listens() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let set = format!("api_url={origin}");
    let home = Home::strict().allowing(&origin);
    home.run_with(&token::classic("ada"), &[&CONNECT[..], &["--set", &set]].concat()).ended(5);
    assert_eq!(home.connections().len(), 0);
}

#[test]
fn a_provider_that_hangs_ends_the_run_at_the_deadline() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    github.fault("/user", Fault::Hang);
    let start = Instant::now();
    let error = home.run_with(&token, &[&CONNECT[..], &["--json"]].concat()).ended(5).error();
    assert_eq!(error["cause"]["code"], "timeout", "{error}");
    assert!(start.elapsed().as_secs() >= 15, "{:?}", start.elapsed());
    assert_eq!(home.connections().len(), 0);
}

#[test]
fn a_redirect_to_another_origin_takes_nothing_along() {
    let (github, elsewhere) = (GitHub::start(), Elsewhere::start());
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github).allowing(elsewhere.origin());
    github.fault("/user", Fault::redirect(302, &elsewhere.url("/user")));
    home.run_with(&token, &CONNECT).ended(3).says(elsewhere.origin()).says("`api_url`");
    assert_eq!(elsewhere.requests(), []);
}

#[test]
fn a_proxy_in_the_environment_is_ignored() {
    let (github, proxy) = (GitHub::start(), Elsewhere::start());
    let token = github.add(Account::classic("ada", &["repo"]));
    let home = Home::of(&github);
    let mut command = home.command(&CONNECT);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    {
        command.env(name, proxy.origin());
    }
    let output = command.env(super::TOKEN, &token).output().unwrap();
    Run::of(&CONNECT, output).done();
    assert_eq!(proxy.requests(), []);
}
