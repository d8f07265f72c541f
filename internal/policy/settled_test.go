package policy

import (
	"maps"
	"testing"

	"plimsoll/internal/signal"
)

// TestSettled: bounds settle a subject where every rule is decided within them, and nothing is said that shows them.
func TestSettled(t *testing.T) {
	const peak, class = "usage.storage_tb_peak", "party.class"
	within := func(least, most float64, values map[string]any) *signal.Facts {
		f := facts(map[string]any{peak: least})
		maps.Copy(f.Values, values)
		f.Gaps = map[string][]signal.Gap{peak: {{Reason: signal.Unstated, Column: "usage"}}}
		f.Most, f.Pending = map[string]float64{peak: most}, map[string]bool{peak: true}
		return f
	}
	civil := map[string]any{class: "civil"}
	for _, tt := range []struct {
		name string
		pack map[string]string
		f    *signal.Facts
		want bool
	}{
		{"below the floor", nil, within(2, 9, nil), true},
		{"at the floor", nil, within(2, 10, nil), true},
		{"perhaps above", nil, within(2, 11, nil), false},
		{"surely above", nil, within(11, 12, nil), false},
		{"does not apply", map[string]string{"APPLIES": "party.class != 'civil'"}, within(2, 11, civil), true},
		{"whether it applies is within the bounds", map[string]string{"APPLIES": "usage.storage_tb_peak > 5.0",
			"WHEN": "party.class == 'police'"}, within(2, 9, civil), false},
		{"exempt whatever it is", map[string]string{"EXEMPT": "party.class in set.civil"}, within(2, 11, civil), false},
		{"known and not raised", nil, facts(map[string]any{peak: 3.0}), true},
		{"known and raised", nil, facts(map[string]any{peak: 30.0}), false},
		{"not computable whatever stays", nil, facts(nil), true},
		{"another rule's signal stays", map[string]string{"WHEN": "party.class == 'police'"},
			within(2, 9, map[string]any{class: "police"}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mustParse(t, with(tt.pack)).Settled(tt.f); got != tt.want {
				t.Errorf("Settled = %v", got)
			}
		})
	}
}
