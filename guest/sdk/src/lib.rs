//! Write a Jackfield connector: one trait, one line to register it, a request builder.
//!
//! A connector teaches Jackfield one provider. It is a WebAssembly component that runs in a sandbox:
//! it reaches nothing but the endpoints that its manifest names, and uses secrets that it can never
//! read. This crate is all that it needs.
//!
//! # A whole connector
//!
//! `Cargo.toml` has `crate-type = ["cdylib", "rlib"]` and depends on this crate and serde. Then:
//!
//! ```
//! use jackfield_guest::{
//!     ActionRequest, Account, Cause, Connector, Failure, Outcome, Page, ReadRequest, Report, Request,
//!     Settings, secrets,
//! };
//! use serde::Deserialize;
//!
//! struct Notes;
//! jackfield_guest::export!(Notes);
//!
//! #[derive(Deserialize)]
//! struct Me {
//!     id: u64,
//!     login: String,
//! }
//!
//! #[derive(Deserialize)]
//! struct Note {
//!     id: u64,
//! }
//!
//! impl Connector for Notes {
//!     // Usually `include_str!("manifest.json")`.
//!     const MANIFEST: &'static str = r#"{
//!         "manifest_version": 1, "id": "notes", "name": "Notes", "version": "0.1.0",
//!         "description": "Reads notes.",
//!         "auth": [{
//!             "name": "token", "label": "API token",
//!             "secrets": [{ "name": "token", "label": "Token" }],
//!             "attach": [{ "secret": "token", "endpoints": ["api"], "scheme": "bearer" }]
//!         }],
//!         "endpoints": [{ "name": "api", "base": "https://api.notes.example" }],
//!         "streams": [{ "name": "notes", "label": "Notes" }]
//!     }"#;
//!
//!     fn check(_settings: Settings) -> Result<Report, Failure> {
//!         let token = secrets::require("token")?;
//!         let answer = Request::get("api").segments(["me"]).auth(&token).send()?;
//!         match answer.status {
//!             200 => {}
//!             401 => {
//!                 return Err(Failure::new(Cause::CredentialRejected, "Notes does not accept the token.")
//!                     .remedy_at("Create a new token.", "https://notes.example/tokens")
//!                     .based_on(&answer, &["x-request-id"]));
//!             }
//!             _ => return Err(answer.unexpected("Notes")),
//!         }
//!         let me: Me = answer.json()?;
//!         Ok(Report::of(Account { id: me.id.to_string(), name: me.login, url: None }))
//!     }
//!
//!     fn read(_settings: Settings, request: ReadRequest) -> Result<Page, Failure> {
//!         let token = secrets::require("token")?;
//!         let ask = match &request.cursor {
//!             Some(link) => Request::link(link),
//!             None => Request::get("api").segments(["notes"]).query("limit", request.limit),
//!         };
//!         let answer = ask.auth(&token).send()?;
//!         let mut page = Page::empty();
//!         // Records pass through as the provider wrote them; only what is needed is parsed.
//!         for note in answer.records::<Note>()? {
//!             let note = note?;
//!             page.upsert(note.fields.id.to_string(), None, note.text);
//!         }
//!         Ok(page.then(answer.next))
//!     }
//! }
//!
//! // And its test: no sandbox, no network, no account at the provider.
//! use jackfield_guest::{Response, testing::Script};
//!
//! let (report, trace) = Script::new()
//!     .secret("token", None)
//!     .answer(Response::new(200).with_json(r#"{ "id": 7, "login": "ada" }"#))
//!     .run(|| Notes::check(Settings::from_json("{}")));
//! assert_eq!(report.unwrap().account.name, "ada");
//! assert_eq!(trace.lines(), ["GET api/me with token"]);
//! ```
//!
//! `cargo build --target wasm32-wasip2 --release` makes the component: one `.wasm` file, which the
//! host loads as it is.
//!
//! # What to know
//!
//! - A call is a pure function of its arguments and of what the imports returned. The instance is
//!   thrown away after it; all state is in the cursor of a read and in discovered settings.
//! - A panic is a trap: the person then sees "the connector crashed". Answer with a [`Failure`].
//! - Keep the classification of the provider's answers apart from the code that asks, as a function of
//!   a [`Response`]. Then a table of (status, headers, body) tests it in milliseconds.
//! - Records pass through as the provider wrote them: [`Page::upsert`] takes their JSON text.
//! - Files, environment, sockets, threads and the clock of WASI are not there. The time is
//!   [`host::now`], what is left of the call [`host::remaining`].

#[doc(hidden)]
pub mod bindings;
mod connector;
pub mod diagnosis;
mod failure;
pub mod host;
mod objects;
mod page;
mod platform;
pub mod record;
mod request;
mod response;
pub mod secrets;
mod settings;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod text;
pub mod time;

pub use wit_bindgen;

pub use self::bindings::exports::jackfield::connector::connector::{
    Account, ActionRequest, Change, Grant, Item, Outcome, Page, Permission, Progress, ReadRequest,
    Report,
};
pub use self::bindings::jackfield::connector::http::{Location, Method, Quota, Response, Target};
pub use self::bindings::jackfield::connector::types::{
    Cause, Effect, Failure, Field, FieldError, Remedy, Retry, Timestamp, Warning,
};
pub use self::connector::{Component, Connector};
pub use self::request::{Request, send_all};
pub use self::secrets::Secret;
pub use self::settings::Settings;

/// Registers the connector of this component: `jackfield_guest::export!(MyConnector);`, once.
///
/// On other targets than WebAssembly it registers nothing, and only checks that the type is a
/// [`Connector`].
#[macro_export]
macro_rules! export {
    ($connector:ident) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            type Exported = $crate::Component<$connector>;
    $crate::bindings::export!(Exported with_types_in $crate::bindings);
        };
        #[cfg(not(target_family = "wasm"))]
        const _: () = {
            const fn is_connector<T: $crate::Connector>() {}
            is_connector::<$connector>();
        };
    };
}
