package table

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"plimsoll/internal/record"
	"plimsoll/internal/record/delimited"
)

// mostYAML is how much text of YAML is read, in bytes. A register of obligations is written by people; a longer one
// comes as CSV.
const mostYAML = 32 << 20

// inYAML are the tables that may also be written as YAML: a list of rows under the name of the table.
var inYAML = []string{Instruments, Demands, Answers}

// IsYAML reports whether a text that begins so holds tables of obligations as YAML: its first key is the name of one.
func IsYAML(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	for line := range bytes.Lines(head) {
		s := strings.TrimRight(string(line), " \t\r\n")
		if s == "" || strings.HasPrefix(s, "#") || strings.HasPrefix(s, "%") || s == "---" {
			continue
		}
		name, rest, ok := strings.Cut(s, ":")
		rest = strings.TrimSpace(rest)
		return ok && slices.Contains(inYAML, name) && (rest == "" || strings.HasPrefix(rest, "#") ||
			strings.HasPrefix(rest, "["))
	}
	return false
}

// A yamlTable is a table as a YAML text holds it.
type yamlTable struct {
	kind   string
	header []string
	rows   []yamlRow
	i      int
}

type yamlRow struct {
	cells map[string]string
	line  int
	bad   string // why it cannot be used
}

// next implements lines.
func (t *yamlTable) next() (line, error) {
	if t.i == len(t.rows) {
		return line{}, io.EOF
	}
	r := t.rows[t.i]
	t.i++
	if r.bad != "" {
		return line{}, &delimited.BadRow{Line: r.line, Reason: r.bad}
	}
	cells := make([]string, len(t.header))
	for i, h := range t.header {
		cells[i] = r.cells[h]
	}
	return line{cells: cells, row: r.line}, nil
}

// readYAML reads the tables of a YAML text. A row that cannot be used is there with its reason; a text that is no YAML,
// or holds something else than tables, is an error.
func readYAML(src record.Source) ([]*yamlTable, error) {
	text, err := src.Open()
	if err != nil {
		return nil, err
	}
	defer text.Close()
	b, err := io.ReadAll(io.LimitReader(text, mostYAML+1))
	if err != nil {
		return nil, named(src, err)
	}
	if len(b) > mostYAML {
		return nil, fmt.Errorf("read %s: YAML of more than %d MiB; write the tables as CSV", src.Name, mostYAML>>20)
	}
	var out []*yamlTable
	for d := yaml.NewDecoder(bytes.NewReader(b)); ; {
		var doc yaml.Node
		if err := d.Decode(&doc); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", src.Name, err)
		}
		tables, err := tablesOf(&doc)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", src.Name, err)
		}
		out = append(out, tables...)
	}
}

// CheckYAML says why the tables of a YAML text cannot be read; nil when they can, whatever their rows hold.
func CheckYAML(src record.Source) error {
	_, err := readYAML(src)
	return err
}

func tablesOf(doc *yaml.Node) (out []*yamlTable, err error) {
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: no tables under the names %s", max(doc.Line, 1), strings.Join(inYAML, ", "))
	}
	m := doc.Content[0].Content
	for i := 0; i+1 < len(m); i += 2 {
		key, list := m[i], m[i+1]
		switch {
		case !slices.Contains(inYAML, key.Value):
			return nil, fmt.Errorf("line %d: %q is none of the tables %s", key.Line, key.Value,
				strings.Join(inYAML, ", "))
		case list.Tag == "!!null":
			continue
		case list.Kind != yaml.SequenceNode:
			return nil, fmt.Errorf("line %d: %s is no list of rows", key.Line, key.Value)
		}
		t := &yamlTable{kind: key.Value}
		for _, n := range list.Content {
			t.rows = append(t.rows, yamlRowOf(n))
		}
		t.columns()
		out = append(out, t)
	}
	return out, nil
}

// columns makes the header: the columns that some row has, those of the table first and in its order.
func (t *yamlTable) columns() {
	has := map[string]bool{}
	for _, r := range t.rows {
		for name := range r.cells {
			has[name] = true
		}
	}
	at := func(name string) int {
		i := slices.IndexFunc(known[t.kind], func(k string) bool { return key(k) == key(name) })
		if i < 0 {
			return len(known[t.kind])
		}
		return i
	}
	for _, name := range known[t.kind] { // without them the header is not known for that of the table
		if obligationKey[name] || t.kind == Instruments && name == "title" {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(has)), func(k string) bool {
				return key(k) == key(name)
			}) {
				has[name] = true
			}
		}
	}
	for name := range has {
		t.header = append(t.header, name)
	}
	slices.SortFunc(t.header, func(a, b string) int { return cmp.Or(at(a)-at(b), strings.Compare(a, b)) })
}

func yamlRowOf(n *yaml.Node) yamlRow {
	r := yamlRow{cells: map[string]string{}, line: n.Line}
	if n.Kind != yaml.MappingNode {
		r.bad = "the row is no list of columns with their cells"
		return r
	}
	names := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		cell, err := yamlCell(n.Content[i+1])
		switch {
		case err != nil:
			r.bad = fmt.Sprintf("%s: %v", name, err)
		case names[key(name)]:
			r.bad = fmt.Sprintf("the column %q stands twice in the row", name)
		}
		names[key(name)] = true
		r.cells[name] = cell
	}
	return r
}

// yamlCell returns a cell as it is written; the entries of a list have semicolons between them.
func yamlCell(n *yaml.Node) (string, error) {
	switch {
	case n.Tag == "!!null":
		return "", nil
	case n.Kind == yaml.ScalarNode:
		return n.Value, nil
	case n.Kind == yaml.SequenceNode:
		var parts []string
		for _, x := range n.Content {
			if x.Kind != yaml.ScalarNode {
				return "", errors.New("a list in a cell holds texts alone")
			}
			parts = append(parts, x.Value)
		}
		return strings.Join(parts, "; "), nil
	}
	return "", errors.New("a cell is a text or a list of texts; references (&, *) are not read")
}

// decodeYAML emits the records of the tables of a YAML text.
func (d *decoder) decodeYAML() error {
	tables, err := readYAML(d.src)
	if err != nil {
		return err
	}
	d.at = lineAt
	for _, t := range tables {
		if err := d.run(t, bind(t.kind, t.header, nil)); err != nil {
			return err
		}
	}
	return nil
}

func everyYAML(ctx context.Context, src record.Source, v Visit) error {
	tables, err := readYAML(src)
	if err != nil {
		return err
	}
	for _, t := range tables {
		row, err := v.Header(t.kind, t.header)
		if err != nil {
			return err
		}
		if row == nil {
			continue
		}
		for l, err := t.next(); !errors.Is(err, io.EOF); l, err = t.next() {
			if bad, ok := errors.AsType[*delimited.BadRow](err); ok {
				err = v.Bad(lineAt(bad.Line), bad.Reason)
			} else if !blank(l.cells) {
				err = row(lineAt(l.row), l.cells)
			}
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func lineAt(n int) string { return fmt.Sprintf("line %d", n) }
