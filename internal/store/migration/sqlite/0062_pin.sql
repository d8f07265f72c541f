-- +goose Up
-- Names each row of a table whose key has two columns by one text, so that a leaf of the ledger can pin the row.
ALTER TABLE case_member ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || actor) VIRTUAL;
CREATE UNIQUE INDEX case_member_pin ON case_member (pin);
ALTER TABLE case_label ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || label) VIRTUAL;
CREATE UNIQUE INDEX case_label_pin ON case_label (pin);
ALTER TABLE case_relation ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || other) VIRTUAL;
CREATE UNIQUE INDEX case_relation_pin ON case_relation (pin);
ALTER TABLE case_finding ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || finding) VIRTUAL;
CREATE UNIQUE INDEX case_finding_pin ON case_finding (pin);
ALTER TABLE interest ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || actor) VIRTUAL;
CREATE UNIQUE INDEX interest_pin ON interest (pin);
ALTER TABLE decision_record ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (decision || '/' || CAST(version AS TEXT)) VIRTUAL;
CREATE UNIQUE INDEX decision_record_pin ON decision_record (pin);
ALTER TABLE demand_status ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (demand || '/' || CAST(n AS TEXT)) VIRTUAL;
CREATE UNIQUE INDEX demand_status_pin ON demand_status (pin);
