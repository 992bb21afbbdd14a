//! Asks, again and again, for `hang`, which the tests' server never answers. The deadline must end the call
//! although no guest code runs.

use jackfield_guest::{Connector, Failure, Report, Request, Settings};
use jackfield_hostile::{fate, line, report};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("slow-drip");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        let answers = (0..1_000).map(|_| Request::get("api").segments(["hang"]).send());
        Ok(report(answers.map(|answer| line("hang", fate(&answer)))))
    }
}
