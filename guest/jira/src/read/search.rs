//! Asking for one page of issues: by GET where the search fits into a URL, by POST where it does not.
//!
//! Both only read. A URL of 2,000 characters goes through everything that stands before a Jira; many
//! servers refuse one of 4,000 or 8,000, and the host sends none beyond 8,000. A POST request has room for
//! every search, but some proxies let only GET through. So the one that suits the length is tried first,
//! and the other where something says that it does not take this form.

use jackfield_guest::{Cause, Effect, Failure, ReadRequest, Request, Response};
use serde::Serialize;

use super::{is_one_record, size};
use crate::api::Api;
use crate::cursor::Cursor;
use crate::diagnose::{About, is_jiras_own, local, refuses_the_url};
use crate::query::Query;
use crate::settings::Deployment;

/// Characters of a query in a URL that go through everything. The URL of the endpoint comes before it.
const SHORT: usize = 2_000;

/// Characters of a query in a URL that the host sends.
const LONGEST: usize = 7_000;

/// All fields that an issue's list can show, and those that are not surely among them.
const FIELDS: &str = "*navigable,updated,description";

/// What is needed to name an issue and to go on behind it.
const PLACE: &str = "updated";

/// The search of one stream.
pub(super) struct Search<'a> {
    pub(super) api: &'a Api<'a>,
    pub(super) request: &'a ReadRequest,
    pub(super) query: &'a Query,
}

/// A response to a search.
pub(super) struct Asked {
    pub(super) response: Response,
    /// Records that were asked for.
    pub(super) size: u32,
    /// Whether it begins with the issue before the page.
    pub(super) before: bool,
}

/// The parameters of a search, as its body has them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    jql: String,
    fields: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_at: Option<u64>,
    max_results: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

impl Search<'_> {
    /// Records that are asked for. What was handed over of a page comes again with the rest of it.
    fn size(&self, cursor: &Cursor) -> u32 {
        let again = u32::try_from(cursor.skip).unwrap_or(u32::MAX);
        size(self.request.limit.max(1).saturating_add(again))
    }

    /// Whether the response to a request for one issue is too large for the host.
    pub(super) fn is_one_record(&self, failure: &Failure) -> bool {
        is_one_record(failure, self.request)
    }

    /// The response that has the page at the cursor, with the issue before it where that is known: it
    /// counts among those that are wanted, unless a single one is.
    ///
    /// # Errors
    ///
    /// What the refusal means, or the host's failure where no response was obtained.
    pub(super) fn ask(&self, cursor: &Cursor) -> Result<Asked, Failure> {
        if !cursor.knows_before() {
            return self.ask_for(cursor, FIELDS, false);
        }
        match self.ask_for(cursor, FIELDS, true) {
            // Two may be too much where one is not.
            Err(failure) if self.request.limit <= 1 && is_too_much(&failure) => {
                self.ask_for(cursor, FIELDS, false)
            }
            asked => asked,
        }
    }

    /// The response that has the place of the page at the cursor, without what its issues hold.
    ///
    /// # Errors
    ///
    /// As [`Search::ask`].
    pub(super) fn ask_place(&self, cursor: &Cursor) -> Result<Asked, Failure> {
        self.ask_for(cursor, PLACE, false)
    }

    fn ask_for(
        &self,
        cursor: &Cursor,
        fields: &'static str,
        before: bool,
    ) -> Result<Asked, Failure> {
        let cloud = self.api.deployment == Deployment::Cloud;
        let size = self.size(cursor);
        let parameters = Parameters {
            jql: self.query.since(cursor.from),
            fields: fields.split(',').collect(),
            start_at: (!cloud).then_some(cursor.start.saturating_sub(u64::from(before))),
            max_results: if before { size.max(2) } else { size },
            next_page_token: cursor.token.clone().filter(|_| cloud),
        };
        let response = self.send(&parameters)?;
        let about = About::Issues { conditions: self.query.conditions() };
        let response = self.api.proven(response, about)?;
        Ok(Asked { response, size: parameters.max_results, before })
    }

    fn path(&self) -> &'static [&'static str] {
        match self.api.deployment {
            Deployment::Cloud => &["search", "jql"],
            Deployment::DataCenter => &["search"],
        }
    }

    fn send(&self, asked: &Parameters) -> Result<Response, Failure> {
        let length = asked.length();
        let get = || asked.in_url(self.api.get(self.path())).send();
        // The search changes nothing, whatever became of the response.
        let post = || {
            let sent = self.api.post(self.path()).json(asked).send();
            sent.map_err(|failure| failure.effect(Effect::None))
        };
        let too_long = || local::search_too_long(length, !self.query.conditions().is_empty());
        if length <= SHORT {
            let response = get()?;
            if !refuses_the_url(&response) {
                return Ok(response);
            }
            let posted = post()?;
            return Ok(if refuses_post(&posted) { response } else { posted });
        }
        let response = post()?;
        if !refuses_post(&response) {
            return Ok(response);
        }
        if length > LONGEST {
            return Err(refused_by(too_long(), &response));
        }
        let got = get()?;
        if refuses_the_url(&got) { Err(refused_by(too_long(), &got)) } else { Ok(got) }
    }
}

fn refused_by(failure: Failure, response: &Response) -> Failure {
    failure.based_on(response, &["content-type", "server", "via", "allow"])
}

/// Whether fewer records may come where these did not.
fn is_too_much(failure: &Failure) -> bool {
    let status = failure.evidence.iter().find(|field| field.name == "status");
    let gave_up = status.is_some_and(|status| matches!(&*status.value, "408" | "502" | "504"));
    matches!(failure.cause, Cause::TooLarge | Cause::Timeout) || gave_up
}

/// Whether the response says that something takes no POST request here.
fn refuses_post(response: &Response) -> bool {
    let checks_browsers = || response.text().to_ascii_lowercase().contains("xsrf check failed");
    match response.status {
        405 | 415 | 501 => true,
        403 => !is_jiras_own(response) || checks_browsers(),
        400 | 404 | 411 | 413 => response.is_web_page() && !is_jiras_own(response),
        _ => false,
    }
}

impl Parameters {
    /// The parameters in their order, as text.
    fn pairs(&self) -> Vec<(&'static str, String)> {
        let start = self.start_at.map(|start| ("startAt", start.to_string()));
        let token = self.next_page_token.clone().map(|token| ("nextPageToken", token));
        let before = [("jql", self.jql.clone()), ("fields", self.fields.join(","))];
        let size = ("maxResults", self.max_results.to_string());
        before.into_iter().chain(start).chain([size]).chain(token).collect()
    }

    fn in_url<'a>(&self, request: Request<'a>) -> Request<'a> {
        self.pairs().into_iter().fold(request, |request, (name, value)| request.query(name, value))
    }

    /// Characters of the query in a URL, where all but the unreserved ones are written as `%XX`.
    fn length(&self) -> usize {
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let encoded =
            |text: &str| text.bytes().map(|byte| if plain(byte) { 1 } else { 3 }).sum::<usize>();
        self.pairs().iter().map(|(name, value)| name.len() + encoded(value) + 2).sum()
    }
}
