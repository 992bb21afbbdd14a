//! Answers `check` with settings found out that are no JSON, and `read` with a record that is none. Neither
//! may be stored. With the setting `path`, its parts between `;;` are the records, and the output of an
//! action; the setting `how`, as a JSON string, is the key of the first and of a record that is gone.

use jackfield_guest::{
    ActionRequest, Connector, Failure, Outcome, Page, ReadRequest, Report, Settings,
};
use jackfield_hostile::survived;
use serde_json::Value;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("bad-json-report");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(Report { discovered: "{not json".to_owned(), ..survived() })
    }

    fn read(settings: Settings, _request: ReadRequest) -> Result<Page, Failure> {
        let mut page = Page::empty();
        let Some(records) = setting(&settings, "path")? else {
            page.upsert("1", None, "{\"a\":1} trailing");
            return Ok(page);
        };
        let key = setting(&settings, "how")?;
        let mut key = key.and_then(|key| serde_json::from_str::<String>(&key).ok());
        if let Some(gone) = &key {
            page.delete(gone.clone());
        }
        for (at, record) in records.split(";;").enumerate() {
            page.upsert(key.take().unwrap_or_else(|| at.to_string()), None, record);
        }
        Ok(page)
    }

    fn invoke(settings: Settings, _request: ActionRequest) -> Result<Outcome, Failure> {
        let output = setting(&settings, "path")?.unwrap_or_else(|| "{not json".to_owned());
        Ok(Outcome { output, url: None })
    }
}

fn setting(settings: &Settings, name: &str) -> Result<Option<String>, Failure> {
    let settings: Value = settings.parse()?;
    Ok(settings.get(name).and_then(Value::as_str).map(str::to_owned))
}
