package table

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// A Visit is told of the tables of a file. Header may return nil for a table that is not
// wanted. Cells are good until the next row.
type Visit struct {
	Header func(name string, header []string) (row func(at string, cells []string) error, err error)
	Bad    func(at, reason string) error // a row that cannot be split into cells
}

// Every reads all tables of a file, whatever their columns: a delimited text, each sheet of a
// workbook, or each delimited text of a tar archive. Dates of a workbook come as their serial
// numbers, see [Serial].
func Every(ctx context.Context, src record.Source, v Visit) error {
	head, err := src.Head()
	if err != nil {
		return named(src, err)
	}
	switch {
	case IsWorkbook(head):
		return everySheet(ctx, src, v)
	case IsTar(head):
		return everyMember(ctx, src, v)
	}
	text, err := src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	return everyRow(ctx, src, newCSV(text, widest(head)), tableName(src.Name), rowAt, v)
}

// tarMagic stands at byte 257 of a tar archive (POSIX.1-1988, ustar interchange format).
const tarMagic = "ustar"

// IsTar reports whether a file that begins so is a tar archive.
func IsTar(head []byte) bool {
	return len(head) > 257+len(tarMagic) && string(head[257:257+len(tarMagic)]) == tarMagic
}

// Headers returns the first row of each table of a file by the table's name, as far as its
// head goes.
func Headers(src record.Source, head []byte) map[string][]string {
	out := map[string][]string{}
	switch {
	case IsWorkbook(head):
		w, err := openWorkbook(src)
		if err != nil {
			return nil
		}
		defer w.close()
		for _, name := range w.sheets {
			s, err := w.rows(name)
			if err != nil {
				return nil
			}
			if h, err := s.header(); err == nil && h != nil {
				out[name] = h
			}
			s.close()
		}
	case IsTar(head):
		in := tar.NewReader(bytes.NewReader(head))
		for {
			h, err := in.Next()
			if err != nil {
				return out
			}
			part, _ := io.ReadAll(io.LimitReader(in, headOfMember))
			if row, ok := firstRow(part, widest(part)); ok && isText(h.Name) {
				out[tableName(h.Name)] = append([]string(nil), row...)
			}
		}
	default:
		if row, ok := firstRow(head, widest(head)); ok {
			out[tableName(src.Name)] = append([]string(nil), row...)
		}
	}
	return out
}

// headOfMember is how much of a member is looked at for its header, in bytes.
const headOfMember = 64 << 10

func isText(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv", ".txt":
		return !strings.HasPrefix(path.Base(name), ".")
	}
	return false
}

// tableName is a file's name without folders and endings.
func tableName(name string) string {
	if i := strings.LastIndexByte(name, '!'); i >= 0 {
		name = name[i+1:]
	}
	base, _, _ := strings.Cut(path.Base(name), ".")
	return base
}

// widest is the delimiter under which the first row has the most cells.
func widest(head []byte) byte {
	candidates := delimited.Candidates(head)
	best, most := candidates[0], 0
	for _, d := range candidates {
		if row, ok := firstRow(head, d); ok && len(row) > most {
			best, most = d, len(row)
		}
	}
	return best
}

func everySheet(ctx context.Context, src record.Source, v Visit) error {
	w, err := openWorkbook(src)
	if err != nil {
		return err
	}
	defer w.close()
	for _, name := range w.sheets {
		s, err := w.rows(name)
		if err != nil {
			return err
		}
		err = everyRow(ctx, src, s, name, w.place(name), v)
		s.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// maxMembers bounds a tar archive; its text is bounded by [record.Source].
const maxMembers = 10_000

func everyMember(ctx context.Context, src record.Source, v Visit) error {
	text, err := src.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	in := tar.NewReader(text)
	for n := 0; ; n++ {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: archive: %w", src.Name, err)
		}
		if n >= maxMembers {
			return fmt.Errorf("read %s: archive: more than %d members", src.Name, maxMembers)
		}
		if h.Typeflag != tar.TypeReg || !isText(h.Name) {
			continue
		}
		start, err := io.ReadAll(io.LimitReader(in, headOfMember))
		if err != nil {
			return fmt.Errorf("read %s: archive: %s: %w", src.Name, h.Name, err)
		}
		start = bytes.TrimPrefix(start, []byte("\xef\xbb\xbf"))
		name := tableName(h.Name)
		at := func(row int) string { return fmt.Sprintf("%s row %d", path.Base(h.Name), row) }
		if err := everyRow(ctx, src, newCSV(io.MultiReader(bytes.NewReader(start), in), widest(start)), name, at, v); err != nil {
			return err
		}
	}
}

func everyRow(ctx context.Context, src record.Source, in lines, name string, at func(int) string, v Visit) error {
	var row func(string, []string) error
	for n := 0; ; n++ {
		if n&1023 == 0 && ctx.Err() != nil {
			return fmt.Errorf("read %s: %w", src.Name, ctx.Err())
		}
		l, err := in.next()
		if bad, ok := errors.AsType[*delimited.BadRow](err); ok {
			if err := v.Bad(at(bad.Line), bad.Reason); err != nil {
				return err
			}
			continue
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return named(src, err)
		}
		if blank(l.cells) {
			continue
		}
		if row == nil {
			if delimited.IsSeparator(l.cells) {
				continue
			}
			if row, err = v.Header(name, append([]string(nil), l.cells...)); err != nil || row == nil {
				return err
			}
			continue
		}
		if err := row(at(l.row), l.cells); err != nil {
			return err
		}
	}
}

// Serial turns the number that a workbook stores for a date into a date; ok is false for
// anything else.
func Serial(s string) (d record.Date, ok bool) { return serial(s, false) }
