//! The credential is good and may not do this.
//!
//! A 404 is never said to mean absence: GitHub answers it as well for what the token may not see.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure, Response, Retry, time};

use super::credential::AUTHORIZE_AGAIN;
use super::{About, Answer, Rule, limits};
use crate::advice::{self, Advised};
use crate::scopes;
use crate::token::Kind;

/// Permissions that a failure names, at most.
const MOST_NAMED: usize = 20;

const RIGHT_OWNER: Advice = Advice {
    text: "Check that the token was given this repository, and that its resource owner is the \
           repository's owner.",
    page: Some("https://github.com/settings/personal-access-tokens"),
};
const RIGHT_ORGANIZATION: Advice = Advice {
    text: "For an organization's members, check that the token's resource owner is the organization.",
    page: Some("https://github.com/settings/personal-access-tokens"),
};

/// Also what a check says of a permission that it found missing.
pub(crate) const MISSING: Diagnosis = Diagnosis {
    code: "permission-missing",
    means: "The token lacks a permission that this needs.",
    advice: &[
        Advice {
            text: "Edit the token and give it the permission.",
            page: Some("https://github.com/settings/personal-access-tokens"),
        },
        Advice {
            text: "For a GitHub App, give the app the permission, and have the organization accept \
                   the change.",
            page: Some("https://github.com/settings/installations"),
        },
        RIGHT_OWNER,
        RIGHT_ORGANIZATION,
        INSTALLED,
    ],
};

/// Also what a check says of the scopes that are missing from the list.
pub(crate) const SCOPE_MISSING: Diagnosis = Diagnosis {
    code: "scope-missing",
    means: "The token lacks a scope that this needs.",
    advice: &[
        Advice {
            text: "Edit the token and give it the scope.",
            page: Some("https://github.com/settings/tokens"),
        },
        Advice {
            text: "For an OAuth app's token, authorize the app again with the scope.",
            page: Some("https://github.com/settings/applications"),
        },
    ],
};

const USER_AGENT: Diagnosis = Diagnosis {
    code: "user-agent-refused",
    means: "GitHub refuses the connector's User-Agent header.",
    advice: &[Advice {
        text: "Check whether a proxy between here and GitHub removes or changes the User-Agent header.",
        page: None,
    }],
};

const ROLE_MISSING: Diagnosis = Diagnosis {
    code: "role-missing",
    means: "The account lacks a role at GitHub that this needs.",
    advice: &[Advice {
        text: "Ask an owner of the repository or organization for the role, or use the token of an \
               account that has it.",
        page: None,
    }],
};

const BLOCKED: Diagnosis = Diagnosis {
    code: "repository-blocked",
    means: "GitHub has blocked the repository, for legal reasons or for its terms of service.",
    advice: &[Advice {
        text: "Ask the owner of the repository; GitHub publishes its takedown notices.",
        page: Some("https://github.com/github/dmca"),
    }],
};

const FORBIDDEN: Diagnosis = Diagnosis {
    code: "forbidden",
    means: "GitHub refuses this to the token, for a reason that the connector has no name for.",
    advice: &[Advice {
        text: "Look which permissions the token has.",
        page: Some("https://github.com/settings/personal-access-tokens"),
    }],
};

const SPELLING: Advice = Advice {
    text: "Check the spelling, and whether the account sees it in a browser.",
    page: None,
};
const GIVEN: Advice = Advice {
    text: "For a fine-grained token, check whether the token was given this repository, whether its \
           resource owner is the repository's owner, and whether the organization still has to \
           approve it.",
    page: Some("https://github.com/settings/personal-access-tokens"),
};
const INSTALLED: Advice = Advice {
    text: "For a GitHub App, check whether the app is installed there.",
    page: Some("https://github.com/settings/installations"),
};
const SCOPE_REPO: Advice = Advice {
    text: "Give a classic token the scope repo: without it, private repositories are hidden.",
    page: Some("https://github.com/settings/tokens"),
};
const SCOPE_REPO_AGAIN: Advice = Advice {
    text: "Authorize the OAuth app again with the scope repo: without it, private repositories are \
           hidden.",
    page: Some("https://github.com/settings/applications"),
};
const SIGN_ON: Advice = Advice {
    text: "If the organization uses single sign-on, authorize the token for it.",
    page: Some("https://github.com/settings/tokens"),
};
const SIGN_ON_AGAIN: Advice = Advice {
    text: "If the organization uses single sign-on, sign in to it and authorize the OAuth app again.",
    page: Some("https://github.com/settings/applications"),
};

const ENDED: Advice = Advice {
    text: "If the token has ended, create a new token.",
    page: Some("https://github.com/settings/personal-access-tokens/new"),
};

const NOT_FOUND: Diagnosis = Diagnosis {
    code: "not-found-or-hidden",
    means: "GitHub shows the token nothing there: it is absent, or hidden from the token.",
    advice: &[
        SPELLING,
        ENDED,
        AUTHORIZE_AGAIN,
        GIVEN,
        INSTALLED,
        SCOPE_REPO,
        SCOPE_REPO_AGAIN,
        SIGN_ON,
        SIGN_ON_AGAIN,
    ],
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        diagnosis: &MISSING,
        applies: |answer| {
            answer.is(403)
                && answer
                    .says(&["resource not accessible by", "not permitted to access this resource"])
        },
        explain: not_accessible,
        telling: &["x-accepted-github-permissions"],
    },
    Rule {
        diagnosis: &SCOPE_MISSING,
        applies: |answer| answer.is(403) && missing_scopes(answer).is_some(),
        explain: scope_missing,
        telling: &["x-oauth-scopes", "x-accepted-oauth-scopes"],
    },
    limits::SILENT,
    limits::WAIT,
    Rule {
        diagnosis: &USER_AGENT,
        applies: |answer| answer.is(403) && answer.says(&["user agent", "administrative rules"]),
        explain: |answer, it| answer.plain(it, Cause::Protocol),
        telling: &[],
    },
    Rule {
        diagnosis: &ROLE_MISSING,
        applies: |answer| {
            answer.is(403)
                && answer.says(&[
                    "must have admin",
                    "must be an admin",
                    "must have push",
                    "must be a member",
                    "must be an owner",
                ])
        },
        explain: |answer, it| {
            let message = format!("The account lacks a role at GitHub: {}.", answer.quoted());
            answer.saying(it, Cause::PermissionMissing(Vec::new()), message)
        },
        telling: &[],
    },
    Rule {
        diagnosis: &BLOCKED,
        applies: |answer| {
            answer.is_any(&[403, 451]) && (answer.is(451) || answer.says(&["access blocked"]))
        },
        explain: super::blocked::explain,
        telling: &["link", "content-type", "server"],
    },
    Rule {
        diagnosis: &FORBIDDEN,
        applies: |answer| answer.is(403),
        explain: forbidden,
        telling: &["x-accepted-github-permissions", "x-accepted-oauth-scopes", "x-oauth-scopes"],
    },
    Rule {
        diagnosis: &NOT_FOUND,
        applies: |answer| answer.is(404),
        explain: not_found,
        telling: &["x-oauth-scopes", "x-accepted-oauth-scopes", "x-accepted-github-permissions"],
    },
];

fn not_accessible(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let site = answer.context.site;
    let of_app = answer.says(&["by integration"]);
    let kind = match answer.context.kind {
        Kind::Unknown if of_app => Kind::Installation,
        known => known,
    };
    let accepted = accepted_permissions(answer.response);
    let needs = match accepted.as_slice() {
        [] => "a permission that GitHub does not name".to_owned(),
        all => alternatives(all),
    };
    let names = accepted.into_iter().next().unwrap_or_default();
    let noun = if of_app { "GitHub App" } else { kind.noun() };
    let message = format!("The {noun} lacks a permission: this needs {needs}.");
    let failure = advice::bare(it, Cause::PermissionMissing(names), message);
    let failure = match kind {
        Kind::Installation | Kind::AppUser => failure.leads(
            format!("Give the app {needs}, and have the organization accept the change."),
            Kind::Installation.page(site),
        ),
        Kind::OAuth => failure.leads(
            format!("Authorize the app again with a scope that allows {needs}."),
            kind.page(site),
        ),
        _ => failure.leads(format!("Edit the token and give it {needs}."), kind.page(site)),
    };
    reaching(failure, kind, answer)
}

/// With where to check whether the token reaches what was asked for, which GitHub refuses alike. The
/// account itself is reached by every token, and one with scopes reaches what its account does.
fn reaching(failure: Failure, kind: Kind, answer: &Answer<'_>) -> Failure {
    let site = answer.context.site;
    match (kind, answer.context.about) {
        (_, About::Account) => failure,
        (Kind::Installation | Kind::AppUser, _) => installed(failure, answer),
        (Kind::FineGrained | Kind::Unknown, About::Repository(_)) => {
            failure.advise(&RIGHT_OWNER, site)
        }
        (Kind::FineGrained | Kind::Unknown, About::Organization(login)) => failure.leads(
            format!("Check that the token's resource owner is the organization {login}."),
            kind.page(site),
        ),
        (Kind::Classic | Kind::OAuth | Kind::Legacy, _) => failure,
    }
}

fn installed(failure: Failure, answer: &Answer<'_>) -> Failure {
    failure.leads(
        format!("Check whether the app is installed for {}.", answer.subject()),
        Kind::Installation.page(answer.context.site),
    )
}

/// The alternatives of `x-accepted-github-permissions`: `,` joins what is needed together, `;` parts
/// what suffices alone. Empty where the answer names none.
pub(crate) fn accepted_permissions(response: &Response) -> Vec<Vec<String>> {
    let header = response.header("x-accepted-github-permissions").unwrap_or_default();
    let sets = header.split(';').map(|set| {
        let names = set.split(',').map(str::trim).filter(|name| is_permission(name));
        names.take(MOST_NAMED).map(str::to_owned).collect::<Vec<_>>()
    });
    sets.filter(|set| !set.is_empty()).take(MOST_NAMED).collect()
}

/// Alternatives in words: `pull_requests=read and contents=read, or issues=read`.
pub(crate) fn alternatives(sets: &[Vec<String>]) -> String {
    sets.iter().map(|set| set.join(" and ")).collect::<Vec<_>>().join(", or ")
}

/// `issues=read`; `allows_permissionless_access=true` is no permission.
fn is_permission(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'=' | b'-');
    (1..=80).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with("allows_permissionless_access")
}

/// The scopes of which GitHub accepts any one and the token has none; `None` where that is not known,
/// or where tokens of this kind have none: theirs is an empty list.
fn missing_scopes<'a>(answer: &Answer<'a>) -> Option<Vec<&'a str>> {
    let held = scopes::listed(answer.header("x-oauth-scopes")?);
    let kind = answer.context.kind;
    if held.is_empty() && !kind.has_scopes() && kind != Kind::Unknown {
        return None;
    }
    let accepted = scopes::listed(answer.header("x-accepted-oauth-scopes")?);
    let none = !accepted.is_empty() && !accepted.iter().any(|scope| scopes::holds(&held, scope));
    none.then_some(accepted)
}

fn scope_missing(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let accepted = missing_scopes(answer).unwrap_or_default();
    let names = accepted.join(" or ");
    let missing = accepted.iter().take(MOST_NAMED).map(|scope| (*scope).to_owned()).collect();
    let (kind, site) = (answer.context.kind, answer.context.site);
    let message = format!("The {} lacks a scope: this needs {names}.", kind.noun());
    advice::bare(it, Cause::PermissionMissing(missing), message)
        .leads(format!("{}.", kind.scopes_given(&names)), kind.scopes_page(site))
}

fn forbidden(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let why = answer.quoted();
    let message = if why.is_empty() {
        format!("GitHub refuses {} to this token and does not say why.", answer.subject())
    } else {
        format!("GitHub refuses {} to this token: {why}.", answer.subject())
    };
    let names = accepted_permissions(answer.response).into_iter().next().unwrap_or_default();
    let page = answer.context.kind.page(answer.context.site);
    advice::bare(it, Cause::PermissionMissing(names), message)
        .leads("Look which permissions the token has.", page)
}

fn not_found(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let (kind, site) = (answer.context.kind, answer.context.site);
    let subject = answer.subject();
    let message = format!(
        "GitHub shows this token nothing for {subject}: it is absent, or hidden from the token."
    );
    let failure = advice::bare(it, Cause::NotFound, message).retry(Retry::AfterUserAction);
    let failure = match answer.context.about {
        About::Organization(_) => {
            failure.remedy("Check the spelling; the account of a person is no organization.")
        }
        _ => failure.advise(&SPELLING, site),
    };
    let failure = match answer.context.expires_at.filter(|ended| *ended <= answer.context.now) {
        Some(ended) => renewed(failure, answer, &time::to_date(ended)),
        None => failure,
    };
    match kind {
        Kind::FineGrained => failure.leads(
            match answer.context.about {
                About::Organization(_) => {
                    "Check whether the token's resource owner is the organization, and whether the \
                     organization still has to approve the token."
                }
                _ => {
                    "Check whether the token was given this repository, whether its resource owner \
                     is the repository's owner, and whether the organization still has to approve it."
                }
            },
            kind.page(site),
        ),
        Kind::Installation | Kind::AppUser => installed(failure, answer),
        Kind::OAuth if lacks_private(answer) => failure.advise(&SCOPE_REPO_AGAIN, site),
        Kind::OAuth => failure.advise(&SIGN_ON_AGAIN, site),
        _ if lacks_private(answer) => failure.advise(&SCOPE_REPO, site),
        _ => failure.advise(&SIGN_ON, site),
    }
}

/// With what replaces a token that ended on that day.
fn renewed(failure: Failure, answer: &Answer<'_>, day: &str) -> Failure {
    let (kind, site) = (answer.context.kind, answer.context.site);
    match kind {
        Kind::Installation => failure.remedy(format!(
            "Have the app issue a new installation token: this one ended on {day}."
        )),
        _ if kind.is_authorized() => failure
            .leads(format!("Authorize the app again: this token ended on {day}."), kind.page(site)),
        _ => failure
            .leads(format!("Create a new token: this one ended on {day}."), kind.new_page(site)),
    }
}

fn lacks_private(answer: &Answer<'_>) -> bool {
    answer
        .header("x-oauth-scopes")
        .is_some_and(|held| !scopes::holds(&scopes::listed(held), scopes::PRIVATE))
}
