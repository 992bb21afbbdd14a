//! What the host always provides: the time, what is left of the call, the log.

use crate::Timestamp;
use crate::platform;

pub use crate::bindings::jackfield::connector::host::{Budget, Level};

/// The time now: milliseconds since the Unix epoch, UTC. The same throughout a replay.
pub fn now() -> Timestamp {
    platform::now()
}

/// What is left of this call, for a read that stops cleanly with a cursor before its deadline.
pub fn remaining() -> Budget {
    platform::remaining()
}

/// Adds a line to the platform's log, which is bounded and scrubbed of secrets.
/// [`debug!`](crate::debug), [`info!`](crate::info), [`warn!`](crate::warn) and
/// [`error!`](crate::error) format it.
pub fn log(level: Level, message: &str) {
    platform::log(level, message);
}

/// Logs a line for the connector's author.
#[macro_export]
macro_rules! debug {
    ($($part:tt)*) => { $crate::host::log($crate::host::Level::Debug, &::std::format!($($part)*)) };
}

/// Logs a line for the operator.
#[macro_export]
macro_rules! info {
    ($($part:tt)*) => { $crate::host::log($crate::host::Level::Info, &::std::format!($($part)*)) };
}

/// Logs that something is off and the call goes on.
#[macro_export]
macro_rules! warn {
    ($($part:tt)*) => { $crate::host::log($crate::host::Level::Warn, &::std::format!($($part)*)) };
}

/// Logs that the call will fail.
#[macro_export]
macro_rules! error {
    ($($part:tt)*) => { $crate::host::log($crate::host::Level::Error, &::std::format!($($part)*)) };
}
