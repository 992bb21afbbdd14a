//! Answers `describe` with 40 MB. It must be refused at load.

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("huge-describe");

    fn describe() -> String {
        " ".repeat(40 << 20) + Self::MANIFEST
    }

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(survived())
    }
}
