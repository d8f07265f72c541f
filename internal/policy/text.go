package policy

import (
	"fmt"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"plimsoll/internal/signal"
)

// Free text is what somebody wrote: the name of a party, a place, an event. A rule may show
// it in a sentence and never turn on it, since a rule that matches a name matches a country,
// a language or a people. Text of a closed vocabulary is made by this program or checked by
// it against a list of words, and rules may compare it.

// closedText names the texts of a closed vocabulary: signals, fields of their elements, and
// the extras of sentences. Every other text is free.
var closedText = []string{
	"engagement.kind", "engagement.class", "engagement.capabilities", "engagement.controlled", "engagement.method",
	"engagement.review", "engagement.end_use_certificate", "engagement.licence_state", "engagement.beneath",
	"engagement.route",
	"account.class", "account.capabilities",
	"party.class", "party.class_of_name", "party.beneath", "party.roles", "party.possible_roles", "party.capabilities",
	"party.review", "party.unreviewed", "party.owns_listed_grade", "party.owns_listed_effect", "usage.combination",
	"support.codes",

	"party.claims.reliability", "party.claims.status", "party.claims.capability",
	"usage.surges.capability", "usage.surges.kind",
	"usage.relocations.kind", "usage.relocations.trigger", "usage.relocations.grade", "usage.relocations.status",
	"usage.absences.trigger", "account.handovers.kind", "account.handovers.trigger",
	"usage.reappears.via", "usage.reappears.shared", "usage.reappears.capabilities",

	"hit.grade", "hit.effect", "hit.fifty_law", "claim.grade",
}

// FreeText reports whether a name stands for text that rules may only show: a signal, an
// extra of sentences, or a field of an element written as signal.field.
func FreeText(name string) bool {
	if slices.Contains(closedText, name) {
		return false
	}
	if i, ok := slots[name]; ok {
		if i >= len(signal.Catalogue) {
			return extras[i-len(signal.Catalogue)].typ == types.StringType
		}
		t := signal.Catalogue[i].Type
		return t == signal.String || t == signal.Strings
	}
	list, name, _ := cutLast(name)
	if s := shapes[list]; s != nil {
		if i, ok := s.byName[name]; ok {
			return s.fields[i].typ == signal.String || s.fields[i].typ == signal.Strings
		}
	}
	return false
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// A textReader finds operations on free text in a checked expression.
type textReader struct {
	tree *celast.AST
	vars map[string]string // variables of macros that hold free text, with what it is
	err  error
}

// checkText refuses an expression that does more with free text than show it.
func checkText(tree *celast.AST) error {
	r := &textReader{tree: tree, vars: map[string]string{}}
	r.read(tree.Expr())
	return r.err
}

// read returns the free text that an expression gives, by its name, and "" when it gives none.
func (r *textReader) read(e celast.Expr) string {
	if ref := r.tree.ReferenceMap()[e.ID()]; ref != nil && ref.Name != "" && len(ref.OverloadIDs) == 0 {
		if FreeText(ref.Name) {
			return ref.Name
		}
		if text, ok := r.vars[ref.Name]; ok {
			return text
		}
	}
	switch e.Kind() {
	case celast.IdentKind:
		return r.vars[e.AsIdent()]
	case celast.SelectKind:
		s := e.AsSelect()
		r.read(s.Operand())
		if t := r.tree.GetType(s.Operand().ID()); t != nil {
			for _, shape := range shapes {
				if name := shape.signal + "." + s.FieldName(); shape.typ.TypeName() == t.TypeName() && FreeText(name) {
					return name
				}
			}
		}
	case celast.ListKind:
		text := ""
		for _, item := range e.AsList().Elements() {
			if t := r.read(item); t != "" {
				text = t
			}
		}
		return text
	case celast.CallKind:
		return r.call(e)
	case celast.ComprehensionKind:
		return r.loop(e.AsComprehension())
	}
	return ""
}

// call allows what shows free text or counts it, and refuses the rest.
func (r *textReader) call(e celast.Expr) string {
	c := e.AsCall()
	args := c.Args()
	if c.IsMemberFunction() {
		args = append([]celast.Expr{c.Target()}, args...)
	}
	texts := make([]string, len(args))
	first := ""
	for i, a := range args {
		if texts[i] = r.read(a); first == "" {
			first = texts[i]
		}
	}
	if first == "" {
		return ""
	}
	switch name := c.FunctionName(); {
	case name == operators.Index && texts[1] == "", name == operators.Conditional && texts[0] == "":
		return first
	case name == "size" && r.list(args[0]):
		return ""
	case name == operators.Add && r.list(args[0]):
		return first // how map and filter collect
	default:
		r.refuse(e.ID(), first, name)
	}
	return ""
}

func (r *textReader) list(e celast.Expr) bool {
	t := r.tree.GetType(e.ID())
	return t != nil && t.Kind() == types.ListKind
}

// loop follows a macro: the variable over a list of free text holds free text, and so does
// the result when a step adds some to it.
func (r *textReader) loop(c celast.ComprehensionExpr) string {
	before := r.vars
	defer func() { r.vars = before }()
	r.vars = map[string]string{}
	for k, v := range before {
		r.vars[k] = v
	}
	delete(r.vars, c.IterVar())
	delete(r.vars, c.AccuVar())
	if text := r.read(c.IterRange()); text != "" {
		r.vars[c.IterVar()] = text
	}
	text := r.read(c.AccuInit())
	for range 2 { // once more with what the first step added
		if text != "" {
			r.vars[c.AccuVar()] = text
		}
		r.read(c.LoopCondition())
		if t := r.read(c.LoopStep()); t != "" {
			text = t
		}
	}
	if text != "" {
		r.vars[c.AccuVar()] = text
	}
	return r.read(c.Result())
}

func (r *textReader) refuse(id int64, text, function string) {
	if r.err == nil {
		line := max(r.tree.SourceInfo().GetStartLocation(id).Line(), 1)
		r.err = &fault{line, fmt.Errorf("%s is free text, which a rule may show in a sentence and not turn on: %s "+
			"compares it. "+
			"No rule matches a name, a place or a language", text, shownFunction(function))}
	}
}

// shownFunction is a function as an author writes it: "==" for the operator "_==_".
func shownFunction(name string) string {
	if op, ok := operators.FindReverse(name); ok && op != "" {
		return op
	}
	return strings.Trim(name, "_")
}
