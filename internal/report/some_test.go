package report

import "testing"

func TestSome(t *testing.T) {
	for _, tt := range []struct {
		name  string
		names []string
		all   int
		want  string
	}{
		{"an account without an id is named as that", []string{"", "acc-7"}, 2, "(no id), acc-7"},
		{"those beyond the list are counted", []string{"acc-7"}, 3, "acc-7 and 2 more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := some(tt.names, tt.all); got != tt.want {
				t.Errorf("some(%q, %d) = %q, want %q", tt.names, tt.all, got, tt.want)
			}
		})
	}
}
