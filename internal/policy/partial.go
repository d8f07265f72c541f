package policy

import (
	"fmt"
	"math"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"plimsoll/internal/signal"
)

// Values of which only a part is known. They stand beside the values of CEL while a condition
// is judged (see [term]); no program of CEL meets them.

// A partial is a value of which only a part is known; from names the signals and fields that
// would have to be known in full.
type partial struct{ from *types.Unknown }

func (partial) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("convert a value known in part to %v", t)
}
func (p partial) ConvertToType(ref.Type) ref.Val { return p.from }
func (p partial) Equal(ref.Val) ref.Val          { return p.from }
func (partial) Type() ref.Type                   { return types.UnknownType }
func (p partial) Value() any                     { return p.from }

// A span is a number that lies between two bounds, both possible; an infinite bound is none.
type span struct {
	partial
	least, most float64
	whole       bool // an int
}

// newSpan returns the number itself where the bounds leave no choice.
func newSpan(least, most float64, whole bool, from *types.Unknown) ref.Val {
	switch {
	case math.IsNaN(least) || math.IsNaN(most):
		return from
	case least == most && whole:
		return types.Int(least)
	case least == most:
		return types.Double(least)
	}
	return &span{partial{from}, least, most, whole}
}

// An open is a list of which only a part is known.
type open struct {
	partial
	sure  []ref.Val // elements that it holds; each may be known in part or not at all
	maybe []ref.Val // elements that it holds or does not
	more  bool      // it may hold any number of others besides
	floor float64   // of a list of numbers: what those others are at least
}

// newOpen returns a list of CEL where everything about it is known.
func newOpen(o open) ref.Val {
	if len(o.maybe) == 0 && !o.more {
		plain := true
		for _, e := range o.sure {
			plain = plain && whole(e)
		}
		if plain {
			return types.NewRefValList(types.DefaultTypeAdapter, o.sure)
		}
	}
	return &o
}

// whole reports whether a value is known in full.
func whole(v ref.Val) bool {
	switch v.(type) {
	case *span, *open, *types.Unknown, *types.Err:
		return false
	}
	return true
}

// lacks returns what would have to be known for the value to be known, nil when it is.
func lacks(v ref.Val) *types.Unknown {
	switch v := v.(type) {
	case *span:
		return v.from
	case *open:
		from := v.from
		for _, e := range v.sure {
			from = merged(from, lacks(e))
		}
		for _, e := range v.maybe {
			from = merged(from, lacks(e))
		}
		return from
	case *types.Unknown:
		return v
	}
	return nil
}

func fromAll(vs ...ref.Val) *types.Unknown {
	var from *types.Unknown
	for _, v := range vs {
		from = merged(from, lacks(v))
	}
	return from
}

// merged puts two unknowns together; the same one twice is common and costs nothing.
func merged(a, b *types.Unknown) *types.Unknown {
	if a == b {
		return a
	}
	return types.MergeUnknowns(a, b)
}

// bounds reads a number, known in full or in part.
func bounds(v ref.Val) (least, most float64, ok bool) {
	switch v := v.(type) {
	case types.Double:
		return float64(v), float64(v), !math.IsNaN(float64(v))
	case types.Int:
		return float64(v), float64(v), true
	case types.Uint:
		return float64(v), float64(v), true
	case *span:
		return v.least, v.most, true
	}
	return 0, 0, false
}

// listed reads a list, known in full or in part.
func listed(v ref.Val) (*open, bool) {
	if o, ok := v.(*open); ok {
		return o, true
	}
	list, ok := v.(traits.Lister)
	if !ok {
		return nil, false
	}
	o := &open{}
	for it := list.Iterator(); it.HasNext() == types.True; {
		o.sure = append(o.sure, it.Next())
	}
	return o, true
}

// none reports whether the list is surely empty.
func (o *open) none() bool { return len(o.sure)+len(o.maybe) == 0 && !o.more }

// count returns how many elements the list has.
func (o *open) count() ref.Val {
	most := float64(len(o.sure) + len(o.maybe))
	if o.more {
		most = math.Inf(1)
	}
	return newSpan(float64(len(o.sure)), most, true, lacks(o))
}

// same compares two values of which a part may be unknown.
func same(a, b ref.Val) tri {
	if whole(a) && whole(b) {
		if types.Equal(a, b) == types.True {
			return yes
		}
		return no
	}
	if al, am, ok := bounds(a); ok {
		if bl, bm, ok := bounds(b); ok && (am < bl || bm < al) {
			return no
		}
		return unclear
	}
	x, ok := listed(a)
	if !ok {
		return unclear
	}
	y, ok := listed(b)
	if !ok {
		return unclear
	}
	if !x.more && len(x.sure)+len(x.maybe) < len(y.sure) || !y.more && len(y.sure)+len(y.maybe) < len(x.sure) {
		return no
	}
	return unclear
}

// holds reports whether a list holds a value.
func (o *open) holds(v ref.Val) tri {
	out := no
	for _, e := range o.sure {
		switch same(v, e) {
		case yes:
			return yes
		case unclear:
			out = unclear
		}
	}
	for _, e := range o.maybe {
		if same(v, e) != no {
			out = unclear
		}
	}
	if o.more {
		out = unclear
	}
	return out
}

// answer turns a tri into a value of CEL.
func answer(t tri, from *types.Unknown) ref.Val {
	switch t {
	case yes:
		return types.True
	case no:
		return types.False
	}
	return from
}

// part returns the value of a signal that is known in part, with the id of its slot.
func part(v any, d *signal.Def, f *signal.Facts, from *types.Unknown) ref.Val {
	gaps := len(f.Gaps[d.Name]) > 0
	switch d.Type {
	case signal.Double, signal.Int:
		least, ok := float(v)
		most, bounded := f.Most[d.Name]
		switch {
		case !ok:
			return from
		case !bounded || math.IsNaN(most) || most < least:
			most = math.Inf(1)
		}
		return newSpan(least, most, d.Type == signal.Int, from)
	case signal.Bool:
		// What is known to hold holds, whatever else there is.
		if v == true {
			return types.True
		}
		return from
	case signal.Strings:
		list, ok := words(v)
		if !ok {
			return from
		}
		return partWords(list, f.Gaps[d.Name], from)
	case signal.Doubles:
		list, ok := numbers(v)
		if !ok {
			return from
		}
		o := open{partial: partial{from}, more: true}
		for _, x := range list {
			o.sure = append(o.sure, newSpan(x, math.Inf(1), false, from))
		}
		return newOpen(o)
	case signal.Maps:
		list, ok := convert(v, d.Type, shapes[d.Name])
		if !ok {
			return from
		}
		o, _ := listed(list)
		if !gaps {
			return list
		}
		o.from, o.more, o.floor = from, true, math.Inf(-1)
		return newOpen(*o)
	}
	return from
}

// partWords is a list of words with gaps: the words known, and those that the gaps may hold.
func partWords(list []string, gaps []signal.Gap, from *types.Unknown) ref.Val {
	o := open{partial: partial{from}}
	seen := map[string]bool{}
	for _, w := range list {
		o.sure, seen[w] = append(o.sure, types.String(w)), true
	}
	for _, g := range gaps {
		o.more = o.more || g.May == nil
		for _, w := range g.May {
			if !seen[w] {
				o.maybe, seen[w] = append(o.maybe, types.String(w)), true
			}
		}
	}
	return newOpen(o)
}

// lookup reads a field of an element: what it lacks is unknown, and a number may be known in part.
func lookup(e *element, i int) ref.Val {
	f := &e.shape.fields[i]
	if least, ok := e.keys[f.name].(signal.AtLeast); ok {
		switch {
		case math.IsNaN(float64(least)):
		case f.typ == signal.Double || f.typ == signal.Int:
			return newSpan(float64(least), math.Inf(1), f.typ == signal.Int, unknown(f.id, e.shape.signal+"."+f.name))
		}
		return unknown(f.id, e.shape.signal+"."+f.name)
	}
	got, err := get(e, i)
	if v, ok := got.(ref.Val); ok && err == nil {
		return v
	}
	return types.WrapErr(err)
}
