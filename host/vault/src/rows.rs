//! Reading rows: connections as values, secrets as they are sealed.

use jackfield_host::failure::Timestamp;
use jackfield_host::secret::{SecretInfo, SecretText};
use serde::de::DeserializeOwned;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection};

use crate::keys::KeyId;
use crate::keys::seal::{Binding, Sealed};
use crate::vault::Keys;
use crate::{Connection, ConnectionState, Error, Filter, StoredSecretInfo};

/// What [`SealedRow`] is read from.
macro_rules! sealed_columns {
    () => {
        "SELECT c.id AS connection, c.owner, c.runtime, c.connector, c.method, c.settings, \
         c.generation, s.name, s.info, s.stored_at, s.generation AS secret_generation, s.key, \
         s.nonce, s.ciphertext "
    };
}

/// The connection of that id with its secrets' names; `None` when there is none.
pub(crate) async fn connection(
    database: &mut SqliteConnection,
    id: &str,
) -> Result<Option<Connection>, Error> {
    let row = sqlx::query("SELECT * FROM connection WHERE id = ?")
        .bind(id)
        .fetch_optional(&mut *database)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let secrets = sqlx::query(
        "SELECT connection, name, info, stored_at FROM secret WHERE connection = ? ORDER BY name",
    )
    .bind(id)
    .fetch_all(database)
    .await?;
    let mut connection = read_connection(&row)?;
    for secret in secrets {
        connection.secrets.push(read_info(&secret)?.1);
    }
    Ok(Some(connection))
}

/// The connection of that id, which must be there.
pub(crate) async fn existing(
    database: &mut SqliteConnection,
    id: &str,
) -> Result<Connection, Error> {
    let found = connection(database, id).await?;
    found.ok_or_else(|| Error::NotFound { id: id.to_owned() })
}

/// The connections that the filter lets through, oldest first.
pub(crate) async fn list(
    database: &mut SqliteConnection,
    filter: &Filter,
) -> Result<Vec<Connection>, Error> {
    let mut query = QueryBuilder::new("SELECT * FROM connection c");
    narrow(&mut query, filter).push(" ORDER BY c.created_at, c.id");
    let rows = query.build().fetch_all(&mut *database).await?;

    let mut query = QueryBuilder::new(
        "SELECT s.connection, s.name, s.info, s.stored_at FROM secret s \
         JOIN connection c ON c.id = s.connection",
    );
    narrow(&mut query, filter).push(" ORDER BY c.created_at, c.id, s.name");
    let secrets = query.build().fetch_all(database).await?;

    let mut connections = rows.iter().map(read_connection).collect::<Result<Vec<_>, _>>()?;
    // Both are in the order of the connections: one walk through both.
    let mut places = connections.iter_mut().peekable();
    for secret in &secrets {
        let (id, info) = read_info(secret)?;
        while places.next_if(|connection| connection.id != id).is_some() {}
        if let Some(connection) = places.peek_mut() {
            connection.secrets.push(info);
        }
    }
    Ok(connections)
}

fn narrow<'a>(
    query: &'a mut QueryBuilder<Sqlite>,
    filter: &Filter,
) -> &'a mut QueryBuilder<Sqlite> {
    let conditions = [
        (" AND c.owner = ", &filter.owner),
        (" AND c.runtime = ", &filter.runtime),
        (" AND c.connector = ", &filter.connector),
    ];
    query.push(" WHERE TRUE");
    for (condition, value) in conditions {
        if let Some(value) = value {
            query.push(condition).push_bind(value.clone());
        }
    }
    query
}

fn read_connection(row: &SqliteRow) -> Result<Connection, Error> {
    let id: String = row.try_get("id")?;
    let damaged = |column| Error::DamagedRow { connection: id.clone(), column };
    let checked_at: Option<i64> = row.try_get("checked_at")?;
    Ok(Connection {
        owner: row.try_get("owner")?,
        runtime: row.try_get("runtime")?,
        connector: row.try_get("connector")?,
        method: row.try_get("method")?,
        settings: parsed(row, "settings")?.ok_or_else(|| damaged("settings"))?,
        discovered: parsed(row, "discovered")?.ok_or_else(|| damaged("discovered"))?,
        state: ConnectionState::named(row.try_get("state")?).ok_or_else(|| damaged("state"))?,
        report: parsed(row, "report")?,
        failure: parsed(row, "failure")?,
        secrets: Vec::new(),
        generation: row.try_get::<i64, _>("generation")?.unsigned_abs(),
        created_at: time(row.try_get("created_at")?),
        updated_at: time(row.try_get("updated_at")?),
        checked_at: checked_at.map(time),
        id,
    })
}

/// The JSON of a column; `None` where it is NULL.
fn parsed<T: DeserializeOwned>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, Error> {
    let text: Option<&str> = row.try_get(column)?;
    let Some(text) = text else { return Ok(None) };
    match serde_json::from_str(text) {
        Ok(value) => Ok(Some(value)),
        Err(_) => Err(Error::DamagedRow { connection: row.try_get("id")?, column }),
    }
}

fn read_info(row: &SqliteRow) -> Result<(String, StoredSecretInfo), Error> {
    let id: String = row.try_get("connection")?;
    let info = StoredSecretInfo {
        name: row.try_get("name")?,
        info: secret_info(&id, row.try_get("info")?)?,
        stored_at: time(row.try_get("stored_at")?),
    };
    Ok((id, info))
}

fn secret_info(connection: &str, text: &str) -> Result<SecretInfo, Error> {
    serde_json::from_str(text)
        .map_err(|_| Error::DamagedRow { connection: connection.to_owned(), column: "secret.info" })
}

fn time(milliseconds: i64) -> Timestamp {
    Timestamp(u64::try_from(milliseconds).unwrap_or(0))
}

/// What of a connection its secrets are bound to.
pub(crate) struct SecretContext {
    pub(crate) connection: String,
    owner: String,
    runtime: String,
    connector: String,
    method: String,
    settings: String,
    pub(crate) generation: u64,
}

impl SecretContext {
    /// As the connection's row says at this moment.
    pub(crate) async fn of(database: &mut SqliteConnection, id: &str) -> Result<Self, Error> {
        let row = sqlx::query("SELECT *, id AS connection FROM connection WHERE id = ?")
            .bind(id)
            .fetch_optional(database)
            .await?;
        Self::read(&row.ok_or_else(|| Error::NotFound { id: id.to_owned() })?)
    }

    fn read(row: &SqliteRow) -> Result<Self, Error> {
        Ok(Self {
            connection: row.try_get("connection")?,
            owner: row.try_get("owner")?,
            runtime: row.try_get("runtime")?,
            connector: row.try_get("connector")?,
            method: row.try_get("method")?,
            settings: row.try_get("settings")?,
            generation: row.try_get::<i64, _>("generation")?.unsigned_abs(),
        })
    }

    /// The binding of the connection's secret of that name.
    pub(crate) fn binding<'a>(&'a self, secret: &'a str) -> Binding<'a> {
        Binding {
            owner: &self.owner,
            runtime: &self.runtime,
            connector: &self.connector,
            method: &self.method,
            settings: &self.settings,
            connection: &self.connection,
            secret,
            generation: self.generation,
        }
    }
}

/// A secret's row and what of its connection it is bound to.
pub(crate) struct SealedRow {
    pub(crate) place: SecretContext,
    name: String,
    info: String,
    stored_at: Timestamp,
    generation: u64,
    sealed: Sealed,
}

impl SealedRow {
    /// All secrets of a connection, in the order of their names.
    pub(crate) async fn of_connection(
        database: &mut SqliteConnection,
        id: &str,
    ) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query(concat!(
            sealed_columns!(),
            "FROM secret s JOIN connection c ON c.id = s.connection WHERE c.id = ? ORDER BY s.name"
        ))
        .bind(id)
        .fetch_all(database)
        .await?;
        rows.iter().map(Self::read).collect()
    }

    /// The connection's generation and its secret of that name, in one look; `None` when there is
    /// no such connection.
    pub(crate) async fn named(
        database: &SqlitePool,
        id: &str,
        name: &str,
    ) -> Result<Option<(u64, Option<Self>)>, Error> {
        let row = sqlx::query(concat!(
            sealed_columns!(),
            "FROM connection c LEFT JOIN secret s ON s.connection = c.id AND s.name = ?2 \
             WHERE c.id = ?1"
        ))
        .bind(id)
        .bind(name)
        .fetch_optional(database)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let generation = row.try_get::<i64, _>("generation")?.unsigned_abs();
        let is_there = row.try_get::<Option<&str>, _>("name")?.is_some();
        let secret = is_there.then(|| Self::read(&row)).transpose()?;
        Ok(Some((generation, secret)))
    }

    /// The next secrets after that one, in the order of connection and name, that are sealed with
    /// another key than `key`.
    pub(crate) async fn not_sealed_with(
        database: &mut SqliteConnection,
        key: &KeyId,
        after: &(String, String),
        limit: i64,
    ) -> Result<Vec<Self>, Error> {
        let rows = sqlx::query(concat!(
            sealed_columns!(),
            "FROM secret s JOIN connection c ON c.id = s.connection \
             WHERE s.key <> ?1 AND (s.connection, s.name) > (?2, ?3) \
             ORDER BY s.connection, s.name LIMIT ?4"
        ))
        .bind(key.as_str())
        .bind(&after.0)
        .bind(&after.1)
        .bind(limit)
        .fetch_all(database)
        .await?;
        rows.iter().map(Self::read).collect()
    }

    fn read(row: &SqliteRow) -> Result<Self, Error> {
        Ok(Self {
            place: SecretContext::read(row)?,
            name: row.try_get("name")?,
            info: row.try_get("info")?,
            stored_at: time(row.try_get("stored_at")?),
            generation: row.try_get::<i64, _>("secret_generation")?.unsigned_abs(),
            sealed: Sealed {
                key: KeyId::stored(row.try_get("key")?),
                nonce: row.try_get("nonce")?,
                ciphertext: row.try_get("ciphertext")?,
            },
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn key(&self) -> &KeyId {
        &self.sealed.key
    }

    pub(crate) fn nonce(&self) -> &[u8] {
        &self.sealed.nonce
    }

    pub(crate) fn stored_at(&self) -> Timestamp {
        self.stored_at
    }

    pub(crate) fn info(&self) -> Result<SecretInfo, Error> {
        let Self { place, name, stored_at, generation, .. } = self;
        let revision = format!("{}/{name}/{}/{generation}", place.connection, stored_at.0);
        let info = secret_info(&place.connection, &self.info)?;
        Ok(SecretInfo { revision: Some(revision), ..info })
    }

    /// The value; `None` when the ring does not hold the row's key.
    ///
    /// # Errors
    ///
    /// [`Error::Unsealable`], also when the row is of another generation than its connection.
    pub(crate) fn open(self, keys: &Keys) -> Option<Result<SecretText, Error>> {
        self.take(keys).2
    }

    /// What the secret is bound to, its name, and its value as [`SealedRow::open`] gives it.
    pub(crate) fn take(
        self,
        keys: &Keys,
    ) -> (SecretContext, String, Option<Result<SecretText, Error>>) {
        let binding = self.place.binding(&self.name);
        let opened = if self.generation == self.place.generation {
            keys.open(&binding, self.sealed)
        } else {
            Some(Err(binding.unsealable()))
        };
        (self.place, self.name, opened)
    }
}

/// That the connection is there and of that generation.
///
/// # Errors
///
/// [`Error::NotFound`], [`Error::Superseded`].
pub(crate) async fn expect_generation(
    database: &mut SqliteConnection,
    id: &str,
    expected: u64,
) -> Result<(), Error> {
    let found: Option<i64> = sqlx::query_scalar("SELECT generation FROM connection WHERE id = ?")
        .bind(id)
        .fetch_optional(database)
        .await?;
    match found.map(i64::unsigned_abs) {
        None => Err(Error::NotFound { id: id.to_owned() }),
        Some(found) if found == expected => Ok(()),
        Some(found) => Err(Error::Superseded { id: id.to_owned(), expected, found }),
    }
}
