package ocds

import (
	"slices"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// tender emits a process that has no award or contract which stands: whoever buys and bids
// is known by name before anything is signed.
func (m *merged) tender() error {
	m.out = m.counts[m.last.source]
	e := &record.Engagement{Kind: record.KindTender, Place: record.Place{Source: m.last.source,
		At: at0(m.last.path, "tender")}, Process: strings.Clone(m.ocid)}
	e.ID = m.ocid + "/tender"
	m.people(e, nil, nil)
	m.others(e, nil, nil)
	if e.Buyer.Zero() && e.EndUser.Zero() && e.Payer.Zero() && len(e.Others) == 0 && !m.unnamed {
		m.out.notes[noteNobody]++
		return nil
	}
	m.out.notes[noteTenderOnly]++
	e.Items = m.items(nil, nil, nil)
	m.method(e)
	m.procedure(e, nil, nil)
	e.Start, e.End = m.period(m.release.at("tender", "contractPeriod"))
	m.stage(e, nil)
	m.unnamedBids(e)
	e.LedTo = 1
	e.Withheld = m.withheld(nil, nil) || m.hidden
	e.Lacks = m.lacks(e)
	return m.send(e)
}

func at0(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}

// withheld reports whether the publisher says that fields of the process, or of this contract and
// award, are withheld.
func (m *merged) withheld(contract, award *value) bool {
	for _, v := range []*value{&m.release, contract, award} {
		switch w := v.get("withheldInformation"); {
		case !w.present(), w.k == kFalse, w.k == kArray && len(w.m) == 0, w.k == kObject && w.hollow():
		case w.k == kString && withheldNot[strings.ToLower(w.text())]:
		default:
			return true
		}
	}
	return false
}

// withheldNot are the texts of withheldInformation that say that nothing is withheld.
var withheldNot = map[string]bool{"": true, "no": true, "none": true, "false": true, "n": true, "0": true, "n/a": true,
	"[]": true}

// suppliers stand on the award; an extension puts them on the contract. Where neither names
// one and the process has one award at most, those that stand in parties only are meant.
func (m *merged) suppliers(contract, award *value) []party.Ref {
	for _, v := range []*value{contract, award} {
		if out := m.supplied(v); len(out) > 0 {
			return out
		}
	}
	ps := m.parties.role(record.RoleSupplier)
	if len(ps) == 1 || max(len(m.release.get("awards").list()), len(m.release.get("contracts").list())) <= 1 {
		return m.mentions(ps)
	}
	return nil
}

// supplied returns the suppliers that an award or contract names itself.
func (m *merged) supplied(v *value) (out []party.Ref) {
	for _, name := range [...]string{"suppliers", "supplier", "awardedSuppliers", "contractors", "contractor",
		"vendors", "vendor", "winners", "winner"} {
		for _, r := range m.refs(v.get(name)) {
			if !contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// refs reads a reference, or a list of them.
func (m *merged) refs(v *value) (out []party.Ref) {
	list := v.list()
	if v != nil && v.k == kString {
		list = []member{{v: *v}}
	}
	for i := range list {
		if r := m.ref(&list[i].v); !r.Zero() && !contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

func (m *merged) mentions(list []*value) (out []party.Ref) {
	for _, v := range list {
		if r := m.ref(v); !r.Zero() && !contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

func contains(list []party.Ref, r party.Ref) bool {
	for _, x := range list {
		if x.Name == r.Name && x.LocalID == r.LocalID && x.Address == r.Address &&
			len(x.Identifiers) == len(r.Identifiers) {
			return true
		}
	}
	return false
}

// people sets buyer, end user and payer. A buyer is a public body: that is whose contracts
// the standard publishes. Joint buyers behind the first go into the other roles.
func (m *merged) people(e *record.Engagement, contract, award *value) {
	own := false
	for _, v := range []*value{contract, award, &m.release, m.release.get("tender")} {
		for _, name := range [...]string{"buyer", "leadBuyer", "buyers", "jointBuyers", "contractingAuthority",
			"contractingAuthorities"} {
			for _, r := range m.refs(v.get(name)) {
				m.buyer(e, r)
			}
		}
		own = own || !e.Buyer.Zero() && v != nil && (v == contract || v == award)
	}
	if !own {
		for _, r := range m.mentions(m.parties.role(record.RoleBuyer)) {
			m.buyer(e, r)
		}
	}
	if e.Buyer.Zero() {
		for _, r := range append(m.refs(m.release.at("tender", "procuringEntity")),
			m.mentions(m.parties.role(record.RoleProcuringEntity))...) {
			m.buyer(e, r)
			break
		}
	}
	e.EndUser = e.Buyer
	var users []party.Ref
	for _, v := range []*value{contract, award, m.release.get("tender"), &m.release} {
		for _, name := range [...]string{"endUser", "endUsers", "beneficiary", "beneficiaries"} {
			users = append(users, m.refs(v.get(name))...)
		}
	}
	for i, r := range append(users, m.mentions(m.parties.role(roleUser))...) {
		if i == 0 {
			e.EndUser = r
		} else if !contains([]party.Ref{e.EndUser}, r) {
			addRole(e, record.RoleEndUser, r)
		}
	}
	e.EndUserText = e.EndUser.Name
	if ps := m.parties.role(record.RolePayer); len(ps) == 1 {
		e.Payer = m.ref(ps[0])
	}
}

// buyer sets the first buyer and adds the others.
func (m *merged) buyer(e *record.Engagement, r party.Ref) {
	r.Kind = party.PublicBody
	switch {
	case e.Buyer.Zero():
		e.Buyer = r
	case !contains([]party.Ref{e.Buyer}, r):
		addRole(e, record.RoleBuyer, r)
	}
}

// stage sets the dates of a procedure before its award. An award that is proposed says when its standstill ends.
func (m *merged) stage(e *record.Engagement, award *value) {
	tender := m.release.get("tender")
	_, e.Closes = m.period(tender.get("tenderPeriod"))
	_, e.AskBy = m.period(tender.get("enquiryPeriod"))
	_, e.DecideBy = m.period(tender.get("awardPeriod"))
	for _, v := range []*value{award, tender} {
		for _, name := range [...]string{"standstillPeriod", "complaintPeriod"} {
			if _, end := m.period(v.get(name)); end.Known() && !e.Standstill.Known() && (v == award ||
				name != "complaintPeriod") { // of a tender: the days for complaints about its terms
				e.Standstill = end
			}
		}
	}
}

// unnamedBids notes bidders of a tender whom the releases do not name, and that more bid than they name.
func (m *merged) unnamedBids(e *record.Engagement) {
	nobody, named := 0, 0
	count := func(list []member) {
		for i := range list {
			if m.ref(&list[i].v).Name == "" {
				nobody++
			}
		}
	}
	bids := append(m.release.at("bids", "details").list(), m.release.get("bids").list()...)
	for i := range bids {
		count(bids[i].v.get("tenderers").list())
	}
	if nobody == 0 {
		count(m.release.at("tender", "tenderers").list())
	}
	if nobody > 0 {
		e.Hidden = append(e.Hidden, record.Hidden{Column: "tenderers", Text: itoa(nobody), Why: record.HiddenNames})
	}
	for _, o := range e.Others {
		if o.Role == record.RoleTenderer || o.Role == record.RoleSupplier {
			named++
		}
	}
	if n, err := record.ParseDecimal(m.release.at("tender", "numberOfTenderers").text()); err == nil && !n.Null() &&
		n.Float() > float64(named+nobody) {
		e.Hidden = append(e.Hidden, record.Hidden{Column: "numberOfTenderers",
			Text: strings.Clone(string(n)) + ", and names " + itoa(named), Why: record.HiddenNumber})
	}
}

// proposed reports whether an award is proposed and not in force yet.
func proposed(award *value) bool { return strings.EqualFold(award.get("status").text(), "pending") }

func addRole(e *record.Engagement, role record.Role, r party.Ref) {
	addRef(e, record.RoleRef{Role: role, Ref: r})
}

// addRef adds a party in a role once, with all its lots; who bids in more than one way stands there for each. A name
// that is that of a group, or of several, adds those whom it names.
func addRef(e *record.Engagement, x record.RoleRef) {
	if x.Ref.Zero() {
		return
	}
	all := []record.RoleRef{x}
	switch x.Role {
	case record.RoleTenderer, record.RoleSubcontractor, record.RoleSupplier:
		if x.Group == "" && x.Ref.Name != "" {
			var hidden []record.Hidden
			scope := x.Ref.Scope
			all, hidden = x.Apart(strings.ReplaceAll(string(x.Role), "_", " "), func(name string) party.Ref {
				return party.Ref{Name: name, Scope: scope}
			})
			for _, h := range hidden {
				if !slices.Contains(e.Hidden, h) {
					e.Hidden = append(e.Hidden, h)
				}
			}
		}
	}
	for _, x := range all {
		addOne(e, x)
	}
}

func addOne(e *record.Engagement, x record.RoleRef) {
	for i := range e.Others {
		have := &e.Others[i]
		if have.Role != x.Role || !contains([]party.Ref{have.Ref}, x.Ref) {
			continue
		}
		plain := have.Lots == "" && have.State == "" && have.Group == ""
		switch {
		case x.Lots == "" && x.State == "" && x.Group == "":
			return
		case plain:
			*have = x
			return
		case have.State == x.State && have.Group == x.Group:
			for lot := range strings.SplitSeq(x.Lots, ", ") {
				if lot != "" && !slices.Contains(strings.Split(have.Lots, ", "), lot) {
					have.Lots = strings.TrimPrefix(have.Lots+", "+lot, ", ")
				}
			}
			return
		}
	}
	e.Others = append(e.Others, x)
}

// maxSpread is up to how many parties of a process each of its engagements names. With more,
// as in a framework of hundreds of suppliers, the first engagement alone names them.
const maxSpread = 32

// others adds everybody else that the process names, in the role that it names them in.
func (m *merged) others(e *record.Engagement, contract, award *value) {
	if m.everybody == nil {
		all := record.Engagement{Buyer: e.Buyer, EndUser: e.EndUser, Payer: e.Payer}
		m.bystanders(&all)
		m.everybody, m.unread = append([]record.RoleRef{}, all.Others...), all.Hidden
		m.inRoles(e, m.everybody)
		e.Hidden = slices.Clone(m.unread)
	} else if len(m.everybody) <= maxSpread {
		m.inRoles(e, m.everybody)
	}
	for _, s := range append([]party.Ref{e.Seller}, e.Sellers...) {
		m.together(e, s)
	}
	m.within(e, contract)
	if contract != nil && award != nil && len(award.get("suppliers").list()) > maxSpread {
		if m.swept[award] {
			return
		}
		if m.swept == nil {
			m.swept = map[*value]bool{}
		}
		m.swept[award] = true
	}
	m.within(e, award)
}

// together adds whom the name of a supplier names besides: the members of a group.
func (m *merged) together(e *record.Engagement, s party.Ref) {
	if s.Name == "" {
		return
	}
	all, hidden := record.RoleRef{Role: record.RoleSupplier, Ref: s}.Apart("supplier", func(name string) party.Ref {
		return party.Ref{Name: name, Scope: s.Scope}
	})
	for _, x := range all {
		if !contains([]party.Ref{s}, x.Ref) {
			addOne(e, x)
		}
	}
	e.Hidden = append(e.Hidden, hidden...)
}

// bystanders adds who stands in the process and not in one of its awards or contracts.
func (m *merged) bystanders(e *record.Engagement) {
	for i := range m.release.m {
		switch x := &m.release.m[i]; x.key {
		case "awards", "contracts", "parties", "buyer", "buyers":
		default:
			m.sweep(e, x.key, &x.v)
		}
	}
	for i := range m.parties.list {
		m.standing(e, &m.parties.list[i].v, m.parties.roles[i])
	}
	for _, r := range m.called {
		addRole(e, record.RoleTenderer, r)
	}
}

// standing adds the roles that the parties section gives to one party, beyond those in which
// other places name it.
func (m *merged) standing(e *record.Engagement, p *value, roles []record.Role) {
	if p.k != kObject {
		return
	}
	r := m.ref(p)
	for _, role := range roles {
		r := r
		skip := false
		switch role {
		case record.RoleBuyer, roleUser:
			skip = true
		case record.RoleProcuringEntity:
			r.Kind = party.PublicBody
			skip = contains([]party.Ref{e.Buyer}, r)
		case record.RolePayer:
			skip = contains([]party.Ref{e.Payer}, r)
		case record.RoleSupplier:
			skip = m.named(r)
		case record.RoleOther:
			skip = contains([]party.Ref{e.Buyer, e.EndUser}, r) || m.named(r)
		}
		if !skip {
			addRole(e, role, r)
		}
		switch role {
		case record.RoleTenderer, record.RoleSupplier, record.RoleSubcontractor:
			m.joint(e, p)
			for i := range p.m {
				if members[p.m[i].key] == record.RoleTenderer {
					m.sweep(e, p.m[i].key, &p.m[i].v)
				}
			}
		}
	}
}

// named reports whether an award or contract of the process names the supplier.
func (m *merged) named(r party.Ref) bool {
	if m.suppliersNamed == nil {
		m.suppliersNamed = []party.Ref{}
		for _, name := range [...]string{"awards", "contracts"} {
			list := m.release.get(name).list()
			for i := range list {
				m.suppliersNamed = append(m.suppliersNamed, m.supplied(&list[i].v)...)
			}
		}
		if ps := m.mentions(m.parties.role(record.RoleSupplier)); len(m.suppliersNamed) == 0 &&
			len(m.release.get("awards").list())+len(m.release.get("contracts").list()) > 0 &&
			(len(ps) == 1 || len(m.release.get("awards").list()) <= 1) {
			m.suppliersNamed = append(m.suppliersNamed, ps...)
		}
	}
	return contains(m.suppliersNamed, r)
}

// roleUser is whoever uses what is bought; it becomes the end user.
const roleUser = record.RoleEndUser

// roleWords are the roles of parties, folded to lower-case letters: the codelist partyRole.csv
// of OCDS 1.1.5, of its extensions (bids, funders, subcontracting, pre-qualification, PPP),
// and what publishers write instead.
var roleWords = map[string]record.Role{
	"buyer": record.RoleBuyer, "jointbuyer": record.RoleBuyer, "leadbuyer": record.RoleBuyer,
	"centralpurchasingbody": record.RoleProcuringEntity,
	"procuringentity":       record.RoleProcuringEntity, "wholesalebuyer": record.RoleBuyer,
	"publicauthority": record.RoleBuyer, "contractingauthority": record.RoleBuyer,
	"supplier": record.RoleSupplier, "contractor": record.RoleSupplier, "awardee": record.RoleSupplier,
	"vendor": record.RoleSupplier, "winner": record.RoleSupplier,
	"tenderer": record.RoleTenderer, "bidder": record.RoleTenderer, "invitedcandidate": record.RoleTenderer,
	"qualifiedcandidate": record.RoleTenderer,
	"disqualifiedbidder": record.RoleTenderer, "candidate": record.RoleTenderer, "shortlistedfirm": record.RoleTenderer,
	"invitedsupplier":  record.RoleTenderer,
	"notifiedsupplier": record.RoleTenderer, "enquirer": record.RoleTenderer, "participant": record.RoleTenderer,
	"preferredbidder": record.RoleTenderer,
	"grouplead":       record.RoleTenderer, "consortiummember": record.RoleTenderer,
	"economicoperator": record.RoleTenderer,
	"subcontractor":    record.RoleSubcontractor, "subsupplier": record.RoleSubcontractor,
	"funder": record.RoleFunder, "funding": record.RoleFunder, "guarantor": record.RoleFunder,
	"lender": record.RoleFunder, "financier": record.RoleFunder,
	"donor": record.RoleFunder, "source": record.RoleFunder, "equityinvestor": record.RoleFunder,
	"payer": record.RolePayer, "payee": record.RolePayee, "user": roleUser, "enduser": roleUser,
	"beneficiary": roleUser,
	"reviewbody":  record.RoleReviewBody, "reviewcontactpoint": record.RoleReviewBody,
	"mediationbody": record.RoleReviewBody,
	// what publishers write in their own languages
	"proveedor": record.RoleSupplier, "adjudicatario": record.RoleSupplier, "contratista": record.RoleSupplier,
	"fornecedor": record.RoleSupplier,
	"contratado": record.RoleSupplier, "fournisseur": record.RoleSupplier, "titulaire": record.RoleSupplier,
	"attributaire": record.RoleSupplier,
	"lieferant":    record.RoleSupplier, "auftragnehmer": record.RoleSupplier, "fornitore": record.RoleSupplier,
	"aggiudicatario": record.RoleSupplier,
	"поставщик":      record.RoleSupplier, "постачальник": record.RoleSupplier, "wykonawca": record.RoleSupplier,
	"comprador": record.RoleBuyer, "contratante": record.RoleBuyer, "entidadcompradora": record.RoleBuyer,
	"acheteur":     record.RoleBuyer,
	"auftraggeber": record.RoleBuyer, "stazioneappaltante": record.RoleBuyer, "заказчик": record.RoleBuyer,
	"замовник":    record.RoleBuyer,
	"zamawiający": record.RoleBuyer,
	"oferente":    record.RoleTenderer, "licitante": record.RoleTenderer, "postor": record.RoleTenderer,
	"licitador":   record.RoleTenderer,
	"concorrente": record.RoleTenderer, "soumissionnaire": record.RoleTenderer, "candidat": record.RoleTenderer,
	"bieter":    record.RoleTenderer,
	"offerente": record.RoleTenderer, "участник": record.RoleTenderer, "учасник": record.RoleTenderer,
	"oferent":        record.RoleTenderer,
	"subcontratista": record.RoleSubcontractor, "subcontratado": record.RoleSubcontractor,
	"soustraitant":       record.RoleSubcontractor,
	"unterauftragnehmer": record.RoleSubcontractor, "nachunternehmer": record.RoleSubcontractor,
	"subappaltatore": record.RoleSubcontractor,
	"subcontractant": record.RoleSubcontractor, "podwykonawca": record.RoleSubcontractor,
	"субподрядчик": record.RoleSubcontractor,
	"financiador":  record.RoleFunder, "financeur": record.RoleFunder, "bailleurdefonds": record.RoleFunder,
	"geldgeber":    record.RoleFunder,
	"finanziatore": record.RoleFunder, "pagador": record.RolePayer, "payeur": record.RolePayer,
	"beneficiario": roleUser, "usuario": roleUser,
	"interestedparty": record.RoleInterestedParty, "attendee": record.RoleInterestedParty,
	"consignee": record.RoleConsignee, "recipient": record.RoleConsignee,
}

// rolesOf returns the roles of a party, each once; one without any role, or with a role that
// is none of roleWords, has [record.RoleOther].
func rolesOf(p *value) (out []record.Role) {
	add := func(s string) {
		if s == "" {
			return
		}
		role, ok := roleWords[letters(s)]
		if !ok {
			role, ok = roleWords[strings.TrimSuffix(letters(s), "s")]
		}
		if !ok {
			role = record.RoleOther
		}
		for _, have := range out {
			if have == role {
				return
			}
		}
		out = append(out, role)
	}
	for _, roles := range []*value{p.get("roles"), p.get("role")} {
		switch {
		case roles == nil:
		case roles.k == kString:
			for s := range strings.FieldsFuncSeq(strings.ReplaceAll(roles.s, " and ", ","), func(r rune) bool {
				return strings.ContainsRune(",;|/+&", r)
			}) {
				add(strings.TrimSpace(s))
			}
		default:
			for _, x := range roles.list() {
				add(firstOf(x.v.text(), x.v.get("id").text(), x.v.get("code").text(), x.v.get("name").text(),
					x.v.get("title").text()))
			}
		}
	}
	if len(out) == 0 {
		out = append(out, record.RoleOther)
	}
	return out
}

// letters folds a word to its lower-case letters.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		if r >= 'a' && r <= 'z' || r > 127 {
			return r
		}
		return -1
	}, s)
}
