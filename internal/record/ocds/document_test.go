package ocds

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocument holds the page of the contract formats to the lists that the readers use.
func TestDocument(t *testing.T) {
	path := filepath.Join("..", "..", "..", filepath.FromSlash(pages))
	want := Document()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the lists say (%v); run the test with UPDATE=1", pages, err)
	}
	for n, line := range strings.Split(want, "\n") {
		if len(line) > 120 && !strings.HasPrefix(line, "|") {
			t.Errorf("%s:%d: a line of %d bytes", pages, n+1, len(line))
		}
	}
	for _, name := range keyNames[1:] {
		if name != "" && !strings.Contains(want, "`"+name+"`") {
			t.Errorf("the member %s stands nowhere on the page", name)
		}
	}
}

// TestNoticeElements compares the elements of notices that the readers name with the page.
func TestNoticeElements(t *testing.T) {
	element := regexp.MustCompile(`"([A-Z][A-Za-z]+[a-z][A-Z][A-Za-z]+|[A-Z]{2,}_[A-Z_]+|[A-Z]{4,})"`)
	page := Document()
	for _, file := range []string{"eforms.go", "export.go"} {
		text, err := os.ReadFile(filepath.Join("..", "ted", file))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, m := range element.FindAllStringSubmatch(string(text), -1) {
			name := m[1]
			switch {
			case strings.HasPrefix(name, "PT_"), strings.HasPrefix(name, "UBLExtension"), name == "ExtensionContent",
				name == "EformsExtension",
				name == "VALUE", name == "CODE", name == "ITEM", name == "ORIGINAL", name == "LotsGroup",
				strings.HasSuffix(name, "_SECTION"), strings.HasSuffix(name, "_DATA"):
				continue // what stands around, and values of elements
			}
			n++
			if !strings.Contains(page, name) {
				t.Errorf("%s reads the element %s, and the page does not name it", file, name)
			}
		}
		if n < 20 {
			t.Errorf("%s: only %d elements were found in the source", file, n)
		}
	}
}
