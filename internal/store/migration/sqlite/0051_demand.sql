-- +goose Up
-- Answers to demands that people recorded, and how each demand came to stand. Nothing of it is changed or removed.
CREATE TABLE demand_answer (
  seq    BIGINT NOT NULL PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,
  demand TEXT NOT NULL,
  at     TEXT NOT NULL,
  actor  TEXT NOT NULL,
  body   TEXT NOT NULL
);
CREATE INDEX demand_answer_by_demand ON demand_answer (demand, seq);

CREATE TABLE demand_status (
  demand TEXT NOT NULL,
  n      BIGINT NOT NULL,
  at     TEXT NOT NULL,
  day    TEXT NOT NULL,
  status TEXT NOT NULL,
  due    TEXT NOT NULL,
  words  TEXT NOT NULL,
  run    TEXT NOT NULL,
  event  BIGINT NOT NULL,
  PRIMARY KEY (demand, n)
);
CREATE INDEX event_by_subject ON event (subject, kind, seq);

-- +goose StatementBegin
CREATE TRIGGER demand_answer_no_update BEFORE UPDATE ON demand_answer BEGIN
  SELECT RAISE(ABORT, 'demand_answer is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER demand_answer_no_delete BEFORE DELETE ON demand_answer BEGIN
  SELECT RAISE(ABORT, 'demand_answer is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER demand_status_no_update BEFORE UPDATE ON demand_status BEGIN
  SELECT RAISE(ABORT, 'demand_status is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER demand_status_no_delete BEFORE DELETE ON demand_status BEGIN
  SELECT RAISE(ABORT, 'demand_status is append-only');
END;
-- +goose StatementEnd
