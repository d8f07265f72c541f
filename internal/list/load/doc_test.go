package load_test

import (
	"maps"
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
	sampled := map[string]bool{}
	for _, s := range samples {
		files := map[string]string{s.file: s.text}
		maps.Copy(files, s.beside)
		lists, err := load.Load(t.Context(), []string{folder(t, files)})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lists {
			sampled[l.ID] = true
			if l.Format != "named" && l.Format != "ftm" && !strings.Contains(text, "| `"+l.ID+"` |") {
				t.Errorf("the page does not name the list %s of the sample %s", l.ID, s.name)
			}
		}
	}
	_, published, _ := strings.Cut(text, "| list | `LIST` | forms |")
	published, _, _ = strings.Cut(published, "\n\n")
	for _, line := range strings.Split(published, "\n")[2:] {
		cells := strings.Split(line, " | ")
		if id := strings.Trim(cells[1], "`"); id != "ftm-…" && !sampled[id] {
			t.Errorf("the list %s of the page has no sample", id)
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
		{"a list without its status", "a.csv", "name,publisher,report\nOstrin,Harbour Watch,Quay\n",
			[]string{"a table of names", "lacks the column status"}},
		{"a list of another country's words", "a.csv", "Firma;Land\nOstrin;XV\n", []string{"name, publisher, status",
			"docs/format/lists.md"}},
		{"half of a published list", "a.csv", "Unique ID,OFSI Group ID,Name 6,Name type\nQ1,1,Ostrin,Primary Name\n",
			[]string{"the UK Sanctions List", "designation_type, date_designated"}},
		{"names alone", "a.csv", "Ostrin Ltd\nVelm AG\n", []string{"nearest is a table of names",
			"name, publisher, status", `"Ostrin Ltd"`, "write one above", "map draft"}},
		{"one name", "a.txt", "Ostrin Ltd", []string{"nearest is a table of names", "write one above"}},
		{"names below a heading", "a.csv", "\ufeffname\nOstrin Ltd\n", []string{"nearest is a table of names",
			"lacks the column publisher, status", "map draft"}},
		{"rows without a heading", "a.csv", "Ostrin Ltd;XV\nVelm AG;XW\n", []string{"a table of names",
			"name, publisher, status", `"Ostrin Ltd;XV"`, "write one above"}},
		{"names in another script", "a.csv", "Острин\nВелм\n", []string{"a table of names", `"Острин"`}},
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
