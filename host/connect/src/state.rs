//! Where a connection stands after a check, and where it stands as time goes by.

use std::time::Duration;

use jackfield_host::failure::{Cause, Failure, Timestamp};
use jackfield_host::report::Report;
use jackfield_vault::{Connection, ConnectionState};

/// How long before its end a credential counts as expiring: two weeks, so that a person who looks
/// once a week sees it in time.
pub const EXPIRING_WITHIN: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// Where the connection stands at that moment: its stored state, and what its dates say since. A
/// credential that was working when it was checked is expiring or expired by its date alone.
pub fn state_at(connection: &Connection, now: Timestamp) -> ConnectionState {
    match connection.state {
        ConnectionState::Active | ConnectionState::Expiring => {
            working_until(connection.report.as_ref(), now)
        }
        state => state,
    }
}

/// The state after a check or a read of the connection ended like this.
///
/// Only the provider's word on the credential changes it: a network that is down, a rate limit or a
/// missing permission say nothing about the credential.
pub(crate) fn state_after(
    connection: &Connection,
    result: Result<&Report, &Failure>,
    now: Timestamp,
) -> ConnectionState {
    let failure = match result {
        Ok(report) => return state_of_passed(report, now),
        Err(failure) => failure,
    };
    match failure.cause {
        Cause::CredentialExpired { .. } => ConnectionState::Expired,
        Cause::CredentialRejected if ended(connection.report.as_ref(), now) => {
            ConnectionState::Expired
        }
        Cause::CredentialRejected => ConnectionState::Rejected,
        _ => connection.state,
    }
}

/// The state after a check passed: the provider's answer counts for more than a date in the past.
pub(crate) fn state_of_passed(report: &Report, now: Timestamp) -> ConnectionState {
    match working_until(Some(report), now) {
        ConnectionState::Expired => ConnectionState::Expiring,
        state => state,
    }
}

/// Whether the failure says something of the credential itself.
pub(crate) fn concerns_credential(failure: &Failure) -> bool {
    matches!(failure.cause, Cause::CredentialRejected | Cause::CredentialExpired { .. })
}

fn working_until(report: Option<&Report>, now: Timestamp) -> ConnectionState {
    let Some(end) = report.and_then(|report| report.credential_expires_at) else {
        return ConnectionState::Active;
    };
    let soon = u128::from(now.0) + EXPIRING_WITHIN.as_millis();
    match end.0 {
        end if end <= now.0 => ConnectionState::Expired,
        end if u128::from(end) <= soon => ConnectionState::Expiring,
        _ => ConnectionState::Active,
    }
}

fn ended(report: Option<&Report>, now: Timestamp) -> bool {
    working_until(report, now) == ConnectionState::Expired
}

#[cfg(test)]
pub(crate) mod tests {
    use jackfield_host::report::Account;
    use serde_json::Map;

    use super::ConnectionState::{Active, Expired, Expiring, Rejected, Unchecked};
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const DAY: u64 = 24 * 60 * 60 * 1000;

    pub(crate) fn report(expires_at: Option<u64>) -> Report {
        Report {
            account: Account { id: "1".to_owned(), name: "ann".to_owned(), url: None },
            edition: None,
            organizations: Vec::new(),
            credential_expires_at: expires_at.map(Timestamp),
            permissions: Vec::new(),
            warnings: Vec::new(),
            discovered: Map::new(),
            quota: None,
        }
    }

    pub(crate) fn connection(state: ConnectionState, report: Option<Report>) -> Connection {
        Connection {
            id: "abc".to_owned(),
            owner: "ann".to_owned(),
            runtime: "default".to_owned(),
            connector: "github".to_owned(),
            method: "token".to_owned(),
            settings: Map::new(),
            discovered: Map::new(),
            state,
            report,
            failure: None,
            secrets: Vec::new(),
            generation: 1,
            created_at: NOW,
            updated_at: NOW,
            checked_at: None,
        }
    }

    #[test]
    fn dates_age_a_working_connection_and_no_other() {
        let end = |days: i64| Some(NOW.0.saturating_add_signed(days * DAY as i64));
        for (name, stored, expires_at, expected) in [
            ("no date", Active, None, Active),
            ("far away", Active, end(15), Active),
            ("one past the limit", Active, end(14).map(|end| end + 1), Active),
            ("at the limit", Active, end(14), Expiring),
            ("tomorrow", Expiring, end(1), Expiring),
            ("this very millisecond", Active, end(0), Expired),
            ("yesterday", Expiring, end(-1), Expired),
            ("rejected", Rejected, end(-1), Rejected),
            ("expired", Expired, end(100), Expired),
            ("unchecked", Unchecked, end(1), Unchecked),
            ("end of time", Active, Some(u64::MAX), Active),
        ] {
            let connection = connection(stored, Some(report(expires_at)));
            assert_eq!(state_at(&connection, NOW), expected, "{name}");
        }
    }

    #[test]
    fn only_the_providers_word_on_the_credential_changes_the_state() {
        let ended = Cause::CredentialExpired { ended_at: None };
        let missing = Cause::PermissionMissing { permissions: Vec::new() };
        for (before, cause, expected) in [
            (Active, Cause::CredentialRejected, Rejected),
            (Unchecked, Cause::CredentialRejected, Rejected),
            (Active, ended.clone(), Expired),
            (Rejected, ended, Expired),
            (Active, Cause::Unreachable, Active),
            (Active, Cause::Timeout, Active),
            (Active, Cause::RateLimited, Active),
            (Active, Cause::PolicyRefused, Active),
            (Active, missing, Active),
            (Expiring, Cause::Unreachable, Expiring),
            (Rejected, Cause::Unreachable, Rejected),
            (Unchecked, Cause::Protocol, Unchecked),
        ] {
            let connection = connection(before, None);
            let failure = Failure::new(cause.clone(), "No.");
            let after = state_after(&connection, Err(&failure), NOW);
            assert_eq!(after, expected, "{before} {cause:?}");
        }
    }

    #[test]
    fn a_rejected_credential_whose_date_is_past_is_expired() {
        let connection = connection(Active, Some(report(Some(NOW.0 - 1))));
        let failure = Failure::new(Cause::CredentialRejected, "No.");
        assert_eq!(state_after(&connection, Err(&failure), NOW), Expired);
    }

    #[test]
    fn a_check_that_passed_makes_a_connection_work_again() {
        for before in [Active, Expiring, Expired, Rejected, Unchecked] {
            let connection = connection(before, None);
            assert_eq!(state_after(&connection, Ok(&report(None)), NOW), Active);
            let soon = report(Some(NOW.0 + DAY));
            assert_eq!(state_after(&connection, Ok(&soon), NOW), Expiring);
            let past = report(Some(NOW.0 - DAY));
            assert_eq!(state_after(&connection, Ok(&past), NOW), Expiring);
        }
    }
}
