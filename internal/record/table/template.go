package table

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// exampleRows is the row that templates show, by table and column. All of it is made up.
var exampleRows = map[string]map[string]string{
	Accounts: {"account_id": "EXAMPLE-001", "sub_account_id": "", "party_name": "Harbour Office of Velden",
		"party_id": "ZZ-REG:00123", "country": "Velden",
		"end_user": "Harbour Office of Velden", "end_user_class": "civil", "users": "12", "since": "2031-01-01"},
	Engagements: {"engagement_id": "EXAMPLE-1", "kind": "contract", "seller": "Skyfold Ltd",
		"seller_id": "ZZ-REG:00045", "seller_country": "Orsa",
		"buyer": "Harbour Office of Velden", "buyer_id": "ZZ-REG:00123", "buyer_country": "Velden",
		"end_user": "Harbour Office of Velden", "end_user_class": "civil",
		"item": "Weather station with software", "item_scheme": "CPV", "item_code": "38120000", "quantity": "3",
		"unit": "pieces", "value": "12500.00",
		"currency": "EUR", "signed": "2031-02-03", "start": "2031-03-01", "end": "2032-02-28", "destination": "Velden",
		"method":         "open",
		"delivery_place": "Pier 4, Velden harbour", "end_use": "weather service of the harbour"},
	Claims: {"claim_id": "EXAMPLE-C1", "about": "Harbour Office of Velden", "capability": "location",
		"text": "Ships are followed without notice", "source": "Bay Herald",
		"url": "https://example.org/a", "published": "2031-05-01", "origin": "own enquiry", "grade": "C3",
		"status": "reported"},
	Clauses: {"engagement_id": "EXAMPLE-1", "clause": "end_use_limit", "present": "yes", "reference": "section 9.2"},
	Approvals: {"engagement_id": "EXAMPLE-1", "party_name": "Harbour Office of Velden", "kind": "human_rights_review",
		"decided": "2031-01-20", "outcome": "approved",
		"decided_by_role": "counsel", "paid_on_deal": "no"},
	Support: {"party_name": "Harbour Office of Velden", "party_id": "ZZ-REG:00123", "quarter": "2031-Q2",
		"hours": "12.5", "code": "data"},
	"ownership": {"owner": "Skyfold Holding", "owner_id": "ZZ-REG:00046", "owner_country": "Orsa",
		"owned": "Skyfold Ltd", "owned_id": "ZZ-REG:00045",
		"owned_country": "Orsa", "share": "60", "kind": "shares", "since": "2030-01-01"},
	Holdings: {"portfolio": "Fund One", "issuer_name": "Skyfold Holding", "country": "Orsa", "value": "100000",
		"weight": "0.025", "currency": "EUR", "as_of": "2031-03-31"},
	Products: {"sku": "SF-2200", "name": "Skyfold weather station", "codes": "HS:9015.80; CPV:38120000",
		"capability": "none"},
	Places: {"place": "Harrow Ridge", "aliases": "Harrow Heights", "kind": "place", "part_of": "Velden",
		"list": "Building sites of the bay", "publisher": "Harbour Watch",
		"url": "https://example.org/p", "since": "2030-01-01"},
	Instruments: {"instrument_id": "EXAMPLE-R1", "title": "Resolution 4 of the Bay Assembly", "kind": "resolution",
		"issuer": "Bay Assembly",
		"date":   "2031-05-01", "force": "non_binding", "addressees": "all states",
		"votes":      "90 for, 4 against, 20 abstained",
		"objections": "Orsa objected to paragraph 2", "source": "https://example.org/r4",
		"source_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "read": "primary"},
	Demands: {"demand_id": "EXAMPLE-D1", "instrument_id": "EXAMPLE-R1",
		"text": "Report on weather stations near the harbour", "of": "companies",
		"about_kind": "goods", "about": "weather station", "place": "Velden", "due": "within 12 months of 2031-05-01",
		"done_when": "a report is public"},
	Answers: {"answer_id": "EXAMPLE-A1", "demand_id": "EXAMPLE-D1", "by": "Skyfold Ltd", "acted": "done",
		"date": "2032-02-01", "text": "A report was published",
		"publisher": "Skyfold Ltd", "source": "https://example.org/report", "grade": "B2"},
	Events: {"event_id": "EXAMPLE-V1", "kind": "publication", "date": "2031-05-01", "about": "Harbour Office of Velden",
		"source": "Bay Herald"},
}

// Template returns an empty register table with one example row, as CSV.
func Template(table string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(templateRows(table)) // a buffer takes everything
	return b.Bytes()
}

func templateRows(table string) [][]string {
	rows := make([][]string, 2)
	for _, c := range Columns(table) {
		rows[0] = append(rows[0], c.Name)
		rows[1] = append(rows[1], exampleRows[table][c.Name])
	}
	return rows
}

// TemplateBook returns a workbook with a sheet for each register table and one that explains
// every column and its words.
func TemplateBook() ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	put := func(sheet string, rows [][]string) error {
		if _, err := f.NewSheet(sheet); err != nil {
			return err
		}
		for i, cells := range rows {
			if err := f.SetSheetRow(sheet, fmt.Sprintf("A%d", i+1), &cells); err != nil {
				return err
			}
		}
		return nil
	}
	explained := [][]string{{"What", "Column", "Form", "Words", "Holds"}}
	for _, t := range Tables() {
		if err := put(t, templateRows(t)); err != nil {
			return nil, fmt.Errorf("write template: sheet %s: %w", t, err)
		}
		for _, c := range Columns(t) {
			form := c.Form
			if c.Key {
				form += ", key"
			}
			explained = append(explained, []string{t, c.Name, form, strings.Join(c.Words, ", "), c.Text})
		}
	}
	if err := put("Columns", explained); err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	return b.Bytes(), nil
}
