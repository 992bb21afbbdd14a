//! Ends the process, or tries to. The host must survive, and call it a failure.

use jackfield_guest::{Connector, Failure, Report, Settings};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("exit");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        std::process::exit(0)
    }
}
