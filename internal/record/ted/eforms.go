package ted

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// eForms reads a notice of eForms (implementing regulation (EU) 2019/1780; the names of business terms, BT-…, are
// those of its annex). Contracts and lots are known by ids within the notice: notices of one procedure may be
// about other contracts under the same ids, so these are made the notice's own. A notice that changes another
// stands in its place.
func eForms(n *node) (*release, error) {
	id := n.get("ID").words()
	r := &release{ID: id, OCID: n.get("ContractFolderID").words(), InitiationType: "tender",
		Date: day(n.get("IssueDate"))}
	if r.OCID == "" {
		r.OCID = id
	}
	if r.OCID == "" {
		return nil, errors.New("no ContractFolderID: nothing says which procedure this notice belongs to")
	}
	r.OCID = "ted-" + r.OCID
	r.ID += "/" + n.get("VersionID").words()
	r.Tag = []string{map[string]string{"ContractNotice": "tender", "PriorInformationNotice": "planning",
		"ContractAwardNotice": "award"}[n.name]}
	ext := extension(n)
	scope := id
	if c := ext.get("Changes", "ChangedNoticeIdentifier").words(); c != "" {
		scope = strings.TrimSuffix(c, "-"+lastPart(c)) // without the version
	}
	f := &form{release: r, scope: scope, ext: ext, result: ext.get("NoticeResult")}
	f.organisations()
	f.buyers(n)
	f.tender(n)
	f.results()
	if len(n.under("FieldsPrivacy")) > 0 { // BT-195, unpublished identifier
		r.Withheld = "fields of the notice are not published"
	}
	return r, nil
}

func lastPart(s string) string {
	if i := strings.LastIndexByte(s, '-'); i >= 0 && len(s)-i == 3 {
		return s[i+1:]
	}
	return "\x00"
}

func extension(n *node) *node {
	for _, x := range n.all("UBLExtensions", "UBLExtension", "ExtensionContent", "EformsExtension") {
		return x
	}
	return nil
}

// A form is a notice while it is read.
type form struct {
	*release
	scope  string
	ext    *node
	result *node
}

func (f *form) key(id string) string { return f.scope + "/" + id }

// organisations enters everybody whom the notice describes; owners who are persons are counted.
func (f *form) organisations() {
	for _, x := range f.ext.all("Organizations", "Organization") {
		natural := x.get("NaturalPersonIndicator").words() == "true" // BT-633
		for _, part := range append(x.all("Company"), x.all("TouchPoint")...) {
			id := part.get("PartyIdentification", "ID").words()
			if id == "" {
				continue
			}
			a := part.get("PostalAddress")
			o := &org{ref: ref{ID: f.key(id), Name: part.get("PartyName", "Name").words()}, person: natural}
			o.Address = address{
				Street: a.get("StreetName").words(), Locality: a.get("CityName").words(),
				Postal:  a.get("PostalZone").words(),
				Country: a.get("Country", "IdentificationCode").words(),
			}
			if number := part.get("PartyLegalEntity", "CompanyID").words(); number != "" { // BT-501
				o.Identifier = &identifier{ID: number, Scheme: part.get("PartyLegalEntity", "CompanyID").value(
					"schemeName")}
			}
			if part.name == "TouchPoint" { // a desk of the company before it, met only where a notice refers to it
				if f.byID == nil {
					f.byID = map[string]*org{}
				}
				f.byID[o.ID] = o
				continue
			}
			f.add(o)
		}
	}
	f.persons += len(f.ext.all("Organizations", "UltimateBeneficialOwner"))
}

// at returns the organisation that an element refers to.
func (f *form) at(n *node) *org {
	id := n.get("PartyIdentification", "ID").words()
	if id == "" {
		id = n.get("ID").words()
	}
	return f.byID[f.key(id)]
}

func (f *form) buyers(n *node) {
	for _, p := range n.all("ContractingParty", "Party") {
		b := f.release.role(f.at(p), "buyer")
		if f.Buyer == nil {
			f.Buyer = b
		}
		for _, s := range p.all("ServiceProviderParty", "Party") {
			f.release.role(f.at(s), "procuringEntity")
		}
	}
	for _, terms := range n.under("TenderingTerms") {
		for _, x := range terms.kids {
			if x.name != "AppealTerms" {
				continue
			}
			for _, k := range x.kids {
				f.release.role(f.at(k), "reviewBody")
			}
		}
	}
	for _, name := range []string{"FinancingParty", "PayerParty"} {
		for _, p := range n.under(name) {
			f.release.role(f.at(p), map[string]string{"FinancingParty": "funder", "PayerParty": "payer"}[name])
		}
	}
}

// methods are the codes of BT-105 (authority table procurement-procedure-type) as OCDS has them.
var methods = map[string]string{
	"open": "open", "restricted": "selective", "neg-w-call": "selective", "comp-dial": "selective",
	"innovation": "selective", "comp-tend": "selective",
	"neg-wo-call": "limited", "exp-int-rail": "limited",
}

func (f *form) tender(n *node) {
	t := &f.Tender
	p := n.get("ProcurementProject")
	t.ID, t.Title, t.Description = p.get("ID").words(), p.get("Name").words(), p.get("Description").words()
	t.Value = amount(p.get("RequestedTenderTotal", "EstimatedOverallContractAmount"), "currencyID")
	t.Class, t.Additional = classes(p)
	code := n.get("TenderingProcess", "ProcedureCode").words()
	t.Method, t.Details = methods[code], code
	var why []string
	for _, j := range n.all("TenderingProcess", "ProcessJustification") { // BT-135, BT-136
		if code := j.get("ProcessReasonCode"); code.value("listName") == "accelerated-procedure" {
			continue
		}
		for _, name := range []string{"ProcessReasonCode", "ProcessReason", "Description"} {
			if s := j.get(name).words(); s != "" {
				why = append(why, s)
			}
		}
	}
	t.Rationale = strings.Join(why, "; ")
	t.Period = span(p.get("PlannedPeriod"))
	for i, l := range n.all("ProcurementProjectLot") {
		id := l.get("ID").words()
		if kind := l.get("ID").value("schemeName"); kind == "LotsGroup" || kind == "Part" &&
			len(n.all("ProcurementProjectLot")) > 1 && i == 0 {
			continue
		}
		x := l.get("ProcurementProject")
		t.Lots = append(t.Lots, lot{ID: id, Title: x.get("Name").words(), Description: x.get("Description").words()})
		it := item{ID: id, RelatedLot: id, Description: x.get("Name").words()}
		it.Classification, it.Additional = classes(x)
		for _, place := range append(x.all("RealizedLocation"), p.all("RealizedLocation")...) {
			if c := place.get("Address", "Country", "IdentificationCode").words(); c != "" {
				it.Places = append(it.Places, inCountry(c))
			}
		}
		if it.Classification != nil || len(it.Additional) > 0 {
			t.Items = append(t.Items, it)
		}
		if t.Period == nil {
			t.Period = span(x.get("PlannedPeriod"))
		}
	}
	t.Bidding = last(n, "TenderSubmissionDeadlinePeriod", "ParticipationRequestReceptionPeriod") // BT-131, BT-1311
	t.Enquiry = last(n, "AdditionalInformationRequestPeriod")                                    // BT-13
}

// last is the last day of the first of some periods that a notice states, the latest of its lots; nil without one.
func last(n *node, names ...string) *period {
	for _, name := range names {
		end := ""
		for _, p := range n.under(name) {
			end = max(end, day(p.get("EndDate")))
		}
		if end != "" {
			return &period{End: end}
		}
	}
	return nil
}

func inCountry(c string) place { return place{Country: c} }

func span(n *node) *period {
	p := period{Start: day(n.get("StartDate")), End: day(n.get("EndDate"))}
	if p == (period{}) {
		return nil
	}
	return &p
}

func classes(n *node) (first *class, more []class) {
	first = cpv(n.get("MainCommodityClassification", "ItemClassificationCode").words())
	for _, c := range n.all("AdditionalCommodityClassification", "ItemClassificationCode") {
		if c := cpv(c.words()); c != nil {
			more = append(more, *c)
		}
	}
	return first, more
}

// results reads what was decided: each contract is an award with its own suppliers and a contract, a lot that
// somebody won without a contract in the notice is an award alone, and who tendered in vain is a tenderer.
func (f *form) results() {
	tenders := map[string]*node{}
	for _, t := range f.result.all("LotTender") {
		tenders[t.get("ID").words()] = t
	}
	if lots := f.result.all("LotResult"); len(lots) == 1 { // of several lots, each was open to others
		for _, x := range lots[0].all("ReceivedSubmissionsStatistics") { // BT-759, BT-760
			if n := amount(x.get("StatisticsNumeric"), ""); n != nil && x.get("StatisticsCode").words() == "tenders" {
				f.Tender.Tenderers = n.Amount
			}
		}
	}
	settled := map[string]bool{} // tenders of contracts
	for _, c := range f.result.all("SettledContract") {
		f.contract(c, tenders, settled)
	}
	for _, l := range f.result.all("LotResult") {
		f.lot(l, tenders, settled)
	}
	for _, id := range slices.Sorted(maps.Keys(tenders)) {
		if !settled[id] {
			f.bid(id, tenders[id])
		}
	}
	sortRoles(f.Parties)
}

// bid keeps a tender that came to no contract: who stands in it together, for which lot, and who would work for them.
func (f *form) bid(id string, t *node) {
	b := bid{ID: f.key(id)}
	for _, o := range f.tendering(t) {
		if r := f.release.role(o, "tenderer"); r != nil {
			b.Tenderers = append(b.Tenderers, *r)
		}
	}
	for _, o := range f.subcontractors(t) {
		if r := f.release.role(o, "subcontractor"); r != nil {
			b.Subs = append(b.Subs, *r)
		}
	}
	if lot := t.get("TenderLot", "ID").words(); lot != "" {
		b.Lots = []string{lot}
	}
	if len(b.Tenderers) == 0 {
		return
	}
	if f.Bids == nil {
		f.Bids = &bids{}
	}
	f.Bids.Details = append(f.Bids.Details, b)
}

// sortRoles makes the order of roles that of their names, since tenders come from a map.
func sortRoles(list []*org) {
	for _, o := range list {
		for i := 1; i < len(o.Roles); i++ {
			for j := i; j > 0 && o.Roles[j] < o.Roles[j-1]; j-- {
				o.Roles[j], o.Roles[j-1] = o.Roles[j-1], o.Roles[j]
			}
		}
	}
}

func (f *form) contract(c *node, tenders map[string]*node, settled map[string]bool) {
	id := f.key(c.get("ID").words())
	a := award{ID: id, Title: c.get("Title").words(), Status: "active", Date: day(c.get("AwardDate"))}
	k := contract{ID: id, AwardID: id, Title: a.Title, Status: "active", Signed: day(c.get("IssueDate"))} // BT-145
	for _, x := range c.all("LotTender", "ID") {
		t := tenders[x.words()]
		if t == nil {
			continue
		}
		settled[x.words()] = true
		f.won(&a, t)
	}
	k.Value = a.Value
	for _, m := range f.ext.all("ContractModification") { // BT-202
		if of := m.get("ModifiedContractIdentifier").words(); of == c.get("ID").words() || of == "" || f.key(of) == id {
			k.Amendments = append(k.Amendments, amendment{ID: f.release.ID, Date: f.Date, After: k.Value,
				Rationale: strings.Trim(strings.Join([]string{
					m.get("Change", "ChangeDescription").words(), m.get("ChangeReason", "ReasonCode").words(),
					m.get("ChangeReason", "ReasonDescription").words(),
				}, "; "), "; ")})
		}
	}
	f.Awards, f.Contracts = append(f.Awards, a), append(f.Contracts, k)
}

// won adds a tender to an award.
func (f *form) won(a *award, t *node) {
	switch v := amount(t.get("LegalMonetaryTotal", "PayableAmount"), "currencyID"); { // BT-720
	case v == nil:
	case a.Value == nil:
		a.Value = v
	case a.Value.Currency == v.Currency:
		a.Value = sum(a.Value, v)
	}
	if lot := t.get("TenderLot", "ID").words(); lot != "" {
		a.RelatedLots = append(a.RelatedLots, lot)
	}
	for _, o := range f.tendering(t) {
		if s := f.release.role(o, "supplier"); s != nil {
			a.Suppliers = append(a.Suppliers, *s)
		}
	}
	for _, o := range f.subcontractors(t) {
		if s := f.release.role(o, "subcontractor"); s != nil {
			a.Subs = append(a.Subs, subs{Subcontractors: []ref{*s}})
		}
	}
}

func (f *form) lot(l *node, tenders map[string]*node, settled map[string]bool) {
	lotID := l.get("TenderLot", "ID").words()
	id := f.key(l.get("ID").words())
	if code := l.get("TenderResultCode").words(); code != "selec-w" && code != "" { // BT-142
		f.Awards = append(f.Awards, award{ID: id, Status: "unsuccessful", RelatedLots: []string{lotID}})
		return
	}
	if len(l.all("SettledContract")) > 0 {
		return
	}
	a := award{ID: id, Status: "active", RelatedLots: []string{lotID}}
	var first []string
	for _, x := range l.all("LotTender", "ID") {
		t := tenders[x.words()]
		if rank := t.get("RankCode").words(); t != nil && (rank == "" || rank == "1") {
			first = append(first, x.words())
		}
	}
	for _, x := range first {
		settled[x] = true
		t := tenders[x]
		f.won(&a, t)
	}
	a.RelatedLots = []string{lotID}
	f.Awards = append(f.Awards, a)
}

// tendering returns the organisations behind a tender, the lead of a group first.
func (f *form) tendering(t *node) (out []*org) {
	for _, p := range f.parties(t) {
		for _, x := range p.all("Tenderer") {
			if o := f.at(x); o != nil && x.get("GroupLeadIndicator").words() == "true" {
				out = append([]*org{o}, out...)
			} else if o != nil {
				out = append(out, o)
			}
		}
	}
	return out
}

func (f *form) subcontractors(t *node) (out []*org) {
	for _, p := range f.parties(t) {
		for _, name := range []string{"SubContractor", "Subcontractor"} {
			for _, x := range p.all(name) {
				if o := f.at(x); o != nil {
					out = append(out, o)
				}
			}
		}
	}
	return out
}

func (f *form) parties(t *node) (out []*node) {
	id := t.get("TenderingParty", "ID").words()
	for _, p := range f.result.all("TenderingParty") {
		if p.get("ID").words() == id && id != "" {
			out = append(out, p)
		}
	}
	return out
}
