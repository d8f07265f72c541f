// Package ftm reads who owns whom from FollowTheMoney entities (JSON Lines): Ownership as
// shares, Control and Directorship as control.
//
// Invariants: a link names its ends by id, and the entity may stand later in the file or in
// several fragments; of a natural person only the name is kept; a percentage is free text,
// and one that is not understood is an unknown share, never 0.
package ftm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

var link = regexp.MustCompile(`"schema"\s*:\s*"(Ownership|Control|Directorship)"`)

// Recognise reports whether text begins like FollowTheMoney lines among which links of
// ownership or control stand. Lines of entities alone are a list, or nothing.
func Recognise(head []byte) bool {
	head = bytes.TrimSpace(head)
	return len(head) > 0 && head[0] == '{' && bytes.Contains(head, []byte(`"properties"`)) && link.Match(head)
}

// scope is what entity ids are unique in: publishers put a prefix of their own before them.
const scope = "ftm"

type line struct {
	ID         string              `json:"id"`
	Schema     string              `json:"schema"`
	Properties map[string][]string `json:"properties"`
}

func (l *line) first(property string) string {
	for _, v := range l.Properties[property] {
		if v = strings.TrimSpace(v); v != "" {
			return v
		}
	}
	return ""
}

// ends are the properties of a link that hold owner and owned.
var ends = map[string][2]string{
	"Ownership":    {"owner", "asset"},
	"Control":      {"controller", "controlled"},
	"Directorship": {"director", "organization"},
}

// schemata that can own or be owned, and what they are.
var kinds = map[string]party.Kind{
	"LegalEntity": party.Unknown, "Organization": party.Organization, "Company": party.Organization,
	"PublicBody": party.PublicBody, "Person": party.Person, "Vessel": party.Vessel, "Airplane": party.Aircraft,
	"Asset": party.Unknown,
}

// schemes are the properties that hold a register's number.
var schemes = []struct{ property, scheme string }{
	{"leiCode", "LEI"}, {"dunsCode", "DUNS"}, {"uniqueEntityId", "UEI"}, {"vatCode", "VAT"}, {"innCode", "INN"},
	{"ogrnCode", "OGRN"}, {"uscCode", "USCC"}, {"swiftBic", "BIC"}, {"imoNumber", "IMO"}, {"wikidataId", "WIKIDATA"},
	{"registrationNumber", "REG-"}, {"idNumber", "ID-"}, {"taxNumber", "TAX-"}, // of the country, where it is known
}

func (l *line) ref(kind party.Kind) party.Ref {
	ref := party.Ref{Name: l.first("name"), LocalID: l.ID, Scope: scope, Kind: kind}
	if kind == party.Person {
		return ref
	}
	ref.Country = l.first("jurisdiction")
	for _, p := range []string{"mainCountry", "country"} {
		if ref.Country == "" {
			ref.Country = l.first(p)
		}
	}
	ref.Address = l.first("address")
	code := list.Country(ref.Country)
	for _, s := range schemes {
		scheme, open := strings.CutSuffix(s.scheme, "-")
		switch {
		case open && code == "":
			scheme = ""
		case open:
			scheme += "-" + code
		}
		for _, v := range l.Properties[s.property] {
			if v = strings.TrimSpace(v); v != "" {
				ref.Identifiers = append(ref.Identifiers, party.Identifier{Scheme: scheme, ID: v})
			}
		}
	}
	return ref
}

// A decoder reads the file twice: the parties, then the links between them.
type decoder struct {
	src    record.Source
	sink   ownership.Sink
	roster *ownership.Roster
	seen   map[[2]uint64]bool
	stats  record.Stats
	vague  int // percentages not understood
	other  int // entities of other schemata
}

// Decode reads one file.
func Decode(ctx context.Context, src record.Source, sink ownership.Sink) (record.Stats, error) {
	d := &decoder{src: src, sink: sink, roster: ownership.NewRoster(), seen: map[[2]uint64]bool{}}
	defer d.roster.Close()
	for _, walk := range []func(*line, string) error{d.index, d.emit} {
		if err := d.each(ctx, walk); err != nil {
			return d.stats, fmt.Errorf("read %s: %w", src.Name, err)
		}
	}
	if d.vague > 0 {
		d.stats.Notes = append(d.stats.Notes, fmt.Sprintf("%d percentages are not understood and taken as unknown",
			d.vague))
	}
	if d.other > 0 {
		d.stats.Notes = append(d.stats.Notes, fmt.Sprintf("%d entities are neither parties nor links of ownership "+
			"and not read", d.other))
	}
	return d.stats, nil
}

func (d *decoder) each(ctx context.Context, do func(*line, string) error) error {
	r, err := d.src.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	first := d.stats.Rows == 0
	in := ownership.NewElements(r)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		raw, at, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if first {
			d.stats.Rows++
		}
		var l line
		err = json.Unmarshal(raw, &l)
		switch {
		case err != nil && first:
			err = d.reject(at, "not an entity: "+err.Error())
		case (l.ID == "" || l.Schema == "") && first:
			err = d.reject(at, "the entity has no id or no schema")
		case err == nil && l.ID != "" && l.Schema != "":
			err = do(&l, at)
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
}

func (d *decoder) reject(at, reason string) error {
	d.stats.Rejects++
	return d.sink.Reject(record.Reject{File: d.src.Name, At: at, Kind: "ftm", Reason: reason})
}

func (d *decoder) index(l *line, _ string) error {
	kind, ok := kinds[l.Schema]
	if !ok {
		if _, ok := ends[l.Schema]; !ok {
			d.other++
		}
		return nil
	}
	ref := l.ref(kind)
	have, ok, err := d.roster.Get(l.ID)
	if err != nil {
		return err
	}
	if ok { // another fragment of the same entity
		ref = join(have, ref)
	}
	return d.roster.Put(l.ID, ref)
}

// join adds to one fragment what another says more.
func join(a, b party.Ref) party.Ref {
	for _, p := range []struct{ to, from *string }{
		{&a.Name, &b.Name}, {&a.Country, &b.Country}, {&a.Address, &b.Address},
		{(*string)(&a.Kind), (*string)(&b.Kind)},
	} {
		if *p.to == "" {
			*p.to = *p.from
		}
	}
	for _, id := range b.Identifiers {
		if !slices.Contains(a.Identifiers, id) {
			a.Identifiers = append(a.Identifiers, id)
		}
	}
	if a.Kind == party.Person || b.Kind == party.Person {
		return party.Ref{Name: a.Name, LocalID: a.LocalID, Scope: a.Scope, Kind: party.Person}
	}
	return a
}

func (d *decoder) emit(l *line, at string) error {
	if kind, ok := kinds[l.Schema]; ok {
		key := d.roster.Key(l.ID)
		if kind == party.Person || d.seen[key] {
			return nil
		}
		d.seen[key] = true
		ref, _, err := d.roster.Get(l.ID)
		if err != nil || ref.Name == "" || ref.Kind == party.Person {
			return err
		}
		d.stats.Records++
		return d.sink.Party(ref)
	}
	which, ok := ends[l.Schema]
	if !ok {
		return nil
	}
	owners, owned := l.Properties[which[0]], l.Properties[which[1]]
	if len(owners) == 0 || len(owned) == 0 {
		return d.reject(at, fmt.Sprintf("the %s %s has no %s or no %s", strings.ToLower(l.Schema), l.ID, which[0],
			which[1]))
	}
	st, err := d.statement(l, at)
	if err != nil {
		return d.reject(at, err.Error())
	}
	for _, a := range owners {
		for _, b := range owned {
			if err := d.link(st, which, a, b, at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *decoder) link(st ownership.Statement, which [2]string, owner, owned, at string) error {
	for i, to := range []*party.Ref{&st.Owner, &st.Owned} {
		id := []string{owner, owned}[i]
		ref, ok, err := d.roster.Get(id)
		if err != nil {
			return err
		}
		if !ok {
			return d.reject(at, fmt.Sprintf("%s refers to %q, which this file does not describe as a party", which[i],
				clip(id)))
		}
		*to = ref
	}
	d.stats.Records++
	return d.sink.Statement(st)
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}

func (d *decoder) statement(l *line, at string) (ownership.Statement, error) {
	st := ownership.Statement{Place: record.Place{Source: d.src.Index, At: at}, Max: 1, Kind: l.Schema}
	if l.Schema != "Ownership" {
		st.Control, st.Max = true, 0
	}
	for i, p := range l.Properties["percentage"] {
		if l.Schema != "Ownership" {
			break
		}
		share, ok := Percentage(p)
		switch {
		case !ok:
			d.vague++
			st.Min, st.Max, st.MinOpen, st.ShareKnown = 0, 1, false, false
		case i == 0:
			st.Min, st.Max, st.MinOpen, st.MaxOpen, st.ShareKnown = share.Min, share.Max, share.MinOpen, share.MaxOpen,
				true
			continue
		case st.ShareKnown: // two values that differ: the range that holds both
			if share.Min < st.Min {
				st.Min, st.MinOpen = share.Min, share.MinOpen
			}
			if share.Max > st.Max {
				st.Max, st.MaxOpen = share.Max, share.MaxOpen
			}
			continue
		}
		break
	}
	var err error
	if st.Since, err = bound(l.Properties["startDate"], false); err != nil {
		return st, fmt.Errorf("startDate: %w", err)
	}
	if st.Until, err = bound(l.Properties["endDate"], true); err != nil {
		return st, fmt.Errorf("endDate: %w", err)
	}
	switch strings.ToLower(l.first("status")) {
	case "inactive", "ceased", "former", "ended", "terminated":
		st.Ended = true
	}
	return st, nil
}

// bound returns the earliest or the latest of several dates.
func bound(values []string, latest bool) (record.Date, error) {
	var best record.Date
	for _, v := range values {
		d, err := record.ParseDate(v)
		if err != nil {
			return best, err
		}
		if d.Known() && (!best.Known() || d.Time.After(best.Time) == latest) {
			best = d
		}
	}
	return best, nil
}
