//! Organizations: who belongs to them, and what they forbid.

use super::policy::Policy;
use super::shapes;

/// An organization.
#[derive(Clone, Debug)]
pub(super) struct Organization {
    pub(super) login: String,
    pub(super) members: Vec<Member>,
    pub(super) policies: Vec<Policy>,
}

/// One who belongs to an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) login: String,
    /// Whether the membership is for all to see. GitHub conceals it until the member says otherwise.
    pub(super) public: bool,
}

impl Organization {
    pub(super) fn new(login: &str) -> Self {
        Self { login: login.to_owned(), members: Vec::new(), policies: Vec::new() }
    }

    /// Whether this is its login or its number.
    pub(super) fn is(&self, name: &str) -> bool {
        self.login.eq_ignore_ascii_case(name) || shapes::id_of(&self.login).to_string() == name
    }

    /// Lets somebody belong to it, or belong to it in another way.
    pub(super) fn admit(&mut self, login: &str, public: bool) {
        self.members.retain(|member| !member.login.eq_ignore_ascii_case(login));
        self.members.push(Member { login: login.to_owned(), public });
    }
}
