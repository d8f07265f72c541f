package review

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestFind looks for records by words, by a party's other spelling and number, by code, day, value and flag.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	in := write("engagements.csv",
		`engagement_id,kind,seller,buyer,buyer_id,end_user,item,item_scheme,item_code,value,currency,signed,destination
E1,sale,Veld Machines Ltd,Trésor de Quay,ZZ-REG:77,,Tracked excavator,HS,8429.52,1200000,EUR,2031-02-01,Quay
E2,sale,Veld Machines Ltd,TRESOR OF QUAY SA,ZZ-REG:77,Roads Office of Quay,Office paper,HS,4802.56,500.50,EUR,2030-11-01,Quay
E3,delivery,Ordwin Works Ltd,Harbour Office,,,Chairs,,,900,EUR,2031-05-01,Ulthoria
`)
	claims := write("claims.csv",
		"claim_id,about,capability,text,source,url,published,origin,grade,status,reply\nC1,Harbour Office,,Chairs "+
			"were seen in cells,Quay Paper,,2031-06-01,,B2,reported,\n")
	out := filepath.Join(dir, "out")
	if _, err := Run(t.Context(), Options{Paths: []string{in, claims}, Out: out, KeepBook: true, AsOf: time.Date(2031,
		7, 1, 0, 0, 0, 0, time.UTC)}); err != nil {
		t.Fatal(err)
	}
	million := 1e6
	for _, tt := range []struct {
		name string
		q    FindQuery
		want []string
		all  int64
	}{
		{"a word", FindQuery{Words: []string{"excavator"}}, []string{"E1"}, 1},
		{"without accents", FindQuery{Words: []string{"tresor", "paper"}}, []string{"E2"}, 1},
		{"another spelling of the party", FindQuery{Words: []string{"trésor de quay"}}, []string{"E1", "E2"}, 2},
		{"a number of a register", FindQuery{Words: []string{"ZZ-REG:77", "excavator"}}, []string{"E1"}, 1},
		{"a code", FindQuery{Words: []string{"8429.52"}}, []string{"E1"}, 1},
		{"a capability", FindQuery{Words: []string{"heavy_machinery"}}, []string{"E1"}, 1},
		{"a month", FindQuery{Words: []string{"2031-02"}}, []string{"E1"}, 1},
		{"a value as it is written", FindQuery{Words: []string{"1,200,000.00"}}, []string{"E1"}, 1},
		{"days", FindQuery{From: "2030-11-01", To: "2031-02-01"}, []string{"E1", "E2"}, 2},
		{"values", FindQuery{Min: &million}, []string{"E1"}, 1},
		{"one table", FindQuery{Words: []string{"chairs"}, Table: "claims"}, []string{"C1"}, 1},
		{"all tables", FindQuery{Words: []string{"chairs"}}, []string{"E3", "C1"}, 2},
		{"cut", FindQuery{Words: []string{"quay"}, Limit: 1}, []string{"C1"}, 3},
		{"nothing", FindQuery{Words: []string{"submarine"}}, nil, 0},
		{"a quote is no syntax", FindQuery{Words: []string{"'; DROP TABLE record; --"}}, nil, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.q.Limit == 0 {
				tt.q.Limit = 10
			}
			got, err := Find(t.Context(), out, tt.q)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, f := range got.First {
				ids = append(ids, f.ID)
			}
			if d := cmp.Diff(tt.want, ids); d != "" || got.All != tt.all || got.Of != 4 {
				t.Errorf("found %v of %d in %d, want %v of %d", ids, got.All, got.Of, tt.want, tt.all)
			}
		})
	}
	if _, err := Find(t.Context(), dir, FindQuery{Words: []string{"x"}}); !errors.Is(err, ErrNoBook) {
		t.Errorf("without a book: %v", err)
	}
	if _, err := Find(t.Context(), out, FindQuery{From: "yesterday"}); err == nil {
		t.Error("a day that is none is taken")
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*.wal")); len(left) > 0 {
		t.Errorf("the book is not closed: %v", left)
	}
}

// BenchmarkFind looks for two words and a party's other spelling among a million engagements. Run:
//
//	go test ./internal/review -run - -bench BenchmarkFind -benchtime 5x
func BenchmarkFind(b *testing.B) {
	dir := b.TempDir()
	db, err := sql.Open("duckdb", filepath.Join(dir, keptBook))
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range []string{
		`CREATE TABLE party AS SELECT CAST(i AS INTEGER) AS party, 'P' || i AS id, 'Harbour Works ' || i || ' Ltd' AS name, 'harbour wks ' || i || ' limited ; zz-reg:' || i AS others FROM range(100000) t(i)`,
		`CREATE TABLE role AS SELECT i AS n, CAST(hash(i) % 100000 AS INTEGER) AS party FROM range(2000000) t(i) ORDER BY party`,
		`CREATE TABLE record AS SELECT i AS n, 'engagements' AS tab, 'sale' AS kind, 'E' || i AS id, 'Veld Machines Ltd' AS seller, 'Harbour Works ' || (i % 100000) || ' Ltd' AS buyer, '' AS end_user,
			'Tracked excavator of lot ' || (i % 977) AS what, DATE '2031-01-01' - CAST(i % 3000 AS INTEGER) AS day, CAST(i AS VARCHAR) AS value, CAST(i AS DOUBLE) AS amount, 'EUR' AS currency, '' AS flags, 'engagements.csv' AS file,
			'row ' || i AS place, 'engagements sale e' || i || ' veld machines ltd harbour works ' || (i % 100000) || ' ltd tracked excavator of lot ' || (i % 977) || ' 2031-01-01 hs 8429.52 heavy_machinery eur quay open' AS text FROM range(1000000) t(i)`,
		`CHECKPOINT`} {
		if _, err := db.Exec(q); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct {
		name  string
		words []string
	}{{"words", []string{"excavator", "lot 976"}}, {"spelling", []string{"harbour wks 777 limited"}},
		{"nothing", []string{"submarine"}}} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Find(b.Context(), dir, FindQuery{Words: bb.words, Limit: 20}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
