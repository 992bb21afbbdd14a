//! Cloud's REST API, on the site and by the gateway.

use serde_json::{Value, json};

use super::access::{self, Caller};
use super::account::Account;
use super::answer::{Answer, HTML};
use super::routes::Ask;
use super::search::{self, Wanted};
use super::shapes::{self, Deployment};
use super::world::{CLOUD_ID, Project, State};

/// Users or projects on a page where the request does not say how many.
const PAGE: usize = 50;

/// What each path asks of a token with scopes: a scope that is enough alone, or all of the finer
/// ones, of which the longest lists are shortened.
const SCOPES: [(&str, &str, &[&str]); 6] = [
    ("/serverInfo", "read:jira-work", &["read:instance-configuration:jira"]),
    (
        "/myself",
        "read:jira-user",
        &["read:application-role:jira", "read:group:jira", "read:user:jira", "read:avatar:jira"],
    ),
    ("/mypermissions", "read:jira-work", &["read:permission:jira"]),
    (
        "/project/search",
        "read:jira-work",
        &["read:project:jira", "read:issue-type:jira", "read:user:jira", "read:avatar:jira"],
    ),
    (
        "/search/jql",
        "read:jira-work",
        &["read:issue-details:jira", "read:field:jira", "read:avatar:jira"],
    ),
    (
        "/users/search",
        "read:jira-user",
        &["read:application-role:jira", "read:user:jira", "read:avatar:jira"],
    ),
];

/// The answer, and whose request it was taken for.
pub(super) fn answer(ask: Ask, state: &mut State) -> (Answer, Caller) {
    let nobody = Caller::Anonymous { failed: false };
    if ask.method == "GET" && !ask.body.is_empty() {
        return (body_refused(), nobody);
    }
    if ask.path == "/_edge/tenant_info" && ask.place.deployment == Deployment::Site {
        return (Answer::json(&json!({ "cloudId": CLOUD_ID })), nobody);
    }
    if !matches!(ask.place.version(), "2" | "3" | "latest") {
        return (Answer::dead_link(), nobody);
    }
    let caller = match ask.place.deployment {
        Deployment::Gateway => access::by_gateway(&ask.headers, state),
        // A bad credential does not keep anybody from this.
        _ if ask.path == "/serverInfo" => {
            let caller = access::on_site(&ask.headers, state);
            Ok(caller.unwrap_or(Caller::Anonymous { failed: true }))
        }
        _ => access::on_site(&ask.headers, state),
    };
    let caller = match caller {
        Ok(caller) => caller,
        Err(refused) => return (refused, nobody),
    };
    let answer = route(ask, state, &caller).unwrap_or_else(|refused| refused);
    (answer, caller)
}

fn route(mut ask: Ask, state: &mut State, caller: &Caller) -> Result<Answer, Answer> {
    let account = match caller {
        Caller::Known(account) => Some(account.as_ref()),
        Caller::Anonymous { .. } => None,
    };
    if ask.place.deployment == Deployment::Gateway {
        permit(&ask, account)?;
    }
    ask.place = ask.place.at_offset(account.map_or(0, |account| account.offset_minutes));
    match (ask.method.as_str(), ask.path.as_str()) {
        ("GET", "/serverInfo") => Ok(Answer::json(&shapes::server(&ask.place))),
        ("GET", "/myself") => {
            let account = account.ok_or_else(|| access::unauthenticated(&ask.headers))?;
            Ok(Answer::json(&shapes::myself(account, &ask.place)))
        }
        ("GET", "/mypermissions") => permissions(&ask, account),
        ("GET", "/project/search") => Ok(projects(&ask, state, account)),
        ("GET" | "POST", "/search") => Err(removed()),
        ("GET", "/search/jql") => search::by_token(&ask, state, account, Wanted::of_query(&ask)),
        ("POST", "/search/jql") => {
            let wanted = Wanted::of_body(&ask)?;
            search::by_token(&ask, state, account, wanted)
        }
        ("GET", "/users/search") => users(&ask, state, account),
        _ => Err(Answer::message(404, &format!("null for uri: {}", ask.place.api(&ask.path)))),
    }
}

/// Refuses a token that lacks the scopes for that path.
fn permit(ask: &Ask, account: Option<&Account>) -> Result<(), Answer> {
    let needed = SCOPES.iter().find(|(path, ..)| *path == ask.path);
    let Some((_, enough, finer)) = needed else { return Ok(()) };
    if account.is_some_and(|account| account.reaches(enough, finer)) {
        return Ok(());
    }
    Err(Answer::gateway(401, "Unauthorized; scope does not match"))
}

fn permissions(ask: &Ask, account: Option<&Account>) -> Result<Answer, Answer> {
    let wanted = ask.list("permissions");
    if wanted.iter().all(String::is_empty) {
        return Err(Answer::refusal(400, "The 'permissions' query parameter is required."));
    }
    let mut found = serde_json::Map::new();
    for key in wanted {
        let held = account.is_some_and(|account| account.holds(&key));
        let unknown = || Answer::refusal(400, &format!("Unrecognized permission: {key}"));
        found.insert(key.clone(), shapes::permission(&key, held).ok_or_else(unknown)?);
    }
    Ok(Answer::json(&json!({ "permissions": found })))
}

fn projects(ask: &Ask, state: &State, account: Option<&Account>) -> Answer {
    let start = ask.number("startAt", 0);
    // More than there may be on a page is answered as if nothing had been said.
    let size = Some(ask.number("maxResults", PAGE)).filter(|size| (1..=100).contains(size));
    let size = size.unwrap_or(PAGE);
    let visible: Vec<_> = search::visible(state, account).collect();
    let shown = visible.iter().skip(start).take(size);
    let described = ask.list("expand").iter().any(|name| name == "description");
    let shape = |project: &&Project| {
        let mut shape = shapes::project(project, &ask.place);
        if described {
            shape["description"] = json!("A project of the simulation");
        }
        shape
    };
    let values: Vec<_> = shown.map(shape).collect();
    let place =
        |start| ask.place.api(&format!("/project/search?startAt={start}&maxResults={size}"));
    let next = start + values.len();
    let mut body = json!({
        "self": place(start),
        "maxResults": size,
        "startAt": start,
        "total": visible.len(),
        "isLast": next >= visible.len(),
        "values": values,
    });
    if next < visible.len() {
        body["nextPage"] = json!(place(next));
    }
    Answer::json(&body)
}

fn users(ask: &Ask, state: &State, account: Option<&Account>) -> Result<Answer, Answer> {
    let account = account.ok_or_else(|| access::unauthenticated(&ask.headers))?;
    if !account.holds("USER_PICKER") {
        return Err(Answer::refusal(403, "You are not authorized to perform this action."));
    }
    let (start, size) = (ask.number("startAt", 0), ask.number("maxResults", PAGE).min(1000));
    let people = state.names().into_iter().map(|name| {
        let mut shape = shapes::mention(&name, &ask.place);
        if name == account.name {
            shape["emailAddress"] = json!(account.email());
        }
        shape
    });
    let everybody = std::iter::once(shapes::app_user(&ask.place)).chain(people);
    Ok(Answer::json(&Value::Array(everybody.skip(start).take(size).collect())))
}

/// The edge takes no GET with a body.
fn body_refused() -> Answer {
    const BODY: &str = "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\" \
        \"http://www.w3.org/TR/html4/loose.dtd\">\n<HTML><HEAD><TITLE>ERROR: The request could not be \
        satisfied</TITLE></HEAD><BODY><H1>400 ERROR</H1><H2>The request could not be \
        satisfied.</H2></BODY></HTML>";
    Answer::of(400, HTML, BODY).header("server", "CloudFront")
}

fn removed() -> Answer {
    let message = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql \
                   API. A full migration guideline is available at \
                   https://developer.atlassian.com/changelog/#CHANGE-2046";
    Answer::refusal(410, message)
}
