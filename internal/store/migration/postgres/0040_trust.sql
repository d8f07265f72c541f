-- +goose Up
-- The newest access snapshot: servers that share this database take its version from here. One row.
CREATE TABLE access_head (
  name    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  digest  TEXT COLLATE "C" NOT NULL,
  at      TEXT COLLATE "C" NOT NULL
);
INSERT INTO access_head (name, version, digest, at) VALUES ('head', 0, '', '');

-- What one person asked for and a second person has to agree to. It is over when that is done.
CREATE TABLE second_hand (
  kind    TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  actor   TEXT COLLATE "C" NOT NULL,
  reason  TEXT COLLATE "C" NOT NULL,
  body    TEXT COLLATE "C" NOT NULL,
  at      TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (kind, subject)
);
