//! The documented WASI stubs: what a language's standard library drags in, answered without giving
//! anything.
//!
//! | interface (`wasi:` 0.2) | answer |
//! |---|---|
//! | `cli/environment` | empty environment and arguments, no working directory |
//! | `cli/stdin`, `cli/stdout`, `cli/stderr` | standard input is closed; output goes to the bounded log |
//! | `cli/terminal-*` | none |
//! | `cli/exit` | traps |
//! | `clocks/monotonic-clock`, `clocks/wall-clock` | the time of the call's start, standing still |
//! | `filesystem/preopens`, `filesystem/types` | no directories, so nothing can be opened |
//! | `io/error`, `io/poll`, `io/streams` | enough for the standard streams |
//! | `random/random`, `random/insecure`, `random/insecure-seed` | seeded per call: the same call sees the same bytes |
//!
//! Every other function of these interfaces traps with its name, and every other interface is
//! refused at load. Versions follow the component's own import names.

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{
    Component, ComponentType, Lift, LinkerInstance, Lower, Resource, ResourceType,
};
use wasmtime::{Engine, StoreContextMut, bail};

use crate::sandbox::state::CallState;

/// The interfaces that have stubs, without versions.
const INTERFACES: &[&str] = &[
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
];

/// Bytes that an output stream takes at once.
const WRITE_PERMIT: u64 = 4096;

/// Bytes of randomness that one call gives at most.
const MAX_RANDOM_BYTES: u64 = 64 << 10;

/// Whether an import of this interface is answered by a stub.
pub(crate) fn is_stubbed(interface: &str, version: &str) -> bool {
    INTERFACES.contains(&interface) && version.starts_with("0.2.")
}

/// A resource of WASI of which the guest gets a handle and nothing else.
struct Stub;

/// The standard output streams' type.
struct Output;

/// The standard input stream's type.
struct Input;

/// `wasi:io/error.error`.
struct IoError;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    LastOperationFailed(Resource<IoError>),
    #[component(name = "closed")]
    Closed,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

/// Defines the stubs of one imported WASI interface, function by function as the component names them.
pub(crate) fn define(
    linker: &mut wasmtime::component::Linker<CallState>,
    engine: &Engine,
    component: &Component,
    import: &str,
) -> wasmtime::Result<()> {
    let ty = component.component_type();
    let Some(item) = ty.get_import(engine, import) else { return Ok(()) };
    let ComponentItem::ComponentInstance(instance) = item.ty else { return Ok(()) };
    let interface = import.split('@').next().unwrap_or(import);
    let mut target = linker.instance(import)?;
    for (name, export) in instance.exports(engine) {
        match export.ty {
            ComponentItem::Resource(_) => define_resource(&mut target, name)?,
            ComponentItem::ComponentFunc(_) => define_function(&mut target, interface, name)?,
            _ => {}
        }
    }
    Ok(())
}

fn define_resource(target: &mut LinkerInstance<CallState>, name: &str) -> wasmtime::Result<()> {
    let ty = match name {
        "output-stream" => ResourceType::host::<Output>(),
        "input-stream" => ResourceType::host::<Input>(),
        "error" => ResourceType::host::<IoError>(),
        _ => ResourceType::host::<Stub>(),
    };
    target.resource(name, ty, |_, _| Ok(()))
}

fn define_function(
    target: &mut LinkerInstance<CallState>,
    interface: &str,
    name: &str,
) -> wasmtime::Result<()> {
    match interface {
        "wasi:cli/environment" => environment(target, interface, name),
        "wasi:cli/stdin" | "wasi:cli/stdout" | "wasi:cli/stderr" => {
            standard(target, interface, name)
        }
        "wasi:cli/exit" => exit(target, interface, name),
        "wasi:cli/terminal-stdin" | "wasi:cli/terminal-stdout" | "wasi:cli/terminal-stderr" => {
            target.func_wrap(name, |_, ()| Ok((None::<Resource<Stub>>,)))
        }
        "wasi:clocks/wall-clock" | "wasi:clocks/monotonic-clock" => clock(target, interface, name),
        "wasi:filesystem/preopens" => {
            target.func_wrap(name, |_, ()| Ok((Vec::<(Resource<Stub>, String)>::new(),)))
        }
        "wasi:io/streams" => streams(target, interface, name),
        "wasi:random/random" | "wasi:random/insecure" | "wasi:random/insecure-seed" => {
            random(target, interface, name)
        }
        _ => refuse(target, interface, name),
    }
}

fn refuse(
    target: &mut LinkerInstance<CallState>,
    interface: &str,
    name: &str,
) -> wasmtime::Result<()> {
    let full = format!("{interface}#{name}");
    target.func_new(name, move |_, _, _, _| bail!("`{full}` is not available to connectors"))
}

fn environment(
    target: &mut LinkerInstance<CallState>,
    interface: &str,
    name: &str,
) -> wasmtime::Result<()> {
    match name {
        "get-environment" => target.func_wrap(name, |_, ()| Ok((Vec::<(String, String)>::new(),))),
        "get-arguments" => target.func_wrap(name, |_, ()| Ok((Vec::<String>::new(),))),
        "initial-cwd" => target.func_wrap(name, |_, ()| Ok((None::<String>,))),
        _ => refuse(target, interface, name),
    }
}

fn standard(
    target: &mut LinkerInstance<CallState>,
    interface: &str,
    name: &str,
) -> wasmtime::Result<()> {
    match name {
        "get-stdin" => target.func_wrap(name, |_, ()| Ok((Resource::<Input>::new_own(0),))),
        "get-stdout" => target.func_wrap(name, |_, ()| Ok((Resource::<Output>::new_own(1),))),
        "get-stderr" => target.func_wrap(name, |_, ()| Ok((Resource::<Output>::new_own(2),))),
        _ => refuse(target, interface, name),
    }
}

fn exit(
    target: &mut LinkerInstance<CallState>,
    interface: &str,
    name: &str,
) -> wasmtime::Result<()> {
    match name {
        "exit" => target.func_wrap(name, |_, (_,): (Result<(), ()>,)| -> wasmtime::Result<()> {
            bail!("the connector called exit")
        }),
        _ => refuse(target, interface, name),
    }
}

fn clock(
    target: &mut LinkerInstance<CallState>,
    interface: &str,
    name: &str,
) -> wasmtime::Result<()> {
    match (interface, name) {
        ("wasi:clocks/wall-clock", "now") => {
            target.func_wrap(name, |store: StoreContextMut<'_, CallState>, ()| {
                let now = store.data().wasi_time();
                Ok((Datetime {
                    seconds: now / 1_000,
                    nanoseconds: (now % 1_000) as u32 * 1_000_000,
                },))
            })
        }
        ("wasi:clocks/wall-clock", "resolution") => {
            target.func_wrap(name, |_, ()| Ok((Datetime { seconds: 0, nanoseconds: 1_000_000 },)))
        }
        ("wasi:clocks/monotonic-clock", "now") => target.func_wrap(name, |_, ()| Ok((0u64,))),
        ("wasi:clocks/monotonic-clock", "resolution") => {
            target.func_wrap(name, |_, ()| Ok((1_000_000u64,)))
        }
        _ => refuse(target, interface, name),
    }
}

fn streams(
    target: &mut LinkerInstance<CallState>,
    interface: &str,
    name: &str,
) -> wasmtime::Result<()> {
    match name {
        "[method]output-stream.check-write" => target
            .func_wrap(name, |_, (_,): (Resource<Output>,)| {
                Ok((Ok::<u64, StreamError>(WRITE_PERMIT),))
            }),
        "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush" => target
            .func_wrap(name, |mut store: StoreContextMut<'_, CallState>, params| {
                let (_, bytes): (Resource<Output>, Vec<u8>) = params;
                store.data_mut().print(&bytes)?;
                Ok((Ok::<(), StreamError>(()),))
            }),
        "[method]output-stream.flush" | "[method]output-stream.blocking-flush" => {
            target.func_wrap(name, |_, (_,): (Resource<Output>,)| Ok((Ok::<(), StreamError>(()),)))
        }
        "[method]input-stream.read" | "[method]input-stream.blocking-read" => {
            target.func_wrap(name, |_, (_, _): (Resource<Input>, u64)| {
                Ok((Err::<Vec<u8>, StreamError>(StreamError::Closed),))
            })
        }
        _ => refuse(target, interface, name),
    }
}

fn random(
    target: &mut LinkerInstance<CallState>,
    interface: &str,
    name: &str,
) -> wasmtime::Result<()> {
    match name {
        "get-random-bytes" | "get-insecure-random-bytes" => {
            target.func_wrap(name, |mut store: StoreContextMut<'_, CallState>, (count,): (u64,)| {
                if count > MAX_RANDOM_BYTES {
                    bail!("more than {MAX_RANDOM_BYTES} random bytes at once");
                }
                let state = store.data_mut();
                Ok(((0..count).map(|_| state.random().to_le_bytes()[0]).collect::<Vec<u8>>(),))
            })
        }
        "get-random-u64" | "get-insecure-random-u64" => target
            .func_wrap(name, |mut store: StoreContextMut<'_, CallState>, ()| {
                Ok((store.data_mut().random(),))
            }),
        "insecure-seed" | "get-insecure-seed" => {
            target.func_wrap(name, |mut store: StoreContextMut<'_, CallState>, ()| {
                let state = store.data_mut();
                Ok(((state.random(), state.random()),))
            })
        }
        _ => refuse(target, interface, name),
    }
}
