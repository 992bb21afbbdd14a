//! Searches, page by page.

use super::*;

async fn post(jira: &Jira, url: &str, authorization: &str, body: &Value) -> InboundResponse {
    client(jira).send(request(Method::Post, url, authorization, &body.to_string())).await.unwrap()
}

/// A Jira with 120 more issues in `EX`, and the authorizations for Cloud and Data Center.
fn many() -> (Jira, String, String) {
    let jira = Jira::start();
    jira.add_issues("EX", 120);
    let cloud = basic("ada@example.com", &jira.add(Account::classic("ada")));
    let own = format!("Bearer {}", jira.add(Account::personal("ada")));
    (jira, cloud, own)
}

fn keys(page: &Value) -> Vec<String> {
    let issues = page["issues"].as_array().unwrap();
    issues.iter().map(|issue| issue["key"].as_str().unwrap().to_owned()).collect()
}

const JQL: &str = "project = EX ORDER BY updated ASC, key ASC";

#[tokio::test]
async fn cloud_pages_by_tokens_until_there_is_none() {
    let (jira, cloud, _) = many();
    let [site, ..] = places(&jira);
    let url = format!("{site}/search/jql");
    let mut body = json!({ "jql": JQL, "fields": ["updated", "summary"], "maxResults": 500 });
    let mut sizes = Vec::new();
    let mut updated = Vec::new();
    loop {
        let page = json(&post(&jira, &url, &cloud, &body).await);
        let issues = page["issues"].as_array().unwrap();
        sizes.push(issues.len());
        for issue in issues {
            let fields = issue["fields"].as_object().unwrap();
            assert_eq!(fields.len(), 2, "{fields:?}");
            updated.push(fields["updated"].as_str().unwrap().to_owned());
        }
        assert!(page.get("total").is_none() && page.get("startAt").is_none());
        assert_eq!(page["isLast"], json!(page.get("nextPageToken").is_none()));
        let Some(token) = page.get("nextPageToken") else { break };
        body["nextPageToken"] = token.clone();
    }
    assert_eq!(sizes, [100, 23]);
    assert_eq!(post(&jira, &url, &cloud, &body).await.status, 200);
    let mut other = body.clone();
    other["jql"] = json!("project = ABC");
    let refused = post(&jira, &url, &cloud, &other).await;
    assert_eq!(refused.status, 400, "a token is good for its query alone");
    jira.expire_page_tokens();
    let expired = post(&jira, &url, &cloud, &body).await;
    assert_eq!(expired.status, 400, "{}", text(&expired));
    assert!(updated.is_sorted(), "{updated:?}");
}

#[tokio::test]
async fn cloud_answers_ids_alone_unless_fields_are_named() {
    let (jira, cloud, _) = many();
    let [site, ..] = places(&jira);
    let jql = "/search/jql?jql=key%3DEX-1";
    for (query, expected) in
        [("", json!([{ "id": "10001" }])), ("&fields=id", json!([{ "id": "10001" }]))]
    {
        let page = json(&fetch(&jira, &format!("{site}{jql}{query}"), &cloud).await);
        assert_eq!(page["issues"], expected, "{query}");
    }
    let page = json(&fetch(&jira, &format!("{site}{jql}&fields=key"), &cloud).await);
    assert_eq!(keys(&page), ["EX-1"]);
    assert!(page["issues"][0].get("fields").is_none());
    let page =
        json(&fetch(&jira, &format!("{site}{jql}&fields=*all,-comment,-labels"), &cloud).await);
    let fields = page["issues"][0]["fields"].as_object().unwrap();
    assert!(fields.len() > 25 && !fields.contains_key("labels"), "{}", fields.len());
    assert_eq!(fields["description"]["type"], "doc", "Atlassian's document format in version 3");
    let light = json(
        &fetch(&jira, &format!("{site}/search/jql?jql=updated%3E%3D0&maxResults=5000"), &cloud)
            .await,
    );
    assert_eq!(light["issues"].as_array().unwrap().len(), 126);
}

#[tokio::test]
async fn issue_has_the_size_of_a_real_one() {
    let (jira, cloud, own) = many();
    let [site, gateway, server] = places(&jira);
    let scoped = basic("eve@example.com", &jira.add(Account::scoped("eve", &ALL_SCOPES)));
    for (place, path, authorization) in [
        (&site, "/search/jql?fields=*all&maxResults=100&jql=project%3DEX", &cloud),
        (&gateway, "/search/jql?fields=*all&maxResults=100&jql=project%3DEX", &scoped),
        (&server, "/search?maxResults=100&jql=project%3DEX", &own),
    ] {
        let answer = fetch(&jira, &format!("{place}{path}"), authorization).await;
        assert_eq!(keys(&json(&answer)).len(), 100);
        let size = answer.body.len() / 100;
        assert!((4300..6000).contains(&size), "{place}: {size}");
        let own = json(&answer)["issues"][0]["self"].as_str().unwrap().to_owned();
        assert!(own.starts_with(place.as_str()), "{own}");
    }
}

#[tokio::test]
async fn data_center_pages_by_offsets_and_says_how_many() {
    let (jira, _, own) = many();
    let [.., server] = places(&jira);
    let mut found = Vec::new();
    for (start, size) in [(0, 50), (50, 50), (100, 23), (150, 0)] {
        let body = json!({ "jql": JQL, "startAt": start, "fields": ["summary"] });
        let page = json(&post(&jira, &format!("{server}/search"), &own, &body).await);
        assert_eq!((&page["total"], &page["startAt"]), (&json!(123), &json!(start)));
        assert_eq!(keys(&page).len(), size);
        found.extend(keys(&page));
    }
    found.sort();
    found.dedup();
    assert_eq!(found.len(), 123);
    let unbounded = fetch(&jira, &format!("{server}/search?maxResults=1"), &own).await;
    assert_eq!(json(&unbounded)["total"], 126, "Data Center takes an empty query");
    let wiki = json(&unbounded)["issues"][0]["fields"]["description"].clone();
    assert!(wiki.as_str().unwrap().starts_with("h2. "), "{wiki}");
}

#[tokio::test]
async fn change_between_pages_shifts_offsets_and_no_tokens() {
    let (jira, cloud, own) = many();
    let [site, _, server] = places(&jira);
    let jql = JQL.replace(' ', "%20").replace('=', "%3D");
    let first = |place: &str, path: &str| format!("{place}{path}?fields=key&jql={jql}");
    for (url, authorization, follows) in
        [(first(&site, "/search/jql"), &cloud, 10), (first(&server, "/search"), &own, 11)]
    {
        let whole = json(&fetch(&jira, &format!("{url}&maxResults=1000"), authorization).await);
        let whole = keys(&whole);
        jira.touch_after_page(&whole[0], 1_900_000_000);
        let page = json(&fetch(&jira, &format!("{url}&maxResults=10"), authorization).await);
        assert_eq!(keys(&page), whole[..10]);
        let next = match page["nextPageToken"].as_str() {
            Some(token) => format!("&nextPageToken={}", token.replace('=', "%3D")),
            None => "&startAt=10".to_owned(),
        };
        let rest = format!("{url}&maxResults=1000{next}");
        let rest = keys(&json(&fetch(&jira, &rest, authorization).await));
        assert_eq!(rest[0], whole[follows], "{url}");
        assert_eq!(rest.last(), Some(&whole[0]), "what moved comes again");
        jira.touch(&whole[0], 1_700_000_000);
    }
}

#[tokio::test]
async fn tokens_can_repeat_for_ever() {
    let (jira, cloud, _) = many();
    jira.repeat_page_tokens();
    let url = format!("{}/search/jql", places(&jira)[0]);
    let mut body = json!({ "jql": "updated >= 0", "fields": ["key"], "maxResults": 100 });
    let first = json(&post(&jira, &url, &cloud, &body).await);
    body["nextPageToken"] = first["nextPageToken"].clone();
    for _ in 0..2 {
        let page = json(&post(&jira, &url, &cloud, &body).await);
        assert_eq!(
            (&page["nextPageToken"], &page["isLast"]),
            (&body["nextPageToken"], &json!(false))
        );
        assert_eq!(keys(&page).len(), 26);
    }
}

#[tokio::test]
async fn times_are_the_accounts_in_queries_and_answers() {
    let jira = Jira::start();
    jira.touch("EX-2", 1_791_028_800);
    let [.., server] = places(&jira);
    for (offset, zone, at, after, told) in [
        (0, "Etc/UTC", "2026-10-03 12:00", "2026-10-03 12:01", "2026-10-03T12:00:00.000+0000"),
        (
            330,
            "Asia/Kolkata",
            "2026-10-03 17:30",
            "2026-10-03 17:31",
            "2026-10-03T17:30:00.000+0530",
        ),
    ] {
        let account = Account::personal("ada").time_zone(zone, offset);
        let own = format!("Bearer {}", jira.add(account));
        for (time, expected) in [(at, 1), (after, 0)] {
            let body = json!({ "jql": format!("updated >= \"{time}\""), "fields": ["updated"] });
            let page = json(&post(&jira, &format!("{server}/search"), &own, &body).await);
            assert_eq!(page["total"], expected, "{zone} {time}");
            if expected == 1 {
                assert_eq!(page["issues"][0]["fields"]["updated"], told);
            }
        }
    }
}

#[tokio::test]
async fn bodies_are_read_strictly() {
    let (jira, cloud, own) = many();
    let [site, _, server] = places(&jira);
    let cloud_url = format!("{site}/search/jql");
    for (body, expected) in [
        (json!({ "jql": "project = EX" }), 200),
        (json!({ "jql": "project = EX", "startAt": 0 }), 400),
        (json!({ "jql": "project = EX", "maxresults": 5 }), 400),
        (json!([]), 400),
        (json!({ "jql": "project = NONE" }), 400),
        (json!({}), 400),
    ] {
        assert_eq!(post(&jira, &cloud_url, &cloud, &body).await.status, expected, "{body}");
    }
    let server = format!("{server}/search");
    assert_eq!(post(&jira, &server, &own, &json!({ "nextPageToken": "x" })).await.status, 400);
    let plain = OutboundRequest { headers: Vec::new(), ..request(Method::Post, &server, "", "{}") };
    assert_eq!(client(&jira).send(plain).await.unwrap().status, 415);
}

#[tokio::test]
async fn tokens_can_be_refused_and_long() {
    let (jira, cloud, _) = many();
    let url = format!("{}/search/jql", places(&jira)[0]);
    jira.lengthen_page_tokens(3_000);
    let mut body = json!({ "jql": "updated >= 0", "fields": ["key"], "maxResults": 100 });
    let first = json(&post(&jira, &url, &cloud, &body).await);
    let token = first["nextPageToken"].as_str().unwrap();
    assert_eq!(token.len(), 3_000);
    body["nextPageToken"] = json!(token);
    let second = json(&post(&jira, &url, &cloud, &body).await);
    assert_eq!(keys(&second).len(), 26);
    jira.refuse_page_tokens();
    let refused = post(&jira, &url, &cloud, &body).await;
    assert!(refused.status == 400 && text(&refused).contains("page token"), "{}", text(&refused));
}

#[tokio::test]
async fn issues_can_be_large_and_dated_ahead() {
    let (jira, cloud, own) = many();
    let [site, _, server] = places(&jira);
    jira.enlarge("EX-7", 100_000);
    for (url, authorization) in
        [(format!("{site}/search/jql"), &cloud), (format!("{server}/search"), &own)]
    {
        for (fields, large) in [(json!(["*navigable"]), true), (json!(["updated"]), false)] {
            let body = json!({ "jql": "key = EX-7", "fields": fields });
            let answer = post(&jira, &url, authorization, &body).await;
            assert_eq!(keys(&json(&answer)), ["EX-7"]);
            assert_eq!(answer.body.len() > 100_000, large, "{url} {fields}");
        }
    }
    jira.date_issues("EX", 4_070_908_800, 0);
    let body =
        json!({ "jql": "updated >= 4070908800000", "fields": ["updated"], "maxResults": 500 });
    let page = json(&post(&jira, &format!("{server}/search"), &own, &body).await);
    assert_eq!(page["total"], 123);
    assert_eq!(page["issues"][0]["fields"]["updated"], "2099-01-01T00:00:00.000+0000");
}

#[tokio::test]
async fn proxy_lets_not_everything_through() {
    let (jira, cloud, own) = many();
    let [site, _, server] = places(&jira);
    let get = |size: usize| format!("{server}/search?jql=project%3DEX&maxResults={size}");
    jira.limit_page_size(50);
    let sizes = [(50, 200), (51, 502), (100, 502)];
    for (size, status) in sizes {
        assert_eq!(fetch(&jira, &get(size), &own).await.status, status);
        let body = json!({ "jql": "project = EX", "maxResults": size });
        let posted = post(&jira, &format!("{site}/search/jql"), &cloud, &body).await;
        assert_eq!(posted.status, status);
    }
    jira.limit_urls(get(10).len());
    assert_eq!(fetch(&jira, &get(10), &own).await.status, 200);
    let long = fetch(&jira, &format!("{}{}", get(10), "&x=".repeat(100)), &own).await;
    assert!(long.status == 414 && text(&long).contains("Too Large"), "{}", text(&long));
    jira.refuse_posts();
    let body = json!({ "jql": "project = EX", "maxResults": 10 });
    assert_eq!(post(&jira, &format!("{site}/search/jql"), &cloud, &body).await.status, 405);
}
