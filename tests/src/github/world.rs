//! What exists: accounts, organizations, repositories.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use super::account::{Account, HOURLY_LIMIT};
use super::commits::Commits;
use super::issues::Issues;
use super::organizations::Organization;
use super::policy::Policy;
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
    pub(super) commits: Mutex<Commits>,
}

impl Repository {
    pub(super) fn new(owner: &str, name: &str, private: bool, issues: usize) -> Self {
        Self {
            id: shapes::id_of(&format!("{owner}/{name}")),
            owner: owner.to_owned(),
            name: name.to_owned(),
            private,
            issues: Mutex::new(Issues::new(issues)),
            commits: Mutex::new(Commits::new(3)),
        }
    }

    /// One that nobody has pushed to.
    pub(super) fn empty(owner: &str, name: &str, private: bool) -> Self {
        Self { commits: Mutex::default(), ..Self::new(owner, name, private, 0) }
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
    organizations: RwLock<Vec<Organization>>,
    hides_version: AtomicBool,
    /// The origin that links name, where that is not the one that is listened at.
    public_origin: RwLock<Option<String>>,
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
            organizations: RwLock::new(vec![
                Organization::new("octo-org"),
                Organization::new(SSO_ORGANIZATION),
            ]),
            hides_version: AtomicBool::new(false),
            public_origin: RwLock::default(),
            renamed: old,
            anonymous,
        }
    }

    pub(super) fn add_account(&self, account: Account) {
        for organization in &account.organizations {
            self.change(organization, |it| {
                if !it.members.iter().any(|member| member.login == account.login) {
                    it.admit(&account.login, false);
                }
            });
        }
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
        if repository.owner.ends_with("-org") {
            self.change(&repository.owner, |_| ());
        }
        repositories.retain(|other| !other.is(&repository.owner, &repository.name));
        repositories.push(Arc::new(repository));
    }

    /// Changes an organization, which is there from now on.
    fn change(&self, login: &str, change: impl FnOnce(&mut Organization)) {
        let mut organizations = self.organizations.write().unwrap();
        let at = organizations.iter().position(|one| one.is(login)).unwrap_or_else(|| {
            organizations.push(Organization::new(login));
            organizations.len() - 1
        });
        change(&mut organizations[at]);
    }

    pub(super) fn organization(&self, login: &str) -> Option<Organization> {
        self.organizations.read().unwrap().iter().find(|one| one.is(login)).cloned()
    }

    pub(super) fn admit(&self, organization: &str, login: &str, public: bool) {
        self.change(organization, |it| it.admit(login, public));
    }

    pub(super) fn set_policy(&self, organization: &str, policy: Policy) {
        self.change(organization, |it| it.policies.push(policy));
    }

    pub(super) fn hide_version(&self) {
        self.hides_version.store(true, Ordering::Release);
    }

    pub(super) fn hides_version(&self) -> bool {
        self.hides_version.load(Ordering::Acquire)
    }

    pub(super) fn set_public_origin(&self, origin: &str) {
        *self.public_origin.write().unwrap() = Some(origin.to_owned());
    }

    pub(super) fn public_origin(&self) -> Option<String> {
        self.public_origin.read().unwrap().clone()
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

    pub(super) fn add_commit(&self, owner: &str, name: &str, branch: &str, seconds: i64) -> String {
        let repository = self.named(owner, name).expect("a repository");
        repository.commits.lock().unwrap().add(branch, seconds)
    }

    pub(super) fn set_remaining(&self, token: &str, remaining: u64) {
        assert!(remaining <= HOURLY_LIMIT, "at most {HOURLY_LIMIT} requests remain");
        self.account(token).expect("an account").set_remaining(remaining);
    }
}
