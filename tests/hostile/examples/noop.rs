//! Answers every call at once, without an import: what the boundary itself costs. Not hostile; benches measure it.

use jackfield_guest::{Connector, Failure, Page, ReadRequest, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("noop");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(survived())
    }

    fn read(_settings: Settings, _request: ReadRequest) -> Result<Page, Failure> {
        Ok(Page::empty())
    }
}
