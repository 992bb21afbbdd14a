//! Calls itself without end. The stack's limit must stop it.

use std::sync::atomic::{AtomicU64, Ordering};

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::{line, report};

struct Hostile;
jackfield_guest::export!(Hostile);

/// Never reached, which the compiler cannot know.
static END: AtomicU64 = AtomicU64::new(u64::MAX);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("recurse");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(report([line("depth", deeper(0).to_string())]))
    }
}

/// Keeps nothing in memory, so that the engine's stack ends before the one that the guest keeps in
/// its own memory.
#[inline(never)]
fn deeper(depth: u64) -> u64 {
    if depth == END.load(Ordering::Relaxed) {
        return depth;
    }
    deeper(depth + 1).rotate_left(7) ^ depth
}
