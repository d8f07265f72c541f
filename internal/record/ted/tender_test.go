package ted

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestTenderStage: until when bids and questions are taken, and who bid together in vain for which lot.
func TestTenderStage(t *testing.T) {
	party := `<efac:TenderingParty><cbc:ID>TPA-1</cbc:ID><efac:Tenderer><cbc:ID>ORG-2</cbc:ID></efac:Tenderer>` +
		`<efac:Tenderer><cbc:ID>ORG-3</cbc:ID><efbc:GroupLeadIndicator>true</efbc:GroupLeadIndicator></efac:Tenderer>` +
		`<efac:SubContractor><cbc:ID>ORG-4</cbc:ID></efac:SubContractor></efac:TenderingParty>`
	organisations := `<efac:Organizations>` + company("ORG-1", "Town of Vell", "1", "LUX", "") +
		company("ORG-2", "Second Ltd", "2", "LUX", "") + company("ORG-3", "Lead Ltd", "3", "LUX", "") +
		company("ORG-4", "Under Ltd", "4", "LUX", "") + `</efac:Organizations>`
	result := func(statistics string) string {
		return `<efac:NoticeResult><efac:LotResult><cbc:ID>RES-1</cbc:ID><cbc:TenderResultCode>clos-nw</cbc:TenderResultCode>` +
			statistics +
			`</efac:LotResult><efac:LotTender><cbc:ID>TEN-1</cbc:ID><efac:TenderingParty><cbc:ID>TPA-1</cbc:ID>` +
			`</efac:TenderingParty><efac:TenderLot><cbc:ID>LOT-7</cbc:ID></efac:TenderLot></efac:LotTender>` + party +
			`</efac:NoticeResult>`
	}
	for _, tt := range []struct{ name, text, want string }{
		{"dates of lots", ubl("ContractNotice", organisations,
			`<cac:ProcurementProjectLot><cbc:ID schemeName="Lot">LOT-1</cbc:ID>`+
				`<cac:TenderingProcess><cac:TenderSubmissionDeadlinePeriod><cbc:EndDate>2030-04-01+02:00</cbc:EndDate>`+
				`</cac:TenderSubmissionDeadlinePeriod><cac:AdditionalInformationRequestPeriod><cbc:EndDate>2030-03-20Z</cbc:EndDate>`+
				`</cac:AdditionalInformationRequestPeriod></cac:TenderingProcess></cac:ProcurementProjectLot>`+
				`<cac:ProcurementProjectLot><cbc:ID schemeName="Lot">LOT-2</cbc:ID><cac:TenderingProcess>`+
				`<cac:TenderSubmissionDeadlinePeriod><cbc:EndDate>2030-04-09+02:00</cbc:EndDate></cac:TenderSubmissionDeadlinePeriod>`+
				`</cac:TenderingProcess></cac:ProcurementProjectLot>`),
			"bids until 2030-04-09, questions until 2030-03-20"},
		{"no dates", ubl("ContractNotice", organisations, ""), ""},
		{"a joint bid in vain", ubl("ContractAwardNotice", result("")+organisations, ""),
			"Lead Ltd + Second Ltd for LOT-7 under: Under Ltd"},
		{"how many bid", ubl("ContractAwardNotice",
			result(`<efac:ReceivedSubmissionsStatistics><efbc:StatisticsCode>tenders`+
				`</efbc:StatisticsCode><efbc:StatisticsNumeric>3</efbc:StatisticsNumeric></efac:ReceivedSubmissionsStatistics>`)+
				organisations, ""), "Lead Ltd + Second Ltd for LOT-7 under: Under Ltd, 3 bid"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			err := Each(strings.NewReader(tt.text), func(_ int, n Notice) error {
				var r release
				if err := json.Unmarshal(n.Release, &r); err != nil {
					return err
				}
				if r.Tender.Bidding != nil {
					got = append(got, "bids until "+r.Tender.Bidding.End)
				}
				if r.Tender.Enquiry != nil {
					got = append(got, "questions until "+r.Tender.Enquiry.End)
				}
				if r.Bids != nil {
					b := r.Bids.Details[0]
					var names []string
					for _, x := range b.Tenderers {
						names = append(names, x.Name)
					}
					got = append(got, strings.Join(names, " + ")+" for "+strings.Join(b.Lots,
						" ")+" under: "+b.Subs[0].Name)
				}
				if n := r.Tender.Tenderers; n != "" {
					got = append(got, n.String()+" bid")
				}
				return nil
			}, func(_ int, reason string) error { t.Error(reason); return nil })
			if err != nil || strings.Join(got, ", ") != tt.want {
				t.Errorf("got %q, want %q (%v)", strings.Join(got, ", "), tt.want, err)
			}
		})
	}
}
