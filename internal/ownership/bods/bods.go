// Package bods reads the Beneficial Ownership Data Standard, versions 0.2, 0.3 and 0.4, as
// JSON array, single object, JSON Lines, or the tables of its CSV and Parquet editions.
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
	"os"
	"strings"

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

// A decoder reads the files twice: first what parties there are and which statements are the
// latest, then the relationships, whose parties may be described anywhere in them.
type decoder struct {
	srcs   []record.Source
	sink   ownership.Sink
	roster *ownership.Roster
	latest map[[2]uint64]version // record (0.4) or statement (0.2) → the one that speaks
	gone   map[[2]uint64]bool    // replaced statements
	unsure map[[2]uint64]bool    // ids that records of several publishers have
	spelt  map[string]string     // publisher in lower case → scope of its records
	flat   map[int]*flatTable    // tables of the CSV and Parquet editions, by the index of their source
	file   int                   // the one that is being read, an index of srcs
	of     []counts
}

// counts are what is said of one file.
type counts struct {
	stats  record.Stats
	old    int // statements that are history
	same   int // statements given twice
	closed int // entities and persons whose record is closed
	over   int // closed relationships that repeat neither subject nor interested party
}

// A version says which statement on a record speaks: the latest by its date, then by the
// date of its publication; a closing one before others of that day, and of one file the
// later. The order in which files are given plays no part.
type version struct {
	date, published string
	closed          bool
	id              string // of the statement
	file, seq       int
}

func (v version) after(w version) bool {
	switch {
	case v.date != w.date:
		return v.date > w.date
	case v.published != w.published:
		return v.published > w.published
	case v.closed != w.closed:
		return v.closed
	case v.file == w.file:
		return v.seq > w.seq
	}
	return v.id > w.id
}

// Decode reads one file.
func Decode(ctx context.Context, src record.Source, sink ownership.Sink) (record.Stats, error) {
	all, err := DecodeAll(ctx, []record.Source{src}, sink)
	st := all[src.Index]
	if err == nil && st.Failed != "" {
		err = errors.New(st.Failed)
	}
	return st, err
}

// DecodeAll reads files that belong together: parts of one publication, or its deliveries
// over time. References lead over all files of one publisher, and of all statements on a
// record the latest speaks. The stats are those of each file, by its index.
func DecodeAll(ctx context.Context, srcs []record.Source, sink ownership.Sink) (map[int]record.Stats, error) {
	d := &decoder{
		srcs: srcs, sink: sink, roster: ownership.NewRoster(), of: make([]counts, len(srcs)),
		latest: map[[2]uint64]version{}, gone: map[[2]uint64]bool{}, unsure: map[[2]uint64]bool{},
		spelt: map[string]string{}, flat: map[int]*flatTable{},
	}
	defer d.roster.Close()
	dir, err := os.MkdirTemp("", "plimsoll-statements-")
	if err != nil {
		return nil, fmt.Errorf("read statements: %w", err)
	}
	defer os.RemoveAll(dir)
	if srcs, err = d.flattened(ctx, srcs, dir); err != nil {
		return nil, err
	}
	d.srcs = srcs
	for i, src := range srcs {
		if t := d.flat[src.Index]; t != nil {
			d.of[i] = t.count
		}
	}
	for _, walk := range []func(int, []byte, string) error{d.index, d.emit} {
		for d.file = range srcs {
			err := d.each(ctx, walk)
			if err != nil && ctx.Err() == nil && record.Damaged(err) {
				st := &d.of[d.file].stats
				st.Failed = record.CutNote(srcs[d.file].Name, st.Rows, err)
				continue
			}
			if err != nil {
				return d.stats(), fmt.Errorf("read %s: %w", srcs[d.file].Name, err)
			}
		}
	}
	return d.stats(), nil
}

func (d *decoder) stats() map[int]record.Stats {
	out := map[int]record.Stats{}
	for i, c := range d.of {
		if t := d.flat[d.srcs[i].Index]; t != nil && t.kind != flatMain && !t.failed {
			c.stats.Notes = append(c.stats.Notes, "a table of "+string(t.kind)+
				", read with the statements that its rows belong to")
		}
		for _, n := range []struct {
			n    int
			text string
		}{
			{c.old, "%d earlier statements are replaced by later ones and not counted"},
			{c.same, "%d statements are given more than once and counted once"},
			{c.closed, "%d records of entities or persons are closed: what they said last is kept"},
			{c.over, "%d closing statements on relationships name no parties: nothing is held there any more"},
		} {
			if n.n > 0 {
				c.stats.Notes = append(c.stats.Notes, fmt.Sprintf(n.text, n.n))
			}
		}
		out[d.srcs[i].Index] = c.stats
	}
	return out
}

func (d *decoder) each(ctx context.Context, do func(seq int, raw []byte, at string) error) error {
	t := d.flat[d.srcs[d.file].Index]
	if t != nil && (t.failed || t.kind != flatMain) {
		return nil
	}
	r, err := d.srcs[d.file].Open()
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
		if t != nil {
			at = t.place(raw)
		}
		if err := do(seq, raw, at); err != nil {
			return err
		}
	}
}

func (d *decoder) reject(at, reason string) error {
	d.of[d.file].stats.Rejects++
	return d.sink.Reject(record.Reject{File: d.srcs[d.file].Name, At: at, Kind: "bods", Reason: reason})
}

// index is the first walk.
func (d *decoder) index(seq int, raw []byte, at string) error {
	c := &d.of[d.file]
	c.stats.Rows++
	s, err := parse(raw)
	if err != nil {
		return d.reject(at, err.Error())
	}
	name := d.key(s, s.key)
	key := d.roster.Key(name)
	v := version{date: s.date, published: string(s.Publication.Date), closed: s.Status == "closed", id: s.statement,
		file: d.file, seq: seq}
	have, seen := d.latest[key]
	speaks := !seen
	switch {
	case !seen:
	case s.modern:
		speaks = v.after(have)
		c.old++
	default:
		c.same++
	}
	if speaks {
		d.latest[key] = v
	}
	for _, old := range s.Replaces {
		for _, was := range []string{d.key(s, old), d.inFile(old)} {
			d.gone[d.roster.Key(was)] = true
			d.roster.Replace(was, name)
		}
	}
	if s.kind == relationship {
		return nil
	}
	return d.keep(s, name, speaks)
}

// keep puts a party into the roster. A statement that closes a record need not repeat what
// was said before: what it leaves out stays as an earlier one has it.
func (d *decoder) keep(s *statement, name string, speaks bool) error {
	ref := s.ref(d.scope(s))
	have, known, err := d.roster.Get(name)
	switch {
	case err != nil:
		return err
	case !known:
		// References of the same file, and of files that name no publisher either.
		others := []string{d.inFile(s.key)}
		if s.publisher() == "" {
			others = append(others, s.key)
		}
		if whose := anyone(s.key); d.roster.Has(whose) {
			d.unsure[d.roster.Key(whose)] = true
		} else {
			d.roster.Replace(whose, name)
		}
		for _, other := range others {
			if other != name && !d.roster.Has(other) {
				d.roster.Replace(other, name)
			}
		}
	case speaks:
		ref = fill(ref, have)
	default:
		ref = fill(have, ref)
	}
	return d.roster.Put(name, ref)
}

// fill returns ref with what it lacks taken from other.
func fill(ref, other party.Ref) party.Ref {
	if ref.Name == "" {
		ref.Name = other.Name
	}
	if len(ref.Identifiers) == 0 {
		ref.Identifiers = other.Identifiers
	}
	if ref.Country == "" {
		ref.Country = other.Country
	}
	if ref.Address == "" {
		ref.Address = other.Address
	}
	if ref.Kind == party.Unknown {
		ref.Kind = other.Kind
	}
	return ref
}

// scope is what a record key belongs to: the publisher's register, however its name is written, or this file.
func (d *decoder) scope(s *statement) string {
	p := s.publisher()
	if p == "" {
		return "bods:" + d.srcs[d.file].Name
	}
	low := strings.ToLower(p)
	if d.spelt[low] == "" {
		d.spelt[low] = "bods:" + p
	}
	return d.spelt[low]
}

// key is the name under which a record is kept.
func (d *decoder) key(s *statement, id string) string { return d.scope(s) + "\x00" + id }

// inFile is the name of a record within the file that is being read, whoever published it.
func (d *decoder) inFile(id string) string { return fmt.Sprintf("file %d\x00%s", d.file, id) }

// anyone is the name of a record whoever published it.
func anyone(id string) string { return "any\x00" + id }

// party finds the record that a statement refers to: of the same publisher, else in the same
// file, else one of that id of which no file names the publisher. A statement without a publisher
// may also mean the only record of that id which any publisher has.
func (d *decoder) party(s *statement, id string) (party.Ref, bool, error) {
	names := []string{d.key(s, id), d.inFile(id), id}
	if whose := anyone(id); s.publisher() == "" && !d.unsure[d.roster.Key(whose)] {
		names = append(names, whose)
	}
	for _, name := range names {
		if ref, ok, err := d.roster.Get(name); ok || err != nil {
			return ref, ok, err
		}
	}
	return party.Ref{}, false, nil
}

// emit is the second walk.
func (d *decoder) emit(seq int, raw []byte, at string) error {
	c := &d.of[d.file]
	s, err := parse(raw)
	if err != nil {
		return nil // rejected before
	}
	name := d.key(s, s.key)
	key := d.roster.Key(name)
	if v := d.latest[key]; v.file != d.file || v.seq != seq {
		return nil
	}
	if !s.modern && (d.gone[key] || d.gone[d.roster.Key(d.inFile(s.key))]) {
		c.old++
		return nil
	}
	closed := s.Status == "closed"
	if closed && s.kind != relationship {
		c.closed++
	}
	switch s.kind {
	case entity:
		ref, _, err := d.roster.Get(name)
		if err != nil {
			return err
		}
		if ref.Name == "" && len(ref.Identifiers) == 0 {
			return nil // an unknown or anonymous entity is only somebody's owner
		}
		c.stats.Records++
		return d.sink.Party(ref)
	case relationship:
		if closed && (s.Subject == end{} || s.Interested == end{}) {
			c.over++
			return nil
		}
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
		st.Place = record.Place{Source: d.srcs[d.file].Index, At: at}
		st.Owner, st.Owned = owner, owned
		if owner.Name == "" {
			st.Reason = reason
		}
		if reason == noOwner {
			st.ShareKnown, st.Min, st.Max, st.Control = true, 0, 0, false
		}
		d.of[d.file].stats.Records++
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
	ref, ok, err := d.party(s, e.id)
	if err != nil {
		return party.Ref{}, "", err
	}
	if !ok {
		return party.Ref{}, fmt.Sprintf("%s refers to %q, which no file of the run describes", field, cut(e.id)), nil
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
