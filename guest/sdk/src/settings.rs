//! Typed settings and parameters.

use serde::de::DeserializeOwned;

use crate::{ActionRequest, Cause, Failure, ReadRequest};

/// The settings of the connection: a JSON object, defaults filled in, validated by the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings(String);

impl Settings {
    /// Settings with this text, as the host passes them; in tests, as a test wants them.
    pub fn from_json(json: impl Into<String>) -> Self {
        Self(json.into())
    }

    /// The settings as `T`, usually a struct of the author's own.
    ///
    /// # Errors
    ///
    /// [`Cause::InvalidInput`] at `/settings`: the manifest declares something else than `T` expects.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        typed(&self.0, "/settings")
    }
}

impl ReadRequest {
    /// The stream's parameters as `T`.
    ///
    /// # Errors
    ///
    /// [`Cause::InvalidInput`] at `/parameters`.
    pub fn parse_parameters<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        typed(&self.parameters, "/parameters")
    }
}

impl ActionRequest {
    /// The action's input as `T`.
    ///
    /// # Errors
    ///
    /// [`Cause::InvalidInput`] at `/input`.
    pub fn parse_input<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        typed(&self.input, "/input")
    }
}

fn typed<T: DeserializeOwned>(json: &str, pointer: &str) -> Result<T, Failure> {
    serde_json::from_str(json).map_err(|error| {
        let what = format!("The values at {pointer} are not what the connector expects: {error}.");
        Failure::new(Cause::InvalidInput, what.clone()).field(pointer, what)
    })
}
