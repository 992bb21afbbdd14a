//! Who may call, with what, and what it may see.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::token;

/// Requests that a token may make in an hour.
pub(super) const HOURLY_LIMIT: u64 = 5000;

/// What the token of an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Classic personal access tokens and tokens of OAuth apps.
    Scopes(Vec<String>),
    /// Fine-grained personal access tokens: permissions such as `issues=read`, for one owner.
    FineGrained { owner: String, permissions: Vec<String> },
    /// Tokens of a GitHub App's installation at one owner.
    Installation { owner: String, permissions: Vec<String> },
}

/// How GitHub treats a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It works.
    Good,
    /// It worked once. GitHub answers as it does for any bad credentials.
    Expired,
    /// It works, but is not authorized for the organization `sso-org`.
    SsoBlocked,
}

/// An account with one token.
#[derive(Debug)]
pub struct Account {
    pub(super) login: String,
    pub(super) id: u64,
    pub(super) access: Access,
    pub(super) organizations: Vec<String>,
    pub(super) expires: Option<String>,
    pub(super) standing: Standing,
    token: String,
    used: AtomicU64,
}

impl Account {
    /// A member of `octo-org` with a classic personal access token of these scopes.
    pub fn classic(login: &str, scopes: &[&str]) -> Self {
        Self::new(login, token::classic(login), Access::Scopes(owned(scopes)))
    }

    /// The same with a token of an OAuth app.
    pub fn oauth(login: &str, scopes: &[&str]) -> Self {
        Self::new(login, token::oauth(login), Access::Scopes(owned(scopes)))
    }

    /// A member of `octo-org` with a fine-grained token for the repositories of `owner`, with
    /// permissions such as `issues=read`. `metadata=read` comes with any.
    pub fn fine_grained(login: &str, owner: &str, permissions: &[&str]) -> Self {
        let access =
            Access::FineGrained { owner: owner.to_owned(), permissions: owned(permissions) };
        Self::new(login, token::fine_grained(login), access)
    }

    /// A GitHub App's installation at `owner`, with permissions such as `issues=read`.
    pub fn installation(owner: &str, permissions: &[&str]) -> Self {
        let access =
            Access::Installation { owner: owner.to_owned(), permissions: owned(permissions) };
        Self::new(&format!("{owner}-app[bot]"), token::installation(owner), access)
    }

    fn new(login: &str, token: String, access: Access) -> Self {
        Self {
            login: login.to_owned(),
            id: super::shapes::id_of(login),
            access,
            organizations: vec!["octo-org".to_owned()],
            expires: None,
            standing: Standing::Good,
            token,
            used: AtomicU64::new(0),
        }
    }

    /// With another token than the one that follows from its name.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = token.into();
        self
    }

    /// With a token whose end GitHub tells in this text, such as `2030-02-19 19:55:13 UTC` or
    /// `2030-06-17 10:06:09 +0100`.
    #[must_use]
    pub fn expires(mut self, text: &str) -> Self {
        self.expires = Some(text.to_owned());
        self
    }

    /// With a token that is treated in this way.
    #[must_use]
    pub fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    /// As a member of these organizations, instead of `octo-org` alone.
    #[must_use]
    pub fn member_of(mut self, organizations: &[&str]) -> Self {
        self.organizations = owned(organizations);
        self
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn is_installation(&self) -> bool {
        matches!(self.access, Access::Installation { .. })
    }

    pub(super) fn has_scope(&self, wanted: &[&str]) -> bool {
        match &self.access {
            Access::Scopes(scopes) => scopes.iter().any(|scope| wanted.contains(&scope.as_str())),
            _ => false,
        }
    }

    /// Whether the private repositories of that owner are visible, as far as the token says.
    pub(super) fn reaches(&self, owner: &str) -> bool {
        let same = |name: &String| name.eq_ignore_ascii_case(owner);
        match &self.access {
            Access::Scopes(_) => {
                let belongs = same(&self.login) || self.organizations.iter().any(same);
                belongs && self.has_scope(&["repo"])
            }
            Access::FineGrained { owner, .. } | Access::Installation { owner, .. } => same(owner),
        }
    }

    /// Whether the token has a permission such as `issues=read`; those with scopes need none.
    pub(super) fn permits(&self, wanted: &str) -> bool {
        match &self.access {
            Access::Scopes(_) => true,
            Access::FineGrained { permissions, .. } | Access::Installation { permissions, .. } => {
                let write = wanted.replace("=read", "=write");
                wanted == "metadata=read"
                    || permissions.iter().any(|held| *held == wanted || *held == write)
            }
        }
    }

    /// Counts a request, and returns how many are used up; none where no request is left.
    pub(super) fn count(&self) -> Option<u64> {
        let next = |used| (used < HOURLY_LIMIT).then_some(used + 1);
        let (write, read) = (Ordering::AcqRel, Ordering::Acquire);
        self.used.fetch_update(write, read, next).ok().map(|before| before + 1)
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    pub(super) fn set_remaining(&self, remaining: u64) {
        self.used.store(HOURLY_LIMIT.saturating_sub(remaining), Ordering::Release);
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
