//! Searches for issues, page by page.
//!
//! Data Center counts pages by offsets: an issue that moves towards the end while pages are read makes
//! another one be left out. Cloud's tokens hold the place behind the last issue of a page, by the values
//! by which the query orders, and the query itself: nothing is left out, and what moves comes twice.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};

use super::account::Account;
use super::answer::Answer;
use super::issues::{self, Issue, Selection};
use super::jql::{Clock, Field, Operand, Query};
use super::routes::Ask;
use super::world::{Project, State};

/// Issues on a page where the request does not say how many.
const PAGE: usize = 50;

/// Issues on a page of Cloud at most, where fields were asked for.
const LARGEST: usize = 100;

/// Issues on a page of Cloud at most, where only ids and keys were asked for.
const LARGEST_LIGHT: usize = 5000;

/// Issues on a page of Data Center at most.
const LARGEST_DATA_CENTER: usize = 1000;

/// What a request asks for.
pub(super) struct Wanted {
    jql: String,
    fields: Vec<String>,
    size: Option<usize>,
    start: usize,
    token: Option<String>,
}

impl Wanted {
    pub(super) fn of_query(ask: &Ask) -> Self {
        Self {
            jql: ask.text("jql").unwrap_or_default().to_owned(),
            fields: ask.list("fields"),
            size: ask.text("maxResults").and_then(|text| text.parse().ok()),
            start: ask.number("startAt", 0),
            token: ask.text("nextPageToken").map(str::to_owned),
        }
    }

    /// What a body of JSON asks for, in which every name must be known.
    pub(super) fn of_body(ask: &Ask) -> Result<Self, Answer> {
        const CLOUD: [&str; 8] = [
            "jql",
            "fields",
            "maxResults",
            "nextPageToken",
            "expand",
            "properties",
            "fieldsByKeys",
            "reconcileIssues",
        ];
        const DATA_CENTER: [&str; 6] =
            ["jql", "fields", "maxResults", "startAt", "expand", "validateQuery"];
        const MESSAGE: &str = "Invalid request payload. Refer to the REST API documentation and try \
            again.";
        let known = if ask.place.is_cloud() { &CLOUD[..] } else { &DATA_CENTER[..] };
        let invalid = || Answer::refusal(400, MESSAGE);
        let kind = ask.headers.get("content-type").and_then(|value| value.to_str().ok());
        if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
            return Err(Answer::message(415, "Unsupported Media Type"));
        }
        let body: Value = serde_json::from_slice(&ask.body).map_err(|_| invalid())?;
        let fields = body.as_object().ok_or_else(invalid)?;
        if fields.keys().any(|name| !known.contains(&name.as_str())) {
            return Err(invalid());
        }
        let number = |name: &str| body[name].as_u64().and_then(|size| usize::try_from(size).ok());
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let names = body["fields"].as_array().into_iter().flatten();
        Ok(Self {
            jql: text(&body["jql"]).unwrap_or_default(),
            fields: names.filter_map(text).collect(),
            size: number("maxResults"),
            start: number("startAt").unwrap_or(0),
            token: text(&body["nextPageToken"]),
        })
    }
}

/// The projects that an account may see, or anybody.
pub(super) fn visible<'a>(
    state: &'a State,
    account: Option<&Account>,
) -> impl Iterator<Item = &'a Project> {
    let browses = account.is_some_and(|account| account.holds("BROWSE_PROJECTS"));
    state.projects.iter().filter(move |project| project.public || browses)
}

/// The query, where it can be run for that account.
fn query(ask: &Ask, state: &State, account: Option<&Account>, jql: &str) -> Result<Query, Answer> {
    let clock = Clock::at_offset(account.map_or(0, |account| account.offset_minutes));
    let query = Query::parse(jql, &clock).map_err(|error| Answer::refusal(400, &error))?;
    if query.is_unbounded() && ask.place.is_cloud() {
        let message = "Unbounded JQL queries are not allowed here. Please add a search restriction \
                       to your query.";
        return Err(Answer::refusal(400, message));
    }
    for operand in query.operands(Field::Project) {
        let Operand::Text(name) = operand else { continue };
        let is_named = |project: &&Project| project.key.eq_ignore_ascii_case(&name);
        if visible(state, account).find(is_named).is_none() {
            let message = format!("The value '{name}' does not exist for the field 'project'.");
            return Err(Answer::refusal(400, &message));
        }
    }
    Ok(query)
}

/// Everything that a query finds, in its order.
fn find<'a>(state: &'a State, account: Option<&Account>, query: &Query) -> Vec<&'a Issue> {
    let user = account.map_or("", |account| &account.name);
    let keys: Vec<_> = visible(state, account).map(|project| &project.key).collect();
    let seen = state.issues.iter().filter(|issue| keys.contains(&&issue.project));
    let mut found: Vec<_> = seen.filter(|issue| query.holds(*issue, user)).collect();
    found.sort_by(|one, other| query.order(*one, *other));
    found
}

fn shapes(ask: &Ask, state: &State, found: &[&Issue], chosen: &Selection) -> Vec<Value> {
    let shape = |issue: &&Issue| {
        let project = state.project(&issue.project)?;
        let mut shape = issues::shape(issue, project, &ask.place, chosen);
        if let Some(bytes) = state.enlarged.get(&issue.key()) {
            enlarge(&mut shape, *bytes);
        }
        Some(shape)
    };
    found.iter().filter_map(shape).collect()
}

/// Makes the description longer, where it is among the fields.
fn enlarge(shape: &mut Value, bytes: usize) {
    let more = "x".repeat(bytes);
    match shape.pointer_mut("/fields/description") {
        Some(Value::String(text)) => text.push_str(&more),
        Some(document) => {
            let text = json!({ "type": "text", "text": more });
            let paragraph = json!({ "type": "paragraph", "content": [text] });
            if let Some(content) = document["content"].as_array_mut() {
                content.push(paragraph);
            }
        }
        None => {}
    }
}

fn part<'a>(found: &'a [&'a Issue], start: usize, size: usize) -> &'a [&'a Issue] {
    let rest = found.get(start..).unwrap_or_default();
    rest.get(..size).unwrap_or(rest)
}

/// A page of Cloud, which hands out a token for the next one.
pub(super) fn by_token(
    ask: &Ask,
    state: &mut State,
    account: Option<&Account>,
    wanted: Wanted,
) -> Result<Answer, Answer> {
    let query = query(ask, state, account, &wanted.jql)?;
    let behind = match &wanted.token {
        None => None,
        Some(token) => {
            let invalid = || Answer::refusal(400, "The provided next page token is invalid.");
            let known = open(token, &wanted.jql, state).filter(|_| !state.refuses_tokens);
            Some(known.ok_or_else(invalid)?)
        }
    };
    let chosen = Selection::of(&wanted.fields);
    let largest = if chosen.is_light() { LARGEST_LIGHT } else { LARGEST };
    let size = wanted.size.unwrap_or(PAGE).clamp(1, largest);
    let mut found = find(state, account, &query);
    if let Some(behind) = &behind {
        found.retain(|issue| query.order(*issue, behind).is_gt());
    }
    let shown = part(&found, 0, size);
    let mut body = json!({ "issues": shapes(ask, state, shown, &chosen) });
    body["isLast"] = json!(found.len() <= size);
    if found.len() > size || state.repeats_tokens {
        let token = wanted.token.filter(|_| state.repeats_tokens);
        let next = || shown.last().map(|last| seal(last, &wanted.jql, state));
        body["nextPageToken"] = json!(token.or_else(next));
        body["isLast"] = json!(false);
    }
    state.end_page();
    Ok(Answer::json(&body))
}

/// A page of Data Center, which says how many there are.
pub(super) fn by_offset(
    ask: &Ask,
    state: &mut State,
    account: Option<&Account>,
    wanted: Wanted,
) -> Result<Answer, Answer> {
    let query = query(ask, state, account, &wanted.jql)?;
    let all = vec!["*navigable".to_owned()];
    let chosen = Selection::of(if wanted.fields.is_empty() { &all } else { &wanted.fields });
    let size = wanted.size.unwrap_or(PAGE).min(LARGEST_DATA_CENTER);
    let found = find(state, account, &query);
    let body = json!({
        "expand": "schema,names",
        "startAt": wanted.start,
        "maxResults": size,
        "total": found.len(),
        "issues": shapes(ask, state, part(&found, wanted.start, size), &chosen),
    });
    state.end_page();
    Ok(Answer::json(&body))
}

/// What a token is bound to: its query, and the age in which it was handed out.
fn bond(jql: &str, age: u32) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(jql.as_bytes());
    format!("{age}.{:08x}", crc.sum())
}

/// A token for what comes behind that issue, good for that query alone.
fn seal(last: &Issue, jql: &str, state: &State) -> String {
    let (created, updated) = (last.created, last.updated);
    let bond = bond(jql, state.token_age);
    let token = URL_SAFE.encode(format!("#{}&{created}&{updated}%{bond}", last.key()));
    // What follows the dot has no meaning.
    match state.token_length.checked_sub(token.len() + 1) {
        Some(rest) => format!("{token}.{}", "t".repeat(rest)),
        None => token,
    }
}

/// The issue of the token, as it was when its page was served.
fn open(token: &str, jql: &str, state: &State) -> Option<Issue> {
    let token = token.split('.').next()?;
    let text = String::from_utf8(URL_SAFE.decode(token).ok()?).ok()?;
    let (place, sealed) = text.strip_prefix('#')?.split_once('%')?;
    let mut place = place.split('&');
    let key = place.next()?;
    let issue = state.issues.iter().find(|issue| issue.key() == key)?;
    let mut times = place.map(str::parse);
    let (created, updated) = (times.next()?.ok()?, times.next()?.ok()?);
    let mut issue = issue.clone();
    (issue.created, issue.updated) = (created, updated);
    (sealed == bond(jql, state.token_age)).then_some(issue)
}
