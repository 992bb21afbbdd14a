//! The Jira connector: what `check` and the streams ask, in which order, and what the answers mean.
//!
//! | module | what it knows |
//! |---|---|
//! | `site` | what the configured address is, and where its pages for people are |
//! | `settings` | the manifest's settings, what earlier checks found out, which secret is used |
//! | `api` | how a request to this Jira looks; the only module that sends |
//! | `wire` | Jira's JSON and its dates |
//! | `identity` | whether an answer was given to the account or to anybody |
//! | `diagnose` | what a refusal means: a pure function of the answer, table by table |
//! | `discover` | which Jira it is, and by which route the token works |
//! | `check` | whether the credential works, whose it is, what it may do |
//! | `query`, `cursor`, `read` | JQL, pages of a stream, and where the next one goes on |
//!
//! Two Jiras share little but their name:
//!
//! | | Cloud | Data Center |
//! |---|---|---|
//! | address | `https://SITE.atlassian.net`, or `https://api.atlassian.com/ex/jira/CLOUD-ID` for tokens with scopes | `https://HOST[:PORT][/CONTEXT]` |
//! | credential | Basic, e-mail and API token | Bearer, or Basic with a password |
//! | API | `/rest/api/3` | `/rest/api/2` |
//! | people | `accountId` | `key`, `name` |
//! | search | `search/jql`, by page token | `search`, by offset |
//!
//! Provider facts were read in Atlassian's documentation, in public bug reports and in recorded
//! exchanges in November 2026.

use jackfield_guest::{Connector, Failure, Page, ReadRequest, Report, Settings};

use crate::api::Api;

mod api;
mod check;
mod cursor;
mod diagnose;
mod discover;
mod identity;
mod query;
mod read;
mod settings;
mod site;
mod wire;

/// The connector of Jira Cloud and Jira Data Center.
pub struct Jira;

jackfield_guest::export!(Jira);

impl Connector for Jira {
    const MANIFEST: &'static str = include_str!("manifest.json");

    fn check(settings: Settings) -> Result<Report, Failure> {
        check::check(&settings::Setup::read(&settings)?)
    }

    fn read(settings: Settings, request: ReadRequest) -> Result<Page, Failure> {
        let setup = settings::Setup::read(&settings)?;
        let api = Api::known(&setup)?;
        match request.stream.as_str() {
            "projects" => read::projects(&api, &request),
            "issues" => read::issues(&api, &request),
            "users" => read::users(&api, &request),
            other => Err(Failure::unsupported(&format!("read the stream `{other}`"))),
        }
    }
}

#[cfg(test)]
mod manifest;
