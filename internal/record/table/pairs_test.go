package table

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/party"
	"plimsoll/internal/record/recordtest"
)

func TestNumberPairs(t *testing.T) {
	const answer = `{"meta":{"pagination":{"currentPage":1,"lastPage":1,"total":1}},"links":{"first":"https://example.org/lei-records/X/isins?page=1"},` +
		`"data":[{"type":"isins","id":"1","attributes":{"lei":"529900T8BM49AURSDO55","isin":"US0378331005"}}]}`
	const pair = "LEI:529900T8BM49AURSDO55 ISIN:US0378331005"
	for _, tt := range []struct {
		name, file, text string
		want             []string
		rejects          int
		note             string
	}{
		{"two columns", "a.csv", "LEI,ISIN\n529900T8BM49AURSDO55,US0378331005\n", []string{pair}, 0, ""},
		{"the other way round, in small letters", "a.csv", "isin;lei\nus0378331005;529900t8bm49aursdo55\n",
			[]string{pair}, 0, ""},
		{"a row too long", "a.csv", "LEI,ISIN\nX,Y,Z\n529900T8BM49AURSDO55,US0378331005\n", []string{pair}, 1, ""},
		{"an answer of the API", "a.json", answer, []string{pair}, 0, ""},
		{"two answers", "a.json", answer + "\n" + answer, []string{pair, pair}, 0, ""},
		{"a page of several", "a.json", strings.Replace(answer, `"lastPage":1`, `"lastPage":9`, 1), []string{pair}, 0,
			"page 1 of 9"},
		{"a record without a number", "a.json", strings.Replace(answer, `"isin":"US0378331005"`, `"isin":null`, 1), nil,
			1, ""},
		{"an LEI without any ISIN", "a.json",
			`{"links":{"first":"https://example.org/lei-records/X/isins?page=1"},"data":[]}`, nil, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			src := file(t, tt.file, []byte(tt.text))
			if !IsNumberPairs([]byte(tt.text)) {
				t.Fatal("not recognised")
			}
			var got []string
			c := &recordtest.Collector{}
			stats, err := NumberPairs(t.Context(), src, c, func(lei, isin party.Identifier) error {
				got = append(got, lei.String()+" "+isin.String())
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" || len(c.Rejects) != tt.rejects || stats.Rejects != tt.rejects {
				t.Errorf("rejects %v, pairs (-want +got):\n%s", c.Rejects, d)
			}
			if tt.note != "" && !strings.Contains(strings.Join(stats.Notes, " "), tt.note) {
				t.Errorf("notes %q lack %q", stats.Notes, tt.note)
			}
		})
	}
	if IsNumberPairs([]byte(`{"data":[{"type":"lei-records","attributes":{"lei":"x"},"links":{"isins":"/isins"}}]}`)) {
		t.Error("records of entities are taken for pairs")
	}
}

func TestNumberPairsBrokenAnswer(t *testing.T) {
	src := file(t, "a.json", []byte(`{"data":[{"type":"isins","attributes":{"lei":"529900T8BM49AURSDO55","isin":"US03`))
	_, err := NumberPairs(t.Context(), src, &recordtest.Collector{}, func(party.Identifier, party.Identifier) error {
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "a.json") {
		t.Errorf("error is %v", err)
	}
}
