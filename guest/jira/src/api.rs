//! The only place that sends: requests to this Jira, with the headers that every one carries.
//!
//! An answer with status 200 is a success only where it was given to the account. Where its headers
//! do not say (see `identity`), `myself` is asked with the same credential, and must name an
//! account.

use jackfield_guest::{Failure, Method, Request, Response};

use crate::diagnose::{self, About, Context, local};
use crate::discover;
use crate::identity::{self, Seen};
use crate::settings::{self, Deployment, Route, Setup};
use crate::site::Site;
use crate::wire::{self, Myself};

/// A Jira as a connection reaches it.
pub(crate) struct Api<'a> {
    pub(crate) setup: &'a Setup,
    /// The reading of the setup's address at which it is reached.
    pub(crate) site: Site,
    pub(crate) deployment: Deployment,
    pub(crate) route: Route,
    /// Of a Data Center, where it is known.
    pub(crate) version: Option<String>,
}

impl<'a> Api<'a> {
    /// The Jira that the last check found, or that the settings alone suggest.
    ///
    /// # Errors
    ///
    /// An invalid input where address and credential do not go together.
    pub(crate) fn known(setup: &'a Setup) -> Result<Self, Failure> {
        let suggested = match setup.method {
            settings::Method::ApiToken => Deployment::Cloud,
            settings::Method::PersonalAccessToken | settings::Method::Password => {
                Deployment::DataCenter
            }
        };
        let deployment = setup.deployment().unwrap_or(suggested);
        let site = setup.site.clone();
        discover::suits(setup, &site, deployment)?;
        let route = setup.route().unwrap_or(Route::Site);
        Ok(Self { setup, site, deployment, route, version: setup.found.server_version.clone() })
    }

    /// A request below `/rest/api/N`.
    pub(crate) fn get(&self, path: &[&str]) -> Request<'a> {
        self.request(Method::Get, path)
    }

    /// A request below `/rest/api/N` whose body asks a question that is too long for a URL. It changes
    /// nothing.
    pub(crate) fn post(&self, path: &[&str]) -> Request<'a> {
        // Jira's XSRF check refuses a POST that it takes for a browser's without this header.
        self.request(Method::Post, path).header("x-atlassian-token", "no-check")
    }

    fn request(&self, method: Method, path: &[&str]) -> Request<'a> {
        let api = ["rest", "api", self.deployment.api()];
        let request = match &self.route {
            Route::Site => Request::new(method, "site").segments(self.site.context().to_vec()),
            Route::Gateway(id) => Request::new(method, "gateway").segments([id.as_str()]),
        };
        prepared(request.segments(api).segments(path.iter().copied())).auth(&self.setup.secret)
    }

    /// The successful answer to a request, given to the account.
    ///
    /// # Errors
    ///
    /// What the refusal means, or the host's failure where no answer was obtained.
    pub(crate) fn ask(&self, request: Request<'_>, about: About<'_>) -> Result<Response, Failure> {
        self.proven(request.send()?, about)
    }

    /// The response, if it is a success that was given to the account.
    ///
    /// # Errors
    ///
    /// As [`Api::ask`]. Where only `myself` can prove it and fails, the failure is that of `myself`,
    /// with the status of this response as evidence: records of which nobody knows for whom they were
    /// chosen are no page.
    pub(crate) fn proven(&self, response: Response, about: About<'_>) -> Result<Response, Failure> {
        let response = self.accepted(response, about)?;
        if identity::seen(&response) == Seen::Unsaid {
            let status = response.status.to_string();
            self.myself().map_err(|failure| failure.evidence("unproven_response", &status))?;
        }
        Ok(response)
    }

    /// The account of the credential.
    ///
    /// # Errors
    ///
    /// As [`Api::ask`], and a protocol failure where the answer names no account.
    pub(crate) fn myself(&self) -> Result<Myself, Failure> {
        let response = self.send(self.get(&["myself"]), About::Account)?;
        let myself: Myself = self.read(&response, response.json())?;
        match myself.id(self.deployment) {
            Some(_) => Ok(myself),
            None => self
                .read(&response, Err(local::no_account().based_on(&response, &["content-type"]))),
        }
    }

    /// The answer with status 200 that was not given to anybody.
    pub(crate) fn send(&self, request: Request<'_>, about: About<'_>) -> Result<Response, Failure> {
        self.accepted(request.send()?, about)
    }

    fn accepted(&self, response: Response, about: About<'_>) -> Result<Response, Failure> {
        let good = response.status == 200
            && !response.is_web_page()
            && identity::seen(&response) != Seen::Anybody;
        if good { Ok(response) } else { Err(self.diagnose(&response, about)) }
    }

    /// What an answer means that is no success.
    pub(crate) fn diagnose(&self, response: &Response, about: About<'_>) -> Failure {
        diagnose::diagnose(
            response,
            &Context {
                site: &self.site,
                route: &self.route,
                method: self.setup.method,
                end: self.setup.end,
                version: self.version.as_deref().and_then(wire::version),
                now: self.setup.now,
                about,
            },
        )
    }

    /// What was read of an answer; a failure of it with the ids by which the answer is found again.
    pub(crate) fn read<T>(
        &self,
        response: &Response,
        read: Result<T, Failure>,
    ) -> Result<T, Failure> {
        read.map_err(|failure| diagnose::traced(failure, response))
    }
}

impl Myself {
    /// Stable in its Jira; `None` where the answer names no account.
    pub(crate) fn id(&self, deployment: Deployment) -> Option<&str> {
        let ids = match deployment {
            Deployment::Cloud => [self.account_id.as_deref(), None],
            Deployment::DataCenter => [self.key.as_deref(), self.name.as_deref()],
        };
        let named = |id: &&str| !id.trim().is_empty() && !id.eq_ignore_ascii_case("anonymous");
        ids.into_iter().flatten().find(named)
    }
}

/// With what every request says. Messages are told apart by their English words, and Jira answers
/// in the language of the account unless it is made not to.
pub(crate) fn prepared(request: Request<'_>) -> Request<'_> {
    request
        .header("accept", "application/json")
        .header("accept-language", "en")
        .header("x-force-accept-language", "true")
        .header("user-agent", concat!("jackfield-jira/", env!("CARGO_PKG_VERSION")))
}
