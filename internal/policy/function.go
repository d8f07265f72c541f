package policy

import (
	"slices"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

func wordList(list []string) ref.Val {
	return types.NewStringList(types.DefaultTypeAdapter, list)
}

func numberList(list []float64) ref.Val {
	return types.NewList(types.DefaultTypeAdapter, list)
}

// calls are what rules may call beside the standard library of CEL. All are strict: an
// argument that is missing makes the result missing.
func calls() []cel.EnvOption {
	texts, doubles := cel.ListType(cel.StringType), cel.ListType(cel.DoubleType)
	claims := cel.ListType(shapes[claimSignal].typ)
	return []cel.EnvOption{
		// overlaps(a, b): the lists share a word.
		cel.Function("overlaps", cel.Overload("overlaps_strings", []*cel.Type{texts, texts}, cel.BoolType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				have := readWords(b)
				for _, w := range readWords(a) {
					if slices.Contains(have, w) {
						return types.True
					}
				}
				return types.False
			}))),
		// common(a, b): the words of a that b holds too, in the order of a.
		cel.Function("common", cel.Overload("common_strings", []*cel.Type{texts, texts}, texts,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				have := readWords(b)
				var out []string
				for _, w := range readWords(a) {
					if slices.Contains(have, w) {
						out = append(out, w)
					}
				}
				return wordList(out)
			}))),
		// origins(claims): how many independent origins they have. Claims that share one count
		// once, and so do all that state none.
		cel.Function("origins", cel.Overload("origins_claims", []*cel.Type{claims}, cel.IntType,
			cel.UnaryBinding(origins))),
		// peak(list), total(list): the largest number and the sum; 0 for an empty list.
		cel.Function("peak", cel.Overload("peak_doubles", []*cel.Type{doubles}, cel.DoubleType,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				most := 0.0
				for _, f := range readNumbers(v) {
					most = max(most, f)
				}
				return types.Double(most)
			}))),
		cel.Function("total", cel.Overload("total_doubles", []*cel.Type{doubles}, cel.DoubleType,
			cel.UnaryBinding(func(v ref.Val) ref.Val {
				sum := 0.0
				for _, f := range readNumbers(v) {
					sum += f
				}
				return types.Double(sum)
			}))),
		// within(list, lo, hi): how many numbers are at least lo and below hi.
		cel.Function("within", cel.Overload("within_doubles",
			[]*cel.Type{doubles, cel.DoubleType, cel.DoubleType}, cel.IntType,
			cel.FunctionBinding(func(args ...ref.Val) ref.Val {
				lo, hi := args[1].(types.Double), args[2].(types.Double)
				n := 0
				for _, f := range readNumbers(args[0]) {
					if f >= float64(lo) && f < float64(hi) {
						n++
					}
				}
				return types.Int(n)
			}))),
		// shares(least, most): a range of shares as a reader sees it.
		cel.Function("shares", cel.Overload("shares_double", []*cel.Type{cel.DoubleType, cel.DoubleType},
			cel.StringType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val {
				least, _ := percent(a)
				most, _ := percent(b)
				if least == most {
					return types.String(least)
				}
				return types.String("between " + least + " and " + most)
			}))),
		cel.Function("least", cel.Overload("least_double", []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.DoubleType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return min(a.(types.Double), b.(types.Double)) }))),
		cel.Function("greatest", cel.Overload("greatest_double", []*cel.Type{cel.DoubleType, cel.DoubleType},
			cel.DoubleType,
			cel.BinaryBinding(func(a, b ref.Val) ref.Val { return max(a.(types.Double), b.(types.Double)) }))),
	}
}

// claimSignal is the signal whose elements have origins.
const claimSignal = "party.claims"

func origins(v ref.Val) ref.Val {
	list, ok := v.(traits.Lister)
	if !ok {
		return types.MaybeNoSuchOverloadErr(v)
	}
	i := shapes[claimSignal].byName["origin"]
	seen := map[string]bool{}
	var gaps *types.Unknown
	for it := list.Iterator(); it.HasNext() == types.True; {
		got, err := get(it.Next(), i)
		switch o := got.(type) {
		case types.String:
			seen[string(o)] = true
		case *types.Unknown:
			gaps = types.MergeUnknowns(gaps, o)
		default:
			return types.WrapErr(err)
		}
	}
	if gaps != nil {
		return gaps
	}
	return types.Int(len(seen))
}

// readWords reads a list of words. The lists of signals and sets are Go slices already.
func readWords(v ref.Val) []string {
	if list, ok := v.Value().([]string); ok {
		return list
	}
	list, ok := v.(traits.Lister)
	if !ok {
		return nil
	}
	var out []string
	for it := list.Iterator(); it.HasNext() == types.True; {
		if s, ok := it.Next().(types.String); ok {
			out = append(out, string(s))
		}
	}
	return out
}

func readNumbers(v ref.Val) []float64 {
	if list, ok := v.Value().([]float64); ok {
		return list
	}
	list, ok := v.(traits.Lister)
	if !ok {
		return nil
	}
	var out []float64
	for it := list.Iterator(); it.HasNext() == types.True; {
		if f, ok := it.Next().(types.Double); ok {
			out = append(out, float64(f))
		}
	}
	return out
}
