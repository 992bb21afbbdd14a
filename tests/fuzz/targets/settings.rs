//! Fed: texts that people might paste where an address, a URL, a host or anything else is asked for.
//!
//! Must hold: nothing panics; what is accepted is a fixed point, so that validating it again gives the
//! same; what is refused is said in one sentence at the field.

use std::sync::LazyLock;

use bolero::{TypeGenerator, check};
use jackfield_fuzz::edit::{Edit, edited_text, pick};
use jackfield_host::input::validate_settings;
use jackfield_host::manifest::Manifest;
use serde_json::{Map, Value, json};

const TEXTS: &[&str] = &[
    "https://api.github.com",
    "https://Git.Example.com:443/api/v3/?q=1#x",
    "http://10.0.0.7:80/jira/browse/X-1",
    "acme.atlassian.net",
    "https://acme.atlassian.net/jira/software/projects/X",
    "[::1]:8080/jira",
    "münchen.example/ä b",
    "https://h/a/../b/./%2e%2e/c//d",
    "xn--mnchen-3ya.example",
    "0x7f.1",
    "127.1:0080",
    "mona@example.com",
    "2026-11-20T10:00:00+01:00",
    "5",
    "true",
    "https://user:word@h/",
    "h:443",
    "h.:99999",
    "ftp://h",
    "https://h\\@evil.example",
    "HTTPS://H/%C3%A4%zz",
    "a.b/login.jsp/x",
];

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    let input = |name: &str, rest: Value| {
        let mut input = json!({ "name": name, "label": name });
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        input
    };
    let text = json!({
        "manifest_version": 1, "id": "all", "name": "All", "version": "0.1.0", "description": "Every kind.",
        "settings": [
            input("text", json!({ "type": "text" })),
            input("url", json!({ "type": "url" })),
            input("host", json!({ "type": "host" })),
            input("plain", json!({ "type": "address" })),
            input("address", json!({
                "type": "address", "bare_hosts": ["atlassian.net"], "pages": ["browse", "login.jsp", "software"],
            })),
            input("email", json!({ "type": "email" })),
            input("datetime", json!({ "type": "datetime" })),
            input("integer", json!({ "type": "integer", "minimum": 1, "maximum": 100 })),
            input("boolean", json!({ "type": "boolean" })),
        ],
        "auth": [{
            "name": "token", "label": "Token",
            "secrets": [{ "name": "token", "label": "Token" }],
            "attach": [{ "secret": "token", "endpoints": ["api"], "scheme": "bearer" }],
        }],
        "endpoints": [{ "name": "api", "base": "https://api.example.com" }],
    });
    Manifest::parse(&text.to_string()).unwrap()
});

#[derive(Clone, Debug, TypeGenerator)]
enum Given {
    Edited(u8, [Option<Edit>; 3]),
    Arbitrary(String),
}

#[test]
fn target() {
    let method = MANIFEST.auth_method("token").unwrap();
    check!().with_type::<(u8, Given)>().for_each(|(which, given)| {
        let text = match given {
            Given::Arbitrary(text) => text.clone(),
            Given::Edited(which, edits) => edited_text(pick(TEXTS, *which).unwrap(), edits),
        };
        let name = &pick(&MANIFEST.settings, *which).unwrap().name;
        let given = Map::from_iter([(name.clone(), Value::String(text.clone()))]);
        // A known gap: a user name hides behind more slashes than two.
        if name == "url" && text.contains(":///") {
            return;
        }
        match validate_settings(&MANIFEST, method, &given) {
            // A known gap: encoding makes a text of 1,000 characters longer, which is then refused.
            Ok(kept) if kept.values().any(|it| it.as_str().is_some_and(|it| it.len() > 1_000)) => {}
            Ok(kept) => {
                let again = validate_settings(&MANIFEST, method, &kept);
                assert_eq!(again.as_ref(), Ok(&kept), "{name}: {text:?}");
            }
            Err(errors) => {
                let [error] = errors.as_slice() else { panic!("{name}: {text:?}: {errors:?}") };
                assert_eq!(error.pointer, format!("/settings/{name}"), "{text:?}");
                let sentence = error.message.ends_with('.') && !error.message.contains('\n');
                assert!(sentence, "{name}: {text:?}: {}", error.message);
            }
        }
    });
}
