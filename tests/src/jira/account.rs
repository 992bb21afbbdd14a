//! Who may call, with what, and what it may see.

use crate::token;

/// What the secret of an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// An API token without scopes: for the site.
    Classic,
    /// An API token with scopes: for the gateway.
    Scoped(Vec<String>),
    /// A personal access token of Data Center.
    PersonalToken,
    /// A password of Data Center.
    Password,
}

/// How Jira treats a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It works.
    Good,
    /// It worked once. Jira serves its requests as if nobody had asked.
    Expired,
}

/// An account with one secret.
#[derive(Clone, Debug)]
pub struct Account {
    pub(super) name: String,
    pub(super) access: Access,
    pub(super) standing: Standing,
    pub(super) offset_minutes: i32,
    pub(super) time_zone: String,
    lacking: Vec<String>,
    secret: String,
}

impl Account {
    /// Of Cloud, with an API token without scopes.
    pub fn classic(name: &str) -> Self {
        Self::new(name, api_token(&format!("{name} classic")), Access::Classic)
    }

    /// Of Cloud, with an API token of these scopes, such as `read:jira-work`.
    pub fn scoped(name: &str, scopes: &[&str]) -> Self {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Self::new(name, api_token(&format!("{name} scoped")), Access::Scoped(scopes))
    }

    /// Of Data Center, with a personal access token.
    pub fn personal(name: &str) -> Self {
        Self::new(name, personal_token(name), Access::PersonalToken)
    }

    /// Of Data Center, with a password.
    pub fn password(name: &str) -> Self {
        Self::new(name, format!("correct horse {name}"), Access::Password)
    }

    fn new(name: &str, secret: String, access: Access) -> Self {
        Self {
            name: name.to_owned(),
            access,
            standing: Standing::Good,
            offset_minutes: 0,
            time_zone: "Etc/UTC".to_owned(),
            lacking: Vec::new(),
            secret,
        }
    }

    /// With another secret than the one that follows from its name.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = secret.into();
        self
    }

    /// With a secret that is treated in this way.
    #[must_use]
    pub fn standing(mut self, standing: Standing) -> Self {
        self.standing = standing;
        self
    }

    /// In that time zone, so many minutes east of Greenwich: it decides what JQL's times mean, and
    /// how times are written.
    #[must_use]
    pub fn time_zone(mut self, name: &str, offset_minutes: i32) -> Self {
        name.clone_into(&mut self.time_zone);
        self.offset_minutes = offset_minutes;
        self
    }

    /// Without a permission that accounts have: `BROWSE_PROJECTS`, `CREATE_ISSUES`, `USER_PICKER`.
    #[must_use]
    pub fn without(mut self, permission: &str) -> Self {
        self.lacking.push(permission.to_owned());
        self
    }

    /// The secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The account's email, which is its name in Basic authentication on Cloud.
    pub fn email(&self) -> String {
        email(&self.name)
    }

    /// Permissions that are not known to Jira are held by nobody, those for administrators neither.
    pub(super) fn holds(&self, permission: &str) -> bool {
        const COMMON: [&str; 3] = ["BROWSE_PROJECTS", "CREATE_ISSUES", "USER_PICKER"];
        COMMON.contains(&permission) && !self.lacking.iter().any(|lacked| lacked == permission)
    }

    /// Whether the token has one of the scopes that are enough alone, or all of the finer ones.
    pub(super) fn reaches(&self, enough: &str, finer: &[&str]) -> bool {
        let Access::Scoped(scopes) = &self.access else { return false };
        let has = |wanted: &str| scopes.iter().any(|scope| scope == wanted);
        has(enough) || finer.iter().all(|scope| has(scope))
    }
}

/// The email of the account of that name.
pub(super) fn email(name: &str) -> String {
    format!("{name}@example.com")
}

/// An API token of Cloud in the shape of 2026: `ATATT3xFfGF0`, 192 characters in all.
fn api_token(seed: &str) -> String {
    let checksum = token::refresh(seed)[66..74].to_ascii_uppercase();
    let body: String = (0..3).map(|part| token::refresh(&format!("{seed} {part}"))).collect();
    format!("ATATT3xFfGF0{}={checksum}", &body.replace("ghr_", "")[..171])
}

/// A personal access token of Data Center: 44 letters, digits and signs of base 64.
fn personal_token(seed: &str) -> String {
    format!("{}+/", &token::refresh(seed)[4..46])
}
