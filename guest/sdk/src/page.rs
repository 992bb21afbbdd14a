//! Building one page of a stream.

use crate::{Change, Item, Page, Progress, Timestamp};

impl Page {
    /// A page without records, after which nothing follows.
    pub fn empty() -> Self {
        Self { changes: Vec::new(), progress: Progress::CaughtUp(None), warnings: Vec::new() }
    }

    /// Adds a record that is new or changed. `data` is its JSON text, as the provider wrote it.
    pub fn upsert(
        &mut self,
        key: impl Into<String>,
        updated_at: Option<Timestamp>,
        data: impl Into<String>,
    ) {
        let item = Item { key: key.into(), updated_at, data: data.into() };
        self.changes.push(Change::Upsert(item));
    }

    /// Adds that the record of this key is gone.
    pub fn delete(&mut self, key: impl Into<String>) {
        self.changes.push(Change::Delete(key.into()));
    }

    /// With this cursor to go on from, or at the end where there is none.
    #[must_use]
    pub fn then(mut self, cursor: Option<String>) -> Self {
        self.progress = cursor.map_or(Progress::CaughtUp(None), Progress::More);
        self
    }
}
