//! Answers `check` with settings found out that are no JSON, and `read` with a record that is none. Neither
//! may be stored.

use jackfield_guest::{Connector, Failure, Page, ReadRequest, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("bad-json-report");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(Report { discovered: "{not json".to_owned(), ..survived() })
    }

    fn read(_settings: Settings, _request: ReadRequest) -> Result<Page, Failure> {
        let mut page = Page::empty();
        page.upsert("1", None, "{\"a\":1} trailing");
        Ok(page)
    }
}
