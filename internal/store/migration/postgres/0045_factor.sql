-- +goose Up
-- How somebody who spoke on a decision had signed in, in words; '' for voices of before.
ALTER TABLE voice ADD COLUMN sign_in TEXT COLLATE "C" NOT NULL DEFAULT '';

-- A second factor that the session was confirmed with, in words, and when; '' while it was not.
ALTER TABLE session ADD COLUMN factor TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN factor_at TEXT COLLATE "C" NOT NULL DEFAULT '';

-- Security keys (WebAuthn): the credential record as JSON. It holds public keys and no secret.
CREATE TABLE security_key (
  id      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  person  TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  name    TEXT COLLATE "C" NOT NULL,
  body    TEXT COLLATE "C" NOT NULL,
  created TEXT COLLATE "C" NOT NULL,
  used    TEXT COLLATE "C" NOT NULL
);
CREATE INDEX security_key_by_person ON security_key (person);

-- What was asked of a session's browser and is answered once: the challenge of a ceremony.
CREATE TABLE factor_flow (
  session TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  kind    TEXT COLLATE "C" NOT NULL,
  body    TEXT COLLATE "C" NOT NULL,
  expires TEXT COLLATE "C" NOT NULL
);
