package resolve_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"plimsoll/internal/resolve"
	"plimsoll/internal/resolve/resolvetest"
)

// A weight is one number of weights.go.
type weight struct {
	name     string
	from, to int // its digits and sign in the file
	text     string
	doc      string
	spec     *ast.ValueSpec
}

// weights reads the numbers of weights.go.
func weights(t *testing.T) (src []byte, out []weight) {
	t.Helper()
	src, err := os.ReadFile("weights.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, "weights.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			if len(v.Names) != 1 || len(v.Values) != 1 {
				t.Fatalf("%s: one number a line", v.Names[0].Name)
			}
			from, to := set.Position(v.Values[0].Pos()).Offset, set.Position(v.Values[0].End()).Offset
			out = append(out, weight{v.Names[0].Name, from, to, string(src[from:to]), v.Doc.Text(), v})
		}
	}
	return src, out
}

// moved returns the number a tenth less and a tenth more; whole numbers by one at least.
func (w weight) moved(t *testing.T) (less, more string) {
	t.Helper()
	if n, err := strconv.Atoi(w.text); err == nil {
		d := max(1, n/10)
		return strconv.Itoa(n - d), strconv.Itoa(n + d)
	}
	x, err := strconv.ParseFloat(w.text, 64)
	if err != nil {
		t.Fatalf("%s: %q is no number", w.name, w.text)
	}
	text := func(x float64) string {
		if w.name == "exactLike" || w.name == "leastLike" || w.name == "nearMost" {
			x = min(x, 1) // shares
		}
		s := strconv.FormatFloat(math.Round(x*1e4)/1e4, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		return s
	}
	return text(x * 0.9), text(x * 1.1)
}

// Each number that decides has a line that says how precision and recall move with it.
func TestWeightsAreMeasured(t *testing.T) {
	_, all := weights(t)
	for _, w := range all {
		if !strings.Contains(w.doc, "−10 %: ") && !strings.Contains(w.doc, "−1: ") {
			t.Errorf("%s has no line that says how precision and recall move with it", w.name)
		}
	}
	if len(all) < 30 {
		t.Errorf("%d numbers are read, want at least 30", len(all))
	}
}

// rowsEnv names a folder with rows made before, so that each run does not make them anew.
const rowsEnv = "PLIMSOLL_RESOLUTION_ROWS"

const countsPrefix = "resolution counts "

// TestWeightCounts prints the counts of pairs for [TestQualityWeights], which runs it with other numbers.
func TestWeightCounts(t *testing.T) {
	dir := os.Getenv(rowsEnv)
	if dir == "" {
		t.Skip("run by TestQualityWeights")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rows in %s: %v", dir, err)
	}
	var all resolvetest.Pairs
	for _, file := range files {
		rows, err := resolvetest.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		ms, of := resolvetest.Mentions(rows)
		res := resolve.Resolve(ms, nil)
		all.Add(resolvetest.Judge(rows, of, &res))
	}
	b, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(countsPrefix + string(b))
}

// TestQualityWeights moves each number by a tenth, by itself, and prints how precision and recall of the benchmark
// move. It builds the package once for each, which takes a quarter of an hour; UPDATE=1 writes the lines into
// weights.go.
//
//	PLIMSOLL_QUALITY=1 go test -count=1 -timeout 60m -run TestQualityWeights -v ./internal/resolve
func TestQualityWeights(t *testing.T) {
	if os.Getenv("PLIMSOLL_QUALITY") == "" {
		t.Skip("runs with PLIMSOLL_QUALITY=1")
	}
	dir := t.TempDir()
	for seed := 1; seed <= 3; seed++ {
		if err := os.Rename(benchmark(t, seed), filepath.Join(dir, fmt.Sprintf("seed%d.csv", seed))); err != nil {
			t.Fatal(err)
		}
	}
	src, all := weights(t)
	base, _ := counts(t, dir, src)
	t.Logf("as it is: %s", shares(base))
	lines := map[string]string{}
	for _, w := range all {
		less, more := w.moved(t)
		step := "10 %"
		if n, err := strconv.Atoi(w.text); err == nil && n < 20 {
			step = "1"
		}
		lines[w.name] = fmt.Sprintf("−%s: %s; +%s: %s.", step, moves(t, dir, src, w, less, base), step,
			moves(t, dir, src, w, more, base))
		t.Logf("%s: %s", w.name, lines[w.name])
	}
	if os.Getenv("UPDATE") != "" {
		writeLines(t, src, all, lines)
	}
}

// moves says in words what another number changes.
func moves(t *testing.T, dir string, src []byte, w weight, text string, base resolvetest.Pairs) string {
	t.Helper()
	if text == w.text {
		return "as it is"
	}
	other := slices.Concat(src[:w.from], []byte(text), src[w.to:])
	got, failing := counts(t, dir, other)
	var out []string
	for _, m := range []struct {
		what      string
		got, base float64
	}{
		{"P", got.Precision(), base.Precision()},
		{"R", got.Recall(), base.Recall()},
		{"P with possible", got.MayPrecision(), base.MayPrecision()},
		{"R with possible", got.MayRecall(), base.MayRecall()},
	} {
		if d := math.Round(1e4*(m.got-m.base)) / 100; d != 0 {
			out = append(out, m.what+" "+strings.Replace(fmt.Sprintf("%+.2f", d), "-", "−", 1))
		}
	}
	if failing > 0 {
		out = append(out, fmt.Sprintf("tests that fail %d", failing))
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, ", ")
}

// counts builds the package with another weights.go and returns its counts over the rows, and how many of its tests
// fail.
func counts(t *testing.T, rows string, src []byte) (resolvetest.Pairs, int) {
	t.Helper()
	dir := t.TempDir()
	file, over := filepath.Join(dir, "weights.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, src, 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := filepath.Abs("weights.go")
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]map[string]string{"Replace": {here: file}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(over, b, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-overlay", over, "-vet=off", "-count=1", "-v", "-skip",
		"^TestQuality|^TestWeightsAreMeasured$", ".")
	cmd.Env = append(os.Environ(), rowsEnv+"="+rows, "PLIMSOLL_QUALITY=", "UPDATE=")
	out, runErr := cmd.CombinedOutput()
	_, rest, ok := strings.Cut(string(out), countsPrefix)
	if !ok {
		t.Fatalf("no counts: %v\n%s", runErr, out)
	}
	line, _, _ := strings.Cut(rest, "\n")
	var p resolvetest.Pairs
	if err := json.Unmarshal([]byte(line), &p); err != nil {
		t.Fatalf("read the counts: %v\n%s", err, out)
	}
	failing := 0
	for l := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(l), "--- FAIL: "); ok &&
			!strings.Contains(string(out), "--- FAIL: "+strings.Fields(name)[0]+"/") {
			failing++
		}
	}
	return p, failing
}

// writeLines puts the measured line of each number below what its comment says of it.
func writeLines(t *testing.T, src []byte, all []weight, lines map[string]string) {
	t.Helper()
	text := string(src)
	for _, w := range slices.Backward(all) {
		at := w.from
		for at > 0 && text[at-1] != '\n' {
			at--
		}
		head, tail := text[:at], text[at:]
		for { // an older line
			start := strings.LastIndexByte(strings.TrimSuffix(head, "\n"), '\n') + 1
			if l := strings.TrimSpace(head[start:]); !strings.HasPrefix(l, "// −") && !strings.HasPrefix(l, "//  ") {
				break
			}
			head = head[:start]
		}
		text = head + wrapped("\t// "+lines[w.name]) + tail
	}
	b, err := format.Source([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("weights.go", b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// wrapped breaks a comment into lines of at most 110 letters.
func wrapped(s string) string {
	var b strings.Builder
	n := 0
	for i, w := range strings.Fields(s) {
		k := len([]rune(w))
		switch {
		case i == 0:
			b.WriteString("\t")
		case n+k > 106:
			b.WriteString("\n\t//  ")
			n = 4
		default:
			b.WriteByte(' ')
		}
		b.WriteString(w)
		n += k + 1
	}
	return b.String() + "\n"
}
