//! Guests that misbehave, one small file each in `examples`, and what they share.
//!
//! They are built to components by `jackfield-bundle` with its feature `hostile`, and run by the
//! integration tests. Each one's first lines say what it tries, and what the host must do about it.
//! A guest that comes to an end tells in its report what happened to each attempt: one warning each,
//! its message `sent STATUS` or `refused CAUSE: SENTENCE`.

use jackfield_guest::{Account, Cause, Failure, Report, Request, Response, Warning};

/// The manifest of a hostile guest: valid, with one endpoint `api`, one secret `token`, one header of its
/// own in a second method, and the settings that some guests are told what to do by. Further members may
/// follow the id, each with a comma before it.
#[macro_export]
macro_rules! manifest {
    ($id:literal) => {
        $crate::manifest!($id, "")
    };
    ($id:literal, $more:literal) => {
        concat!(
            r#"{"manifest_version":1,"id":""#,
            $id,
            r#"","name":"Hostile","version":"0.1.0","description":"Misbehaves, for tests.",
            "settings":[
                {"name":"api_url","label":"API address","type":"url","default":"https://api.example.com"},
                {"name":"path","label":"Path","type":"text"},
                {"name":"how","label":"How","type":"text"},
                {"name":"count","label":"How often","type":"integer","default":10000}],
            "auth":[
                {"name":"token","label":"Token",
                 "secrets":[{"name":"token","label":"Token"}],
                 "attach":[{"secret":"token","endpoints":["api"],"scheme":"bearer"}]},
                {"name":"private","label":"Private token",
                 "secrets":[{"name":"private","label":"Private token"}],
                 "attach":[{"secret":"private","endpoints":["api"],"scheme":"header","name":"PRIVATE-TOKEN"}]}],
            "endpoints":[{"name":"api","base":"{api_url}"}],
            "streams":[{"name":"things","label":"Things"}]"#,
            $more,
            "}"
        )
    };
}

/// A report that says that the guest came to its end.
pub fn survived() -> Report {
    Report::of(Account { id: "hostile".to_owned(), name: "hostile".to_owned(), url: None })
}

/// A report with one warning for each attempt.
pub fn report(attempts: impl IntoIterator<Item = Warning>) -> Report {
    Report { warnings: attempts.into_iter().collect(), ..survived() }
}

/// A line of the report; `name` says what was tried.
pub fn line(name: &str, message: impl Into<String>) -> Warning {
    Warning::new(name, message)
}

/// What happened to a request: `sent STATUS` or `refused CAUSE: SENTENCE`.
pub fn fate(answer: &Result<Response, Failure>) -> String {
    match answer {
        Ok(response) => format!("sent {}", response.status),
        Err(failure) => format!("refused {}: {}", code(&failure.cause), failure.message),
    }
}

/// Sends the request and tells its fate.
pub fn attempt(name: &str, request: Request<'_>) -> Warning {
    line(name, fate(&request.send()))
}

/// The contract's name of a cause.
pub fn code(cause: &Cause) -> &str {
    match cause {
        Cause::InvalidInput => "invalid-input",
        Cause::CredentialRejected => "credential-rejected",
        Cause::CredentialExpired(_) => "credential-expired",
        Cause::PermissionMissing(_) => "permission-missing",
        Cause::PolicyRefused => "policy-refused",
        Cause::NotFound => "not-found",
        Cause::Conflict => "conflict",
        Cause::RateLimited => "rate-limited",
        Cause::Unreachable => "unreachable",
        Cause::Timeout => "timeout",
        Cause::TooLarge => "too-large",
        Cause::Denied => "denied",
        Cause::Unsupported => "unsupported",
        Cause::Protocol => "protocol",
        Cause::Other(name) => name,
    }
}
