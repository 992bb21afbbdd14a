//! What people paste where a name is asked for.
//!
//! | pasted | read as |
//! |---|---|
//! | `owner/name`, `owner` | a name |
//! | `https://HOST/owner/name/anything?x#y` | the path on HOST |
//! | `HOST/owner/name` | the same; the host has a dot |
//! | `https://HOST/api/v3/repos/owner/name` | the path below the API |
//! | `git@HOST:owner/name.git`, `ssh://git@HOST/owner/name.git` | the path on HOST |
//!
//! HOST must be the site's host of pages or of the API.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::text::quote;
use jackfield_guest::{Cause, Failure};

use crate::advice;
use crate::site::Site;

pub(crate) const ANOTHER_SITE: Diagnosis = Diagnosis {
    code: "address-of-another-site",
    means: "The address belongs to another site than the connection.",
    advice: &[Advice {
        text: "Enter one of the connection's site, or use a connection to the other site.",
        page: None,
    }],
};

/// A name, or the path of an address on the connection's site.
pub(crate) struct Address<'a> {
    path: &'a str,
    /// Whether it was an address, after which anything may follow.
    pub(crate) is_whole: bool,
}

impl<'a> Address<'a> {
    /// What this text says.
    ///
    /// # Errors
    ///
    /// An invalid input at `pointer`: an address of another site.
    pub(crate) fn parse(text: &'a str, site: &Site, pointer: &str) -> Result<Self, Failure> {
        let text = text.trim();
        let Some((host, path)) = split(text) else {
            return Ok(Self { path: text, is_whole: false });
        };
        let known = [site.web_host(), site.api_host()];
        if !known.iter().any(|known| known.eq_ignore_ascii_case(host)) {
            return Err(elsewhere(host, site, pointer));
        }
        let path = path.split(['?', '#']).next().unwrap_or_default();
        Ok(Self { path: path.strip_prefix("api/v3/").unwrap_or(path), is_whole: true })
    }

    /// The parts of the name or the path, without empty ones.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.path.trim_matches('/').split('/').filter(|part| !part.is_empty())
    }
}

/// Host and path, where the text is an address rather than a name.
fn split(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix("git@") {
        return rest.split_once(':');
    }
    let bare = match text.split_once("://") {
        Some((_, rest)) => rest,
        None => text.contains('.').then_some(text)?,
    };
    let (authority, path) = bare.split_once('/')?;
    let host = authority.rsplit('@').next()?;
    // `owner/name.js` has its dot after the slash.
    (text.contains("://") || host.contains('.')).then_some((host, path))
}

/// The login of a person or an organization: letters, digits and hyphens, and an underscore in accounts
/// that an enterprise manages.
pub(crate) fn is_login(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=100).contains(&text.len()) && text.bytes().all(allowed)
}

fn elsewhere(host: &str, site: &Site, pointer: &str) -> Failure {
    let host = quote(host, 80);
    let here = site.web_host();
    let message = format!("The address belongs to {host}, and this connection goes to {here}.");
    advice::bare(&ANOTHER_SITE, Cause::InvalidInput, message.clone())
        .field(pointer, message)
        .remedy(format!("Enter one of {here}, or use a connection to {host}."))
}
