//! What one instance holds on the host's side: its limits, its deadline, and the capabilities that
//! it was given. Every import asks here first.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime::{ResourceLimiter, bail};

use crate::binding::BoundParts;
use crate::contract::failure::{Failure, Timestamp};
use crate::contract::report::Quota;
use crate::contract::sanitize::{bounded, printable};
use crate::egress::exchange::{self, GuestRequest, GuestResponse};
use crate::egress::given::Given;
use crate::egress::lent::Lent;
use crate::egress::moved::Moved;
use crate::egress::quota::Used;
use crate::egress::redact::Redactor;
use crate::limits::{
    Limits, MAX_CORE_ITEMS, MAX_HANDLES, MAX_LOG_LINE_BYTES, MAX_LOG_LINES, MAX_REFUSED_REQUESTS,
    MAX_TABLE_ELEMENTS,
};
use crate::secret::SecretInfo;

/// How much a log line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// For the connector's author.
    Debug,
    /// For the operator.
    Info,
    /// Something is off and the call goes on.
    Warn,
    /// The call will fail.
    Error,
}

/// Where connectors' log lines go: bounded in count and size, without control characters, scrubbed.
pub trait LogSink: Send + Sync + 'static {
    /// Takes one line of the connector of that id.
    fn log(&self, connector: &str, level: LogLevel, message: &str);
}

/// Why the host stopped a guest, carried through the runtime as a trap.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    #[error("the deadline passed")]
    Deadline,
    #[error("the limit on {0} was exceeded")]
    Exhausted(&'static str),
    #[error("`{0}` is refused here")]
    Refused(&'static str),
}

#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
/// An open handle to a secret. The value is not here: it is fetched when a request needs it.
pub struct SecretHandle {
    pub(crate) name: String,
    pub(crate) info: SecretInfo,
}

/// What is left of a call. Shared by its concurrent exchanges.
#[derive(Default)]
pub(crate) struct Budget {
    requests: AtomicU32,
    bytes: AtomicU64,
    refused: AtomicU32,
}

impl Budget {
    fn reset(&self, limits: &Limits) {
        self.requests.store(limits.requests, Ordering::Relaxed);
        self.bytes.store(limits.total_response_bytes, Ordering::Relaxed);
        self.refused.store(0, Ordering::Relaxed);
    }

    /// Takes one request; `false` where none is left.
    pub(crate) fn take_request(&self) -> bool {
        let take = |left: u32| left.checked_sub(1);
        let taken = self.requests.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok();
        if !taken {
            self.refused.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    /// Bytes left.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Takes bytes that arrived; `false` where fewer were left.
    pub(crate) fn take_bytes(&self, count: u64) -> bool {
        let take = |left: u64| left.checked_sub(count);
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

/// What the imports are allowed to do.
pub(crate) enum Mode {
    /// `describe`: every capability refuses.
    Describing,
    /// A call for one connection.
    Serving(Arc<BoundParts>),
}

/// The host's side of one instance.
pub(crate) struct CallState {
    mode: Mode,
    table: ResourceTable,
    pub(crate) limiter: MemoryLimiter,
    pub(crate) deadline: Instant,
    started: Timestamp,
    random: u64,
    budget: Budget,
    log_lines: u32,
    printed: Vec<u8>,
    lent: Lent,
    lanes: Used,
    moved: OnceLock<Moved>,
    heavy: AtomicBool,
    /// What the present call was given.
    pub(crate) given: Given,
}

impl CallState {
    /// The state of a fresh instance. The same `seed` gives a guest the same randomness.
    pub(crate) fn new(mode: Mode, limits: &Limits, seed: u64) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        Self {
            mode,
            table,
            limiter: MemoryLimiter::new(limits.memory_bytes),
            deadline: Instant::now(),
            started: Timestamp(0),
            random: seed,
            budget: Budget::default(),
            log_lines: 0,
            printed: Vec::new(),
            lent: Lent::new(),
            lanes: Used::default(),
            moved: OnceLock::new(),
            heavy: AtomicBool::new(false),
            given: Given::default(),
        }
    }

    /// Starts the clock and fills the budget for one call.
    pub(crate) fn begin(&mut self, allowed: Duration, limits: &Limits) {
        self.deadline = Instant::now() + allowed;
        self.budget.reset(limits);
        self.log_lines = MAX_LOG_LINES;
        self.printed.clear();
        self.moved.take();
        self.heavy = AtomicBool::new(false);
        self.given = Given::default();
        if let Mode::Serving(_) = self.mode {
            self.started = Timestamp::now();
        }
    }

    fn parts(&self, capability: &'static str) -> wasmtime::Result<&Arc<BoundParts>> {
        self.check_deadline()?;
        match &self.mode {
            Mode::Serving(parts) => Ok(parts),
            Mode::Describing => Err(wasmtime::Error::new(Stop::Refused(capability))),
        }
    }

    pub(crate) fn check_deadline(&self) -> wasmtime::Result<()> {
        if Instant::now() >= self.deadline {
            return Err(wasmtime::Error::new(Stop::Deadline));
        }
        Ok(())
    }

    pub(crate) async fn open_secret(
        &mut self,
        name: &str,
    ) -> wasmtime::Result<Option<Resource<SecretHandle>>> {
        let parts = self.parts("jackfield:connector/secrets")?.clone();
        let lookup = tokio::time::timeout_at(self.deadline, parts.secrets.info(name));
        let Ok(found) = lookup.await else { return Err(wasmtime::Error::new(Stop::Deadline)) };
        let Some(info) = found.map_err(wasmtime::Error::new)? else { return Ok(None) };
        let handle = SecretHandle { name: name.to_owned(), info };
        match self.table.push(handle) {
            Ok(resource) => Ok(Some(resource)),
            Err(_) => Err(wasmtime::Error::new(Stop::Exhausted("secret handles"))),
        }
    }

    pub(crate) fn handle(
        &self,
        handle: &Resource<SecretHandle>,
    ) -> wasmtime::Result<&SecretHandle> {
        Ok(self.table.get(handle)?)
    }

    pub(crate) fn close_secret(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }

    /// Runs the guest's requests, concurrently up to the limit; answers in order.
    pub(crate) async fn exchange(
        &mut self,
        requests: Vec<GuestRequest>,
        auth: Option<Resource<SecretHandle>>,
    ) -> wasmtime::Result<Vec<Result<GuestResponse, Failure>>> {
        let parts = self.parts("jackfield:connector/http")?.clone();
        let secret = match &auth {
            Some(handle) => Some(self.handle(handle)?.name.clone()),
            None => None,
        };
        let exchange = exchange::Call {
            parts: &parts,
            budget: &self.budget,
            lent: &self.lent,
            lanes: &self.lanes,
            moved: &self.moved,
            heavy: &self.heavy,
            given: &self.given,
            deadline: self.deadline,
        };
        let run = exchange.run_all(requests, secret.as_deref());
        let Ok(done) = tokio::time::timeout_at(self.deadline, run).await else {
            return Err(wasmtime::Error::new(Stop::Deadline));
        };
        if self.budget.refused.load(Ordering::Relaxed) > MAX_REFUSED_REQUESTS {
            return Err(wasmtime::Error::new(Stop::Exhausted("requests")));
        }
        Ok(done)
    }

    /// Takes in what the connector says of the provider's limits.
    pub(crate) fn take_in(&self, failure: &Failure) {
        self.lanes.take_in(failure);
    }

    /// What a server said of the settings during the call. No setting holds what it was lent.
    pub(crate) fn moved(&self) -> Option<&Moved> {
        self.moved.get().filter(|moved| self.redactor().finds_nothing_in(&moved.value))
    }

    /// Whether the call's last exchange failed in a way that a smaller page may help against.
    pub(crate) fn was_heavy(&self) -> bool {
        self.heavy.load(Ordering::Relaxed)
    }

    /// What is left of the provider's limit.
    pub(crate) fn quota(&self) -> Option<Quota> {
        self.lanes.told()
    }

    /// Removes what was lent during the call from texts.
    pub(crate) fn redactor(&self) -> Arc<Redactor> {
        self.lent.redactor()
    }

    pub(crate) fn write_log(&mut self, level: LogLevel, message: &str) -> wasmtime::Result<()> {
        let parts = self.parts("jackfield:connector/host")?.clone();
        if let Some(left) = self.log_lines.checked_sub(1) {
            self.log_lines = left;
            if let Some(sink) = &parts.host.log {
                let text = self
                    .redactor()
                    .redact_text(&bounded(message.to_owned(), MAX_LOG_LINE_BYTES))
                    .into_owned();
                sink.log(&parts.connector_id, level, &printable(text).replace('\n', " "));
            }
        }
        Ok(())
    }

    pub(crate) fn clock(&self) -> wasmtime::Result<u64> {
        self.parts("jackfield:connector/host")?;
        Ok(Timestamp::now().0)
    }

    pub(crate) fn budget_left(&self) -> wasmtime::Result<(u64, u32, u64)> {
        self.parts("jackfield:connector/host")?;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let milliseconds = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        Ok((milliseconds, self.budget.requests.load(Ordering::Relaxed), self.budget.bytes()))
    }

    /// The time that WASI's clocks show: the start of the call; the epoch in `describe`.
    pub(crate) fn wasi_time(&self) -> u64 {
        self.started.0
    }

    /// Takes what the guest prints, the first of it: a panic's message explains a crash.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> wasmtime::Result<()> {
        self.check_deadline()?;
        let room = MAX_LOG_LINE_BYTES.saturating_sub(self.printed.len());
        self.printed.extend(bytes.iter().take(room));
        Ok(())
    }

    /// What the guest printed, as the reason of a crash.
    pub(crate) fn printed_text(&self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.printed);
        let text = self.redactor().redact_text(text.trim()).into_owned();
        (!text.is_empty()).then(|| printable(text))
    }

    /// SplitMix64: the next 64 bits of this call's randomness.
    pub(crate) fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// Bounds memory over all linear memories, and the count of everything else.
pub(crate) struct MemoryLimiter {
    bytes_left: usize,
    elements_left: usize,
    pub(crate) denied: bool,
}

impl MemoryLimiter {
    fn new(bytes: usize) -> Self {
        Self { bytes_left: bytes, elements_left: MAX_TABLE_ELEMENTS, denied: false }
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        match self.bytes_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => self.bytes_left = left,
            None => self.denied = true,
        }
        Ok(!self.denied)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        match self.elements_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => self.elements_left = left,
            None => bail!(Stop::Exhausted("table elements")),
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        MAX_CORE_ITEMS
    }

    fn tables(&self) -> usize {
        MAX_CORE_ITEMS
    }

    fn memories(&self) -> usize {
        MAX_CORE_ITEMS
    }
}
