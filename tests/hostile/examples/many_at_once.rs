//! Hands `count` requests (10,000) to one `send-all`. They share the budget of a call, and run a few at a
//! time.

use jackfield_guest::{Connector, Failure, Report, Request, Settings, send_all};
use jackfield_hostile::{code, line, report};
use serde_json::Value;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("many-at-once");

    fn check(settings: Settings) -> Result<Report, Failure> {
        let settings: Value = settings.parse()?;
        let count = settings.get("count").and_then(Value::as_u64).unwrap_or(10_000);
        let answers = send_all((0..count).map(|_| Request::get("api").segments(["n"])), None);
        let sent = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused = |cause: &str| {
            let failures = answers.iter().filter_map(|answer| answer.as_ref().err());
            failures.filter(|failure| code(&failure.cause) == cause).count().to_string()
        };
        Ok(report([
            line("answers", answers.len().to_string()),
            line("sent", sent.to_string()),
            line("denied", refused("denied")),
            line("too-large", refused("too-large")),
        ]))
    }
}
