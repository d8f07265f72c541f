-- +goose Up
-- Appeals, remedies and second looks at clearances; each change of one is an event.
CREATE TABLE process (
  id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  case_id  TEXT COLLATE "C" NOT NULL REFERENCES case_file (id),
  decision TEXT COLLATE "C" NOT NULL,
  kind     TEXT COLLATE "C" NOT NULL,
  state    TEXT COLLATE "C" NOT NULL,
  at       TEXT COLLATE "C" NOT NULL,
  body     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX process_by_case ON process (case_id, kind);
CREATE INDEX process_by_decision ON process (decision, kind);
