#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::testing::{Script, Trace};
use jackfield_guest::{Cause, Change, Connector, Response, Settings, Timestamp};

use super::*;
use crate::GitHub;

const NEXT: &str = "https://api.github.com/repositories/515435940/issues?per_page=2&page=2";

/// The middle of 2026.
const NOW: u64 = 1_782_864_000_000;

fn request(stream: &str, cursor: Option<&str>, limit: u32) -> ReadRequest {
    ReadRequest {
        stream: stream.to_owned(),
        cursor: cursor.map(str::to_owned),
        parameters: r#"{"repository":"octo/hello"}"#.to_owned(),
        limit,
        skip_oversized: false,
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
    let script = Script::new().at(NOW).secret("token", kind).answer(answer);
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
    let branch = |name: &str| {
        let text = serde_json::json!({ "repository": "a/b", "branch": name }).to_string();
        with("commits", &text, None, 1)
    };
    let other_branch = r#"{"v":1,"stream":"commits","repository":"a/b","branch":"main"}"#;
    let cases = [
        (with("pull_requests", r#"{"repository":"a"}"#, None, 1), "/parameters/repository"),
        (with("commits", r#"{"repository":"a"}"#, None, 1), "/parameters/repository"),
        (branch("a b"), "/parameters/branch"),
        (branch("a..b"), "/parameters/branch"),
        (branch("a\nb"), "/parameters/branch"),
        (branch("-x"), "/parameters/branch"),
        (branch("a~1"), "/parameters/branch"),
        (branch(&"a".repeat(256)), "/parameters/branch"),
        (with("commits", r#"{"repository":"a/b"}"#, Some(other_branch), 1), "/cursor"),
        (with("members", "{}", None, 1), "/parameters/organization"),
        (with("members", r#"{"organization":"a/b"}"#, None, 1), "/parameters/organization"),
        (
            with(
                "members",
                r#"{"organization":"a"}"#,
                Some(r#"{"v":1,"stream":"members","organization":"b"}"#),
                1,
            ),
            "/cursor",
        ),
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

/// A page with an entity tag.
fn tagged(answer: Response, etag: &str) -> Response {
    answer.with_header("etag", etag)
}

fn list(ids: &[u32]) -> Response {
    let records: Vec<_> =
        ids.iter().map(|id| format!(r#"{{"id":{id},"login":"a{id}"}}"#)).collect();
    Response::new(200).with_json(&format!("[{}]", records.join(",")))
}

fn with(stream: &str, parameters: &str, cursor: Option<&str>, limit: u32) -> ReadRequest {
    ReadRequest { parameters: parameters.to_owned(), ..request(stream, cursor, limit) }
}

fn at(second: u32) -> Timestamp {
    time::rfc3339(&format!("2026-01-01T00:00:{second:02}Z")).unwrap()
}

#[test]
fn each_stream_asks_for_its_list() {
    let branch = r#"{"repository":"octo/hello","branch":"feature/x"}"#;
    let organization = r#"{"organization":"https://github.com/acme"}"#;
    let plain = r#"{"repository":"octo/hello"}"#;
    let cases = [
        (
            "issues",
            plain,
            "repos/octo/hello/issues?state=all&sort=updated&direction=desc&per_page=9",
        ),
        (
            "pull_requests",
            plain,
            "repos/octo/hello/pulls?state=all&sort=updated&direction=desc&per_page=9",
        ),
        ("commits", plain, "repos/octo/hello/commits?per_page=9"),
        ("commits", branch, "repos/octo/hello/commits?sha=feature%2Fx&per_page=9"),
        (
            "commits",
            r#"{"repository":"octo/hello","branch":" "}"#,
            "repos/octo/hello/commits?per_page=9",
        ),
        ("organizations", "{}", "user/orgs?per_page=9"),
        ("members", organization, "orgs/acme/members?per_page=9"),
        ("repositories", "{}", "user/repos?sort=full_name&per_page=9"),
    ];
    for (stream, parameters, expected) in cases {
        let (page, trace) = read(with(stream, parameters, None, 9), list(&[]));
        assert_eq!(trace.lines(), [format!("GET api/{expected} with token")], "{stream}");
        assert_eq!(trace.sent[0].header("if-none-match"), None, "{stream}");
        let page = page.unwrap();
        assert_eq!((keys(&page), kept(&page)), (vec![], None), "{stream}");
    }
}

#[test]
fn a_later_run_of_pull_requests_stops_at_what_is_older() {
    let first = read(request("pull_requests", None, 10), issues_of(&[3, 4])).0.unwrap();
    let cursor = kept(&first).unwrap().to_owned();
    assert!(cursor.contains(&format!("\"since\":{}", at(56))), "{cursor}");

    // 1 and 2 are new, 3 is as old as the bound and comes again, 4 is older.
    let asked = request("pull_requests", Some(&cursor), 10);
    let (page, trace) = read(asked, issues_of(&[1, 2, 3, 4, 5]).with_next(NEXT));
    assert!(!trace.lines()[0].contains("since"), "{:?}", trace.lines());
    let page = page.unwrap();
    assert_eq!(keys(&page), ["1", "2", "3"]);
    let next = kept(&page).unwrap();
    assert!(next.contains(&format!("\"since\":{}", at(58))), "the link is not followed: {next}");

    let nothing = read(request("pull_requests", Some(&cursor), 10), issues_of(&[4, 5])).0.unwrap();
    assert_eq!((keys(&nothing), kept(&nothing)), (vec![], Some(cursor.as_str())));
}

#[test]
fn a_page_that_ends_where_older_ones_begin_is_the_last() {
    let first = read(request("pull_requests", None, 10), issues_of(&[3])).0.unwrap();
    let cursor = kept(&first).unwrap();
    let page = read(request("pull_requests", Some(cursor), 2), issues_of(&[1, 2, 4, 5])).0.unwrap();
    assert_eq!(keys(&page), ["1", "2"]);
    assert!(kept(&page).unwrap().contains(&format!("\"since\":{}", at(58))));
}

#[test]
fn the_bound_of_a_run_holds_on_all_its_pages() {
    let begun = kept(&read(request("pull_requests", None, 9), issues_of(&[3])).0.unwrap())
        .unwrap()
        .to_owned();
    let asked = request("pull_requests", Some(&begun), 2);
    let first = read(asked, issues_of(&[1, 2]).with_next(NEXT)).0.unwrap();
    let asked = request("pull_requests", Some(more(&first)), 2);
    let (second, trace) = read(asked, issues_of(&[3, 4]).with_next("https://api.github.com/x"));
    assert_eq!(trace.lines(), [format!("GET {NEXT} with token")]);
    let second = second.unwrap();
    assert_eq!(keys(&second), ["3"]);
    assert!(kept(&second).unwrap().contains(&format!("\"since\":{}", at(58))));
}

#[test]
fn a_pull_request_without_a_date_does_not_end_a_run() {
    let begun = kept(&read(request("pull_requests", None, 9), issues_of(&[3])).0.unwrap())
        .unwrap()
        .to_owned();
    let answer = Response::new(200).with_json(r#"[{"id":8,"updated_at":null},{"id":9}]"#);
    let page = read(request("pull_requests", Some(&begun), 9), answer).0.unwrap();
    assert_eq!((keys(&page), kept(&page)), (vec!["8", "9"], Some(begun.as_str())));
}

const SHA: &str = "6dcb09b5b57875f334f61aebed695e2e4193db5";

fn commits_of(dates: &[&str]) -> Response {
    let records: Vec<_> = dates
        .iter()
        .enumerate()
        .map(|(at, date)| {
            format!(
                r#"{{"sha":"{SHA}{at:x}","commit":{{"author":{{"date":"2020-01-01T00:00:00Z"}},"committer":{{"date":"{date}"}}}}}}"#
            )
        })
        .collect();
    Response::new(200).with_json(&format!("[{}]", records.join(",")))
}

#[test]
fn commits_go_by_their_name_and_the_date_of_the_committer() {
    let answer = commits_of(&["2025-12-31T12:00:00Z", "2025-12-30T12:00:00Z"]);
    let page = read(request("commits", None, 10), answer).0.unwrap();
    assert_eq!(keys(&page), [format!("{SHA}0"), format!("{SHA}1")]);
    let Change::Upsert(item) = &page.changes[1] else { unreachable!() };
    assert_eq!(item.updated_at, time::rfc3339("2025-12-30T12:00:00Z"));
    let cursor = kept(&page).unwrap();

    let (page, trace) = read(request("commits", Some(cursor), 10), commits_of(&[]));
    let expected =
        "GET api/repos/octo/hello/commits?since=2025-12-31T12:00:00Z&per_page=10 with token";
    assert_eq!(trace.lines(), [expected]);
    assert_eq!(kept(&page.unwrap()), Some(cursor), "nothing new keeps the cursor");
}

#[test]
fn a_date_ahead_does_not_hide_the_changes_to_come() {
    const AHEAD: &str = "2099-01-01T00:00:00Z";
    for (stream, response) in [
        ("commits", commits_of(&[AHEAD])),
        ("issues", Response::new(200).with_json(&format!("[{}]", issue(1, AHEAD)))),
        ("pull_requests", Response::new(200).with_json(&format!("[{}]", issue(1, AHEAD)))),
    ] {
        let page = read(request(stream, None, 10), response).0.unwrap();
        let Change::Upsert(item) = &page.changes[0] else { unreachable!() };
        assert_eq!(item.updated_at, time::rfc3339(AHEAD), "{stream}: the record is as it is");
        let since = format!("\"since\":{NOW}");
        assert!(kept(&page).unwrap().contains(&since), "{stream}: {:?}", kept(&page));
    }
}

#[test]
fn an_empty_repository_has_no_commits() {
    let empty = || Response::new(409).with_json(r#"{"message":"Git Repository is empty."}"#);
    let page = read(request("commits", None, 10), empty()).0.unwrap();
    assert_eq!((keys(&page), kept(&page)), (vec![], None));

    let begun = r#"{"v":1,"stream":"commits","repository":"octo/hello","since":5}"#;
    let page = read(request("commits", Some(begun), 10), empty()).0.unwrap();
    assert_eq!(kept(&page), Some(begun));

    let conflict = Response::new(409).with_json(r#"{"message":"Conflict"}"#);
    assert!(read(request("commits", None, 10), conflict).0.is_err());
    assert!(read(request("issues", None, 10), empty()).0.is_err(), "of commits only");
}

#[test]
fn a_branch_that_is_not_found_is_told_to_be_checked() {
    let parameters = r#"{"repository":"octo/hello","branch":"maim"}"#;
    let hidden = || Response::new(404).with_json(r#"{"message":"Not Found"}"#);
    let failure = read(with("commits", parameters, None, 1), hidden()).0.unwrap_err();
    assert!(failure.remedies.iter().any(|one| one.text.contains("branch")), "{failure:?}");
    let failure = read(request("commits", None, 1), hidden()).0.unwrap_err();
    assert!(!failure.remedies.iter().any(|one| one.text.contains("branch")), "{failure:?}");
}

#[test]
fn members_are_of_the_organization_that_is_named() {
    let settings = |organization: &str| {
        let text =
            format!(r#"{{"api_url":"https://api.github.com","organization":"{organization}"}}"#);
        Settings::from_json(text)
    };
    let cases = [
        (settings("acme"), "{}", "orgs/acme/members"),
        (settings("acme"), r#"{"organization":"other"}"#, "orgs/other/members"),
        (
            settings("https://github.com/orgs/acme/people"),
            r#"{"organization":" "}"#,
            "orgs/acme/members",
        ),
    ];
    for (settings, parameters, expected) in cases {
        let script = Script::new().secret("token", None).answer(list(&[1, 2]));
        let asked = with("members", parameters, None, 5);
        let (page, trace) = script.run(|| GitHub::read(settings, asked));
        assert_eq!(trace.lines(), [format!("GET api/{expected}?per_page=5 with token")]);
        assert_eq!(keys(&page.unwrap()), ["1", "2"]);
    }
    let (hidden, _) = read(
        with("members", r#"{"organization":"acme"}"#, None, 5),
        Response::new(404).with_json(r#"{"message":"Not Found"}"#),
    );
    assert!(hidden.unwrap_err().message.contains("the organization acme"));
}

#[test]
fn a_fine_grained_token_is_told_why_it_sees_no_organizations() {
    let codes = |kind, answer| {
        let page = read_as(Some(kind), request("organizations", None, 5), answer).0.unwrap();
        page.warnings.into_iter().map(|one| one.code).collect::<Vec<_>>()
    };
    assert_eq!(codes("fine-grained", list(&[])), ["organizations-hidden"]);
    assert!(codes("fine-grained", list(&[1])).is_empty());
    assert!(codes("classic", list(&[])).is_empty());
}

/// Streams that keep a tag: parameters, and a cursor of that stream.
const TAGGED: [(&str, &str, &str); 4] = [
    ("repositories", "{}", r#"{"v":1,"stream":"repositories""#),
    ("organizations", "{}", r#"{"v":1,"stream":"organizations""#),
    ("members", r#"{"organization":"acme"}"#, r#"{"v":1,"stream":"members","organization":"acme""#),
    (
        "pull_requests",
        r#"{"repository":"octo/hello"}"#,
        r#"{"v":1,"stream":"pull_requests","repository":"octo/hello""#,
    ),
];

#[test]
fn an_unchanged_list_costs_a_304_and_keeps_its_cursor() {
    for (stream, parameters, start) in TAGGED {
        let first = read(with(stream, parameters, None, 9), tagged(list(&[1, 2]), "W/\"a\""));
        let first = first.0.unwrap();
        let cursor = kept(&first).unwrap();
        assert_eq!(cursor, format!(r#"{start},"seen":{{"etag":"W/\"a\"","size":9}}}}"#));

        let unchanged = Response::new(304).with_header("etag", "W/\"a\"");
        let (page, trace) = read(with(stream, parameters, Some(cursor), 9), unchanged);
        assert_eq!(trace.sent[0].header("if-none-match"), Some("W/\"a\""), "{stream}");
        assert_eq!(trace.sent[0].header("accept"), Some("application/vnd.github+json"));
        let page = page.unwrap();
        assert_eq!((keys(&page), kept(&page)), (vec![], Some(cursor)), "{stream}");
        assert_eq!(page.warnings, [], "{stream}");

        let (page, _) =
            read(with(stream, parameters, Some(cursor), 9), tagged(list(&[1, 3]), "W/\"b\""));
        let page = page.unwrap();
        assert_eq!(keys(&page), ["1", "3"], "{stream}");
        assert!(kept(&page).unwrap().contains("W/\\\"b\\\""), "{stream}");
    }
}

#[test]
fn an_unchanged_list_may_still_be_a_part() {
    for (stream, parameters, start) in TAGGED {
        let cursor = format!(r#"{start},"seen":{{"etag":"\"a\"","size":9}}}}"#);
        let unchanged = Response::new(304)
            .with_header("x-github-sso", "partial-results; organizations=21955855");
        let page = read(with(stream, parameters, Some(&cursor), 9), unchanged).0.unwrap();
        assert_eq!(kept(&page), Some(cursor.as_str()), "{stream}");
        assert_eq!(page.warnings.len(), 1, "{stream}");
        assert_eq!(page.warnings[0].code, "partial-results", "{stream}");
        assert!(page.warnings[0].message.contains("21955855"), "{stream}");
    }
}

#[test]
fn a_304_that_was_not_asked_for_is_no_success() {
    let cases = [
        ("issues", None),
        ("commits", None),
        ("repositories", None),
        (
            "pull_requests",
            Some(r#"{"v":1,"stream":"pull_requests","repository":"octo/hello","since":5}"#),
        ),
        // On the way through a run the tag is not sent.
        (
            "repositories",
            Some(
                r#"{"v":1,"stream":"repositories","next":"https://api.github.com/x","seen":{"etag":"\"a\"","size":9}}"#,
            ),
        ),
        // What is no tag is not sent, whatever the cursor says.
        (
            "repositories",
            Some(r#"{"v":1,"stream":"repositories","seen":{"etag":"\"a\r\nx: y\"","size":9}}"#),
        ),
        ("repositories", Some(r#"{"v":1,"stream":"repositories","seen":{"etag":"*","size":9}}"#)),
        // A tag of a page of another size says nothing.
        (
            "repositories",
            Some(r#"{"v":1,"stream":"repositories","seen":{"etag":"\"a\"","size":8}}"#),
        ),
    ];
    for (stream, cursor) in cases {
        let (page, trace) = read(request(stream, cursor, 9), Response::new(304));
        assert_eq!(trace.sent[0].header("if-none-match"), None, "{stream}");
        let failure = page.unwrap_err();
        assert_eq!((failure.cause, failure.code.as_str()), (Cause::Protocol, "unexpected-answer"));
    }
}

#[test]
fn a_304_to_nobody_or_in_a_page_is_no_success() {
    let cursor = r#"{"v":1,"stream":"repositories","seen":{"etag":"\"a\"","size":9}}"#;
    let cases = [
        (
            "anonymous",
            Response::new(304).with_header("x-ratelimit-limit", "60"),
            Cause::CredentialRejected,
        ),
        ("page", Response::new(304).with_header("content-type", "text/html"), Cause::Protocol),
        (
            "rejected",
            Response::new(401).with_json(r#"{"message":"Bad credentials"}"#),
            Cause::CredentialRejected,
        ),
    ];
    for (name, answer, expected) in cases {
        let (page, _) = read(request("repositories", Some(cursor), 9), answer);
        assert_eq!(page.unwrap_err().cause, expected, "{name}");
    }
}

#[test]
fn a_tag_is_kept_only_where_the_first_page_decides() {
    let next = "https://api.github.com/user/repos?page=2";
    let etag = "\"a\"";
    let cases = [
        ("room left", tagged(list(&[1, 2]), etag), true),
        ("empty", tagged(list(&[]), etag), true),
        ("full", tagged(list(&[1, 2, 3]), etag), false),
        ("no tag", list(&[1]), false),
        ("half a tag", tagged(list(&[1]), "\""), false),
        ("tag without quotes", tagged(list(&[1]), "a"), false),
        ("tag with a line break", tagged(list(&[1]), "\"a\r\nx: y\""), false),
        ("tag with a blank", tagged(list(&[1]), "\"a b\""), false),
        ("long tag", tagged(list(&[1]), &format!("\"{}\"", "a".repeat(199))), false),
        ("longest tag", tagged(list(&[1]), &format!("\"{}\"", "a".repeat(198))), true),
    ];
    for (name, answer, expected) in cases {
        let page = read(request("repositories", None, 3), answer).0.unwrap();
        assert_eq!(kept(&page).is_some(), expected, "{name}: {:?}", kept(&page));
    }
    let first = tagged(list(&[1, 2, 3]), etag).with_next(next);
    let first = read(request("repositories", None, 3), first).0.unwrap();
    let last = read(request("repositories", Some(more(&first)), 3), tagged(list(&[4]), etag));
    assert_eq!(kept(&last.0.unwrap()), None, "of two pages the first does not decide");

    for stream in ["issues", "commits"] {
        let page = read(request(stream, None, 3), tagged(list(&[]), etag)).0.unwrap();
        assert_eq!(kept(&page), None, "{stream} have `since`");
    }
}

#[test]
fn pull_requests_keep_the_tag_of_the_first_page_of_a_run() {
    let first = tagged(issues_of(&[1, 2]), "\"first\"").with_next(NEXT);
    let first = read(request("pull_requests", None, 2), first).0.unwrap();
    let second = tagged(issues_of(&[3]), "\"second\"");
    let second = read(request("pull_requests", Some(more(&first)), 2), second).0.unwrap();
    let cursor = kept(&second).unwrap();
    assert!(cursor.contains("first") && !cursor.contains("second"), "{cursor}");
    assert!(cursor.contains(&format!("\"since\":{}", at(58))), "{cursor}");
}

#[test]
fn every_stream_reads_any_answer_without_a_panic() {
    let bodies = [
        "",
        "{",
        "[",
        "[{",
        "null",
        "7",
        "[null]",
        "[7]",
        "[[]]",
        "{}",
        "[{}]",
        r#"[{"id":-1}]"#,
        r#"[{"id":1.5}]"#,
        r#"[{"id":18446744073709551616}]"#,
        r#"[{"sha":null}]"#,
        r#"[{"sha":"x"}]"#,
        r#"[{"id":1},"#,
        r#"[{"id":1}]]"#,
        "<html>",
        "\u{feff}\u{feff}[]",
        r#"{"repositories":7}"#,
    ];
    for stream in ["repositories", "organizations", "members", "issues", "pull_requests", "commits"]
    {
        let parameters = r#"{"repository":"octo/hello","organization":"acme"}"#;
        for body in bodies {
            let answer = Response::new(200).with_json(body);
            let (page, _) = read(with(stream, parameters, None, 3), answer);
            assert!(page.is_err(), "{stream}: {body}");
        }
        let whole = match stream {
            "commits" => commits_of(&["2025-01-01T00:00:00Z"; 3]),
            _ => issues_of(&[1, 2, 3]),
        };
        for end in 0..whole.body.len() {
            let cut = Response::new(200).with_json("").with_body(&whole.body[..end]);
            let (page, _) = read(with(stream, parameters, None, 9), cut);
            assert!(page.is_err(), "{stream} cut at {end}");
        }
    }
}

#[test]
fn an_unknown_stream_is_unsupported() {
    let settings = Settings::from_json(r#"{"api_url":"https://api.github.com"}"#);
    let script = Script::new().secret("token", None);
    let (page, _) = script.run(|| GitHub::read(settings, request("gists", None, 1)));
    assert_eq!(page.unwrap_err().cause, Cause::Unsupported);
}
