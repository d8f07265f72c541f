package capability

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// Services of a real category map: what has a capability, and that nothing else gets one.
func TestAzureServiceMap(t *testing.T) {
	f, err := os.Open(recordtest.Shared(t, "data/focus/azure/Services.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range rows[1:] {
		if c := Service(Charge{Category: r[3], Service: r[2], Subcategory: r[4]}).Capability; c != "" {
			got[r[2]] = c
		}
	}
	want := map[string]string{
		"Azure AI Video Indexer": Vision, "Azure AI Search": TextAnalytics, "Microsoft Bing": TextAnalytics,
		"Azure Maps":   Location,
		"Azure Backup": BulkStorage, "Azure Elastic SAN": BulkStorage, "Azure NetApp Files": BulkStorage,
		"Azure Data Lake Store": BulkStorage,
		"Azure HPC Cache":       BulkStorage, "Azure StorSimple": BulkStorage, "Storage Accounts": BulkStorage,
	}
	for name, c := range got {
		if want[name] != c {
			t.Errorf("%s is %s, want %q", name, c, want[name])
		}
	}
	for name, c := range want {
		if got[name] != c {
			t.Errorf("%s is %q, want %s", name, got[name], c)
		}
	}
	t.Logf("%d rows, %d services with a capability", len(rows)-1, len(got))
}

// Charges of the real bill: storage is storage, and compute, network and monitoring are not.
func TestRealCharges(t *testing.T) {
	f, err := os.Open(recordtest.Shared(t, "data/focus/focus-1.0-sample/focus_sample.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int { return slices.Index(rows[0], name) }
	storage, measured, wrong := 0, 0, 0
	for _, r := range rows[1:] {
		s := Service(Charge{Category: r[at("ServiceCategory")], Service: r[at("ServiceName")],
			Unit: r[at("ConsumedUnit")]})
		if (r[at("ServiceCategory")] == "Storage") != (s.Capability == BulkStorage) {
			wrong++
			t.Logf("%q %q %q is %q: %s", r[at("ServiceCategory")], r[at("ServiceName")], r[at("ConsumedUnit")],
				s.Capability, s.Evidence)
		}
		if s.Capability == BulkStorage {
			storage++
			if s.Measure != "" {
				measured++
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d charges of 1,000 are taken wrongly", wrong)
	}
	t.Logf("%d storage charges, %d of them an amount kept over time", storage, measured)
}

// Items of real contracts in eight publications: the share that gets a capability is small,
// and those that a reader would name do.
func TestRealItems(t *testing.T) {
	dir := recordtest.Shared(t, "data/ocds/sample-data-history")
	type item struct{ text, scheme, code string }
	items := map[item]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			if c, ok := v["classification"].(map[string]any); ok {
				str := func(m map[string]any, k string) string { s, _ := m[k].(string); return s }
				text := str(v, "description")
				if text == "" {
					text = str(c, "description")
				}
				items[item{text, str(c, "scheme"), str(c, "id")}] = true
			}
			for _, x := range v {
				walk(x)
			}
		}
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, ".json") {
			return err
		}
		in, err := record.Source{Path: path, Name: path}.Open()
		if err != nil {
			return err
		}
		defer in.Close()
		var v any
		if json.NewDecoder(in).Decode(&v) == nil {
			walk(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	n, known := 0, 0
	for it := range items {
		a := Item(it.text, it.scheme, it.code)
		if a.Understood {
			known++
		} else {
			t.Logf("not understood: %.80q %s %s", it.text, it.scheme, it.code)
		}
		if len(a.Capabilities) > 0 {
			n++
			found[strings.Join(a.Capabilities, ",")]++
			t.Logf("%s: %.80q %s %s", strings.Join(a.Capabilities, ","), it.text, it.scheme, it.code)
		}
	}
	t.Logf("%d distinct items, %d with a capability: %v", len(items), n, found)
	t.Logf("%d of %d items are understood", known, len(items))
	if known*10 < len(items)*9 {
		t.Errorf("only %d of %d items are understood", known, len(items))
	}
	if len(items) < 300 {
		t.Fatalf("only %d items", len(items))
	}
	if n*20 > len(items) {
		t.Errorf("%d of %d items have a capability: too many for stationery, food and medicine", n, len(items))
	}
	for _, it := range []item{
		{"Translation services", "CPV", "79530000-8"},
		{"Mechanical shovels, excavators and shovel loaders, and mining machinery", "CPV", "43260000-3"},
	} {
		if !items[it] {
			t.Errorf("%v is not among the items", it)
		}
		if a := Item(it.text, it.scheme, it.code); len(a.Capabilities) == 0 {
			t.Errorf("%v has no capability", it)
		}
	}
}
