//! Opens handles to its secret without end and closes none. The limit on handles must stop it.

use jackfield_guest::{Connector, Failure, Report, Settings, secrets};
use jackfield_hostile::{line, report};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("hoard-handles");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        let hoard: Vec<_> = (0..1_000_000).map_while(|_| secrets::get("token")).collect();
        Ok(report([line("held", hoard.len().to_string())]))
    }
}
