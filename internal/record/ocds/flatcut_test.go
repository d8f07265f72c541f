package ocds

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/internal/record/recordtest"
)

// TestFlatCutOff: a flattened table that breaks off within its last row is a failure, and that row no release.
func TestFlatCutOff(t *testing.T) {
	const whole = "ocid,id,date,tag,buyer/name,awards/0/id,awards/0/suppliers/0/name\n" +
		"ocds-1,r1,2031-01-01T00:00:00Z,award,Port Melin,a1,Ostrin Works\nocds-2,r2,2031-01-02T00:00:00Z,award,Port " +
		"Melin,a2,Olmo Foods"
	for _, tt := range []struct {
		name, text string
		cut        bool
	}{
		{"whole", whole + "\n", false},
		{"whole, without a line end", whole, false},
		{"within the last row", strings.TrimSuffix(whole, ",a2,Olmo Foods"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "releases.csv")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			src := recordtest.Sources(t, path)[0]
			stats, err := DecodeAll(t.Context(), recordtest.Sources(t, path), &recordtest.Collector{})
			if err != nil {
				t.Fatal(err)
			}
			if got := stats[src.Index]; (got.Failed != "") != tt.cut {
				t.Errorf("failed = %q of %d rows", got.Failed, got.Rows)
			}
		})
	}
}
