// Package gleif reads the Legal Entity Identifier files of GLEIF: level 1, who is who
// (LEI-CDF), level 2, who owns whom (RR-CDF), and why a parent is not reported (reporting
// exceptions), each as CSV, XML, JSON or an answer of the API.
//
// Invariants: a relation runs from the child (StartNode) to the parent (EndNode); it is
// accounting consolidation, which means more than half and says no number; managing a fund
// is not owning it; the status of a registration (LAPSED …) says nothing about the firm; a
// parent that is withheld is an owner who is not named, and never nobody.
package gleif

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Recognise reports whether text begins like one of the files.
func Recognise(head []byte) bool { return kindOf(head) != none }

type kind uint8

const (
	none kind = iota
	csvParties
	csvRelations
	xmlParties
	xmlRelations
	jsonParties
	jsonRelations
	csvExceptions
	xmlExceptions
	jsonExceptions
	apiAnswers
)

func kindOf(head []byte) kind {
	head = bytes.TrimSpace(head)
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	switch {
	case len(head) == 0:
		return none
	case head[0] == '<':
		switch {
		case has("RelationshipData") && has("http://www.gleif.org/data/schema/rr/"):
			return xmlRelations
		case has("LEIData") && has("http://www.gleif.org/data/schema/leidata/"):
			return xmlParties
		case has("ReportingExceptionData") && has("http://www.gleif.org/data/schema/repex/"):
			return xmlExceptions
		}
		return none
	case head[0] == '{' || head[0] == '[':
		switch {
		case isAnswer(head):
			return apiAnswers
		case !has(`"$"`):
			return none
		case has(`"ExceptionCategory"`) && has(`"ExceptionReason"`):
			return jsonExceptions
		case has(`"StartNode"`) && has(`"EndNode"`):
			return jsonRelations
		case has(`"LEI"`) && has(`"LegalName"`):
			return jsonParties
		}
		return none
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.ToLower(line)
	has = func(s string) bool { return bytes.Contains(line, []byte(strings.ToLower(s))) }
	switch {
	case has("Relationship.StartNode.NodeID") && has("Relationship.EndNode.NodeID"):
		return csvRelations
	case has("LEI") && (has("Exception.Category") && has("Exception.Reason") || has("ExceptionCategory") &&
		has("ExceptionReason")):
		return csvExceptions
	case has("LEI") && has("Entity.LegalName"):
		return csvParties
	}
	return none
}

// shells are the members of the outer object that hold the records of a file in JSON.
var shells = []string{"records", "relations", "exceptions"}

// shelled reports whether the records stand in such a member, and are not bare: one a line, or in an array.
func shelled(head []byte) bool {
	head = bytes.TrimSpace(head)
	return len(head) > 0 && head[0] == '{' && slices.ContainsFunc(shells, func(s string) bool {
		return bytes.Contains(head, []byte(`"`+s+`"`))
	})
}

// A decoder holds what one file has said so far.
type decoder struct {
	src   record.Source
	sink  ownership.Sink
	stats record.Stats
	said  int // records that the header promises, -1 when it does not
	skip  map[string]int
}

// Decode reads one file of either level.
func Decode(ctx context.Context, src record.Source, sink ownership.Sink) (record.Stats, error) {
	d := &decoder{src: src, sink: sink, said: -1, skip: map[string]int{}}
	head, err := src.Head()
	if err != nil {
		return d.stats, fmt.Errorf("read %s: %w", src.Name, err)
	}
	switch k := kindOf(head); k {
	case csvParties:
		err = d.csv(ctx, d.partyRow)
	case csvRelations:
		err = d.csv(ctx, d.relationRow)
	case csvExceptions:
		err = d.csv(ctx, d.exceptionRow)
	case xmlParties, xmlRelations, xmlExceptions:
		err = d.xml(ctx)
	case jsonParties, jsonRelations, jsonExceptions:
		keys := shells
		if !shelled(head) {
			keys = nil
		}
		err = d.json(ctx, k, keys)
	case apiAnswers:
		err = d.api(ctx)
	default:
		err = fmt.Errorf("not a GLEIF file of level 1 or 2")
	}
	if err != nil {
		return d.stats, fmt.Errorf("read %s: %w", src.Name, err)
	}
	if d.said >= 0 && d.said != d.stats.Rows {
		d.note("the header says %d records, the file holds %d", d.said, d.stats.Rows)
	}
	if d.stats.Rows == 0 {
		d.note("no record was found in it")
	}
	if n := d.skip[feeder]; n > 0 {
		d.note("%d relations say that a fund invests in another (%s): that is no ownership of the first", n, feeder)
	}
	if n := d.skip[annulled]; n > 0 {
		d.note("%d records are marked %s by their registrar and not used", n, annulled)
	}
	if n := d.skip[hiddenParent]; n > 0 {
		d.note("%d parents are not named by their reporting exceptions: who stands there is unknown, not nobody", n)
	}
	if n := d.skip[noParent]; n > 0 {
		d.note("%d reporting exceptions say that no person is known to control the entity", n)
	}
	if n := d.skip["other"]; n > 0 {
		d.note("%d records of the API are of other kinds and not used", n)
	}
	return d.stats, nil
}

func (d *decoder) note(format string, args ...any) {
	d.stats.Notes = append(d.stats.Notes, fmt.Sprintf(format, args...))
}

func (d *decoder) reject(at, reason string) error {
	d.stats.Rejects++
	return d.sink.Reject(record.Reject{File: d.src.Name, At: at, Kind: "gleif", Reason: reason})
}

// annulled marks a record that its registrar took back (RegistrationStatus, LEI-CDF 3.1).
const annulled = "ANNULLED"

// An entity is a record of level 1 as every form of the file has it.
type entity struct {
	lei, name, country, category, authority, number, registration string
	address                                                       []string
}

func (d *decoder) entity(e entity, at string) error {
	d.stats.Rows++
	lei := strings.ToUpper(strings.TrimSpace(e.lei))
	switch {
	case !valid(lei):
		return d.reject(at, fmt.Sprintf("%q is not an LEI: 20 letters and digits with a check number", clip(e.lei)))
	case strings.TrimSpace(e.name) == "":
		return d.reject(at, "the record "+lei+" has no legal name")
	case e.registration == annulled:
		d.skip[annulled]++
		return nil
	}
	ref := party.Ref{
		Name: strings.TrimSpace(e.name), LocalID: lei, Scope: scope, Kind: party.Organization,
		Country: strings.TrimSpace(e.country), Identifiers: identifiers(lei, e.authority, e.number),
	}
	if e.category == "RESIDENT_GOVERNMENT_ENTITY" || e.category == "INTERNATIONAL_ORGANIZATION" {
		ref.Kind = party.PublicBody
	}
	var lines []string
	for _, l := range e.address {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	ref.Address = strings.Join(lines, ", ")
	d.stats.Records++
	return d.sink.Party(ref)
}

// scope is what an LEI is unique in.
const scope = "gleif"

func identifiers(lei, authority, number string) []party.Identifier {
	ids := []party.Identifier{{Scheme: "LEI", ID: lei}}
	authority, number = strings.TrimSpace(authority), strings.TrimSpace(number)
	// none, or not on the list
	if number == "" || authority == "" || authority == "RA888888" || authority == "RA999999" {
		return ids
	}
	return append(ids, party.Identifier{Scheme: authority, ID: number}.Normal()) // of NL-KVK rather than of RA000463
}

// valid checks the length, the alphabet and the check digits (ISO 17442-1: ISO 7064 mod 97-10).
func valid(lei string) bool {
	if len(lei) != 20 {
		return false
	}
	sum := 0
	for i := range len(lei) {
		switch c := lei[i]; {
		case c >= '0' && c <= '9':
			sum = (sum*10 + int(c-'0')) % 97
		case c >= 'A' && c <= 'Z':
			sum = (sum*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return sum == 1
}

func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// A relation is a record of level 2 as every form of the file has it.
type relation struct {
	start, startType, end, endType string
	kind, status, registration     string
	periods                        []period
}

type period struct{ kind, from, to string }

// The relationship types of RR-CDF 2.1.
const (
	direct   = "IS_DIRECTLY_CONSOLIDATED_BY"
	ultimate = "IS_ULTIMATELY_CONSOLIDATED_BY"
	branch   = "IS_INTERNATIONAL_BRANCH_OF"
	managed  = "IS_FUND-MANAGED_BY"
	subfund  = "IS_SUBFUND_OF"
	feeder   = "IS_FEEDER_TO"
)

func (d *decoder) relation(r relation, at string) error {
	d.stats.Rows++
	for _, n := range []struct{ which, id, kind string }{{"StartNode", r.start, r.startType},
		{"EndNode", r.end, r.endType}} {
		if n.kind != "" && n.kind != "LEI" {
			return d.reject(at, fmt.Sprintf("%s is identified by %s, not by an LEI", n.which, clip(n.kind)))
		}
		if !valid(strings.ToUpper(strings.TrimSpace(n.id))) {
			return d.reject(at, fmt.Sprintf("%s %q is not an LEI", n.which, clip(n.id)))
		}
	}
	if r.registration == annulled {
		d.skip[annulled]++
		return nil
	}
	st := ownership.Statement{
		Place: record.Place{Source: d.src.Index, At: at},
		Owner: node(r.end), Owned: node(r.start), Kind: r.kind, Max: 1,
		Ended: r.status == "INACTIVE",
	}
	switch r.kind {
	case direct, ultimate:
		// Consolidated accounts: control by the accounting standard, in practice more than half.
		st.ShareKnown, st.Min, st.MinOpen, st.Control = true, 0.5, true, true
		st.Indirect = r.kind == ultimate
	case branch: // the same legal person
		st.ShareKnown, st.Min, st.Control = true, 1, true
	case managed, subfund:
		st.Control, st.Min, st.Max = true, 0, 0
	case feeder:
		d.skip[feeder]++
		return nil
	default:
		return d.reject(at, fmt.Sprintf("relationship type %q is not known", clip(r.kind)))
	}
	for _, p := range r.periods {
		if p.kind != "RELATIONSHIP_PERIOD" { // the accounting period says when accounts were closed
			continue
		}
		var err error
		if st.Since, err = record.ParseDate(p.from); err != nil {
			return d.reject(at, "start of the relationship period: "+err.Error())
		}
		if st.Until, err = record.ParseDate(p.to); err != nil {
			return d.reject(at, "end of the relationship period: "+err.Error())
		}
	}
	d.stats.Records++
	return d.sink.Statement(st)
}

func node(lei string) party.Ref {
	lei = strings.ToUpper(strings.TrimSpace(lei))
	return party.Ref{
		LocalID: lei, Scope: scope, Kind: party.Organization,
		Identifiers: []party.Identifier{{Scheme: "LEI", ID: lei}},
	}
}
