#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::manifest::limits::*;

fn valid() -> Value {
    json!({
        "manifest_version": 1,
        "id": "acme",
        "name": "Acme",
        "version": "0.1.0",
        "description": "Issues of Acme.",
        "documentation_url": "https://docs.example.com/acme",
        "settings": [
            {"name": "api_url", "label": "API URL", "type": "url", "default": "https://api.example.com"},
            {"name": "email", "label": "E-mail", "type": "email"},
            {"name": "protocol", "label": "Protocol", "type": "choice",
             "options": [{"value": "https", "label": "https"}, {"value": "http", "label": "http"}]},
            {"name": "host", "label": "Host", "type": "host", "help": "Two\n\nparagraphs."},
            {"name": "port", "label": "Port", "type": "integer", "minimum": 1, "maximum": 65535},
            {"name": "cloud_id", "label": "Cloud", "type": "text", "discovered": true},
            {"name": "flag", "label": "Flag", "type": "boolean", "default": false}
        ],
        "auth": [{
            "name": "token",
            "label": "Token",
            "requires_settings": ["email"],
            "secrets": [{"name": "token", "label": "Token", "kinds": [
                {"name": "long", "label": "Long", "prefix": "acme_long_", "min_length": 40},
                {"name": "plain", "label": "Plain", "prefix": "acme_", "alphabet": "word"},
                {"name": "hex", "label": "Hex", "min_length": 40, "max_length": 40, "alphabet": "hex"}
            ]}],
            "attach": [
                {"secret": "token", "endpoints": ["api"], "scheme": "bearer"},
                {"secret": "token", "endpoints": ["server"], "scheme": "basic", "username": "{email}"},
                {"secret": "token", "endpoints": ["gateway"], "scheme": "header", "name": "X-Api-Key", "prefix": "Key "}
            ],
            "steps": [{"text": "Create a token.", "url": "{api_url}/tokens?name={email}"}]
        }],
        "endpoints": [
            {"name": "api", "base": "{api_url}"},
            {"name": "server", "base": "{protocol}://{host}/rest", "renames_within": ["example.net"]},
            {"name": "gateway", "base": "https://gateway.example.com/ex/{cloud_id}"}
        ],
        "redirects": [{"origin": "https://objects.example.com", "reason": "Archives."}],
        "streams": [{"name": "issues", "label": "Issues", "parameters": [
            {"name": "since", "label": "Since", "type": "datetime"}], "permissions": ["issues=read"]}],
        "actions": [{"name": "comment", "label": "Comment"}],
        "quota": {"remaining": "X-RateLimit-Remaining", "reset": {"header": "x-ratelimit-reset", "unit": "epoch_seconds"}},
        "help": [{"title": "Policy", "text": "Text."}]
    })
}

fn problems(manifest: &Value) -> Vec<String> {
    match Manifest::parse(&manifest.to_string()) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems.into_iter().map(|problem| problem.pointer).collect(),
    }
}

fn with(pointer: &str, value: Value) -> Value {
    let mut manifest = valid();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match manifest.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(map.insert(key.to_owned(), value)),
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        _ => unreachable!("the parent is an object or a list"),
    }
    manifest
}

#[test]
fn a_manifest_that_uses_everything_is_accepted() {
    let parsed = Manifest::parse(&valid().to_string());
    assert!(parsed.is_ok(), "{:?}", parsed.err());
}

#[test]
fn each_wrong_value_is_named_at_its_place() {
    for (pointer, value) in [
        ("/manifest_version", json!(2)),
        ("/id", json!("Acme")),
        ("/id", json!("acme_x")),
        ("/id", json!("../acme")),
        ("/name", json!("")),
        ("/name", json!("a\u{202e}b")),
        ("/name", json!("a\nb")),
        ("/version", json!("1.0")),
        ("/description", json!(" ")),
        ("/description", json!("a\u{1b}[2J")),
        ("/documentation_url", json!("http://docs.example.com")),
        ("/documentation_url", json!("javascript:alert(1)")),
        ("/documentation_url", json!("https://mona:pw@docs.example.com")),
        ("/settings/0/name", json!("Api")),
        ("/settings/0/label", json!("")),
        ("/settings/0/default", json!("api.example.com")),
        ("/settings/0/default", json!("https://api.example.com/")),
        ("/settings/0/default", json!(5)),
        ("/settings/1/placeholder", json!("a\u{0}")),
        ("/settings/2/options/1/value", json!("https")),
        ("/settings/2/options/1/label", json!("")),
        ("/settings/2/options", json!([])),
        ("/settings/3/help", json!("a\tb")),
        ("/settings/4/minimum", json!(70_000)),
        ("/settings/5/required", json!(true)),
        ("/settings/6/default", json!("false")),
        ("/auth/0/name", json!("my-token")),
        ("/auth/0/requires_settings/0", json!("unknown")),
        ("/auth/0/requires_settings/0", json!("cloud_id")),
        ("/auth/0/secrets", json!([])),
        ("/auth/0/secrets/0/kinds/0/name", json!("a_b")),
        ("/auth/0/secrets/0/kinds/0/prefix", json!("a b")),
        ("/auth/0/secrets/0/kinds/2/max_length", json!(39)),
        ("/auth/0/attach", json!([])),
        ("/auth/0/attach/0/secret", json!("unknown")),
        ("/auth/0/attach/0/endpoints/0", json!("unknown")),
        ("/auth/0/attach/0/endpoints", json!([])),
        ("/auth/0/attach/1/username", json!("{unknown}")),
        ("/auth/0/attach/1/username", json!("{api_url}")),
        ("/auth/0/attach/1/username", json!("a:b")),
        ("/auth/0/attach/1/username", json!("{email")),
        ("/auth/0/attach/2/name", json!("Host")),
        ("/auth/0/attach/2/name", json!("X-Forwarded-For")),
        ("/auth/0/attach/2/name", json!("Content-Length")),
        ("/auth/0/attach/2/name", json!("a b")),
        ("/auth/0/attach/2/prefix", json!("a\r\nHost: x")),
        ("/auth/0/steps/0/text", json!("")),
        ("/auth/0/steps/0/url", json!("http://example.com")),
        ("/auth/0/steps/0/url", json!("https://example.com/{unknown}")),
        ("/auth/0/steps/0/url", json!("javascript:alert(1)")),
        ("/endpoints", json!([])),
        ("/endpoints/0/name", json!("API")),
        ("/endpoints/0/base", json!("{unknown}")),
        ("/endpoints/0/base", json!("{email}")),
        ("/endpoints/0/base", json!("{flag}://example.com")),
        ("/endpoints/0/base", json!("{host}://example.com")),
        ("/endpoints/0/base", json!("https://{api_url}")),
        ("/endpoints/0/base", json!("https://example.com:{host}")),
        ("/endpoints/0/base", json!("https://example.com/{flag}")),
        ("/endpoints/0/base", json!("https://example.com/?x={email}")),
        ("/endpoints/0/base", json!("https://mona@example.com")),
        ("/endpoints/0/base", json!("ftp://example.com")),
        ("/endpoints/0/base", json!("https://example.com/..")),
        ("/redirects/0/origin", json!("http://objects.example.com")),
        ("/redirects/0/origin", json!("https://*.example.com")),
        ("/redirects/0/origin", json!("https://objects.example.com/x")),
        ("/redirects/0/origin", json!("https://127.0.0.1")),
        ("/redirects/0/origin", json!("https://localhost")),
        ("/redirects/0/origin", json!("objects.example.com")),
        ("/redirects/0/reason", json!("")),
        ("/streams/0/name", json!("my-issues")),
        ("/streams/0/label", json!("")),
        ("/streams/0/parameters/0/name", json!("Since")),
        ("/streams/0/parameters/0/discovered", json!(true)),
        ("/streams/0/permissions/0", json!("")),
        ("/actions/0/name", json!("")),
        ("/quota/remaining", json!("a b")),
        ("/endpoints/0/renames_within", json!(["example.net"])),
        ("/endpoints/1/renames_within/0", json!("net")),
        ("/endpoints/1/renames_within/0", json!("Example.net")),
        ("/endpoints/1/renames_within/0", json!("example.net.")),
        ("/endpoints/1/renames_within/0", json!("*.example.net")),
        ("/endpoints/1/renames_within/0", json!(".example.net")),
        ("/endpoints/1/renames_within/0", json!("example.net/x")),
        ("/endpoints/1/renames_within/0", json!("example.net:443")),
        ("/endpoints/1/renames_within/0", json!("sites.internal")),
        ("/endpoints/1/renames_within/0", json!("192.0.2.1")),
        ("/endpoints/1/renames_within/0", json!("")),
        ("/quota/limit", json!("")),
        ("/quota/interval", json!("a\nb")),
        ("/quota/reset/header", json!("x:y")),
        ("/help/0/title", json!("a\nb")),
        ("/help/0/text", json!("")),
    ] {
        let found = problems(&with(pointer, value.clone()));
        let parent = pointer.rsplit_once('/').unwrap().0;
        let near =
            found.iter().any(|problem| problem.starts_with(pointer) || problem.starts_with(parent));
        assert!(near && !found.is_empty(), "{pointer} {value}: {found:?}");
    }
}

#[test]
fn names_are_unique_in_their_lists() {
    for pointer in [
        "/settings",
        "/auth",
        "/endpoints",
        "/streams",
        "/actions",
        "/auth/0/secrets",
        "/streams/0/parameters",
        "/auth/0/secrets/0/kinds",
    ] {
        let mut manifest = valid();
        let list = manifest.pointer_mut(pointer).unwrap().as_array_mut().unwrap();
        list.push(list[0].clone());
        let last = list.len() - 1;
        assert!(problems(&manifest).contains(&format!("{pointer}/{last}/name")), "{pointer}");
    }
}

#[test]
fn a_secret_goes_to_an_endpoint_in_one_way_only() {
    let mut manifest = valid();
    manifest["auth"][0]["attach"][1]["endpoints"] = json!(["api"]);
    assert_eq!(problems(&manifest), ["/auth/0/attach/1/endpoints"]);
}

#[test]
fn a_kind_behind_a_shorter_prefix_is_never_reached() {
    let mut manifest = valid();
    manifest["auth"][0]["secrets"][0]["kinds"].as_array_mut().unwrap().swap(0, 1);
    assert_eq!(problems(&manifest), ["/auth/0/secrets/0/kinds/1/prefix"]);
}

#[test]
fn all_problems_come_at_once() {
    let mut manifest = valid();
    manifest["id"] = json!("X");
    manifest["version"] = json!("x");
    manifest["endpoints"][1]["base"] = json!("x");
    manifest["help"][0]["title"] = json!("");
    assert_eq!(problems(&manifest), ["/id", "/version", "/endpoints/1/base", "/help/0/title"]);
}

#[test]
fn texts_and_lists_go_up_to_their_limits_and_not_one_past() {
    for (pointer, most) in [
        ("/name", MAX_LABEL_CHARS),
        ("/description", MAX_SENTENCE_CHARS),
        ("/settings/0/help", MAX_HELP_CHARS),
        ("/help/0/text", MAX_HELP_CHARS),
        ("/auth/0/steps/0/text", MAX_SENTENCE_CHARS),
    ] {
        assert!(problems(&with(pointer, json!("ü".repeat(most)))).is_empty(), "{pointer}");
        assert_eq!(problems(&with(pointer, json!("ü".repeat(most + 1)))), [pointer], "{pointer}");
    }
    for (pointer, most) in [
        ("/settings", MAX_ENTRIES),
        ("/auth", MAX_ENTRIES),
        ("/endpoints", MAX_ENTRIES),
        ("/redirects", MAX_ENTRIES),
        ("/streams", MAX_CAPABILITIES),
        ("/actions", MAX_CAPABILITIES),
        ("/help", MAX_ENTRIES),
        ("/auth/0/steps", MAX_ENTRIES),
        ("/settings/2/options", MAX_OPTIONS),
        ("/streams/0/permissions", MAX_PERMISSIONS),
    ] {
        let filled = |length: usize| {
            let mut manifest = valid();
            let list = manifest.pointer_mut(pointer).unwrap().as_array_mut().unwrap();
            let last = list.last().unwrap().clone();
            while list.len() < length {
                let mut entry = last.clone();
                let unique = format!("x{}", list.len());
                for key in ["name", "value"] {
                    entry.get_mut(key).into_iter().for_each(|name| *name = json!(unique));
                }
                list.push(entry);
            }
            manifest
        };
        let at = problems(&filled(most));
        assert!(!at.contains(&pointer.to_owned()), "{pointer} {at:?}");
        assert!(problems(&filled(most + 1)).contains(&pointer.to_owned()), "{pointer}");
    }
}

#[test]
fn a_manifest_is_as_long_as_the_limit_and_not_one_more() {
    let text = valid().to_string();
    let padded = |length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    assert!(Manifest::parse(&padded(MAX_MANIFEST_BYTES)).is_ok());
    let error = Manifest::parse(&padded(MAX_MANIFEST_BYTES + 1)).unwrap_err();
    assert_eq!(error.to_string(), "invalid manifest: the JSON has 262145 bytes, more than 262144");
}

#[test]
fn what_has_not_the_shape_of_a_manifest_is_refused_at_the_root() {
    let mut without_auth = valid();
    without_auth.as_object_mut().unwrap().remove("auth");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for text in ["", "null", "[]", "{}", "{", deep.as_str(), without_auth.to_string().as_str()] {
        let error = Manifest::parse(text).unwrap_err();
        assert_eq!(error.problems.len(), 1, "{text:.20}");
        assert_eq!(error.problems[0].pointer, "", "{text:.20}");
    }
    let error = Manifest::parse(&with("/settings/0/type", json!("uri")).to_string()).unwrap_err();
    assert!(error.to_string().contains("uri"), "{error}");
}

#[test]
fn fields_that_this_host_does_not_know_are_named() {
    assert_eq!(Manifest::unknown_fields(&valid().to_string()), Vec::<String>::new());
    let mut manifest = valid();
    manifest["descripton"] = json!("x");
    manifest["settings"][0]["placholder"] = json!("x");
    manifest["settings"][0]["options"] = json!([]);
    manifest["auth"][0]["attach"][0]["username"] = json!("x");
    manifest["quota"]["reset"]["a/b"] = json!(1);
    assert_eq!(
        Manifest::unknown_fields(&manifest.to_string()),
        [
            "/settings/0/placholder",
            "/settings/0/options",
            "/auth/0/attach/0/username",
            "/quota/reset/a~1b",
            "/descripton"
        ]
    );
    assert!(Manifest::parse(&manifest.to_string()).is_ok());
    assert_eq!(Manifest::unknown_fields("{"), Vec::<String>::new());
}

#[test]
fn what_the_manifest_says_can_be_asked() {
    let manifest = Manifest::parse(&valid().to_string()).unwrap();
    let origins: Vec<String> =
        manifest.redirect_origins().iter().map(url::Origin::ascii_serialization).collect();
    assert_eq!(origins, ["https://objects.example.com"]);
    assert_eq!(manifest.discoverable_settings(), ["cloud_id"]);
    let injected: Vec<String> = manifest.injected_headers().collect();
    assert_eq!(injected, ["authorization", "authorization", "x-api-key"]);
}
