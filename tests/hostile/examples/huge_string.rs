//! Answers `check` with a huge string. The setting `how` chooses: `lie` (a length of 1 GB over a few bytes),
//! `honest` (1 GB in truth, which memory does not hold), else 40 MB, which memory does hold.

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::survived;
use serde_json::Value;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("huge-string");

    fn check(settings: Settings) -> Result<Report, Failure> {
        let settings: Value = settings.parse()?;
        let mut report = survived();
        report.account.name = match settings.get("how").and_then(Value::as_str) {
            Some("lie") => lie(),
            Some("honest") => "x".repeat(1 << 30),
            _ => "x".repeat(40 << 20),
        };
        Ok(report)
    }
}

/// A string of 16 bytes that claims to have 1 GB.
#[allow(unsafe_code, reason = "that is the attack")]
fn lie() -> String {
    let mut bytes = std::mem::ManuallyDrop::new(vec![b'x'; 16]);
    // SAFETY: there is none; the host must not believe the length. Natively this is never called.
    unsafe { String::from_raw_parts(bytes.as_mut_ptr(), 1 << 30, 1 << 30) }
}
