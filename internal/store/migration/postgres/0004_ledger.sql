-- +goose Up
-- The ledger's tables, as ledger.Schema gives them.

CREATE TABLE ledger_leaf (
  queued     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  position   BIGINT NOT NULL,
  id         TEXT NOT NULL UNIQUE,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  source     TEXT NOT NULL,
  source_key TEXT NOT NULL,
  leaf       BYTEA NOT NULL
);
CREATE UNIQUE INDEX ledger_leaf_position ON ledger_leaf (position) WHERE position >= 0;
CREATE INDEX ledger_leaf_waiting ON ledger_leaf (queued) WHERE position < 0;
CREATE INDEX ledger_leaf_subject ON ledger_leaf (subject, kind);
CREATE INDEX ledger_leaf_source ON ledger_leaf (source, source_key) WHERE source <> '';

CREATE TABLE ledger_opening (
  id     TEXT NOT NULL,
  name   TEXT NOT NULL,
  salt   BYTEA NOT NULL,
  value  BYTEA NOT NULL,
  erased TEXT NOT NULL,
  PRIMARY KEY (id, name)
);

CREATE TABLE ledger_node (
  level INTEGER NOT NULL,
  n     BIGINT NOT NULL,
  hash  BYTEA NOT NULL,
  PRIMARY KEY (level, n)
);

CREATE TABLE ledger_log (
  name       TEXT NOT NULL PRIMARY KEY,
  origin     TEXT NOT NULL,
  size       BIGINT NOT NULL,
  root       BYTEA NOT NULL,
  checkpoint TEXT NOT NULL,
  holder     TEXT NOT NULL,
  folder     TEXT NOT NULL,
  epoch      BIGINT NOT NULL,
  lease      BIGINT NOT NULL
);
