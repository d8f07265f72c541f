package ocds

import (
	"fmt"

	"plimsoll/internal/record"
	"plimsoll/internal/record/ted"
)

// notices reads a source of notices of Tenders Electronic Daily, each as the release that it comes to.
func (d *decoder) notices(src record.Source, c *count) error {
	r, err := src.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	bad := func(line int, reason string) error {
		c.rows++
		c.rejects++
		return d.sink.Reject(record.Reject{File: src.Name, At: fmt.Sprintf("line %d", line), Kind: "ocds",
			Reason: reason})
	}
	good := func(line int, n ted.Notice) error {
		if err := d.ctx.Err(); err != nil {
			return err
		}
		c.rows++
		c.notes[notePersons] += n.Persons
		w := &walker{
			ctx:    d.ctx,
			sc:     &scanner{buf: n.Release},
			emit:   func(f found) error { return d.spool.add(src.Index, f) },
			reject: func(_, reason string) error { return bad(line, reason) },
		}
		w.path = fmt.Appendf(w.path, "line %d", line)
		err := w.document()
		if stop, ok := err.(errStop); ok {
			return stop.error
		}
		return err
	}
	if err := ted.Each(r, good, bad); err != nil {
		return fmt.Errorf("read %s: %w", src.Name, err)
	}
	return nil
}
