package arch

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const root = "../.."

// TestOrder checks that a package imports only what stands before it on the road. finding
// is read by signal and policy, which fill it, so it may be imported from there on.
func TestOrder(t *testing.T) {
	eachFile(t, func(path string, imports []string, _ string) {
		from := top(filepath.ToSlash(path))
		if from == "" || from == "arch" || strings.HasSuffix(path, "_test.go") {
			return
		}
		at := slices.Index(Road, from)
		if at < 0 {
			t.Errorf("%s: package %q is not on the road; add it to arch.Road and ARCHITECTURE.md", path, from)
			return
		}
		for _, imp := range imports {
			rest, ok := strings.CutPrefix(imp, "plimsoll/internal/")
			if !ok {
				continue
			}
			to, _, _ := strings.Cut(rest, "/")
			if to == from || to == "finding" && at > slices.Index(Road, "ownership") {
				continue
			}
			if i := slices.Index(Road, to); i < 0 || i > at {
				t.Errorf("%s: %s imports %s, which stands after it", path, from, to)
			}
		}
	})
}

// TestPackageComments checks that every package says what it is.
func TestPackageComments(t *testing.T) {
	said := map[string]bool{}
	eachFile(t, func(path string, _ []string, doc string) {
		dir := filepath.Dir(path)
		said[dir] = said[dir] || len(doc) > 20
	})
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s: no package comment", dir)
		}
	}
}

var bannedNames = []string{"util", "utils", "common", "helper", "helpers", "base", "types", "models", "manager", "impl",
	"service"}

// TestNames checks package names, banned imports and that nothing names this or another machine.
func TestNames(t *testing.T) {
	eachFile(t, func(path string, imports []string, _ string) {
		if slices.Contains(bannedNames, filepath.Base(filepath.Dir(path))) {
			t.Errorf("%s: a package name must say what it holds", path)
		}
		for _, imp := range imports {
			for _, banned := range []string{"github.com/stretchr/testify", "github.com/google/cel-go", "gorm.io",
				"log\"", "math/rand\""} {
				if strings.HasPrefix(imp+"\"", banned) {
					t.Errorf("%s imports %s", path, imp)
				}
			}
		}
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"../shared", "/home/", "/Users/"} {
			if strings.Contains(string(b), word) && !strings.Contains(path, "recordtest") {
				t.Errorf("%s: names %q", path, word)
			}
		}
	})
}

// TestGoMod checks that no dependency is replaced.
func TestGoMod(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "\nreplace") {
		t.Error("go.mod has a replace directive")
	}
}

func eachFile(t *testing.T, do func(path string, imports []string, doc string)) {
	t.Helper()
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != root && (strings.HasPrefix(n, ".") || n == "testdata" || n == "bench" ||
				n == "out" || n == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		var imports []string
		for _, i := range f.Imports {
			imports = append(imports, strings.Trim(i.Path.Value, `"`))
		}
		doc := ""
		if f.Doc != nil {
			doc = f.Doc.Text()
		}
		do(strings.TrimPrefix(path, root+"/"), imports, doc)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func top(path string) string {
	rest, ok := strings.CutPrefix(path, "internal/")
	if !ok {
		return ""
	}
	t, _, _ := strings.Cut(rest, "/")
	return t
}

// TestThreatModel checks that every test which docs/threat-model.md names exists in its package.
func TestThreatModel(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root, "docs", "threat-model.md"))
	if err != nil {
		t.Fatal(err)
	}
	named, pkg := 0, ""
	for _, m := range regexp.MustCompile("`([a-z/]+)`|\\b(Test[A-Z]\\w+)").FindAllStringSubmatch(string(b), -1) {
		if m[1] != "" {
			pkg = m[1]
			continue
		}
		named++
		files, err := filepath.Glob(filepath.Join(root, "internal", pkg, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no tests in internal/%s: %v", m[2], pkg, err)
			continue
		}
		if !slices.ContainsFunc(files, func(f string) bool {
			b, err := os.ReadFile(f)
			return err == nil && strings.Contains(string(b), "func "+m[2]+"(")
		}) {
			t.Errorf("internal/%s has no %s", pkg, m[2])
		}
	}
	if named < 20 {
		t.Errorf("%d tests are named, want at least 20", named)
	}
}

// mostWays is the most ways through a function (McCabe's cyclomatic complexity) in packages whose rules stand in
// tables.
const mostWays = 30

// TestComplexity checks that functions of the packages that decide who is who stay readable: what decides by many cases
// is a table of rules, each with a row of a test.
func TestComplexity(t *testing.T) {
	for _, pkg := range []string{"name", "compare", "match", "resolve", "party"} {
		files, err := filepath.Glob(filepath.Join(root, "internal", pkg, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in internal/%s: %v", pkg, err)
		}
		for _, file := range files {
			fset := token.NewFileSet()
			f, err := parser.ParseFile(fset, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && !strings.HasSuffix(file, "_test.go") {
					if n := ways(fn); n > mostWays {
						t.Errorf("%s: %d ways through %s, at most %d: make it a table of rules",
							fset.Position(fn.Pos()), n, fn.Name.Name, mostWays)
					}
				}
			}
		}
	}
}

// ways counts the ways through a function: one, and one more for each condition, loop, case, && and ||.
func ways(fn *ast.FuncDecl) int {
	n := 1
	ast.Inspect(fn, func(x ast.Node) bool {
		switch y := x.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			n++
		case *ast.CaseClause:
			if y.List != nil {
				n++
			}
		case *ast.CommClause:
			if y.Comm != nil {
				n++
			}
		case *ast.BinaryExpr:
			if y.Op == token.LAND || y.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

func TestWays(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", `package x
func f(a, b bool, s []int) {
	if a && b || a { return }
	for range s { switch { case a: case b: default: } }
}`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if n := ways(f.Decls[0].(*ast.FuncDecl)); n != 7 {
		t.Errorf("%d ways, want 7", n)
	}
}

// Lines wider than a diff side by side can show. Texts in back quotes (statements of SQL, files of tests) are not
// counted.
const (
	widest    = 120 // columns, a tab counting four
	wideLines = 226 // how many there are; the number only goes down
)

// TestWidth checks that no line is added that is wider than [widest].
func TestWidth(t *testing.T) {
	n := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); path != root && (strings.HasPrefix(n, ".") || n == "out" || n == "dist") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		quoted := quotedLines(b)
		i := 0
		for line := range strings.Lines(string(b)) {
			i++
			line = strings.TrimRight(line, "\n")
			if !quoted[i] && utf8.RuneCountInString(line)+3*strings.Count(line, "\t") > widest {
				n++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n > wideLines {
		t.Errorf("%d lines are wider than %d columns, at most %d: break those that were added", n, widest, wideLines)
	}
	if n < wideLines-20 {
		t.Errorf("%d lines are wider than %d columns: set wideLines, now %d, to that", n, widest, wideLines)
	}
}

// quotedLines are the numbers of the lines that hold a part of a text in back quotes.
func quotedLines(src []byte) map[int]bool {
	out := map[int]bool{}
	file := token.NewFileSet().AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, nil, 0)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			return out
		}
		if tok == token.STRING && text[0] == '`' {
			for i := range strings.Count(text, "\n") + 1 {
				out[file.Line(pos)+i] = true
			}
		}
	}
}

// TestRename checks that files get other names through package disk alone, which sees a name that the disk did not
// take.
func TestRename(t *testing.T) {
	calls := regexp.MustCompile(`\b(os|syscall|unix)\.Rename`)
	found := false
	eachFile(t, func(path string, _ []string, _ string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		switch in := top(filepath.ToSlash(path)); {
		case in == "disk":
			found = found || calls.Match(b)
		case calls.Match(b):
			t.Errorf("%s: renames past package disk: use disk.Rename, disk.Move or disk.Settle", path)
		}
	})
	if !found {
		t.Error("package disk renames nothing: this test looks for the wrong words")
	}
}
