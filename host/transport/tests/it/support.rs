//! Requests, transports and scripted names.

use std::collections::HashMap;
use std::future::pending;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jackfield_host::transport::{
    InboundResponse, Method, OutboundRequest, OutboundValue, Transport, TransportError,
};
use jackfield_host::{BoxFuture, EgressPolicy, Reach};
use jackfield_transport::{HttpsTransport, NameLookup, TransportOptions};
use tokio::time::Instant;

pub(crate) type Answer = Result<InboundResponse, TransportError>;

/// Long enough that no test on a busy machine meets it.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Short enough to be waited for.
pub(crate) const SHORT: Duration = Duration::from_millis(400);

pub(crate) const MAX_BODY: u64 = 1000;

/// A policy under which 127.0.0.1 is as good as a public address. No other private one is.
pub(crate) fn policy() -> EgressPolicy {
    let mut policy = EgressPolicy::strict();
    policy.allow_network("127.0.0.1/32").unwrap();
    policy
}

pub(crate) fn options() -> TransportOptions {
    TransportOptions::new(policy())
}

pub(crate) fn transport() -> HttpsTransport {
    HttpsTransport::new(options()).unwrap()
}

pub(crate) fn with_names(names: &Arc<Names>) -> HttpsTransport {
    let mut options = options();
    options.names = Arc::clone(names) as Arc<dyn NameLookup>;
    HttpsTransport::new(options).unwrap()
}

/// A GET of that URL.
pub(crate) fn get(url: &str) -> OutboundRequest {
    OutboundRequest {
        method: Method::Get,
        url: url.parse().unwrap(),
        headers: Vec::new(),
        body: Vec::new(),
        reach: Reach::Public,
        deadline: Instant::now() + LONG,
        max_body: MAX_BODY,
    }
}

pub(crate) fn granted(url: &str) -> OutboundRequest {
    OutboundRequest { reach: Reach::Granted, ..get(url) }
}

pub(crate) fn plain(name: &str, value: &str) -> (String, OutboundValue) {
    (name.to_owned(), OutboundValue::Plain(value.to_owned()))
}

pub(crate) async fn fetch(url: &str) -> Answer {
    transport().send(get(url)).await
}

pub(crate) fn addresses(list: &[&str]) -> Vec<IpAddr> {
    list.iter().map(|address| address.parse().unwrap()).collect()
}

/// A resolver that answers by script: for each name a list of answers, the last of which is repeated.
#[derive(Default)]
pub(crate) struct Names {
    script: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
    asked: Mutex<Vec<String>>,
}

impl Names {
    pub(crate) fn of(script: &[(&str, &[&[&str]])]) -> Arc<Self> {
        let answers = |list: &[&[&str]]| list.iter().rev().map(|one| addresses(one)).collect();
        let script = script.iter().map(|(name, list)| ((*name).to_owned(), answers(list)));
        Arc::new(Self { script: Mutex::new(script.collect()), asked: Mutex::default() })
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl NameLookup for Names {
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut script = self.script.lock().unwrap();
        let answer = match script.get_mut(host) {
            None => Err(io::Error::other(
                "failed to lookup address information: Name or service not known",
            )),
            Some(answers) if answers.len() > 1 => Ok(answers.pop().unwrap()),
            Some(answers) => Ok(answers[0].clone()),
        };
        Box::pin(async move { answer })
    }
}

/// A resolver that never answers.
pub(crate) struct Silence;

impl NameLookup for Silence {
    fn lookup<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(pending())
    }
}
