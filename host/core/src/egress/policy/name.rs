//! Host names that are not public names.

use url::{Host, Url};

/// Longest host name in bytes, without the dot of the root (RFC 1035, section 2.3.4).
const MAX_NAME_BYTES: usize = 253;

/// Top-level names that never lead to a public server: those of the special-use registry (RFC
/// 6761 and successors), those that ICANN keeps out of the root, and those of RFC 6762, appendix G.
const PRIVATE_TOP_LEVEL: &[&str] = &[
    "alt",
    "arpa",
    "corp",
    "example",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "mail",
    "onion",
    "private",
    "test",
];

/// Whether the host is absent, too long, or has an empty label. A final dot is an empty label:
/// `api.example.com.` would be another origin than `api.example.com` and the same server.
pub(super) fn malformed(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            name.len() > MAX_NAME_BYTES || name.contains('*') || name.split('.').any(str::is_empty)
        }
        Some(_) => false,
        None => true,
    }
}

/// Whether the name has one label only, or a top-level name that is not public. The name is as
/// [`Url`] gives it: lower case, IDNs as `xn--`.
pub(super) fn is_private(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some((_, top_level)) => PRIVATE_TOP_LEVEL.contains(&top_level),
        None => true,
    }
}
