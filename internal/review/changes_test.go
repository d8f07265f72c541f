package review

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/finding"
)

// TestNoLongerRaised: what was raised and cannot be computed now is not called "no longer raised".
func TestNoLongerRaised(t *testing.T) {
	write := func(list ...finding.Finding) string {
		path := filepath.Join(t.TempDir(), "findings.jsonl")
		var text []byte
		for _, f := range list {
			b, err := f.Line()
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, b...)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	of := func(id, flag, state, kind string) finding.Finding {
		return finding.Finding{ID: id, Flag: flag, State: state, Severity: "high", Subject: finding.Subject{Kind: kind,
			ID: id, Name: id}}
	}
	before := write(of("stays", "RF-01", finding.Raised, "party"), of("goes", "RF-09", finding.Raised, "party"),
		of("open", "RF-11", finding.Raised, "party"), of("folded", "RF-17", finding.Raised, "party"))
	after := write(of("stays", "RF-01", finding.Raised, "party"), of("new", "RF-03", finding.Raised, "party"),
		of("open", "RF-11", finding.NotComputable, "party"), of("many", "RF-17", finding.NotComputable, "run"))
	c := &Changes{}
	if err := c.flags(before, after); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, x := range c.Flags {
		got[x.ID] = x.Change
	}
	want := map[string]string{"new": RaisedNew, "goes": RaisedGone, "open": RaisedOpen, "folded": RaisedMay}
	if diff := cmp.Diff(want, got); diff != "" || c.New != 1 || c.Gone != 1 || c.Open != 2 {
		t.Errorf("changes (-want +got):\n%s\nnew %d, gone %d, open %d", diff, c.New, c.Gone, c.Open)
	}
}
