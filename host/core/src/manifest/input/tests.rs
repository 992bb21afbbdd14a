#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;
use crate::manifest::{Alphabet, Attach, ChoiceOption, Scheme, SecretField, SecretKind};
use crate::secret::SecretText;

fn input(name: &str, kind: InputKind) -> Input {
    Input {
        name: name.to_owned(),
        label: "The field".to_owned(),
        help: None,
        placeholder: None,
        default: None,
        required: false,
        discovered: false,
        kind,
    }
}

fn choice() -> InputKind {
    let option = |value: &str| ChoiceOption { value: value.to_owned(), label: value.to_owned() };
    InputKind::Choice { options: vec![option("cloud"), option("server"), option("10")] }
}

fn integer() -> InputKind {
    InputKind::Integer { minimum: Some(-5), maximum: Some(100) }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn one(kind: InputKind, value: Value) -> Result<Value, String> {
    validate_inputs(&[input("x", kind)], &map(json!({ "x": value })), "/settings")
        .map(|mut values| values.remove("x").unwrap_or_default())
        .map_err(|errors| errors.into_iter().map(|error| error.message).collect())
}

#[test]
fn values_are_kept_in_their_normal_form() {
    use InputKind::{Boolean, Datetime, Email, Host, Text, Url};
    for (kind, value, expected) in [
        (Text, json!("  mona  "), json!("mona")),
        (Text, json!("a\u{a0}b"), json!("a\u{a0}b")),
        (Url, json!("https://api.github.com"), json!("https://api.github.com")),
        (Url, json!(" HTTPS://API.GitHub.com:443/ "), json!("https://api.github.com")),
        (
            Url,
            json!("https://ghes.example.com/api/v3///"),
            json!("https://ghes.example.com/api/v3"),
        ),
        (Url, json!("http://localhost:3000/"), json!("http://localhost:3000")),
        (Url, json!("https://münchen.example/ä"), json!("https://xn--mnchen-3ya.example/%C3%A4")),
        (Url, json!("https://0x7f.1"), json!("https://127.0.0.1")),
        (Host, json!("Jira.Example.com"), json!("jira.example.com")),
        (Host, json!("jira.example.com:8443"), json!("jira.example.com:8443")),
        (Host, json!("jira.example.com:443"), json!("jira.example.com:443")),
        (Host, json!("münchen.example"), json!("xn--mnchen-3ya.example")),
        (Host, json!("10.1.2.3:80"), json!("10.1.2.3:80")),
        (Host, json!("[::1]"), json!("[::1]")),
        (Host, json!("[::1]:8080"), json!("[::1]:8080")),
        (Email, json!(" mona+x@example.com"), json!("mona+x@example.com")),
        (integer(), json!(5), json!(5)),
        (integer(), json!(" 5 "), json!(5)),
        (integer(), json!(-5), json!(-5)),
        (integer(), json!("100"), json!(100)),
        (Boolean, json!(true), json!(true)),
        (Boolean, json!("TRUE"), json!(true)),
        (Boolean, json!("no"), json!(false)),
        (Boolean, json!("on"), json!(true)),
        (choice(), json!("cloud"), json!("cloud")),
        (choice(), json!(" Cloud "), json!("cloud")),
        (choice(), json!(10), json!("10")),
        (Datetime, json!("2026-11-20"), json!("2026-11-20")),
        (Datetime, json!("2024-02-29T23:59:60.123+14:00"), json!("2024-02-29T23:59:60.123+14:00")),
        (Datetime, json!("2026-11-20 10:00:00Z"), json!("2026-11-20 10:00:00Z")),
    ] {
        assert_eq!(one(kind, value.clone()), Ok(expected), "{value}");
    }
}

#[test]
fn values_that_do_not_suit_are_refused_by_a_sentence() {
    use InputKind::{Boolean, Datetime, Email, Host, Text, Url};
    for (kind, value, expected) in [
        (Text, json!(5), "The field must be a text."),
        (Text, json!(["a"]), "The field must be a text."),
        (Text, json!("a\nb"), "The field must be one line without control characters."),
        (Text, json!("a\u{0}b"), "The field must be one line without control characters."),
        (Text, json!("a".repeat(1_001)), "The field must have at most 1000 characters."),
        (Url, json!("api.github.com"), "The field must be a URL that begins with https://."),
        (Url, json!("ftp://api.github.com"), "The field must be a URL that begins with https://."),
        (Url, json!("https:api.github.com"), "The field must be a URL that begins with https://."),
        (
            Url,
            json!("https://mona:hunter2@api.github.com"),
            "The field must have no user name and no password.",
        ),
        (
            Url,
            json!("https:///mona:hunter2@api.github.com"),
            "The field must have no user name and no password.",
        ),
        (
            Url,
            json!("https://@api.github.com"),
            "The field must have no user name and no password.",
        ),
        (
            Url,
            json!("https://api.github.com?x"),
            "The field must have no `?` and no `#`, and nothing behind them.",
        ),
        (
            Url,
            json!("https://api.github.com#x"),
            "The field must have no `?` and no `#`, and nothing behind them.",
        ),
        (
            Url,
            json!("https://api. github.com"),
            "The field must have no blanks and no backslashes.",
        ),
        (
            Url,
            json!("https://api.github.com\\x"),
            "The field must have no blanks and no backslashes.",
        ),
        (Url, json!("https://"), "The field is not a URL: empty host."),
        (Url, json!("https://x.example.com:99999"), "The field is not a URL: invalid port number."),
        (
            Host,
            json!("https://acme.example.com/jira"),
            "The field must be the host name alone: `acme.example.com`.",
        ),
        (
            Host,
            json!("https://"),
            "The field must be the host name alone, without https:// and a path.",
        ),
        (Email, json!("mona"), "The field must be an e-mail address such as `mona@example.com`."),
        (integer(), json!(5.5), "The field must be a whole number."),
        (integer(), json!("five"), "The field must be a whole number."),
        (integer(), json!(true), "The field must be a whole number."),
        (integer(), json!("99999999999999999999"), "The field must be a whole number."),
        (integer(), json!(-6), "The field must be within -5 to 100."),
        (integer(), json!(101), "The field must be within -5 to 100."),
        (
            InputKind::Integer { minimum: Some(1), maximum: None },
            json!(0),
            "The field must be at least 1.",
        ),
        (
            InputKind::Integer { minimum: None, maximum: Some(1) },
            json!(2),
            "The field must be at most 1.",
        ),
        (Boolean, json!("maybe"), "The field must be true or false."),
        (Boolean, json!(1), "The field must be true or false."),
        (choice(), json!("clod"), "The field must be one of its choices; did you mean `cloud`?"),
        (choice(), json!("desktop"), "The field must be one of `cloud`, `server`, `10`."),
        (choice(), json!({}), "The field must be a text."),
        (
            Datetime,
            json!("tomorrow"),
            "The field must be a date such as 2026-11-20, or a time such as 2026-11-20T10:00:00Z.",
        ),
    ] {
        assert_eq!(one(kind, value.clone()), Err(expected.to_owned()), "{value}");
    }
}

#[test]
fn hosts_emails_and_times_that_are_none_are_refused() {
    for host in [
        "a/b",
        "a?b",
        "a#b",
        "a@b",
        "a\\b",
        "a b",
        "a..b",
        ".a",
        "a.",
        "*.a",
        "a:0",
        "a:65536",
        "a:+1",
        "a:",
        "a:1:2",
        ":80",
        "::1",
        "[::1",
        "[::1]x",
        "1.2.3.4.5",
        "%61.example.com",
        "a\u{0}b",
    ] {
        assert!(one(InputKind::Host, json!(host)).is_err(), "{host:?}");
    }
    for email in [
        "@example.com",
        "mona@",
        "mona@@example.com",
        "mo na@example.com",
        "mona@exa mple.com",
        "mona@example..com",
        "mona@example.com.",
        "<mona@example.com>",
        "mona@example.com,x@example.com",
        "mona:x@example.com",
        "mona@[127.0.0.1]",
        "mona@127.0.0.1",
        "mona@example.com\\",
    ] {
        assert!(one(InputKind::Email, json!(email)).is_err(), "{email:?}");
    }
    assert!(one(InputKind::Email, json!(format!("{}@example.com", "a".repeat(242)))).is_ok());
    assert!(one(InputKind::Email, json!(format!("{}@example.com", "a".repeat(243)))).is_err());
    for time in [
        "2026",
        "2026-11",
        "2026-13-01",
        "2026-00-01",
        "2026-11-31",
        "2025-02-29",
        "1900-02-29",
        "2026-11-00",
        "2026-1-1",
        "20261120",
        "2026-11-20T",
        "2026-11-20T10",
        "2026-11-20T10:00",
        "2026-11-20T10:00:00",
        "2026-11-20T24:00:00Z",
        "2026-11-20T10:60:00Z",
        "2026-11-20T10:00:61Z",
        "2026-11-20T10:00:00.Z",
        "2026-11-20T10:00:00+1:00",
        "2026-11-20T10:00:00+24:00",
        "2026-11-20T10:00:00ZZ",
        "2026-11-20X10:00:00Z",
        "+026-11-20",
        "２０２６-11-20",
    ] {
        assert!(one(InputKind::Datetime, json!(time)).is_err(), "{time:?}");
    }
}

#[test]
fn a_text_is_as_long_as_the_limit_in_characters() {
    assert!(one(InputKind::Text, json!("ü".repeat(1_000))).is_ok());
    assert!(one(InputKind::Text, json!("ü".repeat(1_001))).is_err());
    let grows = format!("https://h/{}", "\"".repeat(331));
    assert!(one(InputKind::Url, json!(grows)).is_err(), "encoded it has over 1,000");
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    let message = one(InputKind::Url, json!("https://mona:hunter2@exa mple.com")).unwrap_err();
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn defaults_stand_in_for_what_is_blank() {
    let inputs = [
        Input {
            default: Some(json!("https://api.github.com")),
            ..input("api_url", InputKind::Url)
        },
        Input { required: true, ..input("name", InputKind::Text) },
        Input { required: true, discovered: true, ..input("cloud_id", InputKind::Text) },
        input("optional", InputKind::Text),
    ];
    for given in [
        json!({"name": "x"}),
        json!({"name": "x", "api_url": ""}),
        json!({"name": "x", "api_url": null, "optional": " "}),
    ] {
        let values = validate_inputs(&inputs, &map(given), "/settings").unwrap();
        assert_eq!(
            Value::Object(values),
            json!({"api_url": "https://api.github.com", "name": "x"})
        );
    }
    let known =
        validate_inputs(&inputs, &map(json!({"name": "x", "cloud_id": "abc"})), "/settings")
            .unwrap();
    assert_eq!(known.get("cloud_id"), Some(&json!("abc")));
}

#[test]
fn all_errors_come_at_once_each_at_its_field() {
    let inputs = [
        Input { required: true, ..input("api_url", InputKind::Url) },
        Input { required: true, ..input("site", InputKind::Text) },
        input("count", integer()),
    ];
    let given =
        map(json!({"count": "x", "api_ur": "https://x.example.com", "a/b~c": 1, "site": "  "}));
    let errors = validate_inputs(&inputs, &given, "/parameters").unwrap_err();
    let lines: Vec<String> =
        errors.iter().map(|error| format!("{} {}", error.pointer, error.message)).collect();
    assert_eq!(
        lines,
        [
            "/parameters/api_url The field is missing.",
            "/parameters/site The field is missing.",
            "/parameters/count The field must be a whole number.",
            "/parameters/api_ur `api_ur` is not known here; did you mean `api_url`?",
            "/parameters A name is not known here; known are `api_url`, `site`, `count`.",
        ]
    );
}

fn method(kinds: Vec<SecretKind>) -> AuthMethod {
    let secret = |name: &str, kinds: Vec<SecretKind>| SecretField {
        name: name.to_owned(),
        label: format!("The {name}"),
        help: None,
        kinds,
    };
    AuthMethod {
        name: "token".to_owned(),
        label: "Token".to_owned(),
        help: None,
        requires_settings: vec!["email".to_owned()],
        secrets: vec![secret("token", kinds)],
        attach: Vec::new(),
        steps: Vec::new(),
    }
}

fn kinds() -> Vec<SecretKind> {
    let kind = |name: &str, prefix: &str, refuse: Option<&str>| SecretKind {
        name: name.to_owned(),
        label: format!("{name} token"),
        prefix: prefix.to_owned(),
        min_length: Some(12),
        max_length: Some(12),
        alphabet: Some(Alphabet::Alphanumeric),
        checksum: None,
        refuse: refuse.map(str::to_owned),
    };
    vec![kind("classic", "ghp_", None), kind("refresh", "ghr_", Some("This is a refresh token."))]
}

fn secrets(given: &[(&str, &str)]) -> Result<Vec<ValidatedSecret>, Vec<FieldError>> {
    let given = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), SecretText::new((*value).to_owned())));
    validate_secrets(&method(kinds()), given.collect())
}

fn errors(given: &[(&str, &str)]) -> Vec<String> {
    let errors = secrets(given).err().unwrap_or_default();
    errors.iter().map(|error| format!("{} {}", error.pointer, error.message)).collect()
}

#[test]
fn secrets_are_trimmed_and_recognized() {
    for (value, expected, kind, notes) in [
        ("ghp_12345678", "ghp_12345678", Some("classic"), &[][..]),
        ("  ghp_12345678\n", "ghp_12345678", Some("classic"), &["secret-blanks-removed"]),
        ("ghp_1234567", "ghp_1234567", Some("classic"), &["secret-truncated"]),
        (
            " ghp_123456789",
            "ghp_123456789",
            Some("classic"),
            &["secret-blanks-removed", "secret-too-long"],
        ),
        ("ghp_1234567-", "ghp_1234567-", Some("classic"), &["secret-characters"]),
        ("correct horse", "correct horse", None, &[]),
        ("pässwörd", "pässwörd", None, &[]),
    ] {
        let found = secrets(&[("token", value)]).ok().unwrap().remove(0);
        assert_eq!(found.value.expose_secret(), expected);
        assert_eq!(found.info.kind.as_deref(), kind, "{value}");
        let codes: Vec<&str> = found.notes.iter().map(|note| note.code.as_str()).collect();
        assert_eq!(codes, notes, "{value}");
    }
}

#[test]
fn a_secret_is_taken_out_of_its_wrapping_with_a_note() {
    for (value, notes) in [
        ("\"ghp_12345678\"", &["The token stands in quotes; they were removed."][..]),
        (
            " Bearer ghp_12345678\r\n",
            &["The token stands behind the word `Bearer`; everything else was removed."],
        ),
        (
            "# mine\nexport X='ghp_12345678'\n",
            &[
                "The token stands in an assignment, in quotes and among other lines; everything else was removed.",
            ],
        ),
        (
            "{\"a\":\"ghp_12345678\"}",
            &["The token stands in JSON and in quotes; everything else was removed."],
        ),
    ] {
        let found = secrets(&[("token", value)]).ok().unwrap().remove(0);
        assert_eq!(found.value.expose_secret(), "ghp_12345678", "{value}");
        assert_eq!(found.info.kind.as_deref(), Some("classic"), "{value}");
        assert!(found.notes.iter().all(|note| note.code == "secret-unwrapped"), "{value}");
        let messages: Vec<&str> = found.notes.iter().map(|note| note.message.as_str()).collect();
        assert_eq!(messages, notes, "{value}");
    }
}

#[test]
fn a_wrapping_without_one_known_secret_is_refused() {
    for (value, expected) in [
        (
            "\"hunter2\"",
            "/secrets/token The token is not recognized: what was entered stands in quotes; enter the secret alone, without anything around it.",
        ),
        (
            "'ghp_1234567'",
            "/secrets/token The token stands in quotes, and is cut short, too long or broken up; enter it alone, whole and on one line.",
        ),
        (
            "a=ghp_12345678 b=ghp_87654321",
            "/secrets/token The token stands in an assignment, and 2 different ones are there; enter one of them alone.",
        ),
        (
            "$TOKEN",
            "/secrets/token The token is the name of a variable and not its value; enter the value, or name the variable where secrets come from.",
        ),
        ("\"ghr_12345678\"", "/secrets/token This is a refresh token."),
    ] {
        assert_eq!(errors(&[("token", value)]), [expected], "{value:?}");
    }
}

#[test]
fn a_secret_of_no_declared_kind_keeps_what_is_around_it() {
    for (value, told) in [
        ("\"hunter2\"", Some("The token has quotes around it, which was kept as a part of it.")),
        (
            "<hunter2>",
            Some("The token has angle brackets around it, which was kept as a part of it."),
        ),
        (
            "Basic aGk=",
            Some("The token has the name of a scheme before it, which was kept as a part of it."),
        ),
        ("PASSWORD=hunter2", None),
        ("it's \"hunter2", None),
        ("{hunter2}", None),
    ] {
        let given = vec![("token".to_owned(), SecretText::new(value.to_owned()))];
        let found = validate_secrets(&method(Vec::new()), given).ok().unwrap().remove(0);
        assert_eq!(found.value.expose_secret(), value);
        let note = found.notes.first().map(|note| (note.code.as_str(), note.message.as_str()));
        assert_eq!(note, told.map(|told| ("secret-looks-wrapped", told)), "{value}");
    }
}

#[test]
fn secrets_that_cannot_be_sent_are_refused() {
    for (value, expected) in [
        ("", "/secrets/token The token is empty."),
        (" \n\t ", "/secrets/token The token is empty."),
        ("one\ntwo", "/secrets/token The token has several lines; copy the secret alone."),
        ("one\r\ntwo", "/secrets/token The token has several lines; copy the secret alone."),
        ("one\u{2028}two", "/secrets/token The token has several lines; copy the secret alone."),
        (
            "one\u{0}two",
            "/secrets/token The token has control or invisible characters; copy the secret again.",
        ),
        (
            "one\ttwo",
            "/secrets/token The token has control or invisible characters; copy the secret again.",
        ),
        (
            "one\u{200b}two",
            "/secrets/token The token has control or invisible characters; copy the secret again.",
        ),
        (
            "\u{feff}one-two",
            "/secrets/token The token has control or invisible characters; copy the secret again.",
        ),
        (
            "abc",
            "/secrets/token The token is too short to be kept out of answers and logs; it needs at least 4 characters.",
        ),
        ("ghr_12345678", "/secrets/token This is a refresh token."),
    ] {
        assert_eq!(errors(&[("token", value)]), [expected], "{value:?}");
    }
}

#[test]
fn a_secret_that_a_header_carries_as_it_is_must_be_ascii() {
    for (scheme, expected) in [
        (Scheme::Basic { username: "mona".to_owned() }, true),
        (Scheme::Bearer, false),
        (Scheme::Header { name: "x-key".to_owned(), prefix: String::new() }, false),
    ] {
        let attach = Attach { secret: "token".to_owned(), endpoints: vec![], scheme };
        let method = AuthMethod { attach: vec![attach], ..method(Vec::new()) };
        let given = |value: &str| vec![("token".to_owned(), SecretText::new(value.to_owned()))];
        assert_eq!(validate_secrets(&method, given("pässwörd")).is_ok(), expected);
        assert!(validate_secrets(&method, given("correct horse")).is_ok());
    }
}

#[test]
fn a_secret_is_as_long_as_the_limits_and_not_one_past() {
    assert!(secrets(&[("token", &"a".repeat(MAX_SECRET_BYTES))]).is_ok());
    assert!(secrets(&[("token", &"a".repeat(MAX_SECRET_BYTES + 1))]).is_err());
    assert!(secrets(&[("token", &"a".repeat(crate::egress::redact::MIN_BYTES))]).is_ok());
    assert!(secrets(&[("token", &"a".repeat(crate::egress::redact::MIN_BYTES - 1))]).is_err());
}

#[test]
fn secrets_missing_unknown_or_twice_are_all_named() {
    assert_eq!(errors(&[]), ["/secrets/token The token is missing."]);
    assert_eq!(
        errors(&[("tokne", "hunter2-hunter2")]),
        [
            "/secrets/token The token is missing.",
            "/secrets/tokne `tokne` is not known here; did you mean `token`?"
        ]
    );
    assert_eq!(
        errors(&[("token", "one-two"), ("token", "one-two")]),
        ["/secrets/token The token is given twice."]
    );
}

#[test]
fn no_error_holds_a_value() {
    let canary = "ghp_canary-value-0123456789";
    for given in [
        &[("token", "ghr_canary-value")][..],
        &[("token", "canary-value\nx")],
        &[("token", "\"canary-value\"")],
        &[("token", "canary: ghp_canary")],
        &[("token", "ghp_canary00, ghp_canary11")],
        &[("token", "$canary")],
        &[("other", "canary-value")],
        &[(canary, "x")],
        &[("canaryvalue0123456789abcdef0123456789", "x")],
        &[("token", "canary-value"), ("token", "canary-value")],
    ] {
        let errors = errors(given);
        assert!(!errors.is_empty());
        assert!(!errors.concat().contains("canary"), "{errors:?}");
    }
    let note = secrets(&[("token", " ghp_cana")]).ok().unwrap().remove(0);
    assert!(note.notes.iter().all(|note| !note.message.contains("cana")));
}

#[test]
fn settings_that_a_method_needs_are_demanded() {
    let manifest = Manifest::parse(
        r#"{"manifest_version":1,"id":"x","name":"X","version":"1.0.0","description":"X.",
            "settings":[{"name":"email","label":"Your e-mail address","type":"email"}],
            "auth":[{"name":"token","label":"Token","requires_settings":["email"],
                "secrets":[{"name":"token","label":"Token"}],
                "attach":[{"secret":"token","endpoints":["api"],"scheme":"bearer"}]}],
            "endpoints":[{"name":"api","base":"https://api.example.com"}]}"#,
    )
    .unwrap();
    let method = manifest.auth_method("token").unwrap();
    let errors = validate_settings(&manifest, method, &Map::new()).unwrap_err();
    assert_eq!(errors, [FieldError::at(["settings", "email"], "Your e-mail address is missing.")]);
    assert!(validate_inputs(&manifest.settings, &Map::new(), "/settings").is_ok());
    assert!(
        validate_settings(&manifest, method, &map(json!({"email": "mona@example.com"}))).is_ok()
    );
}

#[test]
fn a_pasted_address_does_not_contradict_the_protocol() {
    let manifest = Manifest::parse(
        r#"{"manifest_version":1,"id":"x","name":"X","version":"1.0.0","description":"X.",
            "settings":[
                {"name":"protocol","label":"Protocol","type":"choice","default":"https","options":[
                    {"value":"https","label":"https"},{"value":"http","label":"http"}]},
                {"name":"host","label":"Host","type":"address"}],
            "auth":[{"name":"token","label":"Token",
                "secrets":[{"name":"token","label":"Token"}],
                "attach":[{"secret":"token","endpoints":["api"],"scheme":"bearer"}]}],
            "endpoints":[{"name":"api","base":"{protocol}://{host}"}]}"#,
    )
    .unwrap();
    let method = manifest.auth_method("token").unwrap();
    for (given, fits) in [
        (json!({"host": "jira.example.com"}), true),
        (json!({"host": "HTTPS://jira.example.com/x"}), true),
        (json!({"host": "http://jira.example.com", "protocol": "http"}), true),
        (json!({"host": "jira.example.com", "protocol": "http"}), true),
        (json!({"host": "http://jira.example.com"}), false),
        (json!({"host": " http://jira.example.com/x", "protocol": "https"}), false),
        (json!({"host": "https://jira.example.com", "protocol": "http"}), false),
    ] {
        match validate_settings(&manifest, method, &map(given.clone())) {
            Ok(_) => assert!(fits, "{given}"),
            Err(errors) => {
                let pointers: Vec<_> = errors.iter().map(|error| error.pointer.as_str()).collect();
                assert!(!fits && pointers == ["/settings/host"], "{given}: {errors:?}");
            }
        }
    }
}
