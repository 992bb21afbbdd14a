//! The WebAssembly engine and its settings. Each setting has its reason; the figures are medians
//! measured on two cores with wasmtime 48.

use wasmtime::{Config, Enabled, Engine, OptLevel, PoolingAllocationConfig, RegallocAlgorithm};

use crate::limits::{
    EPOCH_TICK, FIBER_STACK_BYTES, Limits, MAX_GUEST_STACK_BYTES, MAX_TABLE_ELEMENTS,
};

/// How instances get their memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// From a pool that is mapped at start: 9 us an instance, and a second thread helps. For servers.
    Pooled,
    /// When needed: 24 us an instance, and nothing to set up. For programs that make a call or two.
    OnDemand,
}

/// Memory that a slot keeps between instances, instead of giving it back to the kernel. Each
/// `madvise` costs more than clearing what a call touched, once `PAGEMAP_SCAN` finds that.
const MEMORY_KEEP_RESIDENT: usize = 4 << 20;

/// As above, for tables.
const TABLE_KEEP_RESIDENT: usize = 64 << 10;

/// Memories per component: the guest's own, and one for a language's adapter.
const MEMORIES_PER_COMPONENT: u32 = 4;

/// Tables per component.
const TABLES_PER_COMPONENT: u32 = 8;

/// Core modules per component: wit-component makes three to six.
const CORE_INSTANCES_PER_COMPONENT: u32 = 40;

/// Bytes of the runtime's own bookkeeping per instance.
const INSTANCE_METADATA_BYTES: usize = 1 << 20;

pub(crate) fn build(allocation: Allocation, limits: &Limits) -> wasmtime::Result<Engine> {
    let engine = match allocation {
        Allocation::OnDemand => Engine::new(&config())?,
        // Without the scan, kept memory is cleared whole at each instance: slower, not faster.
        Allocation::Pooled => Engine::new(config().allocation_strategy(keeping(limits)))
            .or_else(|_| Engine::new(config().allocation_strategy(pool(limits))))?,
    };
    tick(&engine)?;
    Ok(engine)
}

fn config() -> Config {
    let mut config = Config::new();
    config
        // A sync host import costs 70-85 ns without, 166-181 with.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(MAX_GUEST_STACK_BYTES)
        .async_stack_size(FIBER_STACK_BYTES)
        // A crash is told by its name and the panic's message; frames would only cost.
        .wasm_backtrace_max_frames(None)
        .parallel_compilation(true);
    // Whoever develops waits for the compiler more often than for what it made.
    if cfg!(debug_assertions) {
        config
            .cranelift_opt_level(OptLevel::None)
            .cranelift_regalloc_algorithm(RegallocAlgorithm::SinglePass);
    }
    config
}

/// A pool whose slots keep memory between instances; refused by kernels without `PAGEMAP_SCAN`.
fn keeping(limits: &Limits) -> PoolingAllocationConfig {
    let mut pool = pool(limits);
    pool.pagemap_scan(Enabled::Yes)
        .linear_memory_keep_resident(MEMORY_KEEP_RESIDENT)
        .table_keep_resident(TABLE_KEEP_RESIDENT);
    pool
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let count = limits.live_instances;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(count)
        .total_core_instances(count.saturating_mul(8))
        .total_memories(count.saturating_mul(2))
        .total_tables(count.saturating_mul(4))
        .total_stacks(count)
        .max_component_instance_size(INSTANCE_METADATA_BYTES)
        .max_core_instance_size(INSTANCE_METADATA_BYTES)
        .max_core_instances_per_component(CORE_INSTANCES_PER_COMPONENT)
        .max_memories_per_component(MEMORIES_PER_COMPONENT)
        .max_tables_per_component(TABLES_PER_COMPONENT)
        .max_memory_size(limits.memory_bytes)
        .table_elements(MAX_TABLE_ELEMENTS)
        .max_unused_warm_slots(count)
        .pagemap_scan(Enabled::No);
    pool
}

/// Moves the engine's clock until the engine is gone.
fn tick(engine: &Engine) -> wasmtime::Result<()> {
    let weak = engine.weak();
    let clock = move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH_TICK);
        }
    };
    std::thread::Builder::new().name("jackfield-epoch".to_owned()).spawn(clock)?;
    Ok(())
}
