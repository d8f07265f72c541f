package ocds

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"

	"plimsoll/internal/record"
	"plimsoll/internal/record/ted"
)

// errCut marks a file that ends in the middle: what stands before the end is read.
type errCut struct{ error }

// broken reports whether an error is about the end of this one file, so that others can be read all the same.
func broken(err error) bool {
	_, cut := errors.AsType[errCut](err)
	return cut || record.Damaged(err)
}

// DecodeAll reads files that together hold the releases of their processes, and emits what
// each process comes to. Places name the last release that mentions the contract. The
// stats are by [record.Source.Index]; that of a file which ends in the middle says so in Failed.
func DecodeAll(ctx context.Context, sources []record.Source, sink record.Sink) (map[int]record.Stats, error) {
	d := newDecoder(ctx, sink, spoolLimit)
	defer d.spool.close()
	first := map[string]record.Source{}
	tables := flattened{d: d, spool: spool{limit: spoolLimit}, at: map[int]string{}}
	defer tables.spool.close()
	for _, src := range sources {
		c := d.count(src)
		if same, ok := first[src.SHA256]; ok && src.SHA256 != "" && (groupOf(same) == groupOf(src) || !IsPart(src)) {
			c.same = same.Name
			continue
		}
		first[src.SHA256] = src
		read := d.read
		switch head, err := src.Head(); {
		case err == nil && ted.Recognise(head):
			read = d.notices
		case err == nil && !isJSON(head) && isTabular(src, head):
			read = d.tabular
		case flat(ctx, src):
			read = tables.add
		}
		if err := read(src, c); err != nil && ctx.Err() == nil && broken(err) {
			c.failed = err.Error()
		} else if err != nil {
			return nil, err
		}
	}
	if err := tables.finish(); err != nil {
		return nil, err
	}
	if err := d.spool.each(d.process); err != nil {
		return nil, err
	}
	out := map[int]record.Stats{}
	for i, c := range d.counts {
		out[i] = c.stats()
	}
	return out, nil
}

// A decoder is one run over some files.
type decoder struct {
	ctx     context.Context
	sink    record.Sink
	spool   spool
	counts  map[int]*count
	arena   arena
	words   interner
	history map[said]*history // of the process at hand
	// what engagements lack, one map for all that lack the same
	lacking map[int]record.Columns
	out     *count          // of the source that the record at hand comes from
	owned   map[string]bool // statements of ownership that were emitted, as publishers repeat them with every process
	window  []byte          // that texts are read through, one after the other
}

func newDecoder(ctx context.Context, sink record.Sink, limit int) *decoder {
	return &decoder{ctx: ctx, sink: sink, spool: spool{limit: limit}, counts: map[int]*count{}, words: interner{},
		history: map[said]*history{}, lacking: map[int]record.Columns{}}
}

func (d *decoder) count(src record.Source) *count {
	c := &count{name: src.Name, notes: map[note]int{}}
	d.counts[src.Index] = c
	return c
}

func (d *decoder) read(src record.Source, c *count) error {
	r, err := src.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	head, err := src.Head()
	if err != nil && !errors.Is(err, record.ErrEmpty) {
		return err
	}
	text, err := unwrapped(r, shell(head))
	if err != nil {
		return fmt.Errorf("read %s: %w", src.Name, err)
	}
	before := c.rows
	if err := d.text(src, c, text); err != nil {
		return err
	}
	if c.rows == before && c.empty {
		c.rejects++
		return d.sink.Reject(record.Reject{File: src.Name, Kind: "ocds", Reason: "the file is empty"})
	}
	return nil
}

// text reads one JSON text.
func (d *decoder) text(src record.Source, c *count, r io.Reader) error {
	w := &walker{
		ctx:    d.ctx,
		window: d.window,
		emit:   func(f found) error { return d.spool.add(src.Index, f) },
		reject: func(place, reason string) error {
			c.rejects++
			return d.sink.Reject(record.Reject{File: src.Name, At: place, Kind: "ocds", Reason: reason})
		},
	}
	err := w.text(r)
	d.window = w.sc.buf
	c.rows += w.rows
	c.notes[noteLinked] += w.linked
	c.notes[noteEarly] += w.early
	c.notes[noteLatin] += w.sc.high
	c.notes[noteOdd] += w.sc.odd
	c.notes[noteEmpty] += w.empty
	c.empty = w.sc.pos == 0 && w.sc.base == 0 && w.rows == 0
	if err != nil {
		return fmt.Errorf("read %s: %w", src.Name, err)
	}
	if w.cut != "" {
		return errCut{fmt.Errorf("read %s: the file is cut off: it ends in the middle of %s, behind %d whole "+
			"releases; get it again, or take out what is not whole",
			src.Name, w.cut, max(w.rows-1, 0))}
	}
	return nil
}

// process merges the releases of one ocid and emits what they come to.
func (d *decoder) process(p *process) error {
	if err := d.ctx.Err(); err != nil {
		return err
	}
	d.arena.reset()
	entries, aside := d.choose(p.entries)
	if len(entries) == 0 {
		return nil
	}
	m := d.merge(p.ocid, entries)
	for i := range aside {
		tree, _ := d.arena.tree(aside[i].data)
		if m.differs(&tree) {
			d.counts[aside[i].source].notes[noteStale]++
		}
	}
	return m.emit()
}

// merge adds up the releases of one process, in their order.
func (d *decoder) merge(ocid string, entries []entry) *merged {
	rules := reading10
	for i := range entries {
		if entries[i].v11 {
			rules = reading11
		}
	}
	clear(d.history)
	m := &merged{decoder: d, ocid: ocid, release: value{k: kObject}, history: d.history}
	for i := range entries {
		e := &entries[i]
		d.arena.twice = 0
		tree, _ := d.arena.tree(e.data)
		d.counts[e.source].notes[noteAgain] += d.arena.twice
		switch {
		case e.kind == entryVersioned || isVersioned(&tree):
			d.counts[e.source].notes[noteVersioned]++
			for _, oldest := range []bool{true, false} {
				one := collapse(&tree, oldest)
				if e.early {
					one = d.arena.fromEarly(&one)
				}
				m.add(e, &one, rules)
			}
			continue
		case e.early && !e.mixed(&tree):
			tree = d.arena.fromEarly(&tree)
		}
		m.add(e, &tree, rules)
	}
	return m
}

// choose drops what adds nothing: a compiled or versioned release where its record holds
// the releases themselves, since publishers' own compilations go stale, and releases that
// were given already. It orders the rest by date; of one date, as given.
func (d *decoder) choose(entries []entry) (kept, aside []entry) {
	if len(entries) == 1 {
		return entries, nil
	}
	type record struct{ source, container int }
	embedded := map[record]bool{}
	for i := range entries {
		e := &entries[i]
		if e.kind == entryRelease {
			embedded[record{e.source, e.container}] = true
		}
	}
	seen := make(map[uint64]bool, len(entries))
	for _, e := range entries {
		at := record{e.source, e.container}
		if e.kind != entryRelease && embedded[at] {
			if e.kind == entryCompiled {
				aside = append(aside, e)
			}
			continue
		}
		if seen[e.sum] {
			d.counts[e.source].notes[noteTwice]++
			continue
		}
		seen[e.sum] = true
		kept = append(kept, e)
	}
	sort.SliceStable(kept, func(i, j int) bool { return dateBefore(kept[i].date, kept[j].date) })
	return kept, aside
}

// mixed reports whether a release with a mark of the early shape has contracts of 1.0.
func (e *entry) mixed(v *value) bool {
	for _, list := range []string{"awards", "contracts"} {
		for i := range v.get(list).list() {
			x := &v.get(list).list()[i].v
			if x.get("value") != nil || x.get("dateSigned") != nil || x.get("awardID") != nil &&
				x.get("notice") == nil && x.get("awardNotice") == nil {
				return true
			}
		}
	}
	return false
}

// isVersioned reports whether the fields of a release are histories.
func isVersioned(v *value) bool {
	for _, name := range []string{"initiationType", "tag", "date", "buyer", "tender"} {
		x := v.get(name)
		if x != nil && x.k == kObject {
			for i := range x.m {
				if isHistory(&x.m[i].v) {
					return true
				}
			}
		}
		if isHistory(x) {
			return true
		}
	}
	return false
}

func isHistory(v *value) bool {
	if v == nil || v.k != kArray || len(v.m) == 0 {
		return false
	}
	for i := range v.m {
		x := &v.m[i].v
		if x.get("value") == nil || x.get("releaseID") == nil && x.get("releaseDate") == nil {
			return false
		}
	}
	return true
}

// collapse gives the first or last value of every field of a versioned release.
func collapse(v *value, first bool) value {
	out := value{k: v.k, s: v.s}
	if isHistory(v) {
		pick := 0
		for i := range v.m {
			a, b := v.m[pick].v.get("releaseDate").text(), v.m[i].v.get("releaseDate").text()
			if first && dateBefore(b, a) || !first && !dateBefore(b, a) {
				pick = i
			}
		}
		return *v.m[pick].v.get("value")
	}
	for i := range v.m {
		out.m = append(out.m, member{v.m[i].key, collapse(&v.m[i].v, first)})
	}
	return out
}
