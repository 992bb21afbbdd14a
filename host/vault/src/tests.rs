//! The vault as a whole, on real files. What single modules promise is tested beside them.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;

use serde_json::{Map, Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection as _};
use tempfile::TempDir;

use crate::*;

mod binding;
mod connections;
mod faults;
mod opening;
mod processes;
mod rotation;
mod sharing;

/// What no file, error or log may ever hold.
const CANARY: &str = "ghp_canary0123456789canary0123456789abcd";

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn options(directory: &TempDir) -> VaultOptions {
    VaultOptions::new(directory.path())
}

async fn open(directory: &TempDir) -> Vault {
    Vault::open(options(directory)).await.unwrap()
}

async fn refusal(options: VaultOptions) -> Error {
    match Vault::open(options).await {
        Ok(_) => panic!("the store was opened"),
        Err(error) => error,
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => panic!("not an object"),
    }
}

fn of(owner: &str) -> NewConnection {
    NewConnection {
        owner: owner.to_owned(),
        runtime: "main".to_owned(),
        connector: "github".to_owned(),
        method: "token".to_owned(),
        settings: object(json!({"api_url": "https://api.github.com"})),
        check: None,
    }
}

fn secret(name: &str, value: &str) -> NewSecret {
    let info = SecretInfo { kind: Some("classic".to_owned()), ..SecretInfo::default() };
    NewSecret { name: name.to_owned(), value: SecretText::new(value.to_owned()), info }
}

fn changing(secrets: Vec<NewSecret>) -> Replacement {
    Replacement { method: None, settings: None, secrets, others: OtherSecrets::Keep, check: None }
}

/// A connection of `ann` with a `token` of that value.
async fn stored(vault: &Vault, value: &str) -> Connection {
    vault.insert(of("ann"), vec![secret("token", value)]).await.unwrap()
}

async fn revealed(vault: &Vault, connection: &Connection, name: &str) -> Result<String, Error> {
    let value = vault.secrets(connection).open(name).await?;
    Ok(value.unwrap().expose_secret().to_owned())
}

/// A connection to the database behind the vault's back.
async fn raw(directory: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(directory.join("jackfield.db"));
    options.connect().await.unwrap()
}

async fn execute(directory: &Path, statement: &str) {
    let mut connection = raw(directory).await;
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn keys_in_use(directory: &Path) -> Vec<String> {
    let mut connection = raw(directory).await;
    let query = sqlx::query_scalar("SELECT DISTINCT key FROM secret ORDER BY key");
    query.fetch_all(&mut connection).await.unwrap()
}

fn ring_ids(path: &Path) -> Vec<String> {
    let ring: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let keys = ring["keys"].as_array().unwrap();
    keys.iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect()
}
