package policy

import (
	"slices"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// A term is a node of a checked expression, evaluated where a value is known in part. Values
// known in full go through the functions of CEL itself; a function without a rule for values
// known in part is unknown on them, so that what is not foreseen here is never decided.
type term struct {
	op    op
	value ref.Val             // of a constant
	at    int                 // slot of a signal, depth of a local
	name  string              // of a field or a function
	call  *functions.Overload // what CEL calls
	args  []*term             // operands; of a fold the list, the condition (nil for none) and what is collected
}

// An op is what a term does.
type op int8

const (
	opConstant op = iota
	opSignal
	opLocal
	opField
	opCall
	opAnd
	opOr
	opChoose // condition ? a : b
	opIndex
	opList
	opExists // of a list: one element at least satisfies the condition
	opAll
	opOne     // exactly one does
	opCollect // the elements that satisfy the condition, each made into something
)

// A planner makes terms of a checked expression.
type planner struct {
	references map[int64]*celast.ReferenceInfo
	constants  map[string]constant
	calls      map[string]*functions.Overload
	locals     []string
}

// overloads are the functions of an environment, by the id of the overload and by name.
func overloads(env *cel.Env) (map[string]*functions.Overload, error) {
	out := map[string]*functions.Overload{}
	for _, f := range env.Functions() {
		bound, err := f.Bindings()
		if err != nil {
			return nil, err
		}
		for _, b := range bound {
			out[b.Operator] = b
		}
	}
	return out, nil
}

// plan returns nil for an expression that has no term: it is unknown where a value that it
// reads is known in part.
func (p *planner) plan(e celast.Expr) *term {
	switch e.Kind() {
	case celast.LiteralKind:
		return &term{op: opConstant, value: e.AsLiteral()}
	case celast.IdentKind:
		if at := p.local(e.AsIdent()); at >= 0 {
			return &term{op: opLocal, at: at}
		}
		return p.named(e)
	case celast.SelectKind:
		if p.references[e.ID()] != nil {
			return p.named(e)
		}
		s := e.AsSelect()
		return whenAll(&term{op: opField, name: s.FieldName(), args: []*term{p.plan(s.Operand())}})
	case celast.ListKind:
		t := &term{op: opList}
		for _, x := range e.AsList().Elements() {
			t.args = append(t.args, p.plan(x))
		}
		return whenAll(t)
	case celast.CallKind:
		return p.function(e)
	case celast.ComprehensionKind:
		return p.fold(e.AsComprehension())
	}
	return nil
}

// whenAll returns the term if every operand has one.
func whenAll(t *term) *term {
	if slices.Contains(t.args, nil) {
		return nil
	}
	return t
}

// local returns the depth of a variable of a macro, -1 when there is none of this name.
func (p *planner) local(name string) int {
	for i := len(p.locals) - 1; i >= 0; i-- {
		if p.locals[i] == name {
			return i
		}
	}
	return -1
}

// named is a signal, a parameter or a set.
func (p *planner) named(e celast.Expr) *term {
	r := p.references[e.ID()]
	if r == nil {
		return nil
	}
	if k, ok := p.constants[r.Name]; ok {
		return &term{op: opConstant, value: k.value}
	}
	if i, ok := slots[r.Name]; ok {
		return &term{op: opSignal, at: i}
	}
	return nil
}

func (p *planner) function(e celast.Expr) *term {
	c := e.AsCall()
	t := &term{op: opCall, name: c.FunctionName()}
	if c.IsMemberFunction() {
		t.args = append(t.args, p.plan(c.Target()))
	}
	for _, a := range c.Args() {
		t.args = append(t.args, p.plan(a))
	}
	switch t.name {
	case operators.LogicalAnd:
		t.op = opAnd
	case operators.LogicalOr:
		t.op = opOr
	case operators.Conditional:
		t.op = opChoose
	case operators.Index:
		t.op = opIndex
	case operators.Equals, operators.NotEquals:
	default:
		if r := p.references[e.ID()]; r != nil && len(r.OverloadIDs) == 1 {
			t.call = p.calls[r.OverloadIDs[0]]
		}
		if t.call == nil {
			t.call = p.calls[t.name]
		}
		if t.call == nil || t.call.Unary == nil && t.call.Binary == nil && t.call.Function == nil {
			return nil
		}
	}
	return whenAll(t)
}

// fold reads what the macros of CEL expand to: they differ in what they start from.
func (p *planner) fold(c celast.ComprehensionExpr) *term {
	if c.HasIterVar2() {
		return nil
	}
	list := p.plan(c.IterRange())
	p.locals = append(p.locals, c.IterVar())
	defer func() { p.locals = p.locals[:len(p.locals)-1] }()
	step := c.LoopStep()
	if step.Kind() != celast.CallKind {
		return nil
	}
	args := step.AsCall().Args()
	t := &term{}
	switch init := c.AccuInit(); {
	case init.Kind() == celast.LiteralKind && init.AsLiteral() == types.False && len(args) == 2:
		t.op, t.args = opExists, []*term{list, p.plan(args[1])}
	case init.Kind() == celast.LiteralKind && init.AsLiteral() == types.True && len(args) == 2:
		t.op, t.args = opAll, []*term{list, p.plan(args[1])}
	case init.Kind() == celast.LiteralKind && len(args) == 3:
		t.op, t.args = opOne, []*term{list, p.plan(args[0])}
	case init.Kind() == celast.ListKind:
		always := &term{op: opConstant, value: types.True}
		t.op, t.args = opCollect, []*term{list, always, nil}
		if step.AsCall().FunctionName() == operators.Conditional {
			t.args[1], step = p.plan(args[0]), args[1]
		}
		if step.Kind() != celast.CallKind || len(step.AsCall().Args()) != 2 {
			return nil
		}
		added := step.AsCall().Args()[1]
		if added.Kind() != celast.ListKind || added.AsList().Size() != 1 {
			return nil
		}
		t.args[2] = p.plan(added.AsList().Elements()[0])
	default:
		return nil
	}
	return whenAll(t)
}

// A reading is one evaluation of a term for one subject.
type reading struct {
	ev     *evaluator
	known  bool // only what is known counts: elements that may not belong are left out
	locals []ref.Val
}

func (r *reading) eval(t *term) ref.Val {
	switch t.op {
	case opConstant:
		return t.value
	case opSignal:
		if r.known {
			return r.ev.value(t.at)
		}
		return r.ev.partial(t.at)
	case opLocal:
		return r.locals[t.at]
	case opField:
		return r.field(r.eval(t.args[0]), t.name)
	case opAnd:
		return r.logic(t, types.False)
	case opOr:
		return r.logic(t, types.True)
	case opChoose:
		switch c := r.eval(t.args[0]); c {
		case types.True:
			return r.eval(t.args[1])
		case types.False:
			return r.eval(t.args[2])
		default:
			return c
		}
	case opExists, opAll, opOne, opCollect:
		return r.fold(t)
	}
	args := make([]ref.Val, len(t.args))
	for i, a := range t.args {
		args[i] = r.eval(a)
	}
	if t.op == opList {
		for _, a := range args {
			if types.IsError(a) {
				return a
			}
		}
		return newOpen(open{sure: args})
	}
	var missing *types.Unknown
	for _, a := range args {
		switch a := a.(type) {
		case *types.Err:
			return a
		case *types.Unknown:
			missing = merged(missing, a)
		}
	}
	if missing != nil {
		return missing
	}
	return t.apply(args)
}

// apply calls a function on values that are all there, in full or in part.
func (t *term) apply(args []ref.Val) ref.Val {
	if t.op == opIndex {
		return index(args[0], args[1])
	}
	switch t.name {
	case operators.Equals:
		return answer(same(args[0], args[1]), fromAll(args...))
	case operators.NotEquals:
		switch same(args[0], args[1]) {
		case yes:
			return types.False
		case no:
			return types.True
		}
		return fromAll(args...)
	}
	rule := rules[t.name]
	if t.name != "origins" && !slices.ContainsFunc(args, func(a ref.Val) bool { return !whole(a) }) {
		return t.plain(args)
	}
	if rule != nil {
		if v := rule(args); v != nil {
			return v
		}
	}
	return fromAll(args...)
}

// plain calls the function of CEL.
func (t *term) plain(args []ref.Val) ref.Val {
	switch {
	case t.call.Unary != nil && len(args) == 1:
		return t.call.Unary(args[0])
	case t.call.Binary != nil && len(args) == 2:
		return t.call.Binary(args[0], args[1])
	case t.call.Function != nil:
		return t.call.Function(args...)
	}
	return types.NewErr("no such overload: %s", t.name)
}

// logic is "and" when false decides, "or" when true does.
func (r *reading) logic(t *term, decides types.Bool) ref.Val {
	out := ref.Val(!decides)
	for _, a := range t.args {
		v := r.eval(a)
		if v == decides {
			return decides
		}
		out = joined(out, v)
	}
	return out
}

// joined carries on with what is not decided: an unknown goes before an error.
func joined(so, v ref.Val) ref.Val {
	switch v := v.(type) {
	case *types.Unknown:
		if u, ok := so.(*types.Unknown); ok {
			return merged(u, v)
		}
		return v
	case *types.Err:
		if _, ok := so.(types.Bool); ok {
			return v
		}
	}
	return so
}

func (r *reading) field(v ref.Val, name string) ref.Val {
	switch v := v.(type) {
	case *element:
		i, ok := v.shape.byName[name]
		if !ok {
			return types.NewErr("a %s has no %q", v.shape.name, name)
		}
		if !r.known {
			return lookup(v, i)
		}
		got, err := get(v, i)
		if err != nil {
			return types.WrapErr(err)
		}
		return got.(ref.Val)
	case *types.Unknown, *types.Err:
		return v
	}
	return types.MaybeNoSuchOverloadErr(v)
}

// index reads one element: which one it is must not depend on what is unknown.
func index(v, at ref.Val) ref.Val {
	o, ok := v.(*open)
	if !ok {
		list, ok := v.(traits.Indexer)
		if !ok || !whole(at) {
			return fromAll(v, at)
		}
		return list.Get(at)
	}
	i, ok := at.(types.Int)
	if !ok || len(o.maybe) > 0 || o.more {
		return fromAll(v, at)
	}
	if i < 0 || int(i) >= len(o.sure) {
		return types.NewErr("index out of bounds: %d", i)
	}
	return o.sure[i]
}

// fold evaluates a macro over a list.
func (r *reading) fold(t *term) ref.Val {
	v := r.eval(t.args[0])
	if types.IsUnknownOrError(v) {
		return v
	}
	list, ok := listed(v)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	depth := len(r.locals)
	r.locals = append(r.locals, nil)
	defer func() { r.locals = r.locals[:depth] }()
	with := func(e ref.Val, t *term) ref.Val {
		r.locals[depth] = e
		return r.eval(t)
	}
	switch t.op {
	case opExists:
		return quantified(list, types.True, func(e ref.Val) ref.Val { return with(e, t.args[1]) })
	case opAll:
		return quantified(list, types.False, func(e ref.Val) ref.Val { return with(e, t.args[1]) })
	}
	return r.collect(list, t, with)
}

// quantified is "exists" when true decides, "all" when false does.
func quantified(list *open, decides types.Bool, holds func(ref.Val) ref.Val) ref.Val {
	out := ref.Val(!decides)
	for _, e := range list.sure {
		v := holds(e)
		if v == decides {
			return decides
		}
		out = joined(out, v)
	}
	for _, e := range list.maybe {
		v := holds(e)
		if v == decides {
			v = lacks(list)
		}
		out = joined(out, v)
	}
	if list.more {
		out = joined(out, lacks(list))
	}
	return out
}

// collect is "filter", "map" and "exists_one": the elements that satisfy the condition.
func (r *reading) collect(list *open, t *term, with func(ref.Val, *term) ref.Val) ref.Val {
	out := open{partial: list.partial, more: list.more, floor: list.floor}
	make := &term{op: opConstant, value: types.True}
	if t.op == opCollect {
		make = t.args[2]
	}
	if make.op != opLocal || make.at != len(r.locals)-1 {
		out.floor = minusInfinity
	}
	for i, e := range slices.Concat(list.sure, list.maybe) {
		sure := i < len(list.sure)
		switch c := with(e, t.args[1]).(type) {
		case types.Bool:
			if !c {
				continue
			}
		case *types.Unknown:
			if r.known {
				continue
			}
			sure, out.from = false, merged(out.from, c)
		default:
			return c
		}
		made := with(e, make)
		if types.IsError(made) {
			return made
		}
		if sure {
			out.sure = append(out.sure, made)
		} else {
			out.maybe = append(out.maybe, made)
		}
	}
	if t.op == opOne {
		return answer(same(out.count(), types.Int(1)), lacks(&out))
	}
	return newOpen(out)
}

// planOf makes the term of a checked expression.
func (c *compiler) planOf(env *cel.Env, tree *celast.AST) (*term, error) {
	if c.calls == nil {
		calls, err := overloads(env)
		if err != nil {
			return nil, err
		}
		c.calls = calls
	}
	p := planner{references: tree.ReferenceMap(), constants: c.constants, calls: c.calls}
	return p.plan(tree.Expr()), nil
}
