//! Makes the guests' bindings from the contract, and holds those that are kept against it.
//!
//! They are kept in the repository so that whoever builds a connector builds no generator first: it
//! would be most of that build. `JACKFIELD_BLESS=1 cargo test -p jackfield-bindings` writes them.

#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use wit_bindgen_core::wit_parser::{PackageId, Resolve};
use wit_bindgen_core::{Files, WorldGenerator as _};
use wit_bindgen_rust::Opts;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn generate(mut resolve: Resolve, package: PackageId, opts: Opts) -> String {
    let world = resolve.select_world(&[package], None).unwrap();
    let mut files = Files::default();
    opts.build().generate(&mut resolve, world, &mut files).unwrap();
    let (_, text) = files.iter().next().unwrap();
    String::from_utf8(text.to_vec()).unwrap()
}

fn assert_kept(file: &str, text: &str) {
    let path = root().join(file);
    if std::env::var_os("JACKFIELD_BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{file}: run the test once with JACKFIELD_BLESS=1, and commit the file");
}

#[test]
fn the_sdk_keeps_the_bindings_of_the_contract() {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(root().join("wit")).unwrap();
    let opts = Opts {
        format: true,
        additional_derive_attributes: vec!["PartialEq".to_owned(), "Eq".to_owned()],
        pub_export_macro: true,
        default_bindings_module: Some("jackfield_guest::bindings".to_owned()),
        ..Opts::default()
    };
    assert_kept("guest/sdk/src/bindings/generated.rs", &generate(resolve, package, opts));
}

#[test]
fn the_guest_with_an_import_of_its_own_keeps_its_bindings() {
    let mut resolve = Resolve::default();
    let contract = "
        package evil:net@0.1.0;
        interface raw { open: func(host: string, port: u16) -> u32; }
        world attack { import raw; }
    ";
    let package = resolve.push_str("evil.wit", contract).unwrap();
    let opts = Opts {
        format: true,
        runtime_path: Some("super::wit_bindgen::rt".to_owned()),
        type_section_suffix: Some("evil".to_owned()),
        ..Opts::default()
    };
    let file = "tests/hostile/examples/extra_import/generated.rs";
    assert_kept(file, &generate(resolve, package, opts));
}
