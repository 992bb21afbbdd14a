//! The program against a simulated Jira: a whole life of a connection to each kind, and what heals.
//!
//! The names of the real internet lead to the simulation by a proxy, which the program is configured
//! to use, with the proxy's authority among those that it trusts. What arrives is known by the
//! header `host`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jackfield_tests::jira::{Account, OldName, Standing};
use jackfield_tests::{Fault, Jira};
use serde_json::{Value, json};

use super::{Home, Run};

const SITE: &str = "acme.atlassian.net";
const GATEWAY: &str = "api.atlassian.com";
const SERVER: &str = "jira.example.com";

const SCOPES: [&str; 2] = ["read:jira-work", "read:jira-user"];

/// A simulated Jira, and a home in which all names lead to it.
pub(super) struct Setup {
    pub(super) jira: Jira,
    home: Home,
}

impl Setup {
    pub(super) fn new() -> Self {
        let jira = Jira::start();
        let home = Home::strict();
        let authority = home.file("authority.pem", jira.ca_pem());
        let configuration = format!("proxy = {:?}\nca = [{authority:?}]\n", jira.proxy_url());
        let path = home.file("jackfield.toml", configuration);
        let home = home.option("--config").option(&path);
        Self { jira, home }
    }

    /// A connection by that method, whose secret has the method's name.
    pub(super) fn connect(&self, method: &str, host: &str, name: &str, secret: &str) -> Run {
        let source = format!("{method}=env:{}", super::TOKEN);
        let host = format!("host={host}");
        let name = if method == "api_token" {
            format!("email={name}@example.com")
        } else {
            format!("username={name}")
        };
        let mut arguments = vec!["connect", "jira", "--json", "--method", method];
        arguments.extend(["--secret", &source, "--set", &host]);
        if method != "personal_access_token" {
            arguments.extend(["--set", &name]);
        }
        self.home.run_with(secret, &arguments)
    }

    /// The connection as `show` tells it.
    fn shown(&self, id: &str) -> Value {
        let shown = self.home.run(&["show", id, "--json"]).done().json();
        shown["connection"].clone()
    }

    /// Reads a stream to its end, and returns the document.
    fn read(&self, id: &str, stream: &str, more: &[&str]) -> Value {
        let arguments = [&["read", id, stream, "--all", "--json"], more].concat();
        self.home.run(&arguments).done().json()
    }

    /// Hosts and credentials of what arrived since the journal was emptied, each once, in order.
    fn arrived(&self) -> Vec<(String, String)> {
        let mut arrived: Vec<(String, String)> = Vec::new();
        for request in self.jira.requests() {
            let header = |name| request.header(name).unwrap_or_default().to_owned();
            let pair = (header("host"), header("authorization"));
            if !arrived.contains(&pair) {
                arrived.push(pair);
            }
        }
        arrived
    }
}

fn id_of(run: &Run) -> String {
    let answer = run.json();
    answer["connection"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn records(document: &Value) -> &Vec<Value> {
    document["records"].as_array().unwrap_or_else(|| panic!("{document}"))
}

/// A field of every record's data.
fn all<'a>(document: &'a Value, field: &str) -> Vec<&'a str> {
    let of = |record: &'a Value| record["data"][field].as_str();
    records(document)
        .iter()
        .map(|record| of(record).unwrap_or_else(|| panic!("{record}")))
        .collect()
}

fn basic(name: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{secret}")))
}

/// One kind of Jira, and how a connection to it is made.
struct Kind {
    method: &'static str,
    /// As somebody copies it from the browser.
    pasted: &'static str,
    /// What the program makes of it.
    host: &'static str,
    /// Where requests with the credential go.
    route: &'static str,
    deployment: &'static str,
    old: Account,
    new: Account,
}

impl Kind {
    fn authorization(&self, account: &Account) -> String {
        match self.method {
            "api_token" => basic(&account.email(), account.secret()),
            _ => format!("Bearer {}", account.secret()),
        }
    }
}

/// From connecting to disconnecting.
#[track_caller]
fn lives(kind: &Kind) {
    let setup = Setup::new();
    let (jira, home) = (&setup.jira, &setup.home);
    jira.add_issues("EX", 230);
    jira.add_users(118);
    jira.add(kind.old.clone());
    jira.add(kind.new.clone());
    let secret = kind.old.secret();

    let connected = setup.connect(kind.method, kind.pasted, "ada", secret).done();
    let id = id_of(&connected);
    assert!(connected.stdout.contains("ada"), "{connected:#?}");
    let encoded = kind.authorization(&kind.old);
    let told = format!("{connected:?}{:?}", home.run(&["show", &id, "--json", "-vv"]));
    assert!(!told.contains(secret) && !told.contains(&encoded), "the secret is told");
    let shown = setup.shown(&id);
    assert_eq!((&shown["connector"], &shown["state"]), (&json!("jira"), &json!("active")));
    assert_eq!(shown["settings"]["host"], kind.host, "{shown}");
    assert_eq!(shown["discovered"]["deployment"], kind.deployment, "{shown}");
    let human = home.run(&["show", &id]).done().stdout;
    assert!(human.contains(kind.host) && human.contains("ada"), "{human}");

    jira.forget();
    let checked = home.run(&["check", &id]).done();
    assert!(checked.stdout.contains("works") || checked.stdout.contains("active"), "{checked:#?}");
    let used = (kind.route.to_owned(), kind.authorization(&kind.old));
    assert!(setup.arrived().contains(&used), "{:?}", setup.arrived());

    let projects = setup.read(&id, "projects", &[]);
    assert_eq!(all(&projects, "key").len(), 2, "{projects}");
    let users = setup.read(&id, "users", &[]);
    assert!(records(&users).len() >= 120, "{}", records(&users).len());
    let issues = setup.read(&id, "issues", &[]);
    let mut keys = all(&issues, "key");
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 236, "every issue");
    let narrow = ["--param", "project=ABC", "--param", "jql=status != Done ORDER BY key"];
    assert_eq!(records(&setup.read(&id, "issues", &narrow)).len(), 3);

    let cursor = issues["cursor"].as_str().unwrap_or_else(|| panic!("{issues}"));
    let now = jackfield_host::failure::Timestamp::now().0 / 1_000;
    jira.touch("EX-7", i64::try_from(now).unwrap());
    let changed = setup.read(&id, "issues", &["--cursor", cursor]);
    let changed = all(&changed, "key");
    assert!(changed.contains(&"EX-7") && changed.len() < 12, "{changed:?}");

    let source = format!("{}=env:{}", kind.method, super::TOKEN);
    let update = ["update", &id, "--secret", &source];
    home.run_with("ATATT3xFfGF0nonsense", &update).ended(if kind.deployment == "cloud" {
        3
    } else {
        2
    });
    home.run_with(kind.new.secret(), &update).done();
    jira.forget();
    home.run(&["check", &id]).done();
    let credentials: Vec<_> =
        setup.arrived().into_iter().filter(|(_, credential)| !credential.is_empty()).collect();
    assert_eq!(credentials, [(kind.route.to_owned(), kind.authorization(&kind.new))]);

    home.run(&["disconnect", &id]).done();
    assert_eq!(home.connections().len(), 0);
    home.run(&["show", &id]).ended(2);
    let strangers: Vec<_> = jira
        .hosts_asked()
        .into_iter()
        .filter(|host| ![SITE, GATEWAY, SERVER].contains(&&**host))
        .collect();
    assert_eq!(strangers, [""; 0]);
}

#[test]
fn a_connection_to_cloud_by_a_token_without_scopes() {
    lives(&Kind {
        method: "api_token",
        pasted: "https://acme.atlassian.net/jira/software/projects/EX/boards/1",
        host: SITE,
        route: SITE,
        deployment: "cloud",
        old: Account::classic("ada"),
        new: Account::classic("ada").with_secret("ATATT3xFfGF0another-one=ABCDEF01"),
    });
}

#[test]
fn a_connection_to_cloud_by_a_token_with_scopes() {
    lives(&Kind {
        method: "api_token",
        pasted: "acme.atlassian.net",
        host: SITE,
        route: GATEWAY,
        deployment: "cloud",
        old: Account::scoped("ada", &SCOPES),
        new: Account::scoped("ada", &SCOPES).with_secret("ATATT3xFfGF0another-one=ABCDEF01"),
    });
}

#[test]
fn a_connection_to_data_center_by_a_personal_access_token() {
    lives(&Kind {
        method: "personal_access_token",
        pasted: "https://jira.example.com/jira/secure/Dashboard.jspa",
        host: "jira.example.com/jira",
        route: SERVER,
        deployment: "data-center",
        old: Account::personal("ada"),
        new: Account::personal("ada").with_secret("another/one+44444444444444444444444444444444"),
    });
}

#[test]
fn a_token_that_changes_its_kind_heals_at_the_next_check() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::classic("ada"));
    let id = id_of(&setup.connect("api_token", SITE, "ada", &token).done());
    let route = || setup.shown(&id)["discovered"]["route"].clone();
    assert_eq!(route(), "site");
    for (account, expected, host) in [
        (Account::scoped("ada", &SCOPES), "gateway", GATEWAY),
        (Account::classic("ada"), "site", SITE),
    ] {
        setup.jira.add(account.with_secret(token.clone()));
        setup.home.run(&["read", &id, "projects"]).ended(3);
        setup.home.run(&["check", &id]).done();
        assert_eq!(route(), expected);
        setup.jira.forget();
        assert_eq!(records(&setup.read(&id, "projects", &[])).len(), 2);
        let authorization = basic("ada@example.com", &token);
        assert_eq!(setup.arrived(), [(host.to_owned(), authorization)]);
    }
}

#[test]
fn a_site_that_is_renamed_still_works_by_the_gateway() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::scoped("ada", &SCOPES));
    let id = id_of(&setup.connect("api_token", SITE, "ada", &token).done());
    setup.jira.rename_site("acme-labs", OldName::IsGone);
    setup.home.run(&["check", &id]).done();
    assert_eq!(records(&setup.read(&id, "projects", &[])).len(), 2);
}

/// What the simulated site is renamed to.
const RENAMED: &str = "acme-labs.atlassian.net";

#[test]
fn a_site_that_is_renamed_is_followed_at_the_next_check() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::classic("ada"));
    let id = id_of(&setup.connect("api_token", SITE, "ada", &token).done());
    setup.jira.rename_site("acme-labs", OldName::Redirects);
    setup.home.run(&["read", &id, "projects"]).ended(2).says("has moved to https://acme-labs.");
    assert!(!setup.jira.hosts_asked().iter().any(|host| host.starts_with("acme-labs")));
    let checked = setup.home.run(&["check", &id, "--json"]).done().json();
    assert_eq!(checked["report"]["warnings"][0]["code"], "followed", "{checked}");
    let shown = setup.shown(&id);
    assert_eq!((&shown["settings"]["host"], &shown["state"]), (&json!(RENAMED), &json!("active")));
    setup.jira.forget();
    assert_eq!(records(&setup.read(&id, "projects", &[])).len(), 2);
    assert_eq!(setup.arrived(), [(RENAMED.to_owned(), basic("ada@example.com", &token))]);
}

#[test]
fn a_renamed_site_is_not_followed_to_another_account() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::classic("ada"));
    let id = id_of(&setup.connect("api_token", SITE, "ada", &token).done());
    setup.jira.rename_site("acme-labs", OldName::Redirects);
    setup.jira.add(Account::classic("ADA").with_secret(&token));
    let error = setup.home.run(&["check", &id, "--json"]).ended(2).error();
    assert_eq!(error["code"], "server-moved", "{error}");
    assert_eq!(error["fields"][0]["pointer"], "/settings/host", "{error}");
    assert!(error["message"].as_str().unwrap().contains("another account answers"), "{error}");
    assert_eq!(setup.shown(&id)["settings"]["host"], SITE);
}

#[test]
fn the_old_name_of_a_site_makes_no_connection() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::classic("ada"));
    setup.jira.rename_site("acme-labs", OldName::Redirects);
    setup.connect("api_token", SITE, "ada", &token).ended(2);
    assert!(!setup.jira.hosts_asked().iter().any(|host| host.starts_with("acme-labs")));
    let id = id_of(&setup.connect("api_token", RENAMED, "ada", &token).done());
    assert_eq!(setup.shown(&id)["discovered"]["route"], "site");
    setup.jira.rename_site("acme-works", OldName::IsGone);
    setup.home.run(&["check", &id]).ended(2).says("renamed");
}

#[test]
fn a_missing_scope_is_no_bad_token() {
    let setup = Setup::new();
    let narrow = setup.jira.add(Account::scoped("ada", &["read:jira-user"]));
    let id = id_of(&setup.connect("api_token", SITE, "ada", &narrow).done());
    for (stream, scope) in [("issues", "read:jira-work"), ("projects", "read:jira-work")] {
        let error = setup.home.run(&["read", &id, stream, "--json"]).ended(3).error();
        assert_eq!(error["cause"], json!({ "code": "permission-missing", "permissions": [scope] }));
    }
    assert!(!records(&setup.read(&id, "users", &[])).is_empty());
    assert_eq!(setup.shown(&id)["state"], "active");
    let none = setup.jira.add(Account::scoped("eve", &[]));
    let error = setup.connect("api_token", SITE, "eve", &none).ended(3).error();
    assert_eq!(error["cause"]["permissions"], json!(["read:jira-user"]), "{error}");
}

#[test]
fn a_method_of_the_other_jira_is_told_and_no_secret_sent() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::classic("ada"));
    let personal = setup.jira.add(Account::personal("ada"));
    let server = setup.jira.data_center_host();
    for (method, host, secret) in [
        ("personal_access_token", SITE, &personal),
        ("password", SITE, &personal),
        ("api_token", server, &token),
    ] {
        let error = setup.connect(method, host, "ada", secret).ended(2).error();
        assert_eq!(error["cause"]["code"], "invalid-input", "{method}: {error}");
    }
    assert!(setup.arrived().iter().all(|(_, credential)| credential.is_empty()));
}

#[test]
fn a_limit_of_data_center_is_waited_for_only_once_it_is_reached() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::personal("ada"));
    setup.jira.limit_rate(3);
    let host = setup.jira.data_center_host();
    let id = id_of(&setup.connect("personal_access_token", host, "ada", &token).done());
    setup.home.run(&["read", &id, "projects"]).done();
    let error = setup.home.run(&["read", &id, "projects", "--json"]).ended(3).error();
    assert_eq!(error["cause"]["code"], "rate-limited", "{error}");
    assert_eq!(error["retry"]["milliseconds"], 10_000, "{error}");
    setup.jira.limit_rate(3);
    setup.home.run(&["read", &id, "projects"]).done();
}

#[test]
fn a_forgotten_context_path_is_told() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::personal("ada"));
    let run = setup.connect("personal_access_token", SERVER, "ada", &token).ended(3);
    assert!(run.error().to_string().contains("context path"), "{run:#?}");
}

#[test]
fn an_expired_token_is_not_taken_for_an_empty_jira() {
    let setup = Setup::new();
    setup.jira.publish("ABC");
    let token = setup.jira.add(Account::classic("ada"));
    let id = id_of(&setup.connect("api_token", SITE, "ada", &token).done());
    setup.jira.add(Account::classic("ada").standing(Standing::Expired));
    for stream in ["projects", "issues", "users"] {
        let error = setup.home.run(&["read", &id, stream, "--all", "--json"]).ended(3).error();
        let code = error["cause"]["code"].as_str().unwrap();
        assert!(code.starts_with("credential-"), "{stream}: {error}");
    }
    setup.home.run(&["check", &id]).ended(3);
    assert_eq!(setup.shown(&id)["state"], "rejected");
}

#[test]
fn a_wrong_password_is_tried_once() {
    let setup = Setup::new();
    let password = setup.jira.add(Account::password("ada"));
    let host = setup.jira.data_center_host();
    setup.connect("password", host, "ada", "wrong").ended(3);
    let tried =
        setup.arrived().into_iter().filter(|(_, credential)| !credential.is_empty()).count();
    assert_eq!(tried, 1);
    let id = id_of(&setup.connect("password", host, "ada", &password).done());
    setup.jira.fault("/jira/rest/api/2/myself", Fault::captcha());
    let human = setup.home.run(&["check", &id]).ended(3);
    assert!(format!("{human:?}").contains("CAPTCHA"), "{human:#?}");
    setup.jira.heal();
    setup.jira.disable_basic();
    setup.home.run(&["check", &id]).ended(3);
}

#[test]
fn what_jira_answers_has_its_exit_code_and_its_cause() {
    let myself = "/rest/api/3/myself";
    let setup = Setup::new();
    let token = setup.jira.add(Account::classic("ada"));
    for (name, fault, code, cause) in [
        ("burst", Fault::burst_limit(), 3, "rate-limited"),
        ("quota", Fault::hourly_quota(600, "2026-03-26T16:00Z"), 3, "rate-limited"),
        ("page", Fault::limit_page(), 3, "rate-limited"),
        ("down", Fault::unavailable(7), 5, "unreachable"),
        ("wrong", Fault::password_deprecated(), 3, "credential-rejected"),
        ("forbidden", Fault::forbidden(), 3, "permission-missing"),
        ("portal", Fault::captive_portal(), 3, "protocol"),
        ("login", Fault::login_page(), 3, "protocol"),
        ("truncated", Fault::Truncated, 5, "unreachable"),
        ("close", Fault::Close, 5, "unreachable"),
    ] {
        setup.jira.fault(myself, fault);
        let error = setup.connect("api_token", SITE, "ada", &token).ended(code).error();
        assert_eq!(error["cause"]["code"], cause, "{name}: {error}");
        assert!(!error["remedies"].as_array().unwrap().is_empty(), "{name}: {error}");
        assert_eq!(setup.home.connections().len(), 0, "{name}");
        setup.jira.heal();
    }
}

#[test]
fn pages_that_never_end_are_ended() {
    let setup = Setup::new();
    setup.jira.add_issues("EX", 230);
    let token = setup.jira.add(Account::classic("ada"));
    let id = id_of(&setup.connect("api_token", SITE, "ada", &token).done());
    setup.jira.repeat_page_tokens();
    setup.jira.forget();
    setup.home.run(&["read", &id, "issues", "--all"]).ended(3);
    assert!(setup.jira.requests().len() < 10, "{}", setup.jira.requests().len());
}

#[test]
fn issues_that_change_while_they_are_read_are_not_missed() {
    for (method, host, account) in [
        ("api_token", SITE, Account::classic("ada")),
        ("personal_access_token", "jira.example.com/jira", Account::personal("ada")),
    ] {
        let setup = Setup::new();
        setup.jira.add_issues("EX", 230);
        let id = id_of(&setup.connect(method, host, "ada", &setup.jira.add(account)).done());
        let whole = setup.read(&id, "issues", &[]);
        // The first page's issues move to the end as soon as it has been served.
        let now = i64::try_from(jackfield_host::failure::Timestamp::now().0 / 1_000).unwrap();
        for key in all(&whole, "key").iter().take(20) {
            setup.jira.touch_after_page(key, now);
        }
        let again = setup.read(&id, "issues", &[]);
        let mut keys = all(&again, "key");
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 236, "{method}");
    }
}

#[test]
fn data_center_by_plain_http_is_allowed_by_the_administrator_alone() {
    let setup = Setup::new();
    let token = setup.jira.add(Account::personal("ada"));
    let source = format!("personal_access_token=env:{}", super::TOKEN);
    let arguments = [
        "connect",
        "jira",
        "--method",
        "personal_access_token",
        "--secret",
        &source,
        "--set",
        "host=jira.example.com/jira",
        "--set",
        "protocol=http",
    ];
    setup.home.run_with(&token, &arguments).ended(4);
    assert_eq!(setup.jira.requests(), []);
    let allowed = [&arguments[..], &["--allow-origin", "http://jira.example.com"]].concat();
    let run = setup.home.run_with(&token, &allowed).done();
    assert!(format!("{run:?}").contains("unencrypted"), "{run:#?}");
}

/// A connection to each kind of Jira, each with a setup of its own: its name, the setup, and the id.
fn both() -> [(&'static str, Setup, String); 2] {
    let kinds = [
        ("cloud", "api_token", SITE, Account::classic("ada")),
        ("data-center", "personal_access_token", "jira.example.com/jira", Account::personal("ada")),
    ];
    kinds.map(|(name, method, host, account)| {
        let setup = Setup::new();
        let secret = setup.jira.add(account);
        let id = id_of(&setup.connect(method, host, "ada", &secret).done());
        (name, setup, id)
    })
}

/// The keys of all issues that a run brings, each once, and how many requests it took.
fn issues_of(setup: &Setup, id: &str, more: &[&str]) -> (usize, usize) {
    setup.jira.forget();
    let issues = setup.read(id, "issues", more);
    let mut keys = all(&issues, "key");
    keys.sort_unstable();
    keys.dedup();
    (keys.len(), setup.jira.requests().len())
}

#[test]
fn issues_that_are_dated_ahead_come_in_as_many_pages_as_others() {
    let now = i64::try_from(jackfield_host::failure::Timestamp::now().0 / 1_000).unwrap();
    for (kind, setup, id) in both() {
        setup.jira.add_issues("EX", 247);
        // In 2099 by a second each, all in one second, and by a clock that is some days ahead.
        for (first, step) in [(4_070_908_800, 1), (4_070_908_800, 0), (now - 86_400, 3_600)] {
            setup.jira.date_issues("EX", first, step);
            let (keys, requests) = issues_of(&setup, &id, &[]);
            assert_eq!(keys, 253, "{kind}: {first} {step}");
            assert!(requests <= 6, "{kind}: {first} {step}: {requests}");
        }
        // What changes after such a run is in the next one.
        let issues = setup.read(&id, "issues", &[]);
        let cursor = issues["cursor"].as_str().unwrap().to_owned();
        setup.jira.touch("ABC-2", now + 1);
        let changed = setup.read(&id, "issues", &["--cursor", &cursor]);
        assert!(all(&changed, "key").contains(&"ABC-2"), "{kind}");
    }
}

#[test]
fn page_tokens_that_are_refused_end_in_a_failure_that_says_so() {
    let setup = Setup::new();
    setup.jira.add_issues("EX", 230);
    let token = setup.jira.add(Account::classic("ada"));
    let id = id_of(&setup.connect("api_token", SITE, "ada", &token).done());
    setup.jira.date_issues("EX", 1_750_000_000, 0);
    setup.jira.refuse_page_tokens();
    setup.jira.forget();
    let error = setup.home.run(&["read", &id, "issues", "--all", "--json"]).ended(3).error();
    assert_eq!(error["code"], "page-tokens-refused", "{error}");
    assert!(!error["remedies"].as_array().unwrap().is_empty(), "{error}");
    assert!(setup.jira.requests().len() <= 6, "{}", setup.jira.requests().len());
    // Where the changes lie apart, each search that is started again comes further.
    setup.jira.date_issues("EX", 1_750_000_000, 3_600);
    assert_eq!(issues_of(&setup, &id, &[]).0, 236);
}

#[test]
fn a_context_path_that_is_called_like_a_page_is_found_out() {
    // What is entered, where Jira stands, and what is found out of it.
    let cases = [
        ("jira.example.com/projects", "/projects", Some("projects")),
        ("jira.example.com/issues/", "/issues", Some("issues")),
        ("https://jira.example.com/servicedesk", "/servicedesk", Some("servicedesk")),
        ("https://jira.example.com/projects/secure/Dashboard.jspa", "/projects", Some("projects")),
        ("jira.example.com/issues/browse/ABC-1", "/issues", Some("issues")),
        ("jira.example.com/browse/browse/ABC-1", "/browse", Some("browse")),
        ("jira.example.com/software/jira", "/software/jira", Some("software/jira")),
        ("jira.example.com/a/projects", "/a/projects", Some("projects")),
        ("jira.example.com/a/plugins/secure/Dashboard.jspa", "/a/plugins", Some("plugins")),
        ("jira.example.com/rest", "/rest", Some("rest")),
        ("jira.example.com/jira/projects", "/jira", Some("")),
        ("jira.example.com/jira/projects/EX/summary", "/jira", Some("")),
        ("jira.example.com/projects", "", Some("")),
        ("jira.example.com/jira/browse/ABC-1", "/jira", None),
    ];
    let setup = Setup::new();
    let token = setup.jira.add(Account::personal("ada"));
    for (entered, context, found) in cases {
        setup.jira.move_data_center(context);
        let id = id_of(&setup.connect("personal_access_token", entered, "ada", &token).done());
        let shown = setup.shown(&id);
        assert_eq!(shown["discovered"]["context"].as_str(), found, "{entered}: {shown}");
        setup.jira.forget();
        assert_eq!(records(&setup.read(&id, "projects", &[])).len(), 2, "{entered}");
        setup.home.run(&["check", &id]).done();
        let below = format!("{context}/rest/api/2/");
        let paths: Vec<_> = setup.jira.requests().into_iter().map(|one| one.path).collect();
        assert!(paths.iter().all(|path| path.starts_with(&below)), "{entered}: {paths:?}");
    }
    setup.jira.move_data_center("/elsewhere");
    let host = "jira.example.com/a/projects";
    let error = setup.connect("personal_access_token", host, "ada", &token).ended(2).error();
    let message = error["message"].as_str().unwrap();
    for tried in ["jira.example.com/a/projects ", "jira.example.com/a "] {
        assert!(message.contains(tried), "{error}");
    }
    assert_eq!(error["fields"][0]["pointer"], "/settings/host", "{error}");
}

#[test]
fn a_gateway_out_of_reach_does_not_hide_what_the_site_says() {
    let setup = Setup::new();
    setup.jira.block(GATEWAY);
    let expired = setup.jira.add(Account::classic("ada").standing(Standing::Expired));
    let scoped = setup.jira.add(Account::scoped("eve", &SCOPES));
    for (name, secret) in [("ada", &expired), ("eve", &scoped), ("bob", &expired)] {
        let error = setup.connect("api_token", SITE, name, secret).ended(3).error();
        assert_eq!(error["cause"]["code"], "credential-rejected", "{name}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("not accept the API token"), "{name}: {error}");
        assert!(message.contains("api.atlassian.com"), "{name}: {error}");
        let remedy = error["remedies"][0]["text"].as_str().unwrap();
        assert!(remedy.contains("api.atlassian.com can be reached"), "{name}: {error}");
    }
}

#[test]
fn a_filter_that_is_long_when_it_is_encoded_works_or_is_called_too_long() {
    let filters = [
        format!("summary !~ \"{}\"", "\u{4e2d}".repeat(900)),
        format!("summary !~ \"{}\"", "\u{431}".repeat(850)),
        format!("summary !~ \"{}\"", "\u{1f600}".repeat(900)),
    ];
    for (kind, setup, id) in both() {
        setup.jira.add_issues("EX", 230);
        setup.jira.lengthen_page_tokens(3_000);
        for filter in &filters {
            let parameter = format!("jql={filter}");
            let (keys, _) = issues_of(&setup, &id, &["--param", &parameter]);
            assert_eq!(keys, 236, "{kind}: {}", filter.len());
        }
        let (keys, _) = issues_of(&setup, &id, &[]);
        assert_eq!(keys, 236, "{kind}: with long page tokens alone");
        setup.jira.limit_urls(1_000);
        assert_eq!(issues_of(&setup, &id, &[]).0, 236, "{kind}: nothing lets a long URL through");
        setup.jira.refuse_posts();
        for filter in &filters {
            let parameter = format!("jql={filter}");
            let arguments = ["read", &id, "issues", "--json", "--param", &parameter];
            let error = setup.home.run(&arguments).ended(2).error();
            assert_eq!(error["code"], "filter-too-long", "{kind}: {error}");
            assert_eq!(error["fields"][0]["pointer"], "/parameters/jql", "{kind}: {error}");
            assert!(!error.to_string().contains("connector's author"), "{kind}: {error}");
        }
    }
}

#[test]
fn pages_that_are_too_much_come_in_smaller_ones() {
    for (kind, setup, id) in both() {
        setup.jira.add_issues("EX", 117);
        setup.jira.add_users(60);
        let users = records(&setup.read(&id, "users", &[])).len();
        setup.jira.limit_page_size(20);
        let (keys, requests) = issues_of(&setup, &id, &[]);
        assert_eq!(keys, 123, "{kind}: a proxy gives larger pages up");
        assert!(requests <= 60, "{kind}: {requests}");
        assert_eq!(records(&setup.read(&id, "users", &[])).len(), users, "{kind}");
        assert_eq!(records(&setup.read(&id, "projects", &[])).len(), 2, "{kind}");
        // These were changed one after the other, and have 18 MiB: more than a response may have.
        for number in [101, 71, 41, 11, 112, 82] {
            setup.jira.enlarge(&format!("EX-{number}"), 3 << 20);
        }
        let (keys, more) = issues_of(&setup, &id, &[]);
        assert_eq!(keys, 123, "{kind}: no response is too large");
        assert!(more > requests, "{kind}: {more} requests, {requests} before");
    }
}

#[test]
fn an_issue_that_alone_is_too_large_is_named_and_left_out_where_that_is_asked() {
    for (kind, setup, id) in both() {
        setup.jira.add_issues("EX", 20);
        setup.jira.enlarge("EX-7", 17 << 20);
        let failed = setup.home.run(&["read", &id, "issues", "--all"]).ended(3);
        failed.says("The issue EX-7 alone").says("--skip-oversized");
        let whole = setup.home.run(&["read", &id, "issues", "--all", "--skip-oversized"]).done();
        let whole = whole.says("The issue EX-7 alone");
        let brought = |number: usize| whole.stdout.contains(&format!("\"key\":\"EX-{number}\""));
        let missing: Vec<_> = (1..=23).filter(|number| !brought(*number)).collect();
        assert_eq!(missing, [7], "{kind}");
    }
}

#[test]
fn tokens_of_jira_are_taken_out_of_their_wrapping() {
    let setup = Setup::new();
    let cloud = setup.jira.add(Account::classic("ada"));
    let server = setup.jira.add(Account::personal("ada"));
    for (method, host, secret) in
        [("api_token", SITE, &cloud), ("personal_access_token", "jira.example.com/jira", &server)]
    {
        let credentials = STANDARD.encode(format!("ada@example.com:{secret}"));
        for text in [
            format!("\u{2018}{secret}\u{2019}"),
            format!("Bearer {secret}"),
            format!("Authorization: Basic {credentials}"),
            format!("JIRA_API_TOKEN=\"{secret}\""),
            format!("machine {host} login ada@example.com password {secret}"),
            format!("ada@example.com:{secret}"),
            format!("curl -u 'ada@example.com:{secret}' https://{host}/rest/api/3/myself"),
        ] {
            let connected = setup.connect(method, host, "ada", &text).done().json();
            assert_eq!(connected["notes"][0]["code"], "secret-unwrapped", "{method}: {connected}");
        }
        let before = setup.jira.requests().len();
        let run = setup.connect(method, host, "ada", "token: 'hunter2'").ended(2);
        assert!(!run.stdout.contains("hunter2"), "{run:#?}");
        assert_eq!(run.error()["fields"][0]["pointer"], format!("/secrets/{method}"));
        assert_eq!(setup.jira.requests().len(), before);
    }
}
