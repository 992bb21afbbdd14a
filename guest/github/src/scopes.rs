//! The scopes of classic and OAuth tokens, and what the streams need.
//!
//! Source: GitHub's documentation, "Scopes for OAuth apps", read in November 2026.

use jackfield_guest::{Grant, Permission};

/// Which scope includes which.
const INCLUDES: &[(&str, &[&str])] = &[
    ("repo", &["repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"]),
    ("admin:repo_hook", &["write:repo_hook", "read:repo_hook"]),
    ("write:repo_hook", &["read:repo_hook"]),
    ("admin:org", &["write:org", "read:org", "manage_runners:org"]),
    ("write:org", &["read:org"]),
    ("admin:public_key", &["write:public_key", "read:public_key"]),
    ("write:public_key", &["read:public_key"]),
    ("admin:gpg_key", &["write:gpg_key", "read:gpg_key"]),
    ("write:gpg_key", &["read:gpg_key"]),
    ("admin:ssh_signing_key", &["write:ssh_signing_key", "read:ssh_signing_key"]),
    ("write:ssh_signing_key", &["read:ssh_signing_key"]),
    ("user", &["read:user", "user:email", "user:follow"]),
    ("write:discussion", &["read:discussion"]),
    ("write:packages", &["read:packages"]),
    ("project", &["read:project"]),
    ("codespace", &["codespace:secrets"]),
    ("audit_log", &["read:audit_log"]),
    (
        "admin:enterprise",
        &["manage_runners:enterprise", "manage_billing:enterprise", "read:enterprise"],
    ),
];

/// Scopes that a header may list, at most; what follows is passed over.
const MOST_SCOPES: usize = 64;

/// Streams of what is in repositories.
const CONTENT: [&str; 4] = ["repositories", "issues", "pull_requests", "commits"];

/// The scope with which private repositories are seen, and what each stream of them needs.
pub(crate) const PRIVATE: &str = "repo";

/// The scope with which memberships are seen that are not public.
pub(crate) const ORGANIZATIONS: &str = "read:org";

/// The scope that lists the person's own memberships as well.
const USER: &str = "user";

/// The scopes that a header such as `x-oauth-scopes: repo, user` lists.
pub(crate) fn listed(header: &str) -> Vec<&str> {
    header.split(',').map(str::trim).filter(|scope| is_scope(scope)).take(MOST_SCOPES).collect()
}

fn is_scope(text: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Whether a token with the scopes `held` may do what `wanted` allows.
pub(crate) fn holds(held: &[&str], wanted: &str) -> bool {
    held.iter().any(|scope| *scope == wanted || includes(scope, wanted))
}

fn includes(scope: &str, wanted: &str) -> bool {
    INCLUDES.iter().any(|(wide, narrow)| *wide == scope && narrow.contains(&wanted))
}

/// Whether GitHub lists the person's organizations to a token with these scopes: it asks for either.
pub(crate) fn lists_organizations(held: &[&str]) -> bool {
    holds(held, ORGANIZATIONS) || holds(held, USER)
}

/// The permissions of a token that has scopes.
///
/// Reading public repositories and public members needs no scope; private repositories need `repo`, and
/// memberships `read:org`, or for one's own organizations `user`. `public_repo` without `repo` is what
/// the public half is read with.
pub(crate) fn permissions(held: &[&str]) -> Vec<Permission> {
    let granted = |wanted| if holds(held, wanted) { Grant::Granted } else { Grant::Missing };
    let by_user = !holds(held, ORGANIZATIONS) && holds(held, USER);
    let memberships: &[&str] = if by_user { &["members"] } else { &["organizations", "members"] };
    let mut permissions = vec![
        permission(PRIVATE, granted(PRIVATE), &CONTENT),
        permission(ORGANIZATIONS, granted(ORGANIZATIONS), memberships),
    ];
    for scope in held.iter().filter(|scope| ![PRIVATE, ORGANIZATIONS].contains(scope)) {
        permissions.push(match *scope {
            "public_repo" => permission(scope, Grant::Granted, &CONTENT),
            USER if by_user => permission(scope, Grant::Granted, &["organizations"]),
            _ => permission(scope, Grant::Excess, &[]),
        });
    }
    permissions
}

/// The permissions of a token that has scopes of which GitHub did not tell.
pub(crate) fn untold() -> Vec<Permission> {
    vec![
        permission(PRIVATE, Grant::Unknown, &CONTENT),
        permission(ORGANIZATIONS, Grant::Unknown, &["organizations", "members"]),
    ]
}

fn permission(name: &str, grant: Grant, needed_by: &[&str]) -> Permission {
    let needed_by = needed_by.iter().map(|name| (*name).to_owned()).collect();
    Permission { name: name.to_owned(), grant, needed_by }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_wide_scope_includes_the_narrow_ones() {
        let cases = [
            ("repo", "repo", true),
            ("repo", "public_repo", true),
            ("repo", "repo:status", true),
            ("admin:org", "read:org", true),
            ("write:org", "read:org", true),
            ("user, repo", "user:email", true),
            ("project", "read:project", true),
            ("public_repo", "repo", false),
            ("read:org", "write:org", false),
            ("repo", "delete_repo", false),
            ("repos", "repo", false),
            ("rep", "repo", false),
            ("", "repo", false),
            ("repo:status", "public_repo", false),
        ];
        for (held, wanted, expected) in cases {
            assert_eq!(holds(&listed(held), wanted), expected, "{held} -> {wanted}");
        }
    }

    #[test]
    fn a_header_lists_scopes_and_nothing_else() {
        assert_eq!(listed("repo, user,gist"), ["repo", "user", "gist"]);
        assert_eq!(listed(" , ,, "), Vec::<&str>::new());
        assert_eq!(listed("repo, a b, \u{1b}[2J, x/y, admin:org_hook"), ["repo", "admin:org_hook"]);
        assert_eq!(listed(&vec!["a"; 1000].join(",")).len(), MOST_SCOPES);
        assert_eq!(listed(&"a".repeat(65)), Vec::<&str>::new());
    }

    #[test]
    fn scopes_become_permissions() {
        use Grant::{Excess, Granted, Missing};
        let cases: &[(&str, &[(&str, Grant)])] = &[
            ("", &[("repo", Missing), ("read:org", Missing)]),
            ("repo", &[("repo", Granted), ("read:org", Missing)]),
            ("repo, read:org", &[("repo", Granted), ("read:org", Granted)]),
            ("public_repo", &[("repo", Missing), ("read:org", Missing), ("public_repo", Granted)]),
            (
                "gist, repo, delete_repo",
                &[
                    ("repo", Granted),
                    ("read:org", Missing),
                    ("gist", Excess),
                    ("delete_repo", Excess),
                ],
            ),
            ("admin:org", &[("repo", Missing), ("read:org", Granted), ("admin:org", Excess)]),
            ("user", &[("repo", Missing), ("read:org", Missing), ("user", Granted)]),
            ("read:user", &[("repo", Missing), ("read:org", Missing), ("read:user", Excess)]),
            ("user, read:org", &[("repo", Missing), ("read:org", Granted), ("user", Excess)]),
        ];
        for (held, expected) in cases {
            let found = permissions(&listed(held));
            let found: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.grant)).collect();
            assert_eq!(found, *expected, "{held}");
        }
    }

    #[test]
    fn each_stream_needs_its_scopes() {
        let needs = |held: &str, stream: &str| -> Vec<(String, Grant)> {
            let found = permissions(&listed(held)).into_iter();
            let found = found.filter(|one| one.needed_by.iter().any(|name| name == stream));
            found.map(|one| (one.name, one.grant)).collect()
        };
        let one = |name: &str, grant| vec![(name.to_owned(), grant)];
        for stream in CONTENT {
            assert_eq!(needs("repo", stream), one("repo", Grant::Granted), "{stream}");
            assert_eq!(needs("gist", stream), one("repo", Grant::Missing), "{stream}");
        }
        assert_eq!(needs("user", "organizations"), one("user", Grant::Granted));
        assert_eq!(needs("user", "members"), one("read:org", Grant::Missing));
        assert_eq!(needs("write:org", "members"), one("read:org", Grant::Granted));
        assert_eq!(needs("", "organizations"), one("read:org", Grant::Missing));
    }

    #[test]
    fn organizations_are_listed_with_either_scope() {
        for (held, expected) in [
            ("", false),
            ("repo", false),
            ("read:user", false),
            ("user", true),
            ("write:org", true),
        ] {
            assert_eq!(lists_organizations(&listed(held)), expected, "{held}");
        }
    }

    #[test]
    fn every_stream_of_the_manifest_needs_something() {
        let manifest: serde_json::Value =
            serde_json::from_str(include_str!("manifest.json")).unwrap();
        for stream in manifest["streams"].as_array().unwrap() {
            let name = stream["name"].as_str().unwrap();
            let needed = |one: &Permission| one.needed_by.iter().any(|by| by == name);
            assert!(permissions(&[]).iter().any(needed), "{name}");
            assert!(untold().iter().any(needed), "{name}");
        }
        for one in permissions(&[]) {
            for by in one.needed_by {
                let named = manifest["streams"].as_array().unwrap().iter();
                assert!(named.clone().any(|stream| stream["name"] == *by), "{by}");
            }
        }
    }
}
