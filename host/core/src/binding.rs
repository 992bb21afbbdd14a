//! A connector bound to one connection: its settings checked, its endpoints bound to origins and
//! judged, its auth method ready, its secrets within reach of the host alone.

use std::sync::Arc;

use futures_util::StreamExt as _;
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::contract::bindings::PluginPre;
use crate::contract::failure::Failure;
use crate::contract::report::{ActionRequest, Outcome, Page, ReadRequest, Report};
use crate::egress::connection::BoundConnection;
use crate::egress::outbound::Outbound;
use crate::egress::probe::{PROBE_TIME, Probe, ProbeRequest};
use crate::error::{BindError, CallError};
use crate::limits::MAX_CONCURRENT_REQUESTS;
use crate::manifest::Manifest;
use crate::sandbox::runtime::Runtime;
use crate::sandbox::session::Session;
use crate::sandbox::state::CallState;
use crate::secret::SecretStore;

/// A connector bound to one connection. Cheap to clone; each call runs in an instance of its own.
#[derive(Clone)]
pub struct Binding {
    runtime: Arc<Runtime>,
    pre: PluginPre<CallState>,
    connection: Arc<BoundConnection>,
}

impl Binding {
    pub(crate) fn new(
        runtime: &Arc<Runtime>,
        outbound: &Arc<Outbound>,
        pre: &PluginPre<CallState>,
        manifest: &Manifest,
        method: &str,
        settings: &Map<String, Value>,
        secrets: Arc<dyn SecretStore>,
    ) -> Result<Self, BindError> {
        let connection = BoundConnection::new(outbound, manifest, method, settings, secrets)?;
        Ok(Self { runtime: runtime.clone(), pre: pre.clone(), connection: Arc::new(connection) })
    }

    /// An instance for several calls.
    ///
    /// # Errors
    ///
    /// [`CallError::Busy`] when too many are live.
    pub async fn session(&self) -> Result<Session, CallError> {
        Session::start(&self.runtime, &self.pre, self.connection.clone()).await
    }

    /// Whether the credential works, whose it is, and what it may do.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn check(&self) -> Result<Result<Report, Failure>, CallError> {
        self.session().await?.check().await
    }

    /// What is found on the way to each origin to which the credential may go, in the manifest's
    /// order. The credential itself is not used, and the connector does not run.
    pub async fn probe(&self) -> Vec<Probe> {
        let deadline = Instant::now() + PROBE_TIME;
        let transport = &self.connection.outbound.transport;
        let probes = (self.connection.origins().into_iter())
            .map(|(url, reach)| transport.probe(ProbeRequest { url, reach, deadline }));
        futures_util::stream::iter(probes).buffered(MAX_CONCURRENT_REQUESTS).collect().await
    }

    /// One page of a stream.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn read(&self, request: &ReadRequest) -> Result<Result<Page, Failure>, CallError> {
        self.session().await?.read(request).await
    }

    /// Performs one action.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn invoke(
        &self,
        request: &ActionRequest,
    ) -> Result<Result<Outcome, Failure>, CallError> {
        self.session().await?.invoke(request).await
    }
}
