package ocds

import (
	"strings"

	"plimsoll/internal/record"
)

// maxText is how much of a title or description an item keeps, in bytes.
const maxText = 1000

// items are the contract's, else the award's, else what was tendered of the same lots; then
// what the contract as a whole is said to be about, in codes and in words.
func (m *merged) items(contract, award *value, lots map[string]bool) []record.Item {
	tender := m.release.get("tender")
	var out []record.Item
	for _, v := range []*value{contract, award, tender} {
		list := v.get("items").list()
		for i := range list {
			if x := m.tendered(&list[i].v); inLots(x, lots) {
				out = m.item(out, x)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	abouts, codes := m.about(contract, award, lots)
	about := ""
	if len(abouts) == 1 {
		about = abouts[0]
	}
	for _, v := range codes {
		own := about
		if own == "" {
			own = m.clip(titled(v))
		}
		out = m.classes(out, v, own)
	}
	for _, s := range abouts {
		if s != "" && !says(out, s) {
			out = append(out, record.Item{Text: s})
		}
	}
	return out
}

// tendered is what the tender says of an item to which an award or contract refers by its id alone.
func (m *merged) tendered(v *value) *value {
	id := v.get("id").id()
	if id == "" || v.get("description").text() != "" || v.get("title").text() != "" ||
		v.get("classification").present() {
		return v
	}
	list := m.release.at("tender", "items").list()
	for i := range list {
		if x := &list[i].v; x.get("id").id() == id {
			return x
		}
	}
	return v
}

// item appends one item and one more for each further classification of it.
func (m *merged) item(out []record.Item, v *value) []record.Item {
	text := oneLine(inWords(v, "description"))
	if text == "" {
		text = oneLine(inWords(v, "title"))
	}
	class := classOf(v)
	if text == "" {
		text = oneLine(inWords(class, "description"))
	}
	item := record.Item{
		Text: m.clip(text), Scheme: m.words.keep(class.get("scheme").text()), Code: m.words.keep(class.get("id").id()),
		Quantity: m.decimal(v.get("quantity")), Unit: m.words.keep(first(v.at("unit", "name"), v.at("unit", "id"),
			v.get("unit")).text()),
	}
	if item != (record.Item{}) {
		out = append(out, item)
	}
	return m.further(out, v, item)
}

// classOf is the first classification of an item, lot, award, contract or tender. Publishers also
// write a list of them, the code alone, or "cpv".
func classOf(v *value) *value {
	for _, name := range [...]string{"classification", "classifications"} {
		for _, c := range v.get(name).list() {
			return asClass(&c.v, "")
		}
		if x := v.get(name); x.text() != "" {
			return asClass(x, "")
		}
	}
	if x := v.get("cpv"); x != nil {
		for _, c := range x.list() {
			return asClass(&c.v, "CPV")
		}
		return asClass(x, "CPV")
	}
	return nil
}

// furtherClasses are all other classifications.
func furtherClasses(v *value) (out []*value) {
	for _, name := range [...]string{"classification", "classifications", "cpv"} {
		if list := v.get(name).list(); len(list) > 1 {
			for i := range list[1:] {
				out = append(out, asClass(&list[i+1].v, ""))
			}
		}
	}
	x := v.get("additionalClassifications")
	for i := range x.list() {
		out = append(out, asClass(&x.list()[i].v, ""))
	}
	if x.text() != "" {
		out = append(out, asClass(x, ""))
	}
	return out
}

// asClass is a classification with scheme and id, of a text such as "CPV 35700000".
func asClass(v *value, scheme string) *value {
	if v.k == kObject {
		return v
	}
	code := v.id()
	if at := strings.IndexAny(code, "0123456789"); at > 0 && scheme == "" {
		scheme, code = strings.Trim(code[:at], " :-"), code[at:]
	}
	return &value{k: kObject, m: []member{{"scheme", value{k: kString, s: scheme}}, {"id", value{k: kString, s: code}}}}
}

// further appends an item for each of the additional classifications that says something new.
func (m *merged) further(out []record.Item, v *value, item record.Item) []record.Item {
	for _, c := range furtherClasses(v) {
		more := record.Item{Text: item.Text, Scheme: m.words.keep(c.get("scheme").text()),
			Code: m.words.keep(c.get("id").id())}
		if s := oneLine(inWords(c, "description")); more.Text == "" || more.Code == "" && s != "" {
			more.Text = m.clip(s)
		}
		if (more.Code != "" || more.Text != item.Text) && !has(out, more) {
			out = append(out, more)
		}
	}
	return out
}

// classes appends the classifications of a tender, lot, award or contract as a whole.
func (m *merged) classes(out []record.Item, v *value, about string) []record.Item {
	class := classOf(v)
	item := record.Item{Text: m.clip(oneLine(inWords(class, "description"))),
		Scheme: m.words.keep(class.get("scheme").text()), Code: m.words.keep(class.get("id").id())}
	if item.Text == "" && item.Code != "" {
		item.Text = about
	}
	if item != (record.Item{}) && !has(out, item) {
		out = append(out, item)
	}
	return m.further(out, v, item)
}

// has reports whether an item of the same code stands there already, or for one without code
// the same text.
func has(list []record.Item, x record.Item) bool {
	for _, i := range list {
		if i.Code == x.Code && i.Scheme == x.Scheme && (x.Code != "" || i.Text == x.Text) {
			return true
		}
	}
	return false
}

// says reports whether one of the items has this text.
func says(list []record.Item, text string) bool {
	for _, i := range list {
		if strings.EqualFold(i.Text, text) {
			return true
		}
	}
	return false
}

// about returns what the contract, its award, its lots or the whole tender say that it is
// about, from the nearest that says anything, and the places whose classifications hold for it.
// A tender of several lots does not speak for the contract of one; where nothing says of which
// lot a contract is, it may be of each.
func (m *merged) about(contract, award *value, lots map[string]bool) (texts []string, codes []*value) {
	tender := m.release.get("tender")
	codes = append(codes, contract, award)
	for _, v := range []*value{contract, award} {
		if s := titled(v); s != "" && len(texts) == 0 {
			texts = append(texts, s)
		}
	}
	all := tender.get("lots").list()
	said := len(texts) > 0
	own := len(contract.get("items").list())+len(award.get("items").list()) > 0
	for i := range all {
		lot := &all[i].v
		if len(lots) > 0 && !lots[lotKey(lot.get("id").id())] || len(lots) == 0 && (said || own) {
			continue
		}
		codes = append(codes, lot)
		if s := titled(lot); s != "" && !said {
			texts = append(texts, s)
		}
	}
	if len(lots) == 0 || len(all) < 2 {
		codes = append(codes, tender)
	}
	plan := m.release.get("planning")
	if whole := titled(tender); len(lots) == 0 && !said && whole != "" {
		texts = append([]string{whole}, texts...)
	}
	for _, s := range [...]string{
		titled(tender), titled(&m.release), oneLine(inWords(plan.get("budget"), "description")),
		titled(plan.get("project")),
		oneLine(inWords(plan, "rationale")), oneLine(plan.at("budget", "project").text()),
	} { // better the whole tender than nothing
		if s != "" && len(texts) == 0 {
			texts = append(texts, s)
		}
	}
	for i := range texts {
		texts[i] = m.clip(texts[i])
	}
	return texts, codes
}

// titled joins title and description, unless one holds the other.
func titled(v *value) string {
	title, more := oneLine(inWords(v, "title")), oneLine(inWords(v, "description"))
	switch {
	case more == "" || strings.Contains(strings.ToLower(title), strings.ToLower(more)):
		return title
	case title == "" || strings.Contains(strings.ToLower(more), strings.ToLower(title)):
		return more
	}
	return title + ": " + more
}

// lotsOf returns the lots that a contract is of: its own, else its award's, else those of its
// items. Empty means that nothing says so.
func (m *merged) lotsOf(contract, award *value) map[string]bool {
	lots := map[string]bool{}
	for _, v := range []*value{contract, award} {
		addLots(lots, v)
		for i := range v.get("items").list() {
			if len(lots) > 0 {
				break
			}
			addLots(lots, m.tendered(&v.get("items").list()[i].v))
		}
		if len(lots) > 0 {
			break
		}
	}
	groups := m.release.at("tender", "lotGroups").list()
	for i := range groups {
		if g := &groups[i].v; lots[lotKey(g.get("id").id())] {
			addLots(lots, g)
		}
	}
	return lots
}

// lotKey is how the ids of lots are compared.
func lotKey(id string) string { return strings.ToLower(strings.TrimSpace(id)) }

func addLots(lots map[string]bool, v *value) {
	for _, name := range [...]string{"relatedLot", "relatedLots", "lot", "lots", "lotID", "lotId"} {
		x := v.get(name)
		// flattened lists
		for id := range strings.FieldsFuncSeq(x.id(), func(r rune) bool { return r == ';' || r == ',' || r == '|' }) {
			if id = lotKey(id); id != "" {
				lots[id] = true
			}
		}
		for i := range x.list() {
			e := &x.list()[i].v
			if id := lotKey(first(e.get("id"), e).id()); id != "" {
				lots[id] = true
			}
		}
	}
}

// inLots reports whether an item is of one of the lots, or of no lot in particular.
func inLots(item *value, lots map[string]bool) bool {
	if len(lots) == 0 {
		return true
	}
	of := map[string]bool{}
	addLots(of, item)
	for id := range of {
		if lots[id] {
			return true
		}
	}
	return len(of) == 0
}

// inWords returns a text member, in the publisher's first language or in any other that is
// given ("title_en", release schema 1.1.5, patternProperties); English before others.
func inWords(v *value, name string) string {
	if s := v.get(name).text(); s != "" || v == nil || v.k != kObject {
		return s
	}
	other := ""
	for i := range v.m {
		base, lang, ok := strings.Cut(v.m[i].key, "_")
		if s := v.m[i].v.text(); ok && base == name && s != "" {
			if strings.HasPrefix(lang, "en") {
				return s
			}
			if other == "" {
				other = s
			}
		}
	}
	return other
}

func (m *merged) clip(s string) string {
	if len(s) > maxText {
		cut := maxText
		for cut > 0 && s[cut]&0xc0 == 0x80 {
			cut--
		}
		s = s[:cut]
	}
	return m.words.keep(s)
}
