package ocds

import (
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// fewParties is how many are looked through one by one.
const fewParties = 12

// parties is the parties section of a process, looked up by what references give.
type parties struct {
	list  []member
	roles [][]record.Role // of each
	id    map[string]int
	fold  map[string]int // ids in lower case
	name  map[string]int // names in lower case
}

func indexParties(v *value) parties {
	p := parties{list: listed(v)}
	p.roles = make([][]record.Role, len(p.list))
	for i := range p.list {
		p.roles[i] = rolesOf(&p.list[i].v)
	}
	if len(p.list) <= fewParties {
		return p
	}
	p.id, p.fold, p.name = map[string]int{}, map[string]int{}, map[string]int{}
	put := func(m map[string]int, key string, i int) {
		if _, ok := m[key]; !ok && key != "" {
			m[key] = i
		}
	}
	for i := range p.list {
		x := &p.list[i].v
		id := x.get("id").id()
		put(p.id, id, i)
		put(p.fold, strings.ToLower(id), i)
		put(p.name, strings.ToLower(nameOf(x)), i)
	}
	return p
}

// listed returns the parties section as a list of objects, also where it is an object of lists by
// role, {"buyer": {…}, "tenderers": [{…}]}, or where only names stand in it.
func listed(v *value) (out []member) {
	if v != nil && v.k == kObject && !isOrganisation(v) {
		for i := range v.m {
			x := &v.m[i]
			for _, one := range named(&x.v) {
				if one.v.get("roles") == nil && one.v.get("role") == nil {
					one.v.m = append(one.v.m[:len(one.v.m):len(one.v.m)], member{"role", value{k: kString, s: x.key}})
				}
				out = append(out, one)
			}
		}
		return out
	}
	return named(v)
}

// named returns the organisations of a list, each as an object of its own.
func named(v *value) []member {
	list := v.list()
	if v != nil && v.k == kString {
		list = []member{{v: *v}}
	}
	plain := true
	for i := range list {
		plain = plain && list[i].v.k == kObject && isOrganisation(&list[i].v)
	}
	if plain {
		return list
	}
	var out []member
	for i := range list {
		x := list[i].v
		switch {
		case x.k == kString && x.text() != "":
			out = append(out, member{v: value{k: kObject, m: []member{{"name", x}}}})
		case x.k == kArray:
			out = append(out, named(&x)...)
		case x.k == kObject:
			out = append(out, member{v: *inner(&x)})
		}
	}
	return out
}

// isOrganisation reports whether an object says by itself who it is.
func isOrganisation(v *value) bool {
	return nameOf(v) != "" || v.get("id").present() || v.get("identifier").present() || v.get("identifiers").present()
}

// inner is the organisation in an object that stands around one: {"organization": {…}, "roles": …}.
func inner(v *value) *value {
	if v.k != kObject || isOrganisation(v) {
		return v
	}
	for _, name := range [...]string{"organization", "organisation", "party", "supplier", "tenderer", "bidder", "buyer",
		"subcontractor"} {
		x := v.get(name)
		if x == nil || x.k != kObject && x.k != kString {
			continue
		}
		out := value{k: kObject}
		if x.k == kString {
			out.m = append(out.m, member{"name", *x})
		}
		out.m = append(out.m, x.m...)
		for i := range v.m {
			if k := v.m[i].key; k != name && out.get(k) == nil {
				out.m = append(out.m, v.m[i])
			}
		}
		return &out
	}
	return v
}

func nameOf(v *value) string {
	for _, s := range [...]string{inWords(v, "name"), inWords(v.get("identifier"), "legalName"),
		inWords(v, "legalName")} {
		if s != "" {
			return s
		}
	}
	return ""
}

// resolve returns what the parties section says of a reference, or nil. Publishers write
// ids in another case or as numbers, or give only the name.
func (p *parties) resolve(ref *value) *value {
	if ref == nil || ref.k != kObject || len(p.list) == 0 {
		return nil
	}
	id := ref.get("id").id()
	if p.id == nil {
		return p.among(id, nameOf(ref))
	}
	if i, ok := p.id[id]; ok && id != "" {
		return &p.list[i].v
	}
	if i, ok := p.fold[strings.ToLower(id)]; ok && id != "" {
		return &p.list[i].v
	}
	if name := nameOf(ref); name != "" {
		if i, ok := p.name[strings.ToLower(name)]; ok {
			return &p.list[i].v
		}
	}
	return nil
}

// among is resolve without an index.
func (p *parties) among(id, name string) *value {
	var loose, named *value
	for i := range p.list {
		x := &p.list[i].v
		have := x.get("id").id()
		switch {
		case id != "" && have == id:
			return x
		case id != "" && loose == nil && strings.EqualFold(have, id):
			loose = x
		case name != "" && named == nil && strings.EqualFold(nameOf(x), name):
			named = x
		}
	}
	if loose != nil {
		return loose
	}
	return named
}

// role returns the parties of a role, in order.
func (p *parties) role(want record.Role) (out []*value) {
	for i := range p.list {
		for _, r := range p.roles[i] {
			if r == want {
				out = append(out, &p.list[i].v)
			}
		}
	}
	return out
}

// ref turns a reference or an organisation into a mention. What the parties section says
// comes first, what the reference itself says fills the gaps.
func (m *merged) ref(v *value) party.Ref {
	if v == nil {
		return party.Ref{}
	}
	if v.k == kString { // only the name
		if m.hides(v.s) {
			return party.Ref{}
		}
		return party.Ref{Name: m.words.keep(strings.TrimSpace(v.s)), Scope: m.scope()}
	}
	v = inner(v)
	p := m.parties.resolve(v)
	if p == nil {
		p = v
	}
	r := party.Ref{Name: m.words.keep(oneLine(nameOf(p))), Scope: m.scope()}
	if r.Name == "" {
		r.Name = m.words.keep(oneLine(nameOf(v)))
	}
	for _, x := range []*value{p, v} {
		if r.Address == "" {
			r.Address = m.words.keep(address(x.get("address")))
		}
		if r.Country == "" {
			r.Country = m.words.keep(country(x.get("address")))
		}
		if r.Country == "" {
			r.Country = m.words.keep(firstOf(country(x.get("addresses")), countryIn(x)))
		}
		for _, name := range [...]string{"identifier", "identifiers", "additionalIdentifiers"} {
			ids := x.get(name)
			if ids != nil && (ids.k == kString || ids.k == kNumber) {
				m.identify(&r, ids)
			}
			for i := range ids.list() {
				m.identify(&r, &ids.list()[i].v)
			}
		}
		if lei := x.get("lei").text(); lei != "" {
			m.number(&r, party.Identifier{Scheme: "LEI", ID: m.words.keep(lei)})
		}
		if p == v {
			break
		}
	}
	if m.hides(r.Name) {
		if r.Name = ""; len(r.Identifiers) == 0 {
			return party.Ref{}
		}
	}
	if id := p.get("id").id(); lasting(id, r.Identifiers) {
		r.LocalID = m.words.keep(id)
		if org, ok := orgID(id); ok && !numbered(r.Identifiers, org) {
			org.Scheme, org.ID = m.words.keep(org.Scheme), m.words.keep(org.ID)
			r.Identifiers = append(r.Identifiers, org)
		}
	}
	r.Class = m.words.keep(stated(p))
	if r.Zero() {
		return party.Ref{}
	}
	return r
}

// hides reports whether a word stands in the place of a name, and counts it.
func (m *merged) hides(name string) bool {
	none, withheld := noName(name)
	if none {
		m.hidden, m.unnamed = m.hidden || withheld, true
		m.out.notes[noteNameless]++
	}
	return none
}

// identify adds a number of a register. Publishers also write it whole, as in org-id form, where
// the number alone belongs, with or without the scheme beside it.
func (m *merged) identify(r *party.Ref, v *value) {
	id := party.Identifier{Scheme: v.get("scheme").text(), ID: v.get("id").id()}
	if v.k == kString || v.k == kNumber {
		id.ID = v.id()
	}
	if org, ok := orgID(id.ID); ok && (id.Scheme == "" || strings.EqualFold(id.Scheme, org.Scheme)) {
		id = org
	}
	id.Scheme, id.ID = m.words.keep(id.Scheme), m.words.keep(id.ID)
	m.number(r, id)
}

func (m *merged) number(r *party.Ref, id party.Identifier) {
	if id.Empty() {
		return
	}
	for _, have := range r.Identifiers {
		if have == id {
			return
		}
	}
	r.Identifiers = append(r.Identifiers, id)
}

// orgID reads an id in the form that org-id.guide and OCDS ask for: the code of a register,
// "GB-COH", "XI-LEI", "US-SAM", and the number in it.
func orgID(id string) (party.Identifier, bool) {
	id = strings.TrimPrefix(id[strings.LastIndexByte(id, '/')+1:], "org-id:") // also the address of one
	country, rest, ok := strings.Cut(id, "-")
	cut := strings.IndexAny(rest, "-:")
	if cut < 0 {
		return party.Identifier{}, false
	}
	register, number := rest[:cut], strings.TrimSpace(rest[cut+1:])
	if scheme := country + "-" + register; party.FixedWidth(scheme) { // "gb-coh-01234567"
		country, register = strings.ToUpper(country), strings.ToUpper(register)
	}
	if !ok || len(country) != 2 || len(register) < 2 || len(register) > 12 || !upper(country) ||
		!strings.ContainsAny(number, "0123456789") {
		return party.Identifier{}, false
	}
	for i := range len(register) {
		if c := register[i]; (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return party.Identifier{}, false
		}
	}
	return party.Identifier{Scheme: country + "-" + register, ID: number}, len(number) >= 4
}

func upper(s string) bool {
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}

// numbered reports whether a number stands among ids, under whatever scheme.
func numbered(ids []party.Identifier, x party.Identifier) bool {
	for _, id := range ids {
		if id.Normal().ID == x.Normal().ID {
			return true
		}
	}
	return false
}

// scope is the publisher, by the ocid's registered prefix ("ocds-213czf").
func (m *merged) scope() string {
	rest, ok := strings.CutPrefix(strings.ToLower(m.ocid), "ocds-")
	if prefix, _, cut := strings.Cut(rest, "-"); cut {
		rest = prefix
	}
	if ok {
		rest = "ocds-" + rest
	}
	return m.words.keep("ocds:" + rest)
}

// lasting reports whether a party's id can mean the same party in another process. Many
// publishers count parties 1, 2, 3 anew in each.
func lasting(id string, ids []party.Identifier) bool {
	for _, x := range ids {
		if x.ID != "" && strings.HasSuffix(id, x.ID) {
			return true
		}
	}
	return len(id) >= 6 && strings.ContainsAny(id, "0123456789")
}

// stated is the class that the source gives a public body, when it uses the UN's
// classification of the functions of government.
func stated(p *value) string {
	for i := range p.at("details", "classifications").list() {
		c := &p.at("details", "classifications").list()[i].v
		if strings.HasPrefix(strings.ToUpper(c.get("scheme").text()), "COFOG") ||
			strings.EqualFold(c.get("scheme").text(), "EU-MAIN-ACTIVITY") {
			if s := c.get("description").text(); s != "" {
				return oneLine(s)
			}
			return c.get("scheme").text() + " " + c.get("id").text()
		}
	}
	return ""
}

func address(v *value) string {
	if v == nil {
		return ""
	}
	if v.k == kString {
		return oneLine(v.s)
	}
	var parts []string
	for _, name := range [...]string{"streetAddress", "postalCode", "locality", "region"} {
		s := oneLine(v.get(name).text())
		if s != "" && (len(parts) == 0 || !strings.EqualFold(parts[len(parts)-1], s)) {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// country reads the country of an address, or of the first of several that gives one.
func country(v *value) string {
	for _, x := range v.list() {
		if s := countryIn(&x.v); s != "" {
			return s
		}
	}
	return ""
}

// countryIn reads the members of an object that name a country, as a text or as an object of name and code.
func countryIn(v *value) string {
	for _, name := range [...]string{"countryName", "country", "countryCode"} {
		x := v.get(name)
		if s := firstOf(x.text(), x.get("name").text(), x.get("code").text(), x.get("id").text()); s != "" {
			return oneLine(s)
		}
	}
	return ""
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// oneLine trims and joins lines.
func oneLine(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsAny(s, "\r\n\t") {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}
