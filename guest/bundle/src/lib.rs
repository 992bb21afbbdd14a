//! The connectors that come with Jackfield, as WebAssembly components: their bytes, built with this crate.
//!
//! ```
//! let github = jackfield_bundle::connector("github").unwrap();
//! assert!(github.starts_with(b"\0asm"));
//! ```

static CONNECTORS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/connectors.rs"));

#[cfg(feature = "hostile")]
static HOSTILE: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/hostile.rs"));

/// Id and component of every connector, by id.
pub fn connectors() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    CONNECTORS.iter().copied()
}

/// The component of the connector of that id.
pub fn connector(id: &str) -> Option<&'static [u8]> {
    find(CONNECTORS, id)
}

/// The component of the hostile guest of that name: its file's name in `tests/hostile/examples`.
#[cfg(feature = "hostile")]
pub fn hostile(name: &str) -> Option<&'static [u8]> {
    find(HOSTILE, name)
}

/// The names of all hostile guests, sorted.
#[cfg(feature = "hostile")]
pub fn hostile_names() -> impl Iterator<Item = &'static str> {
    HOSTILE.iter().map(|(name, _)| *name)
}

fn find(table: &[(&str, &'static [u8])], id: &str) -> Option<&'static [u8]> {
    table.iter().find(|(known, _)| *known == id).map(|(_, bytes)| *bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a component: the magic number, and layer 1 (component model, binary format).
    const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn every_connector_is_a_component() {
        for (id, bytes) in connectors() {
            assert!(bytes.starts_with(COMPONENT), "{id}");
            assert_eq!(connector(id), Some(bytes));
        }
        assert_eq!(connector("no-such-connector"), None);
    }

    #[test]
    fn no_path_of_the_machine_is_in_the_bytes() {
        let workspace = env!("CARGO_MANIFEST_DIR").trim_end_matches("guest/bundle");
        for (id, bytes) in connectors() {
            for part in [workspace, ".cargo/registry"] {
                assert!(!contains(bytes, part.as_bytes()), "{part} is in {id}");
            }
        }
    }

    #[test]
    fn connectors_import_the_contract_and_little_else() {
        for (id, bytes) in connectors() {
            for import in ["wasi:sockets", "wasi:http", "wasi:filesystem/preopens", "wasi:random"] {
                assert!(!contains(bytes, import.as_bytes()), "{import} is imported by {id}");
            }
        }
    }

    fn contains(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }
}
