//! Never returns from `describe`. Loading must end, with a sentence that names the connector.

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("spin-describe");

    fn describe() -> String {
        loop {
            std::hint::black_box(0);
        }
    }

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(survived())
    }
}
