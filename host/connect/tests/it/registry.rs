use std::fs;

use jackfield_connect::{ConnectorSource, ErrorClass, Registry};
use jackfield_host::scripted::ScriptedTransport;
use tempfile::TempDir;

use crate::support::{bundled, code, github, host};

fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    directory
}

fn files_only(directory: &TempDir) -> Registry {
    Registry::new(host(ScriptedTransport::new())).with_directory(directory.path())
}

#[tokio::test]
async fn a_file_is_found_by_the_id_in_its_manifest() {
    let directory = directory(&[("anything.wasm", github()), ("notes.txt", b"not looked at")]);
    let registry = files_only(&directory);
    assert_eq!(registry.connector("github").await.unwrap().manifest().id, "github");
    let installed = registry.installed().await.unwrap();
    assert_eq!(installed.len(), 1);
    assert_eq!(installed[0].source, ConnectorSource::File(directory.path().join("anything.wasm")));
}

#[tokio::test]
async fn a_broken_file_is_told_by_its_name_and_hides_no_other() {
    let directory =
        directory(&[("broken.wasm", b"\0asm\x0d\0\x01\0nonsense"), ("good.wasm", github())]);
    let registry = files_only(&directory);
    assert!(registry.connector("github").await.is_ok());
    let installed = registry.installed().await.unwrap();
    let outcomes: Vec<String> = installed.iter().map(|one| code(&one.connector)).collect();
    assert_eq!(outcomes, ["connector-refused", "ok"]);
    let error = registry.connector("broken").await.err().unwrap();
    assert!(error.to_string().contains("broken.wasm"), "{error}");
}

#[tokio::test]
async fn two_files_of_one_id_are_a_conflict_and_neither_is_used() {
    let directory = directory(&[("one.wasm", github()), ("two.wasm", github())]);
    let registry = files_only(&directory);
    let error = registry.connector("github").await.err().unwrap();
    assert_eq!(error.class(), ErrorClass::Usage);
    for name in ["one.wasm", "two.wasm"] {
        assert!(error.to_string().contains(name), "{error}");
    }
    for installed in registry.installed().await.unwrap() {
        assert_eq!(code(&installed.connector), "invalid-input");
    }
}

#[tokio::test]
async fn a_file_does_not_take_the_id_of_a_bundled_connector() {
    let directory = directory(&[("github.wasm", github())]);
    let registry = bundled(ScriptedTransport::new()).with_directory(directory.path());
    assert!(registry.connector("github").await.is_ok());
    let installed = registry.installed().await.unwrap();
    let outcomes: Vec<String> = installed.iter().map(|one| code(&one.connector)).collect();
    assert_eq!(outcomes, ["ok", "invalid-input"]);
}

#[tokio::test]
async fn a_bundled_connector_needs_no_look_into_the_directory() {
    let gone = tempfile::tempdir().unwrap().path().join("gone");
    let registry = bundled(ScriptedTransport::new()).with_directory(&gone);
    assert!(registry.connector("github").await.is_ok());
    let error = registry.connector("jira").await.err().unwrap();
    assert!(error.to_string().contains("gone"), "{error}");
}

#[tokio::test]
async fn files_that_are_no_components_are_refused_by_name() {
    let core_module: &[u8] = b"\0asm\x01\0\0\0";
    let directory =
        directory(&[("core.wasm", core_module), ("text.wasm", b"hello"), ("empty.wasm", b"")]);
    let registry = files_only(&directory);
    for name in ["core.wasm", "text.wasm", "empty.wasm"] {
        let path = directory.path().join(name);
        let error = registry.load_file(&path).await.err().unwrap();
        assert_eq!(error.class(), ErrorClass::Usage, "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    let absent = registry.load_file(&directory.path().join("absent.wasm")).await;
    assert_eq!(code(&absent), "invalid-input");
}

#[tokio::test]
async fn a_file_over_the_limit_is_refused_by_its_size() {
    let directory = directory(&[]);
    let path = directory.path().join("huge.wasm");
    let limit = jackfield_host::limits::MAX_COMPONENT_BYTES as u64;
    let file = fs::File::create(&path).unwrap();
    file.set_len(limit + 1).unwrap();
    let registry = files_only(&directory);
    let error = registry.load_file(&path).await.err().unwrap();
    assert!(error.to_string().contains(&(limit + 1).to_string()), "{error}");
    file.set_len(limit).unwrap();
    let error = registry.load_file(&path).await.err().unwrap();
    assert!(!error.to_string().contains("limit"), "{error}");
}
