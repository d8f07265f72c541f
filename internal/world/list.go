package world

import (
	"fmt"
	"strings"
)

// A listing is an entry of the commission's list.
type listing struct {
	org       org
	aliases   []string
	report    string
	published string
	removed   bool
}

const commission = "Commission for Human Rights (example)"

func (w *world) list(l listing) {
	status := "listed"
	if l.removed {
		status = "removed"
	}
	w.commission.row(cells{
		"name": l.org.name, "aliases": strings.Join(l.aliases, ";"), "country": w.names.state[l.org.state],
		"identifiers": l.org.id,
		"publisher":   commission, "report": l.report, "url": "https://commission.example/" + l.published,
		"published": l.published,
		"status":    status, "effect": "named in a report; has no legal effect of its own",
	})
}

// target adds an entry to the sanctions list in targets.simple.csv.
func (w *world) target(o org, address string) {
	w.targetNo++
	id, number, _ := strings.Cut(o.id, ":")
	_ = id
	w.targets.row(cells{
		"id": fmt.Sprintf("xs-%05d", w.targetNo), "schema": "Company", "name": o.name,
		"countries": strings.ToLower(w.names.code[o.state]),
		"addresses": address, "identifiers": number, "sanctions": "Asset freeze order (example)",
		"dataset":    "Example sanctions of " + w.names.state[home],
		"first_seen": "2030-02-01T00:00:00", "last_seen": "2032-06-30T00:00:00", "last_change": "2031-02-01T00:00:00",
	})
}

// fillLists adds entries that have nothing to do with anybody in the records.
func (w *world) fillLists() {
	for i := range 24 {
		o := w.company(1+i%(numStates-1), []string{"Holdings SA", "Construction Ltd", "Aviation LLC",
			"Minerals GmbH"}[i%4])
		if i%3 == 0 {
			w.target(o, w.street(o.state))
			continue
		}
		w.list(listing{org: o, report: "Companies active in occupied districts", published: "2031-01-15",
			removed: i%7 == 0})
	}
}

// A share is what one party holds of another.
type share struct {
	exact, min, max float64 // percent
	control         string  // interest type instead of shares
	details         string
	since, until    string
}

func (w *world) owns(owner, owned org, s share) {
	a, b := w.entity(owner), w.entity(owned)
	w.roll.owned[owned.id] = true
	w.meet(owner)
	in := map[string]any{
		"type": or(s.control, "shareholding"), "directOrIndirect": "direct",
		"beneficialOwnershipOrControl": s.control != "",
		"startDate":                    or(s.since, "2026-01-01"),
	}
	if s.details != "" {
		in["details"] = s.details
	}
	if s.until != "" {
		in["endDate"] = s.until
	}
	switch {
	case s.exact > 0:
		in["share"] = map[string]any{"exact": s.exact}
	case s.max > 0:
		in["share"] = map[string]any{"minimum": s.min, "exclusiveMaximum": s.max}
	}
	w.bods.add(b, fmt.Sprintf("rel-%s-%s", a, b), "relationship", "new", "2032-05-01", map[string]any{
		"isComponent": false, "subject": b, "interestedParty": a, "interests": []any{in},
	})
}

// entity describes a company once and returns its record id.
func (w *world) entity(o org) string {
	scheme, number, _ := strings.Cut(o.id, ":")
	id := strings.ToLower(scheme) + "-" + number
	if strings.HasSuffix(o.name, "Holding") { // trades under another name than the register's
		id += "-alias"
	}
	if w.bods.has[id] {
		return id
	}
	w.bods.has[id] = true
	kind := "registeredEntity"
	if o.public {
		kind = "stateBody"
	}
	details := map[string]any{
		"isComponent": false, "name": o.name, "entityType": map[string]any{"type": kind},
		"jurisdiction": map[string]any{"name": w.names.state[o.state], "code": w.names.code[o.state]},
	}
	if !strings.HasSuffix(id, "-alias") {
		details["identifiers"] = []any{map[string]any{"scheme": scheme, "id": number}}
	}
	w.bods.add(id, id, "entity", "new", "2032-05-01", details)
	return id
}
