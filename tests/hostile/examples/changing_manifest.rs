//! Answers `describe` differently each time: by the clock, by randomness, by memory that an earlier call left.
//! Of these, randomness is what differs between the two that loading asks for. It must be refused at load.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::{line, report};

static CALLS: AtomicU32 = AtomicU32::new(0);

/// Whatever might differ from one call to the next.
fn differs() -> String {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let time = time.map_or(0, |since| since.as_nanos());
    let random = RandomState::new().hash_one(1);
    let calls = CALLS.fetch_add(1, Ordering::Relaxed);
    let address = std::ptr::from_ref(&Box::new(0_u8)).addr();
    format!("{time} {random} {calls} {address}")
}

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("changing-manifest");

    fn describe() -> String {
        Self::MANIFEST.replace("Misbehaves, for tests.", &format!("Differs: {}.", differs()))
    }

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(report([line("differs", differs())]))
    }
}
