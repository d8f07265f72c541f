package review

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"plimsoll/internal/list"
	"plimsoll/internal/list/load"
	"plimsoll/internal/match"
	"plimsoll/internal/party"
	"plimsoll/internal/record/recordtest"
)

// Bars for real suppliers, who are on no list so far as anybody knows: shares of them.
const (
	mostFlagged  = 0.001 // of RF-03, by their names alone
	mostStated   = 0.006 // of a hit in a screening of organisations
	mostUnstated = 0.010 // the same, nobody saying what they are
)

// suppliers are names of suppliers and buyers in contracts, payments and registers of several states.
func suppliers(t *testing.T) []string {
	t.Helper()
	set := map[string]bool{}
	put := func(s string) {
		if s = strings.TrimSpace(s); strings.ContainsFunc(s, unicode.IsLetter) {
			set[s] = true
		}
	}
	canada, err := zip.OpenReader(recordtest.Shared(t,
		"data/ocds/canada-buyandsell-2014/contracts_releases_compact.json.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer canada.Close()
	for _, f := range canada.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var all any
		if err := json.NewDecoder(r).Decode(&all); err != nil {
			t.Fatal(err)
		}
		r.Close()
		bearers(all, put)
	}
	for _, file := range []string{"data/gleif/goldencopy/20240505-0000-gleif-goldencopy-lei2-intra-day.json",
		"data/gov_contracts/eu_ted/eu_procurement_500_sample_v1.1.json", "data/ocds/kingfisher/collection_file.json"} {
		b, err := os.ReadFile(recordtest.Shared(t, file))
		if err != nil {
			t.Fatal(err)
		}
		var all any
		b = bytes.ReplaceAll(b, []byte(": NaN"), []byte(": null")) // as its publisher writes a cell without a value
		if err := json.Unmarshal(b, &all); err != nil {
			t.Fatal(err)
		}
		bearers(all, put)
	}
	columnOf(t, "data/gov_contracts/uk_spend", put, "Supplier", "Supplier name", "Supplier Name")
	columnOf(t, "data/gov_contracts/kosovo", put)
	out := slices.Collect(maps.Keys(set))
	slices.SortFunc(out, func(a, b string) int {
		switch x, y := byHash(a), byHash(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return strings.Compare(a, b)
	})
	return out
}

func byHash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}

// bearers calls put with the names of suppliers, winners, buyers and legal entities that stand anywhere in a document.
func bearers(v any, put func(string)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			bearers(x, put)
		}
	case map[string]any:
		for key, x := range v {
			switch key {
			case "suppliers", "buyer", "procuringEntity", "LegalName":
				partyNames(x, put)
			case "winner_name", "buyer_name":
				if s, ok := x.(string); ok {
					put(s)
				}
			default:
				bearers(x, put)
			}
		}
	}
}

// partyNames calls put with the names in a party or several.
func partyNames(v any, put func(string)) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			partyNames(x, put)
		}
	case map[string]any:
		for key, x := range v {
			if s, ok := x.(string); ok && (key == "name" || key == "$") {
				put(s)
			} else if key == "id" {
				partyNames(x, put) // the oldest shape of contracts
			}
		}
	}
}

// nameOfKosovo is the column of the supplier in the contract registers of Kosovo, which have no header.
const nameOfKosovo = 11

// columnOf calls put with the cells of a column of the tables in a folder, which one of its headers names; without
// headers it is that of Kosovo.
func columnOf(t *testing.T, folder string, put func(string), headers ...string) {
	t.Helper()
	err := filepath.WalkDir(recordtest.Shared(t, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".csv" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		r := csv.NewReader(strings.NewReader(strings.ToValidUTF8(string(b), "")))
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		rows, err := r.ReadAll()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		at := nameOfKosovo
		if len(headers) > 0 {
			at = -1
		}
		for _, row := range rows {
			if k := slices.IndexFunc(row, func(s string) bool { return slices.Contains(headers, s) }); k >= 0 {
				at = k
			} else if at >= 0 && at < len(row) {
				put(row[at])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Of real suppliers hardly any carries a flag for a listed name, and none for the entry of a person.
func TestQualitySuppliers(t *testing.T) {
	lists := []string{recordtest.Shared(t, "data/sanctions/ofac_sdn_2021"), recordtest.Shared(t, "data/sanctions/un"),
		recordtest.Shared(t, "data/sanctions/us_csl/consolidated.csv.gz"),
		recordtest.Shared(t, "data/sanctions/ofac_cons_2025-12/CONS_ENHANCED_2025-01-14.ZIP")}
	all := suppliers(t)
	loaded, err := load.Load(context.Background(), lists)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[[2]string]party.Kind{}
	for _, l := range loaded {
		for i := range l.Entries {
			kinds[[2]string{l.ID, l.Entries[i].ID}] = l.Entries[i].Kind
		}
	}
	t.Run("flags of a review", func(t *testing.T) { suppliersFlagged(t, all, lists, kinds) })
	inForce := list.InForce(loaded, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))
	ix := match.Build(inForce)
	for _, tt := range []struct {
		kind party.Kind
		most float64
	}{{party.Organization, mostStated}, {party.Unknown, mostUnstated}} {
		t.Run(fmt.Sprintf("hits of a screening, kind %q", tt.kind), func(t *testing.T) {
			hit := 0
			for _, s := range all {
				hits := ix.Search(match.Query{Name: s, Kind: tt.kind}, 1, match.Threshold)
				if len(hits) == 0 {
					continue
				}
				hit++
				h := hits[0]
				t.Logf("%q hits %.3f %s %q", s, h.Score, h.Grade, h.Name)
				if e := &inForce[h.List].Entries[h.Entry]; tt.kind != party.Unknown && e.Kind == party.Person {
					t.Errorf("%q, an organisation, hits the entry of a person: %q", s, h.Name)
				}
			}
			atMost(t, "hits", hit, len(all), tt.most)
		})
	}
}

func suppliersFlagged(t *testing.T, all, lists []string, kinds map[[2]string]party.Kind) {
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	f, err := os.Create(filepath.Join(dir, "engagements.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	w.Write(strings.Split("engagement_id,kind,seller,buyer,item,signed,currency,value", ","))
	for i, s := range all {
		w.Write([]string{fmt.Sprint("E", i), "contract", s, "Harbour Office of Velden", "services", "2031-01-02", "EUR",
			"100"})
	}
	if w.Flush(); w.Error() != nil || f.Close() != nil {
		t.Fatal("the table of suppliers was not written")
	}
	res, err := Run(context.Background(), Options{Paths: []string{f.Name()}, Lists: lists, Out: out, Version: "test",
		AsOf: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	raised := 0
	for _, f := range lines(t, filepath.Join(out, "findings.jsonl")) {
		if f.Flag != "RF-03" || f.State != "raised" {
			continue
		}
		raised++
		h := f.Hits[0]
		t.Logf("%q: %.3f %s %q", f.Subject.Name, h.Score, h.Grade, h.Name)
		if kinds[[2]string{h.List, h.Entry}] == party.Person {
			t.Errorf("%q carries a flag for the entry of a person: %q", f.Subject.Name, h.Name)
		}
	}
	t.Logf("names to check: %d", len(res.Summary.ToCheck))
	atMost(t, "flags", raised, len(all), mostFlagged)
}

// atMost fails when more than a share of the names has what is counted.
func atMost(t *testing.T, what string, n, of int, share float64) {
	t.Helper()
	t.Logf("%s: %d of %d, %.3f %%", what, n, of, 100*float64(n)/float64(of))
	if float64(n) > share*float64(of) {
		t.Errorf("%s: %d of %d, want at most %.2f %%", what, n, of, 100*share)
	}
}
