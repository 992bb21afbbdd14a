//! The credential is not accepted, or may not do this.
//!
//! A 404 is never said to mean absence: GitHub answers it as well for what the token may not see.

use jackfield_guest::{Cause, Failure, Retry, time};

use super::{Answer, Leads, Rule, limits};
use crate::scopes;
use crate::token::Kind;

/// Permissions that a failure names, at most.
const MOST_NAMED: usize = 20;

pub(super) const CREDENTIAL: &[Rule] = &[
    Rule {
        name: "one-time-password",
        applies: |answer| {
            answer.is(401)
                && answer.header("x-github-otp").is_some_and(|value| value.starts_with("required"))
        },
        explain: |_| {
            rejected(
                "GitHub asks for a one-time password: what was entered is a password, not a token.",
            )
            .remedy("Enter a token instead of the password.")
        },
        telling: &["x-github-otp"],
    },
    Rule {
        name: "app-key-token",
        applies: |answer| {
            answer.is(401) && answer.says(&["json web token", "'exp'", "'iat'", "'iss'"])
        },
        explain: |answer| {
            rejected(format!("GitHub takes the token for a GitHub App's own: {}.", answer.quoted()))
                .remedy(
                    "Enter an installation token or a personal access token, not the app's \
                 signed token.",
                )
        },
        telling: &[],
    },
    Rule {
        name: "token-did-not-arrive",
        applies: |answer| {
            answer.is(401)
                && answer.says(&[
                    "requires authentication",
                    "must authenticate",
                    "to be authenticated",
                ])
        },
        explain: |_| {
            rejected("GitHub saw no token in the request.").remedy(
                "Look whether a proxy between here and GitHub removes the Authorization header.",
            )
        },
        telling: &["www-authenticate"],
    },
    Rule {
        name: "bad-credentials",
        applies: |answer| answer.is(401) && !answer.page,
        explain: bad_credentials,
        telling: &[],
    },
    Rule {
        name: "account-suspended",
        applies: |answer| {
            answer.is(403) && answer.says(&["account was suspended", "account has been suspended"])
        },
        explain: |answer| {
            rejected("GitHub has suspended the account that the token belongs to.").leads(
                "Ask GitHub's support, or use another account's token.",
                answer.context.site.page("contact"),
            )
        },
        telling: &[],
    },
];

pub(super) const PERMISSION: &[Rule] = &[
    Rule {
        name: "permission-missing",
        applies: |answer| {
            answer.is(403)
                && answer
                    .says(&["resource not accessible by", "not permitted to access this resource"])
        },
        explain: not_accessible,
        telling: &["x-accepted-github-permissions"],
    },
    Rule {
        name: "scope-missing",
        applies: |answer| answer.is(403) && missing_scopes(answer).is_some(),
        explain: scope_missing,
        telling: &["x-oauth-scopes", "x-accepted-oauth-scopes"],
    },
    limits::SILENT,
    limits::WAIT,
    Rule {
        name: "user-agent-refused",
        applies: |answer| answer.is(403) && answer.says(&["user agent", "administrative rules"]),
        explain: |_| {
            Failure::new(Cause::Protocol, "GitHub refuses the connector's User-Agent header.")
                .remedy(
                    "Look whether a proxy between here and GitHub removes or changes the \
                 User-Agent header.",
                )
        },
        telling: &[],
    },
    Rule {
        name: "role-missing",
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
        explain: |answer| {
            missing(format!("The account lacks a role at GitHub: {}.", answer.quoted()), Vec::new())
                .remedy(
                    "Ask an owner of the repository or organization for the role, or use \
                 the token of an account that has it.",
                )
        },
        telling: &[],
    },
    Rule {
        name: "repository-blocked",
        applies: |answer| {
            answer.is_any(&[403, 451]) && (answer.is(451) || answer.says(&["access blocked"]))
        },
        explain: |answer| {
            Failure::new(
                Cause::Other("blocked-at-provider".to_owned()),
                format!(
                    "GitHub has blocked {}, for legal reasons or for its terms of service.",
                    answer.subject()
                ),
            )
            .remedy("Ask the owner of the repository; GitHub publishes its takedown notices.")
        },
        telling: &[],
    },
    Rule {
        name: "forbidden",
        applies: |answer| answer.is(403) && !answer.page,
        explain: forbidden,
        telling: &["x-accepted-github-permissions", "x-accepted-oauth-scopes", "x-oauth-scopes"],
    },
    Rule {
        name: "not-found-or-hidden",
        applies: |answer| answer.is(404),
        explain: not_found,
        telling: &["x-oauth-scopes", "x-accepted-oauth-scopes", "x-accepted-github-permissions"],
    },
];

fn rejected(message: impl Into<String>) -> Failure {
    Failure::new(Cause::CredentialRejected, message).retry(Retry::AfterUserAction)
}

fn missing(message: impl Into<String>, permissions: Vec<String>) -> Failure {
    Failure::new(Cause::PermissionMissing(permissions), message).retry(Retry::AfterUserAction)
}

fn bad_credentials(answer: &Answer<'_>) -> Failure {
    let context = answer.context;
    let failure = match context.expires_at.filter(|ended| *ended <= context.now) {
        Some(ended) => Failure::new(
            Cause::CredentialExpired(Some(ended)),
            format!("The {} expired on {}.", context.kind.noun(), time::to_date(ended)),
        )
        .retry(Retry::AfterUserAction),
        None if context.kind == Kind::Installation => rejected(
            "GitHub does not accept the installation token; such tokens end after one hour.",
        ),
        None => rejected(format!(
            "GitHub does not accept the {}: it is mistyped, cut short, expired or revoked.",
            context.kind.noun()
        )),
    };
    renewed(failure, answer)
}

fn renewed(failure: Failure, answer: &Answer<'_>) -> Failure {
    let (kind, site) = (answer.context.kind, answer.context.site);
    match kind {
        Kind::Installation => failure
            .remedy("Have the app issue a new installation token, or use a personal access token."),
        Kind::OAuth | Kind::AppUser => failure.leads("Authorize the app again.", kind.page(site)),
        _ => failure
            .leads("Create a new token and update the connection with it.", kind.new_page(site))
            .leads(
                "Look whether the token is still listed there, and until when.",
                kind.page(site),
            ),
    }
}

fn not_accessible(answer: &Answer<'_>) -> Failure {
    let (kind, site) = (answer.context.kind, answer.context.site);
    let alternatives = accepted_permissions(answer);
    let names = alternatives.first().cloned().unwrap_or_default();
    let needs = match alternatives.as_slice() {
        [] => "a permission that GitHub does not name".to_owned(),
        all => all.iter().map(|set| set.join(" and ")).collect::<Vec<_>>().join(", or "),
    };
    let noun = if answer.says(&["by integration"]) { "GitHub App" } else { kind.noun() };
    let failure = missing(format!("The {noun} lacks a permission: this needs {needs}."), names);
    let failure = match kind {
        Kind::Installation | Kind::AppUser => failure.leads(
            format!("Give the app {needs}, and have the organization accept the change."),
            Kind::Installation.page(site),
        ),
        _ => failure.leads(format!("Edit the token and give it {needs}."), kind.page(site)),
    };
    failure.remedy(
        "Check that the token was given this repository, and that its resource owner \
     is the repository's owner.",
    )
}

/// The alternatives of `x-accepted-github-permissions`: `,` joins what is needed together, `;` parts
/// what suffices alone.
fn accepted_permissions(answer: &Answer<'_>) -> Vec<Vec<String>> {
    let header = answer.header("x-accepted-github-permissions").unwrap_or_default();
    let sets = header.split(';').map(|set| {
        let names = set.split(',').map(str::trim).filter(|name| is_permission(name));
        names.take(MOST_NAMED).map(str::to_owned).collect::<Vec<_>>()
    });
    sets.filter(|set| !set.is_empty()).take(MOST_NAMED).collect()
}

/// `issues=read`; `allows_permissionless_access=true` is no permission.
fn is_permission(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'=' | b'-');
    (1..=80).contains(&text.len())
        && text.bytes().all(allowed)
        && !text.starts_with("allows_permissionless_access")
}

/// The scopes of which GitHub accepts any one and the token has none; `None` where that is not known.
fn missing_scopes<'a>(answer: &Answer<'a>) -> Option<Vec<&'a str>> {
    let held = scopes::listed(answer.header("x-oauth-scopes")?);
    let accepted = scopes::listed(answer.header("x-accepted-oauth-scopes")?);
    let none = !accepted.is_empty() && !accepted.iter().any(|scope| scopes::holds(&held, scope));
    none.then_some(accepted)
}

fn scope_missing(answer: &Answer<'_>) -> Failure {
    let accepted = missing_scopes(answer).unwrap_or_default();
    let names = accepted.join(" or ");
    missing(
        format!("The {} lacks a scope: this needs {names}.", answer.context.kind.noun()),
        accepted.iter().take(MOST_NAMED).map(|scope| (*scope).to_owned()).collect(),
    )
    .leads(
        format!("Edit the token and give it {names}."),
        answer.context.site.page("settings/tokens"),
    )
}

fn forbidden(answer: &Answer<'_>) -> Failure {
    let why = answer.quoted();
    let message = if why.is_empty() {
        format!("GitHub refuses {} to this token and does not say why.", answer.subject())
    } else {
        format!("GitHub refuses {} to this token: {why}.", answer.subject())
    };
    let names = accepted_permissions(answer).into_iter().next().unwrap_or_default();
    missing(message, names).leads(
        "Look which permissions the token has.",
        answer.context.kind.page(answer.context.site),
    )
}

fn not_found(answer: &Answer<'_>) -> Failure {
    let (kind, site) = (answer.context.kind, answer.context.site);
    let subject = answer.subject();
    let failure = Failure::new(
        Cause::NotFound,
        format!(
            "GitHub shows this token nothing for {subject}: it is absent, or hidden from the token."
        ),
    )
    .retry(Retry::AfterUserAction)
    .remedy("Check the spelling, and whether the account sees it in a browser.");
    match kind {
        Kind::FineGrained => failure.leads(
            "Look whether the token was given this repository, whether its resource owner \
                 is the repository's owner, and whether the organization still has to approve it.",
            kind.page(site),
        ),
        Kind::Installation | Kind::AppUser => failure.leads(
            "Look whether the app is installed for this repository.",
            Kind::Installation.page(site),
        ),
        _ if lacks_private(answer) => failure.leads(
            "Give the token the scope repo: without it, private repositories are hidden.",
            site.page("settings/tokens"),
        ),
        _ => failure.leads(
            "If the organization uses single sign-on, authorize the token for it.",
            site.page("settings/tokens"),
        ),
    }
}

fn lacks_private(answer: &Answer<'_>) -> bool {
    answer
        .header("x-oauth-scopes")
        .is_some_and(|held| !scopes::holds(&scopes::listed(held), scopes::PRIVATE))
}
