// Package debarred reads the World Bank's list of ineligible firms and individuals: the
// table (workbook or CSV) and the JSON of its page.
//
// Invariants: a firm is an entry for each period of ineligibility; a period that is ongoing
// or permanent has no end; the list does not say which entries are natural persons, so a
// street address is kept only where the name reads like an organisation's.
package debarred

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Needed are the columns without which a table is not this list.
var Needed = []string{"firm_name", "country", "grounds"}

// Recognise reports whether head is that of the table.
func Recognise(head []byte) bool {
	_, _, ok := row.FindHeader(head, Needed...)
	return ok
}

// RecogniseJSON reports whether head begins the JSON.
func RecogniseJSON(head []byte) bool {
	return bytes.Contains(head, []byte(`"SUPP_NAME"`)) && bytes.Contains(head, []byte(`"DEBAR_FROM_DATE"`))
}

func newBuilder(src record.Source, faults *list.Faults) *list.Builder {
	return list.NewBuilder(&list.List{
		ID: "worldbank-debarred", Title: "World Bank Listing of Ineligible Firms and Individuals",
		Format: "debarred", Publisher: "World Bank",
	}, src.Name, faults)
}

const noDate = "the file carries no date of publication"

// Decode reads the table. The workbook has a second line of headings, for the two dates
// below "Ineligibility Period".
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	b := newBuilder(src, &faults)
	headings := 0
	table, err := row.Each(ctx, src, 0, Needed, &faults, func(r row.Row) {
		from := r.FirstText("ineligibility_period_from_date", "ineligibility_period:_from_date", "from_date",
			"ineligibility_period")
		to := r.FirstText("ineligibility_period_to_date", "ineligibility_period:_to_date", "to_date")
		if to == "" && !r.Has("to_date") {
			to = r.After("ineligibility_period")
		}
		if r.Get("firm_name") == "" && strings.EqualFold(from, "from date") {
			headings++
			return
		}
		add(b, r.At, firm{
			name: r.Get("firm_name"), more: r.First("additional_firm_info*", "additional_firm_info"),
			address: r.Get("address"), country: r.Get("country"), from: from, to: to, grounds: r.Get("grounds"),
		})
	})
	if err != nil {
		return nil, err
	}
	return b.Done(src.SHA256, table.Rows-headings, append(table.Notes, noDate)...)
}

// DecodeJSON reads the JSON: an array of firms somewhere inside one object.
func DecodeJSON(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	b := newBuilder(src, &faults)
	f, err := src.Open()
	if err != nil {
		faults.Merge(src.Name, err)
		return nil, faults.Err()
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, record.MaxLine))
	if err != nil {
		faults.Merge(src.Name, err)
		return nil, faults.Err()
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		faults.Addf(src.Name, "", "not JSON, or cut short: %v", err)
		return nil, faults.Err()
	}
	rows := 0
	firms(doc, 0, func(m map[string]any) {
		get := func(k string) string { s, _ := m[k].(string); return list.Clean(s) }
		at := fmt.Sprintf("firm %d", rows)
		rows++
		add(b, at, firm{
			name: get("SUPP_NAME"), more: get("ADD_SUPP_INFO"), country: get("COUNTRY_NAME"),
			from: get("DEBAR_FROM_DATE"), to: get("DEBAR_TO_DATE"), grounds: get("DEBAR_REASON"),
			address: list.Join(get("SUPP_ADDR"), get("SUPP_CITY"), get("SUPP_STATE_CODE"), get("SUPP_ZIP_CODE")),
		})
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return b.Done(src.SHA256, rows, noDate)
}

// firms visits the objects that have a SUPP_NAME.
func firms(v any, depth int, visit func(map[string]any)) {
	if depth > 8 {
		return
	}
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			firms(e, depth+1, visit)
		}
	case map[string]any:
		if _, ok := x["SUPP_NAME"]; ok {
			visit(x)
			return
		}
		for _, e := range x {
			firms(e, depth+1, visit)
		}
	}
}

type firm struct{ name, more, address, country, from, to, grounds string }

func add(b *list.Builder, at string, f firm) {
	if f.name == "" {
		b.Badf(at, "no name")
		return
	}
	from, ok1 := day(f.from)
	to, ok2 := day(f.to)
	if !ok1 || !ok2 {
		b.Badf(at, "the period of ineligibility is %q to %q", f.from, f.to)
		return
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{f.name, f.country, from.String(), to.String()}, "\x00")))
	e, fresh := b.Entry(hex.EncodeToString(sum[:6]), at)
	if fresh {
		e.Listed, e.Until, e.Effect = from, to, "debarred: "+f.grounds
		e.Programs = list.AddTo(nil, f.grounds)
		if list.Corporate(f.name) {
			e.Kind = party.Organization
		}
	}
	e.AddName(strings.TrimRight(f.name, "* "), "primary", false)
	e.Countries = list.AddTo(e.Countries, f.country)
	if e.Kind == party.Organization {
		e.Addresses = list.AddTo(e.Addresses, f.address)
	}
	e.Remarks = strings.Join(list.AddTo(list.AddTo(nil, e.Remarks), f.more), "; ")
}

// day reads a date of the list; one that is ongoing or permanent is unknown.
func day(s string) (record.Date, bool) {
	switch strings.ToLower(s) {
	case "", "ongoing", "permanent", "indefinite", "n/a":
		return record.Date{}, true
	}
	for _, layout := range []string{"02-Jan-2006", "2-Jan-2006", "02-Jan-06", "Jan 2, 2006", "2 January 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			if t.Year() >= 2999 { // how the page writes a period without an end
				return record.Date{}, true
			}
			return record.Date{Time: t, Prec: record.Day}, true
		}
	}
	d, ok := list.DayFirst(s)
	if ok && d.Time.Year() >= 2999 {
		return record.Date{}, true
	}
	return d, ok
}
