//! The GitHub connector: what `check` and the streams ask, in which order, and what the answers mean.
//!
//! | module | what it knows |
//! |---|---|
//! | `site` | which GitHub an API address leads to, and where its pages for people are |
//! | `wire` | GitHub's JSON and its dates |
//! | `address`, `repository`, `organization` | what people paste where a name is asked for |
//! | `token` | the kinds of tokens |
//! | `diagnose` | what a refusal means: a pure function of the answer, table by table |
//! | `advice` | a row of that table as a failure or a warning of one site |
//! | `scopes` | which scope includes which, and what the streams need |
//! | `check` | whether the token works, whose it is, what it may do |
//! | `read`, `cursor` | pages of a stream, and where the next one goes on |
//!
//! Only `api` sends. Provider facts were read in GitHub's documentation and in recorded exchanges
//! in November 2026.

use jackfield_guest::{Connector, Failure, Page, ReadRequest, Report, Settings};

use crate::api::Api;

mod address;
mod advice;
mod api;
mod check;
mod cursor;
mod diagnose;
mod organization;
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
        read::read(&Api::open(&settings)?, &request)
    }
}
