//! What an organization forbids to tokens that are good, in GitHub's words.
//!
//! A policy refuses with status 403 everything that belongs to its organization, what is public
//! included: so reports of users have it (xaf/omni#670, GladysAssistant/v4-website#408). Sources of the
//! sentences: git-town/git-town#4609, mislav/hub#3363, NixOS/org#247, read in November 2026.

use jiff::Timestamp;
use jiff::fmt::strtime;

use super::account::{Account, Kind};
use super::answer::Answer;

/// A policy of an organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// No classic personal access tokens.
    NoClassicTokens,
    /// No fine-grained personal access tokens.
    NoFineGrainedTokens,
    /// No fine-grained tokens that end later than in so many days, or never.
    MostDays(u32),
    /// No OAuth apps that the organization has not approved; it has approved none.
    NoApps,
    /// No addresses but those of a list; those of tests are not on it.
    Addresses,
}

impl Policy {
    /// What it answers to this account; none where it lets the account in.
    pub(super) fn refusal(self, account: &Account, organization: &str) -> Option<Answer> {
        let forbids = match self {
            Self::NoClassicTokens => account.kind == Kind::Classic,
            Self::NoFineGrainedTokens => account.kind == Kind::FineGrained,
            Self::MostDays(days) => account.kind == Kind::FineGrained && outlives(account, days),
            Self::NoApps => account.kind == Kind::OAuth,
            Self::Addresses => true,
        };
        forbids.then(|| Answer::refusal(403, &self.sentence(organization), ""))
    }

    /// How it refuses.
    pub(super) fn sentence(self, organization: &str) -> String {
        match self {
            Self::NoClassicTokens => format!(
                "`{organization}` forbids access via a personal access token (classic). Please use a \
                 GitHub App, OAuth App, or a personal access token with fine-grained permissions."
            ),
            Self::NoFineGrainedTokens => format!(
                "`{organization}` forbids access via a personal access token with fine-grained \
                 permissions. Please use a GitHub App, or an OAuth App."
            ),
            Self::MostDays(days) => format!(
                "The '{organization}' organization forbids access via a fine-grained personal access \
                 tokens if the token's lifetime is greater than {days} days. Please adjust your \
                 token's lifetime at the following URL: \
                 https://github.com/settings/personal-access-tokens/1234567"
            ),
            Self::NoApps => format!(
                "Although you appear to have the correct authorization credentials, the \
                 `{organization}` organization has enabled OAuth App access restrictions, meaning \
                 that data access to third-parties is limited. For more information on these \
                 restrictions, including how to enable this app, visit \
                 https://docs.github.com/articles/restricting-access-to-your-organization-s-data/"
            ),
            Self::Addresses => format!(
                "Although you appear to have the correct authorization credentials, the \
                 `{organization}` organization has an IP allow list enabled, and 203.0.113.7 is not \
                 permitted to access this resource."
            ),
        }
    }
}

/// Whether the token ends later than in so many days from now; when it was made is not known.
fn outlives(account: &Account, days: u32) -> bool {
    let Some(text) = &account.expires else { return true };
    let text = text.replace(" UTC", " +0000");
    let ends = strtime::parse("%Y-%m-%d %H:%M:%S %z", &text).and_then(|parts| parts.to_timestamp());
    let ends = ends.expect("an end as GitHub tells it").as_second();
    ends > Timestamp::now().as_second() + i64::from(days) * 24 * 3600
}
