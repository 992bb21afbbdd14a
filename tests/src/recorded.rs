//! Exchanges with the real providers, recorded in JSON files.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The environment variable that names the folder of recordings.
const VARIABLE: &str = "JACKFIELD_RECORDED";

/// One recorded exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Unique in its folder, such as `user-401-bad-credentials`.
    pub id: String,
    /// `github` or `jira`.
    pub provider: String,
    /// What the recording is of.
    pub tags: Vec<String>,
    /// The request's method.
    pub method: String,
    /// The request's path, with its query.
    pub path: String,
    /// The answer's status.
    pub status: u16,
    /// The answer's headers as they were recorded. Values may hold a test tool's placeholders in
    /// double braces.
    pub headers: Vec<(String, String)>,
    /// The answer's body: JSON written again, or the text as it was.
    pub body: Vec<u8>,
}

impl Recorded {
    /// All recordings in that folder and the folders in it, by id.
    ///
    /// # Panics
    ///
    /// Where the folder cannot be read, or a JSON file in it is not a recording.
    pub fn load(folder: &Path) -> Vec<Self> {
        let mut files = Vec::new();
        json_files(folder, &mut files);
        let mut recorded: Vec<_> = files.iter().map(|path| Self::read(path)).collect();
        recorded.sort_by(|one, other| one.id.cmp(&other.id));
        recorded
    }

    /// The recordings of the folder that `JACKFIELD_RECORDED` names; none where it is not set.
    ///
    /// # Panics
    ///
    /// As [`load`](Self::load).
    pub fn from_environment() -> Option<Vec<Self>> {
        std::env::var_os(VARIABLE).map(|folder| Self::load(Path::new(&folder)))
    }

    /// The value of the first header of that name, in any case of letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn read(path: &Path) -> Self {
        let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let value = serde_json::from_slice(&text)
            .unwrap_or_else(|error| panic!("{} is not JSON: {error}", path.display()));
        Self::parse(&value).unwrap_or_else(|| panic!("{} is not a recording", path.display()))
    }

    fn parse(value: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let (request, response) = (value.get("request")?, value.get("response")?);
        let pair = |pair: &Value| Some((text(pair.get(0)?)?, text(pair.get(1)?)?));
        let body = match response.get("body") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::String(text)) => text.clone().into_bytes(),
            Some(json) => json.to_string().into_bytes(),
        };
        let tags = value.get("tags").and_then(Value::as_array);
        Some(Self {
            id: text(value.get("id")?)?,
            provider: value.get("provider").and_then(text).unwrap_or_default(),
            tags: tags.into_iter().flatten().filter_map(text).collect(),
            method: text(request.get("method")?)?,
            path: text(request.get("path")?)?,
            status: u16::try_from(response.get("status")?.as_u64()?).ok()?,
            headers: response
                .get("headers")?
                .as_array()?
                .iter()
                .map(pair)
                .collect::<Option<_>>()?,
            body,
        })
    }
}

fn json_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            json_files(&path, found);
        } else if path.extension() == Some(OsStr::new("json")) {
            found.push(path);
        }
    }
}
