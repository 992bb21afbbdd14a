//! Imports an interface outside the contract. It must be refused at load, by the interface's name,
//! before any of its code runs.

use jackfield_guest::{Connector, Failure, Report, Settings, wit_bindgen};
use jackfield_hostile::survived;

mod raw {
    #![allow(
        missing_docs,
        clippy::allow_attributes_without_reason,
        clippy::panic,
        clippy::unwrap_used,
        unreachable_pub,
        unsafe_code,
        unused_qualifications,
        reason = "generated"
    )]

    include!("extra_import/generated.rs");
}

struct Hostile;
jackfield_guest::export!(Hostile);

impl Connector for Hostile {
    const MANIFEST: &'static str = jackfield_hostile::manifest!("extra-import");

    fn check(_settings: Settings) -> Result<Report, Failure> {
        std::hint::black_box(raw::evil::net::raw::open("169.254.169.254", 80));
        Ok(survived())
    }
}
