//! What a repository has in lists, and what is unchanged.

use super::*;

/// The numbers or names under that key, over all pages from that path on.
async fn walk(github: &GitHub, path: &str, token: &str, key: &str) -> (Vec<String>, usize) {
    let (mut found, mut pages) = (Vec::new(), 0);
    let mut next = Some(github.url(path));
    let client = trusting(github);
    while let Some(place) = next {
        let answer = client.send(get(&place, token)).await.unwrap();
        assert_eq!(answer.status, 200, "{place}");
        pages += 1;
        found.extend(json(&answer).as_array().unwrap().iter().map(|one| one[key].to_string()));
        let links = header(&answer, "link").unwrap_or_default().split(", ");
        let link = links.clone().find(|link| link.ends_with("rel=\"next\""));
        next = link.map(|link| link[1..].split('>').next().unwrap().to_owned());
    }
    (found, pages)
}

#[tokio::test]
async fn each_list_is_walked_by_its_links() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo", "read:org"]));
    github.add_repository("octo-org", "many", true, 70);
    for number in 4..=7 {
        github.add_commit("octo-org", "many", "main", commit_time(number));
    }
    for number in 0..6 {
        github.add_member("octo-org", &format!("member-{number}"), true);
    }
    for prefix in ["", "/api/v3"] {
        for (path, key, expected, pages) in [
            ("/repos/octo-org/many/pulls?state=all&per_page=3", "number", 10, 4),
            ("/repos/octo-org/many/commits?per_page=3", "sha", 7, 3),
            ("/orgs/octo-org/members?per_page=3", "login", 7, 3),
            ("/user/repos?per_page=3", "full_name", 4, 2),
            ("/user/orgs?per_page=3", "login", 1, 1),
        ] {
            let (found, walked) = walk(&github, &format!("{prefix}{path}"), &token, key).await;
            let unique: std::collections::HashSet<_> = found.iter().collect();
            assert_eq!((found.len(), unique.len(), walked), (expected, expected, pages), "{path}");
        }
    }
}

#[tokio::test]
async fn an_empty_repository_is_a_conflict_until_somebody_pushes() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    github.add_empty_repository("octo-org", "blank", false);
    let path = "/repos/octo-org/blank/commits";
    let refused = fetch(&github, path, &token).await;
    assert_eq!(refused.status, 409);
    assert_eq!(json(&refused)["message"], "Git Repository is empty.");
    assert_eq!(json(&fetch(&github, "/repos/octo-org/blank/issues", &token).await), json!([]));
    let sha = github.add_commit("octo-org", "blank", "main", commit_time(1));
    let pushed = json(&fetch(&github, path, &token).await);
    assert_eq!((&pushed[0]["sha"], &pushed[0]["parents"]), (&json!(sha), &json!([])));
}

#[tokio::test]
async fn commits_are_of_a_branch_and_of_a_time() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let at = |number| jiff::Timestamp::from_second(commit_time(number)).unwrap();
    let side = github.add_commit("octo-org", "hello-world", "side", commit_time(9));
    let home = "/repos/octo-org/hello-world/commits";
    for (query, status, count) in [
        (String::new(), 200, 3),
        ("?sha=side".to_owned(), 200, 4),
        (format!("?sha={side}"), 200, 4),
        (format!("?sha=side&since={}", at(9)), 200, 1),
        (format!("?since={}", at(9)), 200, 0),
        ("?sha=nowhere".to_owned(), 404, 0),
        ("?since=yesterday".to_owned(), 422, 0),
    ] {
        let answer = fetch(&github, &format!("{home}{query}"), &token).await;
        assert_eq!(answer.status, status, "{query}");
        let listed = json(&answer).as_array().map_or(0, Vec::len);
        assert_eq!(listed, count, "{query}");
    }
}

#[tokio::test]
async fn renamed_repositories_lead_to_every_list() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let id = shapes::id_of("octo-org/new-name");
    for list in ["issues", "pulls", "commits"] {
        let old = format!("/repos/octo-org/old-name/{list}?per_page=5");
        let answer = send(&github, Method::Get, &old, &token).await;
        let place = github.url(&format!("/repositories/{id}/{list}?per_page=5"));
        assert_eq!((answer.status, header(&answer, "location")), (301, Some(&*place)));
        assert_eq!(fetch(&github, &format!("/repositories/{id}/{list}"), &token).await.status, 200);
    }
}

async fn conditional(github: &GitHub, path: &str, token: &str, tags: &str) -> InboundResponse {
    let mut request = get(&github.url(path), token);
    let tags = OutboundValue::Plain(tags.to_owned());
    request.headers.push(("if-none-match".to_owned(), tags));
    trusting(github).send(request).await.unwrap()
}

#[tokio::test]
async fn unchanged_lists_have_no_body_and_cost_nothing() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo", "read:org"]));
    let home = "/repos/octo-org/hello-world";
    for path in [
        "/user/repos",
        "/user/orgs",
        "/orgs/octo-org/members",
        &format!("{home}/issues"),
        &format!("{home}/pulls"),
        &format!("{home}/commits"),
    ] {
        let first = fetch(&github, path, &token).await;
        let (tag, left) =
            (header(&first, "etag").unwrap(), header(&first, "x-ratelimit-remaining"));
        let strong = tag.trim_start_matches("W/");
        for tags in [tag, strong, &format!("\"x\", {tag}"), "*"] {
            let same = conditional(&github, path, &token, tags).await;
            assert_eq!((same.status, same.body.len()), (304, 0), "{path} {tags}");
            assert_eq!(header(&same, "x-ratelimit-remaining"), left, "{path}: it is free");
            assert_eq!(header(&same, "etag"), Some(tag));
            assert_eq!(header(&same, "x-oauth-scopes"), Some("repo, read:org"));
        }
        let other = conditional(&github, path, &token, "\"other\"").await;
        assert_eq!(other.status, 200, "{path}");
        assert_ne!(header(&other, "x-ratelimit-remaining"), left, "{path}: it counts");
    }
}

#[tokio::test]
async fn what_changed_is_sent_whole_and_what_nobody_signed_for_counts() {
    let github = GitHub::start();
    let token = github.add(Account::classic("ada", &["repo"]));
    let path = "/repos/octo-org/hello-world/issues";
    let tag = header(&fetch(&github, path, &token).await, "etag").unwrap().to_owned();
    github.touch_issue("octo-org", "hello-world", 1, issue_times(1).1 + 1);
    assert_eq!(conditional(&github, path, &token, &tag).await.status, 200);
    let first = fetch(&github, path, "").await;
    let tag = header(&first, "etag").unwrap();
    let same = conditional(&github, path, "", tag).await;
    assert_eq!(same.status, 304);
    assert_ne!(header(&same, "x-ratelimit-remaining"), header(&first, "x-ratelimit-remaining"));
}
