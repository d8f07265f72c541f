package ocds

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
	"plimsoll/internal/record/ted"
)

// isNotices reports whether a source holds notices of Tenders Electronic Daily: an XML text, or a tar archive of
// them, as the packages of a day or month are.
func isNotices(head []byte) bool {
	if !table.IsTar(head) {
		return ted.Recognise(head)
	}
	in := tar.NewReader(bytes.NewReader(head))
	for {
		h, err := in.Next()
		if err != nil {
			return false
		}
		if isXML(h) {
			part, _ := io.ReadAll(io.LimitReader(in, 8<<10))
			return ted.Recognise(part)
		}
	}
}

func isXML(h *tar.Header) bool {
	return h.Typeflag == tar.TypeReg && strings.EqualFold(path.Ext(h.Name), ".xml") && !strings.HasPrefix(path.Base(h.Name), ".")
}

// notices reads a source of notices, each as the release that it comes to.
func (d *decoder) notices(src record.Source, c *count) error {
	head, err := src.Head()
	if err != nil {
		return err
	}
	r, err := src.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	if !table.IsTar(head) {
		return d.noticeText(src, c, "", r)
	}
	in := tar.NewReader(r)
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", src.Name, err)
		}
		if isXML(h) {
			if err := d.noticeText(src, c, path.Base(h.Name)+" ", in); err != nil {
				return err
			}
		}
	}
}

// noticeText reads one XML text; at stands before the places in it.
func (d *decoder) noticeText(src record.Source, c *count, at string, r io.Reader) error {
	bad := func(line int, reason string) error {
		c.rows++
		c.rejects++
		return d.sink.Reject(record.Reject{File: src.Name, At: fmt.Sprintf("%sline %d", at, line), Kind: "ocds", Reason: reason})
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
		w.path = fmt.Appendf(w.path, "%sline %d", at, line)
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
