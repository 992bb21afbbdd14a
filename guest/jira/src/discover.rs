//! Which Jira it is, and by which route the credential works.
//!
//! 1. What cannot be is told before anything is sent: a personal access token for
//!    `*.atlassian.net`, say.
//! 2. Unless the name says that it is Cloud, `serverInfo` is asked without a credential. It answers
//!    anybody, so it tells the deployment and never whether a credential is good.
//! 3. Data Center: `myself`, once. A second attempt with a bad credential would lead to a CAPTCHA.
//! 4. Cloud: `myself` by the route that worked last, or at the site; where that refuses the
//!    credential, by the other. A token without scopes works at the site, one with scopes at the
//!    gateway, and nothing in the token tells them apart. The gateway needs the cloud id, which
//!    `_edge/tenant_info` tells anybody.
//!
//! So a site that was renamed, a cloud id that changed and a token of the other kind heal at the
//! next check. Where every route refuses, the failure told is that of a missing scope, if there is
//! one: then the token is good; else one that will pass by itself; else the first.

use jackfield_guest::{Cause, Failure, Request};

use crate::api::{Api, prepared};
use crate::diagnose::{About, local};
use crate::settings::{Deployment, Method, Route, Setup, is_cloud_id};
use crate::wire::{self, Myself, ServerInfo};

/// A Jira that accepts the credential, and whose it is.
pub(crate) struct Reached<'a> {
    pub(crate) api: Api<'a>,
    pub(crate) myself: Myself,
}

/// The Jira of this connection.
///
/// # Errors
///
/// What cannot be, or what the refusal means.
pub(crate) fn reach(setup: &Setup) -> Result<Reached<'_>, Failure> {
    if setup.site.is_cloud_by_name() || setup.site.is_no_jira() {
        suits(setup, Deployment::Cloud)?;
        return cloud(setup);
    }
    let info = probe(setup)?;
    let deployment = if info.is_cloud() { Deployment::Cloud } else { Deployment::DataCenter };
    suits(setup, deployment)?;
    match deployment {
        Deployment::Cloud => cloud(setup),
        Deployment::DataCenter => {
            let api = Api { setup, deployment, route: Route::Site, version: info.version };
            api.myself().map(|myself| Reached { api, myself })
        }
    }
}

/// Whether address and credential go together, in a Jira of this deployment.
pub(crate) fn suits(setup: &Setup, deployment: Deployment) -> Result<(), Failure> {
    let site = &setup.site;
    match (deployment, setup.method) {
        _ if site.is_no_jira() => Err(local::no_jira(site)),
        (Deployment::Cloud, Method::PersonalAccessToken) => Err(local::token_on_cloud(site)),
        (Deployment::Cloud, Method::Password) => Err(local::password_on_cloud(site)),
        (Deployment::Cloud, Method::ApiToken) if site.is_plain() => Err(local::http_on_cloud()),
        (Deployment::DataCenter, Method::ApiToken) => Err(local::api_token_on_data_center(site)),
        _ => Ok(()),
    }
}

/// What the server says of itself to anybody. Where it says nothing of use, a credential of Data
/// Center is tried all the same: some servers tell nobody anything. An API token is not; Cloud
/// tells everybody.
fn probe(setup: &Setup) -> Result<ServerInfo, Failure> {
    let request = Request::get("site").segments(["rest", "api", "2", "serverInfo"]);
    let response = prepared(request).send()?;
    if let Some(info) = ServerInfo::read(&response) {
        return Ok(info);
    }
    let passing = response.status == 429 || response.status >= 500;
    let closed = matches!(response.status, 401 | 403) && !response.is_web_page();
    if passing || (setup.method == Method::ApiToken && !closed) {
        return Err(anonymously(setup).diagnose(&response, About::Server));
    }
    Ok(ServerInfo::default())
}

/// The site, as it is asked without a credential.
fn anonymously(setup: &Setup) -> Api<'_> {
    Api { setup, deployment: Deployment::Cloud, route: Route::Site, version: None }
}

fn cloud(setup: &Setup) -> Result<Reached<'_>, Failure> {
    let first = setup.route().unwrap_or(Route::Site);
    let mut refusals = match attempt(setup, first.clone()) {
        Ok(reached) => return Ok(reached),
        Err(failure) => Refusals { first: failure, others: Vec::new() },
    };
    if matches!(first, Route::Gateway(_)) && refusals.leave_open() {
        match attempt(setup, Route::Site) {
            Ok(reached) => return Ok(reached),
            Err(failure) => refusals.add("site", failure),
        }
    }
    if setup.may_use_gateway() && refusals.leave_open() {
        match tenant(setup) {
            Ok(id) if Route::Gateway(id.clone()) == first => {}
            Ok(id) => match attempt(setup, Route::Gateway(id)) {
                Ok(reached) => return Ok(reached),
                Err(failure) => refusals.add("gateway", failure),
            },
            Err(failure) => refusals.add("cloud-id", failure),
        }
    }
    Err(refusals.telling())
}

fn attempt(setup: &Setup, route: Route) -> Result<Reached<'_>, Failure> {
    let api = Api { setup, deployment: Deployment::Cloud, route, version: None };
    api.myself().map(|myself| Reached { api, myself })
}

/// The cloud id of the site, which it tells anybody.
fn tenant(setup: &Setup) -> Result<String, Failure> {
    let request = Request::get("site").segments(["_edge", "tenant_info"]);
    let response = prepared(request).send()?;
    match wire::cloud_id(&response).filter(|id| is_cloud_id(id)) {
        Some(id) => Ok(id),
        None => Err(anonymously(setup).diagnose(&response, About::Server)),
    }
}

/// What the routes that were tried said.
struct Refusals {
    first: Failure,
    others: Vec<(&'static str, Failure)>,
}

impl Refusals {
    fn add(&mut self, route: &'static str, failure: Failure) {
        self.others.push((route, failure));
    }

    fn all(&self) -> impl Iterator<Item = &Failure> {
        std::iter::once(&self.first).chain(self.others.iter().map(|(_, failure)| failure))
    }

    /// Whether another route may be the right one: so far, all refused the credential and nothing
    /// else.
    fn leave_open(&self) -> bool {
        self.all().all(refuses_the_credential)
    }

    /// The failure that says most.
    fn telling(self) -> Failure {
        let lacks_scope = |failure: &&Failure| failure.code == "scope-missing";
        let told = self.all().find(lacks_scope).or_else(|| self.all().find(|one| passes(one)));
        let told = told.unwrap_or(&self.first).clone();
        self.others.iter().fold(told, |told, (route, failure)| {
            let said = if failure.code.is_empty() { &failure.message } else { &failure.code };
            told.evidence(&format!("also_tried_{}", route.replace('-', "_")), said)
        })
    }
}

/// Whether a token of the other kind would be refused like this.
fn refuses_the_credential(failure: &Failure) -> bool {
    matches!(
        failure.cause,
        Cause::CredentialRejected
            | Cause::CredentialExpired(_)
            | Cause::PermissionMissing(_)
            | Cause::NotFound
    )
}

/// Whether it says nothing of the credential, and will pass.
fn passes(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::RateLimited | Cause::Unreachable | Cause::Timeout)
}
