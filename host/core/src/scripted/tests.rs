#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::secret::SecretText;

fn request(method: Method, url: &str) -> OutboundRequest {
    OutboundRequest {
        method,
        url: Url::parse(url).unwrap(),
        headers: vec![
            ("accept".to_owned(), OutboundValue::Plain("application/json".to_owned())),
            (
                "authorization".to_owned(),
                OutboundValue::Sensitive(SecretText::new("Bearer canary".to_owned())),
            ),
        ],
        body: b"body".to_vec(),
        reach: Reach::Public,
        deadline: Instant::now() + Duration::from_secs(30),
        max_body: 10,
    }
}

async fn status(transport: &ScriptedTransport, method: Method, url: &str) -> Option<u16> {
    transport.send(request(method, url)).await.ok().map(|response| response.status)
}

#[tokio::test]
async fn answers_come_in_turn_and_end() {
    let transport = ScriptedTransport::new()
        .on(Method::Get, "https://api.example.com/user", [Reply::new(401), Reply::new(200)])
        .on(Method::Get, "/issues?page=2", [Reply::new(202)])
        .always(Method::Get, "/issues", |_| Reply::new(204));
    for (method, url, expected) in [
        (Method::Get, "https://api.example.com/user?x=1", Some(401)),
        (Method::Get, "https://api.example.com/user", Some(200)),
        (Method::Get, "https://api.example.com/user", None),
        (Method::Post, "https://api.example.com/issues", None),
        (Method::Get, "https://other.example.com/issues?page=2", Some(202)),
        (Method::Get, "https://other.example.com/issues?page=2", Some(204)),
        (Method::Get, "https://other.example.com/issues?page=3", Some(204)),
        (Method::Get, "https://other.example.com/issues/", None),
        (Method::Get, "http://api.example.com/user", None),
    ] {
        assert_eq!(status(&transport, method, url).await, expected, "{url}");
    }
    assert_eq!(transport.received().len(), 9);
    assert!(transport.left_over().is_empty());
}

#[tokio::test]
async fn an_unmatched_request_names_itself_and_the_rules() {
    let transport = ScriptedTransport::new().on(Method::Get, "/user", [Reply::new(200)]);
    let error = transport
        .send(request(Method::Post, "https://h.example.com:8443/user?x=1"))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the exchange with `h.example.com:8443` broke: the script has no answer left for POST https://h.example.com:8443/user?x=1; its rules are: GET /user"
    );
    assert_eq!(transport.left_over(), ["GET /user"]);
}

#[tokio::test]
async fn sensitive_values_are_seen_only_by_asking_for_them() {
    let transport = ScriptedTransport::new().on(Method::Get, "/x", [Reply::new(200)]);
    transport.send(request(Method::Get, "https://h.example.com/x")).await.unwrap();
    let received = transport.received();
    let [received] = received.as_slice() else { unreachable!("one request was sent") };
    assert_eq!(received.header("accept"), Some("application/json"));
    assert_eq!(received.header("authorization"), None);
    assert_eq!(received.expose_sensitive_header("authorization"), Some("Bearer canary"));
    assert_eq!(received.expose_sensitive_header("accept"), None);
    assert_eq!(received.header_names().collect::<Vec<_>>(), ["accept", "authorization"]);
    let shown = format!("{received:?}");
    assert!(shown.contains("[sensitive]") && !shown.contains("canary"), "{shown}");
}

#[tokio::test]
async fn a_body_may_have_the_bytes_allowed_and_not_one_more() {
    let transport = ScriptedTransport::new().on(
        Method::Get,
        "/x",
        [Reply::new(200).body("0123456789"), Reply::new(200).body("0123456789a")],
    );
    let url = "https://h.example.com/x";
    assert!(transport.send(request(Method::Get, url)).await.is_ok());
    let error = transport.send(request(Method::Get, url)).await.unwrap_err();
    assert!(matches!(error, TransportError::TooLarge { limit: 10 }));
}

#[tokio::test]
async fn silence_lasts_until_the_deadline() {
    let transport = ScriptedTransport::new().on(Method::Get, "/x", [Reply::Silence]);
    let deadline = Instant::now() + Duration::from_millis(20);
    let request = OutboundRequest { deadline, ..request(Method::Get, "https://h.example.com/x") };
    let error = transport.send(request).await.unwrap_err();
    assert!(matches!(error, TransportError::Timeout { sent: true, .. }));
    assert!(Instant::now() >= deadline);
}

#[tokio::test]
async fn an_echo_is_made_from_the_request() {
    let transport = ScriptedTransport::new().always(Method::Post, "/echo", |request| {
        Reply::json(200, "{}")
            .body(request.body.clone())
            .header("X-Method", request.method.as_str())
    });
    let response =
        transport.send(request(Method::Post, "https://h.example.com/echo")).await.unwrap();
    assert_eq!(response.body, b"body");
    assert_eq!(response.headers.last(), Some(&("x-method".to_owned(), "POST".to_owned())));
}
