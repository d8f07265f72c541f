package table

import "testing"

// TestTemplate reads every template as a record without a doubt.
func TestTemplate(t *testing.T) {
	for _, table := range Tables() {
		c, stats := decode(t, file(t, table+".csv", Template(table)))
		if len(c.Records) != 1 || len(c.Rejects) > 0 || len(stats.Notes) > 0 || stats.Table != table ||
			len(unreadOf(c.Records[0])) > 0 {
			t.Errorf("%s: %d records, rejects %v, notes %v", table, len(c.Records), c.Rejects, stats.Notes)
		}
		for column := range exampleRows[table] {
			found := false
			for _, c := range Columns(table) {
				found = found || c.Name == column
			}
			if !found {
				t.Errorf("%s: the example has no column %s", table, column)
			}
		}
	}
	data, err := TemplateBook()
	if err != nil {
		t.Fatal(err)
	}
	c, stats := decode(t, file(t, "register.xlsx", data))
	if len(c.Records) != len(Tables()) || len(c.Rejects) > 0 {
		t.Errorf("workbook: %d records, rejects %v, notes %v", len(c.Records), c.Rejects, stats.Notes)
	}
}
