//! Who may call, with what, and what it may see.

use std::sync::atomic::{AtomicU64, Ordering};

use super::world::SSO_ORGANIZATION;
use crate::token;

/// Requests that a token may make in an hour.
pub(super) const HOURLY_LIMIT: u64 = 5000;

/// What the token of an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A classic personal access token.
    Classic,
    /// A token of an OAuth app.
    OAuth,
    /// A fine-grained personal access token.
    FineGrained,
    /// A token of a GitHub App for a person.
    AppUser,
    /// A token of a GitHub App's installation; nobody's.
    Installation,
}

/// What the token of an account may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Scopes such as `repo`: of classic tokens and those of OAuth apps.
    Scopes(Vec<String>),
    /// Permissions such as `issues=read`, for what one owner has.
    Permissions { owner: String, permissions: Vec<String> },
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
    pub(super) kind: Kind,
    pub(super) access: Access,
    pub(super) organizations: Vec<String>,
    pub(super) expires: Option<String>,
    pub(super) standing: Standing,
    unauthorized: Vec<String>,
    token: String,
    used: AtomicU64,
}

impl Account {
    /// A member of `octo-org` with a classic personal access token of these scopes.
    pub fn classic(login: &str, scopes: &[&str]) -> Self {
        Self::new(login, Kind::Classic, token::classic(login), Access::Scopes(owned(scopes)))
    }

    /// The same with a token of an OAuth app.
    pub fn oauth(login: &str, scopes: &[&str]) -> Self {
        Self::new(login, Kind::OAuth, token::oauth(login), Access::Scopes(owned(scopes)))
    }

    /// A member of `octo-org` with a fine-grained token for the repositories of `owner`, with
    /// permissions such as `issues=read`. `metadata=read` comes with any.
    pub fn fine_grained(login: &str, owner: &str, permissions: &[&str]) -> Self {
        let access = Access::permissions(owner, permissions);
        Self::new(login, Kind::FineGrained, token::fine_grained(login), access)
    }

    /// A member of `octo-org` with a token of a GitHub App that is installed at `owner`, with
    /// permissions such as `issues=read`. `metadata=read` comes with any.
    pub fn app_user(login: &str, owner: &str, permissions: &[&str]) -> Self {
        let access = Access::permissions(owner, permissions);
        Self::new(login, Kind::AppUser, token::app_user(login), access)
    }

    /// A GitHub App's installation at `owner`, with permissions such as `issues=read`.
    pub fn installation(owner: &str, permissions: &[&str]) -> Self {
        let access = Access::permissions(owner, permissions);
        let login = format!("{owner}-app[bot]");
        let organizations = Vec::new();
        let it = Self::new(&login, Kind::Installation, token::installation(owner), access);
        Self { organizations, ..it }
    }

    fn new(login: &str, kind: Kind, token: String, access: Access) -> Self {
        Self {
            login: login.to_owned(),
            id: super::shapes::id_of(login),
            kind,
            access,
            organizations: vec!["octo-org".to_owned()],
            expires: None,
            standing: Standing::Good,
            unauthorized: Vec::new(),
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

    /// With a token that its owner has not authorized for the single sign-on of these organizations.
    #[must_use]
    pub fn unauthorized_for(mut self, organizations: &[&str]) -> Self {
        self.unauthorized = owned(organizations);
        self
    }

    /// The token.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn is_installation(&self) -> bool {
        self.kind == Kind::Installation
    }

    pub(super) fn has_scope(&self, wanted: &[&str]) -> bool {
        match &self.access {
            Access::Scopes(scopes) => scopes.iter().any(|scope| wanted.contains(&scope.as_str())),
            Access::Permissions { .. } => false,
        }
    }

    pub(super) fn is_member_of(&self, organization: &str) -> bool {
        self.organizations.iter().any(|name| name.eq_ignore_ascii_case(organization))
    }

    /// Whether single sign-on keeps the token from what that owner has.
    pub(super) fn lacks_sign_on(&self, owner: &str) -> bool {
        let blocked = self.standing == Standing::SsoBlocked;
        (blocked && owner.eq_ignore_ascii_case(SSO_ORGANIZATION))
            || self.unauthorized.iter().any(|name| name.eq_ignore_ascii_case(owner))
    }

    /// Whether what is private of that owner is visible, as far as the token says.
    pub(super) fn reaches(&self, owner: &str) -> bool {
        match &self.access {
            Access::Scopes(_) => {
                let belongs = self.login.eq_ignore_ascii_case(owner) || self.is_member_of(owner);
                belongs && self.has_scope(&["repo"])
            }
            Access::Permissions { owner: own, .. } => own.eq_ignore_ascii_case(owner),
        }
    }

    /// Whether the token has a permission such as `issues=read`; those with scopes need none.
    pub(super) fn permits(&self, wanted: &str) -> bool {
        match &self.access {
            Access::Scopes(_) => true,
            Access::Permissions { permissions, .. } => {
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

    /// Takes the last request back: it did not count.
    pub(super) fn discount(&self) {
        let before = |used: u64| used.checked_sub(1);
        // An account of which nothing was counted stays as it is.
        self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, before).ok();
    }

    pub(super) fn used(&self) -> u64 {
        self.used.load(Ordering::Acquire)
    }

    pub(super) fn set_remaining(&self, remaining: u64) {
        self.used.store(HOURLY_LIMIT.saturating_sub(remaining), Ordering::Release);
    }
}

impl Access {
    fn permissions(owner: &str, permissions: &[&str]) -> Self {
        Self::Permissions { owner: owner.to_owned(), permissions: owned(permissions) }
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
