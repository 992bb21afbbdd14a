//! What can be seen without asking Jira, or in an answer that succeeded.

use jackfield_guest::diagnosis::Diagnosis;
use jackfield_guest::{Cause, Failure, Retry, Warning, text};

use super::edge::NO_JIRA_HERE;
use super::{API_TOKENS, Refine, advice, advice_at, warning};
use crate::site::Site;

/// All of them, as the documentation lists them.
#[cfg(test)]
pub(crate) const ALL: [&Diagnosis; 19] = [
    &NO_JIRA,
    &HTTP_ON_CLOUD,
    &TOKEN_ON_CLOUD,
    &PASSWORD_ON_CLOUD,
    &API_TOKEN_ON_DATA_CENTER,
    &NO_ACCOUNT,
    &NO_RECORD_KEY,
    &PAGES_WITHOUT_END,
    &PAGE_TOKEN_TOO_LONG,
    &PAGE_TOKENS_REFUSED,
    &PAGE_TOKEN_MISSING,
    &FILTER_TOO_LONG,
    &SEARCH_TOO_LONG,
    &RECORD_TOO_LARGE,
    &RECORD_SKIPPED,
    &CURSOR_UNUSABLE,
    &PROJECT_MALFORMED,
    &FILTER_MALFORMED,
    &SEARCH_WARNING,
];

const NO_JIRA: Diagnosis = Diagnosis {
    code: "not-a-jira-address",
    means: "The host name is one of Atlassian's own, and no Jira answers there.",
    advice: &[advice(
        "Enter the address that the browser shows when your Jira is open, such as \
         acme.atlassian.net.",
    )],
};

const HTTP_ON_CLOUD: Diagnosis = Diagnosis {
    code: "http-on-cloud",
    means: "Jira Cloud speaks https only, and by http the token would travel unencrypted.",
    advice: &[advice("Set the protocol to https.")],
};

const TOKEN_ON_CLOUD: Diagnosis = Diagnosis {
    code: "personal-access-token-on-cloud",
    means: "Jira Cloud has no personal access tokens; it takes API tokens, with the account's \
        e-mail address.",
    advice: &[
        advice_at("Create an API token, and connect again with the method API token.", API_TOKENS),
        advice("If the Jira is a server of your own, enter its host name."),
    ],
};

const PASSWORD_ON_CLOUD: Diagnosis = Diagnosis {
    code: "password-on-cloud",
    means: "Jira Cloud accepts no passwords; it takes API tokens, with the account's e-mail \
        address.",
    advice: &[
        advice_at("Create an API token, and connect again with the method API token.", API_TOKENS),
        advice("If the Jira is a server of your own, enter its host name."),
    ],
};

const API_TOKEN_ON_DATA_CENTER: Diagnosis = Diagnosis {
    code: "api-token-on-data-center",
    means: "This Jira is a server of its own, Data Center or Server, and API tokens are of Jira \
        Cloud only.",
    advice: &[
        advice(
            "In your Jira open Profile, then Personal Access Tokens, create one, and connect \
             again with the method personal access token.",
        ),
        advice(
            "If you use Jira Cloud, enter the host name of its site, such as acme.atlassian.net.",
        ),
    ],
};

const NO_ACCOUNT: Diagnosis = Diagnosis {
    code: "no-account",
    means: "Jira's answer names no account, so nothing proves that it accepts the credential.",
    advice: &[advice(
        "Check whether something between here and Jira answers in its place or changes its answers.",
    )],
};

/// A record that cannot be told from others.
pub(crate) const NO_RECORD_KEY: Diagnosis = Diagnosis {
    code: "record-without-id",
    means: "Jira sent a record without an id.",
    advice: &[advice("Try again, and tell the connector's author if it lasts.")],
};

/// A list that leads in a circle.
pub(crate) const PAGES_WITHOUT_END: Diagnosis = Diagnosis {
    code: "pages-without-end",
    means: "Jira's pages lead in a circle or do not come to an end, so reading was stopped.",
    advice: &[advice("Restart the stream, and tell the connector's author if it happens again.")],
};

/// A page token with which the cursor would be longer than any that the host keeps.
pub(crate) const PAGE_TOKEN_TOO_LONG: Diagnosis = Diagnosis {
    code: "page-token-too-long",
    means: "Jira's page token is longer than what can be kept, so reading was stopped.",
    advice: &[
        advice("Use a shorter filter: the page token holds it."),
        advice("Tell the connector's author, with the evidence, if there is no filter."),
    ],
};

const PAGE_TOKENS_REFUSED: Diagnosis = Diagnosis {
    code: "page-tokens-refused",
    means: "Jira refuses the page tokens that it has given itself, also after the search was started \
        again, so reading was stopped.",
    advice: &[
        advice(
            "Check whether a proxy between here and Jira changes or cuts the parameter nextPageToken.",
        ),
        advice("Restart the stream, without a cursor, where the token is an old one."),
    ],
};

const PAGE_TOKEN_MISSING: Diagnosis = Diagnosis {
    code: "page-token-missing",
    means: "Jira says that more pages follow and gives no page token, also after the search was started \
        again, so reading was stopped.",
    advice: &[
        advice("Check whether a proxy between here and Jira removes the field nextPageToken."),
        advice("Restart the stream, without a cursor, and tell Atlassian if it happens again."),
    ],
};

const FILTER_TOO_LONG: Diagnosis = Diagnosis {
    code: "filter-too-long",
    means: "The filter is too long for a URL once it is encoded, and what stands in front of Jira lets \
        no POST request through, in which it would have room.",
    advice: &[
        advice("Save the filter in Jira and enter its number instead: filter = 12345."),
        advice(
            "Shorten the filter: a letter that is not of the Latin alphabet takes 6 to 12 characters.",
        ),
        advice(
            "Ask the administrator to let POST requests to Jira's search through: they only read.",
        ),
    ],
};

const SEARCH_TOO_LONG: Diagnosis = Diagnosis {
    code: "search-too-long",
    means: "Jira's page token is too long for a URL, and what stands in front of Jira lets no POST request \
        through, in which it would have room.",
    advice: &[advice(
        "Ask the administrator to let POST requests to Jira's search through: they only read.",
    )],
};

const RECORD_TOO_LARGE: Diagnosis = Diagnosis {
    code: "one-record-too-large",
    means: "One record alone is larger than what can be taken.",
    advice: &[
        advice("Read with records that are too large skipped, if this one is not needed."),
        advice("Shorten the record in Jira: a description or another field of it is very long."),
    ],
};

const RECORD_SKIPPED: Diagnosis = Diagnosis {
    code: "record-skipped",
    means: "One record alone is larger than what can be taken, and was left out.",
    advice: &[advice(
        "Shorten the record in Jira, and read it again: a description or another field of it is very \
         long.",
    )],
};

const CURSOR_UNUSABLE: Diagnosis = Diagnosis {
    code: "cursor-unusable",
    means: "The cursor is not one of this stream and its parameters, or of another version of the \
        connector.",
    advice: &[advice("Restart the stream, without a cursor.")],
};

const PROJECT_MALFORMED: Diagnosis = Diagnosis {
    code: "project-malformed",
    means: "The project is not given as its key, as in `ACME`.",
    advice: &[advice(
        "Enter the letters that stand before the number of the project's issues, as ACME in \
         ACME-12.",
    )],
};

const FILTER_MALFORMED: Diagnosis = Diagnosis {
    code: "filter-malformed",
    means: "The filter's brackets or quotation marks do not close, or it ends with a backslash.",
    advice: &[advice("Write it as in Jira's own advanced search, and try it there first.")],
};

const SEARCH_WARNING: Diagnosis = Diagnosis {
    code: "search-warning",
    means: "Jira made the search, and warns of something in it.",
    advice: &[advice("Try the filter in Jira's own advanced search, and fix what it warns about.")],
};

/// The host is none of a Jira.
pub(crate) fn no_jira(site: &Site) -> Failure {
    let message =
        format!("{} is one of Atlassian's own hosts, and no Jira answers there.", site.address());
    wrong(&NO_JIRA).saying(message).wrong("/settings/host")
}

/// Cloud by http.
pub(crate) fn http_on_cloud() -> Failure {
    wrong(&HTTP_ON_CLOUD).wrong("/settings/protocol")
}

/// A personal access token for Cloud.
pub(crate) fn token_on_cloud(site: &Site) -> Failure {
    on_cloud(&TOKEN_ON_CLOUD, site, "there are no personal access tokens")
        .wrong("/secrets/personal_access_token")
}

/// A password for Cloud.
pub(crate) fn password_on_cloud(site: &Site) -> Failure {
    on_cloud(&PASSWORD_ON_CLOUD, site, "no passwords are accepted").wrong("/secrets/password")
}

/// An API token for Data Center.
pub(crate) fn api_token_on_data_center(site: &Site) -> Failure {
    let message = format!(
        "{} is a Jira of its own, Data Center or Server, and API tokens are of Jira Cloud only.",
        site.address()
    );
    wrong(&API_TOKEN_ON_DATA_CENTER).saying(message).wrong("/secrets/api_token")
}

/// A success without an identity.
pub(crate) fn no_account() -> Failure {
    NO_ACCOUNT.failure(Cause::Protocol).retry(Retry::AfterUserAction)
}

/// No Jira at any of these places.
pub(crate) fn no_jira_at(nothing: Vec<(Site, Failure)>) -> Failure {
    let places: Vec<String> = nothing.iter().map(|(site, _)| site.address()).collect();
    let mut failures = nothing.into_iter().map(|(_, failure)| failure);
    let (Some(failure), Some((last, others))) = (failures.next(), places.split_last()) else {
        return wrong(&NO_JIRA_HERE).wrong("/settings/host");
    };
    if others.is_empty() {
        return failure;
    }
    let message = format!(
        "Neither at {} nor at {last} is there a REST API of a Jira.",
        others.join(", nor at ")
    );
    let said = std::iter::once(failure).chain(failures);
    let failure = wrong(&NO_JIRA_HERE).saying(message).wrong("/settings/host");
    places.iter().zip(said).fold(failure, |failure, (place, said)| {
        failure.evidence("tried", &format!("{place}: {}", said.message))
    })
}

/// The site refused the token, and the gateway could not be asked.
pub(crate) fn gateway_not_asked(told: Failure, failure: &Failure) -> Failure {
    let open = "a token with scopes, which works by api.atlassian.com alone";
    let remedy = "If the token has scopes, see to it that api.atlassian.com can be reached from here, and \
                  check the connection again.";
    undecided(told, open, failure).first(remedy)
}

/// The gateway refused the token, and the site could not be asked.
pub(crate) fn site_not_asked(told: Failure, failure: &Failure) -> Failure {
    let open = "a token without scopes, which works at the site alone";
    let remedy = "If the token has no scopes, see to it that the site can be reached from here, and check \
                  the connection again.";
    undecided(told, open, failure).first(remedy)
}

/// With what could not be found out, and why.
fn undecided(told: Failure, open: &str, failure: &Failure) -> Failure {
    let said = told.message.trim_end_matches('.');
    let why = text::quote(&failure.message, REASON_CHARS);
    let message = format!(
        "{said}; whether it is {open}, could not be found out ({}).",
        why.trim_end_matches('.')
    );
    told.saying(message)
}

/// Characters of another failure's sentence that are repeated, at most.
const REASON_CHARS: usize = 200;

/// Page tokens that are refused again.
pub(crate) fn page_tokens_refused(failure: &Failure) -> Failure {
    let refused = PAGE_TOKENS_REFUSED.failure(Cause::Protocol).retry(Retry::AfterUserAction);
    Failure { evidence: failure.evidence.clone(), ..refused }
}

/// A page without the token of the next one, again.
pub(crate) fn page_token_missing() -> Failure {
    PAGE_TOKEN_MISSING.failure(Cause::Protocol).retry(Retry::AfterUserAction)
}

/// A search that takes so many bytes in a URL, of which a person's filter is a part or not.
pub(crate) fn search_too_long(bytes: usize, filter: bool) -> Failure {
    if filter {
        let message = format!(
            "The filter is too long: encoded in a URL the search takes {bytes} characters, and what \
             stands in front of Jira lets no POST request through, in which it would have room."
        );
        return wrong(&FILTER_TOO_LONG).saying(message).wrong("/parameters/jql");
    }
    let failure = SEARCH_TOO_LONG.failure(Cause::Unsupported).retry(Retry::AfterUserAction);
    failure.evidence("url_characters", &bytes.to_string())
}

/// One record that alone is larger than the host takes; `said` is the host's failure.
pub(crate) fn record_too_large(said: Failure, record: &str) -> Failure {
    let why = said.message.trim_end_matches('.').to_owned();
    let failure = RECORD_TOO_LARGE.failure(Cause::TooLarge);
    let failure = Failure { evidence: said.evidence, retry: said.retry, ..failure };
    failure
        .saying(format!("{record} alone is larger than what can be taken: {why}."))
        .evidence("record", record)
}

/// One record that was left out because it alone is larger than the host takes.
pub(crate) fn record_skipped(record: &str) -> Warning {
    let message = format!("{record} alone is larger than what can be taken, and was left out.");
    Warning { message, ..warning(&RECORD_SKIPPED) }
}

/// A cursor of something else.
pub(crate) fn cursor_unusable(problem: &str) -> Failure {
    CURSOR_UNUSABLE.failure(Cause::InvalidInput).saying(problem.to_owned()).wrong("/cursor")
}

/// A project that no key can be.
pub(crate) fn project_malformed() -> Failure {
    PROJECT_MALFORMED.failure(Cause::InvalidInput).wrong("/parameters/project")
}

/// A filter that would not stay within its brackets.
pub(crate) fn filter_malformed(problem: &str) -> Failure {
    let message = format!("The filter cannot be used: {problem}.");
    FILTER_MALFORMED.failure(Cause::InvalidInput).saying(message).wrong("/parameters/jql")
}

/// A search of which Jira says this.
pub(crate) fn search_warning(said: &str) -> Warning {
    Warning { message: format!("Jira says of the search: {said}"), ..warning(&SEARCH_WARNING) }
}

fn on_cloud(diagnosis: &Diagnosis, site: &Site, what: &str) -> Failure {
    let message = format!(
        "{} is Jira Cloud, where {what}: it takes API tokens, with the account's e-mail address.",
        site.address()
    );
    wrong(diagnosis).saying(message)
}

fn wrong(diagnosis: &Diagnosis) -> Failure {
    diagnosis.failure(Cause::InvalidInput).retry(Retry::AfterUserAction)
}
