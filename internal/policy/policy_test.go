package policy

import "testing"

func TestBuiltinTrials(t *testing.T) {
	p, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	results, err := p.Test()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if !r.OK {
			t.Errorf("%s:%d: %s (%s) %q: %s", r.File, r.Line, r.Flag, r.Of, r.Name, r.Detail)
		}
	}
	t.Logf("%d tests of %d rules", len(results), len(p.Rules("")))
}
