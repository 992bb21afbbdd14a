//! Sends `count` requests (10,000) and reports how many had which fate. Those past the budget must be
//! refused, and in the end the guest stopped.

use std::collections::BTreeMap;

use jackfield_guest::{Connector, Failure, Report, Request, Settings};
use jackfield_hostile::{code, line, report};
use serde_json::Value;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("many-requests");

    fn check(settings: Settings) -> Result<Report, Failure> {
        let settings: Value = settings.parse()?;
        let count = settings.get("count").and_then(Value::as_u64).unwrap_or(10_000);
        let mut fates: BTreeMap<String, u64> = BTreeMap::new();
        for number in 0..count {
            let answer = Request::get("api").segments(["n", &number.to_string()]).send();
            let fate = match &answer {
                Ok(response) => format!("sent-{}", response.status),
                Err(failure) => code(&failure.cause).to_owned(),
            };
            *fates.entry(fate).or_default() += 1;
        }
        Ok(report(fates.into_iter().map(|(fate, count)| line(&fate, count.to_string()))))
    }
}
