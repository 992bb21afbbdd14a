//! What is wrong, collected with the place at which it is.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::{Deref, DerefMut};

use url::Url;

use crate::contract::failure::FieldError;
use crate::manifest::limits::{
    MAX_HELP_CHARS, MAX_LABEL_CHARS, MAX_LINK_CHARS, MAX_PERMISSIONS, MAX_SENTENCE_CHARS,
};
use crate::manifest::name::{is_input_name, is_kebab_name};

/// One thing that is wrong with a manifest.
pub type ManifestProblem = FieldError;

/// The problems so far, and the place being looked at.
#[derive(Default)]
pub(super) struct Problems {
    path: Vec<String>,
    found: Vec<ManifestProblem>,
}

/// The same list, one level deeper in the document; on its drop one level up again.
pub(super) struct Within<'a>(&'a mut Problems);

impl Deref for Within<'_> {
    type Target = Problems;

    fn deref(&self) -> &Problems {
        self.0
    }
}

impl DerefMut for Within<'_> {
    fn deref_mut(&mut self) -> &mut Problems {
        self.0
    }
}

impl Drop for Within<'_> {
    fn drop(&mut self) {
        self.0.path.pop();
    }
}

impl Problems {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn into_list(self) -> Vec<ManifestProblem> {
        self.found
    }

    pub(super) fn within(&mut self, part: impl Display) -> Within<'_> {
        self.path.push(part.to_string());
        Within(self)
    }

    /// A problem with a field of the place being looked at.
    pub(super) fn add(&mut self, field: impl Display, message: impl Into<String>) {
        self.within(field).add_here(message);
    }

    /// A problem with the place itself.
    pub(super) fn add_here(&mut self, message: impl Into<String>) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        self.found.push(FieldError::at(path, message));
    }

    /// Of this list, which is the place being looked at.
    pub(super) fn count<T>(&mut self, list: &[T], least: usize, most: usize) {
        if list.len() < least {
            self.add_here(format!("needs at least {least}"));
        }
        if list.len() > most {
            self.add_here(format!("has {} entries, more than {most}", list.len()));
        }
    }

    /// Each name, by its index in the list at which is being looked.
    pub(super) fn unique<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for (at, name) in names.enumerate() {
            if !seen.insert(name) {
                self.within(at).add("name", format!("`{}` stands here twice", brief(name)));
            }
        }
    }

    pub(super) fn input_name(&mut self, field: &str, name: &str) {
        if !is_input_name(name) {
            self.add(field, format!("`{}` is not ^[a-z][a-z0-9_]{{0,39}}$", brief(name)));
        }
    }

    pub(super) fn kebab_name(&mut self, field: &str, name: &str) {
        if !is_kebab_name(name) {
            self.add(field, format!("`{}` is not ^[a-z][a-z0-9-]{{0,39}}$", brief(name)));
        }
    }

    pub(super) fn label(&mut self, field: &str, text: &str) {
        self.text(field, text, MAX_LABEL_CHARS, false);
    }

    pub(super) fn sentence(&mut self, field: &str, text: &str) {
        self.text(field, text, MAX_SENTENCE_CHARS, false);
    }

    pub(super) fn help(&mut self, field: &str, text: &str) {
        self.text(field, text, MAX_HELP_CHARS, true);
    }

    pub(super) fn capability(&mut self, name: &str, label: &str, description: Option<&str>) {
        self.input_name("name", name);
        self.label("label", label);
        if let Some(description) = description {
            self.sentence("description", description);
        }
    }

    pub(super) fn permissions(&mut self, permissions: &[String]) {
        let mut list = self.within("permissions");
        list.count(permissions, 0, MAX_PERMISSIONS);
        for (at, permission) in permissions.iter().enumerate() {
            list.text(at, permission, MAX_LABEL_CHARS, false);
        }
    }

    pub(super) fn https_link(&mut self, field: &str, link: &str) {
        let fits = link.chars().count() <= MAX_LINK_CHARS
            && !link.contains(|c: char| c.is_whitespace() || c.is_control())
            && Url::parse(link).is_ok_and(|url| is_plain_https(&url));
        if !fits {
            self.add(field, "is not an https link without a user name");
        }
    }

    /// Text for people: some, not too much, without what moves or hides other text.
    fn text(&mut self, field: impl Display, text: &str, most: usize, lines: bool) {
        if text.trim().is_empty() {
            return self.add(field, "is empty");
        }
        if text.chars().count() > most {
            return self.add(field, format!("has more than {most} characters"));
        }
        if text.contains(|c: char| (c.is_control() && !(lines && c == '\n')) || reorders(c)) {
            self.add(field, "has control characters, or marks that reorder text");
        }
    }
}

pub(super) fn is_plain_https(url: &Url) -> bool {
    url.scheme() == "https" && url.username().is_empty() && url.password().is_none()
}

/// The marks by which a text can show other letters than it has (Unicode, UAX 9).
fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A name that may be anything, short and without control characters.
pub(super) fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}
