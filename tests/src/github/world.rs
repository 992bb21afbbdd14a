//! What exists: accounts, organizations, repositories.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use super::account::{Account, HOURLY_LIMIT};
use super::issues::Issues;
use super::shapes;

/// The organization that is behind single sign-on.
pub(super) const SSO_ORGANIZATION: &str = "sso-org";

/// A repository.
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) owner: String,
    pub(super) name: String,
    pub(super) private: bool,
    pub(super) issues: Mutex<Issues>,
}

impl Repository {
    pub(super) fn new(owner: &str, name: &str, private: bool, issues: usize) -> Self {
        Self {
            id: shapes::id_of(&format!("{owner}/{name}")),
            owner: owner.to_owned(),
            name: name.to_owned(),
            private,
            issues: Mutex::new(Issues::new(issues)),
        }
    }

    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    fn is(&self, owner: &str, name: &str) -> bool {
        self.owner.eq_ignore_ascii_case(owner) && self.name.eq_ignore_ascii_case(name)
    }
}

/// All of it.
pub(super) struct World {
    accounts: RwLock<HashMap<String, Arc<Account>>>,
    repositories: RwLock<Vec<Arc<Repository>>>,
    /// Old owner and name, in lower case, and the new full name's id.
    renamed: HashMap<String, u64>,
    /// Requests without a token.
    anonymous: Account,
}

impl World {
    pub(super) fn new() -> Self {
        let renamed = Repository::new("octo-org", "new-name", false, 3);
        let old = HashMap::from([("octo-org/old-name".to_owned(), renamed.id)]);
        let repositories = vec![
            Arc::new(Repository::new("octo-org", "hello-world", false, 3)),
            Arc::new(Repository::new("octo-org", "secret-plans", true, 3)),
            Arc::new(renamed),
            Arc::new(Repository::new(SSO_ORGANIZATION, "engine", true, 3)),
        ];
        let anonymous = Account::classic("anonymous", &[]).with_token("").member_of(&[]);
        anonymous.set_remaining(60);
        Self {
            accounts: RwLock::default(),
            repositories: RwLock::new(repositories),
            renamed: old,
            anonymous,
        }
    }

    pub(super) fn add_account(&self, account: Account) {
        let account = Arc::new(account);
        self.accounts.write().unwrap().insert(account.token().to_owned(), account);
    }

    pub(super) fn account(&self, token: &str) -> Option<Arc<Account>> {
        self.accounts.read().unwrap().get(token).cloned()
    }

    pub(super) fn anonymous(&self) -> &Account {
        &self.anonymous
    }

    pub(super) fn add_repository(&self, repository: Repository) {
        let mut repositories = self.repositories.write().unwrap();
        repositories.retain(|other| !other.is(&repository.owner, &repository.name));
        repositories.push(Arc::new(repository));
    }

    pub(super) fn repositories(&self) -> Vec<Arc<Repository>> {
        self.repositories.read().unwrap().clone()
    }

    pub(super) fn named(&self, owner: &str, name: &str) -> Option<Arc<Repository>> {
        self.find(|repository| repository.is(owner, name))
    }

    pub(super) fn numbered(&self, id: u64) -> Option<Arc<Repository>> {
        self.find(|repository| repository.id == id)
    }

    fn find(&self, wanted: impl Fn(&Repository) -> bool) -> Option<Arc<Repository>> {
        let repositories = self.repositories.read().unwrap();
        repositories.iter().find(|repository| wanted(repository)).cloned()
    }

    /// The id of a repository that had this name once.
    pub(super) fn renamed(&self, owner: &str, name: &str) -> Option<u64> {
        self.renamed.get(&format!("{owner}/{name}").to_ascii_lowercase()).copied()
    }

    pub(super) fn touch_issue(&self, owner: &str, name: &str, number: usize, seconds: i64) {
        let repository = self.named(owner, name).expect("a repository");
        repository.issues.lock().unwrap().touch(number, seconds);
    }

    pub(super) fn set_remaining(&self, token: &str, remaining: u64) {
        assert!(remaining <= HOURLY_LIMIT, "at most {HOURLY_LIMIT} requests remain");
        self.account(token).expect("an account").set_remaining(remaining);
    }
}
