package ted

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ubl wraps a notice of eForms: what stands in the extension, then the rest.
func ubl(root, extension, rest string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<` + root + ` xmlns="urn:oasis:names:specification:ubl:schema:xsd:` + root +
		`-2" xmlns:cac="a" xmlns:cbc="b" xmlns:ext="c" xmlns:efac="d" xmlns:efext="e" xmlns:efbc="f">
<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent><efext:EformsExtension>` + extension +
		`</efext:EformsExtension></ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>
<cbc:ID schemeName="notice-id">n-1</cbc:ID><cbc:ContractFolderID>p-1</cbc:ContractFolderID><cbc:IssueDate>2030-03-01+02:00</cbc:IssueDate><cbc:VersionID>01</cbc:VersionID>` + rest + `</` + root + `>`
}

func company(id, name, number, country, more string) string {
	return fmt.Sprintf(`<efac:Organization>%s<efac:Company><cac:PartyIdentification><cbc:ID>%s</cbc:ID></cac:PartyIdentification><cac:PartyName><cbc:Name>%s</cbc:Name></cac:PartyName>
<cac:PostalAddress><cbc:CityName>Town</cbc:CityName><cac:Country><cbc:IdentificationCode>%s</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
<cac:PartyLegalEntity><cbc:CompanyID>%s</cbc:CompanyID></cac:PartyLegalEntity><cac:Contact><cbc:Name>Somebody</cbc:Name></cac:Contact></efac:Company></efac:Organization>`, more, id, name, country, number)
}

var awarded = ubl("ContractAwardNotice", `<efac:NoticeResult>
<efac:LotResult><cbc:ID>RES-0001</cbc:ID><cbc:TenderResultCode>selec-w</cbc:TenderResultCode><efac:SettledContract><cbc:ID>CON-0001</cbc:ID></efac:SettledContract><efac:TenderLot><cbc:ID>LOT-0001</cbc:ID></efac:TenderLot></efac:LotResult>
<efac:LotResult><cbc:ID>RES-0002</cbc:ID><cbc:TenderResultCode>clos-nw</cbc:TenderResultCode><efac:TenderLot><cbc:ID>LOT-0002</cbc:ID></efac:TenderLot></efac:LotResult>
<efac:LotTender><cbc:ID>TEN-0001</cbc:ID><cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">0100.50</cbc:PayableAmount></cac:LegalMonetaryTotal><efac:TenderingParty><cbc:ID>TPA-1</cbc:ID></efac:TenderingParty><efac:TenderLot><cbc:ID>LOT-0001</cbc:ID></efac:TenderLot></efac:LotTender>
<efac:LotTender><cbc:ID>TEN-0002</cbc:ID><efac:TenderingParty><cbc:ID>TPA-2</cbc:ID></efac:TenderingParty></efac:LotTender>
<efac:SettledContract><cbc:ID>CON-0001</cbc:ID><cbc:AwardDate>2030-02-01Z</cbc:AwardDate><cbc:IssueDate>2030-02-20+02:00</cbc:IssueDate><cbc:Title>Cameras</cbc:Title><efac:LotTender><cbc:ID>TEN-0001</cbc:ID></efac:LotTender></efac:SettledContract>
<efac:TenderingParty><cbc:ID>TPA-1</cbc:ID><efac:Tenderer><cbc:ID>ORG-3</cbc:ID></efac:Tenderer><efac:Tenderer><cbc:ID>ORG-2</cbc:ID><efbc:GroupLeadIndicator>true</efbc:GroupLeadIndicator></efac:Tenderer><efac:SubContractor><cbc:ID>ORG-4</cbc:ID></efac:SubContractor></efac:TenderingParty>
<efac:TenderingParty><cbc:ID>TPA-2</cbc:ID><efac:Tenderer><cbc:ID>ORG-5</cbc:ID></efac:Tenderer></efac:TenderingParty></efac:NoticeResult>
<efac:Organizations>`+company("ORG-1", "Ministry of Examples", "m1", "LUX", "")+company("ORG-2", "Lead Ltd", "c2",
	"DEU", "")+company("ORG-3", "Second Ltd", "c3", "DEU", "")+
	company("ORG-4", "Under Ltd", "c4", "FRA", "")+company("ORG-5", "Example Person", "", "FRA",
	"<efbc:NaturalPersonIndicator>true</efbc:NaturalPersonIndicator>")+
	`<efac:UltimateBeneficialOwner><cbc:ID>UBO-1</cbc:ID></efac:UltimateBeneficialOwner></efac:Organizations>`,
	`<cac:ContractingParty><cac:Party><cac:PartyIdentification><cbc:ID>ORG-1</cbc:ID></cac:PartyIdentification></cac:Party></cac:ContractingParty>
<cac:TenderingProcess><cbc:ProcedureCode>neg-wo-call</cbc:ProcedureCode><cac:ProcessJustification><cbc:ProcessReasonCode listName="direct-award-justification">technical</cbc:ProcessReasonCode></cac:ProcessJustification></cac:TenderingProcess>
<cac:ProcurementProject><cbc:Name>City watch</cbc:Name><cbc:Description>Watching</cbc:Description><cac:MainCommodityClassification><cbc:ItemClassificationCode>35125300-2</cbc:ItemClassificationCode></cac:MainCommodityClassification></cac:ProcurementProject>
<cac:ProcurementProjectLot><cbc:ID schemeName="Lot">LOT-0001</cbc:ID><cac:ProcurementProject><cbc:Name>Cameras</cbc:Name><cac:MainCommodityClassification><cbc:ItemClassificationCode>32333200</cbc:ItemClassificationCode></cac:MainCommodityClassification></cac:ProcurementProject></cac:ProcurementProjectLot>`)

var exportedNotice = `<TED_EXPORT xmlns="x" DOC_ID="1-2030"><CODED_DATA_SECTION><REF_OJS><DATE_PUB>20300106</DATE_PUB></REF_OJS><NOTICE_DATA><NO_DOC_OJS>2030/S 003-000001</NO_DOC_OJS></NOTICE_DATA></CODED_DATA_SECTION>
<FORM_SECTION><F03_2014 CATEGORY="TRANSLATION" LG="DE"/><F03_2014 CATEGORY="ORIGINAL" LG="EN"><CONTRACTING_BODY><ADDRESS_CONTRACTING_BODY><OFFICIALNAME>Ministry of Examples</OFFICIALNAME><NATIONALID>m1</NATIONALID><COUNTRY VALUE="LU"/></ADDRESS_CONTRACTING_BODY>
<ADDRESS_CONTRACTING_BODY_ADDITIONAL><OFFICIALNAME>Town of Examples</OFFICIALNAME><COUNTRY VALUE="LU"/></ADDRESS_CONTRACTING_BODY_ADDITIONAL></CONTRACTING_BODY>
<OBJECT_CONTRACT><TITLE><P>City watch</P></TITLE><CPV_MAIN><CPV_CODE CODE="35125300"/></CPV_MAIN><OBJECT_DESCR ITEM="1"><LOT_NO>1</LOT_NO><TITLE><P>Cameras</P></TITLE><CPV_ADDITIONAL><CPV_CODE CODE="32333200"/></CPV_ADDITIONAL><NUTS CODE="LU00"/></OBJECT_DESCR></OBJECT_CONTRACT>
<PROCEDURE><PT_AWARD_CONTRACT_WITHOUT_CALL><D_ACCORDANCE_ARTICLE><D_EXTREME_URGENCY/></D_ACCORDANCE_ARTICLE><D_JUSTIFICATION><P>Urgent.</P></D_JUSTIFICATION></PT_AWARD_CONTRACT_WITHOUT_CALL><NOTICE_NUMBER_OJ>2029/S 001-000009</NOTICE_NUMBER_OJ></PROCEDURE>
<AWARD_CONTRACT ITEM="1"><LOT_NO>1</LOT_NO><TITLE><P>Cameras</P></TITLE><AWARDED_CONTRACT><DATE_CONCLUSION_CONTRACT>2030-01-02</DATE_CONCLUSION_CONTRACT><CONTRACTORS><CONTRACTOR><ADDRESS_CONTRACTOR><OFFICIALNAME>Lead Ltd</OFFICIALNAME><COUNTRY VALUE="DE"/></ADDRESS_CONTRACTOR></CONTRACTOR></CONTRACTORS><VALUES><VAL_TOTAL CURRENCY="EUR">100.50</VAL_TOTAL></VALUES></AWARDED_CONTRACT></AWARD_CONTRACT>
<AWARD_CONTRACT ITEM="2"><LOT_NO>2</LOT_NO><NO_AWARDED_CONTRACT/></AWARD_CONTRACT></F03_2014></FORM_SECTION></TED_EXPORT>`

// said is the part of a release that is compared.
func said(t *testing.T, text []byte) string {
	t.Helper()
	var r release
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s buyer %s; %s %s %s; %s\n", r.OCID, r.Date, r.Buyer.Name, r.Tender.Title, r.Tender.Method,
		r.Tender.Rationale, r.Tender.Class.ID)
	for _, p := range r.Parties {
		id := ""
		if p.Identifier != nil {
			id = p.Identifier.ID
		}
		fmt.Fprintf(&b, "%s %s %s %v\n", p.Name, id, p.Address.Country, p.Roles)
	}
	for _, i := range r.Tender.Items {
		fmt.Fprintf(&b, "item %s lot %s %s %v\n", i.Description, i.RelatedLot, i.Classification.ID, i.Places)
	}
	for _, a := range r.Awards {
		fmt.Fprintf(&b, "award %s %s %v", a.ID, a.Status, a.RelatedLots)
		if a.Value != nil {
			fmt.Fprintf(&b, " %s %s", a.Value.Amount, a.Value.Currency)
		}
		for _, s := range a.Suppliers {
			fmt.Fprintf(&b, " %s", s.Name)
		}
		b.WriteByte('\n')
	}
	for _, c := range r.Contracts {
		fmt.Fprintf(&b, "contract %s %s\n", c.ID, c.Signed)
	}
	return b.String()
}

func TestEach(t *testing.T) {
	for _, tt := range []struct {
		name, text, want, bad string
		persons               int
	}{
		{"eForms", awarded, `ted-p-1 2030-03-01 buyer Ministry of Examples; City watch limited technical; 35125300
Ministry of Examples m1 LUX [buyer]
Lead Ltd c2 DEU [supplier]
Second Ltd c3 DEU [supplier]
Under Ltd c4 FRA [subcontractor]
item Cameras lot LOT-0001 32333200 []
award n-1/CON-0001 active [LOT-0001] 100.5 EUR Lead Ltd Second Ltd
award n-1/RES-0002 unsuccessful [LOT-0002]
contract n-1/CON-0001 2030-02-20
`, "", 2},
		{"TED_EXPORT", exportedNotice,
			`ted-2029/S 001-000009 2030-01-06 buyer Ministry of Examples; City watch limited Urgent.; extreme urgency; 35125300
Ministry of Examples m1 LU [buyer]
Town of Examples  LU [buyer]
Lead Ltd  DE [supplier]
item Cameras lot 1 32333200 [{LU}]
award 2030/S 003-000001/1 active [1] 100.5 EUR Lead Ltd
award 2030/S 003-000001/2 unsuccessful [2]
contract 2030/S 003-000001/1 2030-01-02
`, "", 0},
		{"two notices", "<all>" + exportedNotice + strings.Replace(exportedNotice, "000001<", "000002<", 1) + "</all>",
			"", "", 0},
		{"cut", awarded[:len(awarded)-200], "", "the file is cut off here", 0},
		{"no procedure", strings.NewReplacer("p-1", "", "n-1", "").Replace(awarded), "",
			"no ContractFolderID: nothing says which procedure this notice belongs to", 0},
		{"an older schema", `<TED_EXPORT DOC_ID="1"><FORM_SECTION><CONTRACT_AWARD CATEGORY="ORIGINAL"/></FORM_SECTION></TED_EXPORT>`, "", "the form CONTRACT_AWARD of an older schema than R2.0.9 is not read", 0},
		{"something else", "<a/>", "", "no notice of eForms or TED_EXPORT stands here", 0},
		{"nested", "<TED_EXPORT>" + strings.Repeat("<a>", 500), "", errDeep.Error(), 0},
		{"not XML", "<TED_EXPORT><a></b>", "", "not XML: element <a> closed by </b>", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got, bad string
			persons, n := 0, 0
			err := Each(strings.NewReader(tt.text), func(_ int, x Notice) error {
				got, persons, n = said(t, x.Release), persons+x.Persons, n+1
				return nil
			}, func(_ int, reason string) error {
				bad = reason
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if bad != tt.bad {
				t.Errorf("reject %q, want %q", bad, tt.bad)
			}
			if tt.name == "two notices" {
				if n != 2 {
					t.Errorf("%d notices, want 2", n)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("release (-want +got):\n%s", diff)
			}
			if persons != tt.persons {
				t.Errorf("%d persons left out, want %d", persons, tt.persons)
			}
			if strings.Contains(got, "Somebody") || strings.Contains(got, "Example Person") {
				t.Errorf("a person is named: %s", got)
			}
		})
	}
}

func FuzzEach(f *testing.F) {
	f.Add(awarded)
	f.Add(exportedNotice)
	f.Fuzz(func(t *testing.T, text string) {
		Recognise([]byte(text))
		err := Each(strings.NewReader(text), func(_ int, n Notice) error {
			if !json.Valid(n.Release) {
				t.Errorf("no JSON: %s", n.Release)
			}
			return nil
		}, func(int, string) error { return nil })
		_ = err // what cannot be read
	})
}
