//! Answers with JSON nested 10,000 deep: found out by `check`, and as a record of `read`. The depth's limit
//! must refuse both, without a stack overflow.

use jackfield_guest::{Connector, Failure, Page, ReadRequest, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("deep-json");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(Report { discovered: format!("{{\"a\":{}}}", nested()), ..survived() })
    }

    fn read(_settings: Settings, _request: ReadRequest) -> Result<Page, Failure> {
        let mut page = Page::empty();
        page.upsert("1", None, nested());
        Ok(page)
    }
}

fn nested() -> String {
    format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))
}
