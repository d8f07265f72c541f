package policy

import (
	"fmt"
	"slices"
	"strings"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"

	"plimsoll/internal/capability"
	"plimsoll/internal/signal"
)

// vocabularies are the words that a text of a closed vocabulary can hold, by signal. Texts that are not here hold words
// that records bring along.
var vocabularies = func() map[string][]string {
	certificate := []string{"valid", "expired", "exceeded", "other_party", "late", "pending", "absent", "missing",
		"none"}
	review := []string{"approved", "refused", "pending", "none"}
	licence := []string{signal.Covers, signal.NoLicence, signal.Elsewhere, signal.Expired, signal.Exceeded,
		signal.OtherParty,
		signal.OtherSeller, signal.OtherDestination}
	m := map[string][]string{"engagement.end_use_certificate": certificate, "engagement.review": review,
		"party.review":             review,
		"engagement.licence_state": licence}
	for _, name := range []string{"engagement.class", "account.class", "party.class", "party.class_of_name"} {
		m[name] = capability.EndUserClasses
	}
	for _, name := range []string{"engagement.capabilities", "account.capabilities", "party.capabilities",
		"party.unreviewed", "usage.combination"} {
		m[name] = capability.Classes
	}
	return m
}()

// checkWords refuses a comparison of a closed text with a word that it never holds: the condition would never hold, or
// always, most likely since the word is misspelt or is the name of a place.
func checkWords(tree *celast.AST, constants map[string]constant) error {
	var err error
	celast.PostOrderVisit(tree.Expr(), celast.NewExprVisitor(func(e celast.Expr) {
		if e.Kind() != celast.CallKind || err != nil {
			return
		}
		c := e.AsCall()
		args := c.Args()
		switch c.FunctionName() {
		case operators.Equals, operators.NotEquals, operators.In, "overlaps", "common":
		default:
			return
		}
		var signal string
		for _, a := range args {
			if ref := tree.ReferenceMap()[a.ID()]; ref != nil && vocabularies[ref.Name] != nil {
				signal = ref.Name
			}
		}
		if signal == "" {
			return
		}
		for _, a := range args {
			for _, w := range literals(tree, a, constants) {
				if !slices.Contains(vocabularies[signal], w) {
					line := max(tree.SourceInfo().GetStartLocation(e.ID()).Line(), 1)
					err = &fault{line, fmt.Errorf("%s is never %q: it is one of %s", signal, w,
						strings.Join(vocabularies[signal], ", "))}
					return
				}
			}
		}
	}))
	return err
}

// literals are the words that an expression spells out: a text, a list of texts, or a set.
func literals(tree *celast.AST, e celast.Expr, constants map[string]constant) []string {
	if ref := tree.ReferenceMap()[e.ID()]; ref != nil {
		if c, ok := constants[ref.Name]; ok && strings.HasPrefix(ref.Name, "set.") {
			return readWords(c.value)
		}
	}
	switch e.Kind() {
	case celast.LiteralKind:
		if s, ok := e.AsLiteral().Value().(string); ok {
			return []string{s}
		}
	case celast.ListKind:
		var out []string
		for _, x := range e.AsList().Elements() {
			out = append(out, literals(tree, x, constants)...)
		}
		return out
	}
	return nil
}
