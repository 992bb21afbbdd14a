#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::testing::{Script, Trace};
use jackfield_guest::{Change, Connector, Response, Settings, Timestamp, time};

use super::*;
use crate::Jira;

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = 1_767_225_600_000;
const CLOUD: &str = r#"{"protocol":"https","host":"acme.atlassian.net","email":"a@b.example"}"#;
const GATEWAY: &str = r#"{"protocol":"https","host":"acme.atlassian.net","email":"a@b.example","deployment":"cloud","route":"gateway","cloud_id":"c57406ca-1b2c-4d5e-8f90-123456789abc","found_at":"acme.atlassian.net"}"#;
const SERVER: &str = r#"{"protocol":"https","host":"jira.acme.org","deployment":"data-center","route":"site","found_at":"jira.acme.org"}"#;
const MIA: &str = r#"{"accountId":"5b10a2844c20165700ede21g"}"#;

fn request(stream: &str, cursor: Option<&str>, limit: u32) -> ReadRequest {
    ReadRequest {
        stream: stream.to_owned(),
        cursor: cursor.map(str::to_owned),
        parameters: "{}".to_owned(),
        limit,
        skip_oversized: false,
    }
}

fn run(
    settings: &str,
    request: ReadRequest,
    answers: Vec<Response>,
) -> (Result<Page, Failure>, Trace) {
    let secret = if settings == SERVER { "personal_access_token" } else { "api_token" };
    let script = Script::new().at(NOW).secret(secret, None);
    let script = answers.into_iter().fold(script, Script::answer);
    script.run(|| Jira::read(Settings::from_json(settings), request))
}

/// An answer that Jira gave to the account.
fn given(body: &str) -> Response {
    Response::new(200).with_json(body).with_header("x-aaccountid", "5b10a2844c20165700ede21g")
}

/// Issue `id`, changed so many seconds after 2025-01-01.
fn issue(id: u64, second: u64) -> String {
    let moment = time::to_rfc3339(1_735_689_600_000 + second * 1000);
    let updated = moment.replace('Z', ".250+0000");
    format!(
        r#"{{"id":"{id}","key":"ACME-{id}","fields":{{"summary":"caf\u00e9", "updated":"{updated}"}}}}"#
    )
}

fn found(issues: &[String], rest: &str) -> Response {
    given(&format!(r#"{{"issues":[{}]{rest}}}"#, issues.join(", ")))
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

fn at(second: u64) -> Timestamp {
    1_735_689_600_000 + second * 1000
}

const FIRST: &str = "GET site/rest/api/3/search/jql?jql=updated%20%3E%3D%2086400000%20ORDER%20BY%20updated%20ASC%2C%20key%20ASC&fields=%2Anavigable%2Cupdated%2Cdescription&maxResults=100";

#[test]
fn issues_of_cloud_go_on_by_token_and_then_by_change() {
    let answers =
        vec![found(&[issue(1, 10), issue(2, 20)], r#","nextPageToken":"t1","isLast":false"#)];
    let (first, trace) = run(CLOUD, request("issues", None, 500), answers);
    assert_eq!(trace.lines(), [format!("{FIRST} with api_token")]);
    let first = first.unwrap();
    assert_eq!(keys(&first), ["1", "2"]);

    let answers = vec![found(&[issue(3, 700)], r#","isLast":true"#)];
    let (second, trace) = run(CLOUD, request("issues", Some(more(&first)), 500), answers);
    assert_eq!(trace.lines(), [format!("{FIRST}&nextPageToken=t1 with api_token")]);
    let second = second.unwrap();
    let from = at(700) + 250 - 5 * 60_000;
    let next = format!(r#"{{"v":1,"stream":"issues","deployment":"cloud","from":{from}}}"#);
    assert_eq!((keys(&second), kept(&second)), (vec!["3"], Some(next.as_str())));

    let (third, trace) = run(CLOUD, request("issues", kept(&second), 500), vec![found(&[], "")]);
    assert!(trace.lines()[0].contains(&format!("updated%20%3E%3D%20{from}%20")));
    assert_eq!(kept(&third.unwrap()), Some(next.as_str()), "nothing new keeps the cursor");
}

#[test]
fn records_pass_through_as_they_were_written() {
    let text = issue(7, 0);
    let answer = found(std::slice::from_ref(&text), "");
    let page = run(CLOUD, request("issues", None, 10), vec![answer]).0.unwrap();
    let expected =
        jackfield_guest::Item { key: "7".to_owned(), updated_at: Some(at(0) + 250), data: text };
    assert_eq!(page.changes, [Change::Upsert(expected)]);
}

#[test]
fn a_token_that_jira_knows_no_more_is_dropped_and_the_run_goes_on() {
    let answers = vec![found(&[issue(1, 900)], r#","nextPageToken":"t1""#)];
    let first = run(CLOUD, request("issues", None, 1), answers).0.unwrap();
    let body =
        r#"{"errorMessages":["The provided next page token is invalid or expired."],"errors":{}}"#;
    let expired = || Response::new(400).with_json(body);
    let answers = vec![expired(), found(&[issue(1, 900), issue(2, 901)], "")];
    let (page, trace) = run(CLOUD, request("issues", Some(more(&first)), 5), answers);
    assert_eq!(keys(&page.unwrap()), ["1", "2"]);
    let from = at(900) + 250 - 5 * 60_000;
    assert!(trace.lines()[0].ends_with("&nextPageToken=t1 with api_token"));
    assert!(trace.lines()[1].contains(&format!("%20{from}%20ORDER")), "{}", trace.lines()[1]);
    assert!(!trace.lines()[1].contains("nextPageToken"));
    let failure = run(CLOUD, request("issues", None, 5), vec![expired()]).0.unwrap_err();
    assert_eq!(failure.code, "page-token-expired", "without a token there is nothing to drop");
}

#[test]
fn guards_end_what_has_no_end() {
    let page = |cursor: Option<&str>, issues: &[String], token: &str| {
        let rest = format!(r#","nextPageToken":"{token}""#);
        run(CLOUD, request("issues", cursor, 10), vec![found(issues, &rest)]).0
    };
    let first = page(None, &[issue(1, 1)], "t1").unwrap();
    let repeated = page(Some(more(&first)), &[issue(1, 1)], "t1").unwrap_err();
    assert_eq!((repeated.code.as_str(), repeated.cause), ("pages-without-end", Cause::Protocol));

    let mut cursor: Option<String> = None;
    let empty =
        (0..100).find_map(|number| match page(cursor.as_deref(), &[], &format!("t{number}")) {
            Ok(page) => {
                cursor = Some(more(&page).to_owned());
                None
            }
            Err(failure) => Some((number, failure.code)),
        });
    assert_eq!(empty, Some((20, "pages-without-end".to_owned())));

    let last = found(&[issue(1, 1)], r#","nextPageToken":"t9","isLast":true"#);
    let page = run(CLOUD, request("issues", None, 10), vec![last]).0.unwrap();
    assert!(matches!(page.progress, Progress::CaughtUp(Some(_))), "isLast is the end");
    let blank = found(&[issue(1, 1)], r#","nextPageToken":"","isLast":false"#);
    let page = run(CLOUD, request("issues", None, 10), vec![blank]).0.unwrap();
    assert!(matches!(page.progress, Progress::CaughtUp(Some(_))), "an empty token is none");
}

#[test]
fn a_page_whose_token_cannot_be_kept_is_a_failure() {
    let read = |cursor: Option<&str>, token: &str| {
        let rest = format!(r#","nextPageToken":"{token}""#);
        run(CLOUD, request("issues", cursor, 10), vec![found(&[issue(1, 1)], &rest)]).0
    };
    let failure = read(None, &"t".repeat(17_000)).unwrap_err();
    assert_eq!((failure.code.as_str(), failure.cause), ("page-token-too-long", Cause::Protocol));
    let mut cursor = None;
    for letter in ["a", "b", "c", "d", "e"] {
        let page = read(cursor.as_deref(), &letter.repeat(12_000)).unwrap();
        assert!(more(&page).len() <= 16 << 10, "{letter}");
        cursor = Some(more(&page).to_owned());
    }
}

#[test]
fn a_page_never_has_more_records_than_asked_for_and_none_is_lost() {
    let list: Vec<_> = (1..=5).map(|id| issue(id, id)).collect();
    let mut cursor: Option<String> = None;
    let mut seen = Vec::new();
    for _ in 0..3 {
        let answer = found(&list, r#","nextPageToken":"t1""#);
        let asked = request("issues", cursor.as_deref(), 2);
        let page = run(CLOUD, asked, vec![answer]).0.unwrap();
        assert!(page.changes.len() <= 2);
        seen.extend(keys(&page).into_iter().map(str::to_owned));
        cursor = Some(more(&page).to_owned());
    }
    assert_eq!(seen, ["1", "2", "3", "4", "5"]);
    assert!(cursor.unwrap().contains(r#""token":"t1""#));
    let zero = run(CLOUD, request("issues", None, 0), vec![found(&list, "")]).0.unwrap();
    assert_eq!(keys(&zero), ["1"], "at least one, so that a read comes to an end");
}

#[test]
fn the_gateway_has_the_cloud_id_before_everything() {
    let (page, trace) = run(GATEWAY, request("issues", None, 9), vec![found(&[], "")]);
    assert!(page.is_ok());
    let start = "GET gateway/c57406ca-1b2c-4d5e-8f90-123456789abc/rest/api/3/search/jql?jql=";
    assert!(trace.lines()[0].starts_with(start), "{}", trace.lines()[0]);
}

#[test]
fn project_and_filter_narrow_the_query_and_the_cursor() {
    let mut narrowed = request("issues", None, 1);
    narrowed.parameters = r#"{"project":"acme","jql":"status != Done order by rank"}"#.to_owned();
    let answers = vec![found(&[issue(1, 1)], r#","nextPageToken":"t""#)];
    let (page, trace) = run(CLOUD, narrowed.clone(), answers);
    let jql = "jql=project%20%3D%20%22ACME%22%20AND%20%28status%20%21%3D%20Done%29%20AND%20updated%20%3E%3D%2086400000%20ORDER";
    assert!(trace.lines()[0].contains(jql), "{}", trace.lines()[0]);
    let cursor = more(&page.unwrap()).to_owned();
    narrowed.cursor = Some(cursor.clone());
    assert!(run(CLOUD, narrowed, vec![found(&[], "")]).0.is_ok());
    let (other, trace) = run(CLOUD, request("issues", Some(&cursor), 1), vec![]);
    assert_eq!(other.unwrap_err().fields[0].pointer, "/cursor");
    assert!(trace.sent.is_empty());
}

/// A Data Center with these issues, as (id, second of its last change), that answers `search`.
struct Server {
    issues: Vec<(u64, u64)>,
    most: usize,
}

impl Server {
    fn answer(&self, line: &str) -> Response {
        let after = |mark: &str| -> u64 {
            let rest = line.split(mark).nth(1).unwrap();
            rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
        };
        let from = after("updated%20%3E%3D%20");
        let (start, asked) = (after("startAt="), after("maxResults="));
        let mut matching: Vec<_> =
            self.issues.iter().filter(|(_, second)| at(*second) + 250 >= from).collect();
        matching.sort_by_key(|(id, second)| (*second, *id));
        let total = matching.len();
        let size = self.most.min(usize::try_from(asked).unwrap());
        let page = matching.into_iter().skip(usize::try_from(start).unwrap()).take(size);
        let page: Vec<_> = page.map(|(id, second)| issue(*id, *second)).collect();
        found(&page, &format!(r#","startAt":{start},"maxResults":{size},"total":{total}"#))
    }
}

/// Every key that a run brings, in order, and the cursor after it; `disturb` is called after each page.
fn read_all(
    server: &mut Server,
    limit: u32,
    mut disturb: impl FnMut(&mut Server),
) -> (Vec<String>, String) {
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    for _ in 0..10_000 {
        let asked = request("issues", cursor.as_deref(), limit);
        let (_, trace) = run(SERVER, asked.clone(), vec![found(&[], "")]);
        let answer = server.answer(&trace.lines()[0]);
        let page = run(SERVER, asked, vec![answer]).0.unwrap();
        seen.extend(keys(&page).into_iter().map(str::to_owned));
        match page.progress {
            Progress::More(next) => cursor = Some(next),
            Progress::CaughtUp(next) => return (seen, next.unwrap_or_default()),
        }
        disturb(server);
    }
    unreachable!("the read has no end");
}

#[test]
fn issues_of_data_center_come_all_whatever_the_pages() {
    let same_second: Vec<_> = (0..25).map(|id| (id, 5)).collect();
    let spread: Vec<_> = (0..25).map(|id| (id, id * 3)).collect();
    let mixed: Vec<_> = (0..25).map(|id| (id, id / 4)).collect();
    for (name, issues) in [("same second", same_second), ("spread", spread), ("mixed", mixed)] {
        for limit in [1, 2, 3, 7, 25, 100] {
            for most in [1, 2, 1000] {
                let mut server = Server { issues: issues.clone(), most };
                let (mut seen, _) = read_all(&mut server, limit, |_| {});
                seen.sort_by_key(|key| key.parse::<u64>().unwrap());
                seen.dedup();
                let all: Vec<_> = (0..25).map(|id: u64| id.to_string()).collect();
                assert_eq!(seen, all, "{name}, {limit} of {most}");
            }
        }
    }
    let mut server = Server { issues: (0..300).map(|id| (id, id)).collect(), most: 1000 };
    let (seen, _) = read_all(&mut server, 100, |_| {});
    assert!(seen.len() <= 303, "few are seen twice: {}", seen.len());
}

#[test]
fn an_issue_that_changes_while_pages_are_read_hides_no_other() {
    for limit in [1, 2, 3, 7] {
        let mut server = Server { issues: (0..40).map(|id| (id, id)).collect(), most: 1000 };
        let mut changes = 0;
        let (seen, _) = read_all(&mut server, limit, |server| {
            if changes < 10 {
                server.issues[changes].1 = 1_000 + u64::try_from(changes).unwrap();
                changes += 1;
            }
        });
        for id in 0..40 {
            assert!(seen.contains(&id.to_string()), "{id} is missing, by {limit}");
        }
    }
}

#[test]
fn the_search_of_data_center_goes_by_change_and_offset() {
    let answers = vec![found(&[issue(1, 10), issue(2, 20)], r#","total":9"#)];
    let (first, trace) = run(SERVER, request("issues", None, 2), answers);
    let start = "GET site/rest/api/2/search?jql=updated%20%3E%3D%2086400000%20ORDER%20BY%20updated%20ASC%2C%20key%20ASC&fields=%2Anavigable%2Cupdated%2Cdescription&startAt=0&maxResults=2 with personal_access_token";
    assert_eq!(trace.lines(), [start]);
    let first = first.unwrap();
    let answers = vec![found(&[issue(2, 20), issue(3, 20)], r#","total":8"#)];
    let (second, trace) = run(SERVER, request("issues", Some(more(&first)), 2), answers);
    let from = at(20);
    assert!(
        trace.lines()[0].contains(&format!("{from}%20ORDER"))
            && trace.lines()[0].contains("startAt=0")
    );
    let second = second.unwrap();
    let (_, trace) = run(SERVER, request("issues", Some(more(&second)), 2), vec![found(&[], "")]);
    assert!(
        trace.lines()[0].contains(&format!("{from}%20ORDER"))
            && trace.lines()[0].contains("startAt=2")
    );
}

#[test]
fn a_change_in_the_future_does_not_hide_what_comes() {
    let far = r#"{"id":"1","fields":{"updated":"2999-01-01T00:00:00.000+0000"}}"#.to_owned();
    let page = run(CLOUD, request("issues", None, 9), vec![found(&[far], "")]).0.unwrap();
    let from = NOW - 5 * 60_000;
    assert!(kept(&page).unwrap().contains(&format!(r#""from":{from}"#)), "{:?}", kept(&page));
}

#[test]
fn a_change_in_the_future_does_not_end_the_pages_of_a_server() {
    let far = r#"{"id":"1","fields":{"updated":"2999-01-01T00:00:00.000+0000"}}"#.to_owned();
    let page = run(SERVER, request("issues", None, 1), vec![found(&[far], r#","total":2"#)]).0;
    let page = page.unwrap();
    assert!(more(&page).contains(&format!(r#""from":{NOW}"#)), "{}", more(&page));
}

#[test]
fn a_server_that_gives_more_than_it_counts_loses_nothing() {
    let all = [issue(1, 1), issue(2, 2), issue(3, 3)];
    let page = run(SERVER, request("issues", None, 2), vec![found(&all, r#","total":2"#)]).0;
    let page = page.unwrap();
    assert_eq!(keys(&page), ["1", "2"]);
    assert!(more(&page).contains(&format!(r#""from":{}"#, at(2))), "{}", more(&page));
}

#[test]
fn pages_that_only_end_alike_are_not_the_same() {
    let page = |ids: &str| given(&format!(r#"{{"isLast":false,"values":[{ids}]}}"#));
    let asked = |cursor| request("projects", cursor, 2);
    let first = run(CLOUD, asked(None), vec![page(r#"{"id":"1"},{"id":"3"}"#)]).0.unwrap();
    let again = vec![page(r#"{"id":"2"},{"id":"3"}"#)];
    assert!(run(CLOUD, asked(Some(more(&first))), again).0.is_ok());
}

#[test]
fn projects_of_cloud_come_by_offset() {
    let project = |id: u32| format!(r#"{{"id":"{id}","key":"P{id}"}}"#);
    let page = |ids: &[u32], last: bool| {
        let list: Vec<_> = ids.iter().map(|id| project(*id)).collect();
        given(&format!(r#"{{"isLast":{last},"total":3,"values":[{}]}}"#, list.join(",")))
    };
    let (first, trace) = run(CLOUD, request("projects", None, 2), vec![page(&[1, 2], false)]);
    assert_eq!(
        trace.lines(),
        ["GET site/rest/api/3/project/search?startAt=0&maxResults=2&orderBy=key with api_token"]
    );
    let first = first.unwrap();
    let (second, trace) =
        run(CLOUD, request("projects", Some(more(&first)), 2), vec![page(&[3], true)]);
    assert!(trace.lines()[0].contains("startAt=2&"));
    let second = second.unwrap();
    assert_eq!((keys(&second), kept(&second)), (vec!["3"], None));
    let again = run(CLOUD, request("projects", Some(more(&first)), 2), vec![page(&[1, 2], false)]);
    assert_eq!(again.0.unwrap_err().code, "pages-without-end", "a server that ignores the offset");
    let empty = run(CLOUD, request("projects", Some(more(&first)), 2), vec![page(&[], false)]);
    assert_eq!(kept(&empty.0.unwrap()), None);
}

#[test]
fn projects_of_data_center_come_in_one_answer() {
    let all = given(r#"[{"id":"1"},{"id":"2"},{"id":"3"}]"#);
    let (first, trace) = run(SERVER, request("projects", None, 2), vec![all.clone()]);
    assert_eq!(trace.lines(), ["GET site/rest/api/2/project with personal_access_token"]);
    let first = first.unwrap();
    let second = run(SERVER, request("projects", Some(more(&first)), 2), vec![all]).0.unwrap();
    assert_eq!((keys(&first), keys(&second), kept(&second)), (vec!["1", "2"], vec!["3"], None));
}

#[test]
fn users_come_until_a_page_is_empty() {
    let cases = [
        (
            CLOUD,
            r#"[{"accountId":"a"},{"accountId":"b"}]"#,
            "GET site/rest/api/3/users/search?startAt=0&maxResults=50 with api_token",
        ),
        (
            SERVER,
            r#"[{"key":"a","name":"x"},{"name":"b"}]"#,
            "GET site/rest/api/2/user/search?username=.&includeInactive=true&startAt=0&maxResults=50 with personal_access_token",
        ),
    ];
    for (settings, body, line) in cases {
        let (first, trace) = run(settings, request("users", None, 50), vec![given(body)]);
        assert_eq!(trace.lines(), [line]);
        let first = first.unwrap();
        assert_eq!(keys(&first), ["a", "b"]);
        let (last, trace) =
            run(settings, request("users", Some(more(&first)), 50), vec![given("[]")]);
        assert!(trace.lines()[0].contains("startAt=2&"), "by those that came, not those asked for");
        assert_eq!(kept(&last.unwrap()), None);
    }
    let nobody = run(CLOUD, request("users", None, 5), vec![given(r#"[{"accountId":" "}]"#)]);
    assert_eq!(nobody.0.unwrap_err().code, "record-without-id");
}

#[test]
fn an_answer_that_says_not_to_whom_is_proven() {
    let silent = || Response::new(200).with_json(r#"{"issues":[]}"#);
    let (page, trace) =
        run(CLOUD, request("issues", None, 1), vec![silent(), Response::new(200).with_json(MIA)]);
    assert!(page.is_ok());
    assert_eq!(trace.lines()[1], "GET site/rest/api/3/myself with api_token");
    let (page, _) = run(CLOUD, request("issues", None, 1), vec![silent(), Response::new(401)]);
    assert_eq!(page.unwrap_err().code, "api-token-rejected");
    let (page, _) =
        run(CLOUD, request("issues", None, 1), vec![silent(), Response::new(200).with_json("{}")]);
    assert_eq!(page.unwrap_err().code, "no-account");
}

#[test]
fn what_is_no_page_is_a_failure() {
    let trace = |response: Response| {
        response.with_header("x-arequestid", "r-1").with_header("x-ausername", "jordan")
    };
    let json = |body: &str| trace(Response::new(200).with_json(body));
    let cases = [
        ("issues", json("{}"), "unexpected-shape"),
        ("issues", json("[]"), "unexpected-shape"),
        ("issues", json(r#"{"issues":{}}"#), "unexpected-shape"),
        ("issues", json(r#"{"issues":[{"id":7}]}"#), "unexpected-shape"),
        ("issues", json(r#"{"issues":[1]}"#), "unexpected-shape"),
        ("issues", json(r#"{"issues":[{"id":""}]}"#), "record-without-id"),
        ("issues", json(r#"{"issues":[],"isLast":"no"}"#), "unexpected-shape"),
        ("issues", json(r#"{"issues":[],"nextPageToken":7}"#), "unexpected-shape"),
        ("issues", json(r#"{"issues":[{"id":"1"}"#), "not-json"),
        ("issues", trace(Response::new(200)), "empty-answer"),
        ("projects", json("[]"), "unexpected-shape"),
        ("projects", json(r#"{"values":[{"key":"A"}]}"#), "unexpected-shape"),
        ("users", json("{}"), "unexpected-shape"),
        ("users", json("[{}]"), "record-without-id"),
        ("users", json(r#"[{"accountId":7}]"#), "unexpected-shape"),
        ("users", trace(Response::new(200).with_body("<html>")), "web-page-instead"),
        ("users", trace(Response::new(403)), "permission-missing"),
    ];
    for (stream, answer, code) in cases {
        let text = answer.text().into_owned();
        let failure = run(CLOUD, request(stream, None, 10), vec![answer]).0.unwrap_err();
        assert_eq!(failure.code, code, "{stream}: {text}");
        let id = failure.evidence.iter().find(|one| one.name == "x-arequestid");
        assert_eq!(id.map(|one| one.value.as_str()), Some("r-1"), "{stream}: {text}");
    }
    let anonymous =
        found(&[], r#","total":0"#).with_header("x-seraph-loginreason", "AUTHENTICATED_FAILED");
    let failure = run(SERVER, request("issues", None, 10), vec![anonymous]).0.unwrap_err();
    assert_eq!(
        (failure.code.as_str(), failure.cause),
        ("answered-anonymously", Cause::CredentialRejected)
    );
}

#[test]
fn what_is_cut_is_never_a_page() {
    let body = found(&[issue(1, 1), issue(2, 2)], r#","isLast":true"#).body;
    for cut in 0..body.len() {
        let mut answer = given("");
        answer.body = body[..cut].to_vec();
        assert!(run(CLOUD, request("issues", None, 10), vec![answer]).0.is_err(), "cut at {cut}");
    }
}

#[test]
fn wrong_input_is_refused_before_anything_is_sent() {
    let with = |parameters: &str| ReadRequest {
        parameters: parameters.to_owned(),
        ..request("issues", None, 1)
    };
    let cases = [
        (with(r#"{"project":"a b"}"#), "/parameters/project", "project-malformed"),
        (with(r#"{"jql":"a = 1)"}"#), "/parameters/jql", "filter-malformed"),
        (with(r#"{"jql":7}"#), "/parameters", ""),
        (request("issues", Some("page 2"), 1), "/cursor", "cursor-unusable"),
        (
            request("users", Some(r#"{"v":1,"stream":"projects","deployment":"cloud"}"#), 1),
            "/cursor",
            "cursor-unusable",
        ),
        (
            request("users", Some(r#"{"v":1,"stream":"users","deployment":"data-center"}"#), 1),
            "/cursor",
            "cursor-unusable",
        ),
    ];
    for (request, pointer, code) in cases {
        let (page, trace) = run(CLOUD, request, vec![]);
        let failure = page.unwrap_err();
        assert_eq!((failure.fields[0].pointer.as_str(), failure.code.as_str()), (pointer, code));
        assert!(trace.sent.is_empty());
    }
    let (page, trace) = run(CLOUD, request("boards", None, 1), vec![]);
    assert_eq!(page.unwrap_err().cause, Cause::Unsupported);
    assert!(trace.sent.is_empty());
}

#[test]
fn a_search_that_warns_is_heard() {
    let answer = found(&[], r#","warningMessages":["The value 'x' is unknown."]"#);
    let page = run(SERVER, request("issues", None, 1), vec![answer]).0.unwrap();
    assert_eq!(page.warnings[0].message, "Jira says of the search: The value 'x' is unknown.");
    assert_eq!(page.warnings[0].code, "search-warning");
    assert!(page.warnings[0].remedies[0].text.contains("advanced search"));
}

#[test]
fn a_success_that_names_a_wait_is_a_success() {
    let answer = found(&[issue(1, 1)], r#","total":1"#)
        .with_header("retry-after", "0")
        .with_header("x-ratelimit-remaining", "29");
    let page = run(SERVER, request("issues", None, 10), vec![answer]).0.unwrap();
    assert_eq!(keys(&page), ["1"]);
}
