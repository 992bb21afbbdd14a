//! From parts and values to a URL: each value made to fit its place, or refused.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

use super::part::{Part, Place, first_name, text_of, unset, unsuitable};
use crate::contract::failure::FieldError;
use crate::manifest::input::{normal_host, normal_url};

/// What is encoded in a path segment: all but the unreserved characters of RFC 3986 and those
/// sub-delimiters that no server gives a meaning of its own. `;` opens parameters for Java servers
/// and `+` is a blank to some, so that both are encoded.
pub(crate) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'*')
    .remove(b',')
    .remove(b':')
    .remove(b'@');

/// The URL with all values in place, parsed, and found to be what was meant.
pub(super) fn filled_url(parts: &[Part], settings: &Map<String, Value>) -> Result<Url, FieldError> {
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
        Place::Host => fit_host(value),
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

/// A host, perhaps with a port, perhaps with the path below which a service stands.
fn fit_host(value: &str) -> Result<String, &'static str> {
    let (host, path) = match value.find('/') {
        Some(at) => value.split_at(at),
        None => (value, ""),
    };
    let segment = |segment: &str| {
        !segment.is_empty() && !segment.contains(|c: char| c.is_control() || "?#\\".contains(c))
    };
    let plain = path.strip_prefix('/').is_none_or(|path| path.split('/').all(segment));
    match normal_host(host).filter(|_| plain) {
        Some(host) => Ok(host + path),
        None => Err("must be a host, perhaps with a port and a path."),
    }
}

fn fit_whole(value: &str) -> Result<String, &'static str> {
    normal_url(value)
        .map_err(|_| "must be an http or https URL without a user name, query and fragment.")
}

fn is_label_text(value: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    value.split('.').all(label)
}
