//! Reads lists of records, texts that the provider answers with, and hands back what it found of each. Not
//! hostile: what the SDK finds in here by SIMD must be what it finds natively.

use jackfield_guest::{Connector, Failure, Page, ReadRequest, Report, Request, Settings, record};
use jackfield_hostile::{line, report};
use serde_json::{Map, Value, json};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("records");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(report([line("simd", cfg!(target_feature = "simd128").to_string())]))
    }

    fn read(_settings: Settings, _request: ReadRequest) -> Result<Page, Failure> {
        let answer = Request::get("api").send()?;
        let texts: Vec<String> = answer.json()?;
        let mut page = Page::empty();
        for (at, text) in texts.iter().enumerate() {
            page.upsert(at.to_string(), None, found(text).to_string());
        }
        Ok(page)
    }
}

/// Fields and text of each record up to the first failure, and whether there was one.
fn found(text: &str) -> Value {
    let Ok(records) = record::list::<Map<String, Value>>(text) else {
        return json!({ "records": [], "failed": true });
    };
    let mut seen = Vec::new();
    for record in records {
        match record {
            Ok(record) => seen.push(json!([Value::Object(record.fields).to_string(), record.text])),
            Err(_) => return json!({ "records": seen, "failed": true }),
        }
    }
    json!({ "records": seen, "failed": false })
}
