package policy

import (
	"math"

	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

var minusInfinity = math.Inf(-1)

// rules are the functions that can be computed where an argument is known in part. A rule
// returns nil when it has no answer: then the result is unknown.
var rules = map[string]func(args []ref.Val) ref.Val{
	operators.Less:          func(a []ref.Val) ref.Val { return before(a[0], a[1], true) },
	operators.LessEquals:    func(a []ref.Val) ref.Val { return before(a[0], a[1], false) },
	operators.Greater:       func(a []ref.Val) ref.Val { return before(a[1], a[0], true) },
	operators.GreaterEquals: func(a []ref.Val) ref.Val { return before(a[1], a[0], false) },
	operators.Add:           func(a []ref.Val) ref.Val { return sum(a[0], a[1], 1) },
	operators.Subtract:      func(a []ref.Val) ref.Val { return sum(a[0], a[1], -1) },
	operators.Multiply:      func(a []ref.Val) ref.Val { return product(a[0], a[1]) },
	operators.Divide:        func(a []ref.Val) ref.Val { return quotient(a[0], a[1]) },
	operators.Negate:        func(a []ref.Val) ref.Val { return sum(zeroOf(a[0]), a[0], -1) },
	operators.In:            func(a []ref.Val) ref.Val { return onList(a[1], contains(a[0])) },
	"size":                  func(a []ref.Val) ref.Val { return onList(a[0], (*open).count) },
	"double":                func(a []ref.Val) ref.Val { return converted(a[0], false) },
	"int":                   func(a []ref.Val) ref.Val { return converted(a[0], true) },
	"least":                 func(a []ref.Val) ref.Val { return either(a[0], a[1], math.Min) },
	"greatest":              func(a []ref.Val) ref.Val { return either(a[0], a[1], math.Max) },
	"peak":                  func(a []ref.Val) ref.Val { return onList(a[0], peak) },
	"total":                 func(a []ref.Val) ref.Val { return onList(a[0], total) },
	"within":                func(a []ref.Val) ref.Val { return onList(a[0], within(a[1], a[2])) },
	"origins":               func(a []ref.Val) ref.Val { return onList(a[0], originsOf) },
	"overlaps":              func(a []ref.Val) ref.Val { return onLists(a[0], a[1], overlap) },
	"common":                func(a []ref.Val) ref.Val { return onLists(a[0], a[1], commonOf) },
}

func onList(v ref.Val, f func(*open) ref.Val) ref.Val {
	o, ok := listed(v)
	if !ok {
		return nil
	}
	return f(o)
}

func onLists(a, b ref.Val, f func(a, b *open) ref.Val) ref.Val {
	return onList(a, func(x *open) ref.Val {
		return onList(b, func(y *open) ref.Val { return f(x, y) })
	})
}

// two reads the bounds of two numbers.
func two(a, b ref.Val) (al, am, bl, bm float64, ok bool) {
	al, am, ok1 := bounds(a)
	bl, bm, ok2 := bounds(b)
	return al, am, bl, bm, ok1 && ok2
}

// before is a < b, or a <= b when not strictly.
func before(a, b ref.Val, strictly bool) ref.Val {
	al, am, bl, bm, ok := two(a, b)
	switch {
	case !ok:
		return nil
	case am < bl || !strictly && am == bl:
		return types.True
	case al > bm || strictly && al == bm:
		return types.False
	}
	return nil
}

// isInt reports whether a number is an int, known in full or in part.
func isInt(v ref.Val) bool {
	s, ok := v.(*span)
	return ok && s.whole || v.Type() == types.IntType
}

func zeroOf(v ref.Val) ref.Val {
	if isInt(v) {
		return types.IntZero
	}
	return types.Double(0)
}

// sum is a + sign·b.
func sum(a, b ref.Val, sign float64) ref.Val {
	al, am, bl, bm, ok := two(a, b)
	if !ok {
		return nil
	}
	if sign < 0 {
		bl, bm = -bm, -bl
	}
	return newSpan(al+bl, am+bm, isInt(a), fromAll(a, b))
}

// corners returns the least and the most of an operation that is monotone in both operands.
func corners(al, am, bl, bm float64, f func(a, b float64) float64) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, a := range [2]float64{al, am} {
		for _, b := range [2]float64{bl, bm} {
			if v := f(a, b); !math.IsNaN(v) {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	return least, most
}

func product(a, b ref.Val) ref.Val {
	al, am, bl, bm, ok := two(a, b)
	if !ok {
		return nil
	}
	least, most := corners(al, am, bl, bm, func(a, b float64) float64 {
		if a == 0 || b == 0 {
			return 0 // also of what has no bound
		}
		return a * b
	})
	return newSpan(least, most, isInt(a), fromAll(a, b))
}

func quotient(a, b ref.Val) ref.Val {
	al, am, bl, bm, ok := two(a, b)
	if !ok || bl <= 0 && bm >= 0 {
		return nil
	}
	// Of two numbers without a bound the quotient is any between those of the other corners.
	least, most := corners(al, am, bl, bm, func(a, b float64) float64 { return a / b })
	if isInt(a) {
		least, most = math.Trunc(least), math.Trunc(most)
	}
	return newSpan(least, most, isInt(a), fromAll(a, b))
}

func converted(v ref.Val, whole bool) ref.Val {
	least, most, ok := bounds(v)
	if !ok {
		return nil
	}
	if whole {
		least, most = math.Trunc(least), math.Trunc(most)
	}
	return newSpan(least, most, whole, lacks(v))
}

// either is the smaller or the larger of two numbers.
func either(a, b ref.Val, pick func(a, b float64) float64) ref.Val {
	al, am, bl, bm, ok := two(a, b)
	if !ok {
		return nil
	}
	return newSpan(pick(al, bl), pick(am, bm), false, fromAll(a, b))
}

// reach returns the bounds of an element of a list of numbers; one that is unknown has none.
func reach(v ref.Val) (least, most float64) {
	if least, most, ok := bounds(v); ok {
		return least, most
	}
	return math.Inf(-1), math.Inf(1)
}

func peak(o *open) ref.Val {
	least, most := 0.0, 0.0
	for _, e := range o.sure {
		l, m := reach(e)
		least, most = max(least, l), max(most, m)
	}
	for _, e := range o.maybe {
		_, m := reach(e)
		most = max(most, m)
	}
	if o.more {
		most = math.Inf(1)
	}
	return newSpan(least, most, false, lacks(o))
}

func total(o *open) ref.Val {
	least, most := 0.0, 0.0
	for _, e := range o.sure {
		l, m := reach(e)
		least, most = least+l, most+m
	}
	for _, e := range o.maybe {
		l, m := reach(e)
		least, most = least+min(l, 0), most+max(m, 0)
	}
	if o.more {
		most = math.Inf(1)
		if o.floor < 0 {
			least = math.Inf(-1)
		}
	}
	return newSpan(least, most, false, lacks(o))
}

// within counts the numbers that are at least lo and below hi.
func within(lo, hi ref.Val) func(*open) ref.Val {
	return func(o *open) ref.Val {
		least, most := 0.0, 0.0
		for i, e := range append(o.sure[:len(o.sure):len(o.sure)], o.maybe...) {
			l, m := reach(e)
			x := &span{least: l, most: m}
			above, below := before(lo, x, false), before(x, hi, true)
			if above == types.False || below == types.False {
				continue
			}
			if most++; above == types.True && below == types.True && i < len(o.sure) {
				least++
			}
		}
		if o.more && before(types.Double(o.floor), hi, true) != types.False {
			most = math.Inf(1)
		}
		return newSpan(least, most, true, fromAll(o, lo, hi))
	}
}

// contains is "v in o".
func contains(v ref.Val) func(*open) ref.Val {
	return func(o *open) ref.Val {
		held := o.holds(v)
		if held == unclear {
			return fromAll(o, v)
		}
		return answer(held, nil)
	}
}

// overlap reports whether the lists share a word.
func overlap(a, b *open) ref.Val {
	if a.none() || b.none() {
		return types.False
	}
	possible := a.more || b.more
	for _, x := range a.sure {
		switch b.holds(x) {
		case yes:
			return types.True
		case unclear:
			possible = true
		}
	}
	for _, x := range a.maybe {
		possible = possible || b.holds(x) != no
	}
	if possible {
		return fromAll(a, b)
	}
	return types.False
}

// commonOf returns the words of a that b holds.
func commonOf(a, b *open) ref.Val {
	out := open{partial: partial{fromAll(a, b)}, more: a.more && !b.none()}
	for _, x := range a.sure {
		switch b.holds(x) {
		case yes:
			out.sure = append(out.sure, x)
		case unclear:
			out.maybe = append(out.maybe, x)
		}
	}
	for _, x := range a.maybe {
		if b.holds(x) != no {
			out.maybe = append(out.maybe, x)
		}
	}
	return newOpen(out)
}

// originsOf counts the independent origins of claims. Those that state none share one; a claim
// whose origin is unknown may share that of any other or have one of its own.
func originsOf(o *open) ref.Val {
	i := shapes[claimSignal].byName["origin"]
	known, possible := map[types.String]bool{}, map[types.String]bool{}
	from, nameless, unread := lacks(o), 0, 0
	for n, e := range append(o.sure[:len(o.sure):len(o.sure)], o.maybe...) {
		var origin ref.Val
		if c, ok := e.(*element); ok {
			origin = lookup(c, i)
		}
		sure := n < len(o.sure)
		switch name, ok := origin.(types.String); {
		case ok && sure:
			known[name] = true
		case ok:
			possible[name] = true
		case sure:
			nameless++
			from = merged(from, lacks(origin))
		default:
			unread++
			from = merged(from, lacks(origin))
		}
	}
	least, most := len(known), len(known)+nameless+unread
	if least == 0 && nameless > 0 {
		least = 1
	}
	for name := range possible {
		if !known[name] {
			most++
		}
	}
	if o.more {
		return newSpan(float64(least), math.Inf(1), true, from)
	}
	return newSpan(float64(least), float64(most), true, from)
}
