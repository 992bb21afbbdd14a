//! An organization's or enterprise's policy refuses: single sign-on, app approval, address list,
//! token kind, token lifetime. The token itself is good, and a person has to act.
//!
//! The sentences were read in issue reports and code that quote GitHub's answers, in November 2026.

use std::net::IpAddr;

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure};

use super::{Answer, Rule};
use crate::advice::{self, Advised};
use crate::token::Kind;

const CONFIGURE_SSO: Advice = Advice {
    text: "In the list of tokens choose Configure SSO beside the token, and authorize it.",
    page: Some("https://github.com/settings/tokens"),
};

const SIGN_IN: Advice = Advice {
    text: "For an app's token, sign in to the organization and authorize the app again.",
    page: Some("https://github.com/settings/applications"),
};

const SINGLE_SIGN_ON: Diagnosis = Diagnosis {
    code: "single-sign-on-required",
    means: "The organization uses single sign-on, and the token is not authorized for it.",
    advice: &[CONFIGURE_SSO, SIGN_IN],
};

const ASK_FOR_APPROVAL: Advice = Advice {
    text: "Ask for approval on the app's page.",
    page: Some("https://github.com/settings/applications"),
};

const APP_NOT_APPROVED: Diagnosis = Diagnosis {
    code: "oauth-app-not-approved",
    means: "The organization has not approved the OAuth app that this token belongs to.",
    advice: &[
        ASK_FOR_APPROVAL,
        Advice { text: "Or ask an owner of the organization to approve the app.", page: None },
    ],
};

const ADDRESS: Diagnosis = Diagnosis {
    code: "address-not-allowed",
    means: "An IP allow list of the organization does not contain the address from which this request \
            came.",
    advice: &[Advice {
        text: "Ask an owner of the organization to allow this address.",
        page: None,
    }],
};

const LIFETIME: Diagnosis = Diagnosis {
    code: "token-lifetime-too-long",
    means: "The organization does not accept tokens that live as long as this one.",
    advice: &[Advice {
        text: "Shorten the token's lifetime there.",
        page: Some("https://github.com/settings/personal-access-tokens"),
    }],
};

const FINE_GRAINED_INSTEAD: Advice = Advice {
    text: "Instead of a classic token, create a fine-grained token and update the connection with it.",
    page: Some("https://github.com/settings/personal-access-tokens/new"),
};

const KIND_FORBIDDEN: Diagnosis = Diagnosis {
    code: "token-kind-forbidden",
    means: "The organization does not accept tokens of this kind.",
    advice: &[
        FINE_GRAINED_INSTEAD,
        Advice {
            text: "Use a GitHub App instead, or ask an owner to allow such tokens.",
            page: None,
        },
    ],
};

const SUSPENDED: Diagnosis = Diagnosis {
    code: "installation-suspended",
    means: "The installation of the GitHub App is suspended.",
    advice: &[Advice {
        text: "Have an owner of the organization unsuspend it.",
        page: Some("https://github.com/settings/installations"),
    }],
};

const TWO_FACTOR: Diagnosis = Diagnosis {
    code: "two-factor-required",
    means: "The organization wants two-factor authentication, which the account has not set up.",
    advice: &[Advice {
        text: "Turn on two-factor authentication for the account.",
        page: Some("https://github.com/settings/security"),
    }],
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        diagnosis: &SINGLE_SIGN_ON,
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
        diagnosis: &APP_NOT_APPROVED,
        applies: |answer| answer.is(403) && answer.says(&["oauth app access restrictions"]),
        explain: app_not_approved,
        telling: &[],
    },
    Rule {
        diagnosis: &ADDRESS,
        applies: |answer| answer.is(403) && answer.says(&["ip allow list"]),
        explain: address_not_allowed,
        telling: &[],
    },
    Rule {
        diagnosis: &LIFETIME,
        applies: |answer| answer.is(403) && answer.says(&["token's lifetime", "token lifetime"]),
        explain: lifetime,
        telling: &[],
    },
    Rule {
        diagnosis: &KIND_FORBIDDEN,
        applies: |answer| answer.is(403) && answer.says(&["forbids access via"]),
        explain: kind_forbidden,
        telling: &[],
    },
    Rule {
        diagnosis: &SUSPENDED,
        applies: |answer| answer.is(403) && answer.says(&["installation has been suspended"]),
        explain: |answer, it| answer.plain(it, Cause::PolicyRefused),
        telling: &[],
    },
    Rule {
        diagnosis: &TWO_FACTOR,
        applies: |answer| answer.is(403) && answer.says(&["two-factor authentication"]),
        explain: |answer, it| {
            let who = capital(&answer.holder());
            let message =
                format!("{who} wants two-factor authentication, which the account has not set up.");
            answer.saying(it, Cause::PolicyRefused, message)
        },
        telling: &[],
    },
];

/// A page of the organization's settings, where GitHub's message names the organization.
fn settings(answer: &Answer<'_>, page: &str) -> Option<String> {
    let login = answer.organization_login()?;
    Some(answer.context.site.page(&format!("organizations/{login}/settings/{page}")))
}

fn single_sign_on(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let site = answer.context.site;
    let given = answer.header("x-github-sso").and_then(|value| value.split_once("url="));
    let link = given.and_then(|(_, url)| site.own_page(url.trim()));
    let who = link.and_then(holder_of).unwrap_or_else(|| answer.holder());
    let message =
        format!("{} uses single sign-on, and the token is not authorized for it.", capital(&who));
    let failure = advice::bare(it, Cause::PolicyRefused, message);
    let failure = match link {
        Some(link) => failure
            .remedy_at("Authorize the token within one hour, while this link is valid.", link),
        None => failure,
    };
    match answer.context.kind {
        kind if kind.is_authorized() => {
            failure.leads(format!("Sign in to {who} and authorize the app again."), kind.page(site))
        }
        _ => failure.advise(&CONFIGURE_SSO, site),
    }
}

/// The organization of `https://HOST/orgs/LOGIN/sso?...`, or the enterprise of `/enterprises/SLUG/`.
fn holder_of(link: &str) -> Option<String> {
    let mut parts = link.split('/').skip(3);
    let what = match parts.next()? {
        "orgs" => "organization",
        "enterprises" => "enterprise",
        _ => return None,
    };
    let name = parts.next().filter(|name| !name.is_empty() && name.len() <= 64)?;
    Some(format!("the {what} {name}"))
}

fn app_not_approved(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let who = answer.holder();
    let message =
        format!("{} has not approved the OAuth app that this token belongs to.", capital(&who));
    advice::bare(it, Cause::PolicyRefused, message)
        .advise(&ASK_FOR_APPROVAL, answer.context.site)
        .leads(
            format!("Or ask an owner of {who} to approve the app."),
            settings(answer, "oauth_application_policy"),
        )
}

fn address_not_allowed(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let who = answer.holder();
    let from = match address_of(&answer.refusal.message) {
        Some(address) => format!("{address}, the address from which this request came"),
        None => "the address from which this request came".to_owned(),
    };
    let message = format!("An IP allow list of {who} does not contain {from}.");
    advice::bare(it, Cause::PolicyRefused, message).leads(
        format!("Ask an owner of {who} to allow this address."),
        settings(answer, "security"),
    )
}

/// The address that the message names.
fn address_of(message: &str) -> Option<IpAddr> {
    message.split_whitespace().find_map(|word| word.trim_matches([',', '.', '`']).parse().ok())
}

fn lifetime(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let who = capital(&answer.holder());
    let site = answer.context.site;
    let link = answer.refusal.message.split_whitespace().find(|word| word.starts_with("https://"));
    let link = link.map(|link| link.trim_end_matches(['.', ',', ')', '"', '\'']));
    let page = link.and_then(|link| site.own_page(link)).map(str::to_owned);
    let message =
        format!("{who} does not accept tokens that live as long as this one: {}.", answer.quoted());
    advice::bare(it, Cause::PolicyRefused, message).leads(
        "Shorten the token's lifetime there.",
        page.unwrap_or_else(|| Kind::FineGrained.page(site)),
    )
}

fn kind_forbidden(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let who = capital(&answer.holder());
    let classic = answer.says(&["(classic)"]);
    let kind = if classic { "classic tokens" } else { "tokens of this kind" };
    let failure = advice::bare(it, Cause::PolicyRefused, format!("{who} does not accept {kind}."));
    if classic {
        failure.advise(&FINE_GRAINED_INSTEAD, answer.context.site).remedy("Or use a GitHub App.")
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
