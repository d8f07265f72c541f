package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"plimsoll/internal/compare"
	"plimsoll/internal/match"
	"plimsoll/internal/name"
	"plimsoll/internal/party"
)

// identifiers joins what one register gave one number, unless so many different names carry
// it that it identifies none of them, or another register tells them apart.
func (r *resolver) identifiers() {
	at := map[party.Identifier][]int32{}
	for i := range r.m {
		for _, id := range r.groups[i].ids {
			at[id] = append(at[id], int32(i))
		}
	}
	byMember := make([][]party.Identifier, len(r.m))
	for i := range r.m {
		byMember[i] = r.groups[i].ids
	}
	ids := slices.SortedFunc(maps.Keys(at), compareIDs)
	for _, id := range ids {
		if n := r.carriers(at[id]); n > 0 {
			r.shared[id] = true
			for _, i := range at[id][1:] {
				r.apart = append(r.apart, Link{Left: int(i), Right: int(at[id][0]), Rule: ByIdentifier, Answer: Apart,
					Agree: []string{fmt.Sprintf("%s is carried by %d names: it identifies none of them", id, n)}})
			}
		}
	}
	if len(r.shared) > 0 { // a number that identifies nobody tells nobody apart
		for i := range r.m {
			r.groups[i].ids = slices.DeleteFunc(slices.Clone(r.groups[i].ids), func(id party.Identifier) bool {
				return r.shared[id]
			})
		}
	}
	for _, id := range ids {
		if r.shared[id] {
			continue
		}
		for _, i := range at[id][1:] {
			first := at[id][0]
			a, b := r.find(first), r.find(i)
			if a == b {
				continue
			}
			if why := r.groups[a].numbersDiffer(&r.groups[b]); why != "" && len(r.groups[a].ids) > 1 &&
				len(r.groups[b].ids) > 1 {
				r.doubt = append(r.doubt, Link{Left: int(i), Right: int(first), Rule: ByDoubt, Answer: Possible,
					Agree: []string{id.String(), "but " + why}})
				continue
			}
			r.union(Link{Left: int(i), Right: int(first), Rule: ByIdentifier, Agree: []string{id.String()}})
		}
	}
}

// carriers returns how many different names carry a number when they are too many for it to
// identify one party, else 0.
func (r *resolver) carriers(at []int32) int {
	keys := map[string]bool{}
	for _, i := range at {
		if n := r.m[i].Ref.Name; n != "" && !None(n) {
			keys[name.Key(n)] = true
		}
	}
	switch {
	case len(keys) > sharedNames:
		return len(keys)
	case len(keys) <= sharedUnlike:
		return 0
	}
	var unlike []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if !slices.ContainsFunc(unlike, func(o string) bool {
			return compare.Pair("Company", k,
				o) >= match.Threshold
		}) {
			unlike = append(unlike, k)
		}
	}
	if len(unlike) > sharedUnlike {
		return len(unlike)
	}
	return 0
}

// locals joins what the source itself gives one key, unless so many different names carry a key of the company's own
// that it identifies none of them: "99999", the key of all customers who pay once.
func (r *resolver) locals() {
	first := map[[3]string]int32{}
	own := map[string][]int32{}
	for i, m := range r.m {
		if m.Ref.LocalID != "" && m.Ref.Scope == Own {
			key := normalKey(m.Ref.LocalID)
			own[key] = append(own[key], int32(i))
		}
	}
	shared := map[string]bool{}
	for _, key := range slices.Sorted(maps.Keys(own)) {
		if n := r.carriers(own[key]); n > 0 && usableKey(key) {
			shared[key] = true
			for _, i := range own[key] {
				r.groups[i].locals = nil // and tells nobody apart
			}
			for _, i := range own[key][1:] {
				r.apart = append(r.apart, Link{Left: int(i), Right: int(own[key][0]), Rule: ByLocalID, Answer: Apart,
					Agree: []string{fmt.Sprintf("key %s is carried by %d names: it identifies none of them", key, n)}})
			}
		}
	}
	for i, m := range r.m {
		key := m.Ref.LocalID
		if m.Ref.Scope == Own {
			key = normalKey(key)
		}
		switch { // the keys of publishers are their own affair, but for words
		case key == "", m.Ref.Scope != Own && None(key), m.Ref.Scope == Own && (shared[key] || !usableKey(key)):
			continue
		}
		k := [3]string{m.Ref.Scope, key}
		if m.Ref.Scope != Own { // "1" in one process is not "1" in the next
			k[2] = name.Key(m.Ref.Name)
		}
		if f, ok := first[k]; ok {
			r.union(Link{Left: i, Right: int(f), Rule: ByLocalID, Agree: []string{"key " + m.Ref.LocalID}})
		} else {
			first[k] = int32(i)
		}
	}
}

// rows joins the names of one row that are written alike. A name that stands in rows of several
// parties that contradict each other stays for itself: it may be any of them.
func (r *resolver) rows() {
	here := make(map[int]int32, len(r.m))
	for k, i := range r.order {
		here[int(i)] = int32(k)
	}
	unclear := func(beside []int) bool {
		for x := range beside {
			for _, y := range beside[x+1:] {
				if r.group(here[beside[x]]).contradicts(r.group(here[y])) {
					return true
				}
			}
		}
		return false
	}
	for i, m := range r.m {
		if len(m.Beside) == 0 || None(m.Ref.Name) {
			continue
		}
		several := unclear(m.Beside)
		for _, b := range placesHere(m.Beside, here) {
			l := Link{Left: max(i, int(b)), Right: min(i, int(b)), Agree: []string{"spelling", "row"}}
			switch {
			case unclear(r.m[b].Beside), r.group(int32(i)).contradicts(r.group(b)), r.find(int32(i)) == r.find(b):
			case several:
				l.Rule, l.Answer, l.Rivals = ByDoubt, Possible, true
				r.doubt = append(r.doubt, l)
			default:
				l.Rule = ByRow
				r.union(l)
			}
		}
	}
}

// placesHere turns places in the input into places here, in order.
func placesHere(input []int, here map[int]int32) []int32 {
	out := make([]int32, len(input))
	for n, i := range input {
		out[n] = here[i]
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Usable reports whether an identifier, in its normal form, can identify: what has no digit is
// a word for none or the heading of the column, and one digit again and again, or digits in
// order, are what people type to get past a form.
func Usable(n party.Identifier) bool {
	if n.Empty() || len(n.ID) < 4 && n.Scheme == "" || len(n.ID) < 2 || None(n.ID) {
		return false
	}
	var digits []byte
	other := 0
	for _, c := range n.ID {
		switch {
		case c >= '0' && c <= '9':
			digits = append(digits, byte(c))
		case unicode.IsDigit(c):
			return true
		default:
			other++
		}
	}
	switch {
	case len(digits) == 0:
		return n.Scheme == "BIC" || n.Scheme == "SWIFT"
	case strings.Contains(n.ID, "XXX"), strings.HasPrefix(n.ID, "TEST"), strings.HasPrefix(n.ID, "DUMMY"):
		return false
	case rounded(n.ID), typed(n.ID, digits):
		return false
	case other > 0:
		return true
	}
	return !oneDigit(digits) && !inOrder(digits) && !padded(digits) && !groups(digits)
}

// rounded reports whether a spreadsheet wrote a number as 1.23457E+11, in its normal form: its last digits are lost.
func rounded(id string) bool {
	head, power, ok := strings.Cut(id, "E")
	return ok && len(head) >= 3 && len(power) == 2 && (power[0] == '0' || power[0] == '1') && strings.Trim(head+power,
		"0123456789") == ""
}

// typed reports whether the keys of a keyboard in their order stand for a number: ABC123456, XYZ1234.
func typed(id string, digits []byte) bool {
	letters := strings.TrimRight(id, "0123456789")
	switch letters {
	case "ABC", "ABCD", "XYZ", "AAA", "QWERTY", "ASDF":
		return len(id) == len(letters)+len(digits) && (len(digits) < 3 || oneDigit(digits) || inOrder(digits) ||
			string(digits) == "123")
	}
	return false
}

// padded reports whether noughts and one digit stand for a number: 000000001.
func padded(d []byte) bool {
	return len(d) > 5 && len(strings.TrimLeft(string(d), "0")) < 2
}

// groups reports whether three groups or more of one digit each stand for a number: 1111-2222-3333.
func groups(d []byte) bool {
	runs, size, least := 0, 0, len(d)
	for i := range d {
		if size++; i+1 == len(d) || d[i+1] != d[i] {
			runs, least, size = runs+1, min(least, size), 0
		}
	}
	return runs >= 3 && least >= 3
}

// oneDigit reports whether three digits or more are all the same.
func oneDigit(d []byte) bool {
	for i := range d {
		if d[i] != d[0] {
			return false
		}
	}
	return len(d) >= 3
}

// inOrder reports whether four digits or more count up or down: 12345678, 98765432.
func inOrder(d []byte) bool {
	up, down := true, true
	for i := 1; i < len(d); i++ {
		up = up && (d[i] == d[i-1]+1 || d[i-1] == '9' && d[i] == '0')
		down = down && (d[i] == d[i-1]-1 || d[i-1] == '0' && d[i] == '9')
	}
	return len(d) >= 4 && (up || down)
}

// bareNumber reports whether a has a number of a register that o states as well, without saying of which register: as a
// key in its own table, or with no scheme.
func bareNumber(a, o *group) bool {
	if len(o.locals) == 0 && !slices.ContainsFunc(o.ids, func(id party.Identifier) bool { return id.Scheme == "" }) {
		return false
	}
	for _, id := range a.ids {
		n := plainNumber(id.ID)
		if id.Scheme == "" || len(n) < leastBareNumber {
			continue
		}
		same := func(s string) bool { return plainNumber(s) == n }
		if slices.ContainsFunc(o.locals, same) || slices.ContainsFunc(o.ids, func(x party.Identifier) bool {
			return x.Scheme == "" && same(x.ID)
		}) {
			return true
		}
	}
	return false
}

// plainNumber is a number without what stands between its letters and digits, and without noughts before them, which
// spreadsheets drop.
func plainNumber(s string) string {
	s = strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToUpper(c)
		}
		return -1
	}, s)
	return strings.TrimLeft(s, "0")
}
