use super::*;
use crate::rotation::{Step, Watch};

/// Enough for three batches.
const CONNECTIONS: usize = 150;

fn keys_file(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join("keys.json")
}

async fn filled(vault: &Vault, count: usize) -> Vec<Connection> {
    let mut connections = Vec::new();
    for index in 0..count {
        connections.push(stored(vault, &format!("{CANARY}{index}")).await);
    }
    connections
}

async fn all_open(vault: &Vault, connections: &[Connection]) {
    for (index, connection) in connections.iter().enumerate() {
        let value = revealed(vault, connection, "token").await.unwrap();
        assert_eq!(value, format!("{CANARY}{index}"));
    }
}

fn copy_of(original: &TempDir) -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let copy = directory();
    std::fs::set_permissions(copy.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    for name in ["jackfield.db", "keys.json"] {
        std::fs::copy(original.path().join(name), copy.path().join(name)).unwrap();
    }
    copy
}

/// Rotates up to the step of that number, from 0, and is stopped there; the steps it came to.
async fn stopped_at(vault: &Vault, stop: usize) -> (Vec<Step>, Result<Rotation, Error>) {
    let mut steps = Vec::new();
    let mut at = |step| {
        steps.push(step);
        if steps.len() > stop { Err(Error::damaged("stopped by the test")) } else { Ok(()) }
    };
    let outcome = vault.rotate_watched(Watch { progress: &mut |_| (), at: &mut at }).await;
    (steps, outcome)
}

#[tokio::test]
async fn a_rotation_seals_everything_anew_and_removes_the_old_key() {
    let directory = directory();
    let vault = open(&directory).await;
    let connections = filled(&vault, CONNECTIONS).await;
    let old = ring_ids(&keys_file(&directory));
    let mut seen = Vec::new();
    let rotation = vault.rotate_keys(|progress| seen.push(progress)).await.unwrap();

    assert_eq!(rotation.resealed, CONNECTIONS as u64);
    assert_eq!(rotation.removed.iter().map(KeyId::as_str).collect::<Vec<_>>(), old);
    assert_eq!((rotation.resumed, rotation.unreadable.len()), (false, 0));
    assert_eq!(ring_ids(&keys_file(&directory)), [rotation.key.as_str()]);
    assert_eq!(keys_in_use(directory.path()).await, [rotation.key.as_str()]);
    let total = CONNECTIONS as u64;
    let progress = |done| RotationProgress { done, total };
    assert_eq!(seen, [progress(0), progress(64), progress(128), progress(150)]);
    all_open(&vault, &connections).await;
    all_open(&open(&directory).await, &connections).await;
    let unchanged = vault.connection(&connections[0].id).await.unwrap().unwrap();
    assert_eq!(unchanged, connections[0]);
}

#[tokio::test]
async fn a_rotation_of_an_empty_store_changes_the_key() {
    let directory = directory();
    let vault = open(&directory).await;
    let before = ring_ids(&keys_file(&directory));
    let rotation = vault.rotate_keys(|_| ()).await.unwrap();
    assert_eq!((rotation.resealed, rotation.removed.len()), (0, 1));
    assert_ne!(ring_ids(&keys_file(&directory)), before);
    stored(&vault, CANARY).await;
}

#[tokio::test]
async fn a_rotation_that_is_stopped_at_any_step_loses_nothing_and_is_finished_by_the_next() {
    let complete = {
        let directory = directory();
        let vault = open(&directory).await;
        filled(&vault, CONNECTIONS).await;
        let (steps, outcome) = stopped_at(&vault, usize::MAX).await;
        outcome.unwrap();
        steps
    };
    use Step::{BatchSealed, KeyAdded, KeysForgotten, KeysRemoved, Locked, Switched};
    assert_eq!(
        complete,
        [
            Locked,
            KeyAdded,
            Switched,
            BatchSealed,
            BatchSealed,
            BatchSealed,
            KeysForgotten,
            KeysRemoved
        ]
    );

    let original = directory();
    let vault = open(&original).await;
    let stored_once = filled(&vault, CONNECTIONS).await;
    vault.close().await;
    for (stop, step) in complete.iter().enumerate() {
        let directory = copy_of(&original);
        let mut connections = stored_once.clone();
        // This one has the old ring in memory and goes on with it.
        let bystander = open(&directory).await;
        let old = ring_ids(&keys_file(&directory));
        let (steps, outcome) = stopped_at(&open(&directory).await, stop).await;
        assert!(outcome.is_err());
        assert_eq!(steps, complete[..=stop]);

        all_open(&open(&directory).await, &connections).await;
        all_open(&bystander, &connections).await;
        connections.push(stored(&bystander, &format!("{CANARY}{CONNECTIONS}")).await);
        let change = changing(vec![secret("second", "s")]);
        connections[3] = bystander.replace(&connections[3].id, 1, change).await.unwrap();
        all_open(&open(&directory).await, &connections).await;

        let rotation = open(&directory).await.rotate_keys(|_| ()).await.unwrap();
        assert_eq!(rotation.resumed, !matches!(step, Locked | KeysRemoved), "{step:?}");
        assert_eq!(ring_ids(&keys_file(&directory)), [rotation.key.as_str()], "{step:?}");
        assert_eq!(keys_in_use(directory.path()).await, [rotation.key.as_str()], "{step:?}");
        assert!(!old.contains(&rotation.key.as_str().to_owned()), "{step:?}");
        all_open(&bystander, &connections).await;
        all_open(&open(&directory).await, &connections).await;
    }
}

#[tokio::test]
async fn a_rotation_leaves_a_secret_that_does_not_open_and_keeps_its_key() {
    let directory = directory();
    let vault = open(&directory).await;
    let connections = filled(&vault, 3).await;
    let broken = &connections[1];
    let statement =
        format!("UPDATE secret SET ciphertext = zeroblob(40) WHERE connection = '{}'", broken.id);
    execute(directory.path(), &statement).await;
    let old = ring_ids(&keys_file(&directory)).remove(0);
    for _ in 0..2 {
        let rotation = vault.rotate_keys(|_| ()).await.unwrap();
        assert_eq!((rotation.resealed, rotation.resumed), (2, false));
        let name = SecretName { connection: broken.id.clone(), secret: "token".to_owned() };
        assert_eq!(rotation.unreadable, [name]);
        assert_eq!(ring_ids(&keys_file(&directory)), [rotation.key.as_str(), &old]);
    }
    assert!(matches!(revealed(&vault, broken, "token").await, Err(Error::Unsealable { .. })));
    let change = changing(vec![secret("token", "entered again")]);
    let mended = vault.replace(&broken.id, 1, change).await.unwrap();
    assert_eq!(revealed(&vault, &mended, "token").await.unwrap(), "entered again");
    let rotation = vault.rotate_keys(|_| ()).await.unwrap();
    assert!(rotation.removed.iter().any(|id| id.as_str() == old));
}

#[tokio::test]
async fn a_key_that_a_person_put_first_is_taken_by_the_next_rotation() {
    let directory = directory();
    let vault = open(&directory).await;
    let connections = filled(&vault, 2).await;
    let mut ring: Value =
        serde_json::from_slice(&std::fs::read(keys_file(&directory)).unwrap()).unwrap();
    let key = json!({"id": "mine", "key": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="});
    ring["keys"].as_array_mut().unwrap().push(key);
    ring["primary"] = "mine".into();
    std::fs::write(keys_file(&directory), ring.to_string()).unwrap();
    all_open(&open(&directory).await, &connections).await;
    let rotation = vault.rotate_keys(|_| ()).await.unwrap();
    assert_eq!((rotation.key.as_str(), rotation.resealed), ("mine", 2));
    assert_eq!(ring_ids(&keys_file(&directory)), ["mine"]);
    all_open(&vault, &connections).await;
}
