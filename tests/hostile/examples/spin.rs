//! Never returns from `check`. The deadline must end it, in guest code.

use jackfield_guest::{Connector, Failure, Report, Settings};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("spin");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        loop {
            std::hint::black_box(0);
        }
    }
}
