//! The records of one stream at a simulated provider, and how the provider orders them.

use jackfield_host::failure::Timestamp;
use serde_json::{Value, json};

use super::case::{Case, Edit, Times};
use crate::chance::Chance;

const DAY: i64 = 24 * 60 * 60;

/// A stream of a connector. Cloud and Data Center are two providers: they page differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stream {
    Repositories,
    Organizations,
    Members,
    Issues,
    PullRequests,
    Commits,
    CloudProjects,
    CloudUsers,
    CloudIssues,
    ServerProjects,
    ServerUsers,
    ServerIssues,
}

impl Stream {
    pub(super) const ALL: [Self; 12] = [
        Self::Repositories,
        Self::Organizations,
        Self::Members,
        Self::Issues,
        Self::PullRequests,
        Self::Commits,
        Self::CloudProjects,
        Self::CloudUsers,
        Self::CloudIssues,
        Self::ServerProjects,
        Self::ServerUsers,
        Self::ServerIssues,
    ];

    /// The stream's name in its connector's manifest.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Repositories => "repositories",
            Self::Organizations => "organizations",
            Self::Members => "members",
            Self::PullRequests => "pull_requests",
            Self::Commits => "commits",
            Self::Issues | Self::CloudIssues | Self::ServerIssues => "issues",
            Self::CloudProjects | Self::ServerProjects => "projects",
            Self::CloudUsers | Self::ServerUsers => "users",
        }
    }

    pub(super) fn is_of_github(self) -> bool {
        use Stream::{Commits, Issues, Members, Organizations, PullRequests, Repositories};
        matches!(self, Repositories | Organizations | Members | Issues | PullRequests | Commits)
    }

    pub(super) fn is_of_cloud(self) -> bool {
        matches!(self, Self::CloudProjects | Self::CloudUsers | Self::CloudIssues)
    }

    /// Whether the provider orders the records by their last change.
    pub(super) fn is_by_change(self) -> bool {
        use Stream::{CloudIssues, Issues, PullRequests, ServerIssues};
        matches!(self, Issues | PullRequests | CloudIssues | ServerIssues)
    }

    /// The key that the connector gives the record of that number.
    pub(super) fn key(self, id: u64) -> String {
        match self {
            Self::Commits => format!("{id:040x}"),
            Self::CloudUsers => format!("account-{id}"),
            Self::ServerUsers => format!("JIRAUSER{id}"),
            _ => id.to_string(),
        }
    }
}

/// One record.
#[derive(Clone, Debug)]
pub(super) struct Record {
    id: u64,
    /// When it was added, by the order of additions.
    place: i64,
    /// Its last change in seconds, by the provider's clock.
    changed: i64,
    /// Whether the provider tells the last change.
    dated: bool,
    /// Whether the account may see it. The provider cuts pages before it leaves records out.
    shown: bool,
    version: u64,
    /// Whether it alone is larger than a response may be.
    giant: bool,
    /// Whether it has been there, unchanged or changed, since the beginning.
    stays: bool,
}

/// Where a record stands in its list.
pub(super) type Place = (i64, i64);

/// All records of one stream.
pub(super) struct World {
    pub(super) stream: Stream,
    records: Vec<Record>,
    /// Seconds since the epoch, by the provider's clock.
    now: i64,
    first_id: u64,
    next_id: u64,
}

impl World {
    pub(super) fn new(case: &Case) -> Self {
        const FIRST: u64 = 1_000;
        let here = i64::try_from(Timestamp::now().0 / 1_000).unwrap();
        let now = here + DAY * i64::from(case.clock_days);
        let mut chance = Chance::new(case.seed);
        let count = i64::from(case.records);
        let record = |place: i64| {
            let ago = match case.times {
                Times::Steady { seconds } => i64::from(seconds) * (count - place),
                Times::Groups { size } => (count - place) / i64::from(size.max(1)),
                Times::AnyOrder => i64::from(chance.below(400)) * 60,
                Times::Same => 0,
            };
            let ahead = chance.percent(case.percent_ahead);
            let changed = if ahead { now + 3 * DAY - ago } else { now - DAY - ago };
            Record {
                id: FIRST + u64::try_from(place).unwrap(),
                place,
                changed,
                dated: !chance.percent(case.percent_undated),
                shown: !case.hides(u32::try_from(place).unwrap()),
                version: 1,
                giant: case.is_giant(u32::try_from(place).unwrap()),
                stays: true,
            }
        };
        let records: Vec<Record> = (0..count).map(record).collect();
        let next_id = FIRST + u64::from(case.records);
        Self { stream: case.stream, records, now, first_id: FIRST, next_id }
    }

    /// The provider's clock.
    pub(super) fn now(&self) -> i64 {
        self.now
    }

    pub(super) fn tick(&mut self) {
        self.now += 1;
    }

    pub(super) fn place(&self, record: &Record) -> Place {
        let id = i64::try_from(record.id).unwrap();
        match self.stream {
            Stream::Issues | Stream::PullRequests => (-record.changed, -id),
            Stream::CloudIssues | Stream::ServerIssues => (record.changed, id),
            Stream::Commits => (-record.place, 0),
            _ => (0, id),
        }
    }

    /// The list in the provider's order, of what changed at or after `since` seconds.
    pub(super) fn list(&self, since: Option<i64>) -> Vec<Record> {
        let fits = |record: &&Record| since.is_none_or(|since| record.changed >= since);
        let mut list: Vec<Record> = self.records.iter().filter(fits).cloned().collect();
        list.sort_by_key(|record| self.place(record));
        list
    }

    pub(super) fn apply(&mut self, edit: Edit) {
        let chosen = |part: u32, of: usize| part as usize % of.max(1);
        let newest_first = matches!(self.stream, Stream::Issues | Stream::PullRequests);
        match edit {
            Edit::Touch { which } => {
                let (now, of) = (self.now, self.records.len());
                if let Some(record) = self.records.get_mut(chosen(which, of)) {
                    record.version += 1;
                    // It may move to where this run has passed already: to the front at GitHub, and back at
                    // Jira where it was dated ahead. The next run brings it.
                    record.stays &= !newest_first && record.changed <= now;
                    record.changed = now;
                }
            }
            Edit::Insert { first } => self.insert(first),
            Edit::Remove { which } => {
                if !self.records.is_empty() {
                    self.records.remove(chosen(which, self.records.len()));
                }
            }
        }
    }

    fn insert(&mut self, first: bool) {
        let id = if first {
            self.first_id -= 1;
            self.first_id
        } else {
            self.next_id += 1;
            self.next_id - 1
        };
        let place = i64::try_from(self.records.len()).unwrap() + 1_000;
        let (changed, dated, shown, version) = (self.now, true, true, 1);
        let (giant, stays) = (false, false);
        self.records.push(Record { id, place, changed, dated, shown, version, giant, stays });
    }

    /// Keys and versions of all records that the account may see.
    pub(super) fn visible(&self) -> impl Iterator<Item = (String, u64)> {
        let shown = self.records.iter().filter(|record| record.shown && !record.giant);
        shown.map(|record| (self.stream.key(record.id), record.version))
    }

    /// Keys of all visible records that have been there since the beginning.
    pub(super) fn permanent(&self) -> impl Iterator<Item = String> {
        let stays =
            self.records.iter().filter(|record| record.shown && record.stays && !record.giant);
        stays.map(|record| self.stream.key(record.id))
    }

    /// How many of the records were among those from the start, from that one on.
    pub(super) fn number_of(records: &[Record], from: u32, count: u32) -> usize {
        let among = i64::from(from)..i64::from(from + count);
        records.iter().filter(|record| among.contains(&record.place)).count()
    }

    /// Whether a record is there that alone is too large.
    pub(super) fn has_giant(records: &[Record]) -> bool {
        records.iter().any(|record| record.giant && record.shown)
    }

    pub(super) fn holds_giant(&self) -> bool {
        Self::has_giant(&self.records)
    }

    /// The JSON of those records that the account may see.
    pub(super) fn shapes(&self, records: &[Record]) -> Vec<Value> {
        records.iter().filter(|record| record.shown).map(|record| self.shape(record)).collect()
    }

    fn shape(&self, record: &Record) -> Value {
        let key = self.stream.key(record.id);
        let moment = jiff::Timestamp::from_second(record.changed).unwrap();
        let date = record.dated.then(|| moment.strftime("%FT%TZ").to_string());
        let version = record.version;
        match self.stream {
            Stream::Commits => {
                json!({ "sha": key, "version": version, "commit": { "committer": { "date": date } } })
            }
            Stream::CloudUsers => json!({ "accountId": key, "version": version }),
            Stream::ServerUsers => json!({ "key": key, "version": version }),
            Stream::CloudProjects | Stream::ServerProjects => {
                json!({ "id": key, "version": version })
            }
            Stream::CloudIssues | Stream::ServerIssues => {
                let date = record.dated.then(|| moment.strftime("%FT%T.000+0000").to_string());
                let key_of_project = format!("EX-{key}");
                json!({
                    "id": key, "key": key_of_project, "version": version, "fields": { "updated": date },
                })
            }
            Stream::Repositories | Stream::Organizations | Stream::Members => {
                json!({ "id": record.id, "version": version })
            }
            Stream::Issues | Stream::PullRequests => {
                json!({ "id": record.id, "version": version, "updated_at": date })
            }
        }
    }
}
