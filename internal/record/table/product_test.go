package table

import (
	"reflect"
	"strings"
	"testing"

	"plimsoll/internal/record"
)

func TestProducts(t *testing.T) {
	tests := []struct {
		name, text string
		want       record.Product
		notes      string
	}{
		{"codes of several schemes", "sku,name,codes,capability\nZX-9,Zorblax,HS:8429.52; eccn: " +
			"5A001.j,Interception;weapons\n",
			record.Product{SKU: "ZX-9", Name: "Zorblax", Codes: []record.Code{{Scheme: "HS", Code: "8429.52"},
				{Scheme: "ECCN", Code: "5A001.j"}},
				Capabilities: []string{"interception", "arms"}, Stated: true}, ""},
		{"none is a statement", "SKU;Product name;Capability\n1;Chair;none\n", record.Product{SKU: "1", Name: "Chair",
			Stated: true}, ""},
		{"not known is none", "sku,name,capability\n1,Chair,tbd\n", record.Product{SKU: "1", Name: "Chair"}, ""},
		{"a word that is none", "sku,name,capability\n1,Chair,seating\n", record.Product{SKU: "1", Name: "Chair",
			Stated: true, Unclear: true}, `"seating"`},
		{"a column of one scheme", "article number\tdescription\tECCN\nA-1\tBox\t5A002\n",
			record.Product{SKU: "A-1", Name: "Box", Codes: []record.Code{{Scheme: "ECCN", Code: "5A002"}}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, st := decode(t, file(t, "products.csv", []byte(tt.text)))
			if len(c.Records) != 1 {
				t.Fatalf("%d records, %+v", len(c.Records), st)
			}
			p, ok := c.Records[0].(*record.Product)
			if !ok {
				t.Fatalf("a %T", c.Records[0])
			}
			p.Place, p.Lacks, p.Unread = record.Place{}, nil, nil
			if !reflect.DeepEqual(*p, tt.want) {
				t.Errorf("got %+v, want %+v", *p, tt.want)
			}
			if tt.notes != "" && !strings.Contains(strings.Join(st.Notes, "\n"), tt.notes) {
				t.Errorf("notes %q have no %q", st.Notes, tt.notes)
			}
		})
	}
}
