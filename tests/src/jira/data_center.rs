//! Data Center's REST API, below `/rest/api/2` alone.

use serde_json::{Value, json};

use super::access::{self, Caller};
use super::account::Account;
use super::answer::{Answer, HTML};
use super::routes::Ask;
use super::search::{self, Wanted};
use super::shapes;
use super::world::State;

/// Users on a page where the request does not say how many.
const PAGE: usize = 50;

/// The answer, and whose request it was taken for.
pub(super) fn answer(ask: Ask, state: &mut State) -> (Answer, Caller) {
    let nobody = Caller::Anonymous { failed: false };
    let caller = match access::on_data_center(&ask.headers, state) {
        Ok(caller) => caller,
        Err(refused) => return (refused, nobody),
    };
    if matches!(caller, Caller::Known(_)) && state.take_request().is_none() {
        return (limit_exceeded(), caller);
    }
    let answer = match ask.place.version() {
        "2" | "latest" => route(ask, state, &caller).unwrap_or_else(|refused| refused),
        "" => Answer::dead_link(),
        _ => no_resource(&ask),
    };
    (answer, caller)
}

fn route(mut ask: Ask, state: &mut State, caller: &Caller) -> Result<Answer, Answer> {
    let account = match caller {
        Caller::Known(account) => Some(account.as_ref()),
        Caller::Anonymous { .. } => None,
    };
    ask.place = ask.place.at_offset(account.map_or(0, |account| account.offset_minutes));
    match (ask.method.as_str(), ask.path.as_str()) {
        ("GET", "/serverInfo") => Ok(Answer::json(&shapes::server(&ask.place))),
        ("GET", "/myself") => {
            let account = account.ok_or_else(unauthenticated)?;
            Ok(Answer::json(&shapes::myself(account, &ask.place)))
        }
        ("GET", "/mypermissions") => Ok(permissions(&ask, account)),
        ("GET", "/project") => {
            let visible = search::visible(state, account);
            let shapes = visible.map(|project| shapes::project(project, &ask.place)).collect();
            Ok(Answer::json(&Value::Array(shapes)))
        }
        ("GET", "/search") => search::by_offset(&ask, state, account, Wanted::of_query(&ask)),
        ("POST", "/search") => {
            let wanted = Wanted::of_body(&ask)?;
            search::by_offset(&ask, state, account, wanted)
        }
        ("GET", "/user/search") => users(&ask, state, account),
        _ => Err(no_resource(&ask)),
    }
}

fn unauthenticated() -> Answer {
    let message = "You are not authenticated. Authentication required to perform this operation.";
    Answer::refusal(401, message)
        .header("www-authenticate", "OAuth realm=\"https%3A%2F%2Fjira.example.com%2Fjira\"")
}

fn no_resource(ask: &Ask) -> Answer {
    Answer::message(404, &format!("null for uri: {}", ask.place.api(&ask.path)))
}

/// All permissions, or those that were named.
fn permissions(ask: &Ask, account: Option<&Account>) -> Answer {
    let wanted = ask.list("permissions");
    let named = |key: &&str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == key);
    let found = shapes::permission_keys().filter(named).filter_map(|key| {
        let held = account.is_some_and(|account| account.holds(key));
        Some((key.to_owned(), shapes::permission(key, held)?))
    });
    Answer::json(&json!({ "permissions": found.collect::<serde_json::Map<_, _>>() }))
}

/// Those whose name has the text that was asked for; `.` stands for everybody.
fn users(ask: &Ask, state: &State, account: Option<&Account>) -> Result<Answer, Answer> {
    let account = account.ok_or_else(unauthenticated)?;
    let missing = || Answer::refusal(400, "The username query parameter was not provided");
    let wanted = ask.text("username").filter(|text| !text.is_empty()).ok_or_else(missing)?;
    let (start, size) = (ask.number("startAt", 0), ask.number("maxResults", PAGE).min(1000));
    let names = if account.holds("USER_PICKER") { state.names() } else { Vec::new() };
    let found = names.iter().filter(|name| wanted == "." || name.contains(wanted));
    let shapes = found.map(|name| shapes::mention(name, &ask.place));
    Ok(Answer::json(&Value::Array(shapes.skip(start).take(size).collect())))
}

/// The page of the server below Jira.
fn limit_exceeded() -> Answer {
    const BODY: &str = "<!doctype html><html lang=\"en\"><head><title>HTTP Status 429 – Too Many \
        Requests</title></head><body><h1>HTTP Status 429 – Too Many Requests</h1><hr class=\"line\" />\
        <p><b>Type</b> Status Report</p><p><b>Message</b> Rate limit exceeded.</p><p><b>Description</b> \
        The user has sent too many requests in a given amount of time (\"rate limiting\").</p><hr \
        class=\"line\" /><h3>Apache Tomcat/9.0.95</h3></body></html>";
    Answer::of(429, HTML, BODY)
}
