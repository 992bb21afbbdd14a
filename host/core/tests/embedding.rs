//! A component through the host, with a scripted transport.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use jackfield_host::failure::Advice;
use jackfield_host::scripted::{Reply, ScriptedTransport};
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::transport::{Method, TlsFault, TransportError};
use jackfield_host::{Allocation, Host};
use serde_json::Map;

const TOKEN: &str = "ghp_canary0123456789canary0123456789abcd";

#[tokio::test]
async fn a_check_answers_whose_token_it_is() {
    let user = r#"{"id":1,"login":"octocat","html_url":"https://github.com/octocat"}"#;
    let transport = ScriptedTransport::new().on(
        Method::Get,
        "https://api.github.com/user",
        [Reply::json(200, user).header("x-oauth-scopes", "repo")],
    );
    let host = Host::builder(transport.clone()).allocation(Allocation::OnDemand).build().unwrap();
    let github = host.load(jackfield_bundle::connector("github").unwrap()).await.unwrap();
    let capabilities = &github.facts().capabilities;
    assert!(capabilities.iter().all(|name| name.starts_with("jackfield:connector/")));
    assert!(github.manifest().stream("issues").is_some());
    let secrets = MemorySecrets::new().with(
        "token",
        SecretText::new(TOKEN.to_owned()),
        SecretInfo { kind: Some("classic".to_owned()), ..SecretInfo::default() },
    );
    let binding = github.bind("token", &Map::new(), Arc::new(secrets)).unwrap();
    let report = binding.check().await.unwrap().unwrap();
    assert_eq!(report.account.name, "octocat");
    let received = transport.received();
    assert_eq!(received.len(), 1);
    let sent = received.first().and_then(|one| one.expose_sensitive_header("authorization"));
    assert_eq!(sent, Some(format!("Bearer {TOKEN}").as_str()));
}

#[tokio::test]
async fn advice_comes_through_a_connector_that_hands_the_failure_on() {
    let fault = TlsFault::Issuer;
    let (authority, detail) = ("api.github.com:443".to_owned(), "nobody signed it".to_owned());
    let error = TransportError::Tls { authority, detail, fault };
    let transport =
        ScriptedTransport::new().on(Method::Get, "https://api.github.com/user", [error]);
    let host = Host::builder(transport).allocation(Allocation::OnDemand).build().unwrap();
    let github = host.load(jackfield_bundle::connector("github").unwrap()).await.unwrap();
    let token = SecretText::new(TOKEN.to_owned());
    let secrets = MemorySecrets::new().with("token", token, SecretInfo::default());
    let binding = github.bind("token", &Map::new(), Arc::new(secrets)).unwrap();
    let failure = binding.check().await.unwrap().unwrap_err();
    let advice: Vec<_> = failure.remedies.iter().filter_map(|one| one.advice.clone()).collect();
    assert_eq!(advice, [Advice::TrustCertificate], "{failure:?}");
}
