//! The setting and the parameter `organization`: a login, or an address that a person copies from a
//! browser.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure};

use crate::address::{Address, is_login};
use crate::advice;
use crate::site::Site;

pub(crate) const MALFORMED: Diagnosis = Diagnosis {
    code: "organization-malformed",
    means: "The organization is not given by its name, as in `rust-lang`.",
    advice: &[Advice {
        text: "Enter the name that stands in the address of the organization's page, or that address.",
        page: None,
    }],
};

/// The login of the organization that this text names.
///
/// Read are `ORG`, `@ORG`, `https://HOST/ORG`, `https://HOST/ORG/repository`,
/// `https://HOST/orgs/ORG/people`, `https://HOST/organizations/ORG/settings` and the same without
/// `https://`.
///
/// # Errors
///
/// An invalid input at `pointer`: something else, or an address of another site.
pub(crate) fn parse(text: &str, site: &Site, pointer: &str) -> Result<String, Failure> {
    let address = Address::parse(text, site, pointer)?;
    let mut parts = address.segments();
    let first = parts.next().unwrap_or_default();
    let login = match first {
        "orgs" | "organizations" | "users" if address.is_whole => parts.next().unwrap_or_default(),
        _ => first.strip_prefix('@').unwrap_or(first),
    };
    let extra = parts.next().is_some() && !address.is_whole;
    // Paths that GitHub keeps for itself, and no account has.
    let own = address.is_whole && matches!(login, "enterprises" | "settings" | "repos" | "orgs");
    if is_login(login) && !extra && !own {
        return Ok(login.to_owned());
    }
    Err(advice::failure(&MALFORMED, site, Cause::InvalidInput).field(pointer, MALFORMED.means))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const POINTER: &str = "/settings/organization";

    #[test]
    fn an_organization_is_understood_as_people_write_it() {
        let site = Site::at("https://api.github.com");
        for text in [
            "acme-inc",
            " acme-inc ",
            "@acme-inc",
            "acme-inc/",
            "https://github.com/acme-inc",
            "https://github.com/acme-inc/",
            "https://github.com/acme-inc/tools?x=y#z",
            "https://github.com/orgs/acme-inc/people",
            "https://github.com/organizations/acme-inc/settings/profile",
            "http://GitHub.com/acme-inc",
            "github.com/acme-inc",
            "https://api.github.com/orgs/acme-inc",
        ] {
            assert_eq!(parse(text, &site, POINTER).unwrap(), "acme-inc", "{text}");
        }
        let server = Site::at("https://git.acme.org/api/v3");
        let own = parse("https://git.acme.org/api/v3/orgs/a", &server, POINTER);
        assert_eq!(own.unwrap(), "a");
    }

    #[test]
    fn anything_else_is_refused_at_its_place() {
        let site = Site::at("https://api.github.com");
        let long = "a".repeat(101);
        for text in [
            "",
            " ",
            "/",
            "@",
            "a/b",
            "a b",
            "a.b",
            "..",
            "ä",
            "a\nb",
            "a?b",
            "a%2fb",
            "a\u{202e}",
            "https://",
            "https://github.com",
            "https://github.com/",
            "https://github.com/orgs",
            "https://github.com/orgs/",
            "https://github.com/enterprises/acme",
            "https://github.com/settings/tokens",
            "https://gitlab.com/acme",
            "https://github.com.evil.com/acme",
            "https://github.com@evil.com/acme",
            long.as_str(),
        ] {
            let failure = parse(text, &site, POINTER).unwrap_err();
            let pointers: Vec<_> =
                failure.fields.iter().map(|field| field.pointer.as_str()).collect();
            assert_eq!(pointers, [POINTER], "{text:?}");
            assert!(!failure.code.is_empty() && !failure.remedies.is_empty(), "{text:?}");
        }
        assert!(parse(&"a".repeat(100), &site, POINTER).is_ok());
    }
}
