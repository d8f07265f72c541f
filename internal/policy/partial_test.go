package policy

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"plimsoll/internal/signal"
)

// A guess draws expressions and facts over a small vocabulary.
type guess struct{ *rand.Rand }

func (g guess) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g guess) number(depth int, element string) string {
	leaves := []string{"usage.storage_tb_peak", "usage.committed_tb", "2.0", "5.0", "double(usage.months)", "0.5"}
	if element != "" {
		leaves = append(leaves, element+".age_years", element+".age_years")
	}
	if depth == 0 {
		return g.pick(leaves...)
	}
	depth--
	switch g.IntN(10) {
	case 0, 1:
		return fmt.Sprintf("(%s %s %s)", g.number(depth, element), g.pick("+", "-", "*", "/"), g.number(depth, element))
	case 2:
		return "(-" + g.number(depth, element) + ")"
	case 3:
		return fmt.Sprintf("%s(%s, %s)", g.pick("least", "greatest"), g.number(depth, element),
			g.number(depth, element))
	case 4, 5:
		return fmt.Sprintf("%s(%s)", g.pick("peak", "total"), g.numbers(depth))
	case 6:
		return fmt.Sprintf("(%s ? %s : %s)", g.truth(depth, element), g.number(depth, element),
			g.number(depth, element))
	case 7:
		return fmt.Sprintf("double(%s)", g.count(depth))
	}
	return g.pick(leaves...)
}

func (g guess) count(depth int) string {
	if depth == 0 {
		return g.pick("usage.months", "1", "2", "size(usage.combination)", "size(party.claims)")
	}
	depth--
	switch g.IntN(8) {
	case 0:
		return fmt.Sprintf("(%s %s %s)", g.count(depth), g.pick("+", "-", "*", "/"), g.count(depth))
	case 1:
		return fmt.Sprintf("int(%s)", g.number(depth, ""))
	case 2:
		return fmt.Sprintf("size(%s)", g.words(depth))
	case 3:
		return fmt.Sprintf("size(%s)", g.claims(depth))
	case 4:
		return fmt.Sprintf("origins(%s)", g.claims(depth))
	case 5:
		return fmt.Sprintf("within(%s, %s, %s)", g.numbers(depth), g.number(0, ""), g.number(0, ""))
	case 6:
		return fmt.Sprintf("size(%s)", g.numbers(depth))
	}
	return g.pick("usage.months", "1", "3")
}

func (g guess) numbers(depth int) string {
	if depth == 0 {
		return g.pick("usage.sub_storage_tb", "usage.sub_storage_tb", "[1.0, usage.committed_tb]",
			"party.claims.map(c, c.age_years)")
	}
	depth--
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf("%s.filter(n, n %s %s)", g.numbers(depth), g.pick("<", ">="), g.number(depth, ""))
	case 1:
		return fmt.Sprintf("%s.map(c, %s)", g.claims(depth), g.number(depth, "c"))
	}
	return g.numbers(0)
}

func (g guess) words(depth int) string {
	if depth == 0 {
		return g.pick("usage.combination", "party.capabilities", "['speech', 'face']")
	}
	depth--
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("common(%s, %s)", g.words(depth), g.words(depth))
	case 1:
		return fmt.Sprintf("%s.map(c, c.capability)", g.claims(depth))
	case 2:
		return fmt.Sprintf("%s.filter(w, w %s)", g.words(depth), g.pick("!= 'speech'", "in usage.combination",
			"== party.class"))
	}
	return g.words(0)
}

func (g guess) claims(depth int) string {
	if depth == 0 {
		return "party.claims"
	}
	return fmt.Sprintf("%s.filter(c, %s)", g.claims(depth-1), g.truth(depth-1, "c"))
}

func (g guess) truth(depth int, element string) string {
	if depth <= 0 {
		leaves := []string{
			"party.security", "usage.storage_tb_peak > 5.0", "3 <= usage.months", "'speech' in usage.combination",
			"party.class == 'police'", "party.class in ['police', 'civil']",
			"overlaps(usage.combination, party.capabilities)",
		}
		if element != "" {
			leaves = append(leaves, element+".live", element+".age_years < 4.0", element+
				".capability in usage.combination",
				element+".origin != 'a'", element+".credibility <= 2")
		}
		return g.pick(leaves...)
	}
	depth--
	switch g.IntN(13) {
	case 0:
		return fmt.Sprintf("!(%s)", g.truth(depth, element))
	case 1, 2:
		return fmt.Sprintf("(%s %s %s)", g.truth(depth, element), g.pick("&&", "||"), g.truth(depth, element))
	case 3, 4:
		return fmt.Sprintf("%s %s %s", g.number(depth, element), g.pick("<", "<=", ">", ">=", "==", "!="),
			g.number(depth, element))
	case 5:
		return fmt.Sprintf("%s %s %s", g.count(depth), g.pick("<", "<=", ">", ">=", "==", "!="), g.count(depth))
	case 6:
		return fmt.Sprintf("'%s' in %s", g.pick("speech", "face", "llm"), g.words(depth))
	case 7:
		return fmt.Sprintf("overlaps(%s, %s)", g.words(depth), g.words(depth))
	case 8, 9:
		return fmt.Sprintf("%s.%s(c, %s)", g.claims(depth), g.pick("exists", "all", "exists_one"), g.truth(depth, "c"))
	case 10:
		return fmt.Sprintf("%s.%s(n, n %s %s)", g.numbers(depth), g.pick("exists", "all", "exists_one"),
			g.pick("<", ">="), g.number(0, ""))
	case 11:
		return fmt.Sprintf("%s %s %s", g.words(depth), g.pick("==", "!="), g.words(depth))
	}
	return fmt.Sprintf("%s[0] == '%s'", g.words(depth), g.pick("speech", "face"))
}

var (
	someWords   = []string{"face", "llm", "speech", "vision"}
	someClasses = []string{"civil", "military", "police", "unknown"}
	vocabulary  = []string{
		"usage.storage_tb_peak", "usage.committed_tb", "usage.months", "usage.combination", "party.capabilities",
		"usage.sub_storage_tb", "party.claims", "party.security", "party.class",
	}
)

func (g guess) subset(of []string) []string {
	out := []string{}
	for _, w := range of {
		if g.IntN(2) == 0 {
			out = append(out, w)
		}
	}
	return out
}

func (g guess) amount() float64 { return float64(g.IntN(17)) / 2 }

func (g guess) claim() map[string]any {
	return map[string]any{
		"id": "1", "reliability": g.pick("A", "C"), "credibility": 1 + g.IntN(4), "age_years": g.amount(),
		"origin": g.pick("a", "b", ""),
		"status": "reported", "live": g.IntN(2) == 0, "capability": g.pick(someWords...), "parent": false,
	}
}

// fresh draws a value known in full.
func (g guess) fresh(name string) any {
	switch signal.Catalogue[slots[name]].Type {
	case signal.Double:
		return g.amount()
	case signal.Int:
		return g.IntN(6)
	case signal.Bool:
		return g.IntN(2) == 0
	case signal.String:
		return g.pick(someClasses...)
	case signal.Strings:
		return g.subset(someWords)
	case signal.Doubles:
		out := []float64{}
		for range g.IntN(3) {
			out = append(out, g.amount())
		}
		return out
	}
	out := []map[string]any{}
	for range g.IntN(4) {
		out = append(out, g.claim())
	}
	return out
}

// facts draws facts of which some are absent and some known in part.
func (g guess) facts() *signal.Facts {
	f := facts(map[string]any{})
	f.Gaps, f.Most = map[string][]signal.Gap{}, map[string]float64{}
	for _, name := range vocabulary {
		if g.IntN(6) == 0 {
			continue
		}
		v := g.fresh(name)
		if list, ok := v.([]map[string]any); ok {
			for _, e := range list {
				for k := range maps.Clone(e) {
					switch n := g.IntN(10); {
					case n == 0:
						delete(e, k)
					case n < 4 && k == "age_years":
						e[k] = signal.AtLeast(e[k].(float64))
					case n < 3 && k == "credibility":
						e[k] = signal.AtLeast(e[k].(int))
					}
				}
			}
		}
		f.Values[name] = v
		if g.IntN(2) == 0 {
			continue
		}
		gap := signal.Gap{Reason: signal.UnitUnknown, Column: "usage.ConsumedUnit", Rows: 1}
		switch n := v.(type) {
		case []string:
			if g.IntN(3) > 0 {
				gap.May = g.subset(someWords)
			}
		case float64:
			if g.IntN(3) == 0 {
				f.Most[name] = n + g.amount()
			}
		}
		f.Gaps[name] = []signal.Gap{gap}
	}
	return f
}

// completed draws one way in which what is unknown may turn out.
func (g guess) completed(f *signal.Facts) *signal.Facts {
	out := facts(map[string]any{})
	for _, name := range vocabulary {
		v, ok := f.Values[name]
		if !ok {
			out.Values[name] = g.fresh(name)
			continue
		}
		gaps := f.Gaps[name]
		open := len(gaps) > 0
		switch known := v.(type) {
		case float64:
			if open {
				most, bounded := f.Most[name]
				if v = known + g.amount(); bounded {
					v = min(known+g.amount(), most)
				}
			}
		case int:
			if open {
				v = known + g.IntN(4)
			}
		case bool:
			v = known || open && g.IntN(2) == 0
		case string:
			if open {
				v = g.pick(someClasses...)
			}
		case []string:
			if open {
				further := gaps[0].May
				if further == nil {
					further = append(slices.Clone(someWords), "gpu", "location")
				}
				v = unique(slices.Concat(known, g.subset(further)))
			}
		case []float64:
			list := slices.Clone(known)
			for i := range list {
				if open && g.IntN(2) == 0 {
					list[i] += g.amount()
				}
			}
			for open && g.IntN(2) == 0 {
				list = append(list, g.amount())
			}
			v = list
		case []map[string]any:
			var list []map[string]any
			for _, e := range known {
				whole := g.claim()
				for k, x := range e {
					least, partly := x.(signal.AtLeast)
					switch {
					case !partly:
						whole[k] = x
					case k == "credibility":
						whole[k] = int(least) + g.IntN(3)
					default:
						whole[k] = float64(least) + g.amount()
					}
				}
				list = append(list, whole)
			}
			for open && g.IntN(2) == 0 {
				list = slices.Insert(list, g.IntN(len(list)+1), g.claim())
			}
			v = list
		}
		out.Values[name] = v
	}
	return out
}

// sound draws an expression and facts, and compares what is judged with completions.
func sound(t *testing.T, seed uint64, counts map[string]int) {
	g := guess{rand.New(rand.NewPCG(seed, 7))}
	text := g.truth(1+g.IntN(3), "")
	c := newCompiler(map[string]constant{}, new(int))
	e, fault := c.compile(signal.OfParty, text, false, types.BoolType)
	if fault != nil {
		counts["refused"]++
		return
	}
	if e.term == nil {
		t.Fatalf("%q has no term", text)
	}
	ev := newEvaluator(1)
	with := func(f *signal.Facts, value func() ref.Val) ref.Val {
		if err := ev.start(f); err != nil {
			t.Fatal(err)
		}
		defer ev.stop()
		return value()
	}
	for range 4 {
		f := g.facts()
		judged, isBool := with(f, func() ref.Val { return ev.judgement(e) }).(types.Bool)
		if !isBool {
			counts["unclear"]++
		} else {
			counts["decided"]++
		}
		for range 12 {
			whole := g.completed(f)
			want := with(whole, func() ref.Val { return ev.run(e) })
			r := reading{ev: ev}
			got := with(whole, func() ref.Val { return r.eval(e.term) })
			if _, failed := want.(*types.Err); !failed && got != want {
				t.Fatalf("seed %d: %s is %v in full, by its term %v\nvalues %v", seed, text, want, got, whole.Values)
			}
			if answer, ok := want.(types.Bool); ok && isBool && answer != judged {
				t.Fatalf("seed %d: %s is judged %v, and %v when completed\nknown %v\ngaps  %v\nmost  %v\nwhole %v",
					seed, text, judged, answer, f.Values, f.Gaps, f.Most, whole.Values)
			}
		}
	}
}

// TestJudgedIsWhatEveryCompletionGives compares with brute force: a condition that is judged
// true or false has this value whatever is unknown turns out to be.
func TestJudgedIsWhatEveryCompletionGives(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(2000) {
		sound(t, seed, counts)
	}
	t.Log(counts)
	if counts["decided"] < 500 || counts["unclear"] < 500 {
		t.Errorf("the facts drawn decide too much or too little: %v", counts)
	}
}

// go test -fuzz FuzzJudged -fuzztime 20s ./internal/policy
func FuzzJudged(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { sound(t, seed, map[string]int{}) })
}
