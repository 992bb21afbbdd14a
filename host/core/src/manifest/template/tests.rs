#![allow(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::*;

fn settings(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn bind(template: &str, values: Value) -> Result<String, String> {
    let template = EndpointTemplate::parse(template).unwrap();
    template.bind(&settings(values)).map(String::from).map_err(|error| error.pointer)
}

#[test]
fn variables_stand_where_they_stand() {
    use Place::{Host, Label, Path, Port, Scheme, Whole};
    for (text, expected) in [
        ("https://api.example.com", vec![]),
        ("{api_url}", vec![("api_url", Whole)]),
        ("{api_url}/rest/{tenant}", vec![("api_url", Whole), ("tenant", Path)]),
        ("{protocol}://{host}/rest", vec![("protocol", Scheme), ("host", Host)]),
        ("{protocol}://{host}:{port}", vec![("protocol", Scheme), ("host", Label), ("port", Port)]),
        ("https://{host}", vec![("host", Host)]),
        ("https://{site}.example.com/v2", vec![("site", Label)]),
        ("https://api.{domain}", vec![("domain", Label)]),
        ("https://{a}{b}/x", vec![("a", Label), ("b", Label)]),
        ("https://example.com/ex/{cloud_id}/v2", vec![("cloud_id", Path)]),
        ("https://example.com/{a}-{a}", vec![("a", Path), ("a", Path)]),
    ] {
        let template = EndpointTemplate::parse(text).unwrap();
        assert_eq!(template.places().collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn what_cannot_become_a_base_is_no_template() {
    for text in [
        "",
        "api.example.com",
        "/v2",
        "ftp://example.com",
        "file:///x",
        "https://",
        "https:///x",
        "{api_url",
        "api_url}",
        "https://{",
        "https://}",
        "https://{}",
        "https://{A}",
        "https://{a-b}.example.com",
        "https://{{a}}",
        "{a}{b}",
        "{a}x",
        "x{a}",
        "{a}:8080",
        "{a}@example.com",
        "{scheme}:{host}",
        "https://example.com?x={a}",
        "https://example.com#{a}",
        "{api_url}?x=1",
        "{api_url}#x",
        "https://{user}@example.com",
        "https://user:pw@example.com",
        "https://user@{host}",
        "https://example.com/../{a}",
        "https://example.com/./a",
        "https://example.com/%2e%2e/a",
        "https://example.com/a b",
        "https://example.com\\a",
        "https://exa\tmple.com",
        "https://example.com/\u{0}",
        "https://exa mple.com",
        "https://[::1",
        "{a}://{a}",
        "https://example.com/ä",
        "https://1.2.3.4.5/",
    ] {
        assert!(EndpointTemplate::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn values_that_suit_their_place_make_the_base() {
    for (template, values, expected) in [
        ("https://api.example.com/v2/", json!({}), "https://api.example.com/v2"),
        ("{api_url}", json!({"api_url": "https://api.github.com"}), "https://api.github.com/"),
        (
            "{api_url}",
            json!({"api_url": "https://ghes.example.com/api/v3/"}),
            "https://ghes.example.com/api/v3",
        ),
        ("{api_url}", json!({"api_url": "http://localhost:3000"}), "http://localhost:3000/"),
        (
            "{api_url}/rest",
            json!({"api_url": "https://x.example.com/jira/"}),
            "https://x.example.com/jira/rest",
        ),
        (
            "{p}://{h}/rest",
            json!({"p": "http", "h": "jira.example.com:8080"}),
            "http://jira.example.com:8080/rest",
        ),
        (
            "{p}://{h}/rest",
            json!({"p": "https", "h": "jira.example.com:8443/a/b%20c"}),
            "https://jira.example.com:8443/a/b%20c/rest",
        ),
        ("https://{h}", json!({"h": "[::1]:8443"}), "https://[::1]:8443/"),
        (
            "https://{h}:{port}",
            json!({"h": "x.example.com", "port": 8443}),
            "https://x.example.com:8443/",
        ),
        ("https://{site}.example.com", json!({"site": "Acme-2"}), "https://acme-2.example.com/"),
        ("https://api.{domain}", json!({"domain": "octo.ghe.com"}), "https://api.octo.ghe.com/"),
        (
            "https://example.com/ex/{id}/v2",
            json!({"id": "a/b?c#d%e ü"}),
            "https://example.com/ex/a%2Fb%3Fc%23d%25e%20%C3%BC/v2",
        ),
        ("https://example.com/{id}", json!({"id": 42}), "https://example.com/42"),
        ("https://example.com/{id}", json!({"id": "%2e%2e"}), "https://example.com/%252e%252e"),
    ] {
        assert_eq!(bind(template, values.clone()).as_deref(), Ok(expected), "{template} {values}");
    }
}

#[test]
fn values_that_would_move_the_rest_are_refused_at_their_setting() {
    for (template, value) in [
        ("{x}", json!("api.github.com")),
        ("{x}", json!("ftp://api.github.com")),
        ("{x}", json!("https://mona@api.github.com")),
        ("{x}", json!("https://mona:pw@api.github.com")),
        ("{x}", json!("https://api.github.com?x=1")),
        ("{x}", json!("https://api.github.com#x")),
        ("{x}", json!("https://api.github.com\\@evil.com")),
        ("{x}", json!("https://api.github.com/ x")),
        ("{x}", json!("https:api.github.com")),
        ("{x}", json!("javascript:alert(1)")),
        ("{x}", json!("")),
        ("{x}", json!(null)),
        ("{x}", json!(["https://api.github.com"])),
        ("{x}://example.com", json!("ftp")),
        ("{x}://example.com", json!("https://evil.com/")),
        ("{x}://example.com", json!("HTTPS")),
        ("https://{x}/rest", json!("evil.com/")),
        ("https://{x}/rest", json!("evil.com//x")),
        ("https://{x}/rest", json!("evil.com/x/")),
        ("https://{x}/rest", json!("evil.com/../x")),
        ("https://{x}/rest", json!("evil.com/%2e%2e/x")),
        ("https://{x}/rest", json!("evil.com/x?y")),
        ("https://{x}/rest", json!("evil.com/x#y")),
        ("https://{x}:80/rest", json!("evil.com/x")),
        ("https://a.{x}/rest", json!("evil.com/x")),
        ("https://{x}/rest", json!("evil.com#")),
        ("https://{x}/rest", json!("evil.com?")),
        ("https://{x}/rest", json!("a@evil.com")),
        ("https://{x}/rest", json!("a:b@evil.com")),
        ("https://{x}/rest", json!("evil.com:80:80")),
        ("https://{x}/rest", json!("evil.com:0")),
        ("https://{x}/rest", json!("evil.com:99999")),
        ("https://{x}/rest", json!("evil.com:")),
        ("https://{x}/rest", json!("evil.com\\")),
        ("https://{x}/rest", json!("https://evil.com")),
        ("https://{x}/rest", json!("evil .com")),
        ("https://{x}/rest", json!("evil.com\n")),
        ("https://{x}/rest", json!("%65vil.com")),
        ("https://{x}.example.com", json!("evil.com/")),
        ("https://{x}.example.com", json!("evil.com#")),
        ("https://{x}.example.com", json!("evil.com?")),
        ("https://{x}.example.com", json!("evil.com:1")),
        ("https://{x}.example.com", json!("evil.com\\")),
        ("https://{x}.example.com", json!("user@")),
        ("https://{x}.example.com", json!("a b")),
        ("https://{x}.example.com", json!("a..b")),
        ("https://{x}.example.com", json!(".")),
        ("https://{x}.example.com", json!("a.")),
        ("https://{x}.example.com", json!("ä")),
        ("https://{x}.example.com", json!("a%2f")),
        ("https://example.com:{x}", json!("80@evil.com")),
        ("https://example.com:{x}", json!("+80")),
        ("https://example.com:{x}", json!(0)),
        ("https://example.com:{x}", json!(65536)),
        ("https://example.com:{x}", json!(-1)),
        ("https://example.com/{x}", json!("..")),
        ("https://example.com/{x}", json!(".")),
        ("https://example.com/{x}", json!("a\nb")),
        ("https://example.com/a/{x}/b", json!("")),
        ("https://example.com/.{x}", json!(".")),
    ] {
        let found = bind(template, json!({ "x": value }));
        assert_eq!(found, Err("/settings/x".to_owned()), "{template} {value}");
    }
    assert_eq!(bind("https://example.com/{x}.", json!({"x": "."})), Err("/settings/x".to_owned()));
    assert_eq!(
        bind("https://{missing}.example.com", json!({})),
        Err("/settings/missing".to_owned())
    );
}

#[test]
fn two_values_together_make_no_dot_segment() {
    let found = bind("https://example.com/a/{x}{y}/b", json!({"x": "x", "y": ".."}));
    assert!(found.is_err(), "{found:?}");
    let template = EndpointTemplate::parse("https://example.com/a/.{x}").unwrap();
    assert!(template.bind(&settings(json!({"x": "git"}))).is_ok());
}

#[test]
fn the_first_setting_without_a_value_is_missing() {
    let template = EndpointTemplate::parse("https://{site}.example.com/{tenant}").unwrap();
    assert_eq!(template.missing(&settings(json!({"site": "a", "tenant": "b"}))), None);
    assert_eq!(template.missing(&settings(json!({"site": "a"}))), Some("tenant"));
    assert_eq!(template.missing(&settings(json!({"site": "", "tenant": null}))), Some("site"));
}

#[test]
fn links_have_queries_and_are_never_http() {
    let filled = |text: &str, values: Value| {
        LinkTemplate::parse(text).unwrap().fill(&settings(values)).map(String::from)
    };
    let tokens = "https://github.com/settings/tokens/new?description={name}#top";
    assert_eq!(
        filled(tokens, json!({"name": "a&b=c #"})).as_deref(),
        Some("https://github.com/settings/tokens/new?description=a%26b%3Dc%20%23#top")
    );
    assert_eq!(
        filled("{web_url}/settings", json!({"web_url": "https://x.example.com/"})).as_deref(),
        Some("https://x.example.com/settings")
    );
    assert_eq!(filled("{web_url}/settings", json!({})), None);
    for text in
        ["http://github.com", "github.com", "javascript:alert(1)", "https://a@github.com", "{x", ""]
    {
        assert!(LinkTemplate::parse(text).is_err(), "{text}");
    }
}

#[test]
fn user_names_have_no_colon_and_no_control_characters() {
    let values =
        settings(json!({"email": "mona@example.com", "bad": "a:b", "line": "a\nb", "empty": ""}));
    assert_eq!(fill("{email}", &values).as_deref(), Ok("mona@example.com"));
    assert_eq!(fill("{email}/token", &values).as_deref(), Ok("mona@example.com/token"));
    assert_eq!(fill("x-token", &values).as_deref(), Ok("x-token"));
    for (text, pointer) in [
        ("{bad}", "/settings/bad"),
        ("{line}", "/settings/line"),
        ("{empty}", "/settings/empty"),
        ("{unknown}", "/settings/unknown"),
        ("a:{email}", "/settings"),
        ("{email", "/settings"),
        ("a\nb", "/settings"),
    ] {
        assert_eq!(fill(text, &values).unwrap_err().pointer, pointer, "{text}");
    }
}
