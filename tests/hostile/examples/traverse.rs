//! Tries to leave the endpoint's base by path segments, a query and the endpoint's name. What is sent must
//! stay below the base, its segments encoded; the rest must be refused.

use jackfield_guest::{Connector, Failure, Report, Request, Settings};
use jackfield_hostile::{attempt, report};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("traverse");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        let segments = [
            "..",
            ".",
            "",
            "%2e%2e",
            "%2E.",
            ".%2e",
            "%2f",
            "a/b",
            "../admin",
            "..\\admin",
            "/",
            "\\",
            "a?b=c",
            "a#b",
            "a%00b",
            "a\0b",
            "a\r\nHost: evil.example",
            "//evil.example",
            "@evil.example",
            ":80",
            "..;",
            "%252e%252e",
            "\u{ff0e}\u{ff0e}",
            "\u{2025}",
            "\t..",
            "..\n",
        ];
        let paths = segments.into_iter().map(|segment| {
            attempt(&format!("{segment:?}"), Request::get("api").segments(["a", segment, "b"]))
        });
        let queries = ["a&b=c", "a#b", "a\r\nX: y"].into_iter().map(|value| {
            attempt(&format!("query {value:?}"), Request::get("api").query("q", value))
        });
        let endpoints = ["", "API", "api/..", "other", "https://evil.example", "api_url"]
            .into_iter()
            .map(|name| attempt(&format!("endpoint {name:?}"), Request::get(name)));
        Ok(report(paths.chain(queries).chain(endpoints)))
    }
}
