-- What the migrations make, for readers; a test writes it (UPDATE=1).
CREATE TABLE access_head (
  name    TEXT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL,
  digest  TEXT NOT NULL,
  at      TEXT NOT NULL
);
CREATE TABLE audit_seed (
  period TEXT NOT NULL PRIMARY KEY,
  seed   TEXT NOT NULL,
  made   TEXT NOT NULL,
  shown  TEXT NOT NULL
);
CREATE TABLE case_file (
  id         TEXT NOT NULL PRIMARY KEY,
  number     BIGINT NOT NULL UNIQUE,
  version    BIGINT NOT NULL,
  items      BIGINT NOT NULL,
  title      TEXT NOT NULL,
  party      TEXT NOT NULL,
  party_name TEXT NOT NULL,
  fold       TEXT NOT NULL,
  stage      TEXT NOT NULL,
  severity   TEXT NOT NULL,
  assignee   TEXT NOT NULL,
  restricted BOOLEAN NOT NULL,
  opened     TEXT NOT NULL,
  opened_by  TEXT NOT NULL,
  changed    TEXT NOT NULL,
  closed     TEXT NOT NULL,
  body       TEXT NOT NULL
);
CREATE INDEX case_by_assignee ON case_file (assignee, closed);
CREATE INDEX case_by_party ON case_file (party);
CREATE TABLE case_finding (
  case_id  TEXT NOT NULL REFERENCES case_file (id),
  finding  TEXT NOT NULL,
  run      TEXT NOT NULL,
  flag     TEXT NOT NULL,
  state    TEXT NOT NULL,
  severity TEXT NOT NULL,
  sentence TEXT NOT NULL,
  body     TEXT NOT NULL,
  added    TEXT NOT NULL,
  added_by TEXT NOT NULL,
  answer   TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || finding) VIRTUAL,
  PRIMARY KEY (case_id, finding)
);
CREATE INDEX case_finding_by_id ON case_finding (finding);
CREATE UNIQUE INDEX case_finding_pin ON case_finding (pin);
CREATE TABLE case_label (
  case_id TEXT NOT NULL REFERENCES case_file (id),
  label   TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || label) VIRTUAL,
  PRIMARY KEY (case_id, label)
);
CREATE UNIQUE INDEX case_label_pin ON case_label (pin);
CREATE INDEX label_by_name ON case_label (label);
CREATE TABLE case_member (
  case_id TEXT NOT NULL REFERENCES case_file (id),
  actor   TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || actor) VIRTUAL,
  PRIMARY KEY (case_id, actor)
);
CREATE UNIQUE INDEX case_member_pin ON case_member (pin);
CREATE INDEX member_by_actor ON case_member (actor);
CREATE TABLE case_relation (
  case_id TEXT NOT NULL REFERENCES case_file (id),
  other   TEXT NOT NULL REFERENCES case_file (id),
  kind    TEXT NOT NULL,
  note    TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || other) VIRTUAL,
  PRIMARY KEY (case_id, other)
);
CREATE UNIQUE INDEX case_relation_pin ON case_relation (pin);
CREATE TABLE claim (
  id       TEXT NOT NULL PRIMARY KEY,
  case_id  TEXT NOT NULL REFERENCES case_file (id),
  party    TEXT NOT NULL,
  status   TEXT NOT NULL,
  origin   TEXT NOT NULL,
  critical BOOLEAN NOT NULL,
  added    TEXT NOT NULL,
  added_by TEXT NOT NULL,
  body     TEXT NOT NULL
);
CREATE INDEX claim_by_case ON claim (case_id);
CREATE INDEX claim_by_party ON claim (party);
CREATE TRIGGER claim_evidence_no_delete BEFORE DELETE ON claim_evidence BEGIN
  SELECT RAISE(ABORT, 'claim_evidence is append-only');
END;
CREATE TRIGGER claim_evidence_no_update BEFORE UPDATE ON claim_evidence BEGIN
  SELECT RAISE(ABORT, 'claim_evidence is append-only');
END;
CREATE TABLE claim_evidence (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  claim    TEXT NOT NULL REFERENCES claim (id),
  sha256   TEXT NOT NULL,
  note     TEXT NOT NULL,
  by_actor TEXT NOT NULL,
  at       TEXT NOT NULL
);
CREATE INDEX evidence_by_claim ON claim_evidence (claim);
CREATE TRIGGER claim_grade_no_delete BEFORE DELETE ON claim_grade BEGIN
  SELECT RAISE(ABORT, 'claim_grade is append-only');
END;
CREATE TRIGGER claim_grade_no_update BEFORE UPDATE ON claim_grade BEGIN
  SELECT RAISE(ABORT, 'claim_grade is append-only');
END;
CREATE TABLE claim_grade (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  claim       TEXT NOT NULL REFERENCES claim (id),
  source      TEXT NOT NULL,
  information TEXT NOT NULL,
  reason      TEXT NOT NULL,
  by_actor    TEXT NOT NULL,
  at          TEXT NOT NULL
);
CREATE INDEX grade_by_claim ON claim_grade (claim);
CREATE TRIGGER claim_status_no_delete BEFORE DELETE ON claim_status BEGIN
  SELECT RAISE(ABORT, 'claim_status is append-only');
END;
CREATE TRIGGER claim_status_no_update BEFORE UPDATE ON claim_status BEGIN
  SELECT RAISE(ABORT, 'claim_status is append-only');
END;
CREATE TABLE claim_status (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  claim     TEXT NOT NULL REFERENCES claim (id),
  status    TEXT NOT NULL,
  wording   TEXT NOT NULL,
  reason    TEXT NOT NULL,
  authority TEXT NOT NULL,
  by_actor  TEXT NOT NULL,
  at        TEXT NOT NULL
);
CREATE INDEX status_by_claim ON claim_status (claim);
CREATE TABLE clock (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  case_id   TEXT NOT NULL REFERENCES case_file (id),
  kind      TEXT NOT NULL,
  subject   TEXT NOT NULL,
  days      BIGINT NOT NULL,
  started   TEXT NOT NULL,
  due       TEXT NOT NULL,
  paused    TEXT NOT NULL,
  why       TEXT NOT NULL,
  left_days BIGINT NOT NULL,
  reminded  TEXT NOT NULL,
  breached  TEXT NOT NULL,
  ended     TEXT NOT NULL
);
CREATE INDEX clock_by_case ON clock (case_id);
CREATE INDEX clock_running ON clock (ended, paused, due);
CREATE TABLE counter (
  name TEXT NOT NULL PRIMARY KEY,
  n    BIGINT NOT NULL
);
CREATE TRIGGER custody_event_no_delete BEFORE DELETE ON custody_event BEGIN
  SELECT RAISE(ABORT, 'custody_event is append-only');
END;
CREATE TRIGGER custody_event_no_update BEFORE UPDATE ON custody_event BEGIN
  SELECT RAISE(ABORT, 'custody_event is append-only');
END;
CREATE TABLE custody_event (
  id      TEXT NOT NULL PRIMARY KEY,
  case_id TEXT NOT NULL,
  seq     BIGINT NOT NULL,
  at      TEXT NOT NULL,
  actor   TEXT NOT NULL,
  action  TEXT NOT NULL,
  item    TEXT NOT NULL,
  line    TEXT NOT NULL
);
CREATE UNIQUE INDEX custody_by_case ON custody_event (case_id, seq);
CREATE INDEX custody_by_item ON custody_event (item, case_id);
CREATE TABLE decision (
  id       TEXT NOT NULL PRIMARY KEY,
  case_id  TEXT NOT NULL REFERENCES case_file (id),
  party    TEXT NOT NULL,
  service  TEXT NOT NULL,
  outcome  TEXT NOT NULL,
  state    TEXT NOT NULL,
  interim  BOOLEAN NOT NULL,
  critical BOOLEAN NOT NULL,
  proposer TEXT NOT NULL,
  proposed TEXT NOT NULL,
  decided  TEXT NOT NULL,
  ends     TEXT NOT NULL,
  body     TEXT NOT NULL
);
CREATE INDEX decision_by_case ON decision (case_id);
CREATE INDEX decision_by_party ON decision (party);
CREATE INDEX decision_by_state ON decision (state, ends);
CREATE TRIGGER decision_record_no_delete BEFORE DELETE ON decision_record BEGIN
  SELECT RAISE(ABORT, 'decision_record is append-only');
END;
CREATE TRIGGER decision_record_no_update BEFORE UPDATE ON decision_record BEGIN
  SELECT RAISE(ABORT, 'decision_record is append-only');
END;
CREATE TABLE decision_record (
  decision TEXT NOT NULL REFERENCES decision (id),
  version  BIGINT NOT NULL,
  at       TEXT NOT NULL,
  sha256   TEXT NOT NULL,
  previous TEXT NOT NULL,
  body     TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (decision || '/' || CAST(version AS TEXT)) VIRTUAL,
  PRIMARY KEY (decision, version)
);
CREATE UNIQUE INDEX decision_record_pin ON decision_record (pin);
CREATE TRIGGER demand_answer_no_delete BEFORE DELETE ON demand_answer BEGIN
  SELECT RAISE(ABORT, 'demand_answer is append-only');
END;
CREATE TRIGGER demand_answer_no_update BEFORE UPDATE ON demand_answer BEGIN
  SELECT RAISE(ABORT, 'demand_answer is append-only');
END;
CREATE TABLE demand_answer (
  seq    BIGINT NOT NULL PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,
  demand TEXT NOT NULL,
  at     TEXT NOT NULL,
  actor  TEXT NOT NULL,
  body   TEXT NOT NULL
);
CREATE INDEX demand_answer_by_demand ON demand_answer (demand, seq);
CREATE TRIGGER demand_status_no_delete BEFORE DELETE ON demand_status BEGIN
  SELECT RAISE(ABORT, 'demand_status is append-only');
END;
CREATE TRIGGER demand_status_no_update BEFORE UPDATE ON demand_status BEGIN
  SELECT RAISE(ABORT, 'demand_status is append-only');
END;
CREATE TABLE demand_status (
  demand TEXT NOT NULL,
  n      BIGINT NOT NULL,
  at     TEXT NOT NULL,
  day    TEXT NOT NULL,
  status TEXT NOT NULL,
  due    TEXT NOT NULL,
  words  TEXT NOT NULL,
  run    TEXT NOT NULL,
  event  BIGINT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (demand || '/' || CAST(n AS TEXT)) VIRTUAL,
  PRIMARY KEY (demand, n)
);
CREATE UNIQUE INDEX demand_status_pin ON demand_status (pin);
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN
  SELECT RAISE(ABORT, 'event is append-only');
END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN
  SELECT RAISE(ABORT, 'event is append-only');
END;
CREATE TABLE event (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  at      TEXT NOT NULL,
  actor   TEXT NOT NULL,
  kind    TEXT NOT NULL,
  case_id TEXT NOT NULL,
  subject TEXT NOT NULL,
  party   TEXT NOT NULL,
  text    TEXT NOT NULL,
  body    TEXT NOT NULL
);
CREATE INDEX event_by_case ON event (case_id, seq);
CREATE INDEX event_by_party ON event (party, seq);
CREATE INDEX event_by_subject ON event (subject, kind, seq);
CREATE TABLE evidence_check (
  seq       INTEGER PRIMARY KEY AUTOINCREMENT,
  began     TEXT NOT NULL,
  ended     TEXT NOT NULL,
  originals BIGINT NOT NULL,
  bytes     BIGINT NOT NULL,
  problems  TEXT NOT NULL
);
CREATE TABLE evidence_item (
  case_id TEXT NOT NULL,
  sha256  TEXT NOT NULL,
  place   BIGINT NOT NULL,
  kept    BOOLEAN NOT NULL,
  body    TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || sha256) VIRTUAL,
  PRIMARY KEY (case_id, sha256)
);
CREATE UNIQUE INDEX evidence_item_pin ON evidence_item (pin);
CREATE TABLE facet (
  run      BIGINT NOT NULL REFERENCES run (seq),
  flag     TEXT NOT NULL,
  state    TEXT NOT NULL,
  severity TEXT NOT NULL,
  kind     TEXT NOT NULL,
  pack     TEXT NOT NULL,
  n        BIGINT NOT NULL,
  PRIMARY KEY (run, flag, state, severity, kind, pack)
) WITHOUT ROWID;
CREATE TABLE factor_flow (
  session TEXT NOT NULL PRIMARY KEY,
  kind    TEXT NOT NULL,
  body    TEXT NOT NULL,
  expires TEXT NOT NULL
);
CREATE TABLE finding (
  run          BIGINT NOT NULL REFERENCES run (seq),
  place        BIGINT NOT NULL,
  id           TEXT NOT NULL,
  flag         TEXT NOT NULL,
  state        TEXT NOT NULL,
  severity     TEXT NOT NULL,
  confidence   DOUBLE PRECISION NOT NULL,
  kind         TEXT NOT NULL,
  subject      TEXT NOT NULL,
  subject_name TEXT NOT NULL,
  fold         TEXT NOT NULL,
  party        TEXT NOT NULL,
  pack         TEXT NOT NULL,
  digest       TEXT NOT NULL,
  PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE INDEX finding_by_flag ON finding (run, flag, place);
CREATE UNIQUE INDEX finding_by_id ON finding (id, run, digest);
CREATE INDEX finding_by_name ON finding (run, fold, place, flag, state, severity, kind, pack, party);
CREATE INDEX finding_by_party ON finding (party, run, place);
CREATE INDEX finding_by_severity ON finding (run, state, severity, place);
CREATE TABLE finding_text (
  run      BIGINT NOT NULL REFERENCES run (seq),
  place    BIGINT NOT NULL,
  title    TEXT NOT NULL,
  sentence TEXT NOT NULL,
  body     TEXT NOT NULL,
  PRIMARY KEY (run, place)
);
CREATE TABLE holiday (
  day  TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL
);
CREATE TABLE identity (
  issuer  TEXT NOT NULL,
  subject TEXT NOT NULL,
  person  TEXT NOT NULL REFERENCES person (id), pin TEXT NOT NULL GENERATED ALWAYS AS (issuer || ' ' || subject) VIRTUAL,
  PRIMARY KEY (issuer, subject)
);
CREATE UNIQUE INDEX identity_pin ON identity (pin);
CREATE TABLE interest (
  case_id  TEXT NOT NULL REFERENCES case_file (id),
  actor    TEXT NOT NULL,
  what     TEXT NOT NULL,
  paid     BOOLEAN NOT NULL,
  recused  BOOLEAN NOT NULL,
  at       TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (case_id || '/' || actor) VIRTUAL,
  PRIMARY KEY (case_id, actor)
);
CREATE UNIQUE INDEX interest_pin ON interest (pin);
CREATE TABLE letter (
  id       TEXT NOT NULL PRIMARY KEY,
  case_id  TEXT NOT NULL REFERENCES case_file (id),
  sent     TEXT NOT NULL,
  deadline TEXT NOT NULL,
  body     TEXT NOT NULL
);
CREATE INDEX letter_by_case ON letter (case_id);
CREATE TABLE notice (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL UNIQUE REFERENCES notice_text (id),
  token    TEXT NOT NULL UNIQUE,
  origin   TEXT NOT NULL REFERENCES notice_origin (id),
  leaf     TEXT NOT NULL,
  received TEXT NOT NULL,
  contact  TEXT NOT NULL,
  status   TEXT NOT NULL,
  story    TEXT NOT NULL,
  because  TEXT NOT NULL,
  bytes    BIGINT NOT NULL,
  erased   TEXT NOT NULL
);
CREATE INDEX notice_by_origin ON notice (origin);
CREATE INDEX notice_by_status ON notice (status, seq);
CREATE INDEX notice_by_story ON notice (story);
CREATE TABLE notice_case (
  notice  TEXT NOT NULL REFERENCES notice_text (id),
  case_id TEXT NOT NULL,
  PRIMARY KEY (notice, case_id)
);
CREATE TRIGGER notice_event_no_delete BEFORE DELETE ON notice_event BEGIN
  SELECT RAISE(ABORT, 'notice_event is append-only');
END;
CREATE TRIGGER notice_event_no_update BEFORE UPDATE ON notice_event BEGIN
  SELECT RAISE(ABORT, 'notice_event is append-only');
END;
CREATE TABLE notice_event (
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  notice TEXT NOT NULL REFERENCES notice_text (id),
  at     TEXT NOT NULL,
  actor  TEXT NOT NULL,
  kind   TEXT NOT NULL,
  what   TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX notice_event_by_notice ON notice_event (notice);
CREATE TABLE notice_file (
  notice  TEXT NOT NULL REFERENCES notice_text (id),
  n       INTEGER NOT NULL,
  sha256  TEXT NOT NULL,
  bytes   BIGINT NOT NULL,
  media   TEXT NOT NULL,
  working TEXT NOT NULL,
  note    TEXT NOT NULL,
  PRIMARY KEY (notice, n)
);
CREATE TABLE notice_key (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
CREATE TABLE notice_mark (
  mark   TEXT NOT NULL,
  notice TEXT NOT NULL REFERENCES notice_text (id),
  kind   TEXT NOT NULL,
  PRIMARY KEY (mark, notice)
);
CREATE INDEX notice_mark_by_notice ON notice_mark (notice);
CREATE TABLE notice_origin (
  id   TEXT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE
);
CREATE TABLE notice_reply (
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  notice TEXT NOT NULL REFERENCES notice_text (id),
  at     TEXT NOT NULL,
  actor  TEXT NOT NULL,
  body   TEXT NOT NULL
, sealed TEXT NOT NULL DEFAULT '');
CREATE INDEX notice_reply_by_notice ON notice_reply (notice);
CREATE TABLE notice_text (
  id   TEXT NOT NULL PRIMARY KEY,
  body TEXT NOT NULL
, sealed TEXT NOT NULL DEFAULT '');
CREATE TABLE notice_unseal (
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  notice TEXT NOT NULL REFERENCES notice_text (id),
  what   TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked  TEXT NOT NULL,
  agreed TEXT NOT NULL,
  taken  TEXT NOT NULL
);
CREATE INDEX notice_unseal_by_notice ON notice_unseal (notice);
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
  role   TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (person || '/' || role) VIRTUAL,
  PRIMARY KEY (person, role)
);
CREATE UNIQUE INDEX person_role_pin ON person_role (pin);
CREATE TABLE process (
  id       TEXT NOT NULL PRIMARY KEY,
  case_id  TEXT NOT NULL REFERENCES case_file (id),
  decision TEXT NOT NULL,
  kind     TEXT NOT NULL,
  state    TEXT NOT NULL,
  at       TEXT NOT NULL,
  body     TEXT NOT NULL
);
CREATE INDEX process_by_case ON process (case_id, kind);
CREATE INDEX process_by_decision ON process (decision, kind);
CREATE TRIGGER publication_no_delete BEFORE DELETE ON publication BEGIN
  SELECT RAISE(ABORT, 'a publication stays');
END;
CREATE TRIGGER publication_page_no_update BEFORE UPDATE OF page ON publication BEGIN
  SELECT RAISE(ABORT, 'the page of a publication does not change');
END;
CREATE TABLE publication (
  seq      BIGINT NOT NULL PRIMARY KEY,
  id       TEXT NOT NULL UNIQUE,
  kind     TEXT NOT NULL,
  subject  TEXT NOT NULL,
  case_id  TEXT NOT NULL,
  version  BIGINT NOT NULL,
  state    TEXT NOT NULL,
  proposer TEXT NOT NULL,
  proposed TEXT NOT NULL,
  second   TEXT NOT NULL,
  decided  TEXT NOT NULL,
  gone     TEXT NOT NULL,
  next     TEXT NOT NULL,
  body     TEXT NOT NULL,
  page     TEXT NOT NULL
);
CREATE INDEX publication_by_state ON publication (state);
CREATE INDEX publication_by_subject ON publication (kind, subject);
CREATE TRIGGER read_log_no_delete BEFORE DELETE ON read_log BEGIN
  SELECT RAISE(ABORT, 'read_log is append-only');
END;
CREATE TRIGGER read_log_no_update BEFORE UPDATE ON read_log BEGIN
  SELECT RAISE(ABORT, 'read_log is append-only');
END;
CREATE TABLE read_log (
  seq     INTEGER PRIMARY KEY AUTOINCREMENT,
  at      TEXT NOT NULL,
  actor   TEXT NOT NULL,
  case_id TEXT NOT NULL,
  what    TEXT NOT NULL
);
CREATE INDEX read_by_case ON read_log (case_id, seq);
CREATE TRIGGER reply_no_delete BEFORE DELETE ON reply BEGIN
  SELECT RAISE(ABORT, 'reply is append-only');
END;
CREATE TRIGGER reply_no_update BEFORE UPDATE ON reply BEGIN
  SELECT RAISE(ABORT, 'reply is append-only');
END;
CREATE TABLE reply (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  letter   TEXT NOT NULL REFERENCES letter (id),
  claim    TEXT NOT NULL REFERENCES claim (id),
  answer   TEXT NOT NULL,
  wording  TEXT NOT NULL,
  received TEXT NOT NULL,
  effect   TEXT NOT NULL,
  by_actor TEXT NOT NULL,
  at       TEXT NOT NULL
);
CREATE INDEX reply_by_claim ON reply (claim);
CREATE INDEX reply_by_letter ON reply (letter);
CREATE TABLE request (
  actor       TEXT NOT NULL,
  key         TEXT NOT NULL,
  move        TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  result      TEXT NOT NULL,
  at          TEXT NOT NULL,
  PRIMARY KEY (actor, key)
);
CREATE TABLE run (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  id       TEXT NOT NULL UNIQUE,
  name     TEXT NOT NULL,
  as_of    TEXT NOT NULL,
  tool     TEXT NOT NULL,
  imported TEXT NOT NULL,
  by_actor TEXT NOT NULL,
  findings BIGINT NOT NULL,
  raised   BIGINT NOT NULL,
  rejects  BIGINT NOT NULL,
  previous TEXT NOT NULL,
  added    BIGINT NOT NULL,
  gone     BIGINT NOT NULL,
  changed  BIGINT NOT NULL,
  summary  TEXT NOT NULL
);
CREATE TABLE run_party (
  run            BIGINT NOT NULL REFERENCES run (seq),
  place          BIGINT NOT NULL,
  party          TEXT NOT NULL,
  name           TEXT NOT NULL,
  fold           TEXT NOT NULL,
  severity       TEXT NOT NULL,
  raised         BIGINT NOT NULL,
  not_computable BIGINT NOT NULL,
  PRIMARY KEY (run, place)
) WITHOUT ROWID;
CREATE UNIQUE INDEX run_party_by_id ON run_party (party, run);
CREATE TABLE second_hand (
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  actor   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  body    TEXT NOT NULL,
  at      TEXT NOT NULL, pin TEXT NOT NULL GENERATED ALWAYS AS (kind || '/' || subject) VIRTUAL,
  PRIMARY KEY (kind, subject)
);
CREATE UNIQUE INDEX second_hand_pin ON second_hand (pin);
CREATE TABLE security_key (
  id      TEXT NOT NULL PRIMARY KEY,
  person  TEXT NOT NULL REFERENCES person (id),
  name    TEXT NOT NULL,
  body    TEXT NOT NULL,
  created TEXT NOT NULL,
  used    TEXT NOT NULL
);
CREATE INDEX security_key_by_person ON security_key (person);
CREATE TABLE session (
  hash    TEXT NOT NULL PRIMARY KEY,
  person  TEXT NOT NULL REFERENCES person (id),
  how     TEXT NOT NULL,
  created TEXT NOT NULL,
  seen    TEXT NOT NULL,
  expires TEXT NOT NULL
, factor TEXT NOT NULL DEFAULT '', factor_at TEXT NOT NULL DEFAULT '');
CREATE INDEX session_by_person ON session (person);
CREATE TABLE start_link (
  hash    TEXT NOT NULL PRIMARY KEY,
  person  TEXT NOT NULL REFERENCES person (id),
  created TEXT NOT NULL,
  expires TEXT NOT NULL,
  used    TEXT NOT NULL
);
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
CREATE TRIGGER voice_no_delete BEFORE DELETE ON voice BEGIN
  SELECT RAISE(ABORT, 'voice is append-only');
END;
CREATE TRIGGER voice_no_update BEFORE UPDATE ON voice BEGIN
  SELECT RAISE(ABORT, 'voice is append-only');
END;
CREATE TABLE voice (
  seq      INTEGER PRIMARY KEY AUTOINCREMENT,
  decision TEXT NOT NULL REFERENCES decision (id),
  actor    TEXT NOT NULL,
  kind     TEXT NOT NULL,
  reasons  TEXT NOT NULL,
  outside  BOOLEAN NOT NULL,
  at       TEXT NOT NULL
, sign_in TEXT NOT NULL DEFAULT '');
CREATE INDEX voice_by_decision ON voice (decision);
