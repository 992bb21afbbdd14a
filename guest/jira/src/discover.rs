//! Which Jira it is, and by which route the credential works.
//!
//! 1. What cannot be is told before anything is sent: a personal access token for
//!    `*.atlassian.net`, say.
//! 2. Unless the name says that it is Cloud, `serverInfo` is asked without a credential, at each reading
//!    of the address until one is a Jira's. It answers anybody, so it tells the deployment and never
//!    whether a credential is good. It is a side question: where it fails, a credential of Data Center is
//!    tried all the same, and its answer decides.
//! 3. Data Center: `myself`, once. A second attempt with a bad credential would lead to a CAPTCHA.
//! 4. Cloud: `myself` by the route that worked last, or at the site; where that refuses the
//!    credential, by the other. A token without scopes works at the site, one with scopes at the
//!    gateway, and nothing in the token tells them apart. The gateway needs the cloud id, which
//!    `_edge/tenant_info` tells anybody.
//!
//! So a site that was renamed, a cloud id that changed and a token of the other kind heal at the
//! next check. Where every route refuses, the failure told is that of a missing scope, if there is
//! one: then the token is good; else the first. Where another route could not be tried to its end, the
//! failure says so, because the token may be right for that one.

use jackfield_guest::{Cause, Failure, Request, Response, Retry};

use crate::api::{Api, prepared};
use crate::diagnose::{About, elsewhere, local};
use crate::settings::{Deployment, Method, Route, Setup, is_cloud_id};
use crate::site::Site;
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
    let site = &setup.site;
    if site.is_cloud_by_name() || site.is_no_jira() {
        suits(setup, site, Deployment::Cloud)?;
        return cloud(setup, site);
    }
    match probe(setup)? {
        Probed::Jira(site, info) => {
            let cloud = info.is_cloud();
            let deployment = if cloud { Deployment::Cloud } else { Deployment::DataCenter };
            suits(setup, &site, deployment)?;
            match deployment {
                Deployment::Cloud => self::cloud(setup, &site),
                Deployment::DataCenter => server(setup, &site, info.version),
            }
        }
        Probed::Silent(answers) => silent(setup, answers),
    }
}

/// Whether address and credential go together, in a Jira of this deployment.
pub(crate) fn suits(setup: &Setup, site: &Site, deployment: Deployment) -> Result<(), Failure> {
    match (deployment, setup.method) {
        _ if site.is_no_jira() => Err(local::no_jira(site)),
        (Deployment::Cloud, Method::PersonalAccessToken) => Err(local::token_on_cloud(site)),
        (Deployment::Cloud, Method::Password) => Err(local::password_on_cloud(site)),
        (Deployment::Cloud, Method::ApiToken) if site.is_plain() => Err(local::http_on_cloud()),
        (Deployment::DataCenter, Method::ApiToken) => Err(local::api_token_on_data_center(site)),
        _ => Ok(()),
    }
}

/// What the server says of itself to anybody.
enum Probed {
    /// A Jira answers at this reading of the address.
    Jira(Site, ServerInfo),
    /// None does; what came instead at each reading.
    Silent(Vec<(Site, Result<Response, Failure>)>),
}

/// # Errors
///
/// The host's failure where the server cannot be reached at all, and a rate limit.
fn probe(setup: &Setup) -> Result<Probed, Failure> {
    let mut answers = Vec::new();
    for site in setup.site.readings() {
        let request = Request::get("site").segments(site.context().to_vec());
        let answer = prepared(request.segments(["rest", "api", "2", "serverInfo"])).send();
        match &answer {
            Err(failure) if !could_not_be_taken(failure) => return Err(failure.clone()),
            Ok(response) if response.status == 429 => {
                return Err(anonymously(setup, &site).diagnose(response, About::Server));
            }
            Ok(response) => {
                if let Some(info) = ServerInfo::read(response) {
                    return Ok(Probed::Jira(site, info));
                }
            }
            Err(_) => {}
        }
        answers.push((site, answer));
    }
    Ok(Probed::Silent(answers))
}

/// Whether a response came that only the host could not take, so that the server can be asked more.
fn could_not_be_taken(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::TooLarge | Cause::Protocol)
}

/// A server that tells nobody what it is. A credential of Data Center is tried all the same: some
/// servers tell nobody anything. An API token is not, unless an earlier check has found Cloud there:
/// Cloud tells everybody.
fn silent(
    setup: &Setup,
    answers: Vec<(Site, Result<Response, Failure>)>,
) -> Result<Reached<'_>, Failure> {
    let closed =
        |response: &Response| matches!(response.status, 401 | 403) && !response.is_web_page();
    if setup.method != Method::ApiToken {
        let sites = answers.into_iter().map(|(site, _)| site);
        return tried(sites.map(|site| (site.clone(), server(setup, &site, None))));
    }
    if setup.deployment() == Some(Deployment::Cloud) {
        return cloud(setup, &setup.site);
    }
    if let Some((site, _)) = answers.iter().find(|(_, answer)| answer.as_ref().is_ok_and(closed)) {
        return Err(local::api_token_on_data_center(site));
    }
    tried(answers.into_iter().map(|(site, answer)| {
        let failure = match answer {
            Ok(response) => anonymously(setup, &site).diagnose(&response, About::Server),
            Err(failure) => failure,
        };
        (site, Err(failure))
    }))
}

/// The first attempt that succeeded or was refused by a Jira; the failure that no Jira is at any of the
/// places where nothing of a Jira answered.
fn tried<'a>(
    attempts: impl Iterator<Item = (Site, Result<Reached<'a>, Failure>)>,
) -> Result<Reached<'a>, Failure> {
    let mut nothing = Vec::new();
    for (site, attempt) in attempts {
        match attempt {
            Err(failure) if elsewhere(&failure) => nothing.push((site, failure)),
            decided => return decided,
        }
    }
    Err(local::no_jira_at(nothing))
}

/// The site, as it is asked without a credential.
fn anonymously<'a>(setup: &'a Setup, site: &Site) -> Api<'a> {
    let (site, deployment) = (site.clone(), Deployment::Cloud);
    Api { setup, site, deployment, route: Route::Site, version: None }
}

/// A Data Center.
fn server<'a>(
    setup: &'a Setup,
    site: &Site,
    version: Option<String>,
) -> Result<Reached<'a>, Failure> {
    let (site, deployment) = (site.clone(), Deployment::DataCenter);
    let api = Api { setup, site, deployment, route: Route::Site, version };
    api.myself().map(|myself| Reached { api, myself })
}

fn cloud<'a>(setup: &'a Setup, site: &Site) -> Result<Reached<'a>, Failure> {
    let first = setup.route().unwrap_or(Route::Site);
    let mut refusals = match attempt(setup, site, first.clone()) {
        Ok(reached) => return Ok(reached),
        Err(failure) => Refusals { first: failure, others: Vec::new() },
    };
    if matches!(first, Route::Gateway(_)) && refusals.leave_open() {
        match attempt(setup, site, Route::Site) {
            Ok(reached) => return Ok(reached),
            Err(failure) => refusals.add(Other::Site, failure),
        }
    }
    if setup.may_use_gateway() && refusals.leave_open() {
        match tenant(setup, site) {
            Ok(id) if Route::Gateway(id.clone()) == first => {}
            Ok(id) => match attempt(setup, site, Route::Gateway(id)) {
                Ok(reached) => return Ok(reached),
                Err(failure) => refusals.add(Other::Gateway, failure),
            },
            Err(failure) => refusals.add(Other::CloudId, failure),
        }
    }
    Err(refusals.telling())
}

fn attempt<'a>(setup: &'a Setup, site: &Site, route: Route) -> Result<Reached<'a>, Failure> {
    let api =
        Api { setup, site: site.clone(), deployment: Deployment::Cloud, route, version: None };
    api.myself().map(|myself| Reached { api, myself })
}

/// The cloud id of the site, which it tells anybody.
fn tenant(setup: &Setup, site: &Site) -> Result<String, Failure> {
    let request = Request::get("site").segments(site.context().to_vec());
    let response = prepared(request.segments(["_edge", "tenant_info"])).send()?;
    match wire::cloud_id(&response).filter(|id| is_cloud_id(id)) {
        Some(id) => Ok(id),
        None => Err(anonymously(setup, site).diagnose(&response, About::Server)),
    }
}

/// What was tried after the first route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Other {
    Site,
    Gateway,
    /// The cloud id, without which the gateway cannot be asked.
    CloudId,
}

impl Other {
    fn name(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Gateway => "gateway",
            Self::CloudId => "cloud_id",
        }
    }
}

/// What the routes that were tried said.
struct Refusals {
    first: Failure,
    others: Vec<(Other, Failure)>,
}

impl Refusals {
    fn add(&mut self, other: Other, failure: Failure) {
        self.others.push((other, failure));
    }

    fn all(&self) -> impl Iterator<Item = &Failure> {
        std::iter::once(&self.first).chain(self.others.iter().map(|(_, failure)| failure))
    }

    /// Whether another route may be the right one: so far, all refused the credential and nothing
    /// else.
    fn leave_open(&self) -> bool {
        self.all().all(refuses_the_credential)
    }

    /// The failure that says most, with the others as evidence.
    fn telling(self) -> Failure {
        let lacks_scope = self.all().find(|failure| failure.code == "scope-missing");
        let told = match lacks_scope {
            Some(failure) => failure.clone(),
            None => self.undecided(self.first.clone()),
        };
        self.others.iter().fold(told, |told, (other, failure)| {
            let said = if failure.code.is_empty() { &failure.message } else { &failure.code };
            told.evidence(&format!("also_tried_{}", other.name()), said)
        })
    }

    /// With the route that could not be tried to its end, if there is one.
    fn undecided(&self, told: Failure) -> Failure {
        let open = self.others.iter().find(|(_, failure)| !refuses_the_credential(failure));
        let Some((other, failure)) = open else { return told };
        let told = match other {
            Other::Site => local::site_not_asked(told, failure),
            Other::Gateway | Other::CloudId => local::gateway_not_asked(told, failure),
        };
        // What will pass may show that the credential is good.
        match failure.retry {
            retry @ (Retry::After(_) | Retry::Backoff) if passes(failure) => told.retry(retry),
            _ => told,
        }
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

/// Whether the server itself said that it cannot answer for a while.
fn passes(failure: &Failure) -> bool {
    let answered = failure.evidence.iter().any(|field| field.name == "status");
    answered && matches!(failure.cause, Cause::RateLimited | Cause::Unreachable)
}
