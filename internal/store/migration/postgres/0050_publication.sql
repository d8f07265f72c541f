-- +goose Up
-- What is made public. The page is what was proposed and, once released, what its leaf in the ledger holds.
CREATE TABLE publication (
  seq      BIGINT NOT NULL PRIMARY KEY,
  id       TEXT COLLATE "C" NOT NULL UNIQUE,
  kind     TEXT COLLATE "C" NOT NULL,
  subject  TEXT COLLATE "C" NOT NULL,
  case_id  TEXT COLLATE "C" NOT NULL,
  version  BIGINT NOT NULL,
  state    TEXT COLLATE "C" NOT NULL,
  proposer TEXT COLLATE "C" NOT NULL,
  proposed TEXT COLLATE "C" NOT NULL,
  second   TEXT COLLATE "C" NOT NULL,
  decided  TEXT COLLATE "C" NOT NULL,
  gone     TEXT COLLATE "C" NOT NULL,
  next     TEXT COLLATE "C" NOT NULL,
  body     TEXT COLLATE "C" NOT NULL,
  page     TEXT COLLATE "C" NOT NULL
);
CREATE INDEX publication_by_subject ON publication (kind, subject);
CREATE INDEX publication_by_state ON publication (state);

-- +goose StatementBegin
CREATE FUNCTION publication_page_stays() RETURNS trigger AS $$
BEGIN
  RAISE EXCEPTION 'the page of a publication does not change, and none goes';
END
$$ LANGUAGE plpgsql;
-- +goose StatementEnd
CREATE TRIGGER publication_page_no_update BEFORE UPDATE OF page ON publication FOR EACH ROW EXECUTE FUNCTION publication_page_stays();
CREATE TRIGGER publication_no_delete BEFORE DELETE ON publication FOR EACH ROW EXECUTE FUNCTION publication_page_stays();
