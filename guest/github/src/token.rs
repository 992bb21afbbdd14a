//! The kinds of GitHub's tokens, as the host recognizes them by the manifest.

use crate::site::Site;

/// What kind of token a connection has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `github_pat_`: reaches one owner, cannot be inspected.
    FineGrained,
    /// `ghp_`: reaches what its owner reaches, has scopes.
    Classic,
    /// `gho_`: of an OAuth app, has scopes.
    OAuth,
    /// `ghu_`: of a GitHub App, for a person.
    AppUser,
    /// `ghs_`: of a GitHub App, for an installation; has no user.
    Installation,
    /// 40 hexadecimal digits, from before April 2021.
    Legacy,
    /// No shape that the host knows.
    Unknown,
}

impl Kind {
    /// The kind of that name in the manifest.
    pub(crate) fn named(name: Option<&str>) -> Self {
        match name {
            Some("fine-grained") => Self::FineGrained,
            Some("classic") => Self::Classic,
            Some("oauth") => Self::OAuth,
            Some("app-user") => Self::AppUser,
            Some("installation") => Self::Installation,
            Some("legacy") => Self::Legacy,
            _ => Self::Unknown,
        }
    }

    /// What a sentence calls it: "the ...".
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::FineGrained => "fine-grained token",
            Self::Classic => "classic token",
            Self::OAuth => "OAuth app token",
            Self::AppUser => "GitHub App user token",
            Self::Installation => "GitHub App installation token",
            Self::Legacy | Self::Unknown => "token",
        }
    }

    /// Whether tokens of this kind have scopes, which GitHub lists with every answer.
    pub(crate) fn has_scopes(self) -> bool {
        matches!(self, Self::Classic | Self::OAuth | Self::Legacy)
    }

    /// Whether a person made it by hand, and so can edit it and make another.
    pub(crate) fn is_personal(self) -> bool {
        matches!(self, Self::FineGrained | Self::Classic | Self::Legacy | Self::Unknown)
    }

    /// Whether a person got it by authorizing an app, and gets another by authorizing it again.
    pub(crate) fn is_authorized(self) -> bool {
        matches!(self, Self::OAuth | Self::AppUser)
    }

    /// The page on which such tokens are listed and edited.
    pub(crate) fn page(self, site: &Site) -> String {
        site.page(match self {
            Self::FineGrained | Self::Unknown => "settings/personal-access-tokens",
            Self::Classic | Self::Legacy => "settings/tokens",
            Self::OAuth => "settings/applications",
            Self::AppUser => "settings/apps/authorizations",
            Self::Installation => "settings/installations",
        })
    }

    /// The page on which the scopes of such a token are seen: what has scopes is no fine-grained token.
    pub(crate) fn scopes_page(self, site: &Site) -> String {
        if self.is_authorized() { self.page(site) } else { Self::Classic.page(site) }
    }

    /// What a person does so that such a token has these scopes, as the beginning of a sentence.
    pub(crate) fn scopes_given(self, names: &str) -> String {
        let way = if self.is_authorized() {
            "Authorize the app again with"
        } else {
            "Edit the token and give it"
        };
        format!("{way} {names}")
    }

    /// The page on which a token that would do is created.
    pub(crate) fn new_page(self, site: &Site) -> String {
        site.page(match self {
            Self::Classic | Self::Legacy => "settings/tokens/new?scopes=repo,read:org",
            _ => "settings/personal-access-tokens/new",
        })
    }
}
