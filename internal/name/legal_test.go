package name

import (
	"strings"
	"testing"
)

// Every form in the table, in every jurisdiction it names, is a legal form and no part of
// what a company is called.
func TestLegalFormsOfSixtyJurisdictions(t *testing.T) {
	states := map[string]bool{}
	lines("legal", func(f []string) {
		if legalClass[f[0]] == 0 {
			t.Errorf("class %q is not known", f[0])
		}
		for _, s := range strings.Fields(f[1]) {
			if s != "*" {
				states[s] = true
			}
		}
		for _, form := range strings.Split(f[2], ",") {
			form = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(form), "!"))
			n := Parse("Quillmark Lantern "+form, Org)
			if n.Legal == 0 {
				t.Errorf("%q (%s) is not read as a legal form", form, f[1])
			}
			if k := Key("Quillmark Lantern " + form); k != "quillmark lantern" {
				t.Errorf("%q (%s): the key of the name is %q", form, f[1], k)
			}
		}
	})
	if len(states) < 60 {
		t.Errorf("legal forms of %d jurisdictions, want 60 or more", len(states))
	}
	t.Logf("%d jurisdictions", len(states))
}

func TestClassesOfWords(t *testing.T) {
	for _, tt := range []struct {
		kind Kind
		name string
		word string
		want Class
	}{
		{Person, "Dr. Marisol Quillfeather", "dr", Honor},
		{Person, "Sheikh Tariq bin Salvar", "sheikh", Honor},
		{Person, "Tariq bin Salvar", "bin", Stop},
		{Person, "Anneke van der Brandtmark", "van", Stop},
		{Person, "Ivan Petrovich Harbourov", "petrovich", Patronym},
		{Person, "Marisol A. Quillfeather", "a", Initial},
		{Person, "Marisol Quillfeather Jr.", "jr", Suffix},
		{Org, "Forty-Fourth Lantern Brigade", "44", Word},
		{Org, "44th Lantern Brigade", "44", Word},
		{Org, "Lantern Fund XII", "12", Number},
		{Org, "Lantern Bank of Kenya", "kenya", Place},
		{Org, "Lantern General Trading", "trading", Generic},
	} {
		n, found := Parse(tt.name, tt.kind), false
		for _, w := range n.Tokens {
			if w.Text == tt.word {
				found = true
				if w.Class != tt.want {
					t.Errorf("%q: the class of %q is %d, want %d", tt.name, tt.word, w.Class, tt.want)
				}
			}
		}
		if !found {
			t.Errorf("%q: no word %q in %+v", tt.name, tt.word, n.Tokens)
		}
	}
}
