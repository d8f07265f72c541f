-- +goose Up
-- The seeds by which clearances are drawn for a second look, a month each; the hash of one is an event before it draws.
CREATE TABLE audit_seed (
  period TEXT NOT NULL PRIMARY KEY,
  seed   TEXT NOT NULL,
  made   TEXT NOT NULL,
  shown  TEXT NOT NULL
);
