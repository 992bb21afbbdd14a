-- Times are milliseconds since the Unix epoch, UTC. JSON is text as serde_json writes it.

-- One row: the store itself.
CREATE TABLE store (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    -- Random. The salt of every key that is derived for this store.
    id TEXT NOT NULL,
    -- What secrets are sealed with; NULL until the first start is complete.
    current_key TEXT REFERENCES key (id)
) STRICT;

-- The master keys that secrets are, or are about to be, sealed with. Not the keys themselves.
CREATE TABLE key (
    id TEXT PRIMARY KEY,
    -- Derived from the key; tells it from another of the same id.
    check_value BLOB NOT NULL
) STRICT;

CREATE TABLE connection (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    runtime TEXT NOT NULL,
    connector TEXT NOT NULL,
    method TEXT NOT NULL,
    settings TEXT NOT NULL,
    discovered TEXT NOT NULL,
    state TEXT NOT NULL,
    report TEXT,
    failure TEXT,
    generation INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    checked_at INTEGER
) STRICT;

CREATE INDEX connection_by_owner ON connection (owner, runtime, connector);

CREATE TABLE secret (
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    info TEXT NOT NULL,
    stored_at INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    key TEXT NOT NULL REFERENCES key (id),
    nonce BLOB NOT NULL,
    ciphertext BLOB NOT NULL,
    PRIMARY KEY (connection, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX secret_by_key ON secret (key);
