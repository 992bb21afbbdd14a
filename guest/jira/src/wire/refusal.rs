//! What Jira says when it refuses, whatever the shape.

use std::collections::BTreeMap;

use jackfield_guest::Response;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Sentences and fields that are read, at most.
const MOST: usize = 20;

/// Bytes of a bare sentence, at most; what is longer is no sentence.
const SENTENCE: usize = 2_000;

/// What a refusal says.
///
/// | shape | from |
/// |---|---|
/// | `{"errorMessages": ["..."], "errors": {"field": "..."}}` | Jira |
/// | `{"message": "...", "status-code": 401}` | Jira's filters, Data Center |
/// | `{"code": 401, "message": "..."}` | the gateway |
/// | `{"error": "..."}` | Cloud, of a token of another kind |
/// | a bare sentence | Cloud, for some callers |
///
/// Empty where the body is something else. Nothing in it is taken for granted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// All sentences, with blanks between them.
    pub(crate) message: String,
    /// Field and sentence.
    pub(crate) fields: Vec<(String, String)>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Body<'a> {
    #[serde(borrow)]
    error_messages: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    error_message: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

impl Refusal {
    /// What the body says; nothing where it is a web page.
    pub(crate) fn read(response: &Response) -> Self {
        if response.is_web_page() {
            return Self::default();
        }
        match response.json::<Body<'_>>() {
            Ok(body) => Self::said(&body),
            Err(_) => Self { message: sentence(&response.body), fields: Vec::new() },
        }
    }

    fn said(body: &Body<'_>) -> Self {
        let single = [body.message, body.error_message, body.error];
        let mut sentences: Vec<String> = single.into_iter().filter_map(string).collect();
        sentences.extend(list(body.error_messages));
        let fields = fields(body.errors);
        if sentences.is_empty() {
            sentences.extend(fields.iter().map(|(name, message)| format!("{name}: {message}")));
        }
        Self { message: sentences.join(" "), fields }
    }
}

fn list(value: Option<&RawValue>) -> Vec<String> {
    let values = value.and_then(|value| serde_json::from_str::<Vec<&RawValue>>(value.get()).ok());
    match values {
        Some(values) => {
            values.into_iter().filter_map(|value| string(Some(value))).take(MOST).collect()
        }
        None => string(value).into_iter().collect(),
    }
}

fn fields(value: Option<&RawValue>) -> Vec<(String, String)> {
    let errors = value
        .and_then(|value| serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get()).ok());
    let pairs = errors.into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name, string(Some(value))?))).take(MOST).collect()
}

fn string(value: Option<&RawValue>) -> Option<String> {
    let text: String = serde_json::from_str(value?.get()).ok()?;
    (!text.trim().is_empty()).then_some(text)
}

/// A body that is no JSON at all, where it looks like a sentence.
fn sentence(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    let plain = text.len() <= SENTENCE && text.starts_with(|c: char| c.is_alphabetic());
    if plain { text.to_owned() } else { String::new() }
}
