package ledger

import "strings"

// The tables of the ledger. No column is NULL; times are UTC text of fixed width. Only
// position of ledger_leaf ever changes, once, to the index in the log: from -1, or from minus the time in milliseconds
// since 1970 before which the leaf is kept out of the log.
const schema = `
CREATE TABLE ledger_leaf (
  queued     $SERIAL,
  position   BIGINT NOT NULL,
  id         TEXT NOT NULL UNIQUE,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  source     TEXT NOT NULL,
  source_key TEXT NOT NULL,
  leaf       $BYTES NOT NULL
);
CREATE UNIQUE INDEX ledger_leaf_position ON ledger_leaf (position) WHERE position >= 0;
CREATE INDEX ledger_leaf_waiting ON ledger_leaf (queued) WHERE position < 0;
CREATE INDEX ledger_leaf_subject ON ledger_leaf (subject, kind);
CREATE INDEX ledger_leaf_source ON ledger_leaf (source, source_key) WHERE source <> '';

CREATE TABLE ledger_opening (
  id     TEXT NOT NULL,
  name   TEXT NOT NULL,
  salt   $BYTES NOT NULL,
  value  $BYTES NOT NULL,
  erased TEXT NOT NULL,
  PRIMARY KEY (id, name)
)$CLUSTERED;

CREATE TABLE ledger_node (
  level INTEGER NOT NULL,
  n     BIGINT NOT NULL,
  hash  $BYTES NOT NULL,
  PRIMARY KEY (level, n)
);

CREATE TABLE ledger_log (
  name       TEXT NOT NULL PRIMARY KEY,
  origin     TEXT NOT NULL,
  size       BIGINT NOT NULL,
  root       $BYTES NOT NULL,
  checkpoint TEXT NOT NULL,
  holder     TEXT NOT NULL,
  folder     TEXT NOT NULL,
  epoch      BIGINT NOT NULL,
  lease      BIGINT NOT NULL
);
`

// Dialects of Schema.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Schema is the text of the ledger's migration for a database.
func Schema(dialect string) string {
	serial, bytes, clustered := "INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB", " WITHOUT ROWID"
	if dialect == Postgres {
		serial, bytes, clustered = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTEA", ""
	}
	return strings.NewReplacer("$SERIAL", serial, "$BYTES", bytes, "$CLUSTERED", clustered).Replace(schema)
}
