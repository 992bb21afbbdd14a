//! What a person or a program supplies, held against the manifest: all errors at once, each tied to
//! its field, each one sentence for a person. What passes is normalised, defaults filled in.
//!
//! Values come as JSON from a program and as text from a command line or a form, so that `"5"` and
//! `"true"` are understood where a number or a truth value is asked for. Blanks around a text are
//! removed; what is then empty counts as not given.

use serde_json::{Map, Value};

use crate::endpoint::{EndpointTemplate, Place};
use crate::failure::FieldError;
use crate::manifest::{AuthMethod, Endpoint, Input, InputKind, Manifest};

mod address;
mod kinds;
mod secrets;
mod wrapping;

pub use secrets::{MAX_SECRET_BYTES, ValidatedSecret, validate_secrets};

pub(crate) use kinds::{normal_host, normal_url};

/// The settings with which endpoints are bound: of an address, what certainly is the service's place.
pub(crate) fn for_endpoints(inputs: &[Input], settings: &Map<String, Value>) -> Map<String, Value> {
    let mut bound = settings.clone();
    for input in inputs {
        let InputKind::Address(shape) = &input.kind else { continue };
        if let Some(Value::String(address)) = bound.get_mut(&input.name) {
            *address = address::base(address, shape).to_owned();
        }
    }
    bound
}

/// The values, normalised and with defaults, in the order of the manifest. Discovered inputs may be
/// given and are never demanded. `pointer_prefix` is where the values stand: `/settings`.
///
/// # Errors
///
/// Every [`FieldError`], in the order of the manifest, then those of unknown names.
pub fn validate_inputs(
    inputs: &[Input],
    given: &Map<String, Value>,
    pointer_prefix: &str,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let mut values = Map::new();
    let mut errors = Vec::new();
    for input in inputs {
        match validate_input(input, given.get(&input.name)) {
            Ok(Some(value)) => drop(values.insert(input.name.clone(), value)),
            Ok(None) => {}
            Err(message) => errors.push(at(pointer_prefix, &input.name, message)),
        }
    }
    let known: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    let unknown = given.keys().filter(|name| !known.contains(&name.as_str()));
    errors.extend(unknown.map(|name| unknown_name(pointer_prefix, name, &known)));
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

/// The settings of a connection that uses this auth method, as [`validate_inputs`] at `/settings`.
///
/// # Errors
///
/// Those of [`validate_inputs`], and one for each setting that the method needs and that has no value.
pub fn validate_settings(
    manifest: &Manifest,
    method: &AuthMethod,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Vec<FieldError>> {
    let demanded = |input: &Input| {
        let required = input.required || method.requires_settings.contains(&input.name);
        Input { required, ..input.clone() }
    };
    let inputs: Vec<Input> = manifest.settings.iter().map(demanded).collect();
    let settings = validate_inputs(&inputs, given, "/settings")?;
    let contradictions: Vec<FieldError> = (manifest.endpoints.iter())
        .filter_map(|one| contradiction(one, given, &settings))
        .collect();
    if contradictions.is_empty() { Ok(settings) } else { Err(contradictions) }
}

/// A pasted address with another scheme than the setting that is its endpoint's scheme.
fn contradiction(
    endpoint: &Endpoint,
    given: &Map<String, Value>,
    settings: &Map<String, Value>,
) -> Option<FieldError> {
    let template = EndpointTemplate::parse(&endpoint.base).ok()?;
    let setting = |wanted| template.places().find(|(_, place)| *place == wanted);
    let ((protocol, _), (host, _)) = (setting(Place::Scheme)?, setting(Place::Host)?);
    let (pasted, _) = given.get(host)?.as_str()?.trim().split_once("://")?;
    let chosen = settings.get(protocol)?.as_str()?;
    (!pasted.eq_ignore_ascii_case(chosen)).then(|| {
        let message = format!(
            "`{host}` begins with {}://, but `{protocol}` is {chosen}: choose one of the two.",
            pasted.to_ascii_lowercase()
        );
        FieldError::at(["settings", host], message)
    })
}

/// The value of one input, or that of its default; `None` where it has neither and needs none.
fn validate_input(input: &Input, given: Option<&Value>) -> Result<Option<Value>, String> {
    let given = given.filter(|value| !is_blank(value)).or(input.default.as_ref());
    let Some(value) = given.filter(|value| !is_blank(value)) else {
        let demanded = input.required && !input.discovered;
        return if demanded { Err(format!("{} is missing.", input.label)) } else { Ok(None) };
    };
    let value = kinds::normalize(&input.kind, value);
    value.map(Some).map_err(|reason| format!("{} {reason}", input.label))
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Whether the value suits the kind, and as what it is kept. The reason is the end of a sentence.
pub(crate) fn normalize(kind: &InputKind, value: &Value) -> Result<Value, String> {
    kinds::normalize(kind, value)
}

fn at(prefix: &str, name: &str, message: String) -> FieldError {
    let tail = FieldError::at([name], message);
    FieldError { pointer: format!("{prefix}{}", tail.pointer), message: tail.message }
}

/// Bytes of the longest unknown name that is repeated: a secret typed in its place is longer.
const MAX_NAME_SHOWN: usize = 20;

/// The unknown name, if a sentence may repeat it; `None` where it may be a secret in the wrong place:
/// it is longer than names are, or has other characters than lower-case letters, digits, `_` and `-`.
pub fn repeatable(name: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let fits = name.len() <= MAX_NAME_SHOWN && name.chars().all(plain);
    Some(name).filter(|name| fits && !name.is_empty())
}

/// The error of a name that nobody knows, at its own place where that may be repeated; the prefix is
/// that of its list: `/settings`.
pub fn unknown_name(prefix: &str, name: &str, known: &[&str]) -> FieldError {
    let shown = repeatable(name);
    let subject = shown.map_or("A name".to_owned(), |name| format!("`{name}`"));
    let message = match (nearest(name, known.iter().copied()), known) {
        (Some(near), _) => format!("{subject} is not known here; did you mean `{near}`?"),
        (None, []) => format!("{subject} is not known here, and nothing is asked for."),
        (None, known) => {
            format!("{subject} is not known here; known are `{}`.", known.join("`, `"))
        }
    };
    match shown {
        Some(name) => at(prefix, name, message),
        None => FieldError { pointer: prefix.to_owned(), message },
    }
}

/// Letters of the longest name that is compared with others.
const MAX_NAME_COMPARED: usize = 60;

/// The known name that differs least from the one given: by a third of its letters, rounded up, at most.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.chars().count() > MAX_NAME_COMPARED {
        return None;
    }
    let allowed = name.chars().count().div_ceil(3).max(1);
    let name = name.to_lowercase().replace('-', "_");
    let distance = |other: &&str| edit_distance(&name, &other.to_lowercase().replace('-', "_"));
    known.into_iter().min_by_key(distance).filter(|near| distance(near) <= allowed)
}

/// Letters inserted, removed or replaced on the way from one text to the other (Levenshtein).
fn edit_distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, a) in from.chars().enumerate() {
        let mut left = line + 1;
        let mut diagonal = line;
        for (cell, b) in row.iter_mut().skip(1).zip(to.chars()) {
            let best = (left + 1).min(*cell + 1).min(diagonal + usize::from(a != b));
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
