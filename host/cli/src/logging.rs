//! What `-v` shows on standard error: what this program does, and what connectors log.
//!
//! Only this project's own lines are shown, at any level: what the libraries below would log of
//! requests is not theirs to tell.

use std::io::IsTerminal as _;

use jackfield_host::{LogLevel, LogSink};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Shows as much as `-v` was given: nothing, connectors and events, details.
pub(crate) fn start(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(color)
        .without_time();
    let own = Targets::new().with_target("jackfield", level);
    // Fails only where one is set already.
    drop(tracing_subscriber::registry().with(own).with(lines).try_init());
}

/// Connectors' log lines, among this program's own.
pub(crate) struct ConnectorLog;

impl LogSink for ConnectorLog {
    fn log(&self, connector: &str, level: LogLevel, message: &str) {
        match level {
            LogLevel::Debug => {
                tracing::debug!(target: "jackfield::connector", connector, "{message}")
            }
            LogLevel::Info => {
                tracing::info!(target: "jackfield::connector", connector, "{message}")
            }
            LogLevel::Warn => {
                tracing::warn!(target: "jackfield::connector", connector, "{message}")
            }
            LogLevel::Error => {
                tracing::error!(target: "jackfield::connector", connector, "{message}")
            }
        }
    }
}
