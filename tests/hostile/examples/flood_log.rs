//! Logs 100,000 lines, a line of 10 MB, forged lines, and as much on standard error. The log must stay
//! bounded, and no line may look like two.

use jackfield_guest::host::{Level, log};
use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("flood-log");

    #[allow(clippy::print_stderr, reason = "that is the attack")]
    fn check(_settings: Settings) -> Result<Report, Failure> {
        log(Level::Info, "first\nERROR forged: a line that was never logged\r\u{1b}[2J");
        for number in 0..100_000 {
            log(Level::Error, &format!("line {number} {}", "x".repeat(200)));
        }
        log(Level::Error, &"y".repeat(10 << 20));
        for number in 0..10_000 {
            eprintln!("standard error {number}");
        }
        Ok(survived())
    }
}
