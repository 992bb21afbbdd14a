#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

fn injected() -> BTreeSet<String> {
    ["authorization", "x-acme-key"].map(str::to_owned).into()
}

fn judge(name: &str, value: &str) -> Result<String, Rule> {
    judge_header(name, value, &injected()).map_err(|denial| denial.rule())
}

#[test]
fn the_lists_are_in_order_for_their_search() {
    assert!(RESERVED.is_sorted());
    assert!(RESERVED.iter().all(|name| *name == name.to_ascii_lowercase()));
}

#[test]
fn ordinary_headers_go_in_lower_case() {
    for (name, value, expected) in [
        ("Accept", "application/vnd.github+json", "accept"),
        ("X-GitHub-Api-Version", "2022-11-28", "x-github-api-version"),
        ("If-None-Match", "W/\"abc\"", "if-none-match"),
        ("x-atlassian-token", "no-check", "x-atlassian-token"),
        ("User-Agent", "jackfield (a\tb)", "user-agent"),
        ("x-empty", "", "x-empty"),
        ("x-security", "1", "x-security"),
    ] {
        assert_eq!(judge(name, value).as_deref(), Ok(expected), "{name}");
    }
}

#[test]
fn headers_of_the_host_are_refused_in_any_case() {
    for name in [
        "Authorization",
        "authorization",
        "AUTHORIZATION",
        "Proxy-Authorization",
        "X-Acme-Key",
        "x-acme-KEY",
        "PRIVATE-TOKEN",
        "X-Api-Key",
        "X-Auth-Token",
        "Job-Token",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Host",
        "Content-Length",
        "Content-Type",
        "Cookie",
        "Cookie2",
        "Set-Cookie",
        "Expect",
        "Accept-Encoding",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Anything",
        "X-Forwarded",
        "X-Real-IP",
        "Via",
        "Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-HTTP-Method-Override",
        "Sec-Fetch-Site",
        "Sec-WebSocket-Key",
        "Proxy-Anything",
        ":authority",
        ":path",
        "X-Remote-User",
        "Range",
        "If-Range",
    ] {
        assert_eq!(judge(name, "x"), Err(Rule::HeaderReserved), "{name}");
    }
}

#[test]
fn names_that_are_no_tokens_are_refused() {
    for name in [
        "",
        " ",
        "a b",
        "a:",
        "a:b",
        "accept ",
        " accept",
        "accept\r\nhost",
        "accept\n",
        "a\u{0}",
        "ä",
        "a(b)",
        "a/b",
        "a@b",
        "a[b]",
        "a{b}",
        "a\"b",
        "a,b",
        "a;b",
        "a=b",
        "a?b",
        "a\\b",
        "authorization ",
        "host\t",
    ] {
        assert_eq!(judge(name, "x"), Err(Rule::HeaderSyntax), "{name:?}");
    }
}

#[test]
fn values_that_could_split_a_header_are_refused() {
    for value in [
        "a\r\nAuthorization: x",
        "a\nb",
        "a\rb",
        "a\u{0}b",
        "a\u{7f}",
        "a\u{1b}[2J",
        " a",
        "a ",
        "\ta",
        "a\t",
        " ",
        "ä",
        "\u{85}",
        "a\u{2028}b",
        "\u{feff}a",
    ] {
        assert_eq!(judge("accept", value), Err(Rule::HeaderSyntax), "{value:?}");
    }
}

#[test]
fn a_denial_names_the_header_and_not_its_value() {
    let denial = judge_header("accept", "hunter2\n", &injected()).unwrap_err();
    assert_eq!(denial.subject(), "accept");
    assert!(!denial.to_string().contains("hunter2"));
}

#[test]
fn names_values_and_counts_go_up_to_their_limits_and_not_one_past() {
    let name = |length: usize| "x".repeat(length);
    assert!(judge(&name(MAX_NAME_BYTES), "x").is_ok());
    assert_eq!(judge(&name(MAX_NAME_BYTES + 1), "x"), Err(Rule::HeaderLimit));
    assert!(judge("x", &name(MAX_VALUE_BYTES)).is_ok());
    assert_eq!(judge("x", &name(MAX_VALUE_BYTES + 1)), Err(Rule::HeaderLimit));

    let all = |count: usize, bytes: usize| {
        let headers = (0..count).map(|at| (format!("x-{at:03}"), name(bytes))).collect();
        judge_headers(headers, &injected())
            .map(|headers| headers.len())
            .map_err(|denial| denial.rule())
    };
    assert_eq!(all(MAX_HEADERS, 1), Ok(MAX_HEADERS));
    assert_eq!(all(MAX_HEADERS + 1, 1), Err(Rule::HeaderLimit));
    assert_eq!(all(2, MAX_HEADERS_BYTES / 2 - 5), Ok(2));
    assert_eq!(all(2, MAX_HEADERS_BYTES / 2 - 4), Err(Rule::HeaderLimit));
    assert_eq!(all(0, 0), Ok(0));
}

#[test]
fn one_bad_header_among_good_ones_refuses_the_request() {
    let headers = vec![("accept".into(), "x".into()), ("Host".into(), "evil.example.com".into())];
    assert_eq!(judge_headers(headers, &injected()).unwrap_err().rule(), Rule::HeaderReserved);
}

#[test]
fn an_auth_method_may_use_credential_headers_and_no_framing_ones() {
    for name in ["authorization", "private-token", "x-api-key", "x-acme-key", "api_key"] {
        assert!(can_carry_secret(name), "{name}");
    }
    for name in [
        "",
        "host",
        "cookie",
        "content-length",
        "transfer-encoding",
        "connection",
        "x-forwarded-for",
        "forwarded",
        "proxy-authorization",
        "sec-token",
        "a b",
        "a:b",
        "via",
        "te",
        "expect",
        "content-type",
    ] {
        assert!(!can_carry_secret(name), "{name}");
    }
}

#[test]
fn cookies_and_hop_by_hop_headers_are_not_delivered() {
    for name in [
        "set-cookie",
        "Set-Cookie",
        "set-cookie2",
        "connection",
        "keep-alive",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "proxy-authenticate",
    ] {
        assert!(!deliverable(name), "{name}");
    }
    for name in [
        "content-type",
        "link",
        "retry-after",
        "x-oauth-scopes",
        "www-authenticate",
        "location",
        "etag",
        "x-github-sso",
    ] {
        assert!(deliverable(name), "{name}");
    }
}

#[test]
fn the_next_page_is_found_among_links() {
    let base = Url::parse("https://api.github.com/repos/a/b/issues").unwrap();
    for (values, expected) in [
        (
            &[
                r#"<https://api.github.com/repositories/1/issues?page=2>; rel="next", <https://api.github.com/repositories/1/issues?page=9>; rel="last""#,
            ][..],
            Some("https://api.github.com/repositories/1/issues?page=2"),
        ),
        (
            &[
                r#"<https://x.example.com/?p=1>; rel="prev", <https://x.example.com/?p=3>; rel="next""#,
            ],
            Some("https://x.example.com/?p=3"),
        ),
        (&[r#"<https://docs.github.com/rest>; rel="deprecation"; type="text/html""#], None),
        (
            &[r#"<https://docs.github.com/rest>; rel="deprecation""#, r#"</x?page=2>; rel="next""#],
            Some("https://api.github.com/x?page=2"),
        ),
        (&["<?page=2>; rel=next"], Some("https://api.github.com/repos/a/b/issues?page=2")),
        (&["<//h.example.com/x>;rel=next"], Some("https://h.example.com/x")),
        (&[r#"</x?a=1,2;3>; rel="next""#], Some("https://api.github.com/x?a=1,2;3")),
        (
            &[r#"</a>; title="a, <b>; rel=next"; rel="prev", </c>; rel="next""#],
            Some("https://api.github.com/c"),
        ),
        (
            &[r#"</a>; title="say \"next\", <b>"; rel="up", </c>; rel=next"#],
            Some("https://api.github.com/c"),
        ),
        (&[r#"</a>; rel="prev next""#], Some("https://api.github.com/a")),
        (&[r#"</a>; REL="NEXT""#], Some("https://api.github.com/a")),
        (&[r#"</a> ; rel = "next" "#], Some("https://api.github.com/a")),
        (&[r#"</a>; foo; rel="next""#], Some("https://api.github.com/a")),
        (&[r#"</a>; rel="prev"; rel="next""#], None),
        (&[r#"</a>; rel="nextpage""#], None),
        (&[r#"</a>; rel="x-next""#], None),
        (&[r#"</a>; rev="next""#], None),
        (&[r#"</a>; anchor="/other"; rel="next""#], None),
        (
            &[r#"</a>; rel="next"; anchor="/other", </b>; rel=next"#],
            Some("https://api.github.com/b"),
        ),
        (&["</a>"], None),
        (&["</a>; title=\"unclosed; rel=next"], None),
        (&["</a; rel=next"], None),
        (&["/a; rel=next"], None),
        (&["", ",", ";", "<", "<>", "<>;", "<>;rel", "<>;rel=", ">;rel=next<"], None),
        (&["<javascript:alert(1)>; rel=next"], None),
        (&["<https://[::1>; rel=next"], None),
        (&[], None),
    ] {
        assert_eq!(next_link(values.iter().copied(), &base).as_deref(), expected, "{values:?}");
    }
}

#[test]
fn a_header_of_very_many_links_is_not_read_to_its_end() {
    let base = Url::parse("https://api.github.com/").unwrap();
    let links = |before: usize| format!("{}</n>; rel=next", "</x>; rel=last, ".repeat(before));
    assert!(next_link([links(63).as_str()], &base).is_some());
    assert!(next_link([links(64).as_str()], &base).is_none());
}

#[test]
fn retry_after_is_seconds_or_a_date() {
    // Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    let now = Timestamp(784_111_777_000);
    for (value, expected) in [
        ("0", Some(0)),
        ("60", Some(60_000)),
        (" 60 ", Some(60_000)),
        ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60_000)),
        ("Sunday, 06-Nov-94 08:50:37 GMT", Some(60_000)),
        ("Sun Nov  6 08:50:37 1994", Some(60_000)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
        ("Sun, 06 Nov 1994 08:48:37 GMT", Some(0)),
        ("99999999999999999999999", Some(u64::MAX)),
        ("18446744073709551615", Some(u64::MAX)),
        ("", None),
        (" ", None),
        ("-1", None),
        ("+5", None),
        ("1.5", None),
        ("60s", None),
        ("soon", None),
        ("2026-11-20T10:00:00Z", None),
    ] {
        assert_eq!(retry_after(value, now), expected, "{value:?}");
    }
    assert_eq!(
        retry_after("Sun, 06 Nov 1994 08:50:37 GMT", Timestamp(784_111_777_250)),
        Some(59_750)
    );
}
