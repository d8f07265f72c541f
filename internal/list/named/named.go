// Package named reads the table (CSV or a workbook) in which this program takes what human-rights bodies and
// other publishers name in their reports.
//
// The columns are name, aliases (separated by ";"), country, identifiers ("SCHEME:ID;…"),
// publisher, report, url, published, status (listed or removed), effect and reason; kind and id may
// be added. One file may hold several publishers and reports, each of which is a list.
//
// Invariants: a row never counts as listed unless its status says so; a removed entry is kept
// and marked.
package named

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"plimsoll/internal/list"
	"plimsoll/internal/list/row"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// Columns of a named list.
var (
	Needed  = []string{"name", "publisher", "status"}
	Columns = []string{"name", "aliases", "country", "identifiers", "publisher", "report", "url", "published", "status",
		"effect", "reason", "kind", "id"}
)

// Recognise reports whether head has the header of a named list.
func Recognise(head []byte) bool {
	_, _, ok := row.FindHeader(head, Needed...)
	return ok
}

// Decode reads one file, delimited text or a workbook; each publisher and report gives a
// list, in order of first sight.
func Decode(ctx context.Context, src record.Source) ([]*list.List, error) {
	var faults list.Faults
	d := &decoder{src: src, faults: &faults, byKey: map[string]*group{}}
	table, err := row.Each(ctx, src, 0, Needed, &faults, d.row)
	return d.end(table, err)
}

// DecodeMapped is [Decode] for a table of other columns under a mapping.
func DecodeMapped(ctx context.Context, src record.Source, m table.Map) ([]*list.List, error) {
	var faults list.Faults
	d := &decoder{src: src, faults: &faults, byKey: map[string]*group{}}
	t, err := row.Mapped(ctx, src, m, &faults, d.row)
	d.extra = t.Extra
	return d.end(t, err)
}

func (d *decoder) end(table row.Table, err error) ([]*list.List, error) {
	if err != nil {
		return nil, err
	}
	faults := d.faults
	if err := faults.Err(); err != nil {
		return nil, err
	}
	for _, c := range table.Columns {
		if !slices.Contains(Columns, c) && c != "" {
			d.extra = append(d.extra, c)
		}
	}
	slices.Sort(d.extra)
	return d.lists(table.Notes), nil
}

type group struct {
	l       *list.List
	rows    int
	twice   int
	removed int
	seen    map[string]int  // key → entry
	ids     map[string]bool // given or derived
}

type decoder struct {
	src    record.Source
	faults *list.Faults
	extra  []string
	groups []*group
	byKey  map[string]*group
}

func (d *decoder) row(r row.Row) {
	at, get := r.At, r.Get
	bad := func(format string, args ...any) { d.faults.Addf(d.src.Name, at, format, args...) }
	name, publisher := get("name"), get("publisher")
	if name == "" {
		bad("no name")
		return
	}
	if publisher == "" {
		bad("no publisher: an entry without a source cannot be shown")
		return
	}
	e := list.Entry{
		Kind: party.Kind(strings.ToLower(get("kind"))), Countries: list.AddTo(nil, get("country")),
		Report: get("report"), URL: get("url"), Effect: get("effect"), Remarks: get("reason"), At: at,
	}
	switch e.Kind {
	case party.Unknown, party.Organization, party.PublicBody, party.Vessel, party.Aircraft:
	default:
		bad("unknown kind %q: write organization, public_body, vessel or aircraft", get("kind"))
		return
	}
	switch s := strings.ToLower(get("status")); s {
	case "listed":
	case "removed":
		e.Status = list.Removed
	default:
		bad("unknown status %q: write listed or removed", get("status"))
		return
	}
	var err error
	if e.Listed, err = record.ParseDate(r.Text("published")); err != nil {
		bad("published: %v", err)
		return
	}
	e.AddName(name, "primary", false)
	for _, a := range strings.Split(get("aliases"), ";") {
		e.AddName(a, "aka", false)
	}
	for _, s := range strings.Split(get("identifiers"), ";") {
		if list.Clean(s) == "" {
			continue
		}
		id := party.ParseIdentifier(s)
		if id.Scheme == "" || id.Empty() {
			bad("identifier %q is not SCHEME:ID", list.Clean(s))
			return
		}
		e.AddIdentifier(id)
	}
	e.ID = get("id")
	d.add(bad, publisher, e)
}

func (d *decoder) add(bad func(string, ...any), publisher string, e list.Entry) {
	key := publisher + "\x00" + e.Report
	g := d.byKey[key]
	if g == nil {
		title := e.Report
		if title == "" {
			title = publisher
		}
		g = &group{
			l: &list.List{ID: slug("named " + publisher + " " + e.Report), Title: title, Publisher: publisher,
				Format: "named"},
			seen: map[string]int{}, ids: map[string]bool{},
		}
		d.byKey[key] = g
		d.groups = append(d.groups, g)
	}
	g.rows++
	// What makes an entry the same entry: its own id, else name, country and numbers.
	same := "id\x00" + e.ID
	if e.ID == "" {
		same = strings.ToLower(e.Names[0].Text) + "\x00" + strings.Join(e.Countries, "") + "\x00" +
			fmt.Sprint(e.Identifiers)
		e.ID = slug(e.Names[0].Text)
		if g.ids[e.ID] || len(e.ID) < 2 {
			sum := sha256.Sum256([]byte(same))
			e.ID += "-" + hex.EncodeToString(sum[:4])
		}
	}
	if i, dup := g.seen[same]; dup {
		first := &g.l.Entries[i]
		e.ID = first.ID
		if !list.Same(first, &e) {
			bad("%s stands twice with different content (first at %s)", e.Names[0].Text, first.At)
			return
		}
		g.twice++
		return
	}
	g.seen[same] = len(g.l.Entries)
	g.ids[e.ID] = true
	if e.Status == list.Removed {
		g.removed++
	}
	if e.Listed.Time.After(g.l.Published) {
		g.l.Published = e.Listed.Time
	}
	g.l.Entries = append(g.l.Entries, e)
}

func (d *decoder) lists(notes []string) []*list.List {
	var out []*list.List
	for _, g := range d.groups {
		g.l.Files = []list.File{{Name: d.src.Name, SHA256: d.src.SHA256, Rows: g.rows}}
		g.l.Notes = slices.Clone(notes)
		if g.removed > 0 {
			g.l.Notes = append(g.l.Notes, fmt.Sprintf("%d entries are marked as removed by the publisher and never "+
				"match as listed", g.removed))
		}
		if g.twice > 0 {
			g.l.Notes = append(g.l.Notes, fmt.Sprintf("%d rows repeat another row", g.twice))
		}
		if len(d.extra) > 0 {
			g.l.Notes = append(g.l.Notes, "columns not read: "+strings.Join(d.extra, ", "))
		}
		g.l.CountNames()
		out = append(out, g.l)
	}
	return out
}

// slug turns a title into a key: letters and digits of any script, joined by dashes.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}
