#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::testing::{Script, Trace};
use jackfield_guest::{Cause, Change, Connector, Settings};

use super::*;
use crate::GitHub;

const NEXT: &str = "https://api.github.com/repositories/515435940/issues?per_page=2&page=2";

fn request(stream: &str, cursor: Option<&str>, limit: u32) -> ReadRequest {
    ReadRequest {
        stream: stream.to_owned(),
        cursor: cursor.map(str::to_owned),
        parameters: r#"{"repository":"octo/hello"}"#.to_owned(),
        limit,
    }
}

fn read(request: ReadRequest, answer: Response) -> (Result<Page, Failure>, Trace) {
    read_as(None, request, answer)
}

fn read_as(
    kind: Option<&str>,
    request: ReadRequest,
    answer: Response,
) -> (Result<Page, Failure>, Trace) {
    let settings = Settings::from_json(r#"{"api_url":"https://api.github.com"}"#);
    let script = Script::new().secret("token", kind).answer(answer);
    script.run(|| GitHub::read(settings, request))
}

fn issue(id: u32, updated_at: &str) -> String {
    format!(r#"{{"id": {id}, "number": 1,  "title": "caf\u00e9", "updated_at": "{updated_at}"}}"#)
}

fn issues_of(ids: &[u32]) -> Response {
    let list: Vec<_> =
        ids.iter().map(|id| issue(*id, &format!("2026-01-01T00:00:{:02}Z", 59 - id))).collect();
    Response::new(200).with_json(&format!("[{}]", list.join(",\n ")))
}

fn keys(page: &Page) -> Vec<&str> {
    page.changes
        .iter()
        .map(|change| match change {
            Change::Upsert(item) => item.key.as_str(),
            Change::Delete(key) => key.as_str(),
        })
        .collect()
}

fn more(page: &Page) -> &str {
    match &page.progress {
        Progress::More(cursor) => cursor,
        Progress::CaughtUp(_) => "caught up",
    }
}

fn kept(page: &Page) -> Option<&str> {
    match &page.progress {
        Progress::CaughtUp(cursor) => cursor.as_deref(),
        Progress::More(_) => Some("more"),
    }
}

#[test]
fn the_first_page_asks_for_the_latest_change_first() {
    let (page, trace) = read(request("issues", None, 500), issues_of(&[1, 2]));
    assert_eq!(
        trace.lines(),
        [
            "GET api/repos/octo/hello/issues?state=all&sort=updated&direction=desc&per_page=100 with token"
        ]
    );
    let page = page.unwrap();
    assert_eq!(keys(&page), ["1", "2"]);
    let since = time::rfc3339("2026-01-01T00:00:58Z").unwrap();
    assert_eq!(
        kept(&page),
        Some(
            format!(r#"{{"v":1,"stream":"issues","repository":"octo/hello","since":{since}}}"#)
                .as_str()
        )
    );
}

#[test]
fn records_pass_through_as_they_were_written() {
    let text = issue(5, "2026-02-19T19:55:13Z");
    let answer = Response::new(200).with_json(&format!(" [ {text} ] "));
    let page = read(request("issues", None, 10), answer).0.unwrap();
    let expected = jackfield_guest::Item {
        key: "5".to_owned(),
        updated_at: Some(1_771_530_913_000),
        data: text,
    };
    assert_eq!(page.changes, [Change::Upsert(expected)]);
}

#[test]
fn pages_are_followed_by_the_link_until_there_is_none() {
    let (first, _) = read(request("issues", None, 2), issues_of(&[1, 2]).with_next(NEXT));
    let first = first.unwrap();
    let (second, trace) = read(request("issues", Some(more(&first)), 2), issues_of(&[3]));
    assert_eq!(trace.lines(), [format!("GET {NEXT} with token")]);
    let second = second.unwrap();
    assert_eq!(keys(&second), ["3"]);
    let since = time::rfc3339("2026-01-01T00:00:58Z").unwrap();
    assert!(kept(&second).unwrap().contains(&format!("\"since\":{since}")), "of the first page");

    let (third, trace) = read(request("issues", kept(&second), 100), issues_of(&[]));
    assert!(trace.lines()[0].contains("&since=2026-01-01T00:00:58Z"));
    assert_eq!(kept(&third.unwrap()), kept(&second), "nothing new keeps the cursor");
}

#[test]
fn a_page_never_has_more_records_than_asked_for_and_none_is_lost() {
    let mut cursor: Option<String> = None;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let asked = request("issues", cursor.as_deref(), 2);
        let page = read(asked, issues_of(&[1, 2, 3, 4, 5]).with_next(NEXT)).0.unwrap();
        assert!(page.changes.len() <= 2);
        seen.extend(keys(&page).into_iter().map(str::to_owned));
        cursor = Some(more(&page).to_owned());
    }
    assert_eq!(seen, ["1", "2", "3", "4", "5"]);
    assert!(cursor.unwrap().contains(NEXT));
    let zero = read(request("issues", None, 0), issues_of(&[1, 2])).0.unwrap();
    assert_eq!(keys(&zero), ["1"], "at least one, so that a read comes to an end");
}

#[test]
fn a_link_that_leads_to_its_own_page_is_not_followed_for_ever() {
    let first = read(request("issues", None, 2), issues_of(&[1]).with_next(NEXT)).0.unwrap();
    let (page, _) = read(request("issues", Some(more(&first)), 2), issues_of(&[1]).with_next(NEXT));
    assert_eq!(page.unwrap_err().cause, Cause::Protocol);
}

#[test]
fn repositories_are_asked_for_as_the_token_allows() {
    let list = Response::new(200).with_json(r#"[{"id":1,"updated_at":"2026-01-01T00:00:00Z"}]"#);
    let (page, trace) = read_as(Some("classic"), request("repositories", None, 100), list);
    assert_eq!(trace.lines(), ["GET api/user/repos?sort=full_name&per_page=100 with token"]);
    let page = page.unwrap();
    assert_eq!((keys(&page), kept(&page)), (vec!["1"], None));

    let envelope = Response::new(200)
        .with_json(r#"{"total_count":2,"repositories":[{"id":1},{"id":2}]}"#)
        .with_next("https://api.github.com/installation/repositories?page=2");
    let (page, trace) = read_as(Some("installation"), request("repositories", None, 7), envelope);
    assert_eq!(trace.lines(), ["GET api/installation/repositories?per_page=7 with token"]);
    let page = page.unwrap();
    assert_eq!(keys(&page), ["1", "2"]);
    assert!(more(&page).contains("page=2"));
}

#[test]
fn partial_results_are_a_warning() {
    let answer = issues_of(&[1])
        .with_header("x-github-sso", "partial-results; organizations=21955855,20582480");
    let page = read(request("issues", None, 10), answer).0.unwrap();
    assert_eq!(page.warnings[0].code, "partial-results");
    assert!(page.warnings[0].message.contains("21955855,20582480"));
}

#[test]
fn what_is_no_page_is_a_failure() {
    let cases = [
        ("object", Response::new(200).with_json("{}"), Cause::Protocol),
        ("record without id", Response::new(200).with_json(r#"[{"number":1}]"#), Cause::Protocol),
        ("record is no object", Response::new(200).with_json("[1]"), Cause::Protocol),
        ("cut off", Response::new(200).with_json(r#"[{"id":1}"#), Cause::Protocol),
        ("page", Response::new(200).with_body("<!doctype html>"), Cause::Protocol),
        (
            "anonymous",
            issues_of(&[1]).with_header("x-ratelimit-limit", "60"),
            Cause::CredentialRejected,
        ),
        ("hidden", Response::new(404).with_json(r#"{"message":"Not Found"}"#), Cause::NotFound),
        (
            "issues off",
            Response::new(410).with_json(r#"{"message":"Issues are disabled for this repo"}"#),
            Cause::Conflict,
        ),
    ];
    for (name, answer, expected) in cases {
        assert_eq!(
            read(request("issues", None, 10), answer).0.unwrap_err().cause,
            expected,
            "{name}"
        );
    }
}

#[test]
fn wrong_input_is_refused_before_anything_is_sent() {
    let mut foreign = request("issues", None, 1);
    foreign.parameters = r#"{"repository":"https://gitlab.com/a/b"}"#.to_owned();
    let mut none = request("issues", None, 1);
    none.parameters = "{}".to_owned();
    let cases = [
        (foreign, "/parameters/repository"),
        (none, "/parameters"),
        (request("issues", Some("page 2"), 1), "/cursor"),
        (request("issues", Some(r#"{"v":1,"stream":"repositories"}"#), 1), "/cursor"),
        (request("repositories", Some("{}"), 1), "/cursor"),
    ];
    for (request, pointer) in cases {
        let settings = Settings::from_json(r#"{"api_url":"https://api.github.com"}"#);
        let script = Script::new().secret("token", None);
        let (page, trace) = script.run(|| GitHub::read(settings, request));
        assert_eq!(page.unwrap_err().fields[0].pointer, pointer);
        assert!(trace.sent.is_empty());
    }
}

#[test]
fn an_unknown_stream_is_unsupported() {
    let settings = Settings::from_json(r#"{"api_url":"https://api.github.com"}"#);
    let script = Script::new().secret("token", None);
    let (page, _) = script.run(|| GitHub::read(settings, request("commits", None, 1)));
    assert_eq!(page.unwrap_err().cause, Cause::Unsupported);
}
