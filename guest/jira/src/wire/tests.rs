#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use jackfield_guest::record;

use super::*;

/// Atlassian's published example, shortened.
const MYSELF: &str = r#"{"accountId":"5b10a2844c20165700ede21g","accountType":"atlassian","active":true,"applicationRoles":{"items":[],"size":1},"avatarUrls":{"16x16":"https://avatar-management--avatars.server-location.prod.public.atl-paas.net/initials/MK-5.png?size=16&s=16"},"displayName":"Mia Krystof","emailAddress":"redacted@example.invalid","groups":{"items":[],"size":3},"key":"","name":"","self":"https://your-domain.atlassian.net/rest/api/3/user?accountId=5b10a2844c20165700ede21g","timeZone":"Australia/Sydney"}"#;

/// Atlassian's published example, shortened; it has no `deploymentType`.
const SERVER_INFO: &str = r#"{"baseUrl":"https://your-domain.atlassian.net","buildDate":"2020-03-26T22:20:59.000+0000","buildNumber":582,"displayUrl":"https://instance.jira.your-domain.com","serverTitle":"My Jira instance","version":"1001.0.0-SNAPSHOT","versionNumbers":[5,0,0]}"#;

/// Atlassian's published example, shortened.
const SEARCH: &str = r#"{"isLast":true,"issues":[{"expand":"","fields":{"watcher":{"isWatching":false,"watchCount":1},"attachment":[{"author":{"accountId":"5b10a2844c20165700ede21g","active":false},"created":"2023-06-24T19:24:50.000+0000","id":10001}],"description":"Main order flow broken","project":{"id":"10000","key":"EX"},"updated":1,"timetracking":{"originalEstimate":"10m"}},"id":"10002","key":"ED-1","self":"https://your-domain.atlassian.net/rest/api/3/issue/10002"}]}"#;

/// Atlassian's published example, shortened.
const PROJECTS: &str = r#"{"isLast":false,"maxResults":2,"nextPage":"https://your-domain.atlassian.net/rest/api/3/project/search?startAt=2&maxResults=2","startAt":0,"total":7,"values":[{"id":"10000","insight":{"lastIssueUpdateTime":"2021-04-22T05:37:05.000+0000","totalIssueCount":100},"key":"EX","name":"Example","simplified":false,"style":"classic"},{"id":"10001","key":"ABC","name":"Alphabetical"}]}"#;

/// Recorded in January 2025, shortened.
const USER: &str = r#"[{"self":"https://swimlane.atlassian.net/rest/api/3/user?accountId=5d07f57ceec00a0bcb5eca63","accountId":"5d07f57ceec00a0bcb5eca63","accountType":"atlassian","displayName":"Swimlane Integrations","active":true,"timeZone":"America/Denver"}]"#;

const TENANT: &str = r#"{"cloudId":"c57406ca-1b2c-4d5e-8f90-123456789abc"}"#;
const PERMISSIONS: &str = r#"{"permissions":{"BROWSE_PROJECTS":{"id":"10","key":"BROWSE_PROJECTS","name":"Browse Projects","type":"PROJECT","description":"","havePermission":true},"CREATE_ISSUES":{"havePermission":false}}}"#;

/// Recorded in August 2022.
const REFUSAL: &str =
    r#"{"message":"Client must be authenticated to access this resource.","status-code":401}"#;
const BAD_JQL: &str = r#"{"errorMessages":["Error in the JQL Query: Expecting ')' before the end of the query."],"errors":{"jql":"x"}}"#;

fn answer(body: &str) -> Response {
    Response::new(200).with_json(body)
}

/// Everything that reads a body, on this one.
fn read_all(body: &[u8]) {
    let response = Response::new(200).with_body(body);
    let _ = response.json::<Myself>();
    let _ = ServerInfo::read(&response).map(|info| info.is_cloud());
    let _ = cloud_id(&response);
    let _ = permissions(&response);
    let _ = Refusal::read(&response);
    if let Ok(found) = response.json::<Found<'_>>()
        && let Ok(records) = record::list::<Issue<'_>>(found.issues.get())
    {
        for record in records.take(10).flatten() {
            let _ = record.fields.updated_at();
        }
    }
    if let Ok(values) = response.json::<Values<'_>>() {
        let _ =
            record::list::<Project>(values.values.get()).map(|records| records.take(10).count());
    }
    if let Ok(records) = response.records::<User>() {
        for record in records.take(10).flatten() {
            let _ = record.fields.id();
        }
    }
}

#[test]
fn every_cut_and_every_changed_byte_is_read_without_a_panic() {
    for body in [MYSELF, SERVER_INFO, SEARCH, PROJECTS, USER, TENANT, PERMISSIONS, REFUSAL, BAD_JQL]
    {
        let body = body.as_bytes();
        for at in 0..=body.len() {
            read_all(&body[..at]);
        }
        let mut changed = body.to_vec();
        for at in 0..body.len() {
            for byte in [b'"', b'{', b']', b'0', b'\\', b',', 0, 0xff] {
                changed[at] = byte;
                read_all(&changed);
            }
            changed[at] = body[at];
        }
    }
}

#[test]
fn what_is_cut_is_never_taken_for_whole() {
    for (name, body) in [("myself", MYSELF), ("search", SEARCH), ("values", PROJECTS)] {
        for at in 0..body.len() {
            let response = answer(&body[..at]);
            let read = match name {
                "myself" => response.json::<Myself>().is_ok(),
                "search" => response.json::<Found<'_>>().is_ok(),
                _ => response.json::<Values<'_>>().is_ok(),
            };
            assert!(!read, "{name} cut at {at}");
        }
    }
}

#[test]
fn real_bodies_are_read() {
    let myself: Myself = answer(MYSELF).json().unwrap();
    assert_eq!(myself.account_id.as_deref(), Some("5b10a2844c20165700ede21g"));
    let response = answer(SEARCH);
    let found: Found<'_> = response.json().unwrap();
    assert_eq!((found.is_last, found.next_page_token), (Some(true), None));
    let issue = record::list::<Issue<'_>>(found.issues.get()).unwrap().next().unwrap().unwrap();
    let read = (issue.fields.id.as_str(), issue.fields.updated_at());
    assert_eq!(read, ("10002", None), "`updated` is a number in the published example");
    let response = answer(PROJECTS);
    let values: Values<'_> = response.json().unwrap();
    let ids: Vec<_> = record::list::<Project>(values.values.get())
        .unwrap()
        .map(|record| record.unwrap().fields.id)
        .collect();
    assert_eq!(ids, ["10000", "10001"]);
    assert_eq!(cloud_id(&answer(TENANT)).unwrap(), "c57406ca-1b2c-4d5e-8f90-123456789abc");
    let held = permissions(&answer(PERMISSIONS)).unwrap();
    assert_eq!(held.into_values().collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_list_of_its_values_is_no_answer_however_deep_it_stands() {
    let held = |body: &str| permissions(&answer(body)).is_ok();
    let issue = |body: &str| {
        let response = answer(body);
        let found: Found<'_> = response.json().unwrap();
        record::list::<Issue<'_>>(found.issues.get()).unwrap().next().unwrap().is_ok()
    };
    let said = |body: &str| !Refusal::read(&answer(body)).message.is_empty();
    let identified = |body: &str| answer(body).json::<Myself>().is_ok();
    type Reading<'a> = &'a dyn Fn(&str) -> bool;
    let cases: [(&str, Reading<'_>, &str, &str); 5] = [
        (
            "a permission",
            &held,
            r#"{"permissions":{"BROWSE_PROJECTS":{"havePermission":true}}}"#,
            r#"{"permissions":{"BROWSE_PROJECTS":[true]}}"#,
        ),
        (
            "the permissions",
            &held,
            r#"{"permissions":{}}"#,
            r#"[{"BROWSE_PROJECTS":{"havePermission":true}}]"#,
        ),
        (
            "an issue's fields",
            &issue,
            r#"{"issues":[{"id":"1","fields":{"updated":"2026-01-01T00:00:00Z"}}]}"#,
            r#"{"issues":[{"id":"1","fields":["2026-01-01T00:00:00Z"]}]}"#,
        ),
        (
            "a refusal",
            &said,
            r#"{"errorMessages":"scope does not match"}"#,
            r#"["scope does not match"]"#,
        ),
        ("an account", &identified, r#"{"accountId":"5b10a"}"#, r#"["5b10a"]"#),
    ];
    for (name, read, object, list) in cases {
        assert!(read(object), "{name}");
        assert!(!read(list), "{name}");
    }
}

#[test]
fn a_server_says_which_it_is() {
    let cases = [
        (SERVER_INFO, Some(true)),
        (r#"{"deploymentType":"Cloud","version":"1001.0.0-SNAPSHOT"}"#, Some(true)),
        (r#"{"deploymentType":"Server","version":"10.3.1"}"#, Some(false)),
        (r#"{"deploymentType":"DataCenter","version":"9.12.0"}"#, Some(false)),
        (r#"{"version":"7.13.0"}"#, Some(false)),
        (r#"{"version":"10.3.1"}"#, Some(false)),
        (r#"{"deploymentType":7}"#, None),
        ("{}", None),
        ("[]", None),
        (r#"["Cloud","1001"]"#, None),
        ("null", None),
        ("<html>", None),
        ("", None),
    ];
    for (body, expected) in cases {
        let info = ServerInfo::read(&answer(body));
        assert_eq!(info.map(|info| info.is_cloud()), expected, "{body}");
    }
    let refused = Response::new(401).with_json(r#"{"version":"1","deploymentType":"Cloud"}"#);
    assert_eq!(ServerInfo::read(&refused), None);
    let versions = [
        ("8.13.27", Some((8, 13))),
        ("10.3.0-m2", Some((10, 3))),
        ("11.0", Some((11, 0))),
        ("8", None),
        ("", None),
        ("99999999999999.1", None),
        ("-1.2", None),
    ];
    for (text, expected) in versions {
        assert_eq!(version(text), expected, "{text}");
    }
}

#[test]
fn a_refusal_is_read_whatever_it_looks_like() {
    let cases = [
        (REFUSAL, "Client must be authenticated to access this resource.", 0),
        (
            r#"{"code":401,"message":"Unauthorized; scope does not match"}"#,
            "Unauthorized; scope does not match",
            0,
        ),
        (
            r#"{"error":"Failed to parse Connect Session Auth Token"}"#,
            "Failed to parse Connect Session Auth Token",
            0,
        ),
        (r#"{"errorMessages":["one","two"],"errors":{}}"#, "one two", 0),
        (
            r#"{"errorMessages":[],"errors":{"project":"is missing","b":7}}"#,
            "project: is missing",
            1,
        ),
        (r#"{"errorMessages":"one"}"#, "one", 0),
        (r#"{"errorMessages":[null,1,[],"x"]}"#, "x", 0),
        (r#"{"errorMessages":{"a":1},"errors":["x"],"message":null}"#, "", 0),
        (r#"{"message":7}"#, "", 0),
        (
            "Client must be authenticated to access this resource.",
            "Client must be authenticated to access this resource.",
            0,
        ),
        ("\"quoted\"", "", 0),
        ("[1]", "", 0),
        ("{", "", 0),
        ("", "", 0),
    ];
    for (body, message, fields) in cases {
        let refusal = Refusal::read(&Response::new(400).with_body(body));
        assert_eq!((refusal.message.as_str(), refusal.fields.len()), (message, fields), "{body}");
    }
    let long = Response::new(400).with_body("a ".repeat(5_000));
    assert!(Refusal::read(&long).message.is_empty());
    let page = Response::new(400).with_header("content-type", "text/html").with_body("Hello");
    assert!(Refusal::read(&page).message.is_empty());
    let many = format!(r#"{{"errorMessages":[{}]}}"#, vec![r#""a""#; 500].join(","));
    assert_eq!(Refusal::read(&answer(&many)).message.len(), 39);
    let deep = "[".repeat(100_000);
    assert!(Refusal::read(&answer(&deep)).message.is_empty());
}

#[test]
fn moments_are_read_as_jira_writes_them() {
    let cases = [
        ("2021-04-22T05:37:05.000+0000", Some(1_619_069_825_000)),
        ("2015-03-14T17:17:50.412-0400", Some(1_426_367_870_412)),
        ("2021-04-22T05:37:05Z", Some(1_619_069_825_000)),
        ("2021-04-22T05:37:05.000+00:00", Some(1_619_069_825_000)),
        ("2021-04-22T05:37:05.000+000", None),
        ("2021-04-22T05:37:05", None),
        ("22/Apr/21", None),
        ("Just now", None),
        ("+0000", None),
        ("ä0000", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(moment(text), expected, "{text}");
    }
    let resets = [
        ("2026-03-26T16:00Z", Some(1_774_540_800_000)),
        ("2026-03-26T16:00:00Z", Some(1_774_540_800_000)),
        ("2026-03-26T16:00+01:00", Some(1_774_537_200_000)),
        ("1774540800", None),
        ("2026-03-26T16:0", None),
        ("2026-03-26T16:0ä", None),
        ("", None),
    ];
    for (text, expected) in resets {
        assert_eq!(reset(text), expected, "{text}");
    }
}
