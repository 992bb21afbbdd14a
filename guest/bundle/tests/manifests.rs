//! The manifests of the bundled connectors, held against the host's own rules.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_host::manifest::Manifest;
use jackfield_host::secret_kind::{Doubt, recognize};

/// Id and manifest of each connector.
const MANIFESTS: &[(&str, &str)] = &[
    ("github", include_str!("../../github/src/manifest.json")),
    ("jira", include_str!("../../jira/src/manifest.json")),
];

#[test]
fn every_connector_has_a_manifest_that_the_host_accepts() {
    assert!(jackfield_bundle::connectors().map(|(id, _)| id).eq(MANIFESTS.iter().map(|one| one.0)));
    for (id, text) in MANIFESTS {
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!(manifest.id, *id);
        assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
        assert_eq!(Manifest::unknown_fields(text), Vec::<String>::new(), "{id}");
    }
}

#[test]
fn github_tokens_are_recognized_by_their_shape_and_never_rejected_for_it() {
    let manifest = Manifest::parse(MANIFESTS[0].1).unwrap();
    let kinds = &manifest.auth[0].secrets[0].kinds;
    // None of these was ever a token, and where a kind has a checksum, that shows.
    let invented = Some(Doubt::Checksum);
    let cases = [
        (format!("github_pat_{}_{}", "a".repeat(22), "B".repeat(59)), "fine-grained", None),
        (format!("ghp_{}", "a".repeat(36)), "classic", invented),
        (format!("gho_{}", "a".repeat(36)), "oauth", invented),
        (format!("ghu_{}", "a".repeat(36)), "app-user", invented),
        (format!("ghs_{}", "a".repeat(36)), "installation", None),
        (format!("ghs_{}", "a.B-c_9".repeat(70)), "installation", None),
        ("0123456789abcdef0123456789abcdef01234567".to_owned(), "legacy", None),
    ];
    for (token, name, doubt) in cases {
        let recognized = recognize(kinds, &token).unwrap();
        assert_eq!((recognized.kind.name.as_str(), recognized.doubt), (name, doubt), "{token}");
        assert_eq!(recognized.kind.refuse, None, "{token}");
    }
    let short = recognize(kinds, "ghp_short").unwrap();
    assert!(short.doubt.is_some() && short.kind.refuse.is_none());
    assert_eq!(recognize(kinds, "something else"), None);
}

#[test]
fn a_refresh_token_is_refused_with_a_sentence() {
    let manifest = Manifest::parse(MANIFESTS[0].1).unwrap();
    let kinds = &manifest.auth[0].secrets[0].kinds;
    let refresh = recognize(kinds, &format!("ghr_{}", "a".repeat(76))).unwrap();
    assert!(refresh.kind.refuse.as_ref().unwrap().contains("refresh token"));
}
