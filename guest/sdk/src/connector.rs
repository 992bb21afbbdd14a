//! The trait that a connector implements, and what carries it across the boundary.

use std::marker::PhantomData;

use crate::bindings::exports::jackfield::connector::connector::Guest;
use crate::{ActionRequest, Cause, Failure, Outcome, Page, ReadRequest, Report, Settings};

/// One provider. The functions have no receiver: an instance serves one call and keeps no state.
pub trait Connector {
    /// The manifest: identity, settings, auth methods, endpoints, streams and actions, as JSON.
    /// Its format is `wit/manifest.schema.json`. Usually `include_str!("manifest.json")`.
    const MANIFEST: &'static str;

    /// The manifest's text. Called in a store in which every capability refuses; the answer never changes.
    fn describe() -> String {
        Self::MANIFEST.to_owned()
    }

    /// Cheap and read-only: does the credential work, whose is it, what may it do?
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says why not, and what a person can do about it.
    fn check(settings: Settings) -> Result<Report, Failure>;

    /// One page of a stream of the manifest.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says why not; [`Cause::Unsupported`] where the connector has no streams.
    fn read(settings: Settings, request: ReadRequest) -> Result<Page, Failure> {
        let _ = settings;
        Err(Failure::unsupported(&format!("read the stream `{}`", request.stream)))
    }

    /// Performs one action of the manifest.
    ///
    /// # Errors
    ///
    /// A [`Failure`] that says why not; [`Cause::Unsupported`] where the connector has no actions.
    fn invoke(settings: Settings, request: ActionRequest) -> Result<Outcome, Failure> {
        let _ = settings;
        Err(Failure::unsupported(&format!("perform the action `{}`", request.action)))
    }
}

/// A [`Connector`] as the contract's exports. [`export!`](crate::export) names it; authors do not.
pub struct Component<C>(PhantomData<C>);

impl<C: Connector> Guest for Component<C> {
    fn describe() -> String {
        C::describe()
    }

    fn check(settings: String) -> Result<Report, Failure> {
        C::check(Settings::from_json(settings))
    }

    fn read(settings: String, request: ReadRequest) -> Result<Page, Failure> {
        C::read(Settings::from_json(settings), request)
    }

    fn invoke(settings: String, request: ActionRequest) -> Result<Outcome, Failure> {
        C::invoke(Settings::from_json(settings), request)
    }
}

impl Failure {
    /// A connector cannot do `what`: "read the stream `x`".
    pub fn unsupported(what: &str) -> Self {
        Self::new(Cause::Unsupported, format!("This connector cannot {what}."))
    }
}
