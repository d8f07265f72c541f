// Package psc reads what Companies House publishes of companies of the United Kingdom: the
// snapshot of persons with significant control and answers of its API (JSON), and the basic
// company data (CSV), which gives the companies their names.
//
// Invariants: the conditions of control are bands, read as ranges; who is protected or not
// identified is an owner who is not named, and never nobody; of a natural person nothing but
// the disclosed name is kept; a person who ceased to have control is history.
package psc

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"

	"plimsoll/internal/ownership"
	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

//go:embed data/statement.tsv
var statementTable string

type known string

const (
	nobody known = "none"
	hidden known = "hidden"
	noted  known = "note"
)

var statements = sync.OnceValue(func() map[string]known {
	out := map[string]known{}
	for _, line := range strings.Split(statementTable, "\n") {
		if f := strings.Split(line, "\t"); len(f) == 3 && f[0] != "code" {
			out[f[0]] = known(f[1])
		}
	}
	return out
})

// Recognise reports whether text begins like the snapshot, an answer of the API, or the
// basic company data.
func Recognise(head []byte) bool {
	head = bytes.TrimSpace(head)
	if len(head) == 0 {
		return false
	}
	has := func(s string) bool { return bytes.Contains(head, []byte(s)) }
	if head[0] == '{' || head[0] == '[' {
		return has("with-significant-control") && (has(`"company_number"`) || has(`"links"`)) && has(`"kind"`) ||
			has(`"natures_of_control"`) && has(`"company_number"`) || has("-beneficial-owner") &&
			has(`"company_number"`)
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	line = bytes.ToLower(line)
	return bytes.Contains(line, []byte("companyname")) && bytes.Contains(line, []byte("companynumber")) &&
		bytes.Contains(line, []byte("regaddress."))
}

type line struct {
	Company string `json:"company_number"`
	Data    *item  `json:"data"`
	item           // an item of the API has no shell
}

type item struct {
	Kind           string         `json:"kind"`
	Name           string         `json:"name"`
	Identification identification `json:"identification"`
	Address        address        `json:"address"`
	Office         address        `json:"principal_office_address"`
	Natures        []string       `json:"natures_of_control"`
	Notified       string         `json:"notified_on"`
	Ceased         string         `json:"ceased_on"`
	IsCeased       bool           `json:"ceased"`
	Statement      string         `json:"statement"`
	Links          struct {
		Self string `json:"self"`
	} `json:"links"`
	Persons    *int `json:"persons_of_significant_control_count"` // of the line that ends the snapshot
	Statements *int `json:"statements_count"`
}

type identification struct {
	Country   string `json:"country_registered"`
	Place     string `json:"place_registered"`
	Number    string `json:"registration_number"`
	Authority string `json:"legal_authority"`
}

type address struct {
	Premises string `json:"premises"`
	Line1    string `json:"address_line_1"`
	Line2    string `json:"address_line_2"`
	Locality string `json:"locality"`
	Region   string `json:"region"`
	Code     string `json:"postal_code"`
	Country  string `json:"country"`
}

type decoder struct {
	src   record.Source
	sink  ownership.Sink
	stats record.Stats
	count map[string]int
}

// What decoder.count counts.
const (
	people  = "persons"
	unnamed = "unnamed"
	none    = "none"
	remarks = "remarks"
	stated  = "statements"
)

// Decode reads one file.
func Decode(ctx context.Context, src record.Source, sink ownership.Sink) (record.Stats, error) {
	d := &decoder{src: src, sink: sink, count: map[string]int{}}
	head, err := src.Head()
	if err != nil {
		return d.stats, fmt.Errorf("read %s: %w", src.Name, err)
	}
	head = bytes.TrimSpace(head)
	if head[0] != '{' && head[0] != '[' {
		err = d.companies(ctx)
	} else {
		err = d.snapshot(ctx, head)
	}
	for _, n := range []struct{ what, text string }{
		{unnamed, "%d companies' holders are protected, exempt or not identified: who stands there is unknown, not " +
			"nobody"},
		{none, "%d companies state that nobody has significant control"},
		{remarks, "%d statements are about persons who are named elsewhere and say nothing of who they are"},
	} {
		if d.count[n.what] > 0 {
			d.stats.Notes = append(d.stats.Notes, fmt.Sprintf(n.text, d.count[n.what]))
		}
	}
	if err != nil {
		return d.stats, fmt.Errorf("read %s: %w", src.Name, err)
	}
	return d.stats, nil
}

func (d *decoder) reject(at, reason string) error {
	d.stats.Rejects++
	return d.sink.Reject(record.Reject{File: d.src.Name, At: at, Kind: "psc", Reason: reason})
}

func (d *decoder) snapshot(ctx context.Context, head []byte) error {
	text, err := d.src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	var keys []string
	if bytes.Contains(head, []byte(`"items"`)) && !bytes.Contains(head, []byte(`"data"`)) {
		keys = []string{"items"}
	}
	in := ownership.NewElements(text, keys...)
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		raw, at, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := d.line(raw, at); err != nil {
			return err
		}
	}
}

// selfLink finds the company in the address of a record.
var selfLink = regexp.MustCompile(`^/company/([0-9A-Za-z]+)/`)

func (d *decoder) line(raw []byte, at string) error {
	d.stats.Rows++
	var l line
	if err := json.Unmarshal(raw, &l); err != nil {
		return d.reject(at, "not a record of the register: "+err.Error())
	}
	x := &l.item
	if l.Data != nil {
		x = l.Data
	}
	if strings.HasPrefix(x.Kind, "totals#") {
		d.stats.Rows--
		if x.Persons != nil && *x.Persons != d.count[people] {
			d.stats.Notes = append(d.stats.Notes, fmt.Sprintf("the file says that it holds %d persons, it holds %d",
				*x.Persons, d.count[people]))
		}
		return nil
	}
	company := l.Company
	if m := selfLink.FindStringSubmatch(x.Links.Self); company == "" && m != nil {
		company = m[1]
	}
	if company = number(company); company == "" {
		return d.reject(at, "no company_number")
	}
	st := ownership.Statement{
		Place: record.Place{Source: d.src.Index, At: at}, Max: 1, Ended: x.IsCeased,
		Owned: party.Ref{LocalID: company, Scope: scope, Kind: party.Organization, Country: "GB",
			Identifiers: []party.Identifier{{Scheme: companyScheme, ID: company}}},
	}
	var err error
	if st.Since, err = record.ParseDate(x.Notified); err != nil {
		return d.reject(at, "notified_on: "+err.Error())
	}
	if st.Until, err = record.ParseDate(x.Ceased); err != nil {
		return d.reject(at, "ceased_on: "+err.Error())
	}
	code := x.Kind
	if code == "persons-with-significant-control-statement" {
		code = x.Statement
	}
	if k, ok := statements()[code]; ok || code == x.Statement && code != "" {
		if !ok {
			k = hidden // a word of a later version: it stands where a person would
		}
		return d.unnamed(st, code, k)
	}
	return d.person(st, x, at)
}

const (
	scope         = "companies-house"
	companyScheme = "GB-COH" // the org-id.guide code of Companies House
)

// number writes a company number as the register does: eight places, zeros in front.
func number(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if s == "" || len(s) > 8 || strings.Trim(s, "0123456789") != "" {
		return s
	}
	return strings.Repeat("0", 8-len(s)) + s
}

// unnamed states a holder whom the register does not name, or that there is none.
func (d *decoder) unnamed(st ownership.Statement, code string, k known) error {
	d.count[stated]++
	switch k {
	case noted:
		d.count[remarks]++
		return nil
	case nobody:
		st.ShareKnown, st.Max = true, 0
		d.count[none]++
	default:
		d.count[unnamed]++
	}
	st.Owner = party.Ref{LocalID: "not named/" + st.Owned.LocalID + "/" + code, Scope: scope}
	st.Kind, st.Reason = "person with significant control", code
	d.stats.Records++
	return d.sink.Statement(st)
}

func (d *decoder) person(st ownership.Statement, x *item, at string) error {
	d.count[people]++
	name := strings.Join(strings.Fields(x.Name), " ")
	if name == "" {
		return d.reject(at, "a person with significant control without a name")
	}
	st.Owner = party.Ref{Name: name, LocalID: x.Links.Self, Scope: scope}
	switch {
	case strings.HasPrefix(x.Kind, "individual-"):
		st.Owner.Kind = party.Person
	case strings.HasPrefix(x.Kind, "corporate-entity-"), strings.HasPrefix(x.Kind, "legal-person-"):
		st.Owner.Kind = party.Organization
		x.body(&st.Owner)
	default:
		return d.reject(at, fmt.Sprintf("a person of the unknown kind %q", clip(x.Kind)))
	}
	if st.Owner.LocalID == "" {
		st.Owner.LocalID = st.Owned.LocalID + "/" + name
	}
	for _, s := range x.holdings() {
		s.Place, s.Owner, s.Owned, s.Since, s.Until, s.Ended = st.Place, st.Owner, st.Owned, st.Since, st.Until,
			st.Ended
		d.stats.Records++
		if err := d.sink.Statement(s); err != nil {
			return err
		}
	}
	return nil
}

// british are the ways in which filers write that a body is registered in the United Kingdom.
var british = regexp.MustCompile(
	`(?i)\b(england|wales|scotland|northern ireland|united kingdom|great britain|u\.?k\.?|gb)\b`)

// body fills in what the register says of an owner that is an organisation.
func (x *item) body(ref *party.Ref) {
	a := &x.Address
	if *a == (address{}) {
		a = &x.Office
	}
	var parts []string
	for _, p := range []string{a.Premises, a.Line1, a.Line2, a.Locality, a.Region, a.Code, a.Country} {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	ref.Address = strings.Join(parts, ", ")
	id := &x.Identification
	where := strings.TrimSpace(id.Country)
	if where == "" {
		where = a.Country
	}
	home := british.MatchString(id.Country) || strings.Contains(strings.ToLower(id.Place), "companies house")
	ref.Country = where
	if home {
		ref.Country = "GB"
	}
	n := strings.TrimSpace(id.Number)
	switch {
	case n == "":
	case home:
		ref.Identifiers = []party.Identifier{{Scheme: companyScheme, ID: number(n)}}
	default:
		scheme := "REG"
		if where != "" {
			scheme += "-" + strings.ToUpper(strings.ReplaceAll(where, " ", "-"))
		}
		ref.Identifiers = []party.Identifier{{Scheme: scheme, ID: n}}
	}
}

// band finds the range in a nature of control: "ownership-of-shares-25-to-50-percent",
// "voting-rights-more-than-25-percent-registered-overseas-entity".
var band = regexp.MustCompile(`(\d+)-to-(\d+)-percent|more-than-(\d+)-percent`)

// holdings reads the natures of control. The conditions of one register entry are one
// holding: its shares, and whether it controls otherwise (Companies Act 2006, schedule 1A).
func (x *item) holdings() []ownership.Statement {
	var shares, other *ownership.Statement
	var kinds []string
	for _, n := range x.Natures {
		lo, hi, found := span(n)
		switch {
		case strings.HasPrefix(n, "ownership-of-shares") || strings.Contains(n, "right-to-share-surplus-assets"):
			s := ownership.Statement{Kind: "ownership-of-shares", Max: 1}
			if found { // above the lower bound, but for the highest band, which begins at 75 percent
				s.ShareKnown, s.Min, s.Max, s.MinOpen, s.MaxOpen = true, lo, hi, lo < 0.75, lo == 0.5
			}
			if shares == nil || s.ShareKnown && (!shares.ShareKnown || s.Min > shares.Min) {
				shares = &s
			}
		case strings.HasPrefix(n, "voting-rights") && found && hi < 0.5:
		default: // votes of half or more, appointment, influence
			kinds = append(kinds, n)
			other = &ownership.Statement{Control: true}
		}
	}
	var out []ownership.Statement
	if shares != nil {
		shares.Control = other != nil
		out = append(out, *shares)
	} else if other != nil {
		other.Kind = strings.Join(kinds, ", ")
		out = append(out, *other)
	}
	if out == nil {
		out = append(out, ownership.Statement{Kind: "significant control of a nature that is not stated", Max: 1})
	}
	return out
}

func span(nature string) (lo, hi float64, ok bool) {
	m := band.FindStringSubmatch(nature)
	if m == nil {
		return 0, 1, false
	}
	percent := func(s string) float64 {
		n := 0
		for _, c := range s {
			n = n*10 + int(c-'0')
			if n > 100 {
				return 1
			}
		}
		return float64(n) / 100
	}
	if m[3] != "" {
		return percent(m[3]), 1, true
	}
	lo, hi = percent(m[1]), percent(m[2])
	return min(lo, hi), max(lo, hi), true
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
