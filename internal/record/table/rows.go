package table

import (
	"context"
	"errors"
	"io"

	"plimsoll/internal/record"
)

// Rows calls visit for every row of every sheet of a workbook, with the same safeguards as
// [DecodeXLSX]: the name of the sheet, the number of the row from 1, and its cells as they
// are stored, a date as its serial number. The cells are visit's to keep. date1904 reports
// the workbook's first day of the calendar; an error of visit ends the walk.
func Rows(ctx context.Context, src record.Source, visit func(sheet string, row int, cells []string,
	date1904 bool) error) error {
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
		err = eachRow(ctx, s, func(row int, cells []string) error { return visit(name, row, cells, w.date1904) })
		s.close()
		if err != nil {
			return err
		}
	}
	return nil
}

func eachRow(ctx context.Context, s *sheetRows, visit func(row int, cells []string) error) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		l, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return named(s.src, err)
		}
		if err := visit(l.row, l.cells); err != nil {
			return err
		}
	}
}
