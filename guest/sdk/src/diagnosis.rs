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

/// The table as a page in Markdown, a section for each code in the table's order.
pub fn page<'a>(
    title: &str,
    introduction: &str,
    table: impl IntoIterator<Item = &'a Diagnosis>,
) -> String {
    let mut page = format!("# {title}\n\n{introduction}\n");
    for diagnosis in table {
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
