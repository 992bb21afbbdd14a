//! A row of the table of diagnoses as a failure or a warning of one site.
//!
//! The table links to github.com. A link below it leads to the same page of the site that was asked;
//! any other, such as GitHub's status page, stays as it is.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure, Retry, Warning};

use crate::site::Site;

const DOT_COM: &str = "https://github.com/";

/// The failure in the table's words, with its links on this site.
pub(crate) fn failure(it: &Diagnosis, site: &Site, cause: Cause) -> Failure {
    it.advice.iter().fold(bare(it, cause, it.means), |failure, advice| failure.advise(advice, site))
}

/// The failure of that row in other words, to which remedies are yet to be given.
///
/// Where the cause is a person's to remove, a retry is pointless before that.
pub(crate) fn bare(it: &Diagnosis, cause: Cause, message: impl Into<String>) -> Failure {
    let retry = match cause {
        Cause::CredentialRejected
        | Cause::CredentialExpired(_)
        | Cause::PermissionMissing(_)
        | Cause::PolicyRefused => Retry::AfterUserAction,
        _ => Retry::Never,
    };
    Failure::new(cause, message).code(it.code).retry(retry)
}

/// The warning in the table's words, with its links on this site.
pub(crate) fn warning(it: &Diagnosis, site: &Site) -> Warning {
    noting(it, site, it.means)
}

/// The warning of that row in other words, with the table's remedies.
pub(crate) fn noting(it: &Diagnosis, site: &Site, message: impl Into<String>) -> Warning {
    it.advice
        .iter()
        .fold(Warning::new(it.code, message), |warning, advice| warning.advise(advice, site))
}

/// What an answer that refuses means, where the call goes on without it.
pub(crate) fn warned(failure: Failure) -> Warning {
    Warning { code: failure.code, message: failure.message, remedies: failure.remedies }
}

/// Takes remedies.
pub(crate) trait Advised: Sized {
    /// With this remedy, which leads to a page where there is one.
    fn leads(self, text: impl Into<String>, page: impl Into<Option<String>>) -> Self;

    /// With this remedy of the table, and its link on this site.
    fn advise(self, advice: &Advice, site: &Site) -> Self {
        let page = advice.page.map(|page| match page.strip_prefix(DOT_COM) {
            Some(path) => site.page(path),
            None => page.to_owned(),
        });
        self.leads(advice.text, page)
    }
}

impl Advised for Failure {
    fn leads(self, text: impl Into<String>, page: impl Into<Option<String>>) -> Self {
        match page.into() {
            Some(page) => self.remedy_at(text, page),
            None => self.remedy(text),
        }
    }
}

impl Advised for Warning {
    fn leads(self, text: impl Into<String>, page: impl Into<Option<String>>) -> Self {
        match page.into() {
            Some(page) => self.remedy_at(text, page),
            None => self.remedy(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_site_that_was_asked() {
        let it = Diagnosis {
            code: "x",
            means: "It is so.",
            advice: &[
                Advice { text: "Go.", page: Some("https://github.com/settings/tokens") },
                Advice { text: "Look.", page: Some("https://www.githubstatus.com") },
                Advice { text: "Wait.", page: None },
            ],
        };
        let cases = [
            ("https://api.github.com", "https://github.com/settings/tokens"),
            ("https://git.acme.org/api/v3", "https://git.acme.org/settings/tokens"),
            ("https://api.acme.ghe.com", "https://acme.ghe.com/settings/tokens"),
        ];
        for (address, own) in cases {
            let site = Site::at(address);
            let expected = [Some(own), Some("https://www.githubstatus.com"), None];
            let failure = failure(&it, &site, Cause::PolicyRefused);
            let links: Vec<_> = failure.remedies.iter().map(|one| one.url.as_deref()).collect();
            assert_eq!(links, expected, "{address}");
            assert_eq!((failure.code.as_str(), failure.retry), ("x", Retry::AfterUserAction));
            let warning = warning(&it, &site);
            let links: Vec<_> = warning.remedies.iter().map(|one| one.url.as_deref()).collect();
            assert_eq!(links, expected, "{address}");
        }
    }
}
