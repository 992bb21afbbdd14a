//! Answers `check` with settings found out that its manifest does not declare as `discovered`: the address of
//! the API itself, among them. None may be stored.

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("undeclared-settings");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        let discovered = r#"{"api_url":"https://evil.example","new":"value"}"#;
        Ok(Report { discovered: discovered.to_owned(), ..survived() })
    }
}
