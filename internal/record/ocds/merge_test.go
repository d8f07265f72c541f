package ocds

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

func decodeAny(t testing.TB, b []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("decode %.200s: %v", b, err)
	}
	return v
}

func splitArray(t testing.TB, b []byte) (out [][]byte) {
	t.Helper()
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	for _, r := range raw {
		out = append(out, r)
	}
	return out
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rulesOf reads merge rules out of a JSON Schema, for the fixtures that bring their own.
func rulesOf(schema map[string]any) *rule {
	r := &rule{child: map[string]*rule{}}
	props, _ := schema["properties"].(map[string]any)
	for name, p := range props {
		p := p.(map[string]any)
		c := rulesOf(p)
		if items, ok := p["items"].(map[string]any); ok {
			c = rulesOf(items)
			c.whole = p["wholeListMerge"] == true
			if ps, ok := items["properties"].(map[string]any); ok && ps["id"] == nil {
				c.whole = true
			}
		}
		c.omit = p["omitWhenMerged"] == true
		r.child[name] = c
	}
	return r
}

func TestMergeFixtures(t *testing.T) {
	root := recordtest.Shared(t, "data/ocds/ocds-merge-fixtures")
	var schema map[string]any
	if err := json.Unmarshal(read(t, filepath.Join(root, "schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	own := &rules{root: rulesOf(schema)}
	n := 0
	for _, dir := range []struct {
		name  string
		rules *rules
	}{{"1.0", rules10}, {"1.1", rules11}, {"schema", own}} {
		paths, _ := filepath.Glob(filepath.Join(root, dir.name, "*.json"))
		for _, path := range paths {
			for suffix, merge := range map[string]func([]value, *rules) []byte{"-compiled.json": compile,
				"-versioned.json": versions} {
				input, ok := strings.CutSuffix(path, suffix)
				if !ok {
					continue
				}
				n++
				t.Run(dir.name+"/"+filepath.Base(path), func(t *testing.T) {
					sorted, _, err := readReleases(splitArray(t, read(t, input+".json")))
					if err != nil {
						t.Fatal(err)
					}
					got := merge(sorted, dir.rules)
					if diff := cmp.Diff(decodeAny(t, read(t, path)), decodeAny(t, got)); diff != "" {
						t.Errorf("merge of %s (-want +got):\n%s", filepath.Base(path), diff)
					}
				})
			}
		}
	}
	if n != 50 {
		t.Errorf("%d fixtures, want 50", n)
	}
}

func TestMergeExamples(t *testing.T) {
	for _, dir := range []string{"data/ocds/standard-examples/merging/deletions",
		"data/ocds/standard-examples/change_history/records", "data/ocds/fictional-example/1.1/record"} {
		root := recordtest.Shared(t, dir)
		paths, _ := filepath.Glob(filepath.Join(root, "*.json"))
		for _, path := range paths {
			var pkg struct {
				Version string
				Records []struct {
					Releases         []json.RawMessage
					CompiledRelease  json.RawMessage
					VersionedRelease json.RawMessage
				}
			}
			if json.Unmarshal(read(t, path), &pkg) != nil || len(pkg.Records) == 0 {
				continue
			}
			t.Run(filepath.Base(path), func(t *testing.T) {
				var releases [][]byte
				for _, r := range pkg.Records[0].Releases {
					if bytes.Contains(r, []byte(`"ocid"`)) {
						releases = append(releases, r)
					}
				}
				if len(releases) == 0 {
					t.Skip("linked releases")
				}
				for want, merge := range map[*json.RawMessage]func([][]byte) ([]byte, error){
					&pkg.Records[0].CompiledRelease: Merge, &pkg.Records[0].VersionedRelease: MergeVersioned,
				} {
					if len(*want) == 0 {
						continue
					}
					got, err := merge(releases)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(decodeAny(t, *want), decodeAny(t, got)); diff != "" {
						t.Errorf("merge (-want +got):\n%.3000s", diff)
					}
				}
			})
		}
	}
}

// TestMergeFixturesThroughReader reads the published fixtures by the road of [DecodeAll]: what the reader merges the
// releases into is what it reads of the compiled release, as far as it keeps members at all.
func TestMergeFixturesThroughReader(t *testing.T) {
	root := recordtest.Shared(t, "data/ocds/ocds-merge-fixtures")
	compared := 0
	for _, version := range []string{"1.0", "1.1"} {
		paths, _ := filepath.Glob(filepath.Join(root, version, "*-compiled.json"))
		for _, path := range paths {
			t.Run(version+"/"+filepath.Base(path), func(t *testing.T) {
				got := mergedBy(t, strings.TrimSuffix(path, "-compiled.json")+".json")
				want := mergedBy(t, path)
				if got == "" || got != want {
					t.Errorf("from the releases %s, from the compiled release %s", got, want)
				}
				compared++
			})
		}
	}
	if compared < 15 {
		t.Errorf("%d fixtures compared", compared)
	}
}

// mergedBy returns what the reader merges the releases of one process in a file into.
func mergedBy(t *testing.T, path string) string {
	t.Helper()
	d := newDecoder(t.Context(), &recordtest.Collector{}, spoolLimit)
	defer d.spool.close()
	src := record.Source{Path: path, Name: filepath.Base(path)}
	if err := d.read(src, d.count(src)); err != nil {
		t.Fatal(err)
	}
	out := ""
	err := d.spool.each(func(p *process) error {
		d.arena.reset()
		entries, _ := d.choose(p.entries)
		if m := d.merge(p.ocid, entries); len(entries) > 0 {
			out = string(m.release.appendJSON(nil, false))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
