//! Takes memory without end. The limit over all memories must stop it.

use jackfield_guest::{Connector, Failure, Report, Settings};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("allocate");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        let mut taken = Vec::new();
        loop {
            taken.push(std::hint::black_box(vec![1_u8; 1 << 20]));
        }
    }
}
