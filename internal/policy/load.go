package policy

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"go.yaml.in/yaml/v3"
)

//go:embed pack
var embedded embed.FS

// The packs that are part of the program: the one that is used where none is named, and those that a user names.
const (
	BuiltinName     = "ungp-base"
	ProcurementName = "ocp-procurement"
)

// BuiltinNames are the packs that are part of the program.
var BuiltinNames = []string{BuiltinName, ProcurementName}

// A source is one file of a pack.
type source struct {
	name string // as errors show it
	text []byte
}

// Builtin returns the pack that is used where none is named.
func Builtin() (*Pack, error) { return Load(BuiltinName) }

// Load reads and merges packs: each path is a YAML file, a folder whose YAML files make one
// pack, or the name of a built-in pack. What they extend is loaded with them. Flags must
// differ between packs. Any fault in any file fails the whole load, with file, line and rule.
func Load(paths ...string) (*Pack, error) {
	if len(paths) == 0 {
		return nil, errors.New("load policy: no pack is named")
	}
	var parts [][]source
	for _, p := range paths {
		files, err := sources(p)
		if err != nil {
			return nil, fmt.Errorf("load policy: %s:1: %w", filepath.ToSlash(p), err)
		}
		parts = append(parts, files)
	}
	p, err := parse(parts, sources)
	if err != nil {
		return nil, fmt.Errorf("load policy: %w", err)
	}
	return p, nil
}

// Parse reads one pack from the bytes of one YAML file; name stands for it in errors. It may
// extend the built-in pack.
func Parse(name string, text []byte) (*Pack, error) {
	return parse([][]source{{{name, text}}}, nil)
}

func builtinSources(name string) ([]source, error) {
	return folder(embedded, path.Join("pack", name), name)
}

func sources(where string) ([]source, error) {
	if slices.Contains(BuiltinNames, where) {
		if _, err := os.Stat(where); errors.Is(err, fs.ErrNotExist) {
			return builtinSources(where)
		}
	}
	info, err := os.Stat(where)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return folder(os.DirFS(where), ".", where)
	case !info.Mode().IsRegular(): // a pipe never ends
		return nil, errors.New("it is no file")
	case info.Size() > maxFile:
		return nil, fmt.Errorf("file is larger than %d bytes", maxFile)
	}
	text, err := os.ReadFile(where)
	return []source{{filepath.ToSlash(where), text}}, err
}

// folder reads the YAML files directly in a folder, in the order of their names.
func folder(fsys fs.FS, dir, shown string) ([]source, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, err
	}
	var out []source
	for _, e := range entries {
		ext := path.Ext(e.Name())
		if e.IsDir() || ext != ".yaml" && ext != ".yml" {
			continue
		}
		if len(out) == maxFiles {
			return nil, fmt.Errorf("folder holds more than %d pack files", maxFiles)
		}
		info, err := fs.Stat(fsys, path.Join(dir, e.Name())) // of what a link points at
		switch {
		case err != nil:
			return nil, err
		case !info.Mode().IsRegular():
			return nil, fmt.Errorf("%s is no file", e.Name())
		case info.Size() > maxFile:
			return nil, fmt.Errorf("%s is larger than %d bytes", e.Name(), maxFile)
		}
		text, err := fs.ReadFile(fsys, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, source{path.Join(filepath.ToSlash(shown), e.Name()), text})
	}
	if len(out) == 0 {
		return nil, errors.New("folder holds no .yaml file")
	}
	return out, nil
}

func parse(packs [][]source, open func(string) ([]source, error)) (*Pack, error) {
	l := &loader{open: open}
	for _, files := range packs {
		if _, err := l.add(files); err != nil {
			return nil, err
		}
	}
	for _, d := range slices.Clone(l.drafts) {
		if err := l.finish(d, 0); err != nil {
			return nil, err
		}
	}
	if err := beside(l.parts); err != nil {
		return nil, err
	}
	byFlag := map[[2]string]*Rule{}
	for _, part := range l.parts {
		for _, r := range part.Rules {
			key := [2]string{r.Flag, r.Of}
			if first := byFlag[key]; first != nil {
				return nil, fmt.Errorf("%s:%d: rule %s (%s) stands already at %s:%d", r.file, r.line, r.Flag, r.Of,
					first.file, first.line)
			}
			byFlag[key] = r
		}
	}
	return assemble(l.parts, l.programs), nil
}

// raw is a pack file before its expressions are compiled.
type raw struct {
	*reader
	top mapping
}

var topKeys = []string{
	"pack", "title", "version", "date", "licence", "extends", "disable", "instruments", "parameters", "sets",
	"modifiers", "rules",
}

// openPart reads the files of one pack as far as its header.
func openPart(files []source) (*draft, error) {
	d := &draft{files: files, part: &Part{clauses: map[[2]string]*Clause{}, constants: map[string]constant{},
		reads: map[string]bool{}}}
	for _, f := range files {
		r := &reader{file: f.name}
		doc := r.document(bytes.TrimPrefix(f.text, []byte("\ufeff")))
		top := r.mapping(doc, topKeys...)
		if r.err == nil {
			d.part.header(r, top)
		}
		if r.err != nil {
			return nil, r.err
		}
		d.read = append(d.read, raw{r, top})
	}
	if d.part.Name == "" {
		return nil, fmt.Errorf("%s:1: pack is missing: no file gives the name and version of the pack", files[0].name)
	}
	return d, nil
}

// compile reads first what expressions refer to, then the rules.
func (d *draft) compile(base *Part, programs *int) error {
	part := d.part
	if base != nil {
		part.inherit(base)
	}
	for _, f := range d.read {
		if part.declare(f.reader, f.top); f.err != nil {
			return f.err
		}
	}
	for i := range part.Instruments {
		in := &part.Instruments[i]
		for j := range in.Clauses {
			part.clauses[[2]string{in.ID, in.Clauses[j].Clause}] = &in.Clauses[j]
		}
	}
	c := newCompiler(part.constants, programs)
	for _, f := range d.read {
		for _, n := range f.items(f.top.at["rules"]) {
			part.rule(f.reader, c, n)
			f.rule = ""
		}
		if f.err != nil {
			return f.err
		}
	}
	for _, f := range d.read {
		for _, n := range f.items(f.top.at["modifiers"]) {
			part.modifier(f.reader, c, n)
		}
		if f.err != nil {
			return f.err
		}
	}
	if len(part.Rules) == 0 && base == nil {
		return fmt.Errorf("%s:1: pack %s has no rules", d.files[0].name, part.Name)
	}
	part.note()
	if base != nil {
		if err := part.ownParameters(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(part.Rules, byName)
	part.authored = part.Rules
	part.Digest = digest(d.files)
	return nil
}

// note collects which parameters the rules and modifiers read.
func (part *Part) note() {
	for _, r := range part.Rules {
		for _, name := range r.Params {
			part.reads[name] = true
		}
	}
	for _, m := range part.Modifiers {
		for _, name := range m.when.params {
			part.reads[name] = true
		}
	}
}

// BidderAnswerDays is the parameter by which a buyer's own pack says how many days a bidder has to answer. No rule
// reads
// it: the sheets of tenders do.
const BidderAnswerDays = "bidder_answer_days"

// Parameter returns the value of a parameter, that of the pack named last where several have it, and the pack.
func (p *Pack) Parameter(name string) (value float64, pack string, ok bool) {
	for _, part := range p.Parts {
		for _, k := range part.Parameters {
			if k.Name == name {
				value, pack, ok = k.Value, part.Name, true
			}
		}
	}
	return value, pack, ok
}

// ownParameters refuses a parameter that neither the base has nor a rule of the overlay reads:
// most likely its name is misspelt, and the value would change nothing.
func (part *Part) ownParameters() error {
	for _, k := range part.Parameters {
		if !part.reads[k.Name] && k.Name != BidderAnswerDays {
			return fmt.Errorf("%s:%d: %s has no parameter %s, and no rule of %s reads it", k.file, k.line,
				part.base.Name, k.Name, part.Name)
		}
	}
	return nil
}

func digest(files []source) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s\x00%d\x00", path.Base(f.name), len(f.text))
		h.Write(f.text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Digest identifies the exact packs: the digest of the one part, or of all together.
func (p *Pack) Digest() string {
	if len(p.Parts) == 1 {
		return p.Parts[0].Digest
	}
	h := sha256.New()
	for _, part := range p.Parts {
		fmt.Fprintln(h, part.Digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (part *Part) header(r *reader, top mapping) {
	if !top.has("pack") {
		for _, k := range []string{"title", "version", "date", "licence", "extends"} {
			if top.has(k) {
				r.fail(top.lineOf(k), "%s stands in the file that names the pack", k)
			}
		}
		return
	}
	if part.Name != "" {
		r.fail(top.lineOf("pack"), "pack %s is named already in another file", part.Name)
	}
	part.Name = r.needed(top, "pack")
	part.Version = r.needed(top, "version")
	part.Title = r.text(top.at["title"])
	part.Extends = r.text(top.at["extends"])
	part.at, part.extendsAt = fmt.Sprintf("%s:%d", r.file, top.lineOf("pack")), fmt.Sprintf("%s:%d", r.file,
		top.lineOf("extends"))
	if part.Extends != "" && part.Extends == part.Name {
		r.fail(top.lineOf("extends"), "pack %s extends itself", part.Name)
	}
	if top.has("extends") && part.Extends == "" {
		r.fail(top.lineOf("extends"), "extends is empty: name the pack, or leave the line out")
	}
	r.neutral(top.at["title"])
	part.Licence = r.needed(top, "licence")
	r.needed(top, "date")
	part.Date = r.date(top.at["date"])
	if !word(part.Name) {
		r.fail(top.lineOf("pack"), "pack name %q may hold only a–z, 0–9 and -", part.Name)
	}
}

// word reports whether s can name a pack, parameter or set.
func word(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

func (part *Part) declare(r *reader, top mapping) {
	if top.has("disable") && part.base == nil {
		r.fail(top.lineOf("disable"), "disable is for a pack that extends another")
		return
	}
	for _, n := range r.items(top.at["disable"]) {
		part.disable(r, n)
	}
	for _, n := range r.items(top.at["instruments"]) {
		part.instrument(r, n)
	}
	if n := top.at["parameters"]; n != nil && n.ShortTag() != "!!null" {
		m := r.mapping(n)
		for _, name := range m.keys {
			part.parameter(r, name, m.at[name])
		}
	}
	if n := top.at["sets"]; n != nil && n.ShortTag() != "!!null" {
		m := r.mapping(n)
		for _, name := range m.keys {
			part.set(r, name, m.at[name])
		}
	}
}

func (part *Part) parameter(r *reader, name string, n *yaml.Node) {
	if part.base != nil {
		if part.override(r, name, n) {
			return
		}
		if n.Kind != yaml.MappingNode {
			r.fail(n.Line, "%s has no parameter %s", part.base.Name, name)
		}
	}
	m := r.mapping(n, "value", "unit", "doc")
	if !m.has("value") {
		r.fail(n.Line, "parameter %s has no value", name)
	}
	p := Parameter{
		Name: name, Value: r.number(m.at["value"], "parameter "+name), Unit: r.text(m.at["unit"]),
		Doc:  r.needed(m, "doc"),
		file: r.file, line: n.Line,
	}
	p.given = p.Value
	r.neutral(m.at["doc"])
	r.inRange(m.at["value"], p)
	part.constant(r, n, "param."+name, constant{types.DoubleType, types.Double(p.Value), 1})
	part.Parameters = append(part.Parameters, p)
}

// units of parameters that lie between 0 and 1.
const (
	unitShare = "share"
	unitScore = "score"
)

// inRange refuses a threshold that decides nothing: every quantity that a signal measures is 0 or more, so that a
// negative one would always hold; a share or a score is 1 at most, so that one above would never hold.
func (r *reader) inRange(n *yaml.Node, p Parameter) {
	switch {
	case p.Value < 0:
		r.fail(n.Line, "parameter %s is negative: a threshold is 0 or more", p.Name)
	case p.Value > 1 && (p.Unit == unitShare || p.Unit == unitScore):
		r.fail(n.Line, "parameter %s is a %s, and no more than 1: half is 0.5", p.Name, p.Unit)
	}
}

func (part *Part) set(r *reader, name string, n *yaml.Node) {
	m := r.mapping(n, "values", "doc")
	s := Set{Name: name, Values: r.texts(m.at["values"]), Doc: r.needed(m, "doc")}
	r.neutral(m.at["doc"])
	if len(s.Values) == 0 {
		r.fail(n.Line, "set %s has no values", name)
	}
	part.constant(r, n, "set."+name, constant{types.NewListType(types.StringType), wordList(s.Values),
		uint64(len(s.Values))})
	part.Sets = append(part.Sets, s)
}

func (part *Part) constant(r *reader, n *yaml.Node, name string, c constant) {
	_, short, _ := strings.Cut(name, ".")
	switch _, twice := part.constants[name]; {
	case !word(short) || strings.Contains(short, "-") || short[0] >= '0' && short[0] <= '9':
		r.fail(n.Line, "%q cannot be a name in expressions: use a–z, 0–9 and _", short)
	case twice:
		r.fail(n.Line, "%s is given twice", name)
	}
	part.constants[name] = c
}
