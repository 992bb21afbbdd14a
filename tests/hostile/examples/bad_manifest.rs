//! Describes itself with a manifest of the right shape in which much is wrong. Loading must name all of it.

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("bad-manifest");

    fn describe() -> String {
        r#"{"manifest_version":1,"id":"Bad Manifest","name":"","version":"one","description":"Bad.",
        "settings":[
            {"name":"Api-Url","label":"x","type":"url","default":"not a url"},
            {"name":"twice","label":"x","type":"text"},
            {"name":"twice","label":"x","type":"text"}],
        "auth":[{"name":"token","label":"Token",
            "secrets":[{"name":"token","label":"Token"}],
            "attach":[
                {"secret":"other","endpoints":["api"],"scheme":"bearer"},
                {"secret":"token","endpoints":["nowhere"],"scheme":"header","name":"Host"}]}],
        "endpoints":[
            {"name":"api","base":"{unknown}"},
            {"name":"file","base":"file:///etc"},
            {"name":"user","base":"https://user:password@api.example.com"}],
        "redirects":[{"origin":"http://*.example.com","reason":"x"}]}"#
            .to_owned()
    }

    fn check(_settings: Settings) -> Result<Report, Failure> {
        Ok(survived())
    }
}
