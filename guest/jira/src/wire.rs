//! Jira's JSON and its dates, as far as this connector reads them.
//!
//! | answer | shape |
//! |---|---|
//! | `myself` | Cloud: `accountId`; Data Center: `key`, `name` |
//! | `serverInfo` | `deploymentType`: `Cloud`, or `Server` on Data Center too; `version` |
//! | `_edge/tenant_info` | `cloudId` |
//! | `mypermissions` | `permissions.KEY.havePermission` |
//! | lists | `issues`, `values`, or a bare array |
//! | refusals | `errorMessages` and `errors`; `message`; `error`; a bare sentence |

use std::collections::BTreeMap;

use jackfield_guest::{Failure, Response, Timestamp, time};
use serde::Deserialize;
use serde_json::value::RawValue;

mod refusal;

pub(crate) use refusal::Refusal;

/// `GET myself`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Myself {
    pub(crate) account_id: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) email_address: Option<String>,
}

/// `GET serverInfo`.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerInfo {
    pub(crate) deployment_type: Option<String>,
    pub(crate) version: Option<String>,
}

impl ServerInfo {
    /// What the answer says; `None` where it is something else.
    pub(crate) fn read(response: &Response) -> Option<Self> {
        let info: Self = response.json().ok()?;
        let said = info.deployment_type.is_some() || info.version.is_some();
        (response.status == 200 && said).then_some(info)
    }

    /// Whether it is Jira Cloud. Its version is 1001.0.0-SNAPSHOT since years, and older answers
    /// have no
    /// `deploymentType`.
    pub(crate) fn is_cloud(&self) -> bool {
        match &self.deployment_type {
            Some(kind) => kind.eq_ignore_ascii_case("cloud"),
            None => self.version.as_ref().is_some_and(|version| version.starts_with("100")),
        }
    }
}

/// Major and minor of a version such as `8.13.27` or `10.3.0-m2`.
pub(crate) fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(|c: char| !c.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The `cloudId` of `GET _edge/tenant_info`; `None` where the answer is something else.
pub(crate) fn cloud_id(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Tenant {
        cloud_id: String,
    }
    let tenant: Tenant = response.json().ok()?;
    (response.status == 200).then_some(tenant.cloud_id)
}

/// Which of the permissions of `GET mypermissions` the account has.
pub(crate) fn permissions(response: &Response) -> Result<BTreeMap<String, bool>, Failure> {
    #[derive(Deserialize)]
    struct Body {
        permissions: BTreeMap<String, One>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct One {
        have_permission: bool,
    }
    let body: Body = response.json()?;
    Ok(body.permissions.into_iter().map(|(name, one)| (name, one.have_permission)).collect())
}

/// A page of a search: `search/jql` of Cloud, `search` of Data Center.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found<'a> {
    #[serde(borrow)]
    pub(crate) issues: &'a RawValue,
    #[serde(default)]
    pub(crate) next_page_token: Option<String>,
    #[serde(default)]
    pub(crate) is_last: Option<bool>,
    #[serde(default)]
    pub(crate) total: Option<u64>,
    /// Records of a page that the server gives at most, which may be fewer than were asked for.
    #[serde(borrow, default)]
    max_results: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) warning_messages: Option<Vec<String>>,
}

impl Found<'_> {
    /// Records that a page has at most, of which so many were asked for.
    pub(crate) fn size(&self, asked: u32) -> u64 {
        size(self.max_results, asked)
    }
}

/// What the server says that a page has at most, where that is less than was asked for.
fn size(said: Option<&RawValue>, asked: u32) -> u64 {
    let said = said.and_then(|said| serde_json::from_str::<u64>(said.get()).ok());
    let asked = u64::from(asked);
    said.filter(|said| (1..asked).contains(said)).unwrap_or(asked)
}

/// The key by which people know an issue: `ACME-12`.
pub(crate) fn issue_key(record: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Keyed {
        key: String,
    }
    let keyed: Keyed = serde_json::from_str(record).ok()?;
    Some(keyed.key).filter(|key| !key.trim().is_empty())
}

/// What matters of an issue.
#[derive(Deserialize)]
pub(crate) struct Issue<'a> {
    /// Unique in the site, and kept when the issue moves to another project; its key is not.
    pub(crate) id: String,
    #[serde(borrow, default)]
    fields: Option<Fields<'a>>,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, default)]
    updated: Option<&'a RawValue>,
}

impl Issue<'_> {
    /// When it last changed; `None` where Jira does not say it as a date.
    pub(crate) fn updated_at(&self) -> Option<Timestamp> {
        moment(self.fields.as_ref()?.updated?.get().trim_matches('"'))
    }
}

/// A page of projects: Cloud's envelope or Data Center's bare list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Values<'a> {
    #[serde(borrow)]
    pub(crate) values: &'a RawValue,
    #[serde(default)]
    pub(crate) is_last: Option<bool>,
    #[serde(default)]
    pub(crate) total: Option<u64>,
    #[serde(borrow, default)]
    max_results: Option<&'a RawValue>,
}

impl Values<'_> {
    /// Records that a page has at most, of which so many were asked for.
    pub(crate) fn size(&self, asked: u32) -> u64 {
        size(self.max_results, asked)
    }
}

/// What matters of a project.
#[derive(Deserialize)]
pub(crate) struct Project {
    /// Unique in the site, and kept when the project's key changes.
    pub(crate) id: String,
}

/// What matters of a user.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    #[serde(default)]
    account_id: Option<String>,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    name: Option<String>,
}

impl User {
    /// Cloud's account id, or Data Center's key, which stays when the name changes.
    pub(crate) fn id(self) -> Option<String> {
        [self.account_id, self.key, self.name]
            .into_iter()
            .flatten()
            .find(|id| !id.trim().is_empty())
    }
}

/// A moment as Jira writes it, `2021-04-22T05:37:05.000+0000`: RFC 3339 but for the offset's colon.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let colon = || {
        let (start, offset) = text.split_at_checked(text.len().checked_sub(5)?)?;
        let (hours, minutes) = offset.split_at_checked(3)?;
        time::rfc3339(&format!("{start}{hours}:{minutes}"))
    };
    time::rfc3339(text).or_else(colon)
}

/// When a limit is filled again, from `x-ratelimit-reset`, which comes as `2026-03-26T16:00Z`: RFC
/// 3339 but for the seconds.
pub(crate) fn reset(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let seconds = || {
        let (start, zone) = text.split_at_checked(16)?;
        time::rfc3339(&format!("{start}:00{zone}"))
    };
    moment(text).or_else(seconds)
}

#[cfg(test)]
mod tests;
