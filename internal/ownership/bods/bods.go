// Package bods reads the Beneficial Ownership Data Standard, versions 0.2, 0.3 and 0.4, as
// JSON array, single object or JSON Lines.
//
// Invariants: of several statements on one record the latest speaks (0.4), and a replaced
// statement is history (0.2, 0.3); an owner that is not named stays as an unknown owner,
// since that is an answer; of a natural person nothing but the disclosed name is kept; a
// reference that leads nowhere is a reject.
package bods

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Recognise reports whether text begins like BODS statements.
func Recognise(head []byte) bool {
	head = bytes.TrimSpace(head)
	if len(head) == 0 || head[0] != '[' && head[0] != '{' {
		return false
	}
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	old := has(`"statementID"`) && has(`"statementType"`) &&
		(has(`"ownershipOrControlStatement"`) || has(`"entityStatement"`) || has(`"personStatement"`))
	// recordDetails may stand beyond a cut head; the other four are all required (0.4, statement.json).
	now := has(`"statementId"`) && has(`"recordId"`) && has(`"recordType"`) && has(`"declarationSubject"`)
	return old || now
}

// A decoder reads the file twice: first what parties there are and which statements are the
// latest, then the relationships, whose parties may be described anywhere in the file.
type decoder struct {
	src    record.Source
	sink   ownership.Sink
	roster *ownership.Roster
	latest map[[2]uint64]version // record (0.4) or statement (0.2) → the one that speaks
	gone   map[[2]uint64]bool    // replaced statements
	stats  record.Stats
	old    int // statements that are history
	same   int // statements given twice
}

type version struct {
	date string
	seq  int
}

// Decode reads one file.
func Decode(ctx context.Context, src record.Source, sink ownership.Sink) (record.Stats, error) {
	d := &decoder{
		src: src, sink: sink, roster: ownership.NewRoster(),
		latest: map[[2]uint64]version{}, gone: map[[2]uint64]bool{},
	}
	defer d.roster.Close()
	if err := d.each(ctx, d.index); err != nil {
		return d.stats, fmt.Errorf("read %s: %w", src.Name, err)
	}
	if err := d.each(ctx, d.emit); err != nil {
		return d.stats, fmt.Errorf("read %s: %w", src.Name, err)
	}
	if d.old > 0 {
		d.stats.Notes = append(d.stats.Notes, fmt.Sprintf("%d earlier statements are replaced by later ones and not counted", d.old))
	}
	if d.same > 0 {
		d.stats.Notes = append(d.stats.Notes, fmt.Sprintf("%d statements are given more than once and counted once", d.same))
	}
	return d.stats, nil
}

func (d *decoder) each(ctx context.Context, do func(seq int, raw []byte, at string) error) error {
	r, err := d.src.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	in := ownership.NewElements(r)
	for seq := 0; ; seq++ {
		if seq%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		raw, at, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := do(seq, raw, at); err != nil {
			return err
		}
	}
}

func (d *decoder) reject(at, reason string) error {
	d.stats.Rejects++
	return d.sink.Reject(record.Reject{File: d.src.Name, At: at, Kind: "bods", Reason: reason})
}

// index is the first walk.
func (d *decoder) index(seq int, raw []byte, at string) error {
	d.stats.Rows++
	s, err := parse(raw)
	if err != nil {
		return d.reject(at, err.Error())
	}
	key := d.roster.Key(s.key)
	have, seen := d.latest[key]
	speaks := !seen
	switch {
	case !seen:
	case s.modern && s.date >= have.date && s.statement != "":
		speaks = true
		d.old++
	case s.modern:
		d.old++
	default:
		d.same++
	}
	if speaks {
		d.latest[key] = version{date: s.date, seq: seq}
	}
	for _, old := range s.Replaces {
		d.gone[d.roster.Key(old)] = true
		d.roster.Replace(old, s.key)
	}
	if s.kind == relationship || !speaks {
		return nil
	}
	return d.roster.Put(s.key, s.ref(d.scope(s)))
}

// scope is what a record key belongs to: the publisher's register, or this file.
func (d *decoder) scope(s *statement) string {
	if s.Publication.Publisher.Name != "" {
		return "bods:" + string(s.Publication.Publisher.Name)
	}
	return "bods:" + d.src.Name
}

// emit is the second walk.
func (d *decoder) emit(seq int, raw []byte, at string) error {
	s, err := parse(raw)
	if err != nil {
		return nil // rejected before
	}
	key := d.roster.Key(s.key)
	if d.latest[key].seq != seq {
		return nil
	}
	if d.gone[key] && !s.modern {
		d.old++
		return nil
	}
	switch s.kind {
	case entity:
		ref, _, err := d.roster.Get(s.key)
		if err != nil {
			return err
		}
		if ref.Name == "" && len(ref.Identifiers) == 0 {
			return nil // an unknown or anonymous entity is only somebody's owner
		}
		d.stats.Records++
		return d.sink.Party(ref)
	case relationship:
		return d.relationship(s, at)
	}
	return nil
}

func (d *decoder) relationship(s *statement, at string) error {
	owned, reason, err := d.end(s, s.Subject, "subject")
	if err != nil {
		return err
	}
	if owned.Zero() {
		return d.reject(at, reason)
	}
	owner, reason, err := d.end(s, s.Interested, "interestedParty")
	if err != nil {
		return err
	}
	if owner.Zero() {
		return d.reject(at, reason)
	}
	list, err := s.statements()
	if err != nil {
		return d.reject(at, err.Error())
	}
	for _, st := range list {
		st.Place = record.Place{Source: d.src.Index, At: at}
		st.Owner, st.Owned = owner, owned
		if owner.Name == "" {
			st.Reason = reason
		}
		if reason == noOwner {
			st.ShareKnown, st.Min, st.Max, st.Control = true, 0, 0, false
		}
		d.stats.Records++
		if err := d.sink.Statement(st); err != nil {
			return err
		}
	}
	return nil
}

// noOwner is the answer that nobody has to be named (0.4: unspecifiedReason).
const noOwner = "noBeneficialOwners"

// end resolves one end of a relationship. For a party that the source does not name the
// reason is the source's; for a zero party it says what is wrong.
func (d *decoder) end(s *statement, e end, field string) (party.Ref, string, error) {
	if e.id == "" {
		if e.reason == "" {
			return party.Ref{}, "the relationship has no " + field, nil
		}
		return party.Ref{LocalID: "unspecified/" + s.key, Scope: d.scope(s)}, e.reason, nil
	}
	ref, ok, err := d.roster.Get(e.id)
	if err != nil {
		return party.Ref{}, "", err
	}
	if !ok {
		return party.Ref{}, fmt.Sprintf("%s refers to %q, which this file does not describe", field, cut(e.id)), nil
	}
	if ref.Name == "" && e.reason == "" {
		return ref, "the party is known to exist and not named", nil
	}
	return ref, e.reason, nil
}

func cut(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

// parse reads one statement of any version into one shape.
func parse(raw []byte) (*statement, error) {
	var w wire
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, plain(err)
	}
	s := &statement{wire: w, date: string(w.Date)}
	if w.RecordType != "" || len(w.Details) > 0 {
		s.modern = true
		s.key, s.statement = string(w.RecordID), string(w.StatementID)
		switch w.RecordType {
		case "entity":
			s.kind = entity
		case "person":
			s.kind = person
		case "relationship":
			s.kind = relationship
		default:
			return nil, fmt.Errorf("recordType %q is not entity, person or relationship", cut(string(w.RecordType)))
		}
		if len(w.Details) == 0 {
			return nil, errors.New("the statement has no recordDetails")
		}
		if err := json.Unmarshal(w.Details, &s.wire.details); err != nil {
			return nil, fmt.Errorf("recordDetails: %w", plain(err))
		}
	} else {
		s.key, s.statement = string(w.OldID), string(w.OldID)
		switch w.StatementType {
		case "entityStatement":
			s.kind = entity
		case "personStatement":
			s.kind = person
		case "ownershipOrControlStatement":
			s.kind = relationship
		case "":
			return nil, errors.New("neither statementType (0.2, 0.3) nor recordType (0.4) is given")
		default:
			return nil, fmt.Errorf("statementType %q is unknown", cut(string(w.StatementType)))
		}
	}
	if s.key == "" {
		return nil, errors.New("the statement has no id (recordId or statementID)")
	}
	if _, err := record.ParseDate(s.date); err != nil {
		return nil, fmt.Errorf("statementDate: %w", err)
	}
	return s, nil
}

// plain says in words what a JSON error means.
func plain(err error) error {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%s is a %s, which is not allowed there", kind.Field, kind.Value)
	}
	return fmt.Errorf("not JSON: %w", err)
}
