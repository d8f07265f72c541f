package policy

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"plimsoll/internal/signal"
)

// Bounds on an expression. The cost is the checker's upper estimate in CEL cost units for
// signals of typical size: it lets one pass over a list through and refuses lists in lists.
const (
	maxExpression = 2_000
	maxCost       = 100_000
	typicalList   = 256 // claims, surges, sub-accounts
	typicalWords  = 32  // capability classes, roles, codes
	typicalText   = 256
)

// An expression is one compiled CEL text. Equal texts of one part and kind share a program,
// so that a condition which many rules share is evaluated once per subject.
type expression struct {
	text    string
	id      int // of the program
	program cel.Program
	term    *term // for values known in part; nil when it has none
	slots   []int // of the signals
	signals []string
	params  []string
	extras  []string // names only sentences know
	out     *types.Type
}

// constant is a parameter or set as expressions see it.
type constant struct {
	typ   *types.Type
	value ref.Val
	size  uint64
}

// extras are names that sentences may use beside the signals: what a reader needs to see
// about the listed entry, the path and the claim that a finding shows.
var extras = []struct {
	name string
	typ  *types.Type
}{
	{"subject.name", types.StringType},
	{"hit.list", types.StringType},
	{"hit.name", types.StringType},
	{"hit.matched", types.StringType},
	{"hit.score", types.DoubleType},
	{"hit.grade", types.StringType},
	{"hit.effect", types.StringType},
	{"hit.fifty", types.BoolType},
	{"hit.fifty_law", types.StringType}, // the instrument that holds the authority's rule on ownership
	{"path.owner", types.StringType},
	{"path.hops", types.IntType},
	{"claim.source", types.StringType},
	{"claim.date", types.StringType},
	{"claim.text", types.StringType},
	{"claim.grade", types.StringType},
	{"claim.reply", types.StringType},
	{"claim.count", types.IntType},
}

// slots numbers every name an activation can resolve: signals first, then extras.
var slots = func() map[string]int {
	m := map[string]int{}
	for i, d := range signal.Catalogue {
		m[d.Name] = i
	}
	for i, e := range extras {
		m[e.name] = len(signal.Catalogue) + i
	}
	return m
}()

// A compiler compiles the expressions of one part.
type compiler struct {
	constants map[string]constant
	envs      map[string]*cel.Env
	calls     map[string]*functions.Overload
	programs  map[string]*expression
	next      *int // number of the next program, counted over all parts
}

func newCompiler(constants map[string]constant, next *int) *compiler {
	return &compiler{
		constants: constants,
		envs:      map[string]*cel.Env{},
		programs:  map[string]*expression{},
		next:      next,
	}
}

// env is what rules of one kind may name. Sentences may also name the extras.
func (c *compiler) env(kind string, sentence bool) (*cel.Env, error) {
	key := fmt.Sprint(kind, sentence)
	if e := c.envs[key]; e != nil {
		return e, nil
	}
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("make type registry: %w", err)
	}
	// has() is left out: it would turn a missing key into "no".
	opts := []cel.EnvOption{
		cel.CustomTypeProvider(provider{registry}),
		cel.ClearMacros(),
		cel.Macros(cel.AllMacro, cel.ExistsMacro, cel.ExistsOneMacro, cel.MapMacro, cel.FilterMacro),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserRecursionLimit(40),
		cel.ParserErrorRecoveryLimit(4),
		cel.ParserExpressionSizeLimit(maxExpression),
	}
	opts = append(opts, calls()...)
	for _, d := range signal.Catalogue {
		if d.Of == kind {
			t := celType(d.Name, d.Type)
			if t == nil {
				return nil, fmt.Errorf("signal %s has no type here", d.Name)
			}
			opts = append(opts, cel.Variable(d.Name, t))
		}
	}
	for name, k := range c.constants {
		opts = append(opts, cel.Variable(name, k.typ))
	}
	if sentence {
		for _, e := range extras {
			opts = append(opts, cel.Variable(e.name, e.typ))
		}
	}
	e, err := cel.NewEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("prepare expressions for a %s: %w", kind, err)
	}
	c.envs[key] = e
	return e, nil
}

// A fault is an error with the line inside the expression at which it stands, from 1.
type fault struct {
	line int
	err  error
}

func (f *fault) Error() string { return f.err.Error() }

// compile checks one expression and requires a result type, unless want is nil.
func (c *compiler) compile(kind, text string, sentence bool, want *types.Type) (*expression, *fault) {
	key := fmt.Sprint(kind, sentence, "\x00", text)
	e := c.programs[key]
	if e == nil {
		env, err := c.env(kind, sentence)
		if err != nil {
			return nil, &fault{1, err}
		}
		e, err = c.build(env, text)
		if f, ok := err.(*fault); ok {
			return nil, f
		} else if err != nil {
			return nil, &fault{1, err}
		}
		c.programs[key] = e
	}
	if want != nil && !e.out.IsExactType(want) {
		return nil, &fault{1, fmt.Errorf("%q is a %s, wanted a %s", short(text), e.out, want)}
	}
	return e, nil
}

func (c *compiler) build(env *cel.Env, text string) (*expression, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("expression is longer than %d characters", maxExpression)
	}
	checked, issues := env.Compile(text)
	if issues != nil && issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, &fault{max(first.Location.Line(), 1), fmt.Errorf("expression: %s", first.Message)}
	}
	if err := checkText(checked.NativeRep()); err != nil {
		return nil, err
	}
	if err := checkWords(checked.NativeRep(), c.constants); err != nil {
		return nil, err
	}
	e := &expression{text: text, id: *c.next, out: checked.OutputType()}
	if err := e.references(checked.NativeRep(), c.constants); err != nil {
		return nil, err
	}
	worst, err := env.EstimateCost(checked, sizes{c.constants})
	if err != nil {
		return nil, fmt.Errorf("estimate cost: %w", err)
	}
	if worst.Max > maxCost {
		return nil, fmt.Errorf("expression may cost more than allowed (%d of %d units): "+
			"it goes over a list within a list, or does too much at once", worst.Max, uint64(maxCost))
	}
	e.program, err = env.Program(checked, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fmt.Errorf("plan expression: %w", err)
	}
	if e.term, err = c.planOf(env, checked.NativeRep()); err != nil {
		return nil, fmt.Errorf("plan expression: %w", err)
	}
	for _, name := range e.signals {
		e.slots = append(e.slots, slots[name])
	}
	*c.next++
	return e, nil
}

// references notes which names the expression reads, and refuses what rules have no use for.
func (e *expression) references(tree *celast.AST, constants map[string]constant) error {
	for _, r := range tree.ReferenceMap() {
		switch _, isConstant := constants[r.Name]; {
		case isConstant:
			if name, ok := strings.CutPrefix(r.Name, "param."); ok {
				e.params = append(e.params, name)
			}
		case slices.Contains(r.OverloadIDs, "to_dyn"):
			return fmt.Errorf("dyn() is not allowed: it hides the type of a value")
		default:
			i, ok := slots[r.Name]
			switch {
			case !ok:
			case i < len(signal.Catalogue):
				e.signals = append(e.signals, r.Name)
			default:
				e.extras = append(e.extras, r.Name)
			}
		}
	}
	made := celast.MatchDescendants(celast.NavigateAST(tree), func(n celast.NavigableExpr) bool {
		return n.Kind() == celast.StructKind || n.Kind() == celast.MapKind
	})
	if len(made) > 0 {
		return fmt.Errorf("expression makes a map or a message: rules only read signals")
	}
	e.signals, e.params, e.extras = unique(e.signals), unique(e.params), unique(e.extras)
	return nil
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// sizes tells the cost checker how large values are.
type sizes struct{ constants map[string]constant }

func (s sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if known := n.ComputedSize(); known != nil {
		return nil
	}
	if path := n.Path(); len(path) == 1 {
		if k, ok := s.constants[path[0]]; ok {
			return &cost.SizeEstimate{Min: 0, Max: k.size}
		}
		if i, ok := slots[path[0]]; ok && i < len(signal.Catalogue) && signal.Catalogue[i].Type == signal.Strings {
			return &cost.SizeEstimate{Min: 0, Max: typicalWords}
		}
	}
	switch n.Type().Kind() {
	case types.ListKind, types.MapKind:
		return &cost.SizeEstimate{Min: 0, Max: typicalList}
	case types.StringKind, types.BytesKind:
		return &cost.SizeEstimate{Min: 0, Max: typicalText}
	}
	return &cost.SizeEstimate{Min: 1, Max: 1}
}

// EstimateCallCost prices the functions of this package by the lists they walk.
func (s sizes) EstimateCallCost(
	function, overload string, target *cost.AstNode, args []cost.AstNode,
) *cost.CallEstimate {
	switch function {
	case "overlaps", "common", "origins", "peak", "total", "within", "least", "greatest", "shares":
		return &cost.CallEstimate{CostEstimate: cost.Estimate{Min: 1, Max: typicalList}}
	}
	return nil
}
