//! What the rooms must not know, read off their sources.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut left = vec![root().join(folder)];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push((path.clone(), fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

fn assert_absent(folder: &str, words: &[&str], but: &[&str]) {
    for (path, text) in sources(folder) {
        let exempt = but.iter().any(|ending| path.ends_with(ending));
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|_| !exempt) {
            let word = words.iter().find(|word| line.contains(*word));
            assert!(word.is_none(), "{}: {line}", path.display());
        }
    }
}

#[test]
fn only_the_bindings_name_generated_types() {
    let generated = ["jackfield::connector::", "exports::jackfield"];
    assert_absent("host/core/src", &generated, &["bindings.rs"]);
}

#[test]
fn the_policy_does_no_input_or_output() {
    let io = ["std::fs", "std::io", "tokio", "TcpStream", "UdpSocket", "ToSocketAddrs", "async fn"];
    assert_absent("host/core/src/egress/policy", &io, &[]);
    assert_absent("host/core/src/manifest", &io, &["schema.rs"]);
}

#[test]
fn what_leaves_the_host_needs_no_engine() {
    assert_absent("host/core/src/egress", &["wasmtime", "crate::sandbox", "crate::host"], &[]);
}

#[test]
fn the_core_knows_no_provider_network_or_database() {
    let manifest = fs::read_to_string(root().join("host/core/Cargo.toml")).unwrap();
    let own = manifest.split("[dev-dependencies]").next().unwrap();
    for name in ["reqwest", "hyper", "rustls", "sqlx", "axum", "jackfield-"] {
        let depends = own.lines().any(|line| line.starts_with(name));
        assert!(!depends, "{name}");
    }
    for (path, text) in sources("host/core/src") {
        let library = text.split("#[cfg(test)]").next().unwrap();
        let tests = path.to_string_lossy().contains("tests");
        for line in library.lines().filter(|line| !tests && !line.trim_start().starts_with("//")) {
            let named = ["github.com", "atlassian"].iter().any(|word| line.contains(word));
            assert!(!named, "{}: {line}", path.display());
        }
    }
}

/// A library serves pages as well as the program: its remedies have advice, which each words in its way.
#[test]
fn libraries_do_not_speak_in_the_programs_words() {
    const LIBRARIES: [&str; 8] = [
        "host/core",
        "host/transport",
        "host/vault",
        "host/connect",
        "guest/sdk",
        "guest/github",
        "guest/jira",
        "guest/bundle",
    ];
    let option = |line: &str| {
        let mut parts = line.split("--").skip(1);
        let names = parts.clone().zip(line.split("--"));
        let is_option = |(after, before): (&str, &str)| {
            !before.ends_with(|c: char| c.is_alphanumeric() || c == '-')
                && after.starts_with(|c: char| c.is_ascii_lowercase())
        };
        parts.next().is_some() && names.into_iter().any(is_option)
    };
    for library in LIBRARIES {
        for (path, text) in sources(&format!("{library}/src")) {
            let tests = path.to_string_lossy().contains("tests");
            let code = text.split("#[cfg(test)]").next().unwrap();
            for line in code.lines().filter(|line| !tests && !line.trim_start().starts_with("//")) {
                let command =
                    ["`jackfield ", "(-v)", "(-vv)"].iter().any(|word| line.contains(word));
                // How a library is built is its own matter.
                let word = (command || option(line)) && !line.contains("--features");
                assert!(!word, "{}: {line}", path.display());
            }
        }
    }
}

#[test]
fn secrets_cannot_be_printed_or_serialized() {
    let text = fs::read_to_string(root().join("host/core/src/secret.rs")).unwrap();
    let (before, _) = text.split_once("pub struct SecretText").unwrap();
    let derive = before.lines().rev().find(|line| line.starts_with("#[derive")).unwrap();
    assert_eq!(derive, "#[derive(Clone)]");
    for name in ["Debug", "Display", "Serialize"] {
        assert!(!text.contains(&format!("{name} for SecretText")), "{name}");
    }
}

#[test]
fn the_readme_names_every_room() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for parent in ["guest", "host"] {
        for entry in fs::read_dir(root().join(parent)).unwrap() {
            let name = entry.unwrap().file_name();
            let room = format!("`{parent}/{}`", name.to_string_lossy());
            assert!(readme.contains(&room), "{room}");
        }
    }
}
