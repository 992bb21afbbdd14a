//! GitHub's JSON of users, organizations and repositories.

use serde_json::{Value, json};

use super::account::Account;
use super::world::Repository;

/// The version that the Enterprise Server says it has.
pub(super) const ENTERPRISE_VERSION: &str = "3.14.2";

/// Which of the two APIs a request is for.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Where the API stands, without a slash at the end.
    pub(super) base: String,
    /// Whether it is Enterprise Server's.
    pub(super) enterprise: bool,
    /// Whether every answer names the server's version.
    pub(super) names_version: bool,
}

impl Site {
    pub(super) fn new(origin: &str, enterprise: bool) -> Self {
        let path = if enterprise { "/api/v3" } else { "" };
        Self { base: format!("{origin}{path}"), enterprise, names_version: enterprise }
    }

    /// Where people go.
    pub(super) fn web(&self) -> &str {
        self.base.strip_suffix("/api/v3").unwrap_or("https://github.com")
    }
}

/// A stable number for a name.
pub(super) fn id_of(name: &str) -> u64 {
    let mut crc = flate2::Crc::new();
    crc.update(name.to_ascii_lowercase().as_bytes());
    u64::from(crc.sum()) % 900_000_000 + 100_000
}

/// A user as other things mention it.
pub(super) fn user(login: &str, site: &Site) -> Value {
    let id = id_of(login);
    let url = format!("{}/users/{login}", site.base);
    json!({
        "login": login,
        "id": id,
        "node_id": format!("MDQ6VXNlc{id}"),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"),
        "gravatar_id": "",
        "url": url,
        "html_url": format!("{}/{login}", site.web()),
        "followers_url": format!("{url}/followers"),
        "following_url": format!("{url}/following{{/other_user}}"),
        "gists_url": format!("{url}/gists{{/gist_id}}"),
        "starred_url": format!("{url}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{url}/subscriptions"),
        "organizations_url": format!("{url}/orgs"),
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events{{/privacy}}"),
        "received_events_url": format!("{url}/received_events"),
        "type": if login.ends_with("-org") { "Organization" } else { "User" },
        "user_view_type": "public",
        "site_admin": false,
    })
}

/// The account itself, as `/user` answers.
pub(super) fn account(account: &Account, site: &Site) -> Value {
    let mut shape = user(&account.login, site);
    let more = json!({
        "name": format!("{} of the simulation", account.login),
        "company": null,
        "blog": "",
        "location": "Berlin",
        "email": null,
        "hireable": null,
        "bio": null,
        "twitter_username": null,
        "notification_email": null,
        "public_repos": 2,
        "public_gists": 0,
        "followers": 38,
        "following": 4,
        "created_at": "2018-06-08T02:07:15Z",
        "updated_at": "2026-01-24T22:07:12Z",
    });
    extend(&mut shape, more);
    shape
}

/// An organization as `/user/orgs` lists it.
pub(super) fn organization(login: &str, site: &Site) -> Value {
    let id = id_of(login);
    let url = format!("{}/orgs/{login}", site.base);
    json!({
        "login": login,
        "id": id,
        "node_id": format!("MDEyOk9yZ2FuaXphdGlvb{id}"),
        "url": url,
        "repos_url": format!("{url}/repos"),
        "events_url": format!("{url}/events"),
        "hooks_url": format!("{url}/hooks"),
        "issues_url": format!("{url}/issues"),
        "members_url": format!("{url}/members{{/member}}"),
        "public_members_url": format!("{url}/public_members{{/member}}"),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}?v=4"),
        "description": null,
    })
}

/// An organization as its own address answers it.
pub(super) fn organization_profile(login: &str, site: &Site) -> Value {
    let mut shape = organization(login, site);
    let more = json!({
        "name": format!("{login} of the simulation"),
        "html_url": format!("{}/{login}", site.web()),
        "type": "Organization",
        "has_organization_projects": true,
        "has_repository_projects": true,
        "public_repos": 2,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": "2018-06-08T02:07:15Z",
        "updated_at": "2026-01-24T22:07:12Z",
        "archived_at": null,
    });
    extend(&mut shape, more);
    shape
}

/// A repository, as its own address and lists answer it.
pub(super) fn repository(repository: &Repository, site: &Site) -> Value {
    let full_name = repository.full_name();
    let url = format!("{}/repos/{full_name}", site.base);
    let page = format!("{}/{full_name}", site.web());
    let mut shape = json!({
        "id": repository.id,
        "node_id": format!("R_kgDO{}", repository.id),
        "name": repository.name,
        "full_name": full_name,
        "private": repository.private,
        "owner": user(&repository.owner, site),
        "html_url": page,
        "description": "A repository of the simulation",
        "fork": false,
        "url": url,
        "created_at": "2024-11-02T09:30:00Z",
        "updated_at": "2026-10-03T12:00:00Z",
        "pushed_at": "2026-10-03T11:59:00Z",
        "git_url": page.replacen("https", "git", 1),
        "ssh_url": format!("git@github.com:{full_name}.git"),
        "clone_url": format!("{page}.git"),
        "homepage": null,
        "size": 108,
        "stargazers_count": 80,
        "watchers_count": 80,
        "language": "Rust",
        "has_issues": true,
        "has_projects": true,
        "has_wiki": true,
        "has_discussions": false,
        "forks_count": 9,
        "archived": false,
        "disabled": false,
        "open_issues_count": 2,
        "license": null,
        "topics": ["simulation"],
        "visibility": if repository.private { "private" } else { "public" },
        "default_branch": "main",
        "permissions": { "admin": false, "maintain": false, "push": true, "triage": true, "pull": true },
    });
    for (name, path) in [
        ("branches_url", "/branches{/branch}"),
        ("commits_url", "/commits{/sha}"),
        ("contents_url", "/contents/{+path}"),
        ("issues_url", "/issues{/number}"),
        ("labels_url", "/labels{/name}"),
        ("milestones_url", "/milestones{/number}"),
        ("pulls_url", "/pulls{/number}"),
        ("releases_url", "/releases{/id}"),
    ] {
        shape[name] = json!(format!("{url}{path}"));
    }
    shape
}

fn extend(shape: &mut Value, more: Value) {
    if let (Value::Object(shape), Value::Object(more)) = (shape, more) {
        shape.extend(more);
    }
}
