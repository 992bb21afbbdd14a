//! Whether the credential works, whose it is, and what it may do, as far as Jira tells without
//! changing anything.
//!
//! | asked | of | with the credential |
//! |---|---|---|
//! | `serverInfo` | every Jira whose name does not say that it is Cloud | no |
//! | `_edge/tenant_info` | Cloud, where the site refuses the token | no |
//! | `myself` | all; proves the credential | yes |
//! | `mypermissions` | all, once: Atlassian counts permission checks dearly | yes |
//!
//! `mypermissions` without a project says what the account may do in *some* project. It answers anybody, so
//! it is asked after `myself`, and a failure of it leaves the permissions unknown.

use jackfield_guest::{
    Account, Failure, Grant, Permission, Report, Response, Timestamp, Warning, time,
};

use crate::api::Api;
use crate::diagnose::{API_TOKENS, About};
use crate::discover::{self, Reached};
use crate::settings::{Deployment, Found, Method, Route, Setup};
use crate::wire::{self, Myself};

/// A credential that ends within this time is warned of.
const SOON: u64 = 14 * 24 * 3600 * 1000;

/// Jira's permission to see a project and its issues.
const BROWSE: &str = "BROWSE_PROJECTS";

/// Jira's permission to create issues, which nothing here needs.
const CREATE: &str = "CREATE_ISSUES";

/// Jira's global permission to list people, of which `mypermissions` is not asked.
const PEOPLE: &str = "USER_PICKER";

/// What the credential is and may do.
pub(crate) fn check(setup: &Setup) -> Result<Report, Failure> {
    let Reached { api, myself } = discover::reach(setup)?;
    let held = held(&api);
    let mut warnings = warnings(setup, &api);
    warnings.extend(said_of(held.as_ref()));
    Ok(Report {
        edition: Some(edition(&api)),
        organizations: vec![setup.site.address()],
        credential_expires_at: setup.expires_at.filter(|end| *end > setup.now),
        permissions: permissions(&held),
        warnings,
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
        url: key.map(|key| api.setup.site.page(&format!("{page}{key}"))),
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
        found_at: Some(api.setup.site.address()),
    };
    // A struct of strings has no value that JSON cannot hold.
    serde_json::to_string(&found).unwrap_or_default()
}

/// Which of the two permissions the account has in some project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Held {
    browse: bool,
    create: bool,
}

fn held(api: &Api<'_>) -> Result<Held, Failure> {
    let asked = api.get(&["mypermissions"]).query("permissions", format!("{BROWSE},{CREATE}"));
    let response: Response = api.send(asked, About::Permissions)?;
    let found = api.read(&response, wire::permissions(&response))?;
    let has = |name: &str| found.get(name).copied();
    let browse = has(BROWSE).ok_or_else(|| response.unexpected("Jira"))?;
    Ok(Held { browse, create: has(CREATE).unwrap_or(false) })
}

fn permissions(held: &Result<Held, Failure>) -> Vec<Permission> {
    let permission = |name: &str, grant, needed_by: &[&str]| {
        let needed_by = needed_by.iter().map(|name| (*name).to_owned()).collect();
        Permission { name: name.to_owned(), grant, needed_by }
    };
    let browse = match held {
        Ok(Held { browse: true, .. }) => Grant::Granted,
        Ok(_) => Grant::Missing,
        // The token lacks the scope of this question, which is that of projects and issues too.
        Err(failure) if failure.code == "scope-missing" => Grant::Missing,
        Err(_) => Grant::Unknown,
    };
    let mut permissions = vec![permission(BROWSE, browse, &["projects", "issues"])];
    permissions.push(permission(PEOPLE, Grant::Unknown, &["users"]));
    if held.as_ref().is_ok_and(|held| held.create) {
        permissions.push(permission(CREATE, Grant::Excess, &[]));
    }
    permissions
}

fn said_of(held: Result<&Held, &Failure>) -> Option<Warning> {
    Some(match held {
        Ok(Held { browse: true, .. }) => Warning::new(
            "permissions-in-some-project",
            "Jira tells that the account may browse at least one project, and not which; a \
             project that it may not browse looks absent.",
        )
        .remedy("Read the stream projects to see which ones."),
        Ok(_) => Warning::new(
            "no-project-visible",
            "The account may browse no project, so no project and no issue will come.",
        )
        .remedy("Ask an administrator of a project for the permission Browse Projects."),
        Err(failure) => {
            let mut warning = Warning::new(
                "permissions-unknown",
                format!(
                    "The credential works, and Jira did not tell what it may do: {}",
                    failure.message
                ),
            );
            warning.remedies.clone_from(&failure.remedies);
            warning
        }
    })
}

fn warnings(setup: &Setup, api: &Api<'_>) -> Vec<Warning> {
    let found = [unencrypted(setup), ends(setup), password(setup, api), unscoped(api)];
    found.into_iter().flatten().collect()
}

fn unencrypted(setup: &Setup) -> Option<Warning> {
    setup.site.is_plain().then(|| {
        let message = format!(
            "Everything to and from {} travels unencrypted, the credential included: whoever is \
             on the way can read and use it.",
            setup.site.address()
        );
        Warning::new("unencrypted", message).remedy(
            "Have https set up on the server and set the protocol to https; until then keep to a \
             private network.",
        )
    })
}

fn ends(setup: &Setup) -> Option<Warning> {
    let noun = setup.method.noun();
    match setup.expires_at {
        Some(end) if end <= setup.now => Some(
            date(end, "expiry-date-passed", |day| {
                format!("The {noun} works, although it should have ended on {day}.")
            })
            .remedy("Correct the date on which the token expires."),
        ),
        Some(end) if end <= setup.now.saturating_add(SOON) => {
            let warning = date(end, "expires-soon", |day| {
                format!("The {noun} ends on {day}; the connection stops working then.")
            });
            let text = "Create a new token before that day, and update the connection.";
            Some(match setup.method {
                Method::ApiToken => warning.remedy_at(text, API_TOKENS),
                _ => warning.remedy(text),
            })
        }
        None if setup.method == Method::ApiToken => Some(
            Warning::new(
                "expiry-unknown",
                "An API token ends a year after it was created at the latest, and Jira does not \
                 tell when.",
            )
            .remedy_at(
                "Look up the date in the list of your tokens, and enter it in the settings, to be \
                 warned in time.",
                API_TOKENS,
            ),
        ),
        _ => None,
    }
}

fn date(end: Timestamp, code: &str, message: impl FnOnce(String) -> String) -> Warning {
    Warning::new(code, message(time::to_date(end)))
}

fn password(setup: &Setup, api: &Api<'_>) -> Option<Warning> {
    let tokens =
        api.version.as_deref().and_then(wire::version).is_none_or(|version| version >= (8, 14));
    (setup.method == Method::Password && tokens).then(|| {
        Warning::new(
            "password-in-use",
            "The connection uses a password; from Jira 11 on this is turned off by default.",
        )
        .remedy_at(
            "Create a personal access token in your profile in Jira, and choose that method.",
            setup.site.page("secure/ViewProfile.jspa"),
        )
    })
}

fn unscoped(api: &Api<'_>) -> Option<Warning> {
    let unscoped = api.setup.method == Method::ApiToken && api.route == Route::Site;
    unscoped.then(|| {
        Warning::new(
            "token-without-scopes",
            "This API token has no scopes: it may do everything that the account may do.",
        )
        .remedy_at(
            "Create one with the scopes read:jira-user and read:jira-work instead.",
            API_TOKENS,
        )
    })
}

#[cfg(test)]
mod tests;
