// Package ted turns notices of Tenders Electronic Daily, the supplement to the Official Journal of the European
// Union, into releases of the Open Contracting Data Standard: eForms (UBL 2.3 with the extensions of the eForms
// SDK) and TED_EXPORT R2.0.9.
//
// Invariants: one notice is in memory at a time; contact points are not read; a person who is a tenderer or an
// owner is counted and left out; what is no notice of these forms is an error that says so.
package ted

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"plimsoll/internal/record"
)

// roots are the elements that a notice begins with, and what reads each.
var roots = map[string]func(*node) (*release, error){
	"ContractNotice": eForms, "ContractAwardNotice": eForms, "PriorInformationNotice": eForms,
	"TED_EXPORT": export,
}

// Recognise reports whether a text that begins with head holds notices.
func Recognise(head []byte) bool {
	head = head[:min(len(head), 8<<10)]
	if bytes.Contains(head, []byte("<TED_EXPORT")) {
		return true
	}
	if !bytes.Contains(head, []byte("urn:oasis:names:specification:ubl:schema:xsd:")) {
		return false
	}
	for name := range roots {
		if i := bytes.Index(head, []byte(name)); i > 0 && (head[i-1] == '<' || head[i-1] == ':') {
			return true
		}
	}
	return false
}

// A Notice is one notice as an OCDS release.
type Notice struct {
	Release []byte // JSON
	Persons int    // natural persons who were left out
}

// Each reads the notices of an XML text one after another. bad takes what cannot be used, with the line that it
// begins at; a text that is no XML is bad from there to its end.
func Each(r io.Reader, good func(line int, n Notice) error, bad func(line int, reason string) error) error {
	dec := xml.NewDecoder(r)
	dec.CharsetReader = record.Charset
	found := false
	for {
		tok, err := dec.Token()
		line, _ := dec.InputPos()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			start, ok := tok.(xml.StartElement)
			if !ok || roots[start.Name.Local] == nil {
				continue
			}
			found = true
			var n *node
			if n, err = parse(dec, start, 1, new(int)); err == nil {
				if err := notice(n, line, good, bad); err != nil {
					return err
				}
				continue
			}
		}
		var syntax *xml.SyntaxError
		switch {
		case errors.As(err, &syntax) && strings.Contains(syntax.Msg, "unexpected EOF"),
			errors.Is(err, io.ErrUnexpectedEOF):
			return bad(line, "the file is cut off here")
		case errors.As(err, &syntax):
			return bad(syntax.Line, "not XML: "+syntax.Msg)
		case errors.Is(err, errLarge), errors.Is(err, errDeep):
			return bad(line, err.Error())
		}
		return fmt.Errorf("read notices: %w", err)
	}
	if !found {
		return bad(1, "no notice of eForms or TED_EXPORT stands here")
	}
	return nil
}

func notice(n *node, line int, good func(int, Notice) error, bad func(int, string) error) error {
	rel, err := roots[n.name](n)
	if err != nil {
		return bad(line, err.Error())
	}
	text, err := json.Marshal(rel)
	if err != nil {
		return bad(line, err.Error())
	}
	return good(line, Notice{Release: text, Persons: rel.persons})
}

// A node is an element: names without prefixes.
type node struct {
	name string
	attr map[string]string
	text string
	kids []*node
}

const (
	maxNodes = 1_000_000 // elements of one notice; the largest published have some 200,000
)

var (
	errLarge = fmt.Errorf("a notice of more than %d elements or %d MiB", maxNodes, record.MaxLine>>20)
	errDeep  = fmt.Errorf("elements nested deeper than %d", record.MaxNesting)
)

// parse reads an element that dec has just entered, to its end. size counts elements; text counts for elements of
// 64 bytes.
func parse(dec *xml.Decoder, start xml.StartElement, depth int, size *int) (*node, error) {
	if depth > record.MaxNesting {
		return nil, errDeep
	}
	n := &node{name: start.Name.Local}
	for _, a := range start.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		if n.attr == nil {
			n.attr = map[string]string{}
		}
		n.attr[a.Name.Local] = a.Value
	}
	var text strings.Builder
	for {
		if *size++; *size > maxNodes {
			return nil, errLarge
		}
		tok, err := dec.Token()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			k, err := parse(dec, t, depth+1, size)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, k)
		case xml.CharData:
			*size += len(t) / 64
			text.Write(t)
		case xml.EndElement:
			n.text = strings.TrimSpace(text.String())
			return n, nil
		}
	}
}

// get returns the first element at a path of names, nil without one.
func (n *node) get(path ...string) *node {
	for _, name := range path {
		var next *node
		if n != nil {
			for _, k := range n.kids {
				if k.name == name {
					next = k
					break
				}
			}
		}
		if n = next; n == nil {
			return nil
		}
	}
	return n
}

// all returns the elements at a path, whatever their number at each step.
func (n *node) all(path ...string) []*node {
	if n == nil {
		return nil
	}
	if len(path) == 0 {
		return []*node{n}
	}
	var out []*node
	for _, k := range n.kids {
		if k.name == path[0] {
			out = append(out, k.all(path[1:]...)...)
		}
	}
	return out
}

// under returns the elements of a name anywhere below.
func (n *node) under(name string) (out []*node) {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			out = append(out, k)
		}
		out = append(out, k.under(name)...)
	}
	return out
}

// words is the text of an element and of those in it, in one line.
func (n *node) words() string {
	if n == nil {
		return ""
	}
	var parts []string
	if n.text != "" {
		parts = append(parts, n.text)
	}
	for _, k := range n.kids {
		if s := k.words(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

func (n *node) value(attr string) string {
	if n == nil {
		return ""
	}
	return strings.TrimSpace(n.attr[attr])
}

// A release is what is written of a notice, in the words of the release schema of OCDS 1.1.
type release struct {
	OCID           string     `json:"ocid"`
	ID             string     `json:"id"`
	Date           string     `json:"date,omitempty"`
	Tag            []string   `json:"tag"`
	InitiationType string     `json:"initiationType"`
	Parties        []*org     `json:"parties,omitempty"`
	Buyer          *ref       `json:"buyer,omitempty"`
	Tender         tender     `json:"tender"`
	Awards         []award    `json:"awards,omitempty"`
	Bids           *bids      `json:"bids,omitempty"`
	Contracts      []contract `json:"contracts,omitempty"`
	Withheld       string     `json:"withheldInformation,omitempty"`

	persons int
	byID    map[string]*org
}

type ref struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type org struct {
	ref
	Roles      []string    `json:"roles,omitempty"`
	Identifier *identifier `json:"identifier,omitempty"`
	Address    address     `json:"address"`

	person bool
}

type identifier struct {
	Scheme string `json:"scheme,omitempty"`
	ID     string `json:"id"`
}

type address struct {
	Street   string `json:"streetAddress,omitempty"`
	Locality string `json:"locality,omitempty"`
	Postal   string `json:"postalCode,omitempty"`
	Country  string `json:"countryName,omitempty"`
}

type class struct {
	Scheme string `json:"scheme"`
	ID     string `json:"id"`
}

type item struct {
	ID             string  `json:"id"`
	Description    string  `json:"description,omitempty"`
	Classification *class  `json:"classification,omitempty"`
	Additional     []class `json:"additionalClassifications,omitempty"`
	RelatedLot     string  `json:"relatedLot,omitempty"`
	Places         []place `json:"deliveryAddresses,omitempty"`
}

type place struct {
	Country string `json:"countryName"`
}

type lot struct {
	ID          string `json:"id"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

type money struct {
	Amount   json.Number `json:"amount"`
	Currency string      `json:"currency,omitempty"`
}

type period struct {
	Start string `json:"startDate,omitempty"`
	End   string `json:"endDate,omitempty"`
}

type tender struct {
	ID          string      `json:"id,omitempty"`
	Title       string      `json:"title,omitempty"`
	Description string      `json:"description,omitempty"`
	Status      string      `json:"status,omitempty"`
	Value       *money      `json:"value,omitempty"`
	Method      string      `json:"procurementMethod,omitempty"`
	Details     string      `json:"procurementMethodDetails,omitempty"`
	Rationale   string      `json:"procurementMethodRationale,omitempty"`
	Class       *class      `json:"classification,omitempty"`
	Additional  []class     `json:"additionalClassifications,omitempty"`
	Items       []item      `json:"items,omitempty"`
	Lots        []lot       `json:"lots,omitempty"`
	Period      *period     `json:"contractPeriod,omitempty"`
	Bidding     *period     `json:"tenderPeriod,omitempty"`
	Tenderers   json.Number `json:"numberOfTenderers,omitempty"`
	Enquiry     *period     `json:"enquiryPeriod,omitempty"`
}

type award struct {
	ID          string   `json:"id"`
	Title       string   `json:"title,omitempty"`
	Status      string   `json:"status"`
	Date        string   `json:"date,omitempty"`
	Value       *money   `json:"value,omitempty"`
	Suppliers   []ref    `json:"suppliers,omitempty"`
	RelatedLots []string `json:"relatedLots,omitempty"`
	Subs        []subs   `json:"subcontracts,omitempty"`
}

type subs struct {
	Subcontractors []ref `json:"subcontractors"`
}

// bids are the tenders that came to no contract, in the words of the extension bids.
type bids struct {
	Details []bid `json:"details"`
}

type bid struct {
	ID        string   `json:"id"`
	Tenderers []ref    `json:"tenderers,omitempty"`
	Lots      []string `json:"relatedLots,omitempty"`
	Subs      []ref    `json:"subcontractors,omitempty"`
}

type contract struct {
	ID         string      `json:"id"`
	AwardID    string      `json:"awardID"`
	Title      string      `json:"title,omitempty"`
	Status     string      `json:"status"`
	Signed     string      `json:"dateSigned,omitempty"`
	Value      *money      `json:"value,omitempty"`
	Period     *period     `json:"period,omitempty"`
	Amendments []amendment `json:"amendments,omitempty"`
}

type amendment struct {
	ID        string   `json:"id"`
	Date      string   `json:"date,omitempty"`
	Rationale string   `json:"rationale,omitempty"`
	After     *money   `json:"amendedValue,omitempty"`
	Changes   []change `json:"changes,omitempty"`
}

type change struct {
	Property string `json:"property"`
	Former   *money `json:"former_value"`
}

// add enters an organisation once under a key of its notice.
func (r *release) add(o *org) *org {
	if r.byID == nil {
		r.byID = map[string]*org{}
	}
	if have := r.byID[o.ID]; have != nil {
		return have
	}
	r.byID[o.ID] = o
	if o.person {
		r.persons++
		return o
	}
	r.Parties = append(r.Parties, o)
	return o
}

// role gives an organisation a role and returns how others refer to it; nil for nobody and for persons.
func (r *release) role(o *org, role string) *ref {
	if o == nil || o.person || o.Name == "" && o.Identifier == nil {
		return nil
	}
	for _, have := range o.Roles {
		if have == role {
			return &o.ref
		}
	}
	o.Roles = append(o.Roles, role)
	return &o.ref
}

func amount(n *node, currency string) *money {
	if n == nil {
		return nil
	}
	d, err := record.ParseDecimal(strings.ReplaceAll(n.text, " ", ""))
	if err != nil || d.Null() {
		return nil
	}
	return &money{Amount: json.Number(strings.TrimPrefix(string(plain(d)), "+")), Currency: n.value(currency)}
}

// plain writes a number so that it is one in JSON: no zeros in front, a digit on both sides of the point.
func plain(d record.Decimal) record.Decimal {
	s := string(d)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, rest, point := strings.Cut(s, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if rest = strings.TrimRight(rest, "0"); point && rest != "" {
		whole += "." + rest
	}
	return record.Decimal(sign + whole)
}

// day cuts a date with a time zone (2023-03-24+02:00, 2023-03-24Z) to the day that it names.
func day(n *node) string {
	if n == nil {
		return ""
	}
	s := n.text
	if len(s) == 8 && !strings.Contains(s, "-") {
		return s[:4] + "-" + s[4:6] + "-" + s[6:]
	}
	if len(s) > 10 && s[4] == '-' && s[7] == '-' {
		return s[:10]
	}
	return s
}

func cpv(code string) *class {
	code, _, _ = strings.Cut(strings.TrimSpace(code), "-") // the check digit
	if code == "" {
		return nil
	}
	return &class{Scheme: "CPV", ID: code}
}
