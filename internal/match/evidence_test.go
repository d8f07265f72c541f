package match

import "testing"

// What software writes where no date is known says nothing of a party.
func TestPlaceholderDate(t *testing.T) {
	for _, tt := range []struct {
		date string
		want bool
	}{
		{"1/1/1900", true}, {"1900-01-01", true}, {"01.01.1900", true}, {"1900-01-00", true}, {"1899-12-30", true},
		{"1899-12-31", true},
		{"1904-01-01", true}, {"01/01/1970", true}, {"1970-01-01T00:00:00Z", true}, {"0001-01-01", true},
		{"9999-12-31", true},
		{"1900", false}, {"1970", false}, {"1970-01-02", false}, {"1961-03-02", false}, {"1900-05-01", false},
		{"1987-01-01", false}, {"", false},
	} {
		t.Run(tt.date, func(t *testing.T) {
			if got := placeholderDate(tt.date); got != tt.want {
				t.Errorf("placeholderDate(%q) = %v, want %v", tt.date, got, tt.want)
			}
		})
	}
}
