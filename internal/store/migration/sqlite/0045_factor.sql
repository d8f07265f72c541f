-- +goose Up
-- How somebody who spoke on a decision had signed in, in words; '' for voices of before.
ALTER TABLE voice ADD COLUMN sign_in TEXT NOT NULL DEFAULT '';

-- A second factor that the session was confirmed with, in words, and when; '' while it was not.
ALTER TABLE session ADD COLUMN factor TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN factor_at TEXT NOT NULL DEFAULT '';

-- Security keys (WebAuthn): the credential record as JSON. It holds public keys and no secret.
CREATE TABLE security_key (
  id      TEXT NOT NULL PRIMARY KEY,
  person  TEXT NOT NULL REFERENCES person (id),
  name    TEXT NOT NULL,
  body    TEXT NOT NULL,
  created TEXT NOT NULL,
  used    TEXT NOT NULL
);
CREATE INDEX security_key_by_person ON security_key (person);

-- What was asked of a session's browser and is answered once: the challenge of a ceremony.
CREATE TABLE factor_flow (
  session TEXT NOT NULL PRIMARY KEY,
  kind    TEXT NOT NULL,
  body    TEXT NOT NULL,
  expires TEXT NOT NULL
);
