-- +goose Up
-- Names each row of these tables by one text, so that a leaf of the ledger can pin the row. Neither an issuer nor a kind
-- holds the character between the columns.
ALTER TABLE person_role ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (person || '/' || role) VIRTUAL;
CREATE UNIQUE INDEX person_role_pin ON person_role (pin);
ALTER TABLE identity ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (issuer || ' ' || subject) VIRTUAL;
CREATE UNIQUE INDEX identity_pin ON identity (pin);
ALTER TABLE second_hand ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (kind || '/' || subject) VIRTUAL;
CREATE UNIQUE INDEX second_hand_pin ON second_hand (pin);
ALTER TABLE evidence_item ADD COLUMN pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || sha256) VIRTUAL;
CREATE UNIQUE INDEX evidence_item_pin ON evidence_item (pin);
