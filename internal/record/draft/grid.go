package draft

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
	"plimsoll/internal/record/table"
)

// How much of a file a draft looks at.
const (
	sampleRows = 2000    // rows whose cells are looked at
	readRows   = 500_000 // rows read in search of sums at the end
	tailRows   = 5       // rows at the end that may be sums
	headerRows = 40      // rows in which the header is looked for
)

// A grid is the beginning of one table: of a text, or of one sheet.
type grid struct {
	sheet     string
	delimiter byte   // 0 for a sheet
	encoding  string // "" for UTF-8 and Windows-1252
	date1904  bool
	rows      [][]string
	tail      [][]string // the last rows of a longer file

	header   int // index of the header in rows, -1 for none
	headings []string
	groups   []string // what stands over several headings in the row above them, by column; nil for none
	body     [][]string
}

// grids reads the beginning of each table of a file.
func grids(ctx context.Context, src record.Source) ([]*grid, error) {
	head, err := src.Head()
	if err != nil {
		return nil, err
	}
	if table.IsWorkbook(head) {
		return sheets(ctx, src)
	}
	encoding := encodingOf(head)
	text := decoded(encoding, head)
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("read %s: neither a table in text nor a workbook", src.Name)
	}
	if c := bytes.TrimLeft(text, " \t\r\n"); len(c) > 0 && (c[0] == '{' || c[0] == '<') {
		return nil, fmt.Errorf("read %s: JSON or XML, of which no map can be made: a map is for tables (CSV, XLSX)",
			src.Name)
	}
	g := &grid{encoding: encoding, delimiter: delimiterOf(text)}
	in, err := src.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var r io.Reader = in
	if encoding != "" {
		enc, err := htmlindex.Get(encoding)
		if err != nil {
			return nil, err
		}
		r = enc.NewDecoder().Reader(in)
	}
	c := delimited.NewReader(r, g.delimiter)
	for n := 0; n < readRows; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row, err := c.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if _, bad := errors.AsType[*delimited.BadRow](err); bad {
			row.Cells = nil // its place counts
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", src.Name, err)
		}
		g.add(row.Cells)
	}
	return []*grid{g}, nil
}

// sheets reads the beginning of each sheet of a workbook.
func sheets(ctx context.Context, src record.Source) ([]*grid, error) {
	var out []*grid
	err := table.Rows(ctx, src, func(sheet string, _ int, cells []string, date1904 bool) error {
		if len(out) == 0 || out[len(out)-1].sheet != sheet {
			out = append(out, &grid{sheet: sheet, date1904: date1904})
		}
		out[len(out)-1].add(cells)
		return nil
	})
	return out, err
}

func (g *grid) add(cells []string) {
	cells = append([]string(nil), cells...)
	if len(g.rows) < sampleRows {
		g.rows = append(g.rows, cells)
		return
	}
	if blank(cells) {
		return
	}
	if g.tail = append(g.tail, cells); len(g.tail) > tailRows {
		g.tail = g.tail[1:]
	}
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}

// marks are the characters that may stand between cells, the likeliest first.
const marks = ",;\t|^~:"

// delimiterOf finds the mark that cuts most of the first rows into one number of cells, the more the better.
func delimiterOf(head []byte) byte {
	if line, _, _ := bytes.Cut(head, []byte("\n")); len(line) >= 5 && bytes.EqualFold(bytes.Trim(line, "\"\r")[:4],
		[]byte("sep=")) {
		return bytes.Trim(line, "\"\r")[4]
	}
	best, most := byte(','), 0.0
	for i := range len(marks) {
		widths, rows := map[int]int{}, 0
		in := delimited.NewReader(bytes.NewReader(head), marks[i])
		for rows < headerRows {
			row, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil || blank(row.Cells) {
				continue
			}
			rows++
			widths[len(row.Cells)]++
		}
		for w, n := range widths {
			if s := float64(n) / float64(rows) * float64(min(w, 20)); w > 1 && s > most*1.05 {
				best, most = marks[i], s
			}
		}
	}
	return best
}

// candidates are the encodings that a text which is no UTF-8 is tried in, beside Windows-1252 which is what such
// a text is taken for (WHATWG Encoding, legacy encodings by locale).
var candidates = []string{"", "windows-1251", "windows-1250", "windows-1254", "shift_jis", "gb18030", "big5", "euc-kr",
	"koi8-r"}

// encodingOf finds out the encoding under which most headings of a text are known words.
func encodingOf(head []byte) string {
	if n := len(head); n > 3 && bytes.IndexByte(head, 0) >= 0 {
		zeros := [2]int{}
		for i, c := range head[:min(n, 4096)] {
			if c == 0 {
				zeros[i%2]++
			}
		}
		switch {
		case zeros[1] > 4*zeros[0]:
			return "utf-16le"
		case zeros[0] > 4*zeros[1]:
			return "utf-16be"
		}
		return ""
	}
	for n := 0; n < 4 && len(head) > 0; n++ { // the head may end within a character
		if utf8.Valid(head[:len(head)-n]) {
			return ""
		}
	}
	best, most := "", -1
	for _, e := range candidates {
		text := decoded(e, head)
		g := &grid{delimiter: delimiterOf(text)}
		in := delimited.NewReader(bytes.NewReader(text), g.delimiter)
		for range headerRows {
			row, err := in.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			g.add(row.Cells)
		}
		hits := 0
		for _, row := range g.rows {
			hits = max(hits, known(row))
		}
		if hits > most {
			best, most = e, hits
		}
	}
	return best
}

// known counts the cells of a row that are words of headings.
func known(row []string) (n int) {
	for _, c := range row {
		if len(c) > 80 || strings.TrimSpace(c) == "" {
			continue
		}
		score, _ := concepts(c)
		for _, s := range score {
			if s >= partOfWord/2 {
				n++
				break
			}
		}
	}
	return n
}

func decoded(encoding string, text []byte) []byte {
	if encoding == "" {
		return text
	}
	enc, err := htmlindex.Get(encoding)
	if err != nil {
		return text
	}
	out, _ := enc.NewDecoder().Bytes(text)
	return out
}

// findHeader looks for the row of headings: most of its cells are known words, and none is a number or a date.
func (g *grid) findHeader() bool {
	g.header = -1
	best := 0.0
	first := -1
	for i, row := range g.rows[:min(len(g.rows), headerRows)] {
		filled, values := 0, 0
		for _, c := range row {
			if s := strings.TrimSpace(c); s != "" {
				filled++
				if isNumber(s) || isDate(s) {
					values++
				}
			}
		}
		if filled < 2 && !(filled == 1 && len(row) == 1 && first < 0 && known(row) == 1) || len(row) > 0 &&
			strings.EqualFold(row[0], "sep=") {
			continue
		}
		if first < 0 {
			first = i
		}
		// A row of values that happens to hold known words is no header.
		score := float64(known(row))*3 + float64(min(filled, 12))*0.5 - float64(values)*3
		if values*2 < filled && score > best+0.01 && (g.header < 0 || known(row) > known(g.rows[g.header])) {
			best, g.header = score, i
		}
	}
	if first < 0 && g.header < 0 && g.width(g.rows) == 1 {
		g.header = g.oneColumn()
		first = g.header
	}
	if g.header < 0 {
		if first < 0 {
			return false
		}
		for i := range g.width(g.rows[first:]) {
			g.headings = append(g.headings, fmt.Sprintf("column %d", i+1))
		}
		g.body = filled(g.rows[first:])
		return true
	}
	for _, c := range g.rows[g.header] {
		g.headings = append(g.headings, strings.TrimSpace(c))
	}
	g.body = filled(g.rows[g.header+1:])
	g.findGroups()
	return true
}

// findGroups reads the row above the header: words that stand over several headings, as "Customer" over "Name" and
// "Country". Such a row has fewer cells than the header, and more than the one of a title.
func (g *grid) findGroups() {
	if g.header == 0 {
		return
	}
	above := g.rows[g.header-1]
	words := 0
	for i, c := range above {
		if c = strings.TrimSpace(c); c == "" {
			continue
		}
		if words++; isNumber(c) || isDate(c) || i >= len(g.headings) {
			return
		}
	}
	if words < 2 || words >= len(g.headings) {
		return
	}
	g.groups = make([]string, len(g.headings))
	over := ""
	for i := range g.groups {
		if i < len(above) && strings.TrimSpace(above[i]) != "" {
			over = strings.TrimSpace(above[i])
		}
		g.groups[i] = over
	}
}

// names reports whether the grid is one column of names under a heading that says so.
func (g *grid) names() bool {
	if g.header < 0 || len(g.headings) != 1 || len(g.body) == 0 {
		return false
	}
	score, _ := concepts(g.headings[0])
	return score["party"] >= partOfWord || score["customer"] >= partOfWord
}

// above returns what is written over the table: the name of the sheet and the lines before the header.
func (g *grid) above() (out []string) {
	out = append(out, g.sheet)
	for i := range max(g.header, 0) {
		out = append(out, strings.Join(g.rows[i], " "))
	}
	return out
}

// oneColumn returns the index of the heading of a table of one column, -1 when none is a word of headings.
func (g *grid) oneColumn() int {
	for i, row := range g.rows[:min(len(g.rows), headerRows)] {
		if !blank(row) && known(row) > 0 {
			return i
		}
	}
	return -1
}

func (g *grid) width(rows [][]string) (n int) {
	for _, r := range rows {
		n = max(n, len(r))
	}
	return n
}

func filled(rows [][]string) (out [][]string) {
	for _, r := range rows {
		if !blank(r) {
			out = append(out, r)
		}
	}
	return out
}
