//! Imports WASI's sockets, by what looks like harmless standard code. It must be refused at load, by name.

use jackfield_guest::{Connector, Failure, Report, Settings};
use jackfield_hostile::survived;

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("sockets");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        std::hint::black_box(std::net::TcpStream::connect("169.254.169.254:80").is_ok());
        Ok(survived())
    }
}
