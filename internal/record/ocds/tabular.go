package ocds

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// Tables of contracts that are no flattened OCDS: what TED, UK Contracts Finder, USAspending and FPDS offer as CSV.
// data/tabular.tsv says which column is what; each row becomes a release of its process.

//go:embed data/tabular.tsv
var tabularFile string

// A tabular is one such table.
type tabular struct {
	name   string
	needs  [][]string // alternatives of each column that has to be there
	fields map[string][]tabularField
}

type tabularField struct {
	columns []string
	is      string // a constant
	how     string // the word before its argument
	arg     string
}

var tabulars = readTabulars()

func readTabulars() []*tabular {
	var out []*tabular
	for line := range strings.Lines(tabularFile) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) < 5 || f[0] == "profile" {
			continue
		}
		if len(out) == 0 || out[len(out)-1].name != f[0] {
			out = append(out, &tabular{name: f[0], fields: map[string][]tabularField{}})
		}
		t := out[len(out)-1]
		field := tabularField{}
		field.how, field.arg, _ = strings.Cut(f[3], " ")
		switch is, constant := strings.CutPrefix(f[2], "="); {
		case constant:
			field.is = is
		case strings.Contains(f[2], "["): // a name with strokes in it
			field.columns = []string{f[2]}
		default:
			field.columns = strings.Split(f[2], "|")
		}
		if f[1] == "needs" {
			t.needs = append(t.needs, field.columns)
			continue
		}
		t.fields[f[1]] = append(t.fields[f[1]], field)
	}
	return out
}

// columnKey is how columns are compared: by letters and digits.
func columnKey(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f && r != '\ufeff' {
			return r
		}
		return -1
	}, s)
}

// tabularOf returns the table that a header belongs to, with the places of its columns; nil for none.
func tabularOf(header []string) (*tabular, map[string]int) {
	index := map[string]int{}
	for i, h := range header {
		if _, twice := index[columnKey(h)]; !twice {
			index[columnKey(h)] = i
		}
	}
	for _, t := range tabulars {
		fits := !slices.ContainsFunc(t.needs, func(names []string) bool {
			return !slices.ContainsFunc(names, func(n string) bool { _, ok := index[columnKey(n)]; return ok })
		})
		if fits {
			return t, index
		}
	}
	return nil, nil
}

// isTabular reports whether a file holds such a table.
func isTabular(src record.Source, head []byte) bool {
	return table.HasHeader(src, head, isTabularHeader)
}

func isTabularHeader(header []string) bool {
	t, _ := tabularOf(header)
	return t != nil
}

// A tabularRow is a row while it is read.
type tabularRow struct {
	t     *tabular
	index map[string]int
	cells []string
	order string // of day and month in this table, a layout for package time; "" for month first
}

// text is the first filled column of a field.
func (r *tabularRow) text(field string) (string, tabularField) {
	for _, f := range r.t.fields[field] {
		if f.is != "" {
			return f.is, f
		}
		for _, c := range f.columns {
			if i, ok := r.index[columnKey(c)]; ok && i < len(r.cells) {
				if s := strings.TrimSpace(r.cells[i]); s != "" && !strings.EqualFold(s, "null") && s != "NaN" {
					return s, f
				}
			}
		}
	}
	return "", tabularField{}
}

// list is the parts of all columns of a field; empty parts keep their place.
func (r *tabularRow) list(field string) (out []string) {
	for _, f := range r.t.fields[field] {
		one := tabularRow{t: &tabular{fields: map[string][]tabularField{field: {f}}}, index: r.index, cells: r.cells}
		s, _ := one.text(field)
		switch {
		case s == "":
		case f.how == "split":
			for part := range strings.SplitSeq(s, f.arg) {
				out = append(out, strings.TrimSpace(part))
			}
		default:
			out = append(out, s)
		}
	}
	return out
}

// joined is the values of all columns of a field.
func (r *tabularRow) joined(field string) string {
	return strings.Trim(strings.Join(r.list(field), "/"), "/")
}

func (r *tabularRow) holds(field string) bool {
	s, f := r.text(field)
	switch f.how {
	case "unless":
		return s != ""
	case "is":
		return slices.Contains(strings.Fields(f.arg), strings.ToLower(s))
	}
	return false
}

// word is the word of OCDS that a code stands for.
func (r *tabularRow) word(field string) string {
	s, f := r.text(field)
	s = columnKey(s)
	for pair := range strings.FieldsSeq(f.arg) {
		from, to, _ := strings.Cut(pair, "=")
		if k := columnKey(from); s == k || len(k) > 3 && strings.HasPrefix(s, k) {
			return to
		}
	}
	return ""
}

// dayLayouts are the forms of days in these tables beside ISO 8601: 02-JAN-23, 03/04/2023 with the month first (US) or
// the day first (UK), 20230304.
var dayLayouts = []string{"02-Jan-06", "2-Jan-06", "02-Jan-2006", "20060102", "02 January 2006", "2 January 2006"}

func (r *tabularRow) day(field string) string {
	s, _ := r.text(field)
	if s == "" {
		return ""
	}
	if whole, _, _ := strings.Cut(s, "."); len(whole) == 5 { // a day of a workbook
		if n, ok := table.Serial(s); ok {
			return n.String()
		}
	}
	first, _, _ := strings.Cut(s, "T")
	if cut, _, ok := strings.Cut(first, " "); ok && strings.ContainsAny(cut, "/-") {
		first = cut
	}
	for _, layout := range append(slices.Clone(dayLayouts), r.order) {
		if t, err := time.Parse(layout, first); layout != "" && err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return s // read, or counted as unreadable, by the reader of releases
}

type object = map[string]any

// release makes the release of a row. The problem says why the row cannot be used.
func (r *tabularRow) release(n int) (text []byte, problem string) {
	process := r.joined("process")
	if process == "" {
		return nil, "no " + strings.Join(r.t.fields["process"][0].columns, " or ") +
			": nothing says which contract the row is about"
	}
	rel := object{"ocid": columnKey(r.t.name) + "-" + process, "id": fmt.Sprint(n), "tag": []string{"award"},
		"initiationType": "tender"}
	put := func(in object, name, value string) {
		if value != "" {
			in[name] = value
		}
	}
	put(rel, "date", r.day("published"))
	var parties []object
	refs := func(role string, list []object) (out []object) {
		for _, o := range list {
			if o["name"] == "" {
				continue
			}
			o["roles"] = []string{role}
			o["id"] = fmt.Sprintf("%s/%s/%s", role, process, o["name"])
			parties = append(parties, o)
			out = append(out, object{"id": o["id"], "name": o["name"]})
		}
		return out
	}
	if buyers := refs("buyer", r.orgs("buyer")); len(buyers) > 0 {
		rel["buyer"] = buyers[0]
	}
	buyer, _ := r.text("buyer")
	for field, role := range map[string]string{"procuring": "procuringEntity", "payer": "payer"} {
		if s, _ := r.text(field); s != "" && s != buyer {
			refs(role, []object{{"name": s}})
		}
	}
	slices.SortFunc(parties, func(a, b object) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
	tender := object{"id": process}
	title, _ := r.text("title")
	description, _ := r.text("description")
	put(tender, "procurementMethod", r.word("method"))
	why, _ := r.text("rationale")
	put(tender, "procurementMethodRationale", why)
	contract := r.joined("contract")
	id := contract
	if id == "" {
		id = process
	}
	items := r.items(id, title)
	suppliers := refs("supplier", r.orgs("seller"))
	amount, _ := r.text("value")
	currency, _ := r.text("currency")
	switch {
	case r.holds("cancelled"), r.holds("failed"):
		put(tender, "title", title)
		put(tender, "description", description)
		rel["awards"] = []object{{"id": id, "status": "unsuccessful", "title": title}}
	case len(suppliers) == 0:
		put(tender, "title", title)
		put(tender, "description", description)
		tender["items"] = items
	default:
		award := object{"id": id, "status": "active", "suppliers": suppliers, "items": items}
		put(award, "title", title)
		put(award, "description", description)
		k := object{"id": id, "awardID": id, "status": "active", "period": object{"startDate": r.day("start"),
			"endDate": r.day("end")}}
		put(award, "date", r.day("signed"))
		put(k, "dateSigned", r.day("signed"))
		if amount != "" {
			k["value"] = object{"amount": number1(amount), "currency": currency}
		}
		rel["awards"], rel["contracts"] = []object{award}, []object{k}
	}
	rel["tender"], rel["parties"] = tender, parties
	text, err := json.Marshal(rel)
	if err != nil {
		return nil, err.Error()
	}
	return text, ""
}

// number1 takes signs of currencies and commas between thousands out of an amount.
func number1(s string) string {
	return strings.NewReplacer("$", "", "£", "", "€", "", ",", "", " ", "").Replace(s)
}

func (r *tabularRow) items(id, title string) (out []object) {
	add := func(scheme, code string) {
		if code == "" {
			return
		}
		x := object{"id": fmt.Sprintf("%s/%d", id, len(out)), "classification": object{"scheme": scheme, "id": code}}
		if title != "" {
			x["description"] = title
		}
		if s, _ := r.text("place"); s != "" {
			x["deliveryAddresses"] = []object{{"countryName": s}}
		}
		out = append(out, x)
	}
	for _, code := range r.list("cpv") {
		add("CPV", code)
	}
	for _, code := range r.list("psc") {
		add("PSC", code)
	}
	return out
}

// orgs are the organisations in a field: its parts, each with the number, country and town at the same place of
// their fields, or with the only one.
func (r *tabularRow) orgs(field string) (out []object) {
	s, f := r.text(field)
	if f.how == "blocks" {
		return blocks(s)
	}
	at := func(list []string, i, of int) string {
		switch {
		case len(list) == of:
			return list[i]
		case len(list) == 1 && of == 1:
			return list[0]
		}
		return ""
	}
	names := r.list(field)
	ids, countries, towns := r.list(field+"_id"), r.list(field+"_country"), r.list(field+"_town")
	_, number := r.text(field + "_id")
	for i, name := range names {
		o := object{"name": name}
		if id := at(ids, i, len(names)); id != "" {
			scheme := ""
			if number.how == "scheme" {
				scheme = number.arg
			}
			o["identifier"] = object{"id": id, "scheme": scheme}
		}
		country := at(countries, i, len(names))
		if len(countries) == 1 {
			country = countries[0]
		}
		o["address"] = object{"countryName": country, "locality": at(towns, i, len(names))}
		out = append(out, o)
	}
	return out
}

// blocks reads [name|address|kind of number|number|small|charity], one behind another.
func blocks(s string) (out []object) {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(s), "["), "]")
	for block := range strings.SplitSeq(s, "][") {
		f := strings.Split(block, "|")
		if strings.TrimSpace(f[0]) == "" {
			continue
		}
		o := object{"name": strings.TrimSpace(f[0])}
		if len(f) > 1 {
			o["address"] = object{"streetAddress": strings.TrimSpace(f[1])}
		}
		if len(f) > 3 && strings.TrimSpace(f[3]) != "" {
			scheme := map[string]string{"COMPANIES_HOUSE": "GB-COH", "CHARITIES_COMMISSION": "GB-CHC",
				"VAT": "GB-VAT"}[strings.TrimSpace(f[2])]
			o["identifier"] = object{"id": strings.TrimSpace(f[3]), "scheme": scheme}
		}
		out = append(out, o)
	}
	return out
}

// tabular reads a source of such tables.
func (d *decoder) tabular(src record.Source, c *count) error {
	bad := func(at, reason string) error {
		c.rows++
		c.rejects++
		return d.sink.Reject(record.Reject{File: src.Name, At: at, Kind: "ocds", Reason: reason})
	}
	dayFirst, err := dayFirst(d.ctx, src)
	if err != nil {
		return err
	}
	head, err := src.Head()
	if err != nil {
		return err
	}
	sheet := table.IsWorkbook(head) // whose rows end at their last filled cell
	n := 0
	return table.Every(d.ctx, src, table.Visit{
		Known: isTabularHeader,
		Header: func(name string, header []string) (func(string, []string) error, error) {
			t, index := tabularOf(header)
			if t == nil {
				c.other(name)
				return nil, nil
			}
			c.flatNotes = append(c.flatNotes, "columns of "+t.name)
			order := "1/2/2006"
			if dayFirst {
				order = "2/1/2006"
			}
			return func(at string, cells []string) error {
				n++
				wide := len(cells) > len(header) && strings.Join(cells[len(header):], "") != ""
				if wide || len(cells) < len(header) && !sheet {
					return bad(at, fmt.Sprintf("the row has %d cells where the header has %d", len(cells), len(header)))
				}
				text, problem := (&tabularRow{t: t, index: index, cells: cells, order: order}).release(n)
				if problem != "" {
					return bad(at, problem)
				}
				c.rows++
				w := &walker{
					ctx:    d.ctx,
					sc:     &scanner{buf: text},
					emit:   func(f found) error { return d.spool.add(src.Index, f) },
					reject: func(_, reason string) error { return bad(at, reason) },
				}
				w.path = append(w.path, at...)
				err := w.document()
				if stop, ok := err.(errStop); ok {
					return stop.error
				}
				return err
			}, nil
		},
		Bad: bad,
	})
}

// dayFirst reports whether the days of a source that have strokes can be read only with the day first; UK tables
// are written so.
func dayFirst(ctx context.Context, src record.Source) (bool, error) {
	first := false
	err := table.Every(ctx, src, table.Visit{
		Known: isTabularHeader,
		Header: func(_ string, header []string) (func(string, []string) error, error) {
			t, index := tabularOf(header)
			if t == nil {
				return nil, nil
			}
			uk := strings.HasPrefix(t.name, "UK")
			first = first || uk
			if uk {
				return nil, nil
			}
			return func(_ string, cells []string) error {
				r := tabularRow{t: t, index: index, cells: cells}
				for _, field := range []string{"signed", "published", "start", "end"} {
					s, _ := r.text(field)
					s, _, _ = strings.Cut(s, " ")
					if _, err := time.Parse("1/2/2006", s); err != nil {
						_, err := time.Parse("2/1/2006", s)
						first = first || err == nil
					}
				}
				return nil
			}, nil
		},
		Bad: func(string, string) error { return nil },
	})
	return first, err
}
