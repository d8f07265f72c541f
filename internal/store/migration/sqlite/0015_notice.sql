-- +goose Up
-- Notices. Nothing here tells who sent one: of a code only a slow hash is kept, of a form's
-- token a keyed one, of what came before a keyed mark. What is sealed lies in files of its own.
CREATE TABLE notice_key (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE notice_origin (
  id   TEXT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE
);

-- The words of a notice: what its leaf in the ledger pins. Only an erasure changes them.
CREATE TABLE notice_text (
  id   TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
);

CREATE TABLE notice (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL UNIQUE REFERENCES notice_text (id),
  token    TEXT NOT NULL UNIQUE,
  origin   TEXT NOT NULL REFERENCES notice_origin (id),
  leaf     TEXT NOT NULL,
  received TEXT NOT NULL,
  contact  TEXT NOT NULL,
  status   TEXT NOT NULL,
  story    TEXT NOT NULL,
  because  TEXT NOT NULL,
  bytes    BIGINT NOT NULL,
  erased   TEXT NOT NULL
);
CREATE INDEX notice_by_origin ON notice (origin);
CREATE INDEX notice_by_story ON notice (story);
CREATE INDEX notice_by_status ON notice (status, seq);

CREATE TABLE notice_file (
  notice  TEXT NOT NULL REFERENCES notice_text (id),
  n       INTEGER NOT NULL,
  sha256  TEXT NOT NULL,
  bytes   BIGINT NOT NULL,
  media   TEXT NOT NULL,
  working TEXT NOT NULL,
  note    TEXT NOT NULL,
  PRIMARY KEY (notice, n)
);

CREATE TABLE notice_mark (
  mark   TEXT NOT NULL,
  notice TEXT NOT NULL REFERENCES notice_text (id),
  kind   TEXT NOT NULL,
  PRIMARY KEY (mark, notice)
);
CREATE INDEX notice_mark_by_notice ON notice_mark (notice);

-- In which cases a notice lies. Who may not see a case does not learn of it from here.
CREATE TABLE notice_case (
  notice  TEXT NOT NULL REFERENCES notice_text (id),
  case_id TEXT NOT NULL,
  PRIMARY KEY (notice, case_id)
);

-- What was written to a sender. A leaf pins each; only an erasure changes it.
CREATE TABLE notice_reply (
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  notice TEXT NOT NULL REFERENCES notice_text (id),
  at     TEXT NOT NULL,
  actor  TEXT NOT NULL,
  body   TEXT NOT NULL
);
CREATE INDEX notice_reply_by_notice ON notice_reply (notice);

-- A request to hand something sealed out: asked for by one person, agreed to by another.
CREATE TABLE notice_unseal (
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  notice TEXT NOT NULL REFERENCES notice_text (id),
  what   TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked  TEXT NOT NULL,
  agreed TEXT NOT NULL,
  taken  TEXT NOT NULL
);
CREATE INDEX notice_unseal_by_notice ON notice_unseal (notice);

-- Whatever the desk does with a notice; a leaf pins each row.
CREATE TABLE notice_event (
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  notice TEXT NOT NULL REFERENCES notice_text (id),
  at     TEXT NOT NULL,
  actor  TEXT NOT NULL,
  kind   TEXT NOT NULL,
  what   TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX notice_event_by_notice ON notice_event (notice);

-- +goose StatementBegin
CREATE TRIGGER notice_event_no_update BEFORE UPDATE ON notice_event BEGIN
  SELECT RAISE(ABORT, 'notice_event is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER notice_event_no_delete BEFORE DELETE ON notice_event BEGIN
  SELECT RAISE(ABORT, 'notice_event is append-only');
END;
-- +goose StatementEnd
