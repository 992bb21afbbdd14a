//! Whether the credential works, whose it is, and what it may do, as far as Jira tells without
//! changing anything.
//!
//! | asked | of | with the credential |
//! |---|---|---|
//! | `serverInfo` | every Jira whose name does not say that it is Cloud, at each reading of the address | no |
//! | `_edge/tenant_info` | Cloud, where the site refuses the token | no |
//! | `myself` | all; proves the credential | yes |
//! | `mypermissions` | all, once: Atlassian counts permission checks dearly | yes |
//!
//! `mypermissions` without a project says what the account may do in *some* project, or in the whole
//! site, as the permission is. It answers anybody, so it is asked after `myself`, and a failure of it
//! leaves the permissions unknown. What it grants is no promise for one project; the manifest says so, and
//! so does the failure where a project is not found.

use jackfield_guest::{Account, Failure, Grant, Permission, Report, Response};

use crate::api::Api;
use crate::diagnose::About;
use crate::discover::{self, Reached};
use crate::settings::{Deployment, End, Found, Route, Setup};
use crate::wire::{self, Myself};

pub(crate) mod notes;

/// Jira's permission to see a project and its issues.
const BROWSE: &str = "BROWSE_PROJECTS";

/// Jira's permission to create issues, which nothing here needs.
const CREATE: &str = "CREATE_ISSUES";

/// Jira's global permission to list people.
const PEOPLE: &str = "USER_PICKER";

/// What the credential is and may do.
pub(crate) fn check(setup: &Setup) -> Result<Report, Failure> {
    let Reached { api, myself } = discover::reach(setup)?;
    let held = held(&api);
    Ok(Report {
        edition: Some(edition(&api)),
        organizations: vec![api.site.address()],
        credential_expires_at: setup.end.map(End::at).filter(|end| *end > setup.now),
        permissions: permissions(&held),
        warnings: notes::all(setup, &api, &held),
        discovered: discovered(&api),
        ..Report::of(account(&api, myself))
    })
}

fn account(api: &Api<'_>, myself: Myself) -> Account {
    let id = myself.id(api.deployment).unwrap_or_default().to_owned();
    let names = match api.deployment {
        Deployment::Cloud => [myself.email_address, myself.display_name, None],
        Deployment::DataCenter => [myself.name.clone(), myself.display_name, myself.email_address],
    };
    let name = names.into_iter().flatten().find(|name| !name.trim().is_empty());
    let (page, key) = match api.deployment {
        Deployment::Cloud => ("jira/people/", Some(id.clone())),
        Deployment::DataCenter => ("secure/ViewProfile.jspa?name=", myself.name),
    };
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
    let key = key.filter(|key| !key.is_empty() && key.bytes().all(plain));
    Account {
        name: name.unwrap_or_else(|| id.clone()),
        url: key.map(|key| api.site.page(&format!("{page}{key}"))),
        id,
    }
}

fn edition(api: &Api<'_>) -> String {
    match (api.deployment, api.version.as_deref()) {
        (Deployment::DataCenter, Some(version)) => {
            jackfield_guest::text::quote(&format!("data-center {version}"), 40)
        }
        (deployment, _) => deployment.name().to_owned(),
    }
}

fn discovered(api: &Api<'_>) -> String {
    let (route, cloud_id) = match &api.route {
        Route::Site => ("site", None),
        Route::Gateway(id) => ("gateway", Some(id.clone())),
    };
    let version = api.version.as_deref().map(|version| jackfield_guest::text::quote(version, 40));
    let found = Found {
        deployment: Some(api.deployment.name().to_owned()),
        route: Some(route.to_owned()),
        cloud_id,
        server_version: version.filter(|version| !version.is_empty()),
        context: api.site.found(),
        found_at: Some(api.site.entered()),
    };
    // A struct of strings has no value that JSON cannot hold.
    serde_json::to_string(&found).unwrap_or_default()
}

/// Which permissions the account has, in some project or the whole site; `None` where Jira does not
/// tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    browse: Option<bool>,
    people: Option<bool>,
    create: Option<bool>,
}

fn held(api: &Api<'_>) -> Result<Held, Failure> {
    let names = [BROWSE, PEOPLE, CREATE].join(",");
    let asked = api.get(&["mypermissions"]).query("permissions", names);
    let response: Response = api.send(asked, About::Permissions)?;
    let found = api.read(&response, wire::permissions(&response))?;
    let has = |name: &str| found.get(name).copied();
    Ok(Held { browse: has(BROWSE), people: has(PEOPLE), create: has(CREATE) })
}

fn permissions(held: &Result<Held, Failure>) -> Vec<Permission> {
    let permission = |name: &str, grant, needed_by: &[&str]| {
        let needed_by = needed_by.iter().map(|name| (*name).to_owned()).collect();
        Permission { name: name.to_owned(), grant, needed_by }
    };
    let browse = match held {
        Ok(held) => grant(held.browse),
        // The token lacks the scope of this question, which is that of projects and issues too.
        Err(failure) if failure.code == "scope-missing" => Grant::Missing,
        Err(_) => Grant::Unknown,
    };
    let people = held.as_ref().map_or(Grant::Unknown, |held| grant(held.people));
    let mut permissions = vec![
        permission(BROWSE, browse, &["projects", "issues"]),
        permission(PEOPLE, people, &["users"]),
    ];
    if held.as_ref().is_ok_and(|held| held.create == Some(true)) {
        permissions.push(permission(CREATE, Grant::Excess, &[]));
    }
    permissions
}

fn grant(held: Option<bool>) -> Grant {
    match held {
        Some(true) => Grant::Granted,
        Some(false) => Grant::Missing,
        None => Grant::Unknown,
    }
}

#[cfg(test)]
mod tests;
