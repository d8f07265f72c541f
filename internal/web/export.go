package web

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"strings"

	"github.com/xuri/excelize/v2"

	"plimsoll/internal/record/table"
)

// A sheet is a table that can be taken along: the same rows as CSV, XLSX or JSON. Rows are
// streamed, so a table of any size leaves in the memory of one row (CSV, JSON).
type sheet struct {
	name    string // of the file, without ending
	columns []string
	rows    iter.Seq2[[]any, error]
}

// sheetOf makes a sheet of a slice.
func sheetOf[T any](name string, columns []string, list []T, row func(T) []any) sheet {
	return sheet{name, columns, func(yield func([]any, error) bool) {
		for _, x := range list {
			if !yield(row(x), nil) {
				return
			}
		}
	}}
}

// wants says which export a request asks for; "" for the page.
func (v *visit) wants() string {
	if v.r.Method == http.MethodPost {
		return ""
	}
	switch f := v.r.URL.Query().Get("format"); f {
	case "csv", "xlsx", "json":
		return f
	}
	return ""
}

// send writes the sheet as the request wants it. What is wrong before the first row is
// answered like everything else; later, the download breaks off.
func (v *visit) send(s sheet) error {
	next, stop := iter.Pull2(s.rows)
	defer stop()
	row, err, ok := next()
	if err != nil {
		return err
	}
	s.rows = func(yield func([]any, error) bool) {
		for ; ok && yield(row, err); row, err, ok = next() {
		}
	}
	h := v.w.Header()
	format := v.wants()
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", s.name+"."+format))
	switch format {
	case "csv":
		h.Set("Content-Type", "text/csv; charset=utf-8")
		return s.csv(v.w)
	case "xlsx":
		h.Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
		return s.xlsx(v.w)
	}
	h.Set("Content-Type", "application/json")
	return s.json(v.w)
}

func (s sheet) csv(w http.ResponseWriter) error {
	out := csv.NewWriter(w)
	if err := out.Write(s.columns); err != nil {
		return nil // the reader went away
	}
	line := make([]string, len(s.columns))
	for row, err := range s.rows {
		if err != nil {
			panic(http.ErrAbortHandler) // a cut download must not look whole
		}
		for i, c := range row {
			line[i] = cellText(c)
		}
		if err := out.Write(line); err != nil {
			return nil
		}
	}
	out.Flush()
	return nil
}

func cellText(c any) string {
	switch c := c.(type) {
	case string:
		return table.Inert(c)
	case []string:
		return table.Inert(strings.Join(c, "; "))
	}
	return fmt.Sprint(c)
}

func (s sheet) xlsx(w http.ResponseWriter) error {
	f := excelize.NewFile()
	defer f.Close()
	out, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	head := make([]any, len(s.columns))
	for i, c := range s.columns {
		head[i] = c
	}
	if err := out.SetRow("A1", head); err != nil {
		return err
	}
	n := 1
	for row, err := range s.rows {
		if err != nil {
			return err
		}
		n++
		if n > excelize.TotalRows {
			break
		}
		cells := make([]any, len(row))
		for i, c := range row {
			switch c.(type) {
			case int, int64, float64:
				cells[i] = c
			default:
				t := []rune(cellText(c))
				cells[i] = string(t[:min(len(t), excelize.TotalCellChars)])
			}
		}
		at, err := excelize.CoordinatesToCellName(1, n)
		if err != nil {
			return err
		}
		if err := out.SetRow(at, cells); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return f.Write(w)
}

func (s sheet) json(w http.ResponseWriter) error {
	keys := make([][]byte, len(s.columns))
	for i, c := range s.columns {
		keys[i], _ = json.Marshal(c)
	}
	sep := "[\n"
	for row, err := range s.rows {
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		b := []byte(sep + "{")
		for i, c := range row {
			v, err := json.Marshal(c)
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, keys[i]...), ':'), v...)
		}
		if _, err := w.Write(append(b, '}')); err != nil {
			return nil
		}
		sep = ",\n"
	}
	if sep == "[\n" {
		_, _ = w.Write([]byte("[]\n"))
		return nil
	}
	_, _ = w.Write([]byte("\n]\n"))
	return nil
}
