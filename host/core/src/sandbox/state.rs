//! What one instance holds on the host's side: its limits, its deadline, and the capabilities that
//! it was given. Every import asks here first.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime::{ResourceLimiter, bail};

use crate::contract::failure::{Failure, Timestamp};
use crate::contract::sanitize::{bounded, printable};
use crate::egress::connection::BoundConnection;
use crate::egress::guest_call::{GuestCall, GuestRequest, GuestResponse};
use crate::egress::traffic::Traffic;
use crate::limits::{
    Limits, MAX_CORE_ITEMS, MAX_HANDLES, MAX_LOG_LINE_BYTES, MAX_LOG_LINES, MAX_REFUSED_REQUESTS,
    MAX_TABLE_ELEMENTS,
};
use crate::sandbox::log::{LogLevel, LogSink};
use crate::secret::SecretInfo;

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

/// What the imports are allowed to do.
pub(crate) enum Mode {
    /// `describe`: every capability refuses.
    Describing,
    /// A call for one connection.
    Serving(Arc<BoundConnection>),
}

/// The host's side of one instance.
pub(crate) struct CallState {
    mode: Mode,
    table: ResourceTable,
    pub(crate) limiter: MemoryLimiter,
    pub(crate) deadline: Instant,
    started: Timestamp,
    random: u64,
    log: Option<Arc<dyn LogSink>>,
    log_lines: u32,
    printed: Vec<u8>,
    pub(crate) traffic: Traffic,
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
            log: None,
            log_lines: 0,
            printed: Vec::new(),
            traffic: Traffic::new(),
        }
    }

    /// Sends the guest's log lines there.
    pub(crate) fn logging_to(self, log: Option<Arc<dyn LogSink>>) -> Self {
        Self { log, ..self }
    }

    /// Starts the clock and fills the budget for one call.
    pub(crate) fn begin(&mut self, allowed: Duration, limits: &Limits) {
        self.deadline = Instant::now() + allowed;
        self.traffic.begin(limits);
        self.log_lines = MAX_LOG_LINES;
        self.printed.clear();
        if let Mode::Serving(_) = self.mode {
            self.started = Timestamp::now();
        }
    }

    fn parts(&self, capability: &'static str) -> wasmtime::Result<&Arc<BoundConnection>> {
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
            Some(handle) => Some(self.handle(handle)?),
            None => None,
        };
        let call =
            GuestCall { connection: &parts, traffic: &self.traffic, deadline: self.deadline };
        let run = call.run_all(requests, secret.map(|handle| (&*handle.name, &handle.info)));
        let Ok(done) = tokio::time::timeout_at(self.deadline, run).await else {
            return Err(wasmtime::Error::new(Stop::Deadline));
        };
        if self.traffic.budget.refused() > MAX_REFUSED_REQUESTS {
            return Err(wasmtime::Error::new(Stop::Exhausted("requests")));
        }
        Ok(done)
    }

    pub(crate) fn write_log(&mut self, level: LogLevel, message: &str) -> wasmtime::Result<()> {
        let parts = self.parts("jackfield:connector/host")?.clone();
        if let Some(left) = self.log_lines.checked_sub(1) {
            self.log_lines = left;
            if let Some(sink) = &self.log {
                let text = self
                    .traffic
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
        Ok((milliseconds, self.traffic.budget.requests(), self.traffic.budget.bytes()))
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
        let text = self.traffic.redactor().redact_text(text.trim()).into_owned();
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
