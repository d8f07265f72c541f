package ocds

import "plimsoll/internal/record"

// Merging follows the routine of OCDS 1.1 ("Merging", release schema 1.1.5): releases by
// date, later values win, null removes, arrays of objects merge by id, every other array
// and those the schema marks wholeListMerge are replaced.

// rules say which fields merging drops or takes whole.
type rules struct {
	root  *rule
	whole map[string]bool // fields that are whole lists wherever they stand
	// An array whose objects carry no id cannot be merged by id: the standard appends, which
	// doubles it with each release. Reading replaces it instead.
	replaceWithoutID bool
}

type rule struct {
	omit, whole bool
	child       map[string]*rule
}

func (r *rule) of(key string) *rule {
	if r == nil {
		return nil
	}
	return r.child[key]
}

// The facts of the schemas: 1.1.5 marks id, date and tag of the release omitWhenMerged and
// the two "additional" lists wholeListMerge; the objects of changes have no id. In 1.0
// organisations had no id, so their lists were whole.
var (
	releaseHead = &rule{child: map[string]*rule{"id": {omit: true}, "date": {omit: true}, "tag": {omit: true}}}
	rules11     = &rules{root: releaseHead, whole: map[string]bool{"additionalIdentifiers": true,
		"additionalClassifications": true, "changes": true}}
	rules10 = &rules{root: releaseHead, whole: map[string]bool{
		"additionalIdentifiers": true, "additionalClassifications": true, "changes": true, "suppliers": true,
		"tenderers": true,
	}}
	reading11 = &rules{root: releaseHead, whole: rules11.whole, replaceWithoutID: true}
	reading10 = &rules{root: releaseHead, whole: rules10.whole, replaceWithoutID: true}
)

// isWhole reports whether an array is replaced rather than merged by id.
func (r *rules) isWhole(at *rule, key string, list *value) bool {
	if at != nil && at.whole || r.whole[key] {
		return true
	}
	for i := range list.m {
		if list.m[i].v.k != kObject {
			return true
		}
	}
	if r.replaceWithoutID && len(list.m) > 0 {
		for i := range list.m {
			if list.m[i].v.get("id").text() != "" {
				return false
			}
		}
		return true
	}
	return false
}

// object merges the members of src into dst.
func (r *rules) object(dst, src *value, at *rule) {
	for i := range src.m {
		key, v := src.m[i].key, &src.m[i].v
		sub := at.of(key)
		if sub != nil && sub.omit {
			continue
		}
		switch {
		case v.k == kNull:
			dst.remove(key)
			dst.whole = true
		case v.k == kObject:
			if d := dst.get(key); d != nil && d.k == kObject {
				r.object(d, v, sub)
			} else {
				dst.set(key, r.adopt(*v, sub))
			}
		case v.k == kArray && !r.isWhole(sub, key, v):
			if d := dst.get(key); d != nil && d.k == kArray {
				d.whole = false
				r.array(d, v, sub)
			} else {
				dst.set(key, r.adoptArray(*v, sub))
			}
		default:
			x := *v
			x.whole = x.k == kArray
			dst.set(key, x)
		}
	}
}

// adopt gives what merging v into nothing gives, in v's own members.
func (r *rules) adopt(v value, at *rule) value {
	kept := v.m[:0]
	for i := range v.m {
		key := v.m[i].key
		for j := range kept {
			if kept[j].key == key { // a key given twice
				rest := append([]member(nil), v.m[i:]...)
				v.m = kept
				r.object(&v, &value{k: kObject, m: rest}, at)
				return v
			}
		}
		x := v.m[i].v
		sub := at.of(key)
		switch {
		case sub != nil && sub.omit:
			continue
		case x.k == kNull:
			v.whole = true
			continue
		case x.k == kObject:
			x = r.adopt(x, sub)
		case x.k == kArray && !r.isWhole(sub, key, &x):
			x = r.adoptArray(x, sub)
		case x.k == kArray:
			x.whole = true
		}
		kept = append(kept, member{key, x})
	}
	v.m = kept
	return v
}

func (r *rules) adoptArray(v value, at *rule) value {
	if len(v.m) > 16 || repeats(v.m) {
		d := value{k: kArray, m: make([]member, 0, len(v.m))}
		r.array(&d, &v, at)
		return d
	}
	for i := range v.m {
		v.m[i].v = r.adopt(v.m[i].v, at)
	}
	return v
}

// repeats reports whether two objects have one id.
func repeats(list []member) bool {
	for i := range list {
		id := list[i].v.get("id").text()
		for j := range i {
			if id != "" && list[j].v.get("id").text() == id {
				return true
			}
		}
	}
	return false
}

// array merges objects by id; an object without id is one of its own.
func (r *rules) array(dst, src *value, at *rule) {
	find := finder(dst, len(src.m))
	for i := range src.m {
		v := &src.m[i].v
		r.object(find(v), v, at)
	}
}

// finder returns a function that gives dst's object of the same id as another, or a new one.
// The id "1" and the id 1 are the same.
func finder(dst *value, more int) func(*value) *value {
	fresh := func() *value {
		dst.m = append(dst.m, member{v: value{k: kObject}})
		return &dst.m[len(dst.m)-1].v
	}
	if (len(dst.m)+more)*more < 2048 {
		return func(v *value) *value {
			id := v.get("id").text()
			for i := range dst.m {
				if id != "" && dst.m[i].v.get("id").text() == id {
					return &dst.m[i].v
				}
			}
			return fresh()
		}
	}
	index := make(map[string]int, len(dst.m))
	for i := range dst.m {
		index[dst.m[i].v.get("id").text()] = i
	}
	return func(v *value) *value {
		id := v.get("id").text()
		if i, ok := index[id]; ok && id != "" {
			return &dst.m[i].v
		}
		index[id] = len(dst.m)
		return fresh()
	}
}

// dateBefore orders releases: as instants where both are ones, else as text; undated first.
func dateBefore(a, b string) bool {
	if a == b {
		return false
	}
	if len(a) == len(b) && len(a) == len("2006-01-02T15:04:05Z") && a[19] == 'Z' && b[19] == 'Z' {
		return a < b
	}
	x, errX := record.ParseDate(a)
	y, errY := record.ParseDate(b)
	if errX == nil && errY == nil && x.Known() && y.Known() {
		return x.Time.Before(y.Time)
	}
	return a < b
}
