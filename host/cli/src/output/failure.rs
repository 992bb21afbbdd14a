//! Failures and warnings for people: one sentence for what is wrong, what to do about it indented
//! under it with links, and what the conclusion rests on with `-v`.

use std::io;

use jackfield_host::failure::{Cause, Failure, Remedy, Retry, Timestamp, Warning};

use super::advice;
use super::screen::{BAD, DIM, PLAIN, Screen, WARN};
use super::times;

/// Tells a failure.
pub(crate) fn tell(screen: &mut Screen<'_>, failure: &Failure, evidence: bool) -> io::Result<()> {
    screen.labeled(BAD, "error", &failure.message)?;
    details(screen, failure)?;
    if evidence {
        let cause = failure.cause.code();
        let codes = [
            ("cause", Some(cause.to_owned())),
            ("code", Some(failure.code.clone()).filter(|code| code != cause)),
        ];
        let evidence = failure.evidence.iter();
        let pairs = evidence.map(|field| (field.name.as_str(), Some(field.value.clone())));
        screen.pairs(1, &codes.into_iter().chain(pairs).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// What stands under a failure's sentence: where, what is missing, what to do, when.
pub(crate) fn details(screen: &mut Screen<'_>, failure: &Failure) -> io::Result<()> {
    for field in &failure.fields {
        let said = says(&failure.message, &field.message);
        let text = if said { String::new() } else { format!(": {}", field.message) };
        screen.line(1, PLAIN, &format!("at {}{text}", field.pointer))?;
    }
    missing(screen, &failure.cause)?;
    remedies(screen, &failure.remedies)?;
    when(screen, failure.retry)
}

/// Tells a warning.
pub(crate) fn warning(screen: &mut Screen<'_>, warning: &Warning) -> io::Result<()> {
    screen.labeled(WARN, "note", &warning.message)?;
    remedies(screen, &warning.remedies)
}

/// What to do, a line each, links under them.
pub(crate) fn remedies(screen: &mut Screen<'_>, remedies: &[Remedy]) -> io::Result<()> {
    for remedy in remedies {
        screen.line(1, PLAIN, &format!("- {}", advice::worded(remedy)))?;
        if let Some(url) = &remedy.url {
            screen.line(1, DIM, &format!("  {url}"))?;
        }
    }
    Ok(())
}

fn missing(screen: &mut Screen<'_>, cause: &Cause) -> io::Result<()> {
    match cause {
        Cause::PermissionMissing { permissions } if !permissions.is_empty() => {
            screen.line(1, PLAIN, &format!("missing: {}", permissions.join(", ")))
        }
        _ => Ok(()),
    }
}

fn when(screen: &mut Screen<'_>, retry: Retry) -> io::Result<()> {
    let Retry::After { milliseconds } = retry else { return Ok(()) };
    let now = Timestamp::now();
    let time = Timestamp(now.0.saturating_add(milliseconds));
    screen.line(1, PLAIN, &format!("again from {}", times::moment_and_distance(time, now)))
}

/// Whether the message tells what the field's does.
fn says(message: &str, field: &str) -> bool {
    let field = field.trim_end_matches('.').to_lowercase();
    message.to_lowercase().contains(&field)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use jackfield_host::failure::FieldError;

    use super::*;

    fn told(failure: &Failure, evidence: bool) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        tell(&mut Screen::new(&mut out), failure, evidence).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    fn rejected() -> Failure {
        Failure::new(Cause::CredentialRejected, "GitHub does not accept the token.")
            .remedy("Create a new one.", Some("https://github.com/settings/tokens"))
            .remedy("Compare it.", None)
            .evidence("status", "401")
    }

    #[test]
    fn a_failure_is_a_sentence_and_its_remedies() {
        let expected = "error: GitHub does not accept the token.\n    \
                        - Create a new one.\n      https://github.com/settings/tokens\n    \
                        - Compare it.\n";
        assert_eq!(told(&rejected(), false), expected);
    }

    #[test]
    fn evidence_is_told_when_asked_for() {
        let told = told(&rejected(), true);
        assert!(told.ends_with("    cause   credential-rejected\n    status  401\n"), "{told}");
    }

    #[test]
    fn fields_are_listed_with_what_the_sentence_does_not_tell() {
        let mut failure = Failure::new(Cause::InvalidInput, "Token is empty.");
        failure.fields.push(FieldError::at(["secrets", "token"], "Token is empty."));
        assert_eq!(told(&failure, false), "error: Token is empty.\n    at /secrets/token\n");
        failure.message = "Some of the input is not valid.".to_owned();
        failure.fields.push(FieldError::at(["user"], "is empty"));
        let expected = "error: Some of the input is not valid.\n    \
                        at /secrets/token: Token is empty.\n    at /user: is empty\n";
        assert_eq!(told(&failure, false), expected);
    }

    #[test]
    fn missing_permissions_and_the_time_to_wait_are_told() {
        let permissions = vec!["repo".to_owned(), "read:org".to_owned()];
        let failure = Failure::new(Cause::PermissionMissing { permissions }, "No.")
            .retry(Retry::After { milliseconds: 120_500 });
        let told = told(&failure, false);
        assert!(told.contains("    missing: repo, read:org\n"), "{told}");
        assert!(told.contains("(in 2 minutes)"), "{told}");
    }

    #[test]
    fn what_a_provider_wrote_stays_in_its_lines() {
        let failure = Failure::new(Cause::Protocol, "a\nerror: forged\u{1b}[2J")
            .remedy("b\nc", Some("https://x/\u{1b}[31m"))
            .evidence("d\ne", "f\ng");
        let told = told(&failure, true);
        assert_eq!(told.lines().count(), 5, "{told}");
        assert!(!told.contains('\u{1b}'));
    }
}
