//! What runs guests: one engine for all connectors, the contract's imports, and the bounds of both.

use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::contract::bindings::Plugin;
use crate::limits::Limits;
use crate::sandbox::cache::CompiledCache;
use crate::sandbox::engine::{self, Allocation};
use crate::sandbox::log::LogSink;
use crate::sandbox::state::CallState;

/// Runs guests. It sends nothing: what a guest wants to send goes by its connection's outbound side.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    /// With the contract's imports.
    pub(crate) linker: Linker<CallState>,
    /// One permit for each instance that may live.
    pub(crate) live: Arc<Semaphore>,
    pub(crate) cache: Option<CompiledCache>,
    pub(crate) limits: Limits,
    pub(crate) log: Option<Arc<dyn LogSink>>,
}

impl Runtime {
    pub(crate) fn new(
        allocation: Allocation,
        limits: Limits,
        cache: Option<CompiledCache>,
        log: Option<Arc<dyn LogSink>>,
    ) -> wasmtime::Result<Self> {
        let engine = engine::build(allocation, &limits)?;
        let mut linker = Linker::new(&engine);
        Plugin::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
        let live = usize::try_from(limits.live_instances).unwrap_or(usize::MAX);
        let live = Arc::new(Semaphore::new(live.min(Semaphore::MAX_PERMITS)));
        Ok(Self { engine, linker, live, cache, limits, log })
    }
}
