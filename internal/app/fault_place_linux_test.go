package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFaultAtPlace has syncs and renames fail, or get lost, while what other commands write gets its name: reviews
// (into no folder, into one of an earlier review, into one that holds other files), bags, checkpoints that are
// remembered, and a new key. A command that ends well has its output there, whole; one that does not says why, and
// succeeds when it is run again.
func TestFaultAtPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("starts many programs")
	}
	strace := tracer(t)
	base := filepath.Join(t.TempDir(), "data")
	in, memo := t.TempDir(), filepath.Join(t.TempDir(), "memo.txt")
	placed(t, filepath.Join(in, "engagements.csv"), "engagement_id,seller,buyer,end_user,item,value,currency\n"+
		"K-1,Altus,Wexcombe Dairy,Wexcombe Dairy,milk cans,12,EUR\n")
	placed(t, memo, "what the seventh floor ordered")
	run(t, exitDone, "evidence", "add", "--data", base, "--case", "PL-1", "--actor", "asha", "--reason", "for the case",
		memo)
	vkey := strings.Fields(keptAt(t, base, "ledger", "key"))[1]
	review := func(dir string) []string {
		return []string{"review", "--as-of", "2031-01-01", "--out", filepath.Join(dir, "out"), in}
	}
	reviewed := func(t *testing.T, dir string) bool {
		out := filepath.Join(dir, "out")
		_, err := os.Stat(filepath.Join(out, "review.json"))
		return err == nil && len(keptAt(t, out, "findings.jsonl")) >= 0 && exists(filepath.Join(out, "report.html"))
	}
	for _, tt := range []struct {
		name    string
		before  func(t *testing.T, dir string) // dir holds a copy of base, as data
		command func(dir string) []string
		whole   func(t *testing.T, dir string) bool
	}{
		{"review", nil, review, reviewed},
		{"review again", func(t *testing.T, dir string) { run(t, exitDone, review(dir)...) }, review, reviewed},
		{"review beside notes", func(t *testing.T, dir string) {
			run(t, exitDone, review(dir)...)
			placed(t, filepath.Join(dir, "out", "notes.txt"), "mine")
		}, review, func(t *testing.T, dir string) bool {
			return reviewed(t, dir) && keptAt(t, dir, "out", "notes.txt") == "mine"
		}},
		{"bag", nil, func(dir string) []string {
			return []string{"evidence", "export", "--data", filepath.Join(dir, "data"), "--actor", "asha",
				"--reason", "for counsel", "PL-1", "--out", filepath.Join(dir, "bag")}
		}, func(t *testing.T, dir string) bool {
			var out lines
			return Main(t.Context(), []string{"verify", filepath.Join(dir, "bag")},
				strings.NewReader(""), &out, &out) == exitDone
		}},
		{"remember", nil, func(dir string) []string {
			return []string{"verify", filepath.Join(dir, "data", "ledger", "log"), "--key", vkey, "--remember",
				filepath.Join(dir, "seen")}
		}, func(t *testing.T, dir string) bool { return exists(filepath.Join(dir, "seen")) }},
		{"key", nil, func(dir string) []string {
			return []string{"key", "rotate", "ledger", "--data", filepath.Join(dir, "data"), "--actor", "asha"}
		}, func(t *testing.T, dir string) bool {
			return strings.Fields(keptAt(t, dir, "data", "ledger", "key"))[1] != vkey
		}},
	} {
		for _, f := range faults {
			if f.calls[0] == "pwrite64" {
				continue
			}
			t.Run(tt.name+"/"+f.name, func(t *testing.T) {
				tried := 0
				for _, n := range faultPlaces() {
					dir := filepath.Dir(copied(t, base))
					if tt.before != nil {
						tt.before(t, dir)
					}
					args := tt.command(dir)
					code, said, hit := traced(t, strace, f, n, args...)
					if !hit {
						break
					}
					tried++
					if !f.kills && code != exitDone && code != exitFailed || strings.Contains(said, "goroutine ") ||
						code == exitFailed && !strings.Contains(said, "plimsoll:") {
						t.Fatalf("call %d: exit %d: %s", n, code, said)
					}
					if code == exitDone && !f.kills {
						if !tt.whole(t, dir) {
							t.Errorf("call %d: it went well, and its output is not there: %s", n, said)
						}
						continue
					}
					if tt.name == "review again" && !reviewed(t, dir) {
						t.Errorf("call %d: neither the old review is there nor the new one: %s", n, said)
					}
					if run(t, exitDone, args...); !tt.whole(t, dir) {
						t.Errorf("call %d: not there after another try", n)
					}
				}
				if tried == 0 {
					t.Error("no call failed")
				}
				t.Logf("%d calls failed in turn", tried)
			})
		}
	}
}
