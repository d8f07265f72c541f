// Package dfat reads the Consolidated List of the Australian Department of Foreign Affairs
// and Trade (workbook or CSV), in its old form and in that of November 2025 with the
// strength of an alias.
//
// Invariants: references with the same number ("101", "101a") are one entry; of a person
// only names, dates of birth and citizenships are kept.
package dfat

import (
	"context"
	"regexp"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Needed are the columns without which a table is not this list.
var Needed = []string{"reference", nameColumn, "type", "name_type"}

// nameColumn goes by other names since vessels are listed.
const nameColumn = "name_of_individual_or_entity|name_of_individual,_entity_or_vessel|name_of_individual,_entity,_or_vessel|name"

// Recognise reports whether head is that of the list.
func Recognise(head []byte) bool {
	_, _, ok := row.FindHeader(head, Needed...)
	return ok
}

// reference is a number and the letter of a further name.
var reference = regexp.MustCompile(`^(\d+)[a-z]*$`)

// Decode reads the list.
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	b := list.NewBuilder(&list.List{
		ID: "au-dfat", Title: "Consolidated List", Format: "dfat",
		Publisher: "Department of Foreign Affairs and Trade, Australia",
	}, src.Name, &faults)
	table, err := row.Each(ctx, src, 0, Needed, &faults, func(r row.Row) { add(b, r) })
	if err != nil {
		return nil, err
	}
	return b.Done(src.SHA256, table.Rows, append(table.Notes, "the file carries no date of publication; "+
		b.List.Counted())...)
}

func add(b *list.Builder, r row.Row) {
	get := r.Get
	m := reference.FindStringSubmatch(strings.ToLower(get("reference")))
	if m == nil {
		b.Badf(r.At, "the reference is %q", get("reference"))
		return
	}
	kind, ok := list.KindOf(get("type"))
	if !ok || kind == party.Unknown {
		b.Badf(r.At, "unknown type %q", get("type"))
		return
	}
	e, fresh := b.Entry(m[1], r.At)
	if fresh {
		e.Kind = kind
	} else if e.Kind != kind {
		b.Badf(r.At, "reference %s stands as %q and as %q", m[1], e.Kind, get("type"))
		return
	}
	// The control date of one form is the day of listing; the other form states it in words.
	if d, ok := list.DayFirst(r.Text("control_date")); ok && d.Known() && (!e.Listed.Known() ||
		d.Time.Before(e.Listed.Time)) {
		e.Listed = d
	}
	nameType, weak := "aka", strings.EqualFold(get("alias_strength"), "weak")
	switch strings.ToLower(get("name_type")) {
	case "primary name", "primary":
		nameType = "primary"
	case "original script", "original script name":
		nameType = "original_script"
	case "former name", "fka":
		nameType = "fka"
	}
	e.AddName(get(nameColumn), nameType, weak)
	e.Countries = list.AddTo(e.Countries, strings.Split(get("citizenship"), ",")...)
	e.Dates = list.AddTo(e.Dates, list.Day(r.Text("date_of_birth")))
	e.Programs = list.AddTo(e.Programs, get("committees"))
	for _, c := range []string{"targeted_financial_sanction", "travel_ban", "arms_embargo", "maritime_restriction"} {
		switch strings.ToLower(get(c)) {
		case "", "0", "no", "false", "n":
		default:
			if what := strings.ReplaceAll(c, "_", " "); !strings.Contains(e.Effect, what) {
				e.Effect = list.Join(e.Effect, what)
			}
		}
	}
	if e.Effect == "" {
		e.Effect = get("committees")
	}
	if kind == party.Person {
		return
	}
	e.Addresses = list.AddTo(e.Addresses, get("address"))
	e.Remarks = strings.Join(list.AddTo(list.AddTo(nil, e.Remarks), get("additional_information")), "; ")
	if n := strings.TrimSpace(strings.TrimPrefix(get("imo_number"), "IMO")); n != "" {
		e.AddIdentifier(party.Identifier{Scheme: "IMO", ID: n})
	}
}
