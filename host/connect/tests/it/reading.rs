use jackfield_connect::{ConnectionState, Error, MAX_PAGE, ReadOptions, Update};
use jackfield_host::report::{Change, Page, Progress};
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::transport::Method;
use serde_json::Value;

use crate::support::{
    Platform, bad_credentials, connections, knowing, platform, pointers, request, token, user,
};

const REPOSITORIES: &str = "/user/repos";

fn repositories(ids: std::ops::Range<u32>, next: Option<&str>) -> Reply {
    let one = |id| {
        format!(r#"{{"id":{id},"full_name":"mona/r{id}","updated_at":"2026-11-01T10:00:00Z"}}"#)
    };
    let body = ids.map(one).collect::<Vec<_>>().join(",");
    let reply = Reply::json(200, format!("[{body}]"));
    match next {
        Some(next) => reply.header("link", format!(r#"<{next}>; rel="next""#)),
        None => reply,
    }
}

async fn connected(script: ScriptedTransport) -> (Platform, String) {
    let platform = platform(script.on(Method::Get, "/user", [user()])).await;
    let id = platform.connections.connect(request('a')).await.unwrap().connection.id;
    (platform, id)
}

fn keys(page: &Page) -> Vec<&str> {
    let key = |change: &'_ Change| match change {
        Change::Upsert(item) => item.key.as_str().to_owned(),
        Change::Delete(key) => key.clone(),
    };
    page.changes.iter().map(key).map(|key| &*key.leak()).collect()
}

#[tokio::test]
async fn a_stream_is_read_page_by_page_to_its_end() {
    let next = "https://api.github.com/user/repos?per_page=100&page=2";
    let script = ScriptedTransport::new()
        .on(Method::Get, "/user/repos?per_page=100&page=2", [repositories(2..3, None)])
        .on(Method::Get, REPOSITORIES, [repositories(0..2, Some(next))]);
    let (platform, id) = connected(script).await;
    let options = ReadOptions::new("repositories");
    let mut reading = platform.connections.read(&id, options).await.unwrap();
    let first = reading.next_page().await.unwrap().unwrap();
    assert!(matches!(first.progress, Progress::More(_)), "{first:?}");
    let second = reading.next_page().await.unwrap().unwrap();
    assert!(matches!(second.progress, Progress::CaughtUp(_)), "{second:?}");
    assert!(reading.next_page().await.unwrap().is_none());
    assert_eq!((keys(&first).len(), keys(&second).len()), (2, 1));
}

#[tokio::test]
async fn a_run_goes_on_with_a_secret_that_was_replaced_meanwhile() {
    let next = "https://api.github.com/user/repos?per_page=100&page=2";
    let script = ScriptedTransport::new()
        .on(Method::Get, "/user/repos?per_page=100&page=2", [repositories(2..3, None)])
        .on(Method::Get, REPOSITORIES, [repositories(0..2, Some(next))]);
    let (platform, id) = connected(script).await;
    let other = connections(&platform.directory, knowing("b")).await;
    let options = ReadOptions::new("repositories");
    let mut reading = platform.connections.read(&id, options).await.unwrap();
    reading.next_page().await.unwrap().unwrap();
    let update = Update { secrets: vec![("token".to_owned(), token('b'))], ..Update::default() };
    other.update(&id, update).await.unwrap();
    let second = reading.next_page().await.unwrap().unwrap();
    assert!(matches!(second.progress, Progress::CaughtUp(_)), "{second:?}");
    assert_eq!(keys(&second).len(), 1);
    let sent = platform.transport.received();
    let last = sent.last().unwrap().expose_sensitive_header("authorization").unwrap();
    assert!(last.ends_with('b'));
}

#[tokio::test]
async fn a_run_goes_on_where_an_earlier_one_stopped() {
    let next = "https://api.github.com/user/repos?per_page=100&page=2";
    let script = ScriptedTransport::new()
        .on(Method::Get, "/user/repos?per_page=100&page=2", [repositories(2..3, None)])
        .on(Method::Get, REPOSITORIES, [repositories(0..2, Some(next))]);
    let (platform, id) = connected(script).await;
    let mut first = platform.connections.read(&id, ReadOptions::new("repositories")).await.unwrap();
    first.next_page().await.unwrap().unwrap();
    let cursor = first.cursor().map(str::to_owned);
    assert!(cursor.is_some());
    drop(first);
    let options = ReadOptions { cursor, ..ReadOptions::new("repositories") };
    let mut second = platform.connections.read(&id, options).await.unwrap();
    let page = second.next_page().await.unwrap().unwrap();
    assert_eq!(page.changes.len(), 1);
}

#[tokio::test]
async fn pages_that_go_in_a_circle_are_stopped() {
    let next = "https://api.github.com/user/repos?per_page=100&page=2";
    let script = ScriptedTransport::new()
        .always(Method::Get, REPOSITORIES, move |_| repositories(0..1, Some(next)));
    let (platform, id) = connected(script).await;
    let options = ReadOptions::new("repositories");
    let mut reading = platform.connections.read(&id, options).await.unwrap();
    let mut pages = 0;
    let error = loop {
        match reading.next_page().await {
            Ok(Some(_)) => pages += 1,
            Ok(None) => panic!("it ended"),
            Err(error) => break error,
        }
        assert!(pages < 10, "it goes on");
    };
    assert_eq!(error.to_failure().cause.code(), "protocol");
    assert!(reading.next_page().await.unwrap().is_none(), "a run ends with its first error");
}

#[tokio::test]
async fn input_that_does_not_fit_the_stream_is_refused_by_field() {
    let (platform, id) = connected(ScriptedTransport::new()).await;
    let named = |stream: &str| ReadOptions::new(stream);
    let mut unknown = named("issues");
    unknown.parameters.insert("repo".to_owned(), Value::from("a/b"));
    for (name, options, expected) in [
        ("unknown stream", named("isues"), vec!["/stream"]),
        ("missing parameter", named("issues"), vec!["/parameters/repository"]),
        ("unknown parameter", unknown, vec!["/parameters/repository", "/parameters/repo"]),
        ("no records", ReadOptions { limit: 0, ..named("repositories") }, vec!["/limit"]),
        ("too many", ReadOptions { limit: MAX_PAGE + 1, ..named("repositories") }, vec!["/limit"]),
        (
            "long cursor",
            ReadOptions { cursor: Some("x".repeat(100_000)), ..named("repositories") },
            vec!["/cursor"],
        ),
    ] {
        let error: Error = match platform.connections.read(&id, options).await {
            Ok(_) => panic!("{name} was accepted"),
            Err(error) => error,
        };
        assert_eq!(pointers(&error), expected, "{name}");
    }
    let most = ReadOptions { limit: MAX_PAGE, ..named("repositories") };
    assert!(platform.connections.read(&id, most).await.is_ok());
}

#[tokio::test]
async fn an_unknown_stream_comes_with_the_nearest() {
    let (platform, id) = connected(ScriptedTransport::new()).await;
    let Err(error) = platform.connections.read(&id, ReadOptions::new("isues")).await else {
        panic!("it was accepted")
    };
    assert!(error.to_string().contains("did you mean `issues`?"), "{error}");
}

#[tokio::test]
async fn a_credential_that_is_rejected_while_reading_is_written_down() {
    let script = ScriptedTransport::new().on(Method::Get, REPOSITORIES, [bad_credentials()]);
    let (platform, id) = connected(script).await;
    let mut reading =
        platform.connections.read(&id, ReadOptions::new("repositories")).await.unwrap();
    let error = reading.next_page().await.unwrap_err();
    assert_eq!(error.to_failure().cause.code(), "credential-rejected");
    let shown = platform.connections.show(&id).await.unwrap();
    assert_eq!(shown.state, ConnectionState::Rejected);
    assert!(shown.failure.is_some());
}

#[tokio::test]
async fn a_provider_that_is_down_while_reading_changes_nothing() {
    let script = ScriptedTransport::new().on(Method::Get, REPOSITORIES, [Reply::new(502)]);
    let (platform, id) = connected(script).await;
    let mut reading =
        platform.connections.read(&id, ReadOptions::new("repositories")).await.unwrap();
    assert!(reading.next_page().await.is_err());
    let shown = platform.connections.show(&id).await.unwrap();
    assert_eq!((shown.state, shown.failure), (ConnectionState::Active, None));
}

#[tokio::test]
async fn a_run_ends_when_the_settings_change_under_it() {
    let next = "https://api.github.com/user/repos?per_page=100&page=2";
    let script = ScriptedTransport::new()
        .on(Method::Get, REPOSITORIES, [repositories(0..2, Some(next))])
        .on(Method::Get, "/api/v3/user", [user()]);
    let (platform, id) = connected(script).await;
    let mut reading =
        platform.connections.read(&id, ReadOptions::new("repositories")).await.unwrap();
    reading.next_page().await.unwrap().unwrap();
    let settings = serde_json::json!({ "api_url": "https://github.example.com/api/v3" });
    let update = Update {
        settings: settings.as_object().unwrap().clone(),
        secrets: vec![("token".to_owned(), token('b'))],
    };
    platform.connections.update(&id, update).await.unwrap();
    let failure = reading.next_page().await.unwrap_err().to_failure();
    assert_eq!(failure.cause.code(), "superseded");
}
