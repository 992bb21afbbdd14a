//! The GitHub connector against a simulated GitHub over real sockets, through the real transport.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jackfield_host::failure::{Cause, Failure, Retry};
use jackfield_host::limits::Limits;
use jackfield_host::report::{Page, Progress, ReadRequest, Report};
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::{Allocation, Binding, EgressPolicy, Host};
use jackfield_tests::{
    Account, Certificate, Elsewhere, Fault, GitHub, ScriptedNames, Standing, compiled,
};
use jackfield_transport::{CaCertificates, HttpsTransport, NameLookup, TransportOptions};
use serde_json::{Map, Value, json};

/// Short enough for tests that wait for a deadline, long enough for a busy machine.
fn limits() -> Limits {
    Limits {
        check_deadline: Duration::from_secs(4),
        exchange_deadline: Duration::from_secs(2),
        response_bytes: 1 << 20,
        ..Limits::default()
    }
}

/// How a connection reaches the server.
#[derive(Default)]
struct Setup {
    ca: Option<String>,
    names: Option<Arc<dyn NameLookup>>,
    grants: Vec<String>,
    kind: Option<&'static str>,
}

impl Setup {
    async fn bind(self, api_url: &str, token: &str) -> Binding {
        let mut policy = EgressPolicy::strict();
        self.grants.iter().for_each(|origin| policy.allow_origin(origin).unwrap());
        let mut options = TransportOptions::new(policy.clone());
        options.ca_certificates.extend(self.ca.map(|pem| CaCertificates::Pem(pem.into_bytes())));
        options.names = self.names.unwrap_or(options.names);
        let transport = HttpsTransport::new(options).unwrap();
        let builder = Host::builder(transport).policy(policy).limits(limits());
        let builder = builder.cache(compiled(env!("CARGO_TARGET_TMPDIR")));
        let host = builder.allocation(Allocation::OnDemand).build().unwrap();
        let github = host.load(jackfield_bundle::connector("github").unwrap()).await.unwrap();
        let info = SecretInfo { kind: self.kind.map(str::to_owned), ..SecretInfo::default() };
        let secrets = MemorySecrets::new().with("token", SecretText::new(token.to_owned()), info);
        let settings = Map::from_iter([("api_url".to_owned(), Value::from(api_url))]);
        github.bind("token", &settings, Arc::new(secrets)).unwrap()
    }
}

/// A connection to a simulated GitHub on loopback, whose origin the administrator allows.
async fn granted(github: &GitHub, token: &str) -> Binding {
    let setup = Setup { grants: vec![github.api_url()], ..Setup::default() };
    setup.bind(&github.api_url(), token).await
}

fn issues(repository: &str) -> ReadRequest {
    let parameters = Map::from_iter([("repository".to_owned(), json!(repository))]);
    ReadRequest {
        stream: "issues".to_owned(),
        cursor: None,
        parameters,
        limit: 100,
        skip_oversized: false,
    }
}

async fn check(binding: &Binding) -> Result<Report, Failure> {
    binding.check().await.unwrap()
}

async fn read(binding: &Binding, request: &ReadRequest) -> Result<Page, Failure> {
    binding.read(request).await.unwrap()
}

/// A failure of `check` under this fault of `/user`.
async fn failure(fault: Fault) -> Failure {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let setup = Setup { grants: vec![github.api_url()], ..Setup::default() };
    let binding = setup.bind(&github.enterprise_url(), &token).await;
    github.fault("/api/v3/user", fault);
    check(&binding).await.expect_err("a fault is no success")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_cause() {
    let redirect = |place: &str| Fault::redirect(302, place);
    let cases: [(&str, Fault, &str); 14] = [
        ("primary limit", Fault::primary_limit(600), "rate-limited"),
        ("secondary limit", Fault::secondary_limit(), "rate-limited"),
        ("single sign-on", Fault::sso_required("octo-org"), "policy-refused"),
        ("5xx in HTML", Fault::html(503, "<html>Unicorn!"), "unreachable"),
        ("captive portal", Fault::html(200, "<html>Sign in to the hotel"), "protocol"),
        ("endless", Fault::Endless, "too-large"),
        ("oversized", Fault::Oversized { bytes: 64 << 20 }, "too-large"),
        ("truncated", Fault::Truncated, "unreachable"),
        ("slow headers", Fault::SlowHeaders, "timeout"),
        ("hang", Fault::Hang, "timeout"),
        ("close", Fault::Close, "unreachable"),
        ("garbage", Fault::Garbage, "unreachable"),
        ("metadata", redirect("http://169.254.169.254/latest/meta-data"), "protocol"),
        ("a loop", redirect("/api/v3/user"), "protocol"),
    ];
    for (name, fault, expected) in cases {
        let failure = failure(fault).await;
        assert_eq!(failure.cause.code(), expected, "{name}: {failure:?}");
        assert!(!failure.message.is_empty() && !failure.evidence.is_empty(), "{name}: {failure:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_told_apart() {
    let github = GitHub::start();
    let good = github.add(Account::classic("ada", &["repo"]).expires("2030-01-02 03:04:05 UTC"));
    let report = check(&granted(&github, &good).await).await.unwrap();
    assert_eq!(report.account.name, "ada");
    assert!(report.credential_expires_at.is_some());

    let rejected = github.add(Account::classic("bob", &["repo"]).standing(Standing::Expired));
    let failure = check(&granted(&github, &rejected).await).await.unwrap_err();
    assert_eq!(failure.cause, Cause::CredentialRejected);
    assert_eq!(failure.retry, Retry::AfterUserAction);
    assert!(failure.remedies.iter().any(|remedy| remedy.url.is_some()), "{failure:?}");

    let unscoped = github.add(Account::classic("eve", &["gist"]));
    let report = check(&granted(&github, &unscoped).await).await.unwrap();
    let missing: Vec<_> =
        report.permissions.iter().filter(|p| p.needed_by.iter().any(|n| n == "issues")).collect();
    assert!(missing.iter().any(|p| format!("{:?}", p.grant) == "Missing"), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_are_read_page_by_page_and_then_only_what_changed() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    github.add_repository("ada", "many", false, 250);
    let binding = granted(&github, &token).await;
    let mut request = issues("ada/many");
    let mut session = binding.session().await.unwrap();
    let mut sizes = Vec::new();
    let caught_up = loop {
        let page = session.read(&request).await.unwrap().unwrap();
        sizes.push(page.changes.len());
        match page.progress {
            Progress::More(cursor) => request.cursor = Some(cursor),
            Progress::CaughtUp(cursor) => break cursor,
        }
    };
    assert_eq!(sizes, [100, 100, 50]);
    let now = jackfield_host::failure::Timestamp::now().0 / 1_000;
    github.touch_issue("ada", "many", 7, i64::try_from(now).unwrap());
    request.cursor = caught_up;
    let page = session.read(&request).await.unwrap().unwrap();
    assert!(!page.changes.is_empty() && page.changes.len() < 5, "{}", page.changes.len());
    assert!(matches!(page.progress, Progress::CaughtUp(Some(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_repository_is_followed_with_the_credential() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let binding = granted(&github, &token).await;
    read(&binding, &issues("octo-org/old-name")).await.unwrap();
    let arrived = github.requests();
    assert!(arrived.len() >= 2, "{arrived:?}");
    assert!(arrived.iter().all(|request| request.header("authorization").is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_follows_a_redirect_to_another_origin() {
    let (github, elsewhere) = (GitHub::start(), Elsewhere::start());
    let token = github.add(Account::classic("ada", &["repo"]));
    let grants = vec![github.api_url(), elsewhere.origin().to_owned()];
    let setup = Setup { grants, ..Setup::default() };
    let binding = setup.bind(&github.api_url(), &token).await;
    for status in [301, 302, 303, 307, 308] {
        github.fault("/user", Fault::redirect(status, &elsewhere.url("/user")));
        let failure = check(&binding).await.unwrap_err();
        assert_eq!(failure.cause, Cause::Protocol, "{status}: {failure:?}");
        assert_eq!(failure.code, "redirect-origin", "{status}: {failure:?}");
        let told = format!("{} {:?}", failure.message, failure.remedies);
        assert!(told.contains(elsewhere.origin()) && told.contains("`api_url`"), "{told}");
    }
    assert_eq!(elsewhere.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_next_link_to_another_origin_is_not_followed() {
    let (github, elsewhere) = (GitHub::start(), Elsewhere::start());
    let token = github.add(Account::classic("ada", &["repo"]));
    let grants = vec![github.api_url(), elsewhere.origin().to_owned()];
    let setup = Setup { grants, ..Setup::default() };
    let binding = setup.bind(&github.api_url(), &token).await;
    let link = format!("<{}>; rel=\"next\"", elsewhere.url("/issues?page=2"));
    github.fault("/repos/ada/many/issues", Fault::json(200, &[("link", &link)], "[]"));
    let request = issues("ada/many");
    let page = read(&binding, &request).await.unwrap();
    let Progress::More(cursor) = page.progress else { panic!("{:?}", page.progress) };
    let next = ReadRequest { cursor: Some(cursor), ..request };
    let failure = read(&binding, &next).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Protocol, "{failure:?}");
    assert_eq!(failure.code, "link-outside-endpoints", "{failure:?}");
    let told = format!("{} {:?}", failure.message, failure.remedies);
    for text in [elsewhere.origin(), &github.api_url(), "`api_url`"] {
        assert!(told.contains(text), "{text}: {told}");
    }
    assert!(!told.contains("author"), "{told}");
    assert_eq!(elsewhere.requests(), []);
}

/// A server behind a proxy, or one with an inner name, names its public origin in its links.
#[tokio::test(flavor = "multi_thread")]
async fn a_next_link_by_the_servers_other_name_is_asked_for_where_it_is_reached() {
    let elsewhere = Elsewhere::start();
    let port = elsewhere.address().port();
    for public in [
        elsewhere.origin().to_owned(),
        "https://ghe.corp.example".to_owned(),
        format!("http://localhost:{port}"),
    ] {
        let github = GitHub::start();
        let token = github.add(Account::classic("ada", &["repo"]));
        github.add_repository("ada", "many", false, 250);
        github.set_public_origin(&public);
        let setup = Setup { grants: vec![github.api_url()], ..Setup::default() };
        let binding = setup.bind(&github.enterprise_url(), &token).await;
        let mut request = issues("ada/many");
        let mut keys = std::collections::HashSet::new();
        loop {
            let page =
                read(&binding, &request).await.unwrap_or_else(|it| panic!("{public}: {it:?}"));
            keys.extend(page.changes.into_iter().map(|change| format!("{change:?}")));
            match page.progress {
                Progress::More(cursor) => request.cursor = Some(cursor),
                Progress::CaughtUp(_) => break,
            }
        }
        assert_eq!(keys.len(), 250, "{public}");
        assert!(github.requests().iter().all(|it| it.header("authorization").is_some()));
    }
    assert_eq!(elsewhere.requests(), []);
}

/// Outside of the API's own path nothing shows that both names are one server.
#[tokio::test(flavor = "multi_thread")]
async fn a_next_link_outside_of_the_api_at_another_name_is_refused_with_the_setting() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let setup = Setup { grants: vec![github.api_url()], ..Setup::default() };
    let binding = setup.bind(&github.enterprise_url(), &token).await;
    for place in ["/repos/ada/many/issues?page=2", "/api/v33/x?page=2", "/api/v3/%2e%2e/x?page=2"] {
        let link = format!("<https://api.ghe.example{place}>; rel=\"next\"");
        github.fault("/api/v3/repos/ada/many/issues", Fault::json(200, &[("link", &link)], "[]"));
        let request = issues("ada/many");
        let page = read(&binding, &request).await.unwrap();
        let Progress::More(cursor) = page.progress else { panic!("{:?}", page.progress) };
        let next = ReadRequest { cursor: Some(cursor), ..request };
        let failure = read(&binding, &next).await.unwrap_err();
        assert_eq!(failure.code, "link-outside-endpoints", "{place}: {failure:?}");
        assert_eq!(failure.cause, Cause::Protocol, "{place}: {failure:?}");
        assert!(failure.message.contains("https://api.ghe.example"), "{place}: {failure:?}");
        assert!(failure.message.contains(&github.enterprise_url()), "{place}: {failure:?}");
        assert!(failure.remedies[0].text.contains("`api_url`"), "{place}: {failure:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_echoed_credential_is_not_seen() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let binding = granted(&github, &token).await;
    github.fault("/user", Fault::Echo);
    let answer = format!("{:?}", check(&binding).await);
    assert!(!answer.contains(&token), "{answer}");
    assert!(github.requests().iter().any(|request| {
        request.header("authorization").is_some_and(|value| value.ends_with(&token))
    }));
}

/// A place, a host and a header's name are lower case wherever they come from.
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_echoed_in_places_and_names_is_not_seen() {
    let github = GitHub::start();
    let token = "0123456789abcdef0123456789abcdef01234567";
    github.add(Account::classic("ada", &["repo"]).with_token(token));
    let binding = granted(&github, token).await;
    let echoing = format!("/s/{token}/issues");
    github.fault("/repos/ada/many/issues", Fault::redirect(302, &echoing));
    let link = [("link", "<?page=2>; rel=\"next\"")];
    github.fault(&echoing, Fault::json(200, &link, r#"[{"id":1}]"#));
    let page = read(&binding, &issues("ada/many")).await.unwrap();
    assert_eq!(page.changes.len(), 1);
    let Progress::More(cursor) = page.progress else { panic!("{page:?}") };
    assert!(cursor.contains("redacted") && !cursor.contains(token), "{cursor}");

    for fault in [
        Fault::redirect(302, &format!("https://{token}.example.com/user")),
        Fault::json(404, &[(&format!("x-{token}"), "1")], "{}"),
    ] {
        github.fault("/user", fault);
        let failure = format!("{:?}", check(&binding).await.unwrap_err());
        assert!(!failure.contains(token), "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_turns_to_loopback_is_denied_at_the_connection() {
    let github = GitHub::start_tls();
    let token = github.add(Account::classic("ada", &["repo"]));
    let names = ScriptedNames::new();
    names.set("api.example.com", &[&["127.0.0.1"]]);
    let port = github.address().port();
    let url = format!("https://api.example.com:{port}");
    let setup = || Setup {
        ca: Some(github.ca_pem().to_owned()),
        names: Some(names.clone()),
        ..Setup::default()
    };
    let failure = check(&setup().bind(&url, &token).await).await.unwrap_err();
    assert_eq!(failure.cause, Cause::Denied, "{failure:?}");
    assert_eq!(github.requests(), []);
    let allowed = Setup { grants: vec![url.clone()], ..setup() };
    check(&allowed.bind(&url, &token).await).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_certificates_that_fail_are_told_apart() {
    let github = GitHub::start_tls_with(Certificate::Expired);
    let token = github.add(Account::classic("ada", &["repo"]));
    let setup = Setup {
        grants: vec![github.api_url()],
        ca: Some(github.ca_pem().to_owned()),
        ..Setup::default()
    };
    let expired = check(&setup.bind(&github.api_url(), &token).await).await.unwrap_err();
    assert_eq!(expired.cause, Cause::Unreachable);
    assert!(expired.message.contains("expired"), "{expired:?}");
    let setup = Setup { names: Some(ScriptedNames::new()), ..Setup::default() };
    let nowhere = check(&setup.bind("https://ghe.example.org", &token).await).await.unwrap_err();
    assert_eq!(nowhere.cause, Cause::Unreachable);
    assert!(nowhere.message.contains("ghe.example.org"), "{nowhere:?}");
    assert_ne!(expired.message, nowhere.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn enterprise_server_works_below_its_path() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let setup = Setup { grants: vec![github.api_url()], ..Setup::default() };
    let binding = setup.bind(&github.enterprise_url(), &token).await;
    let report = check(&binding).await.unwrap();
    assert!(report.edition.is_some_and(|edition| edition.starts_with("ghes")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_token_is_checked_without_user() {
    let github = GitHub::start();
    let token = github.add(Account::installation("octo-org", &["issues=read", "metadata=read"]));
    let setup =
        Setup { grants: vec![github.api_url()], kind: Some("installation"), ..Setup::default() };
    check(&setup.bind(&github.api_url(), &token).await).await.unwrap();
    assert!(github.requests().iter().all(|request| request.path != "/user"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_hangs_ends_at_its_deadline() {
    let start = Instant::now();
    let failure = failure(Fault::Hang).await;
    assert_eq!(failure.cause, Cause::Timeout);
    assert!(start.elapsed() < Duration::from_secs(20));
}
