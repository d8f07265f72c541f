package ocds

import (
	"context"
	"encoding/json"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// readAll decodes the files under a folder of the real data, as one run.
func readAll(t testing.TB, paths ...string) (*recordtest.Collector, map[int]record.Stats, []record.Source) {
	t.Helper()
	var full []string
	for _, p := range paths {
		full = append(full, recordtest.Shared(t, "data/ocds/"+p))
	}
	src := recordtest.Sources(t, full...)
	var use []record.Source
	for _, s := range src {
		head, err := s.Head()
		if err == nil && !Recognise(head) {
			t.Errorf("%s is not recognised", s.Name)
			continue
		}
		use = append(use, s)
	}
	c := &recordtest.Collector{}
	stats, err := DecodeAll(context.Background(), use, c)
	if err != nil {
		t.Fatal(err)
	}
	return c, stats, use
}

func TestReal(t *testing.T) {
	for _, p := range []string{"kingfisher/collection_file.json", "sample-data-history/armenia", "sample-data-history/moldova", "sample-data-history/ukraine",
		"sample-data-history/paraguay", "sample-data-history/nigeria", "sample-data-history/uk-contracts-finder", "ocdskit-realdata", "spoonbill/ocds-sample-data.json",
		"canada-buyandsell-2014", "fictional-example/1.0", "fictional-example/1.1"} {
		t.Run(p, func(t *testing.T) {
			c, stats, _ := readAll(t, p)
			sum := record.Stats{}
			notes := map[string]bool{}
			for _, s := range stats {
				sum.Rows += s.Rows
				sum.Records += s.Records
				sum.Rejects += s.Rejects
				for _, n := range s.Notes {
					if len(notes) < 15 {
						notes[n] = true
					}
				}
			}
			e, a, x := recordtest.Of[*record.Engagement](c), recordtest.Of[*record.Amendment](c), recordtest.Of[*record.Transaction](c)
			t.Logf("rows %d records %d rejects %d: %d engagements %d amendments %d transactions", sum.Rows, sum.Records, sum.Rejects, len(e), len(a), len(x))
			for n := range notes {
				t.Log("  ", n)
			}
			for i, r := range c.Rejects {
				if i < 5 {
					t.Logf("   %+v", r)
				}
			}
			if len(e) > 0 {
				b, _ := json.Marshal(e[0])
				t.Logf("   %s", b)
			}
			if len(a) > 0 {
				b, _ := json.Marshal(a[0])
				t.Logf("   %s", b)
			}
			if len(x) > 0 {
				b, _ := json.Marshal(x[0])
				t.Logf("   %s", b)
			}
		})
	}
}
