-- +goose Up
-- The key under which the words of a notice, and what was written to its sender, lie encrypted here; '' while they lie in
-- the clear, as earlier versions wrote them.
ALTER TABLE notice_text ADD COLUMN sealed TEXT NOT NULL DEFAULT '';
ALTER TABLE notice_reply ADD COLUMN sealed TEXT NOT NULL DEFAULT '';
