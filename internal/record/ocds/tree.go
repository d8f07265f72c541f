package ocds

import (
	"encoding/binary"
	"encoding/json"
	"strings"
	"unsafe"

	"plimsoll/internal/record"
)

type kind uint8

const (
	kNull kind = iota
	kFalse
	kTrue
	kNumber
	kString
	kObject
	kArray
	kVersions // the history of one field: an array of {releaseID, releaseDate, releaseTag, value}
	kEnd      // closes an array in the spool's bytes
)

// A value is one JSON value. Numbers keep their digits, objects the order of their members.
// Strings point into the bytes that the value was decoded from.
type value struct {
	k kind
	// an array that merging replaces as a whole, kept verbatim; an object whose members were nulled, kept empty
	whole bool
	s     string
	m     []member // of an object, or elements with empty keys
}

type member struct {
	key string
	v   value
}

func (v *value) get(key string) *value {
	if v == nil || v.k != kObject {
		return nil
	}
	for i := range v.m {
		if v.m[i].key == key {
			return &v.m[i].v
		}
	}
	return nil
}

// at follows a path of members.
func (v *value) at(path ...string) *value {
	for _, p := range path {
		v = v.get(p)
	}
	return v
}

func (v *value) set(key string, x value) *value {
	if d := v.get(key); d != nil {
		*d = x
		return d
	}
	v.m = append(v.m, member{key, x})
	return &v.m[len(v.m)-1].v
}

func (v *value) remove(key string) {
	for i := range v.m {
		if v.m[i].key == key {
			v.m = append(v.m[:i], v.m[i+1:]...)
			return
		}
	}
}

// text returns the trimmed text of a string or the digits of a number, else "".
func (v *value) text() string {
	if v == nil || v.k != kString && v.k != kNumber {
		return ""
	}
	return strings.TrimSpace(v.s)
}

// id returns the text of an identifier. Spreadsheets turn a number that is an identifier
// into 11111111.0; the fraction is theirs.
func (v *value) id() string {
	s := v.text()
	// 1.234567E6
	if strings.ContainsAny(s, "eE") && strings.Trim(s, "0123456789.eE+") == "" && strings.Contains(s, ".") {
		if d, err := record.ParseDecimal(s); err == nil && !strings.Contains(string(d), ".") {
			return string(d)
		}
	}
	whole, zeros, ok := strings.Cut(s, ".")
	if !ok || strings.Trim(zeros, "0") != "" || zeros == "" {
		return s
	}
	if v.k == kNumber || len(whole) > 4 && strings.Trim(whole, "0123456789") == "" {
		return whole
	}
	return s
}

func (v *value) present() bool { return v != nil && v.k != kNull }

// list returns the elements of an array; an object that stands where an array should be is
// its only element, as some publishers write it.
func (v *value) list() []member {
	switch {
	case v == nil:
		return nil
	case v.k == kArray:
		return v.m
	case v.k == kObject:
		return []member{{v: *v}}
	}
	return nil
}

func (v *value) equal(w *value) bool {
	if v.k != w.k || v.s != w.s || len(v.m) != len(w.m) {
		return false
	}
	for i := range v.m {
		o := &w.m[i].v
		if v.k == kObject {
			if o = w.get(v.m[i].key); o == nil {
				return false
			}
		}
		if !v.m[i].v.equal(o) {
			return false
		}
	}
	return true
}

// appendJSON writes v. Merged objects that ended up without a member are left out, as are
// members of the value null, except inside arrays that were kept verbatim.
func (v *value) appendJSON(b []byte, verbatim bool) []byte {
	switch v.k {
	case kNull:
		return append(b, "null"...)
	case kFalse:
		return append(b, "false"...)
	case kTrue:
		return append(b, "true"...)
	case kNumber:
		return append(b, v.s...)
	case kString:
		return appendQuoted(b, v.s)
	case kObject:
		b = append(b, '{')
		n := 0
		for i := range v.m {
			m := &v.m[i]
			if !verbatim && m.v.hollow() {
				continue
			}
			if n++; n > 1 {
				b = append(b, ',')
			}
			b = append(appendQuoted(b, m.key), ':')
			b = m.v.appendJSON(b, verbatim || m.v.k == kVersions)
		}
		return append(b, '}')
	}
	b = append(b, '[')
	for i := range v.m {
		if i > 0 {
			b = append(b, ',')
		}
		b = v.m[i].v.appendJSON(b, verbatim || v.whole)
	}
	return append(b, ']')
}

// hollow reports whether a merged value holds nothing.
func (v *value) hollow() bool {
	if v.k == kNull {
		return true
	}
	if v.k == kArray && !v.whole {
		return len(v.m) == 0
	}
	if v.k != kObject || v.whole {
		return false
	}
	for i := range v.m {
		if !v.m[i].v.hollow() {
			return false
		}
	}
	return true
}

func appendQuoted(b []byte, s string) []byte {
	q, _ := json.Marshal(s)
	return append(b, q...)
}

// An arena hands out room for members in slabs, all of which are reused after reset.
type arena struct {
	slabs [][]member
	slab  int
	used  int
	stack []member
	twice int // members that an object gave more than once
}

const slabSize = 2048

func (a *arena) reset() { a.slab, a.used = 0, 0 }

func (a *arena) copy(ms []member) []member {
	if len(ms) == 0 {
		return nil
	}
	if len(ms) > slabSize/4 {
		return append([]member(nil), ms...)
	}
	if a.slab < len(a.slabs) && a.used+len(ms) > slabSize {
		a.slab, a.used = a.slab+1, 0
	}
	if a.slab >= len(a.slabs) {
		a.slabs = append(a.slabs, make([]member, slabSize))
	}
	s := a.slabs[a.slab][a.used : a.used+len(ms) : a.used+len(ms)]
	a.used += len(ms)
	copy(s, ms)
	return s
}

// object returns an object without members that has room for n.
func (a *arena) object(n int) value {
	var none [16]member
	return value{k: kObject, m: a.copy(none[:min(n, 16)])[:0]}
}

// list returns an array without elements that has room for n.
func (a *arena) list(n int) value {
	v := a.object(max(n, 1))
	v.k = kArray
	return v
}

// tree decodes one value of the spool's bytes and returns what follows it. The bytes come
// from [scanner.value] and must stay unchanged as long as the tree is in use.
func (a *arena) tree(b []byte) (value, []byte) {
	k := kind(b[0])
	b = b[1:]
	switch k {
	case kNumber, kString:
		s, rest := cutString(b)
		return value{k: k, s: s}, rest
	case kObject:
		base := len(a.stack)
		var given [4]uint64 // codes of the members so far
		for b[0] != keyEnd {
			var key string
			c := b[0]
			if c != keyLiteral {
				key, b = keyNames[c], b[1:]
			} else {
				key, b = cutString(b[1:])
			}
			var v value
			v, b = a.tree(b)
			if bit := uint64(1) << (c % 64); c != keyLiteral && given[c/64]&bit != 0 {
				a.again(a.stack[base:], key, v)
				continue
			} else if c != keyLiteral {
				given[c/64] |= bit
			}
			a.stack = append(a.stack, member{key, v})
		}
		m := a.copy(a.stack[base:])
		a.stack = a.stack[:base]
		return value{k: k, m: m}, b[1:]
	case kArray:
		base := len(a.stack)
		for kind(b[0]) != kEnd {
			var v value
			v, b = a.tree(b)
			a.stack = append(a.stack, member{v: v})
		}
		m := a.copy(a.stack[base:])
		a.stack = a.stack[:base]
		return value{k: k, m: m}, b[1:]
	}
	return value{k: k}, b
}

// again takes a member that its object has already. Lists are put together, and so are
// organisations, since each of them is somebody; of anything else the last counts, as with most
// programs that read JSON (RFC 8259 section 4).
func (a *arena) again(object []member, key string, v value) {
	a.twice++
	for i := range object {
		have := &object[i].v
		switch {
		case object[i].key != key:
		case v.k == kNull:
		case v.k == kArray && have.k == kArray:
			have.m = append(have.m[:len(have.m):len(have.m)], v.m...)
		case v.k == kObject && have.k == kObject && organisations[key]:
			*have = value{k: kArray, m: []member{{v: *have}, {v: v}}}
		case v.k == kObject && have.k == kArray && organisations[key]:
			have.m = append(have.m[:len(have.m):len(have.m)], member{v: v})
		default:
			*have = v
		}
	}
}

// organisations are the members that are one organisation.
var organisations = map[string]bool{"buyer": true, "procuringEntity": true, "supplier": true, "subcontractor": true,
	"tenderer": true, "leadBuyer": true}

func cutString(b []byte) (string, []byte) {
	n, w := binary.Uvarint(b)
	b = b[w:]
	if n == 0 {
		return "", b
	}
	return unsafe.String(&b[0], int(n)), b[n:]
}
