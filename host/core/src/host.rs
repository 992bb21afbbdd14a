//! The host: one engine, one transport, one policy, for all connectors and all connections.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::binding::Binding;
use crate::contract::bindings::PluginPre;
use crate::egress::outbound::Outbound;
use crate::egress::policy::EgressPolicy;
use crate::egress::transport::Transport;
use crate::error::{BindError, LoadError};
use crate::limits::Limits;
use crate::manifest::Manifest;
use crate::sandbox::cache::CompiledCache;
use crate::sandbox::component::{self, ComponentFacts};
use crate::sandbox::engine::Allocation;
use crate::sandbox::log::LogSink;
use crate::sandbox::runtime::Runtime;
use crate::sandbox::state::CallState;
use crate::secret::SecretStore;

/// Loads connectors. Cheap to clone; all clones share one engine.
#[derive(Clone)]
pub struct Host {
    runtime: Arc<Runtime>,
    outbound: Arc<Outbound>,
}

/// Settles what a [`Host`] is made of.
pub struct HostBuilder {
    transport: Box<dyn Transport>,
    policy: EgressPolicy,
    limits: Limits,
    allocation: Allocation,
    log: Option<Arc<dyn LogSink>>,
    cache: Option<CompiledCache>,
}

impl HostBuilder {
    /// What the administrator allows beyond the rules; nothing, unless this is called.
    #[must_use]
    pub fn policy(mut self, policy: EgressPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Other limits than the constants of [`crate::limits`].
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How instances get their memory: [`Allocation::Pooled`], unless this is called.
    #[must_use]
    pub fn allocation(mut self, allocation: Allocation) -> Self {
        self.allocation = allocation;
        self
    }

    /// Where connectors' log lines go; nowhere, unless this is called.
    #[must_use]
    pub fn log(mut self, sink: impl LogSink) -> Self {
        self.log = Some(Arc::new(sink));
        self
    }

    /// Where compiled components are kept; nowhere, unless this is called.
    #[must_use]
    pub fn cache(mut self, cache: CompiledCache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// The host.
    ///
    /// # Errors
    ///
    /// [`LoadError::Internal`] where the machine cannot run the engine.
    pub fn build(self) -> Result<Host, LoadError> {
        let limits = self.limits;
        let outbound = Outbound::boxed(self.transport, self.policy, limits.clone());
        let runtime = Runtime::new(self.allocation, limits, self.cache, self.log)
            .map_err(|error| LoadError::Internal { detail: format!("{error:#}") })?;
        Ok(Host { runtime: Arc::new(runtime), outbound: Arc::new(outbound) })
    }
}

impl Host {
    /// Begins a host that sends requests by this transport.
    pub fn builder(transport: impl Transport) -> HostBuilder {
        HostBuilder {
            transport: Box::new(transport),
            policy: EgressPolicy::strict(),
            limits: Limits::default(),
            allocation: Allocation::Pooled,
            log: None,
            cache: None,
        }
    }

    /// Sends requests that the platform makes by itself, under the same policy.
    pub fn outbound(&self) -> &Arc<Outbound> {
        &self.outbound
    }

    /// The connector in these bytes: proven, described, ready to be bound.
    ///
    /// Compiling takes 0.2 s for a small component and up to 9 s for a large one, on other threads,
    /// unless the cache has it.
    ///
    /// # Errors
    ///
    /// [`LoadError`], which names what is wrong. No code of a refused component has run, except
    /// for `describe` where the error is about its answer.
    pub async fn load(&self, component: impl Into<Arc<[u8]>>) -> Result<Connector, LoadError> {
        let loaded = component::load(&self.runtime, component.into()).await?;
        Ok(Connector(Arc::new(ConnectorParts {
            host: self.clone(),
            pre: loaded.pre,
            manifest: loaded.manifest,
            manifest_json: loaded.manifest_json,
            facts: loaded.facts,
        })))
    }
}

struct ConnectorParts {
    host: Host,
    pre: PluginPre<CallState>,
    manifest: Manifest,
    manifest_json: String,
    facts: ComponentFacts,
}

/// A loaded connector. Cheap to clone.
#[derive(Clone)]
pub struct Connector(Arc<ConnectorParts>);

impl Connector {
    /// What the connector says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// The manifest's text, as `describe` answered.
    pub fn manifest_json(&self) -> &str {
        &self.0.manifest_json
    }

    /// What is known from the file: digest, size, capabilities.
    pub fn facts(&self) -> &ComponentFacts {
        &self.0.facts
    }

    /// The connector for one connection.
    ///
    /// `method` names an auth method of the manifest; `settings` is what the person gave and what
    /// earlier checks discovered.
    ///
    /// # Errors
    ///
    /// [`BindError`] where the method, the settings, or where they lead, will not do.
    pub fn bind(
        &self,
        method: &str,
        settings: &Map<String, Value>,
        secrets: Arc<dyn SecretStore>,
    ) -> Result<Binding, BindError> {
        let parts = &self.0;
        let Host { runtime, outbound } = &parts.host;
        Binding::new(runtime, outbound, &parts.pre, &parts.manifest, method, settings, secrets)
    }
}
