use super::*;

/// Two connections of different owners, each with a `token` and an `other`.
async fn two(directory: &TempDir) -> (Vault, Connection, Connection) {
    let vault = open(directory).await;
    let secrets = || vec![secret("token", CANARY), secret("other", "o")];
    let ann = vault.insert(of("ann"), secrets()).await.unwrap();
    let bob = vault.insert(of("bob"), secrets()).await.unwrap();
    (vault, ann, bob)
}

#[tokio::test]
async fn an_altered_or_copied_row_does_not_open_and_is_left_as_it_is() {
    let copy = "UPDATE secret SET (key, nonce, ciphertext) = \
                (SELECT key, nonce, ciphertext FROM secret s WHERE s.connection = 'BOB' AND s.name = 'token') \
                WHERE connection = 'ANN' AND name = 'token'";
    let cases = [
        ("copied from another owner's connection", copy.to_owned()),
        ("copied from another secret", copy.replace("'BOB' AND s.name = 'token'", "'ANN' AND s.name = 'other'")),
        ("another owner", "UPDATE connection SET owner = 'eve' WHERE id = 'ANN'".to_owned()),
        ("another runtime", "UPDATE connection SET runtime = 'eve' WHERE id = 'ANN'".to_owned()),
        ("another connector", "UPDATE connection SET connector = 'eve' WHERE id = 'ANN'".to_owned()),
        ("another method", "UPDATE connection SET method = 'eve' WHERE id = 'ANN'".to_owned()),
        ("another origin", "UPDATE connection SET settings = '{\"api_url\":\"https://evil.example\"}' WHERE id = 'ANN'".to_owned()),
        ("another generation of the row", "UPDATE secret SET generation = 2 WHERE connection = 'ANN'".to_owned()),
        ("another nonce", "UPDATE secret SET nonce = zeroblob(24) WHERE connection = 'ANN'".to_owned()),
        ("a short nonce", "UPDATE secret SET nonce = zeroblob(3) WHERE connection = 'ANN'".to_owned()),
        ("no ciphertext", "UPDATE secret SET ciphertext = x'' WHERE connection = 'ANN'".to_owned()),
        ("one more byte", "UPDATE secret SET ciphertext = CAST(ciphertext || x'00' AS BLOB) WHERE connection = 'ANN'".to_owned()),
    ];
    for (name, statement) in cases {
        let directory = directory();
        let (vault, ann, bob) = two(&directory).await;
        let statement = statement.replace("ANN", &ann.id).replace("BOB", &bob.id);
        execute(directory.path(), &statement).await;
        let before = secret_rows(directory.path()).await;

        let error = revealed(&vault, &ann, "token").await.unwrap_err();
        let Error::Unsealable { connection, secret } = &error else { panic!("{name}: {error}") };
        assert_eq!((connection, secret.as_str()), (&ann.id, "token"), "{name}");
        assert!(error.to_string().contains(&ann.id) && !error.to_string().contains(CANARY));
        assert_eq!(revealed(&vault, &bob, "token").await.unwrap(), CANARY, "{name}");

        // A change that would keep the damaged secret is refused, whole.
        let change = changing(vec![secret_named("new")]);
        assert!(vault.replace(&ann.id, 1, change).await.is_err(), "{name}");
        assert_eq!(secret_rows(directory.path()).await, before, "{name}");
    }
}

fn secret_named(name: &str) -> NewSecret {
    secret(name, "v")
}

async fn secret_rows(directory: &Path) -> Vec<(String, String, Vec<u8>)> {
    let mut connection = raw(directory).await;
    sqlx::query_as("SELECT connection, name, ciphertext FROM secret ORDER BY connection, name")
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

#[tokio::test]
async fn swapped_names_open_neither() {
    let directory = directory();
    let (vault, ann, _) = two(&directory).await;
    let swap = "UPDATE secret SET name = 'x' WHERE connection = 'ANN' AND name = 'token'; \
                UPDATE secret SET name = 'token' WHERE connection = 'ANN' AND name = 'other'; \
                UPDATE secret SET name = 'other' WHERE connection = 'ANN' AND name = 'x'";
    execute(directory.path(), &swap.replace("ANN", &ann.id)).await;
    for name in ["token", "other"] {
        assert!(matches!(revealed(&vault, &ann, name).await, Err(Error::Unsealable { .. })));
    }
}

#[tokio::test]
async fn an_old_generations_secret_does_not_come_back() {
    let directory = directory();
    let vault = open(&directory).await;
    let old = stored(&vault, "leaked and revoked").await;
    execute(directory.path(), "CREATE TABLE hoard AS SELECT * FROM secret").await;
    let new = vault.replace(&old.id, 1, changing(vec![secret("token", "new")])).await.unwrap();
    for restore in [
        "DELETE FROM secret; INSERT INTO secret SELECT * FROM hoard",
        "UPDATE secret SET generation = 2",
    ] {
        execute(directory.path(), restore).await;
        let opened = revealed(&vault, &new, "token").await;
        assert!(matches!(opened, Err(Error::Unsealable { .. })), "{restore}");
    }
}

#[tokio::test]
async fn a_damaged_column_is_named() {
    let cases = [
        ("settings", "UPDATE connection SET settings = '{'"),
        ("settings", "UPDATE connection SET settings = '[]'"),
        ("discovered", "UPDATE connection SET discovered = 'null'"),
        ("state", "UPDATE connection SET state = 'Active'"),
        ("report", "UPDATE connection SET report = '{}'"),
        ("failure", "UPDATE connection SET failure = '1'"),
        ("secret.info", "UPDATE secret SET info = ''"),
    ];
    for (expected, statement) in cases {
        let directory = directory();
        let vault = open(&directory).await;
        let stored = stored(&vault, CANARY).await;
        execute(directory.path(), statement).await;
        for error in [
            vault.connection(&stored.id).await.unwrap_err(),
            vault.list(&Filter::default()).await.unwrap_err(),
        ] {
            let Error::DamagedRow { connection, column } = error else { panic!("{error}") };
            assert_eq!((connection, column), (stored.id.clone(), expected), "{statement}");
        }
    }
}
