package finding

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	for _, tt := range []struct {
		name string
		gap  Gap
		want string
	}{
		{"column", Gap{Reason: "column_absent", Column: "usage.RegionId"}, "usage.RegionId is missing"},
		{"empty cells", Gap{Reason: "cell_empty", Column: "engagements.item", Rows: 3},
			"3 rows leave engagements.item empty"},
		{"one empty cell", Gap{Reason: "cell_empty", Column: "usage.ConsumedUnit", Rows: 1, Amount: 5},
			"1 charge (5) leaves usage.ConsumedUnit empty"},
		{"a cell, not counted", Gap{Reason: "cell_empty", Column: "parties.class"},
			"no row states parties.class for it"},
		{"no row of clauses", Gap{Reason: "cell_empty", Column: "clauses.present"},
			"the register of clauses has no row for it"},
		{"no statement of owners", Gap{Reason: "cell_empty", Column: "ownership.share"},
			"no statement says who owns or controls it"},
		{"a class that nobody states", Gap{Reason: "not_stated", Column: "accounts.end_user_class", What: "Harrow Ltd"},
			"the records do not state what kind of body Harrow Ltd is"},
		{"an end user behind a dealer", Gap{Reason: "not_stated", Column: "engagements.end_user",
			What: "bought by Harrow Ltd", Rows: 1},
			"the records do not state the end user (bought by Harrow Ltd)"},
		{"unit", Gap{Reason: "unit_not_understood", Column: "usage.ConsumedUnit", What: "Blob", Unit: "Blob", Rows: 12,
			Amount: 40000},
			"the unit “Blob” of 12 charges (40\u202f000) is not understood"},
		{"unit without a name", Gap{Reason: "unit_not_understood", Column: "usage.ConsumedUnit", Rows: 1},
			"the unit of 1 charge is not understood"},
		{"word", Gap{Reason: "word_not_understood", Column: "usage.ServiceName", What: "Zeppelin", Rows: 2, Amount: 7.5,
			Unit: "GB"},
			"the word “Zeppelin” of 2 charges (7.5 GB) is not understood"},
		{"rejected", Gap{Reason: "row_rejected", Column: "usage.ChargePeriodStart", Rows: 4},
			"4 charges could not be read"},
		{"rejected in a file", Gap{Reason: "row_rejected", What: "bill.csv"}, "rows of bill.csv could not be read"},
		{"parties not told apart", Gap{Reason: "parties_not_read", Column: "engagements.tenderers", What: "Allies",
			Rows: 2},
			"2 texts (Allies) may name parties who are compared with no list"},
		{"no bill", Gap{Reason: "account_without_bill", What: "A-2", Rows: 2}, "account A-2 has no bill"},
		{"no bill, several", Gap{Reason: "account_without_bill", Rows: 3}, "3 accounts have no bill"},
		{"no register", Gap{Reason: "bill_without_account", Column: "usage.SubAccountId", What: "A-9", Rows: 1500,
			Amount: 2, Unit: "TB"},
			"no register row ties account A-9 to a party: 1\u202f500 charges (2 TB)"},
		{"late", Gap{Reason: "dated_after_review", Column: "events.date", Rows: 1},
			"1 row is dated after the day of the review"},
		{"late, not counted", Gap{Reason: "dated_after_review"}, "records are dated after the day of the review"},
		{"late, a whole table", Gap{Reason: "dated_after_review", Column: "claims"},
			"all records of claims are dated after the day of the review"},
		{"months", Gap{Reason: "too_few_months"}, "too few months lie before it for a comparison"},
		{"unstated", Gap{Reason: "not_stated", What: "the end user"}, "the records do not state the end user"},
		{"another reason", Gap{Reason: "lost_at_sea", Column: "x.y"}, "lost at sea of x.y"},
		{"nothing", Gap{}, "something"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.gap.Words(); got != tt.want {
				t.Errorf("Words() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestJoinGaps(t *testing.T) {
	unit := Gap{Reason: "unit_not_understood", What: "Blob", Rows: 12, Amount: 40}
	bill := Gap{Reason: "account_without_bill", What: "A-2", Rows: 1}
	fewer := unit
	fewer.Rows, fewer.Amount = 3, 90
	both := unit
	both.Amount = 90
	if diff := cmp.Diff([]Gap{both, bill}, JoinGaps([]Gap{bill, unit}, []Gap{fewer})); diff != "" {
		t.Errorf("gaps (-want +got):\n%s", diff)
	}
	if got := JoinGaps(nil, nil); got != nil {
		t.Errorf("JoinGaps of nothing = %v", got)
	}
}

func TestSumGaps(t *testing.T) {
	bill := func(account string) Gap { return Gap{Reason: "account_without_bill", What: account, Rows: 1} }
	for _, tt := range []struct {
		name string
		most int
		want []Gap
	}{
		{"told apart", 2, []Gap{{Reason: "account_without_bill", What: "1", Rows: 2}, bill("2")}},
		{"too many", 1, []Gap{{Reason: "account_without_bill", Rows: 3}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, SumGaps([]Gap{bill("1"), bill("2"), bill("1")}, tt.most)); diff != "" {
				t.Errorf("gaps (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	var line map[string]any
	text, err := json.Marshal(map[string]any{
		"a": Partial{Known: 2.5, Unknown: []Gap{{Reason: "row_rejected", Rows: 1}}}, "b": 3.5})
	if err == nil {
		err = json.Unmarshal(text, &line)
	}
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"a": true, "b": false} {
		if _, partly := Known(line[name]); partly != want {
			t.Errorf("%s: known in part is %v, want %v", name, partly, want)
		}
	}
	if !strings.Contains(string(text), `"a":{"known":2.5,"unknown":[{"reason":"row_rejected","rows":1}]}`) {
		t.Errorf("line %s", text)
	}
}
