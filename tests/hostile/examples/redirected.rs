//! Sends its secret, a header of its own and a body to paths that redirect, some of them to the second origin
//! that its manifest grants. Beyond the first origin nothing of it may be sent, not even back there.

use jackfield_guest::{Connector, Failure, Method, Report, Request, Settings, secrets};
use jackfield_hostile::{attempt, report};

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!(
        "redirected",
        r#","redirects":[
            {"origin":"https://api.example.com","reason":"The API itself."},
            {"origin":"https://objects.example.com","reason":"Archives."}]"#
    );

    fn check(_settings: Settings) -> Result<Report, Failure> {
        let token = secrets::require("token")?;
        let tried = [
            (Method::Get, "same"),
            (Method::Get, "away"),
            (Method::Get, "round"),
            (Method::Post, "same"),
            (Method::Post, "away"),
            (Method::Post, "made"),
        ];
        Ok(report(tried.map(|(method, path)| {
            let name = format!("{method:?} {path}");
            let request = Request::new(method, "api").segments([path]).header("x-own", "mine");
            attempt(&name, request.bytes("text/plain", b"a body".to_vec()).auth(&token))
        })))
    }
}
