package focus

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// A statement takes the database longer to plan than the rows of a small bill take it to add up: twenty thousand bills
// would take a quarter of an hour. So where there are many, small ones are written into one narrow file for all that
// have the same columns, and added up together.
const (
	manySources = 16
	mostBundled = 128 << 10 // bytes of a text that is small

	mostInBundle  = 4000      // sources
	mostForms     = 64        // files that are open at a time
	mostBytes     = 256 << 20 // of the texts in a bundle, about
	mostRejects   = 20_000    // that wait for their turn
	bundlePattern = "usage-bundle-*.csv"
)

// A bundle is small sources that are added up together.
type bundle struct {
	sources []*inBundle // in their order
	forms   []*form     // in the order of their first source
	bytes   int
	rejects int
}

// A form is the sources whose statements are the same.
type form struct {
	key     string
	w       *narrowWriter
	sources []*inBundle
}

// An inBundle is one source of a bundle.
type inBundle struct {
	src     record.Source
	h       *header
	n       *narrowed
	form    *form
	mapping string
	rejects held
	counted counted
	part    string // table that its groups stand in
}

// held keeps rejects until it is their turn.
type held []record.Reject

// Record implements [record.Sink]; bills have no records one by one.
func (h *held) Record(record.Record) error { return nil }

// Reject implements [record.Sink].
func (h *held) Reject(r record.Reject) error {
	*h = append(*h, r)
	return nil
}

// errAlone says that a source is read by itself.
var errAlone = errors.New("a source that is read by itself")

// bundled reads a small text into the bundle. It is not ok for a source that is none: nothing was done then.
func (l *loader) bundled(src record.Source) (ok bool, err error) {
	if !l.many || src.Damage != "" {
		return false, nil
	}
	head, err := src.Head()
	if err != nil || len(head) > mostBundled || bytes.HasPrefix(head, parquetMagic) || table.IsWorkbook(head) {
		return false, nil
	}
	if l.bundle == nil {
		l.bundle = &bundle{}
	}
	b := l.bundle
	s := &inBundle{src: src}
	if err := l.narrowInto(b, s, head); errors.Is(err, errAlone) || errors.Is(err, errNoCharges) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	b.sources, s.form.sources = append(b.sources, s), append(s.form.sources, s)
	b.bytes, b.rejects = b.bytes+len(head), b.rejects+len(s.rejects)
	if len(b.sources) >= mostInBundle || len(b.forms) >= mostForms || b.bytes >= mostBytes || b.rejects >= mostRejects {
		return true, l.unbundle()
	}
	return true, nil
}

// narrowInto writes the rows of a source into the file of its form.
func (l *loader) narrowInto(b *bundle, s *inBundle, head []byte) (err error) {
	to := func(h *header) (*narrowWriter, error) {
		if grouped, _ := isGrouped(h.names); grouped || h.twice() != "" || h.refused() != "" {
			return nil, errAlone
		}
		f, err := l.formOf(b, h)
		if err != nil {
			return nil, err
		}
		f.w.source, s.form, s.h = s.src.Index, f, h
		return f.w, nil
	}
	if m, ok := l.under[s.src.Index]; ok {
		h, ok := mappedHeader(m)
		if !ok {
			return errAlone
		}
		s.mapping = m.Name
		s.n, err = narrowMapped(l.ctx, s.src, m, h, to, &s.rejects)
		return err
	}
	if text := bytes.TrimLeft(head, " \t\r\n"); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		s.n, s.h, err = narrowJSON(l.ctx, s.src, to, &s.rejects)
		return err
	}
	h, ok := readHeader(head)
	if !ok {
		return errAlone
	}
	s.n, err = narrow(l.ctx, s.src, h, to, &s.rejects)
	return err
}

// formOf finds the form of a header, or begins it.
func (l *loader) formOf(b *bundle, h *header) (*form, error) {
	key := fmt.Sprintf("%v %p %v %q", narrowColumns(h), h.profile, h.dates, h.delim)
	for _, f := range b.forms {
		if f.key == key {
			return f, nil
		}
	}
	out, err := os.CreateTemp(l.dir, bundlePattern)
	if err != nil {
		return nil, err
	}
	f := &form{key: key, w: writeNarrow(out, h)}
	f.w.shared = true
	b.forms = append(b.forms, f)
	return f, nil
}
