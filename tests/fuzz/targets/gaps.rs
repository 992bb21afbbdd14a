//! Known gaps: what a target found and does not look at until it is mended, each by its smallest input.
//! A gap that is closed fails its test here: then the test goes, and the exemption in the target.

use jackfield_fuzz::guests::{Call, GUESTS, cursor};
use jackfield_host::endpoint::{BoundEndpoint, MAX_URL_BYTES, accept_link};
use jackfield_host::input::validate_inputs;
use jackfield_host::limits::MAX_CURSOR_BYTES;
use jackfield_host::manifest::Input;
use jackfield_host::redact::Redactor;
use jackfield_host::transport::InboundResponse;
use jackfield_host::{EgressPolicy, Reach};
use serde_json::{Map, Value, json};
use url::Url;

/// GitHub answers `GET /installation/repositories` with an envelope; a bare list proves nothing.
#[test]
fn github_takes_an_empty_list_for_an_installation() {
    let github = GUESTS.iter().find(|guest| guest.manifest.id == "github").unwrap();
    let kinds = &github.manifest.auth[0].secrets[0].kinds;
    let kind = kinds.iter().position(|kind| kind.name == "installation").unwrap();
    let kind = Some(u8::try_from(kind).unwrap());
    let call = Call { settings: 0, kind, stream: None, limit: 1 };
    let list = InboundResponse { status: 200, body: b"[]".to_vec(), ..Default::default() };
    assert!(github.check(&call, vec![list]).outcome.is_ok());
}

/// Nothing bounds the link that a guest gets; the host refuses the cursor, and names the connector.
#[test]
fn a_long_link_makes_a_cursor_that_the_host_refuses() {
    let github = GUESTS.iter().find(|guest| guest.manifest.id == "github").unwrap();
    let call = Call { settings: 0, kind: None, stream: None, limit: 1 };
    let link = format!("<https://api.github.com/{}>; rel=\"next\"", "a".repeat(MAX_CURSOR_BYTES));
    let headers = vec![("link".to_owned(), link)];
    let page = InboundResponse { status: 200, headers, body: b"[]".to_vec() };
    let page = github.read(&call, "issues", None, vec![page]).outcome.unwrap();
    assert!(cursor(&page).unwrap().len() > MAX_CURSOR_BYTES);
}

/// The length is judged before what is not allowed in a URL is encoded, and not after.
#[test]
fn a_link_is_accepted_that_is_then_too_long() {
    let base = Url::parse("https://api.example.com").unwrap();
    let reach: Reach = EgressPolicy::strict().judge_url(&base).unwrap();
    let endpoints = [BoundEndpoint { name: "api".to_owned(), base, reach }];
    let link = format!("https://api.example.com/{}", "\"".repeat(2_660));
    let (url, _) = accept_link(&link, &endpoints).unwrap();
    assert!(url.as_str().len() > MAX_URL_BYTES);
    assert!(accept_link(url.as_str(), &endpoints).is_err());
}

/// The URL standard passes over more slashes than two; the search for a `@` stops at the third.
#[test]
fn a_password_is_accepted_in_a_url_behind_three_slashes() {
    let input = json!({ "name": "url", "label": "URL", "type": "url" });
    let inputs: [Input; 1] = [serde_json::from_value(input).unwrap()];
    let given = Map::from_iter([("url".to_owned(), json!("https:///user:word@h/"))]);
    let kept = validate_inputs(&inputs, &given, "/settings").unwrap();
    assert_eq!(kept["url"], "https://user:word@h");
    assert!(validate_inputs(&inputs, &kept, "/settings").is_err());
}

/// A connection with such a setting is made, and cannot be bound again from what is kept of it.
#[test]
fn a_setting_is_accepted_that_is_then_too_long() {
    let input = json!({ "name": "url", "label": "URL", "type": "url" });
    let inputs: [Input; 1] = [serde_json::from_value(input).unwrap()];
    let text = format!("https://h/{}", "\"".repeat(331));
    let given = Map::from_iter([("url".to_owned(), Value::String(text))]);
    let kept = validate_inputs(&inputs, &given, "/settings").unwrap();
    assert!(validate_inputs(&inputs, &kept, "/settings").is_err());
}

/// The replacement's own bracket completes a secret that ends with one.
#[test]
fn a_replacement_spells_the_end_of_a_secret() {
    let secret = "1234567[";
    let clean = Redactor::new([secret].into_iter()).redact_text("12345671234567[").into_owned();
    assert!(clean.contains(secret), "{clean}");
}
