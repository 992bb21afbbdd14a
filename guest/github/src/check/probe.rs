//! What a token may read of which GitHub lists no permissions: one small read of each kind that the
//! streams need is tried, and the answer says.
//!
//! | answer | permission |
//! |---|---|
//! | 200 | granted |
//! | 409, the repository is empty | granted |
//! | 403 or 404 with `x-accepted-github-permissions` | missing, under the names of the header |
//! | anything else | unknown |
//!
//! In the header `,` joins what is needed together and `;` parts alternatives ("Troubleshooting the
//! REST API", GitHub's documentation, read in November 2026). A public repository is readable without a
//! permission, so a private one is tried where there is one.

use jackfield_guest::{Cause, Failure, Grant, Permission, Request, Response};

use crate::api::Api;
use crate::diagnose::{self, About, EMPTY_REPOSITORY};
use crate::repository::Repository;

/// A permission of fine-grained and app tokens, and the streams that need it.
pub(super) struct Need {
    pub(super) permission: &'static str,
    pub(super) streams: &'static [&'static str],
}

pub(super) const METADATA: Need = Need {
    permission: "metadata=read",
    streams: &["repositories", "issues", "pull_requests", "commits"],
};
pub(super) const ISSUES: Need = Need { permission: "issues=read", streams: &["issues"] };
pub(super) const PULL_REQUESTS: Need =
    Need { permission: "pull_requests=read", streams: &["pull_requests"] };
pub(super) const COMMITS: Need = Need { permission: "contents=read", streams: &["commits"] };
pub(super) const MEMBERS: Need = Need { permission: "members=read", streams: &["members"] };

/// One read that is tried.
pub(super) struct Probe<'a> {
    pub(super) need: &'static Need,
    pub(super) about: About<'a>,
    pub(super) request: Request<'static>,
}

/// The reads of a repository.
pub(super) fn of_repository<'a>(repository: &Repository, name: &'a str) -> Vec<Probe<'a>> {
    [(&ISSUES, "issues"), (&PULL_REQUESTS, "pulls"), (&COMMITS, "commits")]
        .into_iter()
        .map(|(need, list)| {
            let request = Request::get("api")
                .segments(["repos", &repository.owner, &repository.name, list])
                .query("per_page", 1);
            Probe { need, about: About::Repository(name), request }
        })
        .collect()
}

/// The read of an organization's members.
pub(super) fn of_organization(login: &str) -> Probe<'_> {
    let request = Request::get("api").segments(["orgs", login, "members"]).query("per_page", 1);
    Probe { need: &MEMBERS, about: About::Organization(login), request }
}

/// What is known of a need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Granted,
    /// The provider's names, alternatives in words.
    Missing(String),
    Unknown,
}

impl Finding {
    /// What the answer says, and why where it says nothing.
    pub(super) fn of(
        api: &Api,
        answer: Result<Response, Failure>,
        about: About<'_>,
    ) -> (Self, Option<Failure>) {
        let (failure, accepted) = match answer {
            Err(failure) => (failure, Vec::new()),
            Ok(response) => {
                let told = matches!(response.status, 403 | 404);
                let accepted =
                    if told { diagnose::accepted_permissions(&response) } else { Vec::new() };
                match api.judge(response, about) {
                    Ok(_) => return (Self::Granted, None),
                    Err(failure) => (failure, accepted),
                }
            }
        };
        // A limit or a policy says nothing of permissions, though GitHub sends the header with it.
        let refused = matches!(failure.cause, Cause::PermissionMissing(_) | Cause::NotFound);
        if refused && !accepted.is_empty() {
            return (Self::Missing(diagnose::alternatives(&accepted)), None);
        }
        if failure.code == EMPTY_REPOSITORY.code {
            return (Self::Granted, None);
        }
        (Self::Unknown, Some(failure))
    }
}

/// The findings as permissions, each name once.
pub(super) fn permissions(findings: &[(&'static Need, Finding)]) -> Vec<Permission> {
    let mut permissions: Vec<Permission> = Vec::new();
    for (need, finding) in findings {
        let (name, grant) = match finding {
            Finding::Granted => (need.permission, Grant::Granted),
            Finding::Missing(names) => (names.as_str(), Grant::Missing),
            Finding::Unknown => (need.permission, Grant::Unknown),
        };
        let needed_by = need.streams.iter().map(|stream| (*stream).to_owned());
        match permissions.iter_mut().find(|one| one.name == name && one.grant == grant) {
            Some(known) => known.needed_by.extend(needed_by),
            None => permissions.push(Permission {
                name: name.to_owned(),
                grant,
                needed_by: needed_by.collect(),
            }),
        }
    }
    permissions
}
