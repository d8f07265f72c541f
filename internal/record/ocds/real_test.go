package ocds

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/party"
	"plimsoll/internal/record"
	"plimsoll/internal/record/recordtest"
)

// readPaths decodes the files under some paths as one run.
func readPaths(t testing.TB, paths ...string) (*recordtest.Collector, record.Stats) {
	t.Helper()
	var use []record.Source
	for _, s := range recordtest.Sources(t, paths...) {
		if strings.HasSuffix(s.Name, ".md") || strings.HasSuffix(s.Name, ".xlsx") {
			continue
		}
		if head, err := s.Head(); err == nil && !Recognise(head) {
			t.Errorf("%s is not recognised", s.Name)
		}
		use = append(use, s)
	}
	c := &recordtest.Collector{}
	stats, err := DecodeAll(context.Background(), use, c)
	if err != nil {
		t.Fatal(err)
	}
	var sum record.Stats
	for _, s := range use {
		sum.Rows += stats[s.Index].Rows
		sum.Records += stats[s.Index].Records
		sum.Rejects += stats[s.Index].Rejects
		for _, n := range stats[s.Index].Notes {
			sum.Notes = append(sum.Notes, s.Name+": "+n)
		}
	}
	if sum.Records != len(c.Records) || sum.Rejects != len(c.Rejects) {
		t.Errorf("stats count %d records and %d rejects, the sink got %d and %d", sum.Records, sum.Rejects,
			len(c.Records), len(c.Rejects))
	}
	for _, r := range c.Records {
		if r.Where().At == "" {
			t.Errorf("%+v has no place", r)
		}
	}
	return c, sum
}

// A tally is what a file holds, counted by another reader that merges nothing.
type tally struct {
	releases  int
	contracts map[string]bool // ocid and id, whatever their status
	awards    map[string]bool // that no contract of the process names
	payments  map[string]bool
	named     map[string]bool // processes that name a buyer or other parties
}

func (c *tally) engagements() int { return len(c.contracts) + len(c.awards) }

type obj = map[string]any

func objects(v any) (out []obj) {
	list, _ := v.([]any)
	for _, x := range list {
		if o, ok := x.(obj); ok {
			out = append(out, o)
		}
	}
	return out
}

// tallyOf counts the releases under some paths with encoding/json.
func tallyOf(t testing.TB, paths ...string) *tally {
	t.Helper()
	var releases []obj
	add := func(r obj) bool {
		if r["ocid"] == nil {
			return false
		}
		releases = append(releases, r)
		return true
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, x := range v {
				walk(x)
			}
		case obj:
			switch compiled, _ := v["compiledRelease"].(obj); {
			case v["releases"] != nil || compiled != nil:
				n := 0
				for _, r := range objects(v["releases"]) {
					if add(r) {
						n++
					}
				}
				if n == 0 && compiled != nil {
					add(compiled)
				}
			case v["records"] != nil:
				walk(v["records"])
			default:
				add(v)
			}
		}
	}
	for _, root := range paths {
		_ = filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var r io.Reader = f
			if strings.HasSuffix(path, ".gz") {
				if r, err = gzip.NewReader(f); err != nil {
					t.Fatal(err)
				}
			}
			d := json.NewDecoder(r)
			d.UseNumber()
			for {
				var v any
				if d.Decode(&v) != nil {
					return nil
				}
				walk(v)
			}
		})
	}
	return contractsOf(releases)
}

// contractsOf counts what some releases hold.
func contractsOf(releases []obj) *tally {
	out := &tally{releases: len(releases), contracts: map[string]bool{}, awards: map[string]bool{},
		payments: map[string]bool{}, named: map[string]bool{}}
	served, only := map[string]bool{}, map[string]int{}
	for _, r := range releases {
		for _, c := range objects(r["contracts"]) {
			key := fmt.Sprint(r["ocid"], "/", c["id"])
			out.contracts[key] = true
			served[fmt.Sprint(r["ocid"], "/award/", c["awardID"])] = true
			if c["awardID"] == nil {
				only[fmt.Sprint(r["ocid"])]++
			}
			impl, _ := c["implementation"].(obj)
			for _, p := range objects(impl["transactions"]) {
				out.payments[fmt.Sprint(key, "/", p["id"])] = true
			}
		}
	}
	for _, r := range releases {
		if buyer, _ := r["buyer"].(obj); buyer["name"] != nil || len(objects(r["parties"])) > 0 {
			out.named[fmt.Sprint(r["ocid"])] = true
		}
		for _, a := range objects(r["awards"]) {
			key := fmt.Sprint(r["ocid"], "/award/", a["id"])
			if !served[key] && only[fmt.Sprint(r["ocid"])] == 0 {
				out.awards[key] = true
			}
		}
	}
	return out
}

// TestRealCounts compares what is emitted with what another reader counts in the files.
func TestRealCounts(t *testing.T) {
	for _, tt := range []struct {
		path                            string
		releases, engagements, payments int // pinned, so that both readers going blind is noticed
		cancelled, rejects              int
		tenders                         int
	}{
		{"kingfisher/collection_file.json", 100, 100, 8, 0, 0, 0},
		{"sample-data-history/armenia", 900, 358, 0, 0, 0, 664},
		{"sample-data-history/moldova", 102, 18, 0, 0, 0, 40},
		{"sample-data-history/ukraine", 22, 13, 0, 3, 0, 1},
		{"sample-data-history/paraguay", 84, 18, 0, 0, 1, 1},
		{"sample-data-history/nigeria", 23, 24, 12, 0, 0, 0},
		{"sample-data-history/uk-contracts-finder", 32, 0, 0, 0, 0, 11},
		{"canada-buyandsell-2014/tenders_releases.json.gz", 5513, 0, 0, 0, 0, 5513},
		{"fictional-example/1.1/ocds-213czf-000-00001.json", 6, 1, 2, 0, 0, 0},
		{"spoonbill/ocds-sample-data.json", 6, 1, 2, 0, 0, 0},
		{"standard-examples/change_history", 27, 1, 1, 0, 0, 0},
	} {
		t.Run(tt.path, func(t *testing.T) {
			root := recordtest.Shared(t, "data/ocds/"+tt.path)
			c, sum := readPaths(t, root)
			want := tallyOf(t, root)
			tenders := 0
			var e []*record.Engagement
			seen := map[string]bool{}
			for _, x := range recordtest.Of[*record.Engagement](c) {
				seen[x.Process] = true
				if x.Kind == record.KindTender {
					tenders++
					continue
				}
				e = append(e, x)
			}
			for ocid := range want.named {
				if !seen[ocid] {
					t.Errorf("%s names a buyer or other parties and is nowhere", ocid)
				}
			}
			if tenders != tt.tenders {
				t.Errorf("%d tenders, want %d", tenders, tt.tenders)
			}
			if sum.Rows != want.releases || sum.Rows != tt.releases {
				t.Errorf("%d releases, the files hold %d, pinned %d", sum.Rows, want.releases, tt.releases)
			}
			if n := len(e) + tt.cancelled; n != want.engagements() || n != tt.engagements {
				t.Errorf("%d engagements and %d cancelled, the files hold %d, pinned %d", len(e), tt.cancelled,
					want.engagements(), tt.engagements)
			}
			if n := len(recordtest.Of[*record.Transaction](c)); n != len(want.payments) || n != tt.payments {
				t.Errorf("%d transactions, the files hold %d, pinned %d", n, len(want.payments), tt.payments)
			}
			ids := map[string]bool{}
			for _, x := range e {
				if ids[x.ID] {
					t.Errorf("%s is emitted twice", x.ID)
				}
				ids[x.ID] = true
				if !want.contracts[x.ID] && !want.awards[x.ID] {
					t.Errorf("%s is not in the files", x.ID)
				}
			}
			if len(c.Rejects) != tt.rejects { // Paraguay: three files of 0 bytes, which are one file given three times
				t.Errorf("%d rejects: %+v", len(c.Rejects), c.Rejects)
			}
			if testing.Verbose() {
				for _, n := range sum.Notes {
					t.Log(n)
				}
			}
		})
	}
}

// TestPortugal checks the fields of every contract against the file.
func TestPortugal(t *testing.T) {
	path := recordtest.Shared(t, "data/ocds/kingfisher/collection_file.json")
	var pkg []struct {
		Releases []struct {
			Ocid    string
			Buyer   struct{ ID, Name string }
			Parties []struct {
				ID, Name   string
				Identifier struct{ Scheme, ID string }
			}
			Tender struct{ ProcurementMethod string }
			Awards []struct {
				Suppliers []struct{ ID string }
			}
			Contracts []struct {
				ID    string
				Value struct {
					Amount   json.Number
					Currency string
				}
			}
		}
	}
	if err := json.Unmarshal(read(t, path), &pkg); err != nil {
		t.Fatal(err)
	}
	c, _ := readPaths(t, path)
	e := recordtest.Of[*record.Engagement](c)
	if len(e) != len(pkg[0].Releases) {
		t.Fatalf("%d engagements of %d releases", len(e), len(pkg[0].Releases))
	}
	for i, r := range pkg[0].Releases {
		ids := map[string]party.Identifier{}
		for _, p := range r.Parties {
			ids[p.ID] = party.Identifier{Scheme: p.Identifier.Scheme, ID: p.Identifier.ID}
		}
		got := []string{e[i].ID, e[i].At, e[i].Buyer.Name, e[i].Buyer.Identifiers[0].String(),
			e[i].Seller.Identifiers[0].String(),
			string(e[i].Value), e[i].Currency, e[i].Method, e[i].Process}
		want := []string{r.Ocid + "/" + r.Contracts[0].ID, fmt.Sprintf("0/releases/%d/contracts/0", i), r.Buyer.Name,
			ids[r.Buyer.ID].String(),
			ids[r.Awards[0].Suppliers[0].ID].String(), string(r.Contracts[0].Value.Amount),
			r.Contracts[0].Value.Currency, r.Tender.ProcurementMethod, r.Ocid}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("release %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestCanada reads the 43,086 releases before 1.0.
func TestCanada(t *testing.T) {
	path := recordtest.Shared(t, "data/ocds/canada-buyandsell-2014/contracts_releases_compact.json.zip")
	c, sum := readPaths(t, path)
	e, a := recordtest.Of[*record.Engagement](c), recordtest.Of[*record.Amendment](c)
	// 26,376 pairs of ocid and contract id; 43,086 − 25,658 releases with isAmendment other than "0".
	if sum.Rows != 43086 || len(e) != 26376 || sum.Rejects != 0 {
		t.Errorf("%d releases, %d engagements, %d rejects; want 43086, 26376, 0", sum.Rows, len(e), sum.Rejects)
	}
	if len(a) < 17000 || len(a) > 43086-25658+1000 {
		t.Errorf("%d amendments", len(a))
	}
	var seller, buyer, value, signed, code, method int
	for _, x := range e {
		for _, s := range []struct {
			n  *int
			ok bool
		}{{&seller, x.Seller.Name != ""}, {&buyer, x.Buyer.Name != ""}, {&value, !x.Value.Null()},
			{&signed, x.Signed.Known()},
			{&code, len(x.Items) > 0 && x.Items[0].Scheme == "GSIN"}, {&method, x.Method != ""}} {
			if s.ok {
				*s.n++
			}
		}
	}
	t.Logf("seller %d buyer %d value %d signed %d code %d method %d, %d amendments; %s", seller, buyer, value, signed,
		code, method, len(a), sum.Notes)
	if seller < 26300 || buyer < 26300 || value < 26300 || code < 26300 || method < 26300 {
		t.Errorf("seller %d buyer %d value %d code %d method %d of %d", seller, buyer, value, code, method, len(e))
	}
}

// TestSameInEveryForm reads the same releases as a package, as JSON Lines and gzipped.
func TestSameInEveryForm(t *testing.T) {
	strip := func(c *recordtest.Collector) []record.Record {
		for _, r := range c.Records {
			switch r := r.(type) {
			case *record.Engagement:
				r.Place = record.Place{}
			case *record.Amendment:
				r.Place = record.Place{}
			case *record.Transaction:
				r.Place = record.Place{}
			}
		}
		return c.Records
	}
	package1 := recordtest.Shared(t, "data/ocds/spoonbill/ocds-sample-data.json")
	c, _ := readPaths(t, package1)
	want := strip(c)
	if len(want) != 3 {
		t.Fatalf("%d records, want an engagement and two transactions", len(want))
	}
	var pkg struct{ Releases []json.RawMessage }
	if err := json.Unmarshal(read(t, package1), &pkg); err != nil {
		t.Fatal(err)
	}
	var lines, run bytes.Buffer
	for _, r := range pkg.Releases {
		if err := json.Compact(&lines, r); err != nil {
			t.Fatal(err)
		}
		lines.WriteByte('\n')
		run.WriteString("{\"releases\": [")
		run.Write(r)
		run.WriteString("]}\n")
	}
	files := map[string][]byte{"lines.jsonl": lines.Bytes(), "concatenated.json": run.Bytes(),
		"array.json":   []byte("[" + string(read(t, package1)) + "]"),
		"wrapped.json": []byte(`{"status": "ok", "result": {"data": ` + string(read(t, package1)) + `}}`)}
	dir := t.TempDir()
	paths := []string{package1, recordtest.Shared(t, "data/ocds/spoonbill/ocds-sample-data.json.gz")}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	for _, path := range paths {
		c, sum := readPaths(t, path)
		if diff := cmp.Diff(want, strip(c)); diff != "" || sum.Rows != 6 {
			t.Errorf("%s: %d releases (-package +this):\n%s", filepath.Base(path), sum.Rows, diff)
		}
	}
	c, sum := readPaths(t, paths...)
	if diff := cmp.Diff(want, strip(c)); diff != "" || sum.Rows != 6*6 {
		t.Errorf("given six times over: %d releases (-once +often):\n%s", sum.Rows, diff)
	}
	c, sum = readPaths(t, recordtest.Shared(t, "data/ocds/spoonbill/ocds-sample-data.jsonl"))
	if e := recordtest.Of[*record.Engagement](c); sum.Rows != 8 || len(e) != 1 || e[0].Kind != record.KindTender ||
		sum.Rejects != 0 {
		t.Errorf("ocds-sample-data.jsonl: %+v", sum)
	}
}

// TestEncodings reads one package in UTF-8 and in ISO 8859-1.
func TestEncodings(t *testing.T) {
	var names [2][]string
	for i, name := range []string{"utf-8", "iso-8859-1"} {
		c, _ := readPaths(t, recordtest.Shared(t, "data/ocds/ocdskit-realdata/release-package_encoding-"+name+".json"))
		for _, e := range recordtest.Of[*record.Engagement](c) {
			names[i] = append(names[i], e.ID, e.Buyer.Name, e.Seller.Name, e.Items[0].Text)
		}
	}
	if diff := cmp.Diff(names[0], names[1]); diff != "" || len(names[0]) == 0 {
		t.Errorf("%d names (-utf-8 +latin-1):\n%s", len(names[0]), diff)
	}
}

// TestCardinal reads the files that a reader of JSON Lines tests itself with: none may
// stop a run, and every line that is no JSON is a reject with its row; in the last one it says
// that the file is cut off.
func TestCardinal(t *testing.T) {
	root := recordtest.Shared(t, "data/ocds/cardinal/coverage")
	want := map[string]string{
		"invalid_brace_first.jsonl":        "row 1",
		"invalid_brace_last.jsonl":         "row 2",
		"invalid_object_quote_first.jsonl": "row 1",
		"invalid_object_quote_last.jsonl":  "row 2",
		"repeat_null_first.jsonl":          "document 1",
	}
	paths, _ := filepath.Glob(filepath.Join(root, "*.jsonl"))
	if len(paths) == 0 {
		t.Fatal("no files")
	}
	for _, path := range paths {
		c := &recordtest.Collector{}
		stats, err := Decode(context.Background(), recordtest.Sources(t, path)[0], c)
		cut := strings.Contains(path, "_last") // the last line ends in the middle
		if err != nil && !(cut && strings.Contains(stats.Failed, "cut off")) {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
		if len(c.Rejects) != stats.Rejects || len(c.Records) > 0 {
			t.Errorf("%s: %d records, %d rejects, %d counted", filepath.Base(path), len(c.Records), len(c.Rejects),
				stats.Rejects)
		}
		at, ok := want[filepath.Base(path)]
		found := false
		for _, r := range c.Rejects {
			found = found || r.At == at
		}
		if ok && !found {
			t.Errorf("%s: no reject at %s: %+v", filepath.Base(path), at, c.Rejects)
		}
	}
	for _, name := range []string{"R024", "R025", "R036"} {
		c := &recordtest.Collector{}
		path := recordtest.Shared(t, "data/ocds/cardinal/indicators/"+name+".jsonl")
		stats, err := Decode(context.Background(), recordtest.Sources(t, path)[0], c)
		if lines := strings.Count(strings.TrimSpace(string(read(t, path))), "\n") + 1; err != nil ||
			stats.Rows != lines {
			t.Errorf("%s: %d rows of %d lines, %v", name, stats.Rows, lines, err)
		}
	}
}

// TestRealdata reads the files of another toolkit's tests as one run.
func TestRealdata(t *testing.T) {
	c, sum := readPaths(t, recordtest.Shared(t, "data/ocds/ocdskit-realdata"))
	e := recordtest.Of[*record.Engagement](c)
	if sum.Rejects != 0 || len(e) != 8 || len(recordtest.Of[*record.Transaction](c)) != 17 {
		t.Errorf("%d rejects, %d engagements", sum.Rejects, len(e))
	}
	for _, x := range e {
		if x.Value.Null() || x.Currency == "" || x.Buyer.Zero() {
			t.Logf("%s: value %q %q buyer %q", x.ID, x.Value, x.Currency, x.Buyer.Name)
		}
	}
}
