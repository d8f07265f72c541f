package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/text/encoding/htmlindex"
)

// A Map turns somebody's own table into a register table. The language is described in
// docs/format/map.md. A Map is read-only after loading and may be used by many readers.
type Map struct {
	Name  string   // as reports name it
	Table string   // the register table that it makes
	Files []string // globs of file names, or names, none when the header alone decides

	file      string // where it was written
	line      int
	header    [][]string // columns that a matching file has, each with its spellings
	delimiter byte       // 0 to find out
	encoding  string
	sheets    []string
	skip      int
	noHeader  bool
	ragged    bool
	widths    []int // cells that a row may have, none when the header says it
	columns   []expr
	rejects   []condition
	raw       bool // for [EachMapped]
}

// An expr says where one register column comes from and how it is read.
type expr struct {
	target   string
	line     int
	from     []place // a column, or several to join
	spelling []place // further spellings of a single column; the first that is there counts
	join     string  // what stands between joined columns
	pieces   []piece // a text with columns in it
	constant bool    // pieces hold no column
	take     *regexp.Regexp
	only     bool // what take does not match is empty, not the whole cell
	values   map[string]string
	when     []rule
	other    *string // for what neither values nor when knows
	null     map[string]bool
	dates    []datePattern
	number   *numberFormat
	times    string
	optional bool
}

// A place is one column of the source, by header or by number from 1.
type place struct {
	name string
	n    int
}

func (p place) String() string {
	if p.n > 0 {
		return fmt.Sprintf("column %d", p.n)
	}
	return strconv.Quote(p.name)
}

// A piece of a text: words, a column, or something known about the row.
type piece struct {
	word string
	col  place
	what string // "row", "file", "folder", "sheet"
}

type rule struct {
	match *regexp.Regexp
	value string
}

// A condition says which rows are no records and why.
type condition struct {
	line   int
	col    place
	is     map[string]bool
	match  *regexp.Regexp
	empty  bool
	reason string
}

// LoadMaps reads the mappings of one YAML file, or of all in a folder. Its errors name
// file, line and key.
func LoadMaps(path string) ([]Map, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open map: %w", err)
	}
	files := []string{path}
	if info.IsDir() {
		files = nil
		entries, err := os.ReadDir(path) // no Glob: the path is a name and no pattern
		if err != nil {
			return nil, fmt.Errorf("list maps in %s: %w", path, err)
		}
		for _, e := range entries {
			if ext := filepath.Ext(e.Name()); ext == ".yaml" || ext == ".yml" {
				files = append(files, filepath.Join(path, e.Name()))
			}
		}
		sort.Strings(files)
		if len(files) == 0 {
			return nil, fmt.Errorf("open map: folder %s holds no .yaml file", path)
		}
	}
	var out []Map
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("open map: %w", err)
		}
		maps, err := ParseMaps(filepath.Base(f), data)
		if err != nil {
			return nil, err
		}
		out = append(out, maps...)
	}
	return out, nil
}

// ParseMaps reads the mappings of one YAML text; name is how errors name it.
func ParseMaps(name string, data []byte) ([]Map, error) {
	p := &mapParser{file: name}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read map %s: the file is empty", name)
		}
		return nil, fmt.Errorf("read map %s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read map %s: one document is expected; further mappings go into the list maps", name)
	}
	maps := p.document(&doc)
	if len(p.errs) > 0 {
		return nil, errors.Join(p.errs...)
	}
	return maps, nil
}

// mapParser walks the YAML tree and keeps every mistake, so that a user corrects them in
// one go.
type mapParser struct {
	file string
	errs []error
}

func (p *mapParser) errorf(n *yaml.Node, key, format string, args ...any) {
	if key != "" {
		key += ": "
	}
	p.errs = append(p.errs, fmt.Errorf("%s:%d: %s%s", p.file, n.Line, key, fmt.Sprintf(format, args...)))
}

func resolve(n *yaml.Node) *yaml.Node {
	for range 10 {
		if n.Kind != yaml.AliasNode || n.Alias == nil {
			return n
		}
		n = n.Alias
	}
	return &yaml.Node{Line: n.Line}
}

// object calls the function of each key; a key without one is an error that lists those there are.
func (p *mapParser) object(n *yaml.Node, key string, keys map[string]func(*yaml.Node, string)) {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		p.errorf(n, key, "a mapping of keys is expected")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], resolve(n.Content[i+1])
		path := k.Value
		if key != "" {
			path = key + "." + k.Value
		}
		f := keys[k.Value]
		switch {
		case f == nil:
			names := make([]string, 0, len(keys))
			for name := range keys {
				names = append(names, name)
			}
			sort.Strings(names)
			p.errorf(k, path, "no such key; there are %s", strings.Join(names, ", "))
		case seen[k.Value]:
			p.errorf(k, path, "the key stands twice")
		default:
			f(v, path)
		}
		seen[k.Value] = true
	}
}

func (p *mapParser) text(n *yaml.Node, key string) string {
	n = resolve(n)
	if n.Kind != yaml.ScalarNode {
		p.errorf(n, key, "a text is expected")
		return ""
	}
	if n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

func (p *mapParser) flag(n *yaml.Node, key string) bool {
	var b bool
	if n.Kind != yaml.ScalarNode || n.Decode(&b) != nil {
		p.errorf(n, key, "true or false is expected")
	}
	return b
}

func (p *mapParser) count(n *yaml.Node, key string) int {
	var i int
	if n.Kind != yaml.ScalarNode || n.Decode(&i) != nil || i < 0 || i > 1_000_000 {
		p.errorf(n, key, "a whole number is expected")
		return 0
	}
	return i
}

// counts reads one whole number or a list of them.
func (p *mapParser) counts(n *yaml.Node, key string) []int {
	if n.Kind != yaml.SequenceNode {
		return []int{p.count(n, key)}
	}
	var out []int
	for _, c := range n.Content {
		out = append(out, p.count(resolve(c), key))
	}
	return out
}

// texts reads one text or a list of them.
func (p *mapParser) texts(n *yaml.Node, key string) []string {
	n = resolve(n)
	if n.Kind == yaml.ScalarNode {
		return []string{p.text(n, key)}
	}
	if n.Kind != yaml.SequenceNode {
		p.errorf(n, key, "a text or a list of texts is expected")
		return nil
	}
	out := make([]string, 0, len(n.Content))
	for _, c := range n.Content {
		out = append(out, p.text(c, key))
	}
	return out
}

func (p *mapParser) list(n *yaml.Node, key string) []*yaml.Node {
	n = resolve(n)
	if n.Kind != yaml.SequenceNode {
		p.errorf(n, key, "a list is expected")
		return nil
	}
	return n.Content
}

func (p *mapParser) pattern(n *yaml.Node, key string) *regexp.Regexp {
	s := p.text(n, key)
	re, err := regexp.Compile(s)
	if err != nil {
		p.errorf(n, key, "%v", err)
		return nil
	}
	return re
}

// place reads a column: a whole number is its place, anything else its header.
func (p *mapParser) place(n *yaml.Node, key string) place {
	n = resolve(n)
	if n.Kind == yaml.ScalarNode && n.Tag == "!!int" {
		i, err := strconv.Atoi(n.Value)
		if err != nil || i < 1 || i > 16384 {
			p.errorf(n, key, "columns are numbered from 1 to 16384")
			return place{n: 1}
		}
		return place{n: i}
	}
	s := p.text(n, key)
	if s == "" {
		p.errorf(n, key, "the name or number of a column is expected")
	}
	return place{name: s}
}

// document reads the top of the file.
func (p *mapParser) document(doc *yaml.Node) []Map {
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		p.errorf(doc, "", "a mapping of keys is expected")
		return nil
	}
	var out []Map
	found := false
	p.object(doc.Content[0], "", map[string]func(*yaml.Node, string){
		"maps": func(n *yaml.Node, key string) {
			found = true
			for i, c := range p.list(n, key) {
				out = append(out, p.mapping(c, fmt.Sprintf("maps[%d]", i+1)))
			}
		},
	})
	if !found && len(p.errs) == 0 {
		p.errorf(doc.Content[0], "maps", "the key is missing")
	}
	names := map[string]int{}
	for _, m := range out {
		if at := names[m.Name]; at > 0 && m.Name != "" {
			p.errs = append(p.errs, fmt.Errorf("%s:%d: name: %q is also the name of the mapping at line %d", p.file,
				m.line, m.Name, at))
		}
		names[m.Name] = m.line
	}
	return out
}

// mapping reads one mapping.
func (p *mapParser) mapping(n *yaml.Node, key string) Map {
	n = resolve(n)
	m := Map{file: p.file, line: n.Line}
	d := defaults{null: map[string]bool{}}
	var columns *yaml.Node
	p.object(n, key, map[string]func(*yaml.Node, string){
		"name":      func(n *yaml.Node, k string) { m.Name = p.text(n, k) },
		"table":     func(n *yaml.Node, k string) { m.Table = p.tableName(n, k) },
		"files":     func(n *yaml.Node, k string) { m.Files = p.globs(n, k) },
		"header":    func(n *yaml.Node, k string) { m.header = p.headerList(n, k) },
		"delimiter": func(n *yaml.Node, k string) { m.delimiter = p.delimiter(n, k) },
		"encoding":  func(n *yaml.Node, k string) { m.encoding = p.encodingName(n, k) },
		"sheet":     func(n *yaml.Node, k string) { m.sheets = p.texts(n, k) },
		"skip_rows": func(n *yaml.Node, k string) { m.skip = p.count(n, k) },
		"no_header": func(n *yaml.Node, k string) { m.noHeader = p.flag(n, k) },
		"ragged":    func(n *yaml.Node, k string) { m.ragged = p.flag(n, k) },
		"width":     func(n *yaml.Node, k string) { m.widths = p.counts(n, k) },
		"null":      func(n *yaml.Node, k string) { d.null = folded(p.texts(n, k)) },
		"date":      func(n *yaml.Node, k string) { d.dates = p.dates(n, k) },
		"months":    func(n *yaml.Node, k string) { d.months = p.months(n, k) },
		"number":    func(n *yaml.Node, k string) { d.number = p.number(n, k) },
		"reject":    func(n *yaml.Node, k string) { m.rejects = p.conditions(n, k) },
		"columns":   func(n *yaml.Node, k string) { columns = n },
	})
	if n.Kind != yaml.MappingNode {
		return m
	}
	if m.Name == "" {
		p.errorf(n, key+".name", "a name is needed, since reports name the mapping")
	}
	if m.Table == "" {
		p.errorf(n, key+".table", "one of %s is needed", strings.Join(Targets(), ", "))
	}
	if len(m.Files) == 0 && len(m.header) == 0 {
		p.errorf(n, key+".files", "files or header is needed, or the mapping would take every file")
	}
	if columns == nil {
		p.errorf(n, key+".columns", "the key is missing")
		return m
	}
	if m.ragged && len(m.widths) > 0 {
		p.errorf(n, key+".ragged", "it takes rows of any width, and width does not")
	}
	m.columns = p.columns(columns, key+".columns", m.Table, d)
	p.numbered(&m, n, key)
	return m
}

// numbered checks that a file without header is mapped by number.
func (p *mapParser) numbered(m *Map, n *yaml.Node, key string) {
	if !m.noHeader {
		return
	}
	if len(m.header) > 0 {
		p.errorf(n, key+".header", "no_header says that there is none")
	}
	check := func(line int, target string, places ...place) {
		for _, at := range places {
			if at.name != "" {
				p.errs = append(p.errs, fmt.Errorf("%s:%d: %s: %q is a name, and with no_header columns have numbers "+
					"only", p.file, line, target, at.name))
			}
		}
	}
	for _, e := range m.columns {
		check(e.line, key+".columns."+e.target, e.from...)
		check(e.line, key+".columns."+e.target, e.spelling...)
		for _, x := range e.pieces {
			check(e.line, key+".columns."+e.target, x.col)
		}
	}
	for _, c := range m.rejects {
		check(c.line, key+".reject", c.col)
	}
}

func tables() []string {
	return []string{Accounts, Engagements, Claims, Clauses, Approvals, Support, Events, Ownership, Holdings, Products,
		Places,
		Instruments, Demands, Answers}
}

// Targets lists the tables that a mapping can make: the register tables, lists and bills.
func Targets() []string { return append(tables(), List, Usage) }

// ColumnsOf lists the columns that a mapping to a table may fill.
func ColumnsOf(table string) []string { return slices.Clone(known[table]) }

func (p *mapParser) tableName(n *yaml.Node, key string) string {
	s := p.text(n, key)
	if known[s] == nil {
		p.errorf(n, key, "%q is none of %s", s, strings.Join(Targets(), ", "))
	}
	return s
}

func (p *mapParser) globs(n *yaml.Node, key string) []string {
	out := p.texts(n, key)
	for _, g := range out {
		if _, err := filepath.Match(g, ""); err != nil || g == "" {
			p.errorf(n, key, "%q is no glob", g)
		}
	}
	return out
}

func (p *mapParser) headerList(n *yaml.Node, key string) [][]string {
	var out [][]string
	for _, c := range p.list(n, key) {
		out = append(out, p.texts(c, key))
	}
	return out
}

func (p *mapParser) delimiter(n *yaml.Node, key string) byte {
	switch s := p.text(n, key); {
	case s == "tab":
		return '\t'
	case len(s) == 1 && s[0] < 0x80 && s != "\"" && s != "\n" && s != "\r":
		return s[0]
	}
	p.errorf(n, key, "one character or the word tab is expected")
	return 0
}

func (p *mapParser) encodingName(n *yaml.Node, key string) string {
	s := p.text(n, key)
	if _, err := htmlindex.Get(s); err != nil {
		p.errorf(n, key, "%q is no known encoding; examples: utf-8, windows-1250, windows-1251, iso-8859-2, "+
			"utf-16le, shift_jis", s)
	}
	return s
}

func folded(list []string) map[string]bool {
	out := map[string]bool{}
	for _, s := range list {
		out[fold(s)] = true
	}
	return out
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
