//! What a connector can tell apart, as a table: one row for a cause, from which the code makes its
//! failures and the documentation its page.
//!
//! ```
//! use jackfield_guest::diagnosis::{Advice, Diagnosis};
//! use jackfield_guest::{Cause, Retry};
//!
//! const EXPIRED: Diagnosis = Diagnosis {
//!     code: "token-expired",
//!     means: "The token has ended.",
//!     advice: &[Advice { text: "Create a new token.", page: Some("https://example.com/tokens") }],
//! };
//!
//! let failure = EXPIRED.failure(Cause::CredentialExpired(None)).retry(Retry::AfterUserAction);
//! assert_eq!((failure.code.as_str(), failure.remedies.len()), ("token-expired", 1));
//! ```

use crate::{Cause, Failure};

/// One cause that a connector tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Stable, unique in the table, in kebab-case: `single-sign-on-required`.
    pub code: &'static str,
    /// One sentence for people that holds for every case of it. A failure may say it with names and dates.
    pub means: &'static str,
    /// What a person can do, most useful first.
    pub advice: &'static [Advice],
}

/// One thing that a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// One imperative sentence.
    pub text: &'static str,
    /// Where it is done, at the provider's usual address.
    pub page: Option<&'static str>,
}

impl Diagnosis {
    /// The failure in the table's own words: sentence, advice and code.
    pub fn failure(&self, cause: Cause) -> Failure {
        let failure = Failure::new(cause, self.means).code(self.code);
        self.advice.iter().fold(failure, |failure, advice| match advice.page {
            Some(page) => failure.remedy_at(advice.text, page),
            None => failure.remedy(advice.text),
        })
    }
}

const TRY_AGAIN: Advice = Advice {
    text: "Try again, and report it to the connector's author if this keeps happening.",
    page: None,
};

pub(crate) const WEB_PAGE: Diagnosis = Diagnosis {
    code: "web-page-instead",
    means: "A web page came where data was expected: something between here and the service answered \
        in its place.",
    advice: &[Advice {
        text: "Check whether this network requires sign-in, or a proxy stands in the way.",
        page: None,
    }],
};

pub(crate) const EMPTY: Diagnosis = Diagnosis {
    code: "empty-answer",
    means: "The service sent an empty answer where data was expected.",
    advice: &[TRY_AGAIN],
};

pub(crate) const SHAPE: Diagnosis = Diagnosis {
    code: "unexpected-shape",
    means: "The service's answer has an unexpected shape.",
    advice: &[TRY_AGAIN],
};

pub(crate) const NOT_JSON: Diagnosis = Diagnosis {
    code: "not-json",
    means: "The service's answer is not valid JSON.",
    advice: &[TRY_AGAIN],
};

pub(crate) const ENCODING: Diagnosis = Diagnosis {
    code: "not-utf-8",
    means: "The service's answer is in another encoding than UTF-8, which JSON must have.",
    advice: &[BETWEEN, TRY_AGAIN],
};

pub(crate) const SEVERAL: Diagnosis = Diagnosis {
    code: "several-values",
    means: "The service's answer is several JSON values one after the other, as in newline-delimited JSON, where one was expected.",
    advice: &[TRY_AGAIN],
};

pub(crate) const CUT: Diagnosis = Diagnosis {
    code: "cut-off",
    means: "The service's answer ends in the middle of its JSON: it was cut off.",
    advice: &[
        Advice {
            text: "Try again; if this keeps happening, check whether a proxy or a firewall cuts long answers.",
            page: None,
        },
        Advice { text: "Otherwise report it to who runs the service.", page: None },
    ],
};

pub(crate) const TRAILING: Diagnosis = Diagnosis {
    code: "trailing-text",
    means: "The service's answer is JSON, and more follows behind it.",
    advice: &[BETWEEN, TRY_AGAIN],
};

const BETWEEN: Advice = Advice {
    text: "Check whether a proxy or a filter between here and the service changes its answers.",
    page: None,
};

/// What the SDK itself makes failures of when an answer is not what it should be: for the page of every
/// connector that reads answers by [`Response::json`](crate::Response::json) or
/// [`Response::records`](crate::Response::records) and has no row of its own for it.
pub const ANSWERS: &[Diagnosis] =
    &[WEB_PAGE, EMPTY, ENCODING, CUT, TRAILING, SEVERAL, SHAPE, NOT_JSON];

/// The table as a page in Markdown, a section for each code in the table's order; those of [`ANSWERS`]
/// that it has no row for come last.
pub fn page<'a>(
    title: &str,
    introduction: &str,
    table: impl IntoIterator<Item = &'a Diagnosis>,
) -> String {
    let mut page = format!("# {title}\n\n{introduction}\n");
    let own: Vec<&Diagnosis> = table.into_iter().collect();
    let is_own = |code: &str| own.iter().any(|diagnosis| diagnosis.code == code);
    let shared = ANSWERS.iter().filter(|shared| !is_own(shared.code));
    for diagnosis in own.iter().copied().chain(shared) {
        page += &format!("\n## {}\n\n{}\n", diagnosis.code, diagnosis.means);
        if !diagnosis.advice.is_empty() {
            page.push('\n');
        }
        for advice in diagnosis.advice {
            page += &match advice.page {
                Some(link) => format!("- {} <{link}>\n", advice.text),
                None => format!("- {}\n", advice.text),
            };
        }
    }
    page
}
