package ocds

import (
	"strconv"
	"strings"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
)

// merged is one process while its releases are put together.
type merged struct {
	*decoder
	ocid      string
	release   value
	history   map[said]*history
	n         int // releases so far
	last      *entry
	ids       []string // of the releases, by number
	dates     []record.Date
	parties   parties
	sent      int              // engagements emitted
	called    []party.Ref      // suppliers of awards and contracts that were called off, and of none that stands
	hidden    bool             // a name of the engagement at hand is withheld
	unnamed   bool             // somebody is meant in the process whose name is not given
	bids      int              // > 0 while bids are swept
	swept     map[*value]bool  // awards of many suppliers whose parties an engagement names already
	everybody []record.RoleRef // whom the process names beside its awards and contracts; nil until somebody asks
	unread    []record.Hidden  // where the process may name others, found with everybody
	bid       record.RoleRef   // lots, state and group of the bid that is being read
	// suppliers that awards and contracts name; nil until somebody asks
	suppliersNamed []party.Ref
}

// said names what a release speaks of.
type said struct{ what, id string } // "award" or "contract"

// A history is what the releases said of one contract or award before they were merged.
type history struct {
	source  int
	path    string // of the release that mentions it last
	index   int    // in that release's list
	value   record.Decimal
	money   string
	end     record.Date
	seen    int // releases that mention it
	changes []change
	amended map[string]int // amendments by id, and the release that first had them
	emitted bool
}

// A change is a value, or a last day, that one release gives and the one before did not.
type change struct {
	release            int
	before, after      record.Decimal
	endBefore, endLast record.Date
	currency           string
	used               bool
}

func (h *history) at(list string) string {
	at := list + "/" + strconv.Itoa(h.index)
	if h.path == "" {
		return at
	}
	return h.path + "/" + at
}

// add merges one release; it comes after all of an earlier date.
func (m *merged) add(e *entry, tree *value, r *rules) {
	m.out = m.counts[e.source]
	m.last = e
	if e.date == "" && !e.early && e.kind != entryVersioned {
		m.out.notes[noteNoDate]++
	}
	m.n++
	m.ids = append(m.ids, tree.get("id").text())
	m.dates = append(m.dates, m.releaseDate(e, tree))
	for _, name := range [...]string{"awards", "contracts"} {
		list := tree.get(name)
		if !list.present() {
			continue
		}
		m.repair(list)
		for i := range list.m {
			m.note(e, strings.TrimSuffix(name, "s"), i, &list.m[i].v)
		}
	}
	for _, name := range [...]string{"tender", "planning"} { // an object, and no list of them
		if list := tree.get(name); list != nil && list.k == kArray && len(list.m) > 0 {
			one := list.m[0].v
			for i := range list.m[1:] {
				if x := &list.m[i+1].v; one.k == kObject && x.k == kObject {
					r.object(&one, x, nil)
				}
			}
			*list = one
		}
	}
	r.object(&m.release, tree, r.root)
}

func (m *merged) releaseDate(e *entry, tree *value) record.Date {
	if t, err := record.ParseDate(e.date); err == nil && t.Known() {
		return t
	}
	if list := tree.get("awards").list(); len(list) > 0 {
		return m.date(list[0].v.get("date"))
	}
	return record.Date{}
}

// repair makes a list of objects that all have an id.
func (m *merged) repair(list *value) {
	if list.k == kObject {
		*list = value{k: kArray, m: []member{{v: *list}}}
	}
	kept := list.m[:0]
	for i := range list.m {
		x := list.m[i]
		if x.v.k != kObject {
			continue
		}
		if x.v.get("id").id() == "" {
			m.out.notes[noteNoID]++
			x.v.set("id", value{k: kString, s: "#" + strconv.Itoa(i+1)})
		}
		kept = append(kept, x)
	}
	list.m = kept
	if list.k != kArray {
		*list = value{k: kArray}
	}
}

func (m *merged) note(e *entry, what string, i int, v *value) {
	key := said{what, v.get("id").id()}
	h := m.history[key]
	if h == nil {
		h = &history{}
		m.history[key] = h
	}
	h.source, h.path, h.index = e.source, e.path, i
	h.seen++
	if end := endOf(v); end.Known() {
		if h.end.Known() && !end.Time.Equal(h.end.Time) {
			h.changes = append(h.changes, change{release: m.n - 1, endBefore: h.end, endLast: end})
		}
		h.end = end
	}
	if amount := v.at("value", "amount").text(); amount != "" && amount != string(h.value) {
		if n, err := record.ParseDecimal(amount); err == nil && !n.Null() {
			money := strings.ToUpper(v.at("value", "currency").text())
			if !h.value.Null() && (h.money == money || money == "") && h.value.Rat().Cmp(n.Rat()) != 0 {
				h.changes = append(h.changes, change{release: m.n - 1, before: h.value, after: n, currency: h.money})
			}
			h.value = n
			if money != "" {
				h.money = money
			}
		}
	}
	for _, name := range [...]string{"amendments", "amendment"} {
		for j := range v.get(name).list() {
			id := amendmentID(&v.get(name).list()[j].v, j)
			if h.amended == nil {
				h.amended = map[string]int{}
			}
			if _, ok := h.amended[id]; !ok {
				h.amended[id] = m.n - 1
			}
		}
	}
}

// differs reports whether a publisher's own compilation has other contracts, or other
// values of them, than its releases come to.
func (m *merged) differs(compiled *value) bool {
	mine, theirs := m.release.get("contracts").list(), compiled.get("contracts").list()
	if len(mine) != len(theirs) {
		return true
	}
	amounts := map[string]string{}
	for i := range mine {
		amounts[mine[i].v.get("id").id()] = mine[i].v.at("value", "amount").text()
	}
	for i := range theirs {
		want, ok := amounts[theirs[i].v.get("id").id()]
		got := theirs[i].v.at("value", "amount").text()
		if ok && want == got {
			continue
		}
		x, errX := record.ParseDecimal(want)
		y, errY := record.ParseDecimal(got)
		if !ok || errX != nil || errY != nil || x.Rat().Cmp(y.Rat()) != 0 {
			return true
		}
	}
	return false
}

func amendmentID(v *value, i int) string {
	if id := v.get("id").text(); id != "" {
		return id
	}
	return "#" + strconv.Itoa(i) + v.get("date").text()
}

// emit says what the merged release comes to: an engagement for each contract, and for each
// award that no contract refers to; of the kind tender where there is neither, or none that
// stands.
func (m *merged) emit() error {
	m.parties = indexParties(m.release.get("parties"))
	if err := m.owners(); err != nil {
		return err
	}
	awards, contracts := m.release.get("awards").list(), m.release.get("contracts").list()
	served := make([]int, len(awards))
	link := make([]int, len(contracts))
	for i := range contracts {
		link[i] = awardOf(&contracts[i].v, awards)
		if link[i] >= 0 {
			served[link[i]]++
		}
	}
	m.callOff(awards, served)
	m.callOff(contracts, nil)
	for i := range contracts {
		var award *value
		shared := false
		if link[i] >= 0 {
			award, shared = &awards[link[i]].v, served[link[i]] > 1
		}
		if err := m.engagement("contract", &contracts[i].v, award, shared); err != nil {
			return err
		}
	}
	for i := range awards {
		if served[i] > 0 {
			continue
		}
		if err := m.engagement("award", nil, &awards[i].v, false); err != nil {
			return err
		}
	}
	if m.sent == 0 {
		return m.tender()
	}
	return nil
}

// callOff notes the suppliers of awards or contracts that came to nothing and that nothing which
// stands names: for each of list, of counts the contracts that refer to it.
func (m *merged) callOff(list []member, of []int) {
	var off, stand []party.Ref
	for i := range list {
		if v := &list[i].v; calledOff(v) && (of == nil || of[i] == 0) {
			off = append(off, m.supplied(v)...)
		} else {
			stand = append(stand, m.supplied(v)...)
		}
	}
	for _, r := range off {
		if !contains(stand, r) {
			m.called = append(m.called, r)
		}
	}
}

// awardOf finds the award of a contract: by awardID, or the only one when it gives none.
func awardOf(contract *value, awards []member) int {
	id := contract.get("awardID").id()
	for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
		for i := range awards {
			if id != "" && same(awards[i].v.get("id").id(), id) {
				return i
			}
		}
	}
	if len(awards) == 1 && id == "" {
		return 0
	}
	return -1
}

func (m *merged) send(r record.Record) error {
	m.out.records++
	return m.sink.Record(r)
}

func itoa(i int) string { return strconv.Itoa(i) }
