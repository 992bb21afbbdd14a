//! The issues of a repository: generated, sorted, paged, and kept in the form in which they are sent.

use std::cmp::Reverse;
use std::collections::HashMap;

use axum::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::pulls;
use super::shapes::{self, Site};
use super::world::Repository;

/// 2025-01-01T00:00:00Z.
const START: i64 = 1_735_689_600;

const DEFAULT_PAGE: usize = 30;
const LARGEST_PAGE: usize = 100;

/// When the issue of that number was created and last changed, in seconds since the Unix epoch.
///
/// A minute lies between the creation of two issues; the changes come in another order, and some in
/// the same second.
pub fn issue_times(number: usize) -> (i64, i64) {
    let number = i64::try_from(number).unwrap();
    let created = START + number * 60;
    (created, created + (number * 37 % 101) * 3600)
}

/// One issue or pull request.
pub(super) struct Issue {
    pub(super) number: usize,
    pub(super) title: String,
    created: i64,
    updated: i64,
}

impl Issue {
    fn is_closed(&self) -> bool {
        self.number.is_multiple_of(5)
    }

    fn is_pull_request(&self) -> bool {
        self.number.is_multiple_of(7)
    }

    pub(super) fn state(&self) -> &'static str {
        if self.is_closed() { "closed" } else { "open" }
    }

    pub(super) fn created_at(&self) -> String {
        time(self.created)
    }

    pub(super) fn updated_at(&self) -> String {
        time(self.updated)
    }

    /// When it was closed, or merged; none while it is open.
    pub(super) fn ended(&self) -> Option<String> {
        self.is_closed().then(|| self.updated_at())
    }
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Listing {
    /// Whether pull requests alone are listed, in their own shape.
    pulls: bool,
    closed: Option<bool>,
    by_update: bool,
    ascending: bool,
    since: i64,
    size: usize,
    page: usize,
}

impl Listing {
    /// The listing that the query describes; the name of the parameter that is wrong, otherwise.
    pub(super) fn parse(query: &HashMap<String, String>) -> Result<Self, &'static str> {
        let text = |name: &str| query.get(name).map(String::as_str);
        let closed = match text("state").unwrap_or("open") {
            "open" => Some(false),
            "closed" => Some(true),
            "all" => None,
            _ => return Err("state"),
        };
        let since = text("since").map(str::parse::<Timestamp>).transpose();
        Ok(Self {
            pulls: false,
            closed,
            by_update: text("sort") == Some("updated"),
            ascending: text("direction") == Some("asc"),
            since: since.map_err(|_| "since")?.map_or(i64::MIN, Timestamp::as_second),
            size: number(query, "per_page", DEFAULT_PAGE).clamp(1, LARGEST_PAGE),
            page: number(query, "page", 1).max(1),
        })
    }

    /// The same of pull requests. Their list knows no `since`, and begins with the oldest where it is
    /// sorted by anything else than their creation, unless the query says otherwise ("List pull
    /// requests", GitHub's documentation).
    pub(super) fn parse_pulls(query: &HashMap<String, String>) -> Result<Self, &'static str> {
        let mut query = query.clone();
        query.remove("since");
        let sorted = query.get("sort").is_some_and(|sort| sort != "created");
        let ascending = match query.get("direction") {
            Some(direction) => direction == "asc",
            None => sorted,
        };
        Ok(Self { pulls: true, ascending, ..Self::parse(&query)? })
    }

    fn holds(&self, issue: &Issue) -> bool {
        if self.pulls && !issue.is_pull_request() {
            return false;
        }
        self.closed.is_none_or(|closed| closed == issue.is_closed()) && issue.updated >= self.since
    }

    fn key(&self, issue: &Issue) -> (i64, usize) {
        let time = if self.by_update { issue.updated } else { issue.created };
        (time, issue.number)
    }
}

/// The number that the query has under that name, as lenient as GitHub.
pub(super) fn number(query: &HashMap<String, String>, name: &str, otherwise: usize) -> usize {
    query.get(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// A page as it is sent.
#[derive(Clone)]
pub(super) struct Page {
    pub(super) body: Bytes,
    pub(super) number: usize,
    pub(super) last: usize,
}

/// All issues of a repository, and the pages that were asked for.
pub(super) struct Issues {
    issues: Vec<Issue>,
    pages: HashMap<(String, Listing), Page>,
}

impl Issues {
    pub(super) fn new(count: usize) -> Self {
        let mut issues = Self { issues: Vec::new(), pages: HashMap::new() };
        for number in 1..=count {
            let (created, updated) = issue_times(number);
            let title = format!("Issue {number} of the simulation: naïve \"quotes\" & <tags> 🚀");
            issues.issues.push(Issue { number, title, created, updated });
        }
        issues
    }

    pub(super) fn touch(&mut self, number: usize, seconds: i64) {
        let issue = self.issues.iter_mut().find(|issue| issue.number == number);
        issue.expect("an issue").updated = seconds;
        self.pages.clear();
    }

    /// Adds one, and returns it as GitHub answers its creation.
    pub(super) fn create(&mut self, repository: &Repository, site: &Site, title: &str) -> Value {
        let now = Timestamp::now().as_second();
        // Numbers that are multiples of 5 and 7 are closed and pull requests.
        let free = |number: &usize| !number.is_multiple_of(5) && !number.is_multiple_of(7);
        let number = (self.issues.len() + 1..).find(free).unwrap();
        let issue = Issue { number, title: title.to_owned(), created: now, updated: now };
        let shape = shape(&issue, repository, site);
        self.issues.push(issue);
        self.pages.clear();
        shape
    }

    pub(super) fn page(&mut self, repository: &Repository, site: &Site, listing: Listing) -> Page {
        let key = (site.base.clone(), listing);
        if let Some(page) = self.pages.get(&key) {
            return page.clone();
        }
        let page = self.render(repository, site, &key.1);
        self.pages.insert(key, page.clone());
        page
    }

    fn render(&self, repository: &Repository, site: &Site, listing: &Listing) -> Page {
        let mut found: Vec<_> = self.issues.iter().filter(|issue| listing.holds(issue)).collect();
        if listing.ascending {
            found.sort_by_key(|issue| listing.key(issue));
        } else {
            found.sort_by_key(|issue| Reverse(listing.key(issue)));
        }
        let last = found.len().div_ceil(listing.size).max(1);
        let shown = found.iter().skip((listing.page - 1) * listing.size).take(listing.size);
        let shape = if listing.pulls { pulls::shape } else { shape };
        let shapes: Vec<_> = shown.map(|issue| shape(issue, repository, site)).collect();
        let body = Value::Array(shapes).to_string().into();
        Page { body, number: listing.page, last }
    }
}

/// GitHub's JSON of an issue.
fn shape(issue: &Issue, repository: &Repository, site: &Site) -> Value {
    let number = issue.number;
    let home = format!("{}/repos/{}", site.base, repository.full_name());
    let url = format!("{home}/issues/{number}");
    let page = format!("{}/{}", site.web(), repository.full_name());
    let ended = issue.ended();
    let author = shapes::user("octocat", site);
    let mut shape = json!({
        "url": url,
        "repository_url": home,
        "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"),
        "events_url": format!("{url}/events"),
        "html_url": format!("{page}/issues/{number}"),
        "id": repository.id * 100_000 + number as u64,
        "node_id": format!("I_kwDOHrjtpM{number:06}"),
        "number": number,
        "title": issue.title,
        "user": author,
        "labels": [label("bug", "d73a4a", &home), label("good first issue", "7057ff", &home)],
        "state": issue.state(),
        "locked": false,
        "assignee": null,
        "assignees": [],
        "milestone": null,
        "comments": number % 11,
        "created_at": issue.created_at(),
        "updated_at": issue.updated_at(),
        "closed_at": ended,
        "author_association": "MEMBER",
        "active_lock_reason": null,
        "sub_issues_summary": { "total": 0, "completed": 0, "percent_completed": 0 },
        "body": text(number),
        "closed_by": null,
        "reactions": reactions(&url),
        "timeline_url": format!("{url}/timeline"),
        "performed_via_github_app": null,
        "state_reason": issue.is_closed().then_some("completed"),
    });
    if issue.is_pull_request() {
        shape["draft"] = json!(false);
        shape["html_url"] = json!(format!("{page}/pull/{number}"));
        shape["pull_request"] = pull_request(number, &home, &page, ended);
    }
    shape
}

fn pull_request(number: usize, home: &str, page: &str, ended: Option<String>) -> Value {
    json!({
        "url": format!("{home}/pulls/{number}"),
        "html_url": format!("{page}/pull/{number}"),
        "diff_url": format!("{page}/pull/{number}.diff"),
        "patch_url": format!("{page}/pull/{number}.patch"),
        "merged_at": ended,
    })
}

fn reactions(url: &str) -> Value {
    json!({
        "url": format!("{url}/reactions"),
        "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "hooray": 0,
        "confused": 0, "heart": 0, "rocket": 0, "eyes": 0,
    })
}

fn label(name: &str, color: &str, home: &str) -> Value {
    json!({
        "id": shapes::id_of(name),
        "node_id": "MDU6TGFiZWwyMDgwNDU5NDY=",
        "url": format!("{home}/labels/{}", name.replace(' ', "%20")),
        "name": name,
        "color": color,
        "default": true,
        "description": format!("What people call a {name}"),
    })
}

/// What somebody wrote: Markdown with all that needs escaping in JSON.
fn text(number: usize) -> String {
    const PARAGRAPH: &str = "Steps:\r\n\r\n1. Run `cargo run -- \"check\"`\r\n2. Wait\r\n\r\n> Größe: 5 µs, ok?\r\n\r\n";
    format!("Issue {number}\r\n\r\n{}", PARAGRAPH.repeat(21))
}

fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).unwrap().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(issues: &mut Issues, query: &[(&str, &str)]) -> (Vec<Value>, Page) {
        let repository = Repository::new("octo-org", "many", false, 0);
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let listing = Listing::parse(&query.collect()).unwrap();
        let page = issues.page(&repository, &Site::new("http://127.0.0.1:1", false), listing);
        (serde_json::from_slice(&page.body).unwrap(), page)
    }

    #[test]
    fn issue_has_the_size_of_a_real_one() {
        let (issues, page) = page(&mut Issues::new(30), &[("state", "all")]);
        assert_eq!(issues.len(), 30);
        let size = page.body.len() / 30;
        assert!((4300..4700).contains(&size), "{size}");
    }

    #[test]
    fn listing_is_filtered_sorted_and_paged() {
        let mut all = Issues::new(250);
        let (first, shape) = page(&mut all, &[("state", "all"), ("per_page", "1000")]);
        assert_eq!((first.len(), shape.last, &first[0]["number"]), (100, 3, &json!(250)));
        let (last, _) = page(&mut all, &[("state", "all"), ("per_page", "100"), ("page", "3")]);
        assert_eq!(last.len(), 50);
        let (past, _) = page(&mut all, &[("page", "99")]);
        assert!(past.is_empty());
        let ascending = [("state", "all"), ("sort", "updated"), ("direction", "asc")];
        let (oldest, _) = page(&mut all, &ascending);
        let times: Vec<_> = oldest.iter().map(|issue| issue["updated_at"].to_string()).collect();
        assert!(times.is_sorted(), "{times:?}");
        let (closed, shape) = page(&mut all, &[("state", "closed"), ("per_page", "100")]);
        assert_eq!((closed.len(), shape.last), (50, 1));
    }

    #[test]
    fn since_includes_its_own_second_and_touching_moves_an_issue() {
        let mut all = Issues::new(20);
        all.touch(7, START + 10_000_000);
        let since = time(START + 10_000_000);
        let (found, _) = page(&mut all, &[("since", &since), ("state", "all")]);
        assert_eq!(found.len(), 1);
        assert!(found[0]["pull_request"].is_object());
        let later = time(START + 10_000_001);
        assert!(page(&mut all, &[("since", &later), ("state", "all")]).0.is_empty());
    }

    fn pulls(issues: &mut Issues, query: &[(&str, &str)]) -> Vec<Value> {
        let repository = Repository::new("octo-org", "many", false, 0);
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let listing = Listing::parse_pulls(&query.collect()).unwrap();
        let page = issues.page(&repository, &Site::new("http://127.0.0.1:1", false), listing);
        serde_json::from_slice(&page.body).unwrap()
    }

    #[test]
    fn pull_requests_have_a_list_of_their_own() {
        let mut all = Issues::new(40);
        all.touch(14, START + 10_000_000);
        let later = time(START + 10_000_001);
        for (query, expected) in [
            (&[("state", "all")][..], &[35, 28, 21, 14, 7][..]),
            (&[], &[28, 21, 14, 7]),
            (&[("state", "closed")], &[35]),
            (&[("direction", "asc")], &[7, 14, 21, 28]),
            (&[("sort", "updated"), ("direction", "desc"), ("per_page", "1")], &[14]),
            (&[("since", &later), ("state", "closed")], &[35]),
        ] {
            let found = pulls(&mut all, query);
            let numbers: Vec<_> = found.iter().map(|one| one["number"].as_u64().unwrap()).collect();
            assert_eq!(numbers, expected, "{query:?}");
        }
        let last = pulls(&mut all, &[("sort", "updated")]).pop().unwrap();
        assert_eq!(last["number"], 14, "oldest change first, unless told otherwise");
        let (issues, _) = page(&mut all, &[("state", "closed"), ("per_page", "100")]);
        let as_issue = issues.iter().find(|one| one["number"] == 35).unwrap();
        let closed = &pulls(&mut all, &[("state", "closed")])[0];
        assert_ne!(closed["id"], as_issue["id"]);
        assert_eq!(closed["merged_at"], as_issue["pull_request"]["merged_at"]);
        assert_eq!(closed["base"]["ref"], "main");
    }

    #[test]
    fn wrong_parameters_are_named() {
        for (name, value) in [("state", "both"), ("since", "yesterday")] {
            let query = HashMap::from([(name.to_owned(), value.to_owned())]);
            assert_eq!(Listing::parse(&query), Err(name));
        }
    }
}
