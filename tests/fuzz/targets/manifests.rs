//! Fed: manifests of the connectors, and one that uses all that the format has, with JSON values
//! changed, parts cut out and bytes turned; and arbitrary text.
//!
//! Must hold: nothing panics. What is accepted has no problems, is accepted again as the host would
//! write it, and can be bound: each endpoint's base is a template, and with any settings that the
//! manifest's own rules accept it gives an http or https URL without userinfo, or a reason.

use std::sync::LazyLock;

use bolero::{TypeGenerator, check};
use jackfield_fuzz::edit::{Edit, edited_text, pick, token};
use jackfield_fuzz::guests::GUESTS;
use jackfield_host::input::validate_settings;
use jackfield_host::manifest::template::{EndpointTemplate, fill};
use jackfield_host::manifest::{Manifest, Scheme};
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, TypeGenerator)]
enum Input {
    Edited { which: u8, edits: [Option<Edit>; 3], settings: [u8; 4] },
    Arbitrary(String),
}

/// Every field of the format, and every way to fill an endpoint.
fn full() -> Value {
    json!({
        "manifest_version": 1, "id": "full", "name": "Full", "version": "1.2.3",
        "description": "All that the format has.", "documentation_url": "https://docs.example.com",
        "settings": [
            { "name": "api_url", "label": "API", "type": "url", "required": true, "default": "https://api.example.com" },
            { "name": "host", "label": "Host", "type": "host", "default": "git.example.com:8443" },
            { "name": "site", "label": "Site", "type": "address", "bare_hosts": ["example.net"], "pages": ["browse"] },
            { "name": "protocol", "label": "Protocol", "type": "choice", "default": "https",
              "options": [{ "value": "https", "label": "HTTPS" }, { "value": "http", "label": "HTTP" }] },
            { "name": "tenant", "label": "Tenant", "type": "text", "default": "a b/c" },
            { "name": "user", "label": "User", "type": "email", "default": "mona@example.com" },
            { "name": "cloud_id", "label": "Cloud", "type": "text", "discovered": true },
        ],
        "auth": [
            {
                "name": "basic", "label": "User and token", "requires_settings": ["user"],
                "secrets": [{ "name": "token", "label": "Token", "kinds": [
                    { "name": "new", "label": "New", "prefix": "new_", "min_length": 20, "alphabet": "word" },
                ] }],
                "attach": [{ "secret": "token", "endpoints": ["api", "host"], "scheme": "basic", "username": "{user}" }],
            },
            {
                "name": "key", "label": "Key", "secrets": [{ "name": "key", "label": "Key" }],
                "attach": [{ "secret": "key", "endpoints": ["tenant"], "scheme": "header", "header": "x-api-key", "name": "x-api-key" }],
                "steps": [{ "text": "Open the page.", "url": "https://example.com/keys" }],
            },
        ],
        "endpoints": [
            { "name": "api", "base": "{api_url}/rest" },
            { "name": "host", "base": "{protocol}://{host}/rest" },
            { "name": "tenant", "base": "https://example.com/{tenant}/v2" },
            { "name": "cloud", "base": "https://example.com/ex/{cloud_id}" },
        ],
        "redirects": [{ "origin": "https://files.example.com", "reason": "Attachments." }],
        "quota": { "remaining": "x-remaining", "limit": "x-limit", "reset": { "header": "x-reset", "unit": "epoch_seconds" } },
        "streams": [{ "name": "things", "label": "Things", "incremental": true, "parameters": [
            { "name": "since", "label": "Since", "type": "datetime" },
            { "name": "most", "label": "Most", "type": "integer", "minimum": 1, "maximum": 9 },
        ] }],
        "help": [{ "title": "Which key", "text": "The one." }],
    })
}

static REAL: LazyLock<Vec<String>> = LazyLock::new(|| {
    let own = GUESTS.iter().map(|guest| guest.manifest_json().to_owned());
    own.chain([full().to_string()]).collect()
});

/// Every setting, with its default or one of the texts.
fn given(manifest: &Manifest, texts: &[u8]) -> Map<String, Value> {
    let mut given = Map::new();
    for (input, which) in manifest.settings.iter().zip(texts) {
        if which % 2 == 0 {
            given.insert(input.name.clone(), Value::String(token(*which).to_owned()));
        }
    }
    given
}

fn bind(manifest: &Manifest, settings: &Map<String, Value>) {
    for endpoint in &manifest.endpoints {
        let template = EndpointTemplate::parse(&endpoint.base).expect("judged by the manifest");
        if let (None, Ok(base)) = (template.missing(settings), template.bind(settings)) {
            assert!(matches!(base.scheme(), "http" | "https") && base.has_host(), "{base}");
            assert!(base.username().is_empty() && base.password().is_none(), "{base}");
            assert!(base.fragment().is_none() && base.query().is_none(), "{base}");
        }
    }
    for attach in manifest.auth.iter().flat_map(|method| &method.attach) {
        if let Scheme::Basic { username } = &attach.scheme {
            let _ = fill(username, settings);
        }
    }
}

#[test]
fn target() {
    check!().with_type::<Input>().for_each(|input| {
        let (text, settings) = match input {
            Input::Arbitrary(text) => (text.clone(), [0; 4]),
            Input::Edited { which, edits, settings } => {
                (edited_text(pick(&REAL, *which).unwrap(), edits), *settings)
            }
        };
        let unknown = Manifest::unknown_fields(&text);
        assert!(unknown.iter().all(|pointer| pointer.starts_with('/')), "{unknown:?}");
        let Ok(manifest) = Manifest::parse(&text) else { return };
        assert!(manifest.problems().is_empty());
        let written = serde_json::to_string(&manifest).unwrap();
        let again = Manifest::parse(&written);
        assert_eq!(again.as_ref().ok(), Some(&manifest), "{written}");
        let _ = manifest.redirect_origins();
        assert!(manifest.injected_headers().all(|name| name == name.to_lowercase()));
        for method in &manifest.auth {
            for given in [Map::new(), given(&manifest, &settings)] {
                if let Ok(settings) = validate_settings(&manifest, method, &given) {
                    bind(&manifest, &settings);
                }
            }
        }
    });
}

/// Otherwise the target would prove nothing.
/// Settings that some connector demands.
const GIVEN: &[(&str, &str)] =
    &[("host", "acme.atlassian.net"), ("email", "ada@example.com"), ("username", "ada")];

#[test]
fn real_manifests_are_accepted() {
    for text in REAL.iter() {
        let manifest = Manifest::parse(text).unwrap_or_else(|error| panic!("{error}"));
        for method in &manifest.auth {
            let mut given = Map::new();
            for (name, value) in GIVEN {
                if manifest.settings.iter().any(|setting| setting.name == *name) {
                    given.insert((*name).to_owned(), (*value).into());
                }
            }
            bind(&manifest, &validate_settings(&manifest, method, &given).unwrap());
        }
    }
}
