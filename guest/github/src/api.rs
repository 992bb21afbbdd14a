//! The only place that sends: GitHub's API with the headers that every request carries.

use jackfield_guest::{Failure, Request, Response, Secret, Settings, host, secrets, send_all};
use serde::Deserialize;

use crate::diagnose::{self, About, Context};
use crate::organization;
use crate::site::Site;
use crate::token::Kind;

/// The manifest's settings.
#[derive(Deserialize)]
struct Values {
    api_url: String,
    #[serde(default)]
    organization: Option<String>,
}

/// GitHub's API as this connection reaches it.
pub(crate) struct Api {
    pub(crate) site: Site,
    pub(crate) kind: Kind,
    pub(crate) token: Secret,
    /// The organization that the person named, by its login.
    pub(crate) organization: Option<String>,
}

/// What a request that names an entity tag was answered with.
pub(crate) enum Answered {
    /// A success with a body.
    Anew(Response),
    /// Headers alone: what is known still holds.
    Unchanged(Response),
}

impl Api {
    /// The API that the settings name, with the connection's token.
    ///
    /// # Errors
    ///
    /// An invalid input where a setting is wrong, and where the connection has no token: asked
    /// anonymously, GitHub would answer, and nobody could tell.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Failure> {
        let values: Values = settings.parse()?;
        let site = Site::at(&values.api_url);
        let organization = values
            .organization
            .filter(|text| !text.trim().is_empty())
            .map(|text| organization::parse(&text, &site, "/settings/organization"))
            .transpose()?;
        let token = secrets::require("token")?;
        let kind = Kind::named(token.kind().as_deref());
        Ok(Self { site, kind, token, organization })
    }

    /// The successful answer to a request.
    ///
    /// # Errors
    ///
    /// What the refusal means, or the host's failure where no answer was obtained.
    pub(crate) fn ask(&self, request: Request<'_>, about: About<'_>) -> Result<Response, Failure> {
        self.judge(dressed(request).auth(&self.token).send()?, about)
    }

    /// The successful answer to a request, or that nothing has changed since the answer that had this
    /// entity tag (RFC 9110, section 13.1.2).
    ///
    /// # Errors
    ///
    /// As [`Api::ask`].
    pub(crate) fn ask_unless(
        &self,
        request: Request<'_>,
        etag: Option<&str>,
        about: About<'_>,
    ) -> Result<Answered, Failure> {
        let Some(etag) = etag else { return self.ask(request, about).map(Answered::Anew) };
        let request = dressed(request).header("if-none-match", etag);
        let response = request.auth(&self.token).send()?;
        if response.status == 304 && !response.is_web_page() {
            let failure = diagnose::anonymous(&response, &self.context(about));
            return failure.map_or(Ok(Answered::Unchanged(response)), Err);
        }
        self.judge(response, about).map(Answered::Anew)
    }

    /// The answers to independent requests, whatever they are, in the order of the requests. Each is
    /// yet to be judged.
    pub(crate) fn ask_all<'a>(
        &self,
        requests: impl IntoIterator<Item = Request<'a>>,
    ) -> Vec<Result<Response, Failure>> {
        send_all(requests.into_iter().map(dressed), Some(&self.token))
    }

    /// The answer, if it is a success that the token obtained.
    ///
    /// # Errors
    ///
    /// What the refusal means.
    pub(crate) fn judge(&self, response: Response, about: About<'_>) -> Result<Response, Failure> {
        let context = self.context(about);
        if response.status == 200 && !response.is_web_page() {
            diagnose::anonymous(&response, &context).map_or(Ok(response), Err)
        } else {
            Err(diagnose::diagnose(&response, &context))
        }
    }

    fn context<'a>(&'a self, about: About<'a>) -> Context<'a> {
        Context {
            site: &self.site,
            kind: self.kind,
            expires_at: self.token.expires_at(),
            now: host::now(),
            about,
        }
    }
}

/// With what every request says: the form and the version that it speaks, and who it is.
fn dressed(request: Request<'_>) -> Request<'_> {
    request
        .header("accept", "application/vnd.github+json")
        .header("x-github-api-version", "2022-11-28")
        .header("user-agent", concat!("jackfield-github/", env!("CARGO_PKG_VERSION")))
}
