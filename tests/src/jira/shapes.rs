//! Jira's JSON of users, projects, permissions and the server itself.

use serde_json::{Value, json};

use super::account::{Account, email};
use super::issues;
use super::world::Project;

/// Which Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deployment {
    /// Cloud by its site's own host.
    Site,
    /// Cloud by the gateway.
    Gateway,
    /// A server of somebody's own.
    DataCenter,
}

/// Where an answer comes from and for whom: what addresses and times in it depend on.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) deployment: Deployment,
    /// Where the API begins, without `/rest` and without a slash at the end.
    base: String,
    /// Where people go.
    web: String,
    version: String,
    offset_minutes: i32,
}

impl Place {
    pub(super) fn new(deployment: Deployment, base: &str, web: &str, version: &str) -> Self {
        Self {
            deployment,
            base: base.to_owned(),
            web: web.to_owned(),
            version: version.to_owned(),
            offset_minutes: 0,
        }
    }

    /// The same for somebody in that time zone.
    pub(super) fn at_offset(self, offset_minutes: i32) -> Self {
        Self { offset_minutes, ..self }
    }

    pub(super) fn is_cloud(&self) -> bool {
        self.deployment != Deployment::DataCenter
    }

    /// The version of the API that was asked for.
    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The address of that path of the API.
    pub(super) fn api(&self, path: &str) -> String {
        format!("{}/rest/api/{}{path}", self.base, self.version)
    }

    /// The address of that page.
    pub(super) fn web(&self, path: &str) -> String {
        format!("{}{path}", self.web)
    }

    /// A time, of milliseconds since the Unix epoch.
    pub(super) fn time(&self, milliseconds: i64) -> String {
        issues::time(milliseconds, self.offset_minutes)
    }
}

/// A stable number for a name.
fn number_of(name: &str) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(name.as_bytes());
    crc.sum()
}

/// Cloud's id of the account of that name, in one of the two shapes that exist.
pub(super) fn account_id(name: &str) -> String {
    let number = number_of(name);
    if number.is_multiple_of(2) {
        format!("557058:{number:08x}-9d1c-4c2b-8f3e-{number:08x}{:04x}", number & 0xffff)
    } else {
        format!("5b{number:08x}{number:08x}{:06x}", number & 0xff_ffff)
    }
}

/// Data Center's key of the user of that name.
pub(super) fn user_key(name: &str) -> String {
    format!("JIRAUSER{}", 10_000 + number_of(name) % 90_000)
}

fn display_name(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
        + " of the simulation"
}

fn avatars(base: &str, separator: char) -> Value {
    json!({
        "48x48": base,
        "24x24": format!("{base}{separator}size=small&s=24"),
        "16x16": format!("{base}{separator}size=xsmall&s=16"),
        "32x32": format!("{base}{separator}size=medium&s=32"),
    })
}

/// A user as other things mention it.
pub(super) fn mention(name: &str, place: &Place) -> Value {
    if place.is_cloud() {
        let id = account_id(name);
        let base = "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/initials/AS-5.png";
        return json!({
            "self": place.api(&format!("/user?accountId={}", id.replace(':', "%3A"))),
            "accountId": id,
            "avatarUrls": avatars(base, '?'),
            "displayName": display_name(name),
            "active": true,
            "timeZone": "Etc/UTC",
            "accountType": "atlassian",
        });
    }
    let base = place.web(&format!("/secure/useravatar?avatarId={}", 10_300 + number_of(name) % 50));
    json!({
        "self": place.api(&format!("/user?username={name}")),
        "name": name,
        "key": user_key(name),
        "emailAddress": email(name),
        "avatarUrls": avatars(&base, '&'),
        "displayName": display_name(name),
        "active": true,
        "timeZone": "Etc/UTC",
    })
}

/// The account itself, as `myself` answers.
pub(super) fn myself(account: &Account, place: &Place) -> Value {
    let mut shape = mention(&account.name, place);
    shape["emailAddress"] = json!(account.email());
    shape["timeZone"] = json!(account.time_zone);
    shape["locale"] = json!("en_US");
    shape["groups"] = json!({ "size": 4, "items": [] });
    shape["applicationRoles"] = json!({ "size": 1, "items": [] });
    shape["expand"] = json!("groups,applicationRoles");
    if !place.is_cloud() {
        shape["deleted"] = json!(false);
    }
    shape
}

/// Somebody who is not a person, as Cloud lists it among the users.
pub(super) fn app_user(place: &Place) -> Value {
    let mut shape = mention("Automation", place);
    shape["displayName"] = json!("Automation for Jira");
    shape["accountType"] = json!("app");
    shape
}

/// A project as issues mention it.
pub(super) fn project_mention(project: &Project, place: &Place) -> Value {
    let avatar = place.api("/universal_avatar/view/type/project/avatar/10424");
    json!({
        "self": place.api(&format!("/project/{}", project.id)),
        "id": project.id.to_string(),
        "key": project.key,
        "name": project.name,
        "projectTypeKey": "software",
        "simplified": false,
        "avatarUrls": avatars(&avatar, '?'),
    })
}

/// A project as lists have it.
pub(super) fn project(project: &Project, place: &Place) -> Value {
    let mut shape = project_mention(project, place);
    if !place.is_cloud() {
        shape["expand"] = json!("description,lead,url,projectKeys");
        if let Some(fields) = shape.as_object_mut() {
            fields.remove("simplified");
        }
        return shape;
    }
    shape["expand"] = json!("description,lead,issueTypes,url,projectKeys,permissions,insight");
    shape["style"] = json!("classic");
    shape["isPrivate"] = json!(false);
    shape["properties"] = json!({});
    shape
}

/// Permissions by their keys: number, name, and whether they count in the whole site.
const PERMISSIONS: [(&str, u32, &str, bool); 6] = [
    ("BROWSE_PROJECTS", 10, "Browse Projects", false),
    ("CREATE_ISSUES", 11, "Create Issues", false),
    ("EDIT_ISSUES", 12, "Edit Issues", false),
    ("ADMINISTER_PROJECTS", 23, "Administer Projects", false),
    ("ADMINISTER", 0, "Administer Jira", true),
    ("USER_PICKER", 27, "Browse users and groups", true),
];

/// All permissions that exist.
pub(super) fn permission_keys() -> impl Iterator<Item = &'static str> {
    PERMISSIONS.iter().map(|(key, ..)| *key)
}

/// A permission as `mypermissions` answers it; none where there is no such permission.
pub(super) fn permission(key: &str, held: bool) -> Option<Value> {
    let (key, id, name, global) = PERMISSIONS.iter().find(|(known, ..)| *known == key)?;
    Some(json!({
        "id": id.to_string(),
        "key": key,
        "name": name,
        "type": if *global { "GLOBAL" } else { "PROJECT" },
        "description": format!("Ability to {}.", name.to_lowercase()),
        "havePermission": held,
    }))
}

/// What the server says of itself to anybody.
pub(super) fn server(place: &Place) -> Value {
    let mut shape = json!({
        "baseUrl": place.web,
        "version": "1001.0.0-SNAPSHOT",
        "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud",
        "buildNumber": 100_287,
        "buildDate": "2026-10-02T14:26:35.000+0000",
        "serverTime": place.time(jiff::Timestamp::now().as_millisecond()),
        "scmInfo": "1f51473f5c7b75c1a69a0090f4832cdc5053702a",
        "serverTitle": "Jira",
        "displayUrl": place.web,
        "displayUrlServicedeskHelpCenter": place.web,
        "displayUrlConfluence": place.web,
        "defaultLocale": { "locale": "en_US" },
        "serverTimeZone": "Etc/UTC",
    });
    if !place.is_cloud() {
        shape = json!({
            "baseUrl": place.web,
            "version": "9.12.5",
            "versionNumbers": [9, 12, 5],
            "deploymentType": "Server",
            "buildNumber": 912_005,
            "buildDate": "2026-02-28T00:00:00.000+0000",
            "databaseBuildNumber": 912_005,
            "serverTime": shape["serverTime"],
            "scmInfo": "95508b3a08ac0f09fbef8676c203b44bdc6e1a12",
            "serverTitle": "Jira of the simulation",
        });
    }
    shape
}
