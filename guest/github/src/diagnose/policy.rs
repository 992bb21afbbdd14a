//! An organization's or enterprise's policy refuses: single sign-on, app approval, address list,
//! token kind, token lifetime. The token itself is good, and a person has to act.
//!
//! The sentences were read in issue reports and code that quote GitHub's answers, in November 2026.

use jackfield_guest::{Cause, Failure, Retry};

use super::{Answer, Leads, Rule};
use crate::token::Kind;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "single-sign-on-required",
        applies: |answer| {
            answer.is(403)
                && (answer
                    .header("x-github-sso")
                    .is_some_and(|value| value.starts_with("required"))
                    || answer.says(&["saml enforcement", "saml sso"]))
        },
        explain: single_sign_on,
        telling: &["x-github-sso"],
    },
    Rule {
        name: "oauth-app-not-approved",
        applies: |answer| answer.is(403) && answer.says(&["oauth app access restrictions"]),
        explain: app_not_approved,
        telling: &[],
    },
    Rule {
        name: "address-not-allowed",
        applies: |answer| answer.is(403) && answer.says(&["ip allow list"]),
        explain: |answer| {
            let who = answer.organization();
            refused(format!(
                "An IP allow list of {who} does not contain the address from which \
             this request came."
            ))
            .leads(
                format!("Ask an owner of {who} to allow this address."),
                settings(answer, "security"),
            )
        },
        telling: &[],
    },
    Rule {
        name: "token-lifetime-too-long",
        applies: |answer| answer.is(403) && answer.says(&["token's lifetime", "token lifetime"]),
        explain: lifetime,
        telling: &[],
    },
    Rule {
        name: "token-kind-forbidden",
        applies: |answer| answer.is(403) && answer.says(&["forbids access via"]),
        explain: kind_forbidden,
        telling: &[],
    },
    Rule {
        name: "installation-suspended",
        applies: |answer| answer.is(403) && answer.says(&["installation has been suspended"]),
        explain: |answer| {
            refused("The installation of the GitHub App is suspended.").leads(
                "Have an owner of the organization unsuspend it.",
                Kind::Installation.page(answer.context.site),
            )
        },
        telling: &[],
    },
    Rule {
        name: "two-factor-required",
        applies: |answer| answer.is(403) && answer.says(&["two-factor authentication"]),
        explain: |answer| {
            refused(format!(
                "{} wants two-factor authentication, which the account has not set up.",
                capital(&answer.organization())
            ))
            .leads(
                "Turn on two-factor authentication for the account.",
                answer.context.site.page("settings/security"),
            )
        },
        telling: &[],
    },
];

fn refused(message: impl Into<String>) -> Failure {
    Failure::new(Cause::PolicyRefused, message).retry(Retry::AfterUserAction)
}

/// A page of the organization's settings, where GitHub's message names the organization.
fn settings(answer: &Answer<'_>, page: &str) -> Option<String> {
    let login = answer.organization_login()?;
    Some(answer.context.site.page(&format!("organizations/{login}/settings/{page}")))
}

fn single_sign_on(answer: &Answer<'_>) -> Failure {
    let site = answer.context.site;
    let given = answer.header("x-github-sso").and_then(|value| value.split_once("url="));
    let link = given.and_then(|(_, url)| site.own_page(url.trim()));
    let who = link
        .and_then(organization_of)
        .map_or_else(|| "The organization".to_owned(), |login| format!("The organization {login}"));
    let failure =
        refused(format!("{who} uses single sign-on, and the token is not authorized for it."));
    match link {
        Some(link) => failure
            .remedy_at("Authorize the token within one hour, while this link is valid.", link),
        None => failure,
    }
    .leads(
        "In the list of tokens choose Configure SSO beside the token, and authorize it.",
        Kind::Classic.page(site),
    )
}

/// `LOGIN` of `https://HOST/orgs/LOGIN/sso?...`, or of `/enterprises/LOGIN/`.
fn organization_of(link: &str) -> Option<&str> {
    let mut parts = link.split('/').skip(3);
    matches!(parts.next()?, "orgs" | "enterprises").then_some(())?;
    parts.next().filter(|login| !login.is_empty() && login.len() <= 64)
}

fn app_not_approved(answer: &Answer<'_>) -> Failure {
    let who = answer.organization();
    refused(format!("{} has not approved the OAuth app that this token belongs to.", capital(&who)))
        .leads(
            "Ask for approval on the app's page.",
            answer.context.site.page("settings/applications"),
        )
        .leads(
            format!("Or ask an owner of {who} to approve the app."),
            settings(answer, "oauth_application_policy"),
        )
}

fn lifetime(answer: &Answer<'_>) -> Failure {
    let who = answer.organization();
    let site = answer.context.site;
    let link = answer.refusal.message.split_whitespace().find(|word| word.starts_with("https://"));
    let link = link.map(|link| link.trim_end_matches(['.', ',', ')', '"', '\'']));
    let page = link.and_then(|link| site.own_page(link)).map(str::to_owned);
    refused(format!(
        "{} does not accept tokens that live as long as this one: {}.",
        capital(&who),
        answer.quoted()
    ))
    .leads(
        "Shorten the token's lifetime there.",
        page.unwrap_or_else(|| Kind::FineGrained.page(site)),
    )
}

fn kind_forbidden(answer: &Answer<'_>) -> Failure {
    let who = answer.organization();
    let site = answer.context.site;
    let classic = answer.says(&["(classic)"]);
    let kind = if classic { "classic tokens" } else { "tokens of this kind" };
    let failure = refused(format!("{} does not accept {kind}.", capital(&who)));
    if classic {
        failure
            .leads(
                "Create a fine-grained token and update the connection with it.",
                Kind::FineGrained.new_page(site),
            )
            .remedy("Or use a GitHub App.")
    } else {
        failure.leads(
            "Use a GitHub App instead, or ask an owner to allow such tokens.",
            settings(answer, "personal-access-tokens"),
        )
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
