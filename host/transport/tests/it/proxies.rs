//! Proxies: only the configured one, and what can still be judged behind it.

use std::process::Command;

use jackfield_host::transport::{Transport, TransportError};
use jackfield_transport::{HttpsTransport, OptionsError, ProxyChoice};

use crate::server::{Server, ok};
use crate::support::{Names, fetch, get, options};

fn behind(proxy: &str, names: &std::sync::Arc<Names>) -> HttpsTransport {
    let mut options = options();
    options.proxy = ProxyChoice::Url(proxy.parse().unwrap());
    options.names = std::sync::Arc::clone(names) as _;
    HttpsTransport::new(options).unwrap()
}

#[tokio::test]
async fn proxy_looks_the_target_up_itself() {
    let proxy = Server::answering(ok(b"by proxy")).await;
    let names = Names::of(&[("proxy.example", &[&["127.0.0.1"]])]);
    let transport = behind(&proxy.named("proxy.example"), &names);
    let answer = transport.send(get("http://target.example/path")).await.unwrap();
    assert_eq!(answer.body, b"by proxy");
    assert!(proxy.heads()[0].starts_with("get http://target.example/path http/1.1"));
    assert_eq!(names.asked(), ["proxy.example"]);
}

#[tokio::test]
async fn proxy_may_stand_at_a_private_address_but_a_target_may_not() {
    let proxy = Server::start_at("127.0.0.2:0", None, |mut peer| async move {
        while peer.request().await.is_some() {
            peer.send(&ok(b"by proxy")).await;
        }
    })
    .await;
    let names = Names::of(&[("proxy.example", &[&["127.0.0.2"]])]);
    let transport = behind(&proxy.named("proxy.example"), &names);
    assert!(transport.send(get("http://target.example/")).await.is_ok());
    for target in ["http://10.0.0.1/", "http://169.254.169.254/", &proxy.named("proxy.example")] {
        let result = transport.send(get(target)).await;
        assert!(matches!(result, Err(TransportError::Denied(_))), "{target}: {result:?}");
    }
    assert_eq!(proxy.heads().len(), 1);
}

#[tokio::test]
async fn tunnel_is_asked_for_with_the_password_of_the_url() {
    let proxy = Server::answering("HTTP/1.1 407 Nope\r\ncontent-length: 0\r\n\r\n").await;
    let names = Names::of(&[("proxy.example", &[&["127.0.0.1"]])]);
    let url = proxy.named("user:canary@proxy.example");
    let error = behind(&url, &names).send(get("https://target.example/")).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect { .. }), "{error:?}");
    assert!(!error.to_string().contains("canary"));
    let head = &proxy.heads()[0];
    assert!(head.starts_with("connect target.example:443"), "{head}");
    assert!(head.contains("proxy-authorization: basic "), "{head}");
}

#[test]
fn proxy_of_an_unknown_kind_is_refused() {
    for url in ["ftp://proxy.example/", "file:///proxy", "socks4://user:canary@proxy.example/"] {
        let mut options = options();
        options.proxy = ProxyChoice::Url(url.parse().unwrap());
        let error = HttpsTransport::new(options).err().unwrap();
        assert!(matches!(error, OptionsError::Proxy { .. }), "{error:?}");
        assert!(!error.to_string().contains("canary"));
    }
}

/// Runs itself again with proxies in the environment, since a process cannot safely change its own.
#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    const CHILD: &str = "JACKFIELD_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        let server = Server::answering(ok(b"direct")).await;
        assert_eq!(fetch(&server.url("/")).await.unwrap().body, b"direct");
        return;
    }
    let proxy = Server::answering(ok(b"by proxy")).await;
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "proxies::proxies_of_the_environment_are_ignored"]).env(CHILD, "1");
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
    {
        child.env(name, proxy.url("/"));
    }
    let status = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    assert_eq!(proxy.connections(), 0);
}
