-- +goose Up
-- A stored review. What a list shows lies apart from the whole line, so that lists stay narrow.
CREATE TABLE run (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL UNIQUE,
  name     TEXT NOT NULL,
  as_of    TEXT NOT NULL,
  tool     TEXT NOT NULL,
  imported TEXT NOT NULL,
  by_actor TEXT NOT NULL,
  findings BIGINT NOT NULL,
  raised   BIGINT NOT NULL,
  rejects  BIGINT NOT NULL,
  previous TEXT NOT NULL,
  added    BIGINT NOT NULL,
  gone     BIGINT NOT NULL,
  changed  BIGINT NOT NULL,
  summary  TEXT NOT NULL
);

-- place is the line in findings.jsonl, which has the worst first.
CREATE TABLE finding (
  run          BIGINT NOT NULL REFERENCES run (seq),
  place        BIGINT NOT NULL,
  id           TEXT NOT NULL,
  flag         TEXT NOT NULL,
  state        TEXT NOT NULL,
  severity     TEXT NOT NULL,
  confidence   DOUBLE PRECISION NOT NULL,
  kind         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  subject_name TEXT NOT NULL,
  fold         TEXT NOT NULL,
  party        TEXT NOT NULL,
  pack         TEXT NOT NULL,
  digest       TEXT NOT NULL,
  PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX finding_by_id ON finding (id, run, digest);
CREATE INDEX finding_by_flag ON finding (run, flag, place);
CREATE INDEX finding_by_severity ON finding (run, state, severity, place);
-- Covers what a search of names counts and shows.
CREATE INDEX finding_by_name ON finding (run, fold, place, flag, state, severity, kind, pack, party);
CREATE INDEX finding_by_party ON finding (party, run, place);

CREATE TABLE finding_text (
  run      BIGINT NOT NULL REFERENCES run (seq),
  place    BIGINT NOT NULL,
  title    TEXT NOT NULL,
  sentence TEXT NOT NULL,
  body     TEXT NOT NULL,
  PRIMARY KEY (run, place)
);

-- Counts for the facets: findings of a run never change, so these do not either.
CREATE TABLE facet (
  run      BIGINT NOT NULL REFERENCES run (seq),
  flag     TEXT NOT NULL,
  state    TEXT NOT NULL,
  severity TEXT NOT NULL,
  kind     TEXT NOT NULL,
  pack     TEXT NOT NULL,
  n        BIGINT NOT NULL,
  PRIMARY KEY (run, flag, state, severity, kind, pack)
) WITHOUT ROWID;

CREATE TABLE run_party (
  run            BIGINT NOT NULL REFERENCES run (seq),
  place          BIGINT NOT NULL,
  party          TEXT NOT NULL,
  name           TEXT NOT NULL,
  fold           TEXT NOT NULL,
  severity       TEXT NOT NULL,
  raised         BIGINT NOT NULL,
  not_computable BIGINT NOT NULL,
  PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX run_party_by_id ON run_party (party, run);
