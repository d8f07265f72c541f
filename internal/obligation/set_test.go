package obligation

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"plimsoll/internal/record/table"
)

// TestSets: every row of every set is used, has a source and a way of reading, and sets differ in nothing but their
// rows.
func TestSets(t *testing.T) {
	sets, err := Sets()
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range sets {
		t.Run(set.Name, func(t *testing.T) {
			r := Build(set.Rows, nil)
			if len(r.Rejects) > 0 || len(r.Demands) == 0 || set.Title == "" {
				t.Errorf("%d demands, rejects %v", len(r.Demands), r.Rejects)
			}
			for _, row := range set.Rows {
				if row.get("source") == "" || row.Table != table.Answers && row.get("read") == "" {
					t.Errorf("%s has no source, or no way of reading", row.At)
				}
				for name := range row.Cells {
					if !slices.Contains(table.ColumnsOf(row.Table), name) {
						t.Errorf("%s: no column %s", row.At, name)
					}
				}
			}
			for _, s := range r.Stand(on("2026-11-30")) {
				if s.Instrument == nil || s.Demand.Of == "" || s.Demand.AboutKind == "" {
					t.Errorf("%s: instrument, addressee or what it is about is missing", s.Demand.ID)
				}
			}
		})
	}
	if _, err := LoadSet("none"); err == nil || !strings.Contains(err.Error(), "ungp") {
		t.Errorf("an unknown set: %v", err)
	}
}

// TestSetOfAnotherConflict: a set about two states that there are not stands as the one about states that there are.
func TestSetOfAnotherConflict(t *testing.T) {
	shape := func(set *Set) (out []string) {
		for _, s := range Build(set.Rows, nil).Stand(on("2026-11-30")) {
			out = append(out, string(s.Status)+" "+string(s.Demand.AboutKind)+" "+s.Demand.Due.Words())
		}
		return out
	}
	real, err := LoadSet("unes1024")
	if err != nil {
		t.Fatal(err)
	}
	rename := strings.NewReplacer("Israel", "Ulthoria", "Occupied Palestinian Territory", "Khadim Province",
		"State of Palestine", "Harvador")
	files := fstest.MapFS{}
	for _, name := range []string{"sets", "instruments", "demands", "answers"} {
		b, err := shipped.ReadFile("data/" + name + ".tsv")
		if err != nil {
			t.Fatal(err)
		}
		files[name+".tsv"] = &fstest.MapFile{Data: []byte(rename.Replace(string(b)))}
	}
	sets, err := ReadSets(files)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(sets, func(s Set) bool { return s.Name == real.Name })
	if other := &sets[i]; !slices.Equal(shape(other), shape(real)) || other.SHA256 == real.SHA256 {
		t.Errorf("%v\nand %v", shape(other), shape(real))
	}
}

func TestReadSetsFaults(t *testing.T) {
	const sets, instruments = "set\ttitle\na\tA\n", "set\tinstrument_id\na\tR1\n"
	for _, tt := range []struct{ name, demands, fails string }{
		{"a set that is not listed", "set\tdemand_id\nb\tD1\n", "demands.tsv line 2: no set"},
		{"a row that is cut", "set\tdemand_id\tof\na\tD1\n", "demands.tsv line 2: 2 cells where the header has 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ReadSets(fstest.MapFS{"sets.tsv": {Data: []byte(sets)}, "instruments.tsv": {
				Data: []byte(instruments)},
				"demands.tsv": {Data: []byte(tt.demands)}})
			if err == nil || !strings.Contains(err.Error(), tt.fails) {
				t.Errorf("error %v, want %q", err, tt.fails)
			}
		})
	}
}
