package capability

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed data/*.tsv
var data embed.FS

// A row is one line of a table by column name.
type row struct {
	line   int
	fields map[string]string
}

// readTable returns the rows of a table. The tables are part of the program: one that
// cannot be read is a bug, so it panics.
func readTable(name string) []row {
	b, err := data.ReadFile("data/" + name)
	if err != nil {
		panic(err)
	}
	var head []string
	var rows []row
	for i, line := range strings.Split(string(b), "\n") {
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if head == nil {
			head = f
			continue
		}
		if len(f) > len(head) {
			panic(fmt.Sprintf("%s line %d: %d fields, the header has %d", name, i+1, len(f), len(head)))
		}
		r := row{line: i + 1, fields: make(map[string]string, len(f))}
		for j, v := range f {
			r.fields[head[j]] = strings.TrimSpace(v)
		}
		rows = append(rows, r)
	}
	return rows
}

// A rule is one row of a table of words.
type rule struct {
	table      string
	row        int
	pattern    string
	gives      []string // nil: the phrase means nothing of interest
	controlled string
	tells      telling
	rank       int
	beneath    string // security class of the body that this one belongs to
	source     string
	note       string
	parts      int // phrases that must all be there
}

// A telling is what a word of an item's description says beside the capability classes.
type telling uint8

const (
	nothing telling = iota
	goods           // what the thing is, of no interest: a laptop, cleaning
	light           // a service about a thing that it does not name: maintenance, consulting
	filler          // nothing of what the thing is: supply of, system, licence
	link            // what follows is not the thing itself: for, with, including
	hint            // the thing may be controlled: encryption device
	doubt           // somebody or something is watched, heard or located: monitoring, tapping
)

var tellings = map[string]telling{"goods": goods, "light": light, "filler": filler, "link": link, "hint": hint,
	"doubt": doubt}

// none reports whether the phrase means nothing of interest and sets other rules aside.
func (r *rule) none() bool { return len(r.gives) == 0 && r.controlled == "" && r.tells == nothing }

func (r *rule) evidence(matched string) Evidence {
	gives := strings.Join(r.gives, ", ")
	if gives == "" {
		gives = r.controlled
	}
	return Evidence{
		Table: r.table, Row: r.row, Rule: r.pattern, Matched: matched, Gives: gives,
		Source: r.source, Note: r.note,
	}
}

// classesOf splits "speech,translation"; "-" is nothing.
func classesOf(s string) []string {
	if s == "" || s == "-" {
		return nil
	}
	return strings.Split(s, ",")
}

// expand writes out the alternatives in braces, which may be nested:
// "video{u|ue}berwachung*" is "videouberwachung*" and "videoueberwachung*".
func expand(pattern string) []string {
	open := strings.IndexByte(pattern, '{')
	if open < 0 {
		return []string{pattern}
	}
	depth, from, end := 0, open+1, -1
	var alternatives []string
	for i := open; i < len(pattern) && end < 0; i++ {
		switch pattern[i] {
		case '{':
			depth++
		case '|':
			if depth == 1 {
				alternatives = append(alternatives, pattern[from:i])
				from = i + 1
			}
		case '}':
			if depth--; depth == 0 {
				alternatives = append(alternatives, pattern[from:i])
				end = i
			}
		}
	}
	if end < 0 {
		panic(fmt.Sprintf("pattern %q: brace not closed", pattern))
	}
	var out []string
	for _, alt := range alternatives {
		for _, rest := range expand(pattern[end+1:]) {
			for _, a := range expand(alt) {
				out = append(out, pattern[:open]+a+rest)
			}
		}
	}
	return out
}
