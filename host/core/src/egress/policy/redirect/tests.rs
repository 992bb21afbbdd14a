#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::egress::policy::parse_origin;

const FROM: &str = "https://api.github.com/repos/mona/old?page=2";

struct Case<'a> {
    from: &'a str,
    location: &'a str,
    method: Method,
    status: u16,
    hop: u32,
}

impl Default for Case<'_> {
    fn default() -> Self {
        Self { from: FROM, location: "/x", method: Method::Get, status: 302, hop: 0 }
    }
}

fn judge(case: &Case<'_>) -> Result<RedirectStep, Rule> {
    let grants = [
        parse_origin("https://objects.example.com").unwrap(),
        parse_origin("http://plain.example.com").unwrap(),
        parse_origin("https://10.0.0.1").unwrap(),
    ];
    let mut policy = EgressPolicy::strict();
    policy.allow_origin("http://git.corp:8080").unwrap();
    policy.allow_origin("http://plain.example.com").unwrap();
    let input = RedirectInput {
        from: &Url::parse(case.from).unwrap(),
        location: case.location,
        method: case.method,
        status: case.status,
        hop: case.hop,
        grants: &grants,
        policy: &policy,
    };
    judge_redirect(&input).map_err(|denial| denial.rule())
}

#[test]
fn method_and_body_follow_rfc_9110() {
    use Method::{Delete, Get, Head, Patch, Post, Put};
    for (status, method, expected, body) in [
        (301, Get, Get, true),
        (301, Head, Head, true),
        (301, Post, Get, false),
        (301, Put, Put, true),
        (301, Patch, Patch, true),
        (301, Delete, Delete, true),
        (302, Post, Get, false),
        (302, Put, Put, true),
        (303, Get, Get, false),
        (303, Head, Head, false),
        (303, Post, Get, false),
        (303, Put, Get, false),
        (303, Delete, Get, false),
        (307, Post, Post, true),
        (307, Patch, Patch, true),
        (308, Post, Post, true),
        (308, Delete, Delete, true),
    ] {
        let step = judge(&Case { status, method, ..Case::default() }).unwrap();
        assert_eq!((step.method, step.keep_body), (expected, body), "{status} {method:?}");
        assert!(step.same_origin);
    }
}

#[test]
fn only_redirects_with_a_location_are_redirects() {
    for status in [301, 302, 303, 307, 308] {
        assert!(is_redirect(status), "{status}");
    }
    for status in [200, 201, 300, 304, 305, 306, 309, 399, 404, 500] {
        assert!(!is_redirect(status), "{status}");
    }
}

#[test]
fn same_origin_keeps_the_credential_wherever_the_path_leads() {
    for (location, expected) in [
        ("https://api.github.com/repositories/1", "https://api.github.com/repositories/1"),
        ("https://API.github.com:443/repositories/1", "https://api.github.com/repositories/1"),
        ("/repositories/1#top", "https://api.github.com/repositories/1"),
        ("?page=3", "https://api.github.com/repos/mona/old?page=3"),
        ("new", "https://api.github.com/repos/mona/new"),
        ("../../../x", "https://api.github.com/x"),
        ("//api.github.com/x", "https://api.github.com/x"),
        ("  /x  ", "https://api.github.com/x"),
    ] {
        let step = judge(&Case { location, ..Case::default() }).unwrap();
        assert_eq!(step.url.as_str(), expected, "{location}");
        assert!(step.same_origin, "{location}");
        assert_eq!(step.reach, Reach::Public);
    }
}

#[test]
fn another_origin_needs_a_grant_and_gets_neither_credential_nor_body() {
    for (status, method) in [
        (302, Method::Get),
        (307, Method::Get),
        (303, Method::Post),
        (302, Method::Post),
        (301, Method::Head),
    ] {
        let location = "https://objects.example.com/archive?signature=x";
        let step = judge(&Case { location, status, method, ..Case::default() }).unwrap();
        assert!(!step.same_origin && !step.keep_body, "{status} {method:?}");
    }
    for (location, expected) in [
        ("https://evil.example.com/", Rule::RedirectOrigin),
        ("https://objects.example.com.evil.com/", Rule::RedirectOrigin),
        ("https://objects.example.com:8443/", Rule::RedirectOrigin),
        ("https://sub.objects.example.com/", Rule::RedirectOrigin),
        ("https://api.github.com:8443/", Rule::RedirectOrigin),
        ("https://api.github.com./", Rule::RedirectOrigin),
        ("//evil.example.com/x", Rule::RedirectOrigin),
        ("\\\\evil.example.com/x", Rule::RedirectOrigin),
        ("/\\evil.example.com/x", Rule::RedirectOrigin),
        ("https:\\\\evil.example.com", Rule::RedirectOrigin),
        ("https://127.0.0.1/", Rule::RedirectOrigin),
        ("https://169.254.169.254/latest/meta-data", Rule::RedirectOrigin),
        ("https://10.0.0.1/", Rule::SpecialAddress),
        ("http://api.github.com/x", Rule::RedirectDowngrade),
        ("http://plain.example.com/x", Rule::RedirectDowngrade),
        ("https://mona:pw@api.github.com/x", Rule::Userinfo),
        ("https://api.github.com@evil.example.com/", Rule::Userinfo),
        ("//token@api.github.com/", Rule::Userinfo),
        ("file:///etc/passwd", Rule::RedirectLocation),
        ("data:text/html,x", Rule::RedirectLocation),
        ("javascript:alert(1)", Rule::RedirectLocation),
        ("ftp://api.github.com/x", Rule::RedirectLocation),
        ("https://", Rule::RedirectLocation),
        ("https://[::1", Rule::RedirectLocation),
        ("", Rule::RedirectLocation),
        ("   ", Rule::RedirectLocation),
        ("/x\ny", Rule::RedirectLocation),
    ] {
        let found = judge(&Case { location, ..Case::default() }).map(|step| step.url.to_string());
        assert_eq!(found, Err(expected), "{location:?}");
    }
}

#[test]
fn a_change_is_never_repeated_at_another_origin() {
    let location = "https://objects.example.com/upload";
    for (status, method) in [
        (307, Method::Post),
        (308, Method::Post),
        (307, Method::Put),
        (308, Method::Patch),
        (307, Method::Delete),
        (301, Method::Put),
        (302, Method::Delete),
        (301, Method::Patch),
    ] {
        let found = judge(&Case { location, status, method, ..Case::default() });
        assert_eq!(found, Err(Rule::RedirectBody), "{status} {method:?}");
    }
}

#[test]
fn an_allowed_http_origin_redirects_within_itself() {
    let from = "http://git.corp:8080/a";
    let step = judge(&Case { from, location: "/b", ..Case::default() }).unwrap();
    assert_eq!((step.reach, step.same_origin), (Reach::Granted, true));
    let up = judge(&Case { from, location: "https://git.corp:8080/b", ..Case::default() });
    assert_eq!(up, Err(Rule::RedirectOrigin));
}

#[test]
fn redirects_are_followed_up_to_the_limit_and_not_one_past() {
    assert!(judge(&Case { hop: MAX_REDIRECTS - 1, ..Case::default() }).is_ok());
    assert_eq!(judge(&Case { hop: MAX_REDIRECTS, ..Case::default() }), Err(Rule::RedirectLimit));
    assert_eq!(judge(&Case { hop: u32::MAX, ..Case::default() }), Err(Rule::RedirectLimit));
}
