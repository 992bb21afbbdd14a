//! Progress with counts, on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A count that grows: of some total, or of nobody knows how many.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Nothing yet of `total`, told as `what`.
    pub(crate) fn of(what: &'static str) -> Self {
        Self::styled("{msg} {pos} of {len} {wide_bar}", what)
    }

    /// Nothing yet, without an end in sight.
    pub(crate) fn endless(what: &'static str) -> Self {
        Self::styled("{spinner} {msg} {pos}", what)
    }

    /// None, where it would stand between the lines of an output on the same terminal.
    pub(crate) fn none() -> Self {
        Self(ProgressBar::hidden())
    }

    fn styled(template: &str, what: &'static str) -> Self {
        // Drawn nowhere unless standard error is a terminal.
        let bar = ProgressBar::new(0).with_message(what);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// So many of so many.
    pub(crate) fn set(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    /// So many.
    pub(crate) fn reached(&self, done: u64) {
        self.0.set_position(done);
        self.0.tick();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
