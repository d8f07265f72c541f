package compare

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// bounds are sizes and the threshold itself: they are chosen, not fitted.
var bounds = map[string]bool{"MaxWord": true, "MaxRun": true, "Threshold": true}

// Each number that decides has a line that says what changes when it does.
func TestWeightsAreMeasured(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "weights.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	numbers := 0
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			said := v.Doc.Text()
			if g.Lparen == token.NoPos {
				said = g.Doc.Text()
			}
			for _, n := range v.Names {
				numbers++
				if !bounds[n.Name] && !strings.Contains(said, "−20 %: ") && !strings.Contains(said, "−1: ") {
					t.Errorf("%s has no line that says what it was measured on", n.Name)
				}
			}
		}
	}
	if numbers < 60 {
		t.Errorf("%d numbers are read, want at least 60", numbers)
	}
}
