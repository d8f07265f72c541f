package app

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"

	"plimsoll/internal/record/recordtest"
	"plimsoll/internal/review"
)

// A scene is one user's errand: a review, and the numbers of its table counted a second time by SQL over the inputs.
type scene struct {
	t    *testing.T
	db   *sql.DB
	dir  string
	said string
}

func newScene(t *testing.T) *scene {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &scene{t: t, db: db, dir: t.TempDir()}
}

// review runs a review of paths into s.dir/out.
func (s *scene) review(args ...string) review.Summary {
	s.t.Helper()
	out := filepath.Join(s.dir, "out")
	var stdout, stderr bytes.Buffer
	if code := Main(s.t.Context(), append([]string{"review", "--as-of", "2026-06-01", "--out", out}, args...), strings.NewReader(""), &stdout, &stderr); code != 0 {
		s.t.Fatalf("review ends with %d: %s", code, stderr.String())
	}
	s.said = stderr.String()
	b, err := os.ReadFile(filepath.Join(out, "review.json"))
	if err != nil {
		s.t.Fatal(err)
	}
	var sum review.Summary
	if err := json.Unmarshal(b, &sum); err != nil {
		s.t.Fatal(err)
	}
	return sum
}

func (s *scene) file(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// number is the one number that a query gives. {out} stands for the folder of the output.
func (s *scene) number(query string) float64 {
	s.t.Helper()
	var v sql.NullFloat64
	if err := s.db.QueryRow(strings.ReplaceAll(query, "{out}", filepath.Join(s.dir, "out"))).Scan(&v); err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	return v.Float64
}

// TestSceneResearcher: public contracts of six countries against two official lists and a fictional one. The engagements are
// as many as another program counts in the releases, and each stands in the inventory.
func TestSceneResearcher(t *testing.T) {
	contracts := recordtest.Shared(t, "data/ocds/sample-data-history")
	s := newScene(t)
	named := s.file("list.csv", "name,aliases,country,identifiers,publisher,report,url,published,status,effect\n"+
		"Nyxalleth Cloud plc,,Orsa,,Harbour Watch,Companies named,https://example.org/r,2025-09-18,listed,named in a report; no legal effect\n")
	sum := s.review("--keep-book", "--list", recordtest.Shared(t, "data/sanctions/un"), "--list", recordtest.Shared(t, "data/sanctions/ofac_sdn_2021"), "--list", named, contracts)
	if len(sum.Lists) != 3 || sum.Inventory == nil || sum.Counts.Rejects != 0 {
		t.Fatalf("%d lists, inventory %v, %d rejects", len(sum.Lists), sum.Inventory, sum.Counts.Rejects)
	}
	read := 0.0
	countries := map[string]bool{}
	for _, in := range sum.Inputs {
		country := strings.Split(strings.TrimPrefix(in.File, "sample-data-history/"), "/")[0]
		countries[country] = true
		if country == "armenia" {
			read += float64(in.Records)
		}
	}
	if len(countries) != 6 {
		t.Errorf("countries %v", countries)
	}
	releases := fmt.Sprintf(`(SELECT unnest(releases) AS r FROM read_json('%s/armenia/*.json.gz', maximum_object_size=100000000))`, contracts)
	counted := s.number(`SELECT sum(greatest(len(coalesce(r.contracts, [])), 1)) FROM ` + releases)
	if read != counted || counted == 0 {
		t.Errorf("%v engagements of one country, %v counted in its releases", read, counted)
	}
	if a, b := s.number(`ATTACH '{out}/book.duckdb' AS b (READ_ONLY); SELECT count(*) FROM b.record WHERE tab = 'engagements'`),
		s.number(`SELECT sum(records) FROM read_csv('{out}/inventory.csv')`); a == 0 || b < a {
		t.Errorf("%v engagements, %v in the inventory", a, b)
	}
	by, lines := s.number(`SELECT sum(records) FROM read_csv('{out}/inventory_by.csv', types={'who': 'VARCHAR'}) WHERE "by" = 'seller' AND capability = 'fuel'`),
		s.number(`SELECT sum(records) FROM read_csv('{out}/inventory.csv') WHERE capability = 'fuel'`)
	if by != lines || by == 0 {
		t.Errorf("fuel by seller %v, in the inventory %v", by, lines)
	}
}

// TestScenePortfolio: 300 companies of a public register as holdings, three of them on a fictional list by their number.
func TestScenePortfolio(t *testing.T) {
	entities := recordtest.Shared(t, "data/gleif/goldencopy/20240505-0000-gleif-goldencopy-lei2-intra-day.json")
	s := newScene(t)
	holdings, list := filepath.Join(s.dir, "holdings.csv"), filepath.Join(s.dir, "list.csv")
	for _, q := range []string{
		`CREATE TABLE held AS SELECT row_number() OVER () AS i, r.LEI."$" AS lei, r.Entity.LegalName."$" AS name, r.Entity.LegalAddress.Country."$" AS country
			FROM (SELECT unnest(records) AS r FROM read_json('` + entities + `', maximum_object_size=100000000)) WHERE name IS NOT NULL LIMIT 300`,
		`COPY (SELECT 'Fund One' AS portfolio, name AS issuer_name, lei, '' AS isin, country, i * 1000 AS value, 'EUR' AS currency, DATE '2026-05-31' AS as_of FROM held) TO '` + holdings + `'`,
		`COPY (SELECT name, '' AS aliases, country, 'LEI:' || lei AS identifiers, 'Harbour Watch' AS publisher, 'Companies named' AS report, 'https://example.org/r' AS url,
			'2026-01-01' AS published, 'listed' AS status, 'no legal effect' AS effect FROM held WHERE i IN (10, 100, 200)) TO '` + list + `'`,
	} {
		if _, err := s.db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	sum := s.review("--about", "portfolio", "--list", list, holdings)
	if sum.Holdings == nil || len(sum.Holdings.Portfolios) != 1 {
		t.Fatalf("holdings %+v", sum.Holdings)
	}
	p := sum.Holdings.Portfolios[0]
	if n := s.number(`SELECT count(*) FROM held`); float64(p.Holdings) != n || n != 300 {
		t.Errorf("%d holdings of %v", p.Holdings, n)
	}
	on := map[string]bool{}
	for _, l := range sum.Holdings.Lines {
		if l.Status == review.OnList {
			on[l.Issuer] = true
		}
	}
	if len(on) != 3 {
		t.Errorf("issuers on the list: %v", on)
	}
	want := s.number(`SELECT round(sum(value) FILTER (i IN (10, 100, 200)) / sum(value), 4) FROM (SELECT i, i * 1000 AS value FROM held)`)
	got := s.number(`SELECT round(sum(CAST(value AS DOUBLE)) FILTER (status = 'on a list') / (SELECT sum(value) FROM (SELECT DISTINCT issuer, isin, value FROM read_csv('{out}/holdings.csv'))), 4) FROM read_csv('{out}/holdings.csv')`)
	if want != got {
		t.Errorf("share of the value on the list %v, counted %v", got, want)
	}
	if !strings.HasPrefix(s.said[strings.Index(s.said, "Of 300"):], "Of 300 holdings, issuers on a list: 3;") {
		t.Errorf("the first line: %.200s", s.said)
	}
}

// TestSceneTender: three bidders before an award; the sheet names each, the one on a list with a ground and an answer.
func TestSceneTender(t *testing.T) {
	s := newScene(t)
	list := s.file("list.csv", "name,aliases,country,identifiers,publisher,report,url,published,status,effect\n"+
		"Skarn Mining SA,,Wyllemor,QU-REG:92260674,Harbour Watch,Quay Report,https://example.org/q,2025-09-18,listed,none\n")
	tender := s.file("tender.json", `{"uri":"https://example.org/t","publishedDate":"2026-01-01T00:00:00Z","version":"1.1","publisher":{"name":"Town of Vell"},
"releases":[{"ocid":"ocds-abc-1","id":"1","date":"2026-01-01T00:00:00Z","tag":["tender"],"initiationType":"tender","parties":[
{"id":"b","name":"Town of Vell","roles":["buyer"]},
{"id":"t1","name":"Skarn Mining SA","roles":["tenderer"],"identifier":{"scheme":"QU-REG","id":"92260674"}},
{"id":"t2","name":"Blue Paper Ltd","roles":["tenderer"]},{"id":"t3","name":"Ordwin Works Ltd","roles":["tenderer"]}],
"buyer":{"id":"b","name":"Town of Vell"},
"tender":{"id":"t","title":"Road works","status":"active","tenderPeriod":{"endDate":"2026-07-01T00:00:00Z"},"tenderers":[{"id":"t1","name":"Skarn Mining SA"},{"id":"t2","name":"Blue Paper Ltd"},{"id":"t3","name":"Ordwin Works Ltd"}]}}]}`)
	sum := s.review("--list", list, tender)
	if len(sum.Tenders) != 1 {
		t.Fatalf("%d tenders", len(sum.Tenders))
	}
	counted := s.number(`SELECT len(releases[1].tender.tenderers) FROM read_json('` + tender + `')`)
	x := sum.Tenders[0]
	if float64(len(x.Bidders)) != counted {
		t.Errorf("%d bidders, %v in the file", len(x.Bidders), counted)
	}
	if b := x.Bidders[0]; b.Name != "Skarn Mining SA" || len(b.Said) == 0 || !strings.Contains(b.Said[0].Ground, "Article 57") || b.Said[0].Answer == "" {
		t.Errorf("the first bidder: %+v", b)
	}
	for _, b := range x.Bidders[1:] {
		if len(b.Said) > 0 || b.Unsaid == "" {
			t.Errorf("%s: %+v", b.Name, b)
		}
	}
	if x.Closes != "2026-07-01" || strings.Contains(s.said, "on 0 parties") {
		t.Errorf("it closes on %q; %.120s", x.Closes, s.said)
	}
}

// TestSceneGoods: a ledger of goods. Who is supplied with what, by code, adds up to what another program counts by the codes.
func TestSceneGoods(t *testing.T) {
	s := newScene(t)
	var b strings.Builder
	b.WriteString("engagement_id,kind,seller,seller_id,buyer,buyer_id,end_user,end_user_class,item,item_scheme,item_code,quantity,unit,value,currency,signed,destination\n")
	for i := range 120 {
		who := [][2]string{{"Third Brigade of Ulthoria", "military"}, {"Police of Wyllemor", "police"}, {"Roads Office of Quay", "civil"}}[i%3]
		code := []string{"9306.30", "8429.52", "4802.56", "9303.30"}[i%4]
		fmt.Fprintf(&b, "G%03d,sale,Veld Works Ltd,ZZ-REG:1,%s,ZZ-GOV:%d,%s,%s,Lot %d,HS,%s,%d,pieces,%d.50,EUR,20%02d-02-01,Quay\n",
			i, who[0], i%3, who[0], who[1], i, code, i+1, 1000*i, 20+i%5)
	}
	ledger := s.file("engagements.csv", b.String())
	sum := s.review(ledger)
	in := `read_csv('` + ledger + `', types={'item_code': 'VARCHAR'})`
	for capability, codes := range map[string]string{"arms": "'9306.30', '9303.30'", "heavy_machinery": "'8429.52'"} {
		for _, by := range []string{"capability", "buyer", "seller", "year"} {
			where := ` FROM read_csv('{out}/inventory_by.csv', types={'who': 'VARCHAR'}) WHERE "by" = '` + by + `' AND capability = '` + capability + `'`
			if got, want := s.number(`SELECT sum(records)`+where), s.number(`SELECT count(*) FROM `+in+` WHERE item_code IN (`+codes+`)`); got != want || want == 0 {
				t.Errorf("%s by %s: %v records, %v in the ledger", capability, by, got, want)
			}
			if got, want := s.number(`SELECT sum(value)`+where), s.number(`SELECT sum(value) FROM `+in+` WHERE item_code IN (`+codes+`)`); got != want {
				t.Errorf("%s by %s: %v, %v in the ledger", capability, by, got, want)
			}
		}
	}
	if sum.Flags["RF-42"].Raised == 0 && sum.Flags["RF-42"].NotComputable == 0 {
		t.Error("arms without a licence are neither raised nor open")
	}
	if sum.Flags["RF-43"].Raised+sum.Flags["RF-43"].NotComputable == 0 {
		t.Error("heavy machinery at a security body is neither raised nor open")
	}
}
