//! Jira's REST API, as much of it as connectors meet: Cloud, its gateway, and Data Center.
//!
//! Sources: the exchanges recorded of Jira, Atlassian's documentation and reports of users, read in
//! November 2026. Nobody has recorded these, so that their bodies are made up: 401 of a token with
//! scopes on the site, 404 of the gateway for an unknown site, 400 for a page token that is none or
//! has expired, 400 for an unknown permission, 403 for a list of users, 301 of a renamed site.
//!
//! What is not there: anything that writes, OAuth, the rate limits of Cloud but as faults.

mod access;
mod account;
mod answer;
mod cloud;
mod data_center;
mod faults;
mod internet;
mod issues;
mod jql;
mod routes;
mod search;
mod shapes;
#[cfg(test)]
mod tests;
mod world;

use std::ops::Deref;
use std::sync::Arc;

pub use account::{Account, Standing};
pub use issues::issue_times;
pub use world::OldName;

use crate::peer::Peer;
use internet::Internet;
use world::{Bucket, CLOUD_ID, World};

/// A simulated Jira: one site of Cloud, the gateway by which it can be reached as well, and one Data
/// Center, with the same accounts, projects and issues.
///
/// | what | by the proxy ([`proxy_url`](Self::proxy_url)) | directly |
/// |---|---|---|
/// | the site | `https://acme.atlassian.net` | `http://127.0.0.1:PORT` |
/// | the gateway | `https://api.atlassian.com/ex/jira/CLOUD-ID` | `http://127.0.0.1:PORT/ex/jira/CLOUD-ID` |
/// | Data Center, whose context path can be [moved](Self::move_data_center) | `https://jira.example.com/jira`, `http` too | `http://127.0.0.1:PORT/jira` |
///
/// There are two projects at first, `EX` and `ABC`, of three issues each, and two users besides those
/// who have accounts. Accounts are added by the test ([`Jira::add`]).
///
/// - The site takes API tokens without scopes, the gateway those with scopes, Data Center personal
///   access tokens and passwords. An expired API token and an unknown personal one are not refused:
///   what may be seen without a credential is answered, with `x-seraph-loginreason:
///   AUTHENTICATED_FAILED`.
/// - The journal is that of the server: each request's header `host` says what it was for.
///   [`faults`](Peer::fault) go by paths, those of the gateway with `/ex/jira/CLOUD-ID`, those of Data
///   Center with `/jira`.
///
/// A client that reaches the real names:
///
/// ```
/// use jackfield_host::EgressPolicy;
/// use jackfield_tests::Jira;
/// use jackfield_transport::{CaCertificates, HttpsTransport, ProxyChoice, TransportOptions};
///
/// let jira = Jira::start();
/// let mut options = TransportOptions::new(EgressPolicy::strict());
/// options.ca_certificates.push(CaCertificates::Pem(jira.ca_pem().into()));
/// options.proxy = ProxyChoice::Url(jira.proxy_url().parse().unwrap());
/// let transport = HttpsTransport::new(options).unwrap();
/// # let _ = transport;
/// ```
pub struct Jira {
    peer: Peer,
    world: Arc<World>,
    internet: Internet,
}

impl Jira {
    /// On free ports of 127.0.0.1: the server over plain HTTP, and the proxy.
    pub fn start() -> Self {
        let world = Arc::new(World::default());
        let shared = Arc::clone(&world);
        let peer = Peer::start(None, move |_| routes::all(shared));
        let names = ["api.atlassian.com", "*.atlassian.net", "*.example.com"];
        let internet = Internet::start(&names, peer.address());
        Self { peer, world, internet }
    }

    /// The proxy by which the real names lead here: `http://127.0.0.1:PORT`.
    pub fn proxy_url(&self) -> String {
        self.internet.url()
    }

    /// The certificate of the authority that clients of the proxy must trust, in PEM.
    pub fn ca_pem(&self) -> &str {
        self.internet.ca_pem()
    }

    /// The hosts that the proxy was asked for, in order, once for each connection.
    pub fn hosts_asked(&self) -> Vec<String> {
        self.internet.asked()
    }

    /// The host of the site under its present name: `acme.atlassian.net` at first.
    pub fn site_host(&self) -> String {
        format!("{}.atlassian.net", self.world.state().name)
    }

    /// The host of Data Center, with its context path at first: `jira.example.com/jira`.
    pub fn data_center_host(&self) -> &'static str {
        "jira.example.com/jira"
    }

    /// The URL of Data Center without the proxy: `http://127.0.0.1:PORT/jira`.
    pub fn data_center_url(&self) -> String {
        self.url("/jira")
    }

    /// The site's id, by which the gateway knows it.
    pub fn cloud_id(&self) -> &'static str {
        CLOUD_ID
    }

    /// The path of the API of version 3 by the gateway, without a slash at the end.
    pub fn gateway_path(&self) -> String {
        format!("/ex/jira/{CLOUD_ID}/rest/api/3")
    }

    /// Lets an account exist, and returns its secret. An account of the same secret is replaced, so
    /// that a token can be changed: expired, of another kind, with other scopes.
    pub fn add(&self, account: Account) -> String {
        let secret = account.secret().to_owned();
        self.world.state().add_account(account);
        secret
    }

    /// Lets so many more users exist, who have no account here.
    pub fn add_users(&self, count: usize) {
        self.world.state().users += count;
    }

    /// Lets a project exist, with so many issues, of about 5 KB each. Every seventh is a bug, every
    /// fifth is done, every third is assigned to nobody; [`issue_times`] says when each was created and
    /// changed.
    pub fn add_project(&self, key: &str, name: &str, issues: usize) {
        self.world.state().add_project(key, name, issues);
    }

    /// Adds so many issues to a project.
    ///
    /// # Panics
    ///
    /// Where there is no such project.
    pub fn add_issues(&self, project: &str, count: usize) {
        self.world.state().add_issues(project, count);
    }

    /// Makes a project visible without a credential.
    ///
    /// # Panics
    ///
    /// Where there is no such project.
    pub fn publish(&self, project: &str) {
        self.world.state().publish(project);
    }

    /// Changes an issue, by its key, at that time, in seconds since the Unix epoch.
    ///
    /// # Panics
    ///
    /// Where there is no such issue.
    pub fn touch(&self, key: &str, seconds: i64) {
        self.world.state().touch(key, seconds);
    }

    /// The same as soon as the next page of a search has been served.
    pub fn touch_after_page(&self, key: &str, seconds: i64) {
        self.world.state().waiting.push((key.to_owned(), seconds));
    }

    /// Changes all issues of a project, in their order, from that time on, in seconds since the Unix epoch:
    /// with the same distance between two, which may be none. The time may lie ahead.
    pub fn date_issues(&self, project: &str, first: i64, step: i64) {
        self.world.state().date(project, first, step);
    }

    /// Lets the description of an issue, by its key, have so many bytes more.
    pub fn enlarge(&self, key: &str, bytes: usize) {
        self.world.state().enlarged.insert(key.to_owned(), bytes);
    }

    /// Lets Cloud refuse every page token.
    pub fn refuse_page_tokens(&self) {
        self.world.state().refuses_tokens = true;
    }

    /// Lets Cloud's page tokens have so many letters at least.
    pub fn lengthen_page_tokens(&self, letters: usize) {
        self.world.state().token_length = letters;
    }

    /// Lets a proxy before Jira answer with 502 where a request asks for more records than that.
    pub fn limit_page_size(&self, records: usize) {
        self.world.state().proxy.page_size = Some(records);
    }

    /// Lets a proxy before Jira refuse requests whose target is longer, with its page for 414.
    pub fn limit_urls(&self, bytes: usize) {
        self.world.state().proxy.url_bytes = Some(bytes);
    }

    /// Lets a proxy before Jira refuse every POST request, with its page for 405.
    pub fn refuse_posts(&self) {
        self.world.state().proxy.reads_only = true;
    }

    /// Lets nobody reach that host of the real internet any more.
    pub fn block(&self, host: &str) {
        self.internet.block(host);
    }

    /// Gives Data Center another context path, which begins with a slash, or none by an empty text.
    pub fn move_data_center(&self, context: &str) {
        context.clone_into(&mut self.world.state().context);
    }

    /// Lets Cloud's searches hand out the token that they were given, so that they never end.
    pub fn repeat_page_tokens(&self) {
        self.world.state().repeats_tokens = true;
    }

    /// Lets all page tokens that Cloud has handed out be good no more, as after a week.
    pub fn expire_page_tokens(&self) {
        self.world.state().token_age += 1;
    }

    /// Gives the site another name below `atlassian.net`. Its id stays.
    pub fn rename_site(&self, name: &str, old: OldName) {
        let mut state = self.world.state();
        let former = std::mem::replace(&mut state.name, name.to_owned());
        state.former.remove(name);
        state.former.insert(former, old);
    }

    /// Switches Basic authentication off on Data Center, as it is by default from Jira 11.
    pub fn disable_basic(&self) {
        self.world.state().basic_disabled = true;
    }

    /// Lets that user of Data Center have passed the CAPTCHA that three wrong passwords asked for.
    pub fn solve_captcha(&self, user: &str) {
        self.world.state().forgive(user);
    }

    /// Limits Data Center's requests to a bucket of that size. It is not filled again but by another
    /// call.
    pub fn limit_rate(&self, requests: u64) {
        self.world.state().bucket = Some(Bucket { limit: requests, remaining: requests });
    }
}

impl Deref for Jira {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}
