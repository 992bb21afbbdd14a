//! Uses `count` of that which the setting `how` names. Of each, the host must take as many as its limit says,
//! and not one more.

use jackfield_guest::host::{Level, log};
use jackfield_guest::{
    ActionRequest, Cause, Connector, Failure, Grant, Outcome, Page, Permission, ReadRequest,
    Remedy, Report, Request, Settings, Warning,
};
use jackfield_hostile::{attempt, report, survived};
use serde_json::Value;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("at-the-limit");

    fn check(settings: Settings) -> Result<Report, Failure> {
        let (how, count) = asked(&settings)?;
        match how.as_str() {
            "request bytes" => {
                let request = Request::post("api").bytes("text/plain", vec![b'x'; count]);
                return Ok(report([attempt("request", request)]));
            }
            "discovered bytes" => return Ok(Report { discovered: object(count), ..survived() }),
            "entries of a report" => return Ok(listing(count)),
            "entries of a failure" => return Err(failing(count)),
            "log lines" => (0..count).for_each(|number| log(Level::Info, &number.to_string())),
            "bytes of a log line" => log(Level::Info, &"x".repeat(count)),
            _ => {}
        }
        Ok(survived())
    }

    fn read(settings: Settings, _request: ReadRequest) -> Result<Page, Failure> {
        let (how, count) = asked(&settings)?;
        let mut page = Page::empty();
        match how.as_str() {
            "record bytes" => page.upsert("1", None, object(count)),
            _ => page.warnings = vec![warning(0); count],
        }
        Ok(page)
    }

    fn invoke(settings: Settings, _request: ActionRequest) -> Result<Outcome, Failure> {
        let (_, count) = asked(&settings)?;
        Ok(Outcome { output: object(count), url: None })
    }
}

fn asked(settings: &Settings) -> Result<(String, usize), Failure> {
    let settings: Value = settings.parse()?;
    let how = settings.get("how").and_then(Value::as_str).unwrap_or_default().to_owned();
    let count = settings.get("count").and_then(Value::as_u64).unwrap_or_default();
    Ok((how, usize::try_from(count).unwrap_or(usize::MAX)))
}

/// A JSON object of so many bytes.
fn object(bytes: usize) -> String {
    let empty = r#"{"found":""}"#;
    format!(r#"{{"found":"{}"}}"#, "x".repeat(bytes.saturating_sub(empty.len())))
}

/// Every list that a report has, with so many entries.
fn listing(count: usize) -> Report {
    let permission = |entries| Permission {
        name: "name".to_owned(),
        grant: Grant::Unknown,
        needed_by: vec!["stream".to_owned(); entries],
    };
    let mut listing = survived();
    listing.organizations = vec!["organization".to_owned(); count];
    listing.permissions = vec![permission(0); count];
    listing.permissions.splice(..1, [permission(count)]);
    listing.warnings = vec![warning(0); count];
    listing.warnings.splice(..1, [warning(count)]);
    listing
}

/// Every list that a failure has, with so many entries.
fn failing(count: usize) -> Failure {
    let cause = Cause::PermissionMissing(vec!["permission".to_owned(); count]);
    let failure = Failure::new(cause, "It failed.");
    (0..count).fold(failure, |failure, _| {
        failure.remedy("Do something.").field("/x", "It is wrong.").evidence("name", "value")
    })
}

fn warning(remedies: usize) -> Warning {
    Warning { remedies: vec![remedy(); remedies], ..Warning::new("code", "Take care.") }
}

fn remedy() -> Remedy {
    Remedy { text: "Do something.".to_owned(), url: None }
}
