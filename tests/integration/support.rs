//! What several suites share.

use std::sync::{Arc, Mutex};

use jackfield_host::limits::Limits;
use jackfield_host::scripted::ScriptedTransport;
use jackfield_host::secret::{MemorySecrets, SecretInfo, SecretText};
use jackfield_host::{Allocation, Binding, Connector, Host, LogLevel, LogSink};
use jackfield_tests::compiled;
use serde_json::{Map, Value};

/// A secret that must be found nowhere but on the wire. Of a shape that no provider issues, so that
/// no kind is recognized.
pub(crate) const CANARY: &str = "cAnArY/0123+456789=zzzzzzzzzzzzzzzzzzzzz";

/// A log that tests read.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl LogSink for Log {
    fn log(&self, connector: &str, level: LogLevel, message: &str) {
        self.0.lock().unwrap().push(format!("{connector} {level:?} {message}"));
    }
}

/// A host over a scripted transport, and its log.
pub(crate) fn scripted_host(transport: &ScriptedTransport, limits: Limits) -> (Host, Log) {
    let log = Log::default();
    let builder = Host::builder(transport.clone())
        .allocation(Allocation::OnDemand)
        .cache(compiled(env!("CARGO_TARGET_TMPDIR")));
    (builder.limits(limits).log(log.clone()).build().unwrap(), log)
}

/// Secrets of that name and of no known kind.
pub(crate) fn secret(name: &str) -> Arc<MemorySecrets> {
    let value = SecretText::new(CANARY.to_owned());
    Arc::new(MemorySecrets::new().with(name, value, SecretInfo::default()))
}

/// The connector bound by its method `token`, with these settings.
pub(crate) fn bound(connector: &Connector, settings: &[(&str, Value)]) -> Binding {
    let settings: Map<String, Value> =
        settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    connector.bind("token", &settings, secret("token")).unwrap()
}
