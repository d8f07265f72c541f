package policy

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"cel.dev/cel-go/common/types"
	"go.yaml.in/yaml/v3"

	"plimsoll/internal/finding"
)

// A pack that extends another is an overlay: it gives parameters of the base another value,
// switches rules of the base off, and may add rules of its own that read what the base
// declares. The base stays a part of its own, so that its mends arrive with it, and every
// finding of its rules names the overlays.

// An Override is a parameter to which an overlay gives another value.
type Override struct {
	Pack string  `json:"pack"` // whose parameter it is
	Name string  `json:"name"`
	From float64 `json:"from"`
	To   float64 `json:"to"`
	Unit string  `json:"unit,omitempty"`
	Doc  string  `json:"doc,omitempty"` // why, in the words of the overlay
	file string
	line int
}

// A Disabled is a rule that an overlay switches off.
type Disabled struct {
	Pack  string `json:"pack"` // whose rule it is
	Flag  string `json:"flag"`
	Of    string `json:"subject"`
	Title string `json:"title"`
	Why   string `json:"why"`
}

// maxOverlays is how many packs may extend one another in a row.
const maxOverlays = 8

// A draft is a pack of which only the header has been read.
type draft struct {
	part  *Part
	files []source
	read  []raw
	state int // of the walk along what extends what
}

const (
	untouched = iota
	underWay
	done
)

// A loader reads packs and what they extend.
type loader struct {
	drafts   []*draft
	parts    []*Part
	programs int
	open     func(string) ([]source, error) // by name or path; nil when only the built-in pack may be extended
}

func (l *loader) add(files []source) (*draft, error) {
	d, err := openPart(files)
	if err != nil {
		return nil, err
	}
	for _, other := range l.drafts {
		if other.part.Name == d.part.Name {
			return nil, fmt.Errorf("%s: pack %s is given twice", files[0].name, d.part.Name)
		}
	}
	l.drafts = append(l.drafts, d)
	return d, nil
}

// finish compiles a pack after the one that it extends.
func (l *loader) finish(d *draft, depth int) error {
	part := d.part
	switch {
	case d.state == done:
		return nil
	case d.state == underWay || depth > maxOverlays:
		return fmt.Errorf("%s: pack %s extends itself, or more than %d packs extend one another", d.files[0].name, part.Name, maxOverlays)
	}
	d.state = underWay
	var base *Part
	if part.Extends != "" {
		b, err := l.base(d)
		if err != nil {
			return err
		}
		if err := l.finish(b, depth+1); err != nil {
			return err
		}
		if base = b.part; base.extendedBy != "" {
			return fmt.Errorf("%s: %s is extended by %s already: let one overlay extend the other", d.files[0].name, base.Name, base.extendedBy)
		}
		part.Extends, base.extendedBy = base.Name, part.Name
	}
	if err := d.compile(base, &l.programs); err != nil {
		return err
	}
	d.state = done
	l.parts = append(l.parts, part)
	return nil
}

// base finds what a draft extends: a pack of this load by its name, the built-in pack, or a
// path beside the file.
func (l *loader) base(d *draft) (*draft, error) {
	want, file := d.part.Extends, d.files[0].name
	for _, other := range l.drafts {
		if other.part.Name == want {
			return other, nil
		}
	}
	var files []source
	var err error
	switch isPath := strings.ContainsAny(want, "/.") && !filepath.IsAbs(want); {
	case want == BuiltinName:
		files, err = builtinSources()
	case isPath && l.open != nil:
		files, err = l.open(filepath.Join(filepath.Dir(filepath.FromSlash(file)), filepath.FromSlash(want)))
	default:
		return nil, fmt.Errorf("%s: no pack %q to extend: it is not built in, not loaded beside this one, and no path from here", file, want)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: extends %s: %w", file, want, err)
	}
	for _, other := range l.drafts { // the same file, named beside this one
		if digest(other.files) == digest(files) {
			return other, nil
		}
	}
	b, err := l.add(files)
	if err == nil {
		b.part.implied = true
	}
	return b, err
}

// chain lists what a part extends, the nearest first.
func (part *Part) chain() []*Part {
	var out []*Part
	for p := part.base; p != nil; p = p.base {
		out = append(out, p)
	}
	return out
}

// inherit makes what the base declares known to the rules of the overlay.
func (part *Part) inherit(base *Part) {
	part.base = base
	maps.Copy(part.constants, base.constants)
	maps.Copy(part.clauses, base.clauses)
	for _, p := range part.chain() {
		p.overlays = append(slices.Clone(p.overlays), finding.Overlay{Pack: part.Name, Version: part.Version})
		if p.written == nil {
			p.written = p.constants
		}
	}
}

// override gives a parameter of the base another value; it reports false when none has it.
func (part *Part) override(r *reader, name string, n *yaml.Node) bool {
	for _, p := range part.chain() {
		i := slices.IndexFunc(p.Parameters, func(k Parameter) bool { return k.Name == name })
		if i < 0 {
			continue
		}
		was := p.Parameters[i]
		o := Override{Pack: p.Name, Name: name, From: was.Value, Unit: was.Unit, file: r.file, line: n.Line}
		at := n
		if n.Kind == yaml.MappingNode {
			m := r.mapping(n, "value", "unit", "doc")
			if at = m.at["value"]; at == nil {
				r.fail(n.Line, "parameter %s has no value", name)
			}
			if unit := r.text(m.at["unit"]); unit != "" && unit != was.Unit {
				r.fail(m.lineOf("unit"), "parameter %s of %s is counted in %q, not in %q", name, p.Name, was.Unit, unit)
			}
			o.Doc = r.text(m.at["doc"])
		}
		o.To = r.number(at, "parameter "+name)
		now := was
		now.Value = o.To
		r.atLeastZero(at, now)
		if r.err != nil {
			return true
		}
		if !p.reads[name] {
			r.fail(n.Line, "nothing reads parameter %s of %s", name, p.Name)
		}
		p.Parameters = slices.Clone(p.Parameters)
		p.Parameters[i] = now
		value := constant{types.DoubleType, types.Double(o.To), 1}
		for _, q := range append(part.chain(), part) {
			if _, has := q.constants["param."+name]; has {
				q.constants = maps.Clone(q.constants)
				q.constants["param."+name] = value
			}
		}
		part.Overrides = append(part.Overrides, o)
		return true
	}
	return false
}

// disable switches rules of the base off, each with a reason.
func (part *Part) disable(r *reader, n *yaml.Node) {
	m := r.mapping(n, "flag", "subject", "why")
	flag, of, why := r.needed(m, "flag"), r.text(m.at["subject"]), r.needed(m, "why")
	r.neutral(m.at["why"])
	if of != "" && !slices.Contains(kinds, of) {
		r.fail(m.lineOf("subject"), "subject %q is not party, engagement or account", of)
	}
	if r.err != nil {
		return
	}
	found := false
	for _, p := range part.chain() {
		p.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(rule *Rule) bool {
			if rule.Flag != flag || of != "" && rule.Of != of {
				return false
			}
			found = true
			part.Disabled = append(part.Disabled, Disabled{p.Name, rule.Flag, rule.Of, rule.Title, why})
			return true
		})
	}
	if !found {
		r.fail(m.lineOf("flag"), "%s has no rule %s to switch off", part.base.Name, strings.TrimSpace(flag+" "+of))
	}
}

// asWritten returns the rule with the values that its own author gave, which its tests are
// about, whatever overlays change.
func (r *Rule) asWritten() *Rule {
	if r.part.written == nil {
		return r
	}
	part, rule := *r.part, *r
	part.constants = part.written
	rule.part = &part
	return &rule
}
