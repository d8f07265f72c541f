package report

import "testing"

// A label of an axis has room for eight letters: a longer one is cut at the edge of the picture.
func TestTick(t *testing.T) {
	for _, tt := range []struct {
		v    float64
		unit string
		want string
	}{
		{11337, "TB", "11.3 PB"}, {5669, "TB", "5.7 PB"}, {400, "TB", "400 TB"}, {24009, "hours", "24\u202f009"},
		{5.16e9, "characters", "5.2 bn"}, {1e6, "TB", "1000 PB"},
	} {
		if got := tick(tt.v, tt.unit); got != tt.want || len([]rune(got)) > 8 {
			t.Errorf("tick(%v, %q) = %q, want %q", tt.v, tt.unit, got, tt.want)
		}
	}
}
