package compare

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"plimsoll/internal/record/recordtest"
)

// bounds are sizes and the threshold itself: they are chosen, not fitted.
var bounds = map[string]bool{"MaxWord": true, "MaxRun": true, "Threshold": true}

// A weight is a number of weights.go and what stands above it.
type weight struct {
	name, value, said string
	from, to          int // of the value, in the file
}

// weights reads the numbers of weights.go.
func weights(t *testing.T) (src []byte, out []weight) {
	src, err := os.ReadFile("weights.go")
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "weights.go", src, parser.ParseComments)
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
			said := v.Doc.Text()
			if g.Lparen == token.NoPos {
				said = g.Doc.Text()
			}
			for i, n := range v.Names {
				from, to := files.Position(v.Values[i].Pos()).Offset, files.Position(v.Values[i].End()).Offset
				out = append(out, weight{n.Name, string(src[from:to]), said, from, to})
			}
		}
	}
	return src, out
}

// measured is the line above a number: how much less and more it was made, the sets, the day, and how F1 changed.
var measured = regexp.MustCompile(`F1 in thousandths, names/orgs/bodies/acr, (20\d\d-\d\d-\d\d), ` +
	`(−20 %|−1): ([+−]\d+)/([+−]\d+)/([+−]\d+)/([+−]\d+); (\+20 %|\+1): ([+−]\d+)/([+−]\d+)/([+−]\d+)/([+−]\d+)`)

// Each number that decides has a line that says on which sets and when F1 was measured, and what it does when the
// number changes.
func TestWeightsAreMeasured(t *testing.T) {
	_, all := weights(t)
	for _, w := range all {
		if !bounds[w.name] && !measured.MatchString(strings.Join(strings.Fields(w.said), " ")) {
			t.Errorf("%s has no line that says on which sets and when F1 was measured, and how it changes", w.name)
		}
	}
	if len(all) < 60 {
		t.Errorf("%d numbers are read, want at least 60", len(all))
	}
}

// f1 returns the F1 in thousandths of the labelled pairs of persons and firms, of bodies and firms, and of bodies.tsv.
func f1(t *testing.T) (out [3]float64) {
	var c Comparer
	score := func(set int, rows [][]string, schema, a, b, same int) {
		tp, wrong := 0, 0
		for _, r := range rows {
			kind := "Organization"
			if schema >= 0 {
				kind = r[schema]
			}
			want, got := r[same] == "true" || r[same] == "y", c.Pair(kind, r[a], r[b]) >= Threshold
			switch {
			case want && got:
				tp++
			case want != got:
				wrong++
			}
		}
		out[set] = 2000 * float64(tp) / float64(2*tp+wrong)
	}
	read := func(path string) [][]string {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows[1:]
	}
	score(0, read(recordtest.Shared(t, "quality/name_pairs_dev.csv")), 1, 2, 3, 4)
	score(1, read(recordtest.Shared(t, "quality/org_pairs_dev.csv")), 2, 0, 1, 3)
	b, err := os.ReadFile("testdata/bodies.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(b)) {
		if r := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(r) == 4 && line[0] != '#' {
			rows = append(rows, r)
		}
	}
	score(2, rows, -1, 2, 3, 1)
	return out
}

// TestF1 prints what TestWeightsMove reads, when that asks for it.
func TestF1(t *testing.T) {
	if os.Getenv("PLIMSOLL_F1") == "" {
		t.Skip("only with another weight: PLIMSOLL_F1=1")
	}
	v := f1(t)
	fmt.Printf("F1 %.1f %.1f %.1f\n", v[0], v[1], v[2])
}

// someWeights is how many numbers are measured again in a run.
const someWeights = 3

// TestWeightsMove measures a few numbers again, drawn anew in each run: the lines above them must be true to two
// thousandths. PLIMSOLL_QUALITY=1; it builds the package with each other number.
func TestWeightsMove(t *testing.T) {
	if os.Getenv("PLIMSOLL_QUALITY") == "" {
		t.Skip("builds the package again for each number: PLIMSOLL_QUALITY=1")
	}
	base := f1(t)
	src, all := weights(t)
	for _, i := range rand.Perm(len(all))[:someWeights] {
		w := all[i]
		m := measured.FindStringSubmatch(strings.Join(strings.Fields(w.said), " "))
		if m == nil {
			continue
		}
		t.Run(w.name, func(t *testing.T) {
			for side, value := range changed(t, w.value) {
				got := f1With(t, src[:w.from], value, src[w.to:])
				for k := range base {
					want, err := strconv.Atoi(strings.NewReplacer("−", "-", "+", "").Replace(m[3+side*5+k]))
					if err != nil {
						t.Fatal(err)
					}
					if d := got[k] - base[k]; math.Abs(d-float64(want)) > 2 {
						t.Errorf("with %s, F1 of set %d changes by %.1f thousandths, and the line above says %d", value,
							k, d,
							want)
					}
				}
			}
		})
	}
}

// changed returns a number a fifth less and a fifth more, a count one less and one more.
func changed(t *testing.T, value string) [2]string {
	if n, err := strconv.Atoi(value); err == nil {
		return [2]string{strconv.Itoa(n - 1), strconv.Itoa(n + 1)}
	}
	x, err := strconv.ParseFloat(value, 64)
	if err != nil {
		t.Fatalf("read the number %q: %v", value, err)
	}
	return [2]string{strconv.FormatFloat(x*0.8, 'g', 6, 64), strconv.FormatFloat(x*1.2, 'g', 6, 64)}
}

// f1With returns what f1 does when the file of the weights is another one.
func f1With(t *testing.T, before []byte, value string, after []byte) (out [3]float64) {
	dir := t.TempDir()
	other := filepath.Join(dir, "weights.go")
	if err := os.WriteFile(other, []byte(string(before)+value+string(after)), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Abs("weights.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {own: other}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "test", "-count=1", "-overlay", list, "-run", "^TestF1$", "-v", ".")
	cmd.Env = append(os.Environ(), "PLIMSOLL_F1=1")
	b, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("test with %s: %v\n%s", value, err, b)
	}
	i := strings.Index(string(b), "F1 ")
	if i < 0 {
		t.Fatalf("test with %s printed no F1:\n%s", value, b)
	}
	if _, err := fmt.Sscanf(string(b[i:]), "F1 %f %f %f", &out[0], &out[1], &out[2]); err != nil {
		t.Fatal(err)
	}
	return out
}
