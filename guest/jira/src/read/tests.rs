#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::testing::{Script, Sent, Trace};
use jackfield_guest::{Change, Connector, Effect, Settings, time};

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
    assert_eq!(keys(&page.unwrap()), ["1", "2"], "once for what is refused");
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
}

#[test]
fn what_cloud_says_of_the_end_counts_where_the_pages_bear_it_out() {
    let page = |cursor: Option<&str>, issues: &[String], rest: &str| {
        run(CLOUD, request("issues", cursor, 10), vec![found(issues, rest)]).0
    };
    let ended = |page: &Page| matches!(page.progress, Progress::CaughtUp(Some(_)));
    let both = r#","nextPageToken":"t9","isLast":true"#;
    let first = page(None, &[issue(1, 1)], both).unwrap();
    assert!(!ended(&first), "a page that has a token and is the last: another one may follow");
    assert!(
        ended(&page(Some(more(&first)), &[issue(1, 1)], both).unwrap()),
        "the same token again"
    );
    let kept = page(Some(more(&first)), &[], r#","nextPageToken":"t10","isLast":true"#).unwrap();
    assert!(ended(&kept), "an empty page is the end");
    for blank in [r#","nextPageToken":"","isLast":false"#, r#","isLast":false"#] {
        let first = page(None, &[issue(1, 400)], blank).unwrap();
        assert!(more(&first).contains(r#""from":"#), "from the last change: {}", more(&first));
        let again = page(Some(more(&first)), &[issue(1, 400)], blank).unwrap_err();
        assert_eq!((again.code.as_str(), again.cause), ("page-token-missing", Cause::Protocol));
        let further = page(Some(more(&first)), &[issue(1, 400), issue(2, 401)], blank).unwrap();
        assert_eq!(keys(&further), ["1", "2"]);
        assert!(matches!(page(None, &[], blank).unwrap().progress, Progress::CaughtUp(None)));
    }
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
fn an_issue_that_leaves_its_second_hides_no_other_of_it() {
    for limit in [1, 2, 3, 7, 39] {
        for most in [1, 2, 1000] {
            for every in [1, 3] {
                let mut server = Server { issues: (0..40).map(|id| (id, 5)).collect(), most };
                let (mut pages, mut moved) = (0, 0);
                let (seen, _) = read_all(&mut server, limit, |server| {
                    pages += 1;
                    if moved < 10 && pages % every == 0 {
                        server.issues[moved].1 = 1_000 + u64::try_from(moved).unwrap();
                        moved += 1;
                    }
                });
                for id in 0..40 {
                    let found = seen.contains(&id.to_string());
                    assert!(found, "{id} is missing, by {limit} of {most}, every {every}");
                }
            }
        }
    }
}

#[test]
fn the_issue_before_a_page_of_one_is_asked_for_where_two_are_not_too_much() {
    let same = vec![found(&[issue(1, 5)], r#","total":9"#)];
    let first = run(SERVER, request("issues", None, 1), same.clone()).0.unwrap();
    let second = run(SERVER, request("issues", Some(more(&first)), 1), same).0.unwrap();
    let asked = || request("issues", Some(more(&second)), 1);
    let two = vec![found(&[issue(1, 5), issue(2, 5)], r#","total":9"#)];
    let (page, trace) = run(SERVER, asked(), two);
    assert!(trace.lines()[0].contains("startAt=0&maxResults=2"), "{}", trace.lines()[0]);
    assert_eq!(keys(&page.unwrap()), ["2"]);
    let large = Failure::new(Cause::TooLarge, "The answer has more than 16 MiB.");
    let page_of = |status| Response::new(status).with_body("<html><title>Bad Gateway</title>");
    let slow = Failure::new(Cause::Timeout, "No response came in time.");
    let pages = [408, 502, 504].map(|status| Ok(page_of(status)));
    for refused in [Err(large), Err(slow)].into_iter().chain(pages) {
        let script = Script::new().at(NOW).secret("personal_access_token", None);
        let script = match refused {
            Ok(response) => script.answer(response),
            Err(failure) => script.fail(failure),
        };
        let script = script.answer(found(&[issue(2, 5)], r#","total":9"#));
        let (page, trace) = script.run(|| Jira::read(Settings::from_json(SERVER), asked()));
        assert!(trace.lines()[1].contains("startAt=1&maxResults=1"), "{}", trace.lines()[1]);
        assert_eq!(keys(&page.unwrap()), ["2"]);
    }
    let (page, trace) = run(SERVER, asked(), vec![Response::new(429)]);
    assert_eq!((page.unwrap_err().code.as_str(), trace.sent.len()), ("rate-limited", 1));
    // The issue before the page is another one now: that second is read again.
    let moved = vec![found(&[issue(2, 5), issue(3, 5)], r#","total":9"#)];
    let page = run(SERVER, asked(), moved).0.unwrap();
    assert_eq!(keys(&page), [""; 0]);
    let (again, trace) = run(
        SERVER,
        request("issues", Some(more(&page)), 1),
        vec![found(&[issue(2, 5)], r#","total":9"#)],
    );
    assert!(trace.lines()[0].contains("startAt=0&maxResults=1"), "{}", trace.lines()[0]);
    assert_eq!(keys(&again.unwrap()), ["2"]);
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
    let answers = vec![found(&[issue(3, 20), issue(4, 20)], r#","total":8"#)];
    let (third, trace) = run(SERVER, request("issues", Some(more(&second)), 2), answers);
    let line = &trace.lines()[0];
    assert!(line.contains(&format!("{from}%20ORDER")), "{line}");
    assert!(line.contains("startAt=1&maxResults=2"), "with the issue before it: {line}");
    assert_eq!(keys(&third.unwrap()), ["4"]);
}

#[test]
fn a_change_in_the_future_does_not_hide_what_comes() {
    let far = r#"{"id":"1","fields":{"updated":"2999-01-01T00:00:00.000+0000"}}"#.to_owned();
    let page = run(CLOUD, request("issues", None, 9), vec![found(&[far], "")]).0.unwrap();
    let from = NOW - 5 * 60_000;
    assert!(kept(&page).unwrap().contains(&format!(r#""from":{from}"#)), "{:?}", kept(&page));
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
    let mut cursor = more(&first).to_owned();
    let same = (1..100).find_map(|number| {
        // A total that grows with what was read.
        let list =
            format!(r#"{{"isLast":false,"total":{},"values":[{{"id":"1"}}]}}"#, 100 * number);
        let asked = request("projects", Some(&cursor), 2);
        match run(CLOUD, asked, vec![given(&list)]).0 {
            Ok(page) => {
                cursor = more(&page).to_owned();
                None
            }
            Err(failure) => Some((number, failure.code)),
        }
    });
    let (number, code) = same.unwrap();
    assert_eq!(code, "pages-without-end", "a server that ignores the offset");
    assert!(number <= 5, "{number}");
}

#[test]
fn what_projects_say_of_their_end_counts_where_the_pages_bear_it_out() {
    let list = |rest: &str, ids: &[u32]| {
        let ids: Vec<_> = ids.iter().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
        given(&format!(r#"{{"values":[{}]{rest}}}"#, ids.join(",")))
    };
    // Each of the second page of two, from place 2 on.
    let cases = [
        ("a short page, and all", list(r#","isLast":true,"total":3"#, &[3]), true),
        ("a short page, not said", list(r#","total":3"#, &[3]), true),
        ("a short page, no total", list(r#","isLast":true"#, &[3]), true),
        ("the last, and more in all", list(r#","isLast":true,"total":9"#, &[3]), false),
        ("a full page that is the last", list(r#","isLast":true"#, &[3, 4]), false),
        ("a full page and a total too small", list(r#","isLast":true,"total":2"#, &[3, 4]), false),
        (
            "less than was asked for",
            list(r#","isLast":true,"total":9,"maxResults":1"#, &[3]),
            false,
        ),
        ("nothing, and nothing said", list("", &[]), true),
        ("nothing, never the last", list(r#","isLast":false"#, &[]), true),
        ("nothing, and all", list(r#","isLast":false,"total":2"#, &[]), true),
        ("a hole before more", list(r#","isLast":false,"total":9"#, &[]), false),
        ("odd sizes", list(r#","isLast":true,"total":3,"maxResults":"2""#, &[3]), true),
    ];
    let first = list(r#","isLast":false,"total":9"#, &[1, 2]);
    let first = run(CLOUD, request("projects", None, 2), vec![first]).0.unwrap();
    for (name, answer, ended) in cases {
        let asked = request("projects", Some(more(&first)), 2);
        let page = run(CLOUD, asked, vec![answer]).0.unwrap();
        assert_eq!(matches!(page.progress, Progress::CaughtUp(None)), ended, "{name}");
    }
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
        ("issues", json(r#"{"issues":[{"id":"1"}"#), "cut-off"),
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

/// What a scripted Jira of issues does, besides what a good one does.
#[derive(Clone, Default)]
struct Odd {
    /// Records of a page beyond which a response is too large for the host.
    most: Option<usize>,
    /// Ids of issues that alone are too large, but for their place.
    huge: Vec<u64>,
    /// Every so many requests with a page token, it is refused.
    refuses: Option<u64>,
    /// Records more than were asked for.
    more: usize,
    /// Records of a page, at most.
    cap: Option<usize>,
}

/// A Jira with these issues, as (id, second of its last change), that answers whatever it is asked.
fn odd(
    cloud: bool,
    issues: Vec<(u64, u64)>,
    odd: Odd,
) -> impl FnMut(&Sent) -> Result<Response, Failure> {
    let mut tokens = 0;
    move |sent| {
        let asked = asked(sent);
        let number = |name: &str| asked[name].as_str().and_then(|text| text.parse::<u64>().ok());
        let from = asked["jql"].as_str().unwrap().split("updated >= ").nth(1).unwrap();
        let from: u64 = from.split(' ').next().unwrap().parse().unwrap();
        let mut list: Vec<_> =
            issues.iter().filter(|(_, second)| (at(*second) + 250) / 1000 >= from / 1000).collect();
        list.sort_by_key(|(id, second)| (*second, *id));
        let token = asked["nextPageToken"].as_str();
        if token.is_some() {
            tokens += 1;
            if odd.refuses.is_some_and(|every| tokens % every == 0) {
                let body = r#"{"errorMessages":["The provided next page token is invalid."]}"#;
                return Ok(Response::new(400).with_json(body));
            }
        }
        // A token is the place behind an issue: its second and its id.
        let place = token.map(|token| token.split_once('.').unwrap());
        let place = place.map(|(second, id)| (second.parse::<u64>().unwrap(), id.parse().unwrap()));
        list.retain(|(id, second)| place.is_none_or(|place| (*second, *id) > place));
        let start = usize::try_from(number("startAt").unwrap_or(0)).unwrap();
        let size = usize::try_from(number("maxResults").unwrap()).unwrap();
        let size = size.min(odd.cap.unwrap_or(usize::MAX)) + odd.more;
        let total = list.len();
        let shown: Vec<_> = list.into_iter().skip(start).take(size).collect();
        let light = asked["fields"].as_str() == Some("updated");
        let large = odd.most.is_some_and(|most| shown.len() > most)
            || shown.iter().any(|(id, _)| odd.huge.contains(id));
        if large && !light {
            return Err(Failure::new(Cause::TooLarge, "The answer has more than 16 MiB."));
        }
        let page: Vec<_> = shown.iter().map(|(id, second)| issue(*id, *second)).collect();
        let rest = match shown.last() {
            Some((id, second)) if cloud && start + shown.len() < total => {
                format!(r#","isLast":false,"nextPageToken":"{second}.{id}""#)
            }
            _ if cloud => r#","isLast":true"#.to_owned(),
            _ => format!(r#","startAt":{start},"maxResults":{size},"total":{total}"#),
        };
        Ok(found(&page, &rest))
    }
}

/// The parameters of a search, by URL or by body, as texts.
fn asked(sent: &Sent) -> serde_json::Value {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(list) => {
            list.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    };
    let body = sent.body_text();
    let pairs: Vec<(String, String)> = match body.as_str() {
        "" => {
            let line = sent.line();
            let query = line.split('?').nth(1).unwrap().split(' ').next().unwrap();
            let decoded = |text: &str| {
                let bytes = text.replace("%20", " ").replace("%3E", ">").replace("%3D", "=");
                bytes.replace("%2C", ",").replace("%2A", "*")
            };
            let pair = |pair: &str| {
                pair.split_once('=').map(|(name, value)| (name.to_owned(), decoded(value)))
            };
            query.split('&').filter_map(pair).collect()
        }
        body => {
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            body.as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect()
        }
    };
    pairs.into_iter().map(|(name, value)| (name, serde_json::Value::from(value))).collect()
}

/// What a run brought.
struct Run {
    keys: Vec<String>,
    warnings: Vec<String>,
    requests: usize,
    /// The cursor at its end, or the failure.
    end: Result<String, Failure>,
}

/// Reads to the end as the host does: what is too large is asked for again with half the limit, and the
/// next page with the next one of `limits`.
fn read_odd(cloud: bool, issues: &[(u64, u64)], kind: &Odd, limits: &[u32], skips: bool) -> Run {
    let (settings, secret) = match cloud {
        true => (CLOUD, "api_token"),
        false => (SERVER, "personal_access_token"),
    };
    let mut run = Run { keys: vec![], warnings: vec![], requests: 0, end: Ok(String::new()) };
    let mut cursor = None::<String>;
    // The one answering closure lives through the run.
    let answering =
        std::rc::Rc::new(std::cell::RefCell::new(odd(cloud, issues.to_vec(), kind.clone())));
    let mut limit = limits[0];
    for page in 1..5_000 {
        let asked =
            ReadRequest { skip_oversized: skips, ..request("issues", cursor.as_deref(), limit) };
        let answering = std::rc::Rc::clone(&answering);
        let script = Script::new().at(NOW).secret(secret, None);
        let script = script.answer_with(6, move |sent| (answering.borrow_mut())(sent));
        let (read, trace) = script.run(|| Jira::read(Settings::from_json(settings), asked));
        run.requests += trace.sent.len();
        let read = match read {
            Err(failure) if failure.cause == Cause::TooLarge && limit > 1 => {
                limit = limit.div_ceil(2);
                continue;
            }
            Err(failure) => {
                run.end = Err(failure);
                return run;
            }
            Ok(read) => read,
        };
        assert!(read.changes.len() <= usize::try_from(limit).unwrap());
        run.keys.extend(keys(&read).into_iter().map(str::to_owned));
        run.warnings.extend(read.warnings.iter().map(|one| one.message.clone()));
        limit = limits[page % limits.len()];
        match read.progress {
            Progress::More(next) => cursor = Some(next),
            Progress::CaughtUp(next) => {
                run.end = Ok(next.unwrap_or_default());
                return run;
            }
        }
    }
    unreachable!("the read has no end");
}

/// Each once, in the order of numbers.
fn distinct(keys: &[String]) -> Vec<u64> {
    let mut ids: Vec<u64> = keys.iter().map(|key| key.parse().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Issues of which the changes lie in every way that the limits can meet.
fn worlds() -> Vec<(&'static str, Vec<(u64, u64)>)> {
    const AHEAD: u64 = 3_000_000_000;
    vec![
        ("one second", (1..=60).map(|id| (id, 5)).collect()),
        ("one by one", (1..=60).map(|id| (id, id * 600)).collect()),
        ("by threes", (1..=60).map(|id| (id, id / 3)).collect()),
        ("another order", (1..=60).map(|id| (id, (61 - id) * 600)).collect()),
        ("ahead of the clock", (1..=60).map(|id| (id, AHEAD + id)).collect()),
        ("one second ahead", (1..=60).map(|id| (id, AHEAD)).collect()),
        ("half ahead", (1..=60).map(|id| (id, if id % 2 == 0 { AHEAD } else { id })).collect()),
    ]
}

#[test]
fn any_sequence_of_limits_brings_every_issue() {
    let limits: [&[u32]; 7] =
        [&[100], &[1], &[7], &[100, 1], &[3, 50, 1, 2], &[50, 25, 12, 6, 3, 1], &[1, 1, 100]];
    for (world, issues) in worlds() {
        for cloud in [true, false] {
            for limits in limits {
                for more in [0, 5] {
                    for cap in [None, Some(4)] {
                        let kind = Odd { more, cap, ..Odd::default() };
                        let run = read_odd(cloud, &issues, &kind, limits, false);
                        let name = format!("{world}, cloud {cloud}, {limits:?}, {more} {cap:?}");
                        assert!(run.end.is_ok(), "{name}: {:?}", run.end);
                        assert_eq!(distinct(&run.keys), (1..=60).collect::<Vec<_>>(), "{name}");
                        let most = if cloud { 1 } else { 2 };
                        let times =
                            |id: u64| run.keys.iter().filter(|key| **key == id.to_string()).count();
                        assert!((1..=60).all(|id| times(id) <= most), "{name}: {:?}", run.keys);
                        assert!(run.requests <= 70 + 60, "{name}: {}", run.requests);
                    }
                }
            }
        }
    }
}

#[test]
fn issues_ahead_of_the_clock_come_in_as_many_pages_as_others() {
    const AHEAD: u64 = 3_000_000_000;
    for spread in [0, 1, 7, 86_400] {
        let issues: Vec<_> = (1..=250).map(|id| (id, AHEAD + id * spread)).collect();
        for cloud in [true, false] {
            let run = read_odd(cloud, &issues, &Odd::default(), &[100], false);
            assert_eq!(distinct(&run.keys).len(), 250, "{spread} {cloud}");
            assert!(run.requests <= 5, "{spread} {cloud}: {}", run.requests);
            let from = NOW - 5 * 60_000;
            let next = run.end.unwrap();
            assert!(next.contains(&format!(r#""from":{from}"#)), "the next run: {next}");
        }
    }
}

#[test]
fn changes_that_jira_does_not_tell_hide_no_issue() {
    // What stands in place of the date of an issue, by its number.
    type Date = fn(u64) -> String;
    let dates: [(&str, Date); 6] = [
        ("none", |_| "null".to_owned()),
        ("no dates", |_| "\"soon\"".to_owned()),
        ("numbers", |id| id.to_string()),
        ("some", |id| if id % 3 == 0 { "null".to_owned() } else { written(id) }),
        ("backwards", |id| written(1_000 - id)),
        ("mixed", |id| written(id * 7_919 % 1_000)),
    ];
    for (name, date) in dates {
        for limit in [1_u32, 10, 100] {
            // A server that knows an order of its own, and finds whatever is asked for.
            if limit == 1 && (name == "mixed") {
                continue;
            }
            let (mut cursor, mut seen, mut requests) = (None::<String>, Vec::new(), 0);
            loop {
                requests += 1;
                assert!(requests < 400, "{name}, {limit}: no end");
                let answer = move |sent: &Sent| {
                    let asked = asked(sent);
                    let number = |name: &str| asked[name].as_str().unwrap().parse::<u64>().unwrap();
                    let start = number("startAt");
                    let ids = (start + 1..=start + number("maxResults")).filter(|id| *id <= 120);
                    let one =
                        |id| format!(r#"{{"id":"{id}","fields":{{"updated":{}}}}}"#, date(id));
                    Ok(found(&ids.map(one).collect::<Vec<_>>(), r#","total":120"#))
                };
                let script = Script::new().at(NOW).secret("personal_access_token", None);
                let script = script.answer_with(2, answer);
                let asked = request("issues", cursor.as_deref(), limit);
                let page = script.run(|| Jira::read(Settings::from_json(SERVER), asked)).0.unwrap();
                seen.extend(keys(&page).into_iter().map(str::to_owned));
                match page.progress {
                    Progress::More(next) => cursor = Some(next),
                    Progress::CaughtUp(_) => break,
                }
            }
            assert_eq!(distinct(&seen), (1..=120).collect::<Vec<_>>(), "{name}, {limit}");
        }
    }
}

/// The change `second` seconds after 2025-01-01, as Jira writes it.
fn written(second: u64) -> String {
    format!("\"{}\"", time::to_rfc3339(at(second)).replace('Z', ".000+0000"))
}

#[test]
fn pages_that_are_too_large_come_in_smaller_ones() {
    for (world, issues) in worlds() {
        for cloud in [true, false] {
            for most in [1, 2, 10, 30] {
                let kind = Odd { most: Some(most), ..Odd::default() };
                let run = read_odd(cloud, &issues, &kind, &[100], false);
                assert!(run.end.is_ok(), "{world} {cloud} {most}: {:?}", run.end);
                assert_eq!(distinct(&run.keys), (1..=60).collect::<Vec<_>>(), "{world} {most}");
            }
        }
    }
}

#[test]
fn an_issue_that_alone_is_too_large_is_named_and_left_out_where_that_is_asked() {
    for (world, issues) in worlds() {
        for huge in [vec![1], vec![30], vec![60], vec![1, 2, 3, 31, 59, 60]] {
            for cloud in [true, false] {
                let kind = Odd { huge: huge.clone(), ..Odd::default() };
                let name = format!("{world}, cloud {cloud}, {huge:?}");
                let failed = read_odd(cloud, &issues, &kind, &[100], false).end.unwrap_err();
                assert_eq!(
                    (failed.cause, failed.code.as_str()),
                    (Cause::TooLarge, "one-record-too-large")
                );
                let named = huge
                    .iter()
                    .any(|id| failed.message.starts_with(&format!("The issue ACME-{id} ")));
                assert!(named && failed.message.contains("16 MiB"), "{name}: {}", failed.message);
                assert!(!failed.remedies.is_empty(), "{name}");
                let run = read_odd(cloud, &issues, &kind, &[100], true);
                assert!(run.end.is_ok(), "{name}: {:?}", run.end);
                let rest: Vec<_> = (1..=60).filter(|id| !huge.contains(id)).collect();
                assert_eq!(distinct(&run.keys), rest, "{name}");
                for id in &huge {
                    let told = |text: &String| text.contains(&format!("The issue ACME-{id} "));
                    assert!(run.warnings.iter().any(told), "{name}: {id}: {:?}", run.warnings);
                }
            }
        }
    }
}

#[test]
fn what_names_a_large_issue_is_a_side_question() {
    let large = || {
        Failure::new(Cause::TooLarge, "The answer has more than 16 MiB.")
            .evidence("stage", "answer")
    };
    type Answer = Result<Response, Failure>;
    let cases: [(&str, Answer); 5] = [
        ("too large again", Err(large())),
        ("out of reach", Err(Failure::new(Cause::Unreachable, "It broke."))),
        ("busy", Ok(Response::new(429))),
        ("nothing", Ok(found(&[], ""))),
        ("no page", Ok(given("{}"))),
    ];
    for (name, answer) in cases {
        for skip_oversized in [false, true] {
            let script = Script::new().at(NOW).secret("api_token", None).fail(large());
            let script = match answer.clone() {
                Ok(response) => script.answer(response),
                Err(failure) => script.fail(failure),
            };
            let asked = ReadRequest { skip_oversized, ..request("issues", None, 1) };
            let failure =
                script.run(|| Jira::read(Settings::from_json(CLOUD), asked)).0.unwrap_err();
            assert_eq!(failure, large(), "{name}");
        }
    }
    let script = Script::new().at(NOW).secret("api_token", None).fail(large());
    let asked = ReadRequest { skip_oversized: true, ..request("issues", None, 2) };
    let failure = script.run(|| Jira::read(Settings::from_json(CLOUD), asked)).0.unwrap_err();
    assert_eq!(failure, large(), "the host asks for fewer first");
}

#[test]
fn a_record_of_another_list_that_is_too_large_is_known_by_its_place() {
    let large = || Failure::new(Cause::TooLarge, "The answer has more than 16 MiB.");
    for (settings, stream, noun) in
        [(CLOUD, "projects", "project"), (CLOUD, "users", "user"), (SERVER, "users", "user")]
    {
        let secret = if settings == SERVER { "personal_access_token" } else { "api_token" };
        let read = |cursor: Option<&str>, skip_oversized| {
            let script = Script::new().at(NOW).secret(secret, None).fail(large());
            let asked = ReadRequest { skip_oversized, ..request(stream, cursor, 1) };
            script.run(|| Jira::read(Settings::from_json(settings), asked)).0
        };
        let failure = read(None, false).unwrap_err();
        assert_eq!(failure.cause, Cause::TooLarge);
        assert!(failure.message.contains(&format!("The {noun} at place 1 of the list")));
        let page = read(None, true).unwrap();
        assert_eq!((page.changes.len(), page.warnings[0].code.as_str()), (0, "record-skipped"));
        assert!(more(&page).contains(r#""start":1"#), "{}", more(&page));
        let mut cursor = more(&page).to_owned();
        let skipped = (1..100).find_map(|number| match read(Some(&cursor), true) {
            Ok(page) => {
                cursor = more(&page).to_owned();
                None
            }
            Err(failure) => Some((number, failure.code)),
        });
        assert_eq!(skipped, Some((20, "pages-without-end".to_owned())), "not for ever");
    }
    let all = Script::new().at(NOW).secret("personal_access_token", None).fail(large());
    let asked = ReadRequest { skip_oversized: true, ..request("projects", None, 1) };
    let failure = all.run(|| Jira::read(Settings::from_json(SERVER), asked)).0.unwrap_err();
    assert_eq!(failure, large(), "Data Center gives all projects at once");
}

#[test]
fn page_tokens_that_are_refused_again_and_again_come_to_an_end() {
    for (world, issues) in worlds() {
        for every in [1, 2, 3, 10] {
            for limit in [1, 7, 59] {
                let kind = Odd { refuses: Some(every), ..Odd::default() };
                let run = read_odd(true, &issues, &kind, &[limit], false);
                let name = format!("{world}, {every}, {limit}");
                assert!(run.requests <= 500, "{name}: {}", run.requests);
                match run.end {
                    Ok(_) => assert_eq!(distinct(&run.keys).len(), 60, "{name}"),
                    Err(failure) => {
                        assert_eq!(failure.code, "page-tokens-refused", "{name}");
                        assert_eq!(failure.cause, Cause::Protocol, "{name}");
                        assert_eq!(failure.retry, Retry::AfterUserAction, "{name}");
                        assert!(failure.remedies[0].text.contains("proxy"), "{name}");
                        let status = jackfield_guest::testing::evidence(&failure, "status");
                        assert_eq!(status, "400", "{name}");
                    }
                }
            }
        }
    }
    // With changes that lie apart, each search that is started again comes further.
    let apart: Vec<_> = (1..=60).map(|id| (id, id * 600)).collect();
    let run = read_odd(true, &apart, &Odd { refuses: Some(1), ..Odd::default() }, &[7], false);
    assert_eq!((run.end.is_ok(), distinct(&run.keys).len()), (true, 60));
    // With all in one second it cannot, and is started again once.
    let same: Vec<_> = (1..=60).map(|id| (id, 5)).collect();
    let run = read_odd(true, &same, &Odd { refuses: Some(1), ..Odd::default() }, &[7], false);
    assert_eq!((run.end.unwrap_err().code.as_str(), run.requests), ("page-tokens-refused", 4));
}

#[test]
fn any_other_word_for_a_refused_page_token_counts() {
    let body = r#"{"errorMessages":["Cursor ungueltig."],"errors":{}}"#;
    let filtered = ReadRequest {
        parameters: r#"{"jql":"status != Done"}"#.to_owned(),
        ..request("issues", None, 1)
    };
    let first = found(&[issue(1, 900)], r#","nextPageToken":"t1""#);
    let first = run(CLOUD, filtered.clone(), vec![first]).0.unwrap();
    let go_on = ReadRequest { cursor: Some(more(&first).to_owned()), ..filtered.clone() };
    for refused in [
        Response::new(400).with_json(body),
        Response::new(400),
        Response::new(400).with_body("<html><title>Bad Request</title>"),
    ] {
        let answers = vec![refused.clone(), found(&[issue(2, 901)], "")];
        assert_eq!(keys(&run(CLOUD, go_on.clone(), answers).0.unwrap()), ["2"]);
        let failure = run(CLOUD, filtered.clone(), vec![refused]).0.unwrap_err();
        assert_ne!(failure.code, "page-tokens-refused", "without a token it is another matter");
    }
    let body = r#"{"errorMessages":["The field 'status' does not exist."],"errors":{}}"#;
    let refused = || Response::new(400).with_json(body);
    let failure = run(CLOUD, go_on, vec![refused(), refused()]).0.unwrap_err();
    assert_eq!(failure.code, "filter-refused", "what the search without a token says decides");
}

/// A request for issues that pass this filter.
fn filtered(filter: &str, cursor: Option<&str>) -> ReadRequest {
    let parameters = serde_json::json!({ "jql": filter }).to_string();
    ReadRequest { parameters, ..request("issues", cursor, 10) }
}

#[test]
fn a_search_that_is_too_long_for_a_url_goes_by_post() {
    let cases = [
        ("ASCII", "x".repeat(900), "GET"),
        ("ASCII that is encoded", " =".repeat(450), "POST"),
        ("Cyrillic", "\u{431}".repeat(850), "POST"),
        ("Chinese", "\u{4e2d}".repeat(900), "POST"),
        ("emoji", "\u{1f600}".repeat(900), "POST"),
    ];
    for (name, text, method) in cases {
        let filter = format!("summary ~ \"{text}\"");
        for (settings, api) in [(CLOUD, "3/search/jql"), (SERVER, "2/search")] {
            let (page, trace) = run(
                settings,
                filtered(&filter, None),
                vec![found(&[issue(1, 1)], r#","total":1"#)],
            );
            assert_eq!(keys(&page.unwrap()), ["1"], "{name}");
            let line = &trace.lines()[0];
            assert!(line.starts_with(&format!("{method} site/rest/api/{api}")), "{name}: {line}");
            if method == "GET" {
                continue;
            }
            assert!(!line.contains('?') && line.contains(" with "), "{name}: {line}");
            let body: serde_json::Value = serde_json::from_str(&trace.sent[0].body_text()).unwrap();
            assert!(
                body["jql"].as_str().unwrap().starts_with(&format!("({filter}) AND ")),
                "{name}"
            );
            assert_eq!(body["fields"], serde_json::json!(["*navigable", "updated", "description"]));
            assert_eq!(body["maxResults"], 10);
            assert_eq!(body.get("startAt").is_some(), settings == SERVER, "{name}");
            assert_eq!(trace.sent[0].header("x-atlassian-token"), Some("no-check"));
        }
    }
}

#[test]
fn a_long_page_token_goes_by_post() {
    for length in [3_000, 8_000, 15_000] {
        let token = "t".repeat(length);
        let first = found(&[issue(1, 1)], &format!(r#","nextPageToken":"{token}""#));
        let first = run(CLOUD, request("issues", None, 10), vec![first]).0.unwrap();
        let answers = vec![found(&[issue(2, 2)], r#","isLast":true"#)];
        let (second, trace) = run(CLOUD, request("issues", Some(more(&first)), 10), answers);
        assert_eq!(keys(&second.unwrap()), ["2"]);
        assert!(trace.lines()[0].starts_with("POST site/rest/api/3/search/jql"), "{length}");
        let body: serde_json::Value = serde_json::from_str(&trace.sent[0].body_text()).unwrap();
        assert_eq!(body["nextPageToken"], token);
    }
}

#[test]
fn where_post_is_refused_the_length_is_told_or_a_url_is_tried() {
    let page = |status| Response::new(status).with_body("<html><title>Blocked</title>");
    let xsrf = Response::new(403).with_body("XSRF check failed").with_header("x-arequestid", "r");
    let refusals =
        [Response::new(405), Response::new(403), page(403), Response::new(415), page(404), xsrf];
    let long = format!("summary ~ \"{}\"", "\u{4e2d}".repeat(900));
    let middle = format!("summary ~ \"{}\"", "\u{431}".repeat(600));
    for refusal in refusals {
        for settings in [CLOUD, SERVER] {
            let (failure, trace) = run(settings, filtered(&long, None), vec![refusal.clone()]);
            let failure = failure.unwrap_err();
            assert_eq!(
                (failure.code.as_str(), failure.cause),
                ("filter-too-long", Cause::InvalidInput)
            );
            assert_eq!(failure.fields[0].pointer, "/parameters/jql");
            assert!(failure.message.contains("characters"), "{}", failure.message);
            assert_eq!(trace.sent.len(), 1);
            let answers = vec![refusal.clone(), found(&[issue(1, 1)], r#","total":1"#)];
            let (read, trace) = run(settings, filtered(&middle, None), answers);
            assert_eq!(keys(&read.unwrap()), ["1"], "a URL of 4,000 characters may pass");
            assert!(trace.lines()[1].starts_with("GET "));
            let answers = vec![refusal.clone(), Response::new(414)];
            let failure = run(settings, filtered(&middle, None), answers).0.unwrap_err();
            assert_eq!(failure.code, "filter-too-long");
        }
    }
    let token = format!(r#","nextPageToken":"{}""#, "t".repeat(9_000));
    let first = run(CLOUD, request("issues", None, 10), vec![found(&[issue(1, 1)], &token)]).0;
    let first = first.unwrap();
    let asked = request("issues", Some(more(&first)), 10);
    let failure = run(CLOUD, asked, vec![Response::new(405)]).0.unwrap_err();
    assert_eq!((failure.code.as_str(), failure.cause), ("search-too-long", Cause::Unsupported));
}

#[test]
fn a_url_that_is_too_long_for_something_is_tried_by_post() {
    let iis =
        Response::new(404).with_body("<html><title>404.15</title>the query string is too long");
    for refusal in [Response::new(414), Response::new(431), iis] {
        let answers = vec![refusal.clone(), found(&[issue(1, 1)], "")];
        let (page, trace) = run(CLOUD, request("issues", None, 10), answers);
        assert_eq!(keys(&page.unwrap()), ["1"]);
        assert!(trace.lines()[1].starts_with("POST "));
        let answers = vec![refusal, Response::new(405)];
        let failure = run(CLOUD, request("issues", None, 10), answers).0.unwrap_err();
        assert_eq!(failure.code, "url-too-long");
    }
}

#[test]
fn a_search_by_post_changes_nothing_whatever_becomes_of_it() {
    let long = format!("summary ~ \"{}\"", "\u{4e2d}".repeat(900));
    for cause in [Cause::TooLarge, Cause::Timeout, Cause::Unreachable] {
        let lost = Failure::new(cause.clone(), "It broke.").effect(Effect::Unknown);
        let script = Script::new().at(NOW).secret("api_token", None).fail(lost);
        let asked = filtered(&long, None);
        let failure = script.run(|| Jira::read(Settings::from_json(CLOUD), asked)).0.unwrap_err();
        assert_eq!((failure.cause, failure.effect), (cause, Effect::None));
    }
    let denied = r#"{"errorMessages":["You do not have permission."]}"#;
    let denied = Response::new(403).with_json(denied).with_header("x-arequestid", "r-1");
    let failure = run(CLOUD, filtered(&long, None), vec![denied]).0.unwrap_err();
    assert_eq!(failure.code, "permission-missing", "Jira's own answer is no proxy's");
}
