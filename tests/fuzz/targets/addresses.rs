//! Fed: links and `Location` values put together of pieces that parsers read differently, to what
//! decides where the host goes: links of a guest, places below an endpoint, redirects of a server.
//!
//! Must hold: an accepted link, and a place, have the origin of a bound endpoint and a path at or below
//! its base, also when a server decodes the path before it looks; no userinfo, no fragment. A redirect
//! never leads from https to http, never to an origin that is neither the same nor granted, never
//! carries a body or an unsafe method elsewhere, and ends after a bounded number.

use bolero::{TypeGenerator, check};
use jackfield_fuzz::edit::{Edit, edited_text, pick};
use jackfield_host::EgressPolicy;
use jackfield_host::endpoint::{BoundEndpoint, accept_link};
use jackfield_host::policy::redirect::{MAX_REDIRECTS, RedirectInput, is_redirect, judge_redirect};
use jackfield_host::transport::Method;
use percent_encoding::percent_decode_str;
use url::Url;

/// A text of pieces, and of what is between them.
#[derive(Clone, Debug, TypeGenerator)]
struct Text {
    pieces: [Option<(u8, Option<char>)>; 8],
    whole: Option<u8>,
    edit: Option<Edit>,
}

const PIECES: &[&str] = &[
    "https:",
    "http:",
    "HTTPS://",
    "//",
    "/",
    "\\",
    "api.example.com",
    "API.example.com.",
    "evil.example",
    "api.example.com.evil.example",
    "granted.example",
    "127.0.0.1",
    "[::1]",
    "0x7f.1",
    "@",
    "user:word@",
    ":443",
    ":80",
    ":8443",
    ":",
    "v3",
    "v33",
    "..",
    ".",
    "%2e%2e",
    "%2E.",
    "..;",
    "%252e%252e",
    "%2f",
    "%5c",
    ";x",
    "?",
    "#",
    "&",
    "a",
    "\t",
    "\n",
    " ",
    "%00",
    "%",
    "ä",
    "xn--",
    "javascript:",
    "data:",
    "file:",
    "ws:",
];

const WHOLE: &[&str] = &[
    "https://api.example.com/v3",
    "https://api.example.com/v3/",
    "https://api.example.com/",
    "/v3/",
    "http://plain.example:8080/base/",
    "https://granted.example/",
    "http://granted.example/",
    "//granted.example/x",
    "",
];

impl Text {
    fn text(&self) -> String {
        let mut text = self.whole.and_then(|which| pick(WHOLE, which)).unwrap_or(&"").to_string();
        for (which, between) in self.pieces.iter().flatten() {
            text.push_str(pick(PIECES, *which).unwrap());
            text.extend(between);
        }
        edited_text(&text, std::slice::from_ref(&self.edit))
    }
}

fn endpoints() -> Vec<BoundEndpoint> {
    let policy = policy();
    let bind = |(name, base): (&str, &str)| {
        let base = Url::parse(base).unwrap();
        let reach = policy.judge_url(&base).unwrap();
        BoundEndpoint { name: name.to_owned(), base, reach, settings: Vec::new() }
    };
    let bases =
        [("api", "https://api.example.com/v3"), ("plain", "http://plain.example:8080/base/")];
    bases.map(bind).into()
}

fn policy() -> EgressPolicy {
    let mut policy = EgressPolicy::strict();
    for origin in ["http://plain.example:8080", "http://granted.example"] {
        policy.allow_origin(origin).unwrap();
    }
    policy
}

/// Whether a server sees the path at or below the base, before decoding it and after.
fn stays_below(url: &Url, base: &Url) -> bool {
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let mut path = url.path().to_owned();
    let below = (0..3).all(|_| {
        let base = base.path().trim_end_matches('/');
        let rest = path.strip_prefix(base);
        let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let upward = path.split(['/', '\\']).any(|segment| segment == "..");
        path = percent_decode_str(&path).decode_utf8_lossy().into_owned();
        below && !upward
    });
    url.origin() == base.origin() && plain && below
}

#[test]
fn link() {
    let endpoints = endpoints();
    check!().with_type::<Text>().for_each(|text| {
        let link = text.text();
        if let Ok((url, endpoint)) = accept_link(&link, &endpoints) {
            assert!(stays_below(&url, &endpoint.base), "{link:?}: {url}");
            let again = accept_link(url.as_str(), &endpoints).map(|(url, _)| url);
            assert_eq!(again.as_ref(), Ok(&url), "{link:?}");
        }
    });
}

#[test]
fn place() {
    let endpoints = endpoints();
    type Place = (u8, [Option<Text>; 3], Option<(String, String)>);
    check!().with_type::<Place>().for_each(|(which, segments, query)| {
        let endpoint = pick(&endpoints, *which).unwrap();
        let segments: Vec<_> = segments.iter().flatten().map(Text::text).collect();
        let query: Vec<_> = query.iter().cloned().collect();
        let Ok(url) = endpoint.locate(&segments, &query) else { return };
        assert_eq!(url.origin(), endpoint.base.origin(), "{segments:?}");
        let base = endpoint.base.path().trim_end_matches('/');
        let below = url.path().strip_prefix(base).expect("below the base");
        let read = below.split('/').skip(1).map(|one| percent_decode_str(one).decode_utf8_lossy());
        let meant = match segments.is_empty() {
            true => vec![],
            false => segments.iter().map(String::as_str).collect(),
        };
        let read: Vec<_> = read.collect();
        assert!(read == meant || (meant.is_empty() && read == [""]), "{segments:?}: {url}");
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs, query, "{url}");
    });
}

#[derive(Clone, Debug, TypeGenerator)]
struct Redirect {
    from: u8,
    location: Text,
    method: u8,
    status: u8,
    hop: u8,
}

#[test]
fn redirect() {
    let from = [
        "https://api.example.com/v3/a?b=c",
        "http://plain.example:8080/base",
        "http://granted.example/",
    ];
    let from = from.map(|url| Url::parse(url).unwrap());
    let grants = ["https://granted.example", "http://granted.example"];
    let grants = grants.map(|url| Url::parse(url).unwrap().origin());
    let methods =
        [Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete];
    let statuses = [301, 302, 303, 307, 308];
    let policy = policy();
    check!().with_type::<Redirect>().for_each(|redirect| {
        let from = pick(&from, redirect.from).unwrap();
        let method = *pick(&methods, redirect.method).unwrap();
        let status = *pick(&statuses, redirect.status).unwrap();
        let hop = u32::from(redirect.hop % 8);
        let location = redirect.location.text();
        let grants = &grants;
        let (location, policy) = (location.as_str(), &policy);
        assert!(is_redirect(status));
        let input = RedirectInput { from, location, method, status, hop, grants, policy };
        let Ok(step) = judge_redirect(&input) else { return };
        let url = &step.url;
        assert!(hop < MAX_REDIRECTS);
        assert!(matches!(url.scheme(), "http" | "https"), "{location:?}: {url}");
        assert!(!(from.scheme() == "https" && url.scheme() == "http"), "{location:?}: {url}");
        assert_eq!(step.same_origin, url.origin() == from.origin(), "{location:?}: {url}");
        assert!(step.same_origin || grants.contains(&url.origin()), "{location:?}: {url}");
        assert!(step.same_origin || (step.method.is_safe() && !step.keep_body), "{location:?}");
        assert!(url.username().is_empty() && url.password().is_none(), "{location:?}: {url}");
        assert_eq!(url.fragment(), None, "{location:?}");
        assert_eq!(policy.judge_url(url), Ok(step.reach), "{location:?}");
    });
}
