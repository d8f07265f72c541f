// Package draft writes a mapping for somebody's own table: from the words over its columns in ten languages and
// more, from what stands in its cells, and from how numbers and dates are written in it.
//
// Invariants: a draft is a text that [table.ParseMaps] reads; what is not certain is a comment that begins with
// "doubt", and what could be read two ways and would then be silently wrong (the order of day and month, the
// decimal mark) is left out until the user decides. Nothing of a file is kept but its headings, and cells that
// were not understood.
package draft

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"plimsoll/internal/record"
	"plimsoll/internal/record/table"
)

// A Note is what a draft says of one file.
type Note struct {
	File   string
	Table  string   // of the mapping, "" when none was made
	Reason string   // why none was made
	Doubts []string // each also a comment of the draft
	Sheets []string // further sheets that hold tables of their own: a file becomes one table
}

// intro stands above every draft.
const intro = `# A draft: look at the lines with "doubt", then see what it reads with
#   plimsoll map try --map THIS FILE...
# The language is described in docs/format/map.md, the columns in docs/format/tables.md.
maps:
`

// Files drafts one YAML text for the files, one mapping for files of one header. only names the table, "" to find
// it out. The text is "" when no mapping could be made of any file.
func Files(ctx context.Context, sources []record.Source, only string) (string, []Note, error) {
	if only != "" && !slices.Contains(table.Targets(), only) {
		return "", nil, fmt.Errorf("draft map: %q is none of %s", only, strings.Join(table.Targets(), ", "))
	}
	d := drafter{only: only, byHeader: map[string]*drafted{}}
	var notes []Note
	for _, src := range sources {
		if err := ctx.Err(); err != nil {
			return "", nil, err
		}
		n, err := d.file(ctx, src)
		if ctx.Err() != nil {
			return "", nil, ctx.Err()
		}
		if err != nil {
			n.Reason = err.Error()
		}
		n.File = src.Name
		notes = append(notes, n)
	}
	if len(d.order) == 0 {
		return "", notes, nil
	}
	var b strings.Builder
	b.WriteString(intro)
	names := map[string]bool{}
	for _, x := range d.order {
		text := x.w.text(x.columns, x.files, x.others)
		b.WriteString(rename(text, names))
		for i := range notes {
			if slices.Contains(x.notes, notes[i].File) {
				notes[i].Doubts = x.w.doubts
			}
		}
	}
	return b.String(), notes, nil
}

// rename makes the name of a mapping one of its own.
func rename(text string, names map[string]bool) string {
	first, rest, _ := strings.Cut(text, "\n")
	name := first
	for n := 2; names[name]; n++ {
		name = strings.TrimSuffix(first, `"`)
		name += fmt.Sprintf(" %d", n)
		if strings.HasSuffix(first, `"`) {
			name += `"`
		}
	}
	names[name] = true
	return name + "\n" + rest
}

type drafter struct {
	only     string
	order    []*drafted
	byHeader map[string]*drafted
}

// drafted is a mapping before it is written.
type drafted struct {
	w       *writer
	columns []*source
	others  []choice
	files   []string // globs
	notes   []string // names of the files
}

func (d *drafter) file(ctx context.Context, src record.Source) (Note, error) {
	var n Note
	if src.Skipped != "" {
		n.Reason = src.Skipped
		return n, nil
	}
	all, err := grids(ctx, src)
	if err != nil {
		return n, err
	}
	var best *drafted
	var like []*grid // tables of other sheets
	for _, g := range all {
		if !g.findHeader() || len(g.headings) < 2 && !g.names() && d.only != table.List { // a list may be names alone
			continue
		}
		columns := columnsOf(g)
		ranked := choices(columns, hinted(src.Name, g.above()...))
		if d.only != "" {
			ranked = slices.DeleteFunc(ranked, func(c choice) bool { return c.table != d.only })
		}
		c := ranked[0]
		if d.only == "" && c.lacking() >= 1 {
			continue
		}
		x := &drafted{w: &writer{g: g, src: src, c: c}, columns: columns, others: ranked[1:]}
		switch {
		case best == nil:
			best = x
		case c.score > best.w.c.score:
			like = append(like, best.w.g)
			best = x
		default:
			like = append(like, g)
		}
	}
	for _, g := range like { // a sheet for each quarter has the same headings
		if g.header >= 0 && g.header == best.w.g.header && slices.Equal(g.headings, best.w.g.headings) {
			best.w.sheets = append(best.w.sheets, g.sheet)
		} else {
			n.Sheets = append(n.Sheets, g.sheet)
		}
	}
	if best == nil {
		n.Reason = nothing(all)
		return n, nil
	}
	if need := best.w.c.needs(); d.only != "" && len(need) > 0 {
		n.Reason = fmt.Sprintf("no heading among %s says which column is %s: name it as docs/format/tables.md does, "+
			"or write the map by hand",
			strings.Join(short(best.w.g.headings), ", "), strings.Join(need, ", or which is "))
		return n, nil
	}
	n.Table = best.w.c.table
	glob := globOf(src)
	k := best.w.c.table + "\x00" + string(best.w.g.delimiter) + best.w.g.encoding + "\x00" +
		strings.Join(best.w.g.headings, "\x00")
	if same := d.byHeader[k]; same != nil && best.w.g.header >= 0 {
		if !slices.Contains(same.files, glob) {
			same.files = append(same.files, glob)
		}
		same.notes = append(same.notes, src.Name)
		return n, nil
	}
	best.files, best.notes = []string{glob}, []string{src.Name}
	d.byHeader[k] = best
	d.order = append(d.order, best)
	return n, nil
}

// globOf names a file so that only it fits: the characters of patterns stand for themselves.
func globOf(src record.Source) string {
	name := path.Base(strings.ReplaceAll(src.Name, "!", "/"))
	name = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
	if lower := strings.ToLower(name); strings.HasSuffix(lower, ".gz") {
		name = name[:len(name)-3]
	}
	return name
}

// nothing says why no mapping is made of a file: what the nearest table would need.
func nothing(all []*grid) string {
	for _, g := range all {
		if len(g.headings) < 2 {
			continue
		}
		ranked := choices(columnsOf(g), "")
		c := ranked[0]
		need := c.needs()
		return fmt.Sprintf("its headings (%s) come nearest to the table %s, and nothing in it is %s; say with "+
			"--table which table it is",
			strings.Join(short(g.headings), ", "), c.table, strings.Join(need, ", nor "))
	}
	return "no table of two columns or more was found in it; a list of names alone needs a heading above them, such " +
		"as name"
}
