package ted

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"plimsoll/internal/record"
)

func sum(a, b *money) *money {
	x := new(big.Rat).Add(record.Decimal(a.Amount).Rat(), record.Decimal(b.Amount).Rat())
	n, _ := x.FloatPrec()
	return &money{Amount: json.Number(plain(record.Decimal(x.FloatString(n)))), Currency: a.Currency}
}

// export reads a notice in the form TED_EXPORT, R2.0.9 (schemas of the Publications Office, forms F01 to F25 of
// implementing regulation (EU) 2015/1986). A notice that names the one before it belongs to its procedure.
func export(n *node) (*release, error) {
	id := n.get("CODED_DATA_SECTION", "NOTICE_DATA", "NO_DOC_OJS").words()
	if id == "" {
		id = n.value("DOC_ID")
	}
	if id == "" {
		return nil, errors.New("no NO_DOC_OJS: nothing says which notice this is")
	}
	body := original(n.get("FORM_SECTION"))
	if body == nil {
		return nil, errors.New("no form stands in FORM_SECTION")
	}
	if body.get("CONTRACTING_BODY") == nil {
		return nil, fmt.Errorf("the form %s of an older schema than R2.0.9 is not read", body.name)
	}
	before := body.get("PROCEDURE", "NOTICE_NUMBER_OJ").words()
	x := &exported{release: &release{ID: id, OCID: "ted-" + id, InitiationType: "tender"}, id: id}
	if before != "" {
		x.OCID = "ted-" + before
	}
	x.Date = day(n.get("CODED_DATA_SECTION", "REF_OJS", "DATE_PUB"))
	x.Tag = []string{"tender"}
	x.bodies(body)
	for _, o := range body.all("OBJECT_CONTRACT") {
		x.object(o)
	}
	x.procedure(body.get("PROCEDURE"))
	for _, p := range body.under("DATE_RECEIPT_TENDERS") { // of bids, or of requests to take part
		if end := day(p); end != "" && x.Tender.Bidding == nil {
			x.Tender.Bidding = &period{End: end}
		}
	}
	for i, a := range body.all("AWARD_CONTRACT") {
		x.award(a, i)
	}
	for _, r := range body.all("RESULTS", "AWARDED_PRIZE") { // F13, results of a design contest
		x.award(r, len(x.Awards))
	}
	x.modification(body)
	return x.release, nil
}

// original is the form in the language of the notice; the others are translations of it.
func original(section *node) *node {
	if section == nil {
		return nil
	}
	for _, f := range section.kids {
		if f.value("CATEGORY") == "ORIGINAL" {
			return f
		}
	}
	if len(section.kids) > 0 {
		return section.kids[0]
	}
	return nil
}

type exported struct {
	*release
	id string
	n  int
}

// party enters an organisation as an address block describes it; equal blocks are one.
func (x *exported) party(n *node) *org {
	if n == nil {
		return nil
	}
	o := &org{ref: ref{Name: n.get("OFFICIALNAME").words()}}
	o.Address = address{Street: n.get("ADDRESS").words(), Locality: n.get("TOWN").words(),
		Postal: n.get("POSTAL_CODE").words(), Country: n.get("COUNTRY").value("VALUE")}
	number := n.get("NATIONALID").words()
	if number != "" {
		o.Identifier = &identifier{ID: number}
	}
	if o.Name == "" && number == "" {
		return nil
	}
	o.ID = x.id + "/" + strings.Join([]string{o.Name, number, o.Address.Country, o.Address.Locality}, "/")
	return x.add(o)
}

func (x *exported) bodies(body *node) {
	for _, b := range body.get("CONTRACTING_BODY").all() {
		for _, k := range b.kids {
			if strings.HasPrefix(k.name, "ADDRESS_CONTRACTING_BODY") {
				r := x.role(x.party(k), "buyer")
				if x.Buyer == nil {
					x.Buyer = r
				}
			}
		}
	}
	for _, k := range body.get("COMPLEMENTARY_INFO").all() {
		for _, a := range k.kids {
			if strings.HasPrefix(a.name, "ADDRESS_REVIEW_BODY") || strings.HasPrefix(a.name, "ADDRESS_MEDIATION_BODY") {
				x.role(x.party(a), "reviewBody")
			}
		}
	}
}

func codes(n *node, name string) (out []class) {
	for _, c := range n.all(name, "CPV_CODE") {
		if c := cpv(c.value("CODE")); c != nil {
			out = append(out, *c)
		}
	}
	return out
}

func (x *exported) object(o *node) {
	t := &x.Tender
	if t.Title == "" {
		t.ID, t.Title, t.Description = o.get("REFERENCE_NUMBER").words(), o.get("TITLE").words(),
			o.get("SHORT_DESCR").words()
		if main := codes(o, "CPV_MAIN"); len(main) > 0 {
			t.Class = &main[0]
		}
		for _, name := range []string{"VAL_ESTIMATED_TOTAL", "VAL_TOTAL"} {
			if t.Value == nil {
				t.Value = amount(o.get(name), "CURRENCY")
			}
		}
	}
	all := o.all("OBJECT_DESCR")
	for _, d := range all {
		numbers := lotNumbers(d)
		if len(numbers) == 0 {
			numbers = []string{""}
		}
		for _, number := range numbers {
			x.n++
			it := item{ID: fmt.Sprint(x.n), RelatedLot: number, Description: d.get("TITLE").words(),
				Additional: append(codes(d, "CPV_ADDITIONAL"), codes(d, "CPV_MAIN")...)}
			if it.Description == "" {
				it.Description = d.get("SHORT_DESCR").words()
			}
			if len(it.Additional) > 0 {
				it.Classification, it.Additional = &it.Additional[0], it.Additional[1:]
			}
			for _, k := range d.kids { // NUTS codes begin with the country
				if code := k.value("CODE"); k.name == "NUTS" && len(code) >= 2 {
					it.Places = append(it.Places, inCountry(code[:2]))
				}
			}
			t.Items = append(t.Items, it)
			if number != "" {
				t.Lots = append(t.Lots, lot{ID: number, Title: d.get("TITLE").words(),
					Description: d.get("SHORT_DESCR").words()})
			} else if len(all) == 1 && t.Description == "" {
				t.Description = d.get("SHORT_DESCR").words()
			}
		}
		if t.Period == nil && (d.get("DATE_START") != nil || d.get("DATE_END") != nil) {
			t.Period = &period{Start: day(d.get("DATE_START")), End: day(d.get("DATE_END"))}
		}
	}
}

// lotNumbers are the lots of a description or award; some notices write "1, 2" into one number.
func lotNumbers(n *node) (out []string) {
	for _, l := range n.all("LOT_NO") {
		for s := range strings.FieldsFuncSeq(l.words(), func(r rune) bool { return r == ',' || r == ';' }) {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
	}
	return out
}

// procedures are the elements of the procedure as OCDS has them.
var procedures = map[string]string{
	"PT_OPEN": "open", "PT_RESTRICTED": "selective", "PT_NEGOTIATED_WITH_PRIOR_CALL": "selective",
	"PT_COMPETITIVE_NEGOTIATION": "selective",
	"PT_COMPETITIVE_DIALOGUE":    "selective", "PT_INNOVATION_PARTNERSHIP": "selective",
	"PT_INVOLVING_NEGOTIATION":       "selective",
	"PT_AWARD_CONTRACT_WITHOUT_CALL": "limited", "PT_AWARD_CONTRACT_WITHOUT_PUBLICATION": "limited",
	"PT_NEGOTIATED_WITHOUT_PUBLICATION": "limited",
}

func (x *exported) procedure(p *node) {
	if p == nil {
		return
	}
	for _, k := range p.kids {
		method, ok := procedures[k.name]
		if !ok {
			continue
		}
		x.Tender.Method, x.Tender.Details = method, k.name
		var why []string
		for _, d := range k.under("D_JUSTIFICATION") {
			why = append(why, d.words())
		}
		for _, d := range k.kids {
			for _, reason := range append(d.kids, d) {
				if strings.HasPrefix(reason.name, "D_") && reason.name != "D_JUSTIFICATION" && len(reason.kids) == 0 {
					why = append(why, strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(reason.name, "D_"), "_",
						" ")))
				}
			}
		}
		x.Tender.Rationale = strings.Join(why, "; ")
	}
}

func (x *exported) award(n *node, i int) {
	item := n.value("ITEM")
	if item == "" {
		item = fmt.Sprint(i + 1)
	}
	id := x.id + "/" + item
	a := award{ID: id, Title: n.get("TITLE").words(), Status: "active", RelatedLots: lotNumbers(n)}
	done := n.get("AWARDED_CONTRACT")
	if n.name == "AWARDED_PRIZE" {
		done = n
	}
	if done == nil {
		a.Status = "unsuccessful"
		x.Awards = append(x.Awards, a)
		return
	}
	x.Tag = []string{"award", "contract"}
	for _, list := range [][]*node{done.all("CONTRACTORS", "CONTRACTOR"), done.all("CONTRACTOR"),
		done.all("WINNERS", "WINNER")} {
		for _, c := range list {
			for _, k := range c.kids {
				if k.name == "ADDRESS_CONTRACTOR" || k.name == "ADDRESS_WINNER" {
					if s := x.role(x.party(k), "supplier"); s != nil {
						a.Suppliers = append(a.Suppliers, *s)
					}
				}
			}
		}
	}
	values := done.get("VALUES")
	for _, name := range []string{"VAL_TOTAL", "VAL_ESTIMATED_TOTAL"} {
		if a.Value == nil {
			a.Value = amount(values.get(name), "CURRENCY")
		}
	}
	if r := values.get("VAL_RANGE_TOTAL"); a.Value == nil && r != nil {
		if a.Value = amount(r.get("HIGH"), "CURRENCY"); a.Value != nil {
			a.Value.Currency = r.value("CURRENCY")
		}
	}
	k := contract{ID: id, AwardID: id, Title: a.Title, Status: "active",
		Signed: day(done.get("DATE_CONCLUSION_CONTRACT")), Value: a.Value}
	x.Awards, x.Contracts = append(x.Awards, a), append(x.Contracts, k)
}

// modification reads form F20: what a contract was and is after the change.
func (x *exported) modification(body *node) {
	m := body.get("MODIFICATIONS_CONTRACT")
	if m == nil || len(x.Contracts) == 0 {
		return
	}
	info := m.get("INFO_MODIFICATIONS")
	a := amendment{ID: x.id, Date: x.Date}
	var why []string
	for _, name := range []string{"SHORT_DESCR", "ADDITIONAL_NEED", "UNFORESEEN_CIRCUMSTANCE"} {
		if s := info.get(name).words(); s != "" {
			why = append(why, s)
		}
	}
	a.Rationale = strings.Join(why, "; ")
	values := info.get("VALUES")
	if before := amount(values.get("VAL_TOTAL_BEFORE"), "CURRENCY"); before != nil {
		a.Changes = []change{{Property: "value/amount", Former: before}}
	}
	a.After = amount(values.get("VAL_TOTAL_AFTER"), "CURRENCY")
	c := &x.Contracts[0]
	if a.After != nil {
		c.Value = a.After
	}
	c.Amendments = append(c.Amendments, a)
	now := m.get("DESCRIPTION_PROCUREMENT", "CONTRACTORS")
	for _, k := range now.all("CONTRACTOR", "ADDRESS_CONTRACTOR") {
		if s := x.role(x.party(k), "supplier"); s != nil && len(x.Awards) > 0 && !has(x.Awards[0].Suppliers, *s) {
			x.Awards[0].Suppliers = append(x.Awards[0].Suppliers, *s)
		}
	}
}

func has(list []ref, r ref) bool {
	for _, x := range list {
		if x == r {
			return true
		}
	}
	return false
}
