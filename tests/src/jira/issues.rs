//! Issues: generated, compared by queries, and written in Jira's JSON.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Map, Value, json};

use super::jql::{Field, Subject};
use super::shapes::{self, Place};
use super::world::Project;

/// 2025-01-01T00:00:00Z.
const START: i64 = 1_735_689_600;

/// When the issue of that number in its project was created and last changed, in seconds since the
/// Unix epoch.
///
/// A minute lies between the creation of two issues; the changes come in another order, and some in
/// the same second.
pub fn issue_times(number: usize) -> (i64, i64) {
    let number = i64::try_from(number).unwrap();
    let created = START + number * 60;
    (created, created + (number * 37 % 101) * 3600)
}

/// One issue.
#[derive(Clone, Debug)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) project: String,
    number: usize,
    summary: String,
    /// Milliseconds since the Unix epoch.
    pub(super) created: i64,
    /// Milliseconds since the Unix epoch.
    pub(super) updated: i64,
}

impl Issue {
    pub(super) fn new(id: u64, project: &str, number: usize, created: i64, updated: i64) -> Self {
        let summary = format!("Issue {number} of the simulation: naïve \"quotes\" & <tags> 🚀");
        Self { id, project: project.to_owned(), number, summary, created, updated }
    }

    pub(super) fn key(&self) -> String {
        format!("{}-{}", self.project, self.number)
    }

    fn is_done(&self) -> bool {
        self.number.is_multiple_of(5)
    }

    fn kind(&self) -> &'static str {
        if self.number.is_multiple_of(7) { "Bug" } else { "Task" }
    }

    fn assignee(&self) -> Option<&'static str> {
        (!self.number.is_multiple_of(3)).then_some("user0001")
    }
}

/// What a user is called in queries: by name on Data Center, by id on Cloud.
fn names(user: &str) -> Vec<String> {
    vec![user.to_owned(), shapes::account_id(user)]
}

impl Subject for Issue {
    fn texts(&self, field: Field) -> Vec<String> {
        match field {
            Field::Project => vec![self.project.clone()],
            Field::Key => vec![self.key(), self.id.to_string()],
            Field::Status if self.is_done() => vec!["Done".to_owned()],
            Field::Status => vec!["To Do".to_owned()],
            Field::StatusCategory if self.is_done() => vec!["Done".to_owned(), "done".to_owned()],
            Field::StatusCategory => vec!["To Do".to_owned(), "new".to_owned()],
            Field::Type => vec![self.kind().to_owned()],
            Field::Assignee => self.assignee().map_or_else(Vec::new, names),
            Field::Reporter => names("user0002"),
            Field::Labels => vec!["simulation".to_owned()],
            Field::Summary => vec![self.summary.clone()],
            Field::Updated | Field::Created => Vec::new(),
        }
    }

    fn time(&self, field: Field) -> i64 {
        if field == Field::Created { self.created } else { self.updated }
    }

    fn order(&self, other: &Self, field: Field) -> Ordering {
        match field {
            Field::Updated | Field::Created => self.time(field).cmp(&other.time(field)),
            Field::Key => (&self.project, self.number).cmp(&(&other.project, other.number)),
            _ => self.texts(field).cmp(&other.texts(field)),
        }
    }
}

/// Which fields an answer has: those of `fields`, by Jira's rules.
#[derive(Clone, Debug)]
pub(super) struct Selection {
    all: bool,
    named: Vec<String>,
    excluded: Vec<String>,
}

impl Selection {
    /// The selection of these names; `*all` and `*navigable` are the same here.
    pub(super) fn of(names: &[String]) -> Self {
        let (excluded, named): (Vec<_>, Vec<_>) =
            names.iter().filter(|name| !name.is_empty()).partition(|name| name.starts_with('-'));
        let all = named.iter().any(|name| name.starts_with('*'));
        let excluded = excluded.iter().map(|name| name[1..].to_owned()).collect();
        Self { all, named: named.into_iter().cloned().collect(), excluded }
    }

    /// Whether nothing but the id was asked for, which is so where nothing was asked for.
    pub(super) fn is_id_alone(&self) -> bool {
        !self.all && self.named.iter().all(|name| name == "id")
    }

    /// Whether no field was asked for that has to be looked up.
    pub(super) fn is_light(&self) -> bool {
        !self.all && self.named.iter().all(|name| matches!(&**name, "id" | "key"))
    }

    fn keep(&self, fields: &mut Map<String, Value>) {
        fields.retain(|name, _| {
            let named = self.named.iter().any(|wanted| wanted == name);
            (self.all || named) && !self.excluded.contains(name)
        });
    }
}

/// Jira's JSON of an issue.
pub(super) fn shape(issue: &Issue, project: &Project, place: &Place, chosen: &Selection) -> Value {
    if place.is_cloud() && chosen.is_id_alone() {
        return json!({ "id": issue.id.to_string() });
    }
    let mut shape = json!({
        "expand": "operations,customfield_10010.requestTypePractice,schema,editmeta,changelog,names,transitions,renderedFields",
        "id": issue.id.to_string(),
        "self": place.api(&format!("/issue/{}", issue.id)),
        "key": issue.key(),
    });
    if !chosen.is_light() {
        let mut fields = fields(issue, project, place);
        chosen.keep(&mut fields);
        shape["fields"] = Value::Object(fields);
    }
    shape
}

fn fields(issue: &Issue, project: &Project, place: &Place) -> Map<String, Value> {
    let user = |name: &str| shapes::mention(name, place);
    let done = issue.is_done();
    let resolution = done.then(|| {
        json!({
            "self": place.api("/resolution/10000"),
            "id": "10000",
            "description": "Work has been completed on this issue.",
            "name": "Done",
        })
    });
    let watches = json!({
        "self": place.api(&format!("/issue/{}/watchers", issue.key())),
        "watchCount": issue.number % 4,
        "isWatching": false,
    });
    let Value::Object(fields) = json!({
        "statuscategorychangedate": place.time(issue.created),
        "issuetype": issue_type(issue, place),
        "timespent": null,
        "project": shapes::project_mention(project, place),
        "fixVersions": [],
        "resolution": resolution,
        "resolutiondate": done.then(|| place.time(issue.updated)),
        "workratio": -1,
        "watches": watches,
        "lastViewed": null,
        "created": place.time(issue.created),
        "priority": {
            "self": place.api("/priority/3"),
            "iconUrl": place.web("/images/icons/priorities/medium.svg"),
            "name": "Medium",
            "id": "3",
        },
        "labels": ["simulation"],
        "timeestimate": null,
        "aggregatetimeoriginalestimate": null,
        "versions": [],
        "issuelinks": [],
        "assignee": issue.assignee().map(user),
        "updated": place.time(issue.updated),
        "status": status(done, place),
        "components": [],
        "description": description(issue.number, place.is_cloud() && place.version() == "3"),
        "customfield_10019": format!("0|i{:05}:", issue.number),
        "summary": issue.summary,
        "creator": user("user0002"),
        "subtasks": [],
        "reporter": user("user0002"),
        "environment": null,
        "duedate": null,
        "progress": { "progress": 0, "total": 0 },
        "votes": {
            "self": place.api(&format!("/issue/{}/votes", issue.key())),
            "votes": 0,
            "hasVoted": false,
        },
    }) else {
        return Map::new();
    };
    fields
}

fn issue_type(issue: &Issue, place: &Place) -> Value {
    json!({
        "self": place.api("/issuetype/10002"),
        "id": "10002",
        "description": "A small, distinct piece of work.",
        "iconUrl": place.api("/universal_avatar/view/type/issuetype/avatar/10318?size=medium"),
        "name": issue.kind(),
        "subtask": false,
        "avatarId": 10318,
        "hierarchyLevel": 0,
    })
}

fn status(done: bool, place: &Place) -> Value {
    let (id, name, key, color) =
        if done { (3, "Done", "done", "green") } else { (2, "To Do", "new", "blue-gray") };
    json!({
        "self": place.api(&format!("/status/1000{id}")),
        "description": "",
        "iconUrl": place.web("/images/icons/statuses/generic.png"),
        "name": name,
        "id": format!("1000{id}"),
        "statusCategory": {
            "self": place.api(&format!("/statuscategory/{id}")),
            "id": id,
            "key": key,
            "colorName": color,
            "name": name,
        },
    })
}

/// What somebody wrote: a document in Atlassian's format, or wiki markup.
fn description(number: usize, document: bool) -> Value {
    const SENTENCE: &str =
        "Run `jira check` with \"quotes\", wait 5 µs & look: größer als <before>, isn't it? ";
    if !document {
        return json!(format!("h2. Issue {number}\r\n\r\n{}\r\n", SENTENCE.repeat(12)));
    }
    let text = |text: &str| json!({ "type": "text", "text": text });
    let paragraph = |_| json!({ "type": "paragraph", "content": [text(SENTENCE)] });
    let heading = json!({
        "type": "heading",
        "attrs": { "level": 2 },
        "content": [text(&format!("Issue {number}"))],
    });
    let content: Vec<_> = std::iter::once(heading).chain((0..4).map(paragraph)).collect();
    json!({ "type": "doc", "version": 1, "content": content })
}

/// A time as Jira writes it: `2021-01-18T23:45:00.000+0000`, in the user's time zone.
pub(super) fn time(milliseconds: i64, offset_minutes: i32) -> String {
    let zone = TimeZone::fixed(Offset::from_seconds(offset_minutes * 60).unwrap());
    let time = Timestamp::from_millisecond(milliseconds).unwrap().to_zoned(zone);
    time.strftime("%Y-%m-%dT%H:%M:%S.%3f%z").to_string()
}
