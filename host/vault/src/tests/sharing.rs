use std::collections::BTreeSet;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_open_a_fresh_directory_at_once_and_one_makes_the_key() {
    for _ in 0..5 {
        let directory = directory();
        let opening: Vec<_> =
            (0..8).map(|_| tokio::spawn(Vault::open(options(&directory)))).collect();
        let mut vaults = Vec::new();
        for vault in opening {
            vaults.push(vault.await.unwrap().unwrap());
        }
        assert_eq!(vaults.iter().filter(|vault| vault.made_keys()).count(), 1);
        let connection = stored(&vaults[0], CANARY).await;
        for vault in &vaults {
            assert_eq!(revealed(vault, &connection, "token").await.unwrap(), CANARY);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_vaults_write_and_rotate_on_one_directory_and_nothing_is_lost() {
    const EACH: usize = 40;
    let directory = directory();
    let vaults = [open(&directory).await, open(&directory).await];
    let writers = vaults.clone().map(|vault| {
        tokio::spawn(async move {
            let mut written = Vec::new();
            for index in 0..EACH {
                let first = stored(&vault, "old").await;
                let change = changing(vec![secret("token", &format!("value {index}"))]);
                let second = vault.replace(&first.id, 1, change).await.unwrap();
                let value = revealed(&vault, &second, "token").await.unwrap();
                assert_eq!(value, format!("value {index}"));
                written.push(second);
            }
            written
        })
    });
    let rotators = vaults.clone().map(|vault| {
        tokio::spawn(async move {
            for _ in 0..5 {
                vault.rotate_keys(|_| ()).await.unwrap();
            }
        })
    });
    let mut ids = BTreeSet::new();
    for writer in writers {
        for (index, connection) in writer.await.unwrap().iter().enumerate() {
            for vault in &vaults {
                let value = revealed(vault, connection, "token").await.unwrap();
                assert_eq!(value, format!("value {index}"));
            }
            ids.insert(connection.id.clone());
        }
    }
    for rotator in rotators {
        rotator.await.unwrap();
    }
    assert_eq!(ids.len(), 2 * EACH);
    let fresh = open(&directory).await;
    let listed = fresh.list(&Filter::default()).await.unwrap();
    assert_eq!(listed.iter().map(|connection| connection.id.clone()).collect::<BTreeSet<_>>(), ids);
    for connection in &listed {
        assert!(revealed(&fresh, connection, "token").await.unwrap().starts_with("value "));
    }
    assert_eq!(keys_in_use(directory.path()).await.len(), 1);
}

#[tokio::test]
async fn a_vault_with_an_old_ring_reads_and_writes_on_after_several_rotations() {
    let directory = directory();
    let (old, rotating) = (open(&directory).await, open(&directory).await);
    let first = stored(&old, CANARY).await;
    for _ in 0..3 {
        rotating.rotate_keys(|_| ()).await.unwrap();
    }
    assert_eq!(revealed(&old, &first, "token").await.unwrap(), CANARY);
    for _ in 0..3 {
        rotating.rotate_keys(|_| ()).await.unwrap();
    }
    let second = stored(&old, "second").await;
    let kept = old.replace(&first.id, 1, changing(vec![])).await.unwrap();
    assert_eq!(keys_in_use(directory.path()).await.len(), 1);
    for vault in [&old, &rotating, &open(&directory).await] {
        assert_eq!(revealed(vault, &kept, "token").await.unwrap(), CANARY);
        assert_eq!(revealed(vault, &second, "token").await.unwrap(), "second");
    }
}
