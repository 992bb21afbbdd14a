//! The only place that sends: GitHub's API with the headers that every request carries.

use jackfield_guest::{Failure, Request, Response, Secret, Settings, host, secrets};
use serde::Deserialize;

use crate::diagnose::{self, Context};
use crate::site::Site;
use crate::token::Kind;

/// The manifest's settings.
#[derive(Deserialize)]
struct Values {
    api_url: String,
}

/// GitHub's API as this connection reaches it.
pub(crate) struct Api {
    pub(crate) site: Site,
    pub(crate) kind: Kind,
    pub(crate) token: Secret,
}

impl Api {
    /// The API that the settings name, with the connection's token.
    ///
    /// # Errors
    ///
    /// An invalid input where the connection has no token: asked anonymously, GitHub would answer,
    /// and nobody could tell.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Failure> {
        let values: Values = settings.parse()?;
        let token = secrets::require("token")?;
        let kind = Kind::named(token.kind().as_deref());
        Ok(Self { site: Site::at(&values.api_url), kind, token })
    }

    /// The successful answer to a request; `about` is the repository that it is about.
    ///
    /// # Errors
    ///
    /// What the refusal means, or the host's failure where no answer was obtained.
    pub(crate) fn ask(
        &self,
        request: Request<'_>,
        about: Option<&str>,
    ) -> Result<Response, Failure> {
        let response = self.prepare(request).send()?;
        if response.status == 200 && !response.is_web_page() {
            diagnose::anonymous(&response, &self.context(about)).map_or(Ok(response), Err)
        } else {
            Err(diagnose::diagnose(&response, &self.context(about)))
        }
    }

    fn prepare<'a>(&'a self, request: Request<'a>) -> Request<'a> {
        request
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28")
            .header("user-agent", concat!("jackfield-github/", env!("CARGO_PKG_VERSION")))
            .auth(&self.token)
    }

    fn context<'a>(&'a self, about: Option<&'a str>) -> Context<'a> {
        Context {
            site: &self.site,
            kind: self.kind,
            expires_at: self.token.expires_at(),
            now: host::now(),
            repository: about,
        }
    }
}
