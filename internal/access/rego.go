package access

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// Conditions are written in Rego as what refutes them, because one that cannot be computed is
// met: a restriction lapses only where its condition is false for certain. CEL's && and ||
// pass over an error when the other side decides, and Rego's undefined does the same, so the
// translation is by two rules for each operator: when it is true, and when it is false.
//
// What has no exact twin in Rego (arithmetic, lists made on the way, macros other than has)
// is refused, with the restriction's name.
type regoWriter struct {
	b     strings.Builder
	rules int // auxiliary rules written
	prove map[string]string
}

// refuted writes the rules that say when text is false, and gives the name of their rule. The
// rules take the view v of the question.
func (w *regoWriter) refuted(k *condition) (string, error) {
	if name, ok := w.prove[k.text]; ok {
		return name, nil
	}
	name, err := w.rule(k.ast.NativeRep().Expr(), false)
	if err == nil {
		w.prove[k.text] = name
	}
	return name, err
}

// rule writes an auxiliary rule that is true when e is want, and undefined otherwise.
func (w *regoWriter) rule(e celast.Expr, want bool) (string, error) {
	bodies, err := w.bodies(e, want)
	if err != nil {
		return "", err
	}
	w.rules++
	name := "holds_" + strconv.Itoa(w.rules)
	for _, b := range bodies {
		fmt.Fprintf(&w.b, "\n%s(v) if {\n\t%s\n}\n", name, strings.ReplaceAll(b, "\n", "\n\t"))
	}
	if len(bodies) == 0 {
		fmt.Fprintf(&w.b, "\n%s(v) if {\n\tv == false\n}\n", name) // never: v is an object
	}
	return name, nil
}

// bodies gives the bodies of which one must hold for e to be want.
func (w *regoWriter) bodies(e celast.Expr, want bool) ([]string, error) {
	switch e.Kind() {
	case celast.LiteralKind:
		if b, ok := e.AsLiteral().(types.Bool); ok {
			if bool(b) == want {
				return []string{"true"}, nil
			}
			return nil, nil
		}
	case celast.SelectKind:
		if s := e.AsSelect(); s.IsTestOnly() {
			of, err := w.term(s.Operand())
			if err != nil {
				return nil, err
			}
			name := quote(s.FieldName())
			if want {
				return []string{fmt.Sprintf("%s in object.keys(%s)", name, of)}, nil
			}
			return []string{fmt.Sprintf("k := object.keys(%s)\nnot %s in k", of, name)}, nil
		}
		t, err := w.term(e)
		return []string{fmt.Sprintf("%s == %t", t, want)}, err
	case celast.IdentKind:
		t, err := w.term(e)
		return []string{fmt.Sprintf("%s == %t", t, want)}, err
	case celast.CallKind:
		return w.call(e.AsCall(), want)
	}
	return nil, fmt.Errorf("an expression of kind %d has no twin in Rego", e.Kind())
}

func (w *regoWriter) call(c celast.CallExpr, want bool) ([]string, error) {
	a := c.Args()
	switch f := c.FunctionName(); f {
	case operators.LogicalNot:
		return w.bodies(a[0], !want)
	case operators.LogicalAnd, operators.LogicalOr:
		either := (f == operators.LogicalOr) == want
		var names []string
		for _, x := range a {
			n, err := w.rule(x, want)
			if err != nil {
				return nil, err
			}
			names = append(names, n+"(v)")
		}
		if either {
			return names, nil
		}
		return []string{strings.Join(names, "\n")}, nil
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater,
		operators.GreaterEquals:
		return w.compare(f, a, want)
	case operators.In:
		x, err := w.term(a[0])
		if err != nil {
			return nil, err
		}
		list, err := w.term(a[1])
		if err != nil {
			return nil, err
		}
		body := fmt.Sprintf("x := %s\nl := members(%s)\n", x, list)
		if want {
			return []string{body + "x in l"}, nil
		}
		return []string{body + "not x in l"}, nil
	case "startsWith", "endsWith", "contains", "matches":
		if !c.IsMemberFunction() || len(a) != 1 {
			break
		}
		x, err := w.term(c.Target())
		if err != nil {
			return nil, err
		}
		y, err := w.term(a[0])
		if err != nil {
			return nil, err
		}
		call := map[string]string{"startsWith": "startswith(x, y)", "endsWith": "endswith(x, y)",
			"contains": "contains(x, y)", "matches": "regex.match(y, x)"}[f]
		body := fmt.Sprintf("x := %s\ny := %s\nis_string(x)\nis_string(y)\n", x, y)
		if !want {
			call = "not " + call
		}
		return []string{body + call}, nil
	}
	return nil, fmt.Errorf("%q has no twin in Rego", c.FunctionName())
}

var regoOrder = map[string][2]string{ // true, false
	operators.Equals: {"==", "!="}, operators.NotEquals: {"!=", "=="},
	operators.Less: {"<", ">="}, operators.LessEquals: {"<=", ">"}, operators.Greater: {">", "<="},
	operators.GreaterEquals: {">=", "<"},
}

func (w *regoWriter) compare(f string, a []celast.Expr, want bool) ([]string, error) {
	if isTime(a[0]) != isTime(a[1]) {
		return nil, fmt.Errorf("comparing a time with something else has no twin in Rego")
	}
	x, err := w.term(a[0])
	if err != nil {
		return nil, err
	}
	y, err := w.term(a[1])
	if err != nil {
		return nil, err
	}
	op := regoOrder[f][0]
	if !want {
		op = regoOrder[f][1]
	}
	body := fmt.Sprintf("x := %s\ny := %s\n", x, y)
	if f != operators.Equals && f != operators.NotEquals {
		body += "comparable(x, y)\n"
	}
	return []string{body + "x " + op + " y"}, nil
}

func isTime(e celast.Expr) bool {
	return e.Kind() == celast.IdentKind && e.AsIdent() == "now" || e.Kind() == celast.CallKind &&
		e.AsCall().FunctionName() == "timestamp"
}

// term writes an expression that has a value.
func (w *regoWriter) term(e celast.Expr) (string, error) {
	switch e.Kind() {
	case celast.LiteralKind:
		return literal(e.AsLiteral())
	case celast.IdentKind:
		return "v." + e.AsIdent(), nil
	case celast.SelectKind:
		if s := e.AsSelect(); !s.IsTestOnly() {
			of, err := w.term(s.Operand())
			return of + "[" + quote(s.FieldName()) + "]", err
		}
	case celast.ListKind:
		var all []string
		for _, x := range e.AsList().Elements() {
			t, err := w.term(x)
			if err != nil {
				return "", err
			}
			all = append(all, t)
		}
		return "[" + strings.Join(all, ", ") + "]", nil
	case celast.CallKind:
		c := e.AsCall()
		switch {
		case c.FunctionName() == operators.Index && len(c.Args()) == 2 && c.Args()[1].Kind() == celast.LiteralKind:
			of, err := w.term(c.Args()[0])
			if err != nil {
				return "", err
			}
			i, err := literal(c.Args()[1].AsLiteral())
			return of + "[" + i + "]", err
		case c.FunctionName() == "timestamp" && len(c.Args()) == 1 && c.Args()[0].Kind() == celast.LiteralKind:
			if s, ok := c.Args()[0].AsLiteral().(types.String); ok {
				t, err := time.Parse(time.RFC3339, string(s))
				if err != nil {
					return "", fmt.Errorf("read timestamp: %w", err)
				}
				return strconv.FormatInt(t.UnixNano(), 10), nil
			}
		}
		return "", fmt.Errorf("%q has no twin in Rego as a value", c.FunctionName())
	}
	return "", fmt.Errorf("an expression of kind %d has no twin in Rego as a value", e.Kind())
}

func literal(v ref.Val) (string, error) {
	switch x := v.(type) {
	case types.Bool, types.Int, types.Uint, types.Double, types.String, types.Null:
		var native any = x.Value()
		if _, ok := x.(types.Null); ok {
			native = nil
		}
		b, err := json.Marshal(native)
		return string(b), err
	}
	return "", fmt.Errorf("a literal of type %s has no twin in Rego", v.Type().TypeName())
}

func quote(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
