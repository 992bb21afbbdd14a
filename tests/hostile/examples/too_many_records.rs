//! Answers `read` with more records than were asked for, and with a cursor of 1 MB. Neither may be accepted.

use jackfield_guest::{Connector, Failure, Page, Progress, ReadRequest, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("too-many-records");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(survived())
    }

    fn read(_settings: Settings, request: ReadRequest) -> Result<Page, Failure> {
        let mut page = Page::empty();
        match request.cursor.as_deref() {
            Some("long") => page.progress = Progress::More("c".repeat(1 << 20)),
            _ => (0..=request.limit).for_each(|key| page.upsert(key.to_string(), None, "{}")),
        }
        Ok(page)
    }
}
