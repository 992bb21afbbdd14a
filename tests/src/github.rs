//! GitHub's REST API, as much of it as connectors meet.
//!
//! | module | what it knows |
//! |---|---|
//! | `routes` | the paths, and what is checked before them |
//! | `account` | tokens: whose they are, their scopes, their permissions |
//! | `policy` | what organizations forbid |
//! | `organizations`, `world` | what exists |
//! | `issues`, `pulls`, `commits` | the lists of a repository |
//! | `shapes` | GitHub's JSON of the rest |
//! | `answer` | the headers of every answer |
//! | `faults` | GitHub's refusals, to be had when a test wants them |
//!
//! Sources: the exchanges recorded of GitHub, and its documentation, read in November 2026.

mod account;
mod answer;
mod commits;
mod faults;
mod issues;
mod organizations;
mod policy;
mod pulls;
mod routes;
mod shapes;
#[cfg(test)]
mod tests;
mod world;

use std::ops::Deref;
use std::sync::Arc;

pub use account::{Account, Standing};
pub use commits::commit_time;
pub use issues::issue_times;
pub use policy::Policy;

use crate::peer::{Certificate, Peer};
use world::{Repository, World};

/// A simulated GitHub.
///
/// It knows two organizations and their repositories from the start, each with three issues and three
/// commits on the branch `main`:
///
/// | repository | |
/// |---|---|
/// | `octo-org/hello-world` | public |
/// | `octo-org/secret-plans` | private |
/// | `octo-org/old-name` | renamed to `octo-org/new-name`, public |
/// | `sso-org/engine` | private, behind single sign-on |
///
/// The same API stands below `/api/v3`, as GitHub Enterprise Server has it: with its version header,
/// without rate limits.
///
/// Every list has an entity tag, and answers 304 where that is sent back, which does not count against
/// the limit. What a name that ends in `-org` owns belongs to an organization.
///
/// Accounts are added by the test ([`GitHub::add`]). A token that belongs to none is rejected as bad
/// credentials; requests without a token are served as GitHub serves them, at 60 an hour.
pub struct GitHub {
    peer: Peer,
    world: Arc<World>,
}

impl GitHub {
    /// Over plain HTTP, at `http://127.0.0.1:PORT`.
    pub fn start() -> Self {
        Self::with(None)
    }

    /// With TLS, at `https://localhost:PORT`; also valid for every name under `example.com`.
    pub fn start_tls() -> Self {
        Self::with(Some(Certificate::Valid))
    }

    /// With a certificate that may be wrong.
    pub fn start_tls_with(certificate: Certificate) -> Self {
        Self::with(Some(certificate))
    }

    fn with(certificate: Option<Certificate>) -> Self {
        let world = Arc::new(World::new());
        let shared = Arc::clone(&world);
        let peer = Peer::start(certificate, move |origin| routes::api(origin, shared));
        Self { peer, world }
    }

    /// What a connection's setting `api_url` is for github.com's shape of the API.
    pub fn api_url(&self) -> String {
        self.origin().to_owned()
    }

    /// What a connection's setting `api_url` is for Enterprise Server's shape of the API.
    pub fn enterprise_url(&self) -> String {
        self.url("/api/v3")
    }

    /// Lets an account exist, and returns its token.
    pub fn add(&self, account: Account) -> String {
        let token = account.token().to_owned();
        self.world.add_account(account);
        token
    }

    /// Lets a repository exist, with so many issues, of about 4.5 KB each. Every seventh is a pull
    /// request, every fifth is closed; [`issue_times`] says when each was created and changed.
    pub fn add_repository(&self, owner: &str, name: &str, private: bool, issues: usize) {
        self.world.add_repository(Repository::new(owner, name, private, issues));
    }

    /// Lets a repository exist that has neither issues nor commits.
    pub fn add_empty_repository(&self, owner: &str, name: &str, private: bool) {
        self.world.add_repository(Repository::empty(owner, name, private));
    }

    /// Commits to a branch at that time, in seconds since the Unix epoch, and returns the commit's
    /// name. A branch that does not exist begins where `main` is.
    ///
    /// # Panics
    ///
    /// Where the repository does not exist.
    pub fn add_commit(&self, owner: &str, name: &str, branch: &str, seconds: i64) -> String {
        self.world.add_commit(owner, name, branch, seconds)
    }

    /// Lets somebody belong to an organization, for all to see or not. The accounts of its members
    /// belong to it without this, concealed.
    pub fn add_member(&self, organization: &str, login: &str, public: bool) {
        self.world.admit(organization, login, public);
    }

    /// Lets an organization forbid something from now on.
    pub fn set_policy(&self, organization: &str, policy: Policy) {
        self.world.set_policy(organization, policy);
    }

    /// Leaves the version out of the headers of Enterprise Server's answers; `/meta` still tells it.
    pub fn hide_version(&self) {
        self.world.hide_version();
    }

    /// Names this origin in links from now on, as a server does that has a public name and is reached by
    /// another one.
    pub fn set_public_origin(&self, origin: &str) {
        self.world.set_public_origin(origin);
    }

    /// Changes an issue, which may be a pull request, at that time, in seconds since the Unix epoch.
    ///
    /// # Panics
    ///
    /// Where the repository or the issue does not exist.
    pub fn touch_issue(&self, owner: &str, name: &str, number: usize, seconds: i64) {
        self.world.touch_issue(owner, name, number, seconds);
    }

    /// Sets how many requests the account of that token has left in the present hour.
    ///
    /// # Panics
    ///
    /// Where the token belongs to no account.
    pub fn set_remaining(&self, token: &str, remaining: u64) {
        self.world.set_remaining(token, remaining);
    }
}

impl Deref for GitHub {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}
