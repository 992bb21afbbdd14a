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

/// The streams of the manifest.
const STREAMS: [&str; 2] = ["repositories", "issues"];

/// The scope with which private repositories are seen, and what each stream needs of them.
pub(crate) const PRIVATE: &str = "repo";

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

/// The permissions of a token that has scopes.
///
/// Reading public repositories needs no scope; everything else needs `repo`. `public_repo` without
/// `repo` is what the public half is read with.
pub(crate) fn permissions(held: &[&str]) -> Vec<Permission> {
    let private = if holds(held, PRIVATE) { Grant::Granted } else { Grant::Missing };
    let mut permissions = vec![permission(PRIVATE, private, &STREAMS)];
    for scope in held.iter().filter(|scope| **scope != PRIVATE) {
        permissions.push(match *scope {
            "public_repo" => permission(scope, Grant::Granted, &STREAMS),
            _ => permission(scope, Grant::Excess, &[]),
        });
    }
    permissions
}

/// The permissions of a token that GitHub offers no way to inspect.
pub(crate) fn unknown_permissions() -> Vec<Permission> {
    vec![
        permission("metadata=read", Grant::Unknown, &STREAMS),
        permission("issues=read", Grant::Unknown, &["issues"]),
    ]
}

fn permission(name: &str, grant: Grant, needed_by: &[&str]) -> Permission {
    let needed_by = needed_by.iter().map(|name| (*name).to_owned()).collect();
    Permission { name: name.to_owned(), grant, needed_by }
}

#[cfg(test)]
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
        let seen = |held: &str| -> Vec<(String, Grant)> {
            permissions(&listed(held)).into_iter().map(|one| (one.name, one.grant)).collect()
        };
        let is = |list: &[(&str, Grant)]| -> Vec<(String, Grant)> {
            list.iter().map(|(name, grant)| ((*name).to_owned(), *grant)).collect()
        };
        assert_eq!(seen("repo"), is(&[("repo", Grant::Granted)]));
        assert_eq!(seen(""), is(&[("repo", Grant::Missing)]));
        assert_eq!(
            seen("public_repo"),
            is(&[("repo", Grant::Missing), ("public_repo", Grant::Granted)])
        );
        assert_eq!(
            seen("gist, repo, delete_repo"),
            is(&[
                ("repo", Grant::Granted),
                ("gist", Grant::Excess),
                ("delete_repo", Grant::Excess)
            ])
        );
    }
}
