package review

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/internal/record/recordtest"
)

// worstReal is how much of the answers for which the columns exist may be not computable on real files.
const worstReal = 0.10

// TestQualityUnknownReal reviews real contracts, bills and ownership, topic by topic, and prints how
// much is not computable by flag and reason. Of the answers for which the records have the columns
// at most a tenth may be. make quality takes all topics, make test the small ones.
func TestQualityUnknownReal(t *testing.T) {
	for _, tt := range []struct {
		name  string
		paths []string
		maps  string
		large bool
	}{
		{name: "contracts of Portugal", paths: []string{"data/ocds/kingfisher"}},
		{name: "contracts of Mexico and Paraguay", paths: []string{"data/ocds/ocdskit-realdata"}},
		{name: "bills of three providers", paths: []string{"data/focus/focus-1.0-sample"}},
		{name: "ownership statements", paths: []string{"data/bods/examples/0.4"}},
		{name: "entities with an identifier", paths: []string{"data/gleif/goldencopy"}},
		{name: "contracts of nine countries", paths: []string{"data/ocds/sample-data-history"}, large: true},
		{name: "contracts of Canada", paths: []string{"data/ocds/canada-buyandsell-2014"}, large: true},
		{name: "bills as providers write them", paths: []string{"data/focus/guymano/golden"}, large: true},
		{name: "payments of public bodies", paths: []string{"data/gov_contracts/uk_spend"}, maps: "../../examples/maps",
			large: true},
		{name: "municipal contracts", paths: []string{"data/gov_contracts/kosovo"}, maps: "../../examples/maps",
			large: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.large && os.Getenv("PLIMSOLL_QUALITY") == "" {
				t.Skip("large: run with PLIMSOLL_QUALITY=1")
			}
			var paths []string
			for _, p := range tt.paths {
				paths = append(paths, recordtest.Shared(t, p))
			}
			out := filepath.Join(t.TempDir(), "out")
			res, err := Run(context.Background(), Options{
				Paths: paths, Lists: []string{recordtest.Shared(t, "data/sanctions/un")}, Map: tt.maps, Out: out,
				Version: "test",
				AsOf:    time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC),
			})
			if err != nil {
				t.Fatal(err)
			}
			s := newOpenShare()
			s.add(lines(t, filepath.Join(out, "findings.jsonl")), res.Summary)
			t.Logf("%d answers, %d not computable, %d of them for columns that are not there: %.1f %% of the rest\n%s",
				total(s.checked),
				total(s.open), total(s.absent), 100*s.there(), s.table())
			if total(s.checked) > 0 && s.there() > worstReal {
				t.Errorf("%.1f %% of the answers for which the columns exist are not computable, at most %.0f %% may "+
					"be", 100*s.there(), 100*worstReal)
			}
		})
	}
}
