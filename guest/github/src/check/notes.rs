//! What a person should know although the check passed: the table of warnings, and those that follow
//! from the facts of a token.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Grant, Permission, Timestamp, Warning, time};

use crate::advice::{Advised, noting, warning};
use crate::api::Api;
use crate::diagnose::{PERMISSION_MISSING, SCOPE_MISSING};
use crate::scopes;
use crate::site::Site;
use crate::token::Kind;

/// A token that ends within this time is warned of.
const SOON: u64 = 14 * 24 * 3600 * 1000;

/// Every diagnosis of a check that no refusal has.
#[cfg(test)]
pub(crate) const TABLE: &[&Diagnosis] = &[
    &NO_ACCOUNT,
    &EXPIRES_SOON,
    &NO_EXPIRY,
    &SHORT_LIVED,
    &WIDE_SCOPES,
    &PUBLIC_ONLY,
    &PERMISSIONS_UNKNOWN,
    &NO_REPOSITORY,
    &RESOURCE_OWNER,
    &ORGANIZATION_NOT_FOUND,
    &ORGANIZATION_UNCHECKED,
    &ORGANIZATIONS_UNKNOWN,
    &NOT_A_MEMBER,
];

pub(super) const NO_ACCOUNT: Diagnosis = Diagnosis {
    code: "no-account",
    means: "GitHub's answer names no account.",
    advice: &[Advice {
        text: "Check whether the API address leads to a GitHub, or to something that stands in for it.",
        page: None,
    }],
};

const EXPIRES_SOON: Diagnosis = Diagnosis {
    code: "expires-soon",
    means: "The token ends within two weeks; the connection stops working then.",
    advice: &[
        Advice {
            text: "Create or regenerate the token before that day, and update the connection.",
            page: Some("https://github.com/settings/personal-access-tokens"),
        },
        Advice {
            text: "For an app's token, authorize the app again before that day.",
            page: Some("https://github.com/settings/applications"),
        },
    ],
};

const NO_EXPIRY: Diagnosis = Diagnosis {
    code: "no-expiry",
    means: "The token never expires, so a leaked copy works until someone notices.",
    advice: &[Advice {
        text: "Give the token an expiration date, or replace it by a fine-grained one.",
        page: Some("https://github.com/settings/tokens"),
    }],
};

const SHORT_LIVED: Diagnosis = Diagnosis {
    code: "short-lived",
    means: "This is an installation token of a GitHub App, which ends after one hour.",
    advice: &[Advice {
        text: "For a lasting connection use a personal access token.",
        page: Some("https://github.com/settings/personal-access-tokens/new"),
    }],
};

const WIDE_SCOPES: Diagnosis = Diagnosis {
    code: "wide-scopes",
    means: "The token may do more than reading needs.",
    advice: &[Advice {
        text: "Create a fine-grained token that may only read the repositories that you want.",
        page: Some("https://github.com/settings/personal-access-tokens/new"),
    }],
};

const PUBLIC_ONLY: Diagnosis = Diagnosis {
    code: "public-only",
    means: "The token lacks the scope repo: private repositories and what is in them stay hidden.",
    advice: &[
        Advice {
            text: "Edit the token and give it the scope repo, if private repositories are wanted.",
            page: Some("https://github.com/settings/tokens"),
        },
        Advice {
            text: "For an OAuth app's token, authorize the app again with the scope repo.",
            page: Some("https://github.com/settings/applications"),
        },
    ],
};

const PERMISSIONS_UNKNOWN: Diagnosis = Diagnosis {
    code: "permissions-unknown",
    means: "GitHub does not tell what the token may do; a missing permission shows when a stream is \
            read.",
    advice: &[Advice {
        text: "Look which repositories and permissions the token has.",
        page: Some("https://github.com/settings/personal-access-tokens"),
    }],
};

const GIVE_REPOSITORIES: Advice = Advice {
    text: "Give the token repositories, or have the organization approve it.",
    page: Some("https://github.com/settings/personal-access-tokens"),
};

const INSTALL_THERE: Advice = Advice {
    text: "For a GitHub App, install the app where the repositories are.",
    page: Some("https://github.com/settings/installations"),
};

const NO_REPOSITORY: Diagnosis = Diagnosis {
    code: "no-repository",
    means: "The token reaches no repository.",
    advice: &[GIVE_REPOSITORIES, INSTALL_THERE],
};

const APPROVAL: Advice = Advice {
    text: "If the owner is right, have the organization approve the token, or give the token \
           repositories.",
    page: Some("https://github.com/settings/personal-access-tokens"),
};

const ANOTHER_OWNER: Advice = Advice {
    text: "Create a fine-grained token with the organization as its resource owner: a fine-grained \
           token reaches one owner only.",
    page: Some("https://github.com/settings/personal-access-tokens/new"),
};

const INSTALL: Advice = Advice {
    text: "For a GitHub App, install the app for the organization.",
    page: Some("https://github.com/settings/installations"),
};

const RESOURCE_OWNER: Diagnosis = Diagnosis {
    code: "resource-owner",
    means: "The token lists no repository of the named organization: it belongs to another owner, or \
            the organization has not approved it.",
    advice: &[ANOTHER_OWNER, APPROVAL, INSTALL],
};

pub(super) const ORGANIZATION_NOT_FOUND: Diagnosis = Diagnosis {
    code: "organization-not-found",
    means: "GitHub shows this token no organization of that name.",
    advice: &[Advice {
        text: "Check the spelling in the setting; the account of a person is no organization.",
        page: None,
    }],
};

pub(super) const ORGANIZATION_UNCHECKED: Diagnosis = Diagnosis {
    code: "organization-unchecked",
    means: "It is not known whether the token reaches the named organization.",
    advice: &[Advice { text: "Check the connection again later.", page: None }],
};

pub(super) const ORGANIZATIONS_UNKNOWN: Diagnosis = Diagnosis {
    code: "organizations-unknown",
    means: "It is not known which organizations the token reaches.",
    advice: &[Advice { text: "Check the connection again later.", page: None }],
};

pub(super) const NOT_A_MEMBER: Diagnosis = Diagnosis {
    code: "not-a-member",
    means: "GitHub does not list the account as a member of the named organization, so that it sees \
            little more than what is public there.",
    advice: &[Advice {
        text: "Use the token of a member, or have an owner of the organization invite the account.",
        page: None,
    }],
};

/// The named organization is not the one that the token is for.
pub(super) fn resource_owner(api: &Api, message: String) -> Warning {
    let note = Warning::new(RESOURCE_OWNER.code, message);
    match api.kind {
        Kind::Installation | Kind::AppUser => note.advise(&INSTALL, &api.site),
        _ => note.advise(&ANOTHER_OWNER, &api.site).advise(&APPROVAL, &api.site),
    }
}

/// The token, or the installation, has no repositories.
pub(super) fn no_repository(api: &Api) -> Warning {
    let note = Warning::new(NO_REPOSITORY.code, NO_REPOSITORY.means);
    match api.kind {
        Kind::FineGrained => note.advise(&GIVE_REPOSITORIES, &api.site),
        Kind::Installation | Kind::AppUser => note.advise(&INSTALL_THERE, &api.site),
        _ => warning(&NO_REPOSITORY, &api.site),
    }
}

/// What warnings follow from.
pub(super) struct Facts<'a> {
    pub(super) site: &'a Site,
    pub(super) kind: Kind,
    pub(super) held: Option<&'a [&'a str]>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) now: Timestamp,
    pub(super) permissions: &'a [Permission],
}

/// All that follows from the facts.
pub(super) fn all(facts: &Facts<'_>) -> Vec<Warning> {
    let found = [
        soon(facts),
        no_end(facts),
        hour(facts),
        wide(facts),
        public_only(facts),
        unscoped(facts),
        lacking(facts),
        unlisted(facts),
    ];
    found.into_iter().flatten().collect()
}

fn soon(facts: &Facts<'_>) -> Option<Warning> {
    let ends = facts.expires_at.filter(|ends| *ends <= facts.now.saturating_add(SOON))?;
    let (noun, date) = (facts.kind.noun(), time::to_date(ends));
    let message = format!("The {noun} ends on {date}; the connection stops working then.");
    let text = if facts.kind.is_authorized() {
        "Authorize the app again before that day, and update the connection."
    } else {
        first(&EXPIRES_SOON)
    };
    Some(Warning::new(EXPIRES_SOON.code, message).leads(text, facts.kind.page(facts.site)))
}

fn no_end(facts: &Facts<'_>) -> Option<Warning> {
    let endless = matches!(facts.kind, Kind::Classic | Kind::Legacy) && facts.expires_at.is_none();
    endless.then(|| warning(&NO_EXPIRY, facts.site))
}

fn hour(facts: &Facts<'_>) -> Option<Warning> {
    (facts.kind == Kind::Installation).then(|| warning(&SHORT_LIVED, facts.site))
}

fn wide(facts: &Facts<'_>) -> Option<Warning> {
    facts.held.filter(|_| facts.kind.is_personal())?;
    let excess = of(facts, Grant::Excess);
    let noun = facts.kind.noun();
    let message = format!("This {noun} may do more than reading needs: {}.", names(&excess, ", "));
    (!excess.is_empty()).then(|| noting(&WIDE_SCOPES, facts.site, message))
}

fn public_only(facts: &Facts<'_>) -> Option<Warning> {
    let held = facts.held.filter(|held| !scopes::holds(held, scopes::PRIVATE))?;
    let has =
        if held.is_empty() { "no scope".to_owned() } else { format!("only {}", held.join(", ")) };
    let message = format!(
        "The {} has {has}: private repositories and what is in them stay hidden.",
        facts.kind.noun()
    );
    let given = facts.kind.scopes_given("the scope repo");
    Some(Warning::new(PUBLIC_ONLY.code, message).leads(
        format!("{given}, if private repositories are wanted."),
        facts.kind.scopes_page(facts.site),
    ))
}

/// The scopes that are not in GitHub's list, but for the one of which [`public_only`] tells.
fn unscoped(facts: &Facts<'_>) -> Option<Warning> {
    facts.held?;
    let mut missing = of(facts, Grant::Missing);
    missing.retain(|one| one.name != scopes::PRIVATE);
    if missing.is_empty() {
        return None;
    }
    let names = names(&missing, " and ");
    let message = format!(
        "The {} lacks the scope {names}, without which {} cannot be read in full.",
        facts.kind.noun(),
        streams(&missing, " and ")
    );
    let text = format!("{}, if these streams are wanted.", facts.kind.scopes_given(&names));
    let page = facts.kind.scopes_page(facts.site);
    Some(Warning::new(SCOPE_MISSING.code, message).leads(text, page))
}

/// What was tried and refused.
fn lacking(facts: &Facts<'_>) -> Option<Warning> {
    let missing = of(facts, Grant::Missing);
    if facts.held.is_some() || missing.is_empty() {
        return None;
    }
    let (noun, names) = (facts.kind.noun(), names(&missing, ", "));
    let message = format!(
        "The {noun} lacks {names}; what needs it cannot be read: {}.",
        streams(&missing, ", ")
    );
    let text = match facts.kind {
        Kind::Installation | Kind::AppUser => {
            format!("Give the app {names}, and have the organization accept the change.")
        }
        _ => format!("Edit the token and give it {names}, if these streams are wanted."),
    };
    let page = facts.kind.page(facts.site);
    Some(Warning::new(PERMISSION_MISSING.code, message).leads(text, page))
}

/// Members are tried only where an organization is named, and are no news otherwise.
fn unlisted(facts: &Facts<'_>) -> Option<Warning> {
    let unknown = |one: &Permission| {
        one.grant == Grant::Unknown && one.needed_by.iter().any(|stream| stream != "members")
    };
    if facts.held.is_some() || !facts.permissions.iter().any(unknown) {
        return None;
    }
    let message = format!(
        "GitHub does not tell what the {} may do; a missing permission shows when a stream is read.",
        facts.kind.noun()
    );
    let page = facts.kind.page(facts.site);
    Some(Warning::new(PERMISSIONS_UNKNOWN.code, message).leads(first(&PERMISSIONS_UNKNOWN), page))
}

fn of<'a>(facts: &Facts<'a>, grant: Grant) -> Vec<&'a Permission> {
    facts.permissions.iter().filter(|one| one.grant == grant).collect()
}

fn names(permissions: &[&Permission], between: &str) -> String {
    permissions.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(between)
}

fn streams(permissions: &[&Permission], between: &str) -> String {
    let streams = permissions.iter().flat_map(|one| &one.needed_by);
    streams.map(String::as_str).collect::<Vec<_>>().join(between)
}

fn first(it: &Diagnosis) -> &'static str {
    it.advice.first().map_or("", |advice| advice.text)
}
