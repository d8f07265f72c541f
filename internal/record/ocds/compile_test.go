package ocds

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// What the standard calls compiled and versioned releases, made with the rules that the reader merges by, to hold these
// to the published fixtures.

// Merge returns the compiled release of the releases of one process.
func Merge(releases [][]byte) ([]byte, error) {
	sorted, r, err := readReleases(releases)
	if err != nil {
		return nil, err
	}
	return compile(sorted, r), nil
}

// MergeVersioned returns the versioned release of the releases of one process.
func MergeVersioned(releases [][]byte) ([]byte, error) {
	sorted, r, err := readReleases(releases)
	if err != nil {
		return nil, err
	}
	return versions(sorted, r), nil
}

func compile(sorted []value, r *rules) []byte {
	last := &sorted[len(sorted)-1]
	date, ocid := last.get("date").text(), last.get("ocid").text()
	out := value{k: kObject}
	out.set("tag", value{k: kArray, whole: true, m: []member{{v: value{k: kString, s: "compiled"}}}})
	out.set("id", value{k: kString, s: ocid + "-" + date})
	out.set("date", value{k: kString, s: date})
	for i := range sorted {
		r.object(&out, &sorted[i], &rule{child: withHead(r.root)})
	}
	return out.appendJSON(nil, false)
}

// withHead adds the three fields of every release that no merge keeps to a schema's rules.
func withHead(r *rule) map[string]*rule {
	child := map[string]*rule{}
	if r != nil {
		for k, v := range r.child {
			child[k] = v
		}
	}
	for k, v := range releaseHead.child {
		child[k] = v
	}
	return child
}

func versions(sorted []value, r *rules) []byte {
	out := value{k: kObject}
	root := &rule{child: withHead(r.root)}
	for i := range sorted {
		rel := &sorted[i]
		if ocid := rel.get("ocid"); ocid != nil {
			out.set("ocid", *ocid)
		}
		stamp := []member{{"releaseID", at(rel, "id")}, {"releaseDate", at(rel, "date")},
			{"releaseTag", at(rel, "tag")}}
		r.version(&out, rel, root, stamp, "ocid")
	}
	return out.appendJSON(nil, false)
}

func at(v *value, key string) value {
	if x := v.get(key); x != nil {
		return *x
	}
	return value{}
}

// version adds what src says to the histories in dst; the member named plain has none,
// because it is what objects are told apart by.
func (r *rules) version(dst, src *value, at *rule, stamp []member, plain string) {
	for i := range src.m {
		key, v := src.m[i].key, &src.m[i].v
		sub := at.of(key)
		if sub != nil && sub.omit {
			continue
		}
		if key == plain {
			dst.set(key, *v)
			continue
		}
		d := dst.get(key)
		switch {
		case v.k == kObject:
			if d == nil || d.k != kObject {
				d = dst.set(key, value{k: kObject})
			}
			r.version(d, v, sub, stamp, "")
		case v.k == kArray && !r.isWhole(sub, key, v):
			if d == nil || d.k != kArray {
				d = dst.set(key, value{k: kArray})
			}
			find := finder(d, len(v.m))
			for i := range v.m {
				r.version(find(&v.m[i].v), &v.m[i].v, sub, stamp, "id")
			}
		default:
			if d == nil || d.k != kVersions {
				d = dst.set(key, value{k: kVersions})
			}
			if n := len(d.m); n > 0 && d.m[n-1].v.get("value").equal(v) {
				continue
			}
			entry := append(append([]member(nil), stamp...), member{"value", *v})
			d.m = append(d.m, member{v: value{k: kObject, m: entry}})
		}
	}
}

var errNoRelease = errors.New("merge releases: none given")

func readReleases(releases [][]byte) ([]value, *rules, error) {
	if len(releases) == 0 {
		return nil, nil, errNoRelease
	}
	var a arena
	out := make([]value, 0, len(releases))
	r := rules10
	for i, text := range releases {
		v, err := parse(&a, text)
		if err != nil {
			return nil, nil, fmt.Errorf("merge releases: release %d: %w", i, err)
		}
		if v.k != kObject {
			return nil, nil, fmt.Errorf("merge releases: release %d is no object", i)
		}
		if v.get("parties") != nil || strings.HasPrefix(v.get("version").text(), "1.1") {
			r = rules11
		}
		out = append(out, v)
	}
	sort.SliceStable(out, func(i, j int) bool {
		return dateBefore(out[i].get("date").text(), out[j].get("date").text())
	})
	return out, r, nil
}

// parse reads one JSON text whole, keeping every member.
func parse(a *arena, text []byte) (value, error) {
	s := &scanner{buf: text, all: true}
	if err := s.value(); err != nil {
		return value{}, err
	}
	if s.next() != 0 || s.pos < len(s.buf) {
		return value{}, s.fail("more text after the value")
	}
	v, rest := a.tree(s.out)
	if len(rest) > 0 {
		return value{}, errors.New("read spooled value: bytes left over")
	}
	return v, nil
}
