package row

import "testing"

func TestFindHeader(t *testing.T) {
	for _, tt := range []struct {
		name, head string
		mark       rune
		ok         bool
	}{
		{"comma", "name,kind\n", ',', true},
		{"semicolon below a title", "A list of firms\n\nname;kind\n", ';', true},
		{"bar", "name|kind\n", '|', true},
		{"another name of a column", "title\tkind\n", '\t', true},
		{"a heading over two lines", "\"name\",\"the\nreason\",kind\n", ',', true},
		{"lacking", "name,sort\n", 0, false},
		{"a quote that never closes", "\"name,kind\nname,kind\n", ',', true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, mark, ok := FindHeader([]byte(tt.head), "name|title", "kind")
			if ok != tt.ok || mark != tt.mark {
				t.Errorf("FindHeader = %v, %q, %v, want %q, %v", h, mark, ok, tt.mark, tt.ok)
			}
		})
	}
	if got := Called("name|title"); got != "name" {
		t.Errorf("Called = %q", got)
	}
}

func TestHolds(t *testing.T) {
	for _, tt := range []struct {
		head, element string
		want          bool
	}{
		{"<list>", "list", true}, {"<list ", "list", true}, {"<a:list\n", "list", true}, {"<list/>", "list", true},
		{"<listing>", "list", false}, {"<x list >", "list", false}, {"</list>", "list", false}, {"text list ", "list",
			false},
		{"<list", "list", false}, {"<blacklist><list>", "list", true}, {"<a b:list >", "list", false},
	} {
		if got := Holds([]byte(tt.head), tt.element); got != tt.want {
			t.Errorf("Holds(%q, %q) = %v, want %v", tt.head, tt.element, got, tt.want)
		}
	}
}
