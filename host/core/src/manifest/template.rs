//! Templates over settings, such as the base URLs of endpoints.
//!
//! A template is a URL in which `{name}` stands for a setting. Where a variable stands decides what
//! its value may be, so that no value can move the rest of the template to another place:
//!
//! | place | example | the value |
//! |---|---|---|
//! | the whole beginning | `{api_url}`, `{api_url}/rest` | an http or https URL without userinfo, query and fragment |
//! | the scheme | `{protocol}://{host}` | `http` or `https` |
//! | all of host and port | `https://{host}/rest` | a host, perhaps with a port |
//! | a part of the host | `https://{site}.example.com` | letters, digits, `-` and `.`, no empty label |
//! | the port | `https://{host}:{port}` | digits |
//! | the path, query or fragment | `https://example.com/{tenant}/v2` | any text; percent-encoded, and never a `.` or `..` segment |
//!
//! What comes out is parsed and compared with what was meant before it is used.

use serde_json::{Map, Value};
use url::Url;

use crate::contract::failure::FieldError;

mod fitting;
mod parse;
mod part;

pub(crate) use fitting::SEGMENT;
pub use part::{Place, TemplateError};

use fitting::filled_url;
use parse::{parse_url, split};
use part::{Part, first_name, text_of, unset, unsuitable, variables};

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

#[cfg(test)]
mod tests;
