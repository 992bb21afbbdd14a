//! What a person or a program supplies, held against the manifest: all errors at once, each tied to
//! its field, each one sentence for a person. What passes is normalized, defaults filled in.
//!
//! Values come as JSON from a program and as text from a command line or a form, so that `"5"` and
//! `"true"` are understood where a number or a truth value is asked for. Blanks around a text are
//! removed; what is then empty counts as not given.

use serde_json::{Map, Value};

use crate::contract::failure::FieldError;
use crate::manifest::template::{EndpointTemplate, Place};
use crate::manifest::{AuthMethod, Endpoint, Input, InputKind, Manifest};

mod address;
mod hosts;
pub(super) mod kinds;
mod names;
mod secrets;
mod wrapping;

pub use names::{nearest, repeatable, unknown_name};
pub use secrets::{MAX_SECRET_BYTES, ValidatedSecret, validate_secrets};

pub(crate) use hosts::{normal_host, normal_url};

use names::at;

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

/// The values, normalized and with defaults, in the order of the manifest. Discovered inputs may be
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

#[cfg(test)]
mod tests;
