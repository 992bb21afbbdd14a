//! Templates over settings.

use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};
use url::Url;

use super::bound::SEGMENT;
use crate::failure::FieldError;

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

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String, Place),
}

/// The base of an endpoint, over settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointTemplate(Vec<Part>);

/// A link for people, over settings; unlike a base it may have a query and a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkTemplate(Vec<Part>);

/// A text over settings that is no URL: the user name of Basic authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextTemplate(Vec<Part>);

impl EndpointTemplate {
    /// The template in this text.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], where some values could not make it a base URL, or where none could.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.contains(['?', '#']) {
            return Err(TemplateError::Part("a query or a fragment"));
        }
        parse_url(text).map(Self)
    }

    /// The settings that it needs, in the order of the text, each as often as it stands there.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        variables(&self.0).map(|(name, _)| name)
    }

    /// The settings that it needs, and where.
    pub fn places(&self) -> impl Iterator<Item = (&str, Place)> {
        variables(&self.0)
    }

    /// The first of its settings that has no value.
    pub fn missing(&self, settings: &Map<String, Value>) -> Option<&str> {
        self.variables().find(|name| text_of(settings, name).is_none())
    }

    /// The base URL: http or https, without userinfo, query and fragment. Whether it may be
    /// reached is for [`EgressPolicy::judge_url`](crate::EgressPolicy::judge_url) to say.
    ///
    /// # Errors
    ///
    /// A [`FieldError`] at `/settings/NAME` where a value is missing or does not suit its place.
    pub fn bind(&self, settings: &Map<String, Value>) -> Result<Url, FieldError> {
        let mut url = filled_url(&self.0, settings)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(unsuitable(first_name(&self.0), "must have no query and no fragment."));
        }
        let trimmed = url.path().trim_end_matches('/').to_owned();
        url.set_path(&trimmed);
        Ok(url)
    }
}

impl LinkTemplate {
    /// The template in this text.
    ///
    /// # Errors
    ///
    /// [`TemplateError`], where it could not become an https link.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        if text.starts_with("http://") {
            return Err(TemplateError::Part("http"));
        }
        parse_url(text).map(Self)
    }

    /// The settings that it needs, and where.
    pub fn places(&self) -> impl Iterator<Item = (&str, Place)> {
        variables(&self.0)
    }

    /// The link; `None` where a setting has no value, or one that makes no link.
    pub fn fill(&self, settings: &Map<String, Value>) -> Option<Url> {
        filled_url(&self.0, settings).ok()
    }
}

impl TextTemplate {
    /// The template in this text.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] for braces and names, and for a colon or control characters, which a user
    /// name must not have (RFC 7617, section 2).
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let parts = split(text)?;
        let literal = |part: &Part| matches!(part, Part::Literal(text) if text.contains(unusable_in_username));
        if parts.iter().any(literal) {
            return Err(TemplateError::Part("a colon or a control character"));
        }
        Ok(Self(parts))
    }

    /// The settings that it needs, in the order of the text.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        variables(&self.0).map(|(name, _)| name)
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// A [`FieldError`] at `/settings/NAME` where a value is missing or has a colon or control characters.
    pub fn fill(&self, settings: &Map<String, Value>) -> Result<String, FieldError> {
        let mut filled = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(text) => filled.push_str(text),
                Part::Variable(name, _) => {
                    let value = text_of(settings, name).ok_or_else(|| unset(name))?;
                    if value.contains(unusable_in_username) {
                        return Err(unsuitable(
                            name,
                            "must have no colon and no control characters.",
                        ));
                    }
                    filled.push_str(&value);
                }
            }
        }
        Ok(filled)
    }
}

/// The user name that a Basic template makes of the settings.
///
/// # Errors
///
/// As [`TextTemplate::fill`]; a text that is no template is an error at `/settings`.
pub fn fill(template: &str, settings: &Map<String, Value>) -> Result<String, FieldError> {
    TextTemplate::parse(template)
        .map_err(|error| FieldError::at(["settings"], error.to_string()))?
        .fill(settings)
}

fn unusable_in_username(c: char) -> bool {
    c == ':' || c.is_control()
}

fn variables(parts: &[Part]) -> impl Iterator<Item = (&str, Place)> {
    parts.iter().filter_map(|part| match part {
        Part::Variable(name, place) => Some((name.as_str(), *place)),
        Part::Literal(_) => None,
    })
}

fn first_name(parts: &[Part]) -> &str {
    variables(parts).next().map_or("", |(name, _)| name)
}

/// Literals and variables in turn, the variables without a place yet.
fn split(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(TemplateError::Brace)?;
        if !crate::manifest::is_input_name(name) {
            return Err(TemplateError::Name(name.to_owned()));
        }
        push_literal(&mut parts, literal)?;
        parts.push(Part::Variable(name.to_owned(), Place::Text));
        rest = after;
    }
    push_literal(&mut parts, rest)?;
    Ok(parts)
}

fn push_literal(parts: &mut Vec<Part>, text: &str) -> Result<(), TemplateError> {
    if text.contains('}') {
        return Err(TemplateError::Brace);
    }
    if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
    Ok(())
}

/// The parts of a URL, each variable at its place.
fn parse_url(text: &str) -> Result<Vec<Part>, TemplateError> {
    if text.contains(|c: char| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(TemplateError::Part("a blank, a backslash or a control character"));
    }
    let mut parts = split(text)?;
    let mut place = start(&parts)?;
    let mut skip_scheme = place == Place::Host;
    let ends: Vec<_> = (0..parts.len()).map(|at| authority_edges(&parts, at)).collect();
    for (part, (opens, closes)) in parts.iter_mut().zip(ends) {
        match part {
            Part::Literal(text) => {
                let after_scheme = if skip_scheme {
                    text.split_once("://").map_or("", |(_, rest)| rest)
                } else {
                    text
                };
                skip_scheme = false;
                place = walk(place, after_scheme)?;
            }
            Part::Variable(_, own) => {
                *own = match place {
                    Place::Host if !(opens && closes) => Place::Label,
                    other => other,
                };
                place = match place {
                    Place::Whole => Place::Path,
                    Place::Scheme => Place::Host,
                    other => other,
                };
                skip_scheme |= *own == Place::Scheme;
            }
        }
    }
    probe(&parts)?;
    Ok(parts)
}

/// What the first part is: a URL of its own, a scheme, or `https://` and what follows it.
fn start(parts: &[Part]) -> Result<Place, TemplateError> {
    match parts {
        [Part::Literal(text), ..]
            if text.starts_with("https://") || text.starts_with("http://") =>
        {
            Ok(Place::Host)
        }
        [Part::Variable(..), Part::Literal(text), ..] if text.starts_with("://") => {
            Ok(Place::Scheme)
        }
        [Part::Variable(..), Part::Literal(text), ..] if text.starts_with(['/', '?', '#']) => {
            Ok(Place::Whole)
        }
        [Part::Variable(..)] => Ok(Place::Whole),
        _ => Err(TemplateError::Scheme),
    }
}

/// Where a variable after this literal stands.
fn walk(mut place: Place, literal: &str) -> Result<Place, TemplateError> {
    for c in literal.chars() {
        place = match (place, c) {
            (Place::Host | Place::Label | Place::Port, '@') => {
                return Err(TemplateError::Part("a user name"));
            }
            (Place::Host | Place::Label | Place::Port, '/') => Place::Path,
            (Place::Host | Place::Label | Place::Port | Place::Path, '?' | '#') => Place::Query,
            (Place::Host | Place::Label, ':') => Place::Port,
            (Place::Host, _) => Place::Host,
            (other, _) => other,
        };
    }
    Ok(place)
}

/// Whether the part stands directly after `//`, and directly before the path or the end.
fn authority_edges(parts: &[Part], at: usize) -> (bool, bool) {
    let before = at.checked_sub(1).and_then(|before| parts.get(before));
    let opens = matches!(before, Some(Part::Literal(text)) if text.ends_with("://"));
    let closes = match parts.get(at + 1) {
        None => true,
        Some(Part::Literal(text)) => text.starts_with(['/', '?', '#']),
        Some(Part::Variable(..)) => false,
    };
    (opens, closes)
}

/// Fills every place with a value that suits it, to see whether a URL comes out.
fn probe(parts: &[Part]) -> Result<(), TemplateError> {
    let mut settings = Map::new();
    for (name, place) in variables(parts) {
        let value = match place {
            Place::Whole => "https://a.example.com",
            Place::Scheme => "https",
            Place::Host => "a.example.com",
            Place::Port => "8443",
            Place::Label | Place::Path | Place::Query | Place::Text => "a",
        };
        if settings.insert(name.to_owned(), value.into()).is_some_and(|other| other != value) {
            return Err(TemplateError::Part("one setting at two places of different kinds"));
        }
    }
    filled_url(parts, &settings).map(drop).map_err(|error| TemplateError::Url(error.message))
}

/// The URL with all values in place, parsed, and found to be what was meant.
fn filled_url(parts: &[Part], settings: &Map<String, Value>) -> Result<Url, FieldError> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Variable(name, place) => {
                let value = text_of(settings, name).ok_or_else(|| unset(name))?;
                let fitted = fit(&value, *place).map_err(|reason| unsuitable(name, reason))?;
                text.push_str(&fitted);
            }
        }
    }
    let name = first_name(parts);
    let url = Url::parse(&text)
        .map_err(|_| unsuitable(name, "does not make a URL of the connector's template."))?;
    let plain = url.username().is_empty() && url.password().is_none() && url.host().is_some();
    if !plain || !matches!(url.scheme(), "http" | "https") {
        return Err(unsuitable(name, "does not make an http or https URL without a user name."));
    }
    if raw_path(&text) != url.path() {
        return Err(unsuitable(
            name,
            "must not lead to another path (`.`, `..` or an empty part).",
        ));
    }
    Ok(url)
}

/// The path as it stands in the text: the parser must not have changed it.
fn raw_path(text: &str) -> &str {
    let after_scheme = text.split_once("://").map_or("", |(_, rest)| rest);
    let end = after_scheme.find(['?', '#']).unwrap_or(after_scheme.len());
    let before_query = after_scheme.get(..end).unwrap_or_default();
    match before_query.find('/') {
        Some(at) => before_query.get(at..).unwrap_or_default(),
        None => "/",
    }
}

/// The value as it may stand at its place, or what it must be.
fn fit(value: &str, place: Place) -> Result<String, &'static str> {
    match place {
        Place::Whole => fit_whole(value),
        Place::Scheme => match value {
            "http" | "https" => Ok(value.to_owned()),
            _ => Err("must be http or https."),
        },
        Place::Host => {
            crate::input::normal_host(value).ok_or("must be a host, perhaps with a port.")
        }
        Place::Label => match is_label_text(value) {
            true => Ok(value.to_owned()),
            false => Err("must consist of letters, digits, hyphens and single dots."),
        },
        Place::Port => match value.parse::<u16>() {
            Ok(port) if port > 0 && value.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(port.to_string())
            }
            _ => Err("must be a port, 1 to 65535."),
        },
        Place::Path
            if value.is_empty()
                || matches!(value, "." | "..")
                || value.contains(char::is_control) =>
        {
            Err("must be no empty part of a path, no `.` or `..`, and have no control characters.")
        }
        Place::Path | Place::Query => Ok(utf8_percent_encode(value, SEGMENT).to_string()),
        Place::Text => Ok(value.to_owned()),
    }
}

fn fit_whole(value: &str) -> Result<String, &'static str> {
    crate::input::normal_url(value)
        .map_err(|_| "must be an http or https URL without a user name, query and fragment.")
}

fn is_label_text(value: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    value.split('.').all(label)
}

/// A setting's value as text; `None` where it has none.
fn text_of(settings: &Map<String, Value>, name: &str) -> Option<String> {
    match settings.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn unset(name: &str) -> FieldError {
    unsuitable(name, "needs a value.")
}

fn unsuitable(name: &str, reason: &str) -> FieldError {
    FieldError::at(["settings", name], format!("`{name}` {reason}"))
}

#[cfg(test)]
mod tests;
