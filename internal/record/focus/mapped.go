package focus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// notUnderstood stands before a number or date that a mapping could not read: the charge is then a reject with
// the cell as it was written.
const notUnderstood = "not understood: "

// mapped reads a bill of somebody's own columns under a mapping to those of FOCUS.
func (l *loader) mapped(src record.Source, m table.Map) (record.Stats, error) {
	h, ok := mappedHeader(m)
	if !ok {
		return l.refuse(src, "mapping "+m.Name+" gives too few columns of FOCUS to be a bill")
	}
	n, err := narrowMapped(l.ctx, src, m, h, l.newNarrow, l.sink)
	if err != nil {
		return record.Stats{}, err
	}
	st, err := l.narrowed(src, h, n)
	st.Notes = append(st.Notes, "read by mapping "+m.Name)
	return st, err
}

// mappedHeader is the header of what a mapping gives.
func mappedHeader(m table.Map) (*header, bool) {
	h, ok := newHeader(m.Columns())
	if ok {
		h.line = 1 // rejects count lines
	}
	return h, ok
}

// narrowMapped is [narrow] for the rows of a mapping.
func narrowMapped(ctx context.Context, src record.Source, m table.Map, h *header, to narrowTo, sink record.Sink) (
	*narrowed, error) {
	w, err := to(h)
	if err != nil {
		return nil, fmt.Errorf("narrow %s: %w", src.Name, err)
	}
	n := &narrowed{path: w.file.Name(), extra: map[string]int{}}
	fields := make([]string, len(h.names))
	place := map[string]int{}
	for i, c := range h.names {
		place[c] = i
	}
	st, err := table.EachMapped(ctx, src, m, func(r *table.MappedRow) error {
		n.rows++
		if r.Reason != "" {
			if r.Meant { // a sum or a heading: no charge is lost
				n.rejects++
			} else {
				n.lose(int64(r.Row), true)
			}
			return sink.Reject(record.Reject{File: src.Name, At: r.At, Kind: kind, Reason: r.Reason})
		}
		copy(fields, r.Cells)
		for _, u := range r.Unread {
			fields[place[u.Column]] = notUnderstood + u.Value
		}
		return w.write(int64(r.Row), h, fields)
	})
	if err := errors.Join(err, w.close()); err != nil {
		return nil, err
	}
	if st.Failed != "" {
		n.cut(int64(n.rows)+2, st.Failed) // behind the header and the rows
	}
	for name, rows := range st.Extra {
		n.extra[name] = rows
	}
	for _, note := range st.Notes {
		if !strings.Contains(note, "not understood") { // those are rejects, each with its row
			n.notes = append(n.notes, note)
		}
	}
	return n, nil
}
