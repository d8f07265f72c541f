package policy

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"plimsoll/internal/finding"
)

var (
	instrumentKinds = []string{Binding, Soft, Court, Political, Voluntary}
	readings        = []finding.Reading{finding.Primary, finding.Secondary, finding.Memory}
)

func (part *Part) instrument(r *reader, n *yaml.Node) {
	m := r.mapping(n, "id", "title", "kind", "addressee", "source", "note", "objections", "clauses")
	in := Instrument{
		ID: r.needed(m, "id"), Title: r.needed(m, "title"), Kind: r.needed(m, "kind"),
		Addressee: r.needed(m, "addressee"), Source: r.needed(m, "source"),
		Note: r.text(m.at["note"]), Objections: r.texts(m.at["objections"]),
	}
	if !slices.Contains(instrumentKinds, in.Kind) && in.Kind != "" {
		r.fail(m.lineOf("kind"), "instrument %s: kind %q is not one of %s", in.ID, in.Kind,
			strings.Join(instrumentKinds, ", "))
	}
	for key := range part.clauses { // of the base
		if key[0] == in.ID {
			r.fail(n.Line, "instrument %s stands in %s already", in.ID, part.base.Name)
		}
	}
	for _, other := range part.Instruments {
		if other.ID == in.ID {
			r.fail(n.Line, "instrument %s is given twice", in.ID)
		}
	}
	seen := map[string]bool{}
	for _, cn := range r.items(m.at["clauses"]) {
		c := r.clause(cn, in.ID)
		if seen[c.Clause] {
			r.fail(cn.Line, "%s %s is given twice", in.ID, c.Clause)
		}
		seen[c.Clause] = true
		in.Clauses = append(in.Clauses, c)
	}
	part.Instruments = append(part.Instruments, in)
}

func (r *reader) clause(n *yaml.Node, instrument string) Clause {
	m := r.mapping(n, "clause", "says", "from", "until", "read", "verified", "read_on", "source", "note")
	c := Clause{
		Clause: r.needed(m, "clause"), Says: r.needed(m, "says"), From: r.date(m.at["from"]),
		Until:  r.date(m.at["until"]),
		ReadOn: r.date(m.at["read_on"]), Source: r.text(m.at["source"]), Note: r.text(m.at["note"]),
		instrument: instrument,
	}
	switch {
	case m.has("read") && m.has("verified"):
		r.fail(m.lineOf("verified"), "%s %s: give read alone; verified is its older form", instrument, c.Clause)
	case m.has("read"):
		c.Read = finding.Reading(r.text(m.at["read"]))
	case r.truth(m.at["verified"]):
		c.Read = finding.Secondary
	case m.has("verified"):
		c.Read = finding.Memory
	default:
		r.fail(n.Line, "%s %s: read must be said: primary, secondary or memory", instrument, c.Clause)
	}
	c.Verified = c.Read != finding.Memory
	switch {
	case !slices.Contains(readings, c.Read):
		r.fail(m.lineOf("read"), "%s %s: read %q is not primary, secondary or memory", instrument, c.Clause, c.Read)
	case c.Verified && c.Source == "":
		r.fail(n.Line, "%s %s: a clause that was read names the source in which it was read", instrument, c.Clause)
	case !c.Verified && c.ReadOn != "":
		r.fail(m.lineOf("read_on"), "%s %s: a clause from memory has no day on which it was read", instrument, c.Clause)
	case c.Until != "" && c.Until < c.From:
		r.fail(n.Line, "%s %s: until is before from", instrument, c.Clause)
	}
	return c
}
