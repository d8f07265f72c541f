package ocds

import (
	"context"
	"encoding/binary"
	"fmt"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// Flattened releases: a table in which each column is a path into the release
// ("awards/0/suppliers/0/name", as flatten-tool writes it, also behind "releases/0/"), or the
// tables of the Data Registry, one for each list, whose rows say where they belong in "_link"
// ("12.awards.0.suppliers.1"). They are put together per process and then read as JSON is.

// maxIndex is the largest place in a list that a flattened column or row may name.
const maxIndex = 20_000

// RecogniseFlat reports whether a file (text or workbook) holds flattened releases, or a table of contracts
// as publishers offer it (data/tabular.tsv).
func RecogniseFlat(src record.Source, head []byte) bool {
	return table.HasHeader(src, head, func(header []string) bool { return isTabularHeader(header) || isLayout(header) })
}

// IsPart reports whether a file is one of the tables of a set, whose rows say by numbers of that set alone where they
// belong: the same bytes in another folder are rows of other processes.
func IsPart(src record.Source) bool {
	head, err := src.Head()
	return err == nil && !isJSON(head) && !table.IsWorkbook(head) && table.HasHeader(src, head,
		func(header []string) bool {
			l := newLayout(header)
			return l.known > 0 && l.link >= 0
		})
}

// groupOf is the set that a table belongs to: the other tables of its folder or archive.
func groupOf(src record.Source) string { return path.Dir(strings.ReplaceAll(src.Name, "!", "/")) }

// isLayout reports whether a header is that of a table of flattened releases.
func isLayout(header []string) bool { return newLayout(header).known > 1 }

// A layout says where the columns of one table belong.
type layout struct {
	paths            [][]string // of each column; nil when it is not wanted
	dates            []bool
	ocid, id         int // places of the columns, -1 without
	link, main, base int // _link, _link_main, and the parent's; -1 without
	known            int // columns that make a table one of releases
}

// releaseWords are the first parts of a path into a release.
var releaseWords = map[string]bool{"ocid": true, "tag": true, "buyer": true, "tender": true, "awards": true,
	"contracts": true, "parties": true,
	"planning": true, "initiationType": true, "bids": true}

func newLayout(header []string) *layout {
	l := &layout{ocid: -1, id: -1, link: -1, main: -1, base: -1}
	l.paths, l.dates = make([][]string, len(header)), make([]bool, len(header))
	cut := separatorOf(header)
	for i, h := range header {
		h = strings.TrimSpace(strings.TrimPrefix(h, "\ufeff"))
		switch {
		case h == "_link":
			l.link = i
			continue
		case h == "_link_main":
			l.main = i
			l.known++
			continue
		case h == "" || strings.HasPrefix(h, "_link"):
			continue
		}
		p := pathOf(h, cut)
		if len(p) == 0 {
			continue
		}
		if strings.EqualFold(p[0], "ocid") && len(p) == 1 {
			p[0], l.ocid = "ocid", i
			l.known++
		} else if releaseWords[p[0]] && len(p) > 0 && (cut != "_" || l.ocid >= 0) {
			l.known++
		}
		if len(p) == 1 && p[0] == "id" {
			l.id = i
		}
		l.paths[i] = p
		last := strings.ToLower(p[len(p)-1])
		l.dates[i] = last == "date" || strings.HasSuffix(last, "date") || last == "datesigned"
	}
	if l.link < 0 {
		l.main = -1
	}
	if l.ocid < 0 && l.main < 0 {
		l.known = 0
	}
	if l.main >= 0 && l.link >= 0 {
		l.known++ // a table of a list
	}
	return l
}

// separatorOf returns what stands between the parts of a path.
func separatorOf(header []string) string {
	for _, sep := range []string{"/", "."} {
		for _, h := range header {
			if strings.Contains(strings.Trim(h, sep), sep) && !strings.HasPrefix(h, "_link") {
				return sep
			}
		}
	}
	return "_"
}

// pathOf cuts a column's name into the parts of a path into the release.
func pathOf(h, cut string) []string {
	if cut == "_" {
		return standardParts(strings.Split(h, "_"))
	}
	h = strings.NewReplacer("[", cut, "]", "").Replace(h)
	p := standardParts(strings.Split(strings.Trim(h, cut), cut))
	for i, part := range p { // a package or record around the release
		if (part == "releases" || part == "compiledRelease" || part == "records") && i < 4 {
			rest := p[i+1:]
			if len(rest) > 0 && isIndex(rest[0]) {
				rest = rest[1:]
			}
			return pathOf(strings.Join(rest, "/"), "/")
		}
		if releaseWords[part] {
			break
		}
	}
	if len(p) == 1 && p[0] == "" {
		return nil
	}
	return p
}

// standardParts gives parts that are written in capitals the names of the standard.
func standardParts(parts []string) []string {
	for i, p := range parts {
		parts[i] = string(canonical([]byte(p)))
	}
	return parts
}

func isIndex(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// A flattened is the flattened files of one run.
type flattened struct {
	d     *decoder
	spool spool
	at    map[int]string // source index → its name
}

// add spools the rows of a file under the process that they belong to.
func (f *flattened) add(src record.Source, c *count) error {
	f.at[src.Index] = src.Name
	refuse := func(at, reason string) error {
		c.rows++
		c.rejects++
		return f.d.sink.Reject(record.Reject{File: src.Name, At: at, Kind: "ocds", Reason: reason})
	}
	head, err := src.Head()
	if err != nil {
		return err
	}
	group := groupOf(src)
	sheet := table.IsWorkbook(head)
	if sheet {
		group = src.Name // a workbook is a group of its own
	}
	return table.Every(f.d.ctx, src, table.Visit{
		Bad:   refuse,
		Known: isLayout,
		Header: func(name string, header []string) (func(string, []string) error, error) {
			l := newLayout(header)
			if l.known == 0 {
				c.flatNotes = append(c.flatNotes, fmt.Sprintf("table %q was not read: its columns are no paths into "+
					"a release", name))
				return nil, nil
			}
			return func(at string, cells []string) error {
				key, base, reason := l.place(cells)
				if reason != "" {
					return refuse(at, reason)
				}
				c.rows++
				return f.spool.add(src.Index, found{ocid: []byte(group + "\x00" + key), path: []byte(at),
					date: []byte(base), data: l.pack(cells, sheet)})
			}, nil
		},
	})
}

// place says which process a row is of, and where in its release it belongs.
func (l *layout) place(cells []string) (key, base, reason string) {
	cell := func(i int) string {
		if i < 0 || i >= len(cells) {
			return ""
		}
		return strings.TrimSpace(cells[i])
	}
	if l.link >= 0 && cell(l.link) != "" {
		link := cell(l.link)
		main := cell(l.main)
		if main == "" {
			main = link
		}
		rest := strings.TrimPrefix(strings.TrimPrefix(link, main), ".")
		if rest != "" && !strings.HasPrefix(link, main+".") {
			return "", "", fmt.Sprintf("_link %q does not begin with _link_main %q", link, main)
		}
		for part := range strings.SplitSeq(rest, ".") {
			if n, err := strconv.Atoi(part); err == nil && (n < 0 || n > maxIndex) {
				return "", "", fmt.Sprintf("_link %q names a place beyond %d", link, maxIndex)
			}
		}
		return "link " + main, rest, ""
	}
	if ocid := cell(l.ocid); ocid != "" {
		return "ocid " + ocid, "", ""
	}
	return "", "", "no ocid: nothing says which process the row belongs to"
}

// pack writes the columns that have a value: the path and the text, each with its length.
func (l *layout) pack(cells []string, sheet bool) []byte {
	var b []byte
	for i, p := range l.paths {
		if p == nil || i >= len(cells) {
			continue
		}
		s := strings.TrimSpace(cells[i])
		if s == "" {
			continue
		}
		if sheet {
			s = l.stored(i, s)
		}
		name := strings.Join(p, "/")
		b = binary.AppendUvarint(b, uint64(len(name)))
		b = append(b, name...)
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// stored is the text that people see of what a workbook stores in a cell: a date for its
// serial number, 11111111 for 1.1111111E7.
func (l *layout) stored(i int, s string) string {
	if d, ok := table.Serial(s); l.dates[i] && ok {
		return d.String()
	}
	if n, err := record.ParseDecimal(s); err == nil && strings.ContainsAny(s, "eE") {
		return string(n)
	}
	return s
}

// A flatRow is one row with its place.
type flatRow struct {
	source int
	at     string
	tree   value // the release with what the row says of it
}

// finish puts each process together and hands its releases on.
func (f *flattened) finish() error {
	defer f.spool.close()
	return f.spool.each(func(p *process) error {
		if err := f.d.ctx.Err(); err != nil {
			return err
		}
		releases := map[string]*flatRow{}
		var order []string
		// The rows of a list's tables need the row of the main table, which may come last.
		sort.SliceStable(p.entries, func(i, j int) bool { return len(p.entries[i].date) < len(p.entries[j].date) })
		for n := range p.entries {
			e := &p.entries[n]
			row := flatRow{source: e.source, at: strings.Clone(e.path), tree: value{k: kObject}}
			unpackRow(&row.tree, e, n)
			id := row.tree.get("id").text()
			if e.date != "" {
				id = ""
				if len(order) > 0 {
					id = order[0]
				}
			}
			have := releases[id]
			if have == nil {
				releases[id] = &row
				order = append(order, id)
				continue
			}
			combine(&have.tree, &row.tree, e.date != "")
		}
		for _, id := range order {
			if err := f.emit(releases[id]); err != nil {
				return err
			}
		}
		return nil
	})
}

// emit hands one release to the decoder as if it had stood in a JSON text.
func (f *flattened) emit(r *flatRow) error {
	c := f.d.counts[r.source]
	w := &walker{
		ctx:  f.d.ctx,
		emit: func(x found) error { return f.d.spool.add(r.source, x) },
		reject: func(at, reason string) error {
			c.rejects++
			return f.d.sink.Reject(record.Reject{File: f.at[r.source], At: at, Kind: "ocds", Reason: reason})
		},
	}
	dense(&r.tree)
	if r.tree.get("ocid").text() == "" {
		return w.reject(r.at, "no row of a main table gives the ocid of the process that the row belongs to")
	}
	w.sc = &scanner{buf: r.tree.appendJSON(nil, true)}
	w.path = append(w.path, r.at...)
	err := w.document()
	if stop, ok := err.(errStop); ok {
		return stop.error
	}
	return err
}

// unpackRow builds the part of a release that a row gives. n tells apart the elements that rows
// give to a list whose places are not written.
func unpackRow(root *value, e *entry, n int) {
	at := root
	if e.date != "" {
		at = reach(root, strings.Split(e.date, "."), true)
	}
	b := e.data
	for len(b) > 0 {
		var name, text string
		name, b = cutString(b)
		text, b = cutString(b)
		parts := strings.Split(name, "/")
		if list := several(parts, text); list > 0 {
			for i, one := range strings.Split(text, ";") {
				if one = strings.TrimSpace(one); one == "" {
					continue
				}
				path := slices.Concat(parts[:list], []string{strconv.Itoa(i)}, parts[list:len(parts)-1])
				if in := reach(at, path, e.date != ""); in != nil && in.k == kObject &&
					in.get(parts[len(parts)-1]) == nil {
					in.set(strings.Clone(parts[len(parts)-1]), value{k: kString, s: strings.Clone(one)})
				}
			}
			continue
		}
		in := reach(at, parts[:len(parts)-1], e.date != "")
		if in == nil {
			continue
		}
		last := parts[len(parts)-1]
		if isIndex(last) { // roles/0
			in.k = kArray
			in.m = append(in.m, member{v: value{k: kString, s: strings.Clone(text)}})
			continue
		}
		if in.k == kObject && in.get(last) == nil {
			in.set(strings.Clone(last), value{k: kString, s: strings.Clone(text)})
		}
	}
}

// several says behind which part of a path a cell holds what stands in the elements of a list one behind another
// ("awards/suppliers/name" with "Orrin AG;Velm AG"): the last list of organisations without a place; 0 where the cell
// holds one thing.
func several(parts []string, text string) int {
	if !strings.Contains(text, ";") {
		return 0
	}
	for i := len(parts) - 2; i >= 0; i-- {
		if _, organisations := members[parts[i]]; (organisations || parts[i] == "additionalClassifications") &&
			listCodes[keyCode([]byte(parts[i]))] {
			if isIndex(parts[i+1]) {
				return 0
			}
			return i + 1
		}
	}
	return 0
}

// reach returns the object at a path, making what is missing. An index stands behind the
// name of a list; without one the list has one element. It is nil where the path does not fit.
func reach(v *value, path []string, linked bool) *value {
	for i := 0; i < len(path); i++ {
		part := path[i]
		if v.k != kObject {
			return nil
		}
		next := v.get(part)
		index, hasIndex := 0, false
		if i+1 < len(path) {
			if n, err := strconv.Atoi(path[i+1]); err == nil {
				index, hasIndex = n, true
			}
		}
		isList := hasIndex || listCodes[keyCode([]byte(part))] || part == "additionalIdentifiers" ||
			part == "additionalClassifications"
		if next == nil {
			k := kObject
			if isList {
				k = kArray
			}
			next = v.set(strings.Clone(part), value{k: k})
		}
		if next.k == kArray {
			if index < 0 || index > maxIndex {
				return nil
			}
			for len(next.m) <= index {
				next.m = append(next.m, member{v: value{k: kObject}})
			}
			v = &next.m[index].v
			if hasIndex {
				i++
			}
			continue
		}
		v = next
		if i+1 < len(path) && isIndex(path[i+1]) && i+2 == len(path) {
			i++
		}
	}
	return v
}

// combine adds what another row says of the same release. Elements of lists belong together
// by their place when rows are linked, else by their id, else when nothing contradicts.
func combine(dst, src *value, linked bool) {
	for i := range src.m {
		key, v := src.m[i].key, &src.m[i].v
		have := dst.get(key)
		switch {
		case have == nil:
			dst.set(key, *v)
		case have.k == kObject && v.k == kObject:
			combine(have, v, linked)
		case have.k == kArray && v.k == kArray:
			for j := range v.m {
				e := &v.m[j].v
				switch at := matching(have, e, j, linked); {
				case at >= 0 && e.k == kObject:
					combine(&have.m[at].v, e, linked)
				case at < 0 && linked:
					for len(have.m) <= j {
						have.m = append(have.m, member{v: value{k: kObject}})
					}
					have.m[j].v = *e
				case at < 0:
					have.m = append(have.m, member{v: *e})
				}
			}
		}
	}
}

// matching finds the element of a list that another element is, or -1.
func matching(list, e *value, place int, linked bool) int {
	if linked {
		if place < len(list.m) {
			return place
		}
		return -1
	}
	id := e.get("id").text()
	for i := range list.m {
		have := &list.m[i].v
		if other := have.get("id").text(); id != "" && other != "" {
			if id == other {
				return i
			}
			continue
		}
		if agree(have, e) {
			return i
		}
	}
	return -1
}

// agree reports whether two values have nothing that contradicts.
func agree(a, b *value) bool {
	if a.k != b.k {
		return false
	}
	if a.k != kObject {
		return a.k == kArray || a.s == b.s
	}
	for i := range b.m {
		if x := a.get(b.m[i].key); x != nil && !agree(x, &b.m[i].v) {
			return false
		}
	}
	return true
}

// dense takes out the elements of lists that no row gave.
func dense(v *value) {
	if v.k == kArray {
		kept := v.m[:0]
		for i := range v.m {
			if x := v.m[i]; x.v.k != kObject || len(x.v.m) > 0 {
				kept = append(kept, x)
			}
		}
		v.m = kept
	}
	for i := range v.m {
		dense(&v.m[i].v)
	}
}

// isJSON reports whether a text begins like JSON, perhaps wrapped in a script.
func isJSON(head []byte) bool {
	head = trimmed(head[shell(head):])
	return len(head) > 0 && (head[0] == '{' || head[0] == '[')
}

// flat reports whether a source is read as flattened releases.
func flat(ctx context.Context, src record.Source) bool {
	head, err := src.Head()
	return err == nil && ctx.Err() == nil && !isJSON(head) && !isTabular(src, head) && RecogniseFlat(src, head)
}
