//! The parameter `repository`: `owner/name`, or any address that a person copies from a browser or a terminal.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure};

use crate::address::{Address, is_login};
use crate::advice;
use crate::site::Site;

const POINTER: &str = "/parameters/repository";

pub(crate) const MALFORMED: Diagnosis = Diagnosis {
    code: "repository-malformed",
    means: "The repository is not given as owner and name, as in `rust-lang/rust`.",
    advice: &[Advice {
        text: "Enter owner and name with a slash between them, or the address of the repository's page.",
        page: None,
    }],
};

/// One repository by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Repository {
    pub(crate) owner: String,
    pub(crate) name: String,
}

impl Repository {
    /// The repository that this text names.
    ///
    /// Read are `owner/name`, `https://HOST/owner/name/anything`, `HOST/owner/name`,
    /// `git@HOST:owner/name.git` and `ssh://git@HOST/owner/name.git`.
    ///
    /// # Errors
    ///
    /// An invalid input at `/parameters/repository`: something else, or an address of another site.
    pub(crate) fn parse(text: &str, site: &Site) -> Result<Self, Failure> {
        let address = Address::parse(text, site, POINTER)?;
        let mut parts = address.segments();
        let mut owner = parts.next();
        if owner == Some("repos") && address.is_whole {
            owner = parts.next();
        }
        let name = parts.next().map(|name| name.strip_suffix(".git").unwrap_or(name));
        let extra = parts.next().is_some() && !address.is_whole;
        match (owner, name) {
            (Some(owner), Some(name)) if !extra => Self::named(owner, name),
            _ => None,
        }
        .ok_or_else(|| {
            advice::failure(&MALFORMED, site, Cause::InvalidInput).field(POINTER, MALFORMED.means)
        })
    }

    /// The repository of that owner and name, if they can be ones.
    pub(crate) fn named(owner: &str, name: &str) -> Option<Self> {
        let fits = is_login(owner) && is_name(name);
        fits.then(|| Self { owner: owner.to_owned(), name: name.to_owned() })
    }

    /// `owner/name`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=100).contains(&text.len()) && text.bytes().all(allowed) && !matches!(text, "." | "..")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_understood_as_people_write_it() {
        let dot_com = [
            "rust-lang/rust",
            " rust-lang/rust ",
            "rust-lang/rust/",
            "rust-lang/rust.git",
            "https://github.com/rust-lang/rust",
            "https://github.com/rust-lang/rust/issues/1?q=x#y",
            "https://www@github.com/rust-lang/rust",
            "http://GitHub.com/rust-lang/rust.git",
            "github.com/rust-lang/rust",
            "git@github.com:rust-lang/rust.git",
            "ssh://git@github.com/rust-lang/rust.git",
            "https://api.github.com/repos/rust-lang/rust/issues",
        ];
        let site = Site::at("https://api.github.com");
        for text in dot_com {
            let repository = Repository::parse(text, &site).unwrap();
            assert_eq!(repository.full_name(), "rust-lang/rust", "{text}");
        }
        let dotted = Repository::parse("vercel/next.js", &site).unwrap();
        assert_eq!(dotted.full_name(), "vercel/next.js");
        let managed = Repository::parse("ada_acme/.github", &site).unwrap();
        assert_eq!(managed.full_name(), "ada_acme/.github");
        let server = Site::at("https://git.acme.org:8443/api/v3");
        for text in ["https://git.acme.org:8443/a/b", "https://git.acme.org:8443/api/v3/repos/a/b"]
        {
            assert_eq!(Repository::parse(text, &server).unwrap().full_name(), "a/b", "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_at_its_parameter() {
        let cases = [
            "",
            " ",
            "/",
            "rust",
            "rust-lang/",
            "/rust",
            "a/b/c",
            "a//",
            "../..",
            "a/..",
            "a/.",
            "./b",
            "a b/c",
            "a/b c",
            "a/b\nc",
            "a/b%2fc",
            "ä/b",
            "a/\u{202e}",
            "a\\b",
            "a/b?x",
            "a/b#x",
            "https://",
            "https://github.com",
            "https://github.com/",
            "https://github.com/a",
            "git@github.com",
            "https://gitlab.com/a/b",
            "gitlab.com/a/b",
            "git@gitlab.com:a/b.git",
            "https://github.com.evil.com/a/b",
            "https://github.com@evil.com/a/b",
        ];
        let site = Site::at("https://api.github.com");
        for text in cases {
            let failure = Repository::parse(text, &site).unwrap_err();
            let pointers: Vec<_> =
                failure.fields.iter().map(|field| field.pointer.as_str()).collect();
            assert_eq!(pointers, [POINTER], "{text:?}");
        }
        assert!(Repository::parse(&format!("{}/b", "a".repeat(100)), &site).is_ok());
        assert!(Repository::parse(&format!("{}/b", "a".repeat(101)), &site).is_err());
        assert!(Repository::parse(&format!("a/{}", "b".repeat(100)), &site).is_ok());
        assert!(Repository::parse(&format!("a/{}", "b".repeat(101)), &site).is_err());
    }
}
