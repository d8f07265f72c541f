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

	all  bool // for every kind of subject, no kind being named
	file string
	line int
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
			return nil, fmt.Errorf("%s: pack %s is given twice, first at %s", d.part.at, d.part.Name, other.part.at)
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
		return fmt.Errorf("%s: pack %s extends itself, or more than %d packs extend one another", part.extendsAt,
			part.Name, maxOverlays)
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
		base = b.part
		part.Extends = base.Name
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
	case slices.Contains(BuiltinNames, want):
		files, err = builtinSources(want)
	case isPath && l.open != nil:
		files, err = l.open(filepath.Join(filepath.Dir(filepath.FromSlash(file)), filepath.FromSlash(want)))
	default:
		return nil, fmt.Errorf("%s: no pack %q to extend: it is not built in, not loaded beside this one, and no "+
			"path from here", d.part.extendsAt, want)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: extends %s: %w", d.part.extendsAt, want, err)
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

// inherit makes what the base declares known to the rules of the overlay. What another overlay
// of the base changed is no part of it, so that the order of packs says nothing.
func (part *Part) inherit(base *Part) {
	part.base = base
	maps.Copy(part.constants, base.asAuthored())
	maps.Copy(part.clauses, base.clauses)
	for _, p := range part.chain() {
		p.overlaid(part)
	}
}

// asAuthored returns the constants of a part before overlays changed them.
func (part *Part) asAuthored() map[string]constant {
	if part.written != nil {
		return part.written
	}
	return part.constants
}

// overlaid notes that the rules of a part are judged by the values of an overlay.
func (part *Part) overlaid(by *Part) {
	o := finding.Overlay{Pack: by.Name, Version: by.Version}
	if part.written == nil {
		part.written = part.constants
	}
	if !slices.Contains(part.overlays, o) {
		part.overlays = append(slices.Clone(part.overlays), o)
	}
}

// value returns the value of a parameter of p as the overlay sees it before it gives its own:
// that of the nearest pack it extends that gives one, else that of p itself.
func (part *Part) value(p *Part, k Parameter) float64 {
	for _, q := range part.chain() {
		for _, o := range q.Overrides {
			if o.Pack == p.Name && o.Name == k.Name {
				return o.To
			}
		}
	}
	return k.given
}

// override gives a parameter of the base another value; it reports false when none has it.
func (part *Part) override(r *reader, name string, n *yaml.Node) bool {
	for _, p := range part.chain() {
		i := slices.IndexFunc(p.Parameters, func(k Parameter) bool { return k.Name == name })
		if i < 0 {
			continue
		}
		was := p.Parameters[i]
		o := Override{Pack: p.Name, Name: name, From: part.value(p, was), Unit: was.Unit, file: r.file, line: n.Line}
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
			r.neutral(m.at["doc"])
		}
		o.To = r.number(at, "parameter "+name)
		now := was
		now.Value = o.To
		r.inRange(at, now)
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
		for _, rule := range p.authored {
			if rule.Flag != flag || of != "" && rule.Of != of || part.switchesOff(p.Name, rule) {
				continue
			}
			found = true
			part.Disabled = append(part.Disabled, Disabled{
				Pack: p.Name, Flag: rule.Flag, Of: rule.Of, Title: rule.Title, Why: why, all: of == "", file: r.file,
				line: n.Line,
			})
			p.Rules = slices.DeleteFunc(slices.Clone(p.Rules), func(other *Rule) bool { return other == rule })
		}
	}
	if !found {
		r.fail(m.lineOf("flag"), "%s has no rule %s to switch off", part.base.Name, strings.TrimSpace(flag+" "+of))
	}
}

// switchesOff reports whether this overlay, or one that it extends, switches off the rule of a
// pack with the flag and the kind of subject of rule.
func (part *Part) switchesOff(pack string, rule *Rule) bool {
	return slices.ContainsFunc(append(part.chain(), part), func(q *Part) bool {
		return slices.ContainsFunc(q.Disabled, func(d Disabled) bool {
			return d.Pack == pack && d.Flag == rule.Flag && d.Of == rule.Of
		})
	})
}

// beside settles what overlays of one base mean for one another when neither extends the
// other. A parameter has one value in a run, so the value that one gives is also read by the
// rules of the other; two values, or a flag switched off for other subjects, are refused.
func beside(parts []*Part) error {
	for i, a := range parts {
		for _, b := range parts[i+1:] {
			if a.isOrExtends(b.Name) || b.isOrExtends(a.Name) {
				continue
			}
			if err := a.agrees(b); err != nil {
				return err
			}
			a.adopt(b)
			b.adopt(a)
		}
	}
	return nil
}

// agrees refuses what two overlays say differently of the same parameter or flag of a base.
func (part *Part) agrees(other *Part) error {
	for _, o := range part.Overrides {
		for _, p := range other.Overrides {
			if o.Pack == p.Pack && o.Name == p.Name && o.To != p.To {
				return fmt.Errorf("%s:%d: %s sets parameter %s of %s to %v, and %s sets it to %v at %s:%d: let one "+
					"extend the other, or agree",
					p.file, p.line, other.Name, p.Name, p.Pack, p.To, part.Name, o.To, o.file, o.line)
			}
		}
	}
	for _, d := range part.Disabled {
		for _, e := range other.Disabled {
			if d.Pack == e.Pack && d.Flag == e.Flag && d.all != e.all {
				return fmt.Errorf("%s:%d: %s switches off %s of %s for %s, and %s for %s at %s:%d: let one extend "+
					"the other, or agree",
					e.file, e.line, other.Name, e.Flag, e.Pack, e.scope(), part.Name, d.scope(), d.file, d.line)
			}
		}
		for _, r := range other.authored {
			if other.extends(d.Pack) && r.Flag == d.Flag && r.Of == d.Of && !other.switchesOff(d.Pack, r) {
				return fmt.Errorf("%s:%d: %s has a rule %s (%s) of its own without switching off that of %s, which "+
					"%s does at %s:%d",
					r.file, r.line, other.Name, r.Flag, r.Of, d.Pack, part.Name, d.file, d.line)
			}
		}
	}
	return nil
}

func (d Disabled) scope() string {
	if d.all {
		return "every subject"
	}
	return "one kind of subject (" + d.Of + ")"
}

// adopt makes the rules of a part read the values that an overlay beside it gives the
// parameters of a base of both.
func (part *Part) adopt(from *Part) {
	for _, o := range from.Overrides {
		_, has := part.constants["param."+o.Name]
		if !part.extends(o.Pack) || !has {
			continue
		}
		if part.written == nil {
			part.written = part.constants
		}
		part.constants = maps.Clone(part.constants)
		part.constants["param."+o.Name] = constant{types.DoubleType, types.Double(o.To), 1}
		if part.reads[o.Name] {
			part.overlaid(from)
		}
	}
}

// extends reports whether the part extends, directly or not, the pack of a name.
func (part *Part) extends(name string) bool {
	return slices.ContainsFunc(part.chain(), func(p *Part) bool { return p.Name == name })
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
