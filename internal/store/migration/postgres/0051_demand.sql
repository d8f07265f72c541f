-- +goose Up
-- Answers to demands that people recorded, and how each demand came to stand. Nothing of it is changed or removed.
CREATE TABLE demand_answer (
  seq    BIGINT NOT NULL PRIMARY KEY,
  id     TEXT COLLATE "C" NOT NULL UNIQUE,
  demand TEXT COLLATE "C" NOT NULL,
  at     TEXT COLLATE "C" NOT NULL,
  actor  TEXT COLLATE "C" NOT NULL,
  body   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX demand_answer_by_demand ON demand_answer (demand, seq);

CREATE TABLE demand_status (
  demand TEXT COLLATE "C" NOT NULL,
  n      BIGINT NOT NULL,
  at     TEXT COLLATE "C" NOT NULL,
  day    TEXT COLLATE "C" NOT NULL,
  status TEXT COLLATE "C" NOT NULL,
  due    TEXT COLLATE "C" NOT NULL,
  words  TEXT COLLATE "C" NOT NULL,
  run    TEXT COLLATE "C" NOT NULL,
  event  BIGINT NOT NULL,
  PRIMARY KEY (demand, n)
);
CREATE INDEX event_by_subject ON event (subject, kind, seq);
CREATE TRIGGER demand_answer_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON demand_answer FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER demand_status_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON demand_status FOR EACH STATEMENT EXECUTE FUNCTION append_only();
