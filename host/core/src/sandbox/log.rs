//! Where connectors' log lines go.

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
