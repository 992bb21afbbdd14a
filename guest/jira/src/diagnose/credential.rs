//! The credential is not accepted, or may not do this.
//!
//! Jira accepts no half: a wrong credential is refused, or served like an anonymous visitor with
//! 200.

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Cause, Failure, Retry, time};

use super::{API_TOKENS, Answer, Refine, Rule, advice, advice_at, plain};
use crate::identity::login_reason;
use crate::settings::{End, Method};

/// What Jira's login filter says, with a web page more often than not: held first.
pub(super) const LOGIN: &[Rule] = &[
    Rule {
        is: Diagnosis {
            code: "captcha-required",
            means: "After failed logins Jira asks for a CAPTCHA, and refuses even the right \
                credential until a person has solved it.",
            advice: &[
                advice("Sign in to Jira in a browser with this account, and solve the CAPTCHA."),
                advice("Stop whatever still tries an old password or token of this account."),
                advice(
                    "An administrator can reset the count of failed logins in the user management.",
                ),
            ],
        },
        cause: Cause::PolicyRefused,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.header_says("x-authentication-denied-reason", "captcha"),
        refine: |failure, answer| failure.leading(0, answer.context.site.page("login.jsp")),
        telling: &["x-authentication-denied-reason", "x-seraph-loginreason"],
    },
    Rule {
        is: Diagnosis {
            code: "basic-authentication-off",
            means: "The server does not accept user name and password: basic authentication is \
                turned off, as it is by default from Jira 11 on.",
            advice: &[
                advice(
                    "Create a personal access token in your profile in Jira, and connect again \
                     with the method personal access token.",
                ),
                advice(
                    "An administrator can allow basic authentication again, where tokens cannot \
                     be used.",
                ),
            ],
        },
        cause: Cause::PolicyRefused,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            answer.is_any(&[401, 403])
                && answer.says(&["basic auth"])
                && answer.says(&["disabled", "not allowed", "turned off"])
        },
        refine: plain,
        telling: &[],
    },
    Rule {
        is: Diagnosis {
            code: "no-access-to-jira",
            means: "The account exists, and may not use Jira: it has no access to the product.",
            advice: &[advice(
                "Ask an administrator of the site to give the account access to Jira.",
            )],
        },
        cause: Cause::PermissionMissing(Vec::new()),
        retry: Retry::AfterUserAction,
        applies: |answer| {
            let reasons = ["AUTHORISATION_FAILED", "AUTHORIZATION_FAILED"];
            reasons.iter().any(|reason| login_reason(answer.response, reason))
                || (answer.is_any(&[401, 403])
                    && answer.says(&["product access", "access to jira", "not licensed"]))
        },
        refine: plain,
        telling: &["x-seraph-loginreason"],
    },
    Rule {
        is: Diagnosis {
            code: "login-denied",
            means: "Jira refused the login without looking at the credential.",
            advice: &[
                advice("Sign in to Jira in a browser with this account, and see what it asks for."),
                advice("Ask the administrator whether the account is locked or deactivated."),
            ],
        },
        cause: Cause::PolicyRefused,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            login_reason(answer.response, "AUTHENTICATION_DENIED")
                || answer.header("x-authentication-denied-reason").is_some()
        },
        refine: |failure, answer| failure.leading(0, answer.context.site.page("login.jsp")),
        telling: &["x-authentication-denied-reason", "x-seraph-loginreason"],
    },
];

/// Held after the limits.
pub(super) const RULES: &[Rule] = &[
    Rule {
        is: Diagnosis {
            code: "scope-missing",
            means: "The token is valid and lacks a scope that this needs.",
            advice: &[advice_at(
                "Create an API token with the scopes read:jira-user and read:jira-work, and \
                 update the connection with it.",
                API_TOKENS,
            )],
        },
        cause: Cause::PermissionMissing(Vec::new()),
        retry: Retry::AfterUserAction,
        applies: |answer| {
            answer.is_any(&[401, 403])
                && (answer.says(&[
                    "scope does not match",
                    "insufficient scope",
                    "insufficient_scope",
                ]) || answer.header_says("www-authenticate", "insufficient_scope"))
        },
        refine: scope_missing,
        telling: &["www-authenticate"],
    },
    Rule {
        is: Diagnosis {
            code: "bearer-on-cloud",
            means: "Jira Cloud does not take this kind of token: it looks for an API token, with \
                the account's e-mail address.",
            advice: &[advice_at(
                "Create an API token, and connect again with the method API token.",
                API_TOKENS,
            )],
        },
        cause: Cause::CredentialRejected,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            answer.is_any(&[401, 403]) && answer.says(&["connect session auth token"])
        },
        refine: plain,
        telling: &[],
    },
    Rule {
        is: Diagnosis {
            code: "address-not-allowed",
            means: "The site or its organization allows requests from listed addresses only, and \
                this one is not among them.",
            advice: &[advice(
                "Ask an administrator to add this platform's address to the IP allowlist.",
            )],
        },
        cause: Cause::PolicyRefused,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            answer.is_any(&[401, 403])
                && answer.says(&["ip allowlist", "ip allow list", "ip address", "allowlisted"])
        },
        refine: plain,
        telling: &[],
    },
    Rule {
        is: Diagnosis {
            code: "server-without-tokens",
            means: "This server is older than version 8.14, the first that has personal access \
                tokens.",
            advice: &[
                advice("Connect again with the method user and password."),
                advice(
                    "Better, ask the administrator to update the server: such versions get no \
                     security fixes.",
                ),
            ],
        },
        cause: Cause::Unsupported,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            let old = answer.context.version.is_some_and(|version| version < (8, 14));
            old && answer.uses(Method::PersonalAccessToken)
                && (answer.unaccepted() || answer.is(403))
        },
        refine: |failure, answer| match answer.context.version {
            Some((major, minor)) => failure.saying(format!(
                "This server has version {major}.{minor}, and personal access tokens are there \
                 from 8.14 on."
            )),
            None => failure,
        },
        telling: &["x-seraph-loginreason"],
    },
    Rule {
        is: Diagnosis {
            code: "token-expired",
            means: "Jira does not accept the token, and the date on which it ends has passed.",
            advice: &[
                advice(
                    "Create a new token, and update the connection with it and with its \
                     expiration date.",
                ),
                advice(
                    "Correct the date, if the token is newer than that, and enter the token \
                     again, whole: it may be mistyped or cut short.",
                ),
                advice(
                    "Check, for an API token, that the e-mail address is that of the account to \
                     which it belongs.",
                ),
            ],
        },
        cause: Cause::CredentialExpired(None),
        retry: Retry::AfterUserAction,
        applies: |answer| {
            let ended = answer.context.end.is_some_and(|end| end.at() <= answer.context.now);
            ended && answer.unaccepted()
        },
        refine: expired,
        telling: &["x-seraph-loginreason", "www-authenticate"],
    },
    Rule {
        is: Diagnosis {
            code: "answered-anonymously",
            means: "Jira did not accept the credential, and answered as to an anonymous visitor.",
            advice: &[
                advice(
                    "Create a new token, and update the connection with it: the old one is wrong, \
                     expired or revoked.",
                ),
                advice(
                    "Check whether a proxy between here and Jira removes the Authorization header.",
                ),
            ],
        },
        cause: Cause::CredentialRejected,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(200) && answer.unaccepted(),
        refine: |failure, answer| {
            let noun = answer.context.method.noun();
            let message =
                format!("Jira did not accept the {noun}, and answered as to an anonymous visitor.");
            leading_to_tokens(failure.saying(message), answer)
        },
        telling: &["x-seraph-loginreason", "x-ausername"],
    },
    Rule {
        is: Diagnosis {
            code: "not-an-api-token",
            means: "Atlassian takes what was entered for a password: it is no valid API token of \
                this account.",
            advice: &[
                advice_at("Create an API token, and paste it whole.", API_TOKENS),
                advice(
                    "Check that the e-mail address is that of the account to which the token \
                     belongs.",
                ),
            ],
        },
        cause: Cause::CredentialRejected,
        retry: Retry::AfterUserAction,
        applies: |answer| {
            answer.is_any(&[401, 403]) && answer.says(&["basic authentication with passwords"])
        },
        refine: plain,
        telling: &["x-seraph-loginreason"],
    },
    Rule {
        is: Diagnosis {
            code: "api-token-rejected",
            means: "Jira does not accept the API token with this e-mail address: the token is \
                mistyped, cut short, expired or revoked, or belongs to another account.",
            advice: &[
                advice(
                    "Check that the e-mail address is that of the account to which the token \
                     belongs.",
                ),
                advice_at(
                    "Check whether the token is still listed there, and until when; create a new \
                     one if not.",
                    API_TOKENS,
                ),
            ],
        },
        cause: Cause::CredentialRejected,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(401) && answer.uses(Method::ApiToken),
        refine: |failure, _| failure,
        telling: &["www-authenticate", "x-seraph-loginreason"],
    },
    Rule {
        is: Diagnosis {
            code: "personal-access-token-rejected",
            means: "Jira does not accept the personal access token: it is mistyped, cut short, \
                expired or revoked.",
            advice: &[
                advice(
                    "Look in your profile in Jira whether the token is still listed, and until \
                     when.",
                ),
                advice("Create a new one, and update the connection with it."),
            ],
        },
        cause: Cause::CredentialRejected,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(401) && answer.uses(Method::PersonalAccessToken),
        refine: |failure, answer| {
            failure.leading(0, answer.context.site.page("secure/ViewProfile.jspa"))
        },
        telling: &["www-authenticate", "x-seraph-loginreason"],
    },
    Rule {
        is: Diagnosis {
            code: "password-rejected",
            means: "Jira does not accept this user name and password.",
            advice: &[
                advice("Sign in to Jira with them in a browser; then update the connection."),
                advice("Do not try often: after a few failures Jira asks for a CAPTCHA."),
                advice(
                    "From version 8.14 on, better connect again with the method personal access \
                     token.",
                ),
            ],
        },
        cause: Cause::CredentialRejected,
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(401),
        refine: |failure, answer| failure.leading(0, answer.context.site.page("login.jsp")),
        telling: &["www-authenticate", "x-seraph-loginreason"],
    },
    Rule {
        is: Diagnosis {
            code: "permission-missing",
            means: "The account lacks a permission in Jira that this needs.",
            advice: &[advice(
                "Ask an administrator of Jira or of the project for the permission, or use an \
                 account that has it.",
            )],
        },
        cause: Cause::PermissionMissing(Vec::new()),
        retry: Retry::AfterUserAction,
        applies: |answer| answer.is(403),
        refine: permission_missing,
        telling: &["x-seraph-loginreason"],
    },
];

fn scope_missing(failure: Failure, answer: &Answer<'_>) -> Failure {
    let about = answer.context.about;
    let scopes: Vec<String> = about.scopes().iter().map(|scope| (*scope).to_owned()).collect();
    let message = format!(
        "The token is valid and lacks a scope: for {} it needs {}.",
        about.noun(),
        if scopes.is_empty() {
            "one that Jira does not name".to_owned()
        } else {
            scopes.join(" and ")
        }
    );
    Failure { cause: Cause::PermissionMissing(scopes), ..failure.saying(message) }
}

fn expired(failure: Failure, answer: &Answer<'_>) -> Failure {
    let Some(end) = answer.context.end else { return failure };
    let (noun, day) = (answer.context.method.noun(), time::to_date(end.at()));
    let message = match end {
        End::Known(_) => format!("The {noun} ended on {day}."),
        End::Entered(_) => format!(
            "Jira does not accept the {noun}, and {day}, the date that was entered for its \
             expiration, has passed."
        ),
    };
    let cause = Cause::CredentialExpired(Some(end.at()));
    let failure = Failure { cause, ..failure.saying(message) };
    leading_to_tokens(failure, answer)
}

/// The first remedy, with the page on which tokens of this kind are made.
fn leading_to_tokens(failure: Failure, answer: &Answer<'_>) -> Failure {
    match answer.context.method {
        Method::ApiToken => failure.leading(0, API_TOKENS.to_owned()),
        Method::PersonalAccessToken => {
            failure.leading(0, answer.context.site.page("secure/ViewProfile.jspa"))
        }
        Method::Password => failure.leading(0, answer.context.site.page("login.jsp")),
    }
}

fn permission_missing(failure: Failure, answer: &Answer<'_>) -> Failure {
    let (about, names): (_, &[&str]) = match answer.context.about {
        super::About::Users => ("the users", &["USER_PICKER"]),
        super::About::Projects => ("the projects", &["BROWSE_PROJECTS"]),
        super::About::Issues { .. } => ("the issues", &["BROWSE_PROJECTS"]),
        about => (about.noun(), &[]),
    };
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let message =
        format!("The account lacks a permission in Jira for {about}: {}.", answer.quoted());
    Failure { cause: Cause::PermissionMissing(names), ..failure.saying(message) }
}
