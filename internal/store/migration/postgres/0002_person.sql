-- +goose Up
-- Secrets are kept as SHA-256 only: they are random and long, so that no salt is needed.
CREATE TABLE person (
  id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  name     TEXT COLLATE "C" NOT NULL,
  email    TEXT COLLATE "C" NOT NULL,
  business BOOLEAN NOT NULL,
  disabled BOOLEAN NOT NULL,
  created  TEXT COLLATE "C" NOT NULL
);

CREATE TABLE person_role (
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  role   TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (person, role)
);

CREATE TABLE identity (
  issuer  TEXT COLLATE "C" NOT NULL,
  subject TEXT COLLATE "C" NOT NULL,
  person  TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  PRIMARY KEY (issuer, subject)
);

CREATE TABLE session (
  hash    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  person  TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  how     TEXT COLLATE "C" NOT NULL,
  created TEXT COLLATE "C" NOT NULL,
  seen    TEXT COLLATE "C" NOT NULL,
  expires TEXT COLLATE "C" NOT NULL
);
CREATE INDEX session_by_person ON session (person);

CREATE TABLE token (
  id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  hash    TEXT COLLATE "C" NOT NULL UNIQUE,
  person  TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  name    TEXT COLLATE "C" NOT NULL,
  scopes  TEXT COLLATE "C" NOT NULL,
  created TEXT COLLATE "C" NOT NULL,
  expires TEXT COLLATE "C" NOT NULL,
  used    TEXT COLLATE "C" NOT NULL,
  revoked TEXT COLLATE "C" NOT NULL
);
CREATE INDEX token_by_person ON token (person);

CREATE TABLE start_link (
  hash    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  person  TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  created TEXT COLLATE "C" NOT NULL,
  expires TEXT COLLATE "C" NOT NULL,
  used    TEXT COLLATE "C" NOT NULL
);
