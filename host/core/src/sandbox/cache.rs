//! Compiled components on disk. Compiling takes 0.2 s for a small connector and 9 s for a large
//! one; loading what was compiled takes a fraction of a millisecond.
//!
//! A compiled component is native code: whoever can write it can run anything. So each file carries
//! a MAC (HMAC-SHA-256) under a key that the platform supplies, over the component's digest, the
//! engine's compatibility hash and the code, and is authenticated in memory before it is used. The
//! directory is made for its owner alone (0700). A file that does not authenticate is removed and
//! made again.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wasmtime::Engine;
use wasmtime::component::Component;
use zeroize::Zeroizing;

/// Bytes of the MAC at the start of each file.
const TAG_BYTES: usize = 32;

/// Parts the temporary files of one process.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// Tells this format from later ones.
const LABEL: &[u8] = b"jackfield compiled component 1";

/// Where compiled components are kept.
#[derive(Clone)]
pub struct CompiledCache {
    directory: PathBuf,
    key: Zeroizing<[u8; 32]>,
}

/// How a component became runnable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiled {
    /// It was found in the cache.
    Cached,
    /// It was compiled now, and stored where there is a cache.
    Now,
    /// It was compiled now, and could not be stored: the next start will compile it again.
    NotStored {
        /// What the system said.
        reason: String,
    },
}

impl CompiledCache {
    /// A cache in this directory, which is made when it is first needed.
    pub fn new(directory: impl Into<PathBuf>, key: [u8; 32]) -> Self {
        Self { directory: directory.into(), key: Zeroizing::new(key) }
    }

    /// The component compiled before, if it is there and authentic.
    pub(crate) fn load(&self, engine: &Engine, digest: &[u8; 32]) -> Option<Component> {
        let path = self.path(engine, digest);
        let file = fs::read(&path).ok()?;
        let (tag, code) = file.split_at_checked(TAG_BYTES)?;
        if self.mac(engine, digest, code).verify_slice(tag).is_err() {
            drop(fs::remove_file(&path));
            return None;
        }
        deserialize(engine, code)
    }

    /// Stores a compiled component: written beside, then renamed, so that no reader sees half a file.
    pub(crate) fn store(
        &self,
        engine: &Engine,
        digest: &[u8; 32],
        component: &Component,
    ) -> Result<(), String> {
        let code = component.serialize().map_err(|error| error.to_string())?;
        let tag = self.mac(engine, digest, &code).finalize().into_bytes();
        self.make_directory()
            .and_then(|()| self.write(&self.path(engine, digest), &tag, &code))
            .map_err(|error| format!("{}: {error}", self.directory.display()))
    }

    fn make_directory(&self) -> std::io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&self.directory)
    }

    fn write(&self, path: &Path, tag: &[u8], code: &[u8]) -> std::io::Result<()> {
        let turn = WRITES.fetch_add(1, Ordering::Relaxed);
        let beside = path.with_extension(format!("{}-{turn}.tmp", std::process::id()));
        let written = fs::File::create(&beside).and_then(|mut file| {
            file.write_all(tag)?;
            file.write_all(code)
        });
        let renamed = written.and_then(|()| fs::rename(&beside, path));
        if renamed.is_err() {
            drop(fs::remove_file(&beside));
        }
        renamed
    }

    fn path(&self, engine: &Engine, digest: &[u8; 32]) -> PathBuf {
        let name = format!("{}-{:016x}.compiled", hex(digest), compatibility(engine));
        self.directory.join(name)
    }

    fn mac(&self, engine: &Engine, digest: &[u8; 32], code: &[u8]) -> Hmac<Sha256> {
        let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
        block.iter_mut().zip(self.key.iter()).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&block);
        mac.update(LABEL);
        mac.update(digest);
        mac.update(&compatibility(engine).to_le_bytes());
        mac.update(code);
        mac
    }
}

/// Changes whenever code compiled for one engine must not run in another.
fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}

#[expect(
    unsafe_code,
    reason = "the one place where compiled code enters: authenticated just before"
)]
fn deserialize(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: the bytes were made by `Component::serialize` of this engine's compatibility hash, by
    // someone who has the cache's key, and are owned by this process since they were authenticated.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::*;
    use crate::limits::Limits;
    use crate::sandbox::engine::{self, Allocation};

    /// The smallest component: a magic number and a version.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";
    const DIGEST: [u8; 32] = [7; 32];

    fn stored() -> (tempfile::TempDir, Engine, CompiledCache, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let engine = engine::build(Allocation::OnDemand, &Limits::default()).unwrap();
        let cache = CompiledCache::new(directory.path().join("cache"), [1; 32]);
        let component = Component::from_binary(&engine, EMPTY).unwrap();
        cache.store(&engine, &DIGEST, &component).unwrap();
        let path = cache.path(&engine, &DIGEST);
        (directory, engine, cache, path)
    }

    #[test]
    fn what_was_stored_is_found() {
        let (_directory, engine, cache, _) = stored();
        assert!(cache.load(&engine, &DIGEST).is_some());
        assert!(cache.load(&engine, &[8; 32]).is_none());
    }

    #[cfg(unix)]
    #[test]
    fn the_directory_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let (directory, ..) = stored();
        let mode = fs::metadata(directory.path().join("cache")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn an_altered_file_is_removed_and_not_used() {
        for place in [0, TAG_BYTES, TAG_BYTES + 100] {
            let (_directory, engine, cache, path) = stored();
            let mut bytes = fs::read(&path).unwrap();
            bytes[place] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert!(cache.load(&engine, &DIGEST).is_none(), "byte {place}");
            assert!(!path.exists(), "byte {place}");
        }
    }

    #[test]
    fn a_truncated_file_is_not_used() {
        for length in [0, TAG_BYTES - 1, TAG_BYTES, TAG_BYTES + 1] {
            let (_directory, engine, cache, path) = stored();
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..length]).unwrap();
            assert!(cache.load(&engine, &DIGEST).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn a_file_of_another_key_or_component_is_not_used() {
        let (directory, engine, cache, path) = stored();
        let bytes = fs::read(&path).unwrap();
        fs::write(cache.path(&engine, &[8; 32]), &bytes).unwrap();
        assert!(cache.load(&engine, &[8; 32]).is_none());
        let other = CompiledCache::new(directory.path().join("cache"), [2; 32]);
        assert!(other.load(&engine, &DIGEST).is_none());
    }
}
