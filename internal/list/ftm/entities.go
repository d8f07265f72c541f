package ftm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"plimsoll/internal/list"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// A sanction is what one Sanction entity says.
type sanction struct {
	authority, reason, url string
	programs               []string
	listed, until          record.Date
	removed                bool
}

type decoder struct {
	ctx    context.Context
	src    record.Source
	faults list.Faults
	l      *list.List

	listed    map[string]bool
	sanctions map[string][]sanction
	places    map[string]int      // id of a sanctioned entity → line of its first Sanction
	drafts    map[string]*draft   // entities that become entries
	order     []string            // their ids, as first seen
	addresses map[string]string   // id → one line, "" until read
	datasets  map[string]bool     //
	issuers   map[string]struct{} // authorities of the sanctions
	lastSeen  string
	lines     int
	exposed   int
	linked    int
	other     map[string]int // schema → listed things that are no parties
	sanctionN int
}

// A draft is an entity with all its fragments.
type draft struct {
	entity
	line int
}

// Decode reads a file of entities. It is read two or three times: what is listed is known
// only at its end, and most files hold far more that is not.
func Decode(ctx context.Context, src record.Source) (*list.List, error) {
	d := &decoder{
		ctx: ctx, src: src, l: &list.List{Format: "ftm"},
		listed: map[string]bool{}, sanctions: map[string][]sanction{}, places: map[string]int{},
		drafts:    map[string]*draft{},
		addresses: map[string]string{}, datasets: map[string]bool{}, issuers: map[string]struct{}{},
		other: map[string]int{},
	}
	for _, pass := range []func(int, *entity) error{d.mark, d.collect, d.locate} {
		err := each(ctx, src, pass, func(line int, reason string) error {
			d.faults.Addf(src.Name, list.Line(line), "%s", reason)
			if d.faults.Full(src.Name) {
				return errFull
			}
			return nil
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil && !errors.Is(err, errFull) {
			d.faults.Merge(src.Name, err)
		}
		if err := d.faults.Err(); err != nil {
			return nil, err
		}
	}
	for id, line := range d.places {
		if d.drafts[id] == nil {
			d.faults.Addf(src.Name, list.Line(line), "a Sanction of %q, which is not in the file or no party", id)
		}
	}
	for _, id := range d.order {
		d.entry(d.drafts[id])
	}
	if len(d.l.Entries) == 0 && len(d.l.Nameless) > 0 {
		d.faults.Addf(d.src.Name, "", "none of the %d listed entities has a name", len(d.l.Nameless))
	}
	if len(d.order) == 0 {
		d.faults.Addf(src.Name, "", "nothing in the file is listed: no Sanction, no topic that says so, no target")
	}
	if err := d.faults.Err(); err != nil {
		return nil, err
	}
	d.finish()
	return d.l, nil
}

var (
	errFull  = errors.New("too many problems")
	errDelta = errors.New("a delta file, which says only what changed: give the whole list")
)

// mark is the first pass: who is listed.
func (d *decoder) mark(line int, e *entity) error {
	d.lines++
	if e.Op != "" {
		return errDelta
	}
	for _, ds := range e.Datasets {
		d.datasets[ds] = true
	}
	d.lastSeen = max(d.lastSeen, e.LastSeen)
	if e.Schema == "Sanction" {
		d.sanctionN++
		of := e.get("entity")
		if len(of) == 0 {
			d.faults.Addf(d.src.Name, list.Line(line), "a Sanction of nobody")
		}
		s := read(e)
		if s.authority != "" {
			d.issuers[s.authority] = struct{}{}
		}
		for _, id := range of {
			d.sanctions[id] = append(d.sanctions[id], s)
			if d.places[id] == 0 {
				d.places[id] = line
			}
		}
		return nil
	}
	m := standing(e)
	if _, ok := kinds[e.Schema]; !ok {
		if m == isListed {
			d.other[e.Schema]++
		}
		return nil
	}
	switch m {
	case isListed:
		d.listed[e.ID] = true
	case onlyExposed:
		d.exposed++
	case onlyLinked:
		d.linked++
	}
	return nil
}

var ended = regexp.MustCompile(`(?i)removed|delisted|de-listed|revoked|expired|lifted|inactive|terminated`)

func read(e *entity) sanction {
	s := sanction{
		authority: e.first("authority"), url: e.first("sourceUrl"),
		reason:  strings.Join(list.AddTo(nil, e.get("provisions")...), "; "),
		removed: ended.MatchString(e.first("status")),
	}
	s.programs = list.AddTo(s.programs, e.get("programId")...)
	if len(s.programs) == 0 {
		s.programs = list.AddTo(s.programs, e.get("program")...)
	}
	for _, p := range []string{"listingDate", "startDate"} {
		for _, v := range e.get(p) {
			if t, err := record.ParseDate(v); err == nil && t.Known() && (!s.listed.Known() ||
				t.Time.Before(s.listed.Time)) {
				s.listed = t
			}
		}
	}
	for _, v := range e.get("endDate") {
		if t, err := record.ParseDate(v); err == nil && (!s.until.Known() || t.Time.After(s.until.Time)) {
			s.until = t
		}
	}
	return s
}

// collect is the second pass: the entries themselves, fragments joined.
func (d *decoder) collect(line int, e *entity) error {
	if _, ok := kinds[e.Schema]; !ok || !d.listed[e.ID] && d.sanctions[e.ID] == nil {
		return nil
	}
	for _, a := range e.get("addressEntity") {
		d.addresses[a] = ""
	}
	for _, raw := range e.Properties["addressEntity"].Nested {
		var a entity
		if json.Unmarshal(raw, &a) == nil && a.ID != "" {
			d.addresses[a.ID] = ""
			t := e.Properties["addressEntity"]
			t.Text = append(t.Text, a.ID)
			e.Properties["addressEntity"] = t
		}
	}
	have := d.drafts[e.ID]
	if have == nil {
		d.drafts[e.ID] = &draft{entity: *e, line: line}
		d.order = append(d.order, e.ID)
		return nil
	}
	for name, v := range e.Properties {
		t := have.Properties[name]
		t.Text = list.AddTo(t.Text, v.Text...)
		if have.Properties == nil {
			have.Properties = map[string]texts{}
		}
		have.Properties[name] = t
	}
	// The more special schema of two fragments counts: LegalEntity says least.
	if have.Schema == "LegalEntity" || have.Schema == "Organization" && e.Schema != "LegalEntity" {
		have.Schema = e.Schema
	}
	have.Referents = list.AddTo(have.Referents, e.Referents...)
	return nil
}

// locate is the third pass: the addresses that entries refer to.
func (d *decoder) locate(_ int, e *entity) error {
	if e.Schema != "Address" {
		return nil
	}
	if _, asked := d.addresses[e.ID]; asked {
		line := e.first("full")
		if line == "" {
			line = list.Join(e.first("street"), e.first("city"), e.first("postalCode"), e.first("state"),
				e.first("country"))
		}
		d.addresses[e.ID] = line
	}
	return nil
}

// numbers are the properties that hold a register's number, and its scheme. Papers of
// persons (idNumber, passportNumber, taxNumber of a Person) are dropped with all numbers of
// a Person. Schemes that end in "-" take the code of the entity's country.
var numbers = []struct{ property, scheme string }{
	{"leiCode", "LEI"}, {"imoNumber", "IMO"}, {"mmsi", "MMSI"}, {"swiftBic", "BIC"}, {"dunsCode", "DUNS"},
	{"uniqueEntityId", "UEI"}, {"innCode", "INN"}, {"ogrnCode", "OGRN"}, {"okpoCode", "OKPO"}, {"uscCode", "USCC"},
	{"cikCode", "CIK"}, {"cageCode", "CAGE"}, {"permId", "PERMID"}, {"isinCode", "ISIN"}, {"npiCode", "NPI"},
	{"giiNumber", "GIIN"}, {"callSign", "CALLSIGN"}, {"serialNumber", "MSN"}, {"registrationNumber", "REG-"},
	{"taxNumber", "TAX-"}, {"vatCode", "VAT"}, {"idNumber", "ID-"}, {"licenseNumber", "LICENCE-"},
}

func (d *decoder) entry(e *draft) {
	at := list.Line(e.line)
	kind := kinds[e.Schema]
	x := list.Entry{ID: e.ID, Former: e.Referents, Kind: kind, At: at}
	names := e.get("name")
	if slices.Contains(names, e.Caption) {
		x.AddName(e.Caption, "primary", false)
	}
	for i, n := range names {
		t := "aka"
		if i == 0 && len(x.Names) == 0 {
			t = "primary"
		}
		x.AddName(n, t, false)
	}
	for _, n := range e.get("alias") {
		x.AddName(n, "aka", false)
	}
	for _, n := range e.get("previousName") {
		x.AddName(n, "fka", false)
	}
	for _, n := range e.get("weakAlias") {
		x.AddName(n, "aka", true)
	}
	if len(names) == 0 || len(x.Names) == 0 {
		d.l.Nameless = append(d.l.Nameless, d.src.Name+" "+at)
		return
	}
	for _, p := range []string{"jurisdiction", "mainCountry", "country", "nationality", "citizenship", "flag"} {
		x.Countries = list.AddTo(x.Countries, e.get(p)...)
	}
	if kind == party.Person {
		x.Fathers = e.get("fatherName")
		for _, g := range e.get("gender") {
			x.Gender = list.Gender(g)
		}
		for _, b := range e.get("birthDate") {
			x.Dates = list.AddTo(x.Dates, list.Day(b))
		}
	} else {
		for _, b := range e.get("incorporationDate") {
			x.Dates = list.AddTo(x.Dates, list.Day(b))
		}
		x.Addresses = list.AddTo(x.Addresses, e.get("address")...)
		for _, a := range e.get("addressEntity") {
			x.Addresses = list.AddTo(x.Addresses, d.addresses[a])
		}
		d.identify(&x, e)
		x.Remarks = strings.Join(list.AddTo(nil, e.get("notes")...), "; ")
	}
	d.says(&x, e)
	d.l.Entries = append(d.l.Entries, x)
}

func (d *decoder) identify(x *list.Entry, e *draft) {
	code := ""
	for _, c := range x.Countries {
		if code = list.Country(c); code != "" {
			break
		}
	}
	for _, n := range numbers {
		for _, v := range e.get(n.property) {
			scheme, open := strings.CutSuffix(n.scheme, "-")
			switch {
			case n.property == "imoNumber":
				v = strings.TrimPrefix(strings.ToUpper(list.Clean(v)), "IMO")
				if x.Kind != party.Vessel {
					scheme = "IMO-COMPANY"
				}
			case n.property == "registrationNumber" && code == "GB":
				scheme = "GB-COH"
			case open && code != "":
				scheme += "-" + code
			}
			x.AddIdentifier(party.Identifier{Scheme: scheme, ID: list.Clean(v)})
		}
	}
}

// says fills what the listing does: the sanctions in their authorities' words, or the topics.
func (d *decoder) says(x *list.Entry, e *draft) {
	var effect []string
	all := d.sanctions[e.ID]
	open := len(all) == 0
	removed := len(all) > 0
	for _, s := range all {
		x.Programs = list.AddTo(x.Programs, s.programs...)
		words := strings.Join(s.programs, ", ")
		if s.reason != "" {
			words = strings.TrimPrefix(words+" ("+s.reason+")", " ")
		}
		switch {
		case s.authority != "" && words != "":
			words = s.authority + ": " + words
		case s.authority != "":
			words = s.authority
		}
		effect = list.AddTo(effect, words)
		if s.listed.Known() && (!x.Listed.Known() || s.listed.Time.Before(x.Listed.Time)) {
			x.Listed = s.listed
		}
		open = open || !s.until.Known()
		removed = removed && s.removed
		if s.until.Time.After(x.Until.Time) {
			x.Until = s.until
		}
		if x.URL == "" {
			x.URL = s.url
		}
	}
	if open {
		x.Until = record.Date{}
	}
	if removed {
		x.Status = list.Removed
	}
	if len(effect) == 0 {
		if t := e.get("topics"); len(t) > 0 {
			effect = []string{"topic " + strings.Join(t, ", ")}
		} else {
			effect = []string{"marked as a target"}
		}
	}
	x.Effect = strings.Join(effect, "; ")
	x.Legal, x.FiftyRule, x.FiftyLaw = legal(e.get("topics"), e.Datasets)
	if x.URL == "" {
		x.URL = e.first("sourceUrl")
	}
}

func (d *decoder) finish() {
	l := d.l
	name := strings.TrimSuffix(path.Base(strings.ReplaceAll(d.src.Name, "!", "/")), ".gz")
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, ".json"), ".ijson"), ".ftm")
	if len(d.datasets) == 1 {
		for ds := range d.datasets {
			name = ds
		}
	}
	l.ID, l.Title = "ftm-"+name, name
	l.Publisher = "not stated in the file"
	if len(d.issuers) == 1 {
		for a := range d.issuers {
			l.Publisher = a
		}
	} else if len(d.datasets) > 0 {
		l.Publisher = "OpenSanctions"
	}
	if t, err := record.ParseDate(d.lastSeen); err == nil && t.Known() {
		l.Published = t.Time
	}
	l.Files = []list.File{{Name: d.src.Name, SHA256: d.src.SHA256, Rows: d.lines}}
	note := func(n int, format string) {
		if n > 0 {
			l.Notes = append(l.Notes, fmt.Sprintf(format, n))
		}
	}
	note(d.sanctionN, "%d sanctions point at entries")
	note(d.exposed, "%d entities are marked only as holders of public office or persons of interest: not listed")
	note(d.linked, "%d entities are marked only as linked to a listed party: not listed themselves")
	missing := 0
	for _, a := range d.addresses {
		if a == "" {
			missing++
		}
	}
	note(missing, "%d addresses are referred to and not in the file")
	var schemata []string
	for s, n := range d.other {
		schemata = append(schemata, fmt.Sprintf("%s: %d", s, n))
	}
	if len(schemata) > 0 {
		slices.Sort(schemata)
		l.Notes = append(l.Notes, "listed things that are no parties: "+strings.Join(schemata, ", "))
	}
	l.CountNames()
}
