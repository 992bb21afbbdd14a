//! The steps that only the connector's own check knows, and the step at which a failed check belongs.

use jackfield_host::failure::{Cause, Failure, Remedy, Timestamp, Warning};
use jackfield_host::report::{Grant, Permission, Report};

use super::{Step, StepName};
use crate::ConnectionState;
use crate::state::state_of_passed;

/// Where a check that failed like this ended.
pub(super) fn step_of(failure: &Failure) -> StepName {
    match (&failure.cause, failure.code.as_str()) {
        // The server answers, but sends requests elsewhere.
        (
            Cause::Protocol,
            "redirect-origin" | "redirect-limit" | "redirect-location" | "redirect-downgrade"
            | "redirect-body",
        ) => StepName::Reachability,
        (Cause::InvalidInput, _) => StepName::Settings,
        (Cause::Unreachable, "name-not-found") => StepName::NameLookup,
        (Cause::Unreachable, "connection-failed") => StepName::Connection,
        (Cause::Unreachable, "certificate-not-trusted" | "tls-failed" | "tls-not-spoken") => {
            StepName::Tls
        }
        (Cause::Unreachable | Cause::Timeout | Cause::Denied, _) => StepName::Reachability,
        (Cause::CredentialRejected | Cause::CredentialExpired { .. }, _) => StepName::Credential,
        (Cause::PolicyRefused, _) => StepName::Credential,
        (Cause::PermissionMissing { .. }, _) => StepName::Permissions,
        (Cause::RateLimited, _) => StepName::Limits,
        // Somebody answered, but not as the API that the connector speaks.
        _ => StepName::Edition,
    }
}

/// From `edition` to `limits`.
pub(super) fn steps(check: Result<&Report, &Failure>) -> [Step; 4] {
    match check {
        Ok(report) => reported(report),
        Err(failure) => refused(failure, step_of(failure)),
    }
}

fn reported(report: &Report) -> [Step; 4] {
    [edition(report), credential(report, Timestamp::now()), permissions(report), limits(report)]
}

fn limits(report: &Report) -> Step {
    let step = |sentence: &str| Step::passed(StepName::Limits, sentence);
    let Some(quota) = &report.quota else { return step("No rate limit was hit.") };
    let sentence = match (quota.remaining, quota.limit) {
        (Some(left), Some(limit)) => format!("The credential has {left} of {limit} requests left."),
        (Some(left), None) => format!("The credential has {left} requests left."),
        _ => "No rate limit was hit.".to_owned(),
    };
    step(&sentence).evidence_if("filled-again", quota.resets_at.map(|time| time.to_string()))
}

/// What a refusal tells of the steps before it: whoever lacks a permission is known, and whoever is
/// refused at all was understood; but a rate limit may come before anybody looked at the credential.
fn refused(failure: &Failure, at: StepName) -> [Step; 4] {
    let step = |name: StepName, known: &[StepName], sentence: &str| {
        if name == at {
            Step::failed(name, failure.clone())
        } else if known.contains(&at) {
            Step::passed(name, sentence)
        } else {
            Step::skipped(name, "Unknown: the check ended before this was reported.")
        }
    };
    use StepName::{Credential, Edition, Limits, Permissions};
    [
        step(
            Edition,
            &[Credential, Permissions, Limits],
            "The answer is one that the connector knows.",
        ),
        step(Credential, &[Permissions], "The provider accepts the credential."),
        step(Permissions, &[], ""),
        step(Limits, &[], ""),
    ]
}

fn edition(report: &Report) -> Step {
    let sentence = match &report.edition {
        Some(edition) => format!("What answers is {edition}."),
        None => "The answers are those that the connector expects.".to_owned(),
    };
    Step::passed(StepName::Edition, sentence).evidence_if("edition", report.edition.clone())
}

fn credential(report: &Report, now: Timestamp) -> Step {
    let account = &report.account;
    let sentence = format!("The credential works, as {}.", account.name);
    let step = Step::passed(StepName::Credential, sentence)
        .evidence("account-id", &account.id)
        .evidence_if("account-url", account.url.clone())
        .evidence_if("ends", report.credential_expires_at.map(|time| time.to_string()));
    let told = !report.warnings.is_empty();
    let ending = state_of_passed(report, now) == ConnectionState::Expiring;
    let of_it = |warning: &&Warning| !report.permissions.iter().any(|one| is_told(one, warning));
    let step = report.warnings.iter().filter(of_it).cloned().fold(step, Step::warn);
    match report.credential_expires_at.filter(|_| ending && !told) {
        Some(end) => step.warn(Warning {
            code: "credential-expiring".to_owned(),
            message: format!("The credential ends at {end}."),
            remedies: vec![Remedy::new(
                "Create a new one before, and update the connection with it.",
            )],
        }),
        None => step,
    }
}

fn permissions(report: &Report) -> Step {
    let permissions = report.permissions.as_slice();
    let of = |grant: Grant| permissions.iter().filter(move |one| one.grant == grant);
    let sentence = if of(Grant::Missing).next().is_some() {
        "Some of what the connector can do needs a permission that is missing."
    } else if permissions.is_empty() {
        "The connector names none that it needs."
    } else if of(Grant::Unknown).next().is_some() {
        "The provider does not tell all of them; one that is missing shows when it is needed."
    } else {
        "The credential may do all that the connector needs."
    };
    let told = |one: &Permission| format!("{}: {}", one.name, known(one.grant));
    let step = Step::passed(StepName::Permissions, sentence);
    let step = permissions.iter().fold(step, |step, one| step.evidence("permission", told(one)));
    let told = |warning: &&Warning| permissions.iter().any(|one| is_told(one, warning));
    let step = report.warnings.iter().filter(told).cloned().fold(step, Step::warn);
    let untold = |one: &&Permission| !report.warnings.iter().any(|warning| is_told(one, warning));
    of(Grant::Missing).filter(untold).fold(step, |step, one| step.warn(missing(one)))
}

/// Whether the connector's own warning, which knows where that is mended, names the missing permission.
fn is_told(permission: &Permission, warning: &Warning) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '=' | '-');
    let mut words = warning.message.split(|c| !part(c));
    permission.grant == Grant::Missing && words.any(|word| word == permission.name)
}

fn known(grant: Grant) -> &'static str {
    match grant {
        Grant::Granted => "granted",
        Grant::Missing => "missing",
        Grant::Excess => "granted, not needed",
        Grant::Unknown => "cannot be known",
    }
}

fn missing(permission: &Permission) -> Warning {
    let name = &permission.name;
    let needed_by = permission.needed_by.join(", ");
    let message = match needed_by.is_empty() {
        true => format!("The permission {name} is missing."),
        false => format!("The permission {name} is missing, which is needed for {needed_by}."),
    };
    let text = format!("Give the credential the permission {name} at the provider, or do without.");
    let remedies = vec![Remedy::new(text)];
    Warning { code: "permission-missing".to_owned(), message, remedies }
}

#[cfg(test)]
mod tests {
    use super::super::StepOutcome::{self, Failed, Passed, Skipped, Warned};
    use super::*;
    use crate::state::tests::report;

    const DAY: u64 = 86_400_000;

    #[test]
    fn every_cause_has_its_step() {
        let expired = Cause::CredentialExpired { ended_at: None };
        let missing = Cause::PermissionMissing { permissions: Vec::new() };
        let other = Cause::Other { name: "odd".to_owned() };
        for (cause, code, expected) in [
            (Cause::InvalidInput, "", StepName::Settings),
            (Cause::Unreachable, "name-not-found", StepName::NameLookup),
            (Cause::Unreachable, "connection-failed", StepName::Connection),
            (Cause::Unreachable, "certificate-not-trusted", StepName::Tls),
            (Cause::Unreachable, "tls-failed", StepName::Tls),
            (Cause::Unreachable, "tls-not-spoken", StepName::Tls),
            (Cause::Unreachable, "connection-broken", StepName::Reachability),
            (Cause::Unreachable, "server-error", StepName::Reachability),
            (Cause::Timeout, "timeout", StepName::Reachability),
            (Cause::Protocol, "redirect-origin", StepName::Reachability),
            (Cause::Protocol, "redirect-limit", StepName::Reachability),
            (Cause::Protocol, "redirect-not-followed", StepName::Edition),
            (Cause::Denied, "budget", StepName::Reachability),
            (Cause::Denied, "name-not-found", StepName::Reachability),
            (Cause::Protocol, "web-page-instead", StepName::Edition),
            (Cause::Unsupported, "", StepName::Edition),
            (Cause::NotFound, "", StepName::Edition),
            (Cause::Conflict, "", StepName::Edition),
            (Cause::TooLarge, "", StepName::Edition),
            (other, "odd", StepName::Edition),
            (Cause::CredentialRejected, "", StepName::Credential),
            (expired, "", StepName::Credential),
            (Cause::PolicyRefused, "single-sign-on-required", StepName::Credential),
            (missing, "", StepName::Permissions),
            (Cause::RateLimited, "", StepName::Limits),
        ] {
            let failure = Failure::new(cause.clone(), "No.").code(code);
            assert_eq!(step_of(&failure), expected, "{cause:?} {code}");
        }
    }

    #[test]
    fn a_refusal_tells_of_what_stands_before_it() {
        let missing = Cause::PermissionMissing { permissions: Vec::new() };
        for (cause, expected) in [
            (Cause::Timeout, [Skipped, Skipped, Skipped, Skipped]),
            (Cause::Protocol, [Failed, Skipped, Skipped, Skipped]),
            (Cause::CredentialRejected, [Passed, Failed, Skipped, Skipped]),
            (missing, [Passed, Passed, Failed, Skipped]),
            (Cause::RateLimited, [Passed, Skipped, Skipped, Failed]),
        ] {
            let failure = Failure::new(cause.clone(), "No.");
            let found: Vec<StepOutcome> =
                steps(Err(&failure)).iter().map(|step| step.outcome).collect();
            assert_eq!(found, expected, "{cause:?}");
        }
    }

    #[test]
    fn a_permission_that_is_missing_is_a_warning_and_says_what_needs_it() {
        for (grants, expected) in [
            (&[Grant::Granted, Grant::Excess][..], Passed),
            (&[Grant::Granted, Grant::Missing], Warned),
            (&[Grant::Unknown], Passed),
            (&[], Passed),
        ] {
            let one = |grant: &Grant| Permission {
                name: "repo".to_owned(),
                grant: *grant,
                needed_by: vec!["issues".to_owned()],
            };
            let all: Vec<Permission> = grants.iter().map(one).collect();
            let step = permissions(&Report { permissions: all, ..report(None) });
            assert_eq!(step.outcome, expected, "{grants:?}");
            assert_eq!(step.evidence.len(), grants.len());
            let names = |warning: &Warning| {
                warning.message.contains("repo is missing, which is needed for issues")
            };
            assert!(step.warnings.iter().all(names), "{step:?}");
        }
    }

    #[test]
    fn a_connectors_own_warning_of_a_missing_permission_takes_the_place_of_ours() {
        let lacks = |name: &str| Permission {
            name: name.to_owned(),
            grant: Grant::Missing,
            needed_by: vec!["members".to_owned()],
        };
        let warning = |message: &str| Warning {
            code: "scope-missing".to_owned(),
            message: message.to_owned(),
            remedies: vec![],
        };
        let permissions_all = vec![lacks("read:org"), lacks("repo")];
        let warnings = vec![warning("It lacks the scope read:org."), warning("No repository.")];
        let report = Report { permissions: permissions_all, warnings, ..report(None) };
        let told = |step: Step| -> Vec<String> {
            step.warnings.into_iter().map(|warning| warning.message).collect()
        };
        assert_eq!(told(credential(&report, Timestamp(0))), ["No repository."]);
        let expected = [
            "It lacks the scope read:org.",
            "The permission repo is missing, which is needed for members.",
        ];
        assert_eq!(told(permissions(&report)), expected);
    }

    #[test]
    fn a_credential_that_ends_soon_is_told_once() {
        let now = Timestamp(1_800_000_000_000);
        let soon = report(Some(now.0 + DAY));
        let own =
            Warning { code: "soon".to_owned(), message: "Soon.".to_owned(), remedies: vec![] };
        let told = Report { warnings: vec![own], ..soon.clone() };
        for (name, report, expected) in [
            ("endless", report(None), &[][..]),
            ("far", report(Some(now.0 + 100 * DAY)), &[]),
            ("soon", soon, &["credential-expiring"]),
            ("told by the connector", told, &["soon"]),
        ] {
            let step = credential(&report, now);
            let codes: Vec<&str> = step.warnings.iter().map(|one| one.code.as_str()).collect();
            assert_eq!(codes, expected, "{name}");
        }
    }
}
