//! Compiled components, kept in the target directory for all tests and for the next run: compiling one
//! takes seconds in a debug build.

use std::path::Path;

use jackfield_host::CompiledCache;

/// The cache below this directory, the suite's `env!("CARGO_TARGET_TMPDIR")`.
pub fn compiled(target_tmpdir: &str) -> CompiledCache {
    CompiledCache::new(Path::new(target_tmpdir).join("compiled"), [7; 32])
}
