#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use proptest::prelude::*;

use super::*;

fn endpoint(name: &str, base: &str) -> BoundEndpoint {
    BoundEndpoint {
        name: name.to_owned(),
        base: Url::parse(base).unwrap(),
        reach: Reach::Public,
        settings: vec!["api_url".to_owned()],
    }
}

fn locate(base: &str, segments: &[&str]) -> Result<String, Rule> {
    let segments: Vec<String> = segments.iter().map(|&segment| segment.to_owned()).collect();
    let located = endpoint("api", base).locate(&segments, &[]);
    located.map(String::from).map_err(|denial| denial.rule())
}

#[test]
fn each_segment_stays_one_segment() {
    for (base, segments, expected) in [
        ("https://h.example.com", &[][..], "https://h.example.com/"),
        ("https://h.example.com/", &["user"], "https://h.example.com/user"),
        (
            "https://h.example.com/api/v3",
            &["repos", "a", "b"],
            "https://h.example.com/api/v3/repos/a/b",
        ),
        ("https://h.example.com/api/v3/", &["user"], "https://h.example.com/api/v3/user"),
        ("https://h.example.com/api/v3", &[], "https://h.example.com/api/v3"),
        ("https://h.example.com/v", &["a/b"], "https://h.example.com/v/a%2Fb"),
        ("https://h.example.com/v", &["a?b#c"], "https://h.example.com/v/a%3Fb%23c"),
        ("https://h.example.com/v", &["a\\b"], "https://h.example.com/v/a%5Cb"),
        ("https://h.example.com/v", &["a;b=c"], "https://h.example.com/v/a%3Bb%3Dc"),
        ("https://h.example.com/v", &["%2e%2e", "x"], "https://h.example.com/v/%252e%252e/x"),
        ("https://h.example.com/v", &["%2f..%2f"], "https://h.example.com/v/%252f..%252f"),
        ("https://h.example.com/v", &["..."], "https://h.example.com/v/..."),
        ("https://h.example.com/v", &[".git"], "https://h.example.com/v/.git"),
        (
            "https://h.example.com/v",
            &["main...feature/x"],
            "https://h.example.com/v/main...feature%2Fx",
        ),
        ("https://h.example.com/v", &["a b+c"], "https://h.example.com/v/a%20b%2Bc"),
        ("https://h.example.com/v", &["ü"], "https://h.example.com/v/%C3%BC"),
        ("https://h.example.com/v", &["@me:x"], "https://h.example.com/v/@me:x"),
        ("https://h.example.com", &["evil.com"], "https://h.example.com/evil.com"),
        ("https://h.example.com/v", &["//evil.com"], "https://h.example.com/v/%2F%2Fevil.com"),
    ] {
        assert_eq!(locate(base, segments).as_deref(), Ok(expected), "{segments:?}");
    }
}

#[test]
fn segments_that_could_climb_are_refused() {
    for segments in [
        &[".."][..],
        &["."],
        &[""],
        &["a", "..", "b"],
        &["a", "", "b"],
        &["..", "..", "admin"],
        &["a\nb"],
        &["a\rb"],
        &["a\tb"],
        &["\u{0}"],
        &["\u{7f}"],
        &["\u{85}"],
        &[".\t."],
        &["../admin"],
        &["a/../../admin"],
        &["..\\admin"],
        &["a/.."],
        &["./a"],
        &["..;/admin"],
        &["..;x"],
    ] {
        assert_eq!(
            locate("https://h.example.com/v", segments),
            Err(Rule::PathSegment),
            "{segments:?}"
        );
    }
}

#[test]
fn a_query_is_sent_in_its_order_and_stays_one_query() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let query = [pair("b", "1"), pair("a", "x&y=z#?+ /%"), pair("b", ""), pair("labels[]", "ü,\n")];
    let url = endpoint("api", "https://h.example.com/v").locate(&["x".to_owned()], &query).unwrap();
    assert_eq!(url.query(), Some("b=1&a=x%26y%3Dz%23%3F%2B%20%2F%25&b=&labels%5B%5D=%C3%BC%2C%0A"));
    let read: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    assert_eq!(read, query);
}

#[test]
fn a_url_is_as_long_as_the_limit_and_not_one_more() {
    let base = "https://h.example.com/";
    let longest = "a".repeat(MAX_URL_BYTES - base.len());
    assert_eq!(locate(base, &[&longest]).unwrap().len(), MAX_URL_BYTES);
    assert_eq!(locate(base, &[&format!("{longest}a")]), Err(Rule::UrlLength));
    assert_eq!(locate(base, &["ü".repeat(3_000).as_str()]), Err(Rule::UrlLength));
    let query = [("q".to_owned(), "a".repeat(MAX_URL_BYTES))];
    let found = endpoint("api", base).locate(&[], &query);
    assert_eq!(found.unwrap_err().rule(), Rule::UrlLength);
}

proptest! {
    #[test]
    fn any_segments_come_back_as_they_were(segments in prop::collection::vec(".{1,12}", 0..6)) {
        let base = endpoint("api", "https://h.example.com/api/v3");
        if let Ok(url) = base.locate(&segments, &[]) {
            let read: Vec<String> = url.path_segments().unwrap()
                .map(|segment| percent_decode_str(segment).decode_utf8().unwrap().into_owned())
                .collect();
            prop_assert_eq!(&read[..2], &["api", "v3"]);
            prop_assert_eq!(&read[2..], &segments[..]);
            prop_assert_eq!(url.query(), None);
            prop_assert_eq!(url.host_str(), Some("h.example.com"));
        } else {
            let climbs = |segment: &String| {
                let mut parts = segment.split(['/', '\\', ';']);
                segment.contains(char::is_control) || parts.any(|part| matches!(part, "." | ".."))
            };
            prop_assert!(segments.iter().any(climbs));
        }
    }

    #[test]
    fn any_accepted_link_is_below_its_endpoint(link in "https://h\\.example\\.com[/.a-z0-9%2ef\\\\;?#@:]{0,30}") {
        let endpoints = [endpoint("api", "https://h.example.com/api/v3")];
        if let Ok((url, _)) = accept_link(&link, &endpoints) {
            prop_assert!(url.as_str().starts_with("https://h.example.com/api/v3"));
            prop_assert!(url.fragment().is_none());
        }
    }
}

#[test]
fn links_lead_to_the_endpoint_with_the_longest_base() {
    let endpoints = [
        endpoint("root", "https://h.example.com/"),
        endpoint("v3", "https://h.example.com/api/v3"),
        endpoint("other", "https://other.example.com:8443/x"),
    ];
    for (link, expected) in [
        ("https://h.example.com/", "root"),
        ("https://h.example.com", "root"),
        ("https://h.example.com/repositories/1?page=2", "root"),
        ("https://h.example.com/api/v3", "v3"),
        ("https://h.example.com/api/v3?page=2", "v3"),
        ("https://H.EXAMPLE.com:443/api/v3/repositories/1/issues?page=2#x", "v3"),
        ("https://h.example.com/api/v33", "root"),
        ("https://h.example.com/api/v3/../v4", "root"),
        ("https://other.example.com:8443/x/a%2Fb", "other"),
        ("https://other.example.com:8443/x/feature%2fy..z", "other"),
    ] {
        let (url, endpoint) = accept_link(link, &endpoints).unwrap();
        assert_eq!(endpoint.name, expected, "{link}");
        assert_eq!(url.fragment(), None);
    }
}

#[test]
fn links_outside_of_every_base_are_refused() {
    let endpoints =
        [endpoint("v3", "https://h.example.com/api/v3"), endpoint("http", "http://127.0.0.1:3000")];
    for link in [
        "",
        "/api/v3/x",
        "//h.example.com/api/v3",
        "api/v3",
        "https://h.example.com",
        "https://h.example.com/api",
        "https://h.example.com/api/v33",
        "https://h.example.com/API/V3",
        "https://h.example.com/api/v3/../x",
        "https://h.example.com/api/v3/%2e%2e/x",
        "https://h.example.com/api/v3/.%2e/x",
        "https://h.example.com/api/v3/..%2f..%2fadmin",
        "https://h.example.com/api/v3/x%2f..%2f..%2f..%2fadmin",
        "https://h.example.com/api/v3/%2e%2e%2fadmin",
        "https://h.example.com/api/v3/..%5cadmin",
        "https://h.example.com/api/v3/%252e%252e%252fadmin",
        "https://h.example.com/api/v3/%25252e%25252e%25252fadmin",
        "https://h.example.com/api/v3/..;/admin",
        "https://h.example.com/api/v3/..%3b/admin",
        "https://h.example.com/api%2fv3/x",
        "https://h.example.com/%61pi/v3/x",
        "https://h.example.com//api/v3/x",
        "http://h.example.com/api/v3",
        "https://h.example.com:8443/api/v3",
        "https://h.example.com./api/v3",
        "https://evil.example.com/api/v3",
        "https://h.example.com.evil.com/api/v3",
        "https://h.example.comevil/api/v3",
        "https://h.example.com@evil.com/api/v3",
        "https://mona@h.example.com/api/v3",
        "https://mona:pw@h.example.com/api/v3",
        "https://:@evil.com/api/v3",
        "https:\\\\h.example.com\\api\\v3",
        "https://h.example.com\\@evil.com/api/v3",
        "https://h.example.com/api/v3\n",
        " https://h.example.com/api/v3",
        "ht\ttps://h.example.com/api/v3",
        "javascript:alert(1)",
        "file:///api/v3",
        "http://127.0.0.1:3001/",
        "http://localhost:3000/",
        "https://127.0.0.1:3000",
    ] {
        let found = accept_link(link, &endpoints).map(|(url, _)| url.to_string());
        assert_eq!(
            found.map_err(|denial| denial.rule()),
            Err(Rule::LinkOutsideEndpoints),
            "{link:?}"
        );
    }
}

#[test]
fn a_link_by_another_name_is_read_at_the_endpoint_where_both_are_one_service() {
    let from = "https://ghe-inner:8443/api/v3/repos/a/b/issues?page=1";
    let base = "https://ghe-inner:8443/api/v3";
    let root = "https://proxy.corp";
    let asked = "https://proxy.corp/repos/a/b/issues";
    for (base, from, link, expected) in [
        (
            base,
            from,
            "https://ghe.example/api/v3/repositories/1/issues?page=2#x",
            Some("https://ghe-inner:8443/api/v3/repositories/1/issues?page=2"),
        ),
        (
            base,
            from,
            "http://ghe-inner:8443/api/v3/x?page=2",
            Some("https://ghe-inner:8443/api/v3/x?page=2"),
        ),
        (base, from, "https://ghe-inner/api/v3/x", Some("https://ghe-inner:8443/api/v3/x")),
        (base, from, "https://ghe.example/api/v3", Some("https://ghe-inner:8443/api/v3")),
        (
            root,
            asked,
            "https://api.example/repos/a/b/issues?page=2",
            Some("https://proxy.corp/repos/a/b/issues?page=2"),
        ),
        // Its own name already, or a place of which nothing is known.
        (base, from, "https://ghe-inner:8443/api/v3/x", None),
        (base, from, "https://ghe.example/api/v33/x", None),
        (base, from, "https://ghe.example/API/v3/x", None),
        (base, from, "https://ghe.example/x", None),
        (base, from, "https://ghe.example//api/v3/x", None),
        (base, from, "https://ghe.example/api/v3/../x", None),
        (base, from, "https://ghe.example/api/v3/%2e%2e%2fx", None),
        (base, from, "https://ghe.example/api/v3/..%2f..%2fx", None),
        (base, from, "https://ghe.example/api/v3/..;/x", None),
        (base, from, "https://me@ghe.example/api/v3/x", None),
        (base, from, "https://me:word@ghe.example/api/v3/x", None),
        (base, from, "file:///api/v4/x", None),
        (root, asked, "https://api.example/repositories/1/issues?page=2", None),
        (root, asked, "https://evil.example/", None),
        // The response came from where a redirect led.
        (base, "https://objects.example/api/v3/x", "https://ghe.example/api/v3/x?page=2", None),
    ] {
        let found =
            endpoint("api", base).adopt(&Url::parse(link).unwrap(), &Url::parse(from).unwrap());
        assert_eq!(found.as_ref().map(Url::as_str), expected, "{link}");
    }
}

#[test]
fn a_refused_link_names_both_places_and_the_setting() {
    let endpoints = [endpoint("api", "https://ghe-inner:8443/api/v3")];
    let denial = accept_link("https://ghe.example/x?page=2", &endpoints).unwrap_err();
    let said = denial.to_string();
    for text in ["https://ghe.example/x", "https://ghe-inner:8443/api/v3"] {
        assert!(said.contains(text), "{said}");
    }
    let remedies = denial.remedies();
    assert!(remedies[0].text.contains("`api_url`"), "{remedies:?}");
    assert!(remedies.iter().all(|remedy| !remedy.text.contains("author")), "{remedies:?}");
    let failure: crate::contract::failure::Failure = denial.into();
    assert_eq!(failure.cause, crate::contract::failure::Cause::Protocol);
}

#[test]
fn a_refused_link_is_named_without_its_query() {
    let denial = accept_link("https://evil.example.com/a?token=hunter2", &[]).unwrap_err();
    assert_eq!(denial.subject(), "https://evil.example.com/a");
    let denial = accept_link("https://mona:hunter2@evil.example.com/", &[]).unwrap_err();
    assert!(!denial.to_string().contains("hunter2"));
}

#[test]
fn a_link_is_as_long_as_the_limit_and_not_one_more() {
    let endpoints = [endpoint("root", "https://h.example.com/")];
    let base = "https://h.example.com/?";
    let longest = format!("{base}{}", "a".repeat(MAX_URL_BYTES - base.len()));
    assert!(accept_link(&longest, &endpoints).is_ok());
    let denial = accept_link(&format!("{longest}a"), &endpoints).unwrap_err();
    assert_eq!(denial.rule(), Rule::UrlLength);
}

#[test]
fn a_link_is_as_long_as_it_becomes() {
    let base = Url::parse("https://api.example.com").unwrap();
    let reach = crate::EgressPolicy::strict().judge_url(&base).unwrap();
    let endpoints = [BoundEndpoint { name: "api".to_owned(), base, reach, settings: Vec::new() }];
    let link = format!("https://api.example.com/{}", "\"".repeat(MAX_URL_BYTES / 3));
    assert_eq!(
        accept_link(&link, &endpoints).err().map(|denial| denial.rule()),
        Some(Rule::UrlLength)
    );
}
