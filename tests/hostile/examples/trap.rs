//! Traps at once.

use jackfield_guest::{Connector, Failure, Report, Settings};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("trap");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        std::process::abort()
    }
}
