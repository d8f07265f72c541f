package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds on what is read as a pack. They are far above what an author writes by hand, and
// keep a hostile file from costing more than a moment.
const (
	maxFile  = 1 << 20 // bytes
	maxFiles = 64
	maxNodes = 100_000
	maxDepth = 24
	maxText  = 4_000 // bytes of one scalar
	maxItems = 2_000 // items of one list
)

// A reader turns YAML nodes into values. It keeps the first error, with file, line and the
// rule at hand; after that it returns zero values.
type reader struct {
	file string
	rule string
	err  error
}

func (r *reader) fail(line int, format string, args ...any) {
	if r.err != nil {
		return
	}
	where := fmt.Sprintf("%s:%d: ", r.file, line)
	if r.rule != "" {
		where += "rule " + r.rule + ": "
	}
	r.err = fmt.Errorf("%s%w", where, fmt.Errorf(format, args...))
}

// document parses one YAML document and refuses what a pack has no use for: aliases, merge
// keys, tags of its own, further documents.
func (r *reader) document(text []byte) *yaml.Node {
	if len(text) > maxFile {
		r.fail(1, "file is larger than %d bytes", maxFile)
		return nil
	}
	if line := notUTF8(text); line > 0 {
		r.fail(line, "the file is not in UTF-8")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			r.fail(1, "file is empty")
		} else {
			r.fail(yamlLine(err), "read YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		return nil
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		r.fail(max(more.Line, 1), "a pack file holds one YAML document")
		return nil
	}
	if len(doc.Content) != 1 {
		r.fail(1, "file is empty")
		return nil
	}
	count := 0
	r.inspect(&doc, 0, &count)
	if r.err != nil {
		return nil
	}
	return doc.Content[0]
}

// notUTF8 returns the line of the first byte that is no UTF-8, 0 when there is none. A file
// that begins with the mark of UTF-16 is left to the decoder, which reads it.
func notUTF8(text []byte) int {
	if utf8.Valid(text) || bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return 0
	}
	for i := 0; i < len(text); {
		c, n := utf8.DecodeRune(text[i:])
		if c == utf8.RuneError && n == 1 {
			return 1 + bytes.Count(text[:i], []byte("\n"))
		}
		i += n
	}
	return 0
}

// unseen reports a character that changes what a reader sees and is not seen: a control
// character, or one that turns the direction of writing.
func unseen(c rune) bool {
	return unicode.IsControl(c) && c != '\n' && c != '\t' || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069
}

var atLine = regexp.MustCompile(`line (\d+)`)

func yamlLine(err error) int {
	if m := atLine.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 1
}

// plainTags are the YAML types that a pack is written with.
var plainTags = []string{"", "!", "!!str", "!!int", "!!float", "!!bool", "!!null", "!!seq", "!!map", "!!timestamp"}

func (r *reader) inspect(n *yaml.Node, depth int, count *int) {
	*count++
	switch {
	case r.err != nil:
		return
	case *count > maxNodes:
		r.fail(n.Line, "file has more than %d values", maxNodes)
		return
	case depth > maxDepth:
		r.fail(n.Line, "values are nested deeper than %d", maxDepth)
		return
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		r.fail(n.Line, "anchors and aliases are not part of the pack language")
		return
	case !slices.Contains(plainTags, n.ShortTag()) && n.Kind != yaml.DocumentNode:
		r.fail(n.Line, "tag %s is not part of the pack language", n.ShortTag())
		return
	case n.Kind == yaml.ScalarNode && len(n.Value) > maxText:
		r.fail(n.Line, "text is longer than %d bytes", maxText)
		return
	case n.Kind == yaml.ScalarNode && strings.ContainsFunc(n.Value, unseen):
		r.fail(n.Line, "text holds a control character, or one that turns the direction of writing")
		return
	case n.Kind == yaml.SequenceNode && len(n.Content) > maxItems:
		r.fail(n.Line, "list has more than %d items", maxItems)
		return
	}
	for _, c := range n.Content {
		r.inspect(c, depth+1, count)
	}
}

// A mapping gives the values of a YAML mapping by key.
type mapping struct {
	line int
	keys []string
	at   map[string]*yaml.Node
}

func (m mapping) has(key string) bool { return m.at[key] != nil }

// lineOf returns the line of a key's value, or of the mapping where the key is absent.
func (m mapping) lineOf(key string) int {
	if n := m.at[key]; n != nil {
		return n.Line
	}
	return m.line
}

// mapping reads n and refuses repeated keys and, where keys are given, any other key.
func (r *reader) mapping(n *yaml.Node, keys ...string) mapping {
	m := mapping{at: map[string]*yaml.Node{}}
	if n == nil || r.err != nil {
		return m
	}
	m.line = n.Line
	if n.Kind != yaml.MappingNode {
		r.fail(n.Line, "expected keys with values")
		return m
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind != yaml.ScalarNode:
			r.fail(k.Line, "a key must be a word")
		case len(keys) > 0 && !slices.Contains(keys, k.Value):
			r.fail(k.Line, "unknown key %q (known: %s)", k.Value, strings.Join(keys, ", "))
		case m.at[k.Value] != nil:
			r.fail(k.Line, "key %q is given twice", k.Value)
		}
		m.at[k.Value] = n.Content[i+1]
		m.keys = append(m.keys, k.Value)
	}
	return m
}

// items reads a list; a single value is a list of one.
func (r *reader) items(n *yaml.Node) []*yaml.Node {
	switch {
	case n == nil || r.err != nil || n.ShortTag() == "!!null":
		return nil
	case n.Kind == yaml.SequenceNode:
		return n.Content
	}
	return []*yaml.Node{n}
}

// text reads a scalar as written.
func (r *reader) text(n *yaml.Node) string {
	if n == nil || r.err != nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		r.fail(n.Line, "expected text")
		return ""
	}
	if n.ShortTag() == "!!null" {
		return ""
	}
	return strings.TrimSpace(n.Value)
}

// needed reads the text of a key that must be given.
func (r *reader) needed(m mapping, key string) string {
	s := r.text(m.at[key])
	if s == "" {
		r.fail(m.lineOf(key), "%s is missing", key)
	}
	return s
}

func (r *reader) texts(n *yaml.Node) []string {
	var out []string
	for _, c := range r.items(n) {
		s := r.text(c)
		if s == "" {
			r.fail(c.Line, "an entry of the list is empty")
		}
		out = append(out, s)
	}
	return out
}

func (r *reader) number(n *yaml.Node, what string) float64 {
	if n == nil || r.err != nil {
		return 0
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.Value, "_", ""), 64)
	if n.Kind != yaml.ScalarNode || err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		r.fail(n.Line, "%s must be a number", what)
		return 0
	}
	return f
}

func (r *reader) truth(n *yaml.Node) bool {
	if n == nil || r.err != nil {
		return false
	}
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "true":
		return true
	case n.Kind == yaml.ScalarNode && n.Value == "false":
		return false
	}
	r.fail(n.Line, "expected true or false")
	return false
}

// date reads YYYY-MM-DD, or nothing.
func (r *reader) date(n *yaml.Node) string {
	s := r.text(n)
	if s == "" {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		r.fail(n.Line, "date %q is no day written YYYY-MM-DD", s)
	}
	return s
}

// value reads a fact: true, 3, 2.5, text, a list or a mapping of those.
func (r *reader) value(n *yaml.Node) any {
	if n == nil || r.err != nil {
		return nil
	}
	switch n.Kind {
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, c := range n.Content {
			out[i] = r.value(c)
		}
		return out
	case yaml.MappingNode:
		m := r.mapping(n)
		out := map[string]any{}
		for _, k := range m.keys {
			out[k] = r.value(m.at[k])
		}
		return out
	}
	switch n.ShortTag() {
	case "!!bool":
		return r.truth(n)
	case "!!int":
		i, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 0, 64)
		if err != nil {
			r.fail(n.Line, "%q is not a whole number", n.Value)
		}
		return i
	case "!!float":
		return r.number(n, "value")
	case "!!null":
		r.fail(n.Line, "a fact cannot be null: leave it out, and it is missing")
	}
	return n.Value
}
