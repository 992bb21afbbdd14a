//! From a text to parts, each variable at its place.

use serde_json::Map;

use super::fitting::filled_url;
use super::part::{Part, Place, TemplateError, variables};

/// Literals and variables in turn, the variables without a place yet.
pub(super) fn split(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or(TemplateError::Brace)?;
        if !crate::manifest::name::is_input_name(name) {
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
pub(super) fn parse_url(text: &str) -> Result<Vec<Part>, TemplateError> {
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
