//! Whether an answer was given to the account or to anybody.
//!
//! A status of 200 proves no credential: Jira serves what is open to everybody to whoever comes
//! with a wrong or expired one. Its headers tell, where a proxy leaves them in place:
//!
//! | header | value | given to |
//! |---|---|---|
//! | `x-seraph-loginreason` | has `AUTHENTICATED_FAILED`, `AUTHENTICATION_DENIED` or `AUTHORISATION_FAILED` | anybody |
//! | `x-ausername` | `anonymous` | anybody |
//! | `x-ausername`, `x-aaccountid` | a name or an id | the account |
//! | `x-seraph-loginreason` | has `OK` | the account |
//!
//! The upper rows win. Where none holds, nothing is known, and only `myself` can prove it.

use jackfield_guest::Response;

/// To whom an answer was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// To the account of the credential.
    Account,
    /// To an anonymous visitor.
    Anybody,
    /// The headers do not say.
    Unsaid,
}

/// To whom the answer was given.
pub(crate) fn seen(response: &Response) -> Seen {
    const DENIED: [&str; 4] = [
        "AUTHENTICATED_FAILED",
        "AUTHENTICATION_DENIED",
        "AUTHORISATION_FAILED",
        "AUTHORIZATION_FAILED",
    ];
    let named = |name: &str| response.header(name).filter(|value| !value.is_empty());
    if DENIED.iter().any(|reason| login_reason(response, reason)) {
        return Seen::Anybody;
    }
    match named("x-ausername").or_else(|| named("x-aaccountid")) {
        Some(name) if name.eq_ignore_ascii_case("anonymous") => Seen::Anybody,
        Some(_) => Seen::Account,
        None if login_reason(response, "OK") => Seen::Account,
        None => Seen::Unsaid,
    }
}

/// Whether `x-seraph-loginreason`, a list, has this reason. The header may come more than once.
pub(crate) fn login_reason(response: &Response, reason: &str) -> bool {
    let headers = response.headers.iter().filter(|field| field.name == "x-seraph-loginreason");
    let mut reasons = headers.flat_map(|field| field.value.split(','));
    reasons.any(|given| given.trim().eq_ignore_ascii_case(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_tell_to_whom_an_answer_was_given() {
        let cases: &[(&[(&str, &str)], Seen)] = &[
            (&[], Seen::Unsaid),
            (&[("x-seraph-loginreason", "OK")], Seen::Account),
            (&[("x-seraph-loginreason", "OUT, OK")], Seen::Account),
            (&[("x-seraph-loginreason", "OUT")], Seen::Unsaid),
            (&[("x-seraph-loginreason", "AUTHENTICATED_FAILED")], Seen::Anybody),
            (&[("x-seraph-loginreason", "OUT, authenticated_failed")], Seen::Anybody),
            (&[("x-seraph-loginreason", "OK, AUTHENTICATED_FAILED")], Seen::Anybody),
            (
                &[("x-seraph-loginreason", "OK"), ("x-seraph-loginreason", "AUTHENTICATED_FAILED")],
                Seen::Anybody,
            ),
            (&[("x-seraph-loginreason", "AUTHENTICATION_DENIED")], Seen::Anybody),
            (&[("x-seraph-loginreason", "AUTHORISATION_FAILED")], Seen::Anybody),
            (&[("x-seraph-loginreason", "BOOKED")], Seen::Unsaid),
            (&[("x-ausername", "jordan")], Seen::Account),
            (&[("x-ausername", "anonymous")], Seen::Anybody),
            (&[("x-ausername", "")], Seen::Unsaid),
            (&[("x-ausername", "anonymous"), ("x-seraph-loginreason", "OK")], Seen::Anybody),
            (
                &[("x-ausername", "jordan"), ("x-seraph-loginreason", "AUTHENTICATED_FAILED")],
                Seen::Anybody,
            ),
            (&[("x-aaccountid", "5d07f57ceec00a0bcb5eca63")], Seen::Account),
        ];
        for (headers, expected) in cases {
            let response = headers.iter().fold(Response::new(200), |response, (name, value)| {
                response.with_header(name, value)
            });
            assert_eq!(seen(&response), *expected, "{headers:?}");
        }
    }
}
