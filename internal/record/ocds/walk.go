package ocds

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"

	"plimsoll/internal/record"
)

// A found is one release, in the spool's form, as the walk meets it. Its slices are valid
// until the next one.
type found struct {
	kind      entryKind
	container int // number of the object that holds it; a compiled release stands aside for releases of its own record
	v11       bool
	early     bool
	ocid      []byte
	date      []byte
	path      []byte
	data      []byte
}

type entryKind uint8

const (
	entryRelease entryKind = iota
	entryCompiled
	entryVersioned
)

// A walker finds the releases in one text, whatever they are wrapped in: a package, a record
// or a record package, arrays of them, JSON Lines, JSON texts one after another, or an
// object of somebody's API around any of these.
type walker struct {
	ctx    context.Context
	sc     *scanner
	emit   func(found) error
	reject func(at, reason string) error

	path       []byte
	containers int
	rows       int // releases, good or bad; records that hold only a compiled or versioned one; lines that are no JSON
	linked     int
	early      int
	empty      int    // packages without a release
	cut        string // where the text ends in the middle of a value, "" when it does not
	meta       bool   // the text at hand has what a package has
	v11        bool   // the package at hand is of 1.1, for releases of it that are read by themselves
	window     []byte // for the text, nil for a new one
}

// maxWrap is how many objects of an API may stand around a package.
const maxWrap = 12

// wraps are members of a release's parts under which answers of an API hold their results.
var wraps = map[string]bool{"items": true, "value": true, "details": true}

// errStop carries an error of the sink or the context past the recovery from bad JSON.
type errStop struct{ error }

func (e errStop) Unwrap() error { return e.error }

// text walks a whole text. The error is nil unless reading, the sink or the context failed.
func (w *walker) text(r io.Reader) error {
	w.sc = &scanner{r: r, buf: w.window[:0]}
	if cap(w.sc.buf) < windowSize {
		w.sc.buf = make([]byte, 0, windowSize)
	}
	for len(w.sc.buf) < windowSize && w.sc.more() {
	}
	var err error
	if isLines(w.sc.buf, len(w.sc.buf) < windowSize) {
		err = w.lines()
	} else {
		err = w.stream()
	}
	var stop errStop
	if errors.As(err, &stop) {
		return stop.error
	}
	return err
}

// isLines reports whether a text is JSON Lines: each of its first lines begins an object or
// array, and one is balanced.
func isLines(head []byte, ended bool) bool {
	balanced, seen := false, 0
	for len(head) > 0 && seen < 20 {
		line, rest, ok := bytes.Cut(head, []byte{'\n'})
		if !ok && !ended && seen > 0 {
			break // cut in the middle
		}
		head = rest
		line = trimmed(line)
		if len(line) == 0 {
			continue
		}
		seen++
		switch line[0] {
		case '{', '[':
			s := &scanner{buf: line, quiet: 1}
			if (ok || ended) && s.value() == nil && s.next() == 0 {
				balanced = true
			}
		case '"', '}', ']', ',':
			return false
		}
	}
	return balanced && seen > 1
}

// lines reads one JSON text a line, so that a broken line costs only itself.
func (w *walker) lines() error {
	s := w.sc
	for row := 1; ; row++ {
		off := 0
		for {
			if i := bytes.IndexByte(s.buf[s.pos+off:], '\n'); i >= 0 {
				off += i
				break
			}
			off = len(s.buf) - s.pos
			if !s.more() {
				break
			}
		}
		whole := s.pos+off < len(s.buf) // a line break stands behind it
		if !whole && s.rerr != nil && s.rerr != io.EOF {
			return s.rerr
		}
		line := s.buf[s.pos : s.pos+off]
		if len(trimmed(line)) > 0 {
			if err := w.line(line, row); err != nil {
				return err
			}
		}
		if s.pos += off; s.pos >= len(s.buf) {
			return nil
		}
		s.pos++
	}
}

func (w *walker) line(line []byte, row int) error {
	outer := w.sc
	w.sc = &scanner{buf: line, out: outer.out[:0]}
	defer func() {
		outer.out, outer.high, outer.odd = w.sc.out, outer.high+w.sc.high, outer.odd+w.sc.odd
		w.sc = outer
	}()
	at := "row " + strconv.Itoa(row)
	for free := false; ; {
		w.path = append(w.path[:0], at...)
		if w.between(free) {
			return nil
		}
		err := w.document()
		if err == nil {
			continue
		}
		bad, more := w.broken(err, free)
		if bad == nil {
			return err
		}
		w.rows++
		reason := "not JSON: " + bad.Error() + " of the line"
		if bad.cut && last(outer, len(line)) {
			w.cut, reason = at, reason+": the file is cut off here"
		}
		if err := w.refuse(at, reason); err != nil {
			return err
		}
		if !more {
			return nil
		}
		free = true
	}
}

// last reports whether nothing stands behind the line at hand, of which n bytes are left.
func last(s *scanner, n int) bool {
	for len(trimmed(s.buf[s.pos+n:])) == 0 {
		if !s.more() {
			return s.rerr == io.EOF
		}
	}
	return false
}

// broken returns what is wrong with the JSON at hand, nil when err is something else, and
// whether reading can go on behind it without looking for a new line.
func (w *walker) broken(err error, free bool) (bad *syntaxError, more bool) {
	if !errors.As(err, &bad) {
		return nil, false
	}
	more = bad.lost
	w.sc.quiet = 0
	if free && !more && !bad.cut {
		more = w.sc.resume(0) != nowhere
	}
	if more {
		w.sc.depth = 0
	}
	return bad, more
}

// between skips what stands between two JSON texts and reports whether the end is reached.
// Where reading goes on inside a broken package, its brackets and commas are passed over.
func (w *walker) between(free bool) bool {
	for {
		c := w.sc.next()
		if free && (c == ',' || c == ']' || c == '}') {
			w.sc.pos++
			continue
		}
		return c == 0 && w.sc.pos >= len(w.sc.buf)
	}
}

// stream reads JSON texts one after another.
func (w *walker) stream() error {
	free := false
	for n := 1; ; n++ {
		w.path = w.path[:0]
		if n > 1 {
			w.path = strconv.AppendInt(append(w.path, "document "...), int64(n), 10)
		}
		if w.between(free) {
			if w.sc.rerr != nil && w.sc.rerr != io.EOF {
				return w.sc.rerr
			}
			return nil
		}
		err := w.document()
		if err == nil {
			continue
		}
		bad, more := w.broken(err, free)
		if bad == nil {
			return err
		}
		w.rows++
		at := string(w.path)
		if at == "" {
			at = "document 1"
		}
		reason := "not JSON: " + bad.Error()
		switch {
		case more:
			reason += "; what follows is read from the next release"
		case bad.cut:
			w.cut = at
			reason += ": the file is cut off here"
		default:
			if more = w.sc.seek(); more {
				reason += "; what follows is read from the next release or the next line that begins an object"
			} else {
				reason += "; no release was found behind it"
			}
		}
		if err := w.refuse(at, reason); err != nil || !more {
			return err
		}
		free = true
	}
}

func (w *walker) refuse(at, reason string) error {
	if err := w.reject(at, reason); err != nil {
		return errStop{err}
	}
	return nil
}

// document reads one JSON text and says so when nothing in it is a release.
func (w *walker) document() error {
	before, empty := w.rows+w.linked, w.empty
	w.meta = false
	if err := w.node(0, w.v11); err != nil {
		return err
	}
	if w.rows+w.linked == before && w.empty == empty {
		if w.meta {
			w.empty++
			return nil
		}
		w.rows++
		at := string(w.path)
		if at == "" {
			at = "document 1"
		}
		return w.refuse(at, "no release, record or package here")
	}
	return nil
}

// node reads a value that may be or hold releases.
func (w *walker) node(depth int, v11 bool) error {
	switch w.sc.next() {
	case '{':
		return w.object(entryRelease, nil, depth, v11)
	case '[':
		return w.each(func() error { return w.node(depth, v11) })
	}
	return w.skip()
}

func (w *walker) skip() error {
	w.sc.quiet++
	err := w.sc.value()
	w.sc.quiet--
	return err
}

// each walks the elements of the array at hand, keeping the path. An element that is no JSON
// is refused and costs no other.
func (w *walker) each(f func() error) error {
	s := w.sc
	if err := s.enter(); err != nil {
		return err
	}
	base, depth := len(w.path), s.depth
	for n := 0; ; n++ {
		done, err := s.element(n)
		if err == nil && !done {
			w.step(base, strconv.Itoa(n))
			at, out := len(w.path), len(s.out) // of the element
			if err = f(); err != nil {
				err = w.resume(err, depth, at, out)
			}
		}
		if err != nil {
			return err // the path says where
		}
		if done {
			s.depth--
			w.path = w.path[:base]
			return nil
		}
	}
}

// resume goes on behind an element that is no JSON, when its end can be found. The error is
// nil then.
func (w *walker) resume(err error, depth, at, out int) error {
	var bad *syntaxError
	if !errors.As(err, &bad) || bad.lost {
		return err
	}
	w.sc.out, w.sc.quiet = w.sc.out[:out], 0
	switch w.sc.resume(depth) {
	case behindElement:
		w.rows++
		w.path = w.path[:at]
		return w.refuse(string(w.path), "not JSON: "+bad.Error()+"; nothing else of the file is lost by it")
	case atRelease:
		bad.lost, bad.cut = true, false
	}
	return bad
}

// step sets the path to its first base bytes and one more part.
func (w *walker) step(base int, part string) {
	w.path = w.path[:base]
	if base > 0 {
		w.path = append(w.path, '/')
	}
	w.path = append(w.path, part...)
}

// A frame is what an object turned out to hold so far.
type frame struct {
	number     int
	ocid       string // a record's, for a compiled release that lacks its own
	v11        bool
	releases   int // embedded
	standIn    int // compiled or versioned
	holds      bool
	isRelease  bool
	meta       bool
	sinceStart int // where the object's spooled form begins
	date       [2]int
	link       bool
	early      bool
}

// object reads an object that is a release, or holds some, which its members decide.
// parent is the record or package whose list it stands in, nil when it stands free.
func (w *walker) object(kind entryKind, parent *frame, depth int, v11 bool) error {
	if err := w.ctx.Err(); err != nil {
		return errStop{err}
	}
	s := w.sc
	if err := s.enter(); err != nil {
		return err
	}
	w.containers++
	f := frame{number: w.containers, v11: v11, sinceStart: len(s.out), isRelease: parent != nil}
	base := len(w.path)
	s.out = append(s.out, byte(kObject))
	for n := 0; ; n++ {
		key, done, err := s.key(n)
		if err != nil {
			return err
		}
		if done {
			break
		}
		if err := w.member(&f, canonical(key), base, depth, parent); err != nil {
			return err
		}
	}
	s.depth--
	s.out = append(s.out, keyEnd)
	w.path = w.path[:base]
	err := w.close(&f, kind, parent)
	s.out = s.out[:f.sinceStart]
	return err
}

// member reads one member of an object, deciding by its name.
func (w *walker) member(f *frame, key []byte, base, depth int, parent *frame) error {
	s := w.sc
	if parent == nil || !f.isRelease {
		switch partOf(key) {
		case partHold:
			f.holds = true
			w.step(base, "releases")
			return w.list(f, depth)
		case partRecords:
			f.holds = true
			w.step(base, "records")
			return w.node(depth, f.v11)
		case partCompiled, partVersioned:
			f.holds = true
			kind := entryCompiled
			if string(key) == "versionedRelease" {
				kind = entryVersioned
			}
			w.step(base, string(key))
			if s.next() == '{' {
				return w.object(kind, f, depth, f.v11)
			}
			return w.skip()
		case partRelease:
			f.isRelease = true
			if string(key) == "parties" {
				f.v11 = true
			}
		case partMeta:
			f.meta = true
			return w.skip()
		}
	}
	return w.field(f, key, base, depth)
}

// field spools a member of a release, or looks for releases in a member that is unknown.
func (w *walker) field(f *frame, key []byte, base, depth int) error {
	s := w.sc
	code := keyCode(key)
	at := len(s.out)
	switch name := string(key); name {
	case "parties":
		f.v11 = true
	case "formation", "releaseTag":
		f.early = true
	case "url", "uri":
		f.link = true
	case "ocid", "date", "releaseDate", "version":
		if err := s.member(key); err != nil {
			return err
		}
		if k := kind(s.out[at+1]); k == kString || k == kNumber && name == "ocid" {
			switch text, _ := cutString(s.out[at+2:]); name {
			case "ocid":
				f.ocid = string(text)
			case "date", "releaseDate":
				f.date = [2]int{len(s.out) - len(text), len(s.out)}
			case "version":
				f.v11 = f.v11 || len(text) > 2 && text[:2] == "1." && text != "1.0"
				w.v11 = f.v11
				s.out = s.out[:at] // of the package that the release came in, not of the release
			}
		}
		return nil
	}
	if (code == 0 || wraps[string(key)] && f.ocid == "") && !f.isRelease && depth < maxWrap {
		name := string(key) // the window moves
		if c := s.next(); c == '{' || c == '[' {
			w.step(base, name)
			return w.node(depth+1, f.v11)
		}
	}
	return s.member(key)
}

// list reads the releases of a package or record.
func (w *walker) list(f *frame, depth int) error {
	before := w.rows + w.linked
	var err error
	switch w.sc.next() {
	case '{': // one release without the array around it, or releases by their ids
		if w.sc.beginsRelease() {
			err = w.object(entryRelease, f, depth, f.v11)
		} else {
			err = w.node(depth+1, f.v11)
		}
	case '[':
		err = w.each(func() error {
			if w.sc.next() == '{' {
				return w.object(entryRelease, f, depth, f.v11)
			}
			if err := w.skip(); err != nil {
				return err
			}
			w.rows++
			return w.refuse(string(w.path), "a release is an object, this is none")
		})
	default:
		err = w.skip()
	}
	if err == nil && w.rows+w.linked == before {
		w.empty++
	}
	return err
}

// close hands on what an object was.
func (w *walker) close(f *frame, kind entryKind, parent *frame) error {
	if f.holds {
		if f.releases == 0 && f.standIn > 0 {
			w.rows++
		}
		return nil
	}
	if !f.isRelease {
		if f.ocid == "" {
			w.meta = w.meta || f.meta
			return nil
		}
	}
	ocid := f.ocid
	if parent != nil && ocid == "" && kind != entryRelease {
		ocid = parent.ocid
	}
	if ocid == "" && f.link && parent != nil {
		w.linked++
		return nil
	}
	if parent == nil || kind == entryRelease {
		w.rows++
	}
	if ocid == "" {
		if parent != nil && kind != entryRelease && parent.releases > 0 {
			return nil
		}
		return w.refuse(string(w.path), "no ocid: nothing says which process this release belongs to")
	}
	number := f.number
	if parent != nil {
		number = parent.number
		if kind == entryRelease {
			parent.releases++
		} else {
			parent.standIn++
		}
	}
	s := w.sc
	if len(s.out)-f.sinceStart > record.MaxLine {
		return w.refuse(string(w.path), "a release of more than 64 MiB")
	}
	if f.early {
		w.early++
	}
	err := w.emit(found{
		kind: kind, container: number, v11: f.v11, early: f.early, ocid: []byte(ocid),
		date: s.out[f.date[0]:f.date[1]], path: w.path, data: s.out[f.sinceStart:],
	})
	if err != nil {
		return errStop{err}
	}
	return nil
}
