package ocds

import (
	"archive/tar"
	"bytes"
	"cmp"
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
// them, as the packages of a day or month are. An archive of JSON is read by the same road.
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
		if !isMember(h) {
			continue
		}
		part, _ := io.ReadAll(io.LimitReader(in, headOfMember))
		if isXML(h) && ted.Recognise(part) || isJSON(part) && Recognise(part) {
			return true
		}
	}
}

// headOfMember is how much of a member of an archive is looked at for its kind, in bytes.
const headOfMember = 64 << 10

// isMember reports whether a member of an archive is a file that somebody put there.
func isMember(h *tar.Header) bool {
	return h.Typeflag == tar.TypeReg && !strings.HasPrefix(path.Base(h.Name), ".")
}

// isFolder reports whether an entry of an archive is no file: a folder, or what describes other entries.
func isFolder(h *tar.Header) bool {
	return h.Typeflag == tar.TypeDir || h.Typeflag == tar.TypeXGlobalHeader
}

func isXML(h *tar.Header) bool { return strings.EqualFold(path.Ext(h.Name), ".xml") }

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
	var cut error // of the first file that ends in the middle
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return cut
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", src.Name, err)
		}
		if !isMember(h) {
			if !isFolder(h) {
				c.other(h.Name)
			}
			continue
		}
		part, err := io.ReadAll(io.LimitReader(in, headOfMember))
		if err != nil {
			return fmt.Errorf("read %s: %s: %w", src.Name, path.Base(h.Name), err)
		}
		text := io.MultiReader(bytes.NewReader(part), in)
		switch {
		case isXML(h):
			err = d.noticeText(src, c, path.Base(h.Name)+" ", text)
		case isJSON(part):
			err = d.text(src, c, path.Base(h.Name)+" ", text)
		default:
			c.other(h.Name)
		}
		if _, ends := errors.AsType[errCut](err); ends {
			cut = cmp.Or(cut, err)
		} else if err != nil {
			return err
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
