-- +goose Up
-- Secrets are kept as SHA-256 only: they are random and long, so that no salt is needed.
CREATE TABLE person (
  id       TEXT NOT NULL PRIMARY KEY,
  name     TEXT NOT NULL,
  email    TEXT NOT NULL,
  business BOOLEAN NOT NULL,
  disabled BOOLEAN NOT NULL,
  created  TEXT NOT NULL
);

CREATE TABLE person_role (
  person TEXT NOT NULL REFERENCES person (id),
  role   TEXT NOT NULL,
  PRIMARY KEY (person, role)
);

CREATE TABLE identity (
  issuer  TEXT NOT NULL,
  subject TEXT NOT NULL,
  person  TEXT NOT NULL REFERENCES person (id),
  PRIMARY KEY (issuer, subject)
);

CREATE TABLE session (
  hash    TEXT NOT NULL PRIMARY KEY,
  person  TEXT NOT NULL REFERENCES person (id),
  how     TEXT NOT NULL,
  created TEXT NOT NULL,
  seen    TEXT NOT NULL,
  expires TEXT NOT NULL
);
CREATE INDEX session_by_person ON session (person);

CREATE TABLE token (
  id      TEXT NOT NULL PRIMARY KEY,
  hash    TEXT NOT NULL UNIQUE,
  person  TEXT NOT NULL REFERENCES person (id),
  name    TEXT NOT NULL,
  scopes  TEXT NOT NULL,
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  used    TEXT NOT NULL,
  revoked TEXT NOT NULL
);
CREATE INDEX token_by_person ON token (person);

CREATE TABLE start_link (
  hash    TEXT NOT NULL PRIMARY KEY,
  person  TEXT NOT NULL REFERENCES person (id),
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  used    TEXT NOT NULL
);
