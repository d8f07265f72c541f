// Package seco reads the Swiss list of sanctioned persons and entities that the State
// Secretariat for Economic Affairs publishes as XML (swiss-sanctions-list).
//
// Invariants: a target that was de-listed stays in the file and is kept as removed, with the
// last day of its listing; every identity of a target is a name of one entry, a name of low
// quality is weak; of a person only names, dates of birth and nationalities are kept.
package seco

import (
	"context"
	"encoding/xml"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// Recognise reports whether head begins the list.
func Recognise(head []byte) bool {
	return row.Holds(head[:min(len(head), 8192)], "swiss-sanctions-list")
}

type value struct {
	Text     string `xml:"value"`
	Order    int    `xml:"order,attr"`
	Type     string `xml:"name-part-type,attr"`
	Variants []struct {
		Script string `xml:"script,attr"`
		Text   string `xml:",chardata"`
	} `xml:"spelling-variant"`
}

type identity struct {
	Main  string `xml:"main,attr"`
	Names []struct {
		Type    string  `xml:"name-type,attr"`
		Quality string  `xml:"quality,attr"`
		Parts   []value `xml:"name-part"`
	} `xml:"name"`
	Births []struct {
		Day   string `xml:"day,attr"`
		Month string `xml:"month,attr"`
		Year  string `xml:"year,attr"`
	} `xml:"day-month-year"`
	Nationalities []struct {
		Country struct {
			Code string `xml:"iso-code,attr"`
			Name string `xml:",chardata"`
		} `xml:"country"`
	} `xml:"nationality"`
	Addresses []struct {
		Place   string `xml:"place-id,attr"`
		Details string `xml:"address-details"`
		Box     string `xml:"p-o-box"`
		Zip     string `xml:"zip-code"`
	} `xml:"address"`
}

type body struct {
	Type       string     `xml:"object-type,attr"`
	Identities []identity `xml:"identity"`
	Other      []string   `xml:"other-information"`
	Reasons    []string   `xml:"justification"`
}

type target struct {
	ID      string   `xml:"ssid,attr"`
	SetAttr string   `xml:"sanctions-set-id,attr"`
	Sets    []string `xml:"sanctions-set-id"`
	Foreign string   `xml:"foreign-identifier"`
	Person  *body    `xml:"individual"`
	Entity  *body    `xml:"entity"`
	Object  *body    `xml:"object"`
	Changes []struct {
		Type      string `xml:"modification-type,attr"`
		Enacted   string `xml:"enactment-date,attr"`
		Published string `xml:"publication-date,attr"`
		Effective string `xml:"effective-date,attr"`
	} `xml:"modification"`
}

type program struct {
	Keys []struct {
		Lang string `xml:"lang,attr"`
		Text string `xml:",chardata"`
	} `xml:"program-key"`
	Names []struct {
		Lang string `xml:"lang,attr"`
		Text string `xml:",chardata"`
	} `xml:"program-name"`
	Sets []struct {
		ID string `xml:"ssid,attr"`
	} `xml:"sanctions-set"`
}

type place struct {
	ID       string `xml:"ssid,attr"`
	Location string `xml:"location"`
	Area     string `xml:"area"`
	Country  struct {
		Code string `xml:"iso-code,attr"`
		Name string `xml:",chardata"`
	} `xml:"country"`
}

type decoder struct {
	b        *list.Builder
	programs map[string]string // sanctions set → programme
	places   map[string]place
	targets  []target
}

// Decode reads the list. Places and programmes may stand behind the targets.
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	var faults list.Faults
	d := &decoder{
		b: list.NewBuilder(&list.List{
			ID: "ch-seco", Title: "Sanctioned individuals, entities and organisations (SECO)", Format: "seco",
			Publisher: "State Secretariat for Economic Affairs (SECO), Switzerland",
		}, src.Name, &faults),
		programs: map[string]string{}, places: map[string]place{},
	}
	err := row.Elements(ctx, src, &faults, d.element)
	if err != nil {
		return nil, err
	}
	for i := range d.targets {
		d.add(fmt.Sprintf("target %d", i+1), &d.targets[i])
	}
	removed := 0
	for i := range d.b.List.Entries {
		if d.b.List.Entries[i].Status == list.Removed {
			removed++
		}
	}
	notes := []string{d.b.List.Counted()}
	if removed > 0 {
		notes = append(notes, fmt.Sprintf("%d entries are de-listed and never match as listed", removed))
	}
	return d.b.Done(src.SHA256, len(d.targets), notes...)
}

func (d *decoder) element(dec *xml.Decoder, start xml.StartElement) error {
	switch start.Name.Local {
	case "swiss-sanctions-list":
		for _, a := range start.Attr {
			if v, ok := list.DayFirst(a.Value); a.Name.Local == "date" && ok {
				d.b.List.Published = v.Time
			}
		}
	case "sanctions-program":
		var p program
		if err := dec.DecodeElement(&p, &start); err != nil {
			return err
		}
		name := ""
		for _, n := range append(p.Names, p.Keys...) {
			if name == "" || n.Lang == "eng" && name == "" {
				name = list.Clean(n.Text)
			}
		}
		for _, n := range append(slices.Clone(p.Keys), p.Names...) {
			if n.Lang == "eng" && list.Clean(n.Text) != "" {
				name = list.Clean(n.Text)
			}
		}
		for _, s := range p.Sets {
			d.programs[s.ID] = name
		}
	case "place":
		var p place
		if err := dec.DecodeElement(&p, &start); err != nil {
			return err
		}
		d.places[p.ID] = p
	case "target":
		var t target
		if err := dec.DecodeElement(&t, &start); err != nil {
			return err
		}
		d.targets = append(d.targets, t)
	}
	return nil
}

func (d *decoder) add(at string, t *target) {
	id := list.Clean(t.ID)
	if id == "" || d.b.Has(id) {
		d.b.Badf(at, "the target has no ssid, or that of another: %q", id)
		return
	}
	e, _ := d.b.Entry(id, at)
	e.Former = list.AddTo(nil, t.Foreign)
	in := t.Entity
	switch {
	case t.Person != nil:
		e.Kind, in = party.Person, t.Person
	case t.Entity != nil:
		e.Kind = party.Organization
	case t.Object != nil:
		in = t.Object
		switch strings.ToLower(t.Object.Type) {
		case "vessel":
			e.Kind = party.Vessel
		case "aircraft":
			e.Kind = party.Aircraft
		}
	default:
		d.b.Badf(at, "target %s is neither individual, entity nor object", id)
		return
	}
	if !d.dates(at, e, t) {
		return
	}
	for _, s := range append([]string{t.SetAttr}, t.Sets...) {
		e.Programs = list.AddTo(e.Programs, d.programs[list.Clean(s)])
	}
	e.Effect = "Swiss sanctions"
	if len(e.Programs) > 0 {
		e.Effect += ": " + strings.Join(e.Programs, ", ")
	}
	for i := range in.Identities {
		d.identity(e, &in.Identities[i])
	}
	if e.Kind != party.Person {
		numbers(e, in.Other)
		e.Remarks = strings.Join(list.AddTo(nil, append(in.Reasons, in.Other...)...), "; ")
	}
}

// dates sets when the listing began and ended; it reports whether the dates could be read.
func (d *decoder) dates(at string, e *list.Entry, t *target) bool {
	var last record.Date
	for _, m := range t.Changes {
		day := record.Date{}
		for _, s := range []string{m.Effective, m.Enacted, m.Published} {
			v, ok := list.DayFirst(s)
			if !ok {
				d.b.Badf(at, "the date of a modification is %q", s)
				return false
			}
			if !day.Known() {
				day = v
			}
		}
		if day.Known() && last.Known() && day.Time.Before(last.Time) {
			continue // an earlier change, written below a later one
		}
		last = day
		if m.Type == "de-listed" {
			e.Status = list.Removed
			if day.Known() {
				e.Until = record.Date{Time: day.Time.AddDate(0, 0, -1), Prec: record.Day}
			}
			continue
		}
		e.Status, e.Until = list.Listed, record.Date{}
		if day.Known() && m.Type == "listed" && (!e.Listed.Known() || day.Time.Before(e.Listed.Time)) {
			e.Listed = day
		}
	}
	return true
}

func (d *decoder) identity(e *list.Entry, in *identity) {
	for _, n := range in.Names {
		kind, weak := "aka", n.Quality == "low"
		switch {
		case n.Type == "primary-name" && in.Main == "true":
			kind = "primary"
		case n.Type == "formerly-known-as":
			kind = "fka"
		}
		slices.SortStableFunc(n.Parts, func(a, b value) int { return a.Order - b.Order })
		whole := func(script string) (string, bool) {
			var parts []string
			found := script == ""
			for _, p := range n.Parts {
				text := p.Text
				for _, v := range p.Variants {
					if script != "" && v.Script == script {
						text, found = v.Text, true
						break
					}
				}
				if p.Type != "title" {
					parts = append(parts, text)
				}
			}
			return list.Clean(strings.Join(parts, " ")), found
		}
		name, _ := whole("")
		e.AddName(name, kind, weak)
		var scripts []string
		for _, p := range n.Parts {
			for _, v := range p.Variants {
				scripts = list.AddTo(scripts, v.Script)
				if v.Script == "" && len(n.Parts) == 1 {
					e.AddName(v.Text, "aka", weak)
				}
			}
		}
		for _, s := range scripts {
			if text, ok := whole(s); ok {
				e.AddName(text, "aka", weak)
			}
		}
	}
	for _, b := range in.Births {
		e.Dates = list.AddTo(e.Dates, born(b.Year, b.Month, b.Day))
	}
	for _, n := range in.Nationalities {
		e.Countries = list.AddTo(e.Countries, n.Country.Name)
	}
	for _, a := range in.Addresses {
		p := d.places[a.Place]
		e.Countries = list.AddTo(e.Countries, p.Country.Name)
		e.Addresses = list.AddTo(e.Addresses, list.Join(a.Details, a.Box, a.Zip, p.Location, p.Area, p.Country.Name))
	}
}

func born(year, month, day string) string {
	y, err := strconv.Atoi(strings.TrimSpace(year))
	if err != nil || y < 1000 {
		return ""
	}
	m, err := strconv.Atoi(strings.TrimSpace(month))
	if err != nil || m < 1 || m > 12 {
		return fmt.Sprintf("%04d", y)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(day)); err == nil && n >= 1 {
		return list.Day(fmt.Sprintf("%04d-%02d-%02d", y, m, n))
	}
	return fmt.Sprintf("%04d-%02d", y, m)
}

// The numbers that the prose of "other information" holds.
var stated = []struct {
	re    *regexp.Regexp
	label string
}{
	{regexp.MustCompile(`(?i)^IMO number ?: ?(\d{7})\.?$`), "vessel registration identification"},
	{regexp.MustCompile(`(?i)^taxpayer identification number ?: ?(\d+)\.?$`), "tax id no."},
	{regexp.MustCompile(`(?i)^tax registration number ?: ?(\d+)\.?$`), "tax id no."},
	{regexp.MustCompile(`(?i)^(?:[^:]*)registration number ?: ?([\w-]*\d[\w-]*)\.?$`), "registration number"},
}

func numbers(e *list.Entry, other []string) {
	for _, s := range other {
		for _, x := range stated {
			if m := x.re.FindStringSubmatch(list.Clean(s)); m != nil {
				number := m[1]
				if strings.HasPrefix(x.label, "vessel") {
					number = "IMO " + number
				}
				e.AddNumber(x.label, number, "")
				break
			}
		}
	}
}
