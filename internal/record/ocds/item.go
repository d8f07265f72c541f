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
			if x := &list[i].v; inLots(x, lots) {
				out = m.item(out, x)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	about, codes := m.about(contract, award, lots)
	for _, v := range codes {
		out = m.classes(out, v, about)
	}
	if about != "" && !says(out, about) {
		out = append(out, record.Item{Text: about})
	}
	return out
}

// item appends one item and one more for each further classification of it.
func (m *merged) item(out []record.Item, v *value) []record.Item {
	text := oneLine(inWords(v, "description"))
	if text == "" {
		text = oneLine(inWords(v, "title"))
	}
	class := v.get("classification")
	if text == "" {
		text = oneLine(inWords(class, "description"))
	}
	item := record.Item{
		Text: m.clip(text), Scheme: m.words.keep(class.get("scheme").text()), Code: m.words.keep(class.get("id").id()),
		Quantity: m.decimal(v.get("quantity")), Unit: m.words.keep(first(v.at("unit", "name"), v.at("unit", "id"), v.get("unit")).text()),
	}
	if item != (record.Item{}) {
		out = append(out, item)
	}
	return m.further(out, v, item)
}

// further appends an item for each of the additional classifications that says something new.
func (m *merged) further(out []record.Item, v *value, item record.Item) []record.Item {
	list := v.get("additionalClassifications").list()
	for i := range list {
		c := &list[i].v
		more := record.Item{Text: item.Text, Scheme: m.words.keep(c.get("scheme").text()), Code: m.words.keep(c.get("id").id())}
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
	class := v.get("classification")
	item := record.Item{Text: m.clip(oneLine(inWords(class, "description"))), Scheme: m.words.keep(class.get("scheme").text()), Code: m.words.keep(class.get("id").id())}
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
// A tender of several lots does not speak for the contract of one.
func (m *merged) about(contract, award *value, lots map[string]bool) (text string, codes []*value) {
	tender := m.release.get("tender")
	near := []*value{contract, award}
	codes = append(codes, contract, award)
	all := tender.get("lots").list()
	for i := range all {
		if lots[all[i].v.get("id").id()] {
			near, codes = append(near, &all[i].v), append(codes, &all[i].v)
		}
	}
	if len(lots) == 0 || len(all) < 2 {
		near, codes = append(near, tender), append(codes, tender)
	}
	for _, v := range near {
		if text = titled(v); text != "" {
			break
		}
	}
	if text == "" { // better the whole tender than nothing
		text = titled(tender)
	}
	if text == "" {
		text = oneLine(inWords(m.release.at("planning", "budget"), "description"))
	}
	return m.clip(text), codes
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
func lotsOf(contract, award *value) map[string]bool {
	lots := map[string]bool{}
	for _, v := range []*value{contract, award} {
		addLots(lots, v)
		if len(lots) > 0 {
			return lots
		}
		for i := range v.get("items").list() {
			addLots(lots, &v.get("items").list()[i].v)
		}
		if len(lots) > 0 {
			return lots
		}
	}
	return lots
}

func addLots(lots map[string]bool, v *value) {
	for _, name := range [...]string{"relatedLot", "relatedLots"} {
		x := v.get(name)
		for id := range strings.SplitSeq(x.id(), ";") { // flattened lists
			if id = strings.TrimSpace(id); id != "" {
				lots[id] = true
			}
		}
		for i := range x.list() {
			e := &x.list()[i].v
			if id := first(e.get("id"), e).id(); id != "" {
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
