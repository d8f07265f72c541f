-- +goose Up
-- The custody log of every case, line by line as its file has it: a leaf pins each row.
CREATE TABLE custody_event (
  id      TEXT NOT NULL PRIMARY KEY,
  case_id TEXT NOT NULL,
  seq     BIGINT NOT NULL,
  at      TEXT NOT NULL,
  actor   TEXT NOT NULL,
  action  TEXT NOT NULL,
  item    TEXT NOT NULL,
  line    TEXT NOT NULL
);
CREATE UNIQUE INDEX custody_by_case ON custody_event (case_id, seq);
CREATE INDEX custody_by_item ON custody_event (item, case_id);

-- What the log says of each original at its end; it can be made again from the log.
CREATE TABLE evidence_item (
  case_id TEXT NOT NULL,
  sha256  TEXT NOT NULL,
  place   BIGINT NOT NULL,
  kept    BOOLEAN NOT NULL,
  body    TEXT NOT NULL,
  PRIMARY KEY (case_id, sha256)
);

-- Which originals a claim points at.
CREATE TABLE claim_evidence (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  claim    TEXT NOT NULL REFERENCES claim (id),
  sha256   TEXT NOT NULL,
  note     TEXT NOT NULL,
  by_actor TEXT NOT NULL,
  at       TEXT NOT NULL
);
CREATE INDEX evidence_by_claim ON claim_evidence (claim);

-- When all originals were read again, and what was wrong.
CREATE TABLE evidence_check (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  began     TEXT NOT NULL,
  ended     TEXT NOT NULL,
  originals BIGINT NOT NULL,
  bytes     BIGINT NOT NULL,
  problems  TEXT NOT NULL
);

-- +goose StatementBegin
CREATE TRIGGER custody_event_no_update BEFORE UPDATE ON custody_event BEGIN
  SELECT RAISE(ABORT, 'custody_event is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER custody_event_no_delete BEFORE DELETE ON custody_event BEGIN
  SELECT RAISE(ABORT, 'custody_event is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER claim_evidence_no_update BEFORE UPDATE ON claim_evidence BEGIN
  SELECT RAISE(ABORT, 'claim_evidence is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER claim_evidence_no_delete BEFORE DELETE ON claim_evidence BEGIN
  SELECT RAISE(ABORT, 'claim_evidence is append-only');
END;
-- +goose StatementEnd
