package signal

import (
	"testing"

	"plimsoll/internal/record"
)

// TestSignedInAMonth: of a signature dated by a month nothing rests on the day in it.
func TestSignedInAMonth(t *testing.T) {
	review := func(day string) *record.Approval {
		return &record.Approval{Kind: "human_rights_review", Outcome: "approved", Decided: date(day), PaidOnDeal: "no"}
	}
	granted := func(day, until string) *record.Approval {
		a := &record.Approval{Kind: "licence", Outcome: "granted", Decided: date(day), PaidOnDeal: "no"}
		if until != "" {
			a.ValidUntil = date(until).Last()
		}
		return a
	}
	var records []record.Record
	sale := func(id, who, signed string, gates ...*record.Approval) *record.Engagement {
		e := deal(id, who, who, "Speech", "10")
		e.Signed = date(signed)
		e.Items[0].Scheme, e.Items[0].Code = "ECCN", "5A001"
		records = append(records, e)
		for _, a := range gates {
			a.Engagement = id
			records = append(records, a)
		}
		return e
	}
	licence := deal("licence", "Licensed", "Licensed", "Speech", "10")
	licence.Items = []record.Item{{Text: "Speech", Scheme: "ECCN", Code: "5A001"}}
	licence.Kind, licence.Signed, licence.Start, licence.End = "licence", date("2030-12-01"), date("2031-01-15"),
		date("2031-05")
	records = append(records, licence)
	restriction := func(who, day string) {
		records = append(records, &record.Event{Kind: "restriction", About: ref(who), Date: date(day)})
	}

	sale("before the month", "A1", "2031-03", review("2031-02-28"))
	sale("in the month", "A2", "2031-03", review("2031-03-10"))
	sale("after the month", "A3", "2031-03", review("2031-04-01"))
	sale("granted before the month", "B1", "2031-03", granted("2031-02-28", ""))
	sale("granted in the month", "B2", "2031-03", granted("2031-03-10", ""))
	sale("granted after the month", "B3", "2031-03", granted("2031-04-01", ""))
	sale("granted until the month before", "B4", "2031-03", granted("2031-01-10", "2031-02"))
	sale("granted until some day of the month", "B5", "2031-03", granted("2031-01-10", "2031-03-15"))
	sale("granted until the end of the month", "B6", "2031-03", granted("2031-01-10", "2031-03"))
	sale("granted until the month of the day", "B7", "2031-03-20", granted("2031-01-10", "2031-03"))
	sale("licence begins in the month", "Licensed", "2031-01")
	sale("licence holds", "Licensed", "2031-02")
	sale("licence holds to the end of its month", "Licensed", "2031-05-20")
	sale("licence is over", "Licensed", "2031-06")
	restriction("C1", "2031-02-20")
	sale("restricted before the month", "C1", "2031-03")
	restriction("C2", "2031-03-20")
	sale("restricted in the month", "C2", "2031-03")
	restriction("C3", "2031-04-01")
	sale("restricted after the month", "C3", "2031-03")

	run := world{records: records}.open(t)
	parties, deals := facts(t, run, OfParty), facts(t, run, OfEngagement)
	type want struct {
		signal string
		value  any // nil: not known
	}
	for _, tt := range []struct {
		who string // a party, "" for the engagement
		id  string
		want
	}{
		{"A1", "", want{"party.unreviewed", false}},
		{"A2", "", want{"party.unreviewed", nil}},
		{"A3", "", want{"party.unreviewed", true}},
		{"A1", "", want{"party.gate_faults", false}},
		{"A2", "", want{"party.gate_faults", nil}},
		{"A3", "", want{"party.gate_faults", true}},
		{"", "granted before the month", want{"engagement.licence", true}},
		{"", "granted in the month", want{"engagement.licence", nil}},
		{"", "granted after the month", want{"engagement.licence", false}},
		{"", "granted until the month before", want{"engagement.licence", false}},
		{"", "granted until some day of the month", want{"engagement.licence", nil}},
		{"", "granted until the end of the month", want{"engagement.licence", true}},
		{"", "granted until the month of the day", want{"engagement.licence", true}},
		{"", "licence begins in the month", want{"engagement.licence", nil}},
		{"", "licence holds", want{"engagement.licence", true}},
		{"", "licence holds to the end of its month", want{"engagement.licence", true}},
		{"", "licence is over", want{"engagement.licence", false}},
		{"", "restricted before the month", want{"engagement.restricted_days", true}},
		{"", "restricted in the month", want{"engagement.restricted_days", nil}},
		{"", "restricted after the month", want{"engagement.restricted_days", false}},
	} {
		t.Run(tt.who+tt.id+" "+tt.signal, func(t *testing.T) {
			f := deals[tt.id]
			if tt.who != "" {
				f = parties[tt.who]
			}
			var got any
			switch v := f.Values[tt.signal].(type) {
			case bool:
				got = v
			case []string:
				got = len(v) > 0
			case float64:
				got = v >= 0
			}
			if len(f.Gaps[tt.signal]) > 0 && got == false {
				got = nil
			}
			if got != tt.value {
				t.Errorf("%s = %v, gaps %+v, want %v", tt.signal, f.Values[tt.signal], f.Gaps[tt.signal], tt.value)
			}
		})
	}
}

// TestVersionsOfAMonth: which of two versions came first is not known where one is dated by the month of the other.
func TestVersionsOfAMonth(t *testing.T) {
	for _, tt := range []struct {
		name   string
		signed [2]string
		known  bool
	}{
		{"two days", [2]string{"2031-03-01", "2031-03-20"}, true},
		{"a day and the month after", [2]string{"2031-03-20", "2031-04"}, true},
		{"a day and its month", [2]string{"2031-03-20", "2031-03"}, false},
		{"a month twice", [2]string{"2031-03", "2031-03"}, true},
		{"a year and a day in it", [2]string{"2031", "2031-06-01"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			first, second := deal("K-1", "Army", "Army", "Storage", "100"), deal("K-1", "Army", "Army", "Storage",
				"900")
			first.Signed, second.Signed = date(tt.signed[0]), date(tt.signed[1])
			f := facts(t, world{records: []record.Record{first, second}}.open(t), OfEngagement)["K-1"]
			if known := len(f.Gaps["engagement.value_growth"]) == 0; known != tt.known {
				t.Errorf("growth %v is known: %v, gaps %+v", f.Values["engagement.value_growth"], known,
					f.Gaps["engagement.value_growth"])
			}
		})
	}
}
