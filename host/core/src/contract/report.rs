//! What a connector answers when a call succeeds: `wit/connector.wit`, as an embedder sees it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::contract::failure::{Timestamp, Warning};

/// The account at the provider that the credential acts as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Stable at the provider.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its page, for people.
    pub url: Option<String>,
}

/// What is known of one permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// Needed and held.
    Granted,
    /// Needed and not held.
    Missing,
    /// Held but not needed.
    Excess,
    /// The provider offers no way to know.
    Unknown,
}

/// One permission of the credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// In the provider's own words.
    pub name: String,
    /// Whether it is held.
    pub grant: Grant,
    /// Streams and actions that need it.
    pub needed_by: Vec<String>,
}

/// What a working credential is and may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whose it is.
    pub account: Account,
    /// Such as `github.com` or `ghes 3.14`.
    pub edition: Option<String>,
    /// Organizations or sites that it reaches, where the provider tells.
    pub organizations: Vec<String>,
    /// When it ends, where the provider tells.
    pub credential_expires_at: Option<Timestamp>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// What a person should know although the check passed.
    pub warnings: Vec<Warning>,
    /// Settings found out on the way, each declared `discovered` in the manifest.
    pub discovered: Map<String, Value>,
    /// What is left of the provider's rate limit, as the last answer told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
}

/// The provider's rate limit, as far as its headers tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Requests left in the current window.
    pub remaining: Option<u64>,
    /// Requests per window.
    pub limit: Option<u64>,
    /// When the window ends, by the clock here.
    pub resets_at: Option<Timestamp>,
}

/// What to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRequest {
    /// Stream name from the manifest.
    pub stream: String,
    /// Text that the connector returned before, or none at the start.
    pub cursor: Option<String>,
    /// The stream's parameters.
    pub parameters: Map<String, Value>,
    /// Records wanted in this page, at most; at least 1.
    pub limit: u32,
    /// Whether a record that alone is too large is skipped with a warning, or fails the page.
    pub skip_oversized: bool,
}

/// One record of a stream.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Unique and stable within the stream.
    pub key: String,
    /// When it last changed at the provider.
    pub updated_at: Option<Timestamp>,
    /// The record: JSON of bounded depth, in the provider's own shape, that every parser reads (see
    /// [`crate::contract::json`]).
    pub data: Box<RawValue>,
}

/// What happened to one record.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is new, or it is now this.
    Upsert(Item),
    /// The record of this key is gone.
    Delete(String),
}

/// Where a read stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "cursor", rename_all = "kebab-case")]
pub enum Progress {
    /// Call again with this cursor.
    More(String),
    /// Nothing further now; keep the cursor for the next incremental run.
    CaughtUp(Option<String>),
}

/// One page of a stream.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// In the provider's order; may be empty although more follows.
    pub changes: Vec<Change>,
    /// Whether more follows.
    pub progress: Progress,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionRequest {
    /// Action name from the manifest.
    pub action: String,
    /// The action's input.
    pub input: Map<String, Value>,
    /// The same key asks for the same change at most once, where the provider can.
    pub idempotency_key: Option<String>,
}

/// What an action did.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// The provider's answer, changed as a record is (see [`crate::contract::json`]).
    pub output: Value,
    /// A page that a person can open.
    pub url: Option<String>,
}
