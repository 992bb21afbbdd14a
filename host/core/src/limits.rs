//! What a connector may use. Each limit is a constant with its unit and its reason; [`Limits`]
//! carries those that an embedder may change.

use std::time::Duration;

/// Bytes of a component file. The largest honest ones (Python with its interpreter) have 18.5 MiB.
pub const MAX_COMPONENT_BYTES: usize = 32 << 20;

/// Bytes over all linear memories of an instance. A page of 100 issues needs 2 MiB in Rust, 30 MiB in Python.
pub const MAX_MEMORY_BYTES: usize = 64 << 20;

/// Elements over all tables of an instance. Python's interpreter has 12,000 functions in its table.
pub const MAX_TABLE_ELEMENTS: usize = 100_000;

/// Core instances, memories and tables of an instance, each. Components of today's tools have under ten.
pub const MAX_CORE_ITEMS: usize = 40;

/// Bytes of native stack for guest code. Deep enough for recursive-descent parsers, and small
/// beside the 2 MiB stacks of a runtime's threads.
pub const MAX_GUEST_STACK_BYTES: usize = 512 << 10;

/// Bytes of a fiber's stack: the guest's and, above it, the host's imports.
pub const FIBER_STACK_BYTES: usize = MAX_GUEST_STACK_BYTES + (512 << 10);

/// Wasmtime's "hostcall fuel": bytes that one call into the host may make the host copy. One body
/// and its headers fit; a string of a gigabyte does not.
pub const HOSTCALL_FUEL_BYTES: usize = 32 << 20;

/// Handles to secrets that a call may hold at once. A connector needs one or two.
pub const MAX_HANDLES: usize = 64;

/// Live handles of an instance of any kind, WASI's streams included, and those that it makes itself.
pub const MAX_COMPONENT_HANDLES: usize = 1_000;

/// Exchanges per call, redirects included. A page needs one, a check a handful.
pub const MAX_REQUESTS: u32 = 100;

/// Requests that are refused for the budget before the instance is stopped: a guest that goes on
/// asking after so many refusals is not going to end well.
pub const MAX_REFUSED_REQUESTS: u32 = 1_000;

/// Exchanges of one `send-all` that run at once. GitHub asks for few; 8 hides latency well.
pub const MAX_CONCURRENT_REQUESTS: usize = 8;

/// Requests with one credential that are under way at once, over all calls of a host. GitHub allows
/// 100 for all programs of a person; 32 are more than a sync needs and leave room for the others.
pub const MAX_CONCURRENT_PER_CREDENTIAL: u32 = 32;

/// Bytes of one response body, decompressed. A page of 100 issues has 0.5 MB.
pub const MAX_RESPONSE_BYTES: u64 = 16 << 20;

/// Bytes of all response bodies of a call, decompressed.
pub const MAX_TOTAL_RESPONSE_BYTES: u64 = 64 << 20;

/// Bytes of one request body. GitHub refuses issues over 64 KiB; uploads need a bound all the same.
pub const MAX_REQUEST_BYTES: usize = 8 << 20;

/// Log lines per call, and bytes per line.
pub const MAX_LOG_LINES: u32 = 200;
/// See [`MAX_LOG_LINES`].
pub const MAX_LOG_LINE_BYTES: usize = 2_000;

/// Bytes of one text that a person reads: a message, a remedy, a warning.
pub const MAX_MESSAGE_BYTES: usize = 2_000;

/// Remedies, warnings, fields, evidence, permissions, organizations: entries in a list for people.
pub const MAX_LIST_ENTRIES: usize = 1_000;

/// Bytes of a cursor. Connectors keep a link and two timestamps.
pub const MAX_CURSOR_BYTES: usize = 16 << 10;

/// Bytes of the settings that a check found out.
pub const MAX_DISCOVERED_BYTES: usize = 64 << 10;

/// Bytes of one record. GitHub's largest issues have 70 KiB.
pub const MAX_RECORD_BYTES: usize = 4 << 20;

/// Live instances per host. Each has up to 1 MiB resident and a few mappings, of which a process
/// may have 65,530 (`vm.max_map_count`).
pub const MAX_LIVE_INSTANCES: u32 = 1_000;

/// How often the clock interrupts guest code to look at its deadline.
pub const EPOCH_TICK: Duration = Duration::from_millis(10);

/// For `describe`: it computes nothing.
pub const DESCRIBE_DEADLINE: Duration = Duration::from_secs(2);

/// For `check`: a person waits for it, and one slow exchange fits.
pub const CHECK_DEADLINE: Duration = Duration::from_secs(30);

/// For one page of a `read`, and for one `invoke`: nobody waits, and some providers take their time.
pub const CALL_DEADLINE: Duration = Duration::from_secs(60);

/// For one exchange, within the call's deadline. GitHub gives up after 10 s itself.
pub const EXCHANGE_DEADLINE: Duration = Duration::from_secs(20);

/// What is kept back from a call's deadline for the guest to answer after its last exchange failed.
pub const ANSWER_TIME: Duration = Duration::from_millis(500);

/// What an embedder may change. [`Limits::default`] takes the constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes over all linear memories of an instance.
    pub memory_bytes: usize,
    /// Live instances per host; a call beyond them is answered "busy" at once.
    pub live_instances: u32,
    /// For `describe`.
    pub describe_deadline: Duration,
    /// For `check`.
    pub check_deadline: Duration,
    /// For one page of a `read`.
    pub read_deadline: Duration,
    /// For one `invoke`.
    pub invoke_deadline: Duration,
    /// For one exchange, within the call's deadline.
    pub exchange_deadline: Duration,
    /// Kept back from the call's deadline: exchanges end so long before it.
    pub answer_time: Duration,
    /// Exchanges per call, redirects included.
    pub requests: u32,
    /// Bytes of one response body.
    pub response_bytes: u64,
    /// Bytes of all response bodies of a call.
    pub total_response_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: MAX_MEMORY_BYTES,
            live_instances: MAX_LIVE_INSTANCES,
            describe_deadline: DESCRIBE_DEADLINE,
            check_deadline: CHECK_DEADLINE,
            read_deadline: CALL_DEADLINE,
            invoke_deadline: CALL_DEADLINE,
            exchange_deadline: EXCHANGE_DEADLINE,
            answer_time: ANSWER_TIME,
            requests: MAX_REQUESTS,
            response_bytes: MAX_RESPONSE_BYTES,
            total_response_bytes: MAX_TOTAL_RESPONSE_BYTES,
        }
    }
}
