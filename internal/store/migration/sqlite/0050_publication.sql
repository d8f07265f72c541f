-- +goose Up
-- What is made public. The page is what was proposed and, once released, what its leaf in the ledger holds.
CREATE TABLE publication (
  seq      BIGINT NOT NULL PRIMARY KEY,
  id       TEXT NOT NULL UNIQUE,
  kind     TEXT NOT NULL,
  subject  TEXT NOT NULL,
  case_id  TEXT NOT NULL,
  version  BIGINT NOT NULL,
  state    TEXT NOT NULL,
  proposer TEXT NOT NULL,
  proposed TEXT NOT NULL,
  second   TEXT NOT NULL,
  decided  TEXT NOT NULL,
  gone     TEXT NOT NULL,
  next     TEXT NOT NULL,
  body     TEXT NOT NULL,
  page     TEXT NOT NULL
);
CREATE INDEX publication_by_subject ON publication (kind, subject);
CREATE INDEX publication_by_state ON publication (state);

-- +goose StatementBegin
CREATE TRIGGER publication_page_no_update BEFORE UPDATE OF page ON publication BEGIN
  SELECT RAISE(ABORT, 'the page of a publication does not change');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER publication_no_delete BEFORE DELETE ON publication BEGIN
  SELECT RAISE(ABORT, 'a publication stays');
END;
-- +goose StatementEnd
