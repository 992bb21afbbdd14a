//! The commits of a repository, by branch.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::shapes::{self, Site};
use super::world::Repository;

/// The branch that a repository has first.
pub(super) const DEFAULT_BRANCH: &str = "main";

/// 2025-01-01T00:00:00Z.
const START: i64 = 1_735_689_600;

/// When the commit of that number, counted from 1, was committed, in seconds since the Unix epoch.
pub fn commit_time(number: usize) -> i64 {
    START + i64::try_from(number).unwrap() * 60
}

/// One commit.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    sha: String,
    parent: Option<String>,
    message: String,
    seconds: i64,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// A branch or a commit; none for the default branch.
    from: Option<String>,
    since: i64,
    until: i64,
}

impl Range {
    /// The range that the query describes; the name of the parameter that is wrong, otherwise.
    pub(super) fn parse(query: &HashMap<String, String>) -> Result<Self, &'static str> {
        let time = |name: &'static str, otherwise: i64| match query.get(name) {
            None => Ok(otherwise),
            Some(text) => text.parse().map(Timestamp::as_second).map_err(|_| name),
        };
        Ok(Self {
            from: query.get("sha").filter(|text| !text.is_empty()).cloned(),
            since: time("since", i64::MIN)?,
            until: time("until", i64::MAX)?,
        })
    }
}

/// All commits of a repository: of each branch, the oldest first. None in an empty repository.
#[derive(Debug, Default)]
pub(super) struct Commits(BTreeMap<String, Vec<Commit>>);

impl Commits {
    /// So many on the default branch.
    pub(super) fn new(count: usize) -> Self {
        let mut commits = Self::default();
        for number in 1..=count {
            commits.add(DEFAULT_BRANCH, commit_time(number));
        }
        commits
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one at the head of a branch, and returns its name. A new branch begins where the default
    /// branch is.
    pub(super) fn add(&mut self, branch: &str, seconds: i64) -> String {
        let count: usize = self.0.values().map(Vec::len).sum();
        let main = self.0.get(DEFAULT_BRANCH).cloned().unwrap_or_default();
        let commits = self.0.entry(branch.to_owned()).or_insert(main);
        let sha = name(branch, count, seconds);
        let parent = commits.last().map(|commit| commit.sha.clone());
        let message = format!("Commit {} on {branch}\n\nnaïve \"quotes\" 🚀", count + 1);
        commits.push(Commit { sha: sha.clone(), parent, message, seconds });
        sha
    }

    /// Those of the range, from its head back; none where there is no such branch or commit.
    pub(super) fn of(&self, range: &Range) -> Option<Vec<Commit>> {
        let from = range.from.as_deref().unwrap_or(DEFAULT_BRANCH);
        let reached = match self.0.get(from) {
            Some(commits) => commits.as_slice(),
            None => self.0.values().find_map(|commits| {
                let at = commits.iter().position(|commit| commit.sha == from)?;
                commits.get(..=at)
            })?,
        };
        let fits = |commit: &&Commit| (range.since..=range.until).contains(&commit.seconds);
        Some(reached.iter().rev().filter(fits).cloned().collect())
    }
}

/// A name that looks like one of Git's.
fn name(branch: &str, count: usize, seconds: i64) -> String {
    let part = |number: usize| {
        let mut crc = flate2::Crc::new();
        crc.update(format!("{branch} {count} {seconds} {number}").as_bytes());
        format!("{:08x}", crc.sum())
    };
    (0..5).map(part).collect()
}

/// GitHub's JSON of a commit.
pub(super) fn shape(commit: &Commit, repository: &Repository, site: &Site) -> Value {
    let Commit { sha, parent, message, seconds } = commit;
    let home = format!("{}/repos/{}", site.base, repository.full_name());
    let page = format!("{}/{}", site.web(), repository.full_name());
    let date = Timestamp::from_second(*seconds).unwrap().to_string();
    let signed = json!({ "name": "Octo Cat", "email": "octocat@users.example", "date": date });
    let link = |sha: &str| {
        json!({
            "sha": sha,
            "url": format!("{home}/commits/{sha}"),
            "html_url": format!("{page}/commit/{sha}"),
        })
    };
    json!({
        "sha": sha,
        "node_id": format!("C_kwDO{sha}"),
        "commit": {
            "author": signed,
            "committer": signed,
            "message": message,
            "tree": { "sha": sha, "url": format!("{home}/git/trees/{sha}") },
            "url": format!("{home}/git/commits/{sha}"),
            "comment_count": 0,
            "verification": {
                "verified": false, "reason": "unsigned", "signature": null, "payload": null,
                "verified_at": null,
            },
        },
        "url": format!("{home}/commits/{sha}"),
        "html_url": format!("{page}/commit/{sha}"),
        "comments_url": format!("{home}/commits/{sha}/comments"),
        "author": shapes::user("octocat", site),
        "committer": shapes::user("octocat", site),
        "parents": parent.iter().map(|parent| link(parent)).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(commits: &Commits, query: &[(&str, &str)]) -> Option<Vec<String>> {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let found = commits.of(&Range::parse(&query.collect()).unwrap())?;
        Some(found.into_iter().map(|commit| commit.sha).collect())
    }

    fn time(seconds: i64) -> String {
        Timestamp::from_second(seconds).unwrap().to_string()
    }

    #[test]
    fn a_range_goes_from_a_head_back() {
        let mut commits = Commits::new(3);
        let main = names(&commits, &[]).unwrap();
        let side = commits.add("side", commit_time(9));
        let on_side = names(&commits, &[("sha", "side")]).unwrap();
        assert_eq!((&on_side[0], &on_side[1..]), (&side, &*main));
        assert_eq!(names(&commits, &[("sha", "main")]).unwrap(), main);
        assert_eq!(names(&commits, &[("sha", &main[1])]).unwrap(), main[1..]);
        assert_eq!(names(&commits, &[("sha", "nowhere")]), None);
        let unique: std::collections::HashSet<_> = on_side.iter().collect();
        assert_eq!(unique.len(), 4);
        assert!(on_side.iter().all(|sha| sha.len() == 40), "{on_side:?}");
    }

    #[test]
    fn since_and_until_include_their_own_second() {
        let commits = Commits::new(3);
        let main = names(&commits, &[]).unwrap();
        let at = |number| time(commit_time(number));
        let after = |number| time(commit_time(number) + 1);
        for (name, value, expected) in [
            ("since", at(2), &main[..2]),
            ("since", after(2), &main[..1]),
            ("since", after(3), &[]),
            ("until", at(2), &main[1..]),
        ] {
            assert_eq!(names(&commits, &[(name, &value)]).unwrap(), expected, "{name} {value}");
        }
        let wrong = HashMap::from([("since".to_owned(), "yesterday".to_owned())]);
        assert_eq!(Range::parse(&wrong), Err("since"));
    }

    #[test]
    fn an_empty_repository_has_none_until_the_first() {
        let mut commits = Commits::new(0);
        assert!(commits.is_empty());
        commits.add("side", commit_time(1));
        assert!(!commits.is_empty());
        assert_eq!(names(&commits, &[("sha", "side")]).unwrap().len(), 1);
    }
}
