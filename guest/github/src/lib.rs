//! The GitHub connector: what `check` and the streams ask, in which order, and what the answers mean.
//!
//! | module | what it knows |
//! |---|---|
//! | `site` | which GitHub an API address leads to, and where its pages for people are |
//! | `wire` | GitHub's JSON and its dates |
//! | `diagnose` | what a refusal means: a pure function of the answer, table by table |
//! | `scopes` | which scope includes which, and what the streams need |
//! | `check` | whether the token works, whose it is, what it may do |
//! | `read`, `cursor` | pages of a stream, and where the next one goes on |
//!
//! Only `api` sends. Provider facts were read in GitHub's documentation and in recorded exchanges
//! in November 2026.

use jackfield_guest::{Connector, Failure, Page, ReadRequest, Report, Settings};

use crate::api::Api;

mod api;
mod check;
mod cursor;
mod diagnose;
mod read;
mod repository;
mod scopes;
mod site;
mod token;
mod wire;

/// The connector of GitHub, GitHub Enterprise Cloud and GitHub Enterprise Server.
pub struct GitHub;

jackfield_guest::export!(GitHub);

impl Connector for GitHub {
    const MANIFEST: &'static str = include_str!("manifest.json");

    fn check(settings: Settings) -> Result<Report, Failure> {
        check::check(&Api::open(&settings)?)
    }

    fn read(settings: Settings, request: ReadRequest) -> Result<Page, Failure> {
        let api = Api::open(&settings)?;
        match request.stream.as_str() {
            "repositories" => read::repositories(&api, &request),
            "issues" => read::issues(&api, &request),
            other => Err(Failure::unsupported(&format!("read the stream `{other}`"))),
        }
    }
}
