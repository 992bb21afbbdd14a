//! What exists: the site, its accounts, projects and issues; how the server is set up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use super::account::Account;
use super::issues::{Issue, issue_times};

/// The site's name below `atlassian.net` at first.
pub(super) const FIRST_NAME: &str = "acme";

/// The site's id, under which the gateway knows it.
pub(super) const CLOUD_ID: &str = "11223344-a1b2-4b33-8c44-def123456789";

/// Failed passwords after which Data Center asks for a CAPTCHA.
const ATTEMPTS: u32 = 3;

/// What becomes of the old host name of a site that is renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldName {
    /// Every request is redirected to the same path at the new name.
    Redirects,
    /// Every request is answered that there is no such site.
    IsGone,
}

/// A project.
#[derive(Clone, Debug)]
pub(super) struct Project {
    pub(super) id: u64,
    pub(super) key: String,
    pub(super) name: String,
    /// Whether it is visible without a credential.
    pub(super) public: bool,
}

/// Data Center's limit on requests: a bucket that a test fills.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    pub(super) limit: u64,
    pub(super) remaining: u64,
}

/// What stands before all three, and does not let everything through.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Proxy {
    /// Records that a request may ask for, at most; more takes the server too long.
    pub(super) page_size: Option<usize>,
    /// Bytes of a request's target, at most.
    pub(super) url_bytes: Option<usize>,
    /// Whether it lets nothing through that could change something.
    pub(super) reads_only: bool,
}

/// All of it.
#[derive(Default)]
pub(super) struct World(Mutex<State>);

pub(super) struct State {
    pub(super) name: String,
    pub(super) former: HashMap<String, OldName>,
    accounts: Vec<Arc<Account>>,
    /// Users that no credential belongs to.
    pub(super) users: usize,
    pub(super) projects: Vec<Project>,
    pub(super) issues: Vec<Issue>,
    /// Changes that wait for the next page of a search to be served: key and seconds.
    pub(super) waiting: Vec<(String, i64)>,
    pub(super) repeats_tokens: bool,
    pub(super) refuses_tokens: bool,
    /// Letters that page tokens have at least.
    pub(super) token_length: usize,
    /// Bytes that the descriptions of issues have beyond the usual, by key.
    pub(super) enlarged: HashMap<String, usize>,
    /// The context path of Data Center, with a slash at its beginning.
    pub(super) context: String,
    pub(super) proxy: Proxy,
    /// How often all page tokens have expired.
    pub(super) token_age: u32,
    pub(super) basic_disabled: bool,
    pub(super) bucket: Option<Bucket>,
    failed: HashMap<String, u32>,
}

impl Default for State {
    fn default() -> Self {
        let mut state = Self {
            name: FIRST_NAME.to_owned(),
            former: HashMap::new(),
            accounts: Vec::new(),
            users: 2,
            projects: Vec::new(),
            issues: Vec::new(),
            waiting: Vec::new(),
            repeats_tokens: false,
            refuses_tokens: false,
            token_length: 0,
            enlarged: HashMap::new(),
            context: "/jira".to_owned(),
            proxy: Proxy::default(),
            token_age: 0,
            basic_disabled: false,
            bucket: None,
            failed: HashMap::new(),
        };
        state.add_project("EX", "Example", 3);
        state.add_project("ABC", "Alphabetical", 3);
        state
    }
}

impl World {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    /// Replaces the account of the same secret.
    pub(super) fn add_account(&mut self, account: Account) {
        self.accounts.retain(|other| other.secret() != account.secret());
        self.accounts.push(Arc::new(account));
    }

    pub(super) fn with_secret(&self, secret: &str) -> Option<Arc<Account>> {
        self.accounts.iter().find(|account| account.secret() == secret).cloned()
    }

    /// Whether somebody has that email.
    pub(super) fn has_email(&self, email: &str) -> bool {
        self.accounts.iter().any(|account| account.email().eq_ignore_ascii_case(email))
    }

    /// The names of all who have an account, each once, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.accounts.iter().map(|account| account.name.clone()).collect();
        names.extend((1..=self.users).map(|number| format!("user{number:04}")));
        names.sort();
        names.dedup();
        names
    }

    pub(super) fn add_project(&mut self, key: &str, name: &str, issues: usize) {
        let id = 10_000 + self.projects.len() as u64;
        let (key, name) = (key.to_owned(), name.to_owned());
        self.projects.push(Project { id, key: key.clone(), name, public: false });
        self.add_issues(&key, issues);
    }

    pub(super) fn project(&self, key: &str) -> Option<&Project> {
        self.projects.iter().find(|project| project.key.eq_ignore_ascii_case(key))
    }

    pub(super) fn publish(&mut self, key: &str) {
        let project = self.projects.iter_mut().find(|project| project.key == key);
        project.expect("a project").public = true;
    }

    pub(super) fn add_issues(&mut self, key: &str, count: usize) {
        assert!(self.project(key).is_some(), "no project {key}");
        let before = self.issues.iter().filter(|issue| issue.project == key).count();
        for number in before + 1..=before + count {
            let id = 10_001 + self.issues.len() as u64;
            let (created, updated) = issue_times(number);
            self.issues.push(Issue::new(id, key, number, created * 1000, updated * 1000));
        }
    }

    pub(super) fn touch(&mut self, key: &str, seconds: i64) {
        let issue = self.issues.iter_mut().find(|issue| issue.key() == key);
        issue.unwrap_or_else(|| panic!("no issue {key}")).updated = seconds * 1000;
    }

    /// Changes all issues of a project, one after the other, from that time on.
    pub(super) fn date(&mut self, project: &str, first: i64, step: i64) {
        let issues = self.issues.iter_mut().filter(|issue| issue.project == project);
        for (number, issue) in (0..).zip(issues) {
            issue.updated = (first + number * step) * 1000;
        }
    }

    /// Lets the changes happen that waited for a page.
    pub(super) fn end_page(&mut self) {
        for (key, seconds) in std::mem::take(&mut self.waiting) {
            self.touch(&key, seconds);
        }
    }

    /// Whether Data Center asks for a CAPTCHA before it looks at a password of that user.
    pub(super) fn is_locked_out(&self, user: &str) -> bool {
        self.failed.get(user).is_some_and(|failed| *failed >= ATTEMPTS)
    }

    pub(super) fn count_failure(&mut self, user: &str) {
        *self.failed.entry(user.to_owned()).or_default() += 1;
    }

    pub(super) fn forgive(&mut self, user: &str) {
        self.failed.remove(user);
    }

    /// Takes one request from the bucket; none where it is empty.
    pub(super) fn take_request(&mut self) -> Option<()> {
        match &mut self.bucket {
            None => Some(()),
            Some(bucket) => {
                bucket.remaining = bucket.remaining.checked_sub(1)?;
                Some(())
            }
        }
    }
}
