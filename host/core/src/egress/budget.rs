//! How many requests and bytes a call may still use.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::limits::Limits;

/// What is left of a call. Shared by its concurrent exchanges.
#[derive(Default)]
pub(crate) struct Budget {
    requests: AtomicU32,
    bytes: AtomicU64,
    refused: AtomicU32,
}

impl Budget {
    /// So many requests and bytes.
    pub(crate) fn of(requests: u32, bytes: u64) -> Self {
        Self { requests: requests.into(), bytes: bytes.into(), refused: 0.into() }
    }

    /// Fills it for one call.
    pub(crate) fn reset(&self, limits: &Limits) {
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

    /// Requests left.
    pub(crate) fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Requests that were refused because none was left.
    pub(crate) fn refused(&self) -> u32 {
        self.refused.load(Ordering::Relaxed)
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
