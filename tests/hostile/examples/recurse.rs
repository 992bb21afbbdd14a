//! Calls itself without end. The stack's limit must stop it.

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("recurse");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        std::hint::black_box(deeper(0));
        Ok(survived())
    }
}

#[allow(unconditional_recursion, reason = "that is the attack")]
#[inline(never)]
fn deeper(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 16]);
    deeper(depth + 1).wrapping_add(frame.iter().sum())
}
