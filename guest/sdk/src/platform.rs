//! Where the imports go: to the host in a component, to a [`testing::Script`](crate::testing::Script)
//! on every other target. Nothing else in this crate calls an import.

#[cfg(target_family = "wasm")]
mod component {
    use crate::bindings::jackfield::connector::{host, http, secrets};
    use crate::host::{Budget, Level};
    use crate::{Failure, Response, Timestamp};

    pub(crate) use secrets::Secret as Handle;

    pub(crate) fn secret(name: &str) -> Option<Handle> {
        secrets::get(name)
    }

    pub(crate) fn send(
        request: &http::Request,
        auth: Option<&Handle>,
    ) -> Result<Response, Failure> {
        http::send(request, auth)
    }

    pub(crate) fn send_all(
        requests: &[http::Request],
        auth: Option<&Handle>,
    ) -> Vec<Result<Response, Failure>> {
        http::send_all(requests, auth)
    }

    pub(crate) fn now() -> Timestamp {
        host::now()
    }

    pub(crate) fn remaining() -> Budget {
        host::remaining()
    }

    pub(crate) fn log(level: Level, message: &str) {
        host::log(level, message);
    }
}

#[cfg(target_family = "wasm")]
pub(crate) use component::*;

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::imports::*;
