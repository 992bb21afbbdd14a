//! The credential is not accepted: mistyped, ended, of the wrong kind, or it never arrived.

use jackfield_guest::diagnosis::{Advice, Diagnosis};
use jackfield_guest::{Cause, Failure, time};

use super::{Answer, Rule};
use crate::advice::{self, Advised};
use crate::token::Kind;

const NEW_TOKEN: Advice = Advice {
    text: "Create a new token and update the connection with it.",
    page: Some("https://github.com/settings/personal-access-tokens/new"),
};
const STILL_LISTED: Advice = Advice {
    text: "Check whether the token is still listed there, and until when.",
    page: Some("https://github.com/settings/personal-access-tokens"),
};
pub(super) const AUTHORIZE_AGAIN: Advice = Advice {
    text: "For an app's token, authorize the app again.",
    page: Some("https://github.com/settings/applications"),
};
const NEW_INSTALLATION_TOKEN: Advice = Advice {
    text: "For an installation token, have the app issue a new installation token, or use a personal \
           access token.",
    page: None,
};

const ONE_TIME_PASSWORD: Diagnosis = Diagnosis {
    code: "one-time-password",
    means: "GitHub asks for a one-time password: what was entered is a password, not a token.",
    advice: &[Advice {
        text: "Enter a token instead of the password.",
        page: Some("https://github.com/settings/personal-access-tokens/new"),
    }],
};

const APP_KEY_TOKEN: Diagnosis = Diagnosis {
    code: "app-key-token",
    means: "GitHub read this as a GitHub App JWT, which cannot access repositories.",
    advice: &[Advice {
        text: "Enter an installation token or a personal access token, not the app's signed token.",
        page: Some("https://github.com/settings/personal-access-tokens/new"),
    }],
};

const TOKEN_ABSENT: Diagnosis = Diagnosis {
    code: "token-did-not-arrive",
    means: "GitHub saw no token in the request.",
    advice: &[Advice {
        text: "Check whether a proxy between here and GitHub removes the Authorization header.",
        page: None,
    }],
};

const TOKEN_EXPIRED: Diagnosis = Diagnosis {
    code: "token-expired",
    means: "The token has expired.",
    advice: &[NEW_TOKEN, STILL_LISTED, AUTHORIZE_AGAIN, NEW_INSTALLATION_TOKEN],
};

const BAD_CREDENTIALS: Diagnosis = Diagnosis {
    code: "bad-credentials",
    means: "GitHub does not accept the token: it is mistyped, cut short, expired or revoked.",
    advice: &[NEW_TOKEN, STILL_LISTED, AUTHORIZE_AGAIN, NEW_INSTALLATION_TOKEN],
};

const ACCOUNT_SUSPENDED: Diagnosis = Diagnosis {
    code: "account-suspended",
    means: "GitHub has suspended the account that the token belongs to.",
    advice: &[Advice {
        text: "Ask GitHub's support, or use another account's token.",
        page: Some("https://github.com/contact"),
    }],
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        diagnosis: &ONE_TIME_PASSWORD,
        applies: |answer| {
            answer.is(401)
                && answer.header("x-github-otp").is_some_and(|value| value.starts_with("required"))
        },
        explain: |answer, it| answer.plain(it, Cause::CredentialRejected),
        telling: &["x-github-otp"],
    },
    Rule {
        diagnosis: &APP_KEY_TOKEN,
        applies: |answer| {
            answer.is(401) && answer.says(&["json web token", "'exp'", "'iat'", "'iss'"])
        },
        explain: |answer, it| {
            let message =
                format!("GitHub takes the token for a GitHub App's own: {}.", answer.quoted());
            answer.saying(it, Cause::CredentialRejected, message)
        },
        telling: &[],
    },
    Rule {
        diagnosis: &TOKEN_ABSENT,
        applies: |answer| {
            answer.is(401)
                && answer.says(&[
                    "requires authentication",
                    "must authenticate",
                    "to be authenticated",
                ])
        },
        explain: |answer, it| answer.plain(it, Cause::CredentialRejected),
        telling: &["www-authenticate"],
    },
    Rule {
        diagnosis: &TOKEN_EXPIRED,
        applies: |answer| answer.is(401) && ended(answer).is_some(),
        explain: expired,
        telling: &[],
    },
    Rule {
        diagnosis: &BAD_CREDENTIALS,
        applies: |answer| answer.is(401),
        explain: bad_credentials,
        telling: &[],
    },
    Rule {
        diagnosis: &ACCOUNT_SUSPENDED,
        applies: |answer| {
            answer.is(403) && answer.says(&["account was suspended", "account has been suspended"])
        },
        explain: |answer, it| answer.plain(it, Cause::CredentialRejected),
        telling: &[],
    },
];

/// When the token ended, where that is known and past.
fn ended(answer: &Answer<'_>) -> Option<u64> {
    answer.context.expires_at.filter(|ended| *ended <= answer.context.now)
}

fn expired(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let ended = ended(answer);
    let date = ended.map_or_else(|| "a day that is not known".to_owned(), time::to_date);
    let message = format!("The {} expired on {date}.", answer.context.kind.noun());
    renewed(advice::bare(it, Cause::CredentialExpired(ended), message), answer)
}

fn bad_credentials(answer: &Answer<'_>, it: &'static Diagnosis) -> Failure {
    let kind = answer.context.kind;
    let message = match kind {
        Kind::Installation => {
            "GitHub does not accept the installation token; such tokens end after one hour."
                .to_owned()
        }
        _ => format!(
            "GitHub does not accept the {}: it is mistyped, cut short, expired or revoked.",
            kind.noun()
        ),
    };
    renewed(advice::bare(it, Cause::CredentialRejected, message), answer)
}

/// With the remedies that fit the kind of token.
fn renewed(failure: Failure, answer: &Answer<'_>) -> Failure {
    let (kind, site) = (answer.context.kind, answer.context.site);
    match kind {
        Kind::Installation => failure.advise(&NEW_INSTALLATION_TOKEN, site),
        _ if kind.is_authorized() => failure.leads("Authorize the app again.", kind.page(site)),
        _ => failure
            .leads(NEW_TOKEN.text, kind.new_page(site))
            .leads(STILL_LISTED.text, kind.page(site)),
    }
}
