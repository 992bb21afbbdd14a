//! GitHub's JSON of a pull request, as the list of pull requests has it.

use serde_json::{Value, json};

use super::issues::Issue;
use super::shapes::{self, Site};
use super::world::Repository;

/// The pull request of that issue: with its branches, and with an id of its own.
pub(super) fn shape(issue: &Issue, repository: &Repository, site: &Site) -> Value {
    let number = issue.number;
    let home = format!("{}/repos/{}", site.base, repository.full_name());
    let url = format!("{home}/pulls/{number}");
    let page = format!("{}/{}/pull/{number}", site.web(), repository.full_name());
    let ended = issue.ended();
    json!({
        "url": url,
        "id": repository.id * 100_000 + 50_000 + number as u64,
        "node_id": format!("PR_kwDOHrjtpM{number:06}"),
        "html_url": page,
        "diff_url": format!("{page}.diff"),
        "patch_url": format!("{page}.patch"),
        "issue_url": format!("{home}/issues/{number}"),
        "number": number,
        "state": issue.state(),
        "locked": false,
        "title": issue.title,
        "user": shapes::user("octocat", site),
        "body": format!("Closes #{}\r\n", number + 1),
        "created_at": issue.created_at(),
        "updated_at": issue.updated_at(),
        "closed_at": ended,
        "merged_at": ended,
        "merge_commit_sha": sha(repository, number, "merge"),
        "assignee": null,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [],
        "milestone": null,
        "draft": false,
        "commits_url": format!("{url}/commits"),
        "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{home}/pulls/comments{{/number}}"),
        "comments_url": format!("{home}/issues/{number}/comments"),
        "statuses_url": format!("{home}/statuses/{}", sha(repository, number, "head")),
        "head": end(repository, site, &format!("change-{number}"), &sha(repository, number, "head")),
        "base": end(repository, site, "main", &sha(repository, number, "base")),
        "author_association": "MEMBER",
        "auto_merge": null,
        "active_lock_reason": null,
    })
}

fn end(repository: &Repository, site: &Site, branch: &str, sha: &str) -> Value {
    json!({
        "label": format!("{}:{branch}", repository.owner),
        "ref": branch,
        "sha": sha,
        "user": shapes::user(&repository.owner, site),
        "repo": shapes::repository(repository, site),
    })
}

fn sha(repository: &Repository, number: usize, what: &str) -> String {
    let part = |index| shapes::id_of(&format!("{} {number} {what} {index}", repository.id));
    (0..5).map(|index| format!("{:08x}", part(index))).collect()
}
