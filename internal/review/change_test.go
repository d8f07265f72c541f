package review

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// records are the input files of a review by path, unpacked.
type records map[string]string

// readRecords reads what a world wrote, but for its key.
func readRecords(t testing.TB, dir string) records {
	t.Helper()
	out := records{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "key.jsonl" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if name, ok := strings.CutSuffix(rel, ".gz"); ok {
			z, err := gzip.NewReader(bytes.NewReader(b))
			if err != nil {
				return err
			}
			if b, err = io.ReadAll(z); err != nil {
				return err
			}
			rel = name
		}
		out[filepath.ToSlash(rel)] = string(b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tableOf returns the table that a file belongs to: all bills are one.
func tableOf(file string) string {
	if dir, _, ok := strings.Cut(file, "/"); ok {
		return dir
	}
	name, _, _ := strings.Cut(file, ".")
	return name
}

// isCSV reports whether a file is a table that changes are made to. Lists are what is looked
// for, not what is looked at.
func isCSV(file string) bool {
	return strings.HasSuffix(file, ".csv") && !strings.HasPrefix(file, "lists/")
}

func parseCSV(t testing.TB, text string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func formatCSV(rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	_ = w.WriteAll(rows) // a strings.Builder reports no error
	return b.String()
}

// A change is one thing that is taken from the records, or made unreadable in them.
type change struct {
	name  string
	table string
	edit  func(file string, rows [][]string) [][]string // of each file of the table; nil: the file is gone
	whole func(records) records                         // instead of edit
}

func (c change) apply(t testing.TB, in records) records {
	if c.whole != nil {
		return c.whole(in)
	}
	out := maps.Clone(in)
	for file, text := range in {
		if tableOf(file) != c.table {
			continue
		}
		if c.edit == nil {
			delete(out, file)
			continue
		}
		if !isCSV(file) {
			continue
		}
		out[file] = formatCSV(c.edit(file, parseCSV(t, text)))
	}
	return out
}

// unknownWord is a word of no language and no vocabulary.
const unknownWord = "zq-neuwort"

// coded are the columns in which words are written that have to be understood.
var coded = map[string][]string{
	"accounts":  {"country", "end_user_class"},
	"approvals": {"kind", "outcome", "paid_on_deal"},
	"claims":    {"capability", "status"},
	"clauses":   {"clause", "present"},
	"engagements": {"kind", "item", "item_code", "unit", "method", "buyer_country", "end_user_country",
		"end_user_class", "destination", "currency"},
	"events":  {"kind"},
	"support": {"code"},
	"usage": {"ChargeCategory", "ConsumedUnit", "ServiceName", "ServiceCategory", "ServiceSubcategory",
		"SkuMeter", "RegionId", "ChargeClass"},
}

func withoutColumn(table, column string) change {
	return change{name: table + "." + column + " gone", table: table, edit: func(_ string, rows [][]string) [][]string {
		at := slices.Index(rows[0], column)
		if at < 0 {
			return rows
		}
		for i, r := range rows {
			rows[i] = slices.Delete(r, at, at+1)
		}
		return rows
	}}
}

func unknownWords(table, column string) change {
	return change{name: table + "." + column + " in unknown words", table: table,
		edit: func(_ string, rows [][]string) [][]string {
			if at := slices.Index(rows[0], column); at >= 0 {
				for _, r := range rows[1:] {
					if r[at] != "" {
						r[at] = unknownWord
					}
				}
			}
			return rows
		}}
}

// oneCell replaces one coded cell of one file, or all of one row by what no reader understands.
func oneCell(table, file string, row int, column string) change {
	return change{name: fmt.Sprintf("%s row %d: %s in unknown words", file, row+1, column), table: table,
		edit: func(f string, rows [][]string) [][]string {
			if at := slices.Index(rows[0], column); f == file && at >= 0 && rows[row][at] != "" {
				rows[row][at] = unknownWord
			}
			return rows
		}}
}

func unreadableRow(table, file string, row int) change {
	return change{name: fmt.Sprintf("%s row %d unreadable", file, row+1), table: table,
		edit: func(f string, rows [][]string) [][]string {
			if f == file {
				rows[row] = []string{"\x00\xff" + unknownWord}
			}
			return rows
		}}
}

// changesOf lists what the test takes away from records: for each table the table, its columns, the words of its
// coded columns, of perRow rows of each file the row or a coded cell; for each JSON file the same of its members.
func changesOf(t testing.TB, in records, r *rand.Rand, perRow int) []change {
	var out []change
	seen := map[string]bool{}
	for _, file := range slices.Sorted(maps.Keys(in)) {
		table := tableOf(file)
		if !seen[table] {
			seen[table] = true
			out = append(out, change{name: table + " gone", table: table})
			if isCSV(file) {
				for _, c := range parseCSV(t, in[file])[0] {
					out = append(out, withoutColumn(table, c))
				}
				for _, c := range coded[table] {
					out = append(out, unknownWords(table, c))
				}
			}
		}
		switch {
		case isCSV(file):
			out = append(out, rowChanges(t, table, file, parseCSV(t, in[file]), r, perRow)...)
		case strings.HasSuffix(file, ".json") && table != "lists":
			out = append(out, memberChanges(t, table, file, in[file])...)
		}
	}
	return out
}

// rowChanges make rows of a file unreadable one by one, and single coded cells unknown words.
func rowChanges(t testing.TB, table, file string, rows [][]string, r *rand.Rand, perRow int) []change {
	var out []change
	for _, row := range r.Perm(len(rows) - 1)[:min(perRow, len(rows)-1)] {
		out = append(out, unreadableRow(table, file, row+1))
	}
	for _, column := range coded[table] {
		at := slices.Index(rows[0], column)
		for tries, done := 0, 0; at >= 0 && tries < 200 && done < max(1, perRow/4); tries++ {
			if row := 1 + r.IntN(len(rows)-1); rows[row][at] != "" {
				out, done = append(out, oneCell(table, file, row, column)), done+1
			}
		}
	}
	return out
}

// codedMembers are the members of JSON files in which words are written that have to be understood.
var codedMembers = []string{"procurementMethod", "procurementMethodRationale", "description", "title", "scheme",
	"countryName", "country", "roles",
	"status", "tag", "type", "interestType", "componentType", "recordType", "statementType", "entityType", "name",
	"currency"}

// memberChanges take each member of the objects of a JSON file away in turn, or replace its words.
func memberChanges(t testing.TB, table, file, text string) []change {
	var doc any
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	members := map[string]bool{}
	eachObject(doc, func(m map[string]any) {
		for k := range m {
			members[k] = true
		}
	})
	var out []change
	edit := func(name string, do func(m map[string]any)) {
		out = append(out, change{name: name, table: table, whole: func(in records) records {
			var doc any
			if err := json.Unmarshal([]byte(in[file]), &doc); err != nil {
				t.Fatal(err)
			}
			eachObject(doc, do)
			b, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			less := maps.Clone(in)
			less[file] = string(b)
			return less
		}})
	}
	for _, k := range slices.Sorted(maps.Keys(members)) {
		edit(table+" "+k+" gone", func(m map[string]any) { delete(m, k) })
		if slices.Contains(codedMembers, k) && k != "name" {
			edit(table+" "+k+" in unknown words", func(m map[string]any) {
				if _, ok := m[k].(string); ok {
					m[k] = unknownWord
				}
			})
		}
	}
	return out
}

// eachObject calls do for every object inside a JSON value.
func eachObject(v any, do func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		do(v)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			eachObject(v[k], do)
		}
	case []any:
		for _, x := range v {
			eachObject(x, do)
		}
	}
}

// fewerBills puts the bills of all months into two files, which reads faster than one for each month.
func fewerBills(t testing.TB, in records) records {
	out := records{}
	halves := [2][][]string{}
	months := 0
	for _, file := range slices.Sorted(maps.Keys(in)) {
		if tableOf(file) != "usage" || !isCSV(file) {
			out[file] = in[file]
			continue
		}
		rows := parseCSV(t, in[file])
		half := &halves[months%2]
		if len(*half) > 0 && slices.Equal((*half)[0], rows[0]) {
			rows = rows[1:]
		} else if len(*half) > 0 {
			out[file] = in[file] // of other columns
			continue
		}
		*half = append(*half, rows...)
		months++
	}
	for i, rows := range halves {
		if len(rows) > 0 {
			out[fmt.Sprintf("usage/bills-%d.csv", i+1)] = formatCSV(rows)
		}
	}
	return out
}

// reorderRows gives the rows of each file in another order.
func reorderRows(t testing.TB, in records, r *rand.Rand) records {
	out := maps.Clone(in)
	for _, file := range slices.Sorted(maps.Keys(in)) {
		if isCSV(file) {
			rows := parseCSV(t, in[file])
			r.Shuffle(len(rows)-1, func(i, j int) { rows[i+1], rows[j+1] = rows[j+1], rows[i+1] })
			out[file] = formatCSV(rows)
		}
	}
	return out
}

// messy makes a world untidier: classes that nobody states, parties without numbers, and rows in
// another order.
func messy(t testing.TB, in records) records {
	r := rand.New(rand.NewPCG(9, 9))
	out := maps.Clone(in)
	for _, file := range []string{"accounts.csv", "engagements.csv"} {
		rows := parseCSV(t, in[file])
		class := slices.Index(rows[0], "end_user_class")
		for _, row := range rows[1:] {
			if r.IntN(3) == 0 {
				row[class] = ""
			}
			if r.IntN(4) == 0 {
				for i, c := range rows[0] {
					if strings.HasSuffix(c, "_id") && c != "account_id" && c != "sub_account_id" &&
						c != "engagement_id" {
						row[i] = ""
					}
				}
			}
		}
		out[file] = formatCSV(rows)
	}
	return reorderRows(t, out, r)
}
