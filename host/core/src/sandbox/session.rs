//! One instance of a connector: started, called, thrown away.
//!
//! The deadline stands in three places: in guest code, by the engine's epoch; in every import; and
//! around the whole call. After a trap, a deadline or a canceled call the instance is gone.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;
use wasmtime::{Error, PoolConcurrencyLimitError, Store, Trap, UpdateDeadline};

use crate::contract::bindings::{self, Plugin, PluginPre};
use crate::contract::failure::{Cause, Effect, Failure};
use crate::contract::oversized::RECORD_TOO_LARGE;
use crate::contract::report::{ActionRequest, Outcome, Page, ReadRequest, Report};
use crate::contract::sanitize::Sanitizer;
use crate::egress::call_inputs::CallInputs;
use crate::egress::connection::BoundConnection;
use crate::egress::relocation::Relocation;
use crate::error::CallError;
use crate::limits::{HOSTCALL_FUEL_BYTES, MAX_COMPONENT_HANDLES};
use crate::sandbox::log::LogLevel;
use crate::sandbox::runtime::Runtime;
use crate::sandbox::state::{CallState, Mode, Stop};

/// Time beyond the deadline for the runtime to unwind a guest that its own clock has stopped.
const UNWIND_TIME: Duration = Duration::from_millis(250);

/// A running instance and its place among the live ones.
pub(crate) struct Instance {
    store: Store<CallState>,
    plugin: Plugin,
    runtime: Arc<Runtime>,
    usable: bool,
    _permit: OwnedSemaphorePermit,
}

impl Instance {
    /// A fresh instance, if the host has room for one.
    pub(crate) async fn start(
        runtime: &Arc<Runtime>,
        pre: &PluginPre<CallState>,
        state: CallState,
    ) -> Result<Self, CallError> {
        let limit = runtime.limits.live_instances;
        let permit = runtime.live.clone().try_acquire_owned();
        let permit = permit.map_err(|_| CallError::Busy { limit })?;
        let mut store = Store::new(&runtime.engine, state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(HOSTCALL_FUEL_BYTES);
        store.set_max_component_handles(MAX_COMPONENT_HANDLES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            context.data().check_deadline()?;
            Ok(UpdateDeadline::Yield(1))
        });
        let allowed = runtime.limits.describe_deadline;
        store.data_mut().begin(allowed, &runtime.limits);
        let started = within(allowed, pre.instantiate_async(&mut store)).await;
        let plugin = match started {
            Some(Ok(plugin)) => plugin,
            // One component may take several of the pool's places.
            Some(Err(error)) if error.is::<PoolConcurrencyLimitError>() => {
                return Err(CallError::Busy { limit });
            }
            Some(Err(error)) => return Err(crash(error, store.data(), allowed)),
            None => return Err(CallError::Deadline { allowed }),
        };
        Ok(Self { store, plugin, runtime: runtime.clone(), usable: true, _permit: permit })
    }

    pub(crate) async fn describe(&mut self, allowed: Duration) -> Result<String, CallError> {
        self.begin(allowed)?;
        let connector = self.plugin.jackfield_connector_connector();
        let answer = within(allowed, connector.call_describe(&mut self.store)).await;
        self.end(answer, allowed)
    }

    async fn check(
        &mut self,
        connection: &BoundConnection,
    ) -> Result<Result<Report, Failure>, CallError> {
        let allowed = self.runtime.limits.check_deadline;
        self.begin(allowed)?;
        let connector = self.plugin.jackfield_connector_connector();
        let call = connector.call_check(&mut self.store, &connection.settings_json);
        let answer = within(allowed, call).await;
        let answer = self.end(answer, allowed)?;
        let clean = self.sanitizer();
        match answer {
            Ok(report) => {
                let report = bindings::report(report, &clean)?;
                let report = Report { quota: self.store.data().traffic.quota(), ..report };
                Ok(Ok(connection.with_known_discoveries(report)))
            }
            Err(failure) => Ok(Err(self.failed(bindings::failure(failure, &clean)))),
        }
    }

    async fn read(
        &mut self,
        connection: &BoundConnection,
        request: &ReadRequest,
    ) -> Result<Result<Page, Failure>, CallError> {
        let allowed = self.runtime.limits.read_deadline;
        self.begin(allowed)?;
        let connector = self.plugin.jackfield_connector_connector();
        self.store.data_mut().traffic.inputs =
            CallInputs::to_read(&request.parameters, request.cursor.as_deref());
        let asked = bindings::read_request(request);
        let call = connector.call_read(&mut self.store, &connection.settings_json, &asked);
        let answer = within(allowed, call).await;
        let answer = self.end(answer, allowed)?;
        let clean = self.sanitizer();
        match answer {
            Ok(page) => bindings::page(page, request, &clean),
            Err(failure) => Ok(Err(self.failed(bindings::failure(failure, &clean)))),
        }
    }

    async fn invoke(
        &mut self,
        connection: &BoundConnection,
        request: &ActionRequest,
    ) -> Result<Result<Outcome, Failure>, CallError> {
        let allowed = self.runtime.limits.invoke_deadline;
        self.begin(allowed)?;
        let connector = self.plugin.jackfield_connector_connector();
        self.store.data_mut().traffic.inputs = CallInputs::to_act(&request.input);
        let asked = bindings::action_request(request);
        let call = connector.call_invoke(&mut self.store, &connection.settings_json, &asked);
        let answer = within(allowed, call).await;
        let answer = self.end(answer, allowed)?;
        let clean = self.sanitizer();
        match answer {
            Ok(outcome) => {
                let (outcome, changes) = bindings::outcome(outcome, &clean)?;
                if changes.total() > 0 {
                    let line = format!("The action's output was changed: {changes}.");
                    drop(self.store.data_mut().write_log(LogLevel::Warn, &line));
                }
                Ok(Ok(outcome))
            }
            Err(failure) => Ok(Err(self.failed(bindings::failure(failure, &clean)))),
        }
    }

    /// Marks the instance as spoiled until the call has ended well: a dropped call leaves it so.
    fn begin(&mut self, allowed: Duration) -> Result<(), CallError> {
        if !std::mem::replace(&mut self.usable, false) {
            return Err(CallError::Ended);
        }
        self.store.data_mut().begin(allowed, &self.runtime.limits);
        self.store.set_epoch_deadline(1);
        Ok(())
    }

    fn end<T>(
        &mut self,
        answer: Option<wasmtime::Result<T>>,
        allowed: Duration,
    ) -> Result<T, CallError> {
        match answer {
            Some(Ok(answer)) => {
                self.usable = true;
                self.log_printed();
                Ok(answer)
            }
            Some(Err(error)) => Err(crash(error, self.store.data(), allowed)),
            None => Err(CallError::Deadline { allowed }),
        }
    }

    fn failed(&self, failure: Failure) -> Failure {
        self.store.data().traffic.note_limit(&failure);
        failure
    }

    fn log_printed(&mut self) {
        if let Some(text) = self.store.data().printed_text() {
            // A guest past its deadline logs no more; its answer still counts.
            drop(self.store.data_mut().write_log(LogLevel::Warn, &text));
        }
    }

    fn sanitizer(&self) -> Sanitizer {
        let traffic = &self.store.data().traffic;
        Sanitizer::new(traffic.redactor()).knowing(traffic.advised())
    }
}

/// One instance for several calls of one connection: a whole sync run, say. It ends with the first
/// error of the host; a failure of the provider does not end it.
pub struct Session {
    instance: Instance,
    connection: Arc<BoundConnection>,
}

impl Session {
    pub(crate) async fn start(
        runtime: &Arc<Runtime>,
        pre: &PluginPre<CallState>,
        connection: Arc<BoundConnection>,
    ) -> Result<Self, CallError> {
        let mode = Mode::Serving(connection.clone());
        let state = CallState::new(mode, &runtime.limits, SEED).logging_to(runtime.log.clone());
        let instance = Instance::start(runtime, pre, state).await?;
        Ok(Self { instance, connection })
    }

    /// Whether the credential works, whose it is, and what it may do.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn check(&mut self) -> Result<Result<Report, Failure>, CallError> {
        self.instance.check(&self.connection).await
    }

    /// What a server said during the last call of a setting that is another now. It is a claim, and
    /// nothing was sent there: who binds the connector again with it sees to it that the same account
    /// answers.
    pub fn relocation(&self) -> Option<&Relocation> {
        self.instance.store.data().traffic.relocation()
    }

    /// One page of a stream.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn read(
        &mut self,
        request: &ReadRequest,
    ) -> Result<Result<Page, Failure>, CallError> {
        self.instance.read(&self.connection, request).await
    }

    /// Whether the last page, which failed in this way, may succeed with a smaller
    /// [`limit`](ReadRequest::limit): its response was too large, took too long, or a gateway gave it
    /// up (status 408, 502 or 504).
    pub fn may_succeed_smaller(&self, failure: &Failure) -> bool {
        let heavy =
            failure.cause == Cause::TooLarge || self.instance.store.data().traffic.was_heavy();
        heavy && failure.effect == Effect::None && failure.code != RECORD_TOO_LARGE
    }

    /// Performs one action.
    ///
    /// # Errors
    ///
    /// The outer error is the host's, the inner one what the provider or the connector said.
    pub async fn invoke(
        &mut self,
        request: &ActionRequest,
    ) -> Result<Result<Outcome, Failure>, CallError> {
        self.instance.invoke(&self.connection, request).await
    }
}

/// Guests have no need of real randomness, and a call that sees the same bytes can be replayed.
const SEED: u64 = 0;

/// The call's own end, or `None` where it did not come in time.
async fn within<F: Future>(allowed: Duration, call: F) -> Option<F::Output> {
    tokio::time::timeout_at(Instant::now() + allowed + UNWIND_TIME, call).await.ok()
}

/// What a trap means.
fn crash(error: Error, state: &CallState, allowed: Duration) -> CallError {
    match error.downcast_ref::<Stop>() {
        Some(Stop::Deadline) => return CallError::Deadline { allowed },
        Some(Stop::Exhausted(what)) => return CallError::Exhausted { what },
        Some(Stop::Refused(capability)) => return CallError::Refused { capability },
        None => {}
    }
    if state.limiter.denied {
        return CallError::Exhausted { what: "memory" };
    }
    // The runtime has no type for this one.
    if error.root_cause().to_string().contains("fuel allocated for hostcalls") {
        return CallError::Exhausted { what: "bytes handed to the host" };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => CallError::Exhausted { what: "stack" },
        Some(Trap::Interrupt) => CallError::Deadline { allowed },
        _ => CallError::Trapped { reason: reason(&error, state) },
    }
}

fn reason(error: &Error, state: &CallState) -> String {
    let cause = error.root_cause().to_string();
    match state.printed_text() {
        Some(words) => format!("{cause}: {words}"),
        None => cause,
    }
}
