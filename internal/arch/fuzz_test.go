package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readers are the packages whose exported functions take in files of strangers.
var readers = []string{"internal/record", "internal/list", "internal/ownership"}

// isReader matches the names of functions that take in bytes.
var isReader = regexp.MustCompile(
	`^(Decode|Read|Recognise|Load|Parse|Each|Every|Find|Match|Is|Looks|UTF8|Begin|Sources|Files|FromSheet|Shape|Heads|Likeliest|SheetKinds|Nearest|HasHeader)`)

// takesBytes are the types of parameters through which bytes of a stranger come in.
var takesBytes = []string{"[]byte", "io.Reader", "record.Source", "Source", "[]record.Source", "[]Source"}

// TestFuzzed checks that each exported function that reads a stranger's file is reached from a fuzz target of its
// package.
func TestFuzzed(t *testing.T) {
	for _, top := range readers {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() || d.Name() == "testdata" || d.Name() == "data" || strings.HasSuffix(d.Name(),
				"test") {
				return err
			}
			entries, reached := fuzzed(t, path)
			for _, name := range entries {
				if !reached[name] {
					t.Errorf("%s: no fuzz target reaches %s", strings.TrimPrefix(path, root+"/"), name)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// fuzzed returns the exported readers of a package, and every name that its fuzz targets reach.
func fuzzed(t *testing.T, dir string) (entries []string, reached map[string]bool) {
	t.Helper()
	uses := map[string][]string{} // function → names in it
	var targets []string
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	for _, file := range files {
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			name := fn.Name.Name
			test := strings.HasSuffix(file, "_test.go")
			switch {
			case test && strings.HasPrefix(name, "Fuzz"):
				targets = append(targets, name)
			case !test && fn.Recv == nil && fn.Name.IsExported() && isReader.MatchString(name) && takes(fn):
				entries = append(entries, name)
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					uses[name] = append(uses[name], id.Name)
				}
				return true
			})
		}
	}
	reached = map[string]bool{}
	for len(targets) > 0 {
		name := targets[len(targets)-1]
		targets = targets[:len(targets)-1]
		if reached[name] {
			continue
		}
		reached[name] = true
		targets = append(targets, uses[name]...)
	}
	return entries, reached
}

// takes reports whether a function has a parameter through which bytes come in.
func takes(fn *ast.FuncDecl) bool {
	for _, p := range fn.Type.Params.List {
		is := typeName(p.Type)
		for _, want := range takesBytes {
			if is == want {
				return true
			}
		}
	}
	return false
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	case *ast.ArrayType:
		return "[]" + typeName(e.Elt)
	}
	return ""
}
