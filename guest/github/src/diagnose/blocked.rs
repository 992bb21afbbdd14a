//! A repository that was taken down: by whom, why, and where the notice is.
//!
//! GitHub answers with `{"message": "Repository access blocked", "block": {"reason": "dmca",
//! "created_at": "...", "html_url": "..."}}`, with status 451 or 403. Status 451 of anybody else may name
//! who blocks by a `Link` header of the relation `blocked-by` (RFC 7725, section 4).

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::text::quote;
use jackfield_guest::{Cause, Failure};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Answer;
use crate::wire;

/// Bytes of the notice's address.
const MOST_LINK_BYTES: usize = 500;

/// GitHub's `block`; what is not a text counts as absent.
#[derive(Default)]
struct Block {
    reason: Option<String>,
    created_at: Option<String>,
    notice: Option<String>,
}

impl Block {
    fn read(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Body<'a> {
            #[serde(borrow)]
            block: Texts<'a>,
        }
        #[derive(Deserialize)]
        struct Texts<'a> {
            #[serde(borrow, default)]
            reason: Option<&'a RawValue>,
            #[serde(borrow, default)]
            created_at: Option<&'a RawValue>,
            #[serde(borrow, default)]
            html_url: Option<&'a RawValue>,
        }
        let Ok(Body { block }) = serde_json::from_slice(body) else { return Self::default() };
        let text = |value| {
            let text: String = wire::string(value)?;
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        Self {
            reason: text(block.reason).map(|reason| quote(&reason, 80)),
            created_at: text(block.created_at).map(|date| quote(&date, 40)),
            notice: text(block.html_url).filter(|link| is_link(link)),
        }
    }

    /// Why, as the end of a sentence.
    fn why(&self) -> String {
        match self.reason.as_deref().map(str::to_ascii_lowercase).as_deref() {
            Some("dmca") => "because of a takedown notice (DMCA)".to_owned(),
            Some("tos" | "terms" | "terms-of-service") => "for its terms of service".to_owned(),
            Some("sensitive_data" | "private_information") => {
                "because of private information in it".to_owned()
            }
            Some(_) => format!(
                "for legal reasons or for its terms of service ({})",
                self.reason.as_deref().unwrap_or_default()
            ),
            None => "for legal reasons or for its terms of service".to_owned(),
        }
    }
}

fn is_link(text: &str) -> bool {
    let plain = text.len() <= MOST_LINK_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
    plain && text.starts_with("https://")
}

pub(super) fn explain(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let block = Block::read(&answer.response.body);
    let blocker = answer.response.link("blocked-by").filter(|link| is_link(link));
    let message = match answer.page {
        true => {
            "The server, or something in between, blocks the access for legal reasons (status 451)."
                .to_owned()
        }
        false => format!("GitHub has blocked {}, {}.", answer.subject(), block.why()),
    };
    let cause = Cause::Other("blocked-at-provider".to_owned());
    let mut failure = answer.saying(it, cause, message);
    let general = std::mem::take(&mut failure.remedies);
    if let Some(notice) = &block.notice {
        failure = failure
            .remedy_at("Read the notice: it says who asked for it, and why.", notice)
            .evidence("notice", notice);
    }
    if let Some(blocker) = blocker {
        failure = failure
            .remedy_at("Ask who blocks the access, as the answer names them.", blocker)
            .evidence("blocked-by", blocker);
    }
    failure.remedies.extend(general);
    let failure = match &block.reason {
        Some(reason) => failure.evidence("reason", reason),
        None => failure,
    };
    match &block.created_at {
        Some(date) => failure.evidence("blocked-at", date),
        None => failure,
    }
}
