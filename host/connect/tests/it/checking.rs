use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;

use jackfield_connect::{
    ConnectRequest, ConnectionState, DEFAULT_PARALLELISM, Error, Filter, Update,
};
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::transport::{Method, TransportError};

use crate::support::{
    Crowd, Held, bad_credentials, cause, code, connections, knowing, over, platform, request,
    token, user,
};

fn unreachable() -> Reply {
    TransportError::Connect { authority: "x:443".to_owned(), detail: "refused".to_owned() }.into()
}

fn rate_limited() -> Reply {
    Reply::json(403, r#"{"message":"API rate limit exceeded"}"#)
        .header("x-ratelimit-remaining", "0")
        .header("x-ratelimit-reset", "4102444800")
}

#[tokio::test]
async fn what_a_check_finds_is_written_down() {
    for (name, reply, expected, state) in [
        ("works", user(), "ok", ConnectionState::Active),
        ("rejected", bad_credentials(), "credential-rejected", ConnectionState::Rejected),
        ("unreachable", unreachable(), "unreachable", ConnectionState::Active),
        ("rate limit", rate_limited(), "rate-limited", ConnectionState::Active),
    ] {
        let script = ScriptedTransport::new().on(Method::Get, "/user", [user(), reply]);
        let platform = platform(script).await;
        let id = platform.connections.connect(request('a')).await.unwrap().connection.id;
        let checked = platform.connections.check(&id).await.unwrap();
        assert_eq!(cause(&checked.result), expected, "{name}");
        let shown = platform.connections.show(&id).await.unwrap();
        assert_eq!(shown.state, state, "{name}");
        assert_eq!(shown.failure, checked.result.err(), "{name}");
        assert!(shown.report.is_some(), "{name}: the last report stays");
    }
}

#[tokio::test]
async fn the_answer_to_an_old_credential_does_not_count_and_the_new_one_is_checked() {
    let directory = tempfile::tempdir().unwrap();
    let other = connections(&directory, knowing("ab")).await;
    let id = other.connect(request('a')).await.unwrap().connection.id;
    let held = Held::then(knowing("b"));
    let slow = over(&directory, held.clone()).await;
    let check = tokio::spawn({
        let id = id.clone();
        async move { slow.check(&id).await }
    });
    held.arrived.notified().await;
    let update = Update { secrets: vec![("token".to_owned(), token('b'))], ..Update::default() };
    other.update(&id, update).await.unwrap();
    held.answer.notify_one();
    let checked = check.await.unwrap().unwrap();
    assert_eq!(cause(&checked.result), "ok");
    let shown = other.show(&id).await.unwrap();
    assert_eq!((shown.state, shown.failure), (ConnectionState::Active, None));
    assert_eq!(held.later.received().len(), 1);
}

#[tokio::test]
async fn a_check_of_a_connection_that_is_disconnected_meanwhile_finds_none() {
    let directory = tempfile::tempdir().unwrap();
    let other = connections(&directory, knowing("a")).await;
    let id = other.connect(request('a')).await.unwrap().connection.id;
    let held = Held::then(ScriptedTransport::new());
    let slow = over(&directory, held.clone()).await;
    let check = tokio::spawn({
        let id = id.clone();
        async move { slow.check(&id).await }
    });
    held.arrived.notified().await;
    other.disconnect(&id).await.unwrap();
    held.answer.notify_one();
    let error = check.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::UnknownConnection { .. }), "{error:?}");
}

#[tokio::test]
async fn what_changes_while_all_are_checked_is_checked_as_it_is_then() {
    let directory = tempfile::tempdir().unwrap();
    let other = connections(&directory, knowing("abcd")).await;
    let mut ids = Vec::new();
    for mark in ['a', 'b', 'c'] {
        ids.push(other.connect(request(mark)).await.unwrap().connection.id);
    }
    let held = Held::then(knowing("d"));
    let slow = over(&directory, held.clone()).await;
    let check = tokio::spawn(async move {
        slow.check_all(&Filter::default(), NonZeroUsize::MIN, |_, _| {}).await
    });
    held.arrived.notified().await;
    let update = Update { secrets: vec![("token".to_owned(), token('d'))], ..Update::default() };
    other.update(&ids[1], update).await.unwrap();
    other.disconnect(&ids[2]).await.unwrap();
    held.answer.notify_one();
    let checks = check.await.unwrap().unwrap();
    let checked: Vec<&str> = checks.iter().map(|(connection, _)| connection.id.as_str()).collect();
    assert_eq!(checked, [ids[0].as_str(), ids[1].as_str()]);
    let updated = checks[1].1.as_ref().unwrap();
    assert_eq!((cause(&updated.result), updated.connection.generation), ("ok", 2));
}

#[tokio::test]
async fn all_are_checked_in_order_with_counts_and_one_failure_hides_no_other() {
    let platform = platform(knowing("ac")).await;
    let mut ids = Vec::new();
    for mark in ['a', 'b', 'c'] {
        let wish = ConnectRequest { unchecked: true, ..request(mark) };
        ids.push(platform.connections.connect(wish).await.unwrap().connection.id);
    }
    let mut counts = Vec::new();
    let checked = platform
        .connections
        .check_all(&Filter::default(), DEFAULT_PARALLELISM, |done, total| {
            counts.push((done, total))
        })
        .await
        .unwrap();
    assert_eq!(counts, [(0, 3), (1, 3), (2, 3), (3, 3)]);
    let found: Vec<(&str, &str)> = checked
        .iter()
        .map(|(connection, checked)| {
            (connection.id.as_str(), cause(&checked.as_ref().unwrap().result))
        })
        .collect();
    let outcomes = ["ok", "credential-rejected", "ok"];
    let expected: Vec<(&str, &str)> = ids.iter().map(String::as_str).zip(outcomes).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn as_many_checks_run_at_once_as_were_asked_for_and_no_more() {
    for parallelism in [1, 2, 4] {
        let directory = tempfile::tempdir().unwrap();
        let crowd = Crowd::of(parallelism);
        let connections = over(&directory, crowd.clone()).await;
        for mark in ['a', 'b', 'c', 'd'] {
            let wish = ConnectRequest { unchecked: true, ..request(mark) };
            connections.connect(wish).await.unwrap();
        }
        let at_once = NonZeroUsize::new(parallelism).unwrap();
        let checked = connections.check_all(&Filter::default(), at_once, |_, _| {}).await.unwrap();
        assert_eq!(checked.len(), 4);
        assert_eq!(crowd.most.load(Ordering::SeqCst), parallelism);
    }
}

#[tokio::test]
async fn a_connection_without_its_connector_is_told_so() {
    let platform = platform(knowing("a")).await;
    let id = platform.connections.connect(request('a')).await.unwrap().connection.id;
    let vault = platform.connections.vault().clone();
    let orphaned = jackfield_connect::Connections::new(jackfield_connect::Registry::empty(), vault);
    assert_eq!(orphaned.show(&id).await.unwrap().state, ConnectionState::Active);
    let checked = orphaned.check(&id).await;
    assert_eq!(code(&checked), "invalid-input");
    assert!(checked.unwrap_err().to_string().contains("no connector `github`"));
}
