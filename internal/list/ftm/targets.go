package ftm

import (
	"context"
	"path"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Needed are the columns of targets.simple.csv.
var Needed = []string{"id", "schema", "name", "aliases", "birth_date", "countries", "addresses", "identifiers",
	"sanctions", "dataset"}

// RecogniseTargets reports whether head is the header of targets.simple.csv.
func RecogniseTargets(head []byte) bool {
	_, _, ok := row.FindHeader(head, Needed...)
	return ok
}

// DecodeTargets reads targets.simple.csv: every row is an entry, several values of a cell
// are separated by ";".
func DecodeTargets(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	t := &targets{name: src.Name, faults: &faults, l: &list.List{Format: "ftm", Publisher: "OpenSanctions"},
		seen: map[string]int{}}
	table, err := row.Each(ctx, src, 0, Needed, &faults, t.row)
	if err != nil {
		return nil, err
	}
	if len(t.l.Entries) == 0 && len(t.l.Nameless) > 0 {
		faults.Addf(src.Name, "", "none of the %d entries has a name", len(t.l.Nameless))
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	stem := strings.TrimSuffix(strings.TrimSuffix(path.Base(strings.ReplaceAll(src.Name, "!", "/")), ".gz"), ".csv")
	if t.dataset != "" && !t.mixed {
		stem = t.dataset
	}
	t.l.ID, t.l.Title = "ftm-"+strings.ReplaceAll(strings.ToLower(stem), " ", "-"), stem
	if d, err := record.ParseDate(t.lastSeen); err == nil && d.Known() {
		t.l.Published = d.Time
	}
	t.l.Files = []list.File{{Name: src.Name, SHA256: src.SHA256, Rows: table.Rows}}
	t.l.Notes = append(table.Notes, "this form does not say which register a number is of, nor why an entry without "+
		"a sanction is a target")
	t.l.CountNames()
	return t.l, nil
}

type targets struct {
	name     string
	faults   *list.Faults
	l        *list.List
	seen     map[string]int
	dataset  string
	mixed    bool
	lastSeen string
}

func (t *targets) row(r row.Row) {
	at, get := r.At, r.Get
	cells := func(c string) []string { return list.AddTo(nil, strings.Split(get(c), ";")...) }
	e := list.Entry{ID: get("id"), At: at}
	kind, ok := kinds[get("schema")]
	switch {
	case e.ID == "":
		t.faults.Addf(t.name, at, "no id")
		return
	case get("name") == "":
		t.l.Nameless = append(t.l.Nameless, t.name+" "+at)
		return
	case get("schema") == "":
		t.faults.Addf(t.name, at, "no schema")
		return
	case !ok:
		return // a crypto wallet, a security: no party
	}
	e.Kind = kind
	e.AddName(get("name"), "primary", false)
	for _, a := range cells("aliases") {
		e.AddName(a, "aka", false)
	}
	e.Countries = cells("countries")
	for _, b := range cells("birth_date") {
		e.Dates = list.AddTo(e.Dates, list.Day(b))
	}
	if kind != party.Person {
		e.Addresses = cells("addresses")
		for _, n := range cells("identifiers") {
			if s := guess(n); s != "" {
				e.AddIdentifier(party.Identifier{Scheme: s, ID: strings.TrimPrefix(strings.ToUpper(n), "IMO")})
			}
		}
	}
	e.Programs = cells("program_ids")
	if e.Effect = get("sanctions"); e.Effect == "" {
		e.Effect = "target of " + get("dataset")
	}
	t.lastSeen = max(t.lastSeen, get("last_seen"))
	if ds := get("dataset"); t.dataset == "" {
		t.dataset = ds
	} else if ds != t.dataset {
		t.mixed = true
	}
	if i, dup := t.seen[e.ID]; dup {
		if !list.Same(&t.l.Entries[i], &e) {
			t.faults.Addf(t.name, at, "entry %s stands twice with different content", e.ID)
		}
		return
	}
	t.seen[e.ID] = len(t.l.Entries)
	t.l.Entries = append(t.l.Entries, e)
}

// guess names the scheme of a number that proves its own kind by form and check digits, or "".
func guess(s string) string {
	s = strings.ToUpper(s)
	switch {
	case strings.HasPrefix(s, "IMO") && len(s) == 10:
		return "IMO"
	case party.LEI(s):
		return "LEI" // ISO 17442: ISO 7064 mod 97-10
	}
	return ""
}
