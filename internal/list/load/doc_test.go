package load_test

import (
	"os"
	"strings"
	"testing"

	"plimsoll/internal/list/load"
	"plimsoll/internal/list/named"
)

// TestDocumentNamesWhatIsRead compares docs/format/lists.md with the code.
func TestDocumentNamesWhatIsRead(t *testing.T) {
	b, err := os.ReadFile("../../../docs/format/lists.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, c := range named.Columns {
		if !strings.Contains(text, "| `"+c+"` |") {
			t.Errorf("the page does not describe the column %s", c)
		}
	}
	for _, id := range []string{
		"ofac-sdn", "ofac-cons", "un-sc", "eu-fsf", "uk-sanctions", "uk-ofsi", "ch-seco", "ca-sema", "au-dfat", "worldbank-debarred", "bis-dpl", "us-csl",
	} {
		if !strings.Contains(text, "`"+id+"`") {
			t.Errorf("the page does not name the list %s", id)
		}
	}
	if len(load.Formats) < 10 {
		t.Errorf("only %d formats are named in a refusal", len(load.Formats))
	}
}

func TestRefusalNamesWhatIsLacking(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string
		words            []string
	}{
		{"a list without its status", "a.csv", "name,publisher,report\nOstrin,Harbour Watch,Quay\n", []string{"a table of names", "lacks the column status"}},
		{"a list of another country's words", "a.csv", "Firma;Land\nOstrin;XV\n", []string{"name, publisher, status", "docs/format/lists.md"}},
		{"half of a published list", "a.csv", "Unique ID,OFSI Group ID,Name 6,Name type\nQ1,1,Ostrin,Primary Name\n",
			[]string{"the UK Sanctions List", "designation_type, date_designated"}},
		{"another document", "a.xml", `<inventory><thing/></inventory>`, []string{"OFAC", "UN Security Council"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load.Load(t.Context(), []string{folder(t, map[string]string{tt.file: tt.text})})
			if err == nil {
				t.Fatal("it is read")
			}
			for _, w := range tt.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the message lacks %q: %v", w, err)
				}
			}
		})
	}
}
