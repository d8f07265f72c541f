-- +goose Up
-- The seeds by which clearances are drawn for a second look, a month each; the hash of one is an event before it draws.
CREATE TABLE audit_seed (
  period TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  seed   TEXT COLLATE "C" NOT NULL,
  made   TEXT COLLATE "C" NOT NULL,
  shown  TEXT COLLATE "C" NOT NULL
);
