//! Loading: what a component must be before any of its code runs, and what it says of itself.
//!
//! In this order, each with its own refusal: a size within the limit; a component, not a core
//! module; only imports of the contract and of the documented WASI stubs; a contract version that
//! this host speaks; the `connector` export; types that fit. Then `describe` runs twice, with
//! different randomness, in stores where every capability refuses: the manifest must be valid, and
//! the same both times.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use wasmtime::component::Component;
use wasmtime::{Engine, Error};

use crate::contract::bindings::PluginPre;
use crate::error::LoadError;
use crate::limits::MAX_COMPONENT_BYTES;
use crate::manifest::Manifest;
use crate::sandbox::cache::{Compiled, CompiledCache, hex};
use crate::sandbox::runtime::Runtime;
use crate::sandbox::session;
use crate::sandbox::state::{CallState, Mode};
use crate::sandbox::wasi;

/// The contract's version that this host speaks. Components of any patch version of it are taken.
pub const CONTRACT_VERSION: &str = "0.1";

const PACKAGE: &str = "jackfield:connector/";
const INTERFACES: &[&str] = &["types", "secrets", "http", "host"];
const EXPORT: &str = "jackfield:connector/connector";

/// A component that was proven and described.
pub(crate) struct Loaded {
    pub(crate) pre: PluginPre<CallState>,
    pub(crate) manifest: Manifest,
    pub(crate) manifest_json: String,
    pub(crate) facts: ComponentFacts,
}

/// What is known of a component from its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentFacts {
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub digest: String,
    /// Bytes of the file.
    pub bytes: usize,
    /// The contract's interfaces that it imports, with versions: what it asks permission for.
    pub capabilities: Vec<String>,
    /// The WASI interfaces that it imports, with versions: each answered by a stub.
    pub stubs: Vec<String>,
    /// How it became runnable.
    pub compiled: Compiled,
}

/// Loads, proves and describes. Compiles, which may take seconds: not for a thread that must not wait.
pub(crate) async fn load(runtime: &Arc<Runtime>, bytes: Arc<[u8]>) -> Result<Loaded, LoadError> {
    let (component, compiled, digest) = compile(runtime, bytes.clone()).await?;
    let imports = judge(&component, &runtime.engine)?;
    let pre = link(runtime, &component, &imports)?;
    let manifest_json = describe_twice(runtime, &pre).await?;
    let manifest = Manifest::parse(&manifest_json)?;
    let (stubs, capabilities) = imports.into_iter().partition(|name| name.starts_with("wasi:"));
    let facts =
        ComponentFacts { digest: hex(&digest), bytes: bytes.len(), capabilities, stubs, compiled };
    Ok(Loaded { pre, manifest, manifest_json, facts })
}

type CompiledComponent = (Component, Compiled, [u8; 32]);

async fn compile(runtime: &Arc<Runtime>, bytes: Arc<[u8]>) -> Result<CompiledComponent, LoadError> {
    judge_file(&bytes)?;
    let (engine, cache) = (runtime.engine.clone(), runtime.cache.clone());
    let work = move || compile_blocking(&engine, cache.as_ref(), &bytes);
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| LoadError::Internal { detail: error.to_string() })?
}

fn compile_blocking(
    engine: &Engine,
    cache: Option<&CompiledCache>,
    bytes: &[u8],
) -> Result<CompiledComponent, LoadError> {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    if let Some(component) = cache.and_then(|cache| cache.load(engine, &digest)) {
        return Ok((component, Compiled::Cached, digest));
    }
    let component = Component::from_binary(engine, bytes).map_err(incompatible)?;
    let stored = cache.map_or(Ok(()), |cache| cache.store(engine, &digest, &component));
    let compiled = stored.map_or_else(|reason| Compiled::NotStored { reason }, |()| Compiled::Now);
    Ok((component, compiled, digest))
}

/// The file's size and its first eight bytes: WebAssembly's magic number, a version and a layer.
fn judge_file(bytes: &[u8]) -> Result<(), LoadError> {
    if bytes.len() > MAX_COMPONENT_BYTES {
        return Err(LoadError::TooLarge { bytes: bytes.len(), limit: MAX_COMPONENT_BYTES });
    }
    let detail = match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => return Ok(()),
        Some([0, b'a', b's', b'm', 1, 0, 0, 0]) => {
            "it is a core module; build it for wasm32-wasip2, or wrap it as a component"
        }
        Some([0, b'a', b's', b'm', ..]) => "its WebAssembly version is unknown",
        _ => "the file does not begin as WebAssembly does",
    };
    Err(LoadError::NotAComponent { detail: detail.to_owned() })
}

/// The names of all imports, if each is allowed, and the export is there.
fn judge(component: &Component, engine: &Engine) -> Result<Vec<String>, LoadError> {
    let ty = component.component_type();
    let imports: Vec<String> = ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
    imports.iter().try_for_each(|name| judge_import(name))?;
    let exported = ty.exports(engine).find_map(|(name, _)| {
        let (interface, version) = name.split_once('@').unwrap_or((name, ""));
        (interface == EXPORT).then(|| version.to_owned())
    });
    let version = exported.ok_or(LoadError::NotAConnector { interface: EXPORT })?;
    judge_version(&version)?;
    Ok(imports)
}

fn judge_import(import: &str) -> Result<(), LoadError> {
    let (interface, version) = import.split_once('@').unwrap_or((import, ""));
    if wasi::is_stubbed(interface, version) {
        return Ok(());
    }
    match interface.strip_prefix(PACKAGE) {
        Some(name) if INTERFACES.contains(&name) => judge_version(version),
        _ => Err(LoadError::ForbiddenImport { import: import.to_owned() }),
    }
}

fn judge_version(version: &str) -> Result<(), LoadError> {
    let minor = version.rsplit_once('.').map_or("", |(minor, _)| minor);
    if minor == CONTRACT_VERSION {
        return Ok(());
    }
    Err(LoadError::ContractVersion { found: version.to_owned(), spoken: CONTRACT_VERSION })
}

fn link(
    runtime: &Runtime,
    component: &Component,
    imports: &[String],
) -> Result<PluginPre<CallState>, LoadError> {
    let mut linker = runtime.linker.clone();
    for import in imports.iter().filter(|name| name.starts_with("wasi:")) {
        wasi::define(&mut linker, &runtime.engine, component, import).map_err(internal)?;
    }
    let pre = linker.instantiate_pre(component).map_err(incompatible)?;
    PluginPre::new(pre).map_err(incompatible)
}

async fn describe_twice(
    runtime: &Arc<Runtime>,
    pre: &PluginPre<CallState>,
) -> Result<String, LoadError> {
    let first = describe(runtime, pre, 1).await?;
    let second = describe(runtime, pre, 2).await?;
    if first == second { Ok(first) } else { Err(LoadError::ChangingManifest) }
}

async fn describe(
    runtime: &Arc<Runtime>,
    pre: &PluginPre<CallState>,
    seed: u64,
) -> Result<String, LoadError> {
    let state = CallState::new(Mode::Describing, &runtime.limits, seed);
    let mut session =
        session::Instance::start(runtime, pre, state).await.map_err(LoadError::Describe)?;
    session.describe(runtime.limits.describe_deadline).await.map_err(LoadError::Describe)
}

fn incompatible(error: Error) -> LoadError {
    LoadError::Incompatible { detail: format!("{error:#}") }
}

fn internal(error: Error) -> LoadError {
    LoadError::Internal { detail: format!("{error:#}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn files_that_are_no_component_are_named() {
        let cases: [(&str, &[u8], &str); 5] = [
            ("nothing", b"", "does not begin as WebAssembly"),
            ("text", b"#!/bin/sh\nexit", "does not begin as WebAssembly"),
            ("seven bytes", b"\0asm\x0d\0\x01", "does not begin as WebAssembly"),
            ("a core module", b"\0asm\x01\0\0\0", "it is a core module"),
            ("a later layer", b"\0asm\x0d\0\x02\0", "version is unknown"),
        ];
        for (name, bytes, expected) in cases {
            let error = judge_file(bytes).unwrap_err().to_string();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }

    #[test]
    fn a_component_may_be_as_large_as_the_limit() {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        bytes.resize(MAX_COMPONENT_BYTES, 0);
        assert!(judge_file(&bytes).is_ok());
        bytes.push(0);
        assert!(matches!(judge_file(&bytes), Err(LoadError::TooLarge { .. })));
    }

    #[test]
    fn imports_outside_the_contract_are_refused() {
        let cases = [
            ("jackfield:connector/http@0.1.0", true),
            ("jackfield:connector/secrets@0.1.9", true),
            ("wasi:io/streams@0.2.6", true),
            ("wasi:cli/environment@0.2.0", true),
            ("wasi:sockets/tcp@0.2.0", false),
            ("wasi:http/outgoing-handler@0.2.0", false),
            ("wasi:cli/environment@0.3.0", false),
            ("wasi:cli/environment", false),
            ("wasi:cli/environment-x@0.2.0", false),
            ("jackfield:connector/http@0.2.0", false),
            ("jackfield:connector/http@1.1.0", false),
            ("jackfield:connector/http", false),
            ("jackfield:connector/vault@0.1.0", false),
            ("jackfield:connector/connector@0.1.0", false),
            ("jackfield:connectors/http@0.1.0", false),
            ("evil:net/raw@0.1.0", false),
            ("http", false),
            ("", false),
        ];
        for (import, expected) in cases {
            assert_eq!(judge_import(import).is_ok(), expected, "{import}");
        }
    }
}
