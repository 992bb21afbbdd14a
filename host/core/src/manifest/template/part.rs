//! What a template consists of, and the values that its variables have.

use serde_json::{Map, Value};

use crate::contract::failure::FieldError;

/// A text that is no template. The connector's author acts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// A `{` without its `}`, or the reverse.
    #[error("a brace has no partner")]
    Brace,
    /// The name between the braces is not one that a setting can have.
    #[error("`{{{0}}}` is not the name of a setting in braces")]
    Name(String),
    /// It does not begin with `https://`, `http://`, or a variable in place of one of them.
    #[error("it begins neither with https:// or http:// nor with a variable for it")]
    Scheme,
    /// Userinfo, a query or a fragment where none may be, or characters that no URL has.
    #[error("{0} has no place in it")]
    Part(&'static str),
    /// It does not become a URL, whatever the values are.
    #[error("it does not become a URL: {0}")]
    Url(String),
}

/// Where in a URL a variable stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The whole beginning: scheme, host, port and perhaps a path.
    Whole,
    /// The scheme.
    Scheme,
    /// All of host and port.
    Host,
    /// A part of the host, or all of it beside a port.
    Label,
    /// The port.
    Port,
    /// Within the path.
    Path,
    /// Within the query or the fragment.
    Query,
    /// Within a text that is no URL.
    Text,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    Variable(String, Place),
}

pub(super) fn variables(parts: &[Part]) -> impl Iterator<Item = (&str, Place)> {
    parts.iter().filter_map(|part| match part {
        Part::Variable(name, place) => Some((name.as_str(), *place)),
        Part::Literal(_) => None,
    })
}

pub(super) fn first_name(parts: &[Part]) -> &str {
    variables(parts).next().map_or("", |(name, _)| name)
}

/// A setting's value as text; `None` where it has none.
pub(super) fn text_of(settings: &Map<String, Value>, name: &str) -> Option<String> {
    match settings.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

pub(super) fn unset(name: &str) -> FieldError {
    unsuitable(name, "needs a value.")
}

pub(super) fn unsuitable(name: &str, reason: &str) -> FieldError {
    FieldError::at(["settings", name], format!("`{name}` {reason}"))
}
