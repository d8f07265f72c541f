package ocds

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// told is what an engagement says, for comparison.
func told(e *record.Engagement) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s buyer %s (%s)", e.Kind, e.ID, e.Buyer.Name, e.Buyer.Country)
	if !e.Seller.Zero() {
		fmt.Fprintf(&b, " seller %s (%s) %v", e.Seller.Name, e.Seller.Country, e.Seller.Identifiers)
	}
	for _, s := range e.Sellers {
		fmt.Fprintf(&b, " and %s %v", s.Name, s.Identifiers)
	}
	for _, o := range e.Others {
		fmt.Fprintf(&b, " %s %s", o.Role, o.Ref.Name)
	}
	if !e.Payer.Zero() {
		fmt.Fprintf(&b, " payer %s", e.Payer.Name)
	}
	fmt.Fprintf(&b, "; %s %s signed %s, %s to %s, %s;", e.Value, e.Currency, e.Signed.DayString(), e.Start.DayString(),
		e.End.DayString(), e.Method)
	for _, i := range e.Items {
		fmt.Fprintf(&b, " %s [%s %s]", i.Text, i.Scheme, i.Code)
	}
	return b.String()
}

func TestTabular(t *testing.T) {
	const cf = "Supplier [Name|Address|Ref type|Ref Number|Is SME|Is VCSE]"
	for _, tt := range []struct {
		name, text string
		want       []string
		rejects    int
	}{
		{"TED awards", "ID_NOTICE_CAN,DT_DISPATCH,CANCELLED,CAE_NAME,CAE_NATIONALID,ISO_COUNTRY_CODE,CPV,ADDITIONAL_CPVS,TOP_TYPE,ID_AWARD,INFO_ON_NON_AWARD,WIN_NAME,WIN_NATIONALID,WIN_COUNTRY_CODE,TITLE,AWARD_VALUE_EURO_FIN_1,DT_AWARD\n" +
			"2030123,02-JAN-30,0,Ministry of Examples---Town of " +
			"Examples,,LU,32323500,35125300---32333200,OPE,7,,Lead Ltd---Second " +
			"Ltd,c2---c3,DE---FR,Cameras,100.5,20-DEC-29\n" +
			"2030123,02-JAN-30,0,Ministry of Examples---Town of " +
			"Examples,,LU,32323500,,OPE,8,PROCUREMENT_UNSUCCESSFUL,,,,Masts,,\n" +
			",02-JAN-30,0,Ministry of Examples,,LU,32323500,,OPE,9,,Lead Ltd,,DE,Masts,1,\n" +
			"2030124,02-JAN-30,0,Ministry of Examples,,LU,32323500,,OPE,9,,Lead Ltd,,DE,Masts, with, many, commas,1,\n" +
			"2030125,02-JAN-30,0\n", []string{
			"contract tedcsvofawards-2030123/7 buyer Ministry of Examples (LU) seller Lead Ltd (DE) [:c2] and Second " +
				"Ltd [:c3] buyer Town of Examples; 100.5 EUR signed 2029-12-20,  to , open; Cameras [CPV 32323500] " +
				"Cameras [CPV 35125300] Cameras [CPV 32333200]",
		}, 3},
		{"Contracts Finder", "Notice Identifier,Notice Type,Organisation Name,Status,Published " +
			"Date,Title,Description,Cpv Codes,Awarded Date,Awarded Value," + cf +
			",Contract start date,Contract end date,OJEU Procedure Type\n" +
			"N-1,Contract,Town of Examples,Awarded,03/01/2030 10:00:00,Cameras,Cameras for " +
			"streets,\"35125300,32333200\",04/02/2030,1000.5,\"[Lead Ltd|1 Street, " +
			"Town|COMPANIES_HOUSE|01234567|Yes|No][Second Ltd|||  |No|No]\",01/03/2030,28/02/2031,OpenProcedure\n" +
			"N-2,Contract,Town of Examples,Open,03/01/2030,Radios,Radios,32000000,,,,,,\n", []string{
			"contract ukcontractsfindercsv-N-1/N-1 buyer Town of Examples (GB) seller Lead Ltd () [GB-COH:01234567] " +
				"and Second Ltd []; 1000.5 GBP signed 2030-02-04, 2030-03-01 to 2031-02-28, open; Cameras [CPV " +
				"35125300] Cameras [CPV 32333200] Cameras for streets [ ]",
			"tender ukcontractsfindercsv-N-2/tender buyer Town of Examples (GB);   signed ,  to , ; Radios [CPV " +
				"32000000]",
		}, 0},
		{"USAspending", "contract_transaction_unique_key,contract_award_unique_key,modification_number,action_date,awarding_agency_name,awarding_sub_agency_name,funding_sub_agency_name,recipient_uei,recipient_name,recipient_country_code,transaction_description,product_or_service_code,current_total_value_of_award,period_of_performance_start_date,period_of_performance_current_end_date,extent_competed_code\n" +
			"a1,K-1,0,2030-01-02,Department of Examples,Example Service,Example Fund,ABCDEFGHJKL1,Lead Inc,USA,Face " +
			"readers,5836,100,2030-01-02,2031-01-02,B\n" +
			"a2,K-1,P1,2030-06-02,Department of Examples,Example Service,Example Fund,ABCDEFGHJKL1,Lead Inc,USA,Face " +
			"readers,5836,150,2030-01-02,2032-01-02,B\n", []string{
			"contract usaspendingcontracts-K-1/K-1 buyer Example Service (US) seller Lead Inc (USA) " +
				"[US-SAM:ABCDEFGHJKL1] procuring_entity Department of Examples payer Example Fund; 150 USD signed " +
				"2030-06-02, 2030-01-02 to 2032-01-02, direct; Face readers [PSC 5836]",
		}, 0},
		{"FPDS", "PIID;Referenced IDV PIID;Date Signed;Contracting Agency;Legal Business Name;Unique Entity " +
			"ID;Action Obligation ($);Description of Requirement;PSC Code;Extent Competed Code\n" +
			"P-1;I-1;1/31/2030;Example Service;Lead Inc;ABCDEFGHJKL1;\"$1,000.50\";Radios;5820;A\n", []string{
			"contract fpdscontracts-P-1/I-1/P-1 buyer Example Service (US) seller Lead Inc () [US-SAM:ABCDEFGHJKL1]; " +
				"1000.50 USD signed 2030-01-31,  to , open; Radios [PSC 5820]",
		}, 0},
		{"FOCUS contract commitments",
			"ContractCommitmentId,ContractCommitmentType,ContractCommitmentCategory,ContractCommitmentCost,ContractCommitmentPeriodStart,ContractCommitmentPeriodEnd,ContractId,ContractPeriodStart,ContractPeriodEnd,BillingCurrency,InvoiceIssuerName,BillingAccountId\n" +
				"cc-1,Savings " +
				"Plan,Spend,1121.840640,2030-05-01T01:00:00Z,2031-05-01T01:00:00Z,C-1,2030-01-31T01:00:00Z,2031-07-30T01:00:00Z,USD,Example Cloud,acc-1\n", []string{
				"contract focuscontractcommitments-C-1/cc-1 buyer  () seller Example Cloud () []; 1121.840640 USD " +
					"signed " +
					"2030-01-31, 2030-05-01 to 2031-05-01, ; Savings Plan [ ]",
			}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "table.csv")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			src := recordtest.Sources(t, path)
			head, err := src[0].Head()
			if err != nil || !RecogniseFlat(src[0], head) {
				t.Fatalf("not recognised: %v", err)
			}
			var c recordtest.Collector
			if _, err := DecodeAll(t.Context(), src, &c); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range recordtest.Of[*record.Engagement](&c) {
				got = append(got, told(e))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("engagements (-want +got):\n%s", diff)
			}
			if len(c.Rejects) != tt.rejects {
				t.Errorf("rejects %v, want %d", c.Rejects, tt.rejects)
			}
		})
	}
}
