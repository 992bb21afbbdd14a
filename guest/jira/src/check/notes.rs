//! What a person should know although the check passed: the table of warnings, and those that a
//! connection has.

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Failure, Timestamp, Warning, time};

use super::Held;
use crate::api::Api;
use crate::diagnose::{API_TOKENS, advice, advice_at, warning};
use crate::settings::{End, Method, Route, Setup};
use crate::wire;

/// A credential that ends within this time is warned of.
const SOON: u64 = 14 * 24 * 3600 * 1000;

/// All of them, as the documentation lists them.
#[cfg(test)]
pub(crate) const TABLE: [&Diagnosis; 9] = [
    &UNENCRYPTED,
    &EXPIRES_SOON,
    &EXPIRY_DATE_PASSED,
    &EXPIRY_UNKNOWN,
    &PASSWORD_IN_USE,
    &TOKEN_WITHOUT_SCOPES,
    &NO_PROJECT_VISIBLE,
    &NO_USER_VISIBLE,
    &PERMISSIONS_UNKNOWN,
];

const UNENCRYPTED: Diagnosis = Diagnosis {
    code: "unencrypted",
    means: "Everything to and from the server travels unencrypted, the credential included: \
        whoever is on the way can read and use it.",
    advice: &[advice(
        "Have https set up on the server and set the protocol to https; until then keep to a \
         private network.",
    )],
};

const EXPIRES_SOON: Diagnosis = Diagnosis {
    code: "expires-soon",
    means: "The token ends within two weeks; the connection stops working then.",
    advice: &[advice("Create a new token before that day, and update the connection.")],
};

const EXPIRY_DATE_PASSED: Diagnosis = Diagnosis {
    code: "expiry-date-passed",
    means: "The token works, although it should have ended already.",
    advice: &[advice("Correct the date on which the token expires.")],
};

const EXPIRY_UNKNOWN: Diagnosis = Diagnosis {
    code: "expiry-unknown",
    means: "An API token ends a year after it was created at the latest, and Jira does not tell \
        when.",
    advice: &[advice_at(
        "Look up the date in the list of your tokens, and enter it in the settings, to be warned \
         in time.",
        API_TOKENS,
    )],
};

const PASSWORD_IN_USE: Diagnosis = Diagnosis {
    code: "password-in-use",
    means: "The connection uses a password; from Jira 11 on this is turned off by default.",
    advice: &[advice(
        "Create a personal access token in your profile in Jira, and connect again with the method \
         personal access token.",
    )],
};

const TOKEN_WITHOUT_SCOPES: Diagnosis = Diagnosis {
    code: "token-without-scopes",
    means: "This API token has no scopes: it may do everything that the account may do.",
    advice: &[advice_at(
        "Create one with the scopes read:jira-user and read:jira-work instead.",
        API_TOKENS,
    )],
};

const NO_PROJECT_VISIBLE: Diagnosis = Diagnosis {
    code: "no-project-visible",
    means: "The account may browse no project, so no project and no issue will come.",
    advice: &[advice("Ask an administrator of a project for the permission Browse Projects.")],
};

const NO_USER_VISIBLE: Diagnosis = Diagnosis {
    code: "no-user-visible",
    means: "The account may not browse users, so the stream users is refused or stays empty.",
    advice: &[advice(
        "Ask an administrator of Jira for the permission Browse users and groups, if the stream \
         users is wanted.",
    )],
};

const PERMISSIONS_UNKNOWN: Diagnosis = Diagnosis {
    code: "permissions-unknown",
    means: "The credential works, and Jira did not tell what the account may do.",
    advice: &[advice(
        "Check the connection again later; a missing permission shows when a stream is read.",
    )],
};

/// All that is to be known of this connection.
pub(super) fn all(setup: &Setup, api: &Api<'_>, held: &Result<Held, Failure>) -> Vec<Warning> {
    let found = [unencrypted(api), ends(setup), password(setup, api), unscoped(api)];
    found.into_iter().flatten().chain(permissions(held)).collect()
}

fn unencrypted(api: &Api<'_>) -> Option<Warning> {
    api.site.is_plain().then(|| {
        let message = format!(
            "Everything to and from {} travels unencrypted, the credential included: whoever is \
             on the way can read and use it.",
            api.site.address()
        );
        Warning { message, ..warning(&UNENCRYPTED) }
    })
}

fn ends(setup: &Setup) -> Option<Warning> {
    match setup.end.map(End::at) {
        Some(end) if end <= setup.now => Some(passed(setup, end)),
        Some(end) if end <= setup.now.saturating_add(SOON) => Some(soon(setup, end)),
        None if setup.method == Method::ApiToken => Some(warning(&EXPIRY_UNKNOWN)),
        _ => None,
    }
}

fn passed(setup: &Setup, end: Timestamp) -> Warning {
    let (noun, day) = (setup.method.noun(), time::to_date(end));
    let message = format!("The {noun} works, although it should have ended on {day}.");
    Warning { message, ..warning(&EXPIRY_DATE_PASSED) }
}

fn soon(setup: &Setup, end: Timestamp) -> Warning {
    let (noun, day) = (setup.method.noun(), time::to_date(end));
    let message = format!("The {noun} ends on {day}; the connection stops working then.");
    let warning = Warning { message, ..warning(&EXPIRES_SOON) };
    match setup.method {
        Method::ApiToken => leading(warning, API_TOKENS.to_owned()),
        Method::PersonalAccessToken | Method::Password => warning,
    }
}

fn password(setup: &Setup, api: &Api<'_>) -> Option<Warning> {
    let tokens =
        api.version.as_deref().and_then(wire::version).is_none_or(|version| version >= (8, 14));
    (setup.method == Method::Password && tokens)
        .then(|| leading(warning(&PASSWORD_IN_USE), api.site.page("secure/ViewProfile.jspa")))
}

fn unscoped(api: &Api<'_>) -> Option<Warning> {
    let unscoped = api.setup.method == Method::ApiToken && api.route == Route::Site;
    unscoped.then(|| warning(&TOKEN_WITHOUT_SCOPES))
}

/// Nothing of what the account holds: that a project is hidden from it, only that project's absence
/// can show.
fn permissions(held: &Result<Held, Failure>) -> Vec<Warning> {
    let held = match held {
        Ok(held) => held,
        Err(failure) => return vec![untold(failure)],
    };
    let found = [
        (held.browse == Some(false)).then_some(&NO_PROJECT_VISIBLE),
        (held.people == Some(false)).then_some(&NO_USER_VISIBLE),
        (held.browse.is_none() || held.people.is_none()).then_some(&PERMISSIONS_UNKNOWN),
    ];
    found.into_iter().flatten().map(warning).collect()
}

fn untold(failure: &Failure) -> Warning {
    let mut warning = warning(&PERMISSIONS_UNKNOWN);
    warning.message = format!("{}: {}", warning.message.trim_end_matches('.'), failure.message);
    warning.remedies.splice(..0, failure.remedies.iter().cloned());
    warning
}

/// With the page where its first remedy is done.
fn leading(mut warning: Warning, page: String) -> Warning {
    if let Some(remedy) = warning.remedies.first_mut() {
        remedy.url = Some(page);
    }
    warning
}
