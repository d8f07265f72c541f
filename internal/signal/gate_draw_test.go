package signal

import (
	"testing"

	"plimsoll/internal/record"
)

// TestGateDraw: certificates of a party are used up by its engagements one after the other, several that allow too
// little each may do together, and deliveries under one number add up. Where something of that is not known, neither is
// the answer.
func TestGateDraw(t *testing.T) {
	type row struct{ id, kind, day, quantity, unit string }
	euc := func(engagement, until, quantity, unit string) record.Record {
		a := &record.Approval{Place: record.Place{Source: 2, At: "until " + until}, Engagement: engagement,
			Kind: "end-use certificate", Outcome: "approved",
			Decided: date("2031-01-01"), ValidUntil: date(until), Quantity: record.Decimal(quantity), Unit: unit}
		if engagement == "" {
			a.Party = ref("Fourth Brigade")
		}
		return a
	}
	for _, tt := range []struct {
		name  string
		rows  []row
		gates []record.Record
		want  map[string]any // nil: not known
	}{
		{"two deliveries under one of a party",
			[]row{{"D1", "delivery", "2031-03-01", "60", "pcs"}, {"D2", "delivery", "2031-04-01", "60", "pcs"}},
			[]record.Record{euc("", "2032-01-01", "100", "pieces")}, map[string]any{"D1": "valid", "D2": Exceeded}},
		{"in other units",
			[]row{{"D1", "delivery", "2031-03-01", "60000", "g"}, {"D2", "delivery", "2031-04-01", "60", "kg"}},
			[]record.Record{euc("", "2032-01-01", "0.1", "t")}, map[string]any{"D1": "valid", "D2": Exceeded}},
		{"an order and its delivery are the same goods",
			[]row{{"K1", "contract", "2031-03-01", "60", "pcs"}, {"D1", "delivery", "2031-04-01", "60", "pcs"}},
			[]record.Record{euc("", "2032-01-01", "100", "pieces")}, map[string]any{"K1": "valid", "D1": "valid"}},
		{"one before it of unknown quantity",
			[]row{{"D1", "delivery", "2031-03-01", "", "pcs"}, {"D2", "delivery", "2031-04-01", "60", "pcs"}},
			[]record.Record{euc("", "2032-01-01", "100", "pieces")}, map[string]any{"D1": nil, "D2": nil}},
		{"what came after its end draws nothing",
			[]row{{"D1", "delivery", "2031-03-01", "60", "pcs"}, {"D2", "delivery", "2031-06-01", "60", "pcs"}},
			[]record.Record{euc("", "2031-04-01", "100", "")}, map[string]any{"D1": "valid", "D2": Expired}},
		{"two of one engagement", []row{{"E1", "sale", "2031-03-01", "100", "pcs"}},
			[]record.Record{euc("E1", "2032-01-01", "50", ""), euc("E1", "2032-02-01", "50", "")},
			map[string]any{"E1": "valid"}},
		{"two that are too little", []row{{"E1", "sale", "2031-03-01", "100", "pcs"}},
			[]record.Record{euc("E1", "2032-01-01", "50", ""), euc("E1", "2032-02-01", "30", "")},
			map[string]any{"E1": Exceeded}},
		{"one of two has ended", []row{{"E1", "sale", "2031-03-01", "100", "pcs"}},
			[]record.Record{euc("E1", "2031-02-01", "50", ""), euc("E1", "2032-02-01", "50", "")},
			map[string]any{"E1": Exceeded}},
		{"two of a party",
			[]row{{"D1", "delivery", "2031-03-01", "60", "pcs"}, {"D2", "delivery", "2031-04-01", "40", "pcs"}},
			[]record.Record{euc("", "2032-01-01", "50", ""), euc("", "2032-02-01", "50", "")},
			map[string]any{"D1": "valid", "D2": "valid"}},
		{"deliveries under one number",
			[]row{{"E1", "delivery", "2031-03-01", "60", "pcs"}, {"E1", "delivery", "2031-04-01", "60", "pcs"}},
			[]record.Record{euc("E1", "2032-01-01", "100", "")}, map[string]any{"E1": Exceeded}},
		{"the last of them after its end",
			[]row{{"E1", "delivery", "2031-03-01", "6", "pcs"}, {"E1", "delivery", "2031-06-01", "6", "pcs"}},
			[]record.Record{euc("E1", "2031-04-01", "100", "")}, map[string]any{"E1": Expired}},
		{"an amended order is one order",
			[]row{{"E1", "sale", "2031-03-01", "60", "pcs"}, {"E1", "sale", "2031-04-01", "80", "pcs"}},
			[]record.Record{euc("E1", "2032-01-01", "100", "")}, map[string]any{"E1": "valid"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records := tt.gates
			for _, r := range tt.rows {
				e := deal(r.id, "Fourth Brigade", "", "Rifles", "10")
				e.Kind, e.Signed = r.kind, date(r.day)
				e.Items[0].Scheme, e.Items[0].Code = "ECCN", "0A501"
				e.Items[0].Quantity, e.Items[0].Unit = record.Decimal(r.quantity), r.unit
				records = append(records, e)
			}
			f := facts(t, world{records: records}.open(t), OfEngagement)
			for id, want := range tt.want {
				if got := f[id].Values["engagement.end_use_certificate"]; got != want {
					t.Errorf("%s: %v, want %v; gaps %+v", id, got, want, f[id].Gaps["engagement.end_use_certificate"])
				}
			}
		})
	}
}
