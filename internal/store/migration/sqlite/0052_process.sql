-- +goose Up
-- Appeals, remedies and second looks at clearances; each change of one is an event.
CREATE TABLE process (
  id       TEXT NOT NULL PRIMARY KEY,
  case_id  TEXT NOT NULL REFERENCES case_file (id),
  decision TEXT NOT NULL,
  kind     TEXT NOT NULL,
  state    TEXT NOT NULL,
  at       TEXT NOT NULL,
  body     TEXT NOT NULL
);
CREATE INDEX process_by_case ON process (case_id, kind);
CREATE INDEX process_by_decision ON process (decision, kind);
