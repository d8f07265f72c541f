-- +goose Up
-- The newest access snapshot: servers that share this database take its version from here. One row.
CREATE TABLE access_head (
  name    TEXT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  digest  TEXT NOT NULL,
  at      TEXT NOT NULL
);
INSERT INTO access_head (name, version, digest, at) VALUES ('head', 0, '', '');

-- What one person asked for and a second person has to agree to. It is over when that is done.
CREATE TABLE second_hand (
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  actor   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  body    TEXT NOT NULL,
  at      TEXT NOT NULL,
  PRIMARY KEY (kind, subject)
);
